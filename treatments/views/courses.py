"""Pages of courses in time: the calendar of a medicine, moving it, stepping it down, switching to another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import allows
from accounts.roles import Permission
from treatments import courses, plan_readiness, queries, schedule_forms, schedules, services
from treatments.plan_doses import PlannedStep, current_dose, running, usual_times
from treatments.plan_record import ItemRecord
from treatments.presenters import calendar as calendars
from treatments.proposal.model import Status
from treatments.rulebook import Agent
from treatments.snapshot import without
from treatments.views.desk import REFUSED, Desk, FormPage, desk_of, same_patient


@require_GET
def calendar(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """The dated steps of one medicine of the plan in tablets, what the pharmacy hands out, and how to change it."""
    desk = desk_of(request, patient_id)
    item = desk.plan.item(ref_id) if desk.plan else None
    if item is None:
        raise Http404
    return _calendar_page(request, desk, item)


def _calendar_page(request: HttpRequest, desk: Desk, item: ItemRecord, refused: Any = None) -> HttpResponse:
    agent = _agent(desk, item.ref_id)
    until = _day(request.GET.get("until", ""))
    made = schedules.build(agent, item.steps, item.ends_on)
    is_draft = desk.plan is not None and desk.plan.is_draft
    context = desk.frame() | {
        "item": item,
        "view": calendars.calendar_view(agent, made, item.starts_on, desk.today, until),
        "may_move": is_draft and allows(desk.actor, Permission.DRAFT_PLAN) and isinstance(made, schedules.Schedule),
        "from_day": max(desk.today, item.starts_on),
        "weekdays": schedule_forms.WEEKDAYS,
        "back_weeks": range(agent.taper.step_back_weeks[0], agent.taper.step_back_weeks[1] + 1) if agent.taper else (),
        "never_suddenly": calendars.never_suddenly(agent),
        "taper_sources": calendars.taper_sources(agent, desk.shown.rulebook),
        "watch": agent.taper.watch if agent.taper and item.ends_on is not None else (),
        "refused": refused,
    }
    return render(request, "treatments/calendar.html", context, status=REFUSED if refused else 200)


@require_POST
def item_move(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """Hold a step, go back one, slow down, or begin on another weekday."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    same_patient(request, patient_id)
    item = desk.draft.item(ref_id)
    if item is None:
        raise Http404
    form = schedule_forms.MoveForm(request.POST, patient_id=patient_id)
    if not form.is_valid():
        return _calendar_page(request, desk, item, form.errors)
    entry = form.entry(max(desk.today, item.starts_on))
    try:
        services.move_item(
            actor=desk.actor,
            patient=desk.patient,
            ref_id=ref_id,
            version=form.cleaned_data["version"],
            move=entry,
            shown=desk.shown,
            now=timezone.now(),
        )
    except services.PlanRefused as refusal:
        return _calendar_page(request, desk, item, {"": [str(refusal)]})
    except (services.StaleSave, services.NoDraft) as stale:
        messages.error(request, str(stale))
        return redirect(desk.place.item_href("plan-item-calendar", ref_id))
    messages.success(request, _("Later steps have moved with it."))
    return redirect(desk.place.item_href("plan-item-calendar", ref_id))


