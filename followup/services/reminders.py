"""The queue of messages: claimed with a lease, sent once, retried by the row, handed to a person when nothing helps.

Three transactions carry one message: *claim* gives a row to one worker for a while, *begin* notes that it is being sent
and with which attempt, *send* checks consent again, sends with the row's id as key and notes the receipt. A worker that
dies leaves a lease that runs out: a claimed row is free again; a row that was being sent is asked after at the outlet
by its key, and only when the outlet surely never had it is it sent again. When nobody can tell, a person is asked.

`claim_due`, `deliver_one` and `free_expired_leases` open their own transactions; call them outside any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor, record
from accounts.roles import Permission
from accounts.tenancy import tenant
from followup import content, links, plans
from followup.delivery import Message, NotDelivered, Outlet, Receipt, Refused, Unclear
from followup.models import CheckIn, OptOut, Reminder
from followup.policy import name_in_messages
from followup.schedule import add_working_days, after_caps, local_day, next_allowed, retry_at, zone
from followup.services.shared import (
    note,
    organisation_of,
    owner_of,
    quiet_of,
    reminder_key,
    zone_of,
    zone_of_clinic,
)
from patients import access

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from patients.models import Patient

LEASE = timedelta(seconds=120)
STATE = Reminder.State


@dataclass(frozen=True, slots=True)
class Claim:
    """One reminder in the hands of one worker."""

    reminder_id: UUID
    lease_id: UUID


class Outcome(StrEnum):
    """What became of one claimed reminder."""

    SENT = "sent"
    LATER = "later"
    CANCELLED = "cancelled"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"
    LOST = "lost"


def claim_due(*, actor: Actor, now: datetime, limit: int = 20) -> list[Claim]:
    """Take up to `limit` reminders that are due; what another worker is taking at this moment is passed over."""
    require(actor, Permission.SEND_REMINDERS)
    lease_id = uuid4()
    with tenant(actor.organisation_id):
        due = Reminder.objects.select_for_update(skip_locked=True).filter(
            organisation_id=actor.organisation_id, state=STATE.SCHEDULED, due_at__lte=now
        )
        ids = list(due.order_by("due_at", "id").values_list("id", flat=True)[:limit])
        if ids:
            Reminder.objects.filter(id__in=ids).update(state=STATE.LEASED, lease_id=lease_id, lease_until=now + LEASE)
            record(actor=actor, action="reminder.claim", target="reminders", detail={"count": len(ids)})
    return [Claim(reminder_id, lease_id) for reminder_id in ids]


def deliver_one(*, actor: Actor, claim: Claim, outlet: Outlet, now: datetime) -> Outcome:
    """Send one claimed reminder, or decide that it must not or cannot be sent now."""
    require(actor, Permission.SEND_REMINDERS)
    with tenant(actor.organisation_id):
        reminder = _claimed(claim, STATE.LEASED)
        if reminder is None:
            return Outcome.LOST
        verdict = _verdict(actor, reminder, access.patient_for(actor, reminder.patient_id), now)
        if isinstance(verdict, str):
            return _cancel(actor, reminder, verdict)
        if verdict > now:
            _put_back(reminder, verdict, "quiet hours or cap")
            note(actor, "reminder.postpone", reminder.patient_id, reminder)
            return Outcome.LATER
        reminder.state, reminder.lease_until = STATE.SENDING, now + LEASE
        reminder.attempts += 1
        reminder.first_tried_at = reminder.first_tried_at or now
        reminder.save(update_fields=["state", "lease_until", "attempts", "first_tried_at"])
        note(actor, "reminder.begin", reminder.patient_id, reminder, attempt=reminder.attempts)
    with tenant(actor.organisation_id):
        reminder = _claimed(claim, STATE.SENDING)
        if reminder is None:
            return Outcome.LOST
        # SAFETY: consent is read once more in the transaction that sends; an opt-out waits for this row's lock, so
        # nothing leaves after it was confirmed (tests/followup/test_reminders.py).
        patient = access.patient_for(actor, reminder.patient_id)
        verdict = _verdict(actor, reminder, patient, now)
        if isinstance(verdict, str):
            return _cancel(actor, reminder, verdict)
        return _send(actor, reminder, patient, outlet, now)


def free_expired_leases(*, actor: Actor, outlet: Outlet, now: datetime) -> int:
    """Take back what a worker left behind. A row that is being sent right now is locked and passed over."""
    require(actor, Permission.SEND_REMINDERS)
    with tenant(actor.organisation_id):
        left = Reminder.objects.select_for_update(skip_locked=True).filter(
            organisation_id=actor.organisation_id, state__in=[STATE.LEASED, STATE.SENDING], lease_until__lt=now
        )
        rows = list(left.order_by("lease_until")[:200])
        for reminder in rows:
            if reminder.state == STATE.LEASED:
                _put_back(reminder, reminder.due_at, "")
                note(actor, "reminder.free", reminder.patient_id, reminder)
                continue
            try:
                receipt = outlet.find(reminder.organisation_id, str(reminder.pk))
            except Unclear:
                _give_to_person(actor, reminder, STATE.UNKNOWN, "perhaps sent")
                continue
            if receipt is not None:
                _mark_sent(actor, reminder, receipt, now)
            elif _next_try(reminder, now) is None:
                _give_to_person(actor, reminder, STATE.FAILED, "not delivered")
            else:
                _put_back(reminder, now, "")
                note(actor, "reminder.free", reminder.patient_id, reminder)
    return len(rows)


def _claimed(claim: Claim, state: str) -> Reminder | None:
    return (
        Reminder.objects.select_for_update(of=("self",))
        .select_related("check_in__due_item__schedule")
        .filter(id=claim.reminder_id, lease_id=claim.lease_id, state=state)
        .first()
    )


def _verdict(actor: Actor, reminder: Reminder, patient: Patient, now: datetime) -> datetime | str:
    """The moment from which the message may leave, or why it must not leave at all."""
    check_in, organisation, policy = reminder.check_in, organisation_of(actor), content.policy()
    if check_in.answered_at or check_in.closed_at:
        return "answered" if check_in.answered_at else "closed"
    schedule = check_in.due_item.schedule
    # A plan may have ended a moment ago, before its schedule was ended with it.
    if schedule.ended_at or plans.ended_plans([schedule.plan_id]):
        return "plan ended"
    if check_in.failed_attempts >= policy.birth_date_attempts:
        return "locked"
    if patient.died_on:
        return "died"
    if not patient.reminder_consent or _has_opted_out(patient, zone(organisation.time_zone)):
        return "no consent"
    if not patient.email:
        return "no address"
    sent = Reminder.objects.filter(
        patient_id=patient.pk, state=STATE.SENT, sent_at__gt=now - timedelta(days=7)
    ).values_list("sent_at", flat=True)
    moment = after_caps([at for at in sent if at], now, policy.per_day, policy.per_week)
    return next_allowed(moment, zone_of(patient, organisation), quiet_of(organisation))


def _has_opted_out(patient: Patient, where: ZoneInfo) -> bool:
    """Whether the patient asked for no more e-mail and has not agreed again on a later day, counted at the clinic."""
    last = OptOut.objects.filter(patient_id=patient.pk, channel="email").order_by("-at").first()
    agreed = patient.reminder_consent_on
    return last is not None and (agreed is None or agreed <= local_day(last.at, where))


def _send(actor: Actor, reminder: Reminder, patient: Patient, outlet: Outlet, now: datetime) -> Outcome:
    try:
        receipt = outlet.send(_message(actor, reminder, patient), str(reminder.pk))
    except NotDelivered:
        later = _next_try(reminder, now)
        if later is None:
            return _give_to_person(actor, reminder, STATE.FAILED, "not delivered")
        _put_back(reminder, later, "not delivered yet")
        note(actor, "reminder.retry", reminder.patient_id, reminder, attempt=reminder.attempts)
        return Outcome.RETRY
    except Refused:
        return _give_to_person(actor, reminder, STATE.FAILED, "address refused")
    except Unclear:
        return _give_to_person(actor, reminder, STATE.UNKNOWN, "perhaps sent")
    _mark_sent(actor, reminder, receipt, now)
    return Outcome.SENT


def _next_try(reminder: Reminder, now: datetime) -> datetime | None:
    """When to try again; None when it was tried for so long that a person must take over."""
    policy = content.policy()
    first = reminder.first_tried_at or now
    return retry_at(reminder.attempts, now, first, policy.retry_minutes, policy.give_up_hours)


def _message(actor: Actor, reminder: Reminder, patient: Patient) -> Message:
    organisation = organisation_of(actor)
    token = links.token_for(links.Link(reminder.organisation_id, reminder.check_in_id))
    address = f"{settings.BASE_URL}/c/{token}/"
    practice = name_in_messages(organisation.name, _("your clinic"), content.policy().revealing_words)
    words = {"practice": practice, "phone": organisation.phone, "link": address, "stop": f"{address}stop/"}
    return Message(
        organisation_id=reminder.organisation_id,
        recipient=patient.email,
        subject=_("A message from %(practice)s") % words,
        body=render_to_string("followup/reminder.txt", words),
        unsubscribe=words["stop"],
    )


def _mark_sent(actor: Actor, reminder: Reminder, receipt: Receipt, now: datetime) -> None:
    reminder.state, reminder.sent_at, reminder.reference = STATE.SENT, now, receipt.reference[:200]
    reminder.lease_until = reminder.lease_id = None
    reminder.save(update_fields=["state", "sent_at", "reference", "lease_until", "lease_id"])
    check_in, policy = reminder.check_in, content.policy()
    first = check_in.first_sent_at is None
    check_in.first_sent_at = check_in.first_sent_at or now
    check_in.expires_at = now + policy.link_lives
    check_in.save(update_fields=["first_sent_at", "expires_at"])
    if first:
        _add_reminder(actor, check_in, "repeat", now + policy.repeat_after)
    note(actor, "reminder.send", reminder.patient_id, reminder, kind=reminder.kind, attempt=reminder.attempts)


def _add_reminder(actor: Actor, check_in: CheckIn, kind: str, due_at: datetime) -> Reminder:
    reminder, _is_new = Reminder.objects.get_or_create(
        organisation_id=check_in.organisation_id,
        key=reminder_key(check_in.patient_id, check_in, kind),
        defaults={
            "patient_id": check_in.patient_id,
            "check_in": check_in,
            "kind": kind,
            "due_at": due_at,
            **actor.authorship(),
        },
    )
    return reminder


def _put_back(reminder: Reminder, due_at: datetime, reason: str) -> None:
    reminder.state, reminder.due_at, reminder.reason = STATE.SCHEDULED, due_at, reason
    reminder.lease_until = reminder.lease_id = None
    reminder.save(update_fields=["state", "due_at", "reason", "lease_until", "lease_id"])


def _cancel(actor: Actor, reminder: Reminder, reason: str) -> Outcome:
    reminder.state, reminder.reason = STATE.CANCELLED, reason
    reminder.lease_until = reminder.lease_id = None
    reminder.save(update_fields=["state", "reason", "lease_until", "lease_id"])
    if reason in ("no consent", "no address"):
        CheckIn.objects.filter(pk=reminder.check_in_id).update(by_person=reason)
    note(actor, "reminder.cancel", reminder.patient_id, reminder, reason=reason)
    return Outcome.CANCELLED


def _give_to_person(actor: Actor, reminder: Reminder, state: str, reason: str) -> Outcome:
    reminder.state, reminder.reason = state, reason
    reminder.lease_until = reminder.lease_id = None
    reminder.save(update_fields=["state", "reason", "lease_until", "lease_id"])
    CheckIn.objects.filter(pk=reminder.check_in_id).update(by_person=reason)
    note(actor, "reminder.give_up", reminder.patient_id, reminder, reason=reason)
    return Outcome.FAILED if state == STATE.FAILED else Outcome.UNKNOWN


# --- what people do with the queue ------------------------------------------------------------------------------------


@transaction.atomic
def opt_out(*, actor: Actor, check_in: CheckIn, now: datetime) -> OptOut:
    """The patient wants no more e-mail. Waits for a message that is leaving this moment; nothing leaves afterwards."""
    require(actor, Permission.RECORD_CHECK_IN)
    waiting = Reminder.objects.select_for_update().filter(
        patient_id=check_in.patient_id, state__in=[STATE.SCHEDULED, STATE.LEASED, STATE.SENDING]
    )
    ids = list(waiting.order_by("id").values_list("id", flat=True))
    row = OptOut.objects.create(
        organisation_id=check_in.organisation_id, patient_id=check_in.patient_id, at=now, **actor.authorship()
    )
    # What a worker holds is left to it: it reads the opt-out before it sends.
    Reminder.objects.filter(id__in=ids, state=STATE.SCHEDULED).update(state=STATE.CANCELLED, reason="no consent")
    CheckIn.objects.filter(patient_id=check_in.patient_id, answered_at__isnull=True, closed_at__isnull=True).update(
        by_person="no consent"
    )
    note(actor, "reminder.opt_out", check_in.patient_id, row)
    return row


@transaction.atomic
def cancel_reminder(*, actor: Actor, patient_id: UUID, reminder_id: UUID) -> Reminder:
    """Keep a reminder from leaving. Raises Reminder.DoesNotExist when it is not waiting any more."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    reminder = Reminder.objects.select_for_update().get(
        id=reminder_id, patient_id=patient_id, state__in=[STATE.SCHEDULED, STATE.FAILED, STATE.UNKNOWN]
    )
    _cancel(actor, reminder, "cancelled by staff")
    return reminder


