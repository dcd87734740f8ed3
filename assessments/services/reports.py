"""What a patient answers before a visit: asked for, answered one question at a time, sent once, taken over or not.

A patient has one open report at a time. Phone, tablet and staff go on in the same one, so no answer is asked for twice.
Once sent it never changes; the database refuses it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from assessments import patient_questions, queries, report_queries
from assessments.content import assessment_content
from assessments.entries import AREA_PREFIX, Entry, SectionId, score_instrument
from assessments.models import Assessment, PainArea, PatientReport, SectionSave
from assessments.record import AreaRecord, AssessmentRecord, ReportRecord
from assessments.said import fill, sections
from assessments.services.sections import write_section
from assessments.services.shared import SectionUnknown, locked_draft, user_id
from assessments.summary import area_id
from patients import access
from patients import queries as patient_queries
from patients.identity import is_born_on

if TYPE_CHECKING:
    from patients.models import Patient


class ReportClosed(Exception):
    """The report is sent, taken back, locked or its link has expired; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReportNotFound(LookupError):
    """There is no such report of this patient."""


@transaction.atomic
def ask(
    *,
    actor: Actor,
    patient: Patient,
    report_id: UUID,
    token_digest: str,
    via: str,
    visit_on: dt.date | None,
    expires_at: dt.datetime,
    attempts: int,
    now: dt.datetime,
) -> ReportRecord:
    """The patient's open report, with its link open until `expires_at`; a new one with this id where none is open.

    One that was locked after `attempts` wrong birth dates is closed and a new one begins with its answers: whoever
    guessed does not get a second link, and what the patient had answered is not lost.
    """
    require(actor, Permission.ASSESS)
    open_rows = PatientReport.objects.select_for_update().filter(
        patient_id=patient.pk, sent_at__isnull=True, closed_at__isnull=True
    )
    row = open_rows.first()
    kept: PatientReport | None = None
    if row is not None and row.failed_attempts >= attempts:
        row.closed_at, row.close_reason, kept, row = now, "locked", row, None
        kept.save(update_fields=["closed_at", "close_reason"])
    if row is not None:
        row.expires_at, row.visit_on = expires_at, visit_on or row.visit_on
        row.save(update_fields=["expires_at", "visit_on"])
    else:
        # Two people who ask at once get the one report: the second waits for the first and meets its row.
        row, _is_new = PatientReport.objects.get_or_create(
            patient_id=patient.pk,
            sent_at=None,
            closed_at=None,
            defaults={
                "id": report_id,
                "organisation_id": actor.organisation_id,
                "via": via,
                "visit_on": visit_on,
                "token_digest": token_digest,
                "expires_at": expires_at,
                "created_by_id": user_id(actor),
                **actor.dated("created_at"),
                "draft": kept.draft if kept else {},
                "language": kept.language if kept else _language(patient, via),
            },
        )
    _note(actor, row, "report.ask", via=via)
    return report_queries.record_of(row)


def _language(patient: Patient, via: str) -> str:
    """The patient's language where the pages speak it; staff read the questions in the language of the clinic."""
    return patient_questions.language_of(patient.language) if via != PatientReport.Via.STAFF else "en"


@transaction.atomic
def open_report_by_link(
    *, actor: Actor, report_id: UUID, birth_date: dt.date | None, language: str, attempts: int, now: dt.datetime
) -> bool:
    """Whether the birth date is the patient's. Each wrong one counts; the last of `attempts` locks the link for good.

    Raises ReportClosed when the link does not open whatever the date.
    """
    require(actor, Permission.RECORD_CHECK_IN)
    row = _locked(report_id)
    if reason := report_queries.why_closed(row, now, attempts):
        raise ReportClosed(reason)
    patient = access.patient_for(actor, row.patient_id, Permission.RECORD_CHECK_IN)
    if not is_born_on(patient, birth_date):
        row.failed_attempts += 1
        row.save(update_fields=["failed_attempts"])
        _note(actor, row, "report.refuse", attempts=row.failed_attempts)
        return False
    _open(actor, row, language, now)
    return True


