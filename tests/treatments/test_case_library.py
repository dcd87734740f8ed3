"""The case library: every valid case gives what it expects of the facts, every invalid one exactly its problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.treatments.cases import LIBRARY
from treatments.case import Case
from treatments.case_reading import load_case
from treatments.fact_content import shipped_fact_content
from treatments.facts import facts_from_case
from treatments.patient_facts import PatientFacts

VALID = sorted((LIBRARY / "valid").glob("*.yaml"))
INVALID = sorted((LIBRARY / "invalid").glob("*.yaml"))


def case_in(path: Path) -> Case:
    found = load_case(path.read_bytes())
    assert isinstance(found, Case), [problem.to_json() for problem in found]
    return found


def problems_expected(path: Path) -> list[dict[str, str]]:
    """The problems of `NAME.expected.txt`: blocks that begin with a path."""
    found: list[dict[str, str]] = []
    for line in path.with_suffix("").with_suffix(".expected.txt").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(": ")
        if key == "path":
            found.append({"path": value})
        elif key in ("problem", "expected"):
            found[-1][key] = value
    return found


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_case_is_told_all_its_problems_in_order(path: Path) -> None:
    found = load_case(path.read_bytes())
    assert isinstance(found, list)
    assert [problem.to_json() for problem in found] == problems_expected(path)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_case_gives_the_facts_it_expects(path: Path) -> None:
    case = case_in(path)
    facts, expect = facts_from_case(case), case.expect or {}
    ranges: dict[str, list[float]] = expect.get("derived", {})  # type: ignore[assignment]
    for name, (low, high) in ranges.items():
        value = facts.get(name)
        assert isinstance(value, int | float)
        assert low <= value <= high, name
    for name in ("certainty_grade", "distribution"):
        assert facts.get(name) == expect.get(name, facts.get(name))
    scores: dict[str, Any] = expect.get("scores", {})  # type: ignore[assignment]
    totals = {name: facts.scores[name].total for name in scores}
    assert {name: "not_scorable" if total is None else total for name, total in totals.items()} == scores
    assert list(facts.not_checked) == expect.get("not_checked", list(facts.not_checked))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_the_facts_of_a_valid_case_fit_the_vocabulary(path: Path) -> None:
    assert shipped_fact_content().vocabulary.problems(facts_from_case(case_in(path)).values) == []


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_facts_come_back_from_json_byte_for_byte(path: Path) -> None:
    facts = facts_from_case(case_in(path))
    again = PatientFacts.from_json(facts.to_json())
    assert again.canonical_text() == facts.canonical_text()
    assert again.values == facts.values
    assert again.medicines == facts.medicines


def test_the_same_case_gives_the_same_bytes() -> None:
    for path in VALID:
        texts = {facts_from_case(case_in(path)).canonical_text() for _ in range(2)}
        assert len(texts) == 1
