"""One message, once: schedules, consent, quiet hours, retries, leases, and workers that are killed for real."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.audit import Actor
from accounts.models import AuditEvent, Organisation
from accounts.tenancy import tenant
from followup import content, links, plans, services
from followup.delivery import Files, Message, NotDelivered, Outbox, Receipt, Refused, Unclear
from followup.models import CheckIn, DueItem, OptOut, OutboxMessage, Reminder, Schedule
from followup.plans import PlanSummary
from followup.services import Outcome
from patients import services as patient_services
from patients.models import Patient
from tests.cast import Member, NewPatient
from tests.followup.conftest import DAY, SIGNED, run_python

pytestmark = pytest.mark.django_db
STATE = Reminder.State


def deliver(sender: Actor, now: datetime, outlet: object = None) -> list[Outcome]:
    """One turn of the worker's loop."""
    out = outlet or Outbox()
    claims = services.claim_due(actor=sender, now=now)
    return [services.deliver_one(actor=sender, claim=claim, outlet=out, now=now) for claim in claims]  # type: ignore[arg-type]


def messages() -> int:
    return OutboxMessage.objects.count()


# --- schedules ------------------------------------------------------------------------------------------------------


def test_signing_a_plan_makes_check_ins_with_one_reminder_each(schedule: Schedule) -> None:
    items = DueItem.objects.filter(schedule=schedule)
    assert {item.kind for item in items} >= {"check_in", "review", "lab"}
    check_ins = CheckIn.objects.filter(due_item__schedule=schedule)
    assert check_ins.count() == items.filter(kind="check_in").count() >= 2
    assert Reminder.objects.count() == check_ins.count()
    assert all(reminder.due_at.time() >= time(9) for reminder in Reminder.objects.all())


def test_opening_twice_gives_one_schedule(
    patient: Patient, keeper: Actor, plan_for: Callable[..., PlanSummary]
) -> None:
    plan = plan_for(patient)
    first = services.open_schedule(actor=keeper, plan=plan, now=SIGNED)
    assert services.open_schedule(actor=keeper, plan=plan, now=SIGNED) == first
    assert Schedule.objects.count() == 1


def test_a_new_plan_ends_the_old_schedule(
    schedule: Schedule, patient: Patient, keeper: Actor, plan_for: Callable[..., PlanSummary], sender: Actor
) -> None:
    services.open_schedule(actor=keeper, plan=plan_for(patient), now=SIGNED)
    schedule.refresh_from_db()
    assert schedule.ended_at == SIGNED
    old = Reminder.objects.filter(check_in__due_item__schedule=schedule)
    assert set(old.values_list("state", flat=True)) == {STATE.CANCELLED}


def test_only_the_digest_of_a_link_is_stored(check_in: CheckIn) -> None:
    token = links.token_for(links.Link(check_in.organisation_id, check_in.pk))
    assert check_in.token_digest == links.digest(token)
    assert links.read_token(token) == links.Link(check_in.organisation_id, check_in.pk)
    for wrong in (token[:-1], token[1:], "x" + token, "", "a.b", token + "."):
        assert links.read_token(wrong) is None
    assert len(token.rsplit(".", 1)[1]) * 6 >= 128


# --- sending --------------------------------------------------------------------------------------------------------


def test_a_due_reminder_is_sent_with_a_link_and_without_clinical_detail(reminder: Reminder, sender: Actor) -> None:
    assert deliver(sender, reminder.due_at) == [Outcome.SENT]
    message = OutboxMessage.objects.get()
    assert message.recipient == "ingrid@example.org"
    assert "Northgate Health" in message.subject + message.body
    assert f"/c/{links.token_for(links.Link(reminder.organisation_id, reminder.check_in_id))}/" in message.body
    assert "/stop/" in message.body
    lowered = (message.subject + message.body).lower()
    for word in ("pain", "gabapentin", "johansson", "ingrid", "1951", "dose", "clinic"):
        assert word not in lowered.replace("painplan", "")
    reminder.refresh_from_db()
    assert (reminder.state, reminder.sent_at) == (STATE.SENT, reminder.due_at)
    reminder.check_in.refresh_from_db()
    assert reminder.check_in.expires_at == reminder.due_at + 7 * DAY


