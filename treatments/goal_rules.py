"""Goal attainment scaling: how far a goal was reached, what each level means, what a goal counts. Pure.

A goal with numbers is judged by its progress, (now - baseline) / (target - baseline), which works for goals that rise
and for goals that fall. The cut points and the scales come from the content (goals.yaml, gas).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

# Progress is compared after rounding: (18.5 - 5) / 15 is 0.9.
DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Band:
    """One level of the scale: its label, and the progress from which (and below which) it is reached."""

    level: int
    label: str
    progress_from: float | None
    progress_below: float | None

    def holds(self, progress: float) -> bool:
        """Whether this progress lies in the band."""
        return (self.progress_from is None or progress >= self.progress_from) and (
            self.progress_below is None or progress < self.progress_below
        )


@dataclass(frozen=True, slots=True)
class SmartRule:
    """One thing that makes a goal a good one; the figures are None where the rule has none."""

    id: str
    check: str
    words_from: int | None = None
    confidence_from: int | None = None
    within_weeks: int | None = None
    at_most: int | None = None
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoalRules:
    """What the content says about goals: the levels, the scale of the weights, what makes a goal a good one."""

    bands: tuple[Band, ...]
    weight_at_most: int
    smart: Mapping[str, SmartRule] = field(default_factory=dict)

    @property
    def most_goals(self) -> int:
        """How many goals a plan may have at a time."""
        return self.smart["few"].at_most or 1


class Weighed(Protocol):
    """A goal with what it counts for; None where nobody asked."""

    @property
    def importance(self) -> int | None: ...
    @property
    def difficulty(self) -> int | None: ...


def level_reached(now: float, baseline: float, target: float, bands: Sequence[Band]) -> int:
    """The level of a goal with numbers. Raises ValueError for a target that equals the baseline."""
    if target == baseline:
        raise ValueError("a goal whose target equals its baseline cannot be judged")
    progress = round((now - baseline) / (target - baseline), DECIMALS)
    return next(band.level for band in bands if band.holds(progress))


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers of one level: `first` counts to it, `before` does not; None where it has no end."""

    first: float | None
    before: float | None
    falls: bool

    @property
    def is_possible(self) -> bool:
        """Whether a number that counts something can lie in it: there is nothing below 0."""
        return not self.falls or self.first is None or self.first >= 0


def range_of(band: Band, baseline: float, target: float) -> Range:
    """The numbers that a level stands for."""
    ends = [
        None if end is None else baseline + end * (target - baseline)
        for end in (band.progress_from, band.progress_below)
    ]
    first, before = (None if end is None else round(end, DECIMALS) for end in ends)
    return Range(first, before, target < baseline)


def weights(goals: Sequence[Weighed]) -> list[int]:
    """What each goal counts: importance times difficulty, or 1 for all as soon as one of them was not weighed."""
    found = [
        goal.importance * goal.difficulty
        for goal in goals
        if goal.importance is not None and goal.difficulty is not None
    ]
    return found if len(found) == len(goals) else [1] * len(goals)
