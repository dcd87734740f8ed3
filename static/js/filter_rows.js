/*
 * Show only the rows of a long list that contain what is typed.
 *
 *   <div data-needs-script hidden><input data-filter-rows="#list"> <p data-filter-count data-one="1 region" data-many="%n regions"></p></div>
 *   <div id="list"> <details data-filter-group> … <tr data-filter-row> … </details> … </div>
 *
 * Groups with a hit open; without text all rows are back and each group is as it was. Ticked rows always stay visible.
 */

function filter(input) {
  const list = document.querySelector(input.dataset.filterRows);
  const wanted = input.value.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const group of list.querySelectorAll("[data-filter-group]")) {
    group.dataset.wasOpen ??= String(group.open);
    let hits = 0;
    for (const row of group.querySelectorAll("[data-filter-row]")) {
      const text = row.textContent.toLocaleLowerCase();
      const isHit = wanted.every((word) => text.includes(word));
      row.hidden = !isHit && !row.querySelector(":checked");
      hits += isHit ? 1 : 0;
    }
    // A list that the page does not show now is searched along, and not counted.
    if (!group.parentElement.closest("[hidden]")) shown += hits;
    group.hidden = wanted.length > 0 && !group.querySelector("[data-filter-row]:not([hidden])");
    group.open = wanted.length ? hits > 0 : group.dataset.wasOpen === "true";
    if (!wanted.length) delete group.dataset.wasOpen;
  }
  const count = input.closest("[data-needs-script]").querySelector("[data-filter-count]");
  count.textContent = !wanted.length ? "" : shown === 1 ? count.dataset.one : count.dataset.many.replace("%n", shown);
}

for (const input of document.querySelectorAll("[data-filter-rows]")) {
  input.closest("[data-needs-script]").hidden = false;
  // The search text is no answer: it must not make the form save itself.
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    filter(input);
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}
