"""A draft proposed for review, and returned: by whom, to whom, with which words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import queries as account_queries
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import SIGNING_ROLES, Permission
from treatments.models import Plan
from treatments.plan_record import PlanRecord
from treatments.services.shared import (
    NoDraft,
    StaleSave,
    back_to_draft,
    draft_record,
    local_day,
    locked_draft,
    note,
    refuse,
)
from treatments.snapshot import snapshot
from treatments.states import State, may_step

if TYPE_CHECKING:
    from patients.models import Patient


@transaction.atomic
def propose_plan(
    *,
    actor: Actor,
    patient: Patient,
    now: datetime,
    seen: str | None = None,
    to: UUID | None = None,
    words: str = "",
) -> PlanRecord:
    """Propose the draft for review, to one person who may sign or (None) to anybody who may.

    `seen` is the fingerprint of what the drafter looked at (None: do not compare). Reasons and doses may still be
    missing: they are what the reviewer is asked about. An empty plan is refused. Raises StaleSave when the draft, the
    record or the rulebook changed, NoDraft when there is nothing to propose, PlanRefused for a wrong signer.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = locked_draft(patient)
    if not may_step(State(plan.state), State.PROPOSED) or actor.user_id is None:
        raise NoDraft
    record = draft_record(patient)
    _refuse_stale(patient, record, seen, now)
    problems = []
    if not record.items:
        problems.append(("", _("The plan is empty. Choose at least one medicine or therapy.")))
    signers = account_queries.staff_of(actor.organisation_id, SIGNING_ROLES)
    if to is not None and not signers.filter(id=to).exists():
        problems.append(("to", _("This person does not sign plans in your organisation.")))
    refuse(problems)
    Plan.objects.filter(id=plan.pk).update(
        state=State.PROPOSED,
        proposed_by_id=actor.user_id,
        proposed_to_id=to,
        proposed_at=now,
        proposed_words=words.strip()[:500],
        returned_by=None,
        returned_at=None,
        returned_words="",
    )
    note(actor, patient.pk, "plan.propose", plan.pk, to=str(to or ""))
    return draft_record(patient)


@transaction.atomic
def return_plan(*, actor: Actor, patient: Patient, now: datetime, words: str, seen: str | None = None) -> PlanRecord:
    """Give a proposed plan back to whoever drafted it, with what is to be changed.

    Raises NoDraft when it is not proposed (any more), StaleSave and PlanRefused as `propose_plan`.
    """
    require(actor, Permission.SIGN_PLAN)
    plan = locked_draft(patient)
    if plan.state != State.PROPOSED:
        raise NoDraft
    if not words.strip():
        refuse([("words", _("Say what is to be changed."))])
    _refuse_stale(patient, draft_record(patient), seen, now)
    back_to_draft(actor, plan, now, words.strip()[:500])
    note(actor, patient.pk, "plan.return", plan.pk)
    return draft_record(patient)


def _refuse_stale(patient: Patient, record: PlanRecord, seen: str | None, now: datetime) -> None:
    if seen is None:
        return
    shown = snapshot(patient, local_day(now))
    if seen != record.fingerprint(shown.facts.canonical_text(), shown.rulebook.digest):
        raise StaleSave
