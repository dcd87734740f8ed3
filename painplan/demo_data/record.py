"""A case becomes a stored record: every line through the services, as somebody who works there.

`enter` writes what the record holds (problems, medicines, measurements, …), `assess` what an assessment holds. Together
they store the whole case: the facts of the stored patient are those of the case
(tests/painplan/test_stored_cases.py proves it for the library).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.audit import Actor
from assessments import queries as assessment_queries
from assessments import services as assessment_services
from assessments.content import assessment_content
from assessments.entries import (
    AREA_PREFIX,
    AreaEntry,
    CausesEntry,
    DiagnosticsEntry,
    Entry,
    GradingEntry,
    HealthEntry,
    InstrumentsEntry,
    RedFlagsEntry,
    SeverityEntry,
    WishesEntry,
)
from assessments.record import AreaRecord, DiagnosticRecord, RedFlagRecord
from assessments.red_flags import safety_lines
from patients import services as patient_services
from treatments.case import Case, InstrumentResult, MedicineItem, Pain, PainArea

if TYPE_CHECKING:
    from patients.models import Patient

# The order in which a numeric rating is answered, and the instruments that a section of the assessment asks.
NRS = ("now", "worst", "least", "average")
SECTIONS = {"peg": "function", "phq9": "mood", "gad7": "mood"}
# What was done about a red flag that is present.
HANDLED = {"rf_suicide": "Asked directly: no plan, no intent. Safety plan made, number of the crisis line given."}
SENT = "Sent to the emergency department with a letter; the ward was called."


def enter(*, actor: Actor, patient: Patient, case: Case, assessed: bool) -> None:
    """Write what the record holds of a case. `assessed`: the case is assessed as well, which states the rest."""
    today = case.as_of
    shared: dict[str, Any] = {"actor": actor, "patient": patient, "today": today}
    health = case.health
    if health is not None:
        # An assessment states what is present or absent; that somebody asked and nobody knows belongs to the record.
        statuses = {"unknown": health.unknown} if assessed else _statuses(case)
        stated = [
            patient_services.StatedProblem("concept", code, status)
            for status, codes in statuses.items()
            for code in codes
        ]
        if stated:
            patient_services.state_problems(stated=stated, stated_on=today, **shared)
        if health.problem_list_reviewed and not assessed:
            patient_services.review_problem_list(reviewed_on=today, **shared)
        if health.allergies == ():
            patient_services.state_no_known_allergies(stated_on=today, **shared)
        for allergy in health.allergies or ():
            patient_services.record_allergy(
                text=allergy.name, reaction=allergy.reaction or "", stated_on=today, **shared
            )
    if case.medications is not None:
        for item in case.medications.items:
            enter_medicine(item, **shared)
        if case.medications.reviewed:
            patient_services.review_medicines(reviewed_on=today, **shared)
    for measured in case.measurements:
        patient_services.record_measurement(
            code=measured.code,
            value=decimal(measured.value),
            unit=measured.unit,
            measured_on=measured.date,
            source="clinician"
            if measured.code in ("weight", "height", "systolic_bp", "diastolic_bp")
            else "laboratory",
            **shared,
        )
    for trial in case.trials or ():
        patient_services.record_trial(
            treatment=trial.agent,
            max_daily_dose=None if trial.max_daily_dose is None else decimal(trial.max_daily_dose),
            unit=trial.unit or "",
            weeks_at_max=None if trial.weeks_at_max is None else decimal(trial.weeks_at_max),
            response_percent=None if trial.response_percent is None else round(trial.response_percent),
            stopped=trial.stopped,
            adverse_effects=trial.note or "",
            **shared,
        )
    if not assessed:
        for code in case.preferences or ():
            patient_services.record_preference(actor=actor, patient=patient, code=code)
        causes = (case.pain.conditions if case.pain else None) or ()
        if causes:
            present = [patient_services.StatedProblem("condition", code, "present") for code in causes]
            patient_services.state_problems(stated=present, stated_on=today, **shared)
    for result in case.instruments:
        if not (assessed and _in_assessment(result, today)):
            enter_score(actor=actor, patient=patient, result=result)


def enter_medicine(item: MedicineItem, **shared: Any) -> None:
    """Write one line of a medicine list."""
    patient_services.record_medicine(
        text=item.name,
        daily_dose=None if item.daily_dose is None else decimal(item.daily_dose),
        unit=item.unit or "",
        route=item.route or "",
        as_needed=item.as_needed,
        release=item.release or "",
        purpose=item.purpose or "",
        started_on=item.started,
        stopped_on=item.stopped,
        stop_reason="" if item.stopped is None else "No longer needed",
        **shared,
    )


def enter_score(*, actor: Actor, patient: Patient, result: InstrumentResult) -> None:
    """Write the result of an instrument that was filled in outside an assessment."""
    assessment_services.record_instrument(
        actor=actor,
        patient=patient,
        instrument=result.id,
        taken_on=result.date,
        answers=result.answers,
        total=result.total,
        met=result.met,
    )


def assess(
    *, actor: Actor, patient: Patient, case: Case, now: datetime, sign: bool, copy_newest: bool = False
) -> UUID | None:
    """Write the assessment of a case and sign it, if it shall be signed; None when there is nothing to assess.

    With `copy_newest` areas, causes, grading and tests come from the assessment before.
    """
    sections = list(_sections(case, actor, now, with_cause=not copy_newest))
    if not sections and not (case.pain and case.pain.areas):
        return None
    shared: dict[str, Any] = {"actor": actor, "patient": patient}
    assessment = assessment_services.start(today=case.as_of, copy_newest=copy_newest, now=now, **shared)
    if not copy_newest:
        for area in (case.pain.areas if case.pain else None) or ():
            area_id = assessment_services.add_area(assessment_id=assessment, **shared)
            sections.append((f"{AREA_PREFIX}{area_id}", AreaEntry(_area(area, area_id))))
    for section, entry in sections:
        assessment_services.save_section(
            assessment_id=assessment, section=section, version=0, entry=entry, now=now, **shared
        )
    if sign:
        record = assessment_queries.assessment_of(patient.pk, assessment)
        assert record is not None  # It was begun a moment ago.
        assessment_services.sign(
            assessment_id=assessment, revision=record.revision, now=now, today=case.as_of, **shared
        )
    return assessment


def _statuses(case: Case) -> dict[str, tuple[str, ...]]:
    health = case.health
    assert health is not None
    return {"present": health.present, "absent": health.absent, "unknown": health.unknown}


def _sections(case: Case, actor: Actor, now: datetime, *, with_cause: bool) -> Iterator[tuple[str, Entry]]:
    """What each section of the assessment says; a section about which the case says nothing is left out."""
    pain, health = case.pain or Pain(), case.health
    if health is not None:
        flags = dict.fromkeys(health.red_flags_absent, "no") | dict.fromkeys(health.red_flags_present, "yes")
        if flags:
            yield (
                "red-flags",
                RedFlagsEntry({flag: _red_flag(flag, answer, actor, now) for flag, answer in flags.items()}),
            )
        stated = dict.fromkeys(health.present, "yes") | dict.fromkeys(health.absent, "no")
        if stated or health.problem_list_reviewed:
            yield "health", HealthEntry(stated, health.problem_list_reviewed)
    if pain.nrs or pain.duration_months is not None:
        yield "severity", SeverityEntry(tuple(pain.nrs.get(which) for which in NRS), pain.duration_months)
    if with_cause:
        if pain.conditions:
            yield "causes", CausesEntry(dict.fromkeys(pain.conditions, "yes"))
        if pain.grading:
            yield "grading", GradingEntry(dict(pain.grading))
        if pain.tests:
            yield (
                "tests",
                DiagnosticsEntry(tuple(DiagnosticRecord(test.id, test.result, test.date) for test in pain.tests)),
            )
    for section in ("function", "mood"):
        given = {
            result.id: result.answers
            for result in case.instruments
            if _in_assessment(result, case.as_of) and SECTIONS[result.id] == section and result.answers is not None
        }
        if given:
            yield section, InstrumentsEntry(given)
    if case.preferences:
        yield "wishes", WishesEntry(dict.fromkeys(case.preferences, "yes"), "")


def _in_assessment(result: InstrumentResult, day: date) -> bool:
    """Whether it was filled in during the assessment; otherwise it stands alone, as a form from elsewhere.

    An alarming answer whose follow-up the case does not tell stands alone: an assessment with it could not be signed.
    """
    if result.id not in SECTIONS or result.answers is None or result.date != day:
        return False
    return not safety_lines({result.id: result.answers}, assessment_content())


def _red_flag(flag: str, answer: str, actor: Actor, now: datetime) -> RedFlagRecord:
    """Whoever finds a red flag sees to it on the same day."""
    if answer != "yes":
        return RedFlagRecord(flag, answer)
    return RedFlagRecord(flag, answer, "handled", HANDLED.get(flag, SENT), actor.user_id, actor.name, now)


def _area(area: PainArea, area_id: UUID) -> AreaRecord:
    def answers(found: tuple[str, ...], not_found: tuple[str, ...]) -> dict[str, str]:
        return dict.fromkeys(not_found, "no") | dict.fromkeys(found, "yes")

    return AreaRecord(
        id=area_id,
        regions=area.regions,
        descriptors=answers(area.descriptors, area.not_descriptors),
        evoked=answers(area.evoked, area.not_evoked),
        negative=answers(area.negative, area.not_negative),
        pattern=area.pattern or "",
        timing=dict(area.timing),
        onset_date=area.onset_date,
        localised={True: "yes", False: "no", None: ""}[area.localised],
        intensity=area.intensity,
    )


def decimal(value: float) -> Decimal:
    """The number as it is written, without the noise of binary fractions."""
    return Decimal(str(value))
