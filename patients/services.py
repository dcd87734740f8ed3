"""Writes to the patient record. Every public function takes `actor` first, runs in one transaction and leaves one row
in the audit trail; `tests/patients/test_services.py` walks through all of them and proves it.

A line of the record is never changed. Stating something again, stopping a medicine, correcting and withdrawing all add
a new line that supersedes the old one and says why.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts import queries as account_queries
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from patients import measurements, medicines, queries
from patients.access import PatientNotFound
from patients.models import (
    Allergy,
    CareTeamMember,
    Entry,
    Measurement,
    MedicationReview,
    MedicationStatement,
    Note,
    Patient,
    PatientRevision,
    Preference,
    Problem,
    ProblemListReview,
    Source,
    Task,
    TreatmentTrial,
)
from patients.names import folded_number, search_keys
from patients.record import age_on
from patients.terms import MEDICINE_UNITS, TRIAL_UNITS, terms

OLDEST_AGE = 120
EntryT = TypeVar("EntryT", bound=Entry)

# What every line has; the rest is its content.
ENTRY_FIELDS = frozenset(
    {
        "id",
        "organisation",
        "patient",
        "created_by",
        "created_job",
        "created_at",
        "source",
        "supersedes",
        "reason",
        "withdrawn",
    }
)


class RecordRefused(ValueError):
    """What was entered cannot be stored. `problems` holds (field or "", sentence) for all of them at once."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(sentence for _field, sentence in problems))
        self.problems = problems


class PossibleDuplicates(Exception):
    """Patients on file may be the same person; register again with `confirmed` when they are not."""

    def __init__(self, patients: list[Patient]) -> None:
        super().__init__("possible duplicates")
        self.patients = patients


class ChangedMeanwhile(Exception):
    """Somebody else changed this since it was shown; nothing was stored."""

    def __init__(self) -> None:
        super().__init__(_("Somebody changed this in the meantime. Look at the new state and decide again."))


class _Problems:
    """Collects everything that is wrong before refusing, so that all of it is seen at once."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def add(self, field: str, sentence: str) -> None:
        self.found.append((field, sentence))

    def not_future(self, field: str, day: dt.date | None, today: dt.date) -> None:
        if day and day > today:
            self.add(field, _("%(day)s lies in the future.") % {"day": day.isoformat()})

    def in_order(self, field: str, first: dt.date | None, last: dt.date | None) -> None:
        if first and last and last < first:
            self.add(field, _("The end lies before the beginning (%(day)s).") % {"day": first.isoformat()})

    def dose(self, field: str, dose: Decimal | None, unit: str, units: tuple[str, ...]) -> None:
        if dose is not None and (not dose.is_finite() or dose <= 0):
            self.add(field, _("A dose is above 0; leave it empty when it is not known."))
        if (dose is None) != (not unit):
            self.add("unit" if dose is not None else field, _("A dose needs a number and a unit, or neither."))
        if unit and unit not in units:
            self.add("unit", _("The unit must be one of: %(units)s.") % {"units": ", ".join(units)})

    def refuse(self) -> None:
        if self.found:
            raise RecordRefused(self.found)


# --- who the patient is -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The person, as the registration form gives it. `birth_date` and names are required; see models.PatientDetails."""

    clinic_id: UUID
    number: str
    family_name: str
    given_names: str
    birth_date: dt.date
    sex: str
    pregnancy: str = "unknown"
    pregnancy_as_of: dt.date | None = None
    email: str = ""
    phone: str = ""
    language: str = "en"
    time_zone: str = ""
    reminder_consent: bool = False
    reminder_consent_on: dt.date | None = None
    died_on: dt.date | None = None


DETAIL_FIELDS = tuple(field.name for field in fields(Details))


@transaction.atomic
def register_patient(
    *, actor: Actor, details: Details, source: str = Source.CLINICIAN, confirmed: bool = False, today: dt.date
) -> Patient:
    """Put a new patient on file. PossibleDuplicates, unless confirmed, when somebody on file may be the same person."""
    require(actor, Permission.REGISTER_PATIENT)
    _check_details(actor, details, today, patient_id=None)
    if not confirmed:
        alike = queries.possible_duplicates(
            actor.organisation_id,
            number=details.number,
            family_name=details.family_name,
            given_names=details.given_names,
            birth_date=details.birth_date,
        )
        if alike:
            raise PossibleDuplicates(alike)
    patient = Patient(
        organisation_id=actor.organisation_id, source=source, **_author(actor), **(asdict(details) | _search(details))
    )
    patient.save(force_insert=True)
    audit.record(actor=actor, action="patient.register", patient_id=patient.pk, target=f"patient:{patient.pk}")
    return patient


