"""Pages of staff: how it went, what is next, what was told by telephone, alerts and messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import Denied, actor_of, allows, permission_required
from accounts.audit import Actor
from accounts.roles import Permission
from followup import agreement_presenters, content, forms, picture_presenters, plans, presenters, queries, services
from followup import check_in as questions
from followup.services.answers import LinkClosed
from patients.access import patient_for
from treatments import queries as treatment_queries
from treatments import services as treatment_services
from treatments.agreement_rules import Case
from treatments.snapshot import snapshot

if TYPE_CHECKING:
    from followup.models import CheckIn
    from patients.models import Patient

REFUSED = 422
# The form about the person, beside one for each treatment.
PERSON = "person"


@require_GET
def patient_follow_up(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Scores, doses and events in one picture; the drafted next step; what is due; alerts, answers and messages."""
    return _follow_up(request, patient_for(actor_of(request), patient_id))


def _follow_up(request: HttpRequest, patient: Patient, refused: str = "") -> HttpResponse:
    """The page; `refused` is the form whose review was just sent and holds a mistake, so that it stays there."""
    today = timezone.localdate()
    answers = queries.answers_of(patient.pk)
    course = queries.course(patient.pk, answers, today)
    alerts = queries.alerts_of(patient.pk)
    open_alerts = [alert for alert in alerts if not alert.acknowledged_at]
    steps = presenters.next_steps(course, today, bool(open_alerts))
    items = queries.due_items_of(patient.pk)
    due = presenters.due_rows(items, today)
    context = {
        "patient": patient,
        "today": today,
        "open_alerts": open_alerts,
        "closed_alerts": [alert for alert in alerts if alert.acknowledged_at],
        "course": course,
        "steps": steps,
        "person_form": _review_form(request, PERSON, steps.missing, _about_person(), sent=refused == PERSON),
        "drafts": [
            (
                draft,
                _review_form(request, draft.ref_id, draft.missing, _about_treatment(), sent=refused == draft.ref_id),
                agreement_presenters.agreed_step(judged),
            )
            for draft, judged in zip(steps.drafts, course.judged, strict=True)
        ],
        "check_in": presenters.first_check_in(items, _asked(course.plan), today),
        "timeline": picture_presenters.timeline(course, answers, alerts, today) if answers or course.plan else None,
        "due": [row for row in due if row.status != "planned"],
        "later": [row for row in due if row.status == "planned"],
        "goals": agreement_presenters.goal_rows(course),
        "may_draft": allows(actor_of(request), Permission.DRAFT_PLAN),
        "answers": presenters.answer_rows(answers, course.plan),
        "messages_sent": presenters.message_rows(queries.reminders_of(patient.pk)),
    }
    return render(request, "followup/follow_up.html", context, status=REFUSED if refused else 200)


def _about_person() -> tuple[str, ...]:
    table = content.decision_table()
    return tuple(name for name in table.inputs if name in table.about_person)


def _about_treatment() -> tuple[str, ...]:
    table = content.decision_table()
    return tuple(name for name in table.inputs if name not in table.about_person)


def _review_form(
    request: HttpRequest, prefix: str, missing: Sequence[str], may_be: Sequence[str], sent: bool
) -> forms.ReviewForm:
    """The fields that are still missing, and whatever was `sent` of those that there may be."""
    also = [name for name in may_be if sent and f"{prefix}-{name}" in request.POST]
    names = list(dict.fromkeys((*missing, *also)))
    vocabulary = content.decision_table().vocabulary
    return forms.ReviewForm(request.POST if sent else None, names=names, vocabulary=vocabulary, prefix=prefix)


