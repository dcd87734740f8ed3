"""Reads of assessments. Each function issues a fixed number of queries, said in its docstring.

They take ids and return frozen data; whether the reader may see the patient is decided in `patients.access`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet

from accounts.rows import Rows, at_most_one, kept
from assessments import report_queries
from assessments.certainty import CRITERIA
from assessments.content import assessment_content
from assessments.definitions import Answer
from assessments.goals import ScoreGoal
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
    PatientReport,
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
    ReportRecord,
    SectionState,
    SensoryRecord,
)
from assessments.score_words import Background, ScoreRow, score_rows
from assessments.sentence import GRADES, Text, pain_sentence
from assessments.summary import Summary, is_handled, summarise

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
    """The open draft of a patient, or None. One query."""
    return _first(_whole().filter(patient_id=patient_id, status=Assessment.Status.DRAFT))


@dataclass(frozen=True, slots=True)
class DraftPage:
    """The open draft with what stands beside its questions.

    `report` is the newest sent one that the draft took over or that no assessment has; `in_use` are the instruments
    that the patient's clinic uses.
    """

    record: AssessmentRecord
    report: ReportRecord | None
    in_use: frozenset[str]


def draft_page(patient_id: UUID) -> DraftPage | None:
    """The open draft of a patient with what stands beside its questions, or None. One query."""
    choices = ClinicInstrument.objects.filter(clinic_id=OuterRef("patient__clinic_id")).order_by("instrument")
    drafts = _whole().filter(patient_id=patient_id, status=Assessment.Status.DRAFT)
    row: Any = at_most_one(drafts.annotate(choices=Rows(choices)))
    if row is None:
        return None
    report = report_queries.record_of(row.sent[0]) if row.sent else None
    return DraftPage(_record(row), report, _in_use({choice.instrument: choice.is_on for choice in row.choices}))


def assessment_of(patient_id: UUID, assessment_id: UUID) -> AssessmentRecord | None:
    """One assessment of this patient, or None. One query."""
    return _first(_whole().filter(patient_id=patient_id, id=assessment_id))


def newest_signed(patient_id: UUID, as_of: date) -> AssessmentRecord | None:
    """The newest signed assessment dated on or before the day that no signed one corrects. One query."""
    return _first(_whole().filter(COUNTS, patient_id=patient_id, assessed_on__lte=as_of).order_by(*NEWEST))


# A signed assessment that no signed one corrects.
COUNTS = Q(status=Assessment.Status.SIGNED) & ~Q(superseded_by__status=Assessment.Status.SIGNED)
NEWEST = ("-assessed_on", "-signed_at", "id")


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """One assessment in a list."""

    id: UUID
    status: str
    assessed_on: date
    author: str
    signed_by: str
    signed_at: datetime | None
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
            signed_at=row.signed_at,
            corrects=row.supersedes_id,
            corrected_by=_signed_correction(row),
        )
        for row in rows
    ]


def signed_pair(patient_id: UUID, earlier: UUID, later: UUID) -> tuple[AssessmentRecord, AssessmentRecord] | None:
    """Two signed assessments of this patient, or None unless both are there. One query."""
    rows = _whole().filter(patient_id=patient_id, status=Assessment.Status.SIGNED, id__in=(earlier, later))
    found = {row.pk: _record(row) for row in rows}
    if earlier not in found or later not in found:
        return None
    return found[earlier], found[later]


def _signed_correction(row: Assessment) -> UUID | None:
    later: Assessment | None = getattr(row, "superseded_by", None)
    return later.pk if later is not None and later.status == Assessment.Status.SIGNED else None


# --- for the facts and the overview ---------------------------------------------------------------------------------


def record_of(patient_id: UUID, as_of: date) -> PainRecord:
    """What assessments say on that day: the newest signed one, and the newest answers of each instrument.

    Answers of a draft do not count, nor those of an assessment that a signed one corrects. Two queries.
    """
    is_draft = Q(status=Assessment.Status.DRAFT)
    drafts = Assessment.objects.filter(is_draft, patient_id=patient_id)
    # The draft is only the first row where nothing is signed, so one question answers both.
    rows = _whole().filter(is_draft | (COUNTS & Q(assessed_on__lte=as_of)), patient_id=patient_id)
    signed_first = ExpressionWrapper(is_draft, BooleanField())
    row: Any = rows.annotate(has_draft=Exists(drafts)).order_by(signed_first, *NEWEST).first()
    newest = _record(row) if row is not None and row.status == Assessment.Status.SIGNED else None
    return PainRecord(newest, tuple(newest_answers(patient_id, as_of)), row is not None and row.has_draft)


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
    chosen: dict[UUID, dict[str, bool]] = {clinic: {} for clinic in clinic_ids}
    rows = ClinicInstrument.objects.filter(clinic_id__in=clinic_ids)
    for clinic, name, is_on in rows.values_list("clinic_id", "instrument", "is_on"):
        chosen[clinic][name] = is_on
    return {clinic: _in_use(own) for clinic, own in chosen.items()}


def instruments_asked_in(report_id: UUID) -> frozenset[str]:
    """The instruments that the clinic of a report's patient uses. One query."""
    clinics = PatientReport.objects.filter(pk=report_id).values("patient__clinic_id")
    return _in_use(dict(ClinicInstrument.objects.filter(clinic_id__in=clinics).values_list("instrument", "is_on")))


