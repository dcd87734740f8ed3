/*
 * The body figure and the lists of regions beside it are one thing: a mark in one is a mark in the other.
 *
 *   <section data-body-map>
 *     <input type="radio" data-map-layer value="regions"> …         which layer a click marks, and which list is shown
 *     <select data-map-overlay><option data-own="heel sole_medial" data-extended="…">
 *     <path data-region="heel_l"> …                                  the figure, and its enlarged parts
 *     <fieldset data-layer="regions"> <input type="checkbox" name="regions" value="heel_l"> …
 *     <p role="status" data-map-said data-gone="taken away">         what the last click did, for screen readers
 *   </section>
 *
 * The checkboxes are the truth and go to the server; the figure shows them. A click turns one mark; a mouse or a pen that is
 * dragged paints or wipes like its first region. A finger that is dragged scrolls, so it never paints.
 */

const CLASSES = { regions: "is-pain", touch_regions: "is-touch", numb_regions: "is-numb" };

for (const map of document.querySelectorAll("[data-body-map]")) {
  const shapes = new Map();
  for (const shape of map.querySelectorAll("svg [data-region]")) {
    const id = shape.dataset.region;
    shapes.set(id, [...(shapes.get(id) ?? []), shape]);
  }
  const layers = [...map.querySelectorAll("[data-layer]")];
  const boxes = new Map();
  for (const box of map.querySelectorAll('[data-layer] input[type="checkbox"]')) boxes.set(`${box.name} ${box.value}`, box);
  const said = map.querySelector("[data-map-said]");
  const chosen = () => map.querySelector("[data-map-layer]:checked").value;

  const draw = (box) => shapes.get(box.value)?.forEach((shape) => shape.classList.toggle(CLASSES[box.name], box.checked));

  function recount(box) {
    const group = box.closest("details");
    const count = group.querySelector("[data-map-count]");
    const marks = group.querySelectorAll(":checked").length;
    count.textContent = marks;
    count.hidden = marks === 0;
  }

  function showLayer() {
    for (const layer of layers) layer.hidden = layer.dataset.layer !== chosen();
    map.querySelector("[data-filter-rows]")?.dispatchEvent(new Event("input")); // The count is that of the shown list.
  }

  let last = null;

  function finish() {
    last?.dispatchEvent(new Event("input", { bubbles: true }));
    last?.dispatchEvent(new Event("change", { bubbles: true }));
    last = null;
  }

  function mark(region, wanted) {
    const box = boxes.get(`${chosen()} ${region}`);
    if (!box || box.checked === wanted) return;
    box.checked = wanted;
    draw(box);
    recount(box);
    // What makes the form save itself waits for the end of the stroke, however slowly somebody paints.
    last = box;
    const words = box.closest("label").textContent.trim();
    said.textContent = wanted ? words : `${words}: ${said.dataset.gone}`;
  }

  map.addEventListener("change", (event) => {
    if (event.target.matches('[data-layer] input[type="checkbox"]')) {
      draw(event.target);
      recount(event.target);
    }
  });

  // --- the figure ---

  let painting = null;
  const regionAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest?.("[data-region]");
  const isMarked = (region) => boxes.get(`${chosen()} ${region}`)?.checked ?? false;

  map.addEventListener("pointerdown", (event) => {
    const shape = event.target.closest("svg [data-region]");
    if (!shape || event.button !== 0 || event.pointerType === "touch") return;
    event.preventDefault();
    shape.releasePointerCapture?.(event.pointerId);
    painting = { wanted: !isMarked(shape.dataset.region) };
    mark(shape.dataset.region, painting.wanted);
  });
  map.addEventListener("pointermove", (event) => {
    const shape = painting && regionAt(event);
    if (shape && map.contains(shape)) mark(shape.dataset.region, painting.wanted);
  });
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => {
    painting = null;
    finish();
  });
  map.addEventListener("click", (event) => {
    const shape = event.target.closest("svg [data-region]");
    if (!shape || event.pointerType !== "touch") return;
    mark(shape.dataset.region, !isMarked(shape.dataset.region));
    finish();
  });

  // --- a row of a list points at its region ---

  const point = (row, on) => {
    for (const box of row.querySelectorAll('input[type="checkbox"]')) shapes.get(box.value)?.forEach((shape) => shape.classList.toggle("is-pointed", on));
  };
  for (const row of map.querySelectorAll("[data-filter-row]")) {
    row.addEventListener("pointerenter", () => point(row, true));
    row.addEventListener("pointerleave", () => point(row, false));
    row.addEventListener("focusin", () => point(row, true));
    row.addEventListener("focusout", () => point(row, false));
  }

  // --- layers and overlays: tools of the page, no answers of the form ---

  for (const tool of map.querySelectorAll("[data-map-layer], [data-map-overlay]")) {
    tool.addEventListener("input", (event) => event.stopPropagation());
    tool.addEventListener("change", (event) => event.stopPropagation());
  }
  for (const radio of map.querySelectorAll("[data-map-layer]")) radio.addEventListener("change", showLayer);
  map.querySelector("[data-map-overlay]")?.addEventListener("change", (event) => {
    const option = event.target.selectedOptions[0];
    for (const [id, drawn] of shapes) {
      const base = id.replace(/_[lr]$/, "");
      const within = (list) => (option.dataset[list] ?? "").split(" ").includes(base);
      drawn.forEach((shape) => shape.classList.toggle("is-own", within("own")));
      drawn.forEach((shape) => shape.classList.toggle("is-extended", within("extended")));
    }
  });

  // The figure shows what is marked; the lists stand open only for those who have no figure to click.
  for (const group of map.querySelectorAll("[data-layer] details")) group.open = false;
  map.querySelectorAll("[data-needs-script]").forEach((tool) => (tool.hidden = false));
  map.classList.add("map-live");
  showLayer();
}
