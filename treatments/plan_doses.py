"""The doses of a plan: what was chosen, the limits for this patient, and where the two do not agree. Pure.

Doses are in the unit of the agent. No limit stands here: they come from the proposal and from the rulebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from treatments.dose_units import in_unit
from treatments.fact_content import shipped_fact_content
from treatments.patient_facts import PatientFacts
from treatments.proposal.model import OptionResult
from treatments.rulebook import Agent

# Doses are compared after rounding: 3 x 33.3333 is 100.
DECIMALS = 3


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One dose of the schedule from `day` (counted from the start) on.

    Where the doses of a day differ, `doses` holds them in the order of the day and `per_dose` the largest.
    """

    day: int
    per_dose: float
    times_per_day: float
    doses: tuple[float, ...] = ()

    @classmethod
    def of_doses(cls, day: int, doses: Sequence[float]) -> PlannedStep:
        """The step of these doses a day, which may differ."""
        same = len(set(doses)) == 1
        return cls(day, max(doses), len(doses), () if same else tuple(doses))

    @property
    def per_day(self) -> float:
        """The dose of a whole day."""
        return round(sum(self.doses) if self.doses else self.per_dose * self.times_per_day, DECIMALS)

    def on(self, day: int) -> PlannedStep:
        """The same dose from another day on."""
        return replace(self, day=day)

    def to_json(self) -> dict[str, Any]:
        """The form in which a plan keeps it."""
        kept: dict[str, Any] = {"day": self.day, "per_dose": self.per_dose, "times_per_day": self.times_per_day}
        return kept | {"doses": list(self.doses)} if self.doses else kept

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PlannedStep:
        """Read what `to_json` wrote."""
        doses = tuple(float(dose) for dose in data.get("doses", ()))
        return cls(int(data["day"]), float(data["per_dose"]), float(data["times_per_day"]), doses)

    def begins(self, start: date) -> date:
        """The first day of this dose when the treatment begins on `start`."""
        return start + timedelta(days=self.day)


@dataclass(frozen=True, slots=True)
class DoseLimits:
    """How much this patient may get, per day.

    Above `start_per_day` (first dose) or `max_per_day` somebody must give a reason; above `never_above`, the highest
    dose of the rulebook, or `max_single_dose` nobody can. None: the content gives no such limit. `why` says what
    lowered the limit.
    """

    unit: str
    start_per_day: float | None
    max_per_day: float | None
    never_above: float | None
    max_single_dose: float | None
    why: tuple[str, ...] = ()


class DoseIssue(StrEnum):
    """What is wrong with a dose."""

    NOT_POSITIVE = "not_positive"
    NOT_IN_ORDER = "not_in_order"
    ABOVE_START = "above_start"
    ABOVE_LIMIT = "above_limit"
    ABOVE_ALL = "above_all"
    SINGLE_DOSE = "single_dose"


# What a reason may set aside.
OVERRIDABLE = frozenset({DoseIssue.ABOVE_START, DoseIssue.ABOVE_LIMIT})


@dataclass(frozen=True, slots=True)
class DoseProblem:
    """One issue with one step (its place in the schedule, from 0)."""

    issue: DoseIssue
    step: int
    given: float
    limit: float


def limits_of(option: OptionResult, agent: Agent) -> DoseLimits | None:
    """The limits for this patient, or the rulebook's where none were computed; None where the content has no dose."""
    dosing = agent.dosing
    if dosing is None:
        return None
    if option.dose is None:
        return DoseLimits(dosing.unit, None, dosing.max_per_day, dosing.max_per_day, dosing.max_single_dose)
    dose = option.dose
    return DoseLimits(
        dose.unit, dose.start_per_day, dose.max_per_day, dosing.max_per_day, dosing.max_single_dose, dose.adjusted_for
    )


