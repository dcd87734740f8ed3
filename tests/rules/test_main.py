"""`python -m rules` prints every rule in English and names what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.__main__ import main

VOCABULARY = """
domains:
  causes: {phn: Postherpetic neuralgia}
facts:
  - {name: dementia, type: bool3, label: Dementia}
  - {name: conditions, type: set, label: Causes, values: causes}
"""
RULES = """
agent: x
rules:
  - {id: x-dementia, effect: caution, when: "dementia"}
  - {id: x-phn, effect: prefer, when: '"phn" in conditions', dose: {note: "no rule", when: "on Monday"}}
"""


def _files(folder: Path, rules: str) -> list[str]:
    (folder / "vocabulary.yaml").write_text(VOCABULARY, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return [str(folder / "vocabulary.yaml"), str(folder / "rules.yaml")]


def test_every_rule_as_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_files(tmp_path, RULES)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "x-dementia: caution when dementia",
        "x-phn: prefer when causes include postherpetic neuralgia",
    ]


def test_problems_go_to_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_files(tmp_path, RULES.replace('"dementia"', '"dementja and ("'))) == 1
    assert "x-dementia: line 1, column 14: not readable" in capsys.readouterr().err
    assert main(_files(tmp_path, RULES.replace('"dementia"', '"dementja"'))) == 1
    assert "did you mean dementia?" in capsys.readouterr().err


def test_without_files_it_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "python -m rules VOCABULARY FILE" in capsys.readouterr().err
    assert main([str(tmp_path / "no.yaml"), "x"]) == 1
