/*
 * The options of a plan by keyboard, and what is marked to be compared.
 *
 *   j and k (or the arrows down and up while an option has the focus) go through the links with data-walk that can be seen.
 *   A button [data-show-rest] opens every fold with data-rest, and closes them again; it shows itself.
 *   A form [data-at-most="3"] counts the boxes that belong to it in [data-count] and lets no more be marked. What is marked
 *   stays so when the list or the plan changes; what another list holds is a hidden field of the form.
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

/* This page, and the pages of an item or a reason, from which a way leads back to it. */
const leadsBack = ({ origin, pathname }) =>
  origin === location.origin && (pathname === location.pathname || ["items/", "reason/"].some((page) => pathname.startsWith(location.pathname + page)));

/* What is marked travels in the address: of this page, of every way back to it, and with every form that leads to it. */
function carry(marks) {
  const marked = (search) => {
    const query = new URLSearchParams(search);
    query.delete("marked");
    if (marks) query.set("marked", marks);
    return query.size ? `?${query.toString().replaceAll("%2C", ",")}` : "";
  };
  history.replaceState(history.state, "", location.pathname + marked(location.search) + location.hash);
  document.querySelectorAll("a[href]:not([href^='#'])").forEach((link) => {
    if (leadsBack(link) && !link.closest("[data-at-most]")) link.search = marked(link.search);
  });
  document.querySelectorAll("input[name='marked']").forEach((field) => (field.value = marks));
}

for (const form of document.querySelectorAll("form[data-at-most]")) {
  const count = form.querySelector("[data-count]");
  const boxes = () => [...document.querySelectorAll(`input[type="checkbox"][form="${form.id}"]`)];
  const marks = () => new FormData(form).getAll("options");
  const show = () => {
    const marked = marks();
    boxes().forEach((box) => (box.disabled = !box.checked && marked.length >= Number(form.dataset.atMost)));
    count.textContent = marked.length || "";
    carry(marked.join(","));
  };
  document.addEventListener("change", ({ target }) => target.getAttribute("form") === form.id && show());
  /* Before a part of the page is fetched, and when it is there with its own links and forms. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb === "get") detail.parameters.marked = marks().join(",");
  });
  document.addEventListener("htmx:load", show);
  window.addEventListener("pageshow", show);
  show();
}
