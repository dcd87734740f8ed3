"""The formulas against worked examples that others published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.strict_yaml import load
from tests.treatments.cases import facts_of, measured, medicines
from treatments.derived import body_mass_index, child_pugh_class
from treatments.fact_content import shipped_fact_content

EXAMPLES = load((Path(__file__).parent / "data" / "worked_examples.yaml").read_text(encoding="utf-8"))
FORMULAS = shipped_fact_content().formulas
UMOL_PER_MG = 88.4

sexes = st.sampled_from(["female", "male"])
ages = st.integers(18, 100)
weights = st.floats(30, 200)
creatinines = st.floats(20, 1500)


def approx(row: dict[str, Any]) -> Any:
    return pytest.approx(row["expected"], abs=row["within"])


@pytest.mark.parametrize("row", EXAMPLES["cockcroft_gault"], ids=lambda row: str(row["expected"]))
def test_creatinine_clearance_meets_published_examples(row: dict[str, Any]) -> None:
    creatinine = row["creatinine_mg_dl"] * UMOL_PER_MG
    found = FORMULAS.cockcroft_gault.clearance(row["age"], row["weight_kg"], creatinine, row["sex"])
    assert found == approx(row)


@pytest.mark.parametrize("row", EXAMPLES["ckd_epi_2021"], ids=lambda row: str(row["expected"]))
def test_estimated_gfr_meets_published_examples(row: dict[str, Any]) -> None:
    found = FORMULAS.ckd_epi_2021.egfr(row["age"], row["creatinine_mg_dl"] * UMOL_PER_MG, row["sex"])
    assert found == approx(row)


@pytest.mark.parametrize("row", EXAMPLES["fridericia"], ids=lambda row: str(row["expected"]))
def test_corrected_qt_meets_published_examples(row: dict[str, Any]) -> None:
    assert FORMULAS.fridericia.qtc(row["qt_ms"], row["pulse"]) == approx(row)


@pytest.mark.parametrize("row", EXAMPLES["mme"], ids=lambda row: str(row["expected"]))
def test_opioid_load_meets_the_cdc_examples(row: dict[str, Any]) -> None:
    assert facts_of(medications=medicines(*row["items"])).get("mme_per_day") == pytest.approx(row["expected"])


def test_body_mass_index_is_weight_over_height_squared() -> None:
    assert body_mass_index(112, 176) == pytest.approx(36.157, abs=0.001)


@pytest.mark.parametrize(("score", "letter"), [(5, "a"), (6, "a"), (7, "b"), (9, "b"), (10, "c"), (15, "c")])
def test_child_pugh_classes_part_at_seven_and_ten(score: float, letter: str) -> None:
    assert child_pugh_class(score, FORMULAS.child_pugh_classes) == letter


@given(ages, weights, creatinines)
def test_another_sex_gets_the_lower_of_both_results(age: int, weight: float, creatinine: float) -> None:
    both = [FORMULAS.cockcroft_gault.clearance(age, weight, creatinine, sex) for sex in ("female", "male")]
    assert FORMULAS.cockcroft_gault.clearance(age, weight, creatinine, "other") == min(both)
    both = [FORMULAS.ckd_epi_2021.egfr(age, creatinine, sex) for sex in ("female", "male")]
    assert FORMULAS.ckd_epi_2021.egfr(age, creatinine, "other") == min(both)


@given(ages, weights, creatinines, sexes)
def test_weaker_kidneys_never_raise_the_clearance(age: int, weight: float, creatinine: float, sex: str) -> None:
    formula = FORMULAS.cockcroft_gault
    assert formula.clearance(age, weight, creatinine * 1.1, sex) <= formula.clearance(age, weight, creatinine, sex)


def test_the_derived_entry_says_formula_inputs_and_date() -> None:
    facts = facts_of(
        measurements=[measured("creatinine", 100, "umol/L", "2026-02-01"), measured("weight", 70, "kg")],
    )
    entry = facts.derived["crcl_ml_min"]
    assert entry.formula == "Cockcroft-Gault"
    assert entry.inputs == {"age_years": 50, "sex": "female", "weight_kg": 70, "creatinine_umol_l": 100}
    assert (entry.unit, str(entry.date)) == ("mL/min", "2026-02-01")
    assert facts.get("renal_metric") == "crcl_ml_min"


def test_a_measured_clearance_wins_over_the_computed_one() -> None:
    labs = [measured("creatinine", 100, "umol/L"), measured("weight", 70, "kg"), measured("crcl", 41, "mL/min")]
    facts = facts_of(measurements=labs)
    assert facts.get("crcl_ml_min") == 41
    assert facts.derived["crcl_ml_min"].formula == "measured"


def test_without_weight_the_egfr_is_what_the_kidney_band_is_read_from() -> None:
    facts = facts_of(measurements=[measured("creatinine", 100, "umol/L")])
    assert facts.get("crcl_ml_min") is None
    assert facts.get("renal_metric") == "egfr"
    assert facts.derived["crcl_ml_min"].value is None
    assert facts.derived["crcl_ml_min"].detail == {"missing": ["weight"]}


def test_a_reported_egfr_counts_only_where_none_can_be_computed() -> None:
    reported = measured("egfr", 33, "mL/min/1.73m2")
    assert facts_of(measurements=[reported]).get("egfr") == 33
    computed = facts_of(measurements=[reported, measured("creatinine", 60, "umol/L")]).get("egfr")
    assert isinstance(computed, float)
    assert computed > 90


@pytest.mark.parametrize("sex", ["unknown"])
def test_without_a_sex_nothing_is_computed_from_creatinine(sex: str) -> None:
    labs = [measured("creatinine", 100, "umol/L"), measured("weight", 70, "kg")]
    facts = facts_of(patient={"age_years": 50, "sex": sex}, measurements=labs)
    assert not {"sex", "crcl_ml_min", "egfr", "renal_metric"} & facts.values.keys()


def test_qt_with_the_pulse_of_the_same_day_gives_qtc() -> None:
    labs = [measured("qt", 400, "ms", "2026-02-20"), measured("pulse", 75, "/min", "2026-02-20")]
    facts = facts_of(measurements=[*labs, measured("pulse", 110, "/min", "2026-02-24")])
    assert facts.get("qtc_ms") == pytest.approx(430.9, abs=0.1)
    assert facts.derived["qtc_ms"].formula == "Fridericia"


def test_qt_with_a_pulse_of_another_day_gives_nothing() -> None:
    labs = [measured("qt", 400, "ms", "2026-02-20"), measured("pulse", 75, "/min", "2026-02-21")]
    assert facts_of(measurements=labs).get("qtc_ms") is None


def test_a_measured_qtc_of_the_same_day_or_later_is_kept() -> None:
    labs = [measured("qt", 400, "ms"), measured("pulse", 75, "/min"), measured("qtc", 512, "ms")]
    assert facts_of(measurements=labs).get("qtc_ms") == 512


def test_weight_and_height_that_do_not_fit_together_count_as_unknown() -> None:
    facts = facts_of(measurements=[measured("weight", 340, "kg"), measured("height", 95, "cm")])
    assert facts.get("bmi") is None
    assert [conflict.fact for conflict in facts.conflicts] == ["bmi"]
