"""One option at a glance, a line a fact: the guidelines, how sure, benefit, harm, common effects, monitoring, dose.

What a card has no room for (in whom it was studied, how often an effect comes, when a test is due) stands in Why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rules import english
from rules.expr import AnyOf, Member, walk
from treatments.presenters.guidelines import grade_words, guidelines_for, position_short, positions
from treatments.presenters.numbers import BENEFIT, HARM, first_of, numbers_of
from treatments.presenters.words import dose_line
from treatments.proposal.model import OptionResult
from treatments.rulebook import Agent, Monitoring, Rule, Rulebook, Therapy
from treatments.snapshot import Snapshot

MOST_EFFECTS = 3
MOST_TESTS = 1
# The wish that the rules about cost read.
LOW_COST = "low_cost"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a label and its words. `unknown` marks what is not on file, `unverified` what nobody has checked."""

    label: str
    text: str
    unknown: bool = False
    unverified: bool = False
    note: str = ""


def glance(option: OptionResult, shown: Snapshot) -> list[Fact]:
    """The lines of one option, always in the same order."""
    agent = shown.rulebook.agent_by_id.get(option.id)
    therapy = shown.rulebook.therapy_by_id.get(option.id)
    if agent is not None:
        return list(_medicine(option, agent, shown))
    return list(_therapy(option, therapy)) if therapy is not None else []


def _medicine(option: OptionResult, agent: Agent, shown: Snapshot) -> Iterator[Fact]:
    """What decides between two medicines first: the dose, benefit and harm; then what it asks for; then who says so."""
    rulebook = shown.rulebook
    dose = dose_line(option)
    yield Fact(_("Dose"), dose or _("none in the rulebook"), unknown=not dose)
    numbers = numbers_of(option.id, rulebook)
    for measure, label in ((BENEFIT, _("Benefit")), (HARM, _("Harm"))):
        number = first_of(measure, numbers)
        if number is None:
            yield Fact(label, _("no figure on file"), unknown=True)
            continue
        text = f"{number.how_many_more}: {number.outcome}"
        yield Fact(label, text, unverified=number.unverified, note=number.brief)
    effects = [str(item["effect"]) for item in listed_effects(agent.data)[:MOST_EFFECTS]]
    yield Fact(_("Common"), ", ".join(effects) or _("not stated"), unknown=not effects)
    tests = list(dict.fromkeys(test.label.partition(" (")[0] for test in agent.monitoring))
    more = f" +{len(tests) - MOST_TESTS}" if len(tests) > MOST_TESTS else ""
    yield Fact(_("Monitoring"), capfirst(", ".join(tests[:MOST_TESTS])) + more or _("none stated"), unknown=not tests)
    guidelines = guidelines_for(shown)
    said = position_short(positions(agent, guidelines, rulebook))
    yield Fact(_("Guidelines"), said or _("none speaks of it for this cause"), unknown=not said)
    strength, certainty, _whose = grade_words(agent, guidelines, rulebook)
    if strength:
        sure = _("%(what)s certainty") % {"what": certainty} if certainty else _("certainty not stated")
        yield Fact(_("Grade"), f"{capfirst(strength)}, {sure}")
    else:
        yield Fact(_("Grade"), _("not graded for this cause"), unknown=True)
    yield cost(option.id, rulebook)


def _therapy(option: OptionResult, therapy: Therapy) -> Iterator[Fact]:
    data: Mapping[str, Any] = therapy.data
    evidence: Mapping[str, Any] = data.get("evidence") or {}
    sure = english.words(therapy.certainty or "")
    fit = english.words(option.strength or "")
    yield Fact(
        _("Evidence"),
        ", ".join(
            part
            for part in (
                _("%(fit)s fit for this cause") % {"fit": fit} if fit else _("fit for this cause not stated"),
                _("%(what)s certainty") % {"what": sure} if sure else _("certainty not stated"),
            )
        ),
        unknown=not fit,
    )
    results = evidence.get("key_results") or ()
    yield Fact(_("Found"), str(results[0]["finding"]) if results else _("no figure on file"), unknown=not results)
    dose = therapy_dose(therapy)
    yield Fact(_("Dose"), dose or _("not stated"), unknown=not dose)
    weeks = benefit_weeks(therapy)
    yield Fact(_("Works in"), weeks or _("not stated"), unknown=not weeks)
    mind = [str(item["text"]) for item in data.get("precautions") or ()]
    yield Fact(_("Mind"), "; ".join(mind[:2]) or _("not stated"), unknown=not mind)


