"""The statuses of all options for one patient, and what they would be with other facts: a proposal without words.

Exactly the statuses of `propose` (tests/treatments/test_changes.py), a hundred times as fast: of an option only what
reads a fact that moved is judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar

from rules.compile import YES, Batch, compile_batch
from rules.expr import fact_names
from rules.facts import Facts, Value
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal.altered import ALLERGIES, LIST_REVIEWED, MEDICINES, Altering, Set
from treatments.proposal.judging import setting_of, with_kidney
from treatments.proposal.model import Finding, Status
from treatments.proposal.options import causes_of, helping_agents, placed_agent, placed_therapy, standing_of_agent
from treatments.proposal.pairs import Substance, current_substances, interaction_table
from treatments.proposal.standing import Placed, Standing, ballots, kept_going, next_line, therapy_standing
from treatments.rulebook import Effect, Rule, Rulebook

T = TypeVar("T")
_LISTS = frozenset({MEDICINES, LIST_REVIEWED, *ALLERGIES})
_CAUSE = frozenset({"conditions", "condition_groups"})


class _Each(dict[str, T]):
    """What is worked out for a name when it is first asked for."""

    def __init__(self, make: Callable[[str], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> T:
        value = self[name] = self._make(name)
        return value


@lru_cache(maxsize=8)
def stop_rules(rulebook: Rulebook) -> tuple[tuple[Rule, ...], Batch]:
    """The rules that end all proposals while they hold, and their conditions compiled."""
    rules = tuple(r for r in rulebook.patient_rules.rules if r.effect is Effect.ALERT and r.urgency is not None)
    return rules, compile_batch([rule.when for rule in rules])


@lru_cache(maxsize=8)
def _stop_reads(rulebook: Rulebook) -> frozenset[str]:
    """The facts that the stop rules are read from."""
    rules, _ = stop_rules(rulebook)
    return _with_egfr(frozenset(name for rule in rules for name in fact_names(rule.when)))


def _with_egfr(reads: frozenset[str]) -> frozenset[str]:
    """Where the clearance is not known, eGFR stands in for it."""
    return reads | {"egfr"} if "crcl_ml_min" in reads else reads


@lru_cache(maxsize=8)
def _readers(rulebook: Rulebook, region: str | None) -> Mapping[str, frozenset[str]]:
    """The facts that each option's status is read from."""
    found = {}
    for name, ballot in ballots(rulebook, region).items():
        reads = ballot.reads | _CAUSE | {"prescriber_setting"}
        agent = rulebook.agent_by_id.get(name)
        if agent is not None and agent.dosing is not None and agent.dosing.requires:
            reads |= {*agent.dosing.requires, "dialysis"}
        found[name] = _with_egfr(reads)
    return found


@lru_cache(maxsize=512)
def _places(rulebook: Rulebook, conditions: frozenset[str], groups: frozenset[str]) -> Mapping[str, Placed]:
    """Where a cause puts each option; the same few causes come again and again."""

    def place(name: str) -> Placed:
        agent = rulebook.agent_by_id.get(name)
        if agent is None:
            return placed_therapy(rulebook.therapy_by_id[name], rulebook, conditions, groups)
        return placed_agent(agent, rulebook, conditions, groups)

    return _Each(place)


@lru_cache(maxsize=8)
def _looks(rulebook: Rulebook, region: str | None) -> Mapping[str, frozenset[str]]:
    """The facts that each option's status and what ends all proposals are read from."""
    stopping = _stop_reads(rulebook)
    return {name: reads | stopping for name, reads in _readers(rulebook, region).items()}


