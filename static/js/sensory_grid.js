/*
 * The bedside examination by keyboard: one key answers a row and goes on to the next.
 *
 *   <div data-sensory-grid> <div data-sensory-row> … radio buttons with the values less, same, more and "" … </div> … </div>
 *
 * While a radio button of the grid has the focus: 1 less, 2 same, 3 more, 0 not tested, arrow up and down move between
 * rows. A result that the row does not have is ignored. Left and right change the answer, as in every group of radios.
 */

const VALUES = { 0: "", 1: "less", 2: "same", 3: "more" };

const radios = (row) => [...row.querySelectorAll('input[type="radio"]')];

function focusRow(row) {
  const group = row ? radios(row) : [];
  (group.find((radio) => radio.checked) ?? group[0])?.focus();
}

for (const grid of document.querySelectorAll("[data-sensory-grid]")) {
  document.querySelectorAll("#examination [data-needs-script]").forEach((hint) => (hint.hidden = false));
  grid.addEventListener("keydown", (event) => {
    const radio = event.target;
    if (radio.type !== "radio" || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...grid.querySelectorAll("[data-sensory-row]")];
    const place = rows.indexOf(radio.closest("[data-sensory-row]"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      focusRow(rows[place + (event.key === "ArrowDown" ? 1 : -1)]);
      return;
    }
    if (!(event.key in VALUES)) return;
    event.preventDefault();
    const chosen = radios(rows[place]).find((one) => one.value === VALUES[event.key]);
    if (!chosen) return;
    if (!chosen.checked) {
      chosen.checked = true;
      chosen.dispatchEvent(new Event("input", { bubbles: true }));
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
    }
    focusRow(rows[place + 1] ?? rows[place]);
  });
}
