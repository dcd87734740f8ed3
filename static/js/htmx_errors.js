/* When a part of a page could not be fetched, say so; otherwise a press of a button would seem to do nothing. */

function tell(words) {
  const place = document.querySelector("[data-messages]");
  if (!place) return;
  const message = document.createElement("div");
  message.className = "message tone-critical";
  const text = document.createElement("p");
  text.textContent = place.dataset[words];
  message.append(text);
  place.replaceChildren(message);
  place.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:sendError", () => tell("unreachable"));
document.addEventListener("htmx:timeout", () => tell("unreachable"));
document.addEventListener("htmx:responseError", ({ detail }) => tell(detail.xhr.status === 401 || detail.xhr.status === 403 ? "refused" : "failed"));
