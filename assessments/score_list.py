"""The list of questionnaires: of one assessment, and of a clinic for its administrator. Words and order only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.definitions import AssessmentContent, Instrument
from assessments.entries import CORE_INSTRUMENTS, score_section
from assessments.record import AssessmentRecord, InstrumentRecord
from assessments.score_words import SHIPS, Background, ScoreRow, Text, day, score_row
from assessments.summary import Summary, score_of

if TYPE_CHECKING:
    from accounts.models import Clinic

GROUPS: Mapping[str, Text] = {
    "pain": gettext_lazy("Pain"),
    "screening": gettext_lazy("Neuropathic screening"),
    "mood": gettext_lazy("Mood"),
    "sleep": gettext_lazy("Sleep"),
    "risk": gettext_lazy("Risk"),
    "function": gettext_lazy("Function and change"),
    "diagnosis": gettext_lazy("For one diagnosis"),
}


@dataclass(frozen=True, slots=True)
class ListLine:
    """One questionnaire of the list; `score` when it was taken in this assessment, `last` the newest before.

    `way` says whether its questions are answered here or the figures of a form are entered.
    """

    instrument: Instrument
    href: str
    way: Text
    score: ScoreRow | None
    last: str
    asked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListGroup:
    id: str
    label: Text
    lines: tuple[ListLine, ...]


@dataclass(frozen=True, slots=True)
class ScoreList:
    """What may be filled in, suggested ones first, and the past scores of what the clinic no longer uses."""

    suggested: tuple[ListLine, ...]
    groups: tuple[ListGroup, ...]
    past: tuple[ListLine, ...]


def score_list(
    record: AssessmentRecord,
    summary: Summary,
    content: AssessmentContent,
    in_use: Collection[str],
    newest: Iterable[InstrumentRecord],
    background: Background,
) -> ScoreList:
    """The questionnaires that the clinic uses beyond the core ones, by group."""
    last = {given.id: given for given in newest}
    asked = _asked_by(record, summary, content)

    def line(instrument: Instrument) -> ListLine:
        found = summary.scores.get(instrument.id)
        given = record.instruments.get(instrument.id)
        return ListLine(
            instrument=instrument,
            href=reverse("assessment-section", args=[record.patient_id, score_section(instrument.id)]),
            way=_("questions") if instrument.may_show_items else _("figures of the licensed form"),
            score=score_row(found, content, given, background, set(summary.scores)) if found else None,
            last=_last(last.get(instrument.id), content) if not found else "",
            asked_by=tuple(asked.get(instrument.id, ())),
        )

    listed = [i for i in content.instruments.values() if i.id not in CORE_INSTRUMENTS]
    on = [i for i in listed if i.id in in_use or i.id in record.instruments]
    return ScoreList(
        suggested=tuple(line(i) for i in on if i.id in asked and i.id not in record.instruments),
        groups=tuple(
            ListGroup(group, label, tuple(line(i) for i in on if i.group == group))
            for group, label in GROUPS.items()
            if any(i.group == group for i in on)
        ),
        past=tuple(line(i) for i in listed if i not in on and i.id in last),
    )


def _asked_by(record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> dict[str, list[str]]:
    """Who asks for an instrument: the stated causes, and the screens that were positive."""
    asked: dict[str, list[str]] = {}
    for code, answer in record.conditions.items():
        if answer == "yes":
            for name in content.conditions[code].instruments:
                asked.setdefault(name, []).append(content.conditions[code].name)
    for name, found in summary.scores.items():
        wanted = content.instruments[name].suggests
        if wanted is not None and found.total is not None and found.total >= wanted.lowest:
            asked.setdefault(wanted.instrument, []).append(content.instruments[name].short_name)
    return asked


def _last(given: InstrumentRecord | None, content: AssessmentContent) -> str:
    if given is None:
        return ""
    row = score_row(score_of(given, content), content, given)
    words = ", ".join(filter(None, (row.total or row.reason, row.band))) or _("entered")
    return _("%(score)s on %(day)s") % {"score": words, "day": day(given.taken_on)}


# --- the clinic's choice ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """One instrument with its licence and whether the clinic uses it; `is_core` ones are always asked."""

    instrument: Instrument
    ship: Text
    is_on: bool
    is_core: bool
    is_text_blocked: bool


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    label: Text
    lines: tuple[ChoiceLine, ...]


@dataclass(frozen=True, slots=True)
class ClinicChoice:
    id: UUID
    name: str
    groups: tuple[ChoiceGroup, ...]


def clinic_choices(
    clinics: Sequence[Clinic], in_use: Mapping[UUID, Collection[str]], content: AssessmentContent
) -> list[ClinicChoice]:
    """Every clinic with every instrument, by group."""
    return [
        ClinicChoice(
            clinic.pk,
            clinic.name,
            tuple(
                ChoiceGroup(
                    label,
                    tuple(
                        _choice(instrument, in_use[clinic.pk])
                        for instrument in content.instruments.values()
                        if instrument.group == group
                    ),
                )
                for group, label in GROUPS.items()
            ),
        )
        for clinic in clinics
    ]


def _choice(instrument: Instrument, in_use: Collection[str]) -> ChoiceLine:
    is_core = instrument.id in CORE_INSTRUMENTS
    return ChoiceLine(
        instrument,
        SHIPS[instrument.ship],
        is_core or instrument.id in in_use,
        is_core,
        not instrument.may_show_items,
    )
