"""The reference meaning, by table. That every other reader agrees with it is tested in test_agreement.py."""

from __future__ import annotations

import inspect

import pytest

from rules import evaluate as module
from rules.evaluate import evaluate
from rules.facts import Facts, FactSet, Value
from rules.parse import parse
from rules.truth import Truth

PATIENT: Facts = {
    "heart_block": False,
    "crcl_ml_min": 30,
    "sex": "female",
    "medication_classes": FactSet.of("ssri", absent=["maoi"]),
    "conditions": FactSet.of("phn", complete=True),
}


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("True", "yes"),
        ("False", "no"),
        ("heart_block", "no"),
        ("dementia", "unknown"),
        ("crcl_ml_min < 30", "no"),
        ("crcl_ml_min <= 30", "yes"),
        ("crcl_ml_min > 29.9", "yes"),
        ("crcl_ml_min >= 30.1", "no"),
        ("crcl_ml_min == 30", "yes"),
        ("crcl_ml_min != 30", "no"),
        ("not age_years < 65", "unknown"),
        ("30 <= crcl_ml_min < 60", "yes"),
        ("30 < crcl_ml_min < 60", "no"),
        ("15 <= crcl_ml_min < 30", "no"),
        ("15 <= crcl_ml_min <= 30", "yes"),
        ("15 <= age_years < 30", "unknown"),
        ('sex == "female"', "yes"),
        ('sex != "female"', "no"),
        ('sex in ("male", "other")', "no"),
        ('child_pugh_class in ("a",)', "unknown"),
        ('child_pugh_class != "a"', "unknown"),
        ('"ssri" in medication_classes', "yes"),
        ('"maoi" in medication_classes', "no"),
        ('"opioid" in medication_classes', "unknown"),
        ('"opioid" not in medication_classes', "unknown"),
        ('any_of(medication_classes, "opioid", "ssri")', "yes"),
        ('any_of(medication_classes, "opioid", "maoi")', "unknown"),
        ('all_of(medication_classes, "opioid", "ssri")', "unknown"),
        ('all_of(medication_classes, "opioid", "maoi")', "no"),
        ('any_of(conditions, "dpn", "tn")', "no"),
        ("known(crcl_ml_min)", "yes"),
        ("known(age_years)", "no"),
        ("known(heart_block)", "yes"),
        ("known(medication_classes)", "no"),
        ("known(conditions)", "yes"),
        ("known(regions)", "no"),
        ('"foot" in regions', "unknown"),
        ("heart_block and dementia", "no"),
        ("not heart_block or dementia", "yes"),
        ("heart_block or dementia", "unknown"),
        ("known(qtc_ms) and qtc_ms >= 470", "no"),
    ],
)
def test_meaning(text: str, truth: str) -> None:
    assert evaluate(parse(text), PATIENT).value == truth


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", "yes"),
        ("x", 1),
        ("x < 3", "2"),
        ("x < 3", True),
        ("x < 3", float("nan")),
        ("1 < x < 3", "2"),
        ('x == "a"', 3),
        ('x in ("a",)', True),
        ('"a" in x', "a"),
        ('any_of(x, "a")', 3),
    ],
)
def test_a_value_of_another_type_is_a_fault_and_not_an_answer(text: str, value: Value) -> None:
    with pytest.raises(TypeError, match="x must be"):
        evaluate(parse(text), {"x": value})


def test_the_meaning_is_short_enough_to_be_signed() -> None:
    assert len(inspect.getsource(module).splitlines()) < 120


def test_an_unmeasured_patient_is_not_a_patient_with_good_kidneys() -> None:
    assert evaluate(parse("crcl_ml_min < 30"), {}) is Truth.UNKNOWN
    assert evaluate(parse("not crcl_ml_min < 30"), {}) is Truth.UNKNOWN
