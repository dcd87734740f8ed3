"""The gate: closed by default, says why it opened, betrays nothing about another organisation."""

from __future__ import annotations

import uuid

import pytest

from accounts.access import Denied
from accounts.audit import Actor
from accounts.models import AuditEvent
from accounts.roles import Permission
from patients.access import PatientNotFound, patient_for, search_for
from patients.models import Patient
from tests.cast import Member, NewPatient


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("at")


@pytest.mark.parametrize(
    ("who", "ground"),
    [("clinician", "care team"), ("nurse", "same clinic"), ("colleague", "role in the organisation")],
)
def test_the_trail_says_on_what_ground_a_record_opened(
    who: str, ground: str, patient: Patient, request: pytest.FixtureRequest
) -> None:
    member: Member = request.getfixturevalue(who)
    assert patient_for(member.actor, patient.pk) == patient
    event = last_event()
    assert (event.action, event.reason, event.patient_id) == ("patient.read", ground, patient.pk)
    assert (event.actor_user_id, event.detail) == (member.user.pk, {"permission": "view_patient"})


def test_a_job_opens_a_record_in_its_own_name_and_only_if_the_table_knows_it(patient: Patient) -> None:
    assert patient_for(Actor.for_job("send-reminders", patient.organisation_id), patient.pk) == patient
    assert (last_event().actor_job, last_event().reason) == ("send-reminders", "system job")
    with pytest.raises(Denied):
        patient_for(Actor.for_job("mystery", patient.organisation_id), patient.pk)


@pytest.mark.parametrize("who", ["administrator", "auditor", "rule_author", "rule_approver"])
def test_roles_outside_care_are_refused_with_a_sentence(
    who: str, patient: Patient, request: pytest.FixtureRequest
) -> None:
    member: Member = request.getfixturevalue(who)
    with pytest.raises(Denied, match="does not open patient records"):
        patient_for(member.actor, patient.pk)


def test_a_permission_that_the_role_lacks_is_refused_though_the_record_opens(trainee: Member, patient: Patient) -> None:
    assert patient_for(trainee.actor, patient.pk, Permission.EDIT_RECORD)
    with pytest.raises(Denied, match="does not sign plans"):
        patient_for(trainee.actor, patient.pk, Permission.SIGN_PLAN)


def test_another_organisations_patient_is_as_absent_as_one_that_never_was(
    clinician: Member, auditor: Member, foreign_patient: Patient
) -> None:
    for member in (clinician, auditor):
        texts = set()
        for patient_id in (foreign_patient.pk, uuid.uuid4()):
            with pytest.raises(PatientNotFound) as missing:
                patient_for(member.actor, patient_id)
            texts.add(str(missing.value))
        assert len(texts) == 1


def test_a_search_leaves_one_row_with_everybody_it_showed(
    clinician: Member, new_patient: NewPatient, foreign_patient: Patient
) -> None:
    shown = [new_patient(family_name="Ek"), new_patient(family_name="Ekberg")]
    before = AuditEvent.objects.count()
    page = search_for(clinician.actor, text="ek")
    assert page.patients == shown
    assert AuditEvent.objects.count() == before + 1
    assert last_event().detail == {"patients": [str(row.pk) for row in shown]}
    with pytest.raises(Denied):
        search_for(Actor.for_job("mystery", clinician.organisation.pk))
