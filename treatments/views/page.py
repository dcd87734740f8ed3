"""The page of the plan: options, the plan being built, the option that is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import allows
from accounts.roles import Permission
from treatments import presenters
from treatments.option_lists import COMBINATIONS, EDUCATION, options_of
from treatments.plan_standing import standing
from treatments.snapshot import Snapshot
from treatments.views.desk import Desk, desk_of


@require_GET
def plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Options, the plan being built, and the option that is looked at."""
    desk = desk_of(request, patient_id)
    place = desk.place
    part = request.htmx.target or ""  # type: ignore[attr-defined]  # set by its middleware
    if part == "why":
        return render(request, "treatments/plan.html#why", _why_context(desk, place) | {"moved": True})
    if part == "checks" and desk.plan:
        context = desk.frame() | {"view": desk.view(), "plan": desk.plan, "place": place}
        return render(request, "treatments/_building.html#checks", context)
    if part.startswith("figure-"):
        return render(request, "treatments/_figure.html", _figure_context(desk, part.removeprefix("figure-")))
    return render(request, "treatments/plan.html", plan_context(desk, place))


def _why_context(desk: Desk, place: presenters.Place) -> dict[str, Any]:
    option = _option(desk.shown, place.shown)
    return {
        "patient": desk.patient,
        "place": place,
        "why": presenters.why_page(option, desk.shown, desk.plan, place, desk.search, desk.moves) if option else None,
        "may_draft": allows(desk.actor, Permission.DRAFT_PLAN),
        "release": desk.shown.rulebook.digest[7:19],
    }


def _figure_context(desk: Desk, ref_id: str) -> dict[str, Any]:
    view = desk.view()
    item = next((each for each in (view.items if view else ()) if each.item.ref_id == ref_id), None)
    if item is None:
        raise Http404
    return {"patient": desk.patient, "plan": desk.plan, "each": item}


def _option(shown: Snapshot, option_id: str) -> Any:
    known = {option.id: option for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    return known.get(option_id)


def plan_context(desk: Desk, place: presenters.Place, fact_problem: tuple[str, str] | None = None) -> dict[str, Any]:
    """Everything on the page of the plan; `fact_problem` is a missing fact with why it could not be entered."""
    shown, view = desk.shown, desk.view()
    if not place.shown:
        place = replace(place, shown=_first_option(shown, place.view))
    may_draft = allows(desk.actor, Permission.DRAFT_PLAN)
    incomplete = [each.item for each in view.items if each.gaps] if view and may_draft else []
    staff = desk.staff() if incomplete else []
    return desk.frame() | {
        **_why_context(desk, place),
        "shown": shown,
        "tabs": presenters.tabs(shown, place),
        "groups": _groups(desk, place),
        "elsewhere": presenters.marked_elsewhere(shown, place),
        "wishes": presenters.wish_line(shown, desk.patient.pk),
        "pairs": presenters.pairs(shown, desk.plan) if place.view == COMBINATIONS else (),
        "advice": presenters.combining_advice(shown) if place.view == COMBINATIONS else None,
        "topics": presenters.topic_views(shown, desk.plan) if place.view == EDUCATION else (),
        "missing": presenters.missing_rows(shown, desk.patient.pk),
        "alerts": presenters.alerts(shown),
        "fact_problem": fact_problem,
        "may_edit": allows(desk.actor, Permission.EDIT_RECORD),
        "may_sign": allows(desk.actor, Permission.SIGN_PLAN),
        "view": view,
        "plan": desk.plan,
        # Only the forms in which something is missing stand open; the others are fetched when they are opened.
        "item_forms": {item.ref_id: desk.item_form(item, staff) for item in incomplete},
        "plan_form": desk.plan_form() if view and view.plan_gaps and may_draft else None,
        "may_order": may_draft,
        "batches": desk.batches(),
        "standing": standing(desk.plan, shown) if desk.plan and not desk.plan.is_draft else (),
        "to_taper": _to_taper(desk),
    }


def _to_taper(desk: Desk) -> list[tuple[str, str]]:
    """Medicines that are taken, should not go on, and are not in the plan yet: id and name."""
    asked = desk.shown.proposal.medicines.stop_or_taper
    held = {item.ref_id for item in desk.plan.items} if desk.plan else set()
    return [
        (agent.id, agent.name)
        for agent in desk.shown.rulebook.agents
        if agent.products and agent.id not in held and set(agent.drug_names) & set(asked)
    ]


def _groups(desk: Desk, place: presenters.Place) -> list[presenters.OptionGroup]:
    results = options_of(place.view, desk.shown.proposal, desk.shown.rulebook)
    return presenters.groups(results, desk.shown, desk.plan, place, desk.moves, desk.search)


def _first_option(shown: Snapshot, view: str) -> str:
    results = options_of(view, shown.proposal, shown.rulebook) or shown.proposal.agents
    return min(results, key=lambda option: option.rank or len(shown.proposal.agents) + len(results)).id
