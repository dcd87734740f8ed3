"""Doses of a plan against the limits of one patient."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.treatments.cases import LIBRARY, facts_of
from treatments.case_reading import read_case
from treatments.content import shipped
from treatments.facts import facts_from_case
from treatments.plan_doses import (
    OVERRIDABLE,
    DoseIssue,
    DoseLimits,
    PlannedStep,
    current_dose,
    dose_problems,
    limits_of,
    proposed_steps,
    rises_faster,
)
from treatments.proposal import propose

LIMITS = DoseLimits("mg", 100, 600, 3600, 1200, ("kidney",))
CASES = sorted((LIBRARY / "valid").glob("*.yaml"))


def steps(*doses: tuple[int, float, float]) -> list[PlannedStep]:
    return [PlannedStep(*dose) for dose in doses]


@pytest.mark.parametrize(
    ("given_steps", "expected"),
    [
        ([(0, 100, 1), (7, 100, 2), (14, 200, 3)], []),
        ([(0, 300, 1)], [DoseIssue.ABOVE_START]),
        ([(0, 100, 1), (7, 300, 3)], [DoseIssue.ABOVE_LIMIT]),
        ([(0, 100, 1), (7, 1200, 4)], [DoseIssue.ABOVE_ALL]),
        ([(0, 100, 1), (7, 1300, 0.4)], [DoseIssue.SINGLE_DOSE]),
        ([(0, 0, 1)], [DoseIssue.NOT_POSITIVE]),
        ([(7, 100, 1), (7, 100, 2)], [DoseIssue.NOT_IN_ORDER]),
        ([(0, 33.3333, 3), (7, 200, 3)], []),
        ([], []),
    ],
)
def test_each_issue_is_found_and_named(given_steps: list[tuple[int, float, float]], expected: list[DoseIssue]) -> None:
    assert [problem.issue for problem in dose_problems(steps(*given_steps), LIMITS)] == expected


def test_who_takes_it_already_need_not_begin_with_the_first_dose() -> None:
    assert dose_problems(steps((0, 300, 2)), LIMITS, is_taken=True) == ()


def test_a_missing_limit_is_no_limit_of_zero() -> None:
    open_limits = DoseLimits("mg", None, None, None, None)
    assert dose_problems(steps((0, 99_999, 1)), open_limits) == ()


def test_what_leads_from_the_dose_of_now_down_to_the_ceiling_has_no_ceiling() -> None:
    down = steps((0, 400, 2), (7, 300, 2))
    assert [p.issue for p in dose_problems(down, LIMITS, is_taken=True)] == [DoseIssue.ABOVE_LIMIT]
    assert dose_problems(down, LIMITS, is_taken=True, taken_now=900) == ()
    assert dose_problems(steps((0, 4000, 1), (7, 600, 1)), LIMITS, is_taken=True, taken_now=4000) == ()


@pytest.mark.parametrize(
    "doses",
    [
        [(0, 400, 2)],  # never reaches the ceiling
        [(0, 1000, 1), (7, 600, 1)],  # rises first
        [(0, 400, 2), (7, 400, 2), (14, 300, 2)],  # is held above it
        [(0, 300, 2), (7, 400, 2)],  # rises above it afterwards
    ],
)
def test_only_a_way_down_that_reaches_the_ceiling_may_begin_above_it(doses: list[tuple[int, float, float]]) -> None:
    found = dose_problems(steps(*doses), LIMITS, is_taken=True, taken_now=900)
    assert DoseIssue.ABOVE_LIMIT in [problem.issue for problem in found]


@given(st.lists(st.tuples(st.integers(0, 90), st.floats(0.1, 5000), st.sampled_from([0.5, 1, 2, 3, 4])), max_size=6))
def test_a_schedule_without_problems_stays_under_every_limit(doses: list[tuple[int, float, float]]) -> None:
    planned = steps(*sorted(doses))
    if not dose_problems(planned, LIMITS):
        assert all(step.per_day <= 600 and step.per_dose <= 1200 for step in planned)
        assert not planned or planned[0].per_day <= 100
    assert planned == [PlannedStep.from_json(step.to_json()) for step in planned]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_doses_that_are_proposed_break_none_of_the_patients_limits(path: object) -> None:
    rulebook = shipped()
    proposal = propose(facts_from_case(read_case(path.read_text())), rulebook)  # type: ignore[attr-defined]
    seen = 0
    for option in proposal.agents:
        limits = limits_of(option, rulebook.agent_by_id[option.id])
        planned = proposed_steps(option)
        wrong = [p for p in dose_problems(planned, limits) if p.issue in OVERRIDABLE or p.issue is DoseIssue.ABOVE_ALL]
        assert not wrong, (option.id, wrong)
        assert rises_faster(planned, option) is None
        seen += bool(planned)
    assert seen or proposal.stop


@pytest.mark.parametrize(
    ("items", "wanted"),
    [
        ([{"name": "gabapentin", "daily_dose": 3.6, "unit": "g"}], 3600),
        ([{"name": "gabapentin", "daily_dose": 900, "unit": "mg"}], 900),
        ([{"name": "gabapentin", "daily_dose": 2, "unit": "mL"}], None),
        ([{"name": "gabapentin"}], None),
        ([{"name": "gabapentin", "daily_dose": 900, "unit": "mg", "as_needed": True}], None),
        ([{"name": "metformin", "daily_dose": 500, "unit": "mg"}], None),
    ],
)
def test_the_dose_of_now_is_that_of_the_list_in_the_unit_of_the_medicine(
    items: list[dict[str, object]], wanted: float | None
) -> None:
    facts = facts_of(medications={"reviewed": True, "items": items})
    assert current_dose(facts, shipped().agent_by_id["gabapentin"]) == wanted
