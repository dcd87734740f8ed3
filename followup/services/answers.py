"""Answers become record, by link or told to staff; what must not wait becomes an alert with a deadline and an owner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from followup import check_in as questions
from followup import content, plans
from followup.models import AdverseEffect, Alert, Answer, AnswerSeen, CheckIn, DueItem, Reminder, Review
from followup.queries import answers_of, course_under, why_closed
from followup.services.shared import note, owner_of
from patients import access
from patients.identity import is_born_on
from treatments import agreements


class LinkClosed(Exception):
    """The link is used, expired, locked or taken back; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def open_link(*, actor: Actor, check_in: CheckIn, birth_date: date | None, now: datetime) -> bool:
    """Whether the birth date is the patient's. Each wrong one counts; after the last the link is void for good.

    Raises LinkClosed when the link does not open whatever the date.
    """
    require(actor, Permission.RECORD_CHECK_IN)
    row = CheckIn.objects.select_for_update().get(pk=check_in.pk)
    if reason := why_closed(row, now):
        raise LinkClosed(reason)
    patient = access.patient_for(actor, row.patient_id, Permission.RECORD_CHECK_IN)
    if not is_born_on(patient, birth_date):
        row.failed_attempts += 1
        if why_closed(row, now) == "locked":
            row.by_person = "locked"
        row.save(update_fields=["failed_attempts", "by_person"])
        note(actor, "check_in.refuse", row.patient_id, row, attempts=row.failed_attempts)
        return False
    row.opened_at = row.opened_at or now
    row.save(update_fields=["opened_at"])
    note(actor, "check_in.open", row.patient_id, row)
    return True


@transaction.atomic
def draft_answer(
    *, actor: Actor, check_in: CheckIn, question: str, value: questions.Answer | None, now: datetime
) -> CheckIn:
    """Keep one answer of an unfinished check-in; None takes it back. An alarming one raises its alert at once."""
    require(actor, Permission.RECORD_CHECK_IN)
    row = CheckIn.objects.select_for_update().get(pk=check_in.pk)
    if reason := why_closed(row, now):
        raise LinkClosed(reason)
    answers = dict(row.draft)
    answers.pop(question, None)
    if value is not None:
        answers[question] = value
    row.draft = questions.cleaned(answers)
    row.save(update_fields=["draft"])
    note(actor, "check_in.draft", row.patient_id, row, question=question)
    raise_alarms(actor=actor, check_in=row, answers=row.draft, now=now)
    return row


@transaction.atomic
def submit_link(*, actor: Actor, check_in: CheckIn, on: date, now: datetime) -> Answer:
    """Finish a check-in: its answers become record. Twice gives LinkClosed, never two records."""
    require(actor, Permission.RECORD_CHECK_IN)
    row = CheckIn.objects.select_for_update().get(pk=check_in.pk)
    if reason := why_closed(row, now):
        raise LinkClosed(reason)
    return _store(actor, row.patient_id, row, row.draft, on, Answer.Via.LINK, now)


@transaction.atomic
def record_answers(
    *,
    actor: Actor,
    patient_id: UUID,
    answers: Mapping[str, questions.Answer],
    on: date,
    via: str,
    now: datetime,
    check_in_id: UUID | None = None,
) -> Answer:
    """Keep what the patient told a member of staff, on the awaited check-in if one is named."""
    require(actor, Permission.RECORD_CHECK_IN)
    access.patient_for(actor, patient_id, Permission.RECORD_CHECK_IN)
    row = None
    if check_in_id:
        row = CheckIn.objects.select_for_update().get(pk=check_in_id, patient_id=patient_id)
        if row.answered_at:
            raise LinkClosed("answered")
    answer = _store(actor, patient_id, row, answers, on, via, now)
    AnswerSeen.objects.create(
        organisation_id=answer.organisation_id, patient_id=patient_id, answer=answer, **actor.authorship()
    )
    return answer


def _store(
    actor: Actor,
    patient_id: UUID,
    check_in: CheckIn | None,
    answers: Mapping[str, questions.Answer],
    on: date,
    via: str,
    now: datetime,
) -> Answer:
    shared = {"organisation_id": actor.organisation_id, "patient_id": patient_id, **actor.authorship()}
    plan = plans.plan_for_check_in(check_in, patient_id)
    kept = questions.cleaned(answers)
    answer = Answer(
        check_in=check_in,
        plan_id=plan.plan_id if plan else None,
        via=via,
        answered_on=on,
        answers=kept,
        **shared,
    )
    answer.agreed = _agreed(answer, plan)
    answer.save(force_insert=True)
    found = _effects(kept, plan)
    AdverseEffect.objects.bulk_create(
        [
            AdverseEffect(
                answer=answer,
                effect=effect.id,
                observed_grade=effect.observed,
                effective_grade=effect.effective,
                overrides=list(effect.overrides),
                **shared,
            )
            for effect in found
        ]
    )
    raise_alarms(actor=actor, check_in=check_in, answers=kept, now=now, answer=answer, patient_id=patient_id)
    if check_in:
        check_in.answered_at, check_in.draft = now, {}
        check_in.save(update_fields=["answered_at", "draft"])
        DueItem.objects.filter(pk=check_in.due_item_id, done_at__isnull=True).update(
            done_at=now, done_by_id=actor.user_id, done_job=actor.job
        )
        Reminder.objects.filter(check_in=check_in, state=Reminder.State.SCHEDULED).update(
            state=Reminder.State.CANCELLED, reason="answered"
        )
    note(actor, "answer.record", patient_id, answer, via=via, questions=len(kept))
    return answer


