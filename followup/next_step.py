"""What to do after a follow-up contact: the answers so far and the decision table to advice. Pure.

Three values throughout. A row whose condition is unknown is never shown; in a group where the first match counts, the
search stops at it, because nobody can tell whether it or a later row is the answer. What *may* hold hides as surely
as what does: an unanswered suicide question hides a rise of the dose like an alarming one. Every variable that could
still change the advice is named in `missing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from followup.decision_table import Row, Table
from rules.evaluate import evaluate
from rules.expr import Between, Compare, walk
from rules.facts import Facts, Value
from rules.truth import Truth
from rules.vocabulary import Fact, FactType


@dataclass(frozen=True, slots=True)
class Advice:
    """One row that is shown, with the alternatives that nothing hides."""

    row: Row
    alternatives: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form of the contract."""
        row = self.row
        result: dict[str, Any] = {
            "id": row.id,
            "action": row.action,
            "group": row.group,
            "text": row.text,
            "next_review_days": list(row.next_review_days),
            "sources": [row.source],
        }
        return result | ({"alternatives": list(self.alternatives)} if self.alternatives else {})


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is advised now, and the variables (as a case names them) that could still change it."""

    advice: tuple[Advice, ...]
    missing: tuple[str, ...]


def next_step(case: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """The answer of the contract for a valid case `{as_of, treatment, variables}`."""
    step = decide(case["treatment"], case["variables"], table)
    return {
        "as_of": case["as_of"],
        "actions": [advice.as_json() for advice in step.advice],
        "missing": list(step.missing),
    }


def decide(treatment: Mapping[str, Any], variables: Facts, table: Table) -> NextStep:
    """Judge one treatment (`kind` and `agent` or `therapy`) by the variables that are known; the others are unknown."""
    question = _Question(treatment, table)
    facts = question.with_differences(variables)
    return NextStep(question.advice(facts), question.missing(facts, variables))


class _Question:
    """The part of the table that applies to one treatment."""

    def __init__(self, treatment: Mapping[str, Any], table: Table) -> None:
        self.table = table
        classes = table.classes_of_agent.get(treatment.get("agent", ""), frozenset())
        # SAFETY: an opioid gets the opioid rows, however the treatment was labelled.
        kind = "opioid" if treatment["kind"] == "drug" and classes & table.opioid_classes else treatment["kind"]
        self.groups = tuple((group, _rows(table, group)) for group in table.groups_for[kind])
        self.suppressions = tuple(
            rule for rule in table.suppressions if not rule.only_for_classes or rule.only_for_classes & classes
        )
        self.values = {fact.name: representatives(fact, table) for fact in table.vocabulary}

    def with_differences(self, variables: Facts) -> dict[str, Value]:
        facts = dict(variables)
        for name, (left, right) in self.table.differences.items():
            minuend, subtrahend = variables.get(left), variables.get(right)
            if isinstance(minuend, int | float) and isinstance(subtrahend, int | float):
                facts[name] = minuend - subtrahend
        return facts

    # --- what is shown ------------------------------------------------------------------------------------------------

    def advice(self, facts: Facts) -> tuple[Advice, ...]:
        """The rows that are shown, in the order of the groups and of the table."""
        truths = {row.id: evaluate(row.when, facts) for _, rows in self.groups for row in rows}
        hidden = self._hidden(truths)
        shown: list[Advice] = []
        for group, rows in self.groups:
            if group in hidden.groups:
                continue
            banned = hidden.actions | self._waiting_for_data(group, facts)
            shown.extend(
                Advice(row, tuple(name for name in row.alternatives if name not in banned))
                for row in self._matches(group, rows, truths)
                if row.action not in banned
            )
        return tuple(shown)

    def _matches(self, group: str, rows: tuple[Row, ...], truths: Mapping[str, Truth]) -> list[Row]:
        if group not in self.table.first_match_groups:
            return [row for row in rows if truths[row.id] is Truth.YES]
        first = next((row for row in rows if truths[row.id] is not Truth.NO), None)
        return [first] if first and truths[first.id] is Truth.YES else []

    def _hidden(self, truths: Mapping[str, Truth], sure: bool = False) -> _Hidden:
        """What is hidden: by rows that may hold, or with `sure` only by rows that do."""
        groups: set[str] = set()
        actions: set[str] = set()
        for rule in self.suppressions:
            states = {truths.get(row_id, Truth.NO) for row_id in rule.if_rows}
            if Truth.YES in states or (Truth.UNKNOWN in states and not sure):
                groups |= rule.hide_groups
                actions |= rule.hide_actions
        return _Hidden(frozenset(groups), frozenset(actions))

    def _waiting_for_data(self, group: str, facts: Facts) -> frozenset[str]:
        rule = self.table.needs_data
        waits = group in rule.groups and any(name not in facts for name in rule.variables)
        return rule.actions if waits else frozenset()

    # --- what is missing ----------------------------------------------------------------------------------------------

    def missing(self, facts: Facts, variables: Facts) -> tuple[str, ...]:
        """The unknown variables for which some answer, with some answers to the other questions, changes the advice."""
        needed: set[str] = set()
        for name in self._open(facts):
            if self._matters(name, facts):
                parts = self.table.differences.get(name, (name,))
                needed.update(part for part in parts if part not in variables)
        return tuple(name for name in self.table.inputs if name in needed)

    def _matters(self, name: str, facts: Facts) -> bool:
        """Whether `name` changes the advice now, or would after some answers to other open questions.

        The search goes only where `name` is still open, so it ends quickly: a row that surely holds closes the rest.
        """
        others = self._open(facts)
        if name not in others:
            return False
        now = self._shown(facts)
        if any(self._shown({**facts, name: value}) != now for value in self.values[name]):
            return True
        other = next((other for other in others if other != name and other in self._company(name)), None)
        return other is not None and any(self._matters(name, {**facts, other: value}) for value in self.values[other])

    def _company(self, name: str) -> frozenset[str]:
        """The facts that can decide whether `name` counts: those read beside it, and by the rows that hide others."""
        every = [row for _, rows in self.groups for row in rows]
        hiding = {row_id for rule in self.suppressions for row_id in rule.if_rows}
        own = [row for row in every if name in row.reads]
        if any(row.id in hiding or row.group in self.table.first_match_groups for row in own):
            own += [row for row in every if row.group in self.table.first_match_groups]
        return frozenset(fact for row in every if row in own or row.id in hiding for fact in row.reads)

    def _shown(self, facts: Facts) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((advice.row.id, advice.alternatives) for advice in self.advice(facts))

    def _open(self, facts: Facts) -> tuple[str, ...]:
        """The unknown facts of rows that could still be shown, in the order in which the table asks for them."""
        truths = {row.id: evaluate(row.when, facts) for _, rows in self.groups for row in rows}
        hidden = self._hidden(truths, sure=True)
        found: dict[str, None] = {}
        for group, rows in self.groups:
            if group in hidden.groups:
                continue
            reachable = list(self._reachable(group, rows, truths))
            for row in reachable:
                if truths[row.id] is Truth.UNKNOWN:
                    found.update(dict.fromkeys(name for name in row.reads if name not in facts))
            rule = self.table.needs_data
            if group in rule.groups and any(row.action in rule.actions for row in reachable):
                found.update(dict.fromkeys(name for name in rule.variables if name not in facts))
        return tuple(found)

    def _reachable(self, group: str, rows: tuple[Row, ...], truths: Mapping[str, Truth]) -> Iterator[Row]:
        """The rows that hold or may hold; where the first match counts, none after one that holds."""
        for row in rows:
            if truths[row.id] is not Truth.NO:
                yield row
            if truths[row.id] is Truth.YES and group in self.table.first_match_groups:
                return


@dataclass(frozen=True, slots=True)
class _Hidden:
    groups: frozenset[str]
    actions: frozenset[str]


def _rows(table: Table, group: str) -> tuple[Row, ...]:
    return tuple(row for row in table.rows if row.group == group)


def representatives(fact: Fact, table: Table) -> tuple[Value, ...]:
    """One value of every stretch that the table tells apart: between two thresholds, on each, below and above all."""
    if fact.type is FactType.BOOL:
        return (True, False)
    if fact.type is FactType.ENUM:
        return tuple(fact.values)
    numbers = sorted(set(_thresholds(fact.name, table)) | {end for end in (fact.low, fact.high) if end is not None})
    values: set[float] = set(numbers) | {(low + high) / 2 for low, high in pairwise(numbers)}
    if fact.type is FactType.INT:
        values = {int(number + step) for number in values for step in (-1, 0, 1)}
    return tuple(sorted(value for value in values if fact.is_plausible(value)))


def _thresholds(name: str, table: Table) -> Iterator[float]:
    for row in table.rows:
        for node in walk(row.when):
            if isinstance(node, Compare) and node.fact == name and not isinstance(node.value, str):
                yield node.value
            elif isinstance(node, Between) and node.fact == name:
                yield from (node.low, node.high)
