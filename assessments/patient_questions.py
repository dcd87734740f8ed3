"""What a patient is asked before a visit: the screens in order, and how an answer is read. Pure.

The questions are content (`knowledge/patient_questions.yaml`) in every language of the patient pages; items of an
instrument come from the registry, in the languages for which its text may be shown. Answers are kept by question id:

    map, many   a list of ids; an empty one says "none of these"
    words       for each word its answer, yes, no or unknown, and how strong a present one is, from 0 to 10
    signs       for each sign its answer, yes, no or unknown
    duration    a number and its unit
    choice      an id          scale, item   a whole number          text   what was written, as it was written

A question that was not answered has no entry and stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from assessments.content import KNOWLEDGE, assessment_content
from assessments.curtailment import settled
from assessments.definitions import Instrument, Item
from assessments.entries import CORE_INSTRUMENTS
from rules.strict_yaml import load

Kind = Literal["map", "words", "signs", "duration", "choice", "many", "scale", "text"]
Value: TypeAlias = Any
Answers: TypeAlias = Mapping[str, Value]

NONE = "none"
YES, NO, UNKNOWN = "yes", "no", "unknown"
LOWEST, HIGHEST = 0, 10
SIGNS = "signs"
_NUMBER = re.compile(r"[0-9]{1,4}([.,][0-9]{1,2})?")


class AnswerInvalid(ValueError):
    """What was sent is no answer to the question.

    `problem` is unknown, too_long, none_and_more, not_one or no_duration.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer goes: a section ("area" for a pain area), and there a field or an item of an instrument."""

    section: str
    field: str = ""
    instrument: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One screen in one language. `stem` stands before the text of an item; `credit` names the instrument's authors."""

    id: str
    kind: Kind
    to: Target
    text: str
    help: str = ""
    options: tuple[Option, ...] = ()
    low: str = ""
    high: str = ""
    stem: str = ""
    credit: str = ""


@cache
def content() -> Mapping[str, Any]:
    """The questions as they are shipped, read once per process."""
    data: dict[str, Any] = load((KNOWLEDGE / "patient_questions.yaml").read_text(encoding="utf-8"))
    return data


def languages() -> Mapping[str, str]:
    """The languages of the patient pages with their own names."""
    return {entry["id"]: entry["name"] for entry in content()["languages"]}


def language_of(code: str) -> str:
    """The language of the patient pages for a language code such as es or es-MX; English where they do not speak it."""
    language = code.strip().lower().replace("_", "-").split("-")[0]
    return language if language in languages() else "en"


def questions(language: str, answers: Answers, in_use: Collection[str] | None = None) -> tuple[Question, ...]:
    """The screens in order. The answers so far decide about questions that are asked only after certain answers.

    `in_use` are the instruments that the clinic uses, besides the core ones that are always asked; None for all.
    """
    return tuple(
        question
        for entry in content()["questions"]
        if _is_asked(entry, language, answers)
        for question in _of_entry(entry, language)
        if _is_used(question, in_use) and not _is_settled_before(question, answers)
    )


def _is_used(question: Question, in_use: Collection[str] | None) -> bool:
    name = question.to.instrument
    return not name or in_use is None or name in CORE_INSTRUMENTS or name in in_use


def _is_settled_before(question: Question, answers: Answers) -> bool:
    """Whether the answers before this question settle its instrument; what was answered is still shown."""
    if not question.to.instrument or question.id in answers:
        return False
    instrument = assessment_content().instruments[question.to.instrument]
    items = [item.id for item in instrument.items]
    before = items[: items.index(question.to.item)]
    return settled(instrument, [answers.get(item) if item in before else None for item in items]) is not None


def every_question(language: str) -> tuple[Question, ...]:
    """All questions in the language whatever was answered; those whose text may not be shown in it are in English."""
    return tuple(
        question
        for entry in content()["questions"]
        for question in _of_entry(entry, language if _has_text(entry, language) else "en")
    )


def item_question(name: str, language: str) -> Question | None:
    """The question about an item of an instrument, whether or not it arises now; None where there is none."""
    entries = (entry for entry in content()["questions"] if _has_text(entry, language))
    found = (question for entry in entries for question in _of_entry(entry, language))
    return next((question for question in found if question.id == name and question.to.instrument), None)


def left_out(language: str) -> tuple[str, ...]:
    """Names of the instruments that may not be shown in the language; the clinic asks them."""
    names = [e["instrument"] for e in content()["questions"] if "instrument" in e and not _has_text(e, language)]
    return tuple(assessment_content().instruments[name].short_name for name in dict.fromkeys(names))


