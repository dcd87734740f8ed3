"""The vocabulary holds together: its lists are those of the other files, its conditions fit, and mistakes are told."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.content import assessment_content
from patients.measurements import kinds
from patients.medicines import dictionary
from rules.strict_yaml import load
from tests.treatments.cases import facts_of
from treatments.case_schema import case_schema
from treatments.fact_content import KNOWLEDGE, FactContent, fact_content_problems, shipped_fact_content


def read(name: str) -> Any:
    return load((KNOWLEDGE / name).read_text(encoding="utf-8"))


VOCABULARY = read("vocabulary.yaml")
AGENTS = {path.stem: read(f"agents/{path.name}") for path in sorted((KNOWLEDGE / "agents").glob("*.yaml"))}
FILES = {
    "vocabulary.yaml": VOCABULARY,
    "reference.yaml": read("reference.yaml"),
    **{f"agents/{name}.yaml": data for name, data in AGENTS.items()},
}


def ids(section: str, key: str = "id") -> list[str]:
    return [row[key] for row in VOCABULARY[section]]


@pytest.mark.parametrize(
    ("definition", "section", "key"),
    [
        ("agent", "agents", "id"),
        ("therapy", "therapies", "id"),
        ("condition", "conditions", "id"),
        ("concept", "concepts", "id"),
        ("fact", "facts", "name"),
        ("region", "regions", "id"),
        ("descriptor", "descriptors", "id"),
        ("evoked", "evoked", "id"),
        ("negative", "negative", "id"),
        ("test", "tests", "id"),
        ("red_flag", "red_flags", "id"),
        ("instrument", "instruments", "id"),
        ("preference", "preferences", "id"),
        ("alert", "alerts", "id"),
        ("monitoring_test", "monitoring_tests", "id"),
        ("referral", "referrals", "id"),
        ("education", "education", "id"),
    ],
)
def test_the_case_format_and_the_vocabulary_know_the_same_ids(definition: str, section: str, key: str) -> None:
    assert sorted(case_schema()["$defs"][definition]["enum"]) == sorted(ids(section, key))


def test_lists_that_stand_in_two_files_are_equal() -> None:
    domains = VOCABULARY["domains"]
    assert domains["medicines"] == list(dictionary().medicines)
    assert domains["medicine_classes"] == [row["id"] for row in read("interactions.yaml")["classes"]]
    assert sorted(domains["agents"]) == sorted(AGENTS) == sorted(ids("agents"))
    assert sorted(domains["regions"]) == sorted(assessment_content().body_map.regions)
    assert set(ids("instruments")) == set(assessment_content().instruments)
    assert set(ids("red_flags")) == set(assessment_content().red_flags)
    codes = case_schema()["properties"]["measurements"]["items"]["properties"]["code"]["enum"]
    assert sorted(codes) == sorted(kinds())


@pytest.mark.parametrize("row", VOCABULARY["agents"], ids=lambda row: row["id"])
def test_an_agent_is_the_same_in_both_files(row: dict[str, Any]) -> None:
    agent = AGENTS[row["id"]]
    assert row["drug_names"] == agent["drug_names"]
    assert row["classes"] == agent["classes"]
    assert row["app_rule"] == agent["app_rule"]
    assert row["dose_unit"] == (agent.get("dosing") or {}).get("unit")


def test_instruments_count_as_long_as_their_own_file_says() -> None:
    for row in VOCABULARY["instruments"]:
        assert row["freshness_days"] == assessment_content().instruments[row["id"]].freshness_days, row["id"]


def test_the_shipped_content_has_no_problem() -> None:
    assert fact_content_problems(FILES) == []
    assert len(shipped_fact_content().vocabulary) == 268


def changed(section: str, name: str, key: str, **change: Any) -> dict[str, Any]:
    files = copy.deepcopy(FILES)
    row = next(row for row in files["vocabulary.yaml"][section] if row[key] == name)
    row.update(change)
    return files


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (changed("concepts", "frailty", "id", derived_from=[{"present_when": "cfs_totl >= 5"}]), "cfs_totl"),
        (changed("concepts", "frailty", "id", derived_from=[{"present_when": "cfs_total >="}]), "frailty present_when"),
        (changed("concepts", "frailty", "id", derived_from=[{"present_when": True}]), "text between quotes"),
        (changed("concepts", "frailty", "id", derived_from=[{"present_when": "dementia"}]), "may not read a concept"),
        (
            changed("concepts", "frailty", "id", derived_from=[{"absent_when": "frailty"}]),
            "read each other in a circle",
        ),
        (changed("concepts", "frailty", "id", implies=["nonsense"]), "nonsense"),
        (changed("condition_groups", "central", "id", when='"phn" in condition'), "condition"),
    ],
)
def test_a_mistake_in_the_content_is_told(files: dict[str, Any], problem: str) -> None:
    found = fact_content_problems(files)
    assert found
    assert problem in found[0]


def test_thresholds_come_from_the_content() -> None:
    stricter = changed("concepts", "frailty", "id", derived_from=[{"present_when": "cfs_total >= 3"}])
    content = FactContent.of(stricter)
    cfs = {"instruments": [{"id": "cfs", "total": 3, "date": "2026-03-01"}]}
    assert facts_of(**cfs).get("frailty") is False
    assert facts_of(content, **cfs).get("frailty") is True


CONCEPTS = shipped_fact_content().concepts
NAMES = [rule.id for rule in CONCEPTS.rules]
FEMALE_ONLY = {"pregnancy", "breastfeeding", "childbearing_potential"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(NAMES), unique=True, max_size=12), st.booleans(), st.data())
def test_the_order_of_concepts_holds_for_any_statements(names: list[str], reviewed: bool, data: st.DataObject) -> None:
    lists: dict[str, list[str]] = {"present": [], "absent": [], "unknown": []}
    for name in names:
        lists[data.draw(st.sampled_from(sorted(lists)))].append(name)
    facts = facts_of(patient={"age_years": 40, "sex": "female"}, health={"problem_list_reviewed": reviewed, **lists})
    rules = CONCEPTS.by_id
    implied = {name for stated in lists["present"] for name in rules[stated].implies}
    for name in (*lists["present"], *implied):
        if name != "hypersensitivity_to_agent":
            assert facts.values[name] is True
    for name in lists["absent"]:
        if name not in implied:
            assert facts.values[name] is False
    for name in lists["unknown"]:
        if name not in implied:
            assert name not in facts.values
    contradicted = {name for name in lists["absent"] if name in implied}
    assert {conflict.fact for conflict in facts.conflicts} == contradicted
