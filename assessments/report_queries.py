"""Reads of what patients answer before a visit. Each function issues a fixed number of queries, said in its text."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q
from django.utils.translation import gettext as _

from assessments import patient_questions
from assessments.models import Assessment, PatientReport, RedFlagAnswer
from assessments.record import ReportRecord
from patients import queries as patient_queries
from patients.work import WorkItem

# As long as answers of check-ins: older ones that nobody looked at are no news for a worklist.
UNSEEN_DAYS = 90

# A report that is being answered.
OPEN = Q(sent_at__isnull=True, closed_at__isnull=True)
NEVER = Q(pk__in=())


def why_closed(report: ReportRecord | PatientReport, now: dt.datetime, attempts: int) -> str:
    """Why nobody can answer by link; empty when somebody can. `attempts` wrong birth dates lock it. No query."""
    if report.sent_at:
        return "answered"
    if report.closed_at:
        return "closed"
    if report.failed_attempts >= attempts:
        return "locked"
    return "expired" if report.expires_at is None or report.expires_at <= now else ""


def report_of_link(organisation_id: UUID, report_id: UUID, token_digest: str) -> ReportRecord | None:
    """The report of a link; None when this link was never given out. One query."""
    rows = PatientReport.objects.filter(organisation_id=organisation_id, pk=report_id, token_digest=token_digest)
    return _first(rows)


def report_of(patient_id: UUID, report_id: UUID) -> ReportRecord | None:
    """One report of this patient, or None. One query."""
    return _first(PatientReport.objects.filter(patient_id=patient_id, pk=report_id))


def open_report(patient_id: UUID) -> ReportRecord | None:
    """The report that is being answered, or None. One query."""
    return _first(PatientReport.objects.filter(OPEN, patient_id=patient_id))


def reports_of(patient_id: UUID, limit: int = 50) -> list[ReportRecord]:
    """Reports that were sent, newest first. One query."""
    rows = PatientReport.objects.filter(patient_id=patient_id, sent_at__isnull=False).select_related("created_by")
    return [record_of(row) for row in rows.order_by("-sent_at", "id")[:limit]]


def flags_told(patient_id: UUID) -> tuple[str, ...]:
    """Red flags that a sign which could not wait asks about, and that the open assessment does not answer. One query.

    It is the newest report that counts, until an assessment is signed after it or somebody sets it aside.
    """
    answered = RedFlagAnswer.objects.filter(
        assessment__patient_id=patient_id, assessment__status=Assessment.Status.DRAFT
    ).values("flag")
    waiting = Q(assessment__isnull=True) | Q(assessment__status=Assessment.Status.DRAFT)
    rows = PatientReport.objects.filter(waiting, patient_id=patient_id, sent_at__isnull=False)
    row = rows.annotate(answered=ArraySubquery(answered)).order_by("-sent_at").first()
    told = patient_questions.flags_told(row.answers or {}) if row is not None else ()
    return tuple(one.flag for one in told if one.is_urgent and row is not None and one.flag not in row.answered)


def _first(rows: Any) -> ReportRecord | None:
    row = rows.select_related("created_by").first()
    return record_of(row) if row is not None else None


def record_of(row: PatientReport) -> ReportRecord:
    """A row as plain data. One query when the row came without its author."""
    return ReportRecord(
        id=row.pk,
        organisation_id=row.organisation_id,
        patient_id=row.patient_id,
        via=row.via,
        language=row.language,
        created_at=row.created_at,
        created_by=str(row.created_by),
        visit_on=row.visit_on,
        expires_at=row.expires_at,
        opened_at=row.opened_at,
        failed_attempts=row.failed_attempts,
        draft=row.draft,
        answers=row.answers or {},
        sent_at=row.sent_at,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
        assessment_id=row.assessment_id,
    )


def work_items(
    organisation_id: UUID, user: Any, today: dt.date, limit: int = 50, *, lost: Any = NEVER
) -> list[WorkItem]:
    """Answers before a visit that no assessment has yet, and questions that did not reach the patient. One query.

    Of the patients whom this user looks after. `lost` is a condition on a report that is still open: it did not arrive.
    Whoever asked the patient answers for both.
    """
    mine = Q(patient_id__in=patient_queries.looked_after_by(getattr(user, "pk", user)))
    oldest = dt.datetime.combine(today, dt.time(), dt.UTC) - dt.timedelta(days=UNSEEN_DAYS)
    arrived = Q(assessment__isnull=True, sent_at__gte=oldest)
    rows = (
        PatientReport.objects.filter(mine, arrived | (OPEN & Q(lost)), organisation_id=organisation_id)
        .select_related("patient", "created_by")
        .order_by("created_at", "id")[:limit]
    )
    return [_work(row) for row in rows]


def _work(row: PatientReport) -> WorkItem:
    arrived = row.sent_at is not None
    return WorkItem(
        patient_id=row.patient_id,
        patient_name=f"{row.patient.family_name.upper()}, {row.patient.given_names}",
        patient_number=row.patient.number,
        kind="answer" if arrived else "due",
        text=_("Answers before the visit arrived")
        if arrived
        else _("The questions before the visit did not reach the patient by e-mail"),
        since=row.sent_at or row.created_at,
        due=None,
        owner_name=str(row.created_by),
        tier="",
        url_name="patient-report" if arrived else "before-visit",
        url_args=(row.patient_id, row.pk) if arrived else (row.patient_id,),
    )
