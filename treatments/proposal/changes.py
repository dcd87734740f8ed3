"""What would change the status of an option: the smallest sets of facts, each verified by judging again. Pure.

Only finitely many situations of a fact matter to an option: yes or no, each word, each limit that its rules compare a
number with and the nearest value on either side of it, in a set or not. The space that is searched for an option is
every such situation of the facts that its rules on the status read (with those that a stop, its dose or its setting
depend on), of the two lists that can be gone through, and of each current medicine: taken or stopped. Left out is what
the content says nobody can change (rules/changes.yaml) and forgetting what is known.

All single changes are tried. Those that give a better status (excluded, needs data, possible, recommended) are the
smallest; while there is none, pairs are tried that follow what stands in the way: every pair whose first change takes
away the first obstacle, and whose second the one that is left. An option that needs data also gets the answers to
what it waits for that would exclude it. Of several values of one fact with the same result the nearest to now stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from rules.compile import NO, UNKNOWN, YES
from rules.expr import Between, Compare, Constant, Known, fact_names, walk
from rules.facts import Facts, FactSet, Value
from rules.vocabulary import Fact, FactType
from rules.ways import words_of
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal.altered import ALLERGIES, LIST_REVIEWED, MEDICINES, PROBLEMS_REVIEWED
from treatments.proposal.judging import setting_of, with_kidney
from treatments.proposal.model import Change, OptionResult, Proposal, Status
from treatments.proposal.options import helping_agents, is_barred, required_facts
from treatments.proposal.standing import Ballot, ballots
from treatments.proposal.statuses import Statuses, stop_rules
from treatments.rulebook import Effect, Rulebook

BEST = (Status.EXCLUDED, Status.NEEDS_DATA, Status.POSSIBLE, Status.RECOMMENDED)
_PLACE = {status: place for place, status in enumerate(BEST)}
_LIST_FACTS = frozenset({MEDICINES, "medication_classes"})
# Where a fact that never changes alone gets its value from.
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "pregnancy": ("pregnancy_status",),
    "breastfeeding": ("pregnancy_status",),
    "pdn": ("conditions",),
    "radiculopathy": ("conditions",),
    "condition_groups": ("conditions",),
    "dialysis_type": ("dialysis",),
}
_SECOND_LINE = 2
_WIDE = 20  # a range this wide is measured in whole numbers


@dataclass(frozen=True, slots=True)
class Step:
    """One fact stated otherwise, and the facts that this moves."""

    fact: str
    value: Json
    moves: frozenset[str]


class Edge(NamedTuple):
    """An end of a range of numbers; `inside` says that the number itself belongs to it."""

    value: float
    inside: bool


_Found: TypeAlias = tuple[tuple[Step, ...], Status]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the rules of an option ask of each fact: limits of numbers, words of sets, in the order of the content."""

    limits: Mapping[str, tuple[float, ...]]
    words: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]


@lru_cache(maxsize=8)
def _asked(rulebook: Rulebook, region: str | None) -> Mapping[str, _Asked]:
    return {name: _asked_of(ballot) for name, ballot in ballots(rulebook, region).items()}


def limits_of(fact: str, rulebook: Rulebook, region: str | None) -> tuple[float, ...]:
    """The limits that the rules of any option compare a number with."""
    return tuple(sorted({n for asked in _asked(rulebook, region).values() for n in asked.limits.get(fact, ())}))


def _asked_of(ballot: Ballot) -> _Asked:
    limits: dict[str, set[float]] = {}
    words: dict[str, dict[str, None]] = {}
    names = dict.fromkeys(name for expr in ballot.exprs for name in fact_names(expr))
    for expr in ballot.exprs:
        for node in walk(expr):
            match node:
                case Compare(value=int() | float() as limit):
                    limits.setdefault(node.fact, set()).add(limit)
                case Between():
                    limits.setdefault(node.fact, set()).update((node.low, node.high))
                case Constant() | Known():
                    pass
                case _:
                    if found := words_of(node):
                        words.setdefault(node.fact, {}).update(dict.fromkeys(found))  # type: ignore[union-attr]
    return _Asked(
        {n: tuple(sorted(v)) for n, v in limits.items()}, {n: tuple(v) for n, v in words.items()}, tuple(names)
    )


