"""What a patient said before a visit, beside what an assessment says: taken over where nothing stands, and told. Pure.

What the clinician entered always stays; only what is still open is filled. What a patient does not know stays unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments import figure_words, patient_questions
from assessments.definitions import Answer, AssessmentContent
from assessments.entries import (
    AREA_PREFIX,
    FIXED_SECTIONS,
    SCORE_PREFIX,
    SECTION_INSTRUMENTS,
    AreaEntry,
    Entry,
    InstrumentsEntry,
    ScoreEntry,
    SectionId,
    SeverityEntry,
    WishesEntry,
    score_instrument,
)
from assessments.figure import body_figure
from assessments.figure_view import Text
from assessments.patient_questions import NO, NONE, SIGNS, YES, Answers, Question
from assessments.record import AreaRecord, AssessmentRecord, ReportRecord

LAYERS = ("regions", "touch_regions", "numb_regions")
MODIFIERS = ("aggravating", "relieving")
Comparison = Literal["", "same", "different", "open"]
ANSWERS: Mapping[str, Text] = {
    YES: gettext_lazy("yes"),
    NO: gettext_lazy("no"),
    patient_questions.UNKNOWN: gettext_lazy("does not know"),
}


def sections() -> tuple[SectionId, ...]:
    """The sections that a report can fill, in the order of the form; "areas" stands for the one pain area.

    The signs are not among them: what the patient says asks about a red flag and answers none.
    """
    filled = {section_of(one) for one in patient_questions.every_question("en") if _has_field(one) and one.id != SIGNS}
    places = {name: at for at, name in enumerate(FIXED_SECTIONS)}
    return tuple(sorted(filled, key=lambda name: places["scores" if name.startswith(SCORE_PREFIX) else name]))


# --- taking over ----------------------------------------------------------------------------------------------------


def fill(
    section: SectionId,
    record: AssessmentRecord,
    area: AreaRecord | None,
    answers: Answers,
    content: AssessmentContent,
    on_file: Collection[str] = (),
) -> Entry | None:
    """The section with what is open filled from the answers; None when the answers add nothing.

    `area` is the pain area of an area section; `on_file` are the preferences in the patient's record, which an empty
    section of wishes shows as chosen.
    """
    if section.startswith(AREA_PREFIX):
        filled = _filled_area(area, answers) if area is not None else None
        return AreaEntry(filled) if filled is not None and filled != area else None
    if section == "wishes":
        return _filled_wishes(record, answers, on_file)
    if section == "severity":
        return _filled_severity(record, answers, content)
    if name := score_instrument(section):
        answered = _filled_instrument(record, name, answers, content)
        before = record.instruments.get(name)
        taken_on = before.taken_on if before is not None else record.assessed_on
        return ScoreEntry(name, taken_on, answers=answered) if answered is not None else None
    found = {
        name: answered
        for name in SECTION_INSTRUMENTS.get(section, ())
        if (answered := _filled_instrument(record, name, answers, content)) is not None
    }
    return InstrumentsEntry(found) if found else None


def _filled_area(area: AreaRecord, answers: Answers) -> AreaRecord:
    changes: dict[str, Any] = {name: tuple(answers.get(name, ())) for name in LAYERS if not getattr(area, name)}
    changes |= {
        name: tuple(answers[name]) or (NONE,) for name in MODIFIERS if name in answers and not getattr(area, name)
    }
    words = {code: said for code, said in answers.get("words", {}).items() if said["answer"] in (YES, NO)}
    descriptors = {code: said["answer"] for code, said in words.items()} | dict(area.descriptors)
    strengths = {code: said["strength"] for code, said in words.items() if "strength" in said}
    changes["descriptors"] = descriptors
    changes["ratings"] = {code: strength for code, strength in strengths.items() if descriptors[code] == YES} | dict(
        area.ratings
    )
    timing = {name: answers[name] for name in ("attacks_24h", "sleep_disturbed") if name in answers}
    changes["timing"] = timing | dict(area.timing)
    changes["pattern"] = area.pattern or answers.get("pattern", "")
    return replace(area, **changes)


def _filled_severity(record: AssessmentRecord, answers: Answers, content: AssessmentContent) -> Entry | None:
    filled = _filled_instrument(record, "nrs", answers, content)
    months = record.duration_months
    if months is None and "duration" in answers:
        months = patient_questions.months_of(answers["duration"])
    given = record.instruments.get("nrs")
    if given is not None and given.answers is None:
        return None  # The section is saved as a whole, and a total that was entered elsewhere stays.
    if filled is None and months == record.duration_months:
        return None
    before = given.answers if given is not None and given.answers is not None else None
    return SeverityEntry(filled or before or (None,) * len(content.instruments["nrs"].items), months)


def _filled_instrument(
    record: AssessmentRecord, name: str, answers: Answers, content: AssessmentContent
) -> tuple[Answer, ...] | None:
    instrument, given = content.instruments[name], record.instruments.get(name)
    if given is not None and given.answers is None:
        return None  # A total that was entered elsewhere stands for the whole.
    before = (given.answers if given is not None else None) or (None,) * len(instrument.items)
    filled = tuple(
        answers.get(item.id) if there is None else there for item, there in zip(instrument.items, before, strict=True)
    )
    return filled if filled != before else None


def _filled_wishes(record: AssessmentRecord, answers: Answers, on_file: Collection[str]) -> Entry | None:
    wanted = dict.fromkeys([*on_file, *answers.get("preferences", ())], YES)
    filled = wanted | dict(record.preferences)
    is_news = set(answers.get("preferences", ())) - set(on_file) - set(record.preferences)
    return WishesEntry(filled, record.notes) if is_news else None


# --- in words -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One answer as the patient gave it, and what the assessment says.

    `is_free` marks the patient's own words. `comparison` is empty where the assessment has no such field.
    """

    question: str
    said: str
    is_free: bool = False
    stated: str = ""
    comparison: Comparison = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What stands beside one section of a draft; `can_fill` says whether the answers add to it."""

    report: ReportRecord
    section: SectionId
    lines: tuple[SaidLine, ...]
    can_fill: bool


def panel(
    report: ReportRecord,
    section: SectionId,
    record: AssessmentRecord,
    content: AssessmentContent,
    on_file: Collection[str] = (),
) -> Panel:
    """The answers of a report beside one section of a draft."""
    one = record.areas[0] if len(record.areas) == 1 else AreaRecord(id=record.id) if not record.areas else None
    area = one if section == "areas" else next((a for a in record.areas if f"{AREA_PREFIX}{a.id}" == section), None)
    name = f"{AREA_PREFIX}{area.id}" if area is not None else section
    can_fill = fill(name, record, area, report.answers, content, on_file) is not None
    return Panel(report, section, tuple(lines(report.answers, content, record, section)), can_fill)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A report beside what is about to be signed: how many answers are missing there, and how many are others."""

    report: ReportRecord
    missing: int
    different: int


