"""Where one option stands: the part of a proposal that decides the status, without the words. Pure.

`propose` takes its statuses from here, and so does the search for what would change them, which asks thousands of
times. The rules that can move a status are compiled apart from those about doses and monitoring.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rules.compile import NO, UNKNOWN, YES, compile_batch
from rules.expr import Expr, fact_names
from rules.facts import Facts
from treatments.proposal.model import Status
from treatments.rulebook import Effect, Meanings, Rule, Rulebook

LAST_LINE = 6
_MOST_COUNTS = 4096
# How much more a missing fact matters when it blocks an option of this line.
URGENCY_OF_LINE = {1: 100, 2: 10, 3: 1}
# Lines count for more than any preference or modifier within a line; a wish of the patient (20 steps) may cross lines.
LINE_WEIGHT = 100
STEP_WEIGHT = 10


class Count(NamedTuple):
    """What the rules of an option say together.

    `line` is the best line that a table gives and `place` the place within it; `steps` how far the list is moved.
    """

    excluded: bool
    undecided: bool
    unmet: bool
    demoted: bool
    advised: bool
    line: int | None
    place: int
    steps: int


class Placed(NamedTuple):
    """Where the cause of the pain puts an option: its line, and whether the evidence advises or speaks against it."""

    line: int
    advised: bool
    against: bool


class Standing(NamedTuple):
    """An option by itself, before the others are looked at.

    `score` orders options of one status, the lowest first; `weight` is how much a fact that it waits for matters.
    """

    status: Status
    line: int | None
    score: int
    weight: int


class _Row(NamedTuple):
    """A rule that can move a status, with the place of its condition and of its gate in the batch."""

    rule: Rule
    condition: int
    gate: int | None
    degree: str | None
    forbids: bool
    requires: bool


class Ballot:
    """The rules of one option that can move its status, compiled together, in the order of the content."""

    def __init__(self, rules: Iterable[Rule], meanings: Meanings, region: str | None = None) -> None:
        self._meanings = meanings
        exprs: list[Expr] = []
        rows: list[_Row] = []
        for rule in rules:
            if region is not None and region in rule.not_in_regions:
                continue
            degree = self._degree(rule)
            if degree is None and rule.effect not in (Effect.CONTRAINDICATE, Effect.REQUIRE, Effect.RECOMMEND):
                continue
            forbids, requires = rule.effect is Effect.CONTRAINDICATE, rule.effect is Effect.REQUIRE
            condition = len(exprs)
            exprs.append(rule.when)
            gate = None
            if forbids and rule.hard_unknown_when is not None:
                gate = len(exprs)
                exprs.append(rule.hard_unknown_when)
            rows.append(_Row(rule, condition, gate, degree, forbids, requires))
        self.rows = tuple(rows)
        self.exprs = tuple(exprs)
        self.reads = frozenset(name for expr in exprs for name in fact_names(expr))
        self._codes = compile_batch(exprs).codes
        # Few patterns of answers come up again and again, and what they say together is their own affair.
        self._counts: dict[tuple[bytes, str], Count] = {}

    def _degree(self, rule: Rule) -> str | None:
        """What a rule that holds does to the list: `prefer`, or what its word means; None when it moves nothing."""
        if rule.effect is Effect.PREFER:
            return "prefer"
        meaning = self._meanings.actions.get(rule.action or "")
        if meaning is None:
            return "demote" if rule.effect is Effect.AVOID else None
        return meaning.degree if meaning.degree != "note" or meaning.steps or rule.steps else None

    def codes(self, facts: Facts) -> list[int]:
        """The truth of every condition and gate, as numbers of `rules.compile`."""
        return self._codes(facts)

    def counts_in(self, row: _Row, setting: str) -> bool:
        """Whether the word of a rule means anything in this setting."""
        meaning = None if row.degree == "prefer" else self._meanings.actions.get(row.rule.action or "")
        return meaning is None or meaning.setting in (None, setting)

    def count(self, facts: Facts, setting: str) -> Count:
        """What the rules say together.

        A rule that says "weigh" or "prefer another" takes the option out of the recommended ones only while fewer
        rules prefer it. An open contraindication blocks, unless its gate is surely closed.
        """
        codes = self._codes(facts)
        key = (bytes(codes), setting)
        found = self._counts.get(key)
        if found is None:
            if len(self._counts) >= _MOST_COUNTS:
                self._counts.clear()
            found = self._counts[key] = self._count(codes, setting)
        return found

    def _count(self, codes: Sequence[int], setting: str) -> Count:
        excluded = undecided = unmet = demoted = advised = False
        line: int | None = None
        place = steps = weighed = preferred = 0
        for row in self.rows:
            rule, condition, gate, degree, forbids, requires = row
            truth = codes[condition]
            if truth != YES:
                if requires:
                    unmet = True
                elif forbids and truth == UNKNOWN and (gate is None or codes[gate] != NO):
                    undecided = True
                continue
            if forbids:
                excluded = True
            elif rule.effect is Effect.RECOMMEND:
                own = rule.line or LAST_LINE
                advised = advised or rule.advised
                if line is None or own < line:
                    line, place = own, rule.steps
                elif own == line:
                    place = max(place, rule.steps)
            if degree is None or not self.counts_in(row, setting):
                continue
            if degree == "prefer":
                preferred += 1
                steps += rule.steps
                continue
            demoted = demoted or degree == "demote"
            weighed += degree == "weigh"
            meaning = self._meanings.actions.get(rule.action or "")
            if meaning is not None:
                steps += rule.steps or meaning.steps
        return Count(excluded, undecided, unmet, demoted or weighed > preferred, advised, line, place, steps)


@lru_cache(maxsize=8)
def ballots(rulebook: Rulebook, region: str | None) -> Mapping[str, Ballot]:
    """The ballot of every option; a region counts for agents only."""
    meanings = rulebook.meanings
    found = {agent.id: Ballot(rulebook.option_rules[agent.id], meanings, region) for agent in rulebook.agents}
    found.update({t.id: Ballot(rulebook.option_rules[t.id], meanings) for t in rulebook.therapies})
    return found


def agent_standing(count: Count, *, barred: bool, waits: bool, weak: bool, placed: Placed) -> Standing:
    """An agent by itself. `barred`: excluded by something else than a rule; `waits`: a fact for the dose is missing."""
    demoted = count.demoted or weak or (placed.against and not count.advised)
    if count.excluded or barred:
        status = Status.EXCLUDED
    elif count.undecided or waits:
        status = Status.NEEDS_DATA
    elif count.advised and not demoted:
        status = Status.RECOMMENDED
    else:
        status = Status.POSSIBLE
    position = count.line if count.line is not None else max(placed.line, 3)
    score = position * LINE_WEIGHT - (count.steps + count.place) * STEP_WEIGHT
    return Standing(status, count.line, score, 0 if demoted else URGENCY_OF_LINE.get(position, 0))


def therapy_standing(count: Count, placed: Placed) -> Standing:
    """A therapy by itself: fit for the cause, contraindications, and whether its step of the ladder is reached."""
    advised = placed.advised and not count.demoted and not count.unmet
    if count.excluded:
        status = Status.EXCLUDED
    elif count.undecided:
        status = Status.NEEDS_DATA
    else:
        status = Status.RECOMMENDED if advised else Status.POSSIBLE
    score = placed.line * LINE_WEIGHT - count.steps * STEP_WEIGHT
    return Standing(status, None, score, URGENCY_OF_LINE[2] if advised else 0)


def next_line(standings: Mapping[str, Standing]) -> frozenset[str]:
    """The second-line agents that are recommended because no first-line agent is advised or waits for data."""
    for one in standings.values():
        if one.status is Status.RECOMMENDED or (one.status is Status.NEEDS_DATA and one.line == 1):
            return frozenset()
    return frozenset(
        name for name, one in standings.items() if one.status is Status.POSSIBLE and one.line == 2 and one.weight > 0
    )


def kept_going(recommended: Iterable[str], helping: Collection[str]) -> frozenset[str]:
    """The recommended medicines that already give good relief; while there are any, no other is recommended."""
    return frozenset(name for name in recommended if name in helping)


def in_order(standings: Mapping[str, Standing], final: Mapping[str, Status]) -> list[str]:
    """The options that can be chosen in the order of their ranks: the recommended, then the possible ones."""
    chosen = (Status.RECOMMENDED, Status.POSSIBLE)
    usable = [name for name in standings if final[name] in chosen]
    # Sorting keeps the order of the catalogue among equals.
    return sorted(usable, key=lambda name: (chosen.index(final[name]), standings[name].score))