@transaction.atomic
def correct_details(
    *, actor: Actor, patient: Patient, details: Details, reason: str, version: int, today: dt.date
) -> Patient:
    """Change what is known about the person; the details before are kept with the reason.

    `version` is that of the details which were shown; ChangedMeanwhile when they are no longer the newest.
    """
    now = _locked(actor, patient, Permission.REGISTER_PATIENT)
    if now.version != version:
        raise ChangedMeanwhile
    problems = _Problems()
    if not reason.strip():
        problems.add("reason", _("Say why the details change."))
    problems.refuse()
    _check_details(actor, details, today, patient_id=patient.pk)
    before = {name: getattr(now, name) for name in DETAIL_FIELDS}
    changed = [name for name, value in asdict(details).items() if value != before[name]]
    PatientRevision.objects.create(
        organisation_id=actor.organisation_id,
        patient=now,
        version=now.version,
        reason=reason.strip()[:300],
        changed_by_id=actor.user_id,
        changed_job=actor.job,
        **before,
    )
    for name, value in (asdict(details) | _search(details)).items():
        setattr(now, name, value)
    now.version += 1
    now.save()
    audit.record(
        actor=actor,
        action="patient.correct",
        patient_id=now.pk,
        target=f"patient:{now.pk}",
        detail={"fields": changed, "version": now.version},
    )
    return now


def _check_details(actor: Actor, details: Details, today: dt.date, patient_id: UUID | None) -> None:
    problems = _Problems()
    for name in ("family_name", "given_names", "number"):
        if not getattr(details, name).strip():
            problems.add(name, _("This is needed."))
    problems.not_future("birth_date", details.birth_date, today)
    if details.birth_date <= today and age_on(details.birth_date, today) > OLDEST_AGE:
        problems.add("birth_date", _("That is more than %(years)s years ago.") % {"years": OLDEST_AGE})
    problems.not_future("pregnancy_as_of", details.pregnancy_as_of, today)
    problems.not_future("died_on", details.died_on, today)
    problems.in_order("died_on", details.birth_date, details.died_on)
    if details.sex == "male" and details.pregnancy in ("pregnant", "trying", "breastfeeding"):
        problems.add("pregnancy", _("This does not fit the sex entered."))
    if details.reminder_consent and not details.email:
        problems.add("email", _("Reminders go by e-mail; enter an address."))
    if details.time_zone and details.time_zone not in zoneinfo.available_timezones():
        problems.add("time_zone", _("This time zone is not known. An example: Europe/London."))
    if not account_queries.clinics_of(actor.organisation_id).filter(id=details.clinic_id).exists():
        problems.add("clinic_id", _("This clinic is not of your organisation."))
    same_number = Patient.objects.filter(
        organisation_id=actor.organisation_id, search_number=folded_number(details.number)
    )
    if patient_id is not None:
        same_number = same_number.exclude(id=patient_id)
    if details.number.strip() and not folded_number(details.number):
        problems.add("number", _("A number has letters or digits."))
    elif same_number.exists():
        problems.add("number", _("Another patient has this number."))
    problems.refuse()


def _search(details: Details) -> dict[str, str]:
    family, given = search_keys(details.family_name, details.given_names)
    return {
        "search_family": family,
        "search_given": given,
        "search_number": folded_number(details.number),
        "number": details.number.strip(),
    }


# --- problems ---------------------------------------------------------------------------------------------------------


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
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
    if kind == Problem.Kind.OTHER:
        code = ""
        if not text.strip():
            problems.add("text", _("Say in words what the problem is."))
    elif terms().problem(kind, code) is None:
        problems.add("code", _("This problem is not in the vocabulary; choose “other” and write it in words."))
    if status not in Problem.Status.values:
        problems.add("status", _("Choose present, absent or unknown."))
    problems.not_future("stated_on", stated_on, today)
    problems.not_future("onset_on", onset_on, today)
    problems.refuse()
    if corrects is None and code:
        corrects = queries.current_problem(patient.pk, kind, code)
        reason = reason or (_("stated again") if corrects else "")
    row = Problem(kind=kind, code=code, text=text.strip(), status=status, stated_on=stated_on, onset_on=onset_on)
    return _store(actor, patient, row, "problem", source, corrects, reason)


