"""One message, once: schedules, consent, quiet hours, retries, leases, and workers that are killed for real."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.audit import Actor, verify
from accounts.models import AuditEvent, Organisation
from accounts.tenancy import tenant
from followup import content, links, plans, services
from followup.delivery import Files, Message, NotDelivered, Outbox, Outlet, Receipt, Refused, Unclear
from followup.models import CheckIn, DueItem, OptOut, OutboxMessage, Reminder, Schedule
from followup.plans import PlanSummary
from followup.services import Outcome, sending
from followup.services import outcomes as ending
from patients import services as patient_services
from patients.models import Patient
from tests.cast import Member, NewPatient
from tests.followup.conftest import DAY, SIGNED, Counted, in_a_process

pytestmark = pytest.mark.django_db
STATE = Reminder.State


def deliver(sender: Actor, now: datetime, outlet: object = None) -> list[Outcome]:
    """One turn of the worker's loop."""
    out = outlet or Outbox()
    claims = services.claim_due(actor=sender, now=now)
    return services.deliver(actor=sender, claims=claims, outlet=out, now=now)  # type: ignore[arg-type]


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
    check_in = CheckIn.objects.get(reminders=reminder)
    assert f"/c/{links.token_for(links.Link(check_in.organisation_id, check_in.pk))}/" in message.body
    assert "/stop/" in message.body
    lowered = (message.subject + message.body).lower()
    for word in ("pain", "gabapentin", "johansson", "ingrid", "1951", "dose", "clinic"):
        assert word not in lowered.replace("painplan", "")
    reminder.refresh_from_db()
    assert (reminder.state, reminder.sent_at) == (STATE.SENT, reminder.due_at)
    check_in.refresh_from_db()
    assert check_in.expires_at == reminder.due_at + 7 * DAY


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
    check_in = CheckIn.objects.get(reminders=reminder)
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
    assert CheckIn.objects.get(reminders=due).by_person == by_person
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
    assert services.deliver(actor=sender, claims=claims, outlet=Outbox(), now=reminder.due_at) == ["cancelled"]
    assert messages() == 0


def test_an_opt_out_by_link_cancels_everything_that_waits(
    reminder: Reminder, sender: Actor, by_link: Actor, keeper: Actor
) -> None:
    deliver(sender, reminder.due_at)
    services.opt_out(actor=by_link, patient_id=reminder.patient_id, now=reminder.due_at)
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
    services.opt_out(actor=by_link, patient_id=reminder.patient_id, now=asked)
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
        with suppress(ExceptionGroup):
            deliver(sender, now, out)
        now += timedelta(hours=1)
        services.free_expired_leases(actor=sender, outlet=out, now=now)
    reminder.refresh_from_db()
    assert (reminder.state, 1 < out.calls < 40) == (STATE.FAILED, True)
    assert CheckIn.objects.get(reminders=reminder).by_person == "not delivered"


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


class Broken(Outlet):
    """An outlet that fails in one way and counts how often it was asked."""

    can_be_asked = False

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
    for _ in range(200):
        deliver(sender, now, out)
        now += timedelta(minutes=15)
    reminder.refresh_from_db()
    assert 3 <= out.calls <= 10
    assert reminder.state == STATE.FAILED
    assert CheckIn.objects.get(reminders=reminder).by_person == "not delivered"


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
    assert CheckIn.objects.get(reminders=reminder).by_person == why


def test_a_lease_that_ran_out_is_free_and_the_late_worker_sends_nothing(reminder: Reminder, sender: Actor) -> None:
    late = services.claim_due(actor=sender, now=reminder.due_at)
    later = reminder.due_at + timedelta(minutes=10)
    assert services.claim_due(actor=sender, now=later) == []
    assert services.free_expired_leases(actor=sender, outlet=Outbox(), now=later) == len(late)
    assert deliver(sender, later)[0] == Outcome.SENT
    assert services.deliver(actor=sender, claims=late, outlet=Outbox(), now=later) == [Outcome.LOST] * len(late)
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


