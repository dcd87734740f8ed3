"""Sentences: wording from the vocabulary, brackets where a reader could stumble, pieces that a page can style."""

from __future__ import annotations

import pytest
from hypothesis import given

from rules.english import Kind, Phrase, join, phrases, sentence
from rules.expr import Expr, fact_names
from rules.parse import parse
from rules.vocabulary import Vocabulary
from tests.rules.strategies import VOCABULARY, conditions

WORDED = Vocabulary.from_data(
    {
        "facts": [
            {"name": "hb", "type": "bool", "label": "Heart block, not paced", "phrase": "heart block"},
            {
                "name": "drives",
                "type": "bool",
                "label": "Drives",
                "phrase": "drives for a living",
                "phrase_no": "does not drive for a living",
            },
            {
                "name": "ssri_list",
                "type": "set",
                "label": "Classes",
                "values": {"ssri": "SSRI", "maoi": "MAO inhibitor"},
            },
            {
                "name": "causes",
                "type": "set",
                "label": "Causes",
                "values": {"phn": "Postherpetic neuralgia", "dpn": ""},
                "phrase": "the pain comes from {} for certain",
                "phrase_no": "the pain does not come from {}",
            },
            {"name": "qtc", "type": "float", "label": "QTc", "unit": "ms"},
            {"name": "hba1c", "type": "float", "label": "HbA1c", "unit": "%"},
            {"name": "score", "type": "int", "label": "Pain score", "unit": "{score}"},
            {"name": "grade", "type": "enum", "label": "Grade", "values": ["length_dependent", "central"]},
        ]
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crcl_ml_min < 30", "creatinine clearance is below 30 mL/min"),
        ("crcl_ml_min <= 29.5", "creatinine clearance is at most 29.5 mL/min"),
        ("age_years >= 65", "age is at least 65 years"),
        ("30 <= crcl_ml_min < 60", "creatinine clearance is from 30 to below 60 mL/min"),
        ("30 <= crcl_ml_min <= 60", "creatinine clearance is from 30 to 60 mL/min"),
        ("30 < crcl_ml_min <= 60", "creatinine clearance is above 30 and at most 60 mL/min"),
        ("30 < crcl_ml_min < 60", "creatinine clearance is above 30 and below 60 mL/min"),
        ("heart_block", "heart block"),
        ("not heart_block", "no heart block"),
        ("known(crcl_ml_min)", "creatinine clearance is known"),
        ("not known(crcl_ml_min)", "creatinine clearance is not known"),
        ("known(conditions)", "the list “causes” is complete"),
        ("not known(conditions)", "the list “causes” is not complete"),
        ('sex == "female"', "sex is female"),
        ('sex in ("female", "other")', "sex is female or other"),
        ('sex not in ("female", "other")', "sex is neither female nor other"),
        ('sex not in ("female",)', "sex is not female"),
        ('"ssri" in medication_classes', "taking a medicine of class SSRI"),
        ('"ssri" not in medication_classes', "not taking a medicine of class SSRI"),
        (
            'any_of(medication_classes, "ssri", "snri", "maoi")',
            "taking a medicine of class SSRI, SNRI or MAO inhibitor",
        ),
        ('all_of(medication_classes, "ssri", "maoi")', "taking a medicine of class SSRI and MAO inhibitor"),
        (
            'not all_of(medication_classes, "ssri", "maoi")',
            "not taking a medicine of class SSRI together with MAO inhibitor",
        ),
        ('"phn" in conditions', "causes include phn"),
        ('not any_of(conditions, "phn", "tn")', "causes do not include phn or tn"),
        (
            "heart_block or dementia or crcl_ml_min < 30",
            "heart block or dementia or creatinine clearance is below 30 mL/min",
        ),
        (
            "heart_block and (dementia or crcl_ml_min < 30)",
            "heart block and (dementia or creatinine clearance is below 30 mL/min)",
        ),
        ("not (heart_block or dementia)", "not (heart block or dementia)"),
        ("not not heart_block", "not (no heart block)"),
        ('heart_block and sex in ("female", "other")', "heart block and (sex is female or other)"),
        ('not any_of(conditions, "phn", "tn") or dementia', "(causes do not include phn or tn) or dementia"),
        ('child_pugh_class == "b"', "Child-Pugh class is b"),
        ("True", "always"),
        ("not True", "never"),
    ],
)
def test_sentence(text: str, expected: str) -> None:
    assert sentence(parse(text), VOCABULARY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hb", "heart block"),
        ("not drives", "does not drive for a living"),
        ('"phn" in causes', "the pain comes from postherpetic neuralgia for certain"),
        ('not any_of(causes, "phn", "dpn")', "the pain does not come from postherpetic neuralgia or dpn"),
        ('"ssri" in ssri_list', "classes include SSRI"),
        ("qtc >= 470", "QTc is at least 470 ms"),
        ("hba1c > 8.5", "HbA1c is above 8.5%"),
        ("score != 3", "pain score is not 3"),
        ('grade == "length_dependent"', "grade is length dependent"),
        ("unheard_of < 3 and other_thing", "unheard of is below 3 and other thing"),
    ],
)
def test_wording_comes_from_the_vocabulary(text: str, expected: str) -> None:
    assert sentence(parse(text), WORDED) == expected


def test_a_label_with_its_own_commas_is_bracketed() -> None:
    vocabulary = Vocabulary.from_data({"facts": [{"name": "a", "type": "bool", "label": "Angina or infarction"}]})
    assert sentence(parse("a and not a"), vocabulary) == "(angina or infarction) and (no angina or infarction)"
    vocabulary = Vocabulary.from_data({"facts": [{"name": "a", "type": "bool", "label": "Frailty (scale 5 or more)"}]})
    assert sentence(parse("a and not a"), vocabulary) == "frailty (scale 5 or more) and no frailty (scale 5 or more)"


def test_pieces_say_what_they_are() -> None:
    assert phrases(parse("heart_block and not (dementia or crcl_ml_min < 30)"), VOCABULARY) == [
        Phrase(Kind.FACT, "heart block", "heart_block"),
        Phrase(Kind.CONNECTIVE, "and"),
        Phrase(Kind.CONNECTIVE, "not"),
        Phrase(Kind.GROUP, "("),
        Phrase(Kind.FACT, "dementia", "dementia"),
        Phrase(Kind.CONNECTIVE, "or"),
        Phrase(Kind.FACT, "creatinine clearance", "crcl_ml_min"),
        Phrase(Kind.OPERATOR, "is below", "crcl_ml_min"),
        Phrase(Kind.VALUE, "30 mL/min", "crcl_ml_min"),
        Phrase(Kind.GROUP, ")"),
    ]


@given(conditions)
def test_every_condition_has_a_sentence_that_names_its_facts(expr: Expr) -> None:
    pieces = phrases(expr, VOCABULARY)
    assert join(pieces).strip()
    assert {piece.fact for piece in pieces} - {None} == set(fact_names(expr))
    assert sum(piece.text == "(" for piece in pieces) == sum(piece.text == ")" for piece in pieces)
