"""How long the live check takes for a long list: 15 medicines that are taken and 4 that are planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Final

from painplan.benchmarks.measure import Figure, figure, middle, milliseconds, p95
from treatments.case import Case
from treatments.case_files import case_files
from treatments.content import KNOWLEDGE, shipped
from treatments.fact_content import shipped_fact_content
from treatments.facts import facts_from_case
from treatments.patient_facts import Ingredient, Medicine, PatientFacts, medication_values
from treatments.plan_checks import Choice, live_check
from treatments.plan_doses import proposed_steps
from treatments.proposal import Proposal, propose

_ROUNDS = 5
# What people with pain and other illnesses take: sedatives, serotonergic medicines, opioids and the rest.
TAKEN: Final = (
    "oxycodone", "diazepam", "sertraline", "quetiapine", "oxybutynin", "hydrochlorothiazide", "ramipril", "furosemide",
    "naproxen", "apixaban", "metformin", "atorvastatin", "omeprazole", "bisoprolol", "zopiclone",
)  # fmt: skip
PLANNED: Final = ("gabapentin", "duloxetine", "amitriptyline", "tramadol", "pregabalin", "baclofen", "nortriptyline")
ITEMS: Final = 4


def figures(rounds: int = _ROUNDS, most: int | None = None) -> Iterator[Figure]:
    """The figures: every four of the planned agents for every patient of the library, beside one proposal for each.

    `most` limits the patients, for a test.
    """
    rulebook = shipped()
    cases = [file.case for file in case_files(str(KNOWLEDGE / "cases" / "valid")).files if isinstance(file.case, Case)]
    patients = [with_long_list(facts_from_case(case)) for case in cases[:most]]
    proposals = [propose(facts, rulebook) for facts in patients]
    plans = list(combinations(PLANNED, ITEMS))
    arguments = [
        (facts, proposal, _choices(proposal, plans[place % len(plans)]))
        for place, (facts, proposal) in enumerate(zip(patients, proposals, strict=True))
    ]

    def look(argument: tuple[PatientFacts, Proposal, Sequence[Choice]]) -> object:
        facts, proposal, chosen = argument
        return live_check(chosen, proposal, facts, rulebook)

    n = len(arguments) * rounds
    whole = milliseconds(look, arguments, rounds)
    alone = milliseconds(lambda facts: propose(facts, rulebook), patients, rounds)
    yield figure("live_check.median", middle(whole), "ms for 15 taken and 4 planned", baseline=middle(alone), n=n)
    yield figure("live_check.p95", p95(whole), "ms for 15 taken and 4 planned", baseline=p95(alone), n=n)


def _choices(proposal: Proposal, names: Sequence[str]) -> list[Choice]:
    return [Choice("agent", name, proposed_steps(proposal.option(name))) for name in names]


def with_long_list(facts: PatientFacts) -> PatientFacts:
    """The same patient with 15 medicines, reviewed."""
    known = shipped_fact_content().medicines.medicines
    taken = tuple(
        Medicine(
            name=name,
            path=f"medications.items[{place}]",
            names=(name,),
            ingredients=(Ingredient(name, frozenset(known[name].classes)),),
            daily_dose=20,
            unit="mg",
        )
        for place, name in enumerate(TAKEN)
    )
    values = {**facts.values, "medications_reviewed": True, **medication_values(taken, True, facts.burdens)}
    return replace(facts, medicines=taken, values=MappingProxyType(values))
