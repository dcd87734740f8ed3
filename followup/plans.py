"""What follow-up knows of signed plans: the one place where it asks `treatments`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from assessments.content import assessment_content
from followup import content
from followup.goals import Scale, asked
from followup.models import CheckIn, Schedule
from followup.response import Baseline, Goals, Trial
from followup.schedule import Timing, risk_tier, timing
from rules.facts import FactSet
from treatments import content as treatment_content
from treatments import queries as treatment_queries
from treatments.agreement_rules import AgreementRules
from treatments.plan_record import AgreementRecord, PlanItemSummary, PlanSummary
from treatments.rulebook import ReviewChoice

__all__ = ["AgreementRecord", "PlanItemSummary", "PlanSummary"]

LOOK_BACK = timedelta(days=7)


def unopened_plans(organisation_id: UUID) -> list[PlanSummary]:
    """Signed plans that count now and have no schedule yet, with the facts they were signed on.

    Looks back `LOOK_BACK` behind the newest schedule, so the cost does not grow with the years: a signature opens its
    schedule in the same transaction, and this finds only what was missed.
    """
    newest = Schedule.objects.filter(organisation_id=organisation_id).order_by("-created_at").first()
    since = newest.created_at - LOOK_BACK if newest else datetime.min.replace(tzinfo=UTC)
    signed = [plan.plan_id for plan in treatment_queries.signed_plans_since(organisation_id, since)]
    known = set(Schedule.objects.filter(plan_id__in=signed).values_list("plan_id", flat=True))
    found = (plan_of(plan_id) for plan_id in signed if plan_id not in known)
    return [plan for plan in found if plan]


def schedules_of_ended_plans(organisation_id: UUID) -> list[Schedule]:
    """Schedules that still run although their plan was replaced or stopped. One query, and nothing else crosses it."""
    ended = treatment_queries.ids_of_ended_plans(organisation_id)
    return list(Schedule.objects.filter(organisation_id=organisation_id, ended_at__isnull=True, plan_id__in=ended))


def plan_of(plan_id: UUID) -> PlanSummary | None:
    """One plan that was signed at some time, with its facts."""
    plan = treatment_queries.plan_summary(plan_id)
    if plan is None:
        return None
    # A therapy has no doses; that it began stands as one step without an amount.
    began = ((plan.signed_at.date(), 0.0, ""),)
    items = tuple(item if item.steps else replace(item, steps=began) for item in plan.items)
    return replace(plan, items=items)


def ended_plans(plan_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the plans that were replaced or stopped."""
    return treatment_queries.ended_plans(plan_ids)


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


def goals_of(plan: PlanSummary | None) -> Goals:
    """What the patient wanted to reach under a plan, and the scale of the content by which that is judged."""
    rules = treatment_content.shipped().goal_rules
    assert rules is not None
    scale = Scale(rules.bands, assessment_content().goal_constants, content.figures().goal_t)
    return Goals(asked(plan.goals) if plan else (), scale)


def agreement_rules() -> AgreementRules | None:
    """What the content says about agreements at the start of a treatment."""
    return treatment_content.shipped().agreements


def goal_line(plan: PlanSummary | None) -> float | None:
    """The pain score that is hoped for: the goal of the plan, or else the score that counts as a response.

    None without either: below the lowest baseline on which a percentage makes sense there is no such score.
    """
    if plan is None or plan.goal_nrs is not None:
        return plan.goal_nrs if plan else None
    figures, baseline = content.figures(), plan.baseline_nrs
    if baseline is None or baseline < figures.low_baseline:
        return None
    return baseline * (1 - figures.responder_pct / 100)


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
        _reviewed(plan.items),
    )


def _reviewed(items: Iterable[PlanItemSummary]) -> dict[str, tuple[str, ...]]:
    """Which treatments of a plan each review interval is about, by the meanings that the proposal goes by."""
    rulebook = treatment_content.shipped()
    found: dict[str, tuple[str, ...]] = {}
    for choice in rulebook.meanings.reviews:
        about = [item.ref_id for item in items if _is_about(choice, item)]
        found[choice.review] = tuple(dict.fromkeys((*found.get(choice.review, ()), *about)))
    return found


def _is_about(choice: ReviewChoice, item: PlanItemSummary) -> bool:
    rulebook = treatment_content.shipped()
    if item.kind == "agent":
        agent = rulebook.agent_by_id.get(item.ref_id)
        return choice.kind == "start" or (agent is not None and choice.name in agent.classes)
    therapy = rulebook.therapy_by_id.get(item.ref_id)
    is_its_category = therapy is not None and (choice.kind, choice.name) == ("category", therapy.category)
    return is_its_category and has_course(item)


def has_course(item: PlanItemSummary) -> bool:
    """Whether a treatment goes on for a while: a medicine, or a therapy that takes more than one session.

    What may be done in one session, such as advice on foot care, is an event. Where nothing is said it has a course.
    """
    therapy = treatment_content.shipped().therapy_by_id.get(item.ref_id) if item.kind != "agent" else None
    dose = therapy.data.get("dose") if therapy else None
    sessions = dose.get("sessions") if isinstance(dose, Mapping) else None
    fewest = sessions[0] if isinstance(sessions, Sequence) and sessions else None
    return not isinstance(fewest, int) or fewest > 1


def name_of(ref_id: str) -> str:
    """The name of a treatment in the rulebook; its id when it is not there any more, empty for none."""
    rulebook = treatment_content.shipped()
    found = rulebook.agent_by_id.get(ref_id) or rulebook.therapy_by_id.get(ref_id)
    return found.name if found else ref_id
