/* A button with data-print prints the page. Everything that is folded is opened for the paper and folded again after. */

let opened = [];

document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));
document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main details:not([open], [data-menu])")];
  opened.forEach((details) => (details.open = true));
});
window.addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));
