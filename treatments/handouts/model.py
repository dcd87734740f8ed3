"""The hand-out as plain frozen data: what the page and the PDF draw. Pure; made by `treatments.handouts.sheet`.

Every text says in which language it is, because what is not known in the language of the hand-out stays as it was
written and is marked so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Audience(StrEnum):
    """Whom the sheet is for."""

    PATIENT = "patient"
    CAREGIVER = "caregiver"


class Standing(StrEnum):
    """Whether the plan behind the sheet counts: only a signed plan is followed."""

    SIGNED = "signed"
    DRAFT = "draft"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence; `mark` says "(in English)" where its language is not that of the hand-out."""

    words: str
    language: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences under a small heading. `id` is how the page and the PDF tell them apart."""

    id: str
    title: Text | None
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class DoseRow:
    """The dose from a day on, in words and as what is taken at each time of the day; no times where none are known."""

    day: str
    words: str
    per_day: str = ""
    intakes: tuple[Intake, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One medicine, treatment, step of the flare plan or page for carers."""

    id: str
    title: Text
    lead: Text | None = None
    doses: tuple[DoseRow, ...] = ()
    facts: tuple[Text, ...] = ()
    groups: tuple[Lines, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the sheet with its heading."""

    id: str
    title: str
    lead: tuple[Text, ...] = ()
    blocks: tuple[Block, ...] = ()
    groups: tuple[Lines, ...] = ()
    rows: tuple[Now, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """One tablet, or a part of one, as it is drawn: `halves` is 2 for a whole one and 1 for a half.

    `half` is the label of the half. `shape` is tablet, capsule, patch, measure (a liquid), or dose where no product is
    known.
    """

    label: str
    halves: int
    shape: str
    half: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """What is taken at one time of the day: `slot` is morning, midday, evening or night.

    `amount` is "600 mg", `counted` "2 capsules of 300 mg" where the product is known. `short` stands behind the amount:
    "1 capsule", or all of `counted` where that says more.
    """

    slot: str
    amount: str
    counted: str
    pieces: tuple[Piece, ...]
    short: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """One medicine on the first page, as it is taken until its dose changes.

    `day` says from when, where it has not begun. `intakes` are the times of a day; without them `words` say how.
    `facts` are what comes next. `has_calendar`: a calendar of it follows on a further sheet.
    """

    id: str
    title: Text
    day: str
    words: Text
    intakes: tuple[Intake, ...] = ()
    facts: tuple[Text, ...] = ()
    has_calendar: bool = False


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """One time of one day: what is drawn, and the same in words. `day` is None outside of the treatment.

    `is_worn`: a patch of a day before stays on, and the words stand in place of a picture.
    """

    day: date | None
    pieces: tuple[Piece, ...]
    words: str
    is_worn: bool = False


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One time of the day over the seven days of a week."""

    slot: str
    title: str
    cells: tuple[CalendarCell, ...]


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """A week, or `repeats` weeks that are all alike. `days` are the day numbers above the cells, Monday first."""

    title: str
    dates: str
    days: tuple[str, ...]
    repeats: int
    rows: tuple[CalendarRow, ...]

    @property
    def ticks(self) -> range:
        """A box to tick for each of the weeks."""
        return range(self.repeats)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one medicine until its dose no longer changes."""

    id: str
    title: str
    lead: tuple[Text, ...]
    weekdays: tuple[str, ...]
    weeks: tuple[CalendarWeek, ...]
    steps: tuple[DoseRow, ...]
    after: Text
    notes: tuple[Text, ...]

    @property
    def pieces(self) -> int:
        """How many pictures it shows."""
        return sum(len(cell.pieces) for week in self.weeks for row in week.rows for cell in row.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """One sheet for one person in one language."""

    language: str
    audience: Audience
    standing: Standing
    title: str
    who: str
    practice: str
    phone: str
    about: tuple[str, ...]
    status: str
    warning: str
    sections: tuple[Section, ...]
    calendars: tuple[Calendar, ...]
    foot: tuple[Text, ...]
    foot_line: str
    labels: dict[str, str]

    def section(self, name: str) -> Section | None:
        """The section with this id."""
        return next((section for section in self.sections if section.id == name), None)

    @property
    def texts(self) -> tuple[Text, ...]:
        """Every sentence on the sheet in reading order, without names and doses: what is asked how hard it reads."""
        return tuple(text for section in self.sections for text in _texts_of(section)) + tuple(
            text for calendar in self.calendars for text in (*calendar.lead, *calendar.notes)
        )


def _texts_of(section: Section) -> tuple[Text, ...]:
    found = [*section.lead]
    for block in section.blocks:
        found += [*([block.lead] if block.lead else ()), *block.facts]
        found += [text for group in block.groups for text in group.texts]
    found += [text for group in section.groups for text in group.texts]
    for row in section.rows:
        found += [*(() if row.intakes else (row.words,)), *row.facts]
    return tuple(found)
