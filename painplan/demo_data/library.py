"""The case library as patients: each case moved to another day, with a name and a number. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from treatments.case import Case
from treatments.case_files import case_files

CASES: Final = Path(__file__).resolve().parents[2] / "knowledge" / "cases" / "valid"


def library() -> dict[str, Case]:
    """The cases of the library by id."""
    found = [file.case for file in case_files(str(CASES)).files]
    return {case.id: case for case in found if isinstance(case, Case)}


def on_day(case: Case, day: date) -> Case:
    """The same patient on another day: every date of the case is moved by as many days as the case itself."""
    moved = day - case.as_of
    return moved_by(replace(case, expect=None), moved) if moved else replace(case, expect=None)


def moved_by(value: Any, days: timedelta) -> Any:
    """A value with every date in it moved, however deep it stands."""
    if isinstance(value, date):
        return value + days
    if isinstance(value, tuple):
        return tuple(moved_by(part, days) for part in value)
    if isinstance(value, Mapping):
        return {key: moved_by(part, days) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: moved_by(getattr(value, part.name), days) for part in fields(value)})
    return value
