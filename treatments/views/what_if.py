"""What if: the proposal with other facts, and which question to ask next. Reads only; nothing is stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from treatments import presenters
from treatments.proposal.completions import ask_next, robustness
from treatments.views.desk import desk_of
from treatments.what_if import what_if


@require_GET
def what_if_page(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The proposal with the facts that the address names changed, beside the one of the record."""
    desk = desk_of(request, patient_id)
    shown = desk.shown
    given = {
        key.removeprefix(presenters.FIELD): request.GET.getlist(key)
        for key in request.GET
        if key.startswith(presenters.FIELD)
    }
    added = presenters.found_facts(request.GET.get("add", ""), shown)
    if len(added) == 1:
        given.setdefault(added[0].name, [""])
    found = what_if(given, shown.facts, shown.rulebook, shown.proposal)
    context: dict[str, Any] = desk.frame() | {
        "shown": shown,
        "page": presenters.what_if_view(given, found, shown, patient_id),
        "added": added if len(added) != 1 else (),
        "asked_for": request.GET.get("add", "") if len(added) != 1 else "",
    }
    return render(request, "treatments/what_if.html", context)


@require_GET
def next_question(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The missing facts in the order worth asking, and how firm the first choice is; a part of the plan page."""
    desk = desk_of(request, patient_id)
    shown = desk.shown
    context = desk.frame() | {
        "questions": presenters.ask_views(ask_next(shown.proposal.missing, shown.facts, shown.rulebook), shown),
        "firm": presenters.firm_view(
            robustness((item.fact for item in shown.proposal.missing), shown.facts, shown.rulebook), shown
        ),
        "stop": shown.proposal.stop,
    }
    return render(request, "treatments/next_question.html", context)
