"""Small cases for tests: the least that the format asks for, with parts added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from treatments.case import Case
from treatments.case_reading import load_case
from treatments.fact_content import FactContent
from treatments.facts import facts_from_case
from treatments.patient_facts import PatientFacts

LIBRARY = Path(__file__).resolve().parents[2] / "knowledge" / "cases"
DAY = "2026-03-02"


def data_of(**parts: Any) -> dict[str, Any]:
    """The smallest case with these parts."""
    least = {"id": "test", "as_of": DAY, "patient": {"age_years": 50, "sex": "female", "pregnancy": "not_applicable"}}
    return {**least, **parts}


def case_of(**parts: Any) -> Case:
    """The case of these parts; fails with the problems when there are any."""
    found = load_case(json.dumps(data_of(**parts)))
    assert isinstance(found, Case), [problem.to_json() for problem in found]
    return found


def facts_of(content: FactContent | None = None, /, **parts: Any) -> PatientFacts:
    """The facts of the smallest case with these parts, by the shipped content unless another is given."""
    return facts_from_case(case_of(**parts), content)


def measured(code: str, value: float, unit: str, date: str = "2026-02-25") -> dict[str, Any]:
    """A measurement of a few days ago."""
    return {"code": code, "value": value, "unit": unit, "date": date}


def medicines(*items: str | dict[str, Any], reviewed: bool = True) -> dict[str, Any]:
    """A medicine list of names or rows."""
    return {"reviewed": reviewed, "items": [{"name": item} if isinstance(item, str) else item for item in items]}
