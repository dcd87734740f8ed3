"""What a plan orders: tests, referrals, prescriptions, education, visits, as tasks with owners; and taking it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts import queries as account_queries
from accounts.audit import Actor
from accounts.roles import Permission
from patients.models import Patient, Task
from patients.services.shared import RecordRefused, locked, note


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One thing to be ordered. `key` says what it is, the same for the same thing; a Task.Kind; `addressee` of a
    referral. Without an owner it stands on the list of the patient's care team.
    """

    key: str
    kind: str
    text: str
    due_on: dt.date
    owner_id: UUID | None = None
    addressee: str = ""


@transaction.atomic
def place_orders(
    *,
    actor: Actor,
    patient: Patient,
    plan_id: UUID,
    orders: Sequence[Order],
    withdrawing: Iterable[UUID] = (),
    now: dt.datetime,
) -> tuple[int, int]:
    """Make a task of each order that is not open already, and withdraw the open ones of `withdrawing`.

    Returns how many were made and how many withdrawn; nothing is written where nothing is to be done. RecordRefused
    names the key of each order that cannot be placed.
    """
    locked(actor, patient, Permission.MANAGE_FOLLOW_UP)
    staff = set(account_queries.staff_of(actor.organisation_id).values_list("id", flat=True))
    problems = [
        (order.key, _("This person does not work in your organisation."))
        for order in orders
        if order.owner_id and order.owner_id not in staff
    ]
    problems += [(order.key, _("Say what is to be done.")) for order in orders if not order.text.strip()]
    if problems:
        raise RecordRefused(problems)
    withdrawn = _withdraw(actor, _open_orders(patient).filter(id__in=list(withdrawing)), now)
    standing = set(_open_orders(patient).values_list("order_key", flat=True))
    batch = uuid4()
    made = Task.objects.bulk_create(
        Task(
            organisation_id=actor.organisation_id,
            patient=patient,
            kind=order.kind,
            text=Truncator(order.text.strip()).chars(300),  # What is left out is marked with an ellipsis.
            addressee=order.addressee[:80],
            order_key=order.key,
            plan_id=plan_id,
            batch_id=batch,
            owner_id=order.owner_id,
            due_on=order.due_on,
            **actor.authorship(),
        )
        for order in {order.key: order for order in orders}.values()
        if order.key not in standing
    )
    if made or withdrawn:
        detail = {"batch": str(batch), "made": len(made), "withdrawn": withdrawn}
        note(actor, patient, "order.place", f"plan:{plan_id}", detail)
    return len(made), withdrawn


@transaction.atomic
def undo_orders(*, actor: Actor, patient: Patient, batch_id: UUID, now: dt.datetime) -> int:
    """Withdraw what was ordered with one confirm and nobody has done yet; how many. Undoing again changes nothing."""
    locked(actor, patient, Permission.MANAGE_FOLLOW_UP)
    withdrawn = _withdraw(actor, _open_orders(patient).filter(batch_id=batch_id), now)
    if withdrawn:
        note(actor, patient, "order.undo", f"batch:{batch_id}", {"withdrawn": withdrawn})
    return withdrawn


def _open_orders(patient: Patient) -> QuerySet[Task]:
    return Task.objects.filter(patient=patient, done_at__isnull=True, withdrawn_at__isnull=True).exclude(order_key="")


def _withdraw(actor: Actor, tasks: QuerySet[Task], now: dt.datetime) -> int:
    return tasks.update(withdrawn_at=now, withdrawn_by_id=actor.user_id)
