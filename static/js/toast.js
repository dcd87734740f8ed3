/* The offer to undo is withdrawn after ten seconds, but not while somebody points at it or has the focus in it. */

const STAYS_MS = 10000;

function watch(toast) {
  if (toast.dataset.watched) return;
  toast.dataset.watched = "true";
  const withdraw = () => (toast.matches(":hover, :focus-within") ? setTimeout(withdraw, 2000) : toast.remove());
  setTimeout(withdraw, STAYS_MS);
}

const watchAll = () => document.querySelectorAll("[data-toast]").forEach(watch);
watchAll();
document.addEventListener("htmx:load", watchAll);
