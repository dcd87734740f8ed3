"""What follow-up knows of signed plans: the one place where it asks `treatments`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from followup import content
from followup.models import CheckIn, Schedule
from followup.schedule import Timing, risk_tier, timing
from rules.facts import Facts, FactSet
from treatments import content as treatment_content


@dataclass(frozen=True, slots=True)
class PlanItemSummary:
    """One item of a signed plan: an agent with its dose steps (first day, dose per day, unit), or a therapy."""

    kind: str
    ref_id: str
    name: str
    steps: tuple[tuple[date, float, str], ...] = ()
    stop_date: date | None = None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What follow-up needs of one signed plan."""

    plan_id: UUID
    patient_id: UUID
    organisation_id: UUID
    signed_at: datetime
    follow_up_dates: tuple[tuple[date, str, str], ...] = ()
    items: tuple[PlanItemSummary, ...] = ()
    goal: str = ""
    baseline_nrs: float | None = None
    facts: Facts = field(default_factory=dict)


def signed_plans(organisation_id: UUID) -> Sequence[PlanSummary]:
    """The signed plans of the organisation that count now."""
    return ()


def plan_of(plan_id: UUID) -> PlanSummary | None:
    """One plan, signed at some time."""
    return None


def ended_plans(organisation_id: UUID, plan_ids: Sequence[UUID]) -> Iterable[UUID]:
    """Those of the plans that were replaced or stopped."""
    return ()


def plan_for_check_in(check_in: CheckIn | None, patient_id: UUID) -> PlanSummary | None:
    """The plan that a check-in belongs to; without a check-in, the patient's plan that is followed now."""
    if check_in is not None:
        return plan_of(check_in.due_item.schedule.plan_id)
    schedule = Schedule.objects.filter(patient_id=patient_id, ended_at__isnull=True).order_by("-created_at").first()
    return plan_of(schedule.plan_id) if schedule else None


def classes_of(plan: PlanSummary | None) -> tuple[frozenset[str], bool]:
    """The follow-up classes of the patient's medicines as far as the plan knows them, and whether these are all."""
    if plan is None:
        return frozenset(), False
    known = content.decision_table().classes_of_agent
    own = frozenset(name for item in plan.items if item.kind == "agent" for name in known.get(item.ref_id, ()))
    others = plan.facts.get("medication_classes")
    if not isinstance(others, FactSet):
        return own, False
    return own | ({"strong_opioid"} if "opioid" in others.members else frozenset()), others.complete


def tier_of(plan: PlanSummary) -> str:
    """The risk tier at the time of signing, from the facts that the plan keeps."""
    return risk_tier(plan.facts, content.file("schedule"))


def timing_for(plan: PlanSummary) -> Timing:
    """The figures that the plan's dates are made of, with the trial length of each of its treatments."""
    rulebook = treatment_content.shipped()
    weeks: dict[str, float] = {}
    for item in plan.items:
        if item.kind == "agent":
            agent = rulebook.agent_by_id.get(item.ref_id)
            total = agent.dosing.trial_weeks if agent and agent.dosing else None
        else:
            therapy = rulebook.therapy_by_id.get(item.ref_id)
            total = therapy.review_weeks if therapy else None
        if total:
            weeks[item.ref_id] = total
    table = content.decision_table()
    return timing(
        content.file("schedule"),
        content.file("surveillance"),
        content.file("reminders")["reminder_policy"]["used_here"],
        table.classes_of_agent,
        table.opioid_classes,
        weeks,
    )
