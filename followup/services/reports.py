"""The questions before a visit: the patient is asked by link, by e-mail, on a tablet or by staff; what worries is told.

The answers themselves belong to `assessments`. What must not wait becomes an alert here, exactly as in a check-in.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db import transaction

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from assessments import patient_questions
from assessments import services as assessment_services
from assessments.record import ReportRecord
from followup import check_in, content, links
from followup.models import Alert, OptOut, Reminder
from followup.schedule import local_day
from followup.services.shared import note, owner_of, zone_of_clinic

if TYPE_CHECKING:
    from patients.models import Patient

STATE = Reminder.State


class CannotSend(Exception):
    """No e-mail may go to this patient; `reason` says why, in the words of the queue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def ask_before_visit(
    *, actor: Actor, patient: Patient, via: str, visit_on: date | None, by_email: bool = False, now: datetime
) -> ReportRecord:
    """Ask the patient before a visit, or go on with what is open; `by_email` also puts the message into the queue.

    Asking twice makes neither two reports nor two messages. Raises CannotSend without consent or address.
    """
    require(actor, Permission.ASSESS)
    if by_email and (reason := why_no_email(actor, patient)):
        raise CannotSend(reason)
    policy, report_id = content.policy(), uuid4()
    token = links.token_for(links.Link(actor.organisation_id, report_id), "report")
    report = assessment_services.ask(
        actor=actor,
        patient=patient,
        report_id=report_id,
        token_digest=links.digest(token),
        via=via,
        visit_on=visit_on,
        expires_at=now + policy.link_lives,
        attempts=policy.birth_date_attempts,
        now=now,
    )
    if by_email:
        _send(actor, report, now)
    return report


def why_no_email(actor: Actor, patient: Patient) -> str:
    """Why no message may be sent to the patient; empty when one may. The queue asks again before it sends."""
    if patient.died_on:
        return "died"
    stopped = OptOut.objects.filter(patient_id=patient.pk, channel="email").order_by("-at").first()
    agreed = patient.reminder_consent_on
    lifted = stopped is None or (agreed is not None and agreed > local_day(stopped.at, zone_of_clinic(actor)))
    if not patient.reminder_consent or not lifted:
        return "no consent"
    return "" if patient.email else "no address"


def _send(actor: Actor, report: ReportRecord, now: datetime) -> None:
    about_it = Reminder.objects.filter(report_id=report.id)
    # What waits or is leaving carries this link already.
    if about_it.filter(state__in=[STATE.SCHEDULED, STATE.LEASED, STATE.SENDING]).exists():
        return
    kind = f"visit-{about_it.count() + 1}"
    reminder, is_new = Reminder.objects.get_or_create(
        organisation_id=report.organisation_id,
        key=f"{report.patient_id}:{report.id}:{kind}",
        defaults={
            "patient_id": report.patient_id,
            "report_id": report.id,
            "kind": kind,
            "due_at": now,
            **actor.authorship(),
        },
    )
    if is_new:
        note(actor, "reminder.add", report.patient_id, reminder, report=str(report.id))


@transaction.atomic
def take_back(*, actor: Actor, patient: Patient, report_id: UUID, now: datetime) -> None:
    """Close an open report; a message about it that still waits does not leave. Raises what the closing raises."""
    require(actor, Permission.ASSESS)
    assessment_services.take_back_report(actor=actor, patient=patient, report_id=report_id, now=now)
    # A message that a worker has in hand is left to it: it reads that the report is closed before it sends.
    Reminder.objects.filter(report_id=report_id, state=STATE.SCHEDULED).update(
        state=STATE.CANCELLED, reason="cancelled by staff"
    )


@transaction.atomic
def answer_before_visit(
    *, actor: Actor, report: ReportRecord, question: str, value: patient_questions.Value | None, now: datetime
) -> ReportRecord:
    """Keep one answer; one that must not wait raises its alert at once. Raises ReportClosed."""
    require(actor, Permission.RECORD_CHECK_IN)
    changed = assessment_services.answer_report(actor=actor, report_id=report.id, question=question, value=value)
    _raise_alarms(actor, changed, changed.draft, now)
    return changed


@transaction.atomic
def send_before_visit(*, actor: Actor, report: ReportRecord, via: str, now: datetime) -> ReportRecord:
    """Finish the report: its answers become record. Twice gives ReportClosed, never two records."""
    require(actor, Permission.RECORD_CHECK_IN)
    sent = assessment_services.send_report(actor=actor, report_id=report.id, via=via, now=now)
    _raise_alarms(actor, sent, sent.answers, now)
    Reminder.objects.filter(report_id=report.id, state=STATE.SCHEDULED).update(state=STATE.CANCELLED, reason="answered")
    return sent


def _raise_alarms(actor: Actor, report: ReportRecord, answers: patient_questions.Answers, now: datetime) -> None:
    """Each alert once per report, with a deadline and a named person."""
    for found in patient_questions.alarms(answers):
        alarm = check_in.alarm_of(
            found.code,
            found.act,
            found.clinic,
            found.safety_alert,
            content.file("check_in"),
            content.safety_alerts(),
            {"action": found.action, "source": found.source},
        )
        alert, is_new = Alert.objects.get_or_create(
            report_id=report.id,
            code=alarm.code,
            defaults={
                "organisation_id": report.organisation_id,
                "patient_id": report.patient_id,
                "tier": alarm.tier,
                "text": alarm.text,
                "action": alarm.action,
                "source": alarm.source,
                "deadline": now + timedelta(hours=alarm.deadline_hours),
                "owner_id": owner_of(report.patient_id),
                **actor.authorship(),
            },
        )
        if is_new:
            owner = str(alert.owner_id or "")
            note(actor, "alert.raise", report.patient_id, alert, code=alarm.code, tier=alarm.tier, owner=owner)