@transaction.atomic
def open_report_here(*, actor: Actor, report_id: UUID, language: str, now: dt.datetime) -> None:
    """Begin on the clinic's tablet or by staff: whoever hands it over knows the patient. Raises ReportClosed."""
    require(actor, Permission.RECORD_CHECK_IN)
    row = _locked(report_id)
    _refuse_finished(row)
    _open(actor, row, language, now)


@transaction.atomic
def answer_report(
    *, actor: Actor, report_id: UUID, question: str, value: patient_questions.Value | None
) -> ReportRecord:
    """Keep one answer of a report that is not sent; None takes it back. Raises ReportClosed."""
    require(actor, Permission.RECORD_CHECK_IN)
    row = _locked(report_id)
    _refuse_finished(row)
    answers = {name: given for name, given in row.draft.items() if name != question}
    if value is not None:
        answers[question] = value
    row.draft = patient_questions.kept(answers)
    row.save(update_fields=["draft"])
    _note(actor, row, "report.answer", question=question)
    return report_queries.record_of(row)


@transaction.atomic
def send_report(*, actor: Actor, report_id: UUID, via: str, now: dt.datetime) -> ReportRecord:
    """Finish a report: its answers stay as they are from now on. Raises ReportClosed, so nothing is sent twice."""
    require(actor, Permission.RECORD_CHECK_IN)
    row = _locked(report_id)
    _refuse_finished(row)
    row.answers, row.draft, row.sent_at, row.via = row.draft, {}, now, via
    row.save(update_fields=["answers", "draft", "sent_at", "via"])
    _note(actor, row, "report.send", via=via, questions=len(row.answers))
    return report_queries.record_of(row)


@transaction.atomic
def take_back_report(*, actor: Actor, patient: Patient, report_id: UUID, now: dt.datetime) -> None:
    """Close a report that nobody shall answer any more. Raises ReportNotFound when it is not an open one."""
    require(actor, Permission.ASSESS)
    row = (
        PatientReport.objects.select_for_update()
        .filter(patient_id=patient.pk, pk=report_id, sent_at__isnull=True, closed_at__isnull=True)
        .first()
    )
    if row is None:
        raise ReportNotFound
    row.closed_at, row.close_reason = now, "taken back"
    row.save(update_fields=["closed_at", "close_reason"])
    _note(actor, row, "report.take_back")


def extend_reports(*, actor: Actor, report_ids: Iterable[UUID], until: dt.datetime) -> None:
    """A message with the link has left just now: it opens until then. The trail has the message, with this report."""
    require(actor, Permission.SEND_REMINDERS)
    PatientReport.objects.filter(id__in=list(report_ids), sent_at__isnull=True).update(expires_at=until)


@transaction.atomic
def take_over(
    *,
    actor: Actor,
    patient: Patient,
    assessment_id: UUID,
    report_id: UUID,
    section: SectionId | None = None,
    today: dt.date,
    now: dt.datetime,
) -> list[SectionId]:
    """Fill what a draft does not answer yet from a sent report, in one section or in all; returns the sections.

    What is filled in counts as taken over and not confirmed. What the patient wrote in words about medicines, allergies
    and treatments is shown beside the record and never written into it. With several pain areas nobody knows which one
    the patient described, so the areas are only filled one by one. Raises what a save raises, and ReportNotFound.
    """
    require(actor, Permission.ASSESS)
    draft = locked_draft(actor, patient, assessment_id)
    report = _sent(patient, report_id)
    record = queries.draft_of(patient.pk)
    assert record is not None  # It was locked a moment ago.
    on_file = patient_queries.record_of(patient, today).preferences if "wishes" not in record.sections else ()
    stored = queries.parts_of(draft.pk)
    filled = []
    for wanted in [section] if section else sections():
        if not _may_begin(patient, record, wanted):
            continue
        for name, entry in _entries(draft, record, wanted, report, tuple(on_file)):
            write_section(actor, draft, stored, entry)
            _mark_taken_over(actor, draft, name, now)
            filled.append(name)
    PatientReport.objects.filter(pk=report.id).update(assessment=draft)
    audit.record(
        actor=actor,
        action="report.take_over",
        patient_id=patient.pk,
        target=f"patientreport:{report.id}",
        detail={"assessment": str(draft.pk), "sections": filled},
    )
    return filled


