"""`manage.py next_step`: one file, a folder, standard input; bad input gives every problem and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from followup import content
from followup.case_file import CaseInvalid, read_case

ROOT = Path(__file__).resolve().parents[2]
GOOD = "as_of: 2026-03-02\ntreatment: {kind: drug, agent: carbamazepine}\nvariables: {severe_reaction: true}\n"

TENS = {"kind": "nondrug", "therapy": "tens"}
ANSWER = ["actions", "as_of", "missing"]


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "next_step", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def problems(text: str) -> dict[str, str]:
    with pytest.raises(CaseInvalid) as caught:
        read_case(text, content.schema())
    return {found.path: found.problem for found in caught.value.problems}


def test_standard_input_gives_one_json_object() -> None:
    done = run("--case", "-", stdin=GOOD)
    assert done.returncode == 0
    assert [action["id"] for action in json.loads(done.stdout)["actions"]] == ["S2"]


def test_bad_input_exits_2_with_every_problem_and_no_traceback() -> None:
    done = run("--case", "-", stdin=GOOD.replace("severe_reaction: true", "severe_reaction: 3, mmm: 1"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert {found["path"] for found in json.loads(done.stderr)} == {"variables.severe_reaction", "variables.mmm"}


def test_a_folder_gives_a_line_each_and_goes_on_after_a_wrong_case(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("variables: {}")
    (tmp_path / "c.yaml").write_text(GOOD)
    (tmp_path / "a.json").write_text(json.dumps({"as_of": "2026-03-02", "treatment": TENS, "variables": {}}))
    done = run("--case", str(tmp_path))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [sorted(line) for line in lines] == [ANSWER, ["case", "errors"], ANSWER]
    assert lines[1]["case"] == "b"
    assert {found["path"] for found in lines[1]["errors"]} == {"as_of", "treatment"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (GOOD.replace("2026-03-02", "2026-13-02"), "as_of"),
        (GOOD.replace("2026-03-02", "02.03.2026"), "as_of"),
        (GOOD.replace("agent: carbamazepine", "agent: neurontin"), "treatment.agent"),
        (GOOD.replace("agent: carbamazepine", "therapy: tens"), "treatment.therapy"),
        (GOOD.replace("agent: carbamazepine", "agent: gabapentin, started: 2026-03-03"), "treatment.started"),
        (GOOD.replace("severe_reaction: true", "ae_max_grade: 5"), "variables.ae_max_grade"),
        (GOOD.replace("severe_reaction: true", "ae_max_grade: 1.5"), "variables.ae_max_grade"),
        (GOOD.replace("severe_reaction: true", "suicide_risk: some"), "variables.suicide_risk"),
        (GOOD.replace("severe_reaction: true", "pain_change_pct: much"), "variables.pain_change_pct"),
        (GOOD.replace("severe_reaction: true", "pain_change_pct: .nan"), "variables.pain_change_pct"),
        (GOOD + "note: x\n", "note"),
        (GOOD + "as_of: 2026-03-02\n", ""),
        ("{", ""),
        ("", ""),
        ("[1]", ""),
    ],
)
def test_each_problem_is_found_with_its_path(text: str, path: str) -> None:
    assert path in problems(text)


def test_a_file_that_is_not_there_is_a_problem_and_no_traceback() -> None:
    done = run("--case", "/no/such/file.yaml")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert json.loads(done.stderr)[0]["expected"] == "a file, a folder or -"
