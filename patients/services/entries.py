"""Writes of lines of the record: problems, medicines, allergies, measurements, treatments tried, wishes, notes.

A line is never changed. Stating something again, stopping a medicine, correcting and withdrawing all add a new line
that supersedes the old one and says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import Actor
from accounts.roles import Permission
from patients import measurements, medicines, queries
from patients.models import (
    Allergy,
    Entry,
    Measurement,
    MedicationReview,
    MedicationStatement,
    Note,
    Patient,
    Preference,
    Problem,
    ProblemListReview,
    Source,
    TreatmentTrial,
)
from patients.services.shared import Problems, copied, locked, store, store_new
from patients.terms import MEDICINE_UNITS, TRIAL_UNITS, terms

# --- problems ---------------------------------------------------------------------------------------------------------


def _not_in_vocabulary() -> str:
    return _("This problem is not in the vocabulary; choose “other” and write it in words.")


def _no_status() -> str:
    return _("Choose present, absent or unknown.")


@transaction.atomic
def state_problem(
    *,
    actor: Actor,
    patient: Patient,
    kind: str,
    code: str = "",
    text: str = "",
    status: str,
    stated_on: dt.date,
    onset_on: dt.date | None = None,
    source: str = Source.CLINICIAN,
    corrects: Problem | None = None,
    reason: str = "",
    today: dt.date,
) -> Problem:
    """State that a problem is present, absent or unknown on a day.

    `kind` is "condition" (cause of the pain), "concept" or "other"; `code` is its id in the vocabulary. A code that is
    already on the list gets a new line, and the line before is shown as superseded.
    """
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    if kind == Problem.Kind.OTHER:
        code = ""
        if not text.strip():
            problems.add("text", _("Say in words what the problem is."))
    elif terms().problem(kind, code) is None:
        problems.add("code", _not_in_vocabulary())
    if status not in Problem.Status.values:
        problems.add("status", _no_status())
    problems.not_future("stated_on", stated_on, today)
    problems.not_future("onset_on", onset_on, today)
    problems.refuse()
    if corrects is None and code:
        corrects = queries.current_problem(patient.pk, kind, code)
        reason = reason or (_("stated again") if corrects else "")
    row = Problem(kind=kind, code=code, text=text.strip(), status=status, stated_on=stated_on, onset_on=onset_on)
    return store(actor, patient, row, "problem", source, corrects, reason)


@dataclass(frozen=True, slots=True)
class StatedProblem:
    """A problem of the vocabulary and its status."""

    kind: str
    code: str
    status: str


@transaction.atomic
def state_problems(
    *, actor: Actor, patient: Patient, stated: Sequence[StatedProblem], stated_on: dt.date, today: dt.date
) -> list[Problem]:
    """State different problems of the vocabulary on one day: `state_problem` for each of them, in four queries.

    Each leaves its own row in the trail. Raises ValueError for one that is named twice.
    """
    if len({(one.kind, one.code) for one in stated}) < len(stated):
        raise ValueError("A problem is stated once at a time.")
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    for one in stated:
        if terms().problem(one.kind, one.code) is None:
            problems.add("code", _not_in_vocabulary())
        if one.status not in Problem.Status.values:
            problems.add("status", _no_status())
    problems.not_future("stated_on", stated_on, today)
    problems.refuse()
    now = queries.current_problems(patient.pk, [one.code for one in stated])
    rows = {
        Problem(kind=one.kind, code=one.code, status=one.status, stated_on=stated_on): now.get((one.kind, one.code))
        for one in stated
    }
    store_new(actor, patient, rows, "problem", Source.CLINICIAN, _("stated again"))
    return list(rows)


@transaction.atomic
def review_problem_list(*, actor: Actor, patient: Patient, reviewed_on: dt.date, today: dt.date) -> ProblemListReview:
    """State that the whole problem list was gone through on that day: what is not on it is absent, where that holds."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    problems.not_future("reviewed_on", reviewed_on, today)
    problems.refuse()
    return store(actor, patient, ProblemListReview(reviewed_on=reviewed_on), "problem-review", Source.CLINICIAN)


