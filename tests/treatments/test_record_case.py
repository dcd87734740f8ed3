"""Facts from the stored record: the same facts as from a case that says the same, and what time does to statements."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.tenancy import tenant
from assessments import queries as assessment_queries
from assessments.record import AreaRecord, AssessmentRecord, InstrumentRecord, PainRecord, RedFlagRecord
from patients import queries, services
from patients.medicines import normalise
from patients.record import (
    AllergyEntry,
    MeasurementEntry,
    MedicineEntry,
    PatientRecord,
    Person,
    ProblemEntry,
    Provenance,
    TrialEntry,
)
from rules.facts import FactSet
from rules.truth import Truth
from tests.cast import TODAY as CAST_TODAY
from tests.cast import Member, NewPatient
from tests.treatments.cases import DAY, LIBRARY
from treatments.case import Case, MedicineItem, Pain
from treatments.case_reading import load_case
from treatments.facts import facts_from_case, facts_from_record
from treatments.patient_facts import PatientFacts

TODAY = dt.date.fromisoformat(DAY)
PATIENT = UUID("00000000-0000-4000-8000-000000000001")
VALID = sorted((LIBRARY / "valid").glob("*.yaml"))
NO_PAIN = PainRecord(None)


def entered() -> Provenance:
    return Provenance(uuid4(), "Dr Test", dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "clinician")


def person(**changes: Any) -> Person:
    given: dict[str, Any] = {
        "patient_id": PATIENT,
        "organisation_id": uuid4(),
        "clinic_id": uuid4(),
        "number": "1",
        "family_name": "Test",
        "given_names": "Tara",
        "birth_date": dt.date(1976, 1, 1),
        "sex": "female",
        "pregnancy": "",
        "pregnancy_as_of": None,
        "died_on": None,
    }
    return Person(**{**given, **changes})


def record(as_of: dt.date = TODAY, **changes: Any) -> PatientRecord:
    given: dict[str, Any] = {
        "as_of": as_of,
        "person": person(),
        "problems": (),
        "problem_list_reviewed_on": None,
        "medicines": (),
        "medicines_reviewed_on": None,
        "allergies": None,
        "measurements": (),
        "trials": (),
        "preferences": (),
        "region": None,
        "prescriber_setting": "non_specialist",
    }
    return PatientRecord(**{**given, **changes})


def problem(code: str, status: str = "present", kind: str = "concept", days: int = 0) -> ProblemEntry:
    return ProblemEntry(
        kind=kind,
        code=code,
        text="",
        status=status,
        stated_on=TODAY - dt.timedelta(days=days),
        onset_on=None,
        provenance=entered(),
    )


def medicine(item: MedicineItem) -> MedicineEntry:
    return MedicineEntry(
        text=item.name,
        normalised=normalise(item.name),
        daily_dose=None if item.daily_dose is None else Decimal(str(item.daily_dose)),
        unit=item.unit,
        route=item.route or "",
        as_needed=item.as_needed,
        release=item.release or "",
        purpose=item.purpose or "",
        started_on=item.started,
        stopped_on=item.stopped,
        stop_reason="",
        provenance=entered(),
    )


def patient_record_of(case: Case) -> PatientRecord:
    health, medications, pain = case.health, case.medications, case.pain
    stated = [
        problem(name, status)
        for status in ("present", "absent", "unknown")
        for name in (getattr(health, status) if health else ())
    ]
    causes = [problem(name, kind="condition") for name in (pain.conditions or () if pain else ())]
    return record(
        person=person(
            birth_date=case.as_of.replace(year=case.as_of.year - case.patient.age_years),
            sex=case.patient.sex,
            pregnancy=case.patient.pregnancy or "",
            pregnancy_as_of=case.as_of,
        ),
        problems=(*causes, *stated),
        problem_list_reviewed_on=case.as_of if health and health.problem_list_reviewed else None,
        medicines=tuple(medicine(item) for item in (medications.items if medications else ())),
        medicines_reviewed_on=case.as_of if medications and medications.reviewed else None,
        allergies=None
        if health is None or health.allergies is None
        else tuple(
            AllergyEntry(
                text=entry.name,
                normalised=normalise(entry.name),
                reaction=entry.reaction or "",
                stated_on=case.as_of,
                provenance=entered(),
            )
            for entry in health.allergies
        ),
        measurements=tuple(
            MeasurementEntry(
                code=row.code,
                value=Decimal(str(row.value)),
                unit=row.unit,
                canonical_value=Decimal(0),
                canonical_unit="",
                measured_on=row.date,
                provenance=entered(),
            )
            for row in case.measurements
        ),
        trials=tuple(
            TrialEntry(
                treatment=row.agent,
                text="",
                max_daily_dose=None if row.max_daily_dose is None else Decimal(str(row.max_daily_dose)),
                unit=row.unit,
                weeks_at_max=None if row.weeks_at_max is None else Decimal(str(row.weeks_at_max)),
                response_percent=None if row.response_percent is None else int(row.response_percent),
                stopped=row.stopped,
                adverse_effects="",
                started_on=None,
                stopped_on=None,
                provenance=entered(),
            )
            for row in case.trials or ()
        ),
        preferences=case.preferences or (),
        region=case.setting.region,
        prescriber_setting=case.setting.prescriber or "non_specialist",
    )


def pain_record_of(case: Case) -> PainRecord:
    pain, health = case.pain or Pain(), case.health
    present = health.red_flags_present if health else ()
    absent = health.red_flags_absent if health else ()
    scale = tuple(pain.nrs.get(which) for which in ("now", "worst", "least", "average"))
    instruments = [InstrumentRecord(row.id, row.date, row.answers, row.total, row.met) for row in case.instruments]
    if pain.nrs:
        instruments.append(InstrumentRecord("nrs", case.as_of, scale))
    areas = tuple(
        AreaRecord(
            id=uuid4(),
            regions=area.regions,
            descriptors=dict.fromkeys(area.descriptors, "yes") | dict.fromkeys(area.not_descriptors, "no"),
            evoked=dict.fromkeys(area.evoked, "yes") | dict.fromkeys(area.not_evoked, "no"),
            negative=dict.fromkeys(area.negative, "yes") | dict.fromkeys(area.not_negative, "no"),
            pattern=area.pattern or "",
            localised={True: "yes", False: "no", None: ""}[area.localised],
            intensity=area.intensity,
        )
        for area in pain.areas or ()
    )
    assessment = AssessmentRecord(
        id=uuid4(),
        patient_id=PATIENT,
        status="signed",
        assessed_on=case.as_of,
        duration_months=pain.duration_months,
        areas=areas,
        grading=pain.grading,
        red_flags={name: RedFlagRecord(name, "yes", "handled", "seen") for name in present}
        | {name: RedFlagRecord(name, "no") for name in absent},
    )
    return PainRecord(assessment, tuple(instruments))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_the_record_and_the_case_give_the_same_facts(path: Path) -> None:
    case = load_case(path.read_bytes())
    assert isinstance(case, Case)
    from_case = facts_from_case(case)
    from_record = facts_from_record(patient_record_of(case), pain_record_of(case))
    assert dict(from_record.values) == dict(from_case.values)
    assert from_record.not_checked == from_case.not_checked
    assert [item.code for item in from_record.stale] == [item.code for item in from_case.stale]


def test_every_part_of_the_record_names_its_row() -> None:
    entry = problem("diabetes")
    facts = facts_from_record(record(problems=(entry,)), NO_PAIN)
    assert facts.rows[facts.provenance["diabetes"].path] == str(entry.provenance.row_id)
    assert PatientFacts.from_json(facts.to_json()).canonical_text() == facts.canonical_text()


def test_an_empty_record_is_unknown_and_not_healthy() -> None:
    facts = facts_from_record(record(), NO_PAIN)
    assert facts.get("heart_failure") is None
    assert facts.get("medications_reviewed") is False
    assert facts.get("conditions") is None


@pytest.mark.parametrize(
    ("code", "days", "expected"),
    [("falls_risk", 180, True), ("falls_risk", 181, None), ("heart_failure", 4000, True)],
)
def test_a_state_that_was_stated_too_long_ago_is_unknown(code: str, days: int, expected: bool | None) -> None:
    facts = facts_from_record(record(problems=(problem(code, days=days),)), NO_PAIN)
    assert facts.get(code) is expected
    assert [item.code for item in facts.stale] == ([] if expected else [code])
    if expected is None:
        assert facts.provenance[code].stale is True


def test_a_reviewed_problem_list_states_its_entries_anew() -> None:
    old = problem("heavy_alcohol_use", days=400)
    alone = facts_from_record(record(problems=(old,)), NO_PAIN)
    reviewed = facts_from_record(record(problems=(old,), problem_list_reviewed_on=TODAY), NO_PAIN)
    assert (alone.get("heavy_alcohol_use"), reviewed.get("heavy_alcohol_use")) == (None, True)


def test_a_stale_state_is_not_closed_by_an_older_review() -> None:
    old = problem("systemic_infection", days=300)
    reviewed_on = TODAY - dt.timedelta(days=200)
    facts = facts_from_record(record(problems=(old,), problem_list_reviewed_on=reviewed_on), NO_PAIN)
    assert facts.get("systemic_infection") is None


@pytest.mark.parametrize(
    ("days", "problems", "medicines"), [(0, True, True), (90, True, True), (91, True, False), (366, False, False)]
)
def test_a_review_counts_for_a_while(days: int, problems: bool, medicines: bool) -> None:
    day = TODAY - dt.timedelta(days=days)
    facts = facts_from_record(record(problem_list_reviewed_on=day, medicines_reviewed_on=day), NO_PAIN)
    assert (facts.get("problem_list_reviewed"), facts.get("medications_reviewed")) == (problems, medicines)


@pytest.mark.parametrize(("days", "expected"), [(28, "no"), (29, None)])
def test_a_pregnancy_status_counts_for_four_weeks(days: int, expected: str | None) -> None:
    asked = person(pregnancy="no", pregnancy_as_of=TODAY - dt.timedelta(days=days))
    facts = facts_from_record(record(person=asked), NO_PAIN)
    assert facts.get("pregnancy_status") == expected
    assert facts.get("pregnancy") is (None if expected is None else False)


def assessed(days: int = 0, **parts: Any) -> PainRecord:
    day = TODAY - dt.timedelta(days=days)
    return PainRecord(AssessmentRecord(id=uuid4(), patient_id=PATIENT, status="signed", assessed_on=day, **parts))


def test_a_dismissed_red_flag_is_absent_and_an_open_one_stops() -> None:
    dismissed = assessed(red_flags={"rf_ces": RedFlagRecord("rf_ces", "yes", "dismissed", "old scar")})
    handled = assessed(red_flags={"rf_ces": RedFlagRecord("rf_ces", "yes", "handled", "sent to the hospital")})
    assert facts_from_record(record(), dismissed).get("rf_ces") is False
    assert facts_from_record(record(), handled).get("red_flag_emergency") is True


def test_an_old_no_to_a_red_flag_is_unknown() -> None:
    answers = {"rf_ces": RedFlagRecord("rf_ces", "no")}
    assert facts_from_record(record(), assessed(90, red_flags=answers)).get("rf_ces") is False
    assert facts_from_record(record(), assessed(91, red_flags=answers)).get("rf_ces") is None


def test_the_pain_has_gone_on_since_the_assessment() -> None:
    facts = facts_from_record(record(), assessed(61, duration_months=6))
    assert facts.get("duration_months") == 8


@pytest.mark.parametrize(
    ("stated", "phn", "dpn", "asked"),
    [
        ([("phn", "present")], Truth.YES, Truth.NO, False),
        ([("phn", "present"), ("dpn", "unknown")], Truth.YES, Truth.UNKNOWN, False),
        ([("phn", "present"), ("dpn", "absent")], Truth.YES, Truth.NO, False),
        ([("phn", "absent")], Truth.UNKNOWN, Truth.UNKNOWN, True),
        ([("phn", "unknown")], Truth.UNKNOWN, Truth.UNKNOWN, True),
    ],
)
def test_a_cause_that_is_left_open_is_unknown_and_not_absent(
    stated: list[tuple[str, str]], phn: Truth, dpn: Truth, asked: bool
) -> None:
    problems = tuple(problem(code, status, kind="condition") for code, status in stated)
    for pain in (NO_PAIN, assessed()):
        causes = facts_from_record(record(problems=problems), pain).get("conditions")
        assert (causes is None) is asked
        found = causes if isinstance(causes, FactSet) else FactSet()
        assert (found.contains("phn"), found.contains("dpn")) == (phn, dpn)
        assert found.contains("trigeminal_neuralgia") is (Truth.UNKNOWN if asked else Truth.NO)


def test_treatments_that_are_no_agents_are_not_judged_as_trials() -> None:
    case = load_case((LIBRARY / "valid" / "two-failed-trials.yaml").read_bytes())
    assert isinstance(case, Case)
    whole = patient_record_of(case)
    therapy = replace(whole.trials[0], treatment="tens")
    facts = facts_from_record(replace(whole, trials=(therapy, *whole.trials[1:])), NO_PAIN)
    assert [trial.agent for trial in facts.trials] == ["duloxetine"]


def test_what_services_stored_comes_back_as_facts(clinician: Member, new_patient: NewPatient) -> None:
    patient = new_patient(sex="male", birth_date=dt.date(1961, 5, 1), pregnancy="not_applicable")
    given: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "today": CAST_TODAY}
    with tenant(clinician.organisation.pk):
        for kind, code in (("condition", "dpn"), ("concept", "hypertension")):
            services.state_problem(kind=kind, code=code, status="present", stated_on=CAST_TODAY, **given)
        services.record_medicine(text="Neurontin 300 mg", daily_dose=Decimal(900), unit="mg", **given)
        services.record_medicine(text="zelmotrine forte", **given)
        services.review_medicines(reviewed_on=CAST_TODAY, **given)
        services.state_no_known_allergies(stated_on=CAST_TODAY, **given)
        for code, value, unit in (("creatinine", "1.9", "mg/dL"), ("weight", "80", "kg")):
            services.record_measurement(code=code, value=value, unit=unit, measured_on=CAST_TODAY, **given)
        stored = queries.record_of(patient, CAST_TODAY)
        facts = facts_from_record(stored, assessment_queries.record_of(patient.pk, CAST_TODAY))
    assert facts.get("pdn") is True
    assert facts.get("hypertension") is True
    assert facts.get("heart_failure") is None
    assert facts.get("allergy_list_given") is True
    clearance = facts.get("crcl_ml_min")
    age = stored.age_years
    assert clearance == pytest.approx((140 - age) * 80 / (72 * 1.9), abs=0.01)
    assert facts.not_checked == ("zelmotrine forte",)
    assert facts.medicines[0].agents == ("gabapentin", "gabapentin_er")
    assert facts.rows[facts.provenance["weight_kg"].path]
