"""Measured values: which ones the record knows, their units, and what is plausible. Pure; the table is content.

A value is stored as it was given and in the one unit in which values are compared. A unit that the table does not list
is refused, never guessed, and so is a value outside the plausible range: both say what would be accepted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rules import strict_yaml

FILE: Final = Path(__file__).resolve().parent.parent / "knowledge" / "measurements.yaml"
STEP: Final = Decimal("0.000001")  # Six decimals: the finest that the record stores.
EDGE: Final = Decimal("0.0001")
THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


class MeasurementRefused(ValueError):
    """The value cannot be taken; `field` names the input at fault (code, value or unit) and the text says why."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Unit:
    """canonical value = value x factor + offset."""

    name: str
    factor: Decimal
    offset: Decimal


@dataclass(frozen=True, slots=True)
class Kind:
    """One measurement: its code, what it is called, its canonical unit, accepted units, and limits in that unit.

    `freshness_days` is how long a value counts; None means that it does not go stale.
    """

    code: str
    label: str
    unit: str
    units: tuple[Unit, ...]
    low: Decimal
    high: Decimal
    freshness_days: int | None
    note: str

    def unit_named(self, name: str) -> Unit | None:
        """The accepted unit of that name; case, spaces, and the different signs for micro do not count."""
        wanted = _plain(name)
        return next((unit for unit in self.units if _plain(unit.name) == wanted), None)

    def range_in(self, unit: Unit) -> tuple[Decimal, Decimal]:
        """The plausible range in another accepted unit."""
        return (self.low - unit.offset) / unit.factor, (self.high - unit.offset) / unit.factor


@dataclass(frozen=True, slots=True)
class Converted:
    """A value as given, and the same in the canonical unit."""

    code: str
    value: Decimal
    unit: str
    canonical_value: Decimal
    canonical_unit: str


def _plain(unit: str) -> str:
    return unit.replace("µ", "u").replace("μ", "u").replace(" ", "").replace("°", "deg").casefold()


@lru_cache(maxsize=4)
def kinds(path: Path = FILE) -> Mapping[str, Kind]:
    """All measurements by code, in the order of the table."""
    data: dict[str, Any] = strict_yaml.load(path.read_text(encoding="utf-8"))
    found = {}
    for row in data["measurements"]:
        units = tuple(
            Unit(item["unit"], Decimal(str(item["factor"])), Decimal(str(item.get("offset", 0))))
            for item in row["units"]
        )
        low, high = (Decimal(str(limit)) for limit in row["plausible"])
        found[row["code"]] = Kind(
            row["code"], row["label"], row["unit"], units, low, high, row["freshness_days"], row.get("note", "")
        )
    return MappingProxyType(found)


@lru_cache(maxsize=4)
def most_a_day(path: Path = FILE) -> Mapping[str, Decimal]:
    """By unit the most of any medicine a day that is plausible (daily_doses of the table); no entry, no limit."""
    data: dict[str, Any] = strict_yaml.load(path.read_text(encoding="utf-8"))
    return MappingProxyType({unit: Decimal(str(most)) for unit, most in data["daily_doses"]["most"].items()})


def convert(code: str, value: Decimal | int | float | str, unit: str) -> Converted:
    """Convert to the canonical unit; MeasurementRefused when code, unit or value cannot be taken."""
    kind = kinds().get(code)
    if kind is None:
        raise MeasurementRefused("code", f"{code!r} is not a measurement of this record.")
    given = _number(value)
    known = kind.unit_named(unit)
    if known is None:
        accepted = " or ".join(item.name for item in kind.units)
        raise MeasurementRefused("unit", f"{kind.label} is taken in {accepted}, not in {unit or 'no unit'}.")
    canonical = given * known.factor + known.offset
    # A limit that was rounded into another unit (15 umol/L is 0.169683 mg/dL) is still the limit.
    if not kind.low <= canonical.quantize(EDGE, ROUND_HALF_EVEN) <= kind.high:
        raise MeasurementRefused("value", _refusal(kind, given, known))
    return Converted(code, given, known.name, canonical.quantize(STEP, ROUND_HALF_EVEN), kind.unit)


def _number(value: Decimal | int | float | str) -> Decimal:
    text = str(value).strip()
    # SAFETY: 1,900 is 1900 to one reader and 1.9 to another. Guarded by tests/patients/test_measurements.py.
    if THOUSANDS.fullmatch(text):
        raise MeasurementRefused(
            "value", f"{text} can be read in two ways. Write {text.replace(',', '')} or {text.replace(',', '.')}."
        )
    try:
        given = Decimal(text.replace(",", "."))
    except InvalidOperation:
        given = Decimal("NaN")
    if not given.is_finite():
        raise MeasurementRefused("value", f"{value!s} is not a number.")
    return given


def _refusal(kind: Kind, given: Decimal, unit: Unit) -> str:
    low, high = kind.range_in(unit)
    side = "below" if given < low else "above"
    text = (
        f"{readable(given)} {unit.name} is {side} the plausible range of {_lower_first(kind.label)}: "
        f"{readable(low)} to {readable(high)} {unit.name}."
    )
    fitting = [
        other.name
        for other in kind.units
        if other is not unit and kind.low <= given * other.factor + other.offset <= kind.high
    ]
    return f"{text} Is the unit {' or '.join(fitting)}?" if fitting else text


def _lower_first(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def readable(value: Decimal) -> str:
    """A number for people: at most three significant decimals, no exponent, no trailing zeros."""
    if value == 0:
        return "0"
    digits = max(0, 3 - max(0, value.adjusted() + 1)) if abs(value) >= 1 else 3 - value.adjusted() - 1
    text = f"{value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact(value: Decimal) -> str:
    """A stored number as it was given, without idle zeros and without an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