def _may_begin(patient: Patient, record: AssessmentRecord, section: SectionId) -> bool:
    """A questionnaire that the clinic does not use any more is not begun; what the patient said of it can be read."""
    instrument = score_instrument(section)
    return not instrument or section in record.sections or instrument in queries.instruments_in_use(patient.clinic_id)


def _entries(
    draft: Assessment, record: AssessmentRecord, section: SectionId, report: ReportRecord, on_file: tuple[str, ...]
) -> Iterable[tuple[SectionId, Entry]]:
    content = assessment_content()
    if section != "areas":
        area = next((one for one in record.areas if one.id == area_id(section)), None)
        entry = fill(section, record, area, report.answers, content, on_file)
        if entry is not None:
            yield section, entry
    elif len(record.areas) == 1:
        yield from _entries(draft, record, f"{AREA_PREFIX}{record.areas[0].id}", report, on_file)
    elif not record.areas:
        area = AreaRecord(id=PainArea().pk)
        entry = fill(f"{AREA_PREFIX}{area.id}", record, area, report.answers, content, on_file)
        if entry is not None:
            PainArea.objects.create(id=area.id, organisation_id=draft.organisation_id, assessment=draft, position=1)
            yield f"{AREA_PREFIX}{area.id}", entry


def _mark_taken_over(actor: Actor, draft: Assessment, section: SectionId, now: dt.datetime) -> None:
    state, is_new = SectionSave.objects.get_or_create(
        assessment=draft,
        section=section,
        defaults={
            "organisation_id": draft.organisation_id,
            "saved_by_id": user_id(actor),
            "saved_at": now,
            "copied": True,
        },
    )
    if not is_new:
        # A form that was opened before must not overwrite what has been filled in here.
        state.version += 1
        state.saved_by_id, state.saved_at, state.copied = user_id(actor), now, True
        state.save()


@transaction.atomic
def set_report_aside(*, actor: Actor, patient: Patient, report_id: UUID) -> None:
    """Looked at and not taken over: it belongs to the open draft, or to the newest signed assessment.

    Raises ReportNotFound, and SectionUnknown where the patient has no assessment that it could belong to.
    """
    require(actor, Permission.ASSESS)
    report = _sent(patient, report_id)
    rows = Assessment.objects.filter(patient_id=patient.pk)
    row = rows.filter(status=Assessment.Status.DRAFT).first() or rows.order_by("-assessed_on", "-signed_at").first()
    if row is None:
        raise SectionUnknown
    changed = PatientReport.objects.filter(pk=report.id, assessment__isnull=True).update(assessment=row)
    if changed:
        audit.record(
            actor=actor,
            action="report.set_aside",
            patient_id=patient.pk,
            target=f"patientreport:{report.id}",
            detail={"assessment": str(row.pk)},
        )


def _sent(patient: Patient, report_id: UUID) -> ReportRecord:
    report = report_queries.report_of(patient.pk, report_id)
    if report is None or report.sent_at is None:
        raise ReportNotFound
    return report


def _locked(report_id: UUID) -> PatientReport:
    return PatientReport.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=report_id)


def _refuse_finished(row: PatientReport) -> None:
    if row.sent_at:
        raise ReportClosed("answered")
    if row.closed_at:
        raise ReportClosed("closed")


def _open(actor: Actor, row: PatientReport, language: str, now: dt.datetime) -> None:
    row.opened_at = row.opened_at or now
    if language in patient_questions.languages():
        row.language = language
    row.save(update_fields=["opened_at", "language"])
    _note(actor, row, "report.open", language=row.language)


def _note(actor: Actor, row: PatientReport, action: str, **detail: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        patient_id=row.patient_id,
        target=f"patientreport:{row.pk}",
        detail=detail,
    )
