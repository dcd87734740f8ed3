"""Each way in which a concept comes to be present, absent or unknown, as a table, and the order among them."""

from __future__ import annotations

from typing import Any

import pytest

from rules.truth import Truth, from_bool
from tests.treatments.cases import facts_of, measured, medicines
from treatments.patient_facts import Origin, PatientFacts

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
REVIEWED = {"problem_list_reviewed": True}


def truth(facts: PatientFacts, name: str) -> Truth:
    value = facts.get(name)
    assert value is None or isinstance(value, bool)
    return UNKNOWN if value is None else from_bool(value)


def instrument(name: str, date: str = "2026-03-01", **result: Any) -> dict[str, Any]:
    return {"instruments": [{"id": name, "date": date, **result}]}


def labs(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"measurements": list(rows)}


def patient(sex: str = "female", age: int = 40, pregnancy: str | None = None) -> dict[str, Any]:
    status = {} if pregnancy is None else {"pregnancy": pregnancy}
    return {"patient": {"age_years": age, "sex": sex, **status}}


def on_list(*items: str | dict[str, Any], reviewed: bool = True) -> dict[str, Any]:
    return {"medications": medicines(*items, reviewed=reviewed)}


def allergic(*names: str, reaction: str = "rash") -> dict[str, Any]:
    return {"health": {"allergies": [{"name": name, "reaction": reaction} for name in names]}}


def area(*regions: str, **signs: Any) -> dict[str, Any]:
    return {"pain": {"areas": [{"regions": list(regions), **signs}]}}


