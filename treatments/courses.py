"""What is asked for when a medicine is stepped down or switched, and the schedules of this patient that answer it.

Nothing is stored here; see treatments.services.courses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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


def switch_field(problem: schedules.Problem) -> str:
    """The field of the form that a problem of a switch is about."""
    kind = schedules.ProblemKind
    if problem.kind is kind.WASHOUT_UNKNOWN:
        return "washout_days"
    return "new" if problem.kind in (kind.SAME_MEDICINE, kind.NOT_TOGETHER, kind.NO_DOSE) else "per_day"
