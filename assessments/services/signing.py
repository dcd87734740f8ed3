"""The signature: it fixes the assessment and writes what that states about the patient into the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from assessments import queries
from assessments.content import assessment_content
from assessments.models import Assessment, PatientReport
from assessments.record import AssessmentRecord
from assessments.services.shared import ChangedSinceShown, NotSignable, locked_draft, note
from assessments.summary import STOPS_SIGNING, summarise
from patients import queries as patient_queries
from patients import services as patient_services
from patients.record import PatientRecord

if TYPE_CHECKING:
    from patients.models import Patient


@transaction.atomic
def sign(
    *, actor: Actor, patient: Patient, assessment_id: UUID, revision: str, now: dt.datetime, today: dt.date
) -> None:
    """Fix the assessment and write what it states into the patient's record.

    `revision` is that of the record on the page that was signed; ChangedSinceShown when it is not the present one.
    Raises NotSignable while a present red flag is neither dismissed with a reason nor given to somebody by a time,
    while an alarming answer (PHQ-9 item 9, a sign told before the visit) awaits its protocol or its red flag, or while
    something typed could not be read. Unknown answers do not stop a signature; the page lists them.
    """
    require(actor, Permission.SIGN_ASSESSMENT)
    draft = locked_draft(actor, patient, assessment_id)
    record = queries.assessment_of(patient.pk, draft.pk)
    assert record is not None  # It was locked a moment ago.
    if record.revision != revision:
        raise ChangedSinceShown
    if blocking := [p for p in summarise(record, assessment_content()).open if p.kind in STOPS_SIGNING]:
        raise NotSignable(blocking)
    _write_to_record(actor, patient, record, today)
    _give_tasks(actor, patient, record)
    draft.status = Assessment.Status.SIGNED
    draft.signed_by_id = actor.user_id
    draft.signed_at = now
    draft.save(update_fields=["status", "signed_by", "signed_at"])
    # What the patient had sent stood beside what was signed: from here on it belongs to it.
    PatientReport.objects.filter(patient_id=patient.pk, assessment__isnull=True, sent_at__lte=now).update(
        assessment=draft
    )
    note(actor, draft, "assessment.sign", {"supersedes": str(draft.supersedes_id)} if draft.supersedes_id else {})


def _write_to_record(actor: Actor, patient: Patient, record: AssessmentRecord, today: dt.date) -> None:
    """Causes, states and preferences, where the assessment says something else than the record, or says it anew."""
    on_file = patient_queries.record_of(patient, today)
    stated: dict[str, Mapping[str, str]] = {"condition": record.conditions, "concept": record.concepts}
    words = {"yes": "present", "no": "absent", "unknown": "unknown"}
    news = [
        patient_services.StatedProblem(kind, code, words[answer])
        for kind, answers in stated.items()
        for code, answer in answers.items()
        if _is_news(on_file, kind, code, words[answer], record.assessed_on)
    ]
    if news:
        patient_services.state_problems(
            actor=actor, patient=patient, stated=news, stated_on=record.assessed_on, today=today
        )
    if record.problem_list_reviewed:
        patient_services.review_problem_list(actor=actor, patient=patient, reviewed_on=record.assessed_on, today=today)
    if "wishes" in record.sections:
        _write_preferences(actor, patient, record, on_file)


def _give_tasks(actor: Actor, patient: Patient, record: AssessmentRecord) -> None:
    """What is to be done about a red flag stands on somebody's list, unless the corrected version gave it already."""
    before = queries.assessment_of(patient.pk, record.supersedes_id) if record.supersedes_id is not None else None
    given_already = before.red_flags if before is not None else {}
    for flag, given in record.red_flags.items():
        if given.handling != "handled" or given.owner_id is None or given.due_at is None:
            continue
        if given_already.get(flag) == given:
            continue
        name = assessment_content().red_flags[flag].name
        patient_services.add_task(
            actor=actor,
            patient=patient,
            text=_("Red flag %(name)s: %(note)s") % {"name": name, "note": given.note},
            due_on=timezone.localtime(given.due_at).date(),
            owner_id=given.owner_id,
        )


def _is_news(on_file: PatientRecord, kind: str, code: str, status: str, stated_on: dt.date) -> bool:
    """Whether a statement adds to the record: another status, or a newer day for a state that goes stale."""
    now = next((p for p in on_file.problems if (p.kind, p.code) == (kind, code)), None)
    if now is None:
        return status != "unknown"
    if now.stated_on > stated_on:
        return False
    concept = assessment_content().concepts.get(code) if kind == "concept" else None
    goes_stale = concept is not None and concept.freshness_days is not None
    return now.status != status or (goes_stale and now.stated_on < stated_on)


def _write_preferences(actor: Actor, patient: Patient, record: AssessmentRecord, on_file: PatientRecord) -> None:
    wanted = {code for code, answer in record.preferences.items() if answer == "yes"}
    for code in sorted(wanted - set(on_file.preferences)):
        patient_services.record_preference(actor=actor, patient=patient, code=code)
    for row in patient_queries.history_of("preference", patient.pk):
        is_current = not row.withdrawn and getattr(row, "superseded_by", None) is None
        if is_current and row.code in set(on_file.preferences) - wanted:
            patient_services.withdraw(
                actor=actor, patient=patient, row=row, reason=_("No longer wanted at the assessment.")
            )
