"""The live check: burdens, dangers, graded pairs, arithmetic and ceilings, by table and by property."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.facts import FactSet
from treatments.case import MedicineItem
from treatments.content import shipped
from treatments.fact_content import shipped_fact_content
from treatments.medicine_facts import opioid_load, recognised
from treatments.patient_facts import Medicine, PatientFacts, medication_values
from treatments.plan_checks import Check, Choice, LiveCheck, answers, live_check, needs
from treatments.plan_doses import PlannedStep, uncovered
from treatments.proposal import propose
from treatments.safety.burdens import Gauge, Scale, gauges
from treatments.safety.causes import causes
from treatments.safety.groups import in_danger
from treatments.safety.model import Given
from treatments.safety.table import safety_of
from treatments.safety.whole import Taken, on_day, whole_list

TODAY = date(2026, 11, 30)
RANK = {"critical": 2, "warning": 1}


def medicine(name: str, dose: float | None = None, unit: str | None = "mg", **more: Any) -> MedicineItem:
    defaults: dict[str, Any] = {
        "name": name, "daily_dose": dose, "unit": unit if dose is not None else None, "route": None, "as_needed": False,
        "started": None, "stopped": None, "release": None, "purpose": None,
    }  # fmt: skip
    return MedicineItem(**(defaults | more))


def patient(*items: MedicineItem | str, reviewed: bool = True, **values: Any) -> PatientFacts:
    """A patient with these medicines, at 70 unless said otherwise; every other fact is unknown."""
    content = shipped_fact_content()
    given = [item if isinstance(item, MedicineItem) else medicine(item) for item in items]
    taken = tuple(recognised(item, f"medications.items[{n}]", TODAY, content) for n, item in enumerate(given))
    known: dict[str, Any] = {"age_years": 70, "medications_reviewed": reviewed}
    known |= medication_values(taken, reviewed, content.burdens)
    load = opioid_load(taken, reviewed, content.mme)
    if load.total is not None:
        known["mme_per_day"] = load.total
    return PatientFacts("x", TODAY, known | values, medicines=taken, burdens=content.burdens, allergies=())


def plan(name: str, *doses: float, start: int = 0, stop: int | None = None) -> Choice:
    steps = tuple(PlannedStep(7 * place, dose, 1) for place, dose in enumerate(doses))
    ends = TODAY + timedelta(days=stop) if stop is not None else None
    return Choice("agent", name, steps, TODAY + timedelta(days=start), ends)


def looked(facts: PatientFacts, *chosen: Choice) -> LiveCheck:
    return live_check(chosen, propose(facts, shipped()), facts, shipped())


def gauge(live: LiveCheck, name: str) -> Gauge:
    return next(each for each in live.gauges if each.burden.id == name)


def check(live: LiveCheck, check_id: str) -> Check:
    return next(each for each in live.checks if each.id == check_id)


def ids(live: LiveCheck) -> set[str]:
    return {each.id for each in live.checks}


# --- burdens ----------------------------------------------------------------------------------------------------------

# Burden, age, what is taken, what is planned, and what the gauge says then.
BURDENS: list[tuple[str, int, list[str], list[str], str]] = [
    ("sedation", 65, ["diazepam", "oxycodone"], ["gabapentin"], "critical"),
    ("sedation", 64, ["diazepam", "quetiapine"], ["gabapentin"], "info"),
    # At any age: three kinds of sedatives with an opioid among them.
    ("sedation", 64, ["diazepam", "oxycodone"], ["gabapentin"], "critical"),
    ("sedation", 70, [], ["gabapentin"], "good"),
    ("serotonin", 40, ["sertraline"], ["duloxetine"], "warning"),
    ("serotonin", 40, ["sertraline", "trazodone"], ["amitriptyline"], "critical"),
    ("serotonin", 40, ["phenelzine"], ["amitriptyline"], "critical"),
    ("serotonin", 40, [], ["gabapentin"], "good"),
    ("anticholinergic", 65, ["oxybutynin"], ["amitriptyline"], "critical"),
    ("anticholinergic", 64, ["oxybutynin"], ["amitriptyline"], "good"),
    ("qt", 40, ["citalopram"], ["amitriptyline"], "warning"),
    ("hyponatraemia", 70, ["hydrochlorothiazide"], ["duloxetine"], "warning"),
    ("hyponatraemia", 64, ["hydrochlorothiazide"], ["duloxetine"], "good"),
]


@pytest.mark.parametrize(("burden", "age", "taken", "planned", "state"), BURDENS)
def test_burdens_add_up_over_what_is_taken_and_planned(
    burden: str, age: int, taken: list[str], planned: list[str], state: str
) -> None:
    live = looked(patient(*taken, age_years=age), *(plan(name, 10) for name in planned))
    assert gauge(live, burden).state == state


def test_a_medicine_that_is_planned_is_counted_by_all_that_is_known_of_it() -> None:
    # The agent's own classes do not say that it lowers sodium; the dictionary of medicines does.
    assert "hyponatraemia_inducer" not in shipped().agent_by_id["duloxetine"].classes
    assert gauge(looked(patient(), plan("duloxetine", 30)), "hyponatraemia").weight.amount == 1


def test_what_is_not_known_never_reads_as_low() -> None:
    # Nobody knows the age: at 65 it would be too much.
    facts = patient("diazepam", "oxycodone")
    unknown = replace(facts, values={k: v for k, v in facts.values.items() if k != "age_years"})
    sedation = gauge(looked(unknown, plan("gabapentin", 300)), "sedation")
    assert sedation.weight.open == ("age_years",)
    # One medicine that prolongs QT, and no ECG.
    assert gauge(looked(patient(), plan("amitriptyline", 10)), "qt").state == "unknown"
    # A name that nobody recognises, or a list that nobody went through.
    for unclear in (patient("mystery pill"), patient(reviewed=False)):
        found = looked(unclear, plan("gabapentin", 300)).gauges
        assert {each.state for each in found} <= {"unknown", "info", "warning", "critical"}
        assert all(each.at_least for each in found)


def test_the_limit_of_a_gauge_is_the_one_of_this_patient() -> None:
    at_70, at_40 = (looked(patient(age_years=age), plan("gabapentin", 300)) for age in (70, 40))
    assert (gauge(at_70, "sedation").limit, gauge(at_40, "sedation").limit) == (3, None)
    assert (gauge(at_40, "serotonin").limit, gauge(at_40, "opioids").limit) == (3, 90)


def test_what_ends_counts_until_its_last_day_and_no_longer() -> None:
    facts = patient("diazepam", medicine("oxycodone", 20))
    # A taper of the opioid that ends before the gabapentinoid begins, and one that ends after.
    after = looked(facts, plan("oxycodone", 10, stop=14), plan("gabapentin", 300, start=14))
    across = looked(facts, plan("oxycodone", 10, stop=15), plan("gabapentin", 300, start=14))
    assert (gauge(after, "sedation").state, gauge(across, "sedation").state) == ("info", "critical")
    assert "danger:opioid_with_two_sedatives" in ids(across) - ids(after)
    assert not any(each.id.startswith("ix_001") for each in after.checks)
    assert "Together until 2026-12-15." in check(across, "ix_001:oxycodone").text


# --- the removal that helps most --------------------------------------------------------------------------------------

NAMES = [
    "diazepam", "oxycodone", "tizanidine", "zopiclone", "sertraline", "trazodone", "oxybutynin", "citalopram",
    "amitriptyline", "phenelzine", "hydrochlorothiazide", "quetiapine", "tramadol", "paracetamol", "promethazine",
]  # fmt: skip
PLANNED = ["gabapentin", "duloxetine", "nortriptyline", "tapentadol", "carbamazepine", "baclofen"]


@cache
def line(name: str, place: int) -> Medicine:
    return recognised(medicine(name, 40.0), f"medications.items[{place}]", TODAY, shipped_fact_content())


@st.composite
def lists(draw: st.DrawFn) -> tuple[PatientFacts, tuple[Taken, ...]]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    planned = draw(st.lists(st.sampled_from(PLANNED), unique=True, max_size=3))
    facts = patient(*(medicine(name, 40.0) for name in names), age_years=draw(st.sampled_from([40, 70])))
    return facts, whole_list([plan(name, 50) for name in planned], facts, shipped(), shipped_fact_content())


def scale_of(facts: PatientFacts) -> Scale:
    return Scale.of(facts, shipped(), shipped_fact_content().mme)


@settings(max_examples=40, deadline=None)
@given(lists())
def test_no_removal_of_one_or_two_medicines_helps_more_than_the_one_named(
    given_list: tuple[PatientFacts, tuple[Taken, ...]],
) -> None:
    facts, whole = given_list
    scale = scale_of(facts)
    for found in gauges(whole, scale, TODAY):
        if found.removal is None:
            assert found.weight.rank == 0
            continue
        present = on_day(whole, found.day)

        def left(
            gone: tuple[Taken, ...], present: tuple[Taken, ...] = present, found: Gauge = found
        ) -> tuple[int, float]:
            rest = [taken for taken in present if taken not in gone]
            weight = scale_of(facts).weigh(found.burden, rest, found.day)
            return weight.rank, weight.amount

        named = (RANK.get(found.removal.tier, 0), found.removal.amount)
        singles = [left((taken,)) for taken in present]
        pairs = [left(two) for two in combinations(present, 2)]
        assert found.removal.keys <= {taken.key for taken in present}
        if len(found.removal.keys) == 1:
            assert named == min(singles)
            # Two are named only where one is not enough and two are quieter.
            assert named[0] == 0 or min((rank for rank, _amount in pairs), default=9) >= named[0]
        else:
            assert named == min(pairs) and named[0] < min(singles)[0]


@settings(max_examples=60, deadline=None)
@given(lists(), st.sampled_from(NAMES))
def test_one_more_medicine_never_lowers_a_burden(given_list: tuple[PatientFacts, tuple[Taken, ...]], name: str) -> None:
    facts, whole = given_list
    scale = scale_of(facts)
    more = (*whole, Taken("more", line(name, 99)))
    for burden in scale.burdens:
        before, after = (scale.weigh(burden, list(each), TODAY) for each in (whole, more))
        assert after.amount >= before.amount
        assert after.rank >= before.rank


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_order_of_the_list_says_nothing(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    chosen = data.draw(st.lists(st.sampled_from(PLANNED), unique=True, min_size=1, max_size=3))
    other = data.draw(st.permutations(names))
    one, two = (looked(patient(*order), *(plan(name, 50) for name in chosen)) for order in (names, other))
    assert [(c.id, c.tier, c.text) for c in one.checks] == [(c.id, c.tier, c.text) for c in two.checks]
    for mine, others in zip(one.gauges, two.gauges, strict=True):
        assert (mine.state, mine.weight.amount) == (others.state, others.weight.amount)
        assert (mine.removal and mine.removal.names) == (others.removal and others.removal.names)


# --- three medicines --------------------------------------------------------------------------------------------------

DANGERS: list[tuple[list[str], list[str], set[str]]] = [
    (["diazepam", "oxycodone"], ["gabapentin"], {"opioid_with_two_sedatives"}),
    (["diazepam", "tizanidine"], ["gabapentin"], {"three_sedatives"}),
    (["oxycodone", "diazepam", "baclofen"], ["gabapentin"], {"opioid_with_two_sedatives", "three_sedatives"}),
    (["oxycodone", "methocarbamol"], ["pregabalin"], {"opioid_with_two_sedatives"}),
    # One medicine stands for one group: tizanidine is a muscle relaxant and a sedative, but one of them.
    (["oxycodone", "tizanidine"], [], set()),
    (["oxycodone", "diazepam"], [], set()),
    (["naproxen", "apixaban"], ["duloxetine"], {"bleeding_triple"}),
    (["naproxen", "ramipril", "hydrochlorothiazide"], [], {"kidney_triple"}),
    (["citalopram", "furosemide"], ["amitriptyline"], {"qt_with_low_potassium"}),
]


@pytest.mark.parametrize(("taken", "planned", "expected"), DANGERS)
def test_dangers_of_three_medicines(taken: list[str], planned: list[str], expected: set[str]) -> None:
    live = looked(patient(*taken, age_years=40), *(plan(name, 50) for name in planned))
    assert {name.partition(":")[2] for name in ids(live) if name.startswith("danger:")} == expected


def test_no_pair_check_sees_a_benzodiazepine_a_gabapentinoid_and_a_muscle_relaxant_as_grave_as_they_are() -> None:
    live = looked(patient("diazepam", "tizanidine", age_years=40), plan("gabapentin", 300))
    pairs = [each for each in live.checks if each.kind == "interaction"]
    assert pairs and all(each.tier != "critical" for each in pairs)
    assert check(live, "danger:three_sedatives").tier == "critical"


@settings(max_examples=60, deadline=None)
@given(lists())
def test_a_danger_needs_as_many_different_medicines_as_it_names(
    given_list: tuple[PatientFacts, tuple[Taken, ...]],
) -> None:
    _facts, whole = given_list
    for danger in safety_of(shipped()).dangers:
        found = in_danger(danger, whole)
        if found:
            assert len({name for taken in found for name in taken.substances}) >= len(danger.required) + danger.at_least


# --- morphine equivalents ---------------------------------------------------------------------------------------------


def test_the_arithmetic_is_shown_line_by_line_and_what_is_planned_is_counted() -> None:
    live = looked(patient(medicine("oxycodone", 40.0)), plan("tramadol", 50, 100))
    assert live.opioids is not None
    assert [each.text for each in live.opioids.lines] == ["oxycodone 40 mg × 1.5 = 60", "Tramadol 100 mg × 0.2 = 20"]
    assert (live.opioids.total, live.opioids.sum_text) == (80, "60 + 20 = 80")
    # The day on which the plan has reached its highest dose.
    assert live.opioids.day == TODAY + timedelta(days=7)
    assert check(live, "burden:opioids").needs_reason


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (medicine("oxycodone"), "oxycodone: not counted, no daily dose is given"),
        (medicine("oxycodone", 2.0, "tablet"), "oxycodone: not counted, there is no factor for oxycodone in tablet"),
        (medicine("buprenorphine", 10.0, "microgram/h"), "buprenorphine: not counted, there is no factor"),
        (medicine("morphine", 10.0, route="intravenous"), "morphine: not counted, the factor holds for the oral route"),
    ],
)
def test_what_cannot_be_converted_is_not_counted_and_never_zero(item: MedicineItem, text: str) -> None:
    live = looked(patient(item), plan("gabapentin", 300))
    assert live.opioids is not None and not live.opioids.lines
    assert live.opioids.open[0].text.startswith(text)
    assert gauge(live, "opioids").at_least
    assert gauge(live, "opioids").state == "unknown"


def test_a_load_that_is_too_high_without_what_is_not_counted_is_too_high() -> None:
    live = looked(patient(medicine("oxycodone", 80.0), medicine("codeine")), plan("gabapentin", 300))
    assert (gauge(live, "opioids").state, gauge(live, "opioids").weight.amount) == ("critical", 120)


def test_treatment_of_opioid_dependence_is_not_counted_and_said_so() -> None:
    live = looked(patient(medicine("methadone", 60.0, purpose="opioid_use_disorder")), plan("gabapentin", 300))
    assert live.opioids is not None
    assert (live.opioids.total, live.opioids.open) == (0, ())
    assert live.opioids.for_dependence[0].text == "methadone: not counted, taken for opioid use disorder"
    # It still sedates.
    assert gauge(live, "sedation").weight.amount == 2


@pytest.mark.parametrize(("mg", "state"), [(33.0, "good"), (33.4, "warning"), (59.9, "warning"), (60.0, "critical")])
def test_the_gates_of_the_rulebook(mg: float, state: str) -> None:
    live = looked(patient(medicine("oxycodone", mg)), plan("duloxetine", 30))
    assert gauge(live, "opioids").state == state


@given(st.floats(0.001, 2.0, allow_nan=False))
def test_grams_and_milligrams_are_the_same_dose(grams: float) -> None:
    one, other = (
        looked(patient(medicine("morphine", dose, unit))).opioids for dose, unit in ((grams, "g"), (grams * 1000, "mg"))
    )
    assert one and other and one.total == pytest.approx(other.total, abs=0.01)


# --- interactions graded by the patient -------------------------------------------------------------------------------

# Interaction, who the patient is, what is taken and planned, and the tier.
GRADES: list[tuple[str, dict[str, Any], str, Choice, str]] = [
    ("ix_012:tizanidine", {"age_years": 40, "falls_risk": False}, "tizanidine", plan("gabapentin", 300), "info"),
    ("ix_012:tizanidine", {"age_years": 65}, "tizanidine", plan("gabapentin", 300), "warning"),
    ("ix_012:tizanidine", {"age_years": 40, "sleep_apnoea": True}, "tizanidine", plan("gabapentin", 300), "warning"),
    ("ix_010:pioglitazone", {"heart_failure": True}, "pioglitazone", plan("pregabalin", 75), "warning"),
    ("ix_010:pioglitazone", {"heart_failure": False}, "pioglitazone", plan("pregabalin", 75), "info"),
    ("ix_053:citalopram", {"qtc_ms": 460}, "citalopram", plan("amitriptyline", 10), "warning"),
    ("ix_053:citalopram", {"qtc_ms": 500}, "citalopram", plan("amitriptyline", 10), "critical"),
    # A low dose with an ECG; a higher one, another SSRI, or no ECG: the grade of the pair stays.
    ("ix_022:sertraline", {"qtc_ms": 420}, "sertraline", plan("amitriptyline", 10, 25), "info"),
    ("ix_022:sertraline", {"qtc_ms": 420}, "sertraline", plan("amitriptyline", 10, 50), "warning"),
    ("ix_022:sertraline", {"qtc_ms": 420}, "sertraline", plan("amitriptyline"), "warning"),
    ("ix_022:sertraline", {}, "sertraline", plan("amitriptyline", 10), "warning"),
    ("ix_022:paroxetine", {"qtc_ms": 420}, "paroxetine", plan("amitriptyline", 10), "warning"),
    ("ix_127:naproxen", {"crcl_ml_min": 60}, "naproxen", plan("baclofen", 5), "info"),
    ("ix_127:naproxen", {"crcl_ml_min": 59}, "naproxen", plan("baclofen", 5), "warning"),
    ("ix_127:naproxen", {}, "naproxen", plan("baclofen", 5), "warning"),
]


@pytest.mark.parametrize(("name", "values", "taken", "planned", "tier"), GRADES)
def test_the_grade_of_a_pair_follows_the_patient(
    name: str, values: dict[str, Any], taken: str, planned: Choice, tier: str
) -> None:
    found = check(looked(patient(taken, **values), planned), name)
    assert found.tier == tier
    assert found.needs_reason is (tier != "info")


def test_why_a_pair_was_graded_so_is_said_and_what_is_not_known_too() -> None:
    older = check(looked(patient("tizanidine", age_years=65), plan("gabapentin", 300)), "ix_012:tizanidine")
    assert older.notes[0].startswith("Graded up from moderate to major: 65 or over")
    assert any(note.startswith("Graver if known: Lung disease") for note in older.notes)
    assert "beers2023" in older.sources
    low = check(looked(patient("sertraline", qtc_ms=420), plan("amitriptyline", 10)), "ix_022:sertraline")
    assert low.notes == (
        "Graded down from major to moderate: Amitriptyline of at most 25 mg a day with sertraline or citalopram and a"
        " QTc below 450; keep it there, ECG.",
    )


def test_no_grading_touches_what_must_not_be_combined() -> None:
    forbidden = {row.id for row in shipped().interactions if row.severity == "contraindicated"}
    order = shipped().meanings.severity_order
    severity = {row.id: row.severity for row in shipped().interactions}
    for row in safety_of(shipped()).gradings:
        lowers = {name for name in row.interactions if order.index(row.to) > order.index(severity[name])}
        assert not lowers & forbidden, row.id


# --- what is taken, against the ceilings ------------------------------------------------------------------------------


def test_what_is_taken_above_a_ceiling_is_told_by_degree() -> None:
    def of(item: MedicineItem, **values: Any) -> Check | None:
        found = looked(patient(item, **values), plan("duloxetine", 30)).checks
        return next((each for each in found if each.id == f"ceiling:{item.name}"), None)

    well: dict[str, Any] = {"age_years": 50, "crcl_ml_min": 90.0, "dialysis": False, "child_pugh_class": "none"}
    assert of(medicine("pregabalin", 600.0), **well) is None
    found = of(medicine("pregabalin", 600.0), **well | {"crcl_ml_min": 35.0})
    assert found and (found.tier, found.needs_reason) == ("warning", False)
    assert "above the ceiling for this patient" in found.text
    # Grams are milligrams a thousand times.
    high = of(medicine("pregabalin", 0.9, "g"), **well)
    assert high and (high.tier, high.needs_reason) == ("critical", True)
    assert "pregabalin is taken at 900 mg a day, above the highest dose of the rulebook, 600 mg." in high.text


def test_a_dose_that_cannot_be_compared_is_not_checked() -> None:
    live = looked(
        patient("pregabalin", medicine("nortriptyline", 2.0, "tablet"), medicine("duloxetine", 60.0)),
        plan("lidocaine_plaster", 1),
    )
    text = check(live, "ceiling:not_checked").text
    assert text == "Dose not checked: nortriptyline (in tablet, not in mg); pregabalin (no daily dose on file)."


def test_what_the_plan_takes_over_is_checked_as_an_item_and_not_as_what_is_taken() -> None:
    high = medicine("pregabalin", 900.0)
    assert "ceiling:pregabalin" in ids(looked(patient(high), plan("duloxetine", 30)))
    assert "ceiling:pregabalin" not in ids(looked(patient(high), plan("pregabalin", 300)))
    # An item whose dose somebody else sets says nothing about the dose of now.
    assert "ceiling:pregabalin" in ids(looked(patient(high), Choice("agent", "pregabalin")))


# --- once for the plan ------------------------------------------------------------------------------------------------


def test_each_topic_speaks_once_for_the_plan_and_names_the_items() -> None:
    facts = patient(age_years=30, sex="female", pregnancy=True, safety_critical_job=True, suicidality=True)
    live = looked(facts, plan("gabapentin", 300), plan("amitriptyline", 10), plan("lidocaine_plaster", 1))
    topics = {each.id: each for each in live.checks if each.kind == "topic"}
    assert len(topics) == len([each for each in live.checks if each.kind == "topic"])
    assert {"gabapentin", "amitriptyline"} <= set(topics["topic:pregnancy"].items)
    assert "Gabapentin (immediate release): " in topics["topic:driving"].text
    assert "Amitriptyline: Very toxic in overdose." in topics["topic:suicide_risk"].text
    # The plaster has nothing to say about driving.
    assert "lidocaine_plaster" not in topics["topic:driving"].items
    assert topics["topic:suicide_risk"].tier == "warning"
    assert "topic:older_age" not in topics


def test_a_topic_that_nobody_asked_about_says_that_it_is_not_known() -> None:
    unknown = check(looked(patient(age_years=30), plan("gabapentin", 300)), "topic:driving")
    assert "not known whether it concerns this patient" in unknown.text
    sure = looked(patient(age_years=30, safety_critical_job=False), plan("gabapentin", 300))
    assert "topic:driving" not in ids(sure)


# --- one alert for each cause, one reason -----------------------------------------------------------------------------


def test_what_has_one_cause_is_one_line() -> None:
    live = looked(patient("diazepam", "oxycodone"), plan("gabapentin", 300))
    found = causes(live.checks)
    (sedation,) = [cause for cause in found if cause.head.theme == "sedation"]
    assert sedation.head.id == "danger:opioid_with_two_sedatives"
    folded = {each.id for each in sedation.folded}
    assert {"burden:sedation", "ix_001:oxycodone", "ix_002:diazepam", "alert:opioid_gabapentinoid"} <= folded
    every = [each.id for cause in found for each in cause.checks]
    assert sorted(every) == sorted(each.id for each in live.checks), "nothing is dropped"


def wanted(facts: PatientFacts, *chosen: Choice) -> dict[str, tuple[str, ...]]:
    proposal = propose(facts, shipped())
    live = live_check(chosen, proposal, facts, shipped())
    return {need.subject: need.covers for need in needs(chosen, proposal, live.checks, shipped()) if need.subject}


def test_a_reason_holds_while_its_facts_are_the_same_and_opens_again_when_they_change() -> None:
    def needed(*taken: str, **values: Any) -> Any:
        facts, chosen = patient(*taken, **values), [plan("gabapentin", 300)]
        proposal = propose(facts, shipped())
        found = live_check(chosen, proposal, facts, shipped()).checks
        return next(need for need in needs(chosen, proposal, found, shipped()) if need.subject == "sedation")

    need = needed("diazepam", "oxycodone")
    reason = Given("alert", frozenset(need.covers), subject="sedation")
    assert answers(reason, needed("diazepam", "oxycodone"))
    worse = needed("diazepam", "oxycodone", "tizanidine")
    assert not answers(reason, worse)
    new = dict(zip(worse.covers, worse.words, strict=True))
    assert "tizanidine" in {words for cover, words in new.items() if cover not in reason.covers}
    # A fact that makes a pair graver is not covered by a reason that was given without it.
    assert not answers(reason, needed("diazepam", "zopiclone", "oxycodone", sleep_apnoea=True))


def test_one_reason_is_asked_for_one_cause() -> None:
    asked = wanted(patient("diazepam", "oxycodone"), plan("gabapentin", 300))
    assert set(asked) & {"sedation", "sedative_load", "opioid_gabapentinoid", "opioid_benzodiazepine"} == {"sedation"}
    assert {"sedative_load", "opioid_benzodiazepine", "ix_001:oxycodone"} <= set(asked["sedation"])


def test_rules_of_an_item_that_hold_because_of_another_item_are_told() -> None:
    facts = patient(medications_reviewed=True)
    alone, both = (
        looked(facts, *chosen) for chosen in ([plan("tramadol", 50)], [plan("tramadol", 50), plan("duloxetine", 30)])
    )
    new = {each.id for each in both.checks if each.kind == "rule"}
    assert "rule:tramadol-caution-serotonin" in new
    assert not {each.id for each in alone.checks if each.kind == "rule"} & new
    assert isinstance(facts.get("medication_classes"), FactSet)


def test_what_the_plan_makes_possible_and_nobody_can_judge_is_told_as_not_known() -> None:
    opioid = plan("tapentadol", 100)
    unsure = check(looked(patient(), opioid), "alert:opioid_alcohol:unknown")
    assert (unsure.tier, unsure.needs_reason, unsure.items) == ("warning", False, ("tapentadol",))
    assert "Not known whether this applies (Drinks alcohol daily" in unsure.text
    for drinks, told in ((True, {"alert:opioid_alcohol"}), (False, set())):
        facts = patient(daily_alcohol=drinks, heavy_alcohol_use=drinks)
        assert {name for name in ids(looked(facts, opioid)) if "opioid_alcohol" in name} == told
    # Nobody could judge it before either: the plan adds nothing to what is open already.
    taken = patient(medicine("tramadol", 100))
    assert "alert:opioid_alcohol:unknown" not in ids(looked(taken, plan("gabapentin", 300)))


def test_a_rule_of_one_item_that_another_item_leaves_open_is_told_with_what_it_waits_for() -> None:
    taken = patient("diazepam", age_years=50)
    unsure, both = (f"rule:modifier-third-cns-active:{end}" for end in ("unknown", ""))
    assert unsure not in ids(looked(taken, plan("gabapentin", 300)))
    told = check(looked(taken, plan("gabapentin", 300), plan("tramadol", 50)), unsure)
    assert told.tier == "info"
    assert "not known whether this applies (Clinical Frailty Scale 5 or more)" in told.text
    frail = patient("diazepam", age_years=50, frailty=True)
    found = ids(looked(frail, plan("gabapentin", 300), plan("tramadol", 50)))
    assert both.rstrip(":") in found
    assert unsure not in found


def test_a_reason_for_what_nobody_can_judge_covers_its_medicines_and_its_missing_facts_only() -> None:
    known = patient()
    facts = replace(known, values={name: value for name, value in known.values.items() if name != "age_years"})

    def covered(*chosen: Choice) -> dict[str, str]:
        unsure = [
            each for each in looked(facts, *chosen).checks if each.id == "rule:modifier-anticholinergic-second:unknown"
        ]
        (found,) = [each for each in unsure if each.items[-1] == "amitriptyline"]
        assert found.needs_reason
        return dict(found.covered)

    both = (plan("nortriptyline", 10), plan("amitriptyline", 10))
    given = covered(*both)
    assert list(given.values())[1:] == ["Age", "Nortriptyline"]
    # On the day on which the rule is open for the first time the third is not taken yet.
    more = covered(plan("imipramine", 10, start=30), *both)
    assert [more[name] for name in uncovered(more, given)] == ["Imipramine"]
    assert not uncovered(given, more)


# --- what a therapy holds ---------------------------------------------------------------------------------------------


def therapy(name: str, start: int = 0, stop: int | None = None) -> Choice:
    ends = TODAY + timedelta(days=stop) if stop is not None else None
    return Choice("therapy", name, (), TODAY + timedelta(days=start), ends)


def test_an_infusion_counts_with_the_medicines_beside_it() -> None:
    taken = patient(medicine("morphine", 60), "diazepam")
    without, live = looked(taken, plan("gabapentin", 300)), looked(taken, therapy("ketamine_infusion"))
    sedation = gauge(live, "sedation")
    assert "Intravenous ketamine infusion (specialist)" in {share.name for share in sedation.weight.shares}
    danger = [one for one in live.checks if "ketamine_infusion" in one.items and one.needs_reason]
    assert danger
    assert any("ketamine" in one.text.lower() for one in danger)
    assert not [one for one in without.checks if "ketamine_infusion" in one.items]
    over = looked(taken, therapy("ketamine_infusion", start=-9, stop=0))
    assert not [one for one in over.checks if "ketamine_infusion" in one.items], "it is over"
    assert "sedation" in wanted(taken, therapy("ketamine_infusion"))


def test_what_a_therapy_holds_and_what_is_taken_as_well_is_the_same_medicine_twice() -> None:
    listed = looked(patient("ketamine"), therapy("ketamine_infusion"))
    both = looked(patient(), plan("ketamine", 80), therapy("ketamine_infusion"))
    assert check(listed, "same:ketamine").items == ("ketamine_infusion",)
    assert check(both, "same:ketamine").items == ("ketamine", "ketamine_infusion")
    assert "same:ketamine" not in ids(looked(patient(), plan("ketamine", 80, stop=7), therapy("ketamine_infusion", 7)))


def test_a_pump_of_which_nobody_says_what_it_holds_is_told_as_not_checked() -> None:
    told = check(looked(patient("diazepam"), therapy("it_drug_delivery")), "held:it_drug_delivery")
    assert told.tier == "warning"
    assert "an opioid, ziconotide or a local anaesthetic" in told.text
    assert "check it by hand" in told.text
    assert not [name for name in ids(looked(patient("diazepam"), therapy("tens"))) if name.startswith("held:")]


def test_what_a_pump_may_hold_leaves_no_burden_settled() -> None:
    pumped = looked(patient("metformin"), therapy("it_drug_delivery"))
    assert {each.burden.id: (each.state, each.at_least) for each in pumped.gauges} == {
        each.burden.id: ("unknown", True) for each in pumped.gauges
    }
    assert not any(each.at_least for each in looked(patient("metformin"), therapy("tens")).gauges)
    later = looked(patient("metformin"), therapy("it_drug_delivery", start=30, stop=40))
    assert all(each.at_least for each in later.gauges), "the pump is still to come"
    over = looked(patient("metformin"), therapy("it_drug_delivery", start=-9, stop=0))
    assert not any(each.at_least for each in over.gauges), "it is over"


def test_nobody_says_that_there_are_no_opioids_while_a_pump_may_hold_one() -> None:
    facts = patient("metformin")
    scale = Scale.of(facts, shipped(), shipped_fact_content().mme)
    for name, known in (("tens", 0), ("it_drug_delivery", None)):
        whole = whole_list([therapy(name)], facts, shipped(), shipped_fact_content())
        assert scale.values(whole, TODAY)[0].get("mme_per_day") == known


@pytest.mark.parametrize("name", ["peripheral_nerve_block", "epidural_or_root_injection"])
def test_the_steroid_of_an_injection_is_told_as_not_checked_and_adds_to_no_burden(name: str) -> None:
    live = looked(patient("metformin"), therapy(name))
    told = check(live, f"held:{name}")
    assert "may hold a steroid" in told.text
    assert "check it by hand" in told.text
    assert not any(each.at_least for each in live.gauges)


def test_what_a_therapy_holds_is_no_regular_medicine() -> None:
    facts, content = patient("metformin"), shipped_fact_content()
    scale = Scale.of(facts, shipped(), content.mme)
    for name in ("peripheral_nerve_block", "ketamine_infusion", "it_drug_delivery"):
        whole = whole_list([therapy(name)], facts, shipped(), content)
        assert len(whole) > 1
        values, _opioids = scale.values(whole, TODAY)
        assert values["regular_medicine_count"] == 1
