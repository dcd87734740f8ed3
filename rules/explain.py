"""Why a condition came out as it did, which unknown facts would settle it, and the smallest change that flips it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

from rules.evaluate import evaluate
from rules.expr import AllOf, And, AnyOf, Constant, Expr, Known, Member, Not, Or, fact_names, walk
from rules.facts import Facts, FactSet, Value
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from rules.ways import Key, Search, Situation, Situations, facts_of, situation, words_of


@dataclass(frozen=True, slots=True)
class Missing:
    """An unknown fact that matters: for a set, the ids in question (none when the whole list is).

    `settles` holds the answers that this fact alone, once known, can give to the condition; it is empty when others
    are needed too.
    """

    fact: str
    values: tuple[str, ...]
    settles: frozenset[Truth]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The truth; the facts read with their values (None: unknown); the parts that decided; the facts that would."""

    truth: Truth
    facts: dict[str, Value | None]
    decided_by: tuple[Expr, ...]
    missing: tuple[Missing, ...]


def explain(expr: Expr, facts: Facts, vocabulary: Vocabulary) -> Explanation:
    """Explain the truth of a condition for these facts. Missing facts come in order of use."""
    truth = evaluate(expr, facts)
    decisive = tuple(dict.fromkeys(_decisive(expr, facts)))
    missing = _missing(expr, _read_by(expr, facts), vocabulary) if truth is Truth.UNKNOWN else ()
    return Explanation(truth, {name: facts.get(name) for name in fact_names(expr)}, decisive, missing)


def missing_facts(expr: Expr, facts: Facts, vocabulary: Vocabulary) -> tuple[Missing, ...]:
    """The unknown facts that an undecided condition waits for, without the rest of the explanation."""
    return _missing(expr, _read_by(expr, facts), vocabulary) if evaluate(expr, facts) is Truth.UNKNOWN else ()


def smallest_changes(
    expr: Expr,
    facts: Facts,
    vocabulary: Vocabulary,
    wanted: Truth,
    *,
    fixed: Collection[str] = (),
    limit: int = 5,
) -> list[dict[str, Value]]:
    """The smallest sets of fact changes that bring the condition to `wanted`, smallest first.

    Each is a mapping of fact name to new value, to be laid over `facts`; none contains another; facts named in
    `fixed` (an age, a history) are left alone. Every one has been tried with `evaluate`. The search is bounded: it
    may miss one in a very large condition, it never returns one that fails.
    """
    if evaluate(expr, facts) is wanted:
        return []

    def changes_needed(key: Key, allowed: tuple[Situation, ...]) -> float:
        held = situation(facts, *key)
        if held in allowed:
            return 0
        # Forgetting what is known is no change that a clinician can make.
        return float("inf") if key[0] in fixed or allowed == (None,) else 1

    situations = Situations.of([expr], vocabulary, facts)
    found: list[dict[str, Value]] = []
    search = Search(situations, changes_needed)
    for way in search.ways((expr, frozenset({wanted}))):
        if search.price(way) == float("inf"):
            break
        after = facts_of(way, situations, facts)
        changed = {name: value for name, value in after.items() if facts.get(name) != value}
        if evaluate(expr, after) is wanted and not vocabulary.problems(changed):
            found.append(changed)
    found.sort(key=len)
    return list(islice(_without_supersets(found), limit))


def _without_supersets(found: list[dict[str, Value]]) -> Iterator[dict[str, Value]]:
    kept: list[dict[str, Value]] = []
    for changed in found:
        if not any(smaller.keys() <= changed.keys() for smaller in kept):
            kept.append(changed)
            yield changed


def _decisive(expr: Expr, facts: Facts) -> Iterator[Expr]:
    """The smallest parts that made the answer: those of an `and` that failed, all of them when none did."""
    match expr:
        case Not():
            yield from _decisive(expr.of, facts)
        case And() | Or():
            truth = evaluate(expr, facts)
            for part in expr.parts:
                if evaluate(part, facts) is truth:
                    yield from _decisive(part, facts)
        case _:
            yield expr


@lru_cache(maxsize=4096)
def _words_by_set(expr: Expr) -> Mapping[str, frozenset[str]]:
    """For each fact, the ids of a set that the condition asks about; none for a fact that is no set."""
    found: dict[str, frozenset[str]] = {}
    for node in walk(expr):
        if not isinstance(node, Constant | Not | And | Or):
            found[node.fact] = found.get(node.fact, frozenset()) | frozenset(words_of(node))
    return MappingProxyType(found)


def _read_by(expr: Expr, facts: Facts) -> tuple[tuple[str, Value], ...]:
    """The part of the facts that the condition can tell apart: those it reads, and of a set the ids it asks about."""
    found = []
    for name, words in _words_by_set(expr).items():
        value = facts.get(name)
        if isinstance(value, FactSet):
            value = FactSet(value.members & words, value.absent & words, value.complete)
        if value is not None:
            found.append((name, value))
    return tuple(found)


# Most patients leave the same few things open, and the search is the dearest step of a proposal. It sees nothing but
# its arguments, so what it found for one patient is right for the next with the same answers.
@lru_cache(maxsize=16_384)
def _missing(expr: Expr, read: tuple[tuple[str, Value], ...], vocabulary: Vocabulary) -> tuple[Missing, ...]:
    facts = dict(read)
    asked: dict[str, dict[str, None]] = {}
    for part in dict.fromkeys(_decisive(expr, facts)):
        if isinstance(part, Not | And | Or | Constant | Known):
            continue
        held = facts.get(part.fact)
        values = part.values if isinstance(part, AnyOf | AllOf) else (part.value,) if isinstance(part, Member) else ()
        known = held if isinstance(held, FactSet) else FactSet()
        open_values = [value for value in values if known.contains(value) is Truth.UNKNOWN]
        asked.setdefault(part.fact, {}).update(dict.fromkeys(open_values))
    situations = Situations.of([expr], vocabulary, facts)
    found = [Missing(name, tuple(values), _settles(expr, name, facts, situations)) for name, values in asked.items()]
    return tuple(sorted(found, key=lambda missing: -len(missing.settles)))


def _settles(expr: Expr, name: str, facts: Facts, situations: Situations) -> frozenset[Truth]:
    """Which answers become certain by learning only this fact."""

    def only_this(key: Key, allowed: tuple[Situation, ...]) -> float:
        return 0 if situation(facts, *key) in allowed else 1 if key[0] == name else float("inf")

    settled = set()
    search = Search(situations, only_this)
    for truth in (Truth.YES, Truth.NO):
        for way in search.ways((expr, frozenset({truth}))):
            if search.price(way) == float("inf"):
                break
            if evaluate(expr, facts_of(way, situations, facts)) is truth:
                settled.add(truth)
                break
    return frozenset(settled)
