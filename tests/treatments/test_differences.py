"""What changed between two contents is said thing by thing, with what it was and what it is."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from treatments.differences import differences


@pytest.fixture
def files(shipped_files: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(shipped_files)


def rule(files: dict[str, Any], rule_id: str) -> dict[str, Any]:
    agent = files[f"agents/{rule_id.split('-')[0]}.yaml"]
    found: dict[str, Any] = next(item for item in agent["rules"] if item["id"] == rule_id)
    return found


def test_nothing_changed_is_no_difference(shipped_files: dict[str, Any], files: dict[str, Any]) -> None:
    assert differences(shipped_files, files) == []


def test_a_dose_says_what_it_was_and_is(shipped_files: dict[str, Any], files: dict[str, Any]) -> None:
    files["agents/duloxetine.yaml"]["dosing"]["max_per_day"] = 60
    (change,) = differences(shipped_files, files)
    assert change.sentence == "Agent duloxetine: dosing max per day was 120 and is now 60."
    assert change.as_json()["before"] == 120


def test_a_condition_is_shown_in_both_forms(shipped_files: dict[str, Any], files: dict[str, Any]) -> None:
    rule(files, "duloxetine-renal-under-30")["when"] = "crcl_ml_min < 45"
    (change,) = differences(shipped_files, files)
    assert change.sentence == (
        "Rule duloxetine-renal-under-30: when was “crcl_ml_min < 30” and is now “crcl_ml_min < 45”."
    )


def test_rules_that_come_and_go_are_named(shipped_files: dict[str, Any], files: dict[str, Any]) -> None:
    rules = files["agents/duloxetine.yaml"]["rules"]
    gone = rules.pop(0)
    rules.append({**gone, "id": "duloxetine-contra-new", "when": "frailty"})
    sentences = [change.sentence for change in differences(shipped_files, files)]
    assert sentences == [
        f"Rule {gone['id']} is gone.",
        "Rule duloxetine-contra-new is new: contraindicate; when frailty; Known allergy.",
    ] or sorted(sentences) == sorted(
        [
            f"Rule {gone['id']} is gone.",
            "Rule duloxetine-contra-new is new: contraindicate; when frailty; Known allergy.",
        ]
    )


def test_a_new_order_of_rules_is_no_difference(shipped_files: dict[str, Any], files: dict[str, Any]) -> None:
    files["agents/duloxetine.yaml"]["rules"].reverse()
    files["interactions.yaml"]["interactions"].reverse()
    assert differences(shipped_files, files) == []


def test_titration_steps_are_compared_by_day(shipped_files: dict[str, Any], files: dict[str, Any]) -> None:
    files["agents/gabapentin.yaml"]["dosing"]["titration"][1]["per_day"] = 400
    (change,) = differences(shipped_files, files)
    assert change.sentence == "Agent gabapentin: dosing titration day 3 per day was 600 and is now 400."


def test_interactions_sources_and_tables_have_their_own_names(
    shipped_files: dict[str, Any], files: dict[str, Any]
) -> None:
    files["interactions.yaml"]["interactions"][0]["severity"] = "minor"
    files["sources/medicines.yaml"]["sources"][1]["year"] = 2014
    kinds = {(change.kind, change.path) for change in differences(shipped_files, files)}
    assert kinds == {("interaction", "severity"), ("source", "year")}


def test_a_file_that_is_gone_is_said(shipped_files: dict[str, Any], files: dict[str, Any]) -> None:
    del files["agents/suzetrigine.yaml"]
    sentences = [change.sentence for change in differences(shipped_files, files)]
    assert "Agent suzetrigine is gone." in sentences
