"""Past treatments, and what is missing: pages and panels beside the plan."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import allows
from accounts.roles import Permission
from treatments import ledger, presenters
from treatments.fact_content import shipped_fact_content
from treatments.views.desk import desk_of

# How many missing facts the panel of the assessment shows; the rest are on the page of the plan.
MOST_IN_PANEL = 8


@require_GET
def tried(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The ledger of past treatments: fair trial, too low, too short or not tolerated, each with why."""
    desk = desk_of(request, patient_id)
    rows = ledger.ledger(desk.shown, shipped_fact_content().trials)
    context = desk.frame() | {"rows": rows, "may_edit": allows(desk.actor, Permission.EDIT_RECORD)}
    return render(request, "treatments/tried.html", context)


@require_GET
def missing_panel(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What is missing or out of date, by what it holds up, for a page that is about something else."""
    desk = desk_of(request, patient_id)
    rows = presenters.missing_rows(desk.shown, desk.patient.pk)
    context = desk.frame() | {"rows": rows[:MOST_IN_PANEL], "more": max(0, len(rows) - MOST_IN_PANEL)}
    return render(request, "treatments/missing_panel.html", context)
