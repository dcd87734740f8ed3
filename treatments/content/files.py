"""The files of the content: read from a folder, identified by their digest, and what is wrong in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules.strict_yaml import YamlInvalid, load

KNOWLEDGE = Path(__file__).resolve().parent.parent.parent / "knowledge"
_NOT_CONTENT = ("cases/",)
Files = Mapping[str, Any]
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in the content: where (file, and rule id when there is one) and what."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class ContentInvalid(ValueError):
    """The content cannot be a release; `problems` lists everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def read_folder(folder: Path = KNOWLEDGE) -> dict[str, Any]:
    """The content of a folder by file name; raises ContentInvalid when a file is not YAML that we accept."""
    files: dict[str, Any] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(_NOT_CONTENT):
            continue
        try:
            files[name] = load(path.read_text(encoding="utf-8"))
        except YamlInvalid as error:
            problems.append(Problem(name, str(error)))
    if problems:
        raise ContentInvalid(problems)
    return files


def digest(files: Files) -> str:
    """The identity of the content: `sha256:` and the hexadecimal digest of its canonical JSON."""
    canonical = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
