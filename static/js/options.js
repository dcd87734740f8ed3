/*
 * The options of a plan by keyboard, and what is marked to be compared.
 *
 *   j and k (or the arrows down and up while an option has the focus) go through the links with data-walk that can be seen.
 *   A button [data-show-rest] opens every fold with data-rest, and closes them again; it shows itself.
 *   A form [data-at-most="3"] counts the boxes that belong to it in [data-count] and lets no more be marked.
 * Everything works without: links, folds and boxes are the browser's own; too many boxes are refused by the server.
 */

const off = () => document.documentElement.dataset.shortcuts === "off";
const typing = (element) => /^(TEXTAREA|SELECT)$/.test(element.tagName) || (element.tagName === "INPUT" && element.type !== "checkbox");
const walked = () => [...document.querySelectorAll("[data-walk]")].filter((link) => link.checkVisibility());

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const links = walked();
  const here = links.indexOf(document.activeElement);
  const by = { j: 1, k: -1, ArrowDown: here < 0 ? 0 : 1, ArrowUp: here < 0 ? 0 : -1 }[event.key];
  if (!by || !links.length || (event.key.length === 1 && off())) return;
  event.preventDefault();
  const next = here < 0 ? 0 : Math.min(Math.max(here + by, 0), links.length - 1);
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
});

for (const button of document.querySelectorAll("[data-show-rest]")) {
  const folds = [...document.querySelectorAll("[data-rest]")];
  button.hidden = !folds.length;
  button.addEventListener("click", () => {
    const open = folds.some((fold) => !fold.open);
    folds.forEach((fold) => (fold.open = open));
  });
}

for (const form of document.querySelectorAll("form[data-at-most]")) {
  const boxes = [...document.querySelectorAll(`input[type="checkbox"][form="${form.id}"]`)];
  const count = form.querySelector("[data-count]");
  const show = () => {
    const marked = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => (box.disabled = !box.checked && marked >= Number(form.dataset.atMost)));
    count.textContent = marked || "";
  };
  boxes.forEach((box) => box.addEventListener("change", show));
  window.addEventListener("pageshow", show);
  show();
}
