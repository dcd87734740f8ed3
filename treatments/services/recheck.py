"""Signed plans looked at again under the rules and facts of today, a few at a time."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from patients.access import patients_for
from treatments import queries, releases
from treatments.models import PlanRecheck
from treatments.plan_record import PlanRecord
from treatments.plan_standing import Standing, What, gravity_of, last_night, standing
from treatments.services.shared import local_day
from treatments.snapshot import snapshot

if TYPE_CHECKING:
    from patients.models import Patient

CHUNK = 20

log = logging.getLogger(__name__)


@transaction.atomic
def recheck_plans(*, actor: Actor, now: datetime, size: int = CHUNK) -> int:
    """Look at the next signed plans of the organisation that are due, and keep what is found; how many there were.

    Due is what was not looked at since last night or under the release in force. A plan that cannot be looked at is
    kept as such: nobody knows whether it still stands.
    """
    require(actor, Permission.VIEW_PATIENT)
    digest = releases.current().digest
    plans = queries.plans_to_look_at(actor.organisation_id, digest, last_night(now), size)
    if not plans:
        return 0
    patients = patients_for(actor, [plan.patient_id for plan in plans])
    rows = []
    for plan in plans:
        found = _looked_at(plan, patients[plan.patient_id], now)
        rows.append(
            PlanRecheck(
                plan_id=plan.id,
                organisation_id=actor.organisation_id,
                rulebook_digest=digest,
                computed_at=now,
                findings=[finding.to_json() for finding in found],
                gravity=gravity_of(found),
            )
        )
    PlanRecheck.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["plan"],
        update_fields=["rulebook_digest", "computed_at", "findings", "gravity"],
    )
    number = sum(row.gravity is not None for row in rows)
    audit.record(
        actor=actor,
        action="plan.recheck",
        target=f"rulebook:{digest}",
        detail={"plans": len(rows), "found": number},
    )
    return len(rows)


def _looked_at(plan: PlanRecord, patient: Patient, now: datetime) -> tuple[Standing, ...]:
    try:
        with transaction.atomic():
            return standing(plan, snapshot(patient, local_day(now)))
    except Exception:  # One record that cannot be read keeps no other plan from being looked at.
        log.exception("plan %s could not be looked at", plan.id)
        return tuple(Standing(item.ref_id, item.name, What.FAILED) for item in plan.items)
