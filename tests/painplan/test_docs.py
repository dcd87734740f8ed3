"""The documents tell the truth about the repository: no link leads nowhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def documents() -> list[Path]:
    return sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("knowledge/**/*.md")])


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    targets = [link.split("#")[0] for link in LINK.findall(path.read_text(encoding="utf-8"))]
    local = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    missing = [target for target in local if not (path.parent / target).exists()]
    assert missing == []


def test_there_are_documents_to_look_at() -> None:
    names = {path.relative_to(PROJECT).as_posix() for path in documents()}
    assert {"README.md", "CHANGELOG.md", "SECURITY.md", "docs/glossary.md", "docs/deploy.md"} <= names


def test_every_make_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"`?make ([a-z-]+)", (PROJECT / "README.md").read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named - targets == set()


def test_make_help_lists_the_commands() -> None:
    text = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert "make demo" in text
    assert "make test" in text
