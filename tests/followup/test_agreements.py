"""Whether an agreement has come to pass: vignettes, replayed diaries, and what an unknown answer never does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import content, plans, response
from followup.agreements import State, Verdict, case_of, disagree, first_day, judge, table_is_safer
from followup.check_in import Effect
from followup.goals import are_met, level_of, question_of, t_score
from followup.next_step import decide
from followup.response import Baseline, Checked, Trial
from followup.wording import percent
from rules.strict_yaml import load
from treatments.agreement_rules import AgreementRules, Case
from treatments.content.files import KNOWLEDGE
from treatments.plan_record import AgreementRecord, GoalRecord, PlanItemSummary

DAY = timedelta(days=1)
START = date(2026, 3, 2)
FIGURES = content.figures()
# 30 mg for a week, then 60 mg: four weeks at 60 mg are over on day 35, six weeks on day 42.
ITEM = PlanItemSummary("agent", "duloxetine", "Duloxetine", ((START, 30.0, "mg"), (START + 7 * DAY, 60.0, "mg")))
AGREED = AgreementRecord(
    ref_id="duloxetine",
    name="Duloxetine",
    kind="agent",
    week=6,
    dose=60,
    weeks_at_dose=4,
    unit="mg",
    enough_pct=30,
    good_pct=50,
    if_little="switch",
    if_partial="add",
    if_not_tolerated="reduce_then_switch",
)
THERAPY = PlanItemSummary("therapy", "tens", "TENS", ((START, 0.0, ""),))
WELL: dict[str, Any] = {"ae_max_grade": 0, "adherence_pct": 100, "goal_met": False}
WALK = GoalRecord("function", "Walk", baseline=5, amount=20, unit="minutes", importance=3, difficulty=2)
SLEEP = GoalRecord("function", "Sleep", position=2, importance=1, difficulty=1)
SCALE = plans.goals_of(None).scale


def rules() -> AgreementRules:
    found = plans.agreement_rules()
    assert found is not None
    return found


def at(day: int, known: dict[str, Any], today: int | None = None, **changes: Any) -> Verdict:
    """The verdict on `today` by answers of `day`."""
    return judge(
        replace(AGREED, **changes),
        ITEM,
        START + day * DAY,
        known,
        {},
        rules(),
        FIGURES.adherence_enough,
        START + (day if today is None else today) * DAY,
    )


# --- replayed diaries -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Diary:
    """Answers by day: pain, and what else is told; `label` is what a pain specialist would say at the end."""

    name: str
    days: dict[int, dict[str, Any]]
    label: tuple[State, Case | None]
    missing: tuple[str, ...] = ()
    baseline: float | None = 8


TAKEN: dict[str, Any] = {"adherence": 100, "goal": -1}
DIARIES = [
    Diary("early silence says nothing", {7: {"nrs_average": 8}, 28: {"nrs_average": 8}}, (State.TOO_EARLY, None)),
    Diary("no better at six weeks", {14: {"nrs_average": 8}, 42: {"nrs_average": 7}}, (State.REACHED, Case.LITTLE)),
    Diary("worse at six weeks", {42: {"nrs_average": 10}}, (State.REACHED, Case.LITTLE)),
    Diary("a third better", {42: {"nrs_average": 5}}, (State.REACHED, Case.PARTIAL)),
    Diary("half better", {43: {"nrs_average": 4}}, (State.REACHED, Case.GOOD)),
    Diary("mild pain with the goal met", {42: {"nrs_average": 3, "goal": 0}}, (State.REACHED, Case.GOOD), baseline=5),
    Diary(
        "mild pain, goal not answered",
        {42: {"nrs_average": 3, "goal": None}},
        (State.OPEN, None),
        ("goal_met",),
        baseline=4,
    ),
    Diary("half of the doses taken", {42: {"nrs_average": 8, "adherence": 50}}, (State.NOT_TAKEN, None)),
    Diary(
        "nobody said how much was taken",
        {42: {"nrs_average": 8, "adherence": None}},
        (State.OPEN, None),
        ("adherence_pct",),
    ),
    Diary("pain left out", {42: {"nrs_average": None}}, (State.OPEN, None), ("pain_change_pct",)),
    Diary("no score from before", {42: {"nrs_average": 6}}, (State.OPEN, None), ("pain_change_pct",), baseline=None),
    Diary("drowsy in the second week", {10: {"nrs_average": 8, "grade": 2}}, (State.REACHED, Case.NOT_TOLERATED)),
    Diary("a little drowsy", {42: {"nrs_average": 4, "grade": 1}}, (State.REACHED, Case.GOOD)),
    Diary("effects not asked", {42: {"nrs_average": 8, "grade": None}}, (State.OPEN, None), ("ae_max_grade",)),
    Diary(
        "low pain before, much improved", {42: {"nrs_average": 1, "pgic": 2}}, (State.REACHED, Case.GOOD), baseline=3
    ),
]


@pytest.mark.parametrize("diary", DIARIES, ids=lambda diary: diary.name)
def test_a_replayed_diary_ends_as_it_is_labelled(diary: Diary) -> None:
    history = []
    for day, told in diary.days.items():
        given = {key: value for key, value in (TAKEN | told).items() if value is not None and key != "grade"}
        grade = told.get("grade", 0)
        effects = None if grade is None else (Effect("sedation", grade, grade, grade, ()),) if grade else ()
        history.append(Checked(START + day * DAY, given, effects))
    goals = response.Goals((GoalRecord("function", "Walk"),), SCALE)
    last = history[-1].on
    known = response.variables(ITEM, Baseline(diary.baseline), history, Trial(8, 4, 60), {}, {}, FIGURES, goals, last)
    found = judge(AGREED, ITEM, last, known, {}, rules(), FIGURES.adherence_enough, last)
    assert (found.state, found.case) == diary.label
    assert found.missing == diary.missing


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "steps", "day"),
    [
        ({}, ITEM.steps, 42),
        ({"week": 4}, ITEM.steps, 35),
        ({"weeks_at_dose": 8}, ITEM.steps, 63),
        ({"dose": None, "weeks_at_dose": None}, ITEM.steps, 42),
        ({"dose": 90}, ITEM.steps, None),
        # Given up in between: the time at the dose begins anew.
        (
            {},
            (*ITEM.steps, (START + 14 * DAY, 30.0, "mg"), (START + 21 * DAY, 60.0, "mg")),
            49,
        ),
    ],
)
def test_the_first_day_on_which_it_is_judged(changes: dict[str, Any], steps: Any, day: int | None) -> None:
    found = first_day(replace(AGREED, **changes), replace(ITEM, steps=steps), START, START + 60 * DAY, is_fair=False)
    assert found == (None if day is None else START + day * DAY)


def test_a_dose_that_is_never_reached_is_said_unless_a_clinician_calls_the_trial_fair() -> None:
    assert at(50, WELL | {"pain_change_pct": 0, "current_pain": 8}, dose=90).missing == ("dose",)
    found = judge(
        replace(AGREED, dose=90),
        ITEM,
        START + 50 * DAY,
        WELL | {"pain_change_pct": 0, "current_pain": 8},
        {"trial_adequate": True},
        rules(),
        FIGURES.adherence_enough,
        START + 50 * DAY,
    )
    assert found.case is Case.LITTLE


def test_answers_from_before_the_day_do_not_count_once_it_has_come() -> None:
    assert at(40, WELL | {"pain_change_pct": 0}, today=45).missing == ("answers",)
    nothing = judge(AGREED, ITEM, None, {}, {}, rules(), FIGURES.adherence_enough, START + 45 * DAY)
    assert (nothing.state, nothing.missing) == (State.OPEN, ("answers",))


def test_words_are_left_to_a_person() -> None:
    agreed = replace(AGREED, dose=None, weeks_at_dose=None, enough_pct=None, good_pct=None, words="No change")
    known = {"attendance_pct": 100, "ae_max_grade": 0}
    for day, state in ((41, State.TOO_EARLY), (42, State.ASK)):
        on = START + day * DAY
        assert judge(agreed, THERAPY, on, known, {}, rules(), FIGURES.adherence_enough, on).state is state


@pytest.mark.parametrize(("reviewed", "case"), [({}, Case.LITTLE), ({"ae_max_grade": 2}, Case.NOT_TOLERATED)])
def test_an_effect_of_a_medicine_does_not_stop_a_therapy(reviewed: dict[str, Any], case: Case) -> None:
    agreed = replace(AGREED, dose=None, weeks_at_dose=None, good_pct=None)
    known = {"attendance_pct": 100, "ae_max_grade": 3, "pain_change_pct": 10, "current_pain": 7, "goal_met": False}
    on = START + 42 * DAY
    assert judge(agreed, THERAPY, on, known, reviewed, rules(), FIGURES.adherence_enough, on).case is case


PERCENT = st.integers(-100, 100)
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "pain_change_pct": PERCENT,
        "current_pain": st.integers(0, 10),
        "goal_met": st.booleans(),
        "ae_max_grade": st.integers(0, 4),
        "adherence_pct": st.sampled_from([0, 50, 79, 80, 100]),
    },
)


@given(day=st.integers(0, 120), week=st.integers(1, 12), at_dose=st.integers(0, 8), known=KNOWN)
def test_an_effect_is_never_judged_before_its_time(day: int, week: int, at_dose: int, known: dict[str, Any]) -> None:
    found = at(day, known, week=week, weeks_at_dose=at_dose)
    if found.case in (Case.LITTLE, Case.PARTIAL, Case.GOOD):
        assert day >= 7 * week
        assert day >= 7 + 7 * at_dose
        assert known["adherence_pct"] >= FIGURES.adherence_enough
    if found.case is Case.NOT_TOLERATED:
        assert known["ae_max_grade"] >= rules().grade_from


@given(day=st.integers(0, 120), known=KNOWN, data=st.data())
def test_an_unknown_never_makes_a_verdict(day: int, known: dict[str, Any], data: st.DataObject) -> None:
    """Forgetting an answer leaves the verdict, opens the question, or takes back what only that answer said."""
    whole = at(day, known)
    name = data.draw(st.sampled_from(sorted(known))) if known else None
    forgotten = at(day, {key: value for key, value in known.items() if key != name})
    if forgotten.case is not None:
        # A grave effect that nobody tells any more leaves the effect on pain open, never judged.
        assert forgotten.case is whole.case
    if whole.state is State.TOO_EARLY:
        assert forgotten.state is State.TOO_EARLY


@given(change=st.floats(-1000, 100), enough=st.integers(10, 50), good=st.integers(50, 100))
def test_more_relief_is_never_a_worse_case(change: float, enough: int, good: int) -> None:
    agreed = replace(AGREED, enough_pct=enough, good_pct=good)
    order = [Case.LITTLE, Case.PARTIAL, Case.GOOD]
    assert order.index(case_of(agreed, change)) <= order.index(case_of(agreed, change + 1))


def test_thirty_percent_of_ten_is_thirty_percent() -> None:
    assert case_of(AGREED, (10 - 7) / 10 * 100) is Case.PARTIAL
    assert case_of(AGREED, (7 - 4.9) / 7 * 100) is Case.PARTIAL


@pytest.mark.parametrize(
    ("change", "said"), [(29.97, "29.9"), (30.000000000000004, "30"), (12.5, "12.5"), (-25, "-25"), (100 / 3, "33.3")]
)
def test_a_change_is_never_shown_as_more_than_it_is(change: float, said: str) -> None:
    assert percent(change) == said


# --- beside the decision table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "advised", "alternatives", "differs", "table_first"),
    [
        ("switch", ["switch"], ["combine"], False, False),
        ("add", ["switch"], ["combine"], False, False),
        ("switch", ["continue"], [], True, True),
        ("raise", ["taper"], [], True, True),
        ("stop", ["titrate"], [], True, False),
        ("switch", ["emergency"], [], True, True),
        ("continue", ["switch"], [], True, False),
        ("switch", [], [], False, False),
    ],
)
def test_where_table_and_agreement_differ_the_more_careful_one_stands_first(
    action: str, advised: list[str], alternatives: list[str], differs: bool, table_first: bool
) -> None:
    assert disagree(action, advised, alternatives, rules()) is differs
    if differs:
        assert table_is_safer(action, advised, rules()) is table_first


def test_every_action_of_the_table_has_its_place_in_the_order_of_caution() -> None:
    decisions = content.file("decision_table")
    assert set(rules().safer_first) == set(decisions["actions"])
    assert {name for names in rules().table_actions.values() for name in names} <= set(decisions["actions"])
    assert not decide({"kind": "drug", "agent": "duloxetine"}, {}, content.decision_table()).advice


# --- goals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "levels", "score", "met"),
    [
        ({"goal_reached": 20, "goal:2": 0}, (0, 0), 50.0, True),
        ({"goal_reached": 5, "goal:2": 2}, (-1, 2), None, False),
        ({"goal_reached": 20}, (0, None), None, None),
        # Whatever the second goal came to, the first one decides.
        ({"goal_reached": 31.25}, (2, None), None, True),
        ({"goal_reached": 5}, (-1, None), None, False),
        ({}, (None, None), None, None),
        # The level as it was asked before the goal had numbers.
        ({"goal": 1, "goal:2": 0}, (1, 0), None, True),
    ],
)
def test_goals_by_the_answers_of_a_day(
    answers: dict[str, Any], levels: tuple[int | None, ...], score: float | None, met: bool | None
) -> None:
    goals = (WALK, SLEEP)
    assert tuple(level_of(goal, answers, SCALE) for goal in goals) == levels
    assert are_met(goals, answers, SCALE) is met
    found = t_score(goals, answers, SCALE)
    assert (found is None) is (None in levels)
    if score is not None:
        assert found == score


@pytest.mark.parametrize("vector", load((KNOWLEDGE / "goals.yaml").read_text(encoding="utf-8"))["gas"]["test_vectors"])
def test_the_t_scores_of_the_content(vector: dict[str, Any]) -> None:
    goals = [
        GoalRecord("function", "Walk", position=place, importance=weight, difficulty=1)
        for place, weight in enumerate(vector["weights"], start=1)
    ]
    answers = {question_of(goal): level for goal, level in zip(goals, vector["levels"], strict=True)}
    assert t_score(goals, answers, SCALE) == vector["t"]


def test_without_goals_nothing_is_met() -> None:
    assert are_met((), {"goal": 2}, SCALE) is None
    assert t_score((), {"goal": 2}, SCALE) is None