@transaction.atomic
def review_problem_list(*, actor: Actor, patient: Patient, reviewed_on: dt.date, today: dt.date) -> ProblemListReview:
    """State that the whole problem list was gone through on that day: what is not on it is absent, where that holds."""
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
    problems.not_future("reviewed_on", reviewed_on, today)
    problems.refuse()
    return _store(actor, patient, ProblemListReview(reviewed_on=reviewed_on), "problem-review", Source.CLINICIAN)


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
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
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
    return _store(actor, patient, row, "medicine", source, corrects, reason)


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
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
    problems.not_future("stopped_on", stopped_on, today)
    problems.in_order("stopped_on", medicine.started_on, stopped_on)
    if not stop_reason.strip():
        problems.add("stop_reason", _("Say why it was stopped."))
    problems.refuse()
    row = _copy(medicine, stopped_on=stopped_on, stop_reason=stop_reason.strip())
    return _store(actor, patient, row, "medicine", source, medicine, _("stopped"), verb="stop")


@transaction.atomic
def review_medicines(*, actor: Actor, patient: Patient, reviewed_on: dt.date, today: dt.date) -> MedicationReview:
    """State that all medicines were gone through on that day, those of the last 14 days included."""
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
    problems.not_future("reviewed_on", reviewed_on, today)
    problems.refuse()
    return _store(actor, patient, MedicationReview(reviewed_on=reviewed_on), "medicine-review", Source.CLINICIAN)


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
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
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
    return _store(actor, patient, row, "allergy", source, corrects, reason)


@transaction.atomic
def state_no_known_allergies(
    *, actor: Actor, patient: Patient, stated_on: dt.date, source: str = Source.CLINICIAN, today: dt.date
) -> Allergy:
    """State that no allergy is known. Refused while one is on record: withdraw that first, with a reason."""
    _locked(actor, patient, Permission.EDIT_RECORD)
    rows = list(queries.current(Allergy, patient.pk))
    problems = _Problems()
    problems.not_future("stated_on", stated_on, today)
    if any(not row.none_known for row in rows):
        problems.add("", _("An allergy is on record. Withdraw it first and say why it was wrong."))
    problems.refuse()
    before = rows[0] if rows else None
    row = Allergy(none_known=True, stated_on=stated_on)
    return _store(actor, patient, row, "allergy", source, before, _("stated again") if before else "")


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
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
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
    return _store(actor, patient, row, "measurement", source, corrects, reason)


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
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
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
    return _store(actor, patient, row, "trial", source, corrects, reason)


