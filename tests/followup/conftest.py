"""A patient with a signed plan and a check-in that is due; moments of an ordinary working day."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection

from accounts.audit import Actor
from accounts.tenancy import tenant
from followup import plans, services
from followup.delivery import Files, Message, Receipt, Unclear
from followup.models import CheckIn, Reminder, Schedule
from followup.plans import PlanItemSummary, PlanSummary
from patients.models import Patient
from tests.cast import TODAY, Member
from treatments.plan_record import GoalRecord

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)


def next_tuesday(day: date) -> date:
    """The first Tuesday after a day: never a weekend, whatever the day of the test run."""
    return day + ((1 - day.weekday()) % 7 or 7) * DAY


SIGNED = datetime.combine(next_tuesday(TODAY), time(9), UTC)


@pytest.fixture
def keeper(clinician: Member) -> Actor:
    return Actor.for_job("follow-up", clinician.organisation.pk)


@pytest.fixture
def sender(clinician: Member) -> Actor:
    return Actor.for_job("send-reminders", clinician.organisation.pk)


@pytest.fixture
def by_link(clinician: Member) -> Actor:
    return Actor(organisation_id=clinician.organisation.pk, name="patient by link", job="patient-link")


@pytest.fixture
def plan_for() -> Callable[..., PlanSummary]:
    """A plan with gabapentin from the day of signing on; keywords change it."""

    def make(patient: Patient, **changes: Any) -> PlanSummary:
        steps = ((SIGNED.date(), 300.0, "mg"), (SIGNED.date() + 7 * DAY, 600.0, "mg"))
        details: dict[str, Any] = {
            "plan_id": uuid4(),
            "patient_id": patient.pk,
            "organisation_id": patient.organisation_id,
            "signed_at": SIGNED,
            "items": (PlanItemSummary("agent", "gabapentin", "Gabapentin", steps),),
            "goals": (GoalRecord("function", "Walk to the shop"),),
            "baseline_nrs": 7.0,
        }
        return PlanSummary(**(details | changes))

    return make


@pytest.fixture
def schedule(
    patient: Patient, keeper: Actor, plan_for: Callable[..., PlanSummary], monkeypatch: pytest.MonkeyPatch
) -> Schedule:
    """The follow-up of Ingrid's plan."""
    plan = plan_for(patient)
    monkeypatch.setattr(plans, "plan_of", lambda plan_id: plan if plan_id == plan.plan_id else None)
    with tenant(patient.organisation_id):
        return services.open_schedule(actor=keeper, plan=plan, now=SIGNED)


@pytest.fixture
def reminder(schedule: Schedule) -> Reminder:
    """The first message of the schedule; its check-in comes with it."""
    with tenant(schedule.organisation_id):
        return Reminder.objects.select_related("check_in").filter(patient_id=schedule.patient_id).order_by("due_at")[0]


@pytest.fixture
def check_in(reminder: Reminder) -> CheckIn:
    assert reminder.check_in is not None
    return reminder.check_in


class Counted(Files):
    """Files with a list of every message that was ever handed over; on demand as silent as a mail server."""

    def __init__(self, folder: Path, can_be_asked: bool = True) -> None:
        super().__init__(folder)
        self.can_be_asked = can_be_asked

    def send(self, message: Message, key: str) -> Receipt:
        with open(self.folder / "sent.log", "a", encoding="utf-8") as log:
            log.write(f"{key}\n")
        return super().send(message, key)

    def find(self, organisation_id: UUID, key: str) -> Receipt | None:
        if not self.can_be_asked:
            raise Unclear("nobody knows")
        return super().find(organisation_id, key)

    def sent(self) -> list[str]:
        """The keys of all messages that were handed over, each as often as it was."""
        log = self.folder / "sent.log"
        return log.read_text(encoding="utf-8").split() if log.exists() else []


def environment_here() -> dict[str, str]:
    """What another process needs to work on this test's database as the application."""
    from painplan.services import ensure_database

    host = connection.settings_dict["HOST"] or (ensure_database()["host"] if settings.EMBEDDED else "")
    user, name = connection.settings_dict["USER"], connection.settings_dict["NAME"]
    port = f":{connection.settings_dict['PORT']}" if connection.settings_dict["PORT"] else ""
    address = f"postgres://{user}@{port}/{name}?host={quote(str(host), safe='')}"
    return os.environ | {"DATABASE_URL": address, "PAINPLAN_DEMO": "1", "SECRET_KEY": settings.SECRET_KEY}


def in_a_process(work: Callable[..., None], *arguments: object) -> int:
    """Do this in a process of its own on this test's database; its return code, negative for a signal.

    A copy of this process, so that nothing is imported anew; it opens a connection of its own. What went wrong in it
    stands in the output of the test.
    """
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            # After a test in a browser this thread has an event loop, and with it a connection beside its own. The copy
            # has no loop and would go on with the other one.
            connection.close()
            work(*arguments)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