def test_a_revealing_name_of_the_practice_stays_out_of_the_message(
    reminder: Reminder, sender: Actor, organisation: Organisation
) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(name="Northgate Pain Centre")
    deliver(sender, reminder.due_at)
    message = OutboxMessage.objects.get()
    assert "pain" not in (message.subject + message.body).lower().replace("painplan", "")


def test_nothing_is_sent_before_it_is_due(reminder: Reminder, sender: Actor) -> None:
    assert deliver(sender, reminder.due_at - timedelta(seconds=1)) == []
    assert messages() == 0


def test_the_scheduler_run_24_times_sends_once(reminder: Reminder, sender: Actor, keeper: Actor) -> None:
    for hour in range(24):
        now = reminder.due_at + timedelta(hours=hour)
        services.free_expired_leases(actor=sender, outlet=Outbox(), now=now)
        deliver(sender, now)
        services.escalate_silent(actor=keeper, now=now)
    assert messages() == 1


def test_an_unanswered_invitation_is_repeated_once_and_then_goes_to_a_person(
    reminder: Reminder, sender: Actor, keeper: Actor
) -> None:
    for day in range(20):
        deliver(sender, reminder.due_at + day * DAY)
        services.escalate_silent(actor=keeper, now=reminder.due_at + day * DAY)
        if day == 2:
            assert messages() == 2
    check_in = CheckIn.objects.get(pk=reminder.check_in_id)
    days = content.policy().call_after_days[check_in.due_item.schedule.tier]
    assert Reminder.objects.filter(check_in=check_in, state=STATE.SENT).count() == 2
    assert check_in.by_person == "no answer"
    assert check_in.escalated_at is not None
    assert (check_in.escalated_at - reminder.due_at).days == days


def test_quiet_hours_put_the_message_off(reminder: Reminder, sender: Actor) -> None:
    night = datetime.combine(reminder.due_at.date(), time(23), UTC)
    assert deliver(sender, night) == [Outcome.LATER]
    reminder.refresh_from_db()
    assert reminder.state == STATE.SCHEDULED
    assert time(7) <= reminder.due_at.time() <= time(10)
    assert deliver(sender, reminder.due_at) == [Outcome.SENT]


def test_no_more_than_one_message_a_day(
    schedule: Schedule, sender: Actor, check_in: CheckIn, clinician: Member
) -> None:
    first = Reminder.objects.order_by("due_at")[0].due_at
    deliver(sender, first)
    for _ in range(4):
        again = services.resend(
            actor=clinician.actor, patient_id=schedule.patient_id, check_in_id=check_in.pk, now=first
        )
        assert again.state == STATE.SCHEDULED
    # Four clicks bring one message forward.
    assert Reminder.objects.filter(check_in=check_in, state=STATE.SCHEDULED).count() == 1
    assert Outcome.SENT not in deliver(sender, first + timedelta(hours=2))
    assert messages() == 1


@pytest.mark.parametrize(
    ("change", "by_person"), [({"reminder_consent": False}, "no consent"), ({"email": ""}, "no address")]
)
def test_without_consent_or_address_a_person_is_asked(
    new_patient: NewPatient,
    keeper: Actor,
    sender: Actor,
    plan_for: Callable[..., PlanSummary],
    change: dict[str, object],
    by_person: str,
) -> None:
    details = {"email": "a@example.org", "reminder_consent": True, "reminder_consent_on": SIGNED.date() - 9 * DAY}
    patient = new_patient(**details)
    Patient.objects.filter(pk=patient.pk).update(**change)
    services.open_schedule(actor=keeper, plan=plan_for(patient), now=SIGNED)
    due = Reminder.objects.order_by("due_at")[0]
    assert deliver(sender, due.due_at) == [Outcome.CANCELLED]
    assert CheckIn.objects.get(pk=due.check_in_id).by_person == by_person
    assert messages() == 0


