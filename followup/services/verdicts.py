"""Whether the messages of a batch may leave now: everything that decides is read in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.audit import Actor
from assessments import report_queries
from followup import content, plans
from followup.models import CheckIn, OptOut, Reminder
from followup.schedule import after_caps, local_day, next_allowed, zone
from followup.services.shared import quiet_of, zone_of
from patients import access

if TYPE_CHECKING:
    from accounts.models import Organisation
    from patients.models import Patient

# From when on the message may leave, or why it must not leave at all.
Verdict = datetime | str


def verdicts(
    actor: Actor, organisation: Organisation, reminders: Sequence[Reminder], now: datetime
) -> Iterator[tuple[Reminder, Patient, Verdict]]:
    """Each reminder (with check-in and schedule, or report) with its patient and what is to be done; five queries.

    What may leave now counts for those after it as sent now: the caps hold inside a batch as well.
    """
    ids = list({reminder.patient_id for reminder in reminders})
    patients = access.patients_for(actor, ids)
    plan_of = {r.pk: r.check_in.due_item.schedule.plan_id for r in reminders if r.check_in is not None}
    ended = plans.ended_plans(set(plan_of.values()))
    opted_out = dict(
        OptOut.objects.filter(patient_id__in=ids, channel="email")
        .order_by("patient_id", "-at")
        .distinct("patient_id")
        .values_list("patient_id", "at")
    )
    sent: dict[UUID, list[datetime]] = defaultdict(list)
    lately = Reminder.objects.filter(patient_id__in=ids, state=Reminder.State.SENT, sent_at__gt=now - timedelta(days=7))
    for patient_id, sent_at in lately.values_list("patient_id", "sent_at"):
        if sent_at:
            sent[patient_id].append(sent_at)
    policy, quiet, where = content.policy(), quiet_of(organisation), zone(organisation.time_zone)
    for reminder in reminders:
        patient = patients.get(reminder.patient_id)
        if patient is None:
            raise access.PatientNotFound(reminder.patient_id)
        plan_ended = plan_of.get(reminder.pk) in ended
        last = opted_out.get(patient.pk)
        # Lifted by a consent of a later day, counted at the clinic.
        stopped = last is not None and not _agreed_after(patient, local_day(last, where))
        verdict: Verdict | None = _obstacle(reminder, patient, now, plan_ended=plan_ended, stopped=stopped)
        if verdict is None:
            moment = after_caps(sent[patient.pk], now, policy.per_day, policy.per_week)
            verdict = next_allowed(moment, zone_of(patient, organisation), quiet)
            if verdict <= now:
                sent[patient.pk].append(now)
        yield reminder, patient, verdict


def _obstacle(reminder: Reminder, patient: Patient, now: datetime, *, plan_ended: bool, stopped: bool) -> str | None:
    """Why the message must not leave, whatever the hour."""
    check_in = reminder.check_in
    if why := _report_obstacle(reminder, now) if check_in is None else _check_in_obstacle(check_in, plan_ended):
        return why
    if patient.died_on:
        return "died"
    if not patient.reminder_consent or stopped:
        return "no consent"
    return None if patient.email else "no address"


def _check_in_obstacle(check_in: CheckIn, plan_ended: bool) -> str:
    if check_in.answered_at or check_in.closed_at:
        return "answered" if check_in.answered_at else "closed"
    # A plan may have ended a moment ago, before its schedule was ended with it.
    if check_in.due_item.schedule.ended_at or plan_ended:
        return "plan ended"
    return "locked" if check_in.failed_attempts >= content.policy().birth_date_attempts else ""


def _report_obstacle(reminder: Reminder, now: datetime) -> str:
    assert reminder.report is not None  # It is about one of the two (reminder_is_about_one_thing).
    why = report_queries.why_closed(reminder.report, now, content.policy().birth_date_attempts)
    # The link lives from the moment at which the message leaves.
    return "" if why == "expired" else why


def _agreed_after(patient: Patient, day: date) -> bool:
    agreed = patient.reminder_consent_on
    return agreed is not None and agreed > day
