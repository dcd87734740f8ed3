"""What is searched for a fact, and how far back: in which part of the record, and for how long its entries count. Pure.

The days are those of `knowledge/` (vocabulary.yaml, measurements.yaml, instruments.yaml); nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rules.evaluate import evaluate
from rules.truth import Truth
from treatments.fact_content import FactContent, shipped_fact_content
from treatments.patient_facts import Origin, PatientFacts

_SUFFIXES = ("_total", "_met")
_INSTRUMENTS = {"nrs_now": "nrs", "nrs_average": "nrs", "nrs_worst": "nrs", "nrs_least": "nrs", "phq9_item9": "phq9"}
_MEDICINES = ("medication", "mme_per_day", "unrecognised_medicines", "regular_medicine_count", "daily_alcohol")
_ALLERGIES = frozenset({"allergy_list_given", "hypersensitivity_to_agent"})
_TRIALS = frozenset(
    {
        "failed_classes",
        "failed_agents",
        "inadequate_agents",
        "tried_agents",
        "partial_response_agents",
        "responder_agents",
    }
)
_LISTS = frozenset({"conditions", "condition_groups", "problem_list_reviewed"})
_DETAILS = frozenset({"age_years", "sex", "pregnancy_status"})
# What these formulas need (vocabulary.yaml, derived), whether or not it is there.
_FORMULAS = {"crcl_ml_min": ("creatinine", "weight"), "egfr": ("creatinine",), "bmi": ("weight", "height")}


class Where(StrEnum):
    """The part of the record that is searched."""

    MEASUREMENTS = "measurements"
    QUESTIONNAIRES = "questionnaires"
    STATEMENTS = "statements"
    MEDICINES = "medicines"
    ALLERGIES = "allergies"
    RED_FLAGS = "red_flags"
    PROBLEM_LIST = "problem_list"
    TRIALS = "trials"
    PREFERENCES = "preferences"
    DETAILS = "details"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Window:
    """One search: where, for what (empty: the fact itself), and for how many days it counts (None: it does not age)."""

    where: Where
    days: int | None
    what: str = ""


def windows(name: str, facts: PatientFacts) -> tuple[Window, ...]:
    """The searches behind a fact; several where it is worked out from several values."""
    content = shipped_fact_content()
    if name in content.measured_facts:
        return (_measured(content.measured_facts[name], facts, content, named=False),)
    computed = tuple(_measured(code, facts, content, named=True) for code in _codes(name, facts, content))
    if computed:
        return computed
    if name in content.assessment.red_flags:
        return (Window(Where.RED_FLAGS, content.reviews["red_flag_days"]),)
    if instrument := content.assessment.instruments.get(_instrument(name)):
        return (Window(Where.QUESTIONNAIRES, instrument.freshness_days, instrument.name),)
    simple = {_ALLERGIES: Where.ALLERGIES, _TRIALS: Where.TRIALS, _LISTS: Where.PROBLEM_LIST, _DETAILS: Where.DETAILS}
    for names, where in simple.items():
        if name in names:
            return (Window(where, None),)
    if name == "preferences":
        return (Window(Where.PREFERENCES, None),)
    found, concepts = facts.provenance.get(name), _statements()
    if found is not None and found.origin is Origin.LIST_REVIEWED:
        return (Window(Where.PROBLEM_LIST, content.reviews["problem_list_days"]),)
    if name in concepts:
        return (Window(Where.STATEMENTS, concepts[name]),)
    if name.startswith(_MEDICINES) or name in content.burdens:
        return (Window(Where.MEDICINES, content.reviews["medication_list_days"]),)
    return (Window(Where.RECORD, None),)


@lru_cache(maxsize=1)
def _statements() -> Mapping[str, int | None]:
    return {rule.id: rule.freshness_days for rule in shipped_fact_content().concepts.rules}


def _instrument(name: str) -> str:
    known = _INSTRUMENTS.get(name)
    return known or next((name.removesuffix(end) for end in _SUFFIXES if name.endswith(end)), "")


def _codes(name: str, facts: PatientFacts, content: FactContent) -> Iterator[str]:
    """The measurements that a computed fact was made of, or that it still lacks."""
    derived, needed = facts.derived.get(name), _FORMULAS.get(name, ())
    detail = derived.detail if derived and isinstance(derived.detail, Mapping) else {}
    missing = detail.get("missing")
    given = [*(derived.inputs if derived else ()), *(missing if isinstance(missing, list | tuple) else ())]
    for code in content.measurements:
        if code in needed or any(str(each) == code or str(each).startswith(f"{code}_") for each in given):
            yield code


def _measured(code: str, facts: PatientFacts, content: FactContent, *, named: bool) -> Window:
    """A measurement with the days for which it counts in this patient: fewer with weak kidneys or from an age on."""
    kind = content.measurements[code]
    limits = [kind.freshness_days] if kind.freshness_days is not None else []
    limits += [stale.limit_days for stale in facts.stale if stale.code == code]
    limits += [
        days for when, days in content.shorter_freshness.get(code, ()) if evaluate(when, facts.values) is Truth.YES
    ]
    return Window(Where.MEASUREMENTS, min(limits, default=None), kind.label if named else "")