def _in_use(chosen: Mapping[str, bool]) -> frozenset[str]:
    """The instruments of a clinic that chose so by id; what it did not choose is as the registry says."""
    known = assessment_content().instruments.values()
    return frozenset(one.id for one in known if chosen.get(one.id, one.default_on))


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


def pain_card(patient: Patient, pain: PainRecord, goals: Mapping[str, ScoreGoal]) -> PainCard | None:
    """One sentence about the pain, with what it rests on; None while there is nothing. One query at most.

    `goals` are those that count now, by instrument.
    """
    content = assessment_content()
    newest = pain.assessment
    if newest is None:
        return PainCard("", "", (), None, None, has_draft=True) if pain.has_draft else None
    summary = summarise(newest, content, patient.sex)
    return PainCard(
        sentence=pain_sentence(newest, summary, content),
        grade=GRADES[summary.certainty.grade],
        red_flags=tuple(finding.flag.name for finding in summary.red_flags.present),
        assessment=newest,
        summary=summary,
        has_draft=pain.has_draft,
        scores=score_rows(newest, summary, content, Background(answers_before(newest), goals)),
    )


def unhandled_red_flags(patient_id: UUID) -> tuple[str, ...]:
    """Red flags that are present in the open draft and that nobody has in hand yet, by id. One query."""
    rows = RedFlagAnswer.objects.filter(
        assessment__patient_id=patient_id, assessment__status=Assessment.Status.DRAFT, answer="yes"
    )
    return tuple(sorted(row.flag for row in rows.select_related("owner") if not is_handled(_red_flag(row))))


# --- rows to frozen data ----------------------------------------------------------------------------------------------


def _first(rows: QuerySet[Any]) -> AssessmentRecord | None:
    """The first of the assessments with everything that belongs to it. One query."""
    row = at_most_one(rows)
    return _record(row) if row is not None else None


