"""One patient on one day, in the form that files, the case library and the solver share.

Plain frozen data: what was said, with nothing computed. `treatments.case_reading` turns text into it and lists what
is wrong; `treatments.facts` turns it into facts. What was left out is None (a value) or empty (a list that cannot
tell "none" from "not said"); lists for which an empty list says "none" are None when they were left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TypeAlias

Answer: TypeAlias = int | float | str | None


@dataclass(frozen=True, slots=True)
class Patient:
    """Age in years, sex (female, male, other, unknown) and the stated pregnancy status (None: not said)."""

    age_years: int
    sex: str
    pregnancy: str | None = None


@dataclass(frozen=True, slots=True)
class PainArea:
    """One painful area with what was found and what was looked for and not found there."""

    regions: tuple[str, ...] = ()
    descriptors: tuple[str, ...] = ()
    not_descriptors: tuple[str, ...] = ()
    evoked: tuple[str, ...] = ()
    not_evoked: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    not_negative: tuple[str, ...] = ()
    pattern: str | None = None
    localised: bool | None = None
    intensity: int | None = None
    onset_date: date | None = None
    timing: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class DiagnosticTest:
    """A confirmatory test: its id, result (normal, abnormal, inconclusive, pending) and date."""

    id: str
    result: str
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Pain:
    """The pain as assessed; `grading` holds the four criteria that were answered.

    `conditions` are all causes, so that what is not named is none; but those in `open_conditions` may be one as well.
    """

    conditions: tuple[str, ...] | None = None
    duration_months: float | None = None
    areas: tuple[PainArea, ...] | None = None
    nrs: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    grading: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tests: tuple[DiagnosticTest, ...] = ()
    open_conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allergy:
    """An entry of the allergy list, in the words of whoever wrote it."""

    name: str
    reaction: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Stated concepts and red flags; `allergies` None means nobody asked, empty means none known."""

    problem_list_reviewed: bool = False
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    red_flags_present: tuple[str, ...] = ()
    red_flags_absent: tuple[str, ...] = ()
    allergies: tuple[Allergy, ...] | None = None


@dataclass(frozen=True, slots=True)
class MedicineItem:
    """A line of the medicine list as written; `daily_dose` in `unit`, None when not known."""

    name: str
    daily_dose: float | None = None
    unit: str | None = None
    route: str | None = None
    as_needed: bool = False
    started: date | None = None
    stopped: date | None = None
    release: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Medications:
    """The medicine list; `reviewed` says that it is complete, for the last 14 days as well."""

    reviewed: bool = False
    items: tuple[MedicineItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured value in the unit in which it was reported."""

    code: str
    value: float
    unit: str
    date: date


@dataclass(frozen=True, slots=True)
class InstrumentResult:
    """A questionnaire or scale: exactly one of answers, total and met."""

    id: str
    date: date
    answers: tuple[Answer, ...] | None = None
    total: float | None = None
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class PastTrial:
    """A treatment that was tried: highest daily dose reached, weeks at it, relief in percent, why it ended."""

    agent: str
    stopped: str
    max_daily_dose: float | None = None
    unit: str | None = None
    weeks_at_max: float | None = None
    response_percent: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the plan will be carried out; None: not said."""

    prescriber: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One patient on one day. `expect` is what a library case claims of its proposal."""

    id: str
    as_of: date
    patient: Patient
    title: str | None = None
    pain: Pain | None = None
    health: Health | None = None
    medications: Medications | None = None
    measurements: tuple[Measurement, ...] = ()
    instruments: tuple[InstrumentResult, ...] = ()
    trials: tuple[PastTrial, ...] | None = None
    preferences: tuple[str, ...] | None = None
    setting: Setting = Setting()
    expect: Mapping[str, object] | None = None
    why: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


def same_unit(given: str | None, wanted: str | None) -> bool:
    """Whether doses in these units can be compared as they stand; plaster and patch are two names of one thing."""
    return given == wanted or {given, wanted} == {"plaster", "patch"}
