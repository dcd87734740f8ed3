/*
 * Suggestions under a plain text field, as the ARIA combobox pattern has it. Without script the field stays a field.
 *
 *   <input name="medicine" data-combobox="/address" data-combobox-id="medicine_id">
 *
 * Asks address?q=text (with data-combobox-private in the body of a POST, because names belong in no address) and takes JSON {"results": [{"id", "label", "detail", "url"}]} or HTML with role="option" elements
 * (data-id, data-url). Choosing a result with a url goes there; otherwise its label fills the field, its id fills the field
 * named by data-combobox-id, and the input fires "combobox:chosen". Typing on empties that id: free text stays free text.
 */

const PAUSE = 150;
let counter = 0;

function attach(input) {
  if (!input.dataset.combobox || input.dataset.comboboxReady) return;
  input.dataset.comboboxReady = "true";
  const list = document.createElement("ul");
  list.id = `combobox-${(counter += 1)}`;
  list.className = "combobox-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent.trim() ?? "");
  list.hidden = true;
  input.after(list);
  input.parentElement.classList.add("combobox");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, autocomplete: "off" })) {
    input.setAttribute(name, value);
  }
  let timer = 0;
  let asked = 0;
  let active = -1;
  const idField = input.dataset.comboboxId ? input.form?.elements.namedItem(input.dataset.comboboxId) : null;
  const options = () => [...list.querySelectorAll('[role="option"]')];

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(position) {
    const all = options();
    active = all.length ? (position + all.length) % all.length : -1;
    all.forEach((option, index) => option.setAttribute("aria-selected", index === active ? "true" : "false"));
    if (active < 0) return;
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    if (option.dataset.url) {
      window.location.assign(option.dataset.url);
      return;
    }
    input.value = option.dataset.label ?? option.textContent.trim();
    if (idField) idField.value = option.dataset.id ?? "";
    close();
    input.dispatchEvent(new CustomEvent("combobox:chosen", { bubbles: true, detail: { ...option.dataset } }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function fromJson({ results = [] }) {
    return results.map((result) => {
      const option = document.createElement("li");
      option.setAttribute("role", "option");
      option.append(result.label);
      Object.assign(option.dataset, { label: result.label, id: result.id ?? "", url: result.url ?? "" });
      if (result.detail) {
        const detail = document.createElement("small");
        detail.append(result.detail);
        option.append(detail);
      }
      return option;
    });
  }

  async function ask() {
    const text = input.value.trim();
    const turn = (asked += 1);
    if (!text) return close();
    const url = new URL(input.dataset.combobox, window.location.href);
    const request = { headers: { Accept: "application/json" } };
    if (input.dataset.comboboxPrivate === undefined) {
      url.searchParams.set("q", text);
    } else {
      const token = input.form?.elements.namedItem("csrfmiddlewaretoken")?.value ?? "";
      Object.assign(request, { method: "POST", body: new URLSearchParams({ q: text, csrfmiddlewaretoken: token }) });
    }
    try {
      const response = await fetch(url, request);
      if (turn !== asked || !response.ok || response.redirected) return undefined;
      const found = response.headers.get("Content-Type")?.includes("json")
        ? fromJson(await response.json())
        : [...new DOMParser().parseFromString(await response.text(), "text/html").querySelectorAll('[role="option"]')];
      if (turn !== asked || document.activeElement !== input) return undefined;
      found.forEach((option, index) => (option.id = `${list.id}-${index}`));
      list.replaceChildren(...found);
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", found.length ? "true" : "false");
      active = -1;
      input.removeAttribute("aria-activedescendant");
    } catch {
      close(); // Suggestions are a help; without them the field still takes what is typed.
    }
    return undefined;
  }

  input.addEventListener("input", () => {
    if (idField) idField.value = "";
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) ask();
      else mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
      event.preventDefault();
    } else if (event.key === "Enter" && active >= 0) {
      choose(options()[active]);
      event.preventDefault();
    } else if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault();
      event.stopPropagation();
    }
  });
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    asked += 1;
    close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the field
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) choose(option);
  });
}

const attachAll = (root) => root.querySelectorAll("input[data-combobox]").forEach(attach);
attachAll(document);
document.addEventListener("htmx:load", (event) => attachAll(event.detail.elt.parentElement ?? document));
