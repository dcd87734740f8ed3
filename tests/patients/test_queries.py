"""Reads: search and paging, the whole record as of a day, and the same number of queries whatever is on file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Clinic
from accounts.tenancy import tenant
from patients import queries, record, services
from patients.models import Patient
from tests.cast import TODAY, Member, NewPatient, owner_cursor


def found(member: Member, **wanted: Any) -> list[str]:
    return [row.number for row in queries.patients_page(member.organisation.pk, **wanted).patients]


def test_search_finds_by_either_name_number_and_birth_date(clinician: Member, new_patient: NewPatient) -> None:
    new_patient(number="A-1", family_name="Sørensen", given_names="Åse Marie", birth_date=dt.date(1950, 1, 2))
    new_patient(number="A-2", family_name="Sorel", given_names="Jean", birth_date=dt.date(1960, 1, 2))
    new_patient(number="B-22", family_name="O'Neill", given_names="Sor", birth_date=dt.date(1950, 1, 2))
    assert found(clinician, text="sor") == ["B-22", "A-2", "A-1"]
    assert found(clinician, text="SØREN") == ["A-1"]
    assert found(clinician, text="ase marie so") == ["A-1"]
    assert found(clinician, text="oneill") == ["B-22"]
    assert found(clinician, text="o’neill s") == ["B-22"]
    assert found(clinician, text="b22") == found(clinician, text="B-2") == ["B-22"]
    assert found(clinician, birth_date=dt.date(1950, 1, 2)) == ["B-22", "A-1"]
    assert found(clinician, text="sor", birth_date=dt.date(1960, 1, 2)) == ["A-2"]
    assert found(clinician, text="%") == found(clinician, text="_") == []
    assert found(clinician, text="nobody") == []


def test_search_never_shows_another_organisation(clinician: Member, foreign_patient: Patient, patient: Patient) -> None:
    assert found(clinician) == ["40218"]
    assert found(clinician, text="foreign") == []
    page = queries.patients_page(clinician.organisation.pk, after=foreign_patient.pk)
    assert [row.number for row in page.patients] == ["40218"]


def test_pages_hold_everybody_once(clinician: Member, new_patient: NewPatient) -> None:
    for number in range(7):
        new_patient(number=f"P-{number}", family_name="Same" if number % 2 else f"Name{number}")
    seen: list[str] = []
    after = None
    while True:
        page = queries.patients_page(clinician.organisation.pk, after=after, size=3)
        seen += [row.number for row in page.patients]
        after = page.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == found(clinician)


def test_only_mine(clinician: Member, patient: Patient, new_patient: NewPatient) -> None:
    new_patient()
    assert found(clinician, team_of=clinician.user.pk) == ["40218"]


def fill(member: Member, patient: Patient, times: int) -> None:
    same: dict[str, Any] = {"actor": member.actor, "patient": patient, "today": TODAY}
    for number in range(times):
        day = TODAY - dt.timedelta(days=number + 1)
        services.record_measurement(**same, code="weight", value=str(70 + number), unit="kg", measured_on=day)
        services.record_measurement(**same, code="sodium", value="140", unit="mmol/L", measured_on=day)
        services.record_medicine(**same, text=f"medicine {number}")
        services.record_allergy(**same, text=f"substance {number}", stated_on=day)
        services.record_trial(**same, text=f"treatment {number}", stopped="unknown")
        services.state_problem(**same, kind="other", text=f"problem {number}", status="present", stated_on=day)
        services.write_note(actor=member.actor, patient=patient, text="x")
        services.add_task(actor=member.actor, patient=patient, text="x", due_on=day)


READS: dict[str, tuple[int, Callable[[Patient, Member], Any]]] = {
    "record_of": (1, lambda patient, member: queries.record_of(patient, TODAY)),
    "record_rows": (1, lambda patient, member: queries.record_rows(patient.pk, TODAY)),
    "banner_rows": (1, lambda patient, member: queries.banner_rows(patient.pk, ["weight", "qtc"], TODAY)),
    "patients_page": (1, lambda patient, member: queries.patients_page(member.organisation.pk)),
    "history_of": (1, lambda patient, member: [str(r.created_by) for r in queries.history_of("medicine", patient.pk)]),
    "work_items": (1, lambda patient, member: queries.work_items(member.organisation.pk, member.user, TODAY)),
}


@pytest.mark.parametrize("name", READS)
def test_the_number_of_queries_does_not_grow_with_what_is_on_file(
    name: str, clinician: Member, patient: Patient, new_patient: NewPatient
) -> None:
    expected, read = READS[name]
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries_made:
            read(patient, clinician)
        counts.append(len(queries_made))
        fill(clinician, patient, 3)
        new_patient()
    assert counts == [expected, expected]


def test_the_banner_shows_an_allergy_before_the_day_of_the_record(clinician: Member, patient: Patient) -> None:
    """Whoever stated it is a time zone ahead of the reader: a warning does not wait for the date line."""
    services.record_allergy(
        actor=clinician.actor, patient=patient, today=TODAY, text="carbamazepine", reaction="rash", stated_on=TODAY
    )
    yesterday = TODAY - dt.timedelta(days=1)
    found = queries.on_file(patient, yesterday)
    assert found.record.allergies is None
    assert [entry.text for entry in found.banner.allergies or ()] == ["carbamazepine"]
    assert found.banner == queries.banner_rows(patient.pk, ["weight"], yesterday)


def test_the_record_as_of_a_day_holds_the_newest_values_and_nothing_later(clinician: Member, patient: Patient) -> None:
    same: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "today": TODAY}
    last_week, last_year = TODAY - dt.timedelta(days=7), TODAY - dt.timedelta(days=365)
    services.record_measurement(**same, code="creatinine", value="1.9", unit="mg/dL", measured_on=last_year)
    services.record_measurement(**same, code="creatinine", value="150", unit="umol/L", measured_on=last_week)
    services.state_problem(**same, kind="condition", code="dpn", status="present", stated_on=last_year)
    services.state_problem(**same, kind="concept", code="diabetes", status="present", stated_on=TODAY)
    services.review_problem_list(**same, reviewed_on=last_week)
    services.review_medicines(**same, reviewed_on=TODAY)
    services.record_medicine(**same, text="gabapentin", daily_dose=Decimal(900), unit="mg", started_on=last_week)
    services.record_medicine(**same, text="metformin")
    services.record_trial(
        **same, treatment="duloxetine", max_daily_dose=Decimal(60), unit="mg", weeks_at_max=Decimal(8), stopped="both"
    )
    services.record_preference(actor=clinician.actor, patient=patient, code="drives_for_work")
    services.state_no_known_allergies(**same, stated_on=last_year)

    now = queries.record_of(patient, TODAY)
    assert now.measurement("creatinine").canonical_value == Decimal(150)  # type: ignore[union-attr]
    assert [(p.kind, p.code, p.status) for p in now.problems] == [
        ("concept", "diabetes", "present"),
        ("condition", "dpn", "present"),
    ]
    assert (now.problem_list_reviewed_on, now.medicines_reviewed_on) == (last_week, TODAY)
    assert [m.text for m in now.medicines] == ["gabapentin", "metformin"]
    assert now.allergies == ()
    assert [(t.treatment, t.max_daily_dose, t.stopped) for t in now.trials] == [("duloxetine", Decimal(60), "both")]
    assert now.preferences == ("drives_for_work",)
    assert (now.region, now.prescriber_setting) == ("uk_eu", "specialist")
    assert now.problems[0].provenance.entered_by == "Maya Adeyemi"
    assert now.age_years == record.age_on(dt.date(1951, 5, 2), TODAY)

    then = queries.record_of(patient, last_year)
    assert then.measurement("creatinine").unit == "mg/dL"  # type: ignore[union-attr]
    assert [p.code for p in then.problems] == ["dpn"]
    assert (then.problem_list_reviewed_on, then.medicines_reviewed_on) == (None, None)
    assert [m.text for m in then.medicines] == ["metformin"]
    assert queries.record_of(patient, last_year - dt.timedelta(days=1)).allergies is None


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (dt.date(1951, 5, 2), dt.date(2026, 5, 1), 74),
        (dt.date(1951, 5, 2), dt.date(2026, 5, 2), 75),
        (dt.date(2000, 2, 29), dt.date(2026, 2, 28), 25),
        (dt.date(2000, 2, 29), dt.date(2026, 3, 1), 26),
        (dt.date(2000, 2, 29), dt.date(2028, 2, 29), 28),
    ],
)
def test_age_is_counted_in_completed_years(born: dt.date, day: dt.date, years: int) -> None:
    assert record.age_on(born, day) == years


def test_work_is_mine_or_nobodys_of_my_patients(
    clinician: Member, colleague: Member, patient: Patient, new_patient: NewPatient
) -> None:
    stranger = new_patient()
    for text, who, owner in [
        ("mine", stranger, clinician.user.pk),
        ("nobody's, my patient", patient, None),
        ("nobody's, not my patient", stranger, None),
        ("a colleague's", patient, colleague.user.pk),
    ]:
        services.add_task(actor=clinician.actor, patient=who, text=text, due_on=TODAY, owner_id=owner)
    items = queries.work_items(clinician.organisation.pk, clinician.user, TODAY)
    assert {item.text for item in items} == {"mine", "nobody's, my patient"}
    assert {item.patient_name for item in items} == {"JOHANSSON, Ingrid", f"{stranger.family_name.upper()}, Alex"}


MANY = """
    INSERT INTO patients_patient (id, organisation_id, clinic_id, number, family_name, given_names, birth_date, sex,
        pregnancy, email, phone, language, time_zone, reminder_consent, search_family, search_given, search_number,
        created_job, source, version)
    SELECT gen_random_uuid(), %s, %s, n::text, 'f', 'g', date '1930-01-01' + n, 'female', 'unknown', '', '', 'en', '',
        false, md5(n::text), md5((n * 7)::text), n::text || 'x', 'load-demo', 'import', 1
    FROM generate_series(1, 3000) n
