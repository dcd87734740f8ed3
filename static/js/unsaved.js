/*
 * Warn before leaving with work the server has not seen.
 * Guards every form with data-guard (changed since it was loaded) and every autosaved form with unsent keys.
 */

const UNSENT = 'form[data-unsent="true"]';

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-guard]");
  if (form) form.dataset.unsent = "true";
});
document.addEventListener("submit", (event) => delete event.target.dataset.unsent);
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector(UNSENT)) event.preventDefault();
});