@transaction.atomic
def resend(*, actor: Actor, patient_id: UUID, check_in_id: UUID, now: datetime) -> Reminder:
    """Send the invitation to an unanswered check-in again, as soon as the quiet hours and caps allow.

    While a message about this check-in waits, that one is brought forward: two clicks never make two messages. Raises
    CheckIn.DoesNotExist when the check-in is answered, closed, or locked after too many wrong birth dates.
    """
    require(actor, Permission.MANAGE_FOLLOW_UP)
    check_in = CheckIn.objects.select_for_update().get(
        id=check_in_id,
        patient_id=patient_id,
        answered_at__isnull=True,
        closed_at__isnull=True,
        failed_attempts__lt=content.policy().birth_date_attempts,
    )
    about_it = Reminder.objects.filter(check_in=check_in)
    reminder = about_it.select_for_update().filter(state=STATE.SCHEDULED).order_by("due_at").first()
    if reminder is None:
        earlier = about_it.filter(kind__startswith="resend").count()
        reminder = _add_reminder(actor, check_in, f"resend-{earlier + 1}", now)
    elif reminder.due_at > now:
        reminder.due_at = now
        reminder.save(update_fields=["due_at"])
    CheckIn.objects.filter(pk=check_in.pk).update(by_person="")
    note(actor, "reminder.resend", patient_id, reminder)
    return reminder


