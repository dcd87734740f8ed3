"""A schedule in products: steps with what is taken when, any day of it, and how much of each product it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from treatments.plan_doses import DECIMALS, PlannedStep
from treatments.products import Product, TimeOfDay
from treatments.rulebook import Agent
from treatments.schedules.counting import Products, nearest, portions

_TIMES = {
    2: (TimeOfDay.MORNING, TimeOfDay.NIGHT),
    3: (TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.NIGHT),
    4: tuple(TimeOfDay),
}
DAYS_A_WEEK = 7


class ProblemKind(StrEnum):
    """Why there is no schedule."""

    NO_PRODUCT = "no_product"
    NOT_BUILDABLE = "not_buildable"
    TOO_OFTEN = "too_often"
    NO_DOSE = "no_dose"
    NO_TAPER = "no_taper"
    MAY_STOP = "may_stop"
    SAME_MEDICINE = "same_medicine"
    NOT_TOGETHER = "not_together"
    WASHOUT_UNKNOWN = "washout_unknown"
    NO_STEP = "no_step"
    NO_STEP_BEFORE = "no_step_before"
    NO_OTHER_PACE = "no_other_pace"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a schedule cannot be made.

    `step` is the place of the step (from 0; None: the schedule as a whole), `wanted` its dose and `nearest` the next
    doses that can be made, in `unit`. `strengths` are those of the products. `findings` are ids of interactions.
    """

    kind: ProblemKind
    agent: str
    unit: str = ""
    step: int | None = None
    wanted: float | None = None
    nearest: tuple[float, ...] = ()
    strengths: tuple[float, ...] = ()
    findings: tuple[str, ...] = ()


Problems = tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """So many of one product at one time of the day."""

    time_of_day: TimeOfDay
    product: Product
    count: float

    @property
    def amount(self) -> float:
        """How much of the medicine that is, in the unit of the product."""
        return round(self.count * self.product.strength, DECIMALS)


@dataclass(frozen=True, slots=True)
class Step:
    """What is taken from `day` (counted from the start) on.

    `planned` is the dose as the plan has it; `intakes` what makes it on a day on which it is given: on every day, on
    every `every`-th one, or (`every` 0) on the first day of the step only.
    """

    day: int
    planned: PlannedStep
    intakes: tuple[Intake, ...]
    every: int = 1

    @property
    def per_day(self) -> float:
        """The dose of a day, as the plan counts it."""
        return self.planned.per_day


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day. `step` is None before the start and after the end; `is_worn` says that a patch of before stays on."""

    day: int
    step: Step | None
    intakes: tuple[Intake, ...] = ()
    is_worn: bool = False

    def at(self, time_of_day: TimeOfDay) -> tuple[Intake, ...]:
        """What is taken at one time of this day."""
        return tuple(intake for intake in self.intakes if intake.time_of_day is time_of_day)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of one medicine, rising or falling. From `ends_on` (counted from the start) on nothing is taken.

    `adjusted` says that a step was lowered to a dose that can be made.
    """

    agent: str
    unit: str
    steps: tuple[Step, ...]
    ends_on: int | None = None
    adjusted: bool = False

    @property
    def planned(self) -> tuple[PlannedStep, ...]:
        """The steps as a plan keeps them."""
        return tuple(step.planned for step in self.steps)

    @property
    def products(self) -> Products:
        """Every product that is used, once."""
        return tuple(dict.fromkeys(intake.product for step in self.steps for intake in step.intakes))

    def step_on(self, day: int) -> Step | None:
        """The step that holds on a day."""
        if self.ends_on is not None and day >= self.ends_on:
            return None
        return next((step for step in reversed(self.steps) if step.day <= day), None)

    def on(self, day: int) -> CalendarDay:
        """What is taken on a day."""
        step = self.step_on(day)
        if step is None:
            return CalendarDay(day, None)
        since = day - step.day
        is_given = since == 0 or (step.every > 0 and since % step.every == 0)
        if is_given:
            return CalendarDay(day, step, step.intakes)
        return CalendarDay(day, step, is_worn=any(intake.product.worn_days for intake in step.intakes))

    def days(self, first: int, end: int) -> Iterator[CalendarDay]:
        """The days from `first` up to, not including, `end`."""
        return (self.on(day) for day in range(first, end))

    def quantities(self, first: int, end: int) -> tuple[tuple[Product, float], ...]:
        """How many of each product the days from `first` up to `end` take, in the order of the products used."""
        counts = dict.fromkeys(self.products, 0.0)
        for day in self.days(first, end):
            for intake in day.intakes:
                counts[intake.product] += intake.count
        return tuple((product, round(count, DECIMALS)) for product, count in counts.items() if count)


