/*
 * <details data-remember="key"> stays as the reader left it, for this tab. The key names a part of a page, never a patient.
 * A part with data-as-tall="key", which is fetched after the page, has room from the beginning: as much as it took the last time that this
 * page was seen, so that nothing moves under the hand when it comes.
 * <details data-menu> closes on Escape, on a press elsewhere, and when the focus leaves it.
 */

const KEY = "open:";

function restore(root) {
  root.querySelectorAll("details[data-remember]").forEach((details) => {
    const kept = sessionStorage.getItem(KEY + details.dataset.remember);
    if (kept !== null) details.open = kept === "1";
  });
}

restore(document);
document.addEventListener("htmx:load", (event) => restore(event.detail.elt.parentElement ?? document));
document.addEventListener("toggle", ({ target }) => {
  if (target.dataset?.remember) sessionStorage.setItem(KEY + target.dataset.remember, target.open ? "1" : "0");
}, true);

/* The page of another patient needs other room. */
const isSeenAgain =
  performance.getEntriesByType("navigation")[0]?.type === "reload" || document.referrer.startsWith(location.origin + location.pathname);

for (const part of document.querySelectorAll("[data-as-tall]")) {
  const key = `tall:${part.dataset.asTall}:${innerWidth}`;
  const kept = `${isSeenAgain ? (sessionStorage.getItem(key) ?? 0) : 0}px`; // the height in pixels, and nothing else
  part.style.minBlockSize = kept;
  part.addEventListener("htmx:afterSettle", () => {
    part.style.minBlockSize = "";
    sessionStorage.setItem(key, part.offsetHeight);
    part.style.minBlockSize = kept;
  });
}

const closeMenus = (except) => document.querySelectorAll("details[data-menu][open]").forEach((menu) => menu !== except && (menu.open = false));
document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