# --- medicines --------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_medicine(
    *,
    actor: Actor,
    patient: Patient,
    text: str,
    daily_dose: Decimal | None = None,
    unit: str = "",
    route: str = "",
    as_needed: bool = False,
    release: str = "",
    purpose: str = "",
    started_on: dt.date | None = None,
    stopped_on: dt.date | None = None,
    stop_reason: str = "",
    source: str = Source.CLINICIAN,
    corrects: MedicationStatement | None = None,
    reason: str = "",
    today: dt.date,
) -> MedicationStatement:
    """Record one medicine as written. An unrecognised name is kept and marked not checked. Dose is per day."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    if not text.strip():
        problems.add("text", _("Enter the name of the medicine."))
    problems.dose("daily_dose", daily_dose, unit, MEDICINE_UNITS)
    problems.not_future("started_on", started_on, today)
    problems.not_future("stopped_on", stopped_on, today)
    problems.in_order("stopped_on", started_on, stopped_on)
    problems.refuse()
    found = medicines.normalise(text)
    row = MedicationStatement(
        text=text.strip(),
        recognition=found.status,
        medicine=found.medicine,
        daily_dose=daily_dose,
        unit=unit,
        route=route.strip(),
        as_needed=as_needed,
        release=release or found.release,
        purpose=purpose,
        started_on=started_on,
        stopped_on=stopped_on,
        stop_reason=stop_reason.strip(),
    )
    return store(actor, patient, row, "medicine", source, corrects, reason)


@transaction.atomic
def stop_medicine(
    *,
    actor: Actor,
    patient: Patient,
    medicine: MedicationStatement,
    stopped_on: dt.date,
    stop_reason: str,
    source: str = Source.CLINICIAN,
    today: dt.date,
) -> MedicationStatement:
    """Record that a medicine was stopped on a day; it still counts for wash-out."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    problems.not_future("stopped_on", stopped_on, today)
    problems.in_order("stopped_on", medicine.started_on, stopped_on)
    if not stop_reason.strip():
        problems.add("stop_reason", _("Say why it was stopped."))
    problems.refuse()
    row = copied(medicine, stopped_on=stopped_on, stop_reason=stop_reason.strip())
    return store(actor, patient, row, "medicine", source, medicine, _("stopped"), verb="stop")


@transaction.atomic
def review_medicines(*, actor: Actor, patient: Patient, reviewed_on: dt.date, today: dt.date) -> MedicationReview:
    """State that all medicines were gone through on that day, those of the last 14 days included."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    problems.not_future("reviewed_on", reviewed_on, today)
    problems.refuse()
    return store(actor, patient, MedicationReview(reviewed_on=reviewed_on), "medicine-review", Source.CLINICIAN)


# --- allergies --------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_allergy(
    *,
    actor: Actor,
    patient: Patient,
    text: str,
    reaction: str = "",
    stated_on: dt.date,
    source: str = Source.CLINICIAN,
    corrects: Allergy | None = None,
    reason: str = "",
    today: dt.date,
) -> Allergy:
    """Record a substance the patient must not get. A statement "none known" is superseded by it."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    if not text.strip():
        problems.add("text", _("Enter the substance."))
    problems.not_future("stated_on", stated_on, today)
    problems.refuse()
    none_known = queries.current(Allergy, patient.pk).filter(none_known=True).first()
    if corrects is None and none_known:
        corrects, reason = none_known, reason or _("an allergy became known")
    found = medicines.normalise(text)
    row = Allergy(
        text=text.strip(),
        recognition=found.status,
        medicine=found.medicine,
        reaction=reaction.strip(),
        stated_on=stated_on,
    )
    return store(actor, patient, row, "allergy", source, corrects, reason)


@transaction.atomic
def state_no_known_allergies(
    *, actor: Actor, patient: Patient, stated_on: dt.date, source: str = Source.CLINICIAN, today: dt.date
) -> Allergy:
    """State that no allergy is known. Refused while one is on record: withdraw that first, with a reason."""
    locked(actor, patient, Permission.EDIT_RECORD)
    rows = list(queries.current(Allergy, patient.pk))
    problems = Problems()
    problems.not_future("stated_on", stated_on, today)
    if any(not row.none_known for row in rows):
        problems.add("", _("An allergy is on record. Withdraw it first and say why it was wrong."))
    problems.refuse()
    before = rows[0] if rows else None
    row = Allergy(none_known=True, stated_on=stated_on)
    return store(actor, patient, row, "allergy", source, before, _("stated again") if before else "")


# --- measurements -----------------------------------------------------------------------------------------------------


