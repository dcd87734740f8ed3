"""The proposal: the case library by table, and what must hold for every patient by property."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.evaluate import evaluate
from rules.truth import Truth
from treatments.case import Allergy, Case, Health, Measurement, Medications, MedicineItem, Setting
from treatments.case_reading import read_case
from treatments.content import KNOWLEDGE, example_problems, shipped
from treatments.expectations import failures
from treatments.facts import facts_from_case
from treatments.patient_facts import PatientFacts
from treatments.proposal import Proposal, propose
from treatments.proposal.doses import smallest_dose
from treatments.proposal.judging import with_kidney
from treatments.proposal.model import Status
from treatments.rulebook import Effect

LIBRARY = sorted((KNOWLEDGE / "cases" / "valid").glob("*.yaml"))
_GOOD: set[tuple[int, str]] = set()


def _items_once(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    """`items` as JSON schema means it, but an item that this schema accepted before is not looked at again.

    Whether an item is valid depends on nothing but the item, and most reasons stand in most proposals.
    """
    for place, item in enumerate(instance if isinstance(instance, list) else ()):
        key = id(items), json.dumps(item, sort_keys=True)
        if key not in _GOOD:
            errors = list(validator.descend(item, items, path=place))
            yield from errors
            if not errors:
                _GOOD.add(key)


SCHEMA = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"items": _items_once})(
    json.loads((KNOWLEDGE / "proposal.schema.json").read_text(encoding="utf-8"))
)
OPEN = (Status.RECOMMENDED, Status.POSSIBLE)


@cache
def case_of(path: Path) -> Case:
    return read_case(path.read_bytes())


def proposal_of(case: Case) -> tuple[PatientFacts, Proposal]:
    facts = facts_from_case(case)
    return facts, propose(facts, shipped())


@cache
def proposal_for(path: Path) -> tuple[PatientFacts, Proposal]:
    """What a case of the library gets; nothing in it can be changed."""
    return proposal_of(case_of(path))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_library_case_gets_what_it_expects(path: Path) -> None:
    case = case_of(path)
    facts, proposal = proposal_for(path)
    assert case.expect is not None
    assert failures(case.expect, proposal, facts, shipped()) == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_proposal_keeps_to_the_contract_and_hides_no_option(path: Path) -> None:
    _, proposal = proposal_for(path)
    written = json.loads(proposal.canonical_text())
    assert [error.message for error in SCHEMA.iter_errors(written)] == []
    assert {item["id"] for item in written["agents"]} == set(shipped().agent_by_id)
    assert {item["id"] for item in written["therapies"]} == set(shipped().therapy_by_id)


def test_the_contract_is_broken_as_often_as_it_is_read() -> None:
    written = json.loads(proposal_for(LIBRARY[0])[1].canonical_text())
    assert not list(SCHEMA.iter_errors(written))
    written["agents"][3]["reasons"] = [{"rule": 1}]
    first, second = ([list(error.path) for error in SCHEMA.iter_errors(written)] for _ in range(2))
    assert first == second
    assert ["agents", 3, "reasons", 0, "rule"] in first


def test_the_same_inputs_give_the_same_bytes_from_stored_facts_too() -> None:
    facts, proposal = proposal_of(case_of(LIBRARY[0]))
    stored = PatientFacts.from_json(json.loads(facts.canonical_text()))
    assert propose(stored, shipped()).canonical_text() == proposal.canonical_text()


def test_every_rule_still_answers_its_own_examples() -> None:
    assert example_problems(shipped()) == []


def with_health(case: Case, **changes: Any) -> Case:
    return replace(case, health=replace(case.health or Health(), **changes))


def patient(name: str) -> Case:
    return case_of(KNOWLEDGE / "cases" / "valid" / f"{name}.yaml")


def test_only_egfr_on_file_uses_the_lower_band_near_a_boundary_and_says_so() -> None:
    case = patient("pdn-simple")
    rest = tuple(item for item in case.measurements if item.code not in ("creatinine", "weight"))
    day = case.measurements[0].date

    def duloxetine(egfr: float) -> tuple[Status, set[str]]:
        measured = Measurement("egfr", egfr, "mL/min/1.73m2", day)
        _, proposal = proposal_of(replace(case, measurements=(*rest, measured)))
        return proposal.option("duloxetine").status, {alert.id for alert in proposal.alerts}

    assert duloxetine(34)[0] is Status.EXCLUDED
    status, alerts = duloxetine(41)
    assert status is Status.RECOMMENDED
    assert "egfr_used" in alerts


def test_kidney_function_unknown_shows_the_dose_of_the_strictest_band_and_says_so() -> None:
    _, proposal = proposal_of(patient("unknown-renal-function"))
    dose = proposal.option("gabapentin").dose
    assert dose is not None
    strictest = min(
        rule.dose.max_per_day
        for rule in shipped().agent_by_id["gabapentin"].rules
        if rule.dose and rule.dose.max_per_day and "crcl_ml_min" in rule.when_text
    )
    assert dose.max_per_day == strictest
    assert any("not known" in note for note in dose.adjusted_for)


def test_qtc_not_on_file_blocks_a_tricyclic_from_forty_years_and_caps_it_before() -> None:
    case = patient("pdn-simple")
    assert proposal_of(case)[1].option("amitriptyline").missing == ("qtc_ms",)
    young = replace(case, patient=replace(case.patient, age_years=35))
    young = with_health(young, absent=(*case.health.absent, "cardiac_disease"))  # type: ignore[union-attr]
    _, proposal = proposal_of(replace(young, setting=Setting("specialist", "uk_eu")))
    amitriptyline = proposal.option("amitriptyline")
    assert amitriptyline.status in OPEN
    assert amitriptyline.dose is not None
    assert amitriptyline.dose.max_per_day == 75


@pytest.mark.parametrize(
    ("region", "prescriber", "agent", "ceiling"),
    [
        (None, None, "pregabalin", 300),
        ("us", None, "pregabalin", 300),
        ("uk_eu", None, "pregabalin", 600),
        (None, "specialist", "duloxetine", 60),
        ("uk_eu", "specialist", "duloxetine", 120),
        ("uk_eu", None, "duloxetine", 60),
    ],
)
def test_the_lower_of_the_regional_ceilings_counts_unless_the_region_is_said(
    region: str | None, prescriber: str | None, agent: str, ceiling: float
) -> None:
    _, proposal = proposal_of(replace(patient("pdn-simple"), setting=Setting(prescriber, region)))
    dose = proposal.option(agent).dose
    assert dose is not None
    assert dose.max_per_day == ceiling


def test_plan_or_intent_stops_but_thoughts_do_not() -> None:
    case = patient("pdn-simple")
    _, thoughts = proposal_of(with_health(case, present=(*case.health.present, "suicidality"), absent=()))  # type: ignore[union-attr]
    assert thoughts.stop is None
    assert "suicidality" in {alert.id for alert in thoughts.alerts}
    assert all(thoughts.option(name).status is not Status.RECOMMENDED for name in ("amitriptyline", "nortriptyline"))
    _, intent = proposal_of(with_health(case, red_flags_present=("rf_suicide",)))
    assert intent.stop is not None
    assert intent.stop.urgency == "emergency"
    assert {result.status for result in intent.agents} == {Status.EXCLUDED}


def test_good_relief_is_continued_and_only_while_the_medicine_may_go_on() -> None:
    helped = patient("trial-responder")
    _, proposal = proposal_of(helped)
    recommended = {item.id for item in proposal.agents if item.status is Status.RECOMMENDED}
    assert recommended == {"duloxetine"}
    assert any(reason.rule == "good-relief" for reason in proposal.option("gabapentin").reasons)
    _, proposal = proposal_of(patient("trial-responder-kidney-drop"))
    assert proposal.option("duloxetine").status is Status.EXCLUDED
    assert not any(reason.rule == "good-relief" for item in proposal.agents for reason in item.reasons)


def test_an_expectation_may_name_a_medicine_as_the_list_does() -> None:
    case = patient("two-gabapentinoids")
    facts, proposal = proposal_of(case)
    wanted = {
        "stop_or_taper": ["Neurontin", "pregabalin"],
        "interactions": [["Lyrica", "Neurontin", "contraindicated"]],
    }
    assert failures(wanted, proposal, facts, shipped()) == []
    assert failures({"stop_or_taper": ["Cymbalta"]}, proposal, facts, shipped()) == [
        "stop_or_taper: Cymbalta may go on"
    ]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_proposed_dose_can_be_given(path: Path) -> None:
    _, proposal = proposal_for(path)
    for item in proposal.agents:
        if item.dose is None:
            continue
        agent = shipped().agent_by_id[item.id]
        assert agent.dosing is not None
        uneven = {step.per_day for step in agent.dosing.titration if step.per_dose is None}
        amounts = [step.per_day for step in item.dose.schedule]
        assert amounts == sorted(set(amounts)), item.id
        assert amounts[-1] <= item.dose.max_per_day, item.id
        for step in item.dose.schedule:
            assert step.per_day == pytest.approx(step.per_dose * step.times_per_day, abs=0.01), item.id
            whole = step.per_dose / smallest_dose(agent)
            assert step.per_day in uneven or whole == pytest.approx(round(whole)), (item.id, step)


@pytest.mark.parametrize(
    ("name", "agent", "doses"),
    [
        ("haemodialysis-nerve-injury", "gabapentin", [(100, 1), (200, 1), (300, 1)]),
        ("haemodialysis-nerve-injury", "pregabalin", [(25, 1), (50, 1), (75, 1)]),
        ("haemodialysis-nerve-injury", "mirogabalin", [(2.5, 1), (7.5, 1)]),
        ("haemodialysis-nerve-injury", "gabapentin_enacarbil", [(300, 0.5), (300, 1)]),
        ("kidney-29-9", "gabapentin_enacarbil", [(300, 1), (300, 2)]),
        ("kidney-59", "gabapentin", [(100, 1), (100, 2), (300, 1), (300, 2), (400, 2)]),
        ("kidney-59", "oxycodone", [(5, 1), (5, 2), (10, 2), (15, 2)]),
        ("lamotrigine-with-valproate", "lamotrigine", [(25, 0.5), (25, 1), (25, 2), (50, 2)]),
        ("strong-2d6-inhibitor", "amitriptyline", [(5, 1), (10, 1), (20, 1), (30, 1)]),
    ],
)
def test_the_doses_of_a_day_follow_the_limits(name: str, agent: str, doses: list[tuple[float, float]]) -> None:
    _, proposal = proposal_of(patient(name))
    plan = proposal.option(agent).dose
    assert plan is not None
    assert [(step.per_dose, step.times_per_day) for step in plan.schedule] == doses


def test_how_a_dose_is_given_on_dialysis_and_with_another_medicine_is_said() -> None:
    _, proposal = proposal_of(patient("haemodialysis-nerve-injury"))
    gabapentin = proposal.option("gabapentin").dose
    assert gabapentin is not None
    assert any("after each dialysis session only" in note for note in gabapentin.adjusted_for)
    _, proposal = proposal_of(patient("lamotrigine-with-valproate"))
    lamotrigine = proposal.option("lamotrigine").dose
    assert lamotrigine is not None
    assert lamotrigine.max_per_day == 200
    assert any("Valproate" in note for note in lamotrigine.adjusted_for)


def test_a_patch_says_how_it_is_worn() -> None:
    _, proposal = proposal_of(patient("specialist-uk-options"))
    patch = proposal.option("buprenorphine_td").dose
    assert patch is not None
    assert all(step.product and "every 7 days" in step.product for step in patch.schedule)


@pytest.mark.parametrize(
    ("name", "tier"),
    [("flag-suicide-plan", "high"), ("kidney-30", "medium"), ("us-units", "medium"), ("heart-failure-severe", "medium"),
     ("pdn-simple", "low")],
)  # fmt: skip
def test_the_risk_tier_of_follow_up(name: str, tier: str) -> None:
    _, proposal = proposal_of(patient(name))
    assert proposal.risk_tier == tier


def test_a_wish_nobody_wrote_down_blocks_nothing_once_the_pregnancy_status_is_known() -> None:
    _, proposal = proposal_of(patient("tn-contraceptive"))
    assert proposal.option("carbamazepine").status is Status.POSSIBLE
    _, proposal = proposal_of(patient("pregnancy-unknown"))
    assert proposal.option("carbamazepine").status is Status.NEEDS_DATA


def test_a_second_medicine_of_a_class_is_excluded_and_two_taken_are_reported() -> None:
    case = patient("pdn-simple")
    assert case.medications is not None
    taking = replace(case.medications, items=(*case.medications.items, MedicineItem("gabapentin", 900, "mg")))
    _, proposal = proposal_of(replace(case, medications=taking))
    assert proposal.option("pregabalin").status is Status.EXCLUDED
    assert proposal.option("gabapentin").status is not Status.EXCLUDED
    both = replace(taking, items=(*taking.items, MedicineItem("pregabalin", 150, "mg")))
    _, proposal = proposal_of(replace(case, medications=both))
    assert {alert.id for alert in proposal.alerts} >= {"duplicate_class", "abrupt_stop_risk"}
    assert set(proposal.medicines.stop_or_taper) == {"gabapentin", "pregabalin"}


@pytest.mark.parametrize("agent", [agent.id for agent in shipped().agents])
def test_an_agent_waits_until_allergies_were_asked_about(agent: str) -> None:
    _, proposal = proposal_of(with_health(patient("pdn-simple"), allergies=None))
    assert proposal.option(agent).status not in OPEN


def test_an_allergy_to_one_tricyclic_excludes_all_of_them_also_on_the_skin() -> None:
    case = with_health(patient("pdn-simple"), allergies=(Allergy("nortriptyline", "anaphylaxis"),))
    _, proposal = proposal_of(replace(case, setting=Setting("specialist", "uk_eu")))
    tricyclics = [agent.id for agent in shipped().agents if "tca" in agent.classes]
    for agent in (*tricyclics, "compounded_topical_bak"):
        assert proposal.option(agent).status is Status.EXCLUDED, agent
    assert proposal.option("duloxetine").status in OPEN


def test_the_order_of_the_medicine_list_says_nothing() -> None:
    case = patient("pdn-simple")
    items = tuple(MedicineItem(name) for name in ("sertraline", "phenelzine", "tramadol", "bendroflumethiazide"))
    one, other = (
        proposal_of(replace(case, medications=Medications(True, order)))[1].to_json()
        for order in (items, tuple(reversed(items)))
    )
    assert one == other


def test_what_somebody_else_prescribes_is_not_called_wrong_because_it_is_never_proposed() -> None:
    case = patient("pdn-simple")
    assert case.medications is not None
    taking = replace(case.medications, items=(MedicineItem("levetiracetam", 1000, "mg"),))
    _, proposal = proposal_of(replace(case, medications=taking))
    assert proposal.option("levetiracetam").status is Status.EXCLUDED
    assert proposal.medicines.stop_or_taper == ()


CONCEPTS = sorted(shipped().labels["concepts"])
DRUGS = ["sertraline", "tramadol", "diazepam", "warfarin", "clarithromycin", "phenelzine", "lithium", "zelmotrine x"]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A library case with parts taken away and other parts added."""
    case = case_of(draw(st.sampled_from(LIBRARY)))
    health = case.health or Health()
    present = draw(st.lists(st.sampled_from(CONCEPTS), max_size=4, unique=True))
    absent = [c for c in health.absent if c not in present and draw(st.integers(0, 9)) > 0]
    unknown = [c for c in health.unknown if c not in present]
    health = replace(
        health,
        problem_list_reviewed=draw(st.booleans()),
        present=tuple(dict.fromkeys((*health.present, *present))),
        absent=tuple(c for c in absent if c not in health.present),
        unknown=tuple(c for c in unknown if c not in health.present),
        allergies=draw(st.sampled_from([health.allergies, None])),
    )
    medications = case.medications
    if medications is not None:
        extra = draw(st.lists(st.sampled_from(DRUGS), max_size=3, unique=True))
        items = (*medications.items, *(MedicineItem(name) for name in extra))
        medications = replace(medications, items=items, reviewed=draw(st.booleans()))
    measurements = tuple(item for item in case.measurements if draw(st.integers(0, 4)) > 0)
    age = draw(st.integers(18, 100))
    person = replace(case.patient, age_years=age)
    setting = Setting(draw(st.sampled_from([None, "specialist"])), draw(st.sampled_from([None, "us", "uk_eu"])))
    return replace(
        case, patient=person, health=health, medications=medications, measurements=measurements, setting=setting
    )


