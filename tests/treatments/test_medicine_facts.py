"""The medicine and allergy lists as facts, and the facts as they stand for judging one agent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from patients.medicines import dictionary
from rules.facts import Facts, FactSet
from rules.truth import Truth
from tests.treatments.cases import facts_of, medicines
from treatments.fact_content import shipped_fact_content
from treatments.medicine_facts import recent_classes


def has(facts: Facts, fact: str, word: str) -> Truth:
    value = facts.get(fact, FactSet())
    assert isinstance(value, FactSet)
    return value.contains(word)


def test_brands_synonyms_and_combinations_are_what_they_contain() -> None:
    facts = facts_of(medications=medicines("Neurontin 300 mg capsules", "Tramacet", "acetaminophen"))
    assert has(facts.values, "medication_names", "gabapentin") is Truth.YES
    assert has(facts.values, "medication_names", "tramadol") is Truth.YES
    assert has(facts.values, "medication_classes", "opioid") is Truth.YES
    assert has(facts.values, "medication_classes", "ssri") is Truth.NO
    assert [item.agents for item in facts.medicines][:2] == [("gabapentin", "gabapentin_er"), ("tramadol",)]


def test_what_is_not_found_on_an_open_list_is_unknown() -> None:
    facts = facts_of(medications=medicines("sertraline", reviewed=False))
    assert has(facts.values, "medication_classes", "ssri") is Truth.YES
    assert has(facts.values, "medication_classes", "opioid") is Truth.UNKNOWN


def test_a_name_nobody_knows_is_not_checked_and_settles_nothing_else() -> None:
    facts = facts_of(medications=medicines("zelmotrine forte", "Voltarol", "metformin"))
    assert facts.not_checked == ("zelmotrine forte", "Voltarol")
    assert facts.get("unrecognised_medicines") == 2
    assert has(facts.values, "medication_classes", "opioid") is Truth.NO
    assert facts.medicines[1].candidates == ("diclofenac", "diclofenac gel")


def test_a_stopped_medicine_is_past_and_kept_for_wash_out() -> None:
    facts = facts_of(medications=medicines({"name": "fluoxetine", "stopped": "2026-02-20"}))
    assert has(facts.values, "medication_classes", "ssri") is Truth.NO
    assert [(item.names, item.current) for item in facts.medicines] == [(("fluoxetine",), False)]


def test_no_list_is_not_an_empty_list() -> None:
    nothing, empty = facts_of(), facts_of(medications={"reviewed": True})
    assert nothing.get("medications_reviewed") is False
    assert "medication_classes" not in nothing.values
    assert empty.get("serotonergic_count") == 0
    assert has(empty.values, "medication_names", "morphine") is Truth.NO


@pytest.mark.parametrize(
    ("items", "fact", "expected"),
    [
        (["sertraline", "tramadol"], "serotonergic_count", 2),
        (["tramadol", "Tramacet"], "serotonergic_count", 1),
        (["morphine", "diazepam", "gabapentin", "metformin"], "cns_depressant_count", 3),
        (["amitriptyline", "oxybutynin"], "anticholinergic_count", 2),
        (["sertraline", "bendroflumethiazide"], "hyponatraemia_inducer_count", 2),
        (["citalopram", "methadone"], "qt_prolonging_count", 2),
        (["metformin", "zelmotrine"], "regular_medicine_count", 2),
    ],
)
def test_burdens_count_different_substances(items: list[str], fact: str, expected: int) -> None:
    assert facts_of(medications=medicines(*items)).get(fact) == expected


def test_medicines_taken_as_needed_are_not_regular_but_count_as_burden() -> None:
    facts = facts_of(medications=medicines({"name": "diazepam", "as_needed": True}))
    assert (facts.get("regular_medicine_count"), facts.get("cns_depressant_count")) == (0, 1)


def test_counts_of_an_open_list_are_at_least_and_never_zero() -> None:
    facts = facts_of(medications=medicines("sertraline", "tramadol", reviewed=False))
    assert facts.get("serotonergic_count") == 2
    assert facts.derived["serotonergic_count"].detail == "at least: the list was not reviewed"
    assert facts.get("anticholinergic_count") is None


# --- morphine equivalents ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "item",
    [
        {"name": "morphine"},
        {"name": "buprenorphine", "daily_dose": 10, "unit": "microgram/h"},
        {"name": "fentanyl", "daily_dose": 0.4, "unit": "mg"},
        {"name": "co-codamol", "daily_dose": 240, "unit": "mg"},
        {"name": "kratom", "daily_dose": 5, "unit": "g"},
        {"name": "morphine", "daily_dose": 30, "unit": "mg", "route": "intrathecal"},
        {"name": "morphine", "daily_dose": 30, "unit": "mL"},
    ],
    ids=lambda item: f"{item['name']} {item.get('unit')} {item.get('route')}",
)
def test_an_opioid_without_dose_or_factor_leaves_the_load_unknown(item: dict[str, Any]) -> None:
    facts = facts_of(medications=medicines(item, {"name": "tramadol", "daily_dose": 100, "unit": "mg"}))
    assert facts.get("mme_per_day") is None
    detail = facts.derived["mme_per_day"].detail
    assert isinstance(detail, dict)
    assert str(detail["unknown_because"]).startswith(item["name"])


@pytest.mark.parametrize("name", ["methadone", "buprenorphine"])
def test_opioids_for_opioid_use_disorder_are_not_counted(name: str) -> None:
    item = {"name": name, "daily_dose": 16, "unit": "mg", "purpose": "opioid_use_disorder"}
    facts = facts_of(medications=medicines(item))
    assert facts.get("mme_per_day") == 0
    assert facts.derived["mme_per_day"].detail == {"not_counted": [name]}


def test_a_stopped_opioid_does_not_count() -> None:
    item = {"name": "morphine", "daily_dose": 60, "unit": "mg", "stopped": "2026-03-01"}
    assert facts_of(medications=medicines(item)).get("mme_per_day") == 0


def test_without_an_opioid_only_a_reviewed_list_says_zero() -> None:
    assert facts_of(medications=medicines("metformin")).get("mme_per_day") == 0
    assert facts_of(medications=medicines("metformin", reviewed=False)).get("mme_per_day") is None
    assert facts_of().get("mme_per_day") is None


def test_an_open_list_gives_the_load_that_is_sure() -> None:
    item = {"name": "oxycodone", "daily_dose": 60, "unit": "mg"}
    facts = facts_of(medications=medicines(item, reviewed=False))
    assert facts.get("mme_per_day") == 90
    assert facts.derived["mme_per_day"].detail == {"at_least": True}


@pytest.mark.parametrize(
    ("medications", "instruments", "expected"),
    [
        (medicines("alcohol"), [], True),
        (None, [{"id": "audit_c", "date": "2026-03-01", "answers": [4, 0, 0]}], True),
        (None, [{"id": "audit_c", "date": "2026-03-01", "answers": [3, 1, 0]}], False),
        (None, [{"id": "audit_c", "date": "2026-03-01", "total": 0}], False),
        (None, [{"id": "audit_c", "date": "2026-03-01", "total": 5}], None),
        (medicines(), [], None),
    ],
)
def test_daily_alcohol(medications: Any, instruments: list[Any], expected: bool | None) -> None:
    parts = {} if medications is None else {"medications": medications}
    assert facts_of(**parts, instruments=instruments).get("daily_alcohol") is expected


# --- judging one agent ------------------------------------------------------------------------------------------------


def test_an_agent_is_judged_against_the_other_medicines() -> None:
    facts = facts_of(medications=medicines("duloxetine", "sertraline", "Tramacet"))
    others = facts.without(["tramadol"], agent="tramadol")
    assert has(others, "medication_names", "tramadol") is Truth.NO
    assert has(others, "medication_names", "paracetamol") is Truth.YES
    assert has(others, "medication_classes", "opioid") is Truth.NO
    assert others["serotonergic_count"] == 2
    assert facts.without(["duloxetine"])["serotonergic_count"] == 2
    assert dict(facts.without(["gabapentin"])) == dict(facts.values)


def test_leaving_out_the_only_medicine_keeps_the_list_complete() -> None:
    others = facts_of(medications=medicines("gabapentin")).without(["gabapentin"])
    assert has(others, "medication_classes", "gabapentinoid") is Truth.NO
    assert others["cns_depressant_count"] == 0
    assert others["regular_medicine_count"] == 0


def allergy(*names: str) -> dict[str, Any]:
    return {"health": {"allergies": [{"name": name} for name in names]}}


@pytest.mark.parametrize(
    ("listed", "agent", "drugs", "classes", "expected"),
    [
        (["gabapentin"], "gabapentin", ["gabapentin"], ["gabapentinoid"], True),
        (["Neurontin"], "gabapentin_er", ["gabapentin"], ["gabapentinoid"], True),
        (["gabapentin"], "gabapentin_enacarbil", ["gabapentin enacarbil"], ["gabapentinoid"], True),
        (["gabapentin"], "pregabalin", ["pregabalin"], ["gabapentinoid"], False),
        (["gabapentinoids"], "pregabalin", ["pregabalin"], ["gabapentinoid"], True),
        (["capsaicin"], "capsaicin_cream", ["capsaicin cream"], ["topical"], True),
        (["clonidine"], "clonidine_topical", [], ["topical"], True),
        (["opioids"], "tramadol", ["tramadol"], ["opioid", "opioid_weak"], True),
        ([], "tramadol", ["tramadol"], ["opioid"], False),
    ],
)
def test_an_allergy_is_read_for_each_agent(
    listed: list[str], agent: str, drugs: list[str], classes: list[str], expected: bool
) -> None:
    facts = facts_of(**allergy(*listed))
    assert facts.without(drugs, agent=agent, classes=classes)["hypersensitivity_to_agent"] is expected


@pytest.mark.parametrize(("listed", "expected"), [("nortriptyline", True), ("Anafranil", True), ("duloxetine", False)])
def test_an_allergy_to_a_named_relative_counts(listed: str, expected: bool) -> None:
    facts = facts_of(**allergy(listed))
    others = facts.without(["amitriptyline"], agent="amitriptyline", allergens=["nortriptyline", "clomipramine"])
    assert others["hypersensitivity_to_agent"] is expected


@pytest.mark.parametrize(
    ("name", "stopped", "expected"),
    [
        ("Zyvox", "2026-03-02", Truth.YES),
        ("Zyvox", "2026-03-01", Truth.YES),
        ("Zyvox", "2026-02-28", Truth.NO),
        ("methylene blue", "2026-03-01", Truth.YES),
        ("sertraline", "2026-03-01", Truth.NO),
    ],
)
def test_linezolid_counts_as_taken_until_24_hours_after_the_last_dose(name: str, stopped: str, expected: Truth) -> None:
    facts = facts_of(medications=medicines({"name": name, "stopped": stopped}))
    classes = [has(facts.values, "medication_classes", kind) for kind in ("linezolid_methylene_blue", "ssri")]
    assert (Truth.YES if Truth.YES in classes else Truth.NO) is expected


def test_nobody_asked_about_allergies_so_nobody_knows() -> None:
    facts = facts_of()
    assert facts.get("allergy_list_given") is False
    assert "hypersensitivity_to_agent" not in facts.without(["tramadol"], agent="tramadol")


def test_an_allergy_stated_without_a_list_is_unknown_for_each_agent() -> None:
    facts = facts_of(health={"present": ["hypersensitivity_to_agent"]})
    assert "hypersensitivity_to_agent" not in facts.without(["tramadol"], agent="tramadol")


def test_every_medicine_of_the_dictionary_gives_facts_of_the_vocabulary() -> None:
    names = [text for entry in dictionary().medicines.values() for text in (entry.name, *entry.brands[:1])]
    for start in range(0, len(names), 100):
        facts = facts_of(medications=medicines(*names[start : start + 100]))
        assert facts.not_checked == ()
        assert shipped_fact_content().vocabulary.problems(facts.values) == []


@pytest.mark.parametrize(
    ("window", "reach", "complete"), [(14, 14, True), (10, 14, True), (15, 14, False), (14, None, False)]
)
def test_a_review_settles_no_longer_window_than_it_covers(window: int, reach: int | None, complete: bool) -> None:
    assert recent_classes((), date(2026, 3, 2), window, reach).complete is complete