def unsettled(report: ReportRecord, record: AssessmentRecord, content: AssessmentContent) -> Unsettled | None:
    """What of a report the assessment does not say, or says otherwise; None where nothing is left."""
    found = [line.comparison for line in lines(report.answers, content, record)]
    missing, different = found.count("open"), found.count("different")
    return Unsettled(report, missing, different) if missing or different else None


def section_of(question: Question) -> SectionId:
    """The section beside which an answer stands."""
    return "areas" if question.to.section == "area" else question.to.section


def lines(
    answers: Answers,
    content: AssessmentContent,
    record: AssessmentRecord | None = None,
    section: SectionId | None = None,
) -> list[SaidLine]:
    """The answers in the order of the questions, all or those of one section, beside what the assessment says.

    The questions are told in the language of the clinic, in which the patient's own words may not be.
    """
    areas = record.areas if record is not None else ()
    wanted = section
    if section is not None and section.startswith(AREA_PREFIX):
        areas = tuple(area for area in areas if f"{AREA_PREFIX}{area.id}" == section)
        wanted = "areas"
    found = []
    for question in patient_questions.every_question("en"):
        if question.id not in answers or (wanted is not None and section_of(question) != wanted):
            continue
        value = answers[question.id]
        said = in_words(question, value, content)
        if question.kind == "signs":
            found.append(_signs_line(question, said, answers, record, content))
            continue
        if record is None or not _has_field(question):
            found.append(SaidLine(question.text, said, question.kind == "text"))
            continue
        stated = _stated(question, record, areas, content)
        if stated is None:
            found.append(SaidLine(question.text, said, comparison="open" if _says_something(question, value) else ""))
            continue
        comparison: Comparison = "same" if _agree(question, value, stated) else "different"
        found.append(SaidLine(question.text, said, False, in_words(question, stated, content), comparison))
    return found


def _signs_line(
    question: Question, said: str, answers: Answers, record: AssessmentRecord | None, content: AssessmentContent
) -> SaidLine:
    """The signs, and what the assessment says about the red flags that they ask about."""
    told = patient_questions.flags_told(answers)
    if record is None or not told:
        return SaidLine(question.text, said)
    given = {one.flag: record.red_flags[one.flag].answer for one in told if one.flag in record.red_flags}
    if len(given) < len(told):
        return SaidLine(question.text, said, comparison="open")
    # Another sign may be why a flag is there; that none of them is contradicts the patient.
    comparison: Comparison = "same" if YES in given.values() else "different"
    stated = "; ".join(f"{content.red_flags[flag].name}: {ANSWERS[answer]}" for flag, answer in given.items())
    return SaidLine(question.text, said, stated=stated, comparison=comparison)


