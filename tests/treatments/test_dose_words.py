"""Doses in words: what is not given so much a day must never be called so."""

from __future__ import annotations

from decimal import Decimal

import pytest

from patients.units import unit_words
from treatments.plan_doses import PlannedStep
from treatments.presenters import dose_words, limit_words


@pytest.mark.parametrize(
    ("per_dose", "times", "unit", "words"),
    [
        (100, 1, "mg", "100\u00a0mg once a day"),
        (75, 2, "mg", "75\u00a0mg twice a day"),
        (300, 3, "mg", "300\u00a0mg 3 times a day"),
        (25, 0.5, "mg", "25\u00a0mg every 2 days"),
        (1, 1, "plaster", "1\u00a0plaster once a day"),
        (1, 4, "application", "1\u00a0application 4 times a day"),
        (0.5, 1, "patch", "0.5\u00a0patches in one session"),
        (4, 1, "patch", "4\u00a0patches in one session"),
        (50, 1, "unit", "50\u00a0units in one session"),
        (5, 1, "microgram/h", "5\u00a0microgram/h, one patch at a time"),
    ],
)
def test_a_dose_says_how_often_or_for_how_long_it_is_given(
    per_dose: float, times: float, unit: str, words: str
) -> None:
    assert dose_words(PlannedStep(0, per_dose, times), unit) == words


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [
        (600, "mg", "600\u00a0mg a day"),
        (4, "patch", "4\u00a0patches a session"),
        (20, "microgram/h", "20\u00a0microgram/h"),
    ],
)
def test_a_limit_says_what_it_counts_for(amount: float, unit: str, words: str) -> None:
    assert limit_words(amount, unit) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [("1", "patch"), (1.0, "patch"), (Decimal("1.00"), "patch"), (2, "patches"), ("7,5", "patches"), (None, "patches")],
)
def test_a_number_that_was_written_for_the_reader_has_its_unit_too(
    value: float | Decimal | str | None, words: str
) -> None:
    assert unit_words("patch", value) == words
