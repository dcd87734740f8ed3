"""The only gate to a patient. Closed by default; what opens it, and why, is written into the audit trail.

- Another organisation's patient does not exist: 404, for everybody.
- A patient of the own organisation whose record the role does not open: 403 with a sentence.
- Otherwise the record opens, and the trail says on what ground: care team, same clinic, or role in the organisation.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import SENTENCES, Denied, allows, require
from accounts.audit import Actor
from accounts.roles import Permission
from patients import queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from patients.models import Patient


class Ground(StrEnum):
    """Why a record opened."""

    CARE_TEAM = "care team"
    SAME_CLINIC = "same clinic"
    ORGANISATION_ROLE = "role in the organisation"
    JOB = "system job"


class PatientNotFound(Http404):
    """No such patient in the actor's organisation. The audit trail keeps which one was asked for."""

    def __init__(self, patient_id: UUID) -> None:
        super().__init__(_("There is no such patient in your organisation."))
        self.missed_patient_id = patient_id


def patient_for(actor: Actor, patient_id: UUID, permission: Permission = Permission.VIEW_PATIENT) -> Patient:
    """The patient, when the actor may do this with them; one query and one row of the trail.

    Raises PatientNotFound (404) when the patient is not of the actor's organisation, and Denied (403) when the actor's
    roles do not grant `permission`. Must run inside the organisation's transaction, as every request does.
    """
    patient, _why = patient_to_change(actor, patient_id, permission)
    note_read(actor, patient, permission)
    return patient


def patient_to_change(actor: Actor, patient_id: UUID, permission: Permission) -> tuple[Patient, Ground]:
    """The patient, and why the record opens, for a write that leaves the one row of the trail itself; one query.

    The row of the write names the ground as its reason. Whoever writes nothing after all calls `note_read`. Refuses as
    `patient_for` does.
    """
    patient = queries.patient_of(actor.organisation_id, patient_id, team_of=actor.user_id)
    if patient is None:
        raise PatientNotFound(patient_id)
    for needed in (Permission.VIEW_PATIENT, permission):
        if not allows(actor, needed):
            raise Denied(needed.value, SENTENCES[needed], patient_id)
    return patient, _ground(actor, patient)


def note_read(actor: Actor, patient: Patient, permission: Permission) -> None:
    """Leave the row that says that the record opened, and on what ground."""
    audit.record_all(actor=actor, deeds=[_read(actor, patient, permission)])


def patients_for(
    actor: Actor, patient_ids: Iterable[UUID], permission: Permission = Permission.VIEW_PATIENT
) -> dict[UUID, Patient]:
    """The patients by id, for a job at work on many; one query, and one row of the trail for each in one statement.

    Who is not of the actor's organisation is not in it. Raises Denied, and runs where, as `patient_for` does.
    """
    for needed in (Permission.VIEW_PATIENT, permission):
        require(actor, needed)
    patients = queries.patients_of(actor.organisation_id, patient_ids, team_of=actor.user_id)
    audit.record_all(actor=actor, deeds=[_read(actor, patient, permission) for patient in patients.values()])
    return patients


def _read(actor: Actor, patient: Patient, permission: Permission) -> audit.Deed:
    return audit.Deed(
        "patient.read", patient.pk, f"patient:{patient.pk}", _ground(actor, patient), {"permission": permission.value}
    )


def search_for(
    actor: Actor,
    *,
    text: str = "",
    birth_date: date | None = None,
    clinic_id: UUID | None = None,
    mine: bool = False,
    after: UUID | None = None,
    size: int = queries.PAGE,
) -> queries.PatientPage:
    """One page of the patients whom the actor may see; the trail keeps who was listed. See `queries.patients_page`.

    `size` is how many the reader is shown, so that the trail names them and nobody else.
    """
    require(actor, Permission.VIEW_PATIENT)
    page = queries.patients_page(
        actor.organisation_id,
        text=text,
        birth_date=birth_date,
        clinic_id=clinic_id,
        team_of=actor.user_id if mine else None,
        after=after,
        size=size,
    )
    record_listing(actor, [row.pk for row in page.patients], list_name="patient search")
    return page


def record_listing(actor: Actor, patient_ids: list[UUID], *, list_name: str) -> None:
    """Note in the trail that a list showed these patients: one row for the page, whatever its length."""
    audit.record(
        actor=actor,
        action="patient.list",
        target=list_name,
        detail={"patients": [str(patient_id) for patient_id in patient_ids]},
    )


def _ground(actor: Actor, patient: Patient) -> Ground:
    if actor.job:
        return Ground.JOB
    if getattr(patient, "on_team", False):
        return Ground.CARE_TEAM
    return Ground.SAME_CLINIC if patient.clinic_id in actor.clinic_ids else Ground.ORGANISATION_ROLE
