/*
 * Questions answered by one key each, for somebody who goes through a whole list.
 *
 *   <form data-one-key> … <fieldset> … radio buttons … </fieldset> … </form>
 *
 * While a radio button of such a question has the focus, one key answers it and goes on to the next question that can be
 * seen, which is the one that the answer has opened: 1 yes, 2 no, 0 not known; where the answers are numbers, the number
 * itself. A key that no answer of the question has is ignored. Grids with keys of their own are left alone.
 * <p data-one-key-hint hidden> is shown.
 */

const THREE_WAY = { 0: "unknown", 1: "yes", 2: "no" };

const radios = (question) => [...question.querySelectorAll('input[type="radio"]')];
const answers = (question, key) => {
  const given = radios(question);
  return given.find((radio) => radio.value === key) ?? given.find((radio) => radio.value === THREE_WAY[key]);
};

for (const form of document.querySelectorAll("form[data-one-key]")) {
  form.querySelectorAll("[data-one-key-hint]").forEach((hint) => (hint.hidden = false));
  form.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (target.type !== "radio" || event.ctrlKey || event.metaKey || event.altKey) return;
    const question = target.closest("fieldset");
    if (!question || target.closest("[data-sensory-grid]")) return;
    const chosen = answers(question, key);
    if (!chosen) return;
    event.preventDefault();
    if (!chosen.checked) {
      chosen.checked = true;
      chosen.dispatchEvent(new Event("input", { bubbles: true }));
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const questions = [...form.querySelectorAll("fieldset")].filter(
      (one) => radios(one).length && one.checkVisibility(),
    );
    const next = questions[questions.indexOf(question) + 1];
    const group = next ? radios(next) : [chosen];
    (group.find((radio) => radio.checked) ?? group[0]).focus();
  });
}
