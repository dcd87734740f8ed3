"""The meaning of a condition: tree and facts to yes, no or unknown. Every other reader must agree with this one."""

from __future__ import annotations

import math
from typing import assert_never

from rules.expr import (
    AllOf,
    And,
    AnyOf,
    Between,
    Compare,
    Constant,
    Expr,
    Holds,
    Known,
    Member,
    Not,
    OneOf,
    Operator,
    Or,
)
from rules.facts import Facts, FactSet
from rules.truth import Truth, and_, from_bool, not_, or_

_NOTHING_KNOWN = FactSet()


def evaluate(expr: Expr, facts: Facts) -> Truth:
    """Whether the condition holds for these facts. Raises TypeError when a fact has a value of another type."""
    match expr:
        case Constant():
            return from_bool(expr.value)
        case Holds():
            return _yes_or_no(facts, expr.fact)
        case Known():
            value = facts.get(expr.fact)
            return from_bool(value.complete if isinstance(value, FactSet) else value is not None)
        case Compare():
            if isinstance(expr.value, str):
                word = _word(facts, expr.fact)
                return Truth.UNKNOWN if word is None else from_bool((word == expr.value) == (expr.operator == "=="))
            number = _number(facts, expr.fact)
            return Truth.UNKNOWN if number is None else from_bool(_compare(number, expr.operator, expr.value))
        case Between():
            number = _number(facts, expr.fact)
            if number is None:
                return Truth.UNKNOWN
            above = expr.low <= number if expr.low_included else expr.low < number
            below = number <= expr.high if expr.high_included else number < expr.high
            return from_bool(above and below)
        case OneOf():
            word = _word(facts, expr.fact)
            return Truth.UNKNOWN if word is None else from_bool(word in expr.values)
        case Member():
            return _set(facts, expr.fact).contains(expr.value)
        case AnyOf():
            return or_(*(_set(facts, expr.fact).contains(value) for value in expr.values))
        case AllOf():
            return and_(*(_set(facts, expr.fact).contains(value) for value in expr.values))
        case Not():
            return not_(evaluate(expr.of, facts))
        case And():
            return and_(*(evaluate(part, facts) for part in expr.parts))
        case Or():
            return or_(*(evaluate(part, facts) for part in expr.parts))
        case _:
            assert_never(expr)


def _compare(number: float, operator: Operator, literal: float) -> bool:
    match operator:
        case "<":
            return number < literal
        case "<=":
            return number <= literal
        case ">":
            return number > literal
        case ">=":
            return number >= literal
        case "==":
            return number == literal
        case "!=":
            return number != literal


def _yes_or_no(facts: Facts, name: str) -> Truth:
    value = facts.get(name)
    if value is None:
        return Truth.UNKNOWN
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be true or false")
    return from_bool(value)


def _number(facts: Facts, name: str) -> int | float | None:
    value = facts.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise TypeError(f"{name} must be a number")
    return value


def _word(facts: Facts, name: str) -> str | None:
    value = facts.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a word")
    return value


def _set(facts: Facts, name: str) -> FactSet:
    value = facts.get(name)
    if value is None:
        return _NOTHING_KNOWN
    if not isinstance(value, FactSet):
        raise TypeError(f"{name} must be a set")
    return value
