"""Writes about who the patient is: registering, and correcting the details with what they were before."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import asdict, dataclass, fields
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts import queries as account_queries
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from patients import queries
from patients.models import Patient, PatientRevision, Source
from patients.names import folded_number, search_keys
from patients.record import age_on
from patients.services.shared import ChangedMeanwhile, PossibleDuplicates, Problems, locked

OLDEST_AGE = 120


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
        organisation_id=actor.organisation_id,
        source=source,
        **actor.authorship(),
        **(asdict(details) | _search(details)),
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
    now = locked(actor, patient, Permission.REGISTER_PATIENT)
    if now.version != version:
        raise ChangedMeanwhile
    problems = Problems()
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
        **actor.dated("changed_at"),
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
    problems = Problems()
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
