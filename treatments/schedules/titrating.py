"""The schedule of the proposal in products: rising, under the ceiling of this patient."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from treatments.plan_doses import PlannedStep
from treatments.proposal.model import DosePlan, DoseStep
from treatments.rulebook import Agent
from treatments.schedules.calendar import DAYS_A_WEEK, Problem, ProblemKind, Problems, Schedule, build, groups
from treatments.schedules.counting import Products, amounts, nearest, split


def titration(agent: Agent, dose: DosePlan, *, optional: bool = False, weekly: bool = False) -> Schedule | Problems:
    """The steps of the dose plan (with `optional`, those too that need a decision) in products.

    A day that no product makes exactly is lowered to one that can be made, and left out where that is no rise. With
    `weekly` every step begins on the weekday of the start, never sooner than proposed. A first dose below everything
    that can be made is a problem: nothing is raised here.
    """
    if not agent.products:
        return (Problem(ProblemKind.NO_PRODUCT, agent.id),)
    steps = [step for step in dose.schedule if optional or not step.optional] or list(dose.schedule[:1])
    for may_lower in (False, True):
        for products in groups(agent):
            made = fitted(agent, products, steps, dose.max_per_day, may_lower=may_lower)
            if made:
                schedule = build(agent, _weekly(made) if weekly else made)
                if isinstance(schedule, Schedule):
                    return Schedule(schedule.agent, schedule.unit, schedule.steps, adjusted=may_lower)
    first, products = steps[0], groups(agent)[0]
    near = dict.fromkeys(amount for group in groups(agent) for amount in nearest(first.per_dose, group))
    strengths = tuple(product.strength for product in products)
    wanted = first.per_dose
    return (Problem(ProblemKind.NOT_BUILDABLE, agent.id, dose.unit, 0, wanted, tuple(sorted(near)), strengths),)


def fitted(
    agent: Agent, products: Products, steps: Sequence[DoseStep], ceiling: float, *, may_lower: bool
) -> list[PlannedStep]:
    """The steps with doses that can be made; empty where they cannot."""
    most = agent.dosing.max_single_dose if agent.dosing else None
    by_session = products[0].by_session
    found: list[PlannedStep] = []
    for step in steps:
        made = _made(step, products, min(step.per_day, ceiling), most, may_lower=may_lower)
        if made is None:
            if not may_lower or not found:
                return []
            continue
        if not found or made.per_day > found[-1].per_day or by_session:
            found.append(made)
        elif not may_lower:
            return []
    return found


def _made(
    step: DoseStep, products: Products, per_day: float, most: float | None, *, may_lower: bool
) -> PlannedStep | None:
    times = step.times_per_day
    if products[0].drawn:
        return PlannedStep(step.day, step.per_dose, times)
    # Every second day: the amount of one giving has to be made.
    amount, count = (per_day / times, 1) if times < 1 else (per_day, int(times))
    wanted = [amount, *(reversed(amounts(products, amount)) if may_lower else ())]
    for each in wanted:
        doses = split(_rounded_down(each), count, products, most)
        if doses is not None:
            return PlannedStep(step.day, doses[0], times) if times < 1 else PlannedStep.of_doses(step.day, doses)
    return None


def _rounded_down(amount: float) -> float:
    """To thousandths, so that rounding never goes above a ceiling."""
    return floor(amount * 1000 + 1e-6) / 1000


def _weekly(steps: Sequence[PlannedStep]) -> list[PlannedStep]:
    """Each step put off to a whole number of weeks, at least one after the step before."""
    found: list[PlannedStep] = []
    for step in steps:
        day = -(-step.day // DAYS_A_WEEK) * DAYS_A_WEEK
        if found and day <= found[-1].day:
            day = found[-1].day + DAYS_A_WEEK
        found.append(step.on(day))
    return found
