"""Every complaint of the type check, with its place."""

from __future__ import annotations

import pytest
from hypothesis import given

from rules.expr import Expr
from rules.parse import parse
from rules.typecheck import problems
from tests.rules.strategies import VOCABULARY, conditions


@given(conditions)
def test_a_condition_made_from_the_vocabulary_fits_it(expr: Expr) -> None:
    assert problems(expr, VOCABULARY) == []


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("heart_blok", 1, "there is no fact heart_blok; did you mean heart_block?"),
        ("known(zzz)", 1, "there is no fact zzz"),
        ("crcl_ml_min", 1, "crcl_ml_min is a number and cannot stand alone: compare it with a number"),
        ("sex", 1, "sex is a word from a list and cannot stand alone"),
        ("conditions", 1, 'conditions is a set and cannot stand alone: ask for a member, as in "phn" in conditions'),
        ("heart_block > 3", 1, "heart_block is a yes-or-no fact and has no number to compare"),
        ("sex < 3", 1, "sex is a word from a list and has no number to compare"),
        ("1 < sex < 3", 1, "sex is a word from a list and has no number to compare"),
        ("conditions == 3", 1, "conditions is a set and has no number to compare"),
        ('crcl_ml_min == "low"', 1, "crcl_ml_min is a number and cannot be used like this"),
        ('heart_block == "yes"', 1, "heart_block is a yes-or-no fact and cannot be used like this"),
        ('conditions == "phn"', 1, "conditions is a set and cannot be used like this"),
        ('sex == "femal"', 1, '"femal" is not a value of sex; did you mean "female"?'),
        ('sex in ("female", "x")', 1, '"x" is not a value of sex'),
        ('sex in ("female", "female")', 1, '"female" is listed twice'),
        ('"phn" in sex', 1, "sex is a word from a list and cannot be used like this"),
        ('dementia and "phm" in conditions', 14, '"phm" is not a value of conditions; did you mean "phn"?'),
        ('any_of(conditions, "phn", "xx")', 1, '"xx" is not a value of conditions'),
        ('all_of(sex, "female")', 1, "sex is a word from a list and cannot be used like this"),
        ("crcl_ml_min < 301", 1, "crcl_ml_min 301 is outside the plausible range 0 to 300 mL/min"),
        ("17 <= age_years < 121", 1, "age_years 17 is outside the plausible range 18 to 120 a"),
        ("age_years == 64.5", 1, "age_years is a whole number and never equals 64.5"),
        ("60 <= crcl_ml_min < 30", 1, "nothing lies in this range: 60 to 30"),
        ("60 <= crcl_ml_min < 60", 1, "nothing lies in this range: 60 to 60"),
    ],
)
def test_complaint(text: str, column: int, message: str) -> None:
    first = problems(parse(text), VOCABULARY)[0]
    assert first.message.startswith(message)
    assert first.span is not None
    assert first.span.column == column


def test_every_complaint_and_not_just_the_first() -> None:
    found = problems(parse("heart_blok or (sex < 3 and not crcl_ml_min)\nor 17 <= age_years < 121"), VOCABULARY)
    assert [(problem.span.line, problem.span.column) for problem in found if problem.span] == [
        (1, 1),
        (1, 16),
        (1, 32),
        (2, 4),
        (2, 4),
    ]
