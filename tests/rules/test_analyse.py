"""Each answer is a patient, and search and solver never disagree about whether there is one."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import analyse
from rules.analyse import Answer, always_fires, can_fire, contradict, find_example, find_patient, hides, solve
from rules.evaluate import evaluate
from rules.expr import AnyOf, Expr
from rules.facts import Facts, FactSet
from rules.parse import parse
from rules.problems import ConditionInvalid
from rules.truth import Truth
from tests.rules.strategies import VOCABULARY, conditions


@pytest.mark.parametrize(
    ("text", "yes", "no", "unknown"),
    [
        ("heart_block", {"heart_block": True}, {"heart_block": False}, {}),
        (
            "heart_block or crcl_ml_min < 30",
            {"heart_block": True},
            {"heart_block": False, "crcl_ml_min": 30},
            {},
        ),
        ("30 <= crcl_ml_min < 60", {"crcl_ml_min": 30}, {"crcl_ml_min": 60}, {}),
        ("known(age_years) and age_years >= 65", {"age_years": 65}, {}, None),
        (
            'dementia and "ssri" in medication_classes',
            {"dementia": True, "medication_classes": FactSet.of("ssri")},
            {"dementia": False},
            {},
        ),
        (
            "known(conditions)",
            {"conditions": FactSet(complete=True)},
            {},
            None,
        ),
        ("dementia and not dementia", None, {"dementia": False}, {}),
        ("0.1 < change < 0.3", {"change": 0.2}, {"change": 0.1}, {}),
        ("True", {}, None, None),
        ('sex not in ("female", "male")', {"sex": "other"}, {"sex": "female"}, {}),
    ],
)
def test_the_smallest_example(text: str, yes: Facts | None, no: Facts | None, unknown: Facts | None) -> None:
    expr = parse(text)
    found = [find_example(expr, VOCABULARY, truth) for truth in (Truth.YES, Truth.NO, Truth.UNKNOWN)]
    assert [facts if facts is None else dict(facts) for facts in found] == [yes, no, unknown]


@settings(max_examples=100, deadline=None)
@given(conditions, st.sampled_from(list(Truth)))
def test_search_and_solver_agree_on_whether_there_is_a_patient(expr: Expr, truth: Truth) -> None:
    found, solved = find_example(expr, VOCABULARY, truth), solve(VOCABULARY, (expr, {truth}))
    assert (found is None) == (solved is None)
    for facts in (found, solved):
        if facts is not None:
            assert evaluate(expr, facts) is truth
            assert VOCABULARY.problems(facts) == []
            for name in facts:
                fewer = {other: value for other, value in facts.items() if other != name}
                assert evaluate(expr, fewer) is not truth, f"{name} is not needed"


@settings(max_examples=60, deadline=None)
@given(conditions, conditions)
def test_pairs(first: Expr, second: Expr) -> None:
    hidden, both = hides(first, second, VOCABULARY), contradict(first, second, VOCABULARY)
    if hidden.patient is not None:
        assert evaluate(second, hidden.patient) is Truth.YES
        assert evaluate(first, hidden.patient) is not Truth.YES
    if both.patient is not None:
        assert evaluate(first, both.patient) is evaluate(second, both.patient) is Truth.YES
    # If the first covers the second and they never meet, the second can never fire.
    if hidden.holds and not both.holds:
        assert not can_fire(second, VOCABULARY).holds


def test_questions_about_one_rule() -> None:
    assert can_fire(parse("crcl_ml_min < 30 and crcl_ml_min > 60"), VOCABULARY) == Answer(False, None)
    assert can_fire(parse("crcl_ml_min < 30"), VOCABULARY) == Answer(True, {"crcl_ml_min": 29})
    # The vocabulary's range makes this one true of everybody who was measured.
    assert always_fires(parse("crcl_ml_min >= 0"), VOCABULARY) == Answer(True, None)
    assert always_fires(parse("crcl_ml_min >= 15"), VOCABULARY) == Answer(False, {"crcl_ml_min": 14})


def test_questions_about_two_rules() -> None:
    severe, moderate = parse("crcl_ml_min < 15"), parse("15 <= crcl_ml_min < 30")
    below = parse("crcl_ml_min < 30")
    assert contradict(severe, moderate, VOCABULARY) == Answer(False, None)
    assert contradict(severe, below, VOCABULARY) == Answer(True, {"crcl_ml_min": 14})
    assert hides(below, moderate, VOCABULARY).holds
    assert hides(severe, below, VOCABULARY) == Answer(False, {"crcl_ml_min": 15})
    # Unknown is not yes: a rule that asks for more facts covers less.
    assert not hides(parse("heart_block and sex == 'male'"), parse("heart_block"), VOCABULARY).holds


def test_a_condition_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(ConditionInvalid, match="did you mean heart_block"):
        find_patient(VOCABULARY, (parse("heart_blok"), {Truth.YES}))


def test_the_solver_takes_over_where_the_search_had_to_drop_something(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def noted(*arguments: Any) -> Facts | None:
        asked.append(arguments)
        return solve(*arguments)

    monkeypatch.setattr("rules.ways.MOST_WAYS", 1)
    monkeypatch.setattr(analyse, "solve", noted)
    expr = parse("(dementia or heart_block) and not dementia")
    assert find_example(expr, VOCABULARY, Truth.YES) == {"dementia": False, "heart_block": True}
    assert asked


def test_a_patient_of_the_solver_who_fails_the_replay_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyse, "evaluate", lambda *_: Truth.UNKNOWN)
    with pytest.raises(analyse.SolverDisagrees):
        solve(VOCABULARY, (parse("dementia"), {Truth.YES}))


def test_a_solver_that_gives_up_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    with pytest.raises(analyse.SolverDisagrees, match="gave up"):
        solve(VOCABULARY, (parse("dementia"), {Truth.YES}))


def test_many_ids_stay_quick() -> None:
    wide = AnyOf("conditions", tuple(VOCABULARY["conditions"].values))
    assert find_example(wide, VOCABULARY, Truth.NO) == {"conditions": FactSet.of(absent=["phn", "dpn", "tn"])}


def test_no_reader_loads_the_solver_before_it_is_used() -> None:
    code = "import rules.analyse, rules.explain, sys; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
