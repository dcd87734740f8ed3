"""The clearance of the banner is that of the plan, and says what is too old."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, cast

import pytest

from patients.record import MeasurementEntry
from treatments.case import Case, Measurement, Patient
from treatments.facts import facts_from_case
from treatments.kidney import kidney

TODAY = dt.date(2026, 11, 21)
CREATININE, WEIGHT, REPORTED = ("creatinine", "168", "umol/L"), ("weight", "61", "kg"), ("crcl", "41", "mL/min")


def entry(code: str, value: str, unit: str, days: int) -> MeasurementEntry:
    given, nobody = Decimal(value), cast(Any, None)
    return MeasurementEntry(
        code=code,
        value=given,
        unit=unit,
        canonical_value=given,
        canonical_unit=unit,
        measured_on=TODAY - dt.timedelta(days=days),
        provenance=nobody,
    )


@pytest.mark.parametrize("sex", ["female", "male", "other", "unknown"])
@pytest.mark.parametrize("age", [40, 74, 80])
@pytest.mark.parametrize("days", [0, 60, 200, 400])
@pytest.mark.parametrize("codes", [(CREATININE, WEIGHT), (CREATININE,), (CREATININE, WEIGHT, REPORTED), ()])
def test_as_in_the_plan(sex: str, age: int, days: int, codes: tuple[tuple[str, str, str], ...]) -> None:
    entries = [entry(*row, days=days) for row in codes]
    given = tuple(Measurement(row.code, float(row.value), row.unit, row.measured_on) for row in entries)
    facts = facts_from_case(Case("one", TODAY, Patient(age, sex), measurements=given))
    found = kidney(age, sex, entries, TODAY)
    assert found.clearance == facts.values.get("crcl_ml_min")
    assert found.stale == {item.code for item in facts.stale}


def test_the_day_is_that_of_the_oldest_value() -> None:
    found = kidney(74, "female", [entry(*CREATININE, days=10), entry(*WEIGHT, days=30)], TODAY)
    assert (found.day, found.unit) == (TODAY - dt.timedelta(days=30), "mL/min")
    assert found.clearance is not None and round(found.clearance) == 25


def test_too_old_is_unknown_and_named() -> None:
    found = kidney(76, "female", [entry(*CREATININE, days=200), entry(*WEIGHT, days=10)], TODAY)
    assert (found.clearance, found.day, found.stale) == (None, None, frozenset({"creatinine"}))
