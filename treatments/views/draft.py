"""The draft: begun, filled, saved by hand or by the page, thrown away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Permission
from treatments import forms, presenters, services
from treatments.views.desk import CONFLICT, REFUSED, Desk, FormPage, desk_of, same_patient


@require_POST
def draft_start(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Begin a draft; where a plan is signed, with its items."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    services.start_draft(actor=desk.actor, patient=desk.patient, shown=desk.shown, now=timezone.now())
    return redirect(desk.place.href(anchor="#plan"))


@require_POST
def item_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Put an option into the plan."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    ref_id = request.POST.get("option", "")
    kind = "agent" if ref_id in desk.shown.rulebook.agent_by_id else "therapy"
    try:
        services.add_item(
            actor=desk.actor, patient=desk.patient, kind=kind, ref_id=ref_id, shown=desk.shown, now=timezone.now()
        )
    except services.PlanRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(desk.place.href(anchor="#plan"))


@require_POST
def pair_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Put a pair of the table of combinations into the plan, or the one of it that is missing."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    wanted = request.POST.get("pair", "")
    view = next((pair for pair in presenters.pairs(desk.shown, desk.plan) if pair.id == wanted), None)
    if view is None:
        messages.error(request, _("This pair is not in the table of combinations for this patient."))
    elif not view.to_add:
        messages.error(request, view.not_added or _("Both are in the plan already."))
    else:
        try:
            services.add_pair(
                actor=desk.actor, patient=desk.patient, ref_ids=view.to_add, shown=desk.shown, now=timezone.now()
            )
        except services.PlanRefused as refusal:
            messages.error(request, str(refusal))
    return redirect(desk.place.href(anchor="#plan"))


@require_POST
def item_remove(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Take an option out of the plan."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    try:
        services.remove_item(
            actor=desk.actor,
            patient=desk.patient,
            ref_id=request.POST.get("option", ""),
            now=timezone.now(),
            shown=desk.shown,
        )
    except services.LeavesAbruptly:
        messages.warning(request, _("It must not stop suddenly. Step it down, or say why it leaves the plan."))
        return redirect(desk.place.item_href("plan-item-stop", request.POST.get("option", "")))
    except services.NoDraft as gone:
        messages.error(request, str(gone))
    return redirect(desk.place.href(anchor="#plan"))


@FormPage
def item_edit(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """Dates, doses, owner and note of one item; saved by hand or while it is being filled in."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    item = desk.draft.item(ref_id)
    if item is None:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = desk.item_form(item, desk.staff(), posted)
    if posted is None or not form.is_valid():
        return _item_page(request, desk, form)
    try:
        version = services.save_item(
            actor=desk.actor,
            patient=desk.patient,
            ref_id=ref_id,
            version=form.cleaned_data["version"],
            entry=form.entry(),
            shown=desk.shown,
            now=timezone.now(),
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return _item_page(request, desk, form)
    except (services.StaleSave, services.NoDraft):
        return _conflict(request, desk, form, desk.item_form(item, desk.staff()))
    return _saved(request, desk, version)


def _item_page(request: HttpRequest, desk: Desk, form: forms.ItemForm) -> HttpResponse:
    if form.is_bound and "X-Autosave" in request.headers:
        return JsonResponse({"problems": form.told()}, status=REFUSED)
    view = desk.view()
    item = next(each for each in view.items if each.item.ref_id == form.item.ref_id) if view else None
    if _is_for_the_fold(request):
        context = desk.frame() | {"form": form, "each": item}
        return render(request, "treatments/_item_form.html", context)
    context = desk.frame() | {"form": form, "item": item, "came_from": _came_from(request)}
    return render(request, "treatments/item.html", context, status=REFUSED if form.is_bound else 200)


def _is_for_the_fold(request: HttpRequest) -> bool:
    """Whether the page of the plan asks for a form that a reader has opened there."""
    return request.method == "GET" and bool(request.htmx)  # type: ignore[attr-defined]  # set by its middleware


@FormPage
def goals_edit(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Goals, follow-up dates and note; saved by hand or while they are being filled in."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    posted = request.POST if request.method == "POST" else None
    form = desk.plan_form(posted)
    if posted is None or not form.is_valid():
        return _goals_page(request, desk, form)
    try:
        version = services.save_plan(
            actor=desk.actor,
            patient=desk.patient,
            version=form.cleaned_data["version"],
            entry=form.entry(),
            now=timezone.now(),
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return _goals_page(request, desk, form)
    except (services.StaleSave, services.NoDraft):
        return _conflict(request, desk, form, desk.plan_form())
    return _saved(request, desk, version)


def _goals_page(request: HttpRequest, desk: Desk, form: forms.PlanForm) -> HttpResponse:
    if request.htmx.target == "goal-advice":  # type: ignore[attr-defined]  # set by its middleware
        return render(request, "treatments/_goal_advice_rows.html", desk.frame() | {"view": desk.view()})
    if form.is_bound and "X-Autosave" in request.headers:
        return JsonResponse({"problems": form.told()}, status=REFUSED)
    if _is_for_the_fold(request):
        context = desk.frame() | {"form": form, "view": desk.view()}
        return render(request, "treatments/_goals_form.html", context)
    context = desk.frame() | {"form": form, "view": desk.view(), "came_from": _came_from(request)}
    return render(request, "treatments/goals.html", context, status=REFUSED if form.is_bound else 200)


@FormPage
def agreement_edit(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """What is agreed about one item at its start; saved by hand or while it is being filled in."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    item = desk.draft.item(ref_id)
    posted = request.POST if request.method == "POST" else None
    form = desk.agreement_form(item, posted) if item else None
    if item is None or form is None:
        raise Http404
    if posted is None or not form.is_valid():
        return _agreement_page(request, desk, form)
    try:
        version = services.save_agreement(
            actor=desk.actor,
            patient=desk.patient,
            ref_id=ref_id,
            version=form.cleaned_data["version"],
            entry=form.entry(),
            shown=desk.shown,
            now=timezone.now(),
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return _agreement_page(request, desk, form)
    except (services.StaleSave, services.NoDraft):
        return _conflict(request, desk, form, desk.agreement_form(item))
    return _saved(request, desk, version)


def _agreement_page(request: HttpRequest, desk: Desk, form: forms.AgreementForm) -> HttpResponse:
    if form.is_bound and "X-Autosave" in request.headers:
        return JsonResponse({"problems": form.told()}, status=REFUSED)
    view = desk.view()
    item = next(each for each in view.items if each.item.ref_id == form.item.ref_id) if view else None
    context = desk.frame() | {"form": form, "item": item, "came_from": _came_from(request)}
    return render(request, "treatments/agreement.html", context, status=REFUSED if form.is_bound else 200)


def _came_from(request: HttpRequest) -> str:
    """ "sign" where the reader came from the page before the signature, to go back there; or nothing."""
    given = request.GET if request.method == "GET" else request.POST
    return "sign" if given.get("from") == "sign" else ""


def _saved(request: HttpRequest, desk: Desk, version: int) -> HttpResponse:
    if "X-Autosave" in request.headers:
        return JsonResponse({"version": version, "saved_at": date_format(timezone.localtime(), "H:i")})
    messages.success(request, _("Saved."))
    if _came_from(request):
        return redirect("patient-plan-sign", desk.patient.pk)
    return redirect(desk.place.href(anchor="#plan"))


def _conflict(request: HttpRequest, desk: Desk, mine: Any, stored: Any) -> HttpResponse:
    """Nothing was stored: what stands there now beside what was sent, and the choice between the two."""
    if "X-Autosave" in request.headers:
        return JsonResponse({"conflict": True}, status=CONFLICT)
    context = desk.frame() | {
        "rows": presenters.two_versions(stored, mine),
        "sent": [
            (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
        ],
        "version_name": mine.add_prefix("version"),
        "version": stored.initial["version"],
        "changed_by": desk.draft.changed_by,
        "changed_at": desk.draft.changed_at,
    }
    return render(request, "treatments/conflict.html", context, status=CONFLICT)


@FormPage
def draft_discard(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Throw the draft away, after a question."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    if request.method == "POST" and desk.draft:
        same_patient(request, patient_id)
        try:
            services.discard_draft(actor=desk.actor, patient=desk.patient, now=timezone.now())
            messages.success(request, _("The draft was thrown away."))
        except services.NoDraft as gone:
            messages.error(request, str(gone))
        return redirect("patient-plan", desk.patient.pk)
    context = {"view": desk.view(), "plan": desk.draft, "batches": desk.batches(), "may_order": True}
    return render(request, "treatments/discard.html", desk.frame() | context)
