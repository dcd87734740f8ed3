"""A patient with assumed facts beside the patient on record: what moves in the proposal. Pure; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.vocabulary import FactType
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal import Proposal, propose
from treatments.proposal.altered import MEDICINES, Misfit, altered, misfits
from treatments.proposal.model import OptionResult, Status
from treatments.rulebook import Rulebook

_ANSWERS: Mapping[str, bool] = {"yes": True, "no": False}
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Moved:
    """One option before and after. `kind`: gained (recommended now), lost, status, rank or dose."""

    kind: str
    before: OptionResult
    after: OptionResult


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Assumed facts: the changes that could be made, what is wrong with the others, the proposal and what moved."""

    changes: Mapping[str, Json]
    problems: tuple[Misfit, ...]
    proposal: Proposal
    moved: tuple[Moved, ...]


def read_changes(given: Mapping[str, Sequence[str]], rulebook: Rulebook) -> tuple[dict[str, Json], list[Misfit]]:
    """The changes that a form states, and the fields that cannot be read; an empty field states nothing."""
    changes: dict[str, Json] = {}
    problems: list[Misfit] = []
    for name, texts in given.items():
        words = [text.strip() for text in texts if text.strip()]
        fact = rulebook.vocabulary.get(name)
        if fact is None:
            problems.append(Misfit(name, "is not a fact of the vocabulary"))
        elif name == MEDICINES:
            changes[name] = [part.strip() for text in words for part in text.split(",") if part.strip()]
        elif fact.type is FactType.SET:
            changes[name] = list(words)
        elif not words:
            continue
        elif words[0] == UNKNOWN:
            changes[name] = None
        elif fact.type is FactType.BOOL:
            changes[name] = _ANSWERS.get(words[0], words[0])
        elif fact.is_numeric:
            value = _number(words[0])
            if value is None:
                problems.append(Misfit(name, "must be a number"))
            else:
                changes[name] = value
        else:
            changes[name] = words[0]
    return changes, problems


def _number(text: str) -> float | int | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def what_if(given: Mapping[str, Sequence[str]], facts: PatientFacts, rulebook: Rulebook, before: Proposal) -> WhatIf:
    """The proposal with the facts of a form assumed; what cannot be assumed is left out and told."""
    changes, problems = read_changes(given, rulebook)
    wrong = misfits(facts, changes, rulebook)
    kept = {name: value for name, value in changes.items() if name not in {item.fact for item in wrong}}
    after = propose(altered(facts, kept, rulebook), rulebook) if kept else before
    return WhatIf(kept, (*problems, *wrong), after, tuple(_moved(before, after)))


def _moved(before: Proposal, after: Proposal) -> list[Moved]:
    """What moved: the recommended first, then other statuses, ranks and doses."""
    found = []
    for old, new in zip((*before.agents, *before.therapies), (*after.agents, *after.therapies), strict=True):
        if old.status is not new.status:
            gained, lost = new.status is Status.RECOMMENDED, old.status is Status.RECOMMENDED
            found.append(Moved("gained" if gained else "lost" if lost else "status", old, new))
        elif old.dose != new.dose and new.status in (Status.RECOMMENDED, Status.POSSIBLE):
            found.append(Moved("dose", old, new))
        elif old.rank != new.rank and new.status is Status.RECOMMENDED:
            found.append(Moved("rank", old, new))
    kinds = ("gained", "lost", "status", "dose", "rank")
    return sorted(found, key=lambda item: (kinds.index(item.kind), item.after.rank or 999))