def _has_text(entry: Mapping[str, Any], language: str) -> bool:
    if "instrument" not in entry:
        return True
    instrument = assessment_content().instruments[entry["instrument"]]
    return instrument.may_show_items and language in content()["instrument_languages"]


def _is_asked(entry: Mapping[str, Any], language: str, answers: Answers) -> bool:
    if not _has_text(entry, language):
        return False
    if "only_if" in entry:
        return answers.get(entry["only_if"]["question"]) in entry["only_if"]["values"]
    if "only_from" in entry:
        asked = assessment_content().instruments[entry["only_from"]["instrument"]].items
        given = [answers[item.id] for item in asked if isinstance(answers.get(item.id), int)]
        return sum(given) >= int(entry["only_from"]["total"])
    return True


def _of_entry(entry: Mapping[str, Any], language: str) -> list[Question]:
    if "instrument" in entry:
        instrument = assessment_content().instruments[entry["instrument"]]
        items = {item.id: item for item in instrument.items}
        return [_of_item(instrument, items[name], entry["to"]["section"]) for name in entry["items"]]

    def word(key: str) -> str:
        return str(entry[key][language]) if key in entry else ""

    options = [Option(option["value"], option["text"][language]) for option in entry.get("options", ())]
    if "none" in entry:
        options.append(Option(NONE, word("none")))
    if entry["kind"] == "scale":
        options = _numbers()
    to = Target(**entry["to"])
    kind, text, help_text = entry["kind"], word("text"), word("help")
    return [Question(entry["id"], kind, to, text, help_text, tuple(options), word("low"), word("high"))]


def _of_item(instrument: Instrument, item: Item, section: str) -> Question:
    options = [Option(str(option.value), option.label) for option in item.options or instrument.options]
    anchors = dict(item.anchors or instrument.anchors)
    return Question(
        id=item.id,
        kind="choice" if options else "scale",
        to=Target(section, instrument=instrument.id, item=item.id),
        text=item.text,
        options=tuple(options or _numbers()),
        low=anchors.get(str(LOWEST), ""),
        high=anchors.get(str(HIGHEST), ""),
        stem=instrument.stem,
        credit=instrument.licence.attribution,
    )


def _numbers() -> list[Option]:
    return [Option(str(number), str(number)) for number in range(LOWEST, HIGHEST + 1)]


# --- reading an answer ----------------------------------------------------------------------------------------------


def read(question: Question, sent: Callable[[str], Sequence[str]]) -> Value | None:
    """What was answered; None when nothing was. `sent` gives the texts of a field. Raises AnswerInvalid."""
    values = [value for value in dict.fromkeys(sent(question.id)) if value.strip()]
    match question.kind:
        case "text":
            return _text(" ".join(values))
        case "words" | "signs":
            return _words(question, sent) or None
        case "duration":
            return _duration(question, sent)
        case "map":
            known: set[str] = set(assessment_content().body_map.regions)
        case _:
            known = {option.value for option in question.options}
    if any(value not in known for value in values):
        raise AnswerInvalid("unknown")
    if not values:
        return None
    if question.kind in ("map", "many"):
        if NONE in values and len(values) > 1:
            raise AnswerInvalid("none_and_more")
        return sorted(value for value in values if value != NONE)
    if len(values) > 1:
        raise AnswerInvalid("not_one")
    # Items of an instrument and scales are answered in numbers.
    return int(values[0]) if question.to.instrument else values[0]


def _text(written: str) -> str | None:
    # PostgreSQL keeps no NUL in text, and nobody writes one.
    text = written.replace("\x00", "").strip()
    if len(text) > int(content()["most_characters"]):
        raise AnswerInvalid("too_long")
    return text or None


def _words(question: Question, sent: Callable[[str], Sequence[str]]) -> dict[str, dict[str, Any]]:
    found = {}
    for option in question.options:
        answers = [value for value in sent(f"{question.id}-{option.value}") if value]
        strengths = [value for value in sent(f"{question.id}-{option.value}-strength") if value]
        strengths = strengths if question.kind == "words" else []
        if len(answers) > 1 or len(strengths) > 1 or not set(answers) <= {YES, NO, UNKNOWN}:
            raise AnswerInvalid("unknown")
        if not answers:
            continue
        entry: dict[str, Any] = {"answer": answers[0]}
        if answers[0] == YES and strengths:
            if strengths[0] not in {number.value for number in _numbers()}:
                raise AnswerInvalid("unknown")
            entry["strength"] = int(strengths[0])
        found[option.value] = entry
    return found


