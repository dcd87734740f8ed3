"""Patients made by chance from the case library, the same ones on every machine: parts are taken away and added."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

from treatments.case import Case, Health, MedicineItem, Setting
from treatments.case_reading import read_case
from treatments.content import KNOWLEDGE, shipped
from treatments.facts import facts_from_case
from treatments.patient_facts import PatientFacts

_DRUGS = ("sertraline", "tramadol", "diazepam", "warfarin", "clarithromycin", "phenelzine", "lithium", "zelmotrine x")
_SETTINGS = (None, None, "specialist")
_REGIONS = (None, "us", "uk_eu")


@cache
def _library() -> tuple[Case, ...]:
    return tuple(read_case(path.read_bytes()) for path in sorted((KNOWLEDGE / "cases" / "valid").glob("*.yaml")))


@cache
def _concepts() -> tuple[str, ...]:
    return tuple(sorted(shipped().labels["concepts"]))


def generated(seed: int) -> PatientFacts:
    """The facts of one generated patient."""
    chance = random.Random(seed)
    case = chance.choice(_library())
    known = case.health or Health()
    present = tuple(dict.fromkeys((*known.present, *chance.sample(_concepts(), chance.choice((0, 0, 0, 1, 2))))))
    health = replace(
        known,
        problem_list_reviewed=chance.random() < 0.75,
        present=present,
        absent=tuple(name for name in known.absent if name not in present and chance.random() < 0.9),
        unknown=tuple(name for name in known.unknown if name not in present),
        allergies=known.allergies if chance.random() < 0.85 else None,
    )
    medications = case.medications
    if medications is not None:
        extra = tuple(MedicineItem(name) for name in chance.sample(_DRUGS, chance.choice((0, 0, 1, 2))))
        medications = replace(medications, items=(*medications.items, *extra), reviewed=chance.random() < 0.8)
    age = case.patient.age_years if chance.random() < 0.5 else chance.randint(18, 95)
    changed = replace(
        case,
        patient=replace(case.patient, age_years=age),
        health=health,
        medications=medications,
        measurements=tuple(item for item in case.measurements if chance.random() < 0.8),
        setting=Setting(chance.choice(_SETTINGS), chance.choice(_REGIONS)),
    )
    return facts_from_case(changed)