@transaction.atomic
def record_measurement(
    *,
    actor: Actor,
    patient: Patient,
    code: str,
    value: Decimal | str,
    unit: str,
    measured_on: dt.date,
    source: str = Source.CLINICIAN,
    corrects: Measurement | None = None,
    reason: str = "",
    today: dt.date,
) -> Measurement:
    """Record a measured value as given, and converted. An implausible value is refused with the range."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    problems.not_future("measured_on", measured_on, today)
    if measured_on < patient.birth_date:
        problems.add("measured_on", _("That is before the patient was born."))
    converted = None
    try:
        converted = measurements.convert(code, value, unit)
    except measurements.MeasurementRefused as refusal:
        problems.add(refusal.field, str(refusal))
    problems.refuse()
    assert converted is not None
    row = Measurement(
        code=code,
        value=converted.value,
        unit=converted.unit,
        canonical_value=converted.canonical_value,
        canonical_unit=converted.canonical_unit,
        measured_on=measured_on,
    )
    return store(actor, patient, row, "measurement", source, corrects, reason)


# --- treatments tried, preferences, notes -----------------------------------------------------------------------------


@transaction.atomic
def record_trial(
    *,
    actor: Actor,
    patient: Patient,
    treatment: str = "",
    text: str = "",
    max_daily_dose: Decimal | None = None,
    unit: str = "",
    weeks_at_max: Decimal | None = None,
    response_percent: int | None = None,
    stopped: str,
    adverse_effects: str = "",
    started_on: dt.date | None = None,
    stopped_on: dt.date | None = None,
    source: str = Source.CLINICIAN,
    corrects: TreatmentTrial | None = None,
    reason: str = "",
    today: dt.date,
) -> TreatmentTrial:
    """Record a treatment that was tried: highest dose per day, weeks at it, relief in percent, why it ended."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    if treatment and treatment not in terms().treatments:
        problems.add("treatment", _("This treatment is not in the vocabulary; write it in words instead."))
    if not treatment and not text.strip():
        problems.add("treatment", _("Choose the treatment, or write it in words."))
    problems.dose("max_daily_dose", max_daily_dose, unit, TRIAL_UNITS)
    if weeks_at_max is not None and not 0 <= weeks_at_max <= 1000:
        problems.add("weeks_at_max", _("Weeks lie between 0 and 1000."))
    if response_percent is not None and not -200 <= response_percent <= 100:
        problems.add("response_percent", _("Relief lies between -200 (much worse) and 100 (no pain left)."))
    if stopped not in TreatmentTrial.Stopped.values:
        problems.add("stopped", _("Choose why it ended."))
    for field, day in (("started_on", started_on), ("stopped_on", stopped_on)):
        problems.not_future(field, day, today)
    problems.in_order("stopped_on", started_on, stopped_on)
    problems.refuse()
    row = TreatmentTrial(
        treatment=treatment,
        text=text.strip(),
        max_daily_dose=max_daily_dose,
        unit=unit,
        weeks_at_max=weeks_at_max,
        response_percent=response_percent,
        stopped=stopped,
        adverse_effects=adverse_effects.strip(),
        started_on=started_on,
        stopped_on=stopped_on,
    )
    return store(actor, patient, row, "trial", source, corrects, reason)


@transaction.atomic
def record_preference(*, actor: Actor, patient: Patient, code: str, source: str = Source.PATIENT) -> Preference:
    """Record what the patient wants or avoids; stating it again changes nothing but the date."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    if code not in terms().preferences:
        problems.add("code", _("This preference is not in the vocabulary."))
    problems.refuse()
    before = queries.current(Preference, patient.pk).filter(code=code).first()
    return store(
        actor, patient, Preference(code=code), "preference", source, before, _("stated again") if before else ""
    )


@transaction.atomic
def write_note(
    *,
    actor: Actor,
    patient: Patient,
    text: str,
    source: str = Source.CLINICIAN,
    corrects: Note | None = None,
    reason: str = "",
) -> Note:
    """Write free words about the patient."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    if not text.strip():
        problems.add("text", _("Write something."))
    problems.refuse()
    return store(actor, patient, Note(text=text.strip()), "note", source, corrects, reason)


@transaction.atomic
def withdraw(*, actor: Actor, patient: Patient, row: Entry, reason: str) -> Entry:
    """Say that a line should not have been there; it stays readable, shown as withdrawn with the reason."""
    locked(actor, patient, Permission.EDIT_RECORD)
    problems = Problems()
    if not reason.strip():
        problems.add("reason", _("Say why the entry is withdrawn."))
    problems.refuse()
    kind = next(name for name, model in queries.KINDS.items() if isinstance(row, model))
    return store(actor, patient, copied(row, withdrawn=True), kind, row.source, row, reason, verb="withdraw")
