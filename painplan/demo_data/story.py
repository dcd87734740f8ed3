"""What the story of one invented patient is made of. Plain frozen data; every date is a day, nothing is looked up.

A visit holds a `Case`, the same form in which the case library describes patients: what is known on that day. The
writer turns it into the record, an assessment and, where the visit has a plan, a plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from treatments.case import Case
from treatments.plan_record import GoalRecord


class Course(StrEnum):
    """How a patient fares after the plan was signed."""

    IMPROVING = "improving"
    PARTIAL = "partial"
    UNCHANGED = "unchanged"
    WORSE = "worse"
    SIDE_EFFECTS = "side_effects"
    ALARMING = "alarming"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the patient is. `clinic` is a name of the demo's clinics; without `email` or consent no message is sent."""

    number: str
    family_name: str
    given_names: str
    birth_date: date
    sex: str
    pregnancy: str = "not_applicable"
    clinic: str
    email: str = ""
    phone: str = ""
    consents: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWish:
    """What the clinician wants of the proposal.

    `agents` and `therapies` say how many of the best options are chosen; `prefer` are looked for first. A plan that is
    not `signed` stays a draft, made `by` whose e-mail address is given (empty: who sees the patient); with words for
    the signer, `proposed`, it waits for review. `goals` have numbers and scales, `goal` is one in words alone.
    `for_patient` is what the clinician says to the patient.
    """

    agents: int = 1
    therapies: int = 1
    prefer: tuple[str, ...] = ()
    signed: bool = True
    by: str = ""
    proposed: str = ""
    goal: str = ""
    goals: tuple[GoalRecord, ...] = ()
    target: int | None = None
    for_patient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One day in the clinic. `case` is what is known then; on later visits only what changed is written again.

    An assessment that is not `signed` stays open. `by` is the e-mail address of who sees the patient; `words` are
    problems that the vocabulary does not name.
    """

    case: Case
    by: str
    signed: bool = True
    plan: PlanWish | None = None
    words: tuple[str, ...] = ()
    note: str = ""

    @property
    def on(self) -> date:
        """The day of the visit."""
        return self.case.as_of


@dataclass(frozen=True, slots=True)
class Todo:
    """A task for the patient; without an owner it is everybody's."""

    text: str
    due_on: date
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One invented patient: who, who looks after them, what happened, and how it goes on.

    `seen`: somebody has looked at the newest answers. `seed` makes the answers differ from patient to patient.
    `since` is the day on which the patient came to the clinic, not later than the first visit.
    """

    organisation: str
    person: Person
    since: date
    team: tuple[str, ...] = ()
    visits: tuple[Visit, ...] = ()
    course: Course = Course.SILENT
    seen: bool = True
    todos: tuple[Todo, ...] = ()
    seed: int = 0


def birth_date_for(age: int, on: date, days: int = 100) -> date:
    """A birth date that makes somebody `age` years old on a day, their birthday `days` (0 to 364) before it."""
    year, day = on.year - age, on
    if (on.month, on.day) == (2, 29):
        day = on.replace(day=28)
    return day.replace(year=year) - timedelta(days=days)
