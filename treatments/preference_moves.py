"""How the wishes of the patient move options: the same proposal without them, and the difference. Pure.

`propose` is run once more without the fact `preferences`; what a wish says of an option is read from the rules that
hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rules.expr import fact_names
from rules.facts import FactSet
from rules.truth import Truth
from treatments.option_lists import LISTS, options_of, places
from treatments.patient_facts import PatientFacts
from treatments.proposal import Proposal, propose
from treatments.proposal.model import OptionResult, Reason, Status
from treatments.rulebook import Rulebook

FACT = "preferences"


@dataclass(frozen=True, slots=True)
class Move:
    """What the wishes did to one option: its place in its list (None: not ranked) and its status, before and after.

    `preferences` are the ids of the wishes that speak of it.
    """

    preferences: tuple[str, ...]
    before: int | None
    after: int | None
    was: Status
    now: Status


def wishes(facts: PatientFacts) -> tuple[str, ...]:
    """The ids of the wishes on record, sorted."""
    known = facts.get(FACT)
    return tuple(sorted(known.members)) if isinstance(known, FactSet) else ()


def moves(facts: PatientFacts, rulebook: Rulebook, proposal: Proposal) -> dict[str, Move]:
    """What the wishes did, by option: those of which a rule about wishes speaks. Empty where there are no wishes."""
    if not wishes(facts):
        return {}
    kept = {name: value for name, value in facts.values.items() if name != FACT}
    return dict(_moves(propose(replace(facts, values=kept), rulebook), proposal, rulebook))


def _moves(without: Proposal, proposal: Proposal, rulebook: Rulebook) -> Iterator[tuple[str, Move]]:
    for name in LISTS:
        options = options_of(name, proposal, rulebook)
        before, after = places(options_of(name, without, rulebook)), places(options)
        for option in options:
            spoken = _spoken(option, rulebook)
            if spoken:
                was = without.option(option.id).status
                yield option.id, Move(spoken, before.get(option.id), after.get(option.id), was, option.status)


def _spoken(option: OptionResult, rulebook: Rulebook) -> tuple[str, ...]:
    """The wishes that a rule about this option found."""
    found = [str(wish) for reason in option.reasons if _is_wish(reason, rulebook) for wish in _found(reason)]
    return tuple(dict.fromkeys(found))


def _is_wish(reason: Reason, rulebook: Rulebook) -> bool:
    rule = rulebook.rule_by_id.get(reason.rule)
    return reason.truth is Truth.YES and rule is not None and FACT in fact_names(rule.when)


def _found(reason: Reason) -> list[object]:
    value = reason.facts.get(FACT)
    return list(value) if isinstance(value, list | tuple) else []
