"""The doses of a plan: what was chosen, the limits for this patient, and where the two do not agree. Pure.

Doses are in the unit of the agent. No limit stands here: they come from the proposal and from the rulebook.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from math import isfinite
from typing import Any

from treatments.dose_units import in_unit
from treatments.fact_content import shipped_fact_content
from treatments.patient_facts import Medicine, PatientFacts
from treatments.proposal.model import DosePlan, DoseStep, OptionResult
from treatments.rulebook import Agent

# The release of a line of the medicine list, and of a product.
IMMEDIATE = "immediate"
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

    @property
    def cover(self) -> str:
        """The id that a reason for it has to cover; see `uncovered`."""
        return dose_cover(self.issue, self.limit, self.given)


def dose_cover(issue: DoseIssue, limit: float, dose: float) -> str:
    """The id of a dose of a day above a limit. A reason for it is one for less above the same limit, never for more."""
    return f"{issue}:{limit:g}:{dose:g}"


def uncovered(wanted: Iterable[str], given: Collection[str]) -> list[str]:
    """The ids that a reason does not cover; of doses above a limit those above the dose that it was given for."""
    return [name for name in wanted if name not in given and not _reaches(name, given)]


def _reaches(name: str, given: Collection[str]) -> bool:
    wanted = _read_cover(name)
    if wanted is None:
        return False
    return any(
        read[:2] == wanted[:2] and read[2] >= wanted[2] for each in given if (read := _read_cover(each)) is not None
    )


def _read_cover(name: str) -> tuple[DoseIssue, str, float] | None:
    """The issue, the limit and the dose of an id of `dose_cover`; None for anything else that a browser may send."""
    parts = name.split(":")
    if len(parts) != 3 or parts[0] not in OVERRIDABLE:
        return None
    try:
        dose = float(parts[2])
    except ValueError:
        return None
    return (DoseIssue(parts[0]), parts[1], dose) if isfinite(dose) else None


def doses_covered(given: Iterable[str]) -> dict[DoseIssue, float]:
    """Up to which dose of a day a reason was given, by what it is about."""
    found: dict[DoseIssue, float] = {}
    for name in given:
        read = _read_cover(name)
        if read is not None:
            issue, _limit, dose = read
            found[issue] = max(found.get(issue, 0.0), dose)
    return found


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


def going_on(dose: DosePlan, current: float) -> tuple[DoseStep, ...]:
    """The proposed steps for somebody who takes `current` a day already: that dose, then the higher ones.

    Each dose is held for as long as the schedule holds it; nothing rises where the schedule does not say for how long.
    """
    steps = [step for step in dose.schedule if not step.optional] or list(dose.schedule[:1])
    reached = [step for step in steps if step.per_day <= current]
    rises = [step for step in steps if step.per_day > current]
    times = (reached or steps)[-1 if reached else 0].times_per_day
    now = DoseStep(0, current / times, times, current)
    if reached:
        since = reached[-1].day
    elif len(rises) > 1:
        since = 2 * rises[0].day - rises[1].day
    else:
        return (now,)
    return (now, *(replace(step, day=step.day - since) for step in rises))


@dataclass(frozen=True, slots=True)
class Way:
    """Where a schedule stands today; see treatments.schedules.way_of.

    `reached` is the place of the step that is reached, or of the first; what comes before it is history. The steps from
    there to before `leading` lead from the dose of now down to the ceiling. `is_down`: all of them lead to an end.
    """

    reached: int = 0
    leading: int = 0
    is_down: bool = False


# A schedule of which nobody asked how it goes on from today: all of it counts, and nothing leads down.
UNSEEN = Way()


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
    steps: Sequence[PlannedStep],
    limits: DoseLimits | None,
    *,
    is_taken: bool = False,
    way: Way = UNSEEN,
) -> tuple[DoseProblem, ...]:
    """Everything that is wrong with a schedule. Who takes the medicine already need not begin with the first dose.

    A way down to the end has no limit of a day: above it is where such a way begins. What leads from the dose of now
    down to the ceiling waits for a reason like any dose above it, but may be above the highest dose of the rulebook.
    How much is taken at once is limited on every way: a day can be divided in more doses.
    """
    found: list[DoseProblem] = []
    for place, step in enumerate(steps):
        if step.per_dose <= 0 or step.times_per_day <= 0:
            found.append(DoseProblem(DoseIssue.NOT_POSITIVE, place, step.per_day, 0))
        if place and step.day <= steps[place - 1].day:
            found.append(DoseProblem(DoseIssue.NOT_IN_ORDER, place, step.day, steps[place - 1].day))
        if limits is None or place < way.reached:
            continue
        found.extend(_against(limits, step, place, way, is_first=place == 0 and not is_taken))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Running:
    """A medicine of the list that an agent is: the dose of a day in the unit of the agent, and since when.

    `per_day` None: the list does not say it, or says it of a part only, or in a unit that cannot be converted. `since`
    None: not known, or not the same for all lines of it. `listed` is the dose of a day as the list has it, or empty.
    """

    per_day: float | None
    since: date | None
    listed: str = ""


def running(facts: PatientFacts, agent: Agent, unit: str = "") -> Running | None:
    """The medicine that is taken now, whatever its form; None where the list has no such medicine.

    `unit` is what its dose is compared in where the content has no dose for it (empty: it cannot be).
    """
    taken = [item for item in facts.medicines if item.current and item.stopped is None and agent.id in item.agents]
    if not taken:
        return None
    since = {item.started for item in taken}
    return Running(
        _dose_of_all(taken, agent.dosing.unit if agent.dosing else unit),
        since.pop() if len(since) == 1 else None,
        " + ".join(f"{item.daily_dose:g} {item.unit or ''}".strip() for item in taken if item.daily_dose is not None),
    )


def _dose_of_all(taken: Sequence[Medicine], unit: str) -> float | None:
    if not unit:
        return None
    mass = shipped_fact_content().mme.mass_in_mg
    # Of a product of several substances nobody knows which of them the dose is of.
    doses = [
        in_unit(medicine.daily_dose, medicine.unit, unit, mass)
        for medicine in taken
        if medicine.daily_dose is not None and not medicine.as_needed and len(medicine.ingredients) == 1
    ]
    known = [dose for dose in doses if dose is not None]
    return round(sum(known), DECIMALS) if known and len(known) == len(taken) else None


def same_form(facts: PatientFacts, agent: Agent) -> bool:
    """Whether what is taken now is surely of the form of the agent (immediate or extended release)."""
    forms = {product.release == IMMEDIATE for product in agent.products}
    taken = [item for item in facts.medicines if item.current and item.stopped is None and agent.id in item.agents]
    for item in taken:
        if item.release is None:
            # The name alone may mean another agent of the rulebook as well.
            if len(item.agents) > 1:
                return False
        elif (item.release == IMMEDIATE) not in forms:
            return False
    return bool(taken)


def current_dose(facts: PatientFacts, agent: Agent, unit: str = "") -> float | None:
    """The dose of a day that is taken now by the list; None where nobody knows it.

    It is in the unit of the agent, or in `unit` where the content has no dose for it.
    """
    taken = running(facts, agent, unit)
    return taken.per_day if taken else None


def usual_times(agent: Agent, per_day: float) -> float:
    """In how many doses the schedule of the content gives the nearest dose of a day."""
    steps = agent.dosing.titration if agent.dosing else ()
    nearest = min(steps, key=lambda step: abs(step.per_day - per_day), default=None)
    return nearest.times_per_day if nearest else 1


def _against(limits: DoseLimits, step: PlannedStep, place: int, way: Way, *, is_first: bool) -> Iterable[DoseProblem]:
    daily: list[tuple[DoseIssue, float | None]] = []
    if not way.is_down:
        if place >= way.leading:
            daily.append((DoseIssue.ABOVE_ALL, limits.never_above))
        daily.append((DoseIssue.ABOVE_LIMIT, limits.max_per_day))
        if is_first:
            daily.append((DoseIssue.ABOVE_START, limits.start_per_day))
    for issue, limit in daily:
        if limit is not None and step.per_day > round(limit, DECIMALS):
            yield DoseProblem(issue, place, step.per_day, limit)
            if issue is DoseIssue.ABOVE_ALL:
                break
    if limits.max_single_dose is not None and step.per_dose > round(limits.max_single_dose, DECIMALS):
        yield DoseProblem(DoseIssue.SINGLE_DOSE, place, step.per_dose, limits.max_single_dose)


def rises_faster(steps: Sequence[PlannedStep], option: OptionResult, taken_now: float | None = None) -> int | None:
    """The place of the first step above what the proposed schedule has reached by that day; None when none is.

    Who takes the medicine already goes on from the dose of a day that is taken now; None where that is not known.
    """
    if option.dose is None or (option.currently_taken and taken_now is None):
        return None
    proposed = option.dose.schedule if taken_now is None else going_on(_with_optional(option.dose), taken_now)
    for place, step in enumerate(steps):
        reached = max((s.per_day for s in proposed if s.day <= step.day), default=0.0)
        if step.per_day > round(reached, DECIMALS):
            return place
    return None


def _with_optional(dose: DosePlan) -> DosePlan:
    """The same with the steps that need a decision as steps like any other."""
    return replace(dose, schedule=tuple(replace(step, optional=False) for step in dose.schedule))
