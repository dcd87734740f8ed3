"""Answers to an instrument that stand alone, outside any assessment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from assessments.content import assessment_content
from assessments.definitions import Answer
from assessments.models import InstrumentAnswers
from assessments.scoring import score
from assessments.services.shared import as_text, decimal

if TYPE_CHECKING:
    from patients.models import Patient


@transaction.atomic
def record_instrument(
    *,
    actor: Actor,
    patient: Patient,
    instrument: str,
    taken_on: dt.date,
    answers: Sequence[Answer] | None = None,
    total: float | None = None,
    met: bool | None = None,
) -> UUID:
    """Store answers, a total or a verdict outside an assessment, for example from a form filled in elsewhere.

    Raises scoring.AnswersInvalid with every problem. The row is never changed.
    """
    require(actor, Permission.ASSESS if actor.user_id else Permission.RECORD_CHECK_IN)
    content = assessment_content()
    found = score(instrument, content.instruments, answers=answers, total=total, met=met)
    row = InstrumentAnswers.objects.create(
        organisation_id=actor.organisation_id,
        patient_id=patient.pk,
        instrument=instrument,
        definition_version=content.version,
        taken_on=taken_on,
        answers=as_text(answers) if answers is not None else None,
        total=decimal(found.total),
        met=found.met,
        **actor.authorship(),
    )
    audit.record(
        actor=actor,
        action="instrument.add",
        patient_id=patient.pk,
        target=f"instrument:{row.pk}",
        detail={"instrument": instrument},
    )
    return row.pk