class Alone(NamedTuple):
    """One option by itself, and the facts with which it stands so."""

    own: Standing
    values: Facts


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
        # What is asked of one option only is worked out for one only.
        self._findings: _Each[tuple[Finding, ...]] = _Each(self._findings_of)
        self._shown: _Each[Facts] = _Each(self._shown_of)
        self._looks = _looks(rulebook, facts.region)
        self._known = frozenset(facts.values)
        self._looked_at: _Each[Facts] = _Each(self._looked_at_of)
        self._placed: _Each[Placed] = _Each(lambda name: self._place(name, facts.values))
        self._own: _Each[Standing] = _Each(lambda name: self._standing(name, self._looked_at[name], self._placed[name]))
        self._seen: dict[tuple[object, ...], Outlook] = {}
        self._others: dict[tuple[object, ...], Statuses] = {}

    @cached_property
    def altering(self) -> Altering:
        """The patient, with facts changed."""
        return Altering(self.facts, self.rulebook)

    @cached_property
    def own(self) -> Mapping[str, Standing]:
        """Every option by itself."""
        return {name: self._own[name] for name in self.ballots}

    @cached_property
    def stopped(self) -> bool:
        """Whether a red flag or an age ends all proposals now."""
        return self.stops(self.facts.values)

    @cached_property
    def final(self) -> Mapping[str, Status]:
        """Every option with the others and what stops in view."""
        return self.settled(self.own, self.facts.values, stopped=self.stopped)

    def shown(self, name: str) -> Facts:
        """The facts for judging an option: without its own medicine, where it is one."""
        return self._shown[name] if name in self.rulebook.agent_by_id else self.facts.values

    def findings(self, name: str) -> tuple[Finding, ...]:
        """The interactions of an option with what is taken now."""
        return self._findings[name] if name in self.rulebook.agent_by_id else ()

    def _shown_of(self, name: str) -> Facts:
        agent = self.rulebook.agent_by_id[name]
        return self.facts.without(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens)

    def _looked_at_of(self, name: str) -> Facts:
        """What is read of an option: a few dozen facts, over which others are laid again and again."""
        values, looks = self.facts.values, self._looks[name]
        found = {fact: values[fact] for fact in looks & self._known}
        for fact, value in self._apart(name).items():
            if value is None:
                found.pop(fact, None)
            elif fact in looks:
                found[fact] = value
        return found

    def _apart(self, name: str) -> Mapping[str, Value | None]:
        """The facts that are others for judging an option: without its own medicine, where it is one."""
        agent = self.rulebook.agent_by_id.get(name)
        if agent is None:
            return {}
        return self.facts.apart(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens)

    def _findings_of(self, name: str) -> tuple[Finding, ...]:
        return interaction_table(self.rulebook).with_agent(self._taken, self.rulebook.agent_by_id[name])

    @cached_property
    def _taken(self) -> tuple[Substance, ...]:
        return current_substances(self.facts, self.rulebook)

    def of_one(self, option: str, changes: Set, alone: Alone | None = None) -> Status:
        """The status that `after` gives one option; the others are judged only where they can matter to it.

        `alone` is what `self.alone` says of it, where that was asked already.
        """
        own, values = alone or self.alone(option, changes)
        status = self._without_others(option, own, values)
        if status is not None:
            return status
        return self.after(changes)[option] if changes else self.final[option]

    def _without_others(self, option: str, own: Standing, values: Facts) -> Status | None:
        """The status of an option that stands so by itself; None where it depends on the others.

        A second line waits for the first, and what is recommended for a medicine that gives good relief: see `settled`.
        """
        if self.stops(values):
            return Status.EXCLUDED
        if option in self.rulebook.agent_by_id:
            may_be_raised = own.status is Status.POSSIBLE and own.line == 2 and own.weight > 0
            if may_be_raised or (own.status is Status.RECOMMENDED and helping_agents(values)):
                return None
        return own.status

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

    def alone(self, option: str, changes: Set) -> Alone:
        """One option by itself with these facts changed; far cheaper than `after`."""
        if not changes:
            return Alone(self._own[option], self.facts.values)
        if not _LISTS.isdisjoint(changes):
            other = self._other(changes)
            return Alone(other._own[option], other.facts.values)
        values, names = self.altering.values(changes)
        if self.reads[option].isdisjoint(names):
            return Alone(self._own[option], values)
        return Alone(self.standing_after(option, values, names), values)

    def _other(self, changes: Set) -> Statuses:
        key = _key(changes)
        if key not in self._others:
            self._others[key] = Statuses(self.altering.patient(changes), self.rulebook)
        return self._others[key]

    def shown_after(self, name: str, values: Facts, names: frozenset[str]) -> Facts:
        """The facts for judging one option when these moved and its own medicine is still left out."""
        return _laid_over(self._shown[name], values, names) if name in self.rulebook.agent_by_id else values

    def looked_at_after(self, name: str, values: Facts, names: frozenset[str]) -> Facts:
        """Of `shown_after` the facts that the status of the option, and what ends all proposals, are read from."""
        return _laid_over(self._looked_at[name], values, names & self._looks[name])

    def standing_after(self, name: str, values: Facts, names: frozenset[str]) -> Standing:
        """One option by itself when these facts moved."""
        placed = self._placed[name] if names.isdisjoint(_CAUSE) else self._place(name, values)
        return self._standing(name, self.looked_at_after(name, values, names), placed)

    def _standing(self, name: str, shown: Facts, placed: Placed) -> Standing:
        known = with_kidney(shown, self.rulebook.meanings)
        setting = setting_of(shown)
        count = self.ballots[name].count(known, setting)
        agent = self.rulebook.agent_by_id.get(name)
        if agent is None:
            return therapy_standing(count, placed)
        return standing_of_agent(agent, self.rulebook, count, known, setting, self._findings[name], placed)

    def _place(self, name: str, values: Facts) -> Placed:
        return _places(self.rulebook, *causes_of(values))[name]

    def stops(self, values: Facts) -> bool:
        """Whether a red flag or an age ends all proposals."""
        _, batch = stop_rules(self.rulebook)
        read = {name: values[name] for name in _stop_reads(self.rulebook) if name in values}
        return YES in batch.codes(with_kidney(read, self.rulebook.meanings))

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


def _laid_over(before: Facts, values: Facts, names: frozenset[str]) -> Facts:
    after: dict[str, Value] = dict(before)
    for fact in names:
        if fact in values:
            after[fact] = values[fact]
        else:
            after.pop(fact, None)
    return after


def _key(changes: Set) -> tuple[object, ...]:
    return tuple((name, _hashable(value)) for name, value in sorted(changes.items()))


def _hashable(value: Json) -> object:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (type(value), value)
