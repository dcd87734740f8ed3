"""Reads of follow-up. Each function issues a fixed number of queries, said in its docstring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, Q, QuerySet

from accounts.rows import at_most_one
from assessments import report_queries
from followup import check_in as questions
from followup import content, links, owners, plans, response
from followup.agreements import Verdict, judge
from followup.models import (
    AdverseEffect,
    Alert,
    Answer,
    CheckIn,
    DueItem,
    OutboxMessage,
    Reminder,
    Review,
    Schedule,
)
from followup.next_step import NextStep, decide
from followup.schedule import State, first_review, state
from followup.wording import answer_text, due_text, goal_words, goals_text, person_text
from patients import queries as patient_queries
from patients.work import WorkItem

ANSWERS = 400
DUE_ITEMS = 100
UNSEEN_DAYS = 90
# Why a message about the questions before a visit was not sent although somebody waits for the answers.
NOT_SENT = ("no consent", "no address")


# --- links ------------------------------------------------------------------------------------------------------------


def check_in_of_token(link: links.Link, token: str) -> CheckIn | None:
    """The check-in of a link with its item and schedule; None when we never gave this link out. One query."""
    return (
        CheckIn.objects.select_related("due_item__schedule")
        .filter(organisation_id=link.organisation_id, pk=link.row_id, token_digest=links.digest(token))
        .first()
    )


def why_closed(check_in: CheckIn, now: dt.datetime) -> str:
    """Why the link of a check-in does not open; empty when it does. No query."""
    if check_in.answered_at:
        return "answered"
    if check_in.closed_at:
        return "closed"
    if check_in.expires_at is None or check_in.expires_at <= now:
        return "expired"
    return "locked" if check_in.failed_attempts >= content.policy().birth_date_attempts else ""


# --- one patient ------------------------------------------------------------------------------------------------------


def answers_of(patient_id: UUID) -> list[Answer]:
    """The answers that count, oldest first, with effects, reviews, author and who saw them. Three queries."""
    rows = (
        _counting(patient_id)
        .select_related("created_by", "seen__created_by")
        .prefetch_related(
            Prefetch("effects", AdverseEffect.objects.order_by("-effective_grade", "effect")),
            Prefetch("reviews", Review.objects.select_related("created_by").order_by("created_at")),
        )
    )
    return list(reversed(rows[:ANSWERS]))


def _counting(patient_id: UUID) -> QuerySet[Answer]:
    """The answers that no correction replaces, newest first."""
    return Answer.objects.filter(patient_id=patient_id, superseded_by__isnull=True).order_by(
        "-answered_on", "-created_at"
    )


def answer_of(patient_id: UUID, answer_id: UUID) -> Answer | None:
    """One record of answers of this patient, or None. One query."""
    return at_most_one(Answer.objects.filter(patient_id=patient_id, pk=answer_id))


def is_on_record(check_in_id: UUID, answers: questions.Answers) -> bool:
    """Whether just these answers to a check-in stand on record. One query."""
    kept = Answer.objects.filter(check_in_id=check_in_id).values_list("answers", flat=True)
    return questions.cleaned(answers) in kept


def check_in_of(patient_id: UUID, check_in_id: UUID) -> CheckIn | None:
    """One check-in of this patient, or None. One query."""
    rows = CheckIn.objects.select_related("due_item__schedule")
    return at_most_one(rows.filter(patient_id=patient_id, pk=check_in_id))


def schedule_of(patient_id: UUID) -> Schedule | None:
    """The follow-up that runs now, or None. One query."""
    return Schedule.objects.filter(patient_id=patient_id, ended_at__isnull=True).order_by("-created_at").first()


def alerts_of(patient_id: UUID, *, open_only: bool = False) -> list[Alert]:
    """Alerts, open ones first by deadline, with owner and who closed them. One query."""
    rows = Alert.objects.filter(patient_id=patient_id).select_related("owner", "acknowledged_by")
    if open_only:
        rows = rows.filter(acknowledged_at__isnull=True)
    # Where there are more than a page takes, none that is open is left out for one that is closed.
    newest = rows.order_by(F("acknowledged_at").desc(nulls_first=True), "-created_at")[:100]
    return sorted(newest, key=lambda a: (a.acknowledged_at is not None, a.deadline))


def due_items_of(patient_id: UUID) -> list[DueItem]:
    """What is open for the patient by day, with who answers for it, its check-in and reminders. Two queries."""
    reminders = Prefetch("check_in__reminders", Reminder.objects.order_by("due_at"))
    return list(_open_items(patient_id).select_related("check_in").prefetch_related(reminders)[:DUE_ITEMS])


def _open_items(patient_id: UUID) -> QuerySet[DueItem]:
    rows = DueItem.objects.filter(patient_id=patient_id, done_at__isnull=True)
    return _owned(rows).order_by("due_on", "kind", "text")


def _owned(rows: QuerySet[DueItem]) -> QuerySet[DueItem]:
    return owners.with_owner(rows, plan="schedule__plan_id", own="owner_id", treatment="ref_id")


def reminders_of(patient_id: UUID) -> list[Reminder]:
    """Messages to the patient, newest first. One query."""
    return list(Reminder.objects.filter(patient_id=patient_id).select_related("check_in").order_by("-due_at")[:60])


def messages_of_report(report_id: UUID) -> list[Reminder]:
    """Messages about one report before a visit, newest first. One query."""
    return list(Reminder.objects.filter(report_id=report_id).order_by("-created_at")[:20])


@dataclass(frozen=True, slots=True)
class Judged:
    """One treatment of the plan: what is known about its effect, and what the decision table says."""

    item: plans.PlanItemSummary
    variables: dict[str, Any]
    reviewed: dict[str, Any]
    step: NextStep
    # What was agreed about it at its start, and whether that has come to pass; None where nothing was agreed.
    agreed: plans.AgreementRecord | None
    verdict: Verdict | None
    # The first day on which its effect is to be judged; None when no review is planned.
    review_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Course:
    """How it went under the plan that runs now: the checks since it began and the drafted next step of each item."""

    plan: plans.PlanSummary | None
    history: tuple[response.Checked, ...]
    judged: tuple[Judged, ...]
    last_answer: Answer | None
    goals: response.Goals


def checked(answer: Answer, plan: plans.PlanSummary | None) -> response.Checked:
    """One record of answers as the pure modules read it. No query."""
    facts = questions.override_facts(answer.answers, *plans.classes_of(plan))
    return response.Checked(
        on=answer.answered_on,
        answers=answer.answers,
        effects=questions.effects(answer.answers, facts, content.file("adverse_effects")),
        safety=questions.safety_variables(answer.answers, content.file("check_in")),
    )


def course(patient_id: UUID, answers: Sequence[Answer], today: dt.date) -> Course:
    """The response so far and the next step of each treatment. Two queries: the schedule and its plan."""
    schedule = schedule_of(patient_id)
    plan = plans.plan_of(schedule.plan_id) if schedule else None
    if plan is None:
        return Course(None, (), (), None, plans.goals_of(None))
    return course_under(plan, schedule.starts_on if schedule else dt.date.min, answers, today)


def course_under(plan: plans.PlanSummary, since: dt.date, answers: Sequence[Answer], today: dt.date) -> Course:
    """The response under one plan, which is followed `since` a day, and the next step of each treatment. No query."""
    own = [answer for answer in answers if answer.answered_on >= since]
    history = tuple(checked(answer, plan) for answer in own)
    last = own[-1] if own else None
    table, figures = content.decision_table(), content.figures()
    baseline, timing, goals = plans.baseline_of(plan), plans.timing_for(plan), plans.goals_of(plan)
    rules = plans.agreement_rules()
    judged = []
    for item in plan.items:
        reviewed: dict[str, Any] = {}
        for review in last.reviews.all() if last else ():
            is_own = review.ref_id == item.ref_id
            reviewed |= {
                name: value for name, value in review.variables.items() if is_own or name in table.about_person
            }
        trial = plans.trial_of(item)
        known = response.variables(item, baseline, history, trial, plan.facts, reviewed, figures, goals, today)
        known = {name: value for name, value in known.items() if table.vocabulary[name].problem(value) is None}
        step = decide(plans.treatment_of(item), known, table)
        agreed = next((one for one in plan.agreements if one.ref_id == item.ref_id), None)
        on = last.answered_on if last else None
        verdict = (
            judge(agreed, item, on, known, reviewed, rules, figures.adherence_enough, today)
            if agreed and rules
            else None
        )
        judged.append(Judged(item, known, reviewed, step, agreed, verdict, first_review(item, plan, timing)))
    return Course(plan, history, tuple(judged), last, goals)


# --- cards of the overview --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScoresCard:
    """Pain and function over time in short; `goal` is the pain score that is hoped for."""

    pain: tuple[tuple[dt.date, float | None], ...]
    function: tuple[tuple[dt.date, float | None], ...]
    goal: float | None
    goal_words: str
    goals: str
    effects: tuple[str, ...]
    on: dt.date


def overview_card(patient_id: UUID, signed: plans.PlanSummary | None) -> ScoresCard | None:
    """The last scores and which way they go; None without answers. Two queries.

    `signed` is the signed plan, where there is one: the one that is followed, unless it ended and follow-up has not
    heard of it, which takes one more query.
    """
    answers = list(reversed(_counting(patient_id)[:ANSWERS]))
    if not answers:
        return None
    schedule = schedule_of(patient_id)
    plan = signed
    if schedule is None or signed is None or schedule.plan_id != signed.plan_id:
        plan = plans.plan_of(schedule.plan_id) if schedule else None
    names = {row["id"]: row["text"] for row in content.file("check_in")["effects"]["items"]}
    baseline = plans.baseline_of(plan) if plan else response.Baseline()
    pain = [(answer.answered_on, number(answer.answers.get("nrs_average"))) for answer in answers]
    function = [(answer.answered_on, rounded(response.peg_total(answer.answers))) for answer in answers]
    return ScoresCard(
        pain=tuple(_before(schedule, baseline.pain) + pain),
        function=tuple(_before(schedule, rounded(baseline.peg)) + function),
        goal=plans.goal_line(plan),
        goal_words=goal_words(plan),
        goals=goals_text(answers[-1], plan),
        effects=tuple(names.get(name, name) for name in questions.ticked(answers[-1].answers, questions.EFFECTS)),
        on=answers[-1].answered_on,
    )


def _before(schedule: Schedule | None, score: float | None) -> list[tuple[dt.date, float | None]]:
    return [(schedule.starts_on, score)] if schedule and score is not None else []


def number(value: object) -> float | None:
    """A score, or None where there was no answer."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def rounded(value: float | None) -> float | None:
    """A mean with one decimal, as it is shown; what is unknown stays unknown."""
    return None if value is None else round(value, 1)


