"""Whether each concept (comorbidity, state, history, finding) is present, absent or unknown for one patient. Pure.

The order, which decides: (1) present when stated, when fresh data say so, or when a present concept implies it;
(2) absent or unknown as stated; (3) what the data say otherwise; (4) absent when the problem list was reviewed and
closes it; (5) unknown. Only presence spreads along `implies`, never absence; a concept that is unknown makes what it
implies unknown, unless that is stated or otherwise present.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rules.evaluate import evaluate
from rules.facts import Facts, Value
from rules.truth import Truth
from treatments.fact_content import ConceptRule, ConceptTable, Evidence, EvidenceBatch
from treatments.patient_facts import Conflict, Origin, Provenance


@dataclass(frozen=True, slots=True)
class Stated:
    """What the record states outright: concept id to the place where it says so, in three lists."""

    present: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    problem_list_reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """Present and absent concepts (the rest is unknown), how each was reached, and the contradictions met."""

    values: Mapping[str, bool]
    provenance: Mapping[str, Provenance]
    conflicts: tuple[Conflict, ...]


def decide(
    table: ConceptTable, stated: Stated, facts: Mapping[str, Value], too_old: Callable[[Evidence], bool]
) -> Decided:
    """Decide every concept. `facts` are the values known so far, `too_old` says that evidence may not be used."""
    labels = table.by_id
    present = _present(table, stated, facts, too_old, labels)
    conflicts = [_conflict(name, present[name], stated, labels) for name in stated.absent if name in present]
    doubted = {row.of: row for row in _holding(table.doubt, facts, too_old)}
    ruled_out = {row.of: row for row in _holding(table.absence, facts, too_old)}
    in_doubt = _spread((*stated.unknown, *doubted), labels) | stated.unknown.keys()
    values: dict[str, bool] = {}
    provenance: dict[str, Provenance] = {}
    # What a concept that waits for others is decided by: with those that were decided before it.
    so_far = dict(facts)
    for rule in table.rules:
        name = rule.id
        if name in present:
            values[name] = so_far[name] = True
            provenance[name] = present[name]
            continue
        if name in stated.absent:
            values[name] = so_far[name] = False
            provenance[name] = Provenance(Origin.STATED, stated.absent[name])
            continue
        if name in in_doubt or name in doubted:
            continue
        if any(evaluate(row.when, so_far) is Truth.YES for row in table.late_doubt.get(name, ()) if not too_old(row)):
            continue
        decisive = ruled_out.get(name) or next(
            (row for row in table.late_absence.get(name, ()) if evaluate(row.when, so_far) is Truth.YES), None
        )
        if decisive is not None:
            values[name] = so_far[name] = False
            provenance[name] = Provenance(Origin.COMPUTED, "", because=decisive.reads)
        elif stated.problem_list_reviewed and rule.closed_by_problem_list:
            values[name] = so_far[name] = False
            provenance[name] = Provenance(Origin.LIST_REVIEWED, "health.problem_list_reviewed")
    return Decided(values, provenance, tuple(conflicts))


def _holding(batch: EvidenceBatch, facts: Facts, too_old: Callable[[Evidence], bool]) -> Iterator[Evidence]:
    for row, truth in zip(batch.rows, batch.ask(facts), strict=True):
        if truth is Truth.YES and not too_old(row):
            yield row


def _present(
    table: ConceptTable,
    stated: Stated,
    facts: Facts,
    too_old: Callable[[Evidence], bool],
    labels: Mapping[str, ConceptRule],
) -> dict[str, Provenance]:
    found = {name: Provenance(Origin.STATED, path) for name, path in stated.present.items()}
    for row in _holding(table.presence, facts, too_old):
        found.setdefault(row.of, Provenance(Origin.COMPUTED, "", because=row.reads))
    for name in tuple(found):
        for implied in labels[name].implies:
            found.setdefault(implied, Provenance(Origin.IMPLIED, found[name].path, because=(name,)))
    return found


def _spread(names: Iterable[str], labels: Mapping[str, ConceptRule]) -> set[str]:
    """What these concepts imply: unknown as long as they are."""
    return {implied for name in names for implied in labels[name].implies}


def _conflict(name: str, found: Provenance, stated: Stated, labels: Mapping[str, ConceptRule]) -> Conflict:
    label = labels[name].label
    if found.origin is Origin.IMPLIED:
        reason = f"{labels[found.because[0]].label} is present and includes it"
    else:
        reason = f"the data say otherwise ({', '.join(found.because)})"
    paths = tuple(path for path in (stated.absent[name], found.path) if path)
    return Conflict(name, f"{label}: stated to be absent, but {reason}; it counts as present.", paths)
