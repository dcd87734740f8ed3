"""Lists of options, what wishes move, switch or combine, the ladder, and criteria: decided from facts alone."""

from __future__ import annotations

from typing import Any

import pytest

from rules.truth import Truth
from tests.treatments.cases import facts_of, measured
from treatments.combining import Course, Pairing, advice, pairing
from treatments.content import shipped
from treatments.content_checks import problems
from treatments.option_lists import LISTS, list_of, options_of, places
from treatments.patient_facts import PatientFacts
from treatments.preference_moves import moves, wishes
from treatments.proposal import Proposal, propose
from treatments.proposal.model import Status
from treatments.therapy_steps import answered, ladder


def facts(**parts: Any) -> PatientFacts:
    return facts_of(**({"pain": {"conditions": ["dpn"], "nrs": {"average": 7}, "duration_months": 14}} | parts))


def proposal_of(found: PatientFacts) -> Proposal:
    return propose(found, shipped())


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("gabapentin", "medicines"),
        ("lidocaine_plaster", "topicals"),
        ("botulinum_toxin_a_sc", "medicines"),
        ("acupuncture", "therapies"),
        ("tens", "therapies"),
        ("rtms", "therapies"),
        ("scs", "interventions"),
        ("peripheral_nerve_block", "interventions"),
        ("pain_education", "education"),
    ],
)
def test_each_option_stands_in_one_list(option: str, expected: str) -> None:
    assert list_of(option, shipped()) == expected


def test_no_option_is_lost_between_the_lists() -> None:
    proposal = proposal_of(facts())
    listed = [option.id for name in LISTS for option in options_of(name, proposal, shipped())]
    assert sorted(listed) == sorted(option.id for option in (*proposal.agents, *proposal.therapies))


# --- wishes -----------------------------------------------------------------------------------------------------------

WELL = {
    "measurements": [measured("creatinine", 80, "umol/L"), measured("weight", 80, "kg"), measured("qtc", 410, "ms")],
    "medications": {"reviewed": True, "items": []},
    "health": {"problem_list_reviewed": True, "present": [], "allergies": []},
}


def test_a_wish_moves_what_its_rules_name_and_says_from_where_to_where() -> None:
    found = facts(**WELL, preferences=["avoid_weight_gain"])
    proposal = proposal_of(found)
    moved = moves(found, shipped(), proposal)
    assert wishes(found) == ("avoid_weight_gain",)
    gabapentin = moved["gabapentin"]
    assert gabapentin.preferences == ("avoid_weight_gain",)
    assert gabapentin.before is not None
    assert gabapentin.after is not None
    assert gabapentin.after > gabapentin.before
    assert "duloxetine" not in moved
    assert gabapentin.after == places(options_of("medicines", proposal, shipped()))["gabapentin"]


def test_a_wish_that_takes_an_option_out_of_the_recommended_says_so() -> None:
    found = facts(**WELL, preferences=["avoid_injections_implants"])
    moved = moves(found, shipped(), proposal_of(found))
    assert moved["scs"].preferences == ("avoid_injections_implants",)
    assert moved["scs"].now is not Status.RECOMMENDED


@pytest.mark.parametrize("preferences", [None, []])
def test_without_wishes_nothing_moves(preferences: Any) -> None:
    found = facts(**({} if preferences is None else {"preferences": preferences}))
    assert moves(found, shipped(), proposal_of(found)) == {}


# --- switch or combine ------------------------------------------------------------------------------------------------


def trial(agent: str, dose: float, weeks: float, stopped: str, relief: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"agent": agent, "max_daily_dose": dose, "unit": "mg", "weeks_at_max": weeks}
    return row | {"stopped": stopped} | ({} if relief is None else {"response_percent": relief})


@pytest.mark.parametrize(
    ("trials", "course"),
    [
        ([], Course.BEGIN),
        ([trial("duloxetine", 60, 8, "ongoing", 60)], Course.CONTINUE),
        ([trial("duloxetine", 60, 8, "ongoing", 40)], Course.COMBINE),
        ([trial("duloxetine", 60, 8, "ongoing", 10)], Course.SWITCH),
        ([trial("duloxetine", 60, 8, "inefficacy", 10)], Course.SWITCH),
        ([trial("duloxetine", 30, 2, "adverse_effect", None)], Course.SWITCH),
        ([trial("duloxetine", 60, 1, "ongoing", 10)], Course.FINISH),
        # What has ended and cannot be judged asks for nothing: it is not taken for a failure.
        ([trial("duloxetine", 30, 1, "inefficacy", 0)], Course.BEGIN),
        # What goes on and helps in part decides before what failed earlier.
        ([trial("gabapentin", 1800, 8, "inefficacy", 0), trial("duloxetine", 60, 8, "ongoing", 40)], Course.COMBINE),
        ([trial("gabapentin", 1800, 8, "ongoing", 70), trial("duloxetine", 60, 8, "ongoing", 40)], Course.CONTINUE),
    ],
)
def test_trials_ask_to_switch_to_combine_or_to_wait(trials: list[dict[str, Any]], course: Course) -> None:
    found = facts(trials=trials)
    assert advice(found, proposal_of(found), shipped()).course is course


