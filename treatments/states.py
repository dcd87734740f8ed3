"""The states of a plan and the steps between them, as one table. Pure.

The services, the buttons and the trigger of the database follow this table, and tests/treatments/test_plan_states.py
compares them. A signed plan never becomes a draft again: what changes is a new plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    SIGNED = "signed"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    DISCARDED = "discarded"


STEPS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.DRAFT: frozenset({State.SIGNED, State.DISCARDED}),
        State.SIGNED: frozenset({State.SUPERSEDED, State.STOPPED}),
        State.SUPERSEDED: frozenset(),
        State.STOPPED: frozenset(),
        State.DISCARDED: frozenset(),
    }
)


def may_step(before: State, after: State) -> bool:
    """Whether a plan in one state may come into the other."""
    return after in STEPS[before]
