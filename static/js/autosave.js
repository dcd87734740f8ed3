/*
 * Send a form to the server while it is being filled in.
 *
 *   <form method="post" data-autosave="/address"> … {% include "components/save_status.html" %} … </form>
 *
 * Sends 800 ms after the last key, when a field is left or chosen, and at the latest 3 s after the first unsent key; never
 * more often than every 800 ms and never twice at once. The whole form goes, csrf token included, with the header X-Autosave: 1.
 * Answers: 2xx saved (JSON may carry saved_at "10:42" and version, which goes into the field named "version", or "prefix-version");
 * 400 or 422 refused; 409 somebody else changed it; 401, 403 or another page signed out; all else is tried again.
 * A button of the form that is pressed while a save is under way acts after it.
 * Nothing is kept in the browser. While keys are unsent the form has data-unsent, which unsaved.js watches.
 * After each save the form fires "autosave:saved", so that other parts of the page may fetch themselves anew.
 */

const PAUSE = 800;
const LONGEST_WAIT = 3000;
const LONGEST_RETRY = 30000;
const states = new WeakMap();

function stateOf(form) {
  if (!states.has(form)) states.set(form, { timer: 0, firstUnsent: 0, lastSent: 0, changes: 0, busy: false, retry: 0, waiting: null });
  return states.get(form);
}

function say(form, words, wrong = false, extra = "") {
  const status = form.querySelector("[data-save-status]");
  if (!status) return;
  status.textContent = `${status.dataset[words] ?? ""} ${extra}`.trim();
  status.dataset.state = wrong ? "wrong" : "right";
}

function changed(form, pause = PAUSE) {
  const state = stateOf(form);
  const now = Date.now();
  state.changes += 1;
  state.firstUnsent ||= now;
  form.dataset.unsent = "true";
  plan(form, Math.min(now + pause, state.firstUnsent + LONGEST_WAIT));
}

function plan(form, at) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  if (state.busy) return; // The answer under way plans the next one.
  state.timer = setTimeout(() => send(form), Math.max(at, state.lastSent + PAUSE) - Date.now());
}

function clock() {
  return new Date().toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit" });
}

async function send(form, leaving = false) {
  const state = stateOf(form);
  if (state.busy || form.dataset.unsent !== "true") return;
  const sent = state.changes;
  state.busy = true;
  state.lastSent = Date.now();
  say(form, "saving");
  let again = 0;
  try {
    const response = await fetch(form.dataset.autosave || form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Autosave": "1", Accept: "application/json" },
      keepalive: leaving,
    });
    if (response.ok && !response.redirected) {
      const isJson = response.headers.get("Content-Type")?.includes("json");
      const answer = isJson ? await response.json() : {};
      const version = form.querySelector('[name="version"], [name$="-version"]');
      if (version && answer.version !== undefined) version.value = answer.version;
      state.retry = 0;
      state.firstUnsent = 0;
      if (state.changes === sent) delete form.dataset.unsent;
      else again = Date.now() + PAUSE;
      say(form, "saved", false, answer.saved_at ?? clock());
      form.dispatchEvent(new CustomEvent("autosave:saved", { bubbles: true, detail: answer }));
    } else if (response.redirected || response.status === 401 || response.status === 403) {
      say(form, "signedOut", true);
    } else if (response.status === 409) {
      say(form, "conflict", true);
    } else if (response.status === 400 || response.status === 422) {
      say(form, "refused", true);
    } else {
      throw new Error(`Status ${response.status}`);
    }
  } catch {
    state.retry = Math.min((state.retry || LONGEST_WAIT / 2) * 2, LONGEST_RETRY);
    again = Date.now() + state.retry;
    say(form, "retry", true);
  }
  state.busy = false;
  if (state.waiting) {
    const { submitter } = state.waiting;
    state.waiting = null;
    form.requestSubmit(submitter);
  } else if (again) plan(form, again);
}

const formOf = (event) => event.target.closest?.("form[data-autosave]");

document.addEventListener("input", (event) => {
  const form = formOf(event);
  if (form) changed(form);
});
document.addEventListener("change", (event) => {
  const form = formOf(event);
  if (form) changed(form, 0);
});
document.addEventListener("focusout", (event) => {
  const form = formOf(event);
  if (form?.dataset.unsent === "true") plan(form, Date.now());
});
document.addEventListener("submit", (event) => {
  const form = formOf(event);
  if (!form) return;
  const state = stateOf(form);
  clearTimeout(state.timer);
  delete form.dataset.unsent;
  if (state.busy) {
    // The save under way brings the version on which this one builds; sent now, the two would contradict each other.
    event.preventDefault();
    state.waiting = { submitter: event.submitter };
  }
});
window.addEventListener("online", () => document.querySelectorAll("form[data-unsent]").forEach((form) => form.dataset.autosave !== undefined && send(form)));
window.addEventListener("pagehide", () => document.querySelectorAll("form[data-autosave][data-unsent]").forEach((form) => send(form, true)));
