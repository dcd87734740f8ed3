"""The questions before a visit: where staff ask them, and the same screens by link, on a tablet, or filled in by staff.

By link the patient gives the birth date first. On a tablet the member of staff is signed out before the first question,
so that nothing but the questions can be reached from it. As everywhere behind a link, a GET changes nothing and nothing
of the record is shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import actor_of
from accounts.audit import Actor
from accounts.roles import Permission
from assessments import patient_questions, report_queries
from assessments import queries as assessment_queries
from assessments import services as assessment_services
from assessments.patient_questions import AnswerInvalid, Question
from assessments.record import ReportRecord
from assessments.services import ReportClosed, ReportNotFound
from followup import content, forms, links, presenters, queries, report_pages, services
from followup.link_access import REFUSED, Door, Visit, answering, is_known, mark_of, now, opens, remember
from followup.services.answers import LinkClosed
from followup.views import patient_of_form

TABLET = "tablet"
FormPage = require_http_methods(["GET", "POST"])


def _report_of_token(link: links.Link, token: str) -> ReportRecord | None:
    return report_queries.report_of_link(link.organisation_id, link.row_id, links.digest(token))


def _why_closed(report: ReportRecord, moment: dt.datetime) -> str:
    return report_queries.why_closed(report, moment, content.policy().birth_date_attempts)


REPORT = Door("report", _report_of_token, _why_closed, lambda report: report.language)


# --- one screen after the other, whoever sits in front of it ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desk:
    """Who answers a report and where: the frame of the pages and the names of their addresses."""

    report: ReportRecord
    actor: Actor
    via: str
    frame: str
    prefix: str
    key: Any
    page: Mapping[str, Any]
    in_use: frozenset[str]

    def href(self, name: str, *more: str) -> str:
        """The address of a page of this report."""
        return reverse(f"{self.prefix}-{name}", args=[self.key, *more])

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions as far as the answers tell."""
        return self.questions_after(self.report)

    def questions_after(self, report: ReportRecord) -> tuple[Question, ...]:
        """The questions as far as the answers of the report tell, as it is now."""
        return patient_questions.questions(report.language, report.draft, self.in_use)