def alerts_card(patient_id: UUID, today: dt.date) -> list[Alert]:
    """Open alerts by deadline. One query."""
    return alerts_of(patient_id, open_only=True)


@dataclass(frozen=True, slots=True)
class DueLine:
    """Something that has a day, for the overview."""

    text: str
    day: dt.date
    owner: str
    is_late: bool


def due_lines(patient_id: UUID, today: dt.date) -> list[DueLine]:
    """What is due, due soon or overdue. One query."""
    found = []
    for item in _open_items(patient_id)[:DUE_ITEMS]:
        how = state_of(item, today)
        if how is not State.PLANNED:
            found.append(DueLine(due_text(item), item.due_on, owners.name_of(item), how is State.OVERDUE))
    return found


def state_of(item: DueItem, today: dt.date) -> State:
    """How a due item stands on a day. No query."""
    return state(
        on=item.due_on,
        opens=item.opens_on,
        done=item.done_at is not None,
        today=today,
        soon_days=content.policy().due_soon_days,
    )


# --- the worklist -----------------------------------------------------------------------------------------------------


def work_items(organisation_id: UUID, user: Any, today: dt.date, limit: int = 50) -> list[WorkItem]:
    """What follow-up needs from this user: alerts, answers, what is due, reports before a visit. Four queries.

    An alert concerns its owner, the care team, and everybody when nobody owns it. Answers concern the care team, what
    is due also whoever answers for it.
    """
    user_id = getattr(user, "pk", user)
    # A sub-select and no join: the planner then starts from the few patients of this user, not from every open alert.
    mine = Q(patient_id__in=patient_queries.looked_after_by(user_id))
    found: list[WorkItem] = []
    alerts = (
        Alert.objects.filter(organisation_id=organisation_id, acknowledged_at__isnull=True)
        .filter(Q(owner_id=user_id) | Q(owner__isnull=True) | mine)
        .select_related("patient", "owner")
        .order_by("deadline", "id")[:limit]
    )
    found += [
        _work(alert, "alert", alert.text, alert.created_at, alert.deadline, alert.owner, alert.tier) for alert in alerts
    ]
    arrived = owners.with_owner(Answer.objects.all(), plan="plan_id")
    unseen = (
        arrived.filter(
            mine,
            organisation_id=organisation_id,
            seen__isnull=True,
            superseded_by__isnull=True,
            answered_on__gte=today - dt.timedelta(days=UNSEEN_DAYS),
        )
        .select_related("patient")
        .order_by("created_at")[:limit]
    )
    found += [
        _work(answer, "answer", answer_text(answer), answer.created_at, None, owners.name_of(answer))
        for answer in unseen
    ]
    soon = today + dt.timedelta(days=content.policy().due_soon_days)
    taken = DueItem.objects.filter(owner_id=user_id, done_at__isnull=True).values("patient_id")
    open_items = DueItem.objects.filter(organisation_id=organisation_id, done_at__isnull=True)
    due = (
        _owned(open_items.filter(patient_id__in=owners.concerned(user_id, taken)))
        .filter(mine | Q(answers_for=user_id))
        .filter(
            # A check-in that goes by message is nobody's work until a person has to call.
            ~Q(kind="check_in") & Q(opens_on__lte=soon)
            | Q(check_in__by_person__gt="", due_on__lte=today)
            | Q(check_in__escalated_at__isnull=False)
        )
        .select_related("patient", "check_in")
        .order_by("due_on")[:limit]
    )
    for item in due:
        kind = "overdue" if item.due_on < today else "lab" if item.kind == "lab" and item.opens_on <= today else "due"
        text = person_text(item.check_in) if item.kind == "check_in" else due_text(item)
        found.append(_work(item, kind, text, item.opens_on, item.due_on, owners.name_of(item)))
    found += report_queries.work_items(organisation_id, user_id, today, limit, lost=_undelivered(organisation_id))
    return found[:limit]


