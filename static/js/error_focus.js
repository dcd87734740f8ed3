/* Move the focus to the error summary when a page or a fragment brings one; its links go to the control, not beside it. */

function focusSummary(root) {
  root.querySelector("[data-error-summary]")?.focus();
}

focusSummary(document);
document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.detail.target.parentElement ?? document));
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('[data-error-summary] a[href^="#"]');
  const place = link && document.getElementById(link.hash.slice(1));
  if (!place) return;
  const control = place.matches("input, select, textarea") ? place : place.querySelector("input, select, textarea");
  if (!control) return;
  event.preventDefault();
  control.focus();
  place.scrollIntoView({ block: "center" });
});
