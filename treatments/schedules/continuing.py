"""The first steps of a medicine in a plan: from its first dose, or on from the dose that is taken already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from treatments.plan_doses import DECIMALS, PlannedStep, Running, going_on, proposed_steps, usual_times
from treatments.proposal.model import DosePlan, DoseStep, OptionResult
from treatments.rulebook import Agent
from treatments.schedules.calendar import Problem, ProblemKind, Problems, Schedule, build, groups, often
from treatments.schedules.counting import can_be_said, nearest, split
from treatments.schedules.tapering import falls_suddenly, lowered
from treatments.schedules.titrating import fitted, titration


def first_steps(option: OptionResult, agent: Agent, taken: Running | None, today: date) -> tuple[PlannedStep, ...]:
    """The steps with which an option comes into a plan, in products that exist; as they stand where there are none.

    What is taken already begins at the dose of now and goes on from there, or comes down to the ceiling of this
    patient. Empty where nobody knows that dose: it has to be asked for.
    """
    if taken is None or is_given_by_session(agent):
        made = titration(agent, option.dose) if option.dose is not None and agent.products else None
        return made.planned if isinstance(made, Schedule) else proposed_steps(option)
    if taken.per_day is None or taken.per_day <= 0:
        return ()
    if option.dose is not None:
        used_days = (today - taken.since).days if taken.since else None
        found = continued(agent, option.dose, taken.per_day, used_days=used_days)
        if isinstance(found, Schedule):
            return found.planned
    # What no product makes, or what may not be given at all, is told beside the dose that is taken.
    return _as_usual(agent, taken.per_day)


def _as_usual(agent: Agent, per_day: float) -> tuple[PlannedStep, ...]:
    """The dose of a day in as many doses as usual: equal ones, else in products; in one where neither can be.

    What then stands there is a dose that no product makes, so that somebody has to say how it is taken. Empty without
    products, where nothing would tell it from a dose that is taken once a day.
    """
    times = usual_times(agent, per_day)
    if can_be_said(per_day / times):
        return (PlannedStep(0, per_day / times, times),)
    most = agent.dosing.max_single_dose if agent.dosing else None
    made = (split(per_day, int(times), products, most) for products in groups(agent))
    doses = next((each for each in made if each is not None), None)
    if doses is not None:
        return (PlannedStep.of_doses(0, doses),)
    return (PlannedStep(0, per_day, 1),) if agent.products else ()


def is_given_by_session(agent: Agent) -> bool:
    """Whether each time it is given is a treatment of its own, so that nothing goes on."""
    return any(product.by_session for product in agent.products)


def continued(agent: Agent, dose: DosePlan, current: float, *, used_days: int | None = None) -> Schedule | Problems:
    """The proposed schedule from the dose of a day that is taken now on, or from above the ceiling down to it."""
    if not agent.products:
        return (Problem(ProblemKind.NO_PRODUCT, agent.id),)
    first, *rises = going_on(dose, current)
    first = _often_enough(agent, first)
    steps = (first, *rises)
    near = dict.fromkeys(amount for group in groups(agent) for amount in nearest(first.per_dose, group))
    not_made = (Problem(ProblemKind.NOT_BUILDABLE, agent.id, dose.unit, 0, first.per_dose, tuple(sorted(near))),)
    if current > round(dose.max_per_day, DECIMALS):
        now = PlannedStep(0, first.per_dose, first.times_per_day)
        down = lowered(agent, now, dose.max_per_day, used_days=used_days)
        is_sudden = isinstance(down, Schedule) and falls_suddenly(agent, current, down.planned[0])
        return not_made if is_sudden else down
    for may_lower in (False, True):
        for products in groups(agent):
            made = fitted(agent, products, steps, dose.max_per_day, may_lower=may_lower)
            # Later steps may be lowered to what can be made, the dose of now is what it is.
            if made and made[0].per_day == round(current, DECIMALS):
                return build(agent, made)
    return not_made


def _often_enough(agent: Agent, now: DoseStep) -> DoseStep:
    """The dose of now in as many doses a day as keep each of them under the largest single dose, where a day has them.

    How often it is taken the medicine list does not say; the schedule gives it as often as its own doses need.
    """
    most, times = agent.dosing.max_single_dose if agent.dosing else None, now.times_per_day
    if most is None or times < 1:
        return now
    counts = often(agent, times)
    times = next((count for count in counts if now.per_day / count <= most), counts[-1])
    return replace(now, per_dose=now.per_day / times, times_per_day=times)
