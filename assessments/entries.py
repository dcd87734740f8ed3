"""What one section of an assessment hands over to be saved: typed values, and what could not be read. Pure.

A section is named by its id in `sections`; each pain area is a section of its own, "area-<id>".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from assessments.definitions import Answer
from assessments.record import AreaRecord, DiagnosticRecord, RedFlagRecord


@dataclass(frozen=True, slots=True)
class RedFlagsEntry:
    """Answers by flag id; a flag that is not in it is unknown."""

    answers: Mapping[str, RedFlagRecord]


@dataclass(frozen=True, slots=True)
class BodyEntry:
    """What holds for all areas: regions that are not there, and the pattern of the skin as the clinician judges it."""

    absent_regions: tuple[str, ...]
    confirmed_pattern: str


@dataclass(frozen=True, slots=True)
class AreaEntry:
    area: AreaRecord


@dataclass(frozen=True, slots=True)
class SeverityEntry:
    """Pain now, worst, least and average from 0 to 10, None when not given, and the duration in months."""

    nrs: tuple[Answer, ...]
    duration_months: float | None


@dataclass(frozen=True, slots=True)
class GradingEntry:
    """Answers by criterion id in the words of the case format; empty or left out is unanswered."""

    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DiagnosticsEntry:
    tests: tuple[DiagnosticRecord, ...]


@dataclass(frozen=True, slots=True)
class InstrumentsEntry:
    """Answers by instrument id in the order of its items, None for one that was not given."""

    answers: Mapping[str, tuple[Answer, ...]]


@dataclass(frozen=True, slots=True)
class ScoreEntry:
    """One questionnaire of the list: its answers in the order of its items, or the figures of a form by field id."""

    instrument: str
    taken_on: date
    answers: tuple[Answer, ...] = ()
    entered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CausesEntry:
    """Causes of the pain by id: yes or no; one that is left out is unknown."""

    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HealthEntry:
    """Conditions, states and findings by id: yes, no, or unknown where the record says otherwise."""

    answers: Mapping[str, str]
    problem_list_reviewed: bool


@dataclass(frozen=True, slots=True)
class WishesEntry:
    """What the patient wants, by id: yes or no; and the notes of the assessment."""

    answers: Mapping[str, str]
    notes: str


Entry: TypeAlias = (
    RedFlagsEntry
    | BodyEntry
    | AreaEntry
    | SeverityEntry
    | GradingEntry
    | DiagnosticsEntry
    | InstrumentsEntry
    | ScoreEntry
    | CausesEntry
    | HealthEntry
    | WishesEntry
)
SectionId: TypeAlias = str
FIXED_SECTIONS: tuple[SectionId, ...] = (
    "red-flags",
    "areas",
    "severity",
    "causes",
    "grading",
    "tests",
    "function",
    "mood",
    "scores",
    "health",
    "wishes",
)
AREA_PREFIX: Literal["area-"] = "area-"
# Each questionnaire of the section "scores" is a section of its own.
SCORE_PREFIX: Literal["score-"] = "score-"
# Which instruments a section asks. The follow-up of item 9 stands below the question that opens it.
SECTION_INSTRUMENTS: Mapping[SectionId, tuple[str, ...]] = {
    "severity": ("nrs",),
    "function": ("peg",),
    "mood": ("phq9", "phq9_item9_followup", "gad7"),
}
# Always asked; a clinic cannot switch them off.
CORE_INSTRUMENTS = frozenset(name for names in SECTION_INSTRUMENTS.values() for name in names)


def storable(text: str) -> str:
    """A text without the character that no database keeps; texts copied from a PDF may have it."""
    return text.replace("\x00", "")


def score_section(instrument: str) -> SectionId:
    """The section of a questionnaire: one of its own, or the fixed one that asks it."""
    fixed = (section for section, names in SECTION_INSTRUMENTS.items() if instrument in names)
    return next(fixed, f"{SCORE_PREFIX}{instrument}")


def score_instrument(section: SectionId) -> str | None:
    """The instrument that a section of its own is about, or None."""
    return section.removeprefix(SCORE_PREFIX) if section.startswith(SCORE_PREFIX) else None
