"""Options side by side for the patient, in the words of the hand-out and in their language. No query, no decision.

What is told in English alone (how many sessions of a therapy) is marked where the paper is in another language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from treatments.handouts.model import Text
from treatments.handouts.wording import ENGLISH, Wording, shipped_library
from treatments.plan_doses import PlannedStep
from treatments.presenters.glance import benefit_weeks, cost, therapy_dose
from treatments.presenters.numbers import BENEFIT, HARM, Number, first_of, numbers_of
from treatments.presenters.options import goes_down, planned
from treatments.presenters.people import People, people
from treatments.presenters.words import dose_words
from treatments.proposal.model import OptionResult
from treatments.snapshot import Snapshot

# How the outcomes of the content begin that mean half of the pain, and what they call stopping for side effects.
_HALF, _STOPPED = "50%", "withdrawal"
# What is counted a day; plasters, patches by the hour and units of an injection are told in the words of the library.
_COUNTED_A_DAY = frozenset({"mg"})
_FIXED = (
    "title", "lead", "help", "no_number", "works", "harm", "use", "ask_team", "check", "check_none", "cost", "cost_ask",
    "matters", "numbers", "unchecked",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """One option. The pictures are None where no number is on file."""

    id: str
    name: Text
    benefit: People | None
    works_in: Text | None
    harm: People | None
    effects: Sequence[str]
    serious: Sequence[str]
    use: Text | None
    advice: Sequence[Text]
    checks: Sequence[str]
    cost: Text | None


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole comparison; `say` are its fixed sentences by name."""

    language: str
    say: Mapping[str, str]
    sides: Sequence[Side]
    has_unchecked: bool


def paper(options: Iterable[OptionResult], shown: Snapshot, language: str) -> Paper:
    """The comparison for the patient, in the order asked for."""
    wording = Wording(language, shipped_library())
    made, numbers = [], []
    for option in options:
        on_file = numbers_of(option.id, shown.rulebook)
        told = {measure: first_of(measure, on_file) for measure in (BENEFIT, HARM)}
        numbers += [number for number in told.values() if number]
        made.append(_side(option, told, shown, wording))
    say = {name: wording.say(f"compare_{name}") for name in _FIXED} | {"serious": wording.say("serious")}
    return Paper(language, say, made, any(number.unverified for number in numbers))


def _side(option: OptionResult, told: Mapping[str, Number | None], shown: Snapshot, wording: Wording) -> Side:
    rulebook = shown.rulebook
    agent, therapy = rulebook.agent_by_id.get(option.id), rulebook.therapy_by_id.get(option.id)
    data: Mapping[str, Any] = agent.data if agent else therapy.data if therapy else {}
    effects: Any = data.get("adverse_effects") or {}
    common = (
        (wording.effect(each["effect"]).words, wording.often(str(each.get("frequency", ""))))
        for each in effects.get("common", ())
    )
    labels = rulebook.labels.get("monitoring_tests", {})
    checks = (wording.check(test.test, labels.get(test.test, test.label)) for test in option.monitoring)
    money = cost(option.id, rulebook)
    return Side(
        id=option.id,
        name=_name(option, wording),
        benefit=_people(told[BENEFIT], wording),
        works_in=_english(benefit_weeks(therapy) if therapy else "", wording),
        harm=_people(told[HARM], wording),
        effects=[capfirst(f"{words} ({often})" if often else words) for words, often in common],
        serious=list(dict.fromkeys(wording.effect(each["effect"]).words for each in effects.get("serious", ()))),
        use=_use(option, shown, wording) if agent else _english(therapy_dose(therapy) if therapy else "", wording),
        advice=[wording.of(str(line)) for line in data.get("counselling") or data.get("leaflet") or ()],
        checks=[check for check in dict.fromkeys(checks) if check],
        cost=_english(money.text, wording) if not money.unknown else None,
    )


def _name(option: OptionResult, wording: Wording) -> Text:
    if wording.language == ENGLISH:
        return Text(option.name, ENGLISH)
    known = wording.library.words["names"].get(option.id)
    return Text(known, wording.language) if known else wording.as_written(option.name)


def _english(words: str, wording: Wording) -> Text | None:
    return wording.as_written(words) if words else None


def _people(number: Number | None, wording: Wording) -> People | None:
    """A hundred people and the sentence about them: no words of a study; a star where nobody has checked the number."""
    if number is None:
        return None
    if number.measure == BENEFIT:
        name = "compare_half" if number.outcome.startswith(_HALF) else "compare_clear"
    else:
        name = "compare_stopped" if _STOPPED in number.outcome else "compare_effects"
    who = wording.say("compare_about", n=number.of_100) if number.of_100 else wording.say("compare_few")
    text = wording.say(name, who=who)
    return people(number.of_100, f"{text}*" if number.unverified else text)


def _use(option: OptionResult, shown: Snapshot, wording: Wording) -> Text | None:
    """The first and the usual dose: "300 mg once a day, then up to 600 mg, 3 times a day"."""
    steps = planned(option, shown)
    if option.dose is None or not steps:
        return None
    unit, then = option.dose.unit, "compare_then_less" if goes_down(steps) else "compare_then"
    first, last = _taken(steps[0], unit, wording), _taken(steps[-1], unit, wording)
    if first is not None and last is not None:
        return Text(_then(then, first, last, wording), wording.language)
    english = Wording(ENGLISH, wording.library)
    return wording.as_written(_then(then, dose_words(steps[0], unit), dose_words(steps[-1], unit), english))


def _then(then: str, first: str, last: str, wording: Wording) -> str:
    return first if first == last else wording.say(then, first=first, last=last)


def _taken(step: PlannedStep, unit: str, wording: Wording) -> str | None:
    """How often a day; None for what is not taken daily in equal doses, which is told otherwise."""
    amount, times = wording.amount(step.per_dose, unit), step.times_per_day
    if step.doses or times < 1 or unit not in _COUNTED_A_DAY:
        return None
    return (
        wording.say("compare_once", amount=amount)
        if times == 1
        else wording.say("many_any", amount=amount, times=f"{times:g}")
    )
