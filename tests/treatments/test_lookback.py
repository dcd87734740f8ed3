"""What was looked for about an option, and how far back: the days of the content, every fact once, nothing left out."""

from __future__ import annotations

import datetime as dt

import pytest

from patients import services as record
from patients.models import Patient
from rules.expr import fact_names
from tests.cast import TODAY, Member
from tests.treatments.cases import facts_of, measured
from tests.treatments.plan_patients import LONG_AGO, enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from treatments.content import shipped
from treatments.fact_content import shipped_fact_content
from treatments.lookback import Where, Window, windows
from treatments.presenters.searched import searched
from treatments.presenters.words import sought
from treatments.snapshot import snapshot

CREATININE = shipped_fact_content().measurements["creatinine"]
WOMAN = {"sex": "female", "pregnancy": "not_applicable"}


def test_a_measurement_counts_for_the_days_of_this_patient() -> None:
    young, old = (
        facts_of(patient={"age_years": age, **WOMAN}, measurements=[measured("creatinine", 70, "umol/L")])
        for age in (50, 80)
    )
    (usual,) = [w for w in windows("crcl_ml_min", young) if w.what == CREATININE.label]
    (shorter,) = [w for w in windows("crcl_ml_min", old) if w.what == CREATININE.label]
    assert usual.days == CREATININE.freshness_days
    assert shorter.days is not None and usual.days is not None and shorter.days < usual.days
    assert windows("sodium_mmol_l", young) == (
        Window(Where.MEASUREMENTS, shipped_fact_content().measurements["sodium"].freshness_days),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acute_intoxication", "problem list and assessments within the last day"),
        ("smoker", "problem list and assessments within the last 365 days"),
        ("narrow_angle_glaucoma", "problem list and assessments, without limit of time"),
        ("phq9_total", "questionnaires (Patient Health Questionnaire-9) within the last 14 days"),
        ("medication_names", "medicine list, gone through within the last 90 days"),
        ("failed_agents", "treatments tried, without limit of time"),
        ("hypersensitivity_to_agent", "allergy list, without limit of time"),
        ("rf_ces", "assessments within the last 90 days"),
    ],
)
def test_where_and_how_far_back_in_words(name: str, expected: str) -> None:
    assert sought(name, facts_of()) == expected


def test_what_a_reviewed_list_says_counts_as_long_as_its_review() -> None:
    facts = facts_of(health={"problem_list_reviewed": True})
    assert sought("narrow_angle_glaucoma", facts) == "problem list, gone through within the last 365 days"


def test_every_fact_that_a_rule_reads_is_there_once(clinician: Member, patient: Patient) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    shown = snapshot(patient, TODAY)
    for option in ("duloxetine", "lidocaine_plaster", "tens"):
        read: set[str] = set()
        for rule in shipped().option_rules[option]:
            read |= set(fact_names(rule.when))
            read |= set(fact_names(rule.hard_unknown_when)) if rule.hard_unknown_when is not None else set()
        found = searched(option, shown)
        assert found.facts == len(read)
        assert all(row.state for row, _words in found.missing)
        assert not any(row.state for row, _words in (*found.partly, *found.found))


def test_what_was_stated_has_its_day_and_what_a_list_says_the_day_it_was_gone_through(
    clinician: Member, patient: Patient
) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    day, shown = TODAY - dt.timedelta(days=LONG_AGO), snapshot(patient, TODAY)
    held = shown.facts.provenance
    for name in ("uncontrolled_hypertension", "conditions", "allergy_list_given", "medication_names", "brugada"):
        assert held[name].date == day, (name, held[name])
    record.state_problem(
        actor=clinician.actor,
        patient=patient,
        today=TODAY,
        kind="concept",
        code="uncontrolled_hypertension",
        status="absent",
        stated_on=TODAY,
    )
    held = snapshot(patient, TODAY).facts.provenance
    assert (held["uncontrolled_hypertension"].date, held["brugada"].date) == (TODAY, day)


def test_the_column_beside_the_options_tells_what_was_looked_for(clinician: Member, patient: Patient) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    page = Browser(clinician, patient).get(show="duloxetine")
    part = words(page.partition("plan-searched")[2].partition("</details>")[0])
    assert "facts looked up" in part and "not found" in part
    assert "Sodium 138 mmol/L" in part
    assert "Looked for: measurements within the last" in part
    # An unknown fact of a rule says where it was looked for too.
    assert "looked for: " in words(page.partition('id="why"')[2])