@require_http_methods(["GET", "POST"])
def answers_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Enter what the patient told by telephone or at a visit; `check_in` names the awaited one."""
    actor = actor_of(request)
    patient = patient_of_form(request, patient_id, Permission.RECORD_CHECK_IN)
    check_in = _awaited(patient.pk, request.POST.get("check_in") or request.GET.get("check_in", ""))
    asked = _asked(plans.plan_for_check_in(check_in, patient.pk))
    today = timezone.localdate()
    form = forms.AnswersForm(request.POST if request.method == "POST" else None, asked=asked, today=today)
    if form.is_valid():
        try:
            services.record_answers(
                actor=actor,
                patient_id=patient.pk,
                answers=form.answers(),
                on=form.cleaned_data["answered_on"],
                via=form.cleaned_data["via"],
                now=_now(),
                check_in_id=check_in.pk if check_in else None,
            )
        except LinkClosed:
            if check_in and queries.is_on_record(check_in.pk, form.answers()):
                messages.warning(request, _("These answers are on record already. Nothing was stored twice."))
                return redirect("patient-follow-up", patient.pk)
            # What was typed stays on the page; kept once more, it stands beside the other answers.
            check_in = None
            words = _("This check-in was answered meanwhile. Keep these answers as well to have both on record.")
            form.add_error(None, words)
        else:
            messages.success(request, _("The answers are on record."))
            return redirect("patient-follow-up", patient.pk)
    context = {"patient": patient, "form": form, "check_in": check_in}
    return render(request, "followup/answers.html", context, status=REFUSED if form.errors else 200)


@require_POST
def alert_acknowledge(request: HttpRequest, patient_id: UUID, alert_id: UUID) -> HttpResponse:
    """Close an alert with a word on what was done."""
    actor = actor_of(request)
    patient = patient_of_form(request, patient_id, Permission.MANAGE_FOLLOW_UP)
    done = request.POST.get("what_was_done", "")
    try:
        services.acknowledge(actor=actor, patient_id=patient.pk, alert_id=alert_id, what_was_done=done, now=_now())
        messages.success(request, _("The alert is closed."))
    except ValueError:
        messages.error(request, _("Say what was done; the alert stays open."))
    except ObjectDoesNotExist:
        messages.warning(request, _("This alert is closed already."))
    return redirect("patient-follow-up", patient.pk)


@require_POST
def review_add(request: HttpRequest, patient_id: UUID, answer_id: UUID, ref_id: str) -> HttpResponse:
    """Keep what was still missing for the next step of one treatment."""
    return _review(request, patient_id, answer_id, ref_id, _about_treatment())


@require_POST
def review_person(request: HttpRequest, patient_id: UUID, answer_id: UUID) -> HttpResponse:
    """Keep what was still missing about the person, for every treatment at once."""
    return _review(request, patient_id, answer_id, "", _about_person())


def _review(request: HttpRequest, patient_id: UUID, answer_id: UUID, ref_id: str, names: Sequence[str]) -> HttpResponse:
    actor = actor_of(request)
    patient = patient_of_form(request, patient_id, Permission.MANAGE_FOLLOW_UP)
    answer = queries.answer_of(patient.pk, answer_id)
    if answer is None:
        raise Http404
    prefix, vocabulary = ref_id or PERSON, content.decision_table().vocabulary
    form = forms.ReviewForm(request.POST, names=names, vocabulary=vocabulary, prefix=prefix)
    if not form.is_valid():
        messages.error(request, _("Nothing was stored. Look at what is marked."))
        return _follow_up(request, patient, refused=prefix)
    if form.variables():
        services.record_review(
            actor=actor, patient_id=patient.pk, answer_id=answer.pk, ref_id=ref_id, variables=form.variables()
        )
        messages.success(request, _("The next step was worked out anew."))
    else:
        messages.error(request, _("Nothing was entered."))
    return redirect("patient-follow-up", patient.pk)


@require_POST
def agreed_draft(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """Begin a draft with what was agreed about a treatment, if that is still how it stands."""
    actor = actor_of(request)
    patient = patient_of_form(request, patient_id, Permission.DRAFT_PLAN)
    today = timezone.localdate()
    course = queries.course(patient.pk, queries.answers_of(patient.pk), today)
    judged = next((one for one in course.judged if one.item.ref_id == ref_id), None)
    step = agreement_presenters.agreed_step(judged) if judged else None
    if step is None or not step.case or step.case != request.POST.get("case"):
        messages.warning(request, _("This is no longer how the agreement stands. Look at it again."))
        return redirect("patient-follow-up", patient.pk)
    try:
        left = treatment_services.draft_agreed_step(
            actor=actor,
            patient=patient,
            ref_id=ref_id,
            case=Case(step.case),
            why=step.verdict,
            shown=snapshot(patient, today),
            now=_now(),
        )
    except (treatment_services.PlanRefused, treatment_services.NoDraft) as refused:
        messages.error(request, str(refused))
        return redirect("patient-follow-up", patient.pk)
    if left:
        messages.warning(request, left)
    messages.success(request, _("What was agreed is in the draft. Look it over and sign."))
    return redirect(reverse("patient-plan", args=[patient.pk]) + "#plan")


@require_POST
def answers_seen(request: HttpRequest, patient_id: UUID, answer_id: UUID) -> HttpResponse:
    """Note that somebody has looked at the answers."""
    return _change(
        request,
        patient_id,
        lambda actor, patient: services.see_answers(actor=actor, patient_id=patient.pk, answer_id=answer_id),
    )


@require_POST
def alert_take(request: HttpRequest, patient_id: UUID, alert_id: UUID) -> HttpResponse:
    """Answer for an alert that nobody owns."""
    return _change(
        request,
        patient_id,
        lambda actor, patient: services.take_alert(actor=actor, patient_id=patient.pk, alert_id=alert_id),
    )


@require_POST
def due_take(request: HttpRequest, patient_id: UUID, item_id: UUID) -> HttpResponse:
    """Answer for something due that nobody took."""
    return _change(
        request,
        patient_id,
        lambda actor, patient: services.take_item(actor=actor, patient_id=patient.pk, item_id=item_id),
    )


@require_POST
def due_complete(request: HttpRequest, patient_id: UUID, item_id: UUID) -> HttpResponse:
    """Tick off something that was due."""
    return _change(
        request,
        patient_id,
        lambda actor, patient: services.complete_item(actor=actor, patient_id=patient.pk, item_id=item_id, now=_now()),
    )


@require_POST
def reminder_cancel(request: HttpRequest, patient_id: UUID, reminder_id: UUID) -> HttpResponse:
    """Keep a message from leaving."""
    return _change(
        request,
        patient_id,
        lambda actor, patient: services.cancel_reminder(actor=actor, patient_id=patient.pk, reminder_id=reminder_id),
    )


@require_POST
def reminder_resend(request: HttpRequest, patient_id: UUID, check_in_id: UUID) -> HttpResponse:
    """Send the invitation again, as soon as quiet hours and the weekly limit allow."""
    return _change(
        request,
        patient_id,
        lambda actor, patient: services.resend(actor=actor, patient_id=patient.pk, check_in_id=check_in_id, now=_now()),
    )


@require_POST
def plan_sign(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """Sign a plan and open its follow-up at once. `seen` is the fingerprint that the sign page showed.

    It stands here because a signature makes dates, and `treatments` knows nothing of follow-up.
    """
    patient = patient_of_form(request, patient_id, Permission.SIGN_PLAN)
    if treatment_queries.plan_of(patient.pk, plan_id) is None:
        raise Http404
    try:
        services.sign_plan(actor=actor_of(request), plan_id=plan_id, now=_now(), seen=request.POST.get("seen", ""))
    except treatment_services.StaleSave:
        messages.warning(request, _("The plan, the record or the rulebook changed since you looked. Look once more."))
        return redirect("patient-plan-sign", patient.pk)
    except treatment_services.NotSigned as refusal:
        for problem in refusal.problems:
            messages.error(request, problem)
        return redirect("patient-plan-sign", patient.pk)
    except treatment_services.NoDraft as refusal:
        messages.warning(request, str(refusal))
        return redirect("patient-plan", patient.pk)
    messages.success(request, _("The plan is signed. Its follow-up dates are set."))
    return redirect("patient-plan-read", patient.pk, plan_id)


@require_GET
@permission_required(Permission.VIEW_PATIENT)
def demo_outbox(request: HttpRequest) -> HttpResponse:
    """The messages that the demo did not send to anybody."""
    if not settings.LOCAL:
        raise Http404
    return render(request, "followup/outbox.html", {"outbox": queries.outbox(actor_of(request).organisation_id)})


def patient_of_form(request: HttpRequest, patient_id: UUID, permission: Permission) -> Patient:
    """The patient of the address; a form says besides whom it was opened for, so two tabs cannot be confused."""
    patient = patient_for(actor_of(request), patient_id, permission)
    if request.method == "POST" and request.POST.get("patient_id") != str(patient.pk):
        words = _("This form was opened for another patient. Nothing was stored. Open it again from this record.")
        raise Denied("other_patient", words, patient.pk)
    return patient


def _change(request: HttpRequest, patient_id: UUID, change: Callable[[Actor, Patient], Any]) -> HttpResponse:
    actor = actor_of(request)
    patient = patient_of_form(request, patient_id, Permission.MANAGE_FOLLOW_UP)
    try:
        change(actor, patient)
        messages.success(request, _("Done."))
    except ObjectDoesNotExist:
        messages.warning(request, _("This has changed meanwhile. Look at the new state."))
    if request.POST.get("back") == "worklist":
        return redirect("worklist")
    return redirect("patient-follow-up", patient.pk)


def _awaited(patient_id: UUID, value: str) -> CheckIn | None:
    try:
        found = queries.check_in_of(patient_id, UUID(value)) if value else None
    except ValueError:
        raise Http404 from None
    if value and found is None:
        raise Http404
    return found


def _asked(plan: plans.PlanSummary | None) -> tuple[questions.Question, ...]:
    data = content.file("check_in")
    every = tuple(row["id"] for row in data["effects"]["items"])
    return questions.questions(data, plan.goals if plan else (), every, every)


def _now() -> datetime:
    return datetime.now(UTC)
