"""What one section of a draft stores, and taking sections over from an earlier assessment.

Called inside the transaction of a save, which checks permission and leaves the row in the trail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from assessments.queries import Parts
from assessments.record import AreaRecord, AssessmentRecord, InstrumentRecord
from assessments.scoring import score
from assessments.sensory import signs_of
from assessments.services.shared import as_text, decimal, sync_rows, update, user_id


def write_section(actor: Actor, draft: Assessment, stored: Parts, entry: Entry) -> None:
    """Make what is stored of a section equal to the entry. `stored` was read after the draft was locked."""
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
            sync_rows(stored.flags, RedFlagAnswer, draft, {}, wanted, ("flag",))
        case BodyEntry():
            absent: dict[Any, dict[str, Any]] = {(region,): {} for region in entry.absent_regions}
            sync_rows(stored.absent, AbsentRegion, draft, {}, absent, ("region",))
            update(draft, confirmed_pattern=entry.confirmed_pattern)
        case AreaEntry():
            _write_area(draft, stored, entry.area)
        case SeverityEntry():
            _write_instrument(actor, draft, stored, "nrs", entry.nrs)
            update(draft, duration_months=decimal(entry.duration_months))
        case GradingEntry():
            criteria = assessment_content().grading.criteria
            update(draft, **{criterion.id: entry.answers.get(criterion.id, "") for criterion in criteria})
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
            sync_rows(stored.tests, DiagnosticTest, draft, {}, tests, ("test",))
        case InstrumentsEntry():
            for instrument, answers in entry.answers.items():
                _write_instrument(actor, draft, stored, instrument, answers)
        case ScoreEntry():
            _write_score(actor, draft, stored, entry)
        case CausesEntry():
            _write_statements(draft, stored, Statement.Kind.CONDITION, entry.answers)
        case HealthEntry():
            _write_statements(draft, stored, Statement.Kind.CONCEPT, entry.answers)
            update(draft, problem_list_reviewed=entry.problem_list_reviewed)
        case WishesEntry():
            _write_statements(draft, stored, Statement.Kind.PREFERENCE, entry.answers)
            update(draft, notes=entry.notes)
        case _:
            assert_never(entry)


def _write_statements(draft: Assessment, stored: Parts, kind: str, answers: Mapping[str, str]) -> None:
    wanted = {(code,): {"answer": answer} for code, answer in answers.items()}
    sync_rows(stored.statements, Statement, draft, {"kind": kind}, wanted, ("code",))


def _write_area(draft: Assessment, stored: Parts, area: AreaRecord) -> None:
    columns = {column: area.timing.get(column, "") for column in queries.TIMING_COLUMNS}
    columns |= {column: getattr(area, column) for column in queries.INTENSITY_COLUMNS}
    row = next((one for one in stored.areas if one.pk == area.id), None)
    update(
        row or PainArea.objects.get(assessment=draft, id=area.id),  # One that this write began is not in what it read.
        name=area.name,
        pattern=area.pattern,
        onset_date=area.onset_date,
        localised=area.localised,
        sensory_reference=area.sensory_reference,
        **columns,
    )
    scope = {"area_id": area.id}
    layers = (
        (AreaRegion.Layer.PAIN, area.regions),
        (AreaRegion.Layer.TOUCH, area.touch_regions),
        (AreaRegion.Layer.NUMB, area.numb_regions),
    )
    marks: dict[Any, dict[str, Any]] = {(layer, region): {} for layer, regions in layers for region in regions}
    sync_rows(stored.regions, AreaRegion, draft, scope, marks, ("layer", "region"))
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
    sync_rows(stored.sensory, SensoryFinding, draft, scope, results, ("stimulus",))
    sync_rows(stored.findings, AreaFinding, draft, scope, _findings(area), ("kind", "code"))


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


def _write_instrument(
    actor: Actor, draft: Assessment, stored: Parts, instrument: str, answers: Sequence[Answer]
) -> None:
    """Store the answers, or remove the row when none was given: silence has no row."""
    _write_result(actor, draft, stored, instrument, _result_of_answers(instrument, answers))


def _write_score(actor: Actor, draft: Assessment, stored: Parts, entry: ScoreEntry) -> None:
    """Store a questionnaire of the list with its day."""
    result = (
        _result_of_figures(entry.instrument, entry.entered)
        if entry.entered
        else _result_of_answers(entry.instrument, entry.answers)
    )
    _write_result(actor, draft, stored, entry.instrument, result and {**result, "taken_on": entry.taken_on})


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


def _write_result(
    actor: Actor, draft: Assessment, stored: Parts, instrument: str, result: Mapping[str, Any] | None
) -> None:
    row = next((one for one in stored.answers if one.instrument == instrument), None)
    if result is None:
        if row is not None:
            row.delete()
        return
    values = {"taken_on": draft.assessed_on, "definition_version": assessment_content().version, **result}
    if row is not None:
        update(row, **values)
    else:
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
    position = 1
    for copied in _sections_to_copy(before, sections):
        section = copied.section
        if isinstance(copied.entry, AreaEntry):
            area = PainArea.objects.create(
                id=uuid4(),
                organisation_id=draft.organisation_id,
                assessment=draft,
                position=position,
            )
            position += 1
            section = f"{AREA_PREFIX}{area.pk}"
            nothing = Parts(areas=[area])
            write_section(actor, draft, nothing, AreaEntry(replace(copied.entry.area, id=area.pk)))
        elif copied.entry is not None:
            write_section(actor, draft, Parts(), copied.entry)
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
