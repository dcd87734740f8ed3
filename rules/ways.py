"""The ways in which a condition can come to a given truth: the search behind examples and smallest changes.

Only finitely many situations of a fact matter to a condition: each permitted word, each side of each number it is
compared with, in or not in a set, or unknown. A *way* says for some facts which situations are allowed; it is worked
out from the tree, without a solver. The search is bounded, and what it proposes is only a proposal: the caller tries
it with `evaluate`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from operator import itemgetter
from types import MappingProxyType
from typing import TypeAlias, assert_never

from rules.evaluate import evaluate
from rules.expr import (
    AllOf,
    And,
    AnyOf,
    Atom,
    Between,
    Compare,
    Constant,
    Expr,
    Holds,
    Known,
    Member,
    Not,
    OneOf,
    Or,
    walk,
)
from rules.facts import Facts, FactSet, Value
from rules.truth import NOT, Truth
from rules.vocabulary import Fact, FactType, Vocabulary

MOST_WAYS = 300

# What one fact, or one id of one set, may be; None is unknown. For an id: in (True), out (False), unknown. The id ""
# stands for the completeness of the set.
Key: TypeAlias = tuple[str, str]
Situation: TypeAlias = bool | int | float | str | None
Way: TypeAlias = Mapping[Key, tuple[Situation, ...]]
Cost: TypeAlias = Callable[[Key, tuple[Situation, ...]], float]

_ALL = frozenset(Truth)
WHOLE = ""
_WIDE = 20  # a range this wide is measured in whole numbers
_IN_SET = {Truth.YES: True, Truth.NO: False, Truth.UNKNOWN: None}


@dataclass(frozen=True, slots=True)
class Situations:
    """For each fact of a condition, the situations that matter to it, best example first."""

    by_key: Mapping[Key, tuple[Situation, ...]]
    sets: frozenset[str]

    @classmethod
    def of(cls, exprs: Sequence[Expr], vocabulary: Vocabulary, facts: Facts = MappingProxyType({})) -> Situations:
        """Collect them; what a fact has now in `facts` is always one of them."""
        found: dict[Key, tuple[Situation, ...]] = {}
        sets = set()
        nodes = [node for expr in exprs for node in walk(expr) if not isinstance(node, Constant | Not | And | Or)]
        for name in dict.fromkeys(node.fact for node in nodes):
            fact, own = vocabulary[name], [node for node in nodes if node.fact == name]
            if fact.type is FactType.SET:
                sets.add(name)
                found[name, WHOLE] = (None, True)
                for value in dict.fromkeys(word for node in own for word in words_of(node)):
                    found[name, value] = (True, False, None)
            else:
                found[name, WHOLE] = _situations(fact, own, situation(facts, name))
        return cls(MappingProxyType(found), frozenset(sets))

    def alone(self, key: Key, one: Situation) -> Facts:
        """A patient of whom nothing is known but this."""
        name, value = key
        if one is None:
            return {}
        return {name: _with_id(None, value, one) if name in self.sets else one}


class Search:
    """Works out ways; `exhaustive` turns False once the bound made it drop some.

    While it is exhaustive, no way means no patient: the situations cover everything that a condition can tell apart.
    """

    def __init__(self, situations: Situations, cost: Cost) -> None:
        self.situations = situations
        self.cost = cost
        self.exhaustive = True

    def ways(self, *requirements: tuple[Expr, frozenset[Truth]]) -> list[Way]:
        """Ways that bring each condition to one of its wanted truths, cheapest first, at most MOST_WAYS."""
        found: list[Way] = [{}]
        for expr, wanted in requirements:
            found = self._both(found, self._ways(expr, wanted))
        return found

    def _ways(self, expr: Expr, wanted: frozenset[Truth]) -> list[Way]:
        if wanted == _ALL:
            return [{}]
        match expr:
            case Not():
                return self._ways(expr.of, frozenset(NOT[truth] for truth in wanted))
            case And():
                return self._joined(expr.parts, wanted, Truth.YES, Truth.NO)
            case Or():
                return self._joined(expr.parts, wanted, Truth.NO, Truth.YES)
            case AnyOf():
                return self._joined([Member(expr.fact, value) for value in expr.values], wanted, Truth.NO, Truth.YES)
            case AllOf():
                return self._joined([Member(expr.fact, value) for value in expr.values], wanted, Truth.YES, Truth.NO)
            case Constant() | Holds() | Known() | Compare() | Between() | OneOf() | Member():
                return self._atom(expr, wanted)
            case _:
                assert_never(expr)

    def _atom(self, expr: Atom, wanted: frozenset[Truth]) -> list[Way]:
        if isinstance(expr, Constant):
            return [{}] if evaluate(expr, {}) in wanted else []
        key = (expr.fact, expr.value if isinstance(expr, Member) else WHOLE)
        alone, options = self.situations.alone, self.situations.by_key[key]
        allowed = tuple(one for one in options if evaluate(expr, alone(key, one)) in wanted)
        return [{key: allowed}] if allowed else []

    def _joined(self, parts: Sequence[Expr], wanted: frozenset[Truth], top: Truth, bottom: Truth) -> list[Way]:
        """`and` (top yes, bottom no) or `or` (top no, bottom yes): top needs all parts, bottom any one part."""
        if wanted == {Truth.UNKNOWN}:
            not_bottom = self._all(parts, frozenset({top, Truth.UNKNOWN}))
            return self._both(not_bottom, self._any(parts, wanted))
        if bottom not in wanted:
            return self._all(parts, wanted)
        if top not in wanted:
            return self._any(parts, wanted)
        return self._cheapest([*self._all(parts, frozenset({top})), *self._any(parts, frozenset({bottom}))])

    def _all(self, parts: Sequence[Expr], wanted: frozenset[Truth]) -> list[Way]:
        return self.ways(*((part, wanted) for part in parts))

    def _any(self, parts: Sequence[Expr], wanted: frozenset[Truth]) -> list[Way]:
        return self._cheapest([way for part in parts for way in self._ways(part, wanted)])

    def _both(self, these: list[Way], those: list[Way]) -> list[Way]:
        merged = (_merged(a, b) for a, b in product(these, those))
        return self._cheapest(way for way in merged if way is not None)

    def _cheapest(self, found: Iterable[Way]) -> list[Way]:
        distinct = {tuple(sorted(way.items(), key=itemgetter(0))): way for way in found}
        self.exhaustive &= len(distinct) <= MOST_WAYS
        return heapq.nsmallest(MOST_WAYS, distinct.values(), key=self.price)

    def price(self, way: Way) -> float:
        """What the way costs: the sum over the facts that it speaks of."""
        return sum(self.cost(*item) for item in way.items())


def _merged(a: Way, b: Way) -> Way | None:
    """Both at once; None when a fact would have to be two things."""
    merged = dict(a)
    for key, allowed in b.items():
        both = tuple(one for one in merged[key] if one in allowed) if key in merged else allowed
        if not both:
            return None
        merged[key] = both
    return merged


def facts_of(way: Way, situations: Situations, facts: Facts = MappingProxyType({})) -> dict[str, Value]:
    """`facts` changed as little as the way demands: a proposal, to be tried with `evaluate`.

    A fact stays as it is where the way allows it; else it takes the nearest situation that is allowed, and becomes
    unknown only where nothing else is.
    """
    result = dict(facts)
    for (name, value), allowed in sorted(way.items()):
        held = situation(facts, name, value)
        if held in allowed:
            continue
        chosen = _nearest(allowed, held)
        if name in situations.sets:
            changed = _with_id(result.get(name), value, chosen)
            if changed != FactSet() or name in facts:
                result[name] = changed
        elif chosen is None:
            result.pop(name, None)
        else:
            result[name] = chosen
    return result


def situation(facts: Facts, name: str, value: str = WHOLE) -> Situation:
    """What a fact, or an id of a set, is now."""
    held = facts.get(name)
    if not isinstance(held, FactSet):
        return None if value else held
    if value == WHOLE:
        return held.complete or None
    return _IN_SET[held.contains(value)]


def _nearest(allowed: tuple[Situation, ...], held: Situation) -> Situation:
    known = [one for one in allowed if one is not None]
    if _is_number(held):
        known.sort(key=lambda one: abs(float(one) - float(held)) if _is_number(one) else 0.0)  # type: ignore[arg-type]
    return known[0] if known else None


def _with_id(held: Value | None, value: str, chosen: Situation) -> FactSet:
    """The set with one id put in, taken out or made unknown; with WHOLE: made complete or not."""
    old = held if isinstance(held, FactSet) else FactSet()
    if value == WHOLE:
        return FactSet(old.members, old.absent, chosen is True)
    members, absent = old.members - {value}, old.absent - {value}
    if chosen is True:
        return FactSet(members | {value}, absent, old.complete)
    if chosen is False:
        return FactSet(members, absent if old.complete else absent | {value}, old.complete)
    return FactSet(members, absent)


def _situations(fact: Fact, nodes: Sequence[Expr], held: Situation) -> tuple[Situation, ...]:
    """The values of a fact that can make a difference to these nodes, best example first."""
    match fact.type:
        case FactType.BOOL:
            values: list[Situation] = [True, False]
        case FactType.ENUM:
            named = [word for node in nodes for word in words_of(node)]
            other = [word for word in fact.values if word not in named]
            values = [*named, *other[:1]]
        case FactType.INT | FactType.NUMBER:
            values = [*_numbers(fact, sorted({number for node in nodes for number in _thresholds(node)}))]
        case FactType.SET:
            raise AssertionError("a set is searched id by id")
        case _:
            assert_never(fact.type)
    return tuple(dict.fromkeys([*values, held, None]))


def _numbers(fact: Fact, thresholds: list[float]) -> list[float]:
    """Each threshold and a number on either side of it, within the plausible range; round numbers if possible."""
    low = fact.low if fact.low is not None else min(thresholds, default=0.0) - 100
    high = fact.high if fact.high is not None else max(thresholds, default=0.0) + 100
    if not thresholds:
        middle = (low + high) / 2
        return [int(middle) if int(middle) >= low else middle]
    if fact.type is FactType.INT:
        near = [*thresholds, *(n for t in thresholds for n in (math.ceil(t) - 1, math.floor(t) + 1))]
        return [int(number) for number in near if low <= number <= high and number == int(number)]
    step = 1 if high - low >= _WIDE else 0.1
    beside = [round(number, 6) for t in thresholds for number in (t - step, t + step)]
    between = [(below + above) / 2 for below, above in pairwise([low, *thresholds, high])]
    return [number for number in [*thresholds, *beside, *between, low, high] if low <= number <= high]


def _thresholds(node: Expr) -> tuple[float, ...]:
    match node:
        case Compare(value=int() | float() as number):
            return (number,)
        case Between():
            return (node.low, node.high)
        case _:
            return ()


def words_of(node: Expr) -> tuple[str, ...]:
    """The words that a node names: ids of a set, or words of which a fact may be one."""
    match node:
        case Compare(value=str() as word):
            return (word,)
        case Member():
            return (node.value,)
        case OneOf() | AnyOf() | AllOf():
            return node.values
        case _:
            return ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
