"""Writes about who looks after the patient and what is to be done: care team and tasks."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import queries as account_queries
from accounts.audit import Actor
from accounts.roles import Permission
from patients.access import PatientNotFound
from patients.models import CareTeamMember, Patient, Task
from patients.services.shared import ChangedMeanwhile, RecordRefused, locked, note


@transaction.atomic
def join_care_team(*, actor: Actor, patient: Patient, user_id: UUID, since: dt.date) -> CareTeamMember:
    """Let somebody of the organisation look after the patient from a day on; no change when they already do."""
    locked(actor, patient, Permission.MANAGE_CARE_TEAM)
    if not account_queries.staff_of(actor.organisation_id).filter(id=user_id).exists():
        raise RecordRefused([("user_id", _("This person does not work in your organisation."))])
    place, _made = CareTeamMember.objects.get_or_create(
        patient=patient,
        user_id=user_id,
        until=None,
        defaults={"organisation_id": actor.organisation_id, "since": since, **actor.authorship()},
    )
    note(actor, patient, "care-team.join", f"user:{user_id}")
    return place


@transaction.atomic
def leave_care_team(*, actor: Actor, patient: Patient, user_id: UUID, until: dt.date) -> CareTeamMember:
    """End somebody's place in the care team on a day."""
    locked(actor, patient, Permission.MANAGE_CARE_TEAM)
    place = CareTeamMember.objects.filter(patient=patient, user_id=user_id, until=None).first()
    if place is None:
        raise ChangedMeanwhile
    place.until = max(until, place.since)
    place.save(update_fields=["until"])
    note(actor, patient, "care-team.leave", f"user:{user_id}")
    return place


@transaction.atomic
def add_task(*, actor: Actor, patient: Patient, text: str, due_on: dt.date, owner_id: UUID | None = None) -> Task:
    """Add something to be done for the patient by a day; without an owner it stands on the team's worklists."""
    locked(actor, patient, Permission.MANAGE_FOLLOW_UP)
    if not text.strip():
        raise RecordRefused([("text", _("Say what is to be done."))])
    if owner_id and not account_queries.staff_of(actor.organisation_id).filter(id=owner_id).exists():
        raise RecordRefused([("owner_id", _("This person does not work in your organisation."))])
    task = Task.objects.create(
        organisation_id=actor.organisation_id,
        patient=patient,
        text=text.strip()[:300],
        owner_id=owner_id,
        due_on=due_on,
        **actor.authorship(),
    )
    note(actor, patient, "task.add", f"task:{task.pk}")
    return task


@transaction.atomic
def finish_task(*, actor: Actor, patient: Patient, task: Task, now: dt.datetime) -> Task:
    """Tick a task off."""
    locked(actor, patient, Permission.MANAGE_FOLLOW_UP)
    if task.patient_id != patient.pk:
        raise PatientNotFound(patient.pk)
    still_open = Task.objects.filter(id=task.pk, done_at__isnull=True, withdrawn_at__isnull=True)
    done = still_open.update(done_at=now, done_by_id=actor.user_id)
    if not done:
        raise ChangedMeanwhile
    note(actor, patient, "task.finish", f"task:{task.pk}")
    task.refresh_from_db()
    return task
