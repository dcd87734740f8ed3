"""What people do with the queue of messages: opt out, cancel, send again; and what goes to a person by itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from accounts.tenancy import tenant
from followup import content
from followup.models import CheckIn, OptOut, Reminder
from followup.schedule import add_working_days, local_day
from followup.services.outcomes import Outcomes
from followup.services.shared import deed, note, reminder_key, zone_of_clinic
from patients import queries as patient_queries

STATE = Reminder.State


@transaction.atomic
def opt_out(*, actor: Actor, patient_id: UUID, now: datetime) -> OptOut:
    """The patient wants no more e-mail. Waits for a message that is leaving this moment; nothing leaves afterwards."""
    require(actor, Permission.RECORD_CHECK_IN)
    waiting = Reminder.objects.select_for_update().filter(
        patient_id=patient_id, state__in=[STATE.SCHEDULED, STATE.LEASED, STATE.SENDING]
    )
    ids = list(waiting.order_by("id").values_list("id", flat=True))
    row = OptOut.objects.create(
        organisation_id=actor.organisation_id, patient_id=patient_id, at=now, **actor.authorship()
    )
    # What a worker holds is left to it: it reads the opt-out before it sends.
    Reminder.objects.filter(id__in=ids, state=STATE.SCHEDULED).update(state=STATE.CANCELLED, reason="no consent")
    CheckIn.objects.filter(patient_id=patient_id, answered_at__isnull=True, closed_at__isnull=True).update(
        by_person="no consent"
    )
    note(actor, "reminder.opt_out", patient_id, row)
    return row


@transaction.atomic
def cancel_reminder(*, actor: Actor, patient_id: UUID, reminder_id: UUID) -> Reminder:
    """Keep a reminder from leaving. Raises Reminder.DoesNotExist when it is not waiting any more."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    reminder = Reminder.objects.select_for_update().get(
        id=reminder_id, patient_id=patient_id, state__in=[STATE.SCHEDULED, STATE.FAILED, STATE.UNKNOWN]
    )
    done = Outcomes(actor)
    done.cancel(reminder, "cancelled by staff")
    done.write()
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
        kind = f"resend-{earlier + 1}"
        reminder, _is_new = Reminder.objects.get_or_create(
            organisation_id=check_in.organisation_id,
            key=reminder_key(check_in.patient_id, check_in, kind),
            defaults={
                "patient_id": patient_id,
                "check_in": check_in,
                "kind": kind,
                "due_at": now,
                **actor.authorship(),
            },
        )
    elif reminder.due_at > now:
        reminder.due_at = now
        reminder.save(update_fields=["due_at"])
    CheckIn.objects.filter(pk=check_in.pk).update(by_person="")
    note(actor, "reminder.resend", patient_id, reminder)
    return reminder


def escalate_silent(*, actor: Actor, now: datetime) -> int:
    """Hand check-ins that stay unanswered too long for their risk tier to a person. Returns how many."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    with tenant(actor.organisation_id):
        where = zone_of_clinic(actor)
        # Only what may have reached its limit, or many that still have time would stand before the few that have none.
        reached = Q(pk=None)
        for tier, days in content.policy().call_after_days.items():
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
        late = [check_in for check_in in silent if local_day(now, where) >= _call_on(check_in, where)]
        if late:
            no_answer = Case(When(by_person="", then=Value("no answer")), default=F("by_person"))
            CheckIn.objects.filter(id__in=[check_in.pk for check_in in late]).update(
                escalated_at=now, by_person=no_answer
            )
            owners = patient_queries.longest_on_team(check_in.patient_id for check_in in late)
            audit.record_all(
                actor=actor,
                deeds=[
                    deed("check_in.escalate", row.patient_id, row, owner=str(owners.get(row.patient_id, "")))
                    for row in late
                ],
            )
    return len(late)


def _call_on(check_in: CheckIn, where: ZoneInfo) -> date:
    """The day on which a person calls about an invitation that stays unanswered."""
    assert check_in.first_sent_at is not None
    tier, sent_on = check_in.due_item.schedule.tier, local_day(check_in.first_sent_at, where)
    days = content.policy().call_after_days[tier]
    return add_working_days(sent_on, days) if tier == "high" else sent_on + timedelta(days=days)
