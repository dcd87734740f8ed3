"""The page of the plan: options, the plan being built, the option that is looked at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import allows
from accounts.roles import Permission
from treatments import presenters
from treatments.snapshot import Snapshot
from treatments.views.desk import Desk, desk_of, place_of


@require_GET
def plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Options, the plan being built, and the option that is looked at."""
    desk = desk_of(request, patient_id)
    place = place_of(request, patient_id)
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
        "why": presenters.why_page(option, desk.shown, desk.plan, place, desk.search) if option else None,
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
    draft = desk.plan if desk.plan and desk.plan.is_draft else None
    if not place.shown:
        place = presenters.Place(place.patient_id, place.view, _first_option(shown, place.view))
    staff = desk.staff() if draft else []
    return desk.frame() | {
        **_why_context(desk, place),
        "shown": shown,
        "tabs": presenters.tabs(shown, place),
        "groups": _groups(desk, place),
        "pairs": presenters.pairs(shown.proposal.combinations, shown) if place.view == "combinations" else (),
        "missing": presenters.missing_rows(shown, desk.patient.pk),
        "alerts": presenters.alerts(shown),
        "fact_problem": fact_problem,
        "may_edit": allows(desk.actor, Permission.EDIT_RECORD),
        "may_sign": allows(desk.actor, Permission.SIGN_PLAN),
        "view": view,
        "plan": desk.plan,
        "item_forms": {item.ref_id: desk.item_form(item, staff) for item in (draft.items if draft else ())},
        "plan_form": desk.plan_form() if draft else None,
    }


def _groups(desk: Desk, place: presenters.Place) -> list[presenters.OptionGroup]:
    proposal = desk.shown.proposal
    results = {"medicines": proposal.agents, "therapies": proposal.therapies}.get(place.view, ())
    return presenters.groups(results, desk.shown, desk.plan, place, desk.search)


def _first_option(shown: Snapshot, view: str) -> str:
    results = shown.proposal.therapies if view == "therapies" else shown.proposal.agents
    return min(results, key=lambda option: option.rank or len(results) + 1).id