@pytest.mark.parametrize(
    ("concept", "parts", "expected"),
    [
        # from the examination
        ("absent_sensation", area("knee_front_l", negative=["touch_loss"]), UNKNOWN),
        ("site_face_scalp_mucosa", area("temple_l"), YES),
        ("site_face_scalp_mucosa", area("knee_front_l"), NO),
        ("site_face_scalp_mucosa", {"pain": {"areas": [{"descriptors": ["burning"]}]}}, UNKNOWN),
        # from the conditions of the pain
        ("pdn", {"pain": {"conditions": ["dpn"]}}, YES),
        ("diabetes", {"pain": {"conditions": ["dpn"]}}, YES),
        ("pdn", {"pain": {"conditions": ["phn"]}}, NO),
        ("pdn", {"pain": {}}, UNKNOWN),
        ("radiculopathy", {"pain": {"conditions": ["thoracic_radiculopathy"]}}, YES),
        # from the medicine list
        ("anticoagulant_antiplatelet", on_list("apixaban"), YES),
        ("anticoagulant_antiplatelet", on_list("paracetamol"), NO),
        ("anticoagulant_antiplatelet", on_list("paracetamol", reviewed=False), UNKNOWN),
        ("anticoagulant_antiplatelet", {}, UNKNOWN),
        ("diabetes_hypo_risk", on_list("gliclazide"), YES),
        ("cancer_on_neurotoxic_chemo", on_list("paclitaxel", reviewed=False), YES),
        ("immunosuppressed", on_list("paclitaxel"), YES),
        ("maoi_within_14_days", on_list("phenelzine"), YES),
        ("maoi_within_14_days", on_list({"name": "phenelzine", "stopped": "2026-02-20"}), YES),
        ("maoi_within_14_days", on_list({"name": "phenelzine", "stopped": "2026-02-10"}), NO),
        ("maoi_within_14_days", on_list(reviewed=False), UNKNOWN),
        ("opioid_withdrawal", on_list({"name": "codeine", "stopped": "2026-02-21"}), YES),
        ("opioid_withdrawal", on_list({"name": "codeine", "stopped": "2026-02-19"}), NO),
        ("opioid_dependence_current", on_list({"name": "methadone", "purpose": "opioid_use_disorder"}), YES),
        ("opioid_use_disorder_history", on_list({"name": "methadone", "purpose": "opioid_use_disorder"}), YES),
        # from the allergy list
        ("hypersensitivity_aromatic_anticonvulsant", allergic("Tegretol"), YES),
        ("hypersensitivity_aromatic_anticonvulsant", allergic("amitriptyline"), YES),
        ("hypersensitivity_aromatic_anticonvulsant", allergic("tricyclics"), YES),
        ("hypersensitivity_aromatic_anticonvulsant", allergic("penicillin"), NO),
        ("hypersensitivity_aromatic_anticonvulsant", {}, UNKNOWN),
        ("rash_history_antiepileptic", allergic("lamotrigine", reaction="widespread rash"), YES),
        ("rash_history_antiepileptic", allergic("lamotrigine", reaction="dizzy"), UNKNOWN),
        ("amide_anaesthetic_allergy", allergic("lidocaine patch"), YES),
        ("local_anaesthetic_allergy", allergic("bupivacaine"), YES),
        ("local_anaesthetic_allergy", allergic("iodinated contrast"), YES),
        ("local_anaesthetic_allergy", allergic(), NO),
        ("metal_allergy", allergic("Nickel"), YES),
        ("metal_allergy", allergic("nickelodeon"), NO),
        ("skin_adhesive_allergy", allergic("plasters"), YES),
        ("skin_adhesive_allergy", {}, UNKNOWN),
        # from measurements
        ("ckd_advanced", labs(measured("egfr", 29, "mL/min/1.73m2")), YES),
        ("ckd_advanced", labs(measured("egfr", 30, "mL/min/1.73m2")), UNKNOWN),
        ("ckd_advanced", {**labs(measured("egfr", 30, "mL/min/1.73m2")), "health": {"absent": ["dialysis"]}}, NO),
        ("ckd_advanced", labs(measured("crcl", 29, "mL/min")), YES),
        ("ckd_advanced", {"health": {"present": ["dialysis"]}}, YES),
        ("bone_marrow_suppression", labs(measured("platelets", 49, "10*9/L")), YES),
        ("bone_marrow_suppression", labs(measured("platelets", 200, "10*9/L")), UNKNOWN),
        ("platelets_low", labs(measured("platelets", 50, "10*9/L")), NO),
        ("bleeding_disorder", labs(measured("platelets", 49, "10*9/L")), YES),
        ("neutropenia", labs(measured("neutrophils", 0.9, "10*9/L")), YES),
        ("neutropenia", labs(measured("neutrophils", 1000, "/uL")), NO),
        ("hepatic_impairment", labs(measured("child_pugh_score", 5, "{score}")), YES),
        ("severe_hepatic_impairment", labs(measured("child_pugh_score", 10, "{score}")), YES),
        ("severe_hepatic_impairment", labs(measured("child_pugh_score", 9, "{score}")), NO),
        ("hyponatraemia", labs(measured("sodium", 134, "mmol/L")), YES),
        ("hyponatraemia", labs(measured("sodium", 140, "mmol/L")), UNKNOWN),
        ("obesity", labs(measured("weight", 112, "kg"), measured("height", 176, "cm")), YES),
        ("obesity", labs(measured("weight", 70, "kg"), measured("height", 176, "cm")), NO),
        ("uncontrolled_diabetes", labs(measured("hba1c", 10.1, "%")), YES),
        ("uncontrolled_diabetes", labs(measured("hba1c", 10, "%")), NO),
        ("uncontrolled_hypertension", labs(measured("systolic_bp", 160, "mmHg")), YES),
        ("uncontrolled_hypertension", labs(measured("diastolic_bp", 100, "mmHg")), YES),
        ("uncontrolled_hypertension", labs(measured("systolic_bp", 150, "mmHg")), UNKNOWN),
        ("high_fall_risk", labs(measured("tug", 12, "s")), YES),
        ("high_fall_risk", labs(measured("tug", 8, "s")), UNKNOWN),
        ("high_fall_risk", labs(measured("falls_12_months", 2, "{count}")), YES),
        ("falls_risk", labs(measured("tug", 12, "s")), YES),
        ("falls_risk", labs(measured("falls_12_months", 1, "{count}")), YES),
        ("long_qt_syndrome", labs(measured("qtc", 520, "ms")), UNKNOWN),
        # from instruments
        ("falls_risk", instrument("falls_screen", answers=[0, 0, 0]), NO),
        ("falls_risk", instrument("falls_screen", answers=[0, 1, None]), YES),
        ("falls_risk", instrument("falls_screen", answers=[0, None, 0]), UNKNOWN),
        ("falls_risk", instrument("falls_screen", "2025-08-01", answers=[1, 1, 0]), UNKNOWN),
        ("frailty", instrument("cfs", total=5), YES),
        ("frailty", instrument("cfs", total=4), NO),
        ("sleep_apnoea", instrument("stop_bang", total=5), UNKNOWN),
        ("suicidality", instrument("phq9", answers=[0, 0, 0, 0, 0, 0, 0, 0, 1]), YES),
        ("untreated_major_psychiatric", instrument("phq9", answers=[0, 0, 0, 0, 0, 0, 0, 0, 1]), YES),
        ("suicidality", instrument("phq9", answers=[0, 0, 0, 0, 0, 0, 0, 0, 0]), UNKNOWN),
        ("suicidality", instrument("phq9", "2026-02-15", answers=[0, 0, 0, 0, 0, 0, 0, 0, 3]), UNKNOWN),
        ("heavy_alcohol_use", {**patient("male"), **instrument("audit_c", answers=[1, 1, 1])}, NO),
        ("heavy_alcohol_use", {**patient("female"), **instrument("audit_c", answers=[1, 1, 1])}, UNKNOWN),
        ("heavy_alcohol_use", {**patient("other"), **instrument("audit_c", answers=[1, 1, 1])}, UNKNOWN),
        ("heavy_alcohol_use", {**patient("unknown"), **instrument("audit_c", answers=[1, 1, 0])}, NO),
        # from who the patient is
        ("pregnancy", patient(pregnancy="pregnant"), YES),
        ("childbearing_potential", patient(pregnancy="pregnant"), YES),
        ("no_highly_effective_contraception", patient(pregnancy="trying"), YES),
        ("pregnancy", patient(pregnancy="no"), NO),
        ("pregnancy", patient(pregnancy="unknown"), UNKNOWN),
        ("pregnancy", patient(), UNKNOWN),
        ("pregnancy", patient("male"), NO),
        ("breastfeeding", patient("male"), NO),
        ("breastfeeding", patient(pregnancy="breastfeeding"), YES),
        ("childbearing_potential", patient("male"), NO),
        ("childbearing_potential", patient(age=55), NO),
        ("childbearing_potential", patient(age=54), UNKNOWN),
        ("no_highly_effective_contraception", patient(age=60), NO),
        # from wishes, red flags and other concepts
        ("needle_phobia", {"preferences": ["needle_phobia"]}, YES),
        ("needle_phobia", {"preferences": []}, UNKNOWN),
        ("safety_critical_job", {"preferences": ["drives_for_work"]}, YES),
        ("foot_ulcer_charcot", {"health": {"red_flags": {"present": ["rf_diabetic_foot"]}}}, YES),
        ("foot_ulcer_or_severe_pvd", {"health": {"red_flags": {"present": ["rf_diabetic_foot"]}}}, YES),
        ("foot_ulcer_charcot", {"health": {"red_flags": {"absent": ["rf_diabetic_foot"]}}}, NO),
        ("recent_trauma_unstable", {"health": {"red_flags": {"present": ["rf_cord"]}}}, YES),
        ("recent_trauma_unstable", {"health": {"red_flags": {"absent": ["rf_cord", "rf_ces"]}}}, UNKNOWN),
        ("severe_obstructive_airways_disease", {"health": {**REVIEWED, "present": ["respiratory_disease"]}}, UNKNOWN),
        ("severe_obstructive_airways_disease", {"health": REVIEWED}, NO),
        ("opioid_dependence_current", {"health": {**REVIEWED, "present": ["opioid_use_disorder_history"]}}, UNKNOWN),
        ("hla_b_1502_at_risk_ancestry_untested", {"health": {"absent": ["hla_b_1502_positive"]}}, NO),
        ("hla_b_1502_at_risk_ancestry_untested", {"health": {"present": ["hla_b_1502_positive"]}}, NO),
        ("hla_b_1502_positive", {"health": {"absent": ["hla_b_1502_at_risk_ancestry_untested"]}}, NO),
        ("hla_b_1502_positive", {}, UNKNOWN),
        ("thiamine_deficiency_risk", {"health": {"present": ["alcohol_dependence"]}}, YES),
        ("severe_cardiac_impairment", {"health": {"present": ["nyha_3_4"]}}, YES),
        ("cardiac_disease", {"health": {"present": ["nyha_3_4"]}}, YES),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_a_concept_present_absent_or_unknown(concept: str, parts: dict[str, Any], expected: Truth) -> None:
    assert truth(facts_of(**parts), concept) is expected


# --- the order --------------------------------------------------------------------------------------------------------


def test_a_reviewed_problem_list_closes_what_it_closes_and_nothing_else() -> None:
    facts = facts_of(health=REVIEWED)
    assert truth(facts, "heart_failure") is NO
    assert facts.provenance["heart_failure"].origin is Origin.LIST_REVIEWED
    assert truth(facts, "suicidality") is UNKNOWN
    assert truth(facts, "frailty") is UNKNOWN


def test_an_open_problem_list_settles_nothing() -> None:
    assert truth(facts_of(health={"present": ["diabetes"]}), "heart_failure") is UNKNOWN


def test_stated_unknown_outlasts_a_reviewed_list_and_spreads() -> None:
    facts = facts_of(health={**REVIEWED, "unknown": ["dementia"]})
    assert truth(facts, "dementia") is UNKNOWN
    assert truth(facts, "cognitive_impairment") is UNKNOWN


def test_a_stated_absence_stands_against_a_spreading_unknown() -> None:
    facts = facts_of(health={**REVIEWED, "unknown": ["dementia"], "absent": ["cognitive_impairment"]})
    assert truth(facts, "cognitive_impairment") is NO


def test_fresh_data_beat_a_stated_absence_and_say_so() -> None:
    facts = facts_of(health={"absent": ["platelets_low"]}, **labs(measured("platelets", 20, "10*9/L")))
    assert truth(facts, "platelets_low") is YES
    assert [conflict.fact for conflict in facts.conflicts] == ["platelets_low"]


def test_stale_data_do_not_beat_a_stated_absence() -> None:
    facts = facts_of(health={"absent": ["platelets_low"]}, **labs(measured("platelets", 20, "10*9/L", "2026-01-01")))
    assert truth(facts, "platelets_low") is NO
    assert facts.conflicts == ()


def test_an_implied_presence_beats_a_stated_absence_and_says_so() -> None:
    facts = facts_of(health={"present": ["recent_mi"], "absent": ["cardiac_disease"]})
    assert truth(facts, "cardiac_disease") is YES
    assert [conflict.fact for conflict in facts.conflicts] == ["cardiac_disease"]
    assert facts.provenance["cardiac_disease"].because == ("recent_mi",)


def test_absence_never_spreads() -> None:
    facts = facts_of(health={"absent": ["cardiac_disease"]})
    assert truth(facts, "recent_mi") is UNKNOWN


def test_what_is_stated_goes_before_what_data_leave_open() -> None:
    parts = {**patient("male"), **instrument("audit_c", answers=[4, 4, 4])}
    assert truth(facts_of(**parts, health=REVIEWED), "heavy_alcohol_use") is UNKNOWN
    assert truth(facts_of(**parts, health={**REVIEWED, "absent": ["heavy_alcohol_use"]}), "heavy_alcohol_use") is NO


def test_a_doubt_from_data_spreads_like_a_stated_one() -> None:
    parts = {**patient("male"), **instrument("audit_c", answers=[4, 4, 4])}
    assert truth(facts_of(**parts, health=REVIEWED), "thiamine_deficiency_risk") is UNKNOWN


def test_suicidality_stays_until_a_clinician_records_the_assessment() -> None:
    phq9 = {"id": "phq9", "date": "2026-03-01", "answers": [0, 0, 0, 0, 0, 0, 0, 0, 2]}
    followed = {"id": "phq9_item9_followup", "date": "2026-03-02", "answers": ["no", "no", "no", "no", "low", "seen"]}
    absent = {"absent": ["suicidality"]}
    assert truth(facts_of(instruments=[phq9], health=absent), "suicidality") is YES
    assert truth(facts_of(instruments=[phq9, followed]), "suicidality") is YES
    assert truth(facts_of(instruments=[phq9, followed], health=absent), "suicidality") is NO


def test_a_screening_for_sleep_apnoea_older_than_a_year_raises_no_doubt() -> None:
    old = instrument("stop_bang", "2025-02-01", total=6)
    assert truth(facts_of(health=REVIEWED, **old), "sleep_apnoea") is NO
    assert truth(facts_of(health=REVIEWED, **instrument("stop_bang", total=6)), "sleep_apnoea") is UNKNOWN


# --- what follows from concepts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (labs(measured("child_pugh_score", 6, "{score}")), "a"),
        (labs(measured("child_pugh_score", 7, "{score}")), "b"),
        ({"health": {"present": ["severe_hepatic_impairment"]}}, "c"),
        ({"health": {"absent": ["chronic_liver_disease", "hepatic_impairment"]}}, "none"),
        ({"health": {"absent": ["chronic_liver_disease"]}}, None),
        ({"health": {**REVIEWED, "present": ["chronic_liver_disease"]}}, None),
        ({}, None),
    ],
)
def test_the_child_pugh_class(parts: dict[str, Any], expected: str | None) -> None:
    assert facts_of(**parts).get("child_pugh_class") == expected


