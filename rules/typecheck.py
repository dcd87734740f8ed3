"""A condition against the vocabulary: every complaint with its place, not just the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import assert_never

from rules.expr import AllOf, And, AnyOf, Between, Compare, Constant, Expr, Holds, Known, Member, Not, OneOf, Or, walk
from rules.problems import Problem, Span
from rules.vocabulary import Fact, FactType, Vocabulary


def problems(expr: Expr, vocabulary: Vocabulary) -> list[Problem]:
    """Everything in the condition that does not fit the vocabulary; empty when it may be used."""
    return [problem for node in walk(expr) for problem in _node(node, vocabulary)]


def _node(expr: Expr, vocabulary: Vocabulary) -> Iterator[Problem]:
    match expr:
        case Constant() | Not() | And() | Or():
            return
        case Holds() | Known() | Compare() | Between() | OneOf() | Member() | AnyOf() | AllOf():
            pass
        case _:
            assert_never(expr)
    fact = vocabulary.get(expr.fact)
    if fact is None:
        near = get_close_matches(expr.fact, vocabulary.facts, n=1)
        yield Problem(f"there is no fact {expr.fact}" + (f"; did you mean {near[0]}?" if near else ""), expr.span)
        return
    match expr:
        case Known():
            return
        case Holds():
            if fact.type is not FactType.BOOL:
                yield Problem(f"{fact.name} is {_kind(fact)} and cannot stand alone: {_use(fact)}", expr.span)
        case Compare():
            value = expr.value
            if isinstance(value, str):
                yield from _words(fact, (value,), FactType.ENUM, expr.span)
                return
            yield from _numbers(fact, (value,), expr.span)
            if expr.operator in ("==", "!=") and fact.type is FactType.INT and value != int(value):
                yield Problem(f"{fact.name} is a whole number and never equals {value:g}", expr.span)
        case Between():
            yield from _numbers(fact, (expr.low, expr.high), expr.span)
            if expr.low > expr.high or (expr.low == expr.high and not (expr.low_included and expr.high_included)):
                yield Problem(f"nothing lies in this range: {expr.low:g} to {expr.high:g}", expr.span)
        case OneOf():
            yield from _words(fact, expr.values, FactType.ENUM, expr.span)
        case Member():
            yield from _words(fact, (expr.value,), FactType.SET, expr.span)
        case AnyOf() | AllOf():
            yield from _words(fact, expr.values, FactType.SET, expr.span)
        case _:
            assert_never(expr)


def _numbers(fact: Fact, values: Iterable[int | float], span: Span | None) -> Iterator[Problem]:
    if not fact.is_numeric:
        yield Problem(f"{fact.name} is {_kind(fact)} and has no number to compare: {_use(fact)}", span)
        return
    for value in values:
        if not fact.is_plausible(value):
            yield Problem(f"{fact.name} {value:g} is outside the plausible range {fact.range_text()}", span)


def _words(fact: Fact, values: tuple[str, ...], wanted: FactType, span: Span | None) -> Iterator[Problem]:
    if fact.type is not wanted:
        yield Problem(f"{fact.name} is {_kind(fact)} and cannot be used like this: {_use(fact)}", span)
        return
    for value in dict.fromkeys(values):
        if values.count(value) > 1:
            yield Problem(f'"{value}" is listed twice', span)
        if value not in fact.values:
            near = get_close_matches(value, fact.values, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            yield Problem(f'"{value}" is not a value of {fact.name}{hint}', span)


def _kind(fact: Fact) -> str:
    match fact.type:
        case FactType.BOOL:
            return "a yes-or-no fact"
        case FactType.INT | FactType.NUMBER:
            return "a number"
        case FactType.ENUM:
            return "a word from a list"
        case FactType.SET:
            return "a set"
        case _:
            assert_never(fact.type)


def _use(fact: Fact) -> str:
    """How a fact of this type is written in a condition."""
    example = next(iter(fact.values), "…")
    match fact.type:
        case FactType.BOOL:
            return f"write {fact.name} or not {fact.name}"
        case FactType.INT | FactType.NUMBER:
            return f"compare it with a number, as in {fact.name} < {fact.high or 1:g}"
        case FactType.ENUM:
            return f'compare it with a word, as in {fact.name} == "{example}"'
        case FactType.SET:
            return f'ask for a member, as in "{example}" in {fact.name}'
        case _:
            assert_never(fact.type)