def test_consent_withdrawn_between_scheduling_and_sending(
    reminder: Reminder, sender: Actor, patient: Patient, clinician: Member
) -> None:
    claims = services.claim_due(actor=sender, now=reminder.due_at)
    details = {name: getattr(patient, name) for name in patient_services.DETAIL_FIELDS} | {"reminder_consent": False}
    patient_services.correct_details(
        actor=clinician.actor,
        patient=patient,
        details=patient_services.Details(**details),
        reason="asked on the telephone",
        version=patient.version,
        today=SIGNED.date(),
    )
    assert services.deliver_one(actor=sender, claim=claims[0], outlet=Outbox(), now=reminder.due_at) == "cancelled"
    assert messages() == 0


def test_an_opt_out_by_link_cancels_everything_that_waits(
    reminder: Reminder, sender: Actor, by_link: Actor, keeper: Actor
) -> None:
    deliver(sender, reminder.due_at)
    services.opt_out(actor=by_link, check_in=reminder.check_in, now=reminder.due_at)
    for day in range(60):
        deliver(sender, reminder.due_at + day * DAY)
    assert messages() == 1
    assert not Reminder.objects.filter(state=STATE.SCHEDULED).exists()
    assert OptOut.objects.count() == 1


@pytest.mark.parametrize(("agreed_after_days", "sent"), [(0, 0), (1, 1)])
def test_an_opt_out_holds_until_a_consent_of_a_later_day_at_the_clinic(
    reminder: Reminder, sender: Actor, by_link: Actor, organisation: Organisation, agreed_after_days: int, sent: int
) -> None:
    # In Sydney it is the next day already while it is still the day before in UTC.
    Organisation.objects.filter(pk=organisation.pk).update(time_zone="Australia/Sydney")
    asked = datetime.combine(SIGNED.date(), time(22), UTC)
    agreed = SIGNED.date() + (1 + agreed_after_days) * DAY
    services.opt_out(actor=by_link, check_in=reminder.check_in, now=asked)
    Patient.objects.filter(pk=reminder.patient_id).update(reminder_consent_on=agreed)
    Reminder.objects.filter(pk=reminder.pk).update(state=STATE.SCHEDULED, reason="")
    for _ in range(2):  # The first time it may have to wait for the end of the quiet hours there.
        reminder.refresh_from_db()
        deliver(sender, reminder.due_at)
    assert messages() == sent


def test_no_message_leaves_for_a_plan_that_ended_a_moment_ago(
    reminder: Reminder, sender: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "ended_plans", lambda plan_ids: set(plan_ids))
    assert deliver(sender, reminder.due_at) == [Outcome.CANCELLED]
    assert messages() == 0


def test_a_message_that_fails_in_an_unknown_way_is_not_tried_for_ever(reminder: Reminder, sender: Actor) -> None:
    class Torn(Outbox):
        calls = 0

        def send(self, message: Message, key: str) -> Receipt:
            self.calls += 1
            raise ValueError("nobody thought of this")

    Reminder.objects.exclude(pk=reminder.pk).update(due_at=reminder.due_at + 99 * DAY)
    out, now = Torn(), reminder.due_at
    for _ in range(60):
        with suppress(ValueError):
            deliver(sender, now, out)
        now += timedelta(hours=1)
        services.free_expired_leases(actor=sender, outlet=out, now=now)
    reminder.refresh_from_db()
    assert (reminder.state, 1 < out.calls < 40) == (STATE.FAILED, True)
    assert CheckIn.objects.get(pk=reminder.check_in_id).by_person == "not delivered"


