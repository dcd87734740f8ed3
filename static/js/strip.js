/*
 * A list of links that scrolls sideways on a phone begins where the reader is: <ol data-strip> … <a aria-current="page">
 */

for (const strip of document.querySelectorAll("[data-strip]")) {
  const here = strip.querySelector("[aria-current]");
  if (here) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}