def first_weekday(on_or_after: date, weekday: int) -> date:
    """The first day that is this day of the week (Monday 0) and not before `on_or_after`."""
    return on_or_after + timedelta(days=(weekday - on_or_after.weekday()) % DAYS_A_WEEK)


@lru_cache(maxsize=128)
def _groups(products: Products) -> tuple[Products, ...]:
    kinds = dict.fromkeys((product.release, product.is_liquid) for product in products)
    return tuple(tuple(p for p in products if (p.release, p.is_liquid) == kind) for kind in kinds)


def groups(agent: Agent) -> tuple[Products, ...]:
    """The products that may stand in one schedule, the preferred ones first: of one release, solid or liquid."""
    return _groups(agent.products)


def times_of_day(agent: Agent, doses: int) -> tuple[TimeOfDay, ...] | None:
    """When so many doses of a day are taken; None for more than the day has times."""
    return (agent.once,) if doses == 1 else _TIMES.get(doses)


def often(agent: Agent, times: float) -> tuple[int, ...]:
    """So many doses of a day, and more as long as the day has times for them."""
    least = max(int(times), 1)
    more = (count for count in range(least + 1, least + len(TimeOfDay)) if times_of_day(agent, count))
    return (least, *more)


def build(agent: Agent, steps: Sequence[PlannedStep], ends_on: int | None = None) -> Schedule | Problems:
    """These steps in products, exactly; or every step that cannot be made, with the nearest doses that can."""
    if not agent.products:
        return (Problem(ProblemKind.NO_PRODUCT, agent.id),)
    if not steps:
        return (Problem(ProblemKind.NO_DOSE, agent.id),)
    found: Problems = ()
    for products in groups(agent):
        made = [_step(agent, products, step, place) for place, step in enumerate(steps)]
        wrong = tuple(each for each in made if isinstance(each, Problem))
        if not wrong:
            kept = tuple(each for each in made if isinstance(each, Step))
            return Schedule(agent.id, products[0].unit, kept, ends_on)
        # What the preferred products cannot make is what is told.
        found = found or wrong
    return found


def _step(agent: Agent, products: Products, planned: PlannedStep, place: int) -> Step | Problem:
    unit = products[0].unit
    times, every = planned.times_per_day, 1
    if 0 < times < 1 and abs(1 / times - round(1 / times)) < 1e-6:
        times, every = 1, round(1 / times)
    at = times_of_day(agent, int(times)) if float(times).is_integer() else None
    if at is None:
        return Problem(ProblemKind.TOO_OFTEN, agent.id, unit, place, planned.times_per_day)
    intakes: list[Intake] = []
    for time_of_day, dose in zip(at, planned.doses or [planned.per_dose] * len(at), strict=False):
        made = portions(round(dose, DECIMALS), products)
        if made is None:
            near = dict.fromkeys(amount for group in groups(agent) for amount in nearest(dose, group))
            strengths = tuple(product.strength for product in products)
            return Problem(ProblemKind.NOT_BUILDABLE, agent.id, unit, place, dose, tuple(sorted(near)), strengths)
        intakes += [Intake(time_of_day, product, count) for product, count in made]
    first = products[0]
    every = 0 if first.by_session else (first.worn_days or every)
    return Step(planned.day, planned, tuple(intakes), every)
