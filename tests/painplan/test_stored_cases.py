"""A case that is written through the services, as the demo's patients are, gives the proposal of the case."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from accounts.models import Clinic, Organisation
from accounts.roles import Role
from accounts.tenancy import tenant
from assessments import queries as assessment_queries
from painplan.demo_data import record
from painplan.demo_data.library import library, on_day
from painplan.demo_data.story import birth_date_for
from patients import queries as patient_queries
from patients import services as patient_services
from patients.models import Patient
from tests import cast
from tests.cast import TODAY, Member
from treatments.case import Case
from treatments.content import shipped
from treatments.facts import facts_from_case, facts_from_record
from treatments.proposal import propose

LIBRARY = library()


@dataclass(frozen=True)
class Place:
    """Where the cases are written, and by whom."""

    organisation: Organisation
    clinic: Clinic
    clinician: Member


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Place]:
    with cast.around_tests(django_db_blocker):
        organisation = cast.northgate()
        with tenant(organisation.pk):
            clinic = cast.pain_clinic(organisation)
            yield Place(organisation, clinic, cast.staff(Role.CLINICIAN, organisation, clinic))


def stored(case: Case, clinician: Member, clinic: Clinic) -> Patient:
    """The patient of a case, written through the services."""
    details = patient_services.Details(
        clinic_id=clinic.pk,
        number="L-1",
        family_name="Library",
        given_names="Case",
        birth_date=birth_date_for(case.patient.age_years, case.as_of),
        sex=case.patient.sex,
        pregnancy=case.patient.pregnancy or "unknown",
        pregnancy_as_of=case.as_of,
    )
    actor = clinician.actor
    patient = patient_services.register_patient(actor=actor, details=details, confirmed=True, today=case.as_of)
    assessed = case.pain is not None
    record.enter(actor=actor, patient=patient, case=case, assessed=assessed)
    if assessed:
        now = dt.datetime.combine(case.as_of, dt.time(10), dt.UTC)
        assert record.assess(actor=actor, patient=patient, case=case, now=now, sign=True)
    return patient


def in_stored_order(case: Case) -> Case:
    """The case with its lists in the order in which the record gives them; the order of a list says nothing."""
    medications = case.medications
    if medications is not None:
        medications = replace(medications, items=tuple(sorted(medications.items, key=lambda item: item.name)))
    health = case.health
    if health is not None and health.allergies:
        health = replace(health, allergies=tuple(sorted(health.allergies, key=lambda entry: entry.name)))
    return replace(case, medications=medications, health=health)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_a_stored_case_gives_the_proposal_of_the_case(name: str, standing: Place) -> None:
    case = on_day(LIBRARY[name], TODAY)
    Organisation.objects.filter(pk=standing.organisation.pk).update(region=case.setting.region or "")
    Clinic.objects.filter(pk=standing.clinic.pk).update(is_specialist=case.setting.prescriber == "specialist")
    patient = stored(case, standing.clinician, standing.clinic)

    patient_record = patient_queries.record_of(patient, TODAY)
    found = facts_from_record(patient_record, assessment_queries.record_of(patient.pk, TODAY))
    wanted = facts_from_case(in_stored_order(case))
    assert dict(found.values) == dict(wanted.values)

    def text(facts: Any) -> Any:
        return json.loads(propose(replace(facts, case="the patient"), shipped()).canonical_text())

    assert text(found) == text(wanted)
