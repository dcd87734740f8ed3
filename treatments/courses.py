"""What is asked for when a medicine is stepped down or switched, and the schedules of this patient that answer it.

Nothing is stored here; see treatments.services.courses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from treatments import schedules
from treatments.plan_doses import PlannedStep, current_dose, running
from treatments.proposal.model import OptionResult
from treatments.proposal.pairs import current_substances
from treatments.rulebook import Agent
from treatments.schedules import Pace, Schedule, Switch
from treatments.snapshot import Snapshot, without


@dataclass(frozen=True, slots=True, kw_only=True)
class TaperEntry:
    """From which dose of a day, in how many doses, from when and how fast a medicine is stepped down."""

    per_day: float
    times: int
    starts_on: date
    pace: Pace | None = None
    used_days: int | None = None

    @property
    def current(self) -> PlannedStep:
        """The dose of now."""
        return PlannedStep(0, self.per_day / self.times, self.times)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchEntry(TaperEntry):
    """The old medicine as for a taper, what it is replaced by, and the days of overlap or of wash-out."""

    new: str
    overlap_days: int = 0
    washout_days: int | None = None


def first_steps(option: OptionResult, shown: Snapshot) -> tuple[PlannedStep, ...]:
    """The steps with which an option comes into the plan of this patient; of what is taken already from today's dose.

    Empty for a therapy, where there is no dose, and where nobody knows the dose of what is taken.
    """
    agent = shown.rulebook.agent_by_id.get(option.id)
    if agent is None:
        return ()
    return schedules.first_steps(option, agent, running(shown.facts, agent), shown.facts.as_of)


def taper_of(agent: Agent, entry: TaperEntry) -> Schedule | schedules.Problems:
    """The taper that an entry asks for."""
    return schedules.taper(agent, entry.current, pace=entry.pace, used_days=entry.used_days)


def switch_of(old: Agent, new: Agent, entry: SwitchEntry, shown: Snapshot) -> Switch | schedules.Problems:
    """The switch that an entry asks for, with what else this patient takes.

    Where the two never meet, the dose of the new one is that of the patient without the old one.
    """
    apart = schedules.never_together(old, new, shown.rulebook)
    dose = (without(shown, old) if apart else shown.proposal).option(new.id).dose
    if dose is None:
        return (schedules.Problem(schedules.ProblemKind.NO_DOSE, new.id),)
    return schedules.switch(
        old,
        entry.current,
        new,
        dose,
        shown.rulebook,
        pace=entry.pace,
        used_days=entry.used_days,
        overlap_days=entry.overlap_days,
        washout_days=entry.washout_days,
        others=current_substances(shown.facts, shown.rulebook),
    )


def is_by_hand(agent: Agent) -> bool:
    """Whether nobody but a person can write its way down: the content has no pace for it, or no products."""
    rule = agent.taper
    return not may_stop(agent) and (not agent.products or rule is None or rule.usual is None)


def may_stop(agent: Agent) -> bool:
    """Whether the content says that it can be stopped at once."""
    return agent.taper is not None and not agent.taper.required and agent.taper.usual is None


def suddenly(agent: Agent, entry: HandTaper) -> tuple[schedules.Fall, ...]:
    """Where a way down that somebody wrote falls faster than the content says, from the dose of now on."""
    ends_on = (entry.ends_on - entry.starts_on).days
    return schedules.sudden_falls(agent, entry.planned, ends_on, current=entry.per_day)


def unlisted(agent: Agent, entry: HandTaper, shown: Snapshot) -> list[tuple[str, str]]:
    """That the medicine list does not have the dose of now, by field, where the first dose falls suddenly from it.

    A plan keeps what comes and not what was: without the list nobody could name this fall at the signature.
    """
    listed = current_dose(shown.facts, agent, entry.unit)
    first = [fall for fall in suddenly(agent, entry) if fall.day == 0]
    if not first or (listed is not None and listed >= entry.per_day):
        return []
    words = {"before": f"{first[0].before:g} {entry.unit}", "after": f"{first[0].after:g} {entry.unit}"}
    text = _(
        "The first step falls suddenly from %(before)s to %(after)s a day, and the medicine list does not have the"
        " dose of now. Correct the list first, so that the plan names this fall."
    )
    return [("per_day", text % words)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandTaper:
    """A way down that somebody wrote: the dose of now, from which day which dose of a day in how many doses, the end.

    `ends_on` is the first day without it. Doses are in `unit`.
    """

    per_day: float
    unit: str
    steps: tuple[tuple[date, float, int], ...]
    ends_on: date

    @property
    def starts_on(self) -> date:
        """The day of the first lower dose."""
        return self.steps[0][0]

    @property
    def planned(self) -> tuple[PlannedStep, ...]:
        """The steps as a plan keeps them."""
        return tuple(
            PlannedStep((day - self.starts_on).days, per_day / times, times) for day, per_day, times in self.steps
        )


def hand_problems(entry: HandTaper) -> list[tuple[str, str]]:
    """What cannot be a way down, by field. Each step lasts until the next: in order, no day is missing.

    How fast it may fall is not asked here; see treatments.plan_checks for what the content says of it.
    """
    if not entry.steps:
        return [("day_0", _("Enter at least one step, with its day and dose."))]
    found: list[tuple[str, str]] = []
    day_before, before = None, entry.per_day
    for row, (day, per_day, times) in enumerate(entry.steps):
        if day_before is not None and day <= day_before:
            found.append((f"day_{row}", _("This step begins on or before the day of the step before it.")))
        if per_day <= 0:
            found.append((f"dose_{row}", _("A dose is above 0. The last day is entered below.")))
        elif per_day >= before:
            found.append(
                (f"dose_{row}", _("A way down falls with every step: less than %(dose)g a day.") % {"dose": before})
            )
        if not schedules.can_be_said(per_day / times):
            words = {"dose": f"{per_day:.10g} {entry.unit}", "times": times}
            text = _("%(dose)s does not divide into %(times)d equal doses.")
            found.append((f"dose_{row}", text % words if times > 1 else _("A dose has at most three decimals.")))
        day_before, before = day, per_day
    if day_before is not None and entry.ends_on <= day_before:
        found.append(("ends_on", _("The end lies on or before the day of the last step.")))
    return found


def switch_field(problem: schedules.Problem) -> str:
    """The field of the form that a problem of a switch is about."""
    kind = schedules.ProblemKind
    if problem.kind is kind.WASHOUT_UNKNOWN:
        return "washout_days"
    return "new" if problem.kind in (kind.SAME_MEDICINE, kind.NOT_TOGETHER, kind.NO_DOSE) else "per_day"
