"""The decision table: the public cases, every row, the worked examples, and what must never happen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followup import content
from followup.case_file import read_case
from followup.next_step import decide, next_step, representatives
from rules.evaluate import evaluate
from rules.expr import And, Compare, Holds, Not
from rules.strict_yaml import load
from rules.truth import Truth

Case = dict[str, Any]
TABLE = content.decision_table()
CASES = sorted((Path(__file__).resolve().parents[2] / "knowledge" / "cases" / "next_step").glob("*.yaml"))
DRUG = {"kind": "drug", "agent": "gabapentin"}
CARBAMAZEPINE = {"kind": "drug", "agent": "carbamazepine"}
OPIOID = {"kind": "opioid", "agent": "oxycodone"}
NONDRUG = {"kind": "nondrug", "therapy": "tens"}
SAFE = {"red_flag": False, "suicide_risk": "none", "severe_reaction": False, "ae_max_grade": 0}
# A finished trial at the usual target, first class, nothing reached: the ground the worked examples stand on.
STATE: dict[str, Any] = SAFE | {
    "adherence_pct": 95,
    "trial_adequate": True,
    "dose_room": False,
    "pain_change_pct": 0,
    "pain_change_points": 0,
    "current_pain": 6,
    "function_state": "same",
    "goal_met": False,
    "lost_response": False,
    "stable_months": 0,
    "failed_classes": 0,
}
NO_OPIOID_WORRY: dict[str, Any] = {
    "mme": 30,
    "sedatives": 0,
    "days_since_pdmp": 30,
    "days_since_uds": 100,
    "days_since_opioid_review": 30,
    "naloxone_on_hand": True,
    "naloxone_risk": False,
    "cancer_or_palliative": False,
}


def shown(treatment: dict[str, Any], variables: dict[str, Any]) -> list[str]:
    return [advice.row.id for advice in decide(treatment, variables, TABLE).advice]


def actions(treatment: dict[str, Any], variables: dict[str, Any]) -> set[str]:
    step = decide(treatment, variables, TABLE)
    return {advice.row.action for advice in step.advice} | {a for advice in step.advice for a in advice.alternatives}


def baseline(before: float, now: float) -> dict[str, Any]:
    points = before - now
    return {"pain_change_pct": points / before * 100, "pain_change_points": points, "current_pain": now}


# --- the content ----------------------------------------------------------------------------------------------------


def test_the_table_is_whole() -> None:
    assert len(TABLE.rows) == 43
    assert len(TABLE.suppressions) == 5
    assert len(TABLE.inputs) == 26
    assert {row.source for row in TABLE.rows} >= {"unverified", "design_default", "cdc_2022", "nice_cg173"}


def test_the_schema_names_the_rows_actions_and_variables_of_the_table() -> None:
    names = content.schema()["$defs"]
    assert names["row"]["enum"] == [row.id for row in TABLE.rows]
    assert names["variable"]["enum"] == list(TABLE.inputs)
    assert set(names["action"]["enum"]) == set(content.file("decision_table")["actions"])
    assert set(content.schema()["$defs"]["case"]["properties"]["variables"]["properties"]) == set(TABLE.inputs)


def test_every_agent_of_a_class_is_an_agent_of_the_schema() -> None:
    agents = set(content.schema()["$defs"]["agent"]["enum"])
    assert set(TABLE.classes_of_agent) <= agents


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_public_case_holds(path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"), content.schema())
    answer = next_step(case, TABLE)
    assert [{"id": a["id"], "action": a["action"]} for a in answer["actions"]] == case["expect_actions"]
    assert set(case.get("expect_missing", [])) <= set(answer["missing"])
    if case.get("expect_missing") == []:  # Said outright: nothing that is unknown could change the answer.
        assert answer["missing"] == []


def test_there_are_public_cases() -> None:
    assert len(CASES) >= 15


# --- every row says yes, no and unknown -----------------------------------------------------------------------------


def _conditions(expr: Any) -> tuple[Any, ...]:
    return expr.parts if isinstance(expr, And) else (expr,)


def _value(condition: Any, wanted: bool) -> tuple[str, Any]:
    """A fact and a value that make one condition hold, or not."""
    match condition:
        case Holds():
            return condition.fact, wanted
        case Not(of=Holds() as inner):
            return inner.fact, not wanted
        case Compare():
            for value in representatives(TABLE.vocabulary[condition.fact], TABLE):
                if (evaluate(condition, {condition.fact: value}) is Truth.YES) == wanted:
                    return condition.fact, value
    raise AssertionError(f"no example for {condition}")


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.id)
def test_each_row_has_an_example_of_yes_no_and_unknown(row: Any) -> None:
    yes: dict[str, Any] = {}
    for condition in _conditions(row.when):
        # A row may bound one number from two sides; then the value must suit both.
        fact, value = _value(condition, True)
        yes.setdefault(fact, value)
    assert evaluate(row.when, yes) is Truth.YES
    for condition in _conditions(row.when):
        fact, value = _value(condition, False)
        assert evaluate(row.when, yes | {fact: value}) is Truth.NO
        assert evaluate(row.when, {name: known for name, known in yes.items() if name != fact}) is Truth.UNKNOWN


def _grid(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: st.sampled_from(representatives(TABLE.vocabulary[name], TABLE)) for name in names}
    )


def test_every_row_can_be_shown() -> None:
    every, reached = {row.id for row in TABLE.rows}, set[str]()
    # First each row until it is shown; some are shown only beside what another row asks for, so then everything.
    for thorough in (False, True):
        for kind, treatment in (("drug", DRUG), ("opioid", OPIOID), ("nondrug", NONDRUG)):
            for row in TABLE.rows:
                if row.group not in TABLE.groups_for[kind]:
                    continue
                for state in states_for(row.when):
                    if reached == every or (row.id in reached and not thorough):
                        break
                    reached.update(shown(treatment, state))
    assert reached == every


def states_for(when: Any) -> Iterator[dict[str, Any]]:
    """States in which what a row asks for is so, and the rest is this or that."""
    needed = dict(_value(condition, True) for condition in _conditions(when))
    needed |= {"review_week": 8, "weeks_in_programme": 4} if "weeks_to_review" in needed else {}
    needed.pop("weeks_to_review", None)
    later = {"weeks_in_programme": 12, "review_week": 8, "attendance_pct": 90}
    for function, room, pct in product(("same", "better", "worse"), (False, True), (-40, 0, 15, 35, 60)):
        state = STATE | later | NO_OPIOID_WORRY | {"function_state": function, "dose_room": room}
        state |= {"pain_change_pct": pct} | needed
        yield from (state, state | {"failed_classes": 1}, state | {"failed_classes": 2})


# --- the worked examples of the reference ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treatment", "change", "expected"),
    [
        (DRUG, baseline(7, 6.5) | {"trial_adequate": False, "dose_room": True}, ["R7"]),
        (DRUG, baseline(7, 3) | {"goal_met": True}, ["R5"]),
        (DRUG, baseline(8, 5), ["R10"]),
        (DRUG, baseline(7, 6), ["R14"]),
        (DRUG, baseline(7, 7) | {"failed_classes": 2}, ["R18"]),
        (DRUG, baseline(8, 10), ["R2b"]),
        (DRUG, baseline(7, 4) | {"ae_max_grade": 2}, ["S7", "R0a"]),
        (CARBAMAZEPINE, baseline(7, 4) | {"severe_reaction": True, "ae_max_grade": 4}, ["S2", "S3"]),
        (DRUG, baseline(7, 6.5) | {"adherence_pct": 60}, ["R1"]),
        (
            OPIOID,
            baseline(8, 6) | NO_OPIOID_WORRY
            | {"mme": 60, "sedatives": 1, "naloxone_risk": True, "naloxone_on_hand": False}
            | {"dose_room": True, "trial_adequate": False},
            ["O1", "O2", "O3"],
        ),
        (DRUG, baseline(7, 5.5) | {"suicide_risk": "ideation", "dose_room": True, "trial_adequate": False}, ["S6"]),
    ],
)  # fmt: skip
def test_the_worked_examples(treatment: dict[str, Any], change: dict[str, Any], expected: list[str]) -> None:
    assert shown(treatment, STATE | change) == expected


# Each line: what differs from STATE, and the row on either side of a threshold.
@pytest.mark.parametrize(
    ("change", "row"),
    [
        ({"pain_change_pct": -30}, "R2"),
        ({"pain_change_pct": -29.9}, "R16"),
        ({"pain_change_points": -2}, "R2b"),
        ({"pain_change_points": -1.9}, "R16"),
        ({"adherence_pct": 79.9}, "R1"),
        ({"adherence_pct": 80}, "R16"),
        ({"lost_response": True}, "R3"),
        ({"pain_change_pct": 30, "function_state": "worse"}, "R3b"),
        ({"pain_change_pct": 30, "goal_met": True, "stable_months": 6}, "R4"),
        ({"pain_change_pct": 30, "goal_met": True, "stable_months": 5.9}, "R5"),
        ({"pain_change_pct": 29.9, "goal_met": True, "current_pain": 3}, "R5b"),
        ({"pain_change_pct": 29.9, "goal_met": True, "current_pain": 3.1}, "R12"),
        ({"pain_change_pct": 50}, "R6"),
        ({"pain_change_pct": 49.9}, "R10"),
        ({"trial_adequate": False, "dose_room": True}, "R7"),
        ({"trial_adequate": False}, "R8"),
        ({"pain_change_pct": 49.9, "dose_room": True}, "R9"),
        ({"function_state": "better"}, "R11"),
        ({"pain_change_pct": 10, "dose_room": True}, "R13"),
        ({"pain_change_pct": 10, "failed_classes": 1}, "R14"),
        ({"pain_change_pct": 10, "failed_classes": 2}, "R15"),
        ({"pain_change_pct": 9.9, "failed_classes": 0}, "R16"),
        ({"pain_change_pct": 9.9, "failed_classes": 1}, "R17"),
        ({"pain_change_pct": 9.9, "failed_classes": 2}, "R18"),
    ],
)
def test_each_side_of_a_response_threshold(change: dict[str, Any], row: str) -> None:
    assert shown(DRUG, STATE | change) == [row]


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ({}, []),
        ({"mme": 50}, ["O1"]),
        ({"mme": 49.9}, []),
        ({"mme": 50, "cancer_or_palliative": True}, []),
        ({"sedatives": 1}, ["O2"]),
        ({"sedatives": 1, "cancer_or_palliative": True}, ["O2"]),
        ({"mme": 0, "sedatives": 1}, []),
        ({"naloxone_risk": True, "naloxone_on_hand": False}, ["O3"]),
        ({"naloxone_risk": True, "naloxone_on_hand": True}, []),
        ({"days_since_opioid_review": 91}, ["O4"]),
        ({"days_since_opioid_review": 90}, []),
        ({"days_since_pdmp": 91}, ["O5"]),
        ({"days_since_pdmp": 91, "cancer_or_palliative": True}, []),
        ({"days_since_uds": 366}, ["O6"]),
        ({"days_since_uds": 365}, []),
        ({"trial_adequate": True, "pain_change_pct": 29, "goal_met": False}, ["O7"]),
        ({"trial_adequate": True, "pain_change_pct": 29, "goal_met": False, "function_state": "better"}, []),
    ],
)
def test_each_opioid_row(change: dict[str, Any], rows: list[str]) -> None:
    state = STATE | NO_OPIOID_WORRY | baseline(8, 3) | {"goal_met": True}
    assert [row for row in shown(OPIOID, state | change) if row.startswith("O")] == rows


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ({"attendance_pct": 69.9}, "N1"),
        ({"attendance_pct": 70, "goal_met": True}, "N2"),
        ({"function_state": "better"}, "N3"),
        ({"weeks_in_programme": 7.9}, "N4"),
        ({"weeks_in_programme": 8}, "N6"),
        ({"function_state": "worse"}, "N5"),
    ],
)
def test_each_nondrug_row(change: dict[str, Any], row: str) -> None:
    state = SAFE | {"attendance_pct": 90, "goal_met": False, "function_state": "same", "weeks_in_programme": 12}
    assert shown(NONDRUG, state | {"review_week": 8} | change) == [row]


def test_a_hidden_match_does_not_give_way_to_a_later_row() -> None:
    state = STATE | {"trial_adequate": False, "dose_room": True, "suicide_risk": "ideation"}
    assert shown(DRUG, state) == ["S6"]


def test_alternatives_lose_what_is_hidden() -> None:
    state = STATE | NO_OPIOID_WORRY | {"pain_change_pct": 15}
    free = decide(OPIOID, state, TABLE).advice
    assert next(advice for advice in free if advice.row.id == "R14").alternatives == ("combine",)
    sedated = decide(OPIOID, state | {"sedatives": 1}, TABLE).advice
    assert next(advice for advice in sedated if advice.row.id == "R14").alternatives == ()


def test_an_opioid_is_judged_as_an_opioid_however_it_was_labelled() -> None:
    state = STATE | NO_OPIOID_WORRY | {"mme": 60}
    assert "O1" in shown({"kind": "drug", "agent": "tramadol"}, state)


# --- properties -----------------------------------------------------------------------------------------------------

_EVERY = _grid(TABLE.inputs)
_SOME = st.tuples(_EVERY, st.sets(st.sampled_from(TABLE.inputs))).map(
    lambda pair: {name: value for name, value in pair[0].items() if name not in pair[1]}
)
_TREATMENTS = st.sampled_from([DRUG, OPIOID, NONDRUG, {"kind": "opioid", "agent": "methadone"}])
_QUICK = settings(max_examples=150, deadline=None)


@_QUICK
@given(_TREATMENTS, _SOME)
def test_danger_hides_every_other_advice(treatment: Case, state: Case) -> None:
    danger = (
        state.get("suicide_risk") == "plan_or_intent"
        or state.get("severe_reaction") is True
        or state.get("red_flag") is True
        or state.get("ae_max_grade", 0) >= 3
    )
    groups = {advice.row.group for advice in decide(treatment, state, TABLE).advice}
    assert not danger or groups <= {"safety", "opioid"}


@_QUICK
@given(_TREATMENTS, _SOME)
def test_no_rise_and_no_second_medicine_while_risk_or_effects_are_not_ruled_out(
    treatment: dict[str, Any], state: dict[str, Any]
) -> None:
    if state.get("suicide_risk") != "none" or state.get("ae_max_grade", 2) >= 2:
        assert not actions(treatment, state) & {"titrate", "combine"}
    if state.get("suicide_risk") != "none":
        assert "switch" not in actions(treatment, state)


@_QUICK
@given(_TREATMENTS, _SOME)
def test_an_unasked_safety_question_is_named_and_hides_the_treatment_advice(
    treatment: dict[str, Any], state: dict[str, Any]
) -> None:
    step = decide(treatment, state, TABLE)
    unasked = {name for name in SAFE if name not in state}
    assert unasked <= set(step.missing)
    if unasked:
        assert {advice.row.group for advice in step.advice} <= {"safety", "opioid"}


@_QUICK
@given(_TREATMENTS, _EVERY)
def test_nothing_is_missing_when_everything_is_known(treatment: Case, state: Case) -> None:
    assert decide(treatment, state, TABLE).missing == ()


@_QUICK
@given(_EVERY)
def test_a_complete_safe_state_always_gets_one_response(state: Case) -> None:
    first = [row for row in shown(DRUG, state | SAFE) if row.startswith("R")]
    assert len(first) == 1
    assert len([row for row in shown(NONDRUG, state | SAFE) if row.startswith("N")]) == 1


@_QUICK
@given(_EVERY)
def test_switch_combine_and_escalate_need_an_adequate_trial(state: Case) -> None:
    advice = decide(DRUG, state | SAFE | {"trial_adequate": False}, TABLE).advice
    assert not {a.row.action for a in advice if a.row.group == "response"} & {"switch", "combine", "escalate"}


@_QUICK
@given(_EVERY)
def test_much_worse_pain_always_asks_for_a_new_diagnosis(state: Case) -> None:
    assert shown(DRUG, state | SAFE | {"pain_change_pct": -30})[-1] == "R2"
    calm = {"pain_change_pct": -10, "pain_change_points": -2}
    assert shown(DRUG, state | SAFE | calm)[-1] == "R2b"


@_QUICK
@given(_TREATMENTS, _SOME, st.sampled_from(TABLE.inputs), st.data())
def test_what_is_not_missing_cannot_change_the_advice(
    treatment: dict[str, Any], state: dict[str, Any], name: str, data: Any
) -> None:
    step = decide(treatment, state, TABLE)
    if name in state or name in step.missing:
        return
    value = data.draw(st.sampled_from(representatives(TABLE.vocabulary[name], TABLE)))
    assert decide(treatment, state | {name: value}, TABLE).advice == step.advice


@_QUICK
@given(_TREATMENTS, _SOME)
def test_advice_under_unknowns_stays_when_they_become_known(treatment: Case, state: Case) -> None:
    """Removing an answer never adds advice on treatment that the full answers would not give."""
    partial = decide(treatment, state, TABLE)
    full = {name: representatives(TABLE.vocabulary[name], TABLE)[0] for name in TABLE.inputs} | state
    complete = {advice.row.id for advice in decide(treatment, full, TABLE).advice}
    hidden_by_danger = full["red_flag"] or full["suicide_risk"] == "plan_or_intent"
    for advice in partial.advice:
        assert advice.row.id in complete or (hidden_by_danger and advice.row.group in ("response", "nondrug"))


@pytest.mark.parametrize("unknown", ["pain_change_pct", "function_state", "ae_max_grade"])
def test_no_action_on_a_medicine_without_score_function_and_grade(unknown: str) -> None:
    for change in ({"trial_adequate": False, "dose_room": True}, {"pain_change_pct": 35}, {"ae_max_grade": 2}, {}):
        state = {name: value for name, value in (STATE | change).items() if name != unknown}
        step = decide(DRUG, state, TABLE)
        assert unknown in step.missing
        assert not {a.row.action for a in step.advice if a.row.group == "response"} & TABLE.needs_data.actions


def test_worse_pain_is_said_even_when_function_is_not_known() -> None:
    state = {name: value for name, value in STATE.items() if name != "function_state"} | {"pain_change_pct": -40}
    assert shown(DRUG, state) == ["R2"]


def test_the_answer_fits_the_schema_of_the_contract() -> None:
    from jsonschema import Draft202012Validator

    schema = content.schema()
    validator = Draft202012Validator({"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": "#/$defs/result"})
    for variables in ({}, STATE, STATE | {"pain_change_pct": 15}, {"severe_reaction": True}):
        for treatment in (DRUG, OPIOID, NONDRUG):
            answer = next_step({"as_of": "2026-03-02", "treatment": treatment, "variables": variables}, TABLE)
            assert list(validator.iter_errors(answer)) == []


def test_content_files_are_strict_yaml_and_name_a_source_everywhere_they_should() -> None:
    for path in sorted(content.KNOWLEDGE.glob("*.yaml")):
        assert load(path.read_text(encoding="utf-8")), path.name
    assert all(row.source for row in TABLE.rows)
