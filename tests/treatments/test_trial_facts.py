"""Past trials: adequate or not, failed or not, and what follows for the next choice."""

from __future__ import annotations

from typing import Any

import pytest

from rules.facts import FactSet
from rules.truth import Truth
from tests.treatments.cases import facts_of
from treatments.case import PastTrial
from treatments.fact_content import shipped_fact_content
from treatments.patient_facts import Adequacy, Outcome, PatientFacts
from treatments.trial_facts import judged


def trial(agent: str = "pregabalin", dose: float | None = 300, weeks: float | None = 6, **rest: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"agent": agent, "stopped": "inefficacy", **rest}
    if dose is not None:
        row |= {"max_daily_dose": dose, "unit": rest.get("unit", "mg")}
    return row | ({} if weeks is None else {"weeks_at_max": weeks})


def of(*rows: dict[str, Any]) -> PatientFacts:
    return facts_of(trials=list(rows))


def members(facts: PatientFacts, name: str) -> set[str]:
    value = facts.get(name)
    assert isinstance(value, FactSet)
    return set(value.members)


@pytest.mark.parametrize(
    ("row", "adequacy", "outcome"),
    [
        (trial(response_percent=29), Adequacy.ADEQUATE, Outcome.FAILED),
        (trial(response_percent=30), Adequacy.ADEQUATE, Outcome.PARTIAL),
        (trial(response_percent=49, stopped="ongoing"), Adequacy.ADEQUATE, Outcome.PARTIAL),
        (trial(response_percent=50, stopped="ongoing"), Adequacy.ADEQUATE, Outcome.RESPONDED),
        (trial(response_percent=10, stopped="ongoing"), Adequacy.ADEQUATE, Outcome.INSUFFICIENT),
        (trial(dose=299, response_percent=0), Adequacy.TOO_LOW, Outcome.INADEQUATE),
        (trial(weeks=3.9, response_percent=0), Adequacy.TOO_SHORT, Outcome.INADEQUATE),
        (trial(dose=75, weeks=1, stopped="adverse_effect"), Adequacy.TOO_LOW, Outcome.NOT_TOLERATED),
        (trial(stopped="both"), Adequacy.ADEQUATE, Outcome.NOT_TOLERATED),
        (trial(stopped="inefficacy"), Adequacy.ADEQUATE, Outcome.FAILED),
        (trial(stopped="cost"), Adequacy.ADEQUATE, Outcome.UNKNOWN),
        (trial(dose=None, response_percent=0), Adequacy.UNKNOWN, Outcome.UNKNOWN),
        (trial(weeks=None, response_percent=0), Adequacy.UNKNOWN, Outcome.UNKNOWN),
        (trial("valproate", response_percent=0), Adequacy.UNKNOWN, Outcome.UNKNOWN),
    ],
)
def test_a_trial_is_judged_by_dose_time_relief_and_why_it_ended(
    row: dict[str, Any], adequacy: Adequacy, outcome: Outcome
) -> None:
    (found,) = of(row).trials
    assert (found.adequacy, found.outcome) == (adequacy, outcome)


def test_two_agents_of_one_class_are_one_failed_class() -> None:
    facts = of(
        trial("gabapentin", 1800, 8, response_percent=5),
        trial("pregabalin", 600, 8, response_percent=5),
        trial("duloxetine", 60, 8, response_percent=5),
    )
    assert facts.get("failed_classes") == 2
    assert members(facts, "failed_agents") == {"gabapentin", "pregabalin", "duloxetine"}


def test_an_adverse_effect_is_a_failure_at_any_dose() -> None:
    facts = of(trial("duloxetine", 30, 1, stopped="adverse_effect"))
    assert facts.get("failed_classes") == 1
    assert members(facts, "inadequate_agents") == set()


def test_ongoing_trials_do_not_count_as_failed() -> None:
    facts = of(trial("duloxetine", 60, 10, response_percent=35, stopped="ongoing"))
    assert facts.get("failed_classes") == 0
    assert members(facts, "partial_response_agents") == {"duloxetine"}
    assert members(facts, "tried_agents") == {"duloxetine"}


def test_too_little_is_no_failure() -> None:
    facts = of(trial("gabapentin", 300, 3, response_percent=10))
    assert facts.get("failed_classes") == 0
    assert members(facts, "inadequate_agents") == {"gabapentin"}


def test_an_agent_that_was_later_tried_well_is_not_inadequate() -> None:
    facts = of(trial("gabapentin", 300, 3, response_percent=0), trial("gabapentin", 2400, 8, response_percent=0))
    assert members(facts, "inadequate_agents") == set()
    assert members(facts, "failed_agents") == {"gabapentin"}


def test_a_trial_that_cannot_be_judged_leaves_the_answer_open() -> None:
    facts = of(trial("gabapentin", None, None))
    assert facts.get("failed_classes") is None
    failed = facts.get("failed_agents")
    assert isinstance(failed, FactSet)
    assert failed.contains("gabapentin") is Truth.UNKNOWN


def test_one_sure_failure_counts_beside_one_that_cannot_be_judged() -> None:
    facts = of(trial("gabapentin", None, None), trial("duloxetine", 60, 8, response_percent=0))
    assert facts.get("failed_classes") == 1


def test_no_list_of_trials_is_not_no_trial() -> None:
    assert "tried_agents" not in facts_of().values
    none = facts_of(trials=[])
    assert none.get("failed_classes") == 0
    assert members(none, "tried_agents") == set()


@pytest.mark.parametrize(
    ("unit", "adequacy"), [("mg", Adequacy.ADEQUATE), ("microgram/h", Adequacy.UNKNOWN), ("patch", Adequacy.UNKNOWN)]
)
def test_a_dose_in_another_unit_is_not_compared_with_the_target(unit: str, adequacy: Adequacy) -> None:
    trial = judged(PastTrial("pregabalin", "inefficacy", 300, unit, 6), "trials[0]", shipped_fact_content())
    assert trial.adequacy is adequacy
