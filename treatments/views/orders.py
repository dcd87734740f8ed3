"""Tasks and referrals of a plan: looked over, ordered with one confirm, taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.roles import Permission
from patients import queries as patient_queries
from patients import services as patient_services
from treatments import life_forms as forms
from treatments import order_presenters, services
from treatments.orders import digest_of
from treatments.views.desk import CONFLICT, REFUSED, Desk, FormPage, desk_of, same_patient, seen_anew


@FormPage
def plan_orders(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What the plan asks somebody to do, line by line; confirming makes a task of each line that is ticked."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    if desk.plan is None:
        messages.warning(request, _("There is no plan yet from which anything could be ordered."))
        return redirect("patient-plan", desk.patient.pk)
    lines = desk.order_lines(desk.plan)
    page = order_presenters.orders_page(lines, patient_queries.ordered(desk.patient.pk), desk.plan.id)
    seen = digest_of(lines)
    options: dict[str, Any] = {
        "patient_id": desk.patient.pk,
        "lines": page.offered,
        "stale": page.stale,
        "staff": desk.staff(),
        "initial": {"seen": seen},
    }
    form = forms.OrdersForm(request.POST if request.method == "POST" else None, **options)
    status = 200
    if request.method == "POST":
        same_patient(request, patient_id)
        status = REFUSED
        if form.is_valid():
            try:
                made, withdrawn = services.order_from_plan(
                    actor=desk.actor,
                    patient=desk.patient,
                    plan_id=desk.plan.id,
                    lines=lines,
                    entries=form.entries(),
                    withdrawing=form.withdrawing(),
                    seen=form.cleaned_data["seen"],
                    now=timezone.now(),
                )
            except services.PlanRefused as refusal:
                form.blame(refusal.problems)
            except services.NoDraft as gone:
                messages.warning(request, str(gone))
                return redirect("patient-plan", desk.patient.pk)
            except services.StaleSave:
                messages.warning(request, _("The plan or the record changed since you looked. Look once more."))
                status = CONFLICT
                form = forms.OrdersForm(seen_anew(request, seen), **options)
            else:
                _say(request, made, withdrawn)
                return redirect("plan-orders", desk.patient.pk)
    return render(request, "treatments/orders.html", _context(desk, form, page), status=status)


def _context(desk: Desk, form: forms.OrdersForm, page: order_presenters.OrdersPage) -> dict[str, Any]:
    return desk.frame() | {"form": form, "page": page, "plan": desk.plan, "may_order": True}


def _say(request: HttpRequest, made: int, withdrawn: int) -> None:
    parts = []
    if made:
        parts.append(ngettext("%(n)d task is made.", "%(n)d tasks are made.", made) % {"n": made})
    if withdrawn:
        parts.append(ngettext("%(n)d is withdrawn.", "%(n)d are withdrawn.", withdrawn) % {"n": withdrawn})
    if parts:
        messages.success(request, " ".join(parts))
    else:
        messages.warning(request, _("Nothing was chosen that is not open already. No task is made."))


@require_POST
def plan_orders_undo(request: HttpRequest, patient_id: UUID, batch_id: UUID) -> HttpResponse:
    """Withdraw what was ordered with one confirm and nobody has done yet."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    number = patient_services.undo_orders(actor=desk.actor, patient=desk.patient, batch_id=batch_id, now=timezone.now())
    if number:
        text = ngettext("%(n)d task is withdrawn.", "%(n)d tasks are withdrawn.", number)
        messages.success(request, text % {"n": number})
    else:
        messages.warning(request, _("Nothing is left to withdraw: it was done or withdrawn already."))
    return redirect("plan-orders", desk.patient.pk)
