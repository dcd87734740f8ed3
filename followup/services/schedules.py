"""A signed plan becomes dates: what is due, whom we ask, and the reminders that go with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from accounts.rows import at_most_one
from followup import content, links, plans
from followup.models import CheckIn, DueItem, Reminder, Schedule
from followup.schedule import due_dates, local_day, moment_of, next_allowed
from followup.services.shared import note, organisation_of, quiet_of, reminder_key, zone_of
from patients import access
from patients import queries as patient_queries
from patients import services as patient_services
from treatments import services as treatment_services


@transaction.atomic
def open_schedules(*, actor: Actor, now: datetime) -> int:
    """Open the follow-up of every signed plan that has none yet, and end that of plans which no longer count.

    Safe to run at any time and twice at once; a plan has one schedule. Returns how many were opened.
    """
    require(actor, Permission.MANAGE_FOLLOW_UP)
    plans_to_open = plans.unopened_plans(actor.organisation_id)
    for plan in plans_to_open:
        open_schedule(actor=actor, plan=plan, now=now)
    for schedule in plans.schedules_of_ended_plans(actor.organisation_id):
        end_schedule(actor=actor, schedule=schedule, reason="plan ended", now=now)
    return len(plans_to_open)


@transaction.atomic
def sign_plan(*, actor: Actor, plan_id: UUID, now: datetime, seen: str | None = None) -> Schedule:
    """Sign a draft and open its follow-up in one transaction. Raises what `treatments.services.sign_plan` raises."""
    signed = treatment_services.sign_plan(actor=actor, plan_id=plan_id, now=now, seen=seen)
    plan = plans.plan_of(signed.id)
    assert plan is not None
    # SAFETY: what the plan makes due concerns the care team; for a patient without one it would call nobody.
    if actor.user_id is not None and not patient_queries.team_size(plan.patient_id):
        patient = access.patient_for(actor, plan.patient_id, Permission.MANAGE_CARE_TEAM)
        patient_services.join_care_team(actor=actor, patient=patient, user_id=actor.user_id, since=now.date())
    return open_schedule(actor=Actor.for_job("follow-up", actor.organisation_id, actor.at), plan=plan, now=now)


@transaction.atomic
def open_schedule(*, actor: Actor, plan: plans.PlanSummary, now: datetime) -> Schedule:
    """Make everything that the signed plan makes due. Calling it again for the same plan returns what is there."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    there = at_most_one(Schedule.objects.filter(plan_id=plan.plan_id))
    if there:
        return there
    patient = access.patient_for(actor, plan.patient_id, Permission.MANAGE_FOLLOW_UP)
    organisation = organisation_of(actor)
    where = zone_of(patient, organisation)
    start = local_day(plan.signed_at, where)
    tier = plans.tier_of(plan)
    # Whoever lost the race between two openings of one plan finds the other's row.
    schedule, is_new = Schedule.objects.get_or_create(
        plan_id=plan.plan_id,
        defaults={
            "organisation_id": actor.organisation_id,
            "patient_id": patient.pk,
            "starts_on": start,
            "tier": tier,
            **actor.authorship(),
        },
    )
    if not is_new:
        return schedule
    for older in Schedule.objects.filter(patient_id=patient.pk, ended_at__isnull=True).exclude(pk=schedule.pk):
        end_schedule(actor=actor, schedule=older, reason="plan replaced", now=now)
    shared = {"organisation_id": actor.organisation_id, "patient_id": patient.pk, **actor.authorship()}
    items = [
        DueItem(
            schedule=schedule,
            kind=due.kind,
            text=due.text[:300],
            opens_on=due.opens,
            due_on=due.on,
            ref_id=due.ref_id,
            source=due.source,
            **shared,
        )
        for due in due_dates(plan, start, tier, plans.timing_for(plan))
    ]
    DueItem.objects.bulk_create(items)
    check_ins = [_check_in(item, shared) for item in items if item.kind == "check_in"]
    CheckIn.objects.bulk_create(check_ins)
    policy, quiet = content.policy(), quiet_of(organisation)
    Reminder.objects.bulk_create(
        [
            Reminder(
                check_in=check_in,
                kind="invitation",
                key=reminder_key(patient.pk, check_in, "invitation"),
                due_at=next_allowed(moment_of(check_in.due_on, policy.at, where), where, quiet),
                **shared,
            )
            for check_in in check_ins
        ]
    )
    note(actor, "schedule.open", patient.pk, schedule, plan=str(plan.plan_id), tier=tier, items=len(items))
    return schedule


def _check_in(item: DueItem, shared: dict[str, object]) -> CheckIn:
    check_in_id = uuid4()
    token = links.token_for(links.Link(item.organisation_id, check_in_id))
    return CheckIn(id=check_in_id, due_item=item, due_on=item.due_on, token_digest=links.digest(token), **shared)


@transaction.atomic
def end_schedule(*, actor: Actor, schedule: Schedule, reason: str, now: datetime) -> Schedule:
    """End the follow-up of a plan that no longer counts: nothing more is asked, and what waits is cancelled."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    Schedule.objects.filter(pk=schedule.pk, ended_at__isnull=True).update(ended_at=now, end_reason=reason)
    open_items = DueItem.objects.filter(schedule=schedule, done_at__isnull=True)
    CheckIn.objects.filter(due_item__in=open_items, answered_at__isnull=True, closed_at__isnull=True).update(
        closed_at=now, close_reason=reason
    )
    # A reminder that is at work decides for itself when it reads that the check-in is closed.
    Reminder.objects.filter(check_in__due_item__schedule=schedule, state=Reminder.State.SCHEDULED).update(
        state=Reminder.State.CANCELLED, reason=reason
    )
    open_items.update(done_at=now, done_job=actor.job, done_by_id=actor.user_id)
    note(actor, "schedule.end", schedule.patient_id, schedule, reason=reason)
    schedule.refresh_from_db()
    return schedule


@transaction.atomic
def take_item(*, actor: Actor, patient_id: UUID, item_id: UUID) -> DueItem:
    """Answer from now on for something due that nobody took. Raises DueItem.DoesNotExist when it is done or taken."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    # What somebody took who may no longer sign in is free again.
    free = Q(owner__isnull=True) | Q(owner__is_active=False)
    rows = DueItem.objects.select_for_update(of=("self",)).filter(free, patient_id=patient_id, done_at__isnull=True)
    item = rows.get(pk=item_id)
    item.owner_id = actor.user_id
    item.save(update_fields=["owner"])
    note(actor, "due_item.take", patient_id, item, kind=item.kind)
    return item


@transaction.atomic
def complete_item(*, actor: Actor, patient_id: UUID, item_id: UUID, now: datetime) -> DueItem:
    """Tick off something that was due. Raises DueItem.DoesNotExist when it is not an open one of this patient."""
    require(actor, Permission.MANAGE_FOLLOW_UP)
    item = DueItem.objects.select_for_update().get(pk=item_id, patient_id=patient_id, done_at__isnull=True)
    item.done_at, item.done_by_id, item.done_job = now, actor.user_id, actor.job
    item.save(update_fields=["done_at", "done_by", "done_job"])
    note(actor, "due_item.complete", patient_id, item, kind=item.kind)
    return item