def listed_effects(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The common side effects that are said to be frequent, in the content's order."""
    listed: Any = (data.get("adverse_effects") or {}).get("common") or ()
    return [item for item in listed if "frequency" in item]


def common_effects(data: Mapping[str, Any], most: int) -> list[str]:
    """ "nausea (about 1 in 4)": the common side effects, the first few of the content's order."""
    return [f"{item['effect']} ({item['frequency']})" for item in listed_effects(data)[:most]]


def cost(option_id: str, rulebook: Rulebook) -> Fact:
    """What the content says about cost. It holds no prices: only that some cost more than a generic medicine."""
    said = [rule.text for rule in rulebook.option_rules[option_id] if _is_about_cost(rule)]
    return Fact(_("Cost"), said[0].rstrip(".") if said else _("not on file"), unknown=not said)


def _is_about_cost(rule: Rule) -> bool:
    return any(
        (isinstance(node, Member) and node.value == LOW_COST) or (isinstance(node, AnyOf) and LOW_COST in node.values)
        for node in walk(rule.when)
    )


def monitoring_line(tests: Sequence[Monitoring]) -> str:
    """ "Before the start: sodium, liver tests; later: mood": each test once."""
    before = dict.fromkeys(test.label for test in tests if test.baseline)
    later = dict.fromkeys(test.label for test in tests if test.label not in before)
    parts = []
    if before:
        parts.append(_("Before the start: %(what)s") % {"what": ", ".join(before)})
    if later:
        parts.append(_("later: %(what)s") % {"what": ", ".join(later)})
    return capfirst("; ".join(parts))


# --- therapies --------------------------------------------------------------------------------------------------------


def span(values: object) -> str:
    """ "4–8", "8", or nothing where it is not stated."""
    found = [value for value in values if isinstance(value, int | float)] if isinstance(values, list | tuple) else []
    if not found:
        return ""
    low, high = found[0], found[-1]
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _most(values: object) -> int:
    found = [value for value in values if isinstance(value, int | float)] if isinstance(values, list | tuple) else [0]
    return int(found[-1]) if found else 0


def therapy_dose(therapy: Therapy) -> str:
    """ "4–8 sessions, 1 a week, 60–120 minutes, over 4–8 weeks"."""
    dose: Any = therapy.data.get("dose") or {}
    sessions, week = span(dose.get("sessions")), span(dose.get("per_week"))
    minutes, weeks = span(dose.get("minutes")), span(dose.get("weeks"))
    parts = []
    if sessions:
        parts.append(ngettext("%(n)s session", "%(n)s sessions", _most(dose["sessions"])) % {"n": sessions})
    if week and week != "0":
        parts.append(_("%(n)s a week") % {"n": week})
    if minutes:
        parts.append(_("%(n)s minutes each") % {"n": minutes})
    if weeks and weeks != "0":
        parts.append(ngettext("over %(n)s week", "over %(n)s weeks", _most(dose["weeks"])) % {"n": weeks})
    return ", ".join(parts)


def benefit_weeks(therapy: Therapy) -> str:
    """ "4–12 weeks"; "at once" where it is 0."""
    given: Any = therapy.data.get("time_to_benefit_weeks")
    weeks = span(given)
    if not weeks:
        return ""
    return _("at once") if weeks == "0" else ngettext("%(n)s week", "%(n)s weeks", _most(given)) % {"n": weeks}