def _effects(answers: Mapping[str, questions.Answer], plan: plans.PlanSummary | None) -> tuple[questions.Effect, ...]:
    facts = questions.override_facts(answers, *plans.classes_of(plan))
    return questions.graded(answers, facts, content.file("adverse_effects"))


def _agreed(answer: Answer, plan: plans.PlanSummary | None) -> list[dict[str, Any]]:
    """The agreements that these answers bring to pass, as lists tell them later; none where newer answers stand."""
    if plan is None or not plan.agreements:
        return []
    before = answers_of(answer.patient_id)
    if before and before[-1].answered_on > answer.answered_on:
        return []
    course = course_under(plan, plan.signed_at.date(), [*before, answer], answer.answered_on)
    found = []
    for judged in course.judged:
        agreed, verdict = judged.agreed, judged.verdict
        if agreed is None or verdict is None or verdict.case is None:
            continue
        next_id, _name = agreements.next_of(agreed, verdict.case)
        found.append(
            {
                "ref_id": agreed.ref_id,
                "kind": agreed.kind,
                "case": verdict.case.value,
                "action": agreements.action_of(agreed, verdict.case),
                "next_id": next_id,
                "change_pct": verdict.change_pct,
            }
        )
    return found


@transaction.atomic
def raise_alarms(
    *,
    actor: Actor,
    check_in: CheckIn | None,
    answers: Mapping[str, questions.Answer],
    now: datetime,
    answer: Answer | None = None,
    patient_id: UUID | None = None,
) -> list[Alert]:
    """Raise the alerts that the answers call for, each once per check-in, with a deadline and a named person."""
    require(actor, Permission.RECORD_CHECK_IN)
    subject = check_in.patient_id if check_in else patient_id
    if subject is None:
        raise ValueError("an alert is about a patient")
    plan = plans.plan_for_check_in(check_in, subject)
    found = questions.alarms(answers, _effects(answers, plan), content.file("check_in"), content.file("safety_alerts"))
    raised = []
    for alarm in found:
        defaults: dict[str, Any] = {
            "organisation_id": actor.organisation_id,
            "patient_id": subject,
            "answer": answer,
            "tier": alarm.tier,
            "text": alarm.text[:300],
            "action": alarm.action,
            "source": alarm.source,
            "deadline": now + timedelta(hours=alarm.deadline_hours),
            "owner_id": owner_of(subject),
            **actor.authorship(),
        }
        if check_in:
            alert, is_new = Alert.objects.get_or_create(check_in=check_in, code=alarm.code, defaults=defaults)
        else:
            alert, is_new = Alert.objects.create(code=alarm.code, **defaults), True
        if is_new:
            note(
                actor, "alert.raise", subject, alert, code=alarm.code, tier=alarm.tier, owner=str(alert.owner_id or "")
            )
            raised.append(alert)
    return raised


@transaction.atomic
def acknowledge(*, actor: Actor, patient_id: UUID, alert_id: UUID, what_was_done: str, now: datetime) -> Alert:
    """Close an alert with a word on what was done. Raises ValueError without one, DoesNotExist when it is closed."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    if not what_was_done.strip():
        raise ValueError("what_was_done")
    alert = Alert.objects.select_for_update().get(pk=alert_id, patient_id=patient_id, acknowledged_at__isnull=True)
    alert.acknowledged_at, alert.acknowledged_by_id = now, actor.user_id
    alert.note = what_was_done.strip()[:500]
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    note(actor, "alert.acknowledge", patient_id, alert, code=alert.code)
    return alert


@transaction.atomic
def take_alert(*, actor: Actor, patient_id: UUID, alert_id: UUID) -> Alert:
    """Answer from now on for an alert that nobody owns. Raises Alert.DoesNotExist when it is closed or owned."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    alert = Alert.objects.select_for_update().get(
        pk=alert_id, patient_id=patient_id, acknowledged_at__isnull=True, owner__isnull=True
    )
    alert.owner_id = actor.user_id
    alert.save(update_fields=["owner"])
    note(actor, "alert.take", patient_id, alert, code=alert.code)
    return alert


@transaction.atomic
def see_answers(*, actor: Actor, patient_id: UUID, answer_id: UUID) -> None:
    """Note that somebody has looked at the answers; a second time changes nothing."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    answer = Answer.objects.get(pk=answer_id, patient_id=patient_id)
    _row, is_new = AnswerSeen.objects.get_or_create(
        answer=answer,
        defaults={"organisation_id": answer.organisation_id, "patient_id": patient_id, **actor.authorship()},
    )
    if is_new:
        note(actor, "answer.see", patient_id, answer)


@transaction.atomic
def record_review(
    *, actor: Actor, patient_id: UUID, answer_id: UUID, ref_id: str, variables: Mapping[str, Any]
) -> Review:
    """Keep what a clinician established for one treatment after some answers. Raises ValueError for a strange value."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    answer = Answer.objects.get(pk=answer_id, patient_id=patient_id)
    vocabulary = content.decision_table().vocabulary
    problems = vocabulary.problems(dict(variables))
    if problems:
        raise ValueError("; ".join(problems))
    review = Review.objects.create(
        organisation_id=answer.organisation_id,
        patient_id=patient_id,
        answer=answer,
        ref_id=ref_id,
        variables=dict(variables),
        **actor.authorship(),
    )
    note(actor, "review.record", patient_id, review, variables=sorted(variables))
    return review