"""


@pytest.mark.django_db(transaction=True)
def test_search_and_paging_are_served_by_an_index(clinician: Member, clinic: Clinic) -> None:
    """Below row-level security only leakproof conditions reach an index; a LIKE would read the whole table."""
    organisation_id = clinician.organisation.pk
    with tenant(organisation_id), connection.cursor() as cursor:
        cursor.execute(MANY, [str(organisation_id), str(clinic.pk)])
    with owner_cursor() as cursor:
        cursor.execute("ANALYZE patients_patient")
    with tenant(organisation_id):
        middle = queries.patients_page(organisation_id, size=1500).after
    asked: dict[str, dict[str, Any]] = {
        "patient_by_family_name": {"text": "ab"},
        "patient_by_given_name": {"text": "ab"},
        "one_patient_per_number": {"text": "123"},
        "patient_by_birth_date": {"birth_date": dt.date(1935, 1, 1)},
        "Index Cond: ((organisation_id = ": {"after": middle},
    }
    for index, wanted in asked.items():
        with tenant(organisation_id), connection.cursor() as cursor:
            with CaptureQueriesContext(connection) as made:
                assert queries.patients_page(organisation_id, **wanted).patients
            cursor.execute("EXPLAIN " + made[-1]["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert index in plan, plan
        assert "Seq Scan on patients_patient" not in plan, plan
        assert "Filter: ((((search" not in plan, plan
