"""A condition as a PostgreSQL condition over a whole population, in which NULL is unknown.

`(…) IS TRUE`, `IS FALSE` and `IS NULL` are yes, no and unknown. A fact is a column or any expression that yields its
value or NULL; a set is three of them. Values travel as parameters, never as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

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


@dataclass(frozen=True, slots=True)
class SetColumns:
    """The three SQL expressions of a set: `members` text[], `absent` text[], `complete` boolean; each may be NULL."""

    members: str
    absent: str
    complete: str


Column: TypeAlias = str | SetColumns
Parameter: TypeAlias = bool | int | float | str | list[str]


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL text with `%s` marks, and the parameters for them in order."""

    text: str
    parameters: tuple[Parameter, ...]


_OPERATORS: Mapping[Operator, str] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}


def to_sql(expr: Expr, columns: Mapping[str, Column]) -> Condition:
    """Write the condition. `columns` gives trusted SQL (our own, never user text; `%` doubled) for every fact read.

    A mapping without one of the facts raises KeyError: a fact nobody bound must not become "unknown" silently.
    """
    parameters: list[Parameter] = []
    text = _condition(expr, columns, parameters)
    return Condition(text, tuple(parameters))


def _condition(expr: Expr, columns: Mapping[str, Column], out: list[Parameter]) -> str:
    match expr:
        case Constant():
            return "TRUE" if expr.value else "FALSE"
        case Holds():
            return f"({_scalar(expr.fact, columns)})"
        case Known():
            column = columns[expr.fact]
            return f"({column.complete}) IS TRUE" if isinstance(column, SetColumns) else f"({column}) IS NOT NULL"
        case Compare():
            out.append(expr.value)
            return f"({_scalar(expr.fact, columns)}) {_OPERATORS[expr.operator]} %s"
        case Between():
            out += [expr.low, expr.high]
            column = _scalar(expr.fact, columns)
            low, high = (">=" if expr.low_included else ">"), ("<=" if expr.high_included else "<")
            return f"(({column}) {low} %s AND ({column}) {high} %s)"
        case OneOf():
            out.append(list(expr.values))
            return f"({_scalar(expr.fact, columns)}) = ANY(%s::text[])"
        case Member():
            return _set_test(expr.fact, (expr.value,), columns, out, every=True)
        case AnyOf():
            return _set_test(expr.fact, expr.values, columns, out, every=False)
        case AllOf():
            return _set_test(expr.fact, expr.values, columns, out, every=True)
        case Not():
            return f"NOT ({_condition(expr.of, columns, out)})"
        case And():
            return _joined(" AND ", expr.parts, columns, out)
        case Or():
            return _joined(" OR ", expr.parts, columns, out)
        case _:
            assert_never(expr)


def _joined(word: str, parts: Sequence[Expr], columns: Mapping[str, Column], out: list[Parameter]) -> str:
    return "(" + word.join(_condition(part, columns, out) for part in parts) + ")"


def _set_test(
    name: str, values: Sequence[str], columns: Mapping[str, Column], out: list[Parameter], *, every: bool
) -> str:
    """`@>` holds all of, `&&` shares one with. A CASE without ELSE is NULL, and a NULL test is not taken."""
    column = columns[name]
    if isinstance(column, str):
        raise TypeError(f"{name} is a set and needs SetColumns")
    out += [list(values), list(values)]
    yes, no = ("@>", "&&") if every else ("&&", "@>")
    return (
        f"CASE WHEN ({column.members}) {yes} %s::text[] THEN TRUE "
        f"WHEN ({column.complete}) OR ({column.absent}) {no} %s::text[] THEN FALSE END"
    )


def _scalar(name: str, columns: Mapping[str, Column]) -> str:
    column = columns[name]
    if isinstance(column, SetColumns):
        raise TypeError(f"{name} is a set and cannot be compared")
    return column
