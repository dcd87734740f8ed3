"""Questions, answers, adverse-effect grades with their overrides, alarms, and the variables they become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import check_in as questions
from followup import content, plans
from followup.check_in import AnswerInvalid, Effect
from followup.response import Baseline, Checked, Goals, Trial, pain_change, peg_total, variables
from treatments.plan_record import GoalRecord

DATA, ADVERSE, SAFETY = (content.file(name) for name in ("check_in", "adverse_effects", "safety_alerts"))
FIGURES = content.figures()
DAY = timedelta(days=1)
START = date(2026, 3, 2)
WALK = (GoalRecord("function", "Walk"),)
GOALS = Goals(WALK, plans.goals_of(None).scale)
EVERY = tuple(row["id"] for row in DATA["effects"]["items"])


# --- questions --------------------------------------------------------------------------------------------------------


def test_danger_signs_are_asked_first_and_severity_only_for_what_was_ticked() -> None:
    asked = [question.id for question in questions.questions(DATA, WALK, EVERY, ["sedation"])]
    assert asked[0] == "danger_signs"
    assert asked[-1] == "grade:sedation"
    assert [name for name in asked if name.startswith("grade:")] == ["grade:sedation"]
    assert "goal" in asked
    assert "goal" not in [question.id for question in questions.questions(DATA, (), EVERY, [])]


def test_only_effects_of_the_current_medicines_are_asked() -> None:
    asked = questions.effects_to_ask(DATA, ADVERSE, {"topical_lidocaine"}, False)
    assert asked == ("skin_local",)
    assert "exercise_flare" in questions.effects_to_ask(DATA, ADVERSE, {"snri"}, True)
    assert questions.effects_to_ask(DATA, ADVERSE, set(), False) == EVERY


def test_every_effect_that_is_asked_has_grades_in_the_content() -> None:
    assert set(EVERY) <= {row["id"] for row in ADVERSE["items"]}
    assert {row["item"] for row in ADVERSE["grade_overrides"]} <= {row["id"] for row in ADVERSE["items"]}
    assert set(DATA["effect_alarms"]["safety_alert"].values()) <= {row["id"] for row in SAFETY["safety_alerts"]}


@given(st.lists(st.text(max_size=6), max_size=4))
def test_whatever_is_sent_is_an_answer_or_refused(values: list[str]) -> None:
    for question in questions.questions(DATA, WALK, EVERY, EVERY):
        try:
            found = questions.read(question, values)
        except AnswerInvalid:
            continue
        assert found is None or isinstance(found, int | float | list)


def test_nothing_ticked_is_unknown_and_none_of_these_is_an_answer() -> None:
    danger = questions.questions(DATA, (), EVERY, [])[0]
    assert questions.read(danger, []) is None
    assert questions.read(danger, ["none"]) == []
    with pytest.raises(AnswerInvalid):
        questions.read(danger, ["none", "rf_skin"])


def test_the_severity_of_an_effect_goes_when_the_effect_does() -> None:
    assert questions.cleaned({"effects": ["nausea"], "grade:sedation": 2, "nrs_now": 3}) == {
        "effects": ["nausea"],
        "nrs_now": 3,
    }


# --- grades -----------------------------------------------------------------------------------------------------------


def graded(name: str, grade: int, facts: dict[str, bool]) -> Effect:
    found = questions.effects({"effects": [name], f"grade:{name}": grade}, facts, ADVERSE)
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("name", "grade", "facts", "effective"),
    [
        ("sedation", 1, {"taking_opioid": True}, 1),
        ("sedation", 2, {"taking_opioid": True}, 3),
        ("sedation", 3, {"taking_opioid": True}, 4),
        ("sedation", 2, {"taking_opioid": False}, 2),
        ("resp", 2, {"taking_opioid": True}, 4),
        ("rash", 1, {"taking_na_channel_aed": True, "blisters_or_mucosal_sores_or_fever": False}, 3),
        ("rash", 1, {"taking_na_channel_aed": False, "blisters_or_mucosal_sores_or_fever": True}, 4),
        ("rash", 1, {"taking_na_channel_aed": True, "blisters_or_mucosal_sores_or_fever": True}, 4),
        ("wound", 1, {"stiff_neck_or_severe_headache_or_new_weakness": True}, 4),
        ("nausea", 2, {}, 2),
    ],
)
def test_the_effective_grade(name: str, grade: int, facts: dict[str, bool], effective: int) -> None:
    assert graded(name, grade, facts).effective == effective


def test_overrides_look_at_the_observed_grade_only() -> None:
    # Grade 2 on an opioid becomes 3; that 3 must not become 4 by the next override.
    assert graded("sedation", 2, {"taking_opioid": True}).effective == 3


def test_an_override_that_nobody_can_judge_leaves_the_grade_open() -> None:
    effect = graded("sedation", 2, {})
    assert (effect.effective, effect.possible) == (2, 3)


def test_effects_that_were_not_asked_or_not_graded_are_unknown() -> None:
    assert questions.effects({}, {}, ADVERSE) is None
    assert questions.effects({"effects": ["nausea"]}, {}, ADVERSE) is None
    assert questions.effects({"effects": []}, {}, ADVERSE) == ()


def test_one_open_severity_leaves_the_others_graded() -> None:
    answers: dict[str, questions.Answer] = {"effects": ["nausea", "dizziness"], "grade:dizziness": 4}
    assert questions.effects(answers, {}, ADVERSE) is None
    assert [(one.id, one.observed) for one in questions.graded(answers, {}, ADVERSE)] == [("dizziness", 4)]


# --- alarms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", DATA["danger_signs"]["items"], ids=lambda row: row["id"])
def test_every_danger_sign_raises_an_alarm_with_advice_and_a_deadline(row: dict[str, Any]) -> None:
    alarms = questions.alarms({"danger_signs": [row["id"]]}, (), DATA, SAFETY)
    assert [alarm.code for alarm in alarms] == [row["id"]]
    assert alarms[0].advice
    assert 0 < alarms[0].deadline_hours <= 24
    assert (alarms[0].deadline_hours <= 1) == (row["act"] == "emergency")


def test_a_grade_3_effect_needs_the_same_day_and_a_grade_4_effect_an_emergency() -> None:
    by_grade = {
        grade: [a.act for a in questions.alarms({}, (Effect("nausea", grade, grade, grade, ()),), DATA, SAFETY)]
        for grade in (1, 2, 3, 4)
    }
    assert by_grade == {1: [], 2: [], 3: ["same_day"], 4: ["emergency"]}


def test_a_new_low_mood_alarms_at_any_grade() -> None:
    found = questions.alarms({}, (Effect("mood_effect", 1, 1, 1, ()),), DATA, SAFETY)
    assert found[0].act == "same_day"
    assert "Ask directly" in found[0].action


def test_what_alarms_at_any_grade_alarms_before_its_severity_is_told() -> None:
    (alarm,) = questions.alarms({"effects": ["mood_effect", "nausea"]}, (), DATA, SAFETY)
    assert (alarm.effect, alarm.act) == ("mood_effect", "same_day")


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        (None, {}),
        ([], {"red_flag": False, "severe_reaction": False}),
        (["rf_skin"], {"red_flag": True, "severe_reaction": True}),
        (["rf_suicide", "rf_mood"], {"red_flag": True, "severe_reaction": False, "suicide_risk": "plan_or_intent"}),
        (["rf_mood"], {"red_flag": True, "severe_reaction": False, "suicide_risk": "ideation"}),
    ],
)
def test_a_link_is_no_direct_suicide_screen(signs: list[str] | None, expected: dict[str, Any]) -> None:
    answers = {} if signs is None else {"danger_signs": signs}
    assert questions.safety_variables(answers, DATA) == expected


# --- response ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    kind: str = "agent"
    ref_id: str = "gabapentin"
    name: str = "Gabapentin"
    steps: tuple[tuple[date, float, str], ...] = ((START, 300, "mg"), (START + 7 * DAY, 900, "mg"))
    stop_date: date | None = None


TRIAL = Trial(total_weeks=8, weeks_at_target=2, usual_target=900)


def check(day: int, **answers: Any) -> Checked:
    return Checked(START + day * DAY, answers, None)


def known(
    *history: Checked, item: Item | None = None, today: int = 60, baseline: float | None = 7, **reviewed: Any
) -> dict[str, Any]:
    return variables(
        item or Item(), Baseline(7, 6.0), history, TRIAL, {}, reviewed, FIGURES, GOALS, START + today * DAY
    )


@pytest.mark.parametrize(
    ("baseline", "answers", "expected"),
    [
        (7, {"nrs_average": 3}, (pytest.approx(57.14, abs=0.01), False)),
        (8, {"nrs_average": 10}, (-25.0, False)),
        (7, {}, (None, False)),
        (None, {"nrs_average": 3}, (None, False)),
        (3, {"nrs_average": 1, "pgic": 2}, (50, True)),
        (3, {"nrs_average": 1, "pgic": 3}, (20, True)),
        (0, {"nrs_average": 0, "pgic": 4}, (0, True)),
        (3.9, {"nrs_average": 5, "pgic": 7}, (-30, True)),
        (3, {"nrs_average": 1}, (None, True)),
    ],
)
def test_the_change_of_pain(baseline: float | None, answers: dict[str, Any], expected: Any) -> None:
    assert pain_change(check(30, **answers), Baseline(baseline), FIGURES) == expected


def test_peg_needs_all_three_items() -> None:
    assert peg_total({"peg1": 4, "peg2": 3, "peg3": 2}) == 3
    assert peg_total({"peg1": 4, "peg2": 3}) is None


def test_what_was_not_answered_is_left_out() -> None:
    found = known(check(30))
    for name in (
        "pain_change_pct",
        "current_pain",
        "function_state",
        "goal_met",
        "adherence_pct",
        "ae_max_grade",
        "suicide_risk",
    ):
        assert name not in found


@pytest.mark.parametrize(
    ("peg", "goal", "state"),
    [
        ((4, 4, 4), None, "better"),
        ((5, 5, 5), None, "same"),
        ((7, 7, 7), None, "worse"),
        ((5, 5, 5), 0, "better"),
        (None, 0, "better"),
    ],
)
def test_function_against_the_baseline(peg: tuple[int, ...] | None, goal: int | None, state: str) -> None:
    answers: dict[str, Any] = dict(zip(("peg1", "peg2", "peg3"), peg, strict=True)) if peg else {}
    if goal is not None:
        answers["goal"] = goal
    assert known(check(30, **answers))["function_state"] == state


@pytest.mark.parametrize(
    ("day", "adherence", "adequate"),
    [(20, 100, False), (55, 100, False), (56, 100, True), (56, 70, False), (56, None, None)],
)
def test_a_trial_is_adequate_after_its_weeks_at_the_dose_and_taken(
    day: int, adherence: int | None, adequate: bool | None
) -> None:
    answers = {} if adherence is None else {"adherence": adherence}
    assert known(check(day, **answers), today=day).get("trial_adequate") is adequate


@pytest.mark.parametrize(("day", "top", "room"), [(3, 900, True), (30, 900, False), (30, 600, None)])
def test_room_for_a_step(day: int, top: float, room: bool | None) -> None:
    item = Item(steps=((START, 300, "mg"), (START + 7 * DAY, top, "mg")))
    assert known(check(day), item=item, today=day).get("dose_room") is room


def test_a_response_is_lost_at_two_checks_far_enough_apart() -> None:
    good, bad = {"nrs_average": 3, "adherence": 100}, {"nrs_average": 6, "adherence": 100}
    assert known(check(30, **good), check(60, **bad), check(74, **bad))["lost_response"] is True
    assert known(check(30, **good), check(60, **bad), check(70, **bad))["lost_response"] is False
    assert known(check(30, **good), check(60, **bad))["lost_response"] is False
    # Nobody knows how it was at the first of the two checks.
    assert "lost_response" not in known(check(30, **good), check(60), check(74, **bad))
    assert known(check(30, **good), check(60, **bad), check(74, nrs_average=6, adherence=50))["lost_response"] is False
    assert known(check(30, **good), check(60, **good))["lost_response"] is False
    assert "lost_response" not in known(check(30, **good), check(60))


def test_stable_months_begin_with_the_response_or_the_last_change_of_dose() -> None:
    good = {"nrs_average": 3}
    found = known(check(30, **good), check(120, **good), check(210, **good), today=210)
    assert found["stable_months"] == pytest.approx(180 / 30.4375)
    later = Item(steps=((START, 300, "mg"), (START + 180 * DAY, 900, "mg")))
    assert known(check(30, **good), check(210, **good), item=later, today=210)["stable_months"] == pytest.approx(
        30 / 30.4375
    )
    assert known(check(30, nrs_average=7))["stable_months"] == 0


def test_what_a_clinician_established_goes_first() -> None:
    found = known(check(30, nrs_average=3), suicide_risk="none", dose_room=True)
    assert (found["suicide_risk"], found["dose_room"]) == ("none", True)


def test_a_therapy_is_judged_by_attendance_and_weeks() -> None:
    item = Item(kind="therapy", ref_id="tens", name="TENS", steps=((START, 0, ""),))
    found = known(check(28, adherence=70), item=item, today=28)
    assert (found["attendance_pct"], found["weeks_in_programme"], found["review_week"]) == (70, 4, 12)
    assert "trial_adequate" not in found
