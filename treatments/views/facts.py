"""Missing facts, entered where they are missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Permission
from patients import services as patient_services
from treatments import forms, presenters
from treatments.snapshot import snapshot
from treatments.views.desk import REFUSED, Desk, desk_of, same_patient
from treatments.views.page import plan_context


@require_POST
def fact(request: HttpRequest, patient_id: UUID, fact: str) -> HttpResponse:
    """Enter a missing fact where it is missed; the proposal is computed again and says what changed."""
    desk = desk_of(request, patient_id, Permission.EDIT_RECORD)
    same_patient(request, patient_id)
    before = desk.shown.proposal
    place = desk.place
    try:
        _enter(desk, fact, request.POST)
    except (patient_services.RecordRefused, patient_services.ChangedMeanwhile) as refusal:
        context = plan_context(desk, place, (fact, str(refusal))) | {"typed": request.POST}
        return render(request, "treatments/plan.html", context, status=REFUSED)
    after = snapshot(desk.patient, desk.today).proposal
    messages.success(request, _("Saved. %(changed)s") % {"changed": presenters.changed(before, after)})
    return redirect(place.href(anchor="#missing"))


def _enter(desk: Desk, fact: str, given: Mapping[str, str]) -> None:
    """Hand what was typed to the record: one service for each kind of field."""
    who: dict[str, Any] = {"actor": desk.actor, "patient": desk.patient, "today": desk.today}
    entry = presenters.entry_for(fact, desk.shown, desk.patient.pk)
    match entry:
        case "measurement":
            form = forms.FactForm(given, patient_id=desk.patient.pk)
            day = form.cleaned_data.get("measured_on") if form.is_valid() else None
            if day is None:
                raise patient_services.RecordRefused([("measured_on", _("Enter the day of the value."))])
            patient_services.record_measurement(
                code=given.get("code", ""),
                value=given.get("value", ""),
                unit=given.get("unit", ""),
                measured_on=day,
                **who,
            )
        case "concept":
            status = {"yes": "present", "no": "absent", "unknown": "unknown"}.get(given.get("answer", ""), "")
            patient_services.state_problem(kind="concept", code=fact, status=status, stated_on=desk.today, **who)
        case "condition":
            patient_services.state_problem(
                kind="condition", code=given.get("code", ""), status="present", stated_on=desk.today, **who
            )
        case "medicines":
            patient_services.review_medicines(reviewed_on=desk.today, **who)
        case "allergies":
            patient_services.state_no_known_allergies(stated_on=desk.today, **who)
        case _:
            raise Http404
