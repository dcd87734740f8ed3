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
    Way,
    current_dose,
    dose_problems,
    doses_covered,
    limits_of,
    proposed_steps,
    rises_faster,
    uncovered,
)
from treatments.proposal import propose
from treatments.schedules import Schedule, paces, taper, way_of

LIMITS = DoseLimits("mg", 100, 600, 3600, 1200, ("kidney",))
# Doses of now that are stepped down in products: how much a day, in how many doses.
TAPERED = [
    ("gabapentin", 4200, 4),
    ("pregabalin", 600, 2),
    ("duloxetine", 60, 1),
    ("venlafaxine_er", 225, 1),
    ("amitriptyline", 75, 1),
    ("tramadol", 400, 4),
    ("morphine", 60, 2),
    ("tapentadol", 500, 2),
]
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


def way(
    planned: list[PlannedStep],
    now: float | None,
    ends_on: int | None = None,
    day: int = 0,
    name: str = "gabapentin",
    limits: DoseLimits = LIMITS,
) -> Way:
    agent = shipped().agent_by_id[name]
    return way_of(agent, planned, ends_on, day=day, taken_now=now, limits=limits)


def issues(planned: list[PlannedStep], now: float | None, ends_on: int | None = None, day: int = 0) -> list[DoseIssue]:
    found = dose_problems(planned, LIMITS, is_taken=True, way=way(planned, now, ends_on, day))
    return [problem.issue for problem in found]


def test_what_leads_from_the_dose_of_now_down_to_the_ceiling_waits_for_a_reason_whatever_it_is() -> None:
    down = steps((0, 400, 2), (7, 300, 2))
    assert issues(down, 900) == issues(down, None) == [DoseIssue.ABOVE_LIMIT]
    # Above the highest dose of the rulebook too, where no step is above the dose of now.
    high = steps((0, 975, 4), (7, 900, 4), (14, 300, 2))
    found = dose_problems(high, LIMITS, is_taken=True, way=way(high, 4200))
    assert [problem.cover for problem in found] == ["above_limit:600:3900", "above_limit:600:3600"]
    # One reason up to the highest of them answers all of them, and none that is higher.
    assert uncovered([problem.cover for problem in found], ["above_limit:600:3900"]) == []
    assert uncovered([found[0].cover], ["above_limit:600:3800"]) == [found[0].cover]
    for now in (3800, None):
        assert issues(high, now) == [DoseIssue.ABOVE_ALL, DoseIssue.ABOVE_LIMIT]


@pytest.mark.parametrize(
    ("doses", "day"),
    [
        ([(0, 1050, 4)], 0),  # never reaches the ceiling
        ([(0, 1100, 4), (7, 300, 2)], 0),  # rises first
        ([(0, 1000, 4), (7, 1000, 4), (14, 300, 2)], 0),  # is held above it
        ([(0, 1050, 4), (365, 300, 2)], 0),  # the dose of now goes on for a year
        ([(0, 1050, 4), (29, 300, 2)], 0),  # for a day more than an interval of the slowest pace
        ([(0, 1050, 4), (21, 300, 2)], -14),  # with the days until it begins
        ([(0, 1000, 4), (365, 300, 2)], 0),  # a little less goes on for a year
        ([(0, 1000, 4), (7, 300, 2)], -60),  # it begins in two months
    ],
)
def test_only_a_way_down_that_reaches_the_ceiling_in_time_may_begin_above_the_highest_dose(
    doses: list[tuple[int, float, float]], day: int
) -> None:
    assert issues(steps(*doses), 4200, day=day)[0] is DoseIssue.ABOVE_ALL


def test_the_dose_of_now_may_be_held_for_one_interval_on_the_way_down() -> None:
    assert issues(steps((0, 1050, 4), (28, 300, 2)), 4200) == [DoseIssue.ABOVE_LIMIT]
    # What rises again afterwards has no part in the way down.
    assert issues(steps((0, 300, 2), (7, 1050, 4)), 4200) == [DoseIssue.ABOVE_ALL]


