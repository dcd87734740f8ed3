"""Reads of assessments. Each function issues a fixed number of queries, said in its docstring.

They take ids and return frozen data; whether the reader may see the patient is decided in `patients.access`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from assessments.certainty import CRITERIA
from assessments.content import assessment_content
from assessments.definitions import Answer
from assessments.goals import goals_of
from assessments.models import (
    AbsentRegion,
    AreaFinding,
    AreaRegion,
    Assessment,
    ClinicInstrument,
    DiagnosticTest,
    InstrumentAnswers,
    KeptInput,
    PainArea,
    RedFlagAnswer,
    SectionSave,
    SensoryFinding,
    Statement,
)
from assessments.record import (
    AreaRecord,
    AssessmentRecord,
    DiagnosticRecord,
    InstrumentRecord,
    KeptText,
    PainRecord,
    RedFlagRecord,
    SectionState,
    SensoryRecord,
)
from assessments.score_words import Background, ScoreRow, score_rows
from assessments.sentence import GRADES, Text, pain_sentence
from assessments.summary import Summary, summarise

if TYPE_CHECKING:
    from patients.models import Patient

# Columns of a pain area that hold the answers to the timing questions, named as in the conditions file.
TIMING_COLUMNS = (
    "onset_mode",
    "latency_from_event",
    "continuous_hours_24h",
    "attacks_24h",
    "attack_duration",
    "refractory_period",
    "diurnal",
    "sleep_disturbed",
    "course",
)
INTENSITY_COLUMNS = ("intensity", "intensity_now", "intensity_worst", "intensity_least")


# --- one assessment -----------------------------------------------------------------------------------------------


def draft_of(patient_id: UUID) -> AssessmentRecord | None:
    """The open draft of a patient, or None. Ten queries, one when there is none."""
    return _first(Assessment.objects.filter(patient_id=patient_id, status=Assessment.Status.DRAFT))


def assessment_of(patient_id: UUID, assessment_id: UUID) -> AssessmentRecord | None:
    """One assessment of this patient, or None. Ten queries, one when there is none."""
    return _first(Assessment.objects.filter(patient_id=patient_id, id=assessment_id))


def newest_signed(patient_id: UUID, as_of: date) -> AssessmentRecord | None:
    """The newest signed assessment dated on or before the day that no signed one corrects. Ten queries."""
    return _first(_counting(patient_id).filter(assessed_on__lte=as_of))


def _counting(patient_id: UUID) -> QuerySet[Assessment]:
    corrected = Q(superseded_by__status=Assessment.Status.SIGNED)
    return (
        Assessment.objects.filter(patient_id=patient_id, status=Assessment.Status.SIGNED)
        .exclude(corrected)
        .order_by("-assessed_on", "-signed_at", "id")
    )


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """One assessment in a list."""

    id: UUID
    status: str
    assessed_on: date
    author: str
    signed_by: str
    corrects: UUID | None
    corrected_by: UUID | None


def assessments_of(patient_id: UUID, limit: int = 50) -> list[AssessmentLine]:
    """Assessments of a patient, newest first. One query."""
    rows = (
        Assessment.objects.filter(patient_id=patient_id)
        .select_related("created_by", "signed_by", "superseded_by")
        .order_by("-assessed_on", "-created_at", "id")[:limit]
    )
    return [
        AssessmentLine(
            id=row.pk,
            status=row.status,
            assessed_on=row.assessed_on,
            author=str(row.created_by),
            signed_by=str(row.signed_by or ""),
            corrects=row.supersedes_id,
            corrected_by=_signed_correction(row),
        )
        for row in rows
    ]


def _signed_correction(row: Assessment) -> UUID | None:
    later: Assessment | None = getattr(row, "superseded_by", None)
    return later.pk if later is not None and later.status == Assessment.Status.SIGNED else None


# --- for the facts and the overview ---------------------------------------------------------------------------------


def record_of(patient_id: UUID, as_of: date) -> PainRecord:
    """What assessments say on that day: the newest signed one, and the newest answers of each instrument.

    Answers of a draft do not count, nor those of an assessment that a signed one corrects. Eleven queries.
    """
    return PainRecord(newest_signed(patient_id, as_of), tuple(newest_answers(patient_id, as_of)))


def newest_answers(patient_id: UUID, as_of: date) -> list[InstrumentRecord]:
    """The newest answers of each instrument dated on or before the day, by instrument id. One query."""
    return [_instrument(row) for row in _newest(_counting_answers(patient_id).filter(taken_on__lte=as_of))]


def answers_before(record: AssessmentRecord) -> Mapping[str, InstrumentRecord]:
    """For each instrument of an assessment the newest answers with a result on an earlier day. One query."""
    earlier = Q(instrument="")  # None has this name: without answers nothing is found.
    for given in record.instruments.values():
        earlier |= Q(instrument=given.id, taken_on__lt=given.taken_on)
    rows = _counting_answers(record.patient_id).filter(earlier).exclude(total__isnull=True, met__isnull=True)
    return MappingProxyType({row.instrument: _instrument(row) for row in _newest(rows)})


def _counting_answers(patient_id: UUID) -> QuerySet[InstrumentAnswers]:
    """Answers that stand alone or in a signed assessment that no signed one corrects."""
    superseded = Q(assessment__superseded_by__status=Assessment.Status.SIGNED)
    counting = Q(assessment__isnull=True) | (Q(assessment__status=Assessment.Status.SIGNED) & ~superseded)
    return InstrumentAnswers.objects.filter(patient_id=patient_id).filter(counting)


def _newest(rows: QuerySet[InstrumentAnswers]) -> QuerySet[InstrumentAnswers]:
    """The newest row of each instrument."""
    return rows.order_by("instrument", "-taken_on", "-created_at", "id").distinct("instrument")


def instruments_in_use(clinic_id: UUID) -> frozenset[str]:
    """The instruments that a clinic uses: its own choice, else the default of the registry. One query."""
    return instruments_of_clinics([clinic_id])[clinic_id]


def instruments_of_clinics(clinic_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """The instruments that each clinic uses. One query."""
    rows = ClinicInstrument.objects.filter(clinic_id__in=clinic_ids)
    chosen = {(clinic, name): is_on for clinic, name, is_on in rows.values_list("clinic_id", "instrument", "is_on")}
    known = assessment_content().instruments.values()
    return {
        clinic: frozenset(one.id for one in known if chosen.get((clinic, one.id), one.default_on))
        for clinic in clinic_ids
    }


def answers_over_time(patient_id: UUID, instrument: str, limit: int = 200) -> list[InstrumentRecord]:
    """All answers of one instrument that count, oldest first. One query."""
    rows = (
        _counting_answers(patient_id).filter(instrument=instrument).order_by("-taken_on", "-created_at", "id")[:limit]
    )
    return [_instrument(row) for row in rows][::-1]


@dataclass(frozen=True, slots=True)
class PainCard:
    """What the overview says about the pain and its scores; `assessment` is None while nothing was signed."""

    sentence: str
    grade: Text
    red_flags: tuple[str, ...]
    assessment: AssessmentRecord | None
    summary: Summary | None
    has_draft: bool
    scores: tuple[ScoreRow, ...] = ()


def pain_card(patient: Patient, as_of: date) -> PainCard | None:
    """One sentence about the pain, with what it rests on; None while there is nothing. Thirteen queries at most."""
    content = assessment_content()
    newest = newest_signed(patient.pk, as_of)
    has_draft = Assessment.objects.filter(patient_id=patient.pk, status=Assessment.Status.DRAFT).exists()
    if newest is None:
        return PainCard("", "", (), None, None, has_draft) if has_draft else None
    summary = summarise(newest, content, patient.sex)
    return PainCard(
        sentence=pain_sentence(newest, summary, content),
        grade=GRADES[summary.certainty.grade],
        red_flags=tuple(finding.flag.name for finding in summary.red_flags.present),
        assessment=newest,
        summary=summary,
        has_draft=has_draft,
        scores=score_rows(newest, summary, content, Background(answers_before(newest), goals_of(patient.pk))),
    )


# --- rows to frozen data ----------------------------------------------------------------------------------------------


def _first(rows: QuerySet[Assessment]) -> AssessmentRecord | None:
    row = rows.select_related("created_by", "signed_by", "superseded_by").first()
    return _record(row) if row is not None else None


def _record(row: Assessment) -> AssessmentRecord:
    parts = {"assessment_id": row.pk}
    statements: dict[str, dict[str, str]] = defaultdict(dict)
    for kind, code, answer in Statement.objects.filter(**parts).order_by("code").values_list("kind", "code", "answer"):
        statements[kind][code] = answer
    return AssessmentRecord(
        id=row.pk,
        patient_id=row.patient_id,
        status=row.status,  # type: ignore[arg-type]  # A constraint keeps it to the two words.
        assessed_on=row.assessed_on,
        author=str(row.created_by),
        created_at=row.created_at,
        signed_by=str(row.signed_by or ""),
        signed_at=row.signed_at,
        supersedes_id=row.supersedes_id,
        superseded_by_id=_signed_correction(row),
        correction_reason=row.correction_reason,
        duration_months=float(row.duration_months) if row.duration_months is not None else None,
        areas=tuple(_areas(row.pk)),
        absent_regions=tuple(AbsentRegion.objects.filter(**parts).order_by("region").values_list("region", flat=True)),
        confirmed_pattern=row.confirmed_pattern,
        grading=_filled({criterion: getattr(row, criterion) for criterion in CRITERIA}),
        conditions=MappingProxyType(statements[Statement.Kind.CONDITION]),
        tests=tuple(
            DiagnosticRecord(
                test.test,
                test.result,
                test.done_on,
                test.side,
                float(test.value) if test.value is not None else None,
                test.unit,
                test.finding,
            )
            for test in DiagnosticTest.objects.filter(**parts).order_by("test")
        ),
        red_flags=MappingProxyType(
            {
                given.flag: RedFlagRecord(
                    given.flag,
                    given.answer,
                    given.handling,  # type: ignore[arg-type]
                    given.note,
                    given.owner_id,
                    str(given.owner or ""),
                    given.due_at,
                )
                for given in RedFlagAnswer.objects.filter(**parts).select_related("owner").order_by("flag")
            }
        ),
        instruments=MappingProxyType(
            {
                given.instrument: _instrument(given)
                for given in InstrumentAnswers.objects.filter(**parts).order_by("instrument")
            }
        ),
        concepts=MappingProxyType(statements[Statement.Kind.CONCEPT]),
        problem_list_reviewed=row.problem_list_reviewed,
        preferences=MappingProxyType(statements[Statement.Kind.PREFERENCE]),
        notes=row.notes,
        kept=tuple(
            KeptText(kept.section, kept.field, kept.text, kept.problem)
            for kept in KeptInput.objects.filter(**parts).order_by("section", "field")
        ),
        sections=MappingProxyType(
            {
                state.section: SectionState(state.version, state.saved_at, str(state.saved_by), state.copied)
                for state in SectionSave.objects.filter(**parts).select_related("saved_by").order_by("section")
            }
        ),
    )


def _areas(assessment_id: UUID) -> Iterable[AreaRecord]:
    part = {"assessment_id": assessment_id}
    regions: dict[tuple[UUID, str], list[str]] = defaultdict(list)
    for area_id, layer, region in (
        AreaRegion.objects.filter(**part).order_by("region").values_list("area_id", "layer", "region")
    ):
        regions[area_id, layer].append(region)
    findings: dict[tuple[UUID, str], dict[str, str]] = defaultdict(dict)
    ratings: dict[UUID, dict[str, int]] = defaultdict(dict)
    for finding in AreaFinding.objects.filter(**part).order_by("code"):
        findings[finding.area_id, finding.kind][finding.code] = finding.answer
        if finding.rating is not None:
            ratings[finding.area_id][finding.code] = finding.rating
    sensory: dict[UUID, list[SensoryRecord]] = defaultdict(list)
    for row in SensoryFinding.objects.filter(**part).order_by("stimulus"):
        amount = float(row.amount) if row.amount is not None else None
        sensory[row.area_id].append(
            SensoryRecord(row.stimulus, row.result, row.border, row.rating, row.reference_rating, amount)
        )
    for area in PainArea.objects.filter(**part).order_by("position"):
        yield AreaRecord(
            id=area.pk,
            name=area.name,
            regions=tuple(regions[area.pk, AreaRegion.Layer.PAIN]),
            touch_regions=tuple(regions[area.pk, AreaRegion.Layer.TOUCH]),
            numb_regions=tuple(regions[area.pk, AreaRegion.Layer.NUMB]),
            pattern=area.pattern,
            timing=_filled({column: getattr(area, column) for column in TIMING_COLUMNS}),
            onset_date=area.onset_date,
            localised=area.localised,
            descriptors=MappingProxyType(findings[area.pk, AreaFinding.Kind.DESCRIPTOR]),
            ratings=MappingProxyType(ratings[area.pk]),
            evoked=MappingProxyType(findings[area.pk, AreaFinding.Kind.EVOKED]),
            negative=MappingProxyType(findings[area.pk, AreaFinding.Kind.NEGATIVE]),
            aggravating=tuple(findings[area.pk, AreaFinding.Kind.AGGRAVATING]),
            relieving=tuple(findings[area.pk, AreaFinding.Kind.RELIEVING]),
            sensory=tuple(sensory[area.pk]),
            sensory_reference=area.sensory_reference,
            **{column: getattr(area, column) for column in INTENSITY_COLUMNS},
        )


def _filled(answers: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({key: answer for key, answer in answers.items() if answer})


def _instrument(row: InstrumentAnswers) -> InstrumentRecord:
    if row.answers is not None:
        return InstrumentRecord(row.instrument, row.taken_on, answers=tuple(map(_answer, row.answers)))
    figures = MappingProxyType(row.entered or {})
    if row.met is not None:
        return InstrumentRecord(row.instrument, row.taken_on, met=row.met, entered=figures)
    total = float(row.total) if row.total is not None else None
    return InstrumentRecord(row.instrument, row.taken_on, total=total, entered=figures)


def _answer(text: str | None) -> Answer:
    """A stored answer as the number or the word it was."""
    if text is None:
        return None
    for reader in (int, float):
        try:
            return reader(text)
        except ValueError:
            continue
    return text
