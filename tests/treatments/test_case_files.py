"""Cases as the commands are given them: a folder holds cases, and an id names one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from treatments.case_files import case_files
from treatments.management.commands.propose_plan import Command

CASE = "id: {}\nas_of: 2026-03-02\npatient: {{age_years: 50, sex: male}}\n"


@pytest.mark.django_db  # Where the database is not embedded, the release in force is asked for.
def test_a_folder_without_a_case_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("nothing to run", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        Command().handle(case=str(tmp_path), rulebook=None)
    assert ended.value.code == 2
    (problem,) = json.loads(capsys.readouterr().err)
    assert set(problem) == {"path", "problem", "expected"}
    assert problem["expected"] == "files that end in .yaml, .yml, .json"


def test_an_id_names_one_case_of_a_folder(tmp_path: Path) -> None:
    for name, case in (("a", "one"), ("b", "one"), ("c", "two")):
        (tmp_path / f"{name}.yaml").write_text(CASE.format(case), encoding="utf-8")
    files = case_files(str(tmp_path)).files
    assert [file.case is not None for file in files] == [True, False, True]
    (problem,) = files[1].problems
    assert problem.to_json() == {
        "path": "id",
        "problem": "one is also the id of a",
        "expected": "an id used once in the folder",
    }
