"""The doses of a day of one medicine over all its items in a plan: a change of form is no end of it.

Immediate and extended release of the same substance are items of their own; what the patient gets a day is their sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from treatments.plan_doses import DECIMALS, PlannedStep
from treatments.rulebook import Agent, Rulebook
from treatments.safety.model import Choice


@dataclass(frozen=True, slots=True)
class Part:
    """A time without a day off: the steps, the day on which nothing is taken any more (None: it goes on).

    Days count from `starts_on` (None: today). `before` is the dose of a day until then (None: not known, or none).
    """

    steps: tuple[PlannedStep, ...]
    ends_on: int | None
    starts_on: date | None
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One medicine: `ref_id` is the item that its reasons are given for, the first that ends or else the first."""

    ref_id: str
    parts: tuple[Part, ...]


def courses_of(items: Sequence[Choice], rulebook: Rulebook) -> tuple[Course, ...]:
    """The courses of these medicines; forms of one substance are one course, where all their doses are known."""
    groups: list[list[Choice]] = []
    for item in items:
        agent = rulebook.agent_by_id[item.ref_id]
        same = (group for group in groups if _is_same(agent, rulebook.agent_by_id[group[0].ref_id]))
        group = next(same, None)
        if group is None:
            groups.append([item])
        else:
            group.append(item)
    return tuple(course for group in groups for course in _courses(group))


def _is_same(agent: Agent, other: Agent) -> bool:
    """Whether both are forms of one substance whose doses can be added."""
    if agent.dosing is None or other.dosing is None or agent.dosing.unit != other.dosing.unit:
        return False
    return bool(agent.drug_names) and set(agent.drug_names) == set(other.drug_names)


def _courses(group: Sequence[Choice]) -> Iterator[Course]:
    if len(group) == 1 or any(item.starts_on is None or not item.steps for item in group):
        for item in group:
            yield Course(item.ref_id, (Part(item.steps, item.ends_on, item.starts_on, item.taken_now),))
        return
    leaving = [item for item in group if item.stops_on is not None]
    yield Course((leaving or list(group))[0].ref_id, tuple(_parts(group)))


def _parts(group: Sequence[Choice]) -> Iterator[Part]:
    first = min(group, key=lambda item: item.starts_on or date.max)
    before = first.taken_now
    start: date | None = None
    steps: list[PlannedStep] = []
    for day in _days(group):
        dose = round(sum(_dose_on(item, day) for item in group), DECIMALS)
        if dose > 0:
            start = start or day
            if not steps or steps[-1].per_day != dose:
                steps.append(PlannedStep((day - start).days, dose, 1))
        elif start is not None:
            yield Part(tuple(steps), (day - start).days, start, before)
            start, steps, before = None, [], None
    if start is not None:
        yield Part(tuple(steps), None, start, before)


def _days(group: Sequence[Choice]) -> list[date]:
    """Every day on which the dose of one of them changes."""
    days = {step.begins(item.starts_on) for item in group if item.starts_on for step in item.steps}
    return sorted(days | {item.stops_on for item in group if item.stops_on})


def _dose_on(item: Choice, day: date) -> float:
    if item.starts_on is None or (item.stops_on and day >= item.stops_on):
        return 0.0
    reached = [step.per_day for step in item.steps if step.begins(item.starts_on) <= day]
    return reached[-1] if reached else 0.0
