"""What is asked for when a medicine is stepped down or switched, and the schedules of this patient that answer it.

Nothing is stored here; see treatments.services.courses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from treatments import schedules
from treatments.plan_doses import PlannedStep, running
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
    """Whether the content has no way down for it, so that somebody writes the steps."""
    rule = agent.taper
    return not agent.products or rule is None or (rule.required and rule.usual is None)


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
    for row, (day, per_day, _times) in enumerate(entry.steps):
        if day_before is not None and day <= day_before:
            found.append((f"day_{row}", _("This step begins on or before the day of the step before it.")))
        if per_day <= 0:
            found.append((f"dose_{row}", _("A dose is above 0. The last day is entered below.")))
        elif per_day >= before:
            found.append(
                (f"dose_{row}", _("A way down falls with every step: less than %(dose)g a day.") % {"dose": before})
            )
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
