/* The arrow keys read a figure out, one date at a time, from the elements that carry data-reading. */

document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const chart = step && event.target.closest?.("[data-chart]");
  if (!chart) return;
  const readings = [...chart.querySelectorAll("[data-reading]")];
  if (!readings.length) return;
  event.preventDefault();
  const at = readings.findIndex((reading) => reading.classList.contains("is-read"));
  const next = at < 0 ? (step > 0 ? 0 : readings.length - 1) : Math.min(Math.max(at + step, 0), readings.length - 1);
  readings[at]?.classList.remove("is-read");
  readings[next].classList.add("is-read");
  chart.querySelector("[data-chart-reading]").textContent = readings[next].dataset.reading;
});
