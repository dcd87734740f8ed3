"""What the pages of the questions before a visit show of one question: its fields with the answers. No queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessments import figure_view, patient_questions
from assessments.content import assessment_content
from assessments.figure import body_figure
from assessments.figure_view import Drawing, Text
from assessments.patient_questions import NONE, Answers, Question
from followup import content

# The layer of the figure that a question of the kind "map" marks.
LAYERS: Mapping[str, str] = {"regions": "pain", "touch_regions": "touch_pain", "numb_regions": "numbness"}
ANSWERS = (
    (patient_questions.YES, _("Yes")),
    (patient_questions.NO, _("No")),
    (patient_questions.UNKNOWN, _("Don’t know")),
)
PROBLEMS: Mapping[str, Text] = {
    "unknown": _("One of the answers is not on this page. Choose again."),
    "not_one": _("Choose one answer."),
    "none_and_more": _("Choose what applies, or that nothing does, not both."),
    "no_duration": _("Write a number, for example 6, and choose weeks, months or years."),
    "too_long": _("This is too long for us to keep. Please shorten it; what you wrote is still here."),
}


@dataclass(frozen=True, slots=True)
class WordRow:
    """One word: its label, the answer that was given, and how strong it is."""

    value: str
    label: str
    answer: str
    strength: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One region on both sides: id and whether it is marked, the patient's right first."""

    label: str
    sides: tuple[tuple[str, bool], tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    label: str
    rows: tuple[PlaceRow, ...]
    marks: int


def given_texts(question: Question, answers: patient_questions.Answers) -> dict[str, list[str]]:
    """What was answered, as the texts of the question's fields."""
    value = answers.get(question.id)
    if value is None:
        return {}
    if question.kind == "duration":
        return {question.id: [f"{value['number']:g}"], f"{question.id}-unit": [value["unit"]]}
    if question.kind in ("words", "signs"):
        return {f"{question.id}-{code}": [said["answer"]] for code, said in value.items()} | {
            f"{question.id}-{code}-strength": [str(said["strength"])]
            for code, said in value.items()
            if "strength" in said
        }
    if question.kind == "many":
        return {question.id: list(value) or [NONE]}
    return {question.id: list(value) if isinstance(value, list) else [str(value)]}


def page_of(
    question: Question, texts: Mapping[str, Sequence[str]], language: str, *, by_staff: bool = False
) -> dict[str, Any]:
    """The context of one question. `texts` are those of its fields, stored or as they were sent."""
    given = list(texts.get(question.id, ()))
    context: dict[str, Any] = {"question": question, "given": given, "text": "\n".join(given)}
    if question.kind == "map":
        context |= {"drawing": _drawing(question, given, by_staff=by_staff), "groups": _places(given, language)}
    if question.kind == "duration":
        context["unit"] = "".join(texts.get(f"{question.id}-unit", ()))
    if question.kind in ("words", "signs"):
        context |= {
            "words": [
                WordRow(
                    option.value,
                    option.label,
                    "".join(texts.get(f"{question.id}-{option.value}", ())),
                    "".join(texts.get(f"{question.id}-{option.value}-strength", ())),
                )
                for option in question.options
            ],
            "answers": ANSWERS,
            "numbers": [str(n) for n in range(patient_questions.LOWEST, patient_questions.HIGHEST + 1)],
        }
    return context


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do now, about which signs, and what else to know."""

    act: str
    signs: tuple[str, ...]
    texts: tuple[str, ...]


def advice(answers: Answers, language: str) -> tuple[Advice, ...]:
    """What to do now about the alarming answers, the most urgent first; each advice once. No queries."""
    words, alerts = content.file("check_in")["emergency_advice"], content.safety_alerts()
    translated = patient_questions.content()
    alarms = patient_questions.alarms(answers, language)

    def of(act: str) -> Advice:
        these = [alarm for alarm in alarms if alarm.act == act]
        about = dict.fromkeys(alarm.safety_alert for alarm in these if alarm.safety_alert)
        told = {one: translated["alert_texts"].get(one, {}) for one in about}
        return Advice(
            translated["advice"][act].get(language, words[act]),
            tuple(alarm.sign for alarm in these if alarm.sign),
            tuple(told[one].get(language, alerts[one]["patient_text"]) for one in about),
        )

    present = {alarm.act for alarm in alarms}
    return tuple(of(act) for act in content.file("check_in")["alerts"]["by_act"] if act in present)


def _drawing(question: Question, given: Iterable[str], *, by_staff: bool) -> Drawing:
    known = assessment_content().body_map.regions
    return figure_view.draw(
        body_figure(),
        {LAYERS[question.id]: [region for region in given if region in known]},
        side_titles=figure_view.SIDE_TITLES if by_staff else figure_view.OWN_SIDE_TITLES,
    )


def _places(given: Iterable[str], language: str) -> list[PlaceGroup]:
    names, marked = patient_questions.content(), set(given)
    groups: dict[str, list[PlaceRow]] = {part: [] for part in names["parts"]}
    for region in assessment_content().body_map.regions.values():
        if region.side == "left":
            right, left = f"{region.base}_r", region.id
            label = names["regions"][region.base][language]
            groups[region.area].append(PlaceRow(label, ((right, right in marked), (left, left in marked))))
    return [
        PlaceGroup(
            names["parts"][part][language],
            tuple(rows),
            sum(is_marked for row in rows for _side, is_marked in row.sides),
        )
        for part, rows in groups.items()
    ]
