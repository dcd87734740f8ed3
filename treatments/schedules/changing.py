"""A schedule that goes on otherwise: a step held for longer, a step back, the rest slower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from treatments.plan_doses import PlannedStep
from treatments.products import Taper
from treatments.schedules.calendar import DAYS_A_WEEK, Problem, ProblemKind


@dataclass(frozen=True, slots=True)
class Changed:
    """The steps after a change, and the day on which nothing is taken any more (None: it goes on)."""

    steps: tuple[PlannedStep, ...]
    ends_on: int | None


def _place(steps: Sequence[PlannedStep], day: int) -> int | None:
    """Which step holds on a day."""
    held = [place for place, step in enumerate(steps) if step.day <= day]
    return held[-1] if held else None


def pause(steps: Sequence[PlannedStep], ends_on: int | None, *, day: int, days: int) -> Changed | Problem:
    """Hold the dose of `day` for `days` longer; everything after it comes so much later."""
    place = _place(steps, day)
    if place is None or (ends_on is not None and day >= ends_on):
        return Problem(ProblemKind.NO_STEP, "")
    later = tuple(step.on(step.day + days) for step in steps[place + 1 :])
    return Changed((*steps[: place + 1], *later), None if ends_on is None else ends_on + days)


def step_back(steps: Sequence[PlannedStep], ends_on: int | None, *, day: int, weeks: int) -> Changed | Problem:
    """From `day` on the dose of the step before for so many weeks, then the step again and what comes after it."""
    place = _place(steps, day)
    if place is None or (ends_on is not None and day >= ends_on):
        return Problem(ProblemKind.NO_STEP, "")
    if place == 0:
        return Problem(ProblemKind.NO_STEP_BEFORE, "")
    again = day + weeks * DAYS_A_WEEK
    shift = again - steps[place].day
    # A step that begins on this very day has not been taken yet.
    before = steps[: place + 1] if steps[place].day < day else steps[:place]
    later = tuple(step.on(step.day + shift) for step in steps[place:])
    return Changed((*before, steps[place - 1].on(day), *later), None if ends_on is None else ends_on + shift)


def slower(steps: Sequence[PlannedStep], ends_on: int | None, *, day: int, times: float) -> Changed | Problem:
    """Each step after `day` lasts so many times as long; what has been taken by then stays."""
    place = _place(steps, day)
    if place is None or (ends_on is not None and day >= ends_on):
        return Problem(ProblemKind.NO_STEP, "")
    if place + 1 == len(steps) and ends_on is None:
        return Problem(ProblemKind.NO_STEP, "")

    def put_off(then: int) -> int:
        return day + round((then - day) * times)

    later = tuple(step.on(put_off(step.day)) for step in steps[place + 1 :])
    return Changed((*steps[: place + 1], *later), None if ends_on is None else put_off(ends_on))


def step_back_weeks(taper: Taper | None) -> tuple[int, int]:
    """For how many weeks, at least and at most, a step back is held."""
    return taper.step_back_weeks if taper else (1, 4)
