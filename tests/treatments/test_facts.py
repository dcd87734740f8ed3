"""Facts of the pain, of measurements and of instruments; freshness; and what must hold for every patient."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patients.measurements import convert, kinds
from rules.facts import FactSet, Value
from rules.strict_yaml import load
from rules.truth import Truth
from tests.treatments.cases import DAY, LIBRARY, case_of, facts_of, measured, medicines
from treatments.case import Case
from treatments.case_reading import load_case
from treatments.fact_content import shipped_fact_content
from treatments.facts import facts_from_case
from treatments.patient_facts import Origin, PatientFacts


def days_ago(days: int) -> str:
    return str(date.fromisoformat(DAY) - timedelta(days=days))


def members(facts: PatientFacts, name: str) -> set[str]:
    value = facts.get(name)
    assert isinstance(value, FactSet)
    return set(value.members)


def area(*regions: str, **rest: Any) -> dict[str, Any]:
    return {**({"regions": list(regions)} if regions else {}), **rest}


def pain(*areas: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"pain": {"areas": list(areas), **rest}}


# --- measurements and freshness ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(kinds()))
def test_every_measurement_counts_on_its_last_day_and_not_after(code: str) -> None:
    kind = kinds()[code]
    # Good kidneys: with weak ones creatinine counts for a shorter time, which has a test of its own.
    middle = 60.0 if code == "creatinine" else float((kind.low + kind.high) / 2)
    limit = kind.freshness_days
    fresh = facts_of(measurements=[measured(code, middle, kind.unit, days_ago(limit or 3650))])
    assert not fresh.stale
    if limit is not None:
        stale = facts_of(measurements=[measured(code, middle, kind.unit, days_ago(limit + 1))])
        assert [(item.code, item.age_days, item.limit_days) for item in stale.stale] == [(code, limit + 1, limit)]


def test_a_stale_value_is_unknown_shown_and_marked() -> None:
    facts = facts_of(measurements=[measured("sodium", 131, "mmol/L", "2025-01-01")])
    assert facts.get("sodium_mmol_l") is None
    (stale,) = facts.stale
    assert (stale.fact, stale.value, stale.unit, stale.path) == ("sodium_mmol_l", 131, "mmol/L", "measurements[0]")
    assert facts.provenance["sodium_mmol_l"].stale is True


def test_only_the_newest_value_of_a_code_counts() -> None:
    rows = [measured("sodium", 128, "mmol/L", "2026-01-01"), measured("sodium", 139, "mmol/L", "2026-02-01")]
    facts = facts_of(measurements=[*rows, measured("sodium", 120, "mmol/L", "2024-02-01")])
    assert facts.get("sodium_mmol_l") == 139
    assert facts.stale == ()
    assert facts.provenance["sodium_mmol_l"].path == "measurements[1]"


@pytest.mark.parametrize(
    ("age", "creatinine", "days", "known"),
    [(50, 70, 300, True), (75, 70, 183, True), (75, 70, 184, False), (50, 140, 183, True), (50, 140, 184, False)],
)
def test_creatinine_counts_for_half_a_year_with_weak_kidneys_or_from_75(
    age: int, creatinine: float, days: int, known: bool
) -> None:
    rows = [measured("creatinine", creatinine, "umol/L", days_ago(days)), measured("weight", 70, "kg")]
    facts = facts_of(patient={"age_years": age, "sex": "female"}, measurements=rows)
    assert ("crcl_ml_min" in facts.values) is known
    assert facts.provenance["crcl_ml_min"].stale is not known


@pytest.mark.parametrize("code", sorted(kinds()))
@given(data=st.data())
@settings(max_examples=20)
def test_units_of_one_measurement_say_the_same(code: str, data: st.DataObject) -> None:
    kind = kinds()[code]
    margin = float(kind.high - kind.low) * 0.01
    value = data.draw(st.floats(float(kind.low) + margin, float(kind.high) - margin))
    for unit in kind.units:
        there = (value - float(unit.offset)) / float(unit.factor)
        back = float(convert(code, there, unit.name).canonical_value)
        assert back == pytest.approx(value, rel=1e-5, abs=1e-5)


# --- the pain ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ([area("knee_front_l", localised=True)], True),
        ([area("knee_front_l", localised=False)], False),
        ([area("upper_arm_medial_l", "chest_upper_l")], True),
        ([area("upper_arm_medial_l"), area("upper_arm_medial_r")], True),
        ([area("toes_plantar_l", "toes_plantar_r")], False),
        ([area(descriptors=["burning"])], None),
        ([area("knee_front_l", localised=True), area(descriptors=["burning"])], None),
        ([area("knee_front_l", localised=True), area("knee_front_r", localised=False)], False),
    ],
)
def test_whether_the_pain_is_localised(areas: list[dict[str, Any]], expected: bool | None) -> None:
    assert facts_of(**pain(*areas)).get("localised") is expected


def test_several_localised_areas_must_be_small_together() -> None:
    many = [area("knee_front_l", "shin_medial_l", "shin_lateral_l", "foot_dorsum_l", localised=True)]
    many += [area("knee_front_r", "shin_medial_r", "shin_lateral_r", localised=True)]
    assert facts_of(**pain(*many)).get("localised") is False


def test_words_and_signs_are_united_over_areas() -> None:
    facts = facts_of(
        **pain(
            area(descriptors=["burning"], not_descriptors=["electric", "itching"]),
            area(descriptors=["electric"], not_descriptors=["itching"]),
        )
    )
    value = facts.get("descriptors")
    assert isinstance(value, FactSet)
    answers = {word: value.contains(word) for word in ("burning", "electric", "itching", "aching")}
    assert answers == {"burning": Truth.YES, "electric": Truth.YES, "itching": Truth.NO, "aching": Truth.UNKNOWN}


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ([area(pattern="attacks_only")], "attacks_only"),
        ([area(pattern="attacks_only", intensity=3), area(pattern="continuous", intensity=7)], "continuous"),
        ([area(pattern="attacks_only"), area(pattern="continuous")], None),
        ([area(pattern="attacks_only"), area(pattern="attacks_only")], "attacks_only"),
        ([area()], None),
    ],
)
def test_the_time_pattern_is_that_of_the_worst_area(areas: list[dict[str, Any]], expected: str | None) -> None:
    assert facts_of(**pain(*areas)).get("temporal_pattern") == expected


def test_the_distribution_says_how_it_was_found() -> None:
    facts = facts_of(**pain(area("cheek_upper_lip_r", "chin_jaw_r")))
    assert facts.get("distribution") == "trigeminal"
    detail = facts.derived["distribution"].detail
    assert isinstance(detail, dict)
    assert (detail["side"], detail["divisions"]) == ("right", ["V2", "V3"])


def test_an_area_without_regions_leaves_the_distribution_open() -> None:
    facts = facts_of(**pain(area("knee_front_l"), area(descriptors=["burning"])))
    assert not {"distribution", "regions", "body_map_flags"} & facts.values.keys()


@pytest.mark.parametrize(
    ("grading", "expected"),
    [
        ({}, "undetermined"),
        ({"c1_history": "yes"}, "undetermined"),
        ({"c1_history": "no", "c2_distribution": "yes"}, "unlikely"),
        ({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "not_examined"}, "possible"),
        ({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes"}, "probable"),
        ({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes", "c4_test": "yes"}, "definite"),
    ],
)
def test_the_certainty_grade(grading: dict[str, str], expected: str) -> None:
    assert facts_of(pain={"grading": grading}).get("certainty_grade") == expected


UNLIKELY = {"c1_history": "no", "c2_distribution": "no"}
RADICULAR = ["postsurgical_np", "radiculopathy_lumbosacral"]


@pytest.mark.parametrize(
    ("parts", "group", "expected"),
    [
        ({"pain": {"conditions": ["phn"]}}, "general_peripheral", Truth.YES),
        ({"pain": {"conditions": ["phn"], "grading": UNLIKELY}}, "general_peripheral", Truth.NO),
        ({"pain": {"conditions": ["trigeminal_neuralgia"]}}, "general_peripheral", Truth.NO),
        ({"pain": {"conditions": ["cpsp"]}}, "central", Truth.YES),
        ({"pain": {"conditions": ["phn"]}}, "central", Truth.NO),
        ({"pain": {"conditions": RADICULAR}}, "psps2", Truth.YES),
        ({"pain": {"conditions": ["phn"]}}, "localized_peripheral", Truth.UNKNOWN),
        (pain(area("chest_mid_l", localised=True), conditions=["phn"]), "localized_peripheral", Truth.YES),
        (pain(area("chest_mid_l", localised=False), conditions=["phn"]), "localized_peripheral", Truth.NO),
        ({"pain": {"conditions": ["cipn"]}}, "cancer_related", Truth.YES),
        ({"pain": {"conditions": ["phn"]}}, "cancer_related", Truth.UNKNOWN),
        (
            {"pain": {"conditions": ["phn"]}, "health": {"present": ["bone_metastases"]}},
            "cancer_related",
            Truth.YES,
        ),
        (
            {
                "pain": {"conditions": ["phn"]},
                "health": {"problem_list_reviewed": True},
                "medications": medicines("metformin"),
            },
            "cancer_related",
            Truth.NO,
        ),
    ],
)
def test_condition_groups(parts: dict[str, Any], group: str, expected: Truth) -> None:
    value = facts_of(**parts).get("condition_groups")
    assert isinstance(value, FactSet)
    assert value.contains(group) is expected


@pytest.mark.parametrize(
    ("parts", "phenotype", "expected"),
    [
        (pain(area("knee_front_l", descriptors=["stabbing"])), "shooting", Truth.YES),
        (pain(area("knee_front_l", not_descriptors=["stabbing"])), "shooting", Truth.NO),
        (pain(area("knee_front_l", evoked=["dma"])), "mechanical_allodynia", Truth.YES),
        (pain(area("knee_front_l", descriptors=["pins_needles"])), "tingling", Truth.YES),
        (pain(area("toes_plantar_l", "toes_plantar_r")), "diffuse_distal", Truth.YES),
        (pain(area("knee_front_l")), "diffuse_distal", Truth.NO),
        ({"pain": {"conditions": ["crps"]}}, "autonomic_trophic", Truth.YES),
        ({}, "any", Truth.YES),
        ({}, "burning", Truth.UNKNOWN),
    ],
)
def test_therapy_phenotypes(parts: dict[str, Any], phenotype: str, expected: Truth) -> None:
    value = facts_of(**parts).get("therapy_phenotypes")
    assert isinstance(value, FactSet)
    assert value.contains(phenotype) is expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"pain": {"conditions": ["trigeminal_neuralgia"]}, "patient": {"age_years": 39, "sex": "male"}}, True),
        ({"pain": {"conditions": ["trigeminal_neuralgia"]}, "patient": {"age_years": 40, "sex": "male"}}, None),
        ({"pain": {"conditions": ["trigeminal_neuralgia", "ms_np"]}}, True),
        (
            {
                "pain": {"conditions": ["trigeminal_neuralgia", "ms_np"]},
                "health": {"red_flags": {"absent": ["rf_secondary_tn"]}},
            },
            False,
        ),
    ],
)
def test_a_trigger_raises_a_red_flag_that_nobody_answered(parts: dict[str, Any], expected: bool | None) -> None:
    assert facts_of(**parts).get("rf_secondary_tn") is expected


# --- instruments ------------------------------------------------------------------------------------------------------


def test_a_score_is_a_fact_with_band_date_and_answers() -> None:
    answers = [2, 2, 2, 2, 1, 1, 2, 0, 0]
    facts = facts_of(instruments=[{"id": "phq9", "date": "2026-03-01", "answers": answers}])
    assert (facts.get("phq9_total"), facts.get("phq9_item9")) == (12, 0)
    entry = facts.derived["phq9_total"]
    assert (entry.band, str(entry.date), entry.inputs) == ("moderate", "2026-03-01", {"answers": answers})


def test_a_form_that_cannot_be_scored_is_unknown_and_says_why() -> None:
    answers = [1, None, None, None, 1, 1, 1, 1, 0]
    facts = facts_of(instruments=[{"id": "phq9", "date": "2026-03-01", "answers": answers}])
    assert facts.get("phq9_total") is None
    assert facts.scores["phq9"].scorable is False
    assert facts.derived["phq9_total"].value is None
    assert facts.derived["phq9_total"].detail == {"not_scorable": "not scorable, items 2-4 missing"}


def test_item_nine_is_never_imputed() -> None:
    answers = [3, 3, 3, 3, 3, 3, 3, 3, None]
    facts = facts_of(instruments=[{"id": "phq9", "date": "2026-03-01", "answers": answers}])
    assert facts.get("phq9_item9") is None


def test_a_stale_score_is_unknown_but_kept_for_reading() -> None:
    facts = facts_of(instruments=[{"id": "gad7", "date": days_ago(29), "total": 9}])
    assert facts.get("gad7_total") is None
    assert (facts.scores["gad7"].total, facts.scores["gad7"].stale) == (9, True)
    assert [(item.code, item.value) for item in facts.stale] == [("gad7", 9)]


def test_a_rating_scale_fills_what_the_assessment_left_open() -> None:
    scale = {"id": "nrs", "date": "2026-03-01", "answers": [5, 8, 2, 6]}
    facts = facts_of(pain={"nrs": {"now": 4}}, instruments=[scale])
    assert [facts.get(f"nrs_{which}") for which in ("now", "worst", "least", "average")] == [4, 8, 2, 6]
    bare = facts_of(instruments=[{"id": "nrs", "date": "2026-03-01", "total": 6}])
    assert bare.get("nrs_average") == 6


def test_a_settled_screener_gives_no_total_that_nobody_counted() -> None:
    """Three yes settle the high risk; how many there are is not known, and no rule reads a number from it."""
    settled = {"id": "ort_oud", "date": "2026-03-01", "answers": [1, 1, 1, *[None] * 6]}
    facts = facts_of(instruments=[settled])
    assert facts.get("ort_oud_total") is None
    assert (facts.scores["ort_oud"].total, facts.scores["ort_oud"].scorable) == (None, False)
    # The rule of the falls questions counts what was answered; one yes is enough.
    falls = {"id": "falls_screen", "date": "2026-03-01", "answers": [1, None, None]}
    assert facts_of(instruments=[falls]).get("falls_screen_total") == 1


def test_a_checklist_is_met_unmet_or_open() -> None:
    def met(answers: list[Any]) -> Value | None:
        row = {"id": "crps_budapest", "date": "2026-03-01", "answers": answers}
        return facts_of(instruments=[row]).get("crps_budapest_met")

    assert met(["none", "none", "none", "none"]) is False
    assert met(["both", "both", "both", "both"]) is None
    assert facts_of(instruments=[{"id": "wpi_sss", "date": "2026-03-01", "met": True}]).get("wpi_sss_met") is True


# --- who, where, and how it is kept -----------------------------------------------------------------------------------


def test_a_man_without_a_pregnancy_status_has_one() -> None:
    assert facts_of(patient={"age_years": 50, "sex": "male"}).get("pregnancy_status") == "not_applicable"
    assert facts_of(patient={"age_years": 50, "sex": "female"}).get("pregnancy_status") is None


def test_who_prescribes_where() -> None:
    assert facts_of().get("prescriber_setting") == "non_specialist"
    facts = facts_of(setting={"prescriber": "specialist", "region": "us"})
    assert (facts.get("prescriber_setting"), facts.region) == ("specialist", "us")


def test_every_value_says_where_it_comes_from() -> None:
    for path in sorted((LIBRARY / "valid").glob("*.yaml")):
        case = load_case(path.read_bytes())
        assert isinstance(case, Case)
        facts = facts_from_case(case)
        assert facts.values.keys() <= facts.provenance.keys()
        assert not any(facts.provenance[name].stale for name in facts.values)


def test_provenance_names_the_place_and_the_date() -> None:
    facts = facts_of(measurements=[measured("weight", 70, "kg", "2026-02-01")], health={"present": ["diabetes"]})
    weight, diabetes = facts.provenance["weight_kg"], facts.provenance["diabetes"]
    assert (weight.origin, weight.path, weight.date) == (Origin.MEASURED, "measurements[0]", date(2026, 2, 1))
    assert (diabetes.origin, diabetes.path) == (Origin.STATED, "health.present[0]")


def test_facts_can_be_pickled_for_another_process() -> None:
    facts = facts_of(medications=medicines("sertraline"), measurements=[measured("weight", 70, "kg")])
    assert pickle.loads(pickle.dumps(facts)).canonical_text() == facts.canonical_text()


def test_whole_numbers_are_written_the_same_however_they_came() -> None:
    one = case_of(medications=medicines({"name": "morphine", "daily_dose": 60, "unit": "mg"}))
    other = case_of(medications=medicines({"name": "morphine", "daily_dose": 60.0, "unit": "mg"}))
    assert facts_from_case(one).canonical_text() == facts_from_case(other).canonical_text()


# --- for every patient ------------------------------------------------------------------------------------------------

VALID = [load(path.read_text(encoding="utf-8")) for path in sorted((LIBRARY / "valid").glob("*.yaml"))]
PARTS = ("pain", "health", "medications", "measurements", "instruments", "trials", "preferences", "setting")
# What the record says about itself, and what a setting that was not given stands for: known without being told.
ALWAYS_KNOWN = {
    "age_years",
    "sex",
    "pregnancy_status",
    "prescriber_setting",
    "medications_reviewed",
    "problem_list_reviewed",
    "allergy_list_given",
    "therapy_phenotypes",
}


def facts_in(data: dict[str, Any]) -> PatientFacts:
    case = load_case(json.dumps(data))
    assert isinstance(case, Case), [problem.to_json() for problem in case]
    return facts_from_case(case)


def test_a_case_that_says_nothing_gives_no_facts() -> None:
    known = facts_of().values.keys() - ALWAYS_KNOWN
    by_age_and_sex = {"childbearing_potential", "pregnancy", "breastfeeding", "no_highly_effective_contraception"}
    assert known <= by_age_and_sex


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(VALID), st.sampled_from(PARTS))
def test_leaving_a_part_out_never_turns_yes_into_no(data: dict[str, Any], part: str) -> None:
    """Less said is less known: a yes-or-no fact that both know is the same, apart from the documented exceptions.

    Exceptions: what the record says about itself; and presence beats an absence that was stated or that a reviewed
    list gave.
    """
    whole = facts_in(data)
    less = facts_in({key: value for key, value in data.items() if key != part})
    for name, value in less.values.items():
        if name in ALWAYS_KNOWN or not isinstance(value, bool) or name not in whole.values:
            continue
        if value is False and whole.values[name] is True:
            assert less.provenance[name].origin in (Origin.STATED, Origin.LIST_REVIEWED)
        else:
            assert whole.values[name] is value, name


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([data for data in VALID if data.get("measurements")]), st.data())
def test_leaving_a_measurement_out_leaves_its_fact_unknown(data: dict[str, Any], draw: st.DataObject) -> None:
    codes = sorted({row["code"] for row in data["measurements"]})
    code = draw.draw(st.sampled_from(codes))
    rest = [row for row in data["measurements"] if row["code"] != code]
    facts = facts_in({**data, "measurements": rest})
    for name, wanted in shipped_fact_content().measured_facts.items():
        if wanted == code and not (name == "qtc_ms" and any(row["code"] == "qt" for row in rest)):
            assert name not in facts.values
    if code in ("creatinine", "weight") and "crcl" not in codes:
        assert "crcl_ml_min" not in facts.values


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(VALID), st.integers(0, 4000))
def test_as_days_pass_facts_only_go_missing(data: dict[str, Any], days: int) -> None:
    """Waiting adds nothing: what is known later from measurements and scores was known before, with the same value."""
    later = copy.deepcopy(data)
    later["as_of"] = str(date.fromisoformat(data["as_of"]) + timedelta(days=days))
    now, then = facts_in(data), facts_in(later)
    for name, provenance in then.provenance.items():
        if provenance.origin in (Origin.MEASURED, Origin.SCORED) and name in then.values:
            assert now.values[name] == then.values[name]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(VALID))
def test_facts_always_fit_the_vocabulary_and_come_back(data: dict[str, Any]) -> None:
    facts = facts_in(data)
    assert shipped_fact_content().vocabulary.problems(facts.values) == []
    assert PatientFacts.from_json(json.loads(facts.canonical_text())).canonical_text() == facts.canonical_text()