def proposed_steps(option: OptionResult) -> tuple[PlannedStep, ...]:
    """The steps that the proposal gives this patient, without the optional ones; empty when it gives none."""
    if option.dose is None:
        return ()
    kept = [step for step in option.dose.schedule if not step.optional] or list(option.dose.schedule[:1])
    return tuple(PlannedStep(step.day, step.per_dose, step.times_per_day) for step in kept)


def is_taper(steps: Sequence[PlannedStep], ends_on: int | None, current: float | None) -> bool:
    """Whether a schedule only leads down from the dose of a day that is taken now (None: not known) to an end."""
    if ends_on is None or current is None or not steps or steps[0].per_day > round(current, DECIMALS):
        return False
    return all(higher.per_day > lower.per_day for higher, lower in pairwise(steps))


def first_day_at(steps: Sequence[PlannedStep], dose: float | None) -> int | None:
    """On which day of the schedule a dose is reached for good; None where it is not, or where nothing is entered."""
    if dose is None:
        return None
    reached: int | None = None
    for step in steps:
        if step.per_day >= dose:
            reached = step.day if reached is None else reached
        else:
            reached = None
    return reached


def dose_problems(
    steps: Sequence[PlannedStep], limits: DoseLimits | None, *, is_taken: bool = False, is_down: bool = False
) -> tuple[DoseProblem, ...]:
    """Everything that is wrong with a schedule. Who takes the medicine already need not begin with the first dose.

    A way down to the end (`is_down`, see `is_taper`) has no ceiling: above it is where such a way begins.
    """
    found: list[DoseProblem] = []
    for place, step in enumerate(steps):
        if step.per_dose <= 0 or step.times_per_day <= 0:
            found.append(DoseProblem(DoseIssue.NOT_POSITIVE, place, step.per_day, 0))
        if place and step.day <= steps[place - 1].day:
            found.append(DoseProblem(DoseIssue.NOT_IN_ORDER, place, step.day, steps[place - 1].day))
        if limits is None or is_down:
            continue
        found.extend(_against(limits, step, place, is_first=place == 0 and not is_taken))
    return tuple(found)


def current_dose(facts: PatientFacts, agent: Agent) -> float | None:
    """The dose of a day that is taken now by the list, in the unit of the agent.

    None where the list does not say it, or says it of a part only, or in a unit that cannot be converted.
    """
    if agent.dosing is None:
        return None
    unit, mass = agent.dosing.unit, shipped_fact_content().mme.mass_in_mg
    taken = [medicine for medicine in facts.medicines if medicine.current and agent.id in medicine.agents]
    doses = [
        in_unit(medicine.daily_dose, medicine.unit, unit, mass)
        for medicine in taken
        if medicine.daily_dose is not None and not medicine.as_needed
    ]
    known = [dose for dose in doses if dose is not None]
    return round(sum(known), DECIMALS) if known and len(known) == len(taken) else None


def _against(limits: DoseLimits, step: PlannedStep, place: int, *, is_first: bool) -> Iterable[DoseProblem]:
    daily = [(DoseIssue.ABOVE_ALL, limits.never_above), (DoseIssue.ABOVE_LIMIT, limits.max_per_day)]
    if is_first:
        daily.append((DoseIssue.ABOVE_START, limits.start_per_day))
    for issue, limit in daily:
        if limit is not None and step.per_day > round(limit, DECIMALS):
            yield DoseProblem(issue, place, step.per_day, limit)
            break
    if limits.max_single_dose is not None and step.per_dose > round(limits.max_single_dose, DECIMALS):
        yield DoseProblem(DoseIssue.SINGLE_DOSE, place, step.per_dose, limits.max_single_dose)


def rises_faster(steps: Sequence[PlannedStep], option: OptionResult) -> int | None:
    """The place of the first step above what the proposed schedule has reached by that day; None when none is."""
    if option.dose is None or option.currently_taken:
        return None
    for place, step in enumerate(steps):
        reached = max((s.per_day for s in option.dose.schedule if s.day <= step.day), default=0.0)
        if step.per_day > round(reached, DECIMALS):
            return place
    return None