def test_how_much_is_taken_at_once_is_limited_on_every_way() -> None:
    assert issues(steps((0, 3900, 1), (7, 300, 2)), 4200) == [DoseIssue.ABOVE_LIMIT, DoseIssue.SINGLE_DOSE]
    assert issues(steps((0, 3900, 1), (7, 300, 2)), 4200, ends_on=14) == [DoseIssue.SINGLE_DOSE]


def test_a_dose_that_was_taken_before_is_not_judged_by_the_dose_of_today() -> None:
    down = steps((0, 975, 4), (7, 900, 4), (14, 825, 4), (21, 300, 2))
    assert issues(down, 3600, day=10) == [DoseIssue.ABOVE_LIMIT, DoseIssue.ABOVE_LIMIT]
    assert issues(down, 3600, day=6)[0] is DoseIssue.ABOVE_ALL, "the list is behind what is taken"
    assert issues(steps((0, 975, 4), (7, 200, 3)), 600, day=10) == []
    # Nor does what was passed before the way leads down: the reached step is above the dose of now.
    assert issues(down, 3300, day=10)[0] is DoseIssue.ABOVE_LIMIT
    assert way(down, 3300, ends_on=28, day=10).is_down is False


@pytest.mark.parametrize(
    ("doses", "ends_on", "day", "is_down"),
    [
        ([(0, 60, 1)], 28, 0, True),
        ([(0, 60, 1)], 29, 0, False),
        ([(0, 60, 1)], 730, 0, False),
        ([(0, 60, 1), (700, 30, 1)], 728, 0, False),
        ([(0, 50, 1), (28, 40, 1), (56, 30, 1)], 84, 0, True),
        ([(0, 50, 1), (28, 40, 1), (56, 30, 1)], 84, 30, True),  # the list still says the dose of before
        ([(0, 50, 1), (28, 40, 1), (300, 30, 1)], 328, 0, False),
        ([(0, 50, 1), (28, 40, 1), (56, 30, 1)], 800, 0, False),
        ([(0, 50, 1), (28, 40, 1), (56, 30, 1)], 84, -29, False),
        ([(0, 50, 1), (28, 50, 1)], 56, 0, False),
        ([(0, 50, 1)], None, 0, False),
    ],
)
def test_an_end_in_years_is_no_way_down(
    doses: list[tuple[int, float, float]], ends_on: int | None, day: int, is_down: bool
) -> None:
    found = way(steps(*doses), 60, ends_on, day, "morphine")
    assert found.is_down is is_down


def test_what_has_no_pace_in_the_content_is_no_way_down() -> None:
    agent = next(agent for agent in shipped().agents if agent.taper is None or agent.taper.usual is None)
    assert not way(steps((0, 50, 1)), 60, 7, name=agent.id).is_down


@pytest.mark.parametrize(("name", "per_day", "times"), TAPERED)
def test_the_tapers_of_the_content_lead_down_on_every_day_of_them(name: str, per_day: float, times: int) -> None:
    agent = shipped().agent_by_id[name]
    for pace in paces(agent.taper):
        made = taper(agent, PlannedStep(0, per_day / times, times), pace=pace)
        assert isinstance(made, Schedule)
        assert made.ends_on is not None
        for day in range(-7, made.ends_on):
            reached = [step for step in made.planned if step.day < day or step.day == 0 < day]
            now = reached[-1].per_day if reached else per_day
            assert way(list(made.planned), now, made.ends_on, day, name).is_down, (pace, day)


@pytest.mark.parametrize(
    "sent", ["above_limit:600:x", "above_limit:600:", "above_limit:600:inf", "above_limit:600:nan"]
)
def test_what_no_page_wrote_covers_nothing(sent: str) -> None:
    assert uncovered(["above_limit:600:900"], [sent]) == ["above_limit:600:900"]
    assert doses_covered([sent, "above_limit:600:700"]) == {DoseIssue.ABOVE_LIMIT: 700}


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
