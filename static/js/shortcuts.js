/*
 * Single keys for people who work without a mouse. A key belongs to the element that names it: data-key="g w".
 * A field is focused, a link or button is pressed. `?` opens the help. Nothing happens while somebody types, with a
 * modifier held down, or when the reader switched the keys off (data-shortcuts on the root element).
 */

const CHORD_MS = 1500;
let first = "";
let timer = 0;

const typing = (element) =>
  element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName) || (element.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(element.type));

document.addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.shortcuts === "off" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape" && typing(event.target)) event.target.blur();
  if (typing(event.target) || document.querySelector("dialog[open]") || event.key.length !== 1) return;
  if (event.key === "?") {
    document.getElementById("keyboard-help")?.showModal();
    event.preventDefault();
    return;
  }
  const keys = first ? `${first} ${event.key}` : event.key;
  const target = document.querySelector(`[data-key="${CSS.escape(keys).replaceAll("\\ ", " ")}"]`);
  clearTimeout(timer);
  first = "";
  if (target) {
    event.preventDefault();
    if (/^(INPUT|TEXTAREA)$/.test(target.tagName)) {
      target.focus();
      target.select?.();
    } else target.click();
  } else if (document.querySelector(`[data-key^="${CSS.escape(event.key)} "]`)) {
    first = event.key;
    timer = setTimeout(() => (first = ""), CHORD_MS);
  }
});

document.querySelectorAll("[data-open-dialog]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.openDialog)?.showModal());
});