@pytest.fixture
def six_due(
    new_patient: NewPatient, keeper: Actor, sender: Actor, plan_for: Callable[..., PlanSummary]
) -> tuple[set[str], datetime]:
    """Six patients with a first message that is due: the keys, and a moment at which each of them may leave."""
    consent = {"reminder_consent": True, "reminder_consent_on": SIGNED.date() - 9 * DAY}
    for number in range(6):
        patient = new_patient(email=f"p{number}@example.org", **consent)
        with tenant(patient.organisation_id):
            services.open_schedule(actor=keeper, plan=plan_for(patient), now=SIGNED)
    with tenant(sender.organisation_id):
        now = Reminder.objects.order_by("due_at")[0].due_at
        return {str(key) for key in Reminder.objects.filter(due_at__lte=now).values_list("id", flat=True)}, now


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_message_once(
    six_due: tuple[set[str], datetime], sender: Actor, tmp_path: Path
) -> None:
    _keys, now = six_due
    outcomes: list[Any] = []
    out, barrier = Files(tmp_path), threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        try:
            while claims := services.claim_due(actor=sender, now=now, limit=1):
                outcomes.extend(services.deliver(actor=sender, claims=claims, outlet=out, now=now))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert outcomes == [Outcome.SENT] * 6
    assert len(list(tmp_path.glob("*.txt"))) == 6