def escalate_silent(*, actor: Actor, now: datetime) -> int:
    """Hand check-ins that stay unanswered too long for their risk tier to a person. Returns how many."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    policy = content.policy()
    count = 0
    with tenant(actor.organisation_id):
        where = zone_of_clinic(actor)
        # Only what may have reached its limit, or many that still have time would stand before the few that have none.
        reached = Q(pk=None)
        for tier, days in policy.call_after_days.items():
            reached |= Q(due_item__schedule__tier=tier, first_sent_at__lte=now - timedelta(days=days - 1))
        silent = (
            CheckIn.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("due_item__schedule")
            .filter(
                reached,
                organisation_id=actor.organisation_id,
                answered_at__isnull=True,
                closed_at__isnull=True,
                escalated_at__isnull=True,
                first_sent_at__isnull=False,
            )
            .order_by("first_sent_at")[:500]
        )
        for check_in in silent:
            tier = check_in.due_item.schedule.tier
            sent_on = local_day(check_in.first_sent_at or now, where)
            days = policy.call_after_days[tier]
            limit = add_working_days(sent_on, days) if tier == "high" else sent_on + timedelta(days=days)
            if local_day(now, where) < limit:
                continue
            check_in.escalated_at = now
            check_in.by_person = check_in.by_person or "no answer"
            check_in.save(update_fields=["escalated_at", "by_person"])
            owner = owner_of(check_in.patient_id)
            note(actor, "check_in.escalate", check_in.patient_id, check_in, owner=str(owner or ""))
            count += 1
    return count