@pytest.mark.parametrize(
    ("health", "expected"), [({"present": ["dialysis"]}, "haemodialysis"), (REVIEWED, "none"), ({}, None)]
)
def test_the_kind_of_dialysis(health: dict[str, Any], expected: str | None) -> None:
    assert facts_of(health=health).get("dialysis_type") == expected


def test_red_flags_are_as_answered() -> None:
    facts = facts_of(health={"red_flags": {"present": ["rf_malignancy"], "absent": ["rf_ces"]}})
    assert [truth(facts, name) for name in ("rf_malignancy", "rf_ces", "rf_cord")] == [YES, NO, UNKNOWN]
    assert truth(facts, "red_flag_emergency") is UNKNOWN


def test_an_emergency_is_one_flag_that_stops_or_none_of_them() -> None:
    stopping = ["rf_ces", "rf_cord", "rf_infection", "rf_gbs", "rf_gca", "rf_limb_ischaemia", "rf_diabetic_foot"]
    stopping += ["rf_zoster_eye", "rf_suicide", "rf_aaa_visceral"]
    assert truth(facts_of(health={"red_flags": {"present": ["rf_gca"]}}), "red_flag_emergency") is YES
    assert truth(facts_of(health={"red_flags": {"absent": stopping}}), "red_flag_emergency") is NO


def test_a_painted_saddle_with_loss_is_a_cauda_equina_until_answered() -> None:
    saddle = area("perianal_l", "perianal_r", negative=["touch_loss"])
    assert truth(facts_of(**saddle), "red_flag_emergency") is YES
    assert truth(facts_of(**saddle, health={"red_flags": {"absent": ["rf_ces"]}}), "rf_ces") is NO
    assert truth(facts_of(**area("perianal_l", "perianal_r")), "rf_ces") is UNKNOWN
