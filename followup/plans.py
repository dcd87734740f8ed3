"""What follow-up knows of signed plans: the one place where it asks `treatments`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from followup import content
from followup.models import CheckIn, Schedule
from followup.response import Baseline, Trial
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
    return [_ours(summary) for summary in _ask("signed_plan_summaries", None) or ()]


def plan_of(plan_id: UUID) -> PlanSummary | None:
    """One plan, signed at some time."""
    summary = _ask("plan_summary", plan_id)
    return _ours(summary) if summary else None


def ended_plans(organisation_id: UUID, plan_ids: Sequence[UUID]) -> Iterable[UUID]:
    """Those of the plans that were replaced or stopped."""
    return _ask("ended_plans", plan_ids) or ()


def _ask(name: str, *arguments: Any) -> Any:
    """What `treatments` answers, or None while it has no such answer."""
    try:
        function = getattr(importlib.import_module("treatments.queries"), name, None)
    except ModuleNotFoundError as missing:
        if missing.name != "treatments.queries":
            raise
        return None
    return function(*arguments) if function else None


def _ours(summary: Any) -> PlanSummary:
    return PlanSummary(
        plan_id=summary.plan_id,
        patient_id=summary.patient_id,
        organisation_id=summary.organisation_id,
        signed_at=summary.signed_at,
        follow_up_dates=tuple(summary.follow_up_dates),
        items=tuple(
            PlanItemSummary(item.kind, item.ref_id, item.name, tuple(item.steps), item.stop_date)
            for item in summary.items
        ),
        goal=summary.goal,
        baseline_nrs=summary.baseline_nrs,
        facts=getattr(summary, "facts", None) or {},
    )


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


def treatment_of(item: PlanItemSummary) -> dict[str, str]:
    """The item as the decision table names a treatment."""
    if item.kind != "agent":
        return {"kind": "nondrug", "therapy": item.ref_id}
    table = content.decision_table()
    is_opioid = bool(table.classes_of_agent.get(item.ref_id, frozenset()) & table.opioid_classes)
    return {"kind": "opioid" if is_opioid else "drug", "agent": item.ref_id}


def trial_of(item: PlanItemSummary) -> Trial:
    """How long a full trial of the item is, from its own entry in the rulebook."""
    rulebook = treatment_content.shipped()
    if item.kind != "agent":
        therapy = rulebook.therapy_by_id.get(item.ref_id)
        return Trial(review_weeks=therapy.review_weeks if therapy else None)
    agent = rulebook.agent_by_id.get(item.ref_id)
    if agent is None or agent.dosing is None:
        return Trial()
    dosing = agent.dosing
    return Trial(dosing.trial_weeks, dosing.min_weeks_at_target, dosing.target_per_day[0])


def baseline_of(plan: PlanSummary) -> Baseline:
    """The scores at the time of signing."""
    peg = plan.facts.get("peg_total")
    return Baseline(plan.baseline_nrs, float(peg) if isinstance(peg, int | float) else None)


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
