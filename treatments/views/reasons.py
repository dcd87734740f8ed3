"""Reasons against the rules."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.roles import Permission
from treatments import forms, plan_presenters, plan_readiness, presenters, services
from treatments.plan_checks import Need
from treatments.plan_doses import DoseLimits, limits_of
from treatments.views.desk import REFUSED, Desk, FormPage, desk_of, same_patient


@FormPage
def reason(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Give a reason for one need of the draft: what the rules say, the coded reason, words."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    kind, ref_id, subject = (request.GET.get(name, "")[:120] for name in ("kind", "item", "subject"))
    need = _need(desk, kind, ref_id, subject)
    view = plan_presenters.need_view(need, desk.draft, desk.shown)
    given = view.given
    item = desk.draft.item(ref_id)
    initial = {"covers": "\n".join(need.covers), "monitor_owner": str((item and item.owner_id) or desk.actor.user_id)}
    form = forms.ReasonForm(
        request.POST if request.method == "POST" else None,
        kind=kind,
        is_of_record=subject in {alert.id for alert in desk.shown.proposal.alerts},
        tests=plan_presenters.test_choices(ref_id, desk.shown),
        staff=desk.staff(),
        limits=_limits(desk, kind, ref_id),
        patient_id=desk.patient.pk,
        initial=initial
        | (plan_presenters.reason_initial(given) if given else {})
        | plan_presenters.doses_initial(need.covers),
    )
    if form.is_valid() and _give_reason(request, desk, form, kind, ref_id, subject):
        return redirect(desk.place.href(anchor="#plan"))
    context = desk.frame() | {"form": form, "need": view, "item": item}
    return render(request, "treatments/reason.html", context, status=REFUSED if form.is_bound else 200)


def _need(desk: Desk, kind: str, ref_id: str, subject: str) -> Need:
    """The need as it stands now; a dose or a choice beside the recommended ones may be reasoned before it is needed."""
    for need in plan_readiness.needs_of(desk.draft, desk.shown):
        if (need.kind, need.ref_id, need.subject) == (kind, ref_id, subject):
            return need
    item = desk.draft.item(ref_id)
    if item is None or kind not in ("dose", "not_recommended"):
        raise Http404
    return Need(kind, (), presenters.limit_sentences(item.ref_id, desk.shown) if kind == "dose" else (), ref_id)


def _limits(desk: Desk, kind: str, ref_id: str) -> DoseLimits | None:
    """The limits that a reason for the dose is about; None for any other reason."""
    agent = desk.shown.rulebook.agent_by_id.get(ref_id) if kind == "dose" else None
    return limits_of(desk.shown.proposal.option(ref_id), agent) if agent else None


def _give_reason(
    request: HttpRequest, desk: Desk, form: forms.ReasonForm, kind: str, ref_id: str, subject: str
) -> bool:
    entry = form.entry(kind, subject)
    try:
        services.give_reason(
            actor=desk.actor, patient=desk.patient, ref_id=ref_id, entry=entry, shown=desk.shown, now=timezone.now()
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return False
    except (services.StaleSave, services.NoDraft) as changed:
        form.add_error(None, str(changed))
        return False
    return True


@require_POST
def reason_take_back(request: HttpRequest, patient_id: UUID, override_id: UUID) -> HttpResponse:
    """Remove a reason; the need is open again."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    try:
        services.take_back_reason(actor=desk.actor, patient=desk.patient, override_id=override_id, now=timezone.now())
    except services.NoDraft as gone:
        messages.error(request, str(gone))
    return redirect(desk.place.href(anchor="#plan"))
