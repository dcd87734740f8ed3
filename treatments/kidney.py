"""The creatinine clearance for a page that has read only the measurements. Pure, and the same figure as in a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from patients.record import MeasurementEntry
from treatments.case import Case, Measurement, Patient
from treatments.collector import Collector
from treatments.fact_content import FactContent, shipped_fact_content
from treatments.measured_facts import MeasuredFacts

# The measurements that the clearance can come from.
CODES: Final = ("creatinine", "crcl", "weight")
FACT: Final = "crcl_ml_min"


@dataclass(frozen=True, slots=True)
class Kidney:
    """The clearance in `unit` on the day of the oldest value behind it; None when it cannot be worked out.

    `stale` are the codes of measurements that are too old to count for this patient.
    """

    clearance: float | None
    unit: str
    day: date | None
    stale: frozenset[str]


def kidney(
    age_years: int,
    sex: str,
    measurements: Iterable[MeasurementEntry],
    as_of: date,
    content: FactContent | None = None,
) -> Kidney:
    """The clearance of a person from the newest value of each code, by the definitions of `measured_facts`."""
    given = tuple(Measurement(row.code, float(row.value), row.unit, row.measured_on) for row in measurements)
    case = Case("kidney", as_of, Patient(age_years, sex), measurements=given)
    facts = Collector(case, content or shipped_fact_content())
    facts.keep("age_years", age_years)
    if sex != "unknown":
        facts.keep("sex", sex)
    MeasuredFacts(facts).collect()
    value = facts.values.get(FACT)
    return Kidney(
        clearance=float(value) if isinstance(value, int | float) else None,
        unit=facts.unit(FACT) or "",
        day=facts.dates.get(FACT),
        stale=frozenset(item.code for item in facts.stale),
    )
