"""Whether a schedule leads down from the dose that is taken now, seen from today: to the ceiling, or to its end."""

from __future__ import annotations

from collections.abc import Sequence

from treatments.plan_doses import DECIMALS, DoseLimits, PlannedStep, Way
from treatments.rulebook import Agent
from treatments.schedules.calendar import DAYS_A_WEEK
from treatments.schedules.tapering import longest_hold, longest_interval


def way_of(
    agent: Agent,
    steps: Sequence[PlannedStep],
    ends_on: int | None,
    *,
    day: int,
    taken_now: float | None,
    limits: DoseLimits | None,
) -> Way:
    """Where a schedule stands on a `day`, counted from its start (before it: less than 0).

    Only the step reached by then and those after it count, against the dose of a day that is taken now (None: not
    known, and then nothing leads down). Every step is lower than the one before; none is held for longer than the
    slowest pace of the content has it, nor is the dose of now until the first one. Without a pace nothing leads down.
    """
    reached = _reached_on(steps, day)
    interval = longest_interval(agent.taper)
    if taken_now is None or interval is None or not steps:
        return Way(reached, reached)
    now = before = round(taken_now, DECIMALS)
    if steps[reached].day - day > interval:
        return Way(reached, reached)
    ceiling = round(limits.max_per_day, DECIMALS) if limits and limits.max_per_day is not None else None
    leading: int | None = None
    for place in range(reached, len(steps)):
        dose = steps[place].per_day
        # The dose of now may be held at first; after that every step is lower.
        if dose > before or (place > reached and dose == before):
            return Way(reached, leading or reached)
        if leading is None and ceiling is not None and dose <= ceiling:
            leading = place
        if place == 0 and dose == now and day <= steps[place].day:
            # What is taken now anyway is held for one interval, with the days until the schedule begins.
            begins, most = day, interval
        else:
            begins, most = steps[place].day, longest_hold(agent, dose, max(now, steps[0].per_day)) or 0
        ends = steps[place + 1].day if place + 1 < len(steps) else ends_on
        if ends is not None and agent.taper is not None and place + 1 == len(steps):
            # The last dose makes the way as long as the content asks for.
            most = max(most, round(agent.taper.min_weeks * DAYS_A_WEEK) - begins)
        if ends is None or ends - begins > most:
            return Way(reached, leading or reached)
        before = dose
    return Way(reached, leading or reached, is_down=True)


def _reached_on(steps: Sequence[PlannedStep], day: int) -> int:
    """The place of the step that is reached on a day; 0 before the start."""
    place = 0
    while place + 1 < len(steps) and steps[place + 1].day <= day:
        place += 1
    return place
