"""Goals on the scale of goal attainment: levels from numbers, their words, weights, advice, the form of the plan."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assessments.content import assessment_content
from assessments.scoring import goal_attainment
from patients.models import Patient
from rules.strict_yaml import load
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser
from tests.treatments.test_plan_services import Desk
from treatments import queries, services
from treatments.content import shipped
from treatments.content.files import KNOWLEDGE
from treatments.goal_rules import GoalRules, level_reached, range_of, weights
from treatments.goal_words import band_words, hints, level_words, own_levels
from treatments.plan_record import GoalRecord

RULES = shipped().goal_rules
assert RULES is not None
GAS = load((KNOWLEDGE / "goals.yaml").read_text(encoding="utf-8"))["gas"]
DAY = dt.timedelta(days=1)
WALK = GoalRecord(
    "function",
    "Walk to the shop and back",
    by=TODAY + 56 * DAY,
    measure="minutes of one walk",
    amount=20,
    unit="minutes",
    baseline=5,
    importance=3,
    difficulty=2,
    confidence=8,
)


def rules() -> GoalRules:
    assert RULES is not None
    return RULES


@pytest.mark.parametrize(
    ("now", "baseline", "target", "level"),
    [
        (5, 5, 20, -1),
        (3.4, 5, 20, -2),
        (18.4, 5, 20, -1),
        (18.5, 5, 20, 0),
        (20, 5, 20, 0),
        (23.75, 5, 20, 1),
        (31.25, 5, 20, 2),
        # Falling: three wakings a night, at most one.
        (3, 3, 1, -1),
        (4, 3, 1, -2),
        (1, 3, 1, 0),
        (0, 3, 1, 1),
        (1.2, 3, 1, 0),
        (1.3, 3, 1, -1),
    ],
)
def test_the_level_of_a_number(now: float, baseline: float, target: float, level: int) -> None:
    assert level_reached(now, baseline, target, rules().bands) == level


def test_a_target_that_is_the_baseline_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="equals"):
        level_reached(4, 5, 5, rules().bands)


NUMBERS = st.integers(0, 5000).map(lambda n: n / 2)


@given(now=NUMBERS, baseline=NUMBERS, target=NUMBERS)
def test_a_level_is_what_its_range_says_and_nearer_to_the_target_is_never_a_lower_one(
    now: float, baseline: float, target: float
) -> None:
    assume(baseline != target)
    bands = rules().bands
    level = level_reached(now, baseline, target, bands)
    found = range_of(next(band for band in bands if band.level == level), baseline, target)
    sign = -1 if found.falls else 1
    assert found.first is None or sign * now >= sign * found.first - 1e-6
    assert found.before is None or sign * now < sign * found.before + 1e-6
    assert level_reached(now + sign, baseline, target, bands) >= level
    assert level_reached(target, baseline, target, bands) == 0
    assert level_reached(baseline, baseline, target, bands) == -1


@pytest.mark.parametrize("vector", GAS["test_vectors"])
def test_the_weights_of_goals_give_the_t_scores_of_the_content(vector: dict[str, Any]) -> None:
    goals = [replace(WALK, importance=1, difficulty=weight) for weight in vector["weights"]]
    assert goal_attainment(weights(goals), vector["levels"], assessment_content().goal_constants) == vector["t"]


def test_one_goal_that_nobody_weighed_makes_all_count_alike() -> None:
    assert weights([WALK, replace(WALK, importance=1, difficulty=1)]) == [6, 1]
    assert weights([WALK, replace(WALK, difficulty=None)]) == [1, 1]


@pytest.mark.parametrize(
    ("baseline", "amount", "unit", "said"),
    [
        (
            5,
            20,
            "minutes",
            [
                "less than 3.5 minutes",
                "3.5 to less than 18.5 minutes",
                "18.5 to less than 23.75 minutes",
                "23.75 to less than 31.25 minutes",
                "31.25 or more minutes",
            ],
        ),
        (
            3,
            1,
            "wakings",
            [
                "more than 3.2 wakings",
                "3.2 down to more than 1.2 wakings",
                "1.2 down to more than 0.5 wakings",
                "0.5 or less wakings",
                "not possible",
            ],
        ),
        (None, 20, "minutes", [""] * 5),
    ],
)
def test_a_level_says_its_numbers(baseline: float | None, amount: float, unit: str, said: list[str]) -> None:
    goal = replace(WALK, baseline=baseline, amount=amount, unit=unit)
    assert [band_words(goal, band) for band in rules().bands] == said


def test_words_that_were_entered_go_before_numbers_and_stay_when_these_change() -> None:
    goal = replace(WALK, levels=("", "", "To the shop", "", ""))
    shown = [each.words for each in level_words(goal, rules())]
    assert shown[2] == "To the shop"
    assert shown[0] == "less than 3.5 minutes"
    assert own_levels(replace(goal, levels=tuple(shown)), rules()) == goal.levels


@pytest.mark.parametrize(
    ("changes", "noticed"),
    [
        ({}, set()),
        ({"words": "Walk"}, {"specific"}),
        ({"baseline": None}, {"measurable"}),
        ({"unit": ""}, {"measurable"}),
        ({"confidence": 6}, {"achievable"}),
        ({"confidence": 7}, set()),
        ({"confidence": None}, {"achievable"}),
        ({"importance": None}, {"relevant"}),
        ({"importance": 0}, {"relevant"}),
        ({"by": None}, {"time_bound"}),
        ({"by": TODAY + 84 * DAY}, set()),
        ({"by": TODAY + 85 * DAY}, {"time_bound"}),
        ({"by": TODAY - DAY}, {"time_bound"}),
        ({"words": "To be without  Pain at night"}, {"function_not_zero_pain"}),
    ],
)
def test_advice_on_a_goal(changes: dict[str, Any], noticed: set[str]) -> None:
    assert {hint.rule for hint in hints(replace(WALK, **changes), None, rules(), TODAY)} == noticed


def test_advice_says_the_caution_of_the_goal_and_what_the_rules_exclude() -> None:
    template = next(each for each in shipped().goals if each.id == "nut_02")
    own, safe = hints(replace(WALK, words=template.words), template, rules(), TODAY, ["Tai chi"])
    assert (own.rule, safe.rule) == ("own_words", "safe")
    assert "Do not stop suddenly if you drink daily." in safe.noticed
    assert "Tai chi is excluded" in safe.noticed


# --- the form ---------------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(clinician: Member, patient: Patient) -> Browser:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    browser = Browser(clinician, patient)
    browser.add("gabapentin", "pain_education")
    return browser


def sent(browser: Browser, **parts: Any) -> dict[str, Any]:
    draft = queries.draft_of(browser.patient.pk)
    assert draft is not None
    return {
        f"plan-{key}": value
        for key, value in ({"patient_id": browser.patient.pk, "version": draft.version} | parts).items()
    }


WHOLE: dict[str, Any] = {
    "function_words": "Walk to the shop and back",
    "goal_measure": "minutes of one walk",
    "goal_baseline": "5",
    "goal_amount": "20",
    "goal_unit": "minutes",
    "goal_by": (TODAY + 30 * DAY).isoformat(),
    "goal_importance": "3",
    "goal_difficulty": "2",
    "goal_confidence": "8",
    "goal_items": ["pain_education"],
    "goal_level_met": "There and back",
    "goal2_words": "Sleep until five",
    "goal2_baseline": "3",
    "goal2_amount": "1",
    "goal2_unit": "wakings",
    "goal2_importance": "1",
    "goal2_difficulty": "1",
    "goal3_words": "Read to my grandson",
    "goal3_importance": "2",
    "goal3_difficulty": "1",
    "pain_target": "4",
}


def test_three_goals_are_kept_with_everything_that_was_said(browser: Browser) -> None:
    browser.post("plan-goals", **sent(browser, **WHOLE))
    plan = queries.draft_of(browser.patient.pk)
    assert plan is not None
    assert list(plan.goals) == ["function", "function_2", "function_3", "pain"]
    walk, sleep, read = plan.wishes
    assert (walk.baseline, walk.amount, walk.items, walk.levels[2]) == (5, 20, ("pain_education",), "There and back")
    assert weights(plan.wishes) == [6, 1, 2]
    assert (sleep.words, read.words, plan.goals["pain"].target) == ("Sleep until five", "Read to my grandson", 4)
    assert plan.goals["pain"].by == walk.by
    page = browser.get("plan-goals")
    for words in ("There and back", "less than 3.5 minutes", "0.5 or less wakings", "Read to my grandson", "checked"):
        assert words in page
    assert "Nobody asked how confident the patient is." in page


def test_a_goal_that_is_taken_out_leaves_no_hole(browser: Browser) -> None:
    browser.post(
        "plan-goals",
        **sent(
            browser,
            **(WHOLE | {"function_words": "", "goal_measure": "", "goal_unit": ""})
            | {"goal_amount": "", "goal_baseline": "", "goal_by": ""},
        ),
    )
    plan = queries.draft_of(browser.patient.pk)
    assert plan is not None
    assert [(goal.key, goal.words) for goal in plan.wishes] == [
        ("function", "Sleep until five"),
        ("function_2", "Read to my grandson"),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"goal_amount": "5"}, "The target is what it is now."),
        ({"goal2_baseline": "1,0"}, "The target is what it is now."),
        ({"goal2_amount": "one"}, "Enter a number"),
        ({"goal_confidence": "11"}, "less than or equal to 10"),
        ({"goal3_words": "", "goal3_unit": "pages"}, "Say what the patient wants to do"),
        ({f"goal{place}_importance": "0" for place in ("", "2", "3")}, "none of them would count"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field_and_nothing_is_lost(
    browser: Browser, changes: dict[str, Any], said: str
) -> None:
    refused = browser.post("plan-goals", status=422, **sent(browser, **(WHOLE | changes))).content.decode()
    assert said in refused
    for words in ("Walk to the shop and back", "Sleep until five", "There and back"):
        assert words in refused
    plan = queries.draft_of(browser.patient.pk)
    assert plan is not None and not plan.goals


def test_goals_are_saved_while_they_are_typed_and_advice_follows(browser: Browser) -> None:
    page = browser.href("plan-goals")
    saved = browser.client.post(page, sent(browser, **WHOLE), headers={"X-Autosave": "1"})
    assert saved.json()["version"] == 2
    advice = browser.client.get(page, headers={"HX-Request": "true", "HX-Target": "goal-advice"}).content.decode()
    assert "less than 3.5 minutes" in advice and "<form" not in advice


def test_two_versions_of_the_goals_stand_beside_each_other(browser: Browser) -> None:
    stale = sent(browser, **WHOLE)
    browser.post("plan-goals", **sent(browser, **(WHOLE | {"function_words": "Dance"})))
    beside = browser.post("plan-goals", status=409, **stale).content.decode()
    assert "Dance" in beside and "Walk to the shop and back" in beside


def test_a_treatment_that_is_taken_out_serves_no_goal(browser: Browser) -> None:
    browser.post("plan-goals", **sent(browser, **WHOLE))
    browser.post("plan-item-remove", option="pain_education")
    plan = queries.draft_of(browser.patient.pk)
    assert plan is not None and plan.wishes[0].items == ()


def test_the_signature_keeps_what_each_level_means_and_a_new_draft_follows_its_numbers(
    clinician: Member, patient: Patient
) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    desk.add("gabapentin")
    desk.answer_everything()
    desk.agree(goals=(replace(WALK, levels=("", "", "To the shop", "", "")),))
    signed = desk.sign()
    assert signed.wishes[0].levels[0] == "less than 3.5 minutes"
    assert signed.wishes[0].levels[2] == "To the shop"
    draft = services.start_draft(**desk.who, shown=desk.shown)
    assert draft.wishes[0].levels == ("", "", "To the shop", "", "")
    assert draft.wishes[0].baseline == 5
