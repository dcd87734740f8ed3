"""Units are converted by the table, and what cannot be plausible is refused with the range."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.measurements import MeasurementRefused, convert, exact, kinds, readable

CONVERTED = [
    ("creatinine", "1.9", "mg/dL", "167.96", "umol/L"),
    ("creatinine", "168", "µmol/L", "168", "umol/L"),
    ("creatinine", "0.168", "mmol/L", "168", "umol/L"),
    ("weight", "154", "lb", "69.853224", "kg"),
    ("height", "1.76", "m", "176", "cm"),
    ("qtc", "0.43", "s", "430", "ms"),
    ("hba1c", "53", "mmol/mol", "7.00044", "%"),
    ("temperature", "100.4", "degF", "38", "Cel"),
    ("b12", "200", "pg/mL", "147.6", "pmol/L"),
    ("haemoglobin", "13,2", "g/dL", "132", "g/L"),
    ("sodium", "140", "mEq/L", "140", "mmol/L"),
    ("platelets", "250000", "/uL", "250", "10*9/L"),
]


@pytest.mark.parametrize(("code", "value", "unit", "canonical", "canonical_unit"), CONVERTED)
def test_a_value_is_converted(code: str, value: str, unit: str, canonical: str, canonical_unit: str) -> None:
    found = convert(code, value, unit)
    assert abs(found.canonical_value - Decimal(canonical)) < Decimal("0.00001")
    assert found.canonical_unit == canonical_unit
    assert found.value == Decimal(value.replace(",", "."))


REFUSED = [
    ("creatinine", "1.9", "umol/L", "value", "plausible range of serum creatinine: 15 to 2500 umol/L"),
    ("creatinine", "1.9", "umol/L", "value", "Is the unit mmol/L or mg/dL?"),
    ("creatinine", "168", "mg/dL", "value", "0.17 to 28.3 mg/dL"),
    ("creatinine", "100", "", "unit", "umol/L or mmol/L or mg/dL, not in no unit"),
    ("creatinine", "100", "mg", "unit", "not in mg"),
    ("weight", "500", "kg", "value", "25 to 350 kg"),
    ("weight", "-70", "kg", "value", "below"),
    ("sodium", "abc", "mmol/L", "value", "not a number"),
    ("sodium", "NaN", "mmol/L", "value", "not a number"),
    ("sodium", "Infinity", "mmol/L", "value", "not a number"),
    ("platelets", "1,900", "/uL", "value", "Write 1900 or 1.900"),
    ("mood", "3", "1", "code", "not a measurement"),
]


@pytest.mark.parametrize(("code", "value", "unit", "field", "words"), REFUSED)
def test_what_cannot_be_taken_is_refused_with_what_would_be(
    code: str, value: str, unit: str, field: str, words: str
) -> None:
    with pytest.raises(MeasurementRefused) as refusal:
        convert(code, value, unit)
    assert refusal.value.field == field
    assert words in str(refusal.value)


def test_every_measurement_has_its_canonical_unit_first_and_a_range() -> None:
    assert len(kinds()) == 42
    for kind in kinds().values():
        assert kind.units[0].name == kind.unit
        assert (kind.units[0].factor, kind.units[0].offset) == (1, 0)
        assert kind.low < kind.high
        assert kind.freshness_days is None or kind.freshness_days > 0


KIND_AND_UNIT = [(kind, unit) for kind in kinds().values() for unit in kind.units]


@given(st.sampled_from(KIND_AND_UNIT), st.fractions(0, 1))
def test_every_plausible_value_is_taken_in_every_unit_and_comes_back_the_same(pair, share) -> None:  # type: ignore[no-untyped-def]
    kind, unit = pair
    inside = kind.low + (kind.high - kind.low) * Decimal(share.numerator) / Decimal(share.denominator)
    given_value = ((inside - unit.offset) / unit.factor).quantize(Decimal("1e-9"))
    found = convert(kind.code, given_value, unit.name)
    assert abs(found.canonical_value - inside) <= Decimal("0.00001") + abs(inside) * Decimal("1e-6")


@given(st.sampled_from(KIND_AND_UNIT), st.sampled_from([Decimal("0.9"), Decimal("1.1")]))
def test_values_beyond_the_limits_are_refused_in_every_unit(pair, beyond) -> None:  # type: ignore[no-untyped-def]
    kind, unit = pair
    limit = kind.low if beyond < 1 else kind.high
    outside = limit * beyond if limit > 0 else Decimal(-1)
    with pytest.raises(MeasurementRefused):
        convert(kind.code, (outside - unit.offset) / unit.factor, unit.name)


def test_numbers_are_written_for_people() -> None:
    assert [readable(Decimal(x)) for x in ("0", "0.169683", "28.280543", "2500", "25000", "1.5", "113.1222")] == [
        "0",
        "0.17",
        "28.3",
        "2500",
        "25000",
        "1.5",
        "113",
    ]
    assert [exact(Decimal(x)) for x in ("1.90000", "100", "1E+2", "0.50")] == ["1.9", "100", "100", "0.5"]
