"""Up to three options side by side, for the clinician. No query, no decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rules import english
from treatments.presenters.glance import (
    benefit_weeks,
    common_effects,
    cost,
    monitoring_line,
    therapy_dose,
)
from treatments.presenters.guidelines import grade_words, guidelines_for, position_words, positions
from treatments.presenters.numbers import BENEFIT, HARM, Number, first_of, numbers_of
from treatments.presenters.one_option import grouped_reasons
from treatments.presenters.options import goes_down, planned
from treatments.presenters.options import why as why_words
from treatments.presenters.people import People, people
from treatments.presenters.place import Place
from treatments.presenters.reasons import ReasonView
from treatments.presenters.words import dose_line, dose_words, line_words
from treatments.proposal.model import OptionResult
from treatments.rulebook import Agent, Therapy
from treatments.snapshot import Snapshot

MOST = 3
_MOST_EFFECTS = 6


@dataclass(frozen=True, slots=True)
class Effect:
    """Benefit or harm of one option: the number with its picture, or `said` where no number is on file."""

    number: Number | None
    people: People | None
    said: str


@dataclass(frozen=True, slots=True)
class Side:
    """One option of the comparison."""

    id: str
    name: str
    status: str
    line: str
    why: str
    href: str
    is_chosen: bool
    position: str
    grade: str
    benefit: Effect
    harm: Effect
    effects: Sequence[str]
    dose: str
    how_often: str
    works_in: str
    monitoring: str
    cost: str
    cost_known: bool
    speaks_for: Sequence[ReasonView]
    speaks_against: Sequence[ReasonView]
    missing: Sequence[str]


def sides(options: Iterable[OptionResult], shown: Snapshot, chosen: Iterable[str], place: Place) -> list[Side]:
    """The columns of the comparison, in the order asked for."""
    held = frozenset(chosen)
    return [_side(option, shown, held, place) for option in options]


def _side(option: OptionResult, shown: Snapshot, chosen: frozenset[str], place: Place) -> Side:
    rulebook = shown.rulebook
    agent, therapy = rulebook.agent_by_id.get(option.id), rulebook.therapy_by_id.get(option.id)
    data: Mapping[str, Any] = agent.data if agent else therapy.data if therapy else {}
    reasons = dict(grouped_reasons(option, shown))
    money = cost(option.id, rulebook)
    return Side(
        id=option.id,
        name=option.name,
        status=option.status.value,
        line=line_words(option),
        why=why_words(option, shown),
        href=place.href(shown=option.id, anchor="#why"),
        is_chosen=option.id in chosen,
        position=position_words(positions(agent, guidelines_for(shown), rulebook)) if agent else "",
        grade=_grade(agent, therapy, option, shown),
        benefit=_effect(option.id, BENEFIT, shown, _result(therapy)),
        harm=_effect(option.id, HARM, shown, _precautions(data)),
        effects=common_effects(data, _MOST_EFFECTS),
        dose=dose_line(option) if agent else therapy_dose(therapy) if therapy else "",
        how_often=_how_often(option, shown),
        works_in=_works_in(agent, therapy, option),
        monitoring=monitoring_line(option.monitoring),
        cost=money.text,
        cost_known=not money.unknown,
        speaks_for=reasons.get(_("For"), ()),
        speaks_against=[*reasons.get(_("Against"), ()), *reasons.get(_("Mind"), ())],
        missing=[fact.label for name in option.missing if (fact := rulebook.vocabulary.get(name))],
    )


def _grade(agent: Agent | None, therapy: Therapy | None, option: OptionResult, shown: Snapshot) -> str:
    if agent is not None:
        strength, certainty, whose = grade_words(agent, guidelines_for(shown), shown.rulebook)
        if not strength:
            return ""
        sure = _("%(what)s certainty") % {"what": certainty} if certainty else _("certainty not stated")
        return f"{capfirst(strength)}, {sure} ({whose})"
    if therapy is not None and therapy.certainty:
        return _("%(what)s certainty") % {"what": english.words(therapy.certainty)}
    return ""


def _effect(option_id: str, measure: str, shown: Snapshot, said: str) -> Effect:
    number = first_of(measure, numbers_of(option_id, shown.rulebook))
    if number is None:
        return Effect(None, None, said)
    text = _("%(many)s more have %(outcome)s than with placebo.") % {
        "many": number.how_many,
        "outcome": number.outcome,
    }
    return Effect(number, people(number.of_100, text), "")


def _result(therapy: Therapy | None) -> str:
    """The first finding of a therapy, as its study says it."""
    evidence: Any = therapy.data.get("evidence") if therapy else None
    results = (evidence or {}).get("key_results") or ()
    return str(results[0]["finding"]) if results else ""


def _precautions(data: Mapping[str, Any]) -> str:
    return "; ".join(str(item["text"]) for item in data.get("precautions") or ())


def _how_often(option: OptionResult, shown: Snapshot) -> str:
    """How the first and the usual dose are taken: "300 mg once a day, then up to 600 mg 3 times a day"."""
    steps = planned(option, shown)
    if option.dose is None or not steps:
        return ""
    first, last = (dose_words(step, option.dose.unit) for step in (steps[0], steps[-1]))
    if first == last:
        return first
    said = _("%(first)s, then down to %(last)s") if goes_down(steps) else _("%(first)s, then up to %(last)s")
    return said % {"first": first, "last": last}


def _works_in(agent: Agent | None, therapy: Therapy | None, option: OptionResult) -> str:
    if therapy is not None:
        return benefit_weeks(therapy)
    weeks = option.dose.trial_weeks if agent and option.dose else None
    if not weeks:
        return ""
    return ngettext("a fair trial takes %(n)g week", "a fair trial takes %(n)g weeks", int(weeks)) % {"n": weeks}
