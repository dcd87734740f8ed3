"""Cases and rulebooks as the commands are given them: a file, a folder, standard input, a bundle."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.core.management.base import CommandError

from treatments import bundle, releases
from treatments.case import Case
from treatments.case_reading import load_case
from treatments.case_text import Problem
from treatments.content import ContentInvalid, shipped
from treatments.rulebook import Rulebook

_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One file: its name without the ending, and either the case or everything that is wrong with it."""

    name: str
    case: Case | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """What a path names: one file, or the cases of a folder in the order of their names."""

    files: tuple[CaseFile, ...]
    is_folder: bool


def case_files(path: str) -> CaseFiles:
    """Read the case or the folder of cases; `-` is standard input. Never raises for what the files hold.

    A folder without a case is a mistake like a file that is not there. An id names one case of a folder: the second
    file with it is wrong.
    """
    if path == "-":
        return CaseFiles((_read("standard input", sys.stdin.buffer.read()),), is_folder=False)
    place = Path(path)
    if place.is_dir():
        found = sorted(file for file in place.iterdir() if file.suffix in _ENDINGS and file.is_file())
        if not found:
            problem = Problem((), f"there is no case in {place.name}", f"files that end in {', '.join(_ENDINGS)}")
            return CaseFiles((CaseFile(place.name, None, (problem,)),), is_folder=False)
        return CaseFiles(tuple(_each_id_once(_open(file) for file in found)), is_folder=True)
    return CaseFiles((_open(place),), is_folder=False)


def exit_with_problems(problems: Sequence[Problem]) -> NoReturn:
    """End with status 2 and the problems as a JSON list on standard error."""
    sys.stderr.write(json.dumps([problem.to_json() for problem in problems], ensure_ascii=False) + "\n")
    sys.exit(2)


def rulebook_of(path: str | None) -> Rulebook:
    """The rulebook of a bundle; without one the published release, or what is shipped where there is no database.

    An embedded database is not started for this: until rules are edited it holds what is shipped.
    """
    if path is None:
        return shipped() if settings.EMBEDDED else releases.current()
    try:
        return bundle.read_file(Path(path)).rulebook()
    except OSError as error:
        raise CommandError(f"Cannot read the rulebook {path}: {error.strerror}.", returncode=2) from None
    except ContentInvalid as error:
        raise CommandError(
            f"{path} is not a rulebook that can be used. `manage.py rulebook check {path}` lists why:\n{error}",
            returncode=2,
        ) from None


def _each_id_once(files: Iterable[CaseFile]) -> Iterator[CaseFile]:
    seen: dict[str, str] = {}
    for file in files:
        if file.case is not None and (first := seen.get(file.case.id)) is not None:
            problem = Problem(("id",), f"{file.case.id} is also the id of {first}", "an id used once in the folder")
            yield CaseFile(file.name, None, (problem,))
            continue
        if file.case is not None:
            seen[file.case.id] = file.name
        yield file


def _open(file: Path) -> CaseFile:
    try:
        return _read(file.stem, file.read_bytes())
    except OSError as error:
        problem = Problem((), f"cannot read {file.name}: {error.strerror}", "a file, a folder or -")
        return CaseFile(file.stem, None, (problem,))


def _read(name: str, text: bytes) -> CaseFile:
    found = load_case(text)
    return CaseFile(name, found) if isinstance(found, Case) else CaseFile(name, None, tuple(found))
