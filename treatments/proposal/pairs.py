"""Two medicines together: interactions with the current list and with a proposed agent, duplicates, combinations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from rules.facts import FactSet
from rules.truth import Truth
from treatments.patient_facts import PatientFacts
from treatments.proposal.judging import judge
from treatments.proposal.model import CombinationResult, Duplicate, Finding, OptionResult, Reason, Status
from treatments.rulebook import Agent, Combination, Interaction, Rulebook, Side

# How many pairs of substances a table remembers: every agent with some hundred medicines.
_MOST_PAIRS = 8192


@dataclass(frozen=True, slots=True)
class Substance:
    """A medicine as interactions see it: its name, its classes and the agents it is a form of."""

    name: str
    classes: frozenset[str]
    agents: frozenset[str]
    topical: bool = False


def current_substances(facts: PatientFacts, rulebook: Rulebook) -> tuple[Substance, ...]:
    """The recognised substances that are taken now, each once, in the order of their names.

    The order of the list says nothing. A substance used on the skin and taken by mouth as well is not a topical one.
    """
    found: dict[str, Substance] = {}
    for medicine in facts.medicines:
        if not medicine.current:
            continue
        for part in medicine.ingredients:
            agents = frozenset(agent.id for agent in rulebook.agents if part.name in agent.drug_names)
            before = found.get(part.name)
            topical = medicine.topical and (before is None or before.topical)
            classes = part.classes | (before.classes if before else frozenset())
            found[part.name] = Substance(part.name, classes, agents, topical)
    return tuple(found[name] for name in sorted(found))


def agent_substance(agent: Agent) -> Substance:
    """A proposed agent as interactions see it."""
    name = agent.drug_names[0] if agent.drug_names else agent.id.replace("_", " ")
    return Substance(name, frozenset(agent.classes), frozenset({agent.id}))


def _is(side: Side, substance: Substance) -> bool:
    if side.kind == "class":
        return side.id in substance.classes
    return side.id in substance.agents or side.id == substance.name


def _meet(row: Interaction, one: Substance, other: Substance) -> bool:
    return (_is(row.a, one) and _is(row.b, other)) or (_is(row.b, one) and _is(row.a, other))


def _finding(row: Interaction, one: Substance, other: Substance) -> Finding:
    text = f"{row.effect} ({row.mechanism})" if row.mechanism else row.effect
    return Finding(row.id, one.name, other.name, row.severity, text[:2000], row.management, row.sources)


class InteractionTable:
    """The interactions of a rulebook, found by the classes and names that a substance carries."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._order = {name: place for place, name in enumerate(rulebook.meanings.severity_order)}
        self._by_key: dict[str, list[Interaction]] = {}
        # Both substances say all that a finding is made of.
        self._between = lru_cache(maxsize=_MOST_PAIRS)(self._found_between)
        self._proposed = {agent.id: agent_substance(agent) for agent in rulebook.agents}
        for row in rulebook.interactions:
            for side in (row.a, row.b):
                self._by_key.setdefault(side.id, []).append(row)

    def between(self, one: Substance, other: Substance) -> tuple[Finding, ...]:
        """The interactions of two different substances, the gravest first."""
        return self._between(one, other)

    def _found_between(self, one: Substance, other: Substance) -> tuple[Finding, ...]:
        if one.name == other.name or one.agents & other.agents:
            return ()
        if (one.topical and not other.topical) or (other.topical and not one.topical):
            rows = self._rows(one.agents | other.agents)
        else:
            rows = self._rows(one.classes | one.agents | {one.name})
        found = [_finding(row, one, other) for row in rows if _meet(row, one, other)]
        return tuple(sorted(found, key=lambda finding: (self._order.get(finding.severity, 9), finding.id)))

    def _rows(self, keys: Iterable[str]) -> list[Interaction]:
        rows = {row.id: row for key in sorted(keys) for row in self._by_key.get(key, ())}
        return list(rows.values())

    def among(self, substances: Iterable[Substance]) -> tuple[Finding, ...]:
        """All interactions within a list."""
        found = [finding for one, other in combinations(substances, 2) for finding in self.between(one, other)]
        return tuple(sorted(found, key=lambda item: (self._order.get(item.severity, 9), item.a, item.b, item.id)))

    def with_agent(self, substances: Iterable[Substance], agent: Agent) -> tuple[Finding, ...]:
        """The interactions of a proposed agent with what is taken, the gravest first."""
        proposed = self._proposed[agent.id]
        found = [finding for taken in substances for finding in self.between(taken, proposed)]
        return tuple(sorted(found, key=lambda item: (self._order.get(item.severity, 9), item.a, item.id)))


@lru_cache(maxsize=4)
def interaction_table(rulebook: Rulebook) -> InteractionTable:
    """The table of a release, made once."""
    return InteractionTable(rulebook)


def duplicates(substances: Iterable[Substance], classes: Iterable[str]) -> tuple[Duplicate, ...]:
    """Classes of which two different substances are taken."""
    taken = tuple(substances)
    found = ((name, tuple(sorted(s.name for s in taken if name in s.classes))) for name in classes)
    return tuple(Duplicate(name, names) for name, names in found if len(names) > 1)


def combination_results(
    rulebook: Rulebook, facts: PatientFacts, agents: Mapping[str, OptionResult]
) -> Iterator[CombinationResult]:
    """Every combination that concerns this patient's condition, and whether it is advised now."""
    for item in rulebook.combinations:
        applies = _applies(item, facts)
        if applies is Truth.NO:
            continue
        reasons = [_reason(item, "recommend", f"{item.use_when} {item.dose_considerations}".strip(), applies)]
        advised = applies is Truth.YES and item.status.startswith("recommended")
        if item.block is not None:
            judged = judge(rulebook.block_groups[item.id], facts.values, facts.values)
            (verdict,) = judged.verdicts
            if verdict.truth is not Truth.NO:
                reasons.append(judged.reason(verdict))
                advised = False
        usable = [_members(rulebook, component) for component in item.components]
        open_sides = [any(_usable(agents.get(name)) for name in names) for names in usable]
        if not all(open_sides):
            advised = False
        if item.status == "recommended_after_partial_response" and not _partial(usable, facts):
            advised = False
        yield CombinationResult(item.id, item.components, item.status, advised, tuple(reasons), item.sources)


def _reason(item: Combination, effect: str, text: str, truth: Truth) -> Reason:
    return Reason(f"{item.id}", effect, text[:1000] or item.status, truth, {}, item.sources)


def _applies(item: Combination, facts: PatientFacts) -> Truth:
    if not item.conditions:
        return Truth.YES
    conditions = facts.get("conditions")
    groups = facts.get("condition_groups")
    answers = [
        known.contains(name) for name in item.conditions for known in (conditions, groups) if isinstance(known, FactSet)
    ]
    if Truth.YES in answers:
        return Truth.YES
    return Truth.UNKNOWN if not answers or Truth.UNKNOWN in answers else Truth.NO


def _members(rulebook: Rulebook, component: str) -> frozenset[str]:
    return rulebook.class_members.get(component) or frozenset({component})


def _usable(result: OptionResult | None) -> bool:
    if result is None:
        return False
    return result.currently_taken or result.status in (Status.RECOMMENDED, Status.POSSIBLE)


def _partial(sides: list[frozenset[str]], facts: PatientFacts) -> bool:
    partial = facts.get("partial_response_agents")
    helped = partial.members if isinstance(partial, FactSet) else frozenset()
    return any(side & helped for side in sides)
