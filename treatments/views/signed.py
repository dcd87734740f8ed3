"""The page before the signature, and plans that were signed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import queries as account_queries
from accounts.access import allows
from accounts.roles import Permission
from assessments import queries as assessment_queries
from assessments import report_queries
from treatments import forms, life_forms, plan_presenters, plan_readiness, queries, services
from treatments.plan_changes import changes
from treatments.views.desk import REFUSED, Desk, FormPage, desk_of


@require_GET
def sign(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What signing will do, what was overridden, what is unknown, what the patient gets. `plan-sign` signs."""
    return render(request, "treatments/sign.html", sign_context(desk_of(request, patient_id, Permission.DRAFT_PLAN)))


def sign_context(desk: Desk, **forms_sent: Any) -> dict[str, Any]:
    """Everything on the page before the signature; `propose_form` or `return_form` as it was sent."""
    view = desk.view()
    if view is None or not desk.draft:
        raise Http404
    may_sign = allows(desk.actor, Permission.SIGN_PLAN)
    page = plan_presenters.sign_page(
        view,
        desk.shown,
        plan_readiness.against_signing(
            desk.draft,
            desk.shown,
            assessment_queries.unhandled_red_flags(desk.patient.pk),
            report_queries.flags_told(desk.patient.pk),
        ),
        plan_readiness.to_mind(desk.draft),
        may_sign=may_sign,
        before=queries.signed_of(desk.patient.pk),
    )
    context = desk.frame() | {
        "page": page,
        "view": view,
        "plan_form": desk.plan_form() if view.plan_gaps else None,
        "came_from": "sign",
        "changes": changes(page.before, desk.draft) if page.before else [],
        "counselling": plan_presenters.counselling(desk.draft, desk.shown.rulebook),
        "release": desk.shown.rulebook.digest[7:19],
    }
    seen = {"seen": page.fingerprint}
    if desk.draft.is_proposed:
        context["return_form"] = life_forms.ReturnForm(patient_id=desk.patient.pk, initial=seen) if may_sign else None
    else:
        signers = desk.signers()
        context["propose_form"] = life_forms.ProposeForm(patient_id=desk.patient.pk, signers=signers, initial=seen)
    return context | forms_sent


@require_GET
def plan_read(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """One plan as it was signed, and what it rests on."""
    desk = desk_of(request, patient_id)
    return render(request, "treatments/read.html", _read_context(desk, plan_id))


@require_GET
def plan_print(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """The plan on paper: banner on each sheet, version, when it was printed, where the live record is."""
    desk = desk_of(request, patient_id)
    context = _read_context(desk, plan_id) | {
        "printed_at": timezone.localtime(),
        "printed_by": desk.actor.name,
        "assessment": desk.shown.pain.assessment,
    }
    return render(request, "treatments/print.html", context)


def _read_context(desk: Desk, plan_id: UUID) -> dict[str, Any]:
    record = queries.plan_of(desk.patient.pk, plan_id)
    if record is None or record.state == "discarded":
        raise Http404
    organisation = account_queries.organisation(desk.actor.organisation_id)
    return desk.frame() | {
        "plan": record,
        "view": plan_presenters.plan_view(record, desk.shown),
        "overridden": plan_presenters.overridden(record),
        "counselling": plan_presenters.counselling(record, desk.shown.rulebook),
        "tests": plan_presenters.tests_of(record, desk.shown),
        "history": queries.plans_of(desk.patient.pk),
        "organisation": organisation,
        "may_sign": allows(desk.actor, Permission.SIGN_PLAN),
        "may_order": allows(desk.actor, Permission.DRAFT_PLAN),
    }


@FormPage
def plan_stop(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """End the signed plan without another in its place."""
    desk = desk_of(request, patient_id, Permission.SIGN_PLAN)
    if queries.plan_of(desk.patient.pk, plan_id) is None:
        raise Http404
    form = forms.StopForm(request.POST if request.method == "POST" else None, patient_id=desk.patient.pk)
    if form.is_valid():
        try:
            services.stop_plan(
                actor=desk.actor,
                patient=desk.patient,
                plan_id=plan_id,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except (services.PlanRefused, services.NoDraft) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The plan was stopped. Medicines are not stopped by this; see the tapers."))
            return redirect("patient-plan", desk.patient.pk)
    context = {"patient": desk.patient, "today": desk.today, "form": form, "plan_id": plan_id}
    return render(request, "treatments/stop.html", context, status=REFUSED if form.is_bound else 200)
