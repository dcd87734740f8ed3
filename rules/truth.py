"""The three truth values and their tables (strong Kleene logic).

A fact about a patient that nobody recorded is unknown: never false, never zero. Every other module that
reasons in three values takes its meaning from the tables here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NoReturn


class Truth(Enum):
    """Yes, no, or nobody knows."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    # There is one of each, so it is looked up by what it is; Enum would hash its name, in Python, each time.
    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        # SAFETY: `if truth:` would turn "unknown" into a decision (tests/rules/test_truth.py).
        raise TypeError("a truth value has three cases: compare it with Truth.YES, Truth.NO or Truth.UNKNOWN")

    def __repr__(self) -> str:
        return f"Truth.{self.name}"


_Y, _N, _U = Truth.YES, Truth.NO, Truth.UNKNOWN

NOT: Mapping[Truth, Truth] = MappingProxyType({_Y: _N, _N: _Y, _U: _U})

AND: Mapping[tuple[Truth, Truth], Truth] = MappingProxyType(
    {
        (_Y, _Y): _Y,
        (_Y, _N): _N,
        (_Y, _U): _U,
        (_N, _Y): _N,
        (_N, _N): _N,
        (_N, _U): _N,
        (_U, _Y): _U,
        (_U, _N): _N,
        (_U, _U): _U,
    }
)

OR: Mapping[tuple[Truth, Truth], Truth] = MappingProxyType(
    {
        (_Y, _Y): _Y,
        (_Y, _N): _Y,
        (_Y, _U): _Y,
        (_N, _Y): _Y,
        (_N, _N): _N,
        (_N, _U): _U,
        (_U, _Y): _Y,
        (_U, _N): _U,
        (_U, _U): _U,
    }
)


def not_(value: Truth) -> Truth:
    """Yes for no, no for yes; what is unknown stays unknown."""
    return NOT[value]


def and_(*values: Truth) -> Truth:
    """Yes when all are yes, no when any is no, else unknown; of nothing: yes."""
    # What is no truth value counts as unknown: it must not make a condition hold.
    return _N if _N in values else _Y if values.count(_Y) == len(values) else _U


def or_(*values: Truth) -> Truth:
    """Yes when any is yes, no when all are no, else unknown; of nothing: no."""
    return _Y if _Y in values else _N if values.count(_N) == len(values) else _U


def from_bool(value: bool) -> Truth:
    """Yes for True and no for False; the one bridge from two values to three."""
    return Truth.YES if value else Truth.NO
