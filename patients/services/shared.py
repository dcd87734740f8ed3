"""What every write to the record shares: its refusals, the lock on the patient, a new line with its trace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from accounts.rows import at_most_one
from patients.access import PatientNotFound
from patients.measurements import most_a_day
from patients.models import Entry, Patient

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


class Problems:
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
        most = most_a_day().get(unit)
        if dose is not None and dose.is_finite() and most is not None and dose > most:
            words = {"dose": f"{dose:f}", "unit": unit, "most": f"{most:f}"}
            self.add(
                field,
                _("%(dose)s %(unit)s a day is above what is plausible (up to %(most)s). Is the unit right?") % words,
            )
        if (dose is None) != (not unit):
            self.add("unit" if dose is not None else field, _("A dose needs a number and a unit, or neither."))
        if unit and unit not in units:
            self.add("unit", _("The unit must be one of: %(units)s.") % {"units": ", ".join(units)})

    def refuse(self) -> None:
        if self.found:
            raise RecordRefused(self.found)


def locked(actor: Actor, patient: Patient, permission: Permission) -> Patient:
    """The patient's row, locked, so that two writers of one record come one after the other."""
    require(actor, permission)
    rows = Patient.objects.select_for_update(no_key=True, of=("self",))
    row = at_most_one(rows.filter(organisation_id=actor.organisation_id, id=patient.pk))
    if row is None:
        raise PatientNotFound(patient.pk)
    return row


def copied(row: EntryT, **changes: Any) -> EntryT:
    """A new unsaved line with the content of another."""
    kept = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in ENTRY_FIELDS
    }
    return type(row)(**(kept | changes))


def store(
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
    _sign(actor, patient, row, source, corrects, reason)
    row.save(force_insert=True)
    deed = _deed(patient, row, kind, corrects, verb)
    note(actor, patient, deed.action, deed.target, deed.detail)
    return row


def store_new(
    actor: Actor, patient: Patient, rows: Mapping[EntryT, EntryT | None], kind: str, source: str, reason: str
) -> None:
    """Save new lines, each with the line that it supersedes, as `store` does one by one. Two statements.

    Those lines must have been read under the lock of the patient, so that they are still the newest.
    """
    for row, corrects in rows.items():
        _sign(actor, patient, row, source, corrects, reason)
    first = next(iter(rows), None)
    if first is not None:
        type(first)._default_manager.bulk_create(rows)
        audit.record_all(actor=actor, deeds=[_deed(patient, row, kind, before, "") for row, before in rows.items()])


def _sign(actor: Actor, patient: Patient, row: Entry, source: str, corrects: Entry | None, reason: str) -> None:
    """Say of a new line whose it is, who made it, and what it supersedes and why."""
    row.organisation_id = actor.organisation_id
    row.patient_id = patient.pk
    for column, value in actor.authorship().items():
        setattr(row, column, value)
    row.source = source
    row.supersedes_id = corrects.pk if corrects else None  # type: ignore[attr-defined]  # of the concrete models
    row.reason = reason.strip()[:300] if corrects else ""


def _deed(patient: Patient, row: Entry, kind: str, corrects: Entry | None, verb: str) -> audit.Deed:
    return audit.Deed(
        f"{kind}.{verb or ('correct' if corrects else 'add')}",
        patient.pk,
        f"{kind}:{row.pk}",
        detail={"supersedes": str(corrects.pk)} if corrects else {},
    )


def note(actor: Actor, patient: Patient, action: str, target: str, detail: Mapping[str, Any] | None = None) -> None:
    audit.record(actor=actor, action=action, patient_id=patient.pk, target=target, detail=detail)
