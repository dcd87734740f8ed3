"""What one section of a draft stores, and taking sections over from an earlier assessment.

Called inside the transaction of a save, which checks permission and leaves the row in the trail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, assert_never
from uuid import uuid4

from accounts.audit import Actor
from assessments import queries
from assessments.content import assessment_content
from assessments.definitions import Answer
from assessments.entered import amount_of
from assessments.entries import (
    AREA_PREFIX,
    SCORE_PREFIX,
    SECTION_INSTRUMENTS,
    AreaEntry,
    BodyEntry,
    CausesEntry,
    DiagnosticsEntry,
    Entry,
    GradingEntry,
    HealthEntry,
    InstrumentsEntry,
    RedFlagsEntry,
    ScoreEntry,
    SectionId,
    SeverityEntry,
    WishesEntry,
    score_instrument,
)
from assessments.models import (
    AbsentRegion,
    AreaFinding,
    AreaRegion,
    Assessment,
    DiagnosticTest,
    InstrumentAnswers,
    PainArea,
    RedFlagAnswer,
    SectionSave,
    SensoryFinding,
    Statement,
)
from assessments.record import AreaRecord, AssessmentRecord, InstrumentRecord
from assessments.scoring import score
from assessments.sensory import signs_of
from assessments.services.shared import as_text, decimal, sync_rows, user_id


def write_section(actor: Actor, draft: Assessment, section: SectionId, entry: Entry) -> None:
    """Make what is stored of a section equal to the entry."""
    match entry:
        case RedFlagsEntry():
            wanted = {
                (flag,): {
                    "answer": given.answer,
                    "handling": given.handling,
                    "note": given.note,
                    "owner_id": given.owner_id,
                    "due_at": given.due_at,
                }
                for flag, given in entry.answers.items()
            }
            sync_rows(RedFlagAnswer, draft, set(), wanted, ("flag",))
        case BodyEntry():
            sync_rows(AbsentRegion, draft, set(), {(region,): {} for region in entry.absent_regions}, ("region",))
            draft.confirmed_pattern = entry.confirmed_pattern
            draft.save(update_fields=["confirmed_pattern"])
        case AreaEntry():
            _write_area(draft, entry.area)
        case SeverityEntry():
            _write_instrument(actor, draft, "nrs", entry.nrs)
            months = entry.duration_months
            draft.duration_months = Decimal(str(months)) if months is not None else None
            draft.save(update_fields=["duration_months"])
        case GradingEntry():
            for criterion in assessment_content().grading.criteria:
                setattr(draft, criterion.id, entry.answers.get(criterion.id, ""))
            draft.save(update_fields=[criterion.id for criterion in assessment_content().grading.criteria])
        case DiagnosticsEntry():
            tests = {
                (test.id,): {
                    "result": test.result,
                    "done_on": test.done_on,
                    "side": test.side,
                    "value": decimal(test.value),
                    "unit": test.unit,
                    "finding": test.finding,
                }
                for test in entry.tests
            }
            sync_rows(DiagnosticTest, draft, set(), tests, ("test",))
        case InstrumentsEntry():
            for instrument, answers in entry.answers.items():
                _write_instrument(actor, draft, instrument, answers)
        case ScoreEntry():
            _write_score(actor, draft, entry)
        case CausesEntry():
            _write_statements(draft, Statement.Kind.CONDITION, entry.answers)
        case HealthEntry():
            _write_statements(draft, Statement.Kind.CONCEPT, entry.answers)
            draft.problem_list_reviewed = entry.problem_list_reviewed
            draft.save(update_fields=["problem_list_reviewed"])
        case WishesEntry():
            _write_statements(draft, Statement.Kind.PREFERENCE, entry.answers)
            draft.notes = entry.notes
            draft.save(update_fields=["notes"])
        case _:
            assert_never(entry)


def _write_statements(draft: Assessment, kind: str, answers: Mapping[str, str]) -> None:
    sync_rows(Statement, draft, {("kind", kind)}, {(code,): {"answer": a} for code, a in answers.items()}, ("code",))


def _write_area(draft: Assessment, area: AreaRecord) -> None:
    columns = {column: area.timing.get(column, "") for column in queries.TIMING_COLUMNS}
    columns |= {column: getattr(area, column) for column in queries.INTENSITY_COLUMNS}
    PainArea.objects.filter(assessment=draft, id=area.id).update(
        name=area.name,
        pattern=area.pattern,
        onset_date=area.onset_date,
        localised=area.localised,
        sensory_reference=area.sensory_reference,
        **columns,
    )
    scope = {("area_id", area.id)}
    layers = (
        (AreaRegion.Layer.PAIN, area.regions),
        (AreaRegion.Layer.TOUCH, area.touch_regions),
        (AreaRegion.Layer.NUMB, area.numb_regions),
    )
    marks: dict[Any, dict[str, Any]] = {(layer, region): {} for layer, regions in layers for region in regions}
    sync_rows(AreaRegion, draft, scope, marks, ("layer", "region"))
    results = {
        (found.stimulus,): {
            "result": found.result,
            "border": found.border,
            "rating": found.rating,
            "reference_rating": found.reference_rating,
            "amount": decimal(found.amount),
        }
        for found in area.sensory
    }
    sync_rows(SensoryFinding, draft, scope, results, ("stimulus",))
    sync_rows(AreaFinding, draft, scope, _findings(area), ("kind", "code"))


def _findings(area: AreaRecord) -> dict[Any, dict[str, Any]]:
    """Words, signs and modifiers of an area. What the examination found outweighs a sign stated in words."""
    examined = signs_of({found.stimulus: found.result for found in area.sensory}, assessment_content().examination)
    return {
        (kind, code): {"answer": answer, "rating": area.ratings.get(code) if kind == "descriptor" else None}
        for kind, answers in (
            (AreaFinding.Kind.DESCRIPTOR, area.descriptors),
            (AreaFinding.Kind.EVOKED, {**area.evoked, **examined.evoked}),
            (AreaFinding.Kind.NEGATIVE, {**area.negative, **examined.negative}),
            (AreaFinding.Kind.AGGRAVATING, dict.fromkeys(area.aggravating, "yes")),
            (AreaFinding.Kind.RELIEVING, dict.fromkeys(area.relieving, "yes")),
        )
        for code, answer in answers.items()
    }


def _write_instrument(actor: Actor, draft: Assessment, instrument: str, answers: Sequence[Answer]) -> None:
    """Store the answers, or remove the row when none was given: silence has no row."""
    _write_result(actor, draft, instrument, _result_of_answers(instrument, answers))


def _write_score(actor: Actor, draft: Assessment, entry: ScoreEntry) -> None:
    """Store a questionnaire of the list with its day."""
    result = (
        _result_of_figures(entry.instrument, entry.entered)
        if entry.entered
        else _result_of_answers(entry.instrument, entry.answers)
    )
    _write_result(actor, draft, entry.instrument, result and {**result, "taken_on": entry.taken_on})


def _result_of_answers(instrument: str, answers: Sequence[Answer]) -> dict[str, Any] | None:
    if all(answer is None for answer in answers):
        return None
    found = score(instrument, assessment_content().instruments, answers=answers)
    return {"answers": as_text(answers), "total": decimal(found.total), "met": found.met}


def _result_of_figures(instrument: str, figures: Mapping[str, str]) -> dict[str, Any]:
    definitions = assessment_content().instruments
    amount = amount_of(definitions[instrument], figures)
    if amount.total is not None:
        score(instrument, definitions, total=amount.total)  # Refuses a total outside the range.
    return {"answers": None, "total": decimal(amount.total), "met": amount.met, "entered": dict(figures)}


def _write_result(actor: Actor, draft: Assessment, instrument: str, result: Mapping[str, Any] | None) -> None:
    rows = InstrumentAnswers.objects.filter(assessment=draft, instrument=instrument)
    if result is None:
        rows.delete()
        return
    values = {"taken_on": draft.assessed_on, "definition_version": assessment_content().version, **result}
    if not rows.update(**values):
        InstrumentAnswers.objects.create(
            organisation_id=actor.organisation_id,
            patient_id=draft.patient_id,
            assessment=draft,
            instrument=instrument,
            **actor.authorship(),
            **values,
        )


@dataclass(frozen=True, slots=True)
class _Copied:
    section: SectionId
    entry: Entry | None


def copy_sections(
    actor: Actor,
    draft: Assessment,
    before: AssessmentRecord,
    sections: Iterable[SectionId],
    now: dt.datetime,
    *,
    confirmed: bool,
) -> None:
    """Take sections of an assessment over into a new draft; `confirmed` says that they need no second look."""
    for copied in _sections_to_copy(before, sections):
        section = copied.section
        if isinstance(copied.entry, AreaEntry):
            area = PainArea.objects.create(
                id=uuid4(),
                organisation_id=draft.organisation_id,
                assessment=draft,
                position=PainArea.objects.filter(assessment=draft).count() + 1,
            )
            section = f"{AREA_PREFIX}{area.pk}"
            write_section(actor, draft, section, AreaEntry(replace(copied.entry.area, id=area.pk)))
        elif copied.entry is not None:
            write_section(actor, draft, section, copied.entry)
        SectionSave.objects.create(
            organisation_id=draft.organisation_id,
            assessment=draft,
            section=section,
            saved_by_id=user_id(actor),
            saved_at=now,
            copied=not confirmed,
        )


def _sections_to_copy(before: AssessmentRecord, sections: Iterable[SectionId]) -> Iterable[_Copied]:
    for section in sections:
        if section == "areas":
            yield from (_Copied(f"{AREA_PREFIX}{area.id}", AreaEntry(area)) for area in before.areas)
            if section in before.sections:
                yield _Copied(section, BodyEntry(before.absent_regions, before.confirmed_pattern))
        elif section == "scores":
            scores = (name for name in before.sections if name.startswith(SCORE_PREFIX))
            yield from (_Copied(name, _entry_of(before, name)) for name in scores)
        elif section in before.sections:
            yield _Copied(section, _entry_of(before, section))


def _entry_of(before: AssessmentRecord, section: SectionId) -> Entry | None:
    match section:
        case "red-flags":
            return RedFlagsEntry(before.red_flags)
        case "severity":
            return SeverityEntry(_answers(before.instruments.get("nrs")), before.duration_months)
        case "grading":
            return GradingEntry(before.grading)
        case "causes":
            return CausesEntry(before.conditions)
        case "tests":
            return DiagnosticsEntry(before.tests)
        case "function" | "mood":
            asked = SECTION_INSTRUMENTS[section]
            given = {name: before.instruments[name] for name in asked if name in before.instruments}
            return InstrumentsEntry({name: _answers(one) for name, one in given.items()})
        case "health":
            return HealthEntry(before.concepts, before.problem_list_reviewed)
        case "wishes":
            return WishesEntry(before.preferences, before.notes)
        case _:
            one = before.instruments.get(score_instrument(section) or "")
            return ScoreEntry(one.id, one.taken_on, _answers(one), one.entered) if one is not None else None


def _answers(given: InstrumentRecord | None) -> tuple[Answer, ...]:
    return (given.answers or ()) if given is not None else ()
