/* Colours, row height and shortcuts take effect at once; the server keeps the choice in a cookie, as it does without script. */

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("form[data-preferences]") || !button?.name) return;
  event.preventDefault();
  document.documentElement.dataset[button.name] = button.value;
  form.querySelectorAll(`button[name="${button.name}"]`).forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
  const body = new FormData(form);
  body.set(button.name, button.value);
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  } catch {
    // The choice holds for this page; the next one asks the server again.
  }
});
