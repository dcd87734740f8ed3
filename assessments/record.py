"""One assessment as plain data: what was asked, answered and left open. Shared by pages, signing and the facts.

An answer is "yes" or "no"; what is not in a mapping is unknown. Nothing here is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from assessments.definitions import Answer


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SensoryRecord:
    """One stimulus of the bedside examination, compared with the reference site.

    `result` and `border` are less, same or more, empty when not tested; ratings run from 0 to 10, in the area and at
    the reference site; `amount` is the figure that the stimulus asks for (seconds, a ratio, a grade).
    """

    stimulus: str
    result: str
    border: str = ""
    rating: int | None = None
    reference_rating: int | None = None
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class AreaRecord:
    """One painful area. `timing` holds answers by question id (conditions file, temporal), `onset_date` apart.

    Skin is marked in three layers: where it hurts, where touch hurts, where it is numb. `ratings` are those of the
    words that are present, from 0 to 10. `intensity` is the average; all intensities run from 0 to 10.
    """

    id: UUID
    name: str = ""
    regions: tuple[str, ...] = ()
    touch_regions: tuple[str, ...] = ()
    numb_regions: tuple[str, ...] = ()
    descriptors: Mapping[str, str] = field(default_factory=_nothing)
    evoked: Mapping[str, str] = field(default_factory=_nothing)
    negative: Mapping[str, str] = field(default_factory=_nothing)
    pattern: str = ""
    timing: Mapping[str, str] = field(default_factory=_nothing)
    onset_date: date | None = None
    localised: str = ""
    intensity: int | None = None
    intensity_now: int | None = None
    intensity_worst: int | None = None
    intensity_least: int | None = None
    ratings: Mapping[str, int] = field(default_factory=_nothing)
    aggravating: tuple[str, ...] = ()
    relieving: tuple[str, ...] = ()
    sensory: tuple[SensoryRecord, ...] = ()
    sensory_reference: str = ""

    @property
    def painted(self) -> tuple[str, ...]:
        """Every region that is marked in any layer: what the pattern of the skin is read from (bodymap.yaml)."""
        return tuple(sorted({*self.regions, *self.touch_regions, *self.numb_regions}))


@dataclass(frozen=True, slots=True)
class DiagnosticRecord:
    """A confirmatory test: normal, abnormal, inconclusive or pending, the day it was done, and what it showed.

    `side` is left, right, both or empty; `value` a figure with its `unit`; `finding` the interpretation in words.
    """

    id: str
    result: str
    done_on: date | None = None
    side: str = ""
    value: float | None = None
    unit: str = ""
    finding: str = ""


@dataclass(frozen=True, slots=True)
class RedFlagRecord:
    """The answer to one red flag; a present one is handled or dismissed, both with words.

    Whoever acts on it is named (`owner_id`, and `owner` to read) with the time by which it is done.
    """

    id: str
    answer: str
    handling: Literal["", "handled", "dismissed"] = ""
    note: str = ""
    owner_id: UUID | None = None
    owner: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InstrumentRecord:
    """Answers, a total or a verdict of one instrument on one day: exactly one of the three.

    `entered` holds the figures of a form that was filled in elsewhere, by field id; when they give neither a total nor
    a verdict, all three are None.
    """

    id: str
    taken_on: date
    answers: tuple[Answer, ...] | None = None
    total: float | None = None
    met: bool | None = None
    entered: Mapping[str, str] = field(default_factory=_nothing)

    @property
    def has_result(self) -> bool:
        return (self.answers, self.total, self.met) != (None, None, None)


@dataclass(frozen=True, slots=True)
class KeptText:
    """What somebody typed and we could not read: kept as typed, with what is wrong."""

    section: str
    field: str
    text: str
    problem: str


@dataclass(frozen=True, slots=True)
class SectionState:
    """When and by whom a section was saved last. `version` counts its saves; `copied` until somebody confirms it."""

    version: int
    saved_at: datetime
    saved_by: str
    copied: bool = False


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """One assessment, draft or signed, with everything that belongs to it."""

    id: UUID
    patient_id: UUID
    status: Literal["draft", "signed"]
    assessed_on: date
    author: str = ""
    created_at: datetime | None = None
    signed_by: str = ""
    signed_at: datetime | None = None
    supersedes_id: UUID | None = None
    superseded_by_id: UUID | None = None
    correction_reason: str = ""
    duration_months: float | None = None
    areas: tuple[AreaRecord, ...] = ()
    # Regions that are not there: an amputated limb is drawn as such and its pain is still marked.
    absent_regions: tuple[str, ...] = ()
    # The pattern of the skin as the clinician judges it: a class of the body map, "other", or empty until judged.
    confirmed_pattern: str = ""
    grading: Mapping[str, str] = field(default_factory=_nothing)
    conditions: Mapping[str, str] = field(default_factory=_nothing)
    tests: tuple[DiagnosticRecord, ...] = ()
    red_flags: Mapping[str, RedFlagRecord] = field(default_factory=_nothing)
    instruments: Mapping[str, InstrumentRecord] = field(default_factory=_nothing)
    concepts: Mapping[str, str] = field(default_factory=_nothing)
    problem_list_reviewed: bool = False
    preferences: Mapping[str, str] = field(default_factory=_nothing)
    notes: str = ""
    kept: tuple[KeptText, ...] = ()
    sections: Mapping[str, SectionState] = field(default_factory=_nothing)

    @property
    def is_signed(self) -> bool:
        return self.status == "signed"

    @property
    def revision(self) -> str:
        """Changes with every save, so that a signature is given to what was on the page and to nothing else."""
        return f"{len(self.areas)}.{sum(state.version for state in self.sections.values())}"

    @property
    def regions(self) -> frozenset[str]:
        """Every region of every area that is marked in any layer."""
        return frozenset(region for area in self.areas for region in area.painted)

    @property
    def nrs(self) -> Mapping[str, int]:
        """Pain now, worst, least and average by those names, those that were given."""
        given = self.instruments.get("nrs")
        names = ("now", "worst", "least", "average")
        if given is None or given.answers is None:
            return MappingProxyType({})
        return MappingProxyType(
            {
                name: int(value)
                for name, value in zip(names, given.answers, strict=False)
                if isinstance(value, (int, float))
            }
        )


@dataclass(frozen=True, slots=True)
class PainRecord:
    """What the assessments say on one day: the newest signed one, and of each instrument the newest answers.

    `has_draft` says that another one is being written; nothing of it counts.
    """

    assessment: AssessmentRecord | None
    instruments: tuple[InstrumentRecord, ...] = ()
    has_draft: bool = False


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """What a patient was asked before a visit and answered. `draft` while it is filled in, `answers` once it is sent.

    Both hold answers by question id (assessments.patient_questions). `assessment_id` is the assessment that took the
    answers over or was signed after them.
    """

    id: UUID
    organisation_id: UUID
    patient_id: UUID
    via: str
    language: str
    created_at: datetime
    created_by: str
    visit_on: date | None = None
    expires_at: datetime | None = None
    opened_at: datetime | None = None
    failed_attempts: int = 0
    draft: Mapping[str, Any] = field(default_factory=_nothing)
    answers: Mapping[str, Any] = field(default_factory=_nothing)
    sent_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    assessment_id: UUID | None = None
