"""Every kind of mistake in the content is found, with the rule id and the place, and all of them at once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from treatments import content_checks

Files = dict[str, Any]


@pytest.fixture(scope="module")
def small_files(shipped_files: Files) -> Files:
    """Two agents, one kind of therapy and what they need: enough to be content, little enough to check often."""
    files = {
        name: data
        for name, data in shipped_files.items()
        if not name.startswith(("agents/", "therapies/", "rules/"))
        and name not in ("therapy_ladder.yaml", "safety.yaml", "handout.yaml", "guideline_positions.yaml")
    }
    for name in ("agents/duloxetine.yaml", "agents/gabapentin.yaml", "therapies/complementary.yaml"):
        files[name] = shipped_files[name]
    agents = {"duloxetine", "gabapentin"}
    therapies = {item["id"] for item in files["therapies/complementary.yaml"]["therapies"]}
    listed = files["vocabulary.yaml"]
    files["vocabulary.yaml"] = listed | {
        "agents": [item for item in listed["agents"] if item["id"] in agents],
        "therapies": [item for item in listed["therapies"] if item["id"] in therapies],
    }
    made = files["products.yaml"]
    files["products.yaml"] = made | {"products": [row for row in made["products"] if row["agent"] in agents]}
    tapers = files["followup/tapers.yaml"]["tapers"]
    rows = [{**row, "agents": [name for name in row.get("agents", ()) if name in agents]} for row in tapers["classes"]]
    files["followup/tapers.yaml"] = {"tapers": tapers | {"classes": rows}}
    pairs = files["interactions.yaml"]
    files["interactions.yaml"] = pairs | {
        "interactions": [
            pair
            for pair in pairs["interactions"]
            if all(side.get("agent", "duloxetine") in agents for side in (pair["a"], pair["b"]))
        ]
    }
    classes = {item["id"] for item in pairs["classes"]}
    combined = files["combinations.yaml"]
    files["combinations.yaml"] = combined | {
        "combinations": [pair for pair in combined["combinations"] if set(pair["components"]) <= classes | agents]
    }
    agreed = files["agreements.yaml"]
    files["agreements.yaml"] = agreed | {"therapies": [row for row in agreed["therapies"] if row["id"] in therapies]}
    lessons = files["education.yaml"]
    files["education.yaml"] = lessons | {
        "topics": [topic for topic in lessons["topics"] if set(topic["therapies"]) <= therapies]
    }
    return files


@pytest.fixture
def files(small_files: Files) -> Files:
    return copy.deepcopy(small_files)


def duloxetine(files: Files) -> Files:
    agent: Files = files["agents/duloxetine.yaml"]
    return agent


def first_rule(files: Files) -> Files:
    rule: Files = duloxetine(files)["rules"][0]
    return rule


def test_the_shipped_content_has_no_problems(shipped_files: Files) -> None:
    assert [str(problem) for problem in content_checks.problems(shipped_files)] == []


def test_the_small_content_has_no_problems(small_files: Files) -> None:
    assert [str(problem) for problem in content_checks.problems(small_files)] == []


MISTAKES: list[tuple[str, Callable[[Files], Any], str, str]] = [
    ("unknown fact", lambda f: first_rule(f).update(when="hypersensitivity"), "duloxetine-contra-allergy", "no fact"),
    ("wrong type", lambda f: first_rule(f).update(when="age_years"), "duloxetine-contra-allergy", ""),
    ("unreadable", lambda f: first_rule(f).update(when="a or"), "duloxetine-contra-allergy", "not readable"),
    ("not text", lambda f: first_rule(f).update(when=True), "duloxetine-contra-allergy", "not of type 'string'"),
    ("unknown effect", lambda f: first_rule(f).update(effect="forbid"), "duloxetine-contra-allergy", "effect"),
    ("unknown key", lambda f: first_rule(f).update(becuase="x"), "duloxetine-contra-allergy", "becuase"),
    ("no source", lambda f: first_rule(f).update(sources=[]), "duloxetine-contra-allergy", ""),
    ("unknown source", lambda f: first_rule(f).update(sources=["nowhere"]), "duloxetine-contra-allergy", "nowhere"),
    ("missing text", lambda f: first_rule(f).pop("text"), "duloxetine-contra-allergy", "'text' is a required"),
    ("missing effect", lambda f: first_rule(f).pop("effect"), "duloxetine-contra-allergy", "'effect' is a required"),
    (
        "false example",
        lambda f: first_rule(f)["examples"].update(yes={"hypersensitivity_to_agent": False}),
        "duloxetine-contra-allergy",
        "example yes: the rule says no",
    ),
    ("missing example", lambda f: first_rule(f)["examples"].pop("no"), "duloxetine-contra-allergy", "for no is given"),
    (
        "example outside the range",
        lambda f: first_rule(f)["examples"].update(yes={"age_years": 900, "hypersensitivity_to_agent": True}),
        "duloxetine-contra-allergy",
        "example yes",
    ),
    (
        "duplicate rule",
        lambda f: duloxetine(f)["rules"].append(copy.deepcopy(first_rule(f))),
        "duloxetine-contra-allergy",
        "stands already",
    ),
    ("ugly id", lambda f: first_rule(f).update(id="Duloxetine 1"), "agents/duloxetine.yaml", "does not match"),
    ("unknown class", lambda f: duloxetine(f)["classes"].append("snrii"), "duloxetine", "snrii"),
    ("unknown test", lambda f: duloxetine(f)["monitoring"][0].update(test="mri"), "duloxetine", "mri"),
    (
        "unknown condition",
        lambda f: duloxetine(f)["indications"][0].update(condition="pdn"),
        "duloxetine",
        "the condition pdn does not exist",
    ),
    ("sum of doses", lambda f: duloxetine(f)["dosing"]["titration"][1].update(per_day=61), "duloxetine", "is not 61"),
    (
        "above the ceiling",
        lambda f: duloxetine(f)["dosing"]["titration"][1].update(per_dose=130, per_day=130),
        "duloxetine",
        "above the ceiling",
    ),
    ("target above ceiling", lambda f: duloxetine(f)["dosing"].update(max_per_day=90), "duloxetine", "out of order"),
    (
        "a limit that allows more",
        lambda f: next(r for r in duloxetine(f)["rules"] if r["id"] == "duloxetine-elderly")["dose"].update(
            max_per_day=180
        ),
        "duloxetine-elderly",
        "allows more",
    ),
    (
        "gap between kidney bands",
        lambda f: next(
            r.update(when="30 <= crcl_ml_min < 50")
            for r in duloxetine(f)["rules"]
            if r["id"] == "duloxetine-renal-30-60"
        ),
        "duloxetine",
        "exactly one kidney band must hold: none",
    ),
    ("no dosing unit", lambda f: duloxetine(f)["dosing"].pop("unit"), "agents/duloxetine.yaml", "'unit' is a required"),
    ("no name", lambda f: duloxetine(f).pop("name"), "agents/duloxetine.yaml", "'name' is a required"),
    (
        "severity",
        lambda f: f["interactions.yaml"]["interactions"][0].update(severity="bad"),
        "interactions.yaml ix_001",
        "bad",
    ),
    (
        "unknown side",
        lambda f: f["interactions.yaml"]["interactions"][0].update(a={"class": "nobody"}),
        "interactions.yaml ix_001",
        "nobody",
    ),
    (
        "duplicate interaction",
        lambda f: f["interactions.yaml"]["interactions"].append(f["interactions.yaml"]["interactions"][0]),
        "interactions.yaml ix_001",
        "twice",
    ),
    (
        "unknown source in a file without rules",
        lambda f: f["education.yaml"]["caregiver_guidance"][0].update(sources=["hearsay"]),
        "education.yaml",
        "hearsay is in no list",
    ),
    ("no vocabulary", lambda f: f.pop("vocabulary.yaml"), "vocabulary.yaml", "missing"),
    (
        "no source title",
        lambda f: f["sources/medicines.yaml"]["sources"][0].pop("title"),
        "sources/medicines.yaml",
        "title",
    ),
]


@pytest.mark.parametrize(("spoil", "place", "message"), [pytest.param(*m[1:], id=m[0]) for m in MISTAKES])
def test_a_mistake_is_found_with_its_place(
    files: Files, spoil: Callable[[Files], Any], place: str, message: str
) -> None:
    spoil(files)
    found = [str(problem) for problem in content_checks.problems(files)]
    assert [line for line in found if place in line and message in line], found[:5]


def test_several_mistakes_are_listed_together(files: Files) -> None:
    first_rule(files).update(when="nothing_known")
    files["agents/gabapentin.yaml"]["rules"][0]["sources"] = ["nowhere"]
    files["combinations.yaml"]["combinations"][0]["block_when"] = "age_years >="
    found = "\n".join(str(problem) for problem in content_checks.problems(files))
    assert "duloxetine-contra-allergy" in found
    assert "gabapentin-contra-allergy" in found
    assert "gabapentinoid_plus_tca" in found


@pytest.mark.parametrize("junk", [None, 3, "text", [], {}])
def test_a_file_of_the_wrong_kind_is_a_problem_and_no_crash(files: Files, junk: Any) -> None:
    files["agents/duloxetine.yaml"] = junk
    assert any("agents/duloxetine.yaml" in str(problem) for problem in content_checks.problems(files))


def test_the_live_check_names_only_what_exists(files: Files) -> None:
    source = {"sources": ["dossier_reconciliation"]}
    files["safety.yaml"] = {
        "burdens": [
            {"id": "sleep", "label": "Sleep", "unit": "medicines", "classes": ["dreamer"], "alerts": ["no_alert"]}
            | source
        ],
        "dangers": [
            {
                "id": "three",
                "label": "Three",
                "theme": "nothing",
                "all": [["opioid"], ["nap"]],
                "tier": "loud",
                "text": "x",
            }
            | source
        ],
        "gradings": [{"id": "up", "interactions": ["ix_999"], "when": "'no'", "to": "major", "text": "x"} | source],
    }
    found = {str(problem) for problem in content_checks.problems(files)}
    for expected in (
        "safety.yaml sleep: the class dreamer does not exist",
        "safety.yaml sleep: the alert no_alert does not exist",
        "safety.yaml three: the class nap does not exist",
        "safety.yaml three: the burden nothing does not exist",
        "safety.yaml up: the interaction ix_999 does not exist",
    ):
        files["safety.yaml"]["gradings"][0]["when"] = "falls_risk"
        assert expected in {str(problem) for problem in content_checks.problems(files)}
    assert any("'loud' is not one of" in problem for problem in found)
    assert any(problem.startswith("safety.yaml up") and "ix_999" not in problem for problem in found)
