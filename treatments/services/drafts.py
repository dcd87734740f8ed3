"""The draft as a whole: begun, its goals, dates and note saved, thrown away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from treatments import content, queries
from treatments.goal_rules import weights
from treatments.goal_words import own_levels
from treatments.models import WORD_LONGEST, WORD_MOST_LINES, FollowUpDate, Goal, NoGoal, Plan, PlanItem
from treatments.plan_record import FollowUpRecord, GoalRecord, PlanRecord, goal_field
from treatments.services.agreements import copy_agreements
from treatments.services.shared import (
    StaleSave,
    draft_to_change,
    end,
    local_day,
    lock_patient,
    locked_draft,
    note,
    refuse,
)
from treatments.snapshot import Snapshot
from treatments.states import OPEN, State

if TYPE_CHECKING:
    from patients.models import Patient

MOST_DATES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """What somebody entered for the plan as a whole."""

    goals: tuple[GoalRecord, ...] = ()
    dates: tuple[FollowUpRecord, ...] = ()
    note: str = ""
    no_goal: str = ""
    no_goal_text: str = ""
    for_patient: str = ""


@transaction.atomic
def start_draft(*, actor: Actor, patient: Patient, shown: Snapshot, now: datetime) -> PlanRecord:
    """Begin a draft with the items and goals of the signed plan, if any; the open draft where there is one."""
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    draft = queries.draft_of(patient.pk)
    if draft is None:
        begin(actor, patient, shown, now)
        draft = queries.draft_of(patient.pk)
        assert draft is not None
        note(actor, patient.pk, "plan.draft", draft.id)
    return draft


@transaction.atomic
def save_plan(*, actor: Actor, patient: Patient, version: int, entry: PlanEntry, now: datetime) -> int:
    """Keep goals (or why there is none), follow-up dates, note and the word for the patient; the new version.

    StaleSave when `version` is not the newest.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = draft_to_change(actor, patient, now)
    if plan.version != version:
        raise StaleSave
    refuse(_plan_problems(entry))
    shared = {"organisation_id": actor.organisation_id, "plan": plan}
    Goal.objects.filter(plan=plan).delete()
    Goal.objects.bulk_create(_goal_row(goal, **shared) for goal in _in_order(entry.goals))
    FollowUpDate.objects.filter(plan=plan).delete()
    FollowUpDate.objects.bulk_create(
        FollowUpDate(due_on=due.due_on, kind=due.kind, text=due.text.strip(), source=due.source, **shared)
        for due in dict.fromkeys(entry.dates)
    )
    plan.note = entry.note.strip()
    plan.no_goal, plan.no_goal_text = entry.no_goal, entry.no_goal_text.strip()
    plan.for_patient = entry.for_patient.strip()
    plan.version += 1
    plan.changed_by_id, plan.changed_at = actor.user_id, now
    plan.save(update_fields=["note", "for_patient", "no_goal", "no_goal_text", "version", "changed_by", "changed_at"])
    note(actor, patient.pk, "plan.save", plan.pk, version=plan.version, was=plan.state)
    return plan.version


@transaction.atomic
def discard_draft(*, actor: Actor, patient: Patient, now: datetime) -> None:
    """Throw the draft away; it stays on file as discarded and is shown nowhere."""
    require(actor, Permission.DRAFT_PLAN)
    plan = locked_draft(patient)
    end(actor, plan, State.DISCARDED, "", now)
    note(actor, patient.pk, "plan.discard", plan.pk)


def _plan_problems(entry: PlanEntry) -> Iterable[tuple[str, str]]:
    for goal in entry.goals:
        if goal.target is not None and not 0 <= goal.target <= 10:
            yield f"{goal.kind}_target", _("Pain goes from 0 to 10.")
        yield from _goal_problems(goal)
    wishes = [goal for goal in _in_order(entry.goals) if goal.kind == Goal.Kind.FUNCTION]
    rules = content.shipped().goal_rules
    assert rules is not None
    if len(wishes) > rules.most_goals:
        yield "function_words", rules.smart["few"].check + "."
    if wishes and not any(weights(wishes)):
        yield goal_field(1, "importance"), _("With 0 for every goal none of them would count.")
    if entry.no_goal and any(goal.says_something for goal in entry.goals):
        yield "no_goal", _("A goal is entered as well. Take it out, or do not say that there is none.")
    if entry.no_goal and not entry.no_goal_text.strip():
        yield "no_goal_text", _("Say in a few words why there is no goal.")
    if (entry.no_goal_text.strip() and not entry.no_goal) or entry.no_goal not in ("", *NoGoal.values):
        yield "no_goal", _("Choose why there is no goal.")
    yield from _word_problems(entry.for_patient.strip())
    if len(entry.dates) > MOST_DATES:
        yield "dates", _("A plan holds at most %(number)d dates.") % {"number": MOST_DATES}