class ChangeSearch:
    """Finds what would change the options of one patient."""

    def __init__(self, facts: PatientFacts, rulebook: Rulebook) -> None:
        self.facts, self.rulebook = facts, rulebook
        self.statuses = Statuses(facts, rulebook)
        self._content = rulebook.changing
        self._asked = _asked(rulebook, facts.region)
        self._steps: dict[tuple[str, tuple[float, ...], tuple[str, ...]], list[Step]] = {}

    # -- the search

    def of(self, option: str) -> tuple[Change, ...]:
        """The smallest changes of one option, the best result first; none for one that is recommended."""
        now = self.statuses.final[option]
        if now is Status.RECOMMENDED:
            return ()
        steps = self.steps(option)
        first = self._obstacle(option, self.facts.values)
        unknown = self._waits_for(option) if now is Status.NEEDS_DATA else frozenset()
        # SAFETY: a step that is left out cannot help: an obstacle of its own or another option would stay in the way
        # (a test tries them all).
        others = self._blocked_by(option)
        found: list[_Found] = [
            ((step,), becomes)
            for step in steps
            if (becomes := self._after(option, step, first, others)) is not None and _PLACE[becomes] > _PLACE[now]
        ] or list(self._pairs(option, steps, first, now))
        found.extend(
            ((step,), Status.EXCLUDED)
            for step in steps
            if step.fact in unknown and self._after(option, step, step.moves, ()) is Status.EXCLUDED
        )
        return tuple(_nearest(found))

    def span(self, option: str, change: Change) -> tuple[Edge | None, Edge | None]:
        """Between which edges a changed number gives that status; None: no edge on that side.

        Every range that the rules can tell apart is tried, so that no edge of a range is taken for the range.
        """
        ((name, value),) = change.set.items()
        held = self.facts.get(name)
        now = held if isinstance(held, int | float) else None
        assert isinstance(value, int | float)
        limits = limits_of(name, self.rulebook, self.facts.region)
        found = numbers(self.rulebook.vocabulary[name], limits, now)
        tried = sorted({value, *(n for n in (*found, now) if isinstance(n, int | float))})

        def gives(number: float) -> bool:
            # What holds now gives another status, or this would be no change.
            return number == value or (number != now and self.statuses.of_one(option, {name: number}) is change.becomes)

        first = last = tried.index(value)
        while first > 0 and gives(tried[first - 1]):
            first -= 1
        while last < len(tried) - 1 and gives(tried[last + 1]):
            last += 1
        lower = upper = None
        if first:
            below, at = tried[first - 1], tried[first]
            lower = Edge(below, inside=False) if below in limits and at not in limits else Edge(at, inside=True)
        if last < len(tried) - 1:
            at, above = tried[last], tried[last + 1]
            upper = Edge(at, inside=True) if at in limits and above not in limits else Edge(above, inside=False)
        return lower, upper

    def _after(self, option: str, step: Step, obstacle: frozenset[str], others: Sequence[str] | None) -> Status | None:
        """The status after a step; None where it surely moves neither the obstacle nor every option in the way."""
        statuses, changes = self.statuses, {step.fact: step.value}
        if others and all(not step.moves.isdisjoint(statuses.reads[name]) for name in others):
            return statuses.of_one(option, changes)
        if step.moves.isdisjoint(obstacle):
            return None
        alone = statuses.alone(option, changes)
        if not statuses.stopped and alone.own.status is statuses.own[option].status:
            return statuses.final[option]
        return statuses.of_one(option, changes, alone)

    def _blocked_by(self, option: str) -> tuple[str, ...]:
        """The other options that keep this one from being recommended as they are; all of them would have to move.

        A second line waits until no first line is recommended or needs data; whatever is recommended is held back
        while a medicine gives good relief.
        """
        statuses = self.statuses
        if statuses.stopped or option not in self.rulebook.agent_by_id:
            return ()
        own, final = statuses.own, statuses.final
        agents = [name for name in self.rulebook.agent_by_id if name != option]
        if own[option].status is Status.RECOMMENDED:
            helping = helping_agents(self.facts.values)
            return tuple(name for name in agents if name in helping and final[name] is Status.RECOMMENDED)
        rows = statuses.ballots[option].rows
        if not any(row.rule.effect is Effect.RECOMMEND and row.rule.line == _SECOND_LINE for row in rows):
            return ()
        return tuple(
            name
            for name in agents
            if own[name].status is Status.RECOMMENDED or (own[name].status is Status.NEEDS_DATA and own[name].line == 1)
        )

    def _pairs(self, option: str, steps: Sequence[Step], first: frozenset[str], now: Status) -> Iterator[_Found]:
        """Pairs that follow the obstacles and give a better status, each once."""
        seen: set[frozenset[tuple[str, str]]] = set()
        own = self.statuses.own[option].status
        for one in steps:
            if one.moves.isdisjoint(first) or one.fact == MEDICINES:
                continue
            after, names = self.statuses.altering.values({one.fact: one.value})
            left = self._obstacle(option, after, names)
            for other in steps:
                if other.fact == one.fact or other.moves.isdisjoint(left):
                    continue
                key = frozenset({(one.fact, repr(one.value)), (other.fact, repr(other.value))})
                if key in seen:
                    continue
                seen.add(key)
                both = {one.fact: one.value, other.fact: other.value}
                # A pair is worth a look at the other options only where it moves this one by itself.
                alone = self.statuses.alone(option, both)
                if _PLACE[alone.own.status] <= _PLACE[own] and not self.statuses.stopped:
                    continue
                becomes = self.statuses.of_one(option, both, alone)
                if _PLACE[becomes] > _PLACE[now]:
                    yield tuple(sorted((one, other), key=lambda step: step.fact)), becomes

    # -- what stands in the way

    def _obstacle(self, option: str, values: Facts, names: frozenset[str] = frozenset()) -> frozenset[str]:
        """The facts of the first thing that keeps an option from a better status: while none of them moves, it does."""
        found = self._first_obstacle(option, self.statuses.looked_at_after(option, values, names))
        return found | {"egfr"} if "crcl_ml_min" in found and "crcl_ml_min" not in values else found

    def _first_obstacle(self, option: str, shown: Facts) -> frozenset[str]:
        statuses = self.statuses
        known = with_kidney(shown, self.rulebook.meanings)
        rules, batch = stop_rules(self.rulebook)
        for rule, code in zip(rules, batch.codes(known), strict=True):
            if code == YES:
                return frozenset(fact_names(rule.when))
        ballot = statuses.ballots[option]
        codes = ballot.codes(known)
        agent = self.rulebook.agent_by_id.get(option)
        if agent is not None and is_barred(agent, setting_of(shown)):
            return frozenset({"prescriber_setting"})
        meaning = self.rulebook.meanings.severities
        severe = [meaning.get(finding.severity) for finding in statuses.findings(option)]
        if "exclude" in severe:
            return frozenset({MEDICINES})
        against = [row for row in ballot.rows if row.rule.effect is Effect.CONTRAINDICATE]
        for row in against:
            if codes[row.condition] == YES:
                return frozenset(fact_names(row.rule.when))
        for row in against:
            if codes[row.condition] == UNKNOWN and (row.gate is None or codes[row.gate] != NO):
                gate = row.rule.hard_unknown_when
                return frozenset((*fact_names(row.rule.when), *(fact_names(gate) if gate else ())))
        if agent is not None and (waits := required_facts(agent, known)):
            return frozenset({waits[0], "dialysis"})
        if "demote" in severe:
            return frozenset({MEDICINES})
        return self._demotion(ballot, codes, setting_of(shown))

    def _demotion(self, ballot: Ballot, codes: Sequence[int], setting: str) -> frozenset[str]:
        """The facts of what keeps a possible option from being recommended."""
        holding = [row for row in ballot.rows if codes[row.condition] == YES and ballot.counts_in(row, setting)]
        for row in holding:
            if row.degree == "demote":
                return frozenset(fact_names(row.rule.when)) | {"prescriber_setting"}
        for row in ballot.rows:
            if row.rule.effect is Effect.REQUIRE and codes[row.condition] != YES:
                return frozenset(fact_names(row.rule.when))
        degrees = [row.degree for row in holding]
        if degrees.count("weigh") > degrees.count("prefer"):
            rows = [row for row in ballot.rows if row.degree in ("weigh", "prefer")]
        else:
            rows = [row for row in ballot.rows if row.rule.effect is Effect.RECOMMEND]
        return frozenset(name for row in rows for name in fact_names(row.rule.when)) | {
            "conditions",
            "condition_groups",
        }

    def _waits_for(self, option: str) -> frozenset[str]:
        """The unknown facts of what is undecided about an option."""
        known = self.facts.values
        ballot = self.statuses.ballots[option]
        codes = ballot.codes(with_kidney(self.statuses.shown(option), self.rulebook.meanings))
        undecided = [
            row for row in ballot.rows if row.rule.effect is Effect.CONTRAINDICATE and codes[row.condition] == UNKNOWN
        ]
        names = {name for row in undecided for name in fact_names(row.rule.when)}
        agent = self.rulebook.agent_by_id.get(option)
        names.update(agent.dosing.requires if agent and agent.dosing else ())
        names.update(source for name in tuple(names) for source in _SOURCES.get(name, ()))
        return frozenset(name for name in names if name not in known)

    # -- the space

    def steps(self, option: str) -> list[Step]:
        """Every single change that may matter to an option, facts in the order in which its rules read them."""
        asked = self._asked[option]
        names = dict.fromkeys(asked.names)
        if self.statuses.stopped:
            rules, _ = stop_rules(self.rulebook)
            names.update(dict.fromkeys(name for rule in rules for name in fact_names(rule.when)))
        agent = self.rulebook.agent_by_id.get(option)
        if agent is not None:
            required = agent.dosing.requires if agent.dosing else ()
            names.update(dict.fromkeys((*required, *(("dialysis",) if required else ()), MEDICINES)))
        if "crcl_ml_min" in names and "crcl_ml_min" not in self.facts.values:
            names["egfr"] = None
        names.update(dict.fromkeys(("prescriber_setting", "conditions")))
        names.update(dict.fromkeys(source for name in tuple(names) for source in _SOURCES.get(name, ())))
        reads_list = not _LIST_FACTS.isdisjoint(names) or any(
            name in self.facts.burdens or name == "mme_per_day" for name in names
        )
        found = [
            step
            for name in names
            if name not in self._content.follows and name not in _LIST_FACTS
            for step in self._steps_of(name, asked.limits.get(name, ()), asked.words.get(name, ()))
        ]
        found.extend(Step(MEDICINES, names_left, _LIST_FACTS | self._counts) for names_left in self._stops)
        if reads_list and self.facts.get(LIST_REVIEWED) is not True:
            found.append(Step(LIST_REVIEWED, True, _LIST_FACTS | self._counts | {LIST_REVIEWED}))
        closable = self._content.closed_by_problem_list
        if self.facts.get(PROBLEMS_REVIEWED) is not True and any(
            name in closable and name not in self.facts.values for name in names
        ):
            found.append(Step(PROBLEMS_REVIEWED, True, self._moves_of(PROBLEMS_REVIEWED, True)))
        return [step for step in found if step.moves]

    @cached_property
    def _counts(self) -> frozenset[str]:
        concluded = {row.fact for row in self._content.conclusions if not _LIST_FACTS.isdisjoint(row.reads)}
        return frozenset(self.facts.burdens) | {"mme_per_day"} | concluded

    @cached_property
    def _stops(self) -> list[list[str]]:
        """For each current medicine, the names that go on without it."""
        lines = [m for m in self.facts.medicines if m.current and m.recognised]
        found = []
        for line in lines:
            left = sorted({name for other in lines if other.names != line.names for name in other.names})
            if not set(line.names) <= set(left) and left not in found:
                found.append(left)
        return found

    def _moves_of(self, name: str, value: Json) -> frozenset[str]:
        return self.statuses.altering.values({name: value})[1]

    def _steps_of(self, name: str, limits: tuple[float, ...], words: tuple[str, ...]) -> list[Step]:
        """The steps of one fact; many options ask the same of it."""
        key = name, limits, words
        if key not in self._steps:
            situations = self._situations(name, limits, words)
            self._steps[key] = [Step(name, value, self._moves_of(name, value)) for value in situations]
        return self._steps[key]

    def _situations(self, name: str, limits: tuple[float, ...], words: tuple[str, ...]) -> Iterable[Json]:
        """The values of a fact that can make a difference, those nearest to now first."""
        fact, held = self.rulebook.vocabulary[name], self.facts.get(name)
        if name in ALLERGIES:
            return (False,) if self.facts.allergies is None and held is None else ()
        if held is not None and name in self._content.fixed:
            return ()
        match fact.type:
            case FactType.BOOL:
                return (value for value in (False, True) if value is not held)
            case FactType.ENUM:
                return (value for value in fact.values if value != held)
            case FactType.SET:
                return _toggled(held, words)
            case FactType.INT | FactType.NUMBER:
                now = held if isinstance(held, int | float) else None
                return numbers(fact, limits, now)


