"""The record of one patient as plain frozen data: what other packages read. Pure; made by `patients.queries.record_of`.

Nothing is computed or guessed here. None means that nobody said; an empty tuple of allergies means none known. Values
that were corrected are not in it: each entry is the one that counts on the day asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from patients.medicines import Normalised


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who entered it, when, and where it comes from (a value of models.Source)."""

    row_id: UUID
    entered_by: str
    entered_at: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the patient is. `pregnancy` is one of no, pregnant, trying, breastfeeding, unknown, not_applicable."""

    patient_id: UUID
    organisation_id: UUID
    clinic_id: UUID
    number: str
    family_name: str
    given_names: str
    birth_date: date
    sex: str
    pregnancy: str
    pregnancy_as_of: date | None
    died_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemEntry:
    """`kind` is condition (a cause of the pain), concept or other; `status` is present, absent or unknown.

    `code` is an id of the vocabulary, empty for "other"; `text` is what was written beside it.
    """

    kind: str
    code: str
    text: str
    status: str
    stated_on: date
    onset_on: date | None
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineEntry:
    """One medicine as written and as recognised today. `daily_dose` is per day in `unit`, both None when not known.

    `stopped_on` makes it a past medicine from that day on; it still counts for wash-out.
    """

    text: str
    normalised: Normalised
    daily_dose: Decimal | None
    unit: str | None
    route: str
    as_needed: bool
    release: str
    purpose: str
    started_on: date | None
    stopped_on: date | None
    stop_reason: str
    provenance: Provenance

    def is_current(self, day: date) -> bool:
        """Whether it is taken on the day: begun, and not stopped before or on it."""
        return (self.started_on is None or self.started_on <= day) and (
            self.stopped_on is None or self.stopped_on > day
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyEntry:
    """A substance as written and as recognised today, with the reaction."""

    text: str
    normalised: Normalised
    reaction: str
    stated_on: date
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementEntry:
    """A measured value: as given, and in the canonical unit of its code."""

    code: str
    value: Decimal
    unit: str
    canonical_value: Decimal
    canonical_unit: str
    measured_on: date
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEntry:
    """A treatment tried. `treatment` is the id of an agent or therapy, empty when only `text` names it.

    `response_percent` is relief of pain in percent; `stopped` is why it ended, or "ongoing".
    """

    treatment: str
    text: str
    max_daily_dose: Decimal | None
    unit: str | None
    weeks_at_max: Decimal | None
    response_percent: int | None
    stopped: str
    adverse_effects: str
    started_on: date | None
    stopped_on: date | None
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRecord:
    """Everything on record about one patient on `as_of`.

    - `problem_list_reviewed_on`, `medicines_reviewed_on`: the last review on or before `as_of`, or None.
    - `medicines`: current and stopped ones, newest statement of each; not those begun after `as_of`.
    - `allergies`: None when nobody asked, () when none is known.
    - `measurements`: the newest of each code, none dated after `as_of`.
    - `preferences`: ids of the vocabulary, sorted.
    - `region`: "us", "uk_eu" or None; `prescriber_setting`: "specialist" or "non_specialist", from the clinic.
    """

    as_of: date
    person: Person
    problems: tuple[ProblemEntry, ...]
    problem_list_reviewed_on: date | None
    medicines: tuple[MedicineEntry, ...]
    medicines_reviewed_on: date | None
    allergies: tuple[AllergyEntry, ...] | None
    measurements: tuple[MeasurementEntry, ...]
    trials: tuple[TrialEntry, ...]
    preferences: tuple[str, ...]
    region: str | None
    prescriber_setting: str

    @property
    def age_years(self) -> int:
        """Completed years of age on `as_of` (or on the day of death)."""
        return age_on(self.person.birth_date, min(self.as_of, self.person.died_on or self.as_of))

    def measurement(self, code: str) -> MeasurementEntry | None:
        """The newest value of a code, or None."""
        return next((entry for entry in self.measurements if entry.code == code), None)


def age_on(birth_date: date, day: date) -> int:
    """Completed years between birth and the day. Somebody born on 29 February has a birthday on 1 March otherwise."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
