/*
 * What a save that went through could not read, or why one was refused, is told at its field, as after a page load, and in
 * the list of sections. What is about no field that can be told stands beside the button.
 *
 *   <form data-autosave> … <template data-problem><p class="field-error">icon <span></span></p></template> … </form>
 *   <ol data-marks data-saved=", saved" data-wrong=", needs mending"> <a aria-current="page"><span class="assess-mark">…
 *
 * The answer to the save lists problems as {field, problem}. A field that somebody is typing in is told when it is left;
 * a problem that is gone disappears at once.
 */

// A field, or a layer of the body map.
const PLACE = ".field, [data-layer]";
const found = new WeakMap();

const idOf = (place) => place.id.replace(/_field$/, "_error");

function describe(control, id, on) {
  const others = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== id);
  const all = on ? [...others, id] : others;
  if (all.length) control.setAttribute("aria-describedby", all.join(" "));
  else control.removeAttribute("aria-describedby");
  if (on) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

function controlsOf(place) {
  return place.matches("fieldset") ? [place] : [...place.querySelectorAll("input, select, textarea")];
}

function tell(place, text, template) {
  const line = place.querySelector(".field-error") ?? template.content.firstElementChild.cloneNode(true);
  line.id = idOf(place);
  line.querySelector("span").textContent = text;
  if (!line.isConnected) (place.querySelector(".hint") ?? place.querySelector(".label, legend")).after(line);
  place.classList.add("field-wrong");
  controlsOf(place).forEach((control) => describe(control, line.id, true));
}

function clear(place) {
  place.querySelector(".field-error")?.remove();
  place.classList.remove("field-wrong");
  controlsOf(place).forEach((control) => describe(control, idOf(place), false));
}

function show(form) {
  const template = form.querySelector("template[data-problem]");
  if (!template || !found.has(form)) return;
  const wanted = new Map();
  for (const { field, problem } of found.get(form)) {
    const place = form.querySelector(`[name="${CSS.escape(field)}"]`)?.closest(PLACE);
    if (place) wanted.set(place, problem);
  }
  for (const place of form.querySelectorAll(".field-wrong")) if (!wanted.has(place)) clear(place);
  for (const [place, problem] of wanted) if (!place.contains(document.activeElement)) tell(place, problem, template);
  for (const summary of document.querySelectorAll("[data-error-summary]")) summary.hidden = !wanted.size;
}

function mark(isWrong) {
  const here = document.querySelector("[data-marks] a[aria-current]");
  if (!here) return;
  here.querySelector(".assess-mark").className = `assess-mark assess-mark-${isWrong ? "wrong" : "saved"}`;
  here.querySelector(".hidden").textContent = here.closest("[data-marks]").dataset[isWrong ? "wrong" : "saved"];
}

document.addEventListener("autosave:refused", ({ target: form, detail }) => {
  const problems = detail?.problems ?? [];
  found.set(form, problems);
  show(form);
  const elsewhere = problems.filter(({ field }) => !form.querySelector(`[name="${CSS.escape(field)}"]`)?.closest(PLACE));
  const status = form.querySelector("[data-save-status]");
  if (status) status.textContent = [status.textContent, ...elsewhere.map(({ problem }) => problem)].join(" ");
});
document.addEventListener("autosave:saved", (event) => {
  const form = event.target;
  const problems = event.detail?.problems ?? (found.has(form) ? [] : null);
  if (!problems) return;
  found.set(form, problems);
  show(form);
  mark(problems.length > 0);
  const status = form.querySelector("[data-save-status]");
  if (!problems.length || !status) return;
  const words = status.dataset[problems.length === 1 ? "unread" : "unreadMany"].replace("{n}", problems.length);
  status.textContent = `${status.textContent}. ${words}`;
  status.dataset.state = "wrong";
});
document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("form[data-autosave]");
  // The focus is nowhere while it moves.
  if (form) setTimeout(() => show(form));
});