def test_many_check_ins_with_time_left_do_not_stand_before_one_that_has_none(
    schedule: Schedule, reminder: Reminder, sender: Actor, keeper: Actor
) -> None:
    deliver(sender, reminder.due_at)
    days = content.policy().call_after_days[schedule.tier]
    soon = reminder.due_at + timedelta(days=days - 1, hours=-1)
    with CaptureQueriesContext(connection) as seen:
        assert services.escalate_silent(actor=keeper, now=soon) == 0
    assert "first_sent_at" in next(query["sql"] for query in seen if "FOR UPDATE" in query["sql"]).split("WHERE")[1]
    assert services.escalate_silent(actor=keeper, now=reminder.due_at + (days + 4) * DAY) == 1


def test_a_dead_patient_gets_no_message(reminder: Reminder, sender: Actor, patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(died_on=SIGNED.date())
    assert deliver(sender, reminder.due_at) == [Outcome.CANCELLED]
    assert messages() == 0


class Broken:
    """An outlet that fails in one way and counts how often it was asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def send(self, message: Message, key: str) -> Receipt:
        self.calls += 1
        raise self.error

    def find(self, organisation_id: object, key: str) -> Receipt | None:
        raise Unclear("nobody knows")


def test_a_failed_delivery_is_tried_later_and_then_given_to_a_person(reminder: Reminder, sender: Actor) -> None:
    out, now = Broken(NotDelivered("down")), reminder.due_at
    Reminder.objects.exclude(pk=reminder.pk).update(due_at=now + 99 * DAY)
    for _ in range(600):
        deliver(sender, now, out)
        now += timedelta(minutes=5)
    reminder.refresh_from_db()
    assert 3 <= out.calls <= 10
    assert reminder.state == STATE.FAILED
    assert CheckIn.objects.get(pk=reminder.check_in_id).by_person == "not delivered"


@pytest.mark.parametrize(
    ("error", "state", "why"),
    [(Refused("550"), STATE.FAILED, "address refused"), (Unclear("timeout"), STATE.UNKNOWN, "perhaps sent")],
)
def test_what_cannot_or_may_have_been_delivered_is_not_tried_again(
    reminder: Reminder, sender: Actor, error: Exception, state: str, why: str
) -> None:
    out = Broken(error)
    Reminder.objects.exclude(pk=reminder.pk).update(due_at=reminder.due_at + 99 * DAY)
    for hour in range(24):
        deliver(sender, reminder.due_at + timedelta(hours=hour), out)
    reminder.refresh_from_db()
    assert (out.calls, reminder.state) == (1, state)
    assert CheckIn.objects.get(pk=reminder.check_in_id).by_person == why


def test_a_lease_that_ran_out_is_free_and_the_late_worker_sends_nothing(reminder: Reminder, sender: Actor) -> None:
    late = services.claim_due(actor=sender, now=reminder.due_at)
    later = reminder.due_at + timedelta(minutes=10)
    assert services.claim_due(actor=sender, now=later) == []
    assert services.free_expired_leases(actor=sender, outlet=Outbox(), now=later) == len(late)
    assert deliver(sender, later)[0] == Outcome.SENT
    assert services.deliver_one(actor=sender, claim=late[0], outlet=Outbox(), now=later) == Outcome.LOST
    assert messages() == 1


def test_each_step_of_a_message_is_in_the_trail(reminder: Reminder, sender: Actor) -> None:
    deliver(sender, reminder.due_at)
    actions = set(AuditEvent.objects.filter(patient_id=reminder.patient_id).values_list("action", flat=True))
    assert {"schedule.open", "reminder.begin", "reminder.send", "patient.read"} <= actions
    sent = AuditEvent.objects.get(action="reminder.send")
    assert (sent.actor_job, sent.target) == ("send-reminders", f"reminder:{reminder.pk}")
    assert "ingrid" not in str(sent.detail).lower()


def test_another_organisation_sees_nothing(schedule: Schedule, outsider: Member) -> None:
    with tenant(outsider.organisation.pk):
        assert not Reminder.objects.exists()
        assert not CheckIn.objects.exists()
        assert (
            services.claim_due(actor=Actor.for_job("send-reminders", outsider.organisation.pk), now=SIGNED + 99 * DAY)
            == []
        )


# --- several workers, and workers that die --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_message_once(
    new_patient: NewPatient, keeper: Actor, sender: Actor, plan_for: Callable[..., PlanSummary], tmp_path: Path
) -> None:
    consent = {"reminder_consent": True, "reminder_consent_on": SIGNED.date() - 9 * DAY}
    for number in range(6):
        patient = new_patient(email=f"p{number}@example.org", **consent)
        with tenant(patient.organisation_id):
            services.open_schedule(actor=keeper, plan=plan_for(patient), now=SIGNED)
    with tenant(sender.organisation_id):
        now = Reminder.objects.order_by("due_at")[0].due_at
    outcomes: list[Any] = []
    out, barrier = Files(tmp_path), threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        try:
            while claims := services.claim_due(actor=sender, now=now, limit=1):
                outcomes.extend(services.deliver_one(actor=sender, claim=c, outlet=out, now=now) for c in claims)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert outcomes == [Outcome.SENT] * 6
    assert len(list(tmp_path.glob("*.txt"))) == 6


WORKER = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from uuid import UUID
from accounts.audit import Actor
from followup import services
from followup.delivery import Files
from followup.services import reminders

organisation, moment, folder, point = sys.argv[1:]
actor, now = Actor.for_job("send-reminders", UUID(organisation)), datetime.fromisoformat(moment)

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

class Out(Files):
    def send(self, message, key):
        if point == "before sending":
            die()
        receipt = super().send(message, key)
        if point == "after sending, before it is noted":
            die()
        return receipt

if point == "while claiming":
    reminders.record = die
claims = services.claim_due(actor=actor, now=now, limit=1)
if point == "after claiming":
    die()
if point == "while beginning":
    reminders.note = die
for claim in claims:
    services.deliver_one(actor=actor, claim=claim, outlet=Out(Path(folder)), now=now)
die()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "point",
    [
        "while claiming",
        "after claiming",
        "while beginning",
        "before sending",
        "after sending, before it is noted",
        "after everything",
    ],
)
def test_a_killed_worker_loses_nothing_and_repeats_nothing(
    reminder: Reminder, sender: Actor, tmp_path: Path, point: str
) -> None:
    done = run_python(WORKER, str(sender.organisation_id), reminder.due_at.isoformat(), str(tmp_path), point)
    assert done.returncode == -signal.SIGKILL, done.stderr
    out, later = Files(tmp_path), reminder.due_at + timedelta(minutes=10)
    for _ in range(3):
        services.free_expired_leases(actor=sender, outlet=out, now=later)
        deliver(sender, later, out)
    sent = [path.stem for path in tmp_path.glob("*.txt")]
    assert sent == [str(reminder.pk)]
    with tenant(reminder.organisation_id):
        reminder.refresh_from_db()
    assert reminder.state == STATE.SENT


def test_when_the_outlet_cannot_tell_a_person_is_asked(reminder: Reminder, sender: Actor) -> None:
    claim = services.claim_due(actor=sender, now=reminder.due_at)[0]
    # What a worker leaves behind that died while the mail server had the message.
    Reminder.objects.filter(pk=reminder.pk).update(state=STATE.SENDING, attempts=1, first_tried_at=reminder.due_at)
    out, later = Broken(RuntimeError("never asked")), reminder.due_at + timedelta(minutes=10)
    services.free_expired_leases(actor=sender, outlet=out, now=later)
    reminder.refresh_from_db()
    assert (reminder.state, out.calls) == (STATE.UNKNOWN, 0)
    assert CheckIn.objects.get(pk=reminder.check_in_id).by_person == "perhaps sent"
    assert services.deliver_one(actor=sender, claim=claim, outlet=Outbox(), now=later) == Outcome.LOST