def _duration(question: Question, sent: Callable[[str], Sequence[str]]) -> dict[str, Any] | None:
    numbers = [value.strip() for value in sent(question.id) if value.strip()]
    units = [value for value in sent(f"{question.id}-unit") if value]
    if not numbers and not units:
        return None
    known = {option.value for option in question.options}
    if len(numbers) != 1 or len(units) != 1 or not _NUMBER.fullmatch(numbers[0]) or units[0] not in known:
        raise AnswerInvalid("no_duration")
    number = float(numbers[0].replace(",", "."))
    said = {"number": int(number) if number == int(number) else number, "unit": units[0]}
    if not 0 < months_of(said) <= _entry("duration")["at_most_months"]:
        raise AnswerInvalid("no_duration")
    return said


def months_of(said: Mapping[str, Any]) -> float:
    """A duration in months, to one decimal."""
    months = {option["value"]: option["months"] for option in _entry("duration")["options"]}
    return round(said["number"] * float(months[said["unit"]]), 1)


def _entry(name: str) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = next(one for one in content()["questions"] if one.get("id") == name)
    return entry


def kept(answers: Answers) -> dict[str, Value]:
    """The answers without those whose question does not arise any more after another answer changed.

    What was answered in a questionnaire always stays: nobody takes back that they thought of death by a lower score.
    """
    moot = {
        entry["id"]
        for entry in content()["questions"]
        if "only_if" in entry and answers.get(entry["only_if"]["question"]) not in entry["only_if"]["values"]
    }
    return {name: value for name, value in answers.items() if name not in moot}


# --- what must not wait -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alarm:
    """An answer that must not wait: its question, how soon the patient acts, the safety alert, the clinic's words.

    A sign has a `code` of its own and says in `sign` what it is about, as the patient read it; where it has no safety
    alert, `action` and `source` are those of its first red flag.
    """

    question: str
    code: str
    act: str
    safety_alert: str
    clinic: str
    sign: str = ""
    action: str = ""
    source: str = ""


def alarms(answers: Answers, language: str = "en") -> tuple[Alarm, ...]:
    """The answers that must not wait: signs, and items from their own limit in the registry on."""
    limits = {item.id: item.safety_from for one in assessment_content().instruments.values() for item in one.items}
    found = [_alarm(sign, language) for sign in _signs(answers) if "act" in sign]
    for name, entry in content()["alarms"].items():
        value, limit = answers.get(name), limits.get(name)
        if isinstance(value, int) and limit is not None and value >= limit:
            found.append(Alarm(name, name, entry["act"], entry["safety_alert"], entry["clinic"]))
    return tuple(found)


def _signs(answers: Answers) -> Iterator[Mapping[str, Any]]:
    """The signs that the patient says are there."""
    said = answers.get(SIGNS, {})
    return (one for one in _entry(SIGNS)["options"] if said.get(one["value"], {}).get("answer") == YES)


def _alarm(sign: Mapping[str, Any], language: str) -> Alarm:
    flag = assessment_content().red_flags[sign["red_flags"][0]]
    return Alarm(
        question=SIGNS,
        code=sign["value"],
        act=sign["act"],
        safety_alert=sign.get("safety_alert", ""),
        clinic=_told(sign),
        sign=sign["text"][language],
        action=flag.action,
        source=flag.sources[0],
    )


def _told(sign: Mapping[str, Any]) -> str:
    return str(content()["sign_told"]).format(sign=sign["text"]["en"])


@dataclass(frozen=True, slots=True)
class FlagTold:
    """A red flag that what the patient said asks about: the words, and whether one of them could not wait."""

    flag: str
    words: tuple[str, ...]
    is_urgent: bool


def flags_told(answers: Answers) -> tuple[FlagTold, ...]:
    """The red flags that the signs ask the clinician about. A sign that is not there says nothing about a flag."""
    asked: dict[str, list[Mapping[str, Any]]] = {}
    for sign in _signs(answers):
        for flag in sign["red_flags"]:
            asked.setdefault(flag, []).append(sign)
    return tuple(
        FlagTold(flag, tuple(_told(sign) for sign in signs), any("act" in sign for sign in signs))
        for flag, signs in asked.items()
    )
