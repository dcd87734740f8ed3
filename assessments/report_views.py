"""What a patient answered before a visit, for the clinician: as it was sent, what became of it, and taking it over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import actor_of, allows
from accounts.roles import Permission
from assessments import patient_questions, queries, report_queries, said, services
from assessments.content import assessment_content
from assessments.entries import FIXED_SECTIONS
from assessments.views import WrongPatient
from patients.access import patient_for


@require_GET
def read(request: HttpRequest, patient_id: UUID, report_id: UUID) -> HttpResponse:
    """The answers as they were sent, beside what the assessment says that they belong to."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id)
    report = report_queries.report_of(patient.pk, report_id)
    if report is None or report.sent_at is None:
        raise Http404
    record = queries.assessment_of(patient.pk, report.assessment_id) if report.assessment_id else None
    context: dict[str, Any] = {
        "patient": patient,
        "report": report,
        "record": record,
        "language": patient_questions.languages().get(report.language, report.language),
        "lines": said.lines(report.answers, assessment_content(), record),
        "not_asked": patient_questions.left_out(report.language),
        "draft": queries.draft_of(patient.pk) if record is None or not record.is_signed else None,
        "may_assess": allows(actor, Permission.ASSESS),
    }
    return render(request, "assessments/report.html", context)


@require_POST
def take_over(request: HttpRequest, patient_id: UUID, report_id: UUID) -> HttpResponse:
    """Fill what the draft does not answer yet, in one section or in all; without a draft one begins."""
    actor, section = actor_of(request), request.POST.get("section", "")
    patient = patient_for(actor, patient_id, Permission.ASSESS)
    _refuse_other(request, patient.pk)
    today, now = timezone.localdate(), timezone.now()
    draft = services.start(actor=actor, patient=patient, today=today, now=now)
    try:
        filled = services.take_over(
            actor=actor,
            patient=patient,
            assessment_id=draft,
            report_id=report_id,
            section=section or None,
            today=today,
            now=now,
        )
    except (services.ReportNotFound, services.SectionUnknown, services.AlreadySigned) as missing:
        raise Http404 from missing
    if filled:
        text = ngettext(
            "%(count)d section was filled. Check it with the patient.",
            "%(count)d sections were filled. Check them with the patient.",
            len(filled),
        )
        messages.success(request, text % {"count": len(filled)})
    else:
        messages.info(request, _("Everything that the patient answered is answered here already."))
    record = queries.draft_of(patient.pk)
    if not section and record is not None and len(record.areas) > 1:
        messages.warning(request, _("There are several pain areas. Take the pain over in the area that is meant."))
    return redirect("assessment-section", patient.pk, section or (filled[0] if filled else FIXED_SECTIONS[0]))


@require_POST
def set_aside(request: HttpRequest, patient_id: UUID, report_id: UUID) -> HttpResponse:
    """Looked at, nothing taken over."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.ASSESS)
    _refuse_other(request, patient.pk)
    try:
        services.set_report_aside(actor=actor, patient=patient, report_id=report_id)
    except services.ReportNotFound as missing:
        raise Http404 from missing
    except services.SectionUnknown:
        messages.error(request, _("Start an assessment first, so that the answers belong to one."))
    else:
        messages.success(request, _("Noted. The answers stay on record."))
    return redirect("patient-report", patient.pk, report_id)


def _refuse_other(request: HttpRequest, patient_id: UUID) -> None:
    # SAFETY: as every form, this one names the patient it was opened for.
    if request.POST.get("patient_id") != str(patient_id):
        raise WrongPatient(patient_id)
