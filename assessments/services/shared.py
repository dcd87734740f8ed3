"""What every write of an assessment shares: its refusals, the lock on the draft, rows made equal to what is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Actor
from accounts.rows import at_most_one
from assessments.definitions import Answer
from assessments.models import Assessment, Part
from assessments.record import SectionState
from assessments.summary import OpenPoint

if TYPE_CHECKING:
    from patients.models import Patient


class AssessmentNotFound(LookupError):
    """There is no such assessment of this patient."""


class AlreadySigned(Exception):
    """The assessment is signed; it can be corrected by a new one, not changed."""

    def __init__(self) -> None:
        super().__init__(_("This assessment is signed. Correct it with a new version."))


class StaleSave(Exception):
    """Somebody saved this section after it was opened. `state` says who and when; nothing was stored."""

    def __init__(self, state: SectionState) -> None:
        super().__init__(_("Somebody saved this section after you opened it."))
        self.state = state


class SectionUnknown(LookupError):
    """The assessment has no such section."""


class NotSignable(Exception):
    """Something must be settled before the signature; `open` lists it."""

    def __init__(self, points: Sequence[OpenPoint]) -> None:
        super().__init__(_("Some points must be settled before the signature."))
        self.open = tuple(points)


class ChangedSinceShown(Exception):
    """Somebody saved something after the page to sign was shown; it must be looked at again."""

    def __init__(self) -> None:
        super().__init__(_("The assessment changed after you opened this page. Look at it again, then sign."))


class CorrectionRefused(Exception):
    """A correction cannot begin; the text says why."""


def note(
    actor: Actor, draft: Assessment, action: str, detail: Mapping[str, Any] | None = None, reason: str = ""
) -> None:
    """Leave the row of a write in the trail; `reason` says why the record opened, where no row before says so."""
    target = f"assessment:{draft.pk}"
    audit.record(actor=actor, action=action, patient_id=draft.patient_id, target=target, reason=reason, detail=detail)


def user_id(actor: Actor) -> UUID:
    """The person who acts. Raises ValueError for a job."""
    if actor.user_id is None:
        raise ValueError("An assessment is made by a person, not by a job.")
    return actor.user_id


def locked_draft(actor: Actor, patient: Patient, assessment_id: UUID) -> Assessment:
    """The draft, locked: a save and a signature come one after the other."""
    rows = Assessment.objects.select_for_update(no_key=True)
    draft = at_most_one(rows.filter(organisation_id=actor.organisation_id, patient_id=patient.pk, id=assessment_id))
    if draft is None:
        raise AssessmentNotFound
    if draft.status == Assessment.Status.SIGNED:
        raise AlreadySigned
    return draft


def sync_rows(
    stored: Iterable[Part],
    model: type[Part],
    draft: Assessment,
    scope: Mapping[str, Any],
    wanted: Mapping[Any, Mapping[str, Any]],
    key: tuple[str, ...],
) -> None:
    """Make the rows of the scope equal to what is wanted, touching only those that differ. Three queries at most.

    `stored` are the rows of the model that the draft has, read after it was locked.
    """
    manager: models.Manager[Any] = model._default_manager
    rows = {
        tuple(getattr(row, name) for name in key): row
        for row in stored
        if all(getattr(row, name) == value for name, value in scope.items())
    }
    gone = [row.pk for found, row in rows.items() if found not in wanted]
    if gone:
        manager.filter(pk__in=gone).delete()
    fresh = [
        model(
            organisation_id=draft.organisation_id,
            assessment=draft,
            **scope,
            **dict(zip(key, found, strict=True)),
            **values,
        )
        for found, values in wanted.items()
        if found not in rows
    ]
    manager.bulk_create(fresh)
    changed = []
    for found, values in wanted.items():
        row = rows.get(found)
        if row is not None and assign(row, values):
            changed.append(row)
    if changed:
        manager.bulk_update(changed, list(next(iter(wanted.values()))))


def assign(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set these columns of a row; returns the names of those that were something else."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def update(row: models.Model, **values: Any) -> None:
    """Store these columns of a row, unless they are so already."""
    if changed := assign(row, values):
        row.save(update_fields=changed)


def as_text(answers: Iterable[Answer]) -> list[str | None]:
    """Answers as they are stored; None stays None: it was not given."""
    return [None if answer is None else str(answer) for answer in answers]


def decimal(total: float | None) -> Decimal | None:
    """A total as it is stored; None when it cannot be scored."""
    return None if total is None else Decimal(str(total))
