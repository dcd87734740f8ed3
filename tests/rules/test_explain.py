"""What decided, what is missing, what would change the answer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.evaluate import evaluate
from rules.explain import Missing, explain, missing_facts, smallest_changes
from rules.expr import Expr, Known, walk
from rules.facts import Facts, FactSet
from rules.parse import parse, unparse
from rules.truth import Truth
from rules.ways import Situations, facts_of
from tests.rules.strategies import VOCABULARY, conditions, patients

EITHER = frozenset({Truth.YES, Truth.NO})


def _decided(text: str, facts: Facts) -> list[str]:
    return [unparse(part) for part in explain(parse(text), facts, VOCABULARY).decided_by]


def test_the_part_that_failed_decides_an_and() -> None:
    facts: Facts = {"heart_block": False, "crcl_ml_min": 20}
    assert _decided("heart_block and crcl_ml_min < 30 and dementia", facts) == ["heart_block"]


def test_all_parts_decide_an_and_that_holds() -> None:
    facts: Facts = {"heart_block": True, "crcl_ml_min": 20}
    assert _decided("heart_block and crcl_ml_min < 30", facts) == ["heart_block", "crcl_ml_min < 30"]


def test_the_part_that_holds_decides_an_or() -> None:
    assert _decided("not (dementia or heart_block)", {"heart_block": True}) == ["heart_block"]


def test_the_facts_read_come_with_their_values() -> None:
    assert explain(parse("dementia or crcl_ml_min < 30"), {"crcl_ml_min": 20, "sex": "male"}, VOCABULARY).facts == {
        "dementia": None,
        "crcl_ml_min": 20,
    }


def test_the_fact_that_settles_the_most_is_asked_first() -> None:
    explanation = explain(parse("dementia or (heart_block and crcl_ml_min < 30)"), {"heart_block": True}, VOCABULARY)
    assert explanation.truth is Truth.UNKNOWN
    assert explanation.missing == (
        Missing("dementia", (), frozenset({Truth.YES})),
        Missing("crcl_ml_min", (), frozenset({Truth.YES})),
    )
    only_one = explain(parse("dementia and age_years >= 65"), {"age_years": 70}, VOCABULARY)
    assert only_one.missing == (Missing("dementia", (), EITHER),)


def test_a_fact_that_cannot_matter_any_more_is_not_asked() -> None:
    explanation = explain(parse("dementia or (heart_block and age_years >= 65)"), {"heart_block": False}, VOCABULARY)
    assert [missing.fact for missing in explanation.missing] == ["dementia"]


def test_of_a_set_the_open_ids_are_asked() -> None:
    facts: Facts = {"medication_classes": FactSet.of("opioid", absent=["ssri"])}
    missing = explain(parse('any_of(medication_classes, "ssri", "maoi")'), facts, VOCABULARY).missing
    assert missing == (Missing("medication_classes", ("maoi",), EITHER),)


def test_nothing_is_missing_once_it_is_decided() -> None:
    assert explain(parse("dementia or heart_block"), {"dementia": True}, VOCABULARY).missing == ()


def test_what_one_patient_leaves_open_says_nothing_about_another() -> None:
    condition = parse('any_of(medication_classes, "ssri", "maoi") or dementia')

    def asked(classes: FactSet, **more: bool) -> dict[str, tuple[str, ...]]:
        facts: Facts = {"medication_classes": classes, **more}
        missing = missing_facts(condition, facts, VOCABULARY)
        assert missing == explain(condition, facts, VOCABULARY).missing
        return {one.fact: one.values for one in missing}

    nothing_known = asked(FactSet())
    assert nothing_known == {"medication_classes": ("ssri", "maoi"), "dementia": ()}
    assert asked(FactSet(frozenset({"opioid"}))) == nothing_known
    assert asked(FactSet(absent=frozenset({"ssri"}))) == {"medication_classes": ("maoi",), "dementia": ()}
    assert asked(FactSet(complete=True)) == {"dementia": ()}
    assert asked(FactSet(), dementia=False) == {"medication_classes": ("ssri", "maoi")}
    assert asked(FactSet(), dementia=True) == {}


def test_smallest_changes() -> None:
    expr = parse("heart_block or (crcl_ml_min < 30 and age_years >= 65)")
    facts: Facts = {"heart_block": False, "crcl_ml_min": 25, "age_years": 70, "dementia": True}
    assert smallest_changes(expr, facts, VOCABULARY, Truth.NO) == [{"crcl_ml_min": 30}, {"age_years": 64}]
    assert smallest_changes(expr, facts, VOCABULARY, Truth.NO, fixed={"age_years"}) == [{"crcl_ml_min": 30}]
    assert smallest_changes(expr, facts, VOCABULARY, Truth.YES) == []
    assert smallest_changes(parse("dementia and not dementia"), facts, VOCABULARY, Truth.YES) == []


def test_a_number_moves_only_as_far_as_it_must() -> None:
    expr = parse("30 <= crcl_ml_min < 60")
    assert smallest_changes(expr, {"crcl_ml_min": 20}, VOCABULARY, Truth.YES) == [{"crcl_ml_min": 30}]
    assert smallest_changes(expr, {"crcl_ml_min": 90}, VOCABULARY, Truth.YES) == [{"crcl_ml_min": 59}]


def test_a_medicine_is_taken_from_the_list_and_the_rest_stays() -> None:
    facts: Facts = {"medication_classes": FactSet.of("ssri", "opioid", complete=True)}
    assert smallest_changes(parse('"ssri" in medication_classes'), facts, VOCABULARY, Truth.NO) == [
        {"medication_classes": FactSet.of("opioid", complete=True)}
    ]


def test_forgetting_is_no_change() -> None:
    assert smallest_changes(parse("dementia"), {"dementia": True}, VOCABULARY, Truth.UNKNOWN) == []


@settings(max_examples=200, deadline=None)
@given(conditions, patients, st.sampled_from([Truth.YES, Truth.NO]))
def test_every_change_works_and_none_could_be_smaller(expr: Expr, facts: Facts, wanted: Truth) -> None:
    if evaluate(expr, facts) is wanted:
        return
    found = smallest_changes(expr, facts, VOCABULARY, wanted, limit=50)
    for changed in found:
        assert evaluate(expr, {**facts, **changed}) is wanted
        assert all(facts.get(name) != value for name, value in changed.items())
    single = _single_changes(expr, facts, wanted)
    assert {name for changed in found if len(changed) == 1 for name in changed} >= single


@settings(max_examples=200, deadline=None)
@given(conditions, patients)
def test_what_decided_and_what_is_missing_are_true(expr: Expr, facts: Facts) -> None:
    explanation = explain(expr, facts, VOCABULARY)
    assert explanation.truth is evaluate(expr, facts)
    assert explanation.decided_by
    if explanation.truth is Truth.UNKNOWN:
        assert all(evaluate(part, facts) is Truth.UNKNOWN for part in explanation.decided_by)
        assert explanation.missing
    else:
        assert explanation.missing == ()
    for missing in explanation.missing:
        held = facts.get(missing.fact)
        assert held is None or isinstance(held, FactSet)


def _single_changes(expr: Expr, facts: Facts, wanted: Truth) -> set[str]:
    """By brute force: the facts of which one situation alone gives the wanted truth."""
    situations = Situations.of([expr], VOCABULARY, facts)
    if any(isinstance(node, Known) for node in walk(expr)):
        return set()  # A list can be completed and filled in one change; the brute force here does not try pairs.
    return {
        key[0]
        for key, options in situations.by_key.items()
        for one in options
        if one is not None and evaluate(expr, facts_of({key: (one,)}, situations, facts)) is wanted
    }
