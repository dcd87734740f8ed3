"""What the writes of follow-up share: authors, traces, keys of messages, a patient's clock, who answers for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Model

from accounts import audit
from accounts import queries as account_queries
from accounts.audit import Actor
from followup import content
from followup.schedule import Quiet, zone
from patients import queries as patient_queries

if TYPE_CHECKING:
    from accounts.models import Organisation
    from followup.models import CheckIn
    from patients.models import Patient


def note(actor: Actor, action: str, patient_id: UUID, target: Model, **detail: Any) -> None:
    """One row of the trail about a follow-up row; `detail` holds ids and codes."""
    audit.record_all(actor=actor, deeds=[deed(action, patient_id, target, **detail)])


def deed(action: str, patient_id: UUID, target: Model, **detail: Any) -> audit.Deed:
    """What `note` writes, for writing many at once."""
    return audit.Deed(action, patient_id, f"{target._meta.model_name}:{target.pk}", detail=detail)


def reminder_key(patient_id: UUID, check_in: CheckIn, kind: str) -> str:
    """What a reminder is, once: patient, item, kind and due date."""
    return f"{patient_id}:{check_in.due_item_id}:{kind}:{check_in.due_on.isoformat()}"


def zone_of(patient: Patient, organisation: Organisation) -> ZoneInfo:
    """Where the patient's clock is; where that is unknown, the clinic's."""
    return zone(patient.time_zone, organisation.time_zone)


def quiet_of(organisation: Organisation) -> Quiet:
    """When no automated message leaves."""
    policy = content.policy()
    return Quiet(organisation.quiet_from, organisation.quiet_until, policy.weekend_from, policy.weekend_until)


def owner_of(patient_id: UUID) -> UUID | None:
    """Who answers for the patient: whoever has been on the care team longest; None when nobody is."""
    place = patient_queries.place_in_team(patient_id).first()
    return place["user_id"] if place else None


def organisation_of(actor: Actor) -> Organisation:
    """The organisation in which the actor works."""
    return account_queries.organisation(actor.organisation_id)


def zone_of_clinic(actor: Actor) -> ZoneInfo:
    """Where the clock of the actor's organisation is."""
    return zone(organisation_of(actor).time_zone)
