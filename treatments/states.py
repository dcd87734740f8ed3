"""The states of a plan and the steps between them, as one table. Pure.

The services, the buttons and the trigger of the database follow this table, and tests/treatments/test_plan_states.py
compares them. Who may draft but not sign proposes a plan for review; it is returned with words, or signed. Whoever
changes a proposed plan takes it back to a draft first, so that nobody signs what they have not seen. A signed plan
never becomes a draft again: what changes is a new plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    SIGNED = "signed"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    DISCARDED = "discarded"


STEPS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.DRAFT: frozenset({State.PROPOSED, State.SIGNED, State.DISCARDED}),
        State.PROPOSED: frozenset({State.DRAFT, State.SIGNED, State.DISCARDED}),
        State.SIGNED: frozenset({State.SUPERSEDED, State.STOPPED}),
        State.SUPERSEDED: frozenset(),
        State.STOPPED: frozenset(),
        State.DISCARDED: frozenset(),
    }
)


# Not signed yet: what is being built, and what waits for review. At most one of them per patient.
OPEN: Final = (State.DRAFT, State.PROPOSED)


def may_step(before: State, after: State) -> bool:
    """Whether a plan in one state may come into the other."""
    return after in STEPS[before]