@transaction.atomic
def record_preference(*, actor: Actor, patient: Patient, code: str, source: str = Source.PATIENT) -> Preference:
    """Record what the patient wants or avoids; stating it again changes nothing but the date."""
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
    if code not in terms().preferences:
        problems.add("code", _("This preference is not in the vocabulary."))
    problems.refuse()
    before = queries.current(Preference, patient.pk).filter(code=code).first()
    return _store(
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
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
    if not text.strip():
        problems.add("text", _("Write something."))
    problems.refuse()
    return _store(actor, patient, Note(text=text.strip()), "note", source, corrects, reason)


@transaction.atomic
def withdraw(*, actor: Actor, patient: Patient, row: Entry, reason: str) -> Entry:
    """Say that a line should not have been there; it stays readable, shown as withdrawn with the reason."""
    _locked(actor, patient, Permission.EDIT_RECORD)
    problems = _Problems()
    if not reason.strip():
        problems.add("reason", _("Say why the entry is withdrawn."))
    problems.refuse()
    kind = next(name for name, model in queries.KINDS.items() if isinstance(row, model))
    return _store(actor, patient, _copy(row, withdrawn=True), kind, row.source, row, reason, verb="withdraw")


# --- care team and tasks ----------------------------------------------------------------------------------------------


@transaction.atomic
def join_care_team(*, actor: Actor, patient: Patient, user_id: UUID, since: dt.date) -> CareTeamMember:
    """Let somebody of the organisation look after the patient from a day on; no change when they already do."""
    _locked(actor, patient, Permission.MANAGE_CARE_TEAM)
    if not account_queries.staff_of(actor.organisation_id).filter(id=user_id).exists():
        raise RecordRefused([("user_id", _("This person does not work in your organisation."))])
    place, _made = CareTeamMember.objects.get_or_create(
        patient=patient,
        user_id=user_id,
        until=None,
        defaults={"organisation_id": actor.organisation_id, "since": since, **_author(actor)},
    )
    _note(actor, patient, "care-team.join", f"user:{user_id}")
    return place


@transaction.atomic
def leave_care_team(*, actor: Actor, patient: Patient, user_id: UUID, until: dt.date) -> CareTeamMember:
    """End somebody's place in the care team on a day."""
    _locked(actor, patient, Permission.MANAGE_CARE_TEAM)
    place = CareTeamMember.objects.filter(patient=patient, user_id=user_id, until=None).first()
    if place is None:
        raise ChangedMeanwhile
    place.until = max(until, place.since)
    place.save(update_fields=["until"])
    _note(actor, patient, "care-team.leave", f"user:{user_id}")
    return place


@transaction.atomic
def add_task(*, actor: Actor, patient: Patient, text: str, due_on: dt.date, owner_id: UUID | None = None) -> Task:
    """Add something to be done for the patient by a day; without an owner it stands on the team's worklists."""
    _locked(actor, patient, Permission.MANAGE_FOLLOW_UP)
    if not text.strip():
        raise RecordRefused([("text", _("Say what is to be done."))])
    if owner_id and not account_queries.staff_of(actor.organisation_id).filter(id=owner_id).exists():
        raise RecordRefused([("owner_id", _("This person does not work in your organisation."))])
    task = Task.objects.create(
        organisation_id=actor.organisation_id,
        patient=patient,
        text=text.strip()[:300],
        owner_id=owner_id,
        due_on=due_on,
        **_author(actor),
    )
    _note(actor, patient, "task.add", f"task:{task.pk}")
    return task


@transaction.atomic
def finish_task(*, actor: Actor, patient: Patient, task: Task, now: dt.datetime) -> Task:
    """Tick a task off."""
    _locked(actor, patient, Permission.MANAGE_FOLLOW_UP)
    if task.patient_id != patient.pk:
        raise PatientNotFound(patient.pk)
    done = Task.objects.filter(id=task.pk, done_at__isnull=True).update(done_at=now, done_by_id=actor.user_id)
    if not done:
        raise ChangedMeanwhile
    _note(actor, patient, "task.finish", f"task:{task.pk}")
    task.refresh_from_db()
    return task


# --- what every write shares ------------------------------------------------------------------------------------------


def _locked(actor: Actor, patient: Patient, permission: Permission) -> Patient:
    """The patient's row, locked, so that two writers of one record come one after the other."""
    require(actor, permission)
    row = (
        Patient.objects.select_for_update(no_key=True, of=("self",))
        .filter(organisation_id=actor.organisation_id, id=patient.pk)
        .first()
    )
    if row is None:
        raise PatientNotFound(patient.pk)
    return row


def _author(actor: Actor) -> Mapping[str, Any]:
    return {"created_by_id": actor.user_id, "created_job": actor.job}


def _copy(row: EntryT, **changes: Any) -> EntryT:
    """A new unsaved line with the content of another."""
    kept = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in ENTRY_FIELDS
    }
    return type(row)(**(kept | changes))


def _store(
    actor: Actor,
    patient: Patient,
    row: EntryT,
    kind: str,
    source: str,
    corrects: Entry | None = None,
    reason: str = "",
    verb: str = "",
) -> EntryT:
    """Save a new line and leave its trace; the line it corrects must be of this patient and still be the newest."""
    if corrects is not None:
        newest = type(row)._default_manager.filter(
            patient_id=patient.pk, id=corrects.pk, superseded_by__isnull=True, withdrawn=False
        )
        if not newest.exists():
            raise ChangedMeanwhile
        if not reason.strip():
            raise RecordRefused([("reason", _("Say why the entry changes."))])
    row.organisation_id = actor.organisation_id
    row.patient_id = patient.pk
    row.created_by_id = actor.user_id
    row.created_job = actor.job
    row.source = source
    row.supersedes_id = corrects.pk if corrects else None  # type: ignore[attr-defined]  # of the concrete models
    row.reason = reason.strip()[:300] if corrects else ""
    row.save(force_insert=True)
    _note(
        actor,
        patient,
        f"{kind}.{verb or ('correct' if corrects else 'add')}",
        f"{kind}:{row.pk}",
        {"supersedes": str(corrects.pk)} if corrects else {},
    )
    return row


def _note(actor: Actor, patient: Patient, action: str, target: str, detail: Mapping[str, Any] | None = None) -> None:
    audit.record(actor=actor, action=action, patient_id=patient.pk, target=target, detail=detail)