def die(*_args: object, **_more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DiesAtNumber(Counted):
    """An outlet whose worker is killed at its third message, before or after the message is out."""

    def __init__(self, folder: Path, can_be_asked: bool, point: str) -> None:
        super().__init__(folder, can_be_asked)
        self.point, self.calls = point, 0

    def send(self, message: Message, key: str) -> Receipt:
        self.calls += 1
        if self.point == "before sending" and self.calls == 3:
            die()
        receipt = super().send(message, key)
        if self.point == "after sending, before it is noted" and self.calls == 3:
            die()
        return receipt


def work_and_die(sender: Actor, now: datetime, folder: Path, point: str, can_be_asked: bool) -> None:
    """A worker's turn, ended by SIGKILL at this point of it."""

    class Dying(ending.Outcomes):
        def write(self, now: datetime | None = None) -> None:
            super().write(now)
            what = "beginning" if self._begun else "noting what was sent" if self._sent else "checking"
            if point == f"while {what}":
                die()

    changed: dict[str, Any] = {"Outcomes": Dying} | ({"record": die} if point == "while claiming" else {})
    vars(sending).update(changed)  # Of this process, which is about to die.
    claims = services.claim_due(actor=sender, now=now)
    if point == "after claiming":
        die()
    services.deliver(actor=sender, claims=claims, outlet=DiesAtNumber(folder, can_be_asked, point), now=now)
    die()


POINTS = [
    "while claiming",
    "after claiming",
    "while checking",
    "while beginning",
    "before sending",
    "after sending, before it is noted",
    "while noting what was sent",
    "after everything",
]


def work_after(sender: Actor, now: datetime, out: Counted) -> None:
    """What another worker does when the leases of a killed one have run out."""
    later = now + timedelta(minutes=10)
    for _ in range(3):
        services.free_expired_leases(actor=sender, outlet=out, now=later)
        deliver(sender, later, out)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_loses_nothing_and_repeats_nothing(
    six_due: tuple[set[str], datetime], sender: Actor, tmp_path: Path, point: str
) -> None:
    keys, now = six_due
    assert in_a_process(work_and_die, sender, now, tmp_path, point, True) == -signal.SIGKILL
    out = Counted(tmp_path)
    left = len(out.sent())
    assert left == {"before sending": 2, "after sending, before it is noted": 3}.get(point, left)
    work_after(sender, now, out)
    assert sorted(out.sent()) == sorted(keys)
    with tenant(sender.organisation_id):
        assert Reminder.objects.filter(id__in=keys, state=STATE.SENT).count() == 6
        noted = AuditEvent.objects.filter(action="reminder.send").values_list("target", flat=True)
        assert sorted(noted) == sorted(f"reminder:{key}" for key in keys)
        assert Reminder.objects.filter(kind="repeat").count() == 6
        assert verify(sender.organisation_id).broken is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_over_an_outlet_that_cannot_be_asked_leaves_one_in_doubt_at_most(
    six_due: tuple[set[str], datetime], sender: Actor, tmp_path: Path, point: str
) -> None:
    keys, now = six_due
    assert in_a_process(work_and_die, sender, now, tmp_path, point, False) == -signal.SIGKILL
    out = Counted(tmp_path, can_be_asked=False)
    work_after(sender, now, out)
    in_doubt = int(point in ("before sending", "after sending, before it is noted", "while noting what was sent"))
    sent = out.sent()
    assert len(sent) == len(set(sent))
    with tenant(sender.organisation_id):
        unknown = Reminder.objects.filter(id__in=keys, state=STATE.UNKNOWN)
        assert unknown.count() == in_doubt
        assert unknown.filter(check_in__by_person="perhaps sent").count() == in_doubt
        assert Reminder.objects.filter(id__in=keys, state=STATE.SENT).count() == 6 - in_doubt
        assert keys == set(sent) | {str(row.pk) for row in unknown}


@pytest.mark.parametrize(("can_be_asked", "most"), [(True, 0), (False, 21)])
def test_a_batch_issues_a_fixed_number_of_queries(
    six_due: tuple[set[str], datetime], sender: Actor, tmp_path: Path, can_be_asked: bool, most: int
) -> None:
    _keys, now = six_due
    out = Counted(tmp_path, can_be_asked)
    needed = {}
    for number in (1, 3):
        with CaptureQueriesContext(connection) as seen:
            claims = services.claim_due(actor=sender, now=now, limit=number)
            assert services.deliver(actor=sender, claims=claims, outlet=out, now=now) == [Outcome.SENT] * number
        needed[number] = len(seen)
    for_each = (needed[3] - needed[1]) / 2
    assert for_each <= most
    assert needed[1] - for_each <= 45


def test_two_messages_to_one_patient_in_a_batch_keep_the_cap(
    schedule: Schedule, reminder: Reminder, sender: Actor
) -> None:
    Reminder.objects.filter(patient_id=reminder.patient_id).update(due_at=reminder.due_at)
    outcomes = deliver(sender, reminder.due_at)
    assert len(outcomes) >= 2
    assert sorted(outcomes) == sorted([Outcome.SENT] + [Outcome.LATER] * (len(outcomes) - 1))
    assert messages() == 1


def test_a_message_that_fails_in_an_unknown_way_keeps_no_other_of_its_batch(
    six_due: tuple[set[str], datetime], sender: Actor
) -> None:
    keys, now = six_due
    first = min(keys)

    class TornOnce(Outbox):
        def send(self, message: Message, key: str) -> Receipt:
            if key == first:
                # Refused by the database: what the transaction did for the others must stand.
                message = replace(message, subject="x" * 300)
            return super().send(message, key)

    with pytest.raises(ExceptionGroup):
        deliver(sender, now, TornOnce())
    assert set(OutboxMessage.objects.values_list("key", flat=True)) == keys - {first}
    assert Reminder.objects.get(state=STATE.SENDING).pk == UUID(first)
    assert Reminder.objects.filter(state=STATE.SENT).count() == 5
    work = now + timedelta(minutes=10)
    services.free_expired_leases(actor=sender, outlet=Outbox(), now=work)
    assert deliver(sender, work) == [Outcome.SENT]


def test_when_the_outlet_cannot_tell_a_person_is_asked(reminder: Reminder, sender: Actor) -> None:
    claim = services.claim_due(actor=sender, now=reminder.due_at)[0]
    # What a worker leaves behind that died while the mail server had the message.
    Reminder.objects.filter(pk=reminder.pk).update(state=STATE.SENDING, attempts=1, first_tried_at=reminder.due_at)
    out, later = Broken(RuntimeError("never asked")), reminder.due_at + timedelta(minutes=10)
    services.free_expired_leases(actor=sender, outlet=out, now=later)
    reminder.refresh_from_db()
    assert (reminder.state, out.calls) == (STATE.UNKNOWN, 0)
    assert CheckIn.objects.get(reminders=reminder).by_person == "perhaps sent"
    assert services.deliver(actor=sender, claims=[claim], outlet=Outbox(), now=later) == [Outcome.LOST]