def _toggled(held: Value | None, words: Iterable[str]) -> Iterator[Json]:
    """The set with one word put in or taken out."""
    members = held.members if isinstance(held, FactSet) else frozenset()
    if held is None:
        yield []
    for word in words:
        yield sorted(members ^ {word})


def numbers(fact: Fact, limits: Sequence[float], held: float | None) -> list[Json]:
    """One number for each limit and each range between them, but for the range that holds now; nearest first."""
    step = 1.0 if fact.type is FactType.INT or (fact.high or _WIDE) - (fact.low or 0) >= _WIDE else 0.1
    found: list[float] = list(limits)
    ends = [None, *limits, None]
    for low, high in pairwise(ends):
        if held is not None and (low is None or held > low) and (high is None or held < high):
            continue
        from_below = low is not None and (held is None or held <= low)
        number = low + step if low is not None and from_below else (high or 0.0) - step
        if low is not None and high is not None and not low < number < high:
            number = (low + high) / 2
        found.append(round(number, 6))
    whole = fact.type is FactType.INT
    kept = [n for n in found if n != held and fact.is_plausible(n) and (not whole or n == int(n))]
    kept.sort(key=lambda n: abs(n - held) if held is not None else 0.0)
    return [int(n) if n == int(n) else n for n in dict.fromkeys(kept)] if limits else []


def _nearest(found: Iterable[_Found]) -> Iterator[Change]:
    """Of several values of the same facts with the same result the first; the best results first."""
    kept: dict[tuple[object, ...], Change] = {}
    for steps, becomes in found:
        facts = tuple(step.fact if step.fact != MEDICINES else repr(step.value) for step in steps)
        kept.setdefault((*facts, becomes), Change({step.fact: step.value for step in steps}, becomes))
    yield from sorted(kept.values(), key=lambda change: (len(change.set), -_PLACE[change.becomes]))


def with_changes(proposal: Proposal, facts: PatientFacts, rulebook: Rulebook) -> Proposal:
    """The proposal with `changes` of every option that is not recommended."""
    search = ChangeSearch(facts, rulebook)

    def filled(option: OptionResult) -> OptionResult:
        return replace(option, changes=search.of(option.id))

    return replace(
        proposal, agents=tuple(map(filled, proposal.agents)), therapies=tuple(map(filled, proposal.therapies))
    )
