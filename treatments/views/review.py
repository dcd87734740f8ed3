"""A draft goes to somebody who may sign it, and comes back with words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Permission
from treatments import life_forms as forms
from treatments import services
from treatments.views.desk import CONFLICT, REFUSED, Desk, desk_of, same_patient, seen_anew
from treatments.views.signed import sign_context


@require_POST
def plan_propose(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Propose the draft for review, to one signer or to anybody who may sign."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    form = forms.ProposeForm(request.POST, patient_id=desk.patient.pk, signers=desk.signers())
    if not form.is_valid():
        return _again(request, desk, propose_form=form)
    kept = form.cleaned_data
    try:
        plan = services.propose_plan(
            actor=desk.actor,
            patient=desk.patient,
            now=timezone.now(),
            seen=kept["seen"],
            to=kept["to"],
            words=kept["words"],
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return _again(request, desk, propose_form=form)
    except services.StaleSave:
        return _stale(request, desk, propose_form=form)
    except services.NoDraft as gone:
        messages.warning(request, str(gone))
    else:
        who = plan.proposed_to or _("whoever may sign")
        messages.success(request, _("The plan is proposed to %(who)s. It stands on the worklist.") % {"who": who})
    return redirect("patient-plan", desk.patient.pk)


@require_POST
def plan_return(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Give a proposed plan back to whoever drafted it, with what is to be changed."""
    desk = desk_of(request, patient_id, Permission.SIGN_PLAN)
    same_patient(request, patient_id)
    form = forms.ReturnForm(request.POST, patient_id=desk.patient.pk)
    if not form.is_valid():
        return _again(request, desk, return_form=form)
    kept = form.cleaned_data
    try:
        services.return_plan(
            actor=desk.actor, patient=desk.patient, now=timezone.now(), words=kept["words"], seen=kept["seen"]
        )
    except services.StaleSave:
        return _stale(request, desk, return_form=form)
    except services.NoDraft:
        messages.warning(request, _("The plan is not proposed any more: it was changed, signed or thrown away."))
    else:
        messages.success(request, _("The plan was returned. It is a draft again."))
    return redirect("patient-plan", desk.patient.pk)


def _again(request: HttpRequest, desk: Desk, status: int = REFUSED, **sent: Any) -> HttpResponse:
    return render(request, "treatments/sign.html", sign_context(desk, **sent), status=status)


def _stale(request: HttpRequest, desk: Desk, **sent: Any) -> HttpResponse:
    """The page anew, with the words that were typed and the fingerprint of what stands there now."""
    messages.warning(request, _("The plan, the record or the rulebook changed since you looked. Look once more."))
    context = sign_context(desk, **sent)
    for form in sent.values():
        form.data = seen_anew(request, context["page"].fingerprint)
    return render(request, "treatments/sign.html", context, status=CONFLICT)
