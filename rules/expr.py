"""The tree of a condition: twelve frozen nodes, checked when they are built.

Every reader (evaluate, compile, english, sql, smt) is one `match` over the union `Expr` that ends in
`assert_never`, so a new node is a type error in each reader until it is handled there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Literal, TypeAlias, get_args

from rules.problems import Span

Operator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
MAX_NUMBER = 10**12  # no quantity of medicine comes near; keeps every number exact in every reader
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def is_name(text: str) -> bool:
    """Whether `text` can name a fact: lower case words joined by underscores, no word of Python's grammar."""
    return bool(_NAME.match(text)) and not iskeyword(text)


def is_value(text: str) -> bool:
    """Whether `text` can stand between quotes in a condition without any escape."""
    return bool(text) and text.isprintable() and not set(text) & set('"\\#')


@dataclass(frozen=True, slots=True)
class _Node:
    # The place in the text is no part of what a condition means: it takes no part in equality or hashing.
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Constant(_Node):
    """Always yes or always no: `True`, `False`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Holds(_Node):
    """A yes-or-no fact by its name: `heart_block`."""

    fact: str

    def __post_init__(self) -> None:
        _check_name(self.fact)


@dataclass(frozen=True, slots=True)
class Known(_Node):
    """Whether the fact has a value: `known(qtc_ms)`. Never unknown. A set is known when it is complete."""

    fact: str

    def __post_init__(self) -> None:
        _check_name(self.fact)


@dataclass(frozen=True, slots=True)
class Compare(_Node):
    """A number or a word against a literal: `crcl_ml_min < 30`, `sex == "female"`."""

    fact: str
    operator: Operator
    value: int | float | str

    def __post_init__(self) -> None:
        _check_name(self.fact)
        if self.operator not in OPERATORS:
            raise ValueError(f"not an operator: {self.operator}")
        if isinstance(self.value, str):
            _check_values((self.value,))
            if self.operator not in ("==", "!="):
                raise ValueError(f"words have no order: {self.operator}")
        else:
            _check_number(self.value)


@dataclass(frozen=True, slots=True)
class Between(_Node):
    """A number between two literals: `30 <= crcl_ml_min < 60`; each end says whether it belongs to the range."""

    fact: str
    low: int | float
    high: int | float
    low_included: bool = True
    high_included: bool = False

    def __post_init__(self) -> None:
        _check_name(self.fact)
        _check_number(self.low)
        _check_number(self.high)


@dataclass(frozen=True, slots=True)
class OneOf(_Node):
    """A word among several: `child_pugh_class in ("b", "c")`."""

    fact: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_name(self.fact)
        _check_values(self.values)


@dataclass(frozen=True, slots=True)
class Member(_Node):
    """An id in a set: `"ssri" in medication_classes`."""

    fact: str
    value: str

    def __post_init__(self) -> None:
        _check_name(self.fact)
        _check_values((self.value,))


@dataclass(frozen=True, slots=True)
class AnyOf(_Node):
    """At least one of the ids is in the set: `any_of(conditions, "phn", "dpn")`."""

    fact: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_name(self.fact)
        _check_values(self.values)


@dataclass(frozen=True, slots=True)
class AllOf(_Node):
    """Every one of the ids is in the set: `all_of(medication_classes, "ssri", "opioid")`."""

    fact: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_name(self.fact)
        _check_values(self.values)


@dataclass(frozen=True, slots=True)
class Not(_Node):
    """The opposite: `not heart_block`."""

    of: Expr


@dataclass(frozen=True, slots=True)
class And(_Node):
    """All parts: `a and b and c`."""

    parts: tuple[Expr, ...]

    def __post_init__(self) -> None:
        _check_parts(self.parts)


@dataclass(frozen=True, slots=True)
class Or(_Node):
    """At least one part: `a or b or c`."""

    parts: tuple[Expr, ...]

    def __post_init__(self) -> None:
        _check_parts(self.parts)


Atom: TypeAlias = Constant | Holds | Known | Compare | Between | OneOf | Member | AnyOf | AllOf
Expr: TypeAlias = Atom | Not | And | Or


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and everything below it, in the order of the text."""
    yield expr
    match expr:
        case Not():
            yield from walk(expr.of)
        case And() | Or():
            for part in expr.parts:
                yield from walk(part)
        case _:
            pass


def fact_names(expr: Expr) -> tuple[str, ...]:
    """The names of the facts it reads, each once, in the order of the text."""
    return tuple(dict.fromkeys(node.fact for node in walk(expr) if not isinstance(node, Constant | Not | And | Or)))


def _check_name(name: str) -> None:
    if not is_name(name):
        raise ValueError(f"not a fact name: {name!r}")


def _check_number(value: float) -> None:
    if isinstance(value, bool) or not abs(value) <= MAX_NUMBER:
        raise ValueError(f"not a number: {value!r}")


def _check_values(values: tuple[str, ...]) -> None:
    if not values:
        raise ValueError("at least one value is needed")
    for value in values:
        if not is_value(value):
            raise ValueError(f"not a value: {value!r}")


def _check_parts(parts: tuple[Expr, ...]) -> None:
    if len(parts) < 2:
        raise ValueError("at least two parts are needed")
