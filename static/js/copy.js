/*
 * Copy the text of an element.   <button data-copy="#id" data-copied="Copied" hidden>Copy</button>
 * The button appears only where the browser can copy; without it the text can be marked by hand.
 */

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const words = button.textContent;
  const source = document.querySelector(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
    } catch {
      source.closest("details")?.setAttribute("open", "");
      return;
    }
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = words), 2000);
  });
}
