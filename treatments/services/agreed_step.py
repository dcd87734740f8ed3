"""What was agreed at the start, drafted: the item with its note, and the option that it goes to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from treatments import agreements, queries
from treatments.agreement_rules import Case
from treatments.models import Agreement, PlanItem
from treatments.plan_record import AgreementRecord
from treatments.proposal.model import Status
from treatments.services.drafts import draft_begun
from treatments.services.items import added
from treatments.services.shared import NoDraft, PlanRefused, lock_patient, note, touch
from treatments.snapshot import Snapshot

if TYPE_CHECKING:
    from patients.models import Patient

_LONGEST = 500


@transaction.atomic
def draft_agreed_step(
    *, actor: Actor, patient: Patient, ref_id: str, case: Case, why: str, shown: Snapshot, now: datetime
) -> str:
    """Begin what the signed plan agreed for a case, in the open draft or a new one; what was left to do by hand.

    The item gets a note with the agreement and `why` it is carried out; a medicine is not stopped here, its taper is
    part of the draft. The option that it goes to is added with the doses of this patient, unless the rules exclude it.
    """
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    signed = queries.signed_of(patient.pk)
    agreed = signed.agreement(ref_id) if signed else None
    if agreed is None:
        raise PlanRefused([("", _("The signed plan says nothing about this any more."))])
    plan_id = draft_begun(actor, patient, shown, now).pk
    item = PlanItem.objects.filter(plan_id=plan_id, ref_id=ref_id).first()
    if item is None:
        raise NoDraft
    words = _("As agreed: %(what)s. %(why)s") % {"what": agreements.action_words(agreed, case), "why": why}
    if words not in item.note:
        item.note = f"{item.note} {words}".strip()[:_LONGEST]
        item.version += 1
        item.save(update_fields=["note", "version"])
    left = _add_next(actor, patient, agreed, case, plan_id, shown, now)
    touch(actor, plan_id, now)
    note(actor, patient.pk, "plan.agreed_step", plan_id, item=ref_id, case=case.value)
    return left


def _add_next(
    actor: Actor,
    patient: Patient,
    agreed: AgreementRecord,
    case: Case,
    plan_id: UUID,
    shown: Snapshot,
    now: datetime,
) -> str:
    next_id, name = agreements.next_of(agreed, case)
    # First the dose is halved or slowed; the other medicine comes when that did not help either.
    if not next_id or agreements.action_of(agreed, case) == Agreement.Action.REDUCE_THEN_SWITCH:
        return ""
    known = {option.id: option for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    option = known.get(next_id)
    # SAFETY: what the rules exclude today is not drafted because it was agreed at another time.
    if option is None or option.status == Status.EXCLUDED:
        return _("%(name)s was agreed, but is excluded today. Choose another treatment.") % {"name": name}
    added(actor, patient, plan_id, next_id, shown, now)
    return ""
