"""Sets of which only a part is known, and the canonical form of a snapshot."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from rules.facts import Facts, FactSet, freeze, from_json, to_json
from rules.truth import Truth
from tests.rules.strategies import patients


def test_membership_has_three_answers() -> None:
    partly = FactSet.of("ssri", absent=["maoi"])
    assert [partly.contains(value) for value in ("ssri", "maoi", "opioid")] == [Truth.YES, Truth.NO, Truth.UNKNOWN]
    assert FactSet.of("ssri", complete=True).contains("opioid") is Truth.NO


def test_nothing_is_both_present_and_absent() -> None:
    with pytest.raises(ValueError, match="both present and absent: maoi"):
        FactSet.of("ssri", "maoi", absent=["maoi"])


@given(patients)
def test_the_canonical_form_can_be_read_again(facts: Facts) -> None:
    assert dict(from_json(json.loads(json.dumps(to_json(facts))))) == dict(facts)


def test_equal_facts_give_equal_text() -> None:
    one: Facts = {"crcl_ml_min": 30.0, "conditions": FactSet.of("tn", "phn")}
    two: Facts = {"conditions": FactSet.of("phn", "tn"), "crcl_ml_min": 30}
    assert json.dumps(to_json(one)) == json.dumps(to_json(two))
    assert list(freeze(one)) == list(freeze(two)) == ["conditions", "crcl_ml_min"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        to_json({"crcl_ml_min": number})


def test_a_snapshot_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        freeze({"dementia": True})["dementia"] = False  # type: ignore[index]


def test_what_is_no_fact_value_is_refused() -> None:
    with pytest.raises(ValueError, match="dementia: not a fact value"):
        from_json({"dementia": None})
