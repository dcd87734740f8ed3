"""What a plan asks somebody to do, ordered with one confirm: tasks with owners, made in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from patients import services as patient_services
from treatments import queries
from treatments.orders import Line, digest_of
from treatments.services.shared import NoDraft, PlanRefused, StaleSave, local_day, lock_patient, refuse

if TYPE_CHECKING:
    from patients.models import Patient


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """A line that was chosen, with the day and the owner that were entered; nobody: the list of the care team."""

    line: Line
    due_on: date
    owner_id: UUID | None


@transaction.atomic
def order_from_plan(
    *,
    actor: Actor,
    patient: Patient,
    plan_id: UUID,
    lines: Iterable[Line],
    entries: Sequence[OrderEntry],
    withdrawing: Iterable[UUID] = (),
    seen: str,
    now: datetime,
) -> tuple[int, int]:
    """Make a task of each chosen line and withdraw what the plan asks for no longer: how many of each.

    `lines` is what the plan asks for now and `seen` the digest of what the reader chose from; StaleSave when it
    changed. What is open already is not made again. PlanRefused names the line of each mistake, NoDraft says that the
    plan ended.
    """
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    plan = queries.open_of(patient.pk)
    if plan is None or plan.id != plan_id:
        raise NoDraft
    if seen != digest_of(lines):
        raise StaleSave
    today = local_day(now)
    refuse((f"due_{entry.line.id}", _("That day has passed.")) for entry in entries if entry.due_on < today)
    orders = [
        patient_services.Order(
            key=entry.line.key,
            kind=entry.line.kind,
            text=entry.line.text,
            due_on=entry.due_on,
            owner_id=entry.owner_id,
            addressee=entry.line.addressee,
        )
        for entry in entries
    ]
    try:
        return patient_services.place_orders(
            actor=actor, patient=patient, plan_id=plan_id, orders=orders, withdrawing=withdrawing, now=now
        )
    except patient_services.RecordRefused as refusal:
        ids = {entry.line.key: entry.line.id for entry in entries}
        raise PlanRefused([(f"owner_{ids[key]}", sentence) for key, sentence in refusal.problems]) from None
