"""The statuses of all options for one patient, and what they would be with other facts: a proposal without words.

Exactly the statuses of `propose` (tests/treatments/test_changes.py), a hundred times as fast: of an option only what
reads a fact that moved is judged again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from rules.compile import YES, Batch, compile_batch
from rules.facts import Facts, Value
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal.altered import ALLERGIES, LIST_REVIEWED, MEDICINES, Altering, Set
from treatments.proposal.judging import setting_of, with_kidney
from treatments.proposal.model import Finding, Status
from treatments.proposal.options import helping_agents, placed_agent, placed_therapy, standing_of_agent
from treatments.proposal.pairs import current_substances, interaction_table
from treatments.proposal.standing import Placed, Standing, ballots, kept_going, next_line, therapy_standing
from treatments.rulebook import Effect, Rule, Rulebook

_LISTS = frozenset({MEDICINES, LIST_REVIEWED, *ALLERGIES})
_CAUSE = frozenset({"conditions", "condition_groups"})


@lru_cache(maxsize=8)
def stop_rules(rulebook: Rulebook) -> tuple[tuple[Rule, ...], Batch]:
    """The rules that end all proposals while they hold, and their conditions compiled."""
    rules = tuple(r for r in rulebook.patient_rules.rules if r.effect is Effect.ALERT and r.urgency is not None)
    return rules, compile_batch([rule.when for rule in rules])


@lru_cache(maxsize=8)
def _readers(rulebook: Rulebook, region: str | None) -> Mapping[str, frozenset[str]]:
    """The facts that each option's status is read from."""
    found = {}
    for name, ballot in ballots(rulebook, region).items():
        reads = ballot.reads | _CAUSE | {"prescriber_setting"}
        agent = rulebook.agent_by_id.get(name)
        if agent is not None and agent.dosing is not None and agent.dosing.requires:
            reads |= {*agent.dosing.requires, "dialysis"}
        found[name] = reads | {"egfr"} if "crcl_ml_min" in reads else reads
    return found


class Outlook(NamedTuple):
    """Every option by itself, and with the others and what stops in view."""

    own: Mapping[str, Standing]
    final: Mapping[str, Status]


class Statuses:
    """Where every option stands for one patient: `own` by itself, `final` with the others and what stops in view."""

    def __init__(self, facts: PatientFacts, rulebook: Rulebook) -> None:
        self.facts, self.rulebook = facts, rulebook
        self.ballots = ballots(rulebook, facts.region)
        self.reads = _readers(rulebook, facts.region)
        self.altering = Altering(facts, rulebook)
        taken = current_substances(facts, rulebook)
        table = interaction_table(rulebook)
        self.findings: dict[str, tuple[Finding, ...]] = {a.id: table.with_agent(taken, a) for a in rulebook.agents}
        self.shown: dict[str, Facts] = {
            a.id: facts.without(a.drug_names, agent=a.id, classes=a.classes, allergens=a.allergens)
            for a in rulebook.agents
        }
        self.placed = {name: self._place(name, facts.values) for name in self.ballots}
        self.own = {
            name: self._standing(name, self.shown.get(name, facts.values), placed)
            for name, placed in self.placed.items()
        }
        self.stopped = self.stops(facts.values)
        self.final = self.settled(self.own, facts.values, stopped=self.stopped)
        self._seen: dict[tuple[object, ...], Outlook] = {}
        self._others: dict[tuple[object, ...], Statuses] = {}

    def after(self, changes: Set) -> Mapping[str, Status]:
        """The statuses with these facts changed; the changes must have no misfits."""
        return self.outlook(changes).final

    def outlook(self, changes: Set) -> Outlook:
        """All options with these facts changed."""
        key = _key(changes)
        if key not in self._seen:
            self._seen[key] = self._outlook(changes)
        return self._seen[key]

    def _outlook(self, changes: Set) -> Outlook:
        if not _LISTS.isdisjoint(changes):
            other = self._other(changes)
            return Outlook(other.own, other.final)
        values, names = self.altering.values(changes)
        if not names:
            return Outlook(self.own, self.final)
        own = {
            name: held if reads.isdisjoint(names) else self.standing_after(name, values, names)
            for (name, held), reads in zip(self.own.items(), self.reads.values(), strict=True)
        }
        return Outlook(own, self.settled(own, values, stopped=self.stops(values)))

    def alone(self, option: str, changes: Set) -> Status:
        """The status of one option by itself with these facts changed; far cheaper than `after`."""
        if not _LISTS.isdisjoint(changes):
            return self._other(changes).own[option].status
        values, names = self.altering.values(changes)
        if self.reads[option].isdisjoint(names):
            return self.own[option].status
        return self.standing_after(option, values, names).status

    def _other(self, changes: Set) -> Statuses:
        key = _key(changes)
        if key not in self._others:
            self._others[key] = Statuses(self.altering.patient(changes), self.rulebook)
        return self._others[key]

    def shown_after(self, name: str, values: Facts, names: frozenset[str]) -> Facts:
        """The facts for judging one option when these moved and its own medicine is still left out."""
        held = self.shown.get(name)
        if held is None:
            return values
        after: dict[str, Value] = dict(held)
        for fact in names:
            if fact in values:
                after[fact] = values[fact]
            else:
                after.pop(fact, None)
        return after

    def standing_after(self, name: str, values: Facts, names: frozenset[str]) -> Standing:
        """One option by itself when these facts moved."""
        placed = self.placed[name] if names.isdisjoint(_CAUSE) else self._place(name, values)
        return self._standing(name, self.shown_after(name, values, names), placed)

    def _standing(self, name: str, shown: Facts, placed: Placed) -> Standing:
        known = with_kidney(shown, self.rulebook.meanings)
        setting = setting_of(shown)
        count = self.ballots[name].count(known, setting)
        agent = self.rulebook.agent_by_id.get(name)
        if agent is None:
            return therapy_standing(count, placed)
        return standing_of_agent(agent, self.rulebook, count, known, setting, self.findings[name], placed)

    def _place(self, name: str, values: Facts) -> Placed:
        agent = self.rulebook.agent_by_id.get(name)
        if agent is None:
            return placed_therapy(self.rulebook.therapy_by_id[name], self.rulebook, values)
        return placed_agent(agent, self.rulebook, values)

    def stops(self, values: Facts) -> bool:
        """Whether a red flag or an age ends all proposals."""
        _, batch = stop_rules(self.rulebook)
        return YES in batch.codes(with_kidney(values, self.rulebook.meanings))

    def settled(self, own: Mapping[str, Standing], values: Facts, *, stopped: bool) -> dict[str, Status]:
        """The statuses once the options are looked at together, in the order of `propose`."""
        if stopped:
            return dict.fromkeys(own, Status.EXCLUDED)
        final = {name: one.status for name, one in own.items()}
        agents = {name: own[name] for name in self.rulebook.agent_by_id}
        for name in next_line(agents):
            final[name] = Status.RECOMMENDED
        kept = kept_going((n for n in agents if final[n] is Status.RECOMMENDED), helping_agents(values))
        if kept:
            for name in agents:
                if final[name] is Status.RECOMMENDED and name not in kept:
                    final[name] = Status.POSSIBLE
        return final


def _key(changes: Set) -> tuple[object, ...]:
    return tuple((name, _hashable(value)) for name, value in sorted(changes.items()))


def _hashable(value: Json) -> object:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (type(value), value)