def in_words(question: Question, value: Any, content: AssessmentContent) -> str:
    """An answer in words."""
    match question.kind:
        case "map":
            if not value:
                return _("nowhere")
            return "; ".join(figure_words.places(body_figure(), content.body_map, set(value)))
        case "words":
            labels = {option.value: option.label for option in question.options}
            return "; ".join(_word(labels.get(code, code), said) for code, said in value.items())
        case "signs":
            return _signs_in_words(question, value)
        case "duration":
            labels = {option.value: option.label for option in question.options}
            return f"{value['number']:g} {labels[value['unit']]}"
        case "many":
            labels = {option.value: option.label for option in question.options}
            return "; ".join(labels.get(code, code) for code in value) or labels.get(NONE, NONE)
        case "choice":
            labels = {option.value: option.label for option in question.options}
            every = value if isinstance(value, tuple) else (value,)  # Of several areas, or one answer.
            return "; ".join(labels.get(str(one), str(one)) for one in every)
        case "scale":
            return _("%(number)s of 10") % {"number": value}
        case _:
            return str(value)


def _word(label: str, said: Mapping[str, Any]) -> str:
    answer = ANSWERS.get(said["answer"], said["answer"])
    if "strength" in said:
        return _("%(word)s: %(answer)s, %(number)s of 10") % {
            "word": label,
            "answer": answer,
            "number": said["strength"],
        }
    return f"{label}: {answer}"


def _signs_in_words(question: Question, value: Mapping[str, Mapping[str, str]]) -> str:
    """What is there first, then what is not known; what is not there last."""
    told = {
        answer: [option.label for option in question.options if value.get(option.value, {}).get("answer") == answer]
        for answer in (YES, patient_questions.UNKNOWN, NO)
    }
    return ". ".join(
        f"{str(ANSWERS[answer]).capitalize()}: {'; '.join(signs)}" for answer, signs in told.items() if signs
    )


def _has_field(question: Question) -> bool:
    return bool(question.to.field or question.to.item)


def _stated(
    question: Question, record: AssessmentRecord, areas: Iterable[AreaRecord], content: AssessmentContent
) -> Any | None:
    """What the assessment says, in the form of an answer; None where it says nothing. Several areas count together."""
    to = question.to
    if to.instrument:
        given = record.instruments.get(to.instrument)
        there = (given.answers or ()) if given is not None else ()
        items = [item.id for item in content.instruments[to.instrument].items]
        return dict(zip(items, there, strict=False)).get(to.item)
    if question.kind == "duration":
        months = record.duration_months
        return {"number": months, "unit": "months"} if months is not None else None
    if to.section == "wishes":
        chosen = sorted(code for code, answer in record.preferences.items() if answer == YES)
        return chosen if "wishes" in record.sections else None
    every = tuple(areas)
    if to.field == "descriptors":
        return _stated_words(every) or None
    if to.field in (*LAYERS, *MODIFIERS):
        marks = {mark for area in every for mark in getattr(area, to.field)}
        return sorted(marks - {NONE}) if marks else None
    values = {area.pattern if to.field == "pattern" else area.timing.get(to.field, "") for area in every} - {""}
    return tuple(sorted(values)) or None


def _stated_words(areas: Iterable[AreaRecord]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for area in areas:
        for code, answer in area.descriptors.items():
            entry: dict[str, Any] = {"answer": answer}
            if answer == YES and code in area.ratings:
                entry["strength"] = area.ratings[code]
            # Present in one area is present.
            if code not in found or answer == YES:
                found[code] = entry
    return found


def _says_something(question: Question, said: Any) -> bool:
    """Whether an assessment that says nothing lacks this: not what the patient does not know, nor an empty figure."""
    if question.kind == "words":
        return any(word["answer"] in (YES, NO) for word in said.values())
    return bool(said) or question.kind != "map"


def _agree(question: Question, said: Any, stated: Any) -> bool:
    if question.kind == "words":
        # What the patient does not know contradicts nothing.
        return all(stated.get(code) == word for code, word in said.items() if word["answer"] in (YES, NO))
    if question.kind in ("map", "many"):
        return set(said) == set(stated)
    if question.kind == "duration":
        return patient_questions.months_of(said) == patient_questions.months_of(stated)
    return bool(stated in (said, (said,)))
