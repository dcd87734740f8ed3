"""Pages that a patient opens from a link without signing in: birth date, one question a screen, thanks, no more e-mail.

A GET never changes anything, so a mail scanner that opens the link does no harm. Nothing that is on record is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import queries as account_queries
from accounts.audit import Actor
from accounts.tenancy import tenant
from followup import check_in as questions
from followup import content, forms, links, plans, queries, services
from followup.schedule import local_day, zone
from followup.services.answers import LinkClosed

COOKIE = "check-in"
COOKIE_SECONDS = 2 * 60 * 60
GONE = 410
REFUSED = 422


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit to a link: the check-in, who acts, and the clinic that the page names."""

    token: str
    check_in: Any
    actor: Actor
    organisation: Any

    @property
    def page(self) -> dict[str, Any]:
        """What every page shows: the clinic and its telephone."""
        return {"token": self.token, "practice": self.organisation.name, "phone": self.organisation.phone}


Page = Callable[..., HttpResponse]


def _link(page: Page) -> Page:
    """Open the link's organisation around the page. A link that we never signed gets one plain page."""

    @login_not_required
    @never_cache
    @wraps(page)
    def opened(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        link = links.read_token(token)
        if link is None:
            return render(request, "followup/link_closed.html", {"reason": "unknown"}, status=GONE)
        with tenant(link.organisation_id):
            check_in = queries.check_in_of_token(link, token)
            organisation = account_queries.organisation(link.organisation_id)
            actor = Actor(organisation_id=link.organisation_id, name="patient by link", job="patient-link")
            visit = Visit(token, check_in, actor, organisation)
            if check_in is None:
                return _closed(request, visit, "unknown")
            try:
                response: HttpResponse = page(request, visit, **kwargs)
            except LinkClosed as error:
                return _closed(request, visit, error.reason)
        return response

    return opened


def _answering(page: Page) -> Page:
    """Only for whoever gave the birth date in this browser, while the link is open."""

    @wraps(page)
    def guarded(request: HttpRequest, visit: Visit, **kwargs: Any) -> HttpResponse:
        if reason := queries.why_closed(visit.check_in, _now()):
            raise LinkClosed(reason)
        if not _is_known(request, visit):
            return redirect("check-in", visit.token)
        return page(request, visit, **kwargs)

    return guarded


@require_http_methods(["GET", "POST"])
@_link
def start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for the birth date; the answer to a wrong one is always the same."""
    if reason := queries.why_closed(visit.check_in, _now()):
        raise LinkClosed(reason)
    if request.method == "GET":
        return render(request, "followup/link_start.html", visit.page | {"form": forms.BirthDateForm()})
    form = forms.BirthDateForm(request.POST)
    given = form.birth_date()
    if not services.open_link(actor=visit.actor, check_in=visit.check_in, birth_date=given, now=_now()):
        return render(request, "followup/link_start.html", visit.page | {"form": form, "wrong": True}, status=REFUSED)
    response = redirect("check-in-question", visit.token, 1)
    response.set_signed_cookie(
        COOKIE,
        str(visit.check_in.pk),
        salt=visit.token,
        max_age=COOKIE_SECONDS,
        path=reverse("check-in", args=[visit.token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
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
    row = services.draft_answer(
        actor=visit.actor, check_in=visit.check_in, question=current.id, value=value, now=_now()
    )
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
    if request.method == "GET" and visit.check_in.answered_at and _is_known(request, visit):
        return render(request, "followup/link_thanks.html", visit.page | {"alarms": _sent_alarms(visit)})
    return _sending(request, visit)


@_answering
def _sending(request: HttpRequest, visit: Visit) -> HttpResponse:
    asked = _asked(visit)
    open_questions = [place for place, one in enumerate(asked, 1) if one.id not in visit.check_in.draft]
    if request.method == "GET":
        context = visit.page | {"count": len(asked), "open_questions": open_questions, "back": len(asked)}
        return render(request, "followup/link_end.html", context)
    today = local_day(_now(), zone(visit.organisation.time_zone))
    services.submit_link(actor=visit.actor, check_in=visit.check_in, on=today, now=_now())
    return redirect("check-in-end", visit.token)


@require_http_methods(["GET", "POST"])
@_link
def stop(request: HttpRequest, visit: Visit) -> HttpResponse:
    """No more e-mail. A button, because opening a page must change nothing; works however old the link is."""
    if request.method == "POST":
        services.opt_out(actor=visit.actor, check_in=visit.check_in, now=_now())
    return render(request, "followup/link_stop.html", visit.page | {"done": request.method == "POST"})


def _asked(visit: Visit) -> tuple[questions.Question, ...]:
    plan = plans.plan_for_check_in(visit.check_in, visit.check_in.patient_id)
    data = content.file("check_in")
    has_therapy = bool(plan and any(item.kind != "agent" for item in plan.items))
    classes, _all_known = plans.classes_of(plan)
    effects = questions.effects_to_ask(data, content.file("adverse_effects"), classes, has_therapy)
    chosen = questions.ticked(visit.check_in.draft, questions.EFFECTS)
    return questions.questions(data, plan.goal if plan else "", effects, chosen)


def _given(visit: Visit, current: questions.Question) -> dict[str, Any]:
    kept = visit.check_in.draft.get(current.id)
    if isinstance(kept, list):
        return {"given": kept or [questions.NONE]}
    return {"given": [] if kept is None else [str(kept)]}


def _alarms(visit: Visit) -> tuple[questions.Alarm, ...]:
    plan = plans.plan_for_check_in(visit.check_in, visit.check_in.patient_id)
    draft = visit.check_in.draft
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
    return [by_act["emergency"]] if visit.check_in.alerts.filter(tier="critical").exists() else []


def _is_known(request: HttpRequest, visit: Visit) -> bool:
    kept = request.get_signed_cookie(COOKIE, default="", salt=visit.token, max_age=COOKIE_SECONDS)
    return kept == str(visit.check_in.pk)


def _closed(request: HttpRequest, visit: Visit, reason: str) -> HttpResponse:
    return render(request, "followup/link_closed.html", visit.page | {"reason": reason}, status=GONE)


def _now() -> datetime:
    return datetime.now(UTC)