def _word_problems(words: str) -> Iterable[tuple[str, str]]:
    if len(words) > WORD_LONGEST:
        yield "for_patient", _("At most %(most)d characters: it stands on the first page.") % {"most": WORD_LONGEST}
    if len(words.splitlines()) > WORD_MOST_LINES:
        yield "for_patient", _("At most %(most)d lines: it stands on the first page.") % {"most": WORD_MOST_LINES}


def _in_order(goals: Iterable[GoalRecord]) -> list[GoalRecord]:
    """The goals that say something, those of one kind at the places 1, 2, … in the order in which they come."""
    places: dict[str, int] = {}
    found = []
    for goal in goals:
        if goal.says_something:
            places[goal.kind] = places.get(goal.kind, 0) + 1
            found.append(replace(goal, position=places[goal.kind], words=goal.words.strip()))
    return found


def _goal_problems(goal: GoalRecord) -> Iterable[tuple[str, str]]:
    rules = content.shipped().goal_rules
    assert rules is not None
    if goal.baseline is not None and goal.baseline == goal.amount:
        yield goal_field(goal.position, "amount"), _("The target is what it is now. Choose another one.")
    for part in ("importance", "difficulty"):
        value = getattr(goal, part)
        if value is not None and not 0 <= value <= rules.weight_at_most:
            yield goal_field(goal.position, part), _("From 0 to %(most)d.") % {"most": rules.weight_at_most}
    if goal.confidence is not None and not 0 <= goal.confidence <= 10:
        yield goal_field(goal.position, "confidence"), _("Confidence goes from 0 to 10.")


def draft_begun(actor: Actor, patient: Patient, shown: Snapshot, now: datetime) -> Plan:
    """The draft of a patient, locked for a change: the open one, taken back from review, or a new one."""
    if not Plan.objects.filter(patient_id=patient.pk, state__in=OPEN).exists():
        begin(actor, patient, shown, now)
    return draft_to_change(actor, patient, now)


def begin(actor: Actor, patient: Patient, shown: Snapshot, now: datetime) -> UUID:
    """A new draft with the items and goals of the signed plan, and the dates that the proposal asks for."""
    shared: dict[str, Any] = {"organisation_id": actor.organisation_id}
    plan = Plan.objects.create(
        patient_id=patient.pk,
        **actor.authorship(),
        changed_by_id=actor.user_id,
        changed_at=now,
        **shared,
    )
    before = queries.signed_of(patient.pk)
    if before is not None:
        PlanItem.objects.bulk_create(
            PlanItem(
                plan=plan,
                kind=item.kind,
                ref_id=item.ref_id,
                name=item.name,
                position=place,
                owner_id=item.owner_id,
                starts_on=item.starts_on,
                stops_on=item.stops_on,
                unit=item.unit,
                steps=[step.to_json() for step in item.steps],
                product=item.product,
                dose_by=item.dose_by,
                note=item.note,
                **shared,
            )
            for place, item in enumerate(before.items, start=1)
        )
        rules = shown.rulebook.goal_rules
        Goal.objects.bulk_create(
            _goal_row(replace(goal, levels=own_levels(goal, rules)), plan=plan, **shared)
            for goal in before.goals.values()
        )
        copy_agreements(actor, before, plan)
    FollowUpDate.objects.bulk_create(
        FollowUpDate(plan=plan, due_on=due.due_on, kind=due.kind, text=due.text, source=due.source, **shared)
        for due in _proposed_dates(shown, local_day(now))
    )
    return plan.pk


def _goal_row(goal: GoalRecord, **shared: Any) -> Goal:
    own = {field.name: getattr(goal, field.name) for field in fields(GoalRecord)}
    own |= {
        "measure": goal.measure.strip(),
        "levels": [words.strip() for words in goal.levels],
        "items": list(goal.items),
    }
    return Goal(**own, **shared)


def _proposed_dates(shown: Snapshot, today: date) -> list[FollowUpRecord]:
    """The days on which the proposal asks somebody to look again: the last day of each review's window."""
    starting = {choice.review for choice in shown.rulebook.meanings.reviews if choice.kind == "start"}
    first = next((choice.review for choice in shown.rulebook.meanings.reviews if choice.kind == "start"), None)
    found = [
        FollowUpRecord(
            today + timedelta(days=call.days[-1]),
            FollowUpDate.Kind.CHECK_IN if call.id == first else FollowUpDate.Kind.REVIEW,
            call.text.split(". ")[0].strip(".")[:300],
            call.id,
        )
        for call in shown.proposal.reviews
        if call.days and (call.id in starting or call.days[-1] > 0)
    ]
    # Two rows of the content may ask for the same on the same day; the plan has that date once.
    once = {(due.due_on, due.kind, due.text): due for due in sorted(found, reverse=True)}
    return sorted(once.values())
