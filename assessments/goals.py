"""Goals that a score is read against. They stand in the treatment plan, which is built on top of the assessment.

So the plan's app registers how to read them when it starts, and this app knows nothing of plans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ScoreGoal:
    """What a patient wants a score to come to; `target` is on the scale of the instrument."""

    instrument: str
    target: float


Reader = Callable[[UUID], Mapping[str, ScoreGoal]]
_readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Let goals be read by `reader`, which takes a patient id and gives the goals that count now by instrument."""
    if reader not in _readers:
        _readers.append(reader)


def goals_of(patient_id: UUID) -> Mapping[str, ScoreGoal]:
    """The goals of a patient that count now, by instrument. As many queries as the readers take: one."""
    return MappingProxyType({name: goal for read in _readers for name, goal in read(patient_id).items()})
