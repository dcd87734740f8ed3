"""The signature of a plan, and the follow-up that begins with it. The page that is read before stands in treatments."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import actor_of
from accounts.roles import Permission
from followup import plans, services
from patients.access import patient_for
from treatments import services as treatment_services


@require_POST
def plan_sign(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """Sign the draft that was looked over, and open its follow-up; where something is missing, back to that page."""
    actor, now = actor_of(request), timezone.now()
    patient = patient_for(actor, patient_id, Permission.SIGN_PLAN)
    if request.POST.get("patient_id") != str(patient.pk):
        raise Http404(_("This form belongs to another patient. Open the plan again."))
    try:
        treatment_services.sign_plan(actor=actor, plan_id=plan_id, now=now, seen=request.POST.get("seen", ""))
    except treatment_services.NotSigned as refusal:
        messages.error(request, _("Not signed. %(why)s") % {"why": refusal.problems[0]})
        return redirect("patient-plan-sign", patient.pk)
    except treatment_services.StaleSave:
        text = _("Not signed: the plan or the record changed after you opened this page. Look it over again.")
        messages.warning(request, text)
        return redirect("patient-plan-sign", patient.pk)
    except treatment_services.NoDraft as gone:
        messages.error(request, str(gone))
        return redirect("patient-plan", patient.pk)
    signed = plans.plan_of(plan_id)
    if signed is not None:
        services.open_schedule(actor=actor, plan=signed, now=now)
    messages.success(request, _("The plan is signed and its follow-up has begun."))
    return redirect("patient-plan", patient.pk)
