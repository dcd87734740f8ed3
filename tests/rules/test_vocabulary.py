"""Reading the vocabulary, with every problem at once; judging facts by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from rules.facts import Facts, FactSet, Value
from rules.vocabulary import FactType, Vocabulary, VocabularyInvalid
from tests.rules.strategies import VOCABULARY, patients


def test_types_ranges_and_shared_lists() -> None:
    row = {"name": "conditions", "type": "set", "label": "Causes", "values": "causes", "derived": "for people"}
    fact = Vocabulary.from_data({"facts": [row]}, {"causes": {"phn": "postherpetic neuralgia"}})["conditions"]
    assert (fact.type, dict(fact.values)) == (FactType.SET, {"phn": "postherpetic neuralgia"})
    crcl = VOCABULARY["crcl_ml_min"]
    assert (crcl.type, crcl.unit, crcl.low, crcl.high) == (FactType.NUMBER, "mL/min", 0, 300)
    assert len(VOCABULARY) == len(list(VOCABULARY)) == 9
    assert "sex" in VOCABULARY
    assert VOCABULARY.get("sexx") is None


def test_all_problems_at_once() -> None:
    rows: list[Any] = [
        {"name": "Bad Name", "type": "bool", "label": "x"},
        {"name": "a", "type": "date", "label": "x"},
        {"name": "b", "type": "bool"},
        {"name": "c", "type": "int", "label": "x", "range": [5, 1]},
        {"name": "d", "type": "int", "label": "x", "range": ["1", 2]},
        {"name": "e", "type": "enum", "label": "x"},
        {"name": "f", "type": "bool", "label": "x", "values": ["a"]},
        {"name": "g", "type": "set", "label": "x", "values": "nowhere"},
        {"name": "h", "type": "set", "label": "x", "values": ["a"], "phrase": "no place"},
        {"name": "i", "type": "enum", "label": "x", "values": [True, 'a"b']},
        {"name": "i", "type": "bool", "label": "x", "range": [1, 2]},
        "text",
    ]
    with pytest.raises(VocabularyInvalid) as refused:
        Vocabulary.from_data({"facts": rows})
    wanted = [
        "'Bad Name' is not a lower case name",
        "a: type 'date'",
        "b: a label",
        "c: range must begin with the lower",
        "d: range must be two numbers",
        "e: an enum or a set",
        "f: an enum or a set",
        "g: no list of values called 'nowhere'",
        "h: phrase of a set needs one {}",
        "i: True cannot be a value",
        "i: 'a\"b' cannot be a value",
        "i is there twice",
        "i: only a number has a range",
        "must be a mapping",
    ]
    for part in wanted:
        assert any(part in problem for problem in refused.value.problems), part


@pytest.mark.parametrize("data", [{}, {"facts": []}, {"facts": "x"}])
def test_a_vocabulary_has_facts(data: dict[str, Any]) -> None:
    with pytest.raises(VocabularyInvalid, match="at least one fact"):
        Vocabulary.from_data(data)


@given(patients)
def test_generated_patients_fit(facts: Facts) -> None:
    assert VOCABULARY.problems(facts) == []


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("nothing", True, "nothing is not a fact of the vocabulary"),
        ("dementia", "yes", "must be true or false"),
        ("dementia", 1, "must be true or false"),
        ("age_years", True, "must be a number"),
        ("age_years", 64.5, "must be a whole number"),
        ("age_years", 17, "age_years is outside the plausible range 18 to 120 a"),
        ("crcl_ml_min", float("nan"), "must be a number"),
        ("crcl_ml_min", float("inf"), "must be a number"),
        ("sex", "f", "is not one of the permitted words"),
        ("sex", FactSet(), "is not one of the permitted words"),
        ("conditions", "phn", "must be a set"),
        ("conditions", FactSet.of("phn", absent=["x"]), "words outside the vocabulary: x"),
    ],
)
def test_a_value_that_does_not_fit(name: str, value: Value, problem: str) -> None:
    assert [problem in found for found in VOCABULARY.problems({name: value})] == [True]