@FormPage
def item_stop(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """Step a medicine down to its end, looked at before it is written; or take it out of the draft with a reason."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    agent = _agent(desk, ref_id)
    if courses.is_by_hand(agent):
        return _item_stop_by_hand(request, desk, agent)
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    taking_out = asked == "take_out"
    form = schedule_forms.TaperForm(
        request.POST if asked and not taking_out else None,
        paces=schedules.paces(agent.taper),
        patient_id=patient_id,
        initial=_now(desk, agent),
    )
    leaving = schedule_forms.TakeOutForm(request.POST if taking_out else None, patient_id=patient_id, prefix="out")
    view = None
    if form.is_valid():
        entry = form.entry()
        view = calendars.calendar_view(agent, courses.taper_of(agent, entry), entry.starts_on, desk.today)
        if asked == "write" and not view.problems:
            services.taper_item(
                actor=desk.actor, patient=desk.patient, ref_id=ref_id, entry=entry, shown=desk.shown, now=timezone.now()
            )
            messages.success(request, _("The taper is in the plan."))
            return redirect(desk.place.item_href("plan-item-calendar", ref_id))
        form.blame(("per_day", text) for text in view.problems)
    item = desk.plan.item(ref_id) if desk.plan and desk.plan.is_draft else None
    if item and leaving.is_valid():
        return _taken_out(request, desk, ref_id, leaving)
    context = desk.frame() | {
        "agent": agent,
        "form": form,
        "leaving": leaving if item else None,
        "view": view if view and not view.problems else None,
        "may_stop": courses.may_stop(agent),
        "never_suddenly": calendars.never_suddenly(agent),
        "taper_sources": calendars.taper_sources(agent, desk.shown.rulebook),
    }
    status = REFUSED if form.errors or leaving.errors else 200
    return render(request, "treatments/taper.html", context, status=status)


def _item_stop_by_hand(request: HttpRequest, desk: Desk, agent: Agent) -> HttpResponse:
    """The same without a pace or products in the rulebook: dated steps that somebody writes, or taken out."""
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    taken = running(desk.shown.facts, agent)
    form = schedule_forms.HandTaperForm(
        request.POST if asked == "write" else None,
        unit=agent.dosing.unit if agent.dosing else "",
        patient_id=desk.patient.pk,
        initial=_now(desk, agent) | _as_listed(desk, agent) | {"day_0": desk.today},
    )
    leaving = schedule_forms.TakeOutForm(
        request.POST if asked == "take_out" else None, patient_id=desk.patient.pk, prefix="out"
    )
    if form.is_valid():
        try:
            services.taper_by_hand(
                actor=desk.actor,
                patient=desk.patient,
                ref_id=agent.id,
                entry=form.entry(),
                shown=desk.shown,
                now=timezone.now(),
            )
        except services.PlanRefused as refusal:
            form.blame(refusal.problems)
        else:
            messages.success(request, _("The taper is in the plan."))
            for fall in courses.suddenly(agent, form.entry()):
                messages.warning(request, calendars.fall_words(fall, form.entry().unit, form.entry().starts_on))
            return redirect(desk.place.href(anchor="#plan"))
    item = desk.plan.item(agent.id) if desk.plan and desk.plan.is_draft else None
    if item and leaving.is_valid():
        return _taken_out(request, desk, agent.id, leaving)
    context = desk.frame() | {
        "agent": agent,
        "form": form,
        "leaving": leaving if item else None,
        "never_suddenly": calendars.never_suddenly(agent),
        "taper_sources": calendars.taper_sources(agent, desk.shown.rulebook),
        "pace": calendars.pace_words(agent),
        "listed": taken.listed if taken else "",
    }
    status = REFUSED if form.errors or leaving.errors else 200
    return render(request, "treatments/taper_by_hand.html", context, status=status)


def _taken_out(request: HttpRequest, desk: Desk, ref_id: str, leaving: schedule_forms.TakeOutForm) -> HttpResponse:
    services.remove_item(
        actor=desk.actor,
        patient=desk.patient,
        ref_id=ref_id,
        now=timezone.now(),
        shown=desk.shown,
        why=(leaving.cleaned_data["code"], leaving.cleaned_data["words"]),
    )
    return redirect(desk.place.href(anchor="#plan"))


@FormPage
def item_switch(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """From one medicine to another: both calendars side by side, then both written at once."""
    desk = desk_of(request, patient_id, Permission.DRAFT_PLAN)
    agent = _agent(desk, ref_id)
    posted = request.POST if request.method == "POST" else None
    form = schedule_forms.SwitchForm(
        posted,
        paces=schedules.paces(agent.taper),
        choices=_successors(desk, agent),
        patient_id=patient_id,
        initial=_now(desk, agent) | {"new": request.GET.get("to", ""), "overlap_days": 0},
    )
    old = new = None
    made: Any = None
    if form.is_valid():
        entry = form.entry()
        chosen = _agent(desk, entry.new)
        made = courses.switch_of(agent, chosen, entry, desk.shown)
        if isinstance(made, schedules.Switch):
            if posted and posted.get("do") == "write":
                services.switch_items(
                    actor=desk.actor,
                    patient=desk.patient,
                    ref_id=ref_id,
                    entry=entry,
                    shown=desk.shown,
                    now=timezone.now(),
                )
                messages.success(request, _("Both are in the plan."))
                return redirect(desk.place.href(anchor="#plan"))
            old = calendars.calendar_view(agent, made.old, entry.starts_on, desk.today)
            begins = entry.starts_on + timedelta(days=made.new_starts)
            new = calendars.calendar_view(chosen, made.new, begins, desk.today)
        else:
            form.blame((courses.switch_field(problem), plan_readiness.problem_words(problem)) for problem in made)
    context = desk.frame() | {
        "agent": agent,
        "form": form,
        "old": old,
        "new": new,
        "made": made if old else None,
        "apart": calendars.apart_words(_apart(made), desk.shown.rulebook),
        "never_suddenly": calendars.never_suddenly(agent),
        "taper_sources": calendars.taper_sources(agent, desk.shown.rulebook),
    }
    return render(request, "treatments/switch.html", context, status=REFUSED if form.errors else 200)


def _apart(made: Any) -> Sequence[str]:
    """The findings for which two medicines are not taken together, of a switch or of what stands against it."""
    if isinstance(made, schedules.Switch):
        return made.apart
    return [finding for problem in made or () for finding in problem.findings]


def _agent(desk: Desk, ref_id: str) -> Agent:
    agent = desk.shown.rulebook.agent_by_id.get(ref_id)
    if agent is None:
        raise Http404
    return agent


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _now(desk: Desk, agent: Agent) -> dict[str, Any]:
    """What is taken now: the dose of the signed plan today, or that of the medicine list; no draft is taken yet."""
    signed = queries.plan_before(desk.plan) if desk.plan and desk.plan.is_draft else desk.plan
    item = signed.item(agent.id) if signed else None
    step = item.dose_on(desk.today) if item else None
    listed = current_dose(desk.shown.facts, agent)
    if step is None and listed:
        times = max(int(usual_times(agent, listed)), 1)
        step = PlannedStep(0, listed / times, times)
    since = [m.started for m in desk.shown.facts.medicines if m.current and agent.id in m.agents and m.started]
    return {
        "per_day": f"{step.per_day:g}" if step else "",
        "times": int(max(step.times_per_day, 1)) if step else 1,
        "starts_on": desk.today,
        "used_since": min(since, default=None),
    }


def _as_listed(desk: Desk, agent: Agent) -> dict[str, Any]:
    """The dose of the one line of the medicine list that it is, as it stands there; empty where there are several."""
    lines = [m for m in desk.shown.facts.medicines if m.current and m.stopped is None and agent.id in m.agents]
    if len(lines) != 1 or lines[0].daily_dose is None or lines[0].as_needed:
        return {}
    return {"per_day": f"{lines[0].daily_dose:g}", "unit": lines[0].unit or ""}


def _successors(desk: Desk, old: Agent) -> list[tuple[str, list[tuple[str, str]]]]:
    """The medicines that can be proposed in place of this one, in their order.

    What only this one stands against is judged as if it had been stopped.
    """
    after = without(desk.shown, old)
    agents = [
        after.option(option.id)
        if schedules.never_together(old, desk.shown.rulebook.agent_by_id[option.id], desk.shown.rulebook)
        else option
        for option in desk.shown.proposal.agents
    ]
    words = {Status.RECOMMENDED: _("Recommended"), Status.POSSIBLE: _("Possible"), Status.NEEDS_DATA: _("Needs data")}
    usable = [o for o in agents if o.dose is not None and o.id != old.id]
    return [(label, [(o.id, o.name) for o in usable if o.status is status]) for status, label in words.items()]
