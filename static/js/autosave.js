/*
 * Send a form to the server while it is being filled in.
 *
 *   <form method="post" data-autosave="/address"> … {% include "components/save_status.html" %} … </form>
 *
 * Sends 800 ms after the last key, when a field is left or chosen, and at the latest 3 s after the first unsent key; never
 * more often than every 800 ms and never twice at once. The whole form goes, csrf token included, with the header X-Autosave: 1.
 * Answers: 2xx saved (JSON may carry saved_at "10:42" and version, which goes into the field named "version", or "prefix-version");
 * 400 or 422 refused; 409 somebody else changed it; 401, 403 or another page signed out, or not allowed; all else is tried again.
 * A button of the form that is pressed while a save is under way acts after it; after one that did not get through it waits
 * until one does, because a page that cannot be reached would take what was typed with it.
 * A field that is left as it was saved sends nothing. A link is followed once what was typed is stored (or after 2 s), so that
 * the next page shows it.
 * A sign-in in another tab gives the browser new tokens: the page fetches them when it is the same person who signed in.
 * Nothing is kept in the browser. While keys are unsent the form has data-unsent, which unsaved.js watches.
 * After each save the form fires "autosave:saved", so that other parts of the page may fetch themselves anew; after one
 * that was refused "autosave:refused", with what the server said.
 */

const PAUSE = 800;
const LONGEST_WAIT = 3000;
const LONGEST_RETRY = 30000;
const LONGEST_STAY = 2000;
const TOKEN = 'input[name="csrfmiddlewaretoken"]';
const states = new WeakMap();

function stateOf(form) {
  if (!states.has(form)) states.set(form, { timer: 0, firstUnsent: 0, lastSent: 0, changes: 0, busy: false, retry: 0, waiting: null, trouble: "", saved: null, sending: null });
  return states.get(form);
}

function say(form, words, wrong = false, extra = "") {
  const status = form.querySelector("[data-save-status]");
  if (!status) return;
  status.textContent = `${status.dataset[words] ?? ""} ${extra}`.trim();
  status.dataset.state = wrong ? "wrong" : "right";
}

/* What the fields hold, without the version, which each save renews. */
function contentOf(form) {
  return JSON.stringify([...new FormData(form)].filter(([name]) => !/(^|-)version$/.test(name)).map(([name, value]) => [name, String(value)]));
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

/* Why the server does not take this page's forms any more; nothing where it does from now on. */
async function renewed() {
  const response = await fetch(location.href, { cache: "no-store" });
  if (!response.ok || response.redirected) return "signedOut";
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const token = page.querySelector(TOKEN)?.value;
  if (!token) return "signedOut";
  // SAFETY: what one person typed is never stored in the name of another (test_somebody_else_who_signs_in_…).
  if (page.body.dataset.user !== document.body.dataset.user) return "otherUser";
  document.body.setAttribute("hx-headers", page.body.getAttribute("hx-headers"));
  for (const field of document.querySelectorAll(TOKEN)) field.value = token;
  return "";
}

function clock() {
  return new Date().toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit" });
}

function post(form, leaving) {
  return fetch(form.dataset.autosave || form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { "X-Autosave": "1", Accept: "application/json" },
    keepalive: leaving,
  });
}

const isShut = (response) => response.redirected || response.status === 401 || response.status === 403;

function send(form, leaving = false) {
  const state = stateOf(form);
  if (!state.busy && form.dataset.unsent === "true") state.sending = deliver(form, state, leaving);
  return state.sending;
}

async function deliver(form, state, leaving) {
  let sent = state.changes;
  let content = contentOf(form);
  state.busy = true;
  state.lastSent = Date.now();
  say(form, "saving");
  let again = 0;
  let trouble = "";
  try {
    let response = await post(form, leaving);
    if (isShut(response) && !leaving) {
      trouble = await renewed();
      if (!trouble) {
        sent = state.changes;
        content = contentOf(form);
        response = await post(form, leaving);
      }
    }
    if (trouble) {
      say(form, trouble, true);
    } else if (response.ok && !response.redirected) {
      const isJson = response.headers.get("Content-Type")?.includes("json");
      const answer = isJson ? await response.json() : {};
      const version = form.querySelector('[name="version"], [name$="-version"]');
      if (version && answer.version !== undefined) version.value = answer.version;
      state.retry = 0;
      state.firstUnsent = 0;
      state.saved = content;
      if (state.changes === sent) delete form.dataset.unsent;
      else again = Date.now() + PAUSE;
      say(form, "saved", false, answer.saved_at ?? clock());
      form.dispatchEvent(new CustomEvent("autosave:saved", { bubbles: true, detail: answer }));
    } else if (isShut(response)) {
      say(form, "denied", true);
    } else if (response.status === 409) {
      say(form, "conflict", true);
    } else if (response.status === 400 || response.status === 422) {
      say(form, "refused", true);
      // What was mended meanwhile is sent; what was refused is not sent again as it is.
      if (state.changes !== sent) again = Date.now() + PAUSE;
      const isJson = response.headers.get("Content-Type")?.includes("json");
      form.dispatchEvent(new CustomEvent("autosave:refused", { bubbles: true, detail: isJson ? await response.json() : {} }));
    } else {
      throw new Error(`Status ${response.status}`);
    }
  } catch {
    state.retry = Math.min((state.retry || LONGEST_WAIT / 2) * 2, LONGEST_RETRY);
    again = Date.now() + state.retry;
    trouble = "retry";
    say(form, trouble, true);
  }
  state.busy = false;
  state.trouble = trouble;
  const waiting = state.waiting;
  state.waiting = null;
  if (waiting && !trouble) form.requestSubmit(waiting.submitter);
  else if (again) plan(form, again);
}

const formOf = (event) => event.target.closest?.("form[data-autosave]");

document.addEventListener("input", (event) => {
  const form = formOf(event);
  if (form) changed(form);
});
document.addEventListener("change", (event) => {
  const form = formOf(event);
  // Leaving a field fires this too; the tokens of a renewed page are part of the content, and change it.
  if (form && contentOf(form) !== stateOf(form).saved) changed(form, 0);
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
  if (!state.busy && !state.trouble) return;
  // The save under way brings the version on which this one builds; sent now, the two would contradict each other. And
  // while saves do not get through, leaving the page would lose what was typed.
  event.preventDefault();
  event.stopImmediatePropagation(); // Unsent it stays, whatever else listens.
  state.waiting = { submitter: event.submitter };
  send(form);
});

/* Resolves when what was typed is stored, or cannot be. */
async function settled(form) {
  await stateOf(form).sending;
  if (!stateOf(form).trouble) await send(form);
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || (link.pathname === location.pathname && link.hash)) return;
  const unsent = [...document.querySelectorAll("form[data-autosave][data-unsent]")];
  if (!unsent.length) return;
  event.preventDefault();
  await Promise.race([Promise.all(unsent.map(settled)), new Promise((resolve) => setTimeout(resolve, LONGEST_STAY))]);
  location.assign(link.href);
});

const sendAll = (leaving = false) => document.querySelectorAll("form[data-autosave][data-unsent]").forEach((form) => send(form, leaving));
window.addEventListener("online", () => sendAll());
// Somebody comes back to this tab, maybe from signing in.
window.addEventListener("focus", () => sendAll());
window.addEventListener("pagehide", () => sendAll(true));