def _question(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """One question. Going on keeps the answer; an alarming one shows what to do at once; nothing has to be answered."""
    asked = desk.questions
    place = next((at for at, question in enumerate(asked) if question.id == name), None)
    if place is None:
        # It does not arise any more, because another answer changed meanwhile; or it never did.
        return _late(request, desk, name)
    current = asked[place]
    if request.method == "GET":
        texts = report_pages.given_texts(current, desk.report.draft)
        return _show_question(request, desk, current, place, texts)
    try:
        return _keep(request, desk, current)
    except AnswerInvalid as wrong:
        sent = {field: request.POST.getlist(field) for field in request.POST}
        return _show_question(request, desk, current, place, sent, wrong.problem)


def _late(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """An answer to a question that does not arise any more: that of a questionnaire is kept all the same."""
    # SAFETY: nobody's word about wanting to die is dropped (test_an_item_answered_late_is_kept).
    item = patient_questions.item_question(name, desk.report.language) if request.method == "POST" else None
    try:
        return _keep(request, desk, item) if item is not None else redirect(desk.href("end"))
    except AnswerInvalid:
        return redirect(desk.href("end"))


def _keep(request: HttpRequest, desk: Desk, current: Question) -> HttpResponse:
    """Keep what was sent to a question and go on. Raises AnswerInvalid."""
    value = None if "skip" in request.POST else patient_questions.read(current, request.POST.getlist)
    changed = services.answer_before_visit(
        actor=desk.actor, report=desk.report, question=current.id, value=value, now=now()
    )
    following = _after(current.id, desk.questions_after(changed))
    if value is not None and any(alarm.question == current.id for alarm in patient_questions.alarms(changed.draft)):
        return redirect(desk.href("advice"))
    return redirect(desk.href("question", following) if following else desk.href("end"))


def _after(name: str, asked: tuple[Question, ...]) -> str:
    """The question that follows, empty after the last."""
    names = [question.id for question in asked]
    return next(iter(names[names.index(name) + 1 :]), "") if name in names else ""


def _show_question(
    request: HttpRequest,
    desk: Desk,
    current: Question,
    place: int,
    texts: Mapping[str, Any],
    problem: str = "",
) -> HttpResponse:
    asked = desk.questions
    context = {
        **desk.page,
        **report_pages.page_of(current, texts, desk.report.language, by_staff=desk.via == "staff"),
        "frame": desk.frame,
        "number": place + 1,
        "count": len(asked),
        "back": desk.href("question", asked[place - 1].id) if place else "",
        "problem": report_pages.PROBLEMS.get(problem, ""),
        "longest": patient_questions.content()["most_characters"],
    }
    return render(request, "followup/report_question.html", context, status=REFUSED if problem else 200)


def _advice(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What to do now about an alarming answer, in plain words; then the questions go on."""
    found = patient_questions.alarms(desk.report.draft)
    if not found:
        return redirect(desk.href("end"))
    following = _after(found[-1].question, desk.questions)
    context = {
        **desk.page,
        "frame": desk.frame,
        "alarms": report_pages.advice(desk.report.draft, desk.report.language),
        "next": desk.href("question", following) if following else desk.href("end"),
    }
    return render(request, "followup/report_advice.html", context)


def _end(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Before the answers are sent, and sending them."""
    if request.method == "POST":
        services.send_before_visit(actor=desk.actor, report=desk.report, via=desk.via, now=now())
        return redirect(desk.href("end"))
    asked = desk.questions
    skipped = [
        (place, desk.href("question", question.id))
        for place, question in enumerate(asked, 1)
        if question.id not in desk.report.draft
    ]
    context = {
        **desk.page,
        "frame": desk.frame,
        "skipped": skipped,
        "left_out": patient_questions.left_out(desk.report.language),
        "back": desk.href("question", asked[-1].id),
    }
    return render(request, "followup/report_end.html", context)


# --- by link, and on a tablet -----------------------------------------------------------------------------------------


def _desk_of(request: HttpRequest, visit: Visit) -> Desk:
    is_tablet = mark_of(request, visit, REPORT) == TABLET
    page = visit.page | {"tablet": is_tablet}
    via = "tablet" if is_tablet else "link"
    in_use = assessment_queries.instruments_asked_in(visit.row.id)
    return Desk(visit.row, visit.actor, via, "followup/_report_base.html", "report", visit.token, page, in_use)


@FormPage
@opens(REPORT)
def start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The language, and by link the birth date; the answer to a wrong one is always the same."""
    if reason := _why_closed(visit.row, now()):
        raise LinkClosed(reason)
    is_tablet = mark_of(request, visit, REPORT) == TABLET
    sent = request.POST if request.method == "POST" else request.GET
    language = sent.get("language", "")
    if language not in patient_questions.languages():
        language = visit.row.language
    with translation.override(language):
        context: dict[str, Any] = {
            **visit.page,
            "tablet": is_tablet,
            "languages": patient_questions.languages(),
            "language": language,
            "form": forms.BirthDateForm(request.POST or None),
        }
        if request.method == "GET":
            return render(request, "followup/report_start.html", context)
        if is_tablet:
            assessment_services.open_report_here(
                actor=visit.actor, report_id=visit.row.id, language=language, now=now()
            )
        elif not assessment_services.open_report_by_link(
            actor=visit.actor,
            report_id=visit.row.id,
            birth_date=context["form"].birth_date(),
            language=language,
            attempts=content.policy().birth_date_attempts,
            now=now(),
        ):
            return render(request, "followup/report_start.html", context | {"wrong": True}, status=REFUSED)
    in_use = assessment_queries.instruments_asked_in(visit.row.id)
    first = _first_open(patient_questions.questions(language, visit.row.draft, in_use), visit.row)
    response = redirect("report-question", visit.token, first)
    remember(response, visit.token, visit.row.id, REPORT, TABLET if is_tablet else "")
    return response


def _first_open(asked: tuple[Question, ...], report: ReportRecord) -> str:
    """Where the patient goes on: after the last question that was answered."""
    answered = [place for place, question in enumerate(asked) if question.id in report.draft]
    return asked[min(answered[-1] + 1, len(asked) - 1) if answered else 0].id


@FormPage
@opens(REPORT)
@answering(REPORT)
def question(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """One question of the patient."""
    return _question(request, _desk_of(request, visit), name)


@require_GET
@opens(REPORT)
@answering(REPORT)
def advice(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What to do now."""
    return _advice(request, _desk_of(request, visit))


@FormPage
@opens(REPORT)
def end(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Send the answers, and thanks. Sent answers cannot be sent again or read here."""
    if request.method == "GET" and visit.row.sent_at and is_known(request, visit, REPORT):
        desk = _desk_of(request, visit)
        context = {**desk.page, "alarms": report_pages.advice(visit.row.answers, visit.row.language)}
        return render(request, "followup/report_thanks.html", context)
    return _sending(request, visit)


@answering(REPORT)
def _sending(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _end(request, _desk_of(request, visit))


@FormPage
@opens(REPORT)
def stop(request: HttpRequest, visit: Visit) -> HttpResponse:
    """No more e-mail. A button, because opening a page must change nothing; works however old the link is."""
    if request.method == "POST":
        services.opt_out(actor=visit.actor, patient_id=visit.row.patient_id, now=now())
    return render(request, "followup/link_stop.html", visit.page | {"done": request.method == "POST"})


# --- the pages of staff -----------------------------------------------------------------------------------------------


@FormPage
def ask(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Ask the patient before a visit: by link, by e-mail, on this tablet, or enter the answers oneself."""
    actor, patient = actor_of(request), patient_of_form(request, patient_id, Permission.ASSESS)
    before = report_queries.open_report(patient.pk)
    form = forms.AskForm(request.POST or None, initial={"visit_on": before.visit_on if before else None})
    context: dict[str, Any] = {"patient": patient, "form": form, "no_email": services.why_no_email(actor, patient)}
    status = 200
    if request.method == "POST" and form.is_valid():
        how = form.cleaned_data["how"]
        try:
            report = services.ask_before_visit(
                actor=actor,
                patient=patient,
                via=how if how in ("tablet", "staff") else "link",
                visit_on=form.cleaned_data["visit_on"],
                by_email=how == "email",
                now=now(),
            )
        except services.CannotSend as refusal:
            context["no_email"], status = refusal.reason, REFUSED
        else:
            link = links.Link(report.organisation_id, report.id)
            if how == "tablet":
                return _hand_over(request, link)
            if how == "staff":
                assessment_services.open_report_here(
                    actor=actor, report_id=report.id, language=report.language, now=now()
                )
                in_use = assessment_queries.instruments_asked_in(report.id)
                asked = patient_questions.questions(report.language, report.draft, in_use)
                return redirect("before-visit-question", patient.pk, _first_open(asked, report))
            if how == "email":
                messages.success(request, _("The e-mail is on its way."))
                return redirect("before-visit", patient.pk)
            # Only in the answer to this form: no page that can be opened again shows it.
            context["address"] = links.address(link, "report")
    elif request.method == "POST":
        status = REFUSED
    report_now = report_queries.open_report(patient.pk) if request.method == "POST" else before
    context |= {
        "report": report_now,
        "why_closed": _why_closed(report_now, now()) if report_now else "",
        "answered": len(report_now.draft) if report_now else 0,
        "attempts": content.policy().birth_date_attempts,
        "messages_sent": presenters.message_rows(queries.messages_of_report(report_now.id)) if report_now else (),
        "reports": report_queries.reports_of(patient.pk),
    }
    return render(request, "followup/before_visit.html", context, status=status)


def _hand_over(request: HttpRequest, link: links.Link) -> HttpResponse:
    """The questions on this device, and nothing else: the member of staff is signed out and what was cached is gone."""
    token = links.token_for(link, "report")
    # SAFETY: whoever holds the tablet reaches no record (tests/followup/test_reports.py).
    logout(request)
    response = redirect("report", token)
    response["Clear-Site-Data"] = '"cache"'
    remember(response, token, link.row_id, REPORT, TABLET)
    return response


@require_POST
def take_back(request: HttpRequest, patient_id: UUID, report_id: UUID) -> HttpResponse:
    """Close an open report: its link does not open any more."""
    actor, patient = actor_of(request), patient_of_form(request, patient_id, Permission.ASSESS)
    try:
        services.take_back(actor=actor, patient=patient, report_id=report_id, now=now())
    except ReportNotFound as missing:
        raise Http404 from missing
    messages.success(request, _("Taken back. The link does not open any more."))
    return redirect("before-visit", patient.pk)


def _staff_desk(request: HttpRequest, patient_id: UUID) -> Desk | HttpResponse:
    actor, patient = actor_of(request), patient_of_form(request, patient_id, Permission.ASSESS)
    report = report_queries.open_report(patient.pk)
    if report is None:
        messages.info(request, _("No questions are open. Begin here."))
        return redirect("before-visit", patient.pk)
    page = {"patient": patient}
    in_use = assessment_queries.instruments_asked_in(report.id)
    return Desk(report, actor, "staff", "followup/_report_staff_base.html", "before-visit", patient.pk, page, in_use)


def _by_staff(request: HttpRequest, patient_id: UUID, show: Any, *more: Any) -> HttpResponse:
    desk = _staff_desk(request, patient_id)
    if isinstance(desk, HttpResponse):
        return desk
    try:
        response: HttpResponse = show(request, desk, *more)
    except ReportClosed:
        messages.info(request, _("The patient has sent the answers meanwhile."))
        return redirect("before-visit", patient_id)
    return response


@FormPage
def staff_question(request: HttpRequest, patient_id: UUID, name: str) -> HttpResponse:
    """One question, told to staff."""
    return _by_staff(request, patient_id, _question, name)


@require_GET
def staff_advice(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What to do now about what the patient told."""
    return _by_staff(request, patient_id, _advice)


@FormPage
def staff_end(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Finish what the patient told; then to the answers."""
    if request.method == "GET":
        return _by_staff(request, patient_id, _end)
    desk = _staff_desk(request, patient_id)
    if isinstance(desk, HttpResponse):
        return desk
    answer = _by_staff(request, patient_id, _end)
    newest = report_queries.reports_of(patient_id, limit=1)
    return redirect("patient-report", patient_id, newest[0].id) if newest else answer
