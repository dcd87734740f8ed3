"""Child rows as a column of their parent: the same rows as any query gives, and nobody else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import get_ident
from typing import Any

import pytest
from django.db.models import Exists, OuterRef, QuerySet

from accounts.rows import People, Rows, kept
from accounts.tenancy import tenant
from assessments import services as assessment_services
from assessments.models import InstrumentAnswers
from patients import services
from patients.models import Allergy, Measurement, MedicationStatement, Patient
from tests.cast import Member, NewPatient

TODAY = dt.date.today()


@pytest.fixture
def filled(clinician: Member, patient: Patient) -> Patient:
    """Ingrid with two medicines, two weights and answers, so that every kind of column is in use."""
    same: dict[str, Any] = {"actor": clinician.actor, "patient": patient}
    services.record_medicine(
        **same, today=TODAY, text="gabapentin", daily_dose=Decimal("900"), unit="mg", started_on=TODAY
    )
    services.record_medicine(**same, today=TODAY, text='a tea; "herbal", it\'s {said} — 薬', as_needed=True)
    for number in (1, 2):
        day = TODAY - dt.timedelta(days=number)
        services.record_measurement(
            **same, today=TODAY, code="weight", value=f"7{number}.10", unit="kg", measured_on=day
        )
    assessment_services.record_instrument(**same, instrument="phq9", taken_on=TODAY, answers=[1, None, *[0] * 7])
    assessment_services.record_instrument(**same, instrument="dn4", taken_on=TODAY, total=5)
    return patient


def values(row: Any) -> list[str]:
    """Every column as it stands in memory, with its type: Decimal("1.10") is not Decimal("1.1")."""
    found = [(field.attname, getattr(row, field.attname)) for field in row._meta.concrete_fields]
    return [f"{name}={value.timestamp() if isinstance(value, dt.datetime) else value!r}" for name, value in found]


def as_column(patient: Patient, rows: QuerySet[Any], *people: str) -> list[Any]:
    return list(Patient.objects.filter(pk=patient.pk).annotate(found=Rows(rows, *people)).get().found)


READS: dict[str, Callable[[Any], QuerySet[Any]]] = {
    "medicines": lambda key: MedicationStatement.objects.filter(patient_id=key).order_by("text"),
    "backwards": lambda key: MedicationStatement.objects.filter(patient_id=key).order_by("-text"),
    "measurements": lambda key: Measurement.objects.filter(patient_id=key).order_by("measured_on"),
    "newest": lambda key: Measurement.objects.filter(patient_id=key).order_by("code", "-measured_on").distinct("code"),
    "answers": lambda key: InstrumentAnswers.objects.filter(patient_id=key).order_by("instrument"),
    "first": lambda key: InstrumentAnswers.objects.filter(patient_id=key).order_by("-instrument")[:1],
}


@pytest.mark.parametrize("name", READS)
def test_a_column_holds_the_rows_that_the_query_finds(name: str, filled: Patient) -> None:
    expected = [values(row) for row in READS[name](filled.pk)]
    assert expected
    assert [values(row) for row in as_column(filled, READS[name](OuterRef("pk")))] == expected


def test_a_patient_without_rows_has_an_empty_list(filled: Patient) -> None:
    assert as_column(filled, Allergy.objects.filter(patient_id=OuterRef("pk")), "created_by") == []


def test_an_author_comes_along_by_name_and_with_nothing_else(
    filled: Patient, clinician: Member, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        [first, _second] = as_column(filled, READS["measurements"](OuterRef("pk")), "created_by")
        assert str(first.created_by) == clinician.user.name
    assert first.created_by == clinician.user
    assert "password" in first.created_by.get_deferred_fields()


def test_people_come_in_one_look_and_by_name_alone(filled: Patient, clinician: Member, nurse: Member) -> None:
    Patient.objects.filter(pk=filled.pk).update(created_by=clinician.user)
    found = Patient.objects.annotate(people=People("created_by_id", "clinic_id")).get(pk=filled.pk).people
    assert [(person.pk, str(person)) for person in found] == [(clinician.user.pk, clinician.user.name)]
    assert "password" in found[0].get_deferred_fields()


def test_a_query_that_is_kept_is_made_once_a_thread_and_answers_each_question_by_itself(
    filled: Patient, new_patient: NewPatient, clinician: Member
) -> None:
    other = new_patient()
    services.record_medicine(actor=clinician.actor, patient=other, text="pregabalin", today=TODAY)
    made = []

    @kept
    def patients(order: str) -> QuerySet[Any]:
        made.append(get_ident())
        medicines = MedicationStatement.objects.filter(patient_id=OuterRef("pk")).order_by(order)
        return Patient.objects.annotate(found=Rows(medicines))

    def names(patient: Patient, order: str = "text") -> list[str]:
        return [row.text for row in patients(order).get(pk=patient.pk).found]

    own = [row.text for row in MedicationStatement.objects.filter(patient_id=filled.pk).order_by("text")]
    assert names(filled) == own
    assert names(other) == ["pregabalin"]
    assert names(filled, "-text") == own[::-1]
    # Under another name inside another query, and once more as it was.
    twice = patients("text").filter(pk=other.pk).union(patients("text").filter(pk=filled.pk), all=True)
    assert [len(row.found) for row in twice] == [1, len(own)]
    inner = patients("text").filter(pk=OuterRef("pk"), found__len=1)
    assert Patient.objects.filter(Exists(inner)).get() == other
    assert names(filled) == own
    assert len(made) == 2
    with ThreadPoolExecutor(1) as pool:
        pool.submit(patients, "text").result()
    assert len(made) == len(set(made)) + 1 == 3


def test_a_column_shows_no_row_of_another_organisation(
    filled: Patient, foreign_patient: Patient, outsider: Member
) -> None:
    # Asked for every patient's rows, the wall leaves those of the organisation that is visible.
    everybody = Rows(MedicationStatement.objects.order_by("text"))
    with tenant(outsider.organisation.pk):
        services.record_medicine(actor=outsider.actor, patient=foreign_patient, text="pregabalin", today=TODAY)
        other = Patient.objects.annotate(found=everybody).get(pk=foreign_patient.pk)
    assert [row.text for row in other.found] == ["pregabalin"]
    with tenant(filled.organisation_id):
        own = Patient.objects.annotate(found=everybody).get(pk=filled.pk)
    assert {row.patient_id for row in own.found} == {filled.pk}
