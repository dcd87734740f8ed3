"""The chosen items looked at together, and the reasons that a signature waits for."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.treatments.cases import LIBRARY
from treatments.case_reading import read_case
from treatments.content import shipped
from treatments.facts import facts_from_case
from treatments.patient_facts import PatientFacts
from treatments.plan_checks import Check, Choice, Given, Need, answers, checks, needs, stops_signing, unanswered
from treatments.plan_doses import PlannedStep, proposed_steps
from treatments.proposal import Proposal, propose
from treatments.proposal.model import Status

CASES = sorted(path.stem for path in (LIBRARY / "valid").glob("*.yaml"))


@cache
def case(name: str) -> tuple[PatientFacts, Proposal]:
    facts = facts_from_case(read_case((LIBRARY / "valid" / f"{name}.yaml").read_text()))
    return facts, propose(facts, shipped())


def choose(proposal: Proposal, *names: str) -> list[Choice]:
    rulebook = shipped()
    return [
        Choice("agent" if name in rulebook.agent_by_id else "therapy", name, proposed_steps(proposal.option(name)))
        for name in names
    ]


def found(name: str, *chosen: str) -> tuple[Check, ...]:
    facts, proposal = case(name)
    return checks(choose(proposal, *chosen), proposal, facts, shipped())


def wanted(name: str, *chosen: str, handled: tuple[str, ...] = ()) -> tuple[Need, ...]:
    facts, proposal = case(name)
    picked = choose(proposal, *chosen)
    return needs(picked, proposal, checks(picked, proposal, facts, shipped()), shipped(), handled)


def test_a_quiet_plan_is_quiet() -> None:
    assert [check for check in found("pdn-simple", "gabapentin") if check.tier in ("critical", "warning")] == []
    assert wanted("pdn-simple", "gabapentin") == ()


def test_two_gabapentinoids_are_found_in_every_way_and_asked_for_once() -> None:
    kinds = {check.id for check in found("pdn-simple", "gabapentin", "pregabalin") if check.tier == "critical"}
    assert {"duplicate:gabapentinoid", "combination:two_gabapentinoids"} <= kinds
    (need,) = wanted("pdn-simple", "gabapentin", "pregabalin")
    assert (need.kind, need.ref_id) == ("interaction", "pregabalin")
    assert kinds <= set(need.covers)


def test_a_pair_is_not_advised_while_one_of_the_two_is_excluded() -> None:
    def words(name: str) -> str:
        (pair,) = [
            one for one in found(name, "gabapentin", "duloxetine") if one.id == "combination:gabapentinoid_plus_snri"
        ]
        return pair.text

    assert "advised after a partial response" in words("pdn-simple")
    assert "not advised here, because the rules exclude Duloxetine for this patient" in words("pdn-ckd4")


def test_two_forms_of_one_medicine_are_the_same_medicine_twice() -> None:
    same = [check for check in found("pdn-simple", "gabapentin", "gabapentin_er") if check.id == "same:gabapentin"]
    assert [check.tier for check in same] == ["critical"]


def test_a_major_interaction_with_a_medicine_that_is_taken_needs_a_reason() -> None:
    (need,) = [need for need in wanted("pdn-ckd4", "amitriptyline") if need.kind == "interaction"]
    assert any(cover.endswith(":sertraline") for cover in need.covers)


def test_a_third_systemic_medicine_needs_a_reason_and_a_plaster_does_not_count() -> None:
    two = found("pdn-simple", "gabapentin", "duloxetine", "lidocaine_plaster")
    three = found("pdn-simple", "gabapentin", "duloxetine", "lamotrigine")
    assert "systemic_agents" not in {check.id for check in two}
    assert [check.needs_reason for check in three if check.id == "systemic_agents"] == [True]


def test_excluded_and_uncleared_options_name_the_rules_and_the_facts() -> None:
    by_kind = {need.kind: need for need in wanted("pdn-ckd4", "duloxetine", "lidocaine_plaster")}
    assert "duloxetine-contra-crcl-under-30" in by_kind["excluded"].covers
    assert set(by_kind["needs_data"].covers) == set(case("pdn-ckd4")[1].option("lidocaine_plaster").missing)


def test_a_dose_above_the_limit_of_this_patient_needs_a_reason() -> None:
    _facts, proposal = case("pdn-ckd4")
    high = [Choice("agent", "gabapentin", (PlannedStep(0, 100, 1), PlannedStep(7, 300, 3)))]
    (need,) = [need for need in needs(high, proposal, (), shipped()) if need.kind == "dose"]
    assert need.covers == ("above_limit:600:900",)


def test_a_red_flag_asks_for_a_reason_until_the_assessment_says_that_it_was_handled() -> None:
    alerts = [need.subject for need in wanted("cauda-equina", "gabapentin") if need.kind == "alert"]
    assert "rf_ces" in alerts
    handled = [need.subject for need in wanted("cauda-equina", "gabapentin", handled=("rf_ces",))]
    assert "rf_ces" not in handled


def test_whom_the_rules_do_not_cover_nobody_signs_for() -> None:
    assert stops_signing(case("minor-sixteen")[1])
    assert not stops_signing(case("cauda-equina")[1])


def test_a_reason_answers_only_what_was_known_when_it_was_given() -> None:
    need = Need("interaction", ("a", "b"), ("text",), "gabapentin")
    assert answers(Given("interaction", frozenset({"a", "b", "c"}), "gabapentin"), need)
    assert not answers(Given("interaction", frozenset({"a"}), "gabapentin"), need)
    assert not answers(Given("interaction", frozenset({"a", "b"}), "pregabalin"), need)
    assert not answers(Given("excluded", frozenset({"a", "b"}), "gabapentin"), need)


OPTIONS = [*shipped().agent_by_id, *shipped().therapy_by_id]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CASES), st.lists(st.sampled_from(OPTIONS), unique=True, max_size=6), st.data())
def test_no_plan_is_ready_with_an_excluded_or_uncleared_option_that_nobody_answered_for(
    name: str, chosen: list[str], data: st.DataObject
) -> None:
    proposal = case(name)[1]
    asked = wanted(name, *chosen)
    given_for = data.draw(st.sets(st.sampled_from(range(len(asked))))) if asked else set()
    made = [
        Given(need.kind, frozenset(need.covers), need.ref_id, need.subject)
        for place, need in enumerate(asked)
        if place in given_for
    ]
    left = unanswered(asked, made)
    assert len(left) == len(asked) - len(given_for)
    if not left:
        for option_id in chosen:
            status = proposal.option(option_id).status
            if status in (Status.EXCLUDED, Status.NEEDS_DATA):
                assert any(g.kind == status.value and g.ref_id == option_id for g in made)


@pytest.mark.parametrize("name", CASES)
def test_the_checks_say_the_same_twice(name: str) -> None:
    usable = [o.id for o in case(name)[1].agents if o.status in (Status.RECOMMENDED, Status.POSSIBLE)][:5]
    assert found(name, *usable) == found(name, *usable)


# --- a change of form -------------------------------------------------------------------------------------------------

DAY = date(2026, 12, 1)


def form(
    name: str, *doses: tuple[int, float], start: int = 0, stop: int | None = None, now: float | None = None
) -> Choice:
    """A form of gabapentin, from and until a day counted from today."""
    steps = tuple(PlannedStep(day, dose, 1) for day, dose in doses)
    ends = DAY + timedelta(days=stop) if stop is not None else None
    return Choice("agent", name, steps, DAY + timedelta(days=start), ends, taken_now=now)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # The same dose of a day, or one step of the taper less, goes on in the other form.
        (form("gabapentin", (0, 1800), stop=30), form("gabapentin_er", (0, 1800), start=30), ""),
        (form("gabapentin", (0, 1800), stop=30), form("gabapentin_er", (0, 1500), start=30), ""),
        (
            form("gabapentin", (0, 1800), stop=30),
            form("gabapentin_er", (0, 600), start=30),
            "2026 from 1800 mg a day to 600",
        ),
        # Some days without either is an end.
        (
            form("gabapentin", (0, 1800), stop=30),
            form("gabapentin_er", (0, 1800), start=33),
            "ends suddenly at 1800 mg",
        ),
        (form("gabapentin", (0, 1800), stop=30), form("gabapentin_er", (0, 1800), start=30, stop=60), "ends suddenly"),
        # While both are given their sum counts.
        (form("gabapentin", (0, 1200), stop=30), form("gabapentin_er", (0, 600), (30, 1800)), ""),
        (form("gabapentin", (0, 1200), stop=30), form("gabapentin_er", (0, 600)), "from 1800 mg a day to 600"),
        # From the dose of now as well.
        (form("gabapentin", (0, 900), now=1800), form("gabapentin_er", (0, 900), now=1800), ""),
        (
            form("gabapentin", (0, 300), now=1800),
            form("gabapentin_er", (0, 300), now=1800),
            "from 1800 mg a day, taken now,",
        ),
    ],
)
def test_a_change_of_form_is_judged_by_the_dose_of_a_day_of_the_medicine(old: Choice, new: Choice, said: str) -> None:
    _facts, proposal = case("pdn-simple")
    found = [need for need in needs([old, new], proposal, (), shipped()) if need.kind == "abrupt_stop"]
    texts = [text for need in found for text in need.texts]
    assert len(texts) == bool(said)
    assert all(said in text for text in texts)
    assert {need.ref_id for need in found} <= {"gabapentin" if old.stops_on or not new.stops_on else "gabapentin_er"}


def test_two_forms_of_which_one_has_no_dose_are_judged_each_by_itself() -> None:
    _facts, proposal = case("pdn-simple")
    old, new = form("gabapentin", (0, 1800), stop=30), form("gabapentin_er", start=30)
    (need,) = [need for need in needs([old, new], proposal, (), shipped()) if need.kind == "abrupt_stop"]
    assert need.ref_id == "gabapentin"


def test_an_end_without_a_beginning_is_no_choice() -> None:
    with pytest.raises(ValueError, match="begins on none"):
        Choice("agent", "gabapentin", stops_on=DAY)
    assert form("gabapentin", (0, 300), start=3, stop=10).ends_on == 7
    assert Choice("agent", "gabapentin").ends_on is None


def test_a_reason_for_a_fall_in_three_months_is_none_for_the_same_fall_tomorrow() -> None:
    _facts, proposal = case("pdn-simple")

    def fall(day: int, start: int = 0) -> Need:
        chosen = [form("gabapentin", (0, 1800), (day, 600), start=start)]
        (need,) = [need for need in needs(chosen, proposal, (), shipped()) if need.kind == "abrupt_stop"]
        return need

    later = fall(90)
    given_then = Given(later.kind, frozenset(later.covers), later.ref_id)
    assert answers(given_then, later)
    assert not answers(given_then, fall(1))
    assert not answers(given_then, fall(90, start=-89)), "the schedule began earlier, so it falls tomorrow"
    assert answers(given_then, fall(80, start=10))