def _undelivered(organisation_id: UUID) -> Q:
    """The reports before a visit whose messages did not arrive: some were lost, and no later one replaced them."""
    states = Reminder.State
    lost = Q(state__in=[states.FAILED, states.UNKNOWN]) | Q(state=states.CANCELLED, reason__in=NOT_SENT)
    messages = Reminder.objects.filter(organisation_id=organisation_id, report__isnull=False)
    ids = messages.filter(lost).values("report_id"), messages.exclude(lost).values("report_id")
    return Q(pk__in=ids[0]) & ~Q(pk__in=ids[1])


# How somebody takes work that nobody owns.
TAKE = {Alert: "follow-up-alert-take", DueItem: "follow-up-due-take"}


def _work(
    row: Any,
    kind: Any,
    text: str,
    since: Any,
    due: Any,
    owner: Any,
    tier: Any = "",
    url_name: str = "patient-follow-up",
) -> WorkItem:
    patient = row.patient
    return WorkItem(
        patient_id=patient.pk,
        patient_name=f"{patient.family_name.upper()}, {patient.given_names}",
        patient_number=patient.number,
        kind=kind,
        text=text,
        since=since,
        due=due,
        owner_name=str(owner or ""),
        tier=tier,
        url_name=url_name,
        url_args=(patient.pk,),
        take_name=TAKE.get(type(row), ""),
        take_args=(patient.pk, row.pk),
    )


def outbox(organisation_id: UUID) -> list[OutboxMessage]:
    """The newest messages of the demo's outbox. One query."""
    return list(OutboxMessage.objects.filter(organisation_id=organisation_id).order_by("-created_at")[:100])