@kept
def _whole() -> QuerySet[Any]:
    """The assessments with everything that belongs to them, as `_record` reads them."""
    sent = Rows(_reports_beside(), "created_by")
    people = Assessment.objects.select_related("created_by", "signed_by", "superseded_by")
    return people.annotate(**_parts(), sent=sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The rows of everything that belongs to an assessment, for what writes them; empty for one that was just begun."""

    areas: Sequence[PainArea] = ()
    regions: Sequence[AreaRegion] = ()
    findings: Sequence[AreaFinding] = ()
    statements: Sequence[Statement] = ()
    tests: Sequence[DiagnosticTest] = ()
    flags: Sequence[RedFlagAnswer] = ()
    sensory: Sequence[SensoryFinding] = ()
    absent: Sequence[AbsentRegion] = ()
    answers: Sequence[InstrumentAnswers] = ()
    kept: Sequence[KeptInput] = ()
    sections: Sequence[SectionSave] = ()


def parts_of(assessment_id: UUID) -> Parts:
    """The rows of an assessment as they are now. One query."""
    return Parts(**_parts_alone().get(pk=assessment_id))


@kept
def _parts_alone() -> QuerySet[Any]:
    columns = _parts()
    return Assessment.objects.annotate(**columns).values(*columns)


def _parts() -> dict[str, Rows]:
    """The tables of what belongs to an assessment, as columns of it."""

    def of(model: type[Model], *order: str, people: Sequence[str] = ()) -> Rows:
        return Rows(model._default_manager.filter(assessment_id=OuterRef("pk")).order_by(*order), *people)

    return {
        "areas": of(PainArea, "position"),
        "regions": of(AreaRegion, "region"),
        "findings": of(AreaFinding, "code"),
        "statements": of(Statement, "code"),
        "tests": of(DiagnosticTest, "test"),
        "flags": of(RedFlagAnswer, "flag", people=["owner"]),
        "sensory": of(SensoryFinding, "stimulus"),
        "absent": of(AbsentRegion, "region"),
        "answers": of(InstrumentAnswers, "instrument"),
        "kept": of(KeptInput, "section", "field"),
        "sections": of(SectionSave, "section", people=["saved_by"]),
    }


def _reports_beside() -> QuerySet[PatientReport]:
    """What the patient sent that belongs to the assessment, or to a draft as to none yet; newest first."""
    of_it = Q(assessment_id=OuterRef("pk"))
    waiting = Q(assessment__isnull=True, patient_id=OuterRef("patient_id"))
    return PatientReport.objects.filter(of_it | waiting, sent_at__isnull=False).order_by("-sent_at")


def _record(row: Any) -> AssessmentRecord:
    """An assessment read with `_parts` as frozen data."""
    statements: dict[str, dict[str, str]] = defaultdict(dict)
    for stated in row.statements:
        statements[stated.kind][stated.code] = stated.answer
    return AssessmentRecord(
        id=row.pk,
        patient_id=row.patient_id,
        status=row.status,
        assessed_on=row.assessed_on,
        author=str(row.created_by),
        created_at=row.created_at,
        signed_by=str(row.signed_by or ""),
        signed_at=row.signed_at,
        supersedes_id=row.supersedes_id,
        superseded_by_id=_signed_correction(row),
        correction_reason=row.correction_reason,
        duration_months=float(row.duration_months) if row.duration_months is not None else None,
        areas=tuple(_areas(row)),
        absent_regions=tuple(absent.region for absent in row.absent),
        confirmed_pattern=row.confirmed_pattern,
        grading=_filled({criterion: getattr(row, criterion) for criterion in CRITERIA}),
        conditions=MappingProxyType(statements[Statement.Kind.CONDITION]),
        tests=tuple(_test(test) for test in row.tests),
        red_flags=MappingProxyType({given.flag: _red_flag(given) for given in row.flags}),
        instruments=MappingProxyType({given.instrument: _instrument(given) for given in row.answers}),
        concepts=MappingProxyType(statements[Statement.Kind.CONCEPT]),
        problem_list_reviewed=row.problem_list_reviewed,
        preferences=MappingProxyType(statements[Statement.Kind.PREFERENCE]),
        notes=row.notes,
        kept=tuple(KeptText(kept.section, kept.field, kept.text, kept.problem) for kept in row.kept),
        sections=MappingProxyType(
            {
                state.section: SectionState(state.version, state.saved_at, str(state.saved_by), state.copied)
                for state in row.sections
            }
        ),
        said=MappingProxyType(_said(row)),
    )


def _said(row: Any) -> dict[str, Any]:
    is_draft = row.status == Assessment.Status.DRAFT
    beside = (one.answers for one in row.sent if is_draft or one.assessment_id == row.pk)
    return next(beside, None) or {}


def _test(row: DiagnosticTest) -> DiagnosticRecord:
    value = float(row.value) if row.value is not None else None
    return DiagnosticRecord(row.test, row.result, row.done_on, row.side, value, row.unit, row.finding)


def _red_flag(row: RedFlagAnswer) -> RedFlagRecord:
    return RedFlagRecord(
        row.flag,
        row.answer,
        row.handling,  # type: ignore[arg-type]  # A constraint keeps it to the three words.
        row.note,
        row.owner_id,
        str(row.owner or ""),
        row.due_at,
    )


def _areas(row: Any) -> Iterable[AreaRecord]:
    regions: dict[tuple[UUID, str], list[str]] = defaultdict(list)
    for marked in row.regions:
        regions[marked.area_id, marked.layer].append(marked.region)
    findings: dict[tuple[UUID, str], dict[str, str]] = defaultdict(dict)
    ratings: dict[UUID, dict[str, int]] = defaultdict(dict)
    for finding in row.findings:
        findings[finding.area_id, finding.kind][finding.code] = finding.answer
        if finding.rating is not None:
            ratings[finding.area_id][finding.code] = finding.rating
    sensory: dict[UUID, list[SensoryRecord]] = defaultdict(list)
    for one in row.sensory:
        amount = float(one.amount) if one.amount is not None else None
        sensory[one.area_id].append(
            SensoryRecord(one.stimulus, one.result, one.border, one.rating, one.reference_rating, amount)
        )
    for area in row.areas:
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
