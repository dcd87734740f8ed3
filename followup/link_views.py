"""Pages that a patient opens from a link without signing in: birth date, one question a screen, thanks, no more e-mail.

A GET never changes anything, so a mail scanner that opens the link does no harm. Nothing that is on record is shown.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from followup import check_in as questions
from followup import content, forms, plans, queries, services
from followup.link_access import REFUSED, Door, Visit, answering, is_known, now, opens, remember
from followup.schedule import local_day, zone
from followup.services.answers import LinkClosed

CHECK_IN = Door("check-in", queries.check_in_of_token, queries.why_closed, lambda _row: questions.LANGUAGE)
_link, _answering = opens(CHECK_IN), answering(CHECK_IN)


@require_http_methods(["GET", "POST"])
@_link
def start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for the birth date; the answer to a wrong one is always the same."""
    if reason := queries.why_closed(visit.row, now()):
        raise LinkClosed(reason)
    if request.method == "GET":
        return render(request, "followup/link_start.html", visit.page | {"form": forms.BirthDateForm()})
    form = forms.BirthDateForm(request.POST)
    given = form.birth_date()
    if not services.open_link(actor=visit.actor, check_in=visit.row, birth_date=given, now=now()):
        return render(request, "followup/link_start.html", visit.page | {"form": form, "wrong": True}, status=REFUSED)
    response = redirect("check-in-question", visit.token, 1)
    remember(response, visit.token, visit.row.pk, CHECK_IN)
    return response


@require_http_methods(["GET", "POST"])
@_link
@_answering
def question(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """One question. Going on keeps the answer, an alarming one shows what to do at once; nothing has to be answered."""
    asked = _asked(visit)
    if not 1 <= number <= len(asked):
        return redirect("check-in-end", visit.token)
    current = asked[number - 1]
    context = visit.page | {"question": current, "number": number, "count": len(asked), "back": number - 1}
    if request.method == "GET":
        return render(request, "followup/link_question.html", context | _given(visit, current))
    try:
        value = None if "skip" in request.POST else questions.read(current, request.POST.getlist("answer"))
    except questions.AnswerInvalid:
        given = {"given": request.POST.getlist("answer"), "wrong": True}
        return render(request, "followup/link_question.html", context | given, status=REFUSED)
    row = services.draft_answer(actor=visit.actor, check_in=visit.row, question=current.id, value=value, now=now())
    following = "check-in-question", visit.token, number + 1
    if value is not None and _advice(Visit(visit.token, row, visit.actor, visit.organisation), current.id):
        return redirect(reverse("check-in-advice", args=[visit.token]) + f"?next={number + 1}")
    return redirect(*following)


@require_GET
@_link
@_answering
def advice(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What to do now about an alarming answer, in plain words; then the questions go on."""
    after = request.GET.get("next", "")
    number = int(after) if after.isdecimal() and len(after) < 4 else 1
    context = visit.page | {"alarms": _alarms(visit), "next": number}
    return render(request, "followup/link_advice.html", context)


@require_http_methods(["GET", "POST"])
@_link
def end(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Send the answers, and thanks. Sent answers cannot be sent again or read here."""
    if request.method == "GET" and visit.row.answered_at and is_known(request, visit, CHECK_IN):
        return render(request, "followup/link_thanks.html", visit.page | {"alarms": _sent_alarms(visit)})
    return _sending(request, visit)


@_answering
def _sending(request: HttpRequest, visit: Visit) -> HttpResponse:
    asked = _asked(visit)
    open_questions = [place for place, one in enumerate(asked, 1) if one.id not in visit.row.draft]
    if request.method == "GET":
        context = visit.page | {"count": len(asked), "open_questions": open_questions, "back": len(asked)}
        return render(request, "followup/link_end.html", context)
    today = local_day(now(), zone(visit.organisation.time_zone))
    services.submit_link(actor=visit.actor, check_in=visit.row, on=today, now=now())
    return redirect("check-in-end", visit.token)


@require_http_methods(["GET", "POST"])
@_link
def stop(request: HttpRequest, visit: Visit) -> HttpResponse:
    """No more e-mail. A button, because opening a page must change nothing; works however old the link is."""
    if request.method == "POST":
        services.opt_out(actor=visit.actor, patient_id=visit.row.patient_id, now=now())
    return render(request, "followup/link_stop.html", visit.page | {"done": request.method == "POST"})


def _asked(visit: Visit) -> tuple[questions.Question, ...]:
    plan = plans.plan_for_check_in(visit.row, visit.row.patient_id)
    data = content.file("check_in")
    has_therapy = bool(plan and any(item.kind != "agent" for item in plan.items))
    classes, _all_known = plans.classes_of(plan)
    effects = questions.effects_to_ask(data, content.file("adverse_effects"), classes, has_therapy)
    chosen = questions.ticked(visit.row.draft, questions.EFFECTS)
    return questions.questions(data, plan.goals if plan else (), effects, chosen)


def _given(visit: Visit, current: questions.Question) -> dict[str, Any]:
    kept = visit.row.draft.get(current.id)
    if isinstance(kept, list):
        return {"given": kept or [questions.NONE]}
    return {"given": [] if kept is None else [f"{kept:g}"]}


def _alarms(visit: Visit) -> tuple[questions.Alarm, ...]:
    plan = plans.plan_for_check_in(visit.row, visit.row.patient_id)
    draft = visit.row.draft
    facts = questions.override_facts(draft, *plans.classes_of(plan))
    effects = questions.graded(draft, facts, content.file("adverse_effects"))
    return questions.alarms(draft, effects, content.file("check_in"), content.file("safety_alerts"))


def _advice(visit: Visit, answered: str) -> bool:
    """Whether the answer just given is the one that alarms."""
    if answered == questions.DANGER:
        return bool(_alarms(visit))
    name = answered.removeprefix(questions.GRADE)
    return any(alarm.effect and (answered == questions.EFFECTS or alarm.effect == name) for alarm in _alarms(visit))


def _sent_alarms(visit: Visit) -> list[str]:
    by_act = content.file("check_in")["emergency_advice"]
    return [by_act["emergency"]] if visit.row.alerts.filter(tier="critical").exists() else []