def pair(name: str, found: PatientFacts, *chosen: str) -> Pairing:
    proposal = proposal_of(found)
    result = next(item for item in proposal.combinations if item.id == name)
    return pairing(result, proposal, shipped(), chosen)


def test_a_pair_stands_for_what_is_in_the_plan_and_adds_the_missing_one() -> None:
    found = facts(**WELL)
    both = pair("gabapentinoid_plus_snri", found)
    assert len(both.picked) == len(both.to_add) == 2
    with_one = pair("gabapentinoid_plus_snri", found, "pregabalin")
    assert "pregabalin" in with_one.picked
    assert with_one.to_add == tuple(name for name in with_one.picked if name != "pregabalin")
    done = pair("gabapentinoid_plus_snri", found, *with_one.picked)
    assert done.to_add == ()
    assert not done.can_be_added


def test_another_form_of_what_is_taken_is_no_second_of_its_class() -> None:
    found = facts(**WELL | {"medications": {"reviewed": True, "items": [{"name": "gabapentin"}]}})
    result = pair("gabapentinoid_plus_snri", found)
    assert (result.picked, result.same_class) == (("gabapentin", "duloxetine"), "")


def test_never_two_of_one_class() -> None:
    found = facts(**WELL | {"medications": {"reviewed": True, "items": [{"name": "venlafaxine"}]}})
    result = pair("gabapentinoid_plus_snri", found, "duloxetine")
    assert result.same_class == "snri"
    assert not result.can_be_added
    assert pair("two_gabapentinoids", facts(**WELL)).same_class == "gabapentinoid"


def test_a_side_that_nobody_may_take_leaves_the_pair_open() -> None:
    result = pair("gabapentinoid_plus_tca", facts())
    assert (result.picked, result.to_add, result.lacking) == ((), (), "gabapentinoid")


# --- the ladder and the criteria --------------------------------------------------------------------------------------


def states(found: PatientFacts) -> list[str]:
    return [rung.state for rung in ladder(shipped().guidance, found.values, shipped().vocabulary)]


FAILED = [trial("duloxetine", 60, 8, "inefficacy", 10), trial("gabapentin", 1800, 8, "inefficacy", 5)]


@pytest.mark.parametrize(
    ("trials", "passed"), [(None, 0), ([], 0), (FAILED[:1], 1), (FAILED, 2)], ids=["unknown", "none", "one", "two"]
)
def test_failed_classes_lead_up_the_ladder_and_what_is_unknown_leads_nowhere(trials: Any, passed: int) -> None:
    found = states(facts(**({} if trials is None else {"trials": trials})))
    assert found[: passed + 1] == ["passed"] * passed + ["here"]
    assert set(found[passed + 1 :]) <= {"ahead"}


def test_a_criterion_is_met_not_met_unknown_or_left_to_a_person() -> None:
    rulebook = shipped()
    criteria = rulebook.therapy_by_id["scs"].referral

    def truths(found: PatientFacts) -> list[Truth | None]:
        return [answer.truth for answer in answered(criteria, found.values, rulebook.vocabulary)]

    assert truths(facts(trials=FAILED)) == [Truth.YES, Truth.YES, None, Truth.YES]
    assert truths(facts(trials=[])) == [Truth.YES, Truth.NO, None, Truth.NO]
    unknown = answered(criteria, facts_of().values, rulebook.vocabulary)
    assert [answer.truth for answer in unknown] == [Truth.UNKNOWN, Truth.UNKNOWN, None, Truth.UNKNOWN]
    assert unknown[0].missing == ("nrs_average", "duration_months") or set(unknown[0].missing) == {
        "nrs_average",
        "duration_months",
    }
    assert criteria[0].left


# --- the content ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d | {"scopes": [{**d["scopes"][0], "guideline": "nobody"}]}, "the guideline nobody does not exist"),
        (lambda d: d | {"scopes": [{**d["scopes"][0], "conditions": ["gout"]}]}, "the condition gout does not exist"),
        (lambda d: d | {"readings": {"first": ["first"]}}, "no place is given for the words: second"),
        (lambda d: d | {"readings": d["readings"] | {"fifth": ["x"]}}, "the place fifth does not exist"),
        (lambda d: d | {"disagreements": [{**d["disagreements"][0], "options": ["tea"]}]}, "option tea does not exist"),
        (lambda d: d | {"disagreements": [{**d["disagreements"][0], "sources": ["tea"]}]}, "tea"),
        (lambda d: d | {"opinion": "mine"}, "opinion"),
    ],
)
def test_what_guidelines_say_is_checked_before_it_becomes_a_release(
    shipped_files: dict[str, Any], change: Any, expected: str
) -> None:
    name = "guideline_positions.yaml"
    found = [str(problem) for problem in problems({**shipped_files, name: change(shipped_files[name])})]
    assert any(expected in problem for problem in found), found[:5]
