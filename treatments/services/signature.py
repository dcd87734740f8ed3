"""The signature, which computes everything again, and the end of a signed plan."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from accounts.rows import at_most_one
from assessments import queries as assessment_queries
from assessments import report_queries
from patients import services as patient_services
from patients.access import patient_for
from treatments import plan_checks, plan_readiness, queries
from treatments.goal_words import level_words
from treatments.models import Goal, Override, Plan, PlanItem
from treatments.plan_record import PlanRecord
from treatments.services.shared import (
    NoDraft,
    NotSigned,
    PlanRefused,
    StaleSave,
    draft_record,
    end,
    local_day,
    lock_patient,
    locked_draft,
    note,
)
from treatments.snapshot import Snapshot, complete_text, snapshot, text_digest
from treatments.states import State

if TYPE_CHECKING:
    from patients.models import Patient


@transaction.atomic
def sign_plan(*, actor: Actor, plan_id: UUID, now: datetime, seen: str | None = None) -> PlanRecord:
    """Sign a draft: compute facts and proposal again, keep them with the plan, replace the plan signed before.

    `seen` is the fingerprint of what the signer looked at (None: do not compare); StaleSave when the draft, the record
    or the rulebook changed since. NotSigned names every reason that is missing. Promises to monitor become tasks.
    """
    require(actor, Permission.SIGN_PLAN)
    patient_id = Plan.objects.filter(id=plan_id).values_list("patient_id", flat=True).first()
    if patient_id is None:
        raise NoDraft
    patient = patient_for(actor, patient_id, Permission.SIGN_PLAN)
    # Before the row, as everywhere: whoever takes them the other way round could wait for ever.
    lock_patient(actor, patient)
    plan = locked_draft(patient)
    if plan.pk != plan_id:
        raise NoDraft
    shown = snapshot(patient, local_day(now))
    record = draft_record(patient)
    facts_text = shown.facts.canonical_text()
    if seen is not None and seen != record.fingerprint(facts_text, shown.rulebook.digest):
        raise StaleSave
    _refuse_signature(record, shown)
    # Before the signature, which fixes them: PostgreSQL signs no promise without its task.
    _promise(actor, patient, record, shown)
    ending = _say_that_it_ends(actor, record, shown)
    for item in record.items:
        PlanItem.objects.filter(id=item.id).update(status=shown.proposal.option(item.ref_id).status.value)
    _keep_levels(record, shown)
    before = at_most_one(Plan.objects.filter(patient_id=patient.pk, state=State.SIGNED).defer(*queries.BASIS))
    if before is not None:
        end(actor, before, State.SUPERSEDED, "", now)
    proposal_text = complete_text(shown.facts, shown.rulebook, shown.proposal)
    average = shown.facts.values.get("nrs_average")
    Plan.objects.filter(id=plan.pk).update(
        state=State.SIGNED,
        signed_by_id=actor.user_id,
        signed_job=actor.job,
        signed_at=now,
        supersedes=before,
        facts=facts_text,
        proposal=proposal_text,
        proposal_digest=text_digest(proposal_text),
        rulebook_digest=shown.rulebook.digest,
        rulebook_release=shown.rulebook.release,
        baseline_nrs=average if isinstance(average, int) and not isinstance(average, bool) else None,
    )
    note(
        actor,
        patient.pk,
        "plan.sign",
        plan.pk,
        rulebook=shown.rulebook.digest,
        proposal=text_digest(proposal_text),
        overrides=len(record.overrides) + ending,
        supersedes=str(before.pk) if before else "",
        was=plan.state,
    )
    signed = queries.signed_of(patient.pk)
    assert signed is not None
    return signed


@transaction.atomic
def stop_plan(*, actor: Actor, patient: Patient, plan_id: UUID, reason: str, now: datetime) -> PlanRecord:
    """End the signed plan without another in its place, and say why."""
    require(actor, Permission.SIGN_PLAN)
    lock_patient(actor, patient)
    if not reason.strip():
        raise PlanRefused([("reason", _("Say why the plan is stopped."))])
    plan = at_most_one(Plan.objects.filter(id=plan_id, patient_id=patient.pk, state=State.SIGNED).defer(*queries.BASIS))
    if plan is None:
        raise NoDraft
    end(actor, plan, State.STOPPED, reason.strip()[:300], now)
    note(actor, patient.pk, "plan.stop", plan.pk)
    stopped = queries.plan_of(patient.pk, plan_id)
    assert stopped is not None
    return stopped


def _refuse_signature(record: PlanRecord, shown: Snapshot) -> None:
    open_flags = assessment_queries.unhandled_red_flags(record.patient_id)
    told = report_queries.flags_told(record.patient_id)
    problems = plan_readiness.against_signing(record, shown, open_flags, told)
    gaps = plan_readiness.gaps_of(record, shown)
    open_needs = plan_checks.unanswered(plan_readiness.needs_of(record, shown), record.given)
    if problems or gaps or open_needs:
        missing = [f"{gap.name}: {gap.text}" if gap.name else gap.text for gap in gaps]
        sentences = [*problems, *missing, *(text for need in open_needs for text in need.texts)]
        raise NotSigned(sentences, open_needs)


def _say_that_it_ends(actor: Actor, record: PlanRecord, shown: Snapshot) -> int:
    """Write down of what the rules speak against and that only comes down to its end that this is why it is given.

    How many there were. No reason was asked for it; see treatments.plan_checks.needs. The subject keeps it apart from
    a reason that somebody gave, and from answering what is asked when it does not come down any more.
    """
    written = 0
    for item in record.items:
        if not plan_readiness.way_of(item.choice, shown).is_down:
            continue
        for need in plan_checks.status_needs(item.ref_id, shown.proposal):
            Override.objects.create(
                organisation_id=actor.organisation_id,
                plan_id=record.id,
                item_id=item.id,
                kind=need.kind,
                subject=Override.Reason.LEADS_TO_END,
                covers=sorted(need.covers),
                reason=Override.Reason.LEADS_TO_END,
                text=_("Taken now; stepped down until %(day)s.") % {"day": f"{item.stops_on:%-d %b %Y}"},
                made_by_id=actor.user_id,
                made_job=actor.job,
                **actor.dated("made_at"),
            )
            written += 1
    return written


def _keep_levels(record: PlanRecord, shown: Snapshot) -> None:
    """What each level of a goal means is kept in words, whatever the content says later."""
    rules = shown.rulebook.goal_rules
    if rules is None:
        return
    for goal in record.wishes:
        words = [each.words for each in level_words(goal, rules)]
        if any(words):
            Goal.objects.filter(plan_id=record.id, kind=goal.kind, position=goal.position).update(levels=words)


def _promise(actor: Actor, patient: Patient, record: PlanRecord, shown: Snapshot) -> None:
    """Make a dated task of every promise to monitor: the test, what for, and why, with its owner."""
    labels = shown.rulebook.labels["monitoring_tests"]
    for override in record.overrides:
        if override.monitor_on is None:
            continue
        item = record.item(override.ref_id)
        about = item.name if item else override.subject.replace("_", " ")
        task = patient_services.add_task(
            actor=actor,
            patient=patient,
            text=_("Monitor %(what)s, %(test)s: %(why)s")
            % {"what": about, "test": labels.get(override.monitor_test, override.monitor_test), "why": override.text},
            due_on=override.monitor_on,
            owner_id=override.monitor_owner_id,
        )
        Override.objects.filter(id=override.id).update(task=task)