@settings(max_examples=60, deadline=None)
@given(cases())
def test_no_option_is_open_while_a_hard_contraindication_holds_or_cannot_be_told(case: Case) -> None:
    facts, proposal = proposal_of(case)
    meanings = shipped().meanings
    for agent in shipped().agents:
        result = proposal.option(agent.id)
        own = with_kidney(
            facts.without(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens), meanings
        )
        for rule in shipped().option_rules[agent.id]:
            if rule.effect is not Effect.CONTRAINDICATE:
                continue
            truth = evaluate(rule.when, own)
            if truth is Truth.YES:
                assert result.status is Status.EXCLUDED, rule.id
            elif truth is Truth.UNKNOWN:
                gate = rule.hard_unknown_when
                hard = gate is None or evaluate(gate, own) is not Truth.NO
                assert result.status not in OPEN or not hard, rule.id


@settings(max_examples=60, deadline=None)
@given(cases())
def test_a_dose_never_passes_its_ceiling_never_falls_and_is_only_given_for_what_is_open(case: Case) -> None:
    _, proposal = proposal_of(case)
    for result in proposal.agents:
        dose = result.dose
        if result.status is Status.EXCLUDED:
            assert dose is None
        if dose is None:
            continue
        dosing = shipped().agent_by_id[result.id].dosing
        assert dosing is not None
        assert dosing.max_per_day is not None
        assert 0 < dose.start_per_day <= dose.max_per_day <= dosing.max_per_day
        assert dose.target_per_day[0] <= dose.target_per_day[1] <= dose.max_per_day
        assert dose.schedule[0].per_day == dose.start_per_day
        for step in dose.schedule:
            assert step.per_day <= dose.max_per_day
            assert dosing.max_single_dose is None or step.per_dose <= dosing.max_single_dose
            assert step.per_dose * step.times_per_day == pytest.approx(step.per_day, rel=1e-3)
        for earlier, later in pairwise(dose.schedule):
            assert (later.day, later.per_day) > (earlier.day, earlier.per_day)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_ranks_run_from_one_without_ties_the_recommended_first(case: Case) -> None:
    _, proposal = proposal_of(case)
    for options in (proposal.agents, proposal.therapies):
        listed = sorted((r for r in options if r.rank is not None), key=lambda r: r.rank or 0)
        assert [result.rank for result in listed] == list(range(1, len(listed) + 1))
        assert {result.id for result in listed} == {result.id for result in options if result.status in OPEN}
        statuses = [result.status for result in listed]
        assert statuses == sorted(statuses, key=OPEN.index)
    for result in (*proposal.agents, *proposal.therapies):
        assert bool(result.missing) is (result.status is Status.NEEDS_DATA), result.id


@settings(max_examples=50, deadline=None)
@given(cases())
def test_every_proposal_keeps_to_the_contract(case: Case) -> None:
    _, proposal = proposal_of(case)
    assert [error.message for error in SCHEMA.iter_errors(json.loads(proposal.canonical_text()))] == []


@settings(max_examples=50, deadline=None)
@given(cases(), st.data())
def test_forgetting_a_fact_never_opens_an_option_that_it_closed(case: Case, data: st.DataObject) -> None:
    facts, before = proposal_of(case)
    names = sorted(name for name in facts.values if name != "age_years" and not name.endswith("_count"))
    forgotten = data.draw(st.sampled_from(names))
    values = {name: value for name, value in facts.values.items() if name != forgotten}
    after = propose(replace(facts, values=values), shipped())
    for result in before.agents:
        closing = {r.rule for r in result.reasons if r.effect == "contraindicate" and forgotten in r.facts}
        rules = [rule for rule in shipped().option_rules[result.id] if rule.id in closing]
        if rules and all(rule.hard_unknown_when is None for rule in rules) and result.status is Status.EXCLUDED:
            assert after.option(result.id).status not in OPEN, (result.id, forgotten)
