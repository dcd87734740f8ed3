"""A draft: begun, saved section by section, corrected from a signed assessment, or thrown away.

Nothing that somebody typed blocks a save. Each section has a version, and a save that was made from an older version is
refused, so that two people never overwrite each other unseen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from assessments import queries
from assessments.entries import (
    AREA_PREFIX,
    CORE_INSTRUMENTS,
    FIXED_SECTIONS,
    Entry,
    SectionId,
    score_instrument,
    storable,
)
from assessments.models import Assessment, KeptInput, PainArea, SectionSave
from assessments.record import AssessmentRecord, KeptText, SectionState
from assessments.services.sections import copy_sections, write_section
from assessments.services.shared import (
    AssessmentNotFound,
    CorrectionRefused,
    SectionUnknown,
    StaleSave,
    locked_draft,
    note,
    sync_rows,
    user_id,
)
from assessments.summary import area_id

if TYPE_CHECKING:
    from patients.models import Patient

MOST_AREAS = 12
# What a new assessment takes over from the one before; scores, red flags and wishes are asked anew.
COPIED_SECTIONS = ("areas", "causes", "grading", "tests")
# Longer than any field, so that what is too long for its field is still kept whole.
LONGEST_KEPT = 20_000
LONGEST_REASON = 300
LONGEST_NAME = 80


@transaction.atomic
def start(*, actor: Actor, patient: Patient, today: dt.date, copy_newest: bool = False, now: dt.datetime) -> UUID:
    """Open a draft and return its id; the one that is open already, when there is one.

    With `copy_newest` the areas, causes, grading and tests of the newest signed assessment are taken over and marked as
    copied until somebody confirms each.
    """
    require(actor, Permission.ASSESS)
    try:
        with transaction.atomic():
            draft = _new_draft(actor, patient, today)
    except IntegrityError:
        # Two people began at the same moment; both go on in the one draft (one_open_draft_per_patient).
        open_draft = queries.draft_of(patient.pk)
        if open_draft is None:
            raise
        return open_draft.id
    copied: AssessmentRecord | None = queries.newest_signed(patient.pk, today) if copy_newest else None
    if copied is not None:
        copy_sections(actor, draft, copied, COPIED_SECTIONS, now, confirmed=False)
    note(actor, draft, "assessment.start", {"copied_from": str(copied.id)} if copied else {})
    return draft.pk


@transaction.atomic
def correct(*, actor: Actor, patient: Patient, assessment_id: UUID, reason: str, now: dt.datetime) -> UUID:
    """Open a draft with everything of a signed assessment, to replace it when it is signed.

    Raises CorrectionRefused without a reason, when another draft is open, or when it was corrected already.
    """
    require(actor, Permission.ASSESS)
    before = queries.assessment_of(patient.pk, assessment_id)
    if before is None:
        raise AssessmentNotFound
    if not before.is_signed or before.superseded_by_id is not None:
        raise CorrectionRefused(_("Only the newest version of a signed assessment can be corrected."))
    said = storable(reason).strip()
    if not said:
        raise CorrectionRefused(_("Say why the assessment is corrected."))
    if len(said) > LONGEST_REASON:
        raise CorrectionRefused(_("Say it in at most %(most)d characters.") % {"most": LONGEST_REASON})
    try:
        with transaction.atomic():
            draft = _new_draft(actor, patient, before.assessed_on, supersedes_id=before.id, correction_reason=said)
    except IntegrityError:
        # It was there, or somebody began it at the same moment (one_open_draft_per_patient).
        raise CorrectionRefused(_("Another assessment of this patient is open. Sign or discard it first.")) from None
    copy_sections(actor, draft, before, FIXED_SECTIONS, now, confirmed=True)
    note(actor, draft, "assessment.correct", {"supersedes": str(before.id)})
    return draft.pk


@transaction.atomic
def discard(*, actor: Actor, patient: Patient, assessment_id: UUID) -> None:
    """Throw an open draft away. Raises AlreadySigned for one that is signed."""
    require(actor, Permission.ASSESS)
    draft = locked_draft(actor, patient, assessment_id)
    note(actor, draft, "assessment.discard")
    # Inside the transaction the parts go first; the trigger looks at the assessment, which is still a draft.
    draft.delete()


@transaction.atomic
def save_section(
    *,
    actor: Actor,
    patient: Patient,
    assessment_id: UUID,
    section: SectionId,
    version: int,
    entry: Entry,
    kept: Sequence[KeptText] = (),
    now: dt.datetime,
    reason: str = "",
) -> SectionState:
    """Store a section of a draft and return its new state. `version` is the one the form was made from, 0 for none.

    What could not be read comes in `kept` and is stored as typed; it never stops the rest. Raises StaleSave when
    somebody saved the section since, AlreadySigned, AssessmentNotFound, or SectionUnknown. `reason` is the ground on
    which the record opened, for a caller that left no row about it.
    """
    require(actor, Permission.ASSESS)
    draft = locked_draft(actor, patient, assessment_id)
    # Read after the lock was won: in one statement with it, the rows could be older than the draft.
    stored = queries.parts_of(draft.pk)
    state = _next_state(actor, draft, stored, patient.clinic_id, section, version, now)
    write_section(actor, draft, stored, entry)
    sync_rows(
        stored.kept,
        KeptInput,
        draft,
        {"section": section},
        {(text.field,): {"text": text.text[:LONGEST_KEPT], "problem": text.problem[:300]} for text in kept},
        ("field",),
    )
    note(actor, draft, "assessment.save", {"section": section, "version": state.version}, reason)
    return SectionState(state.version, now, actor.name)


@transaction.atomic
def add_area(*, actor: Actor, patient: Patient, assessment_id: UUID, name: str = "") -> UUID:
    """Add an empty pain area and return its id. Raises SectionUnknown beyond the largest number of areas.

    A name is cut at LONGEST_NAME characters; who asks for one says so.
    """
    require(actor, Permission.ASSESS)
    draft = locked_draft(actor, patient, assessment_id)
    taken = PainArea.objects.filter(assessment=draft).values_list("position", flat=True)
    if len(taken) >= MOST_AREAS:
        raise SectionUnknown
    area = PainArea.objects.create(
        organisation_id=actor.organisation_id,
        assessment=draft,
        position=max(taken, default=0) + 1,
        name=storable(name).strip()[:LONGEST_NAME],
    )
    note(actor, draft, "assessment.save", {"section": f"{AREA_PREFIX}{area.pk}", "added": True})
    return area.pk


@transaction.atomic
def remove_area(*, actor: Actor, patient: Patient, assessment_id: UUID, area: UUID) -> None:
    """Remove a pain area of a draft with everything said about it."""
    require(actor, Permission.ASSESS)
    draft = locked_draft(actor, patient, assessment_id)
    gone, _rows = PainArea.objects.filter(assessment=draft, id=area).delete()
    if not gone:
        raise SectionUnknown
    section = f"{AREA_PREFIX}{area}"
    SectionSave.objects.filter(assessment=draft, section=section).delete()
    KeptInput.objects.filter(assessment=draft, section=section).delete()
    note(actor, draft, "assessment.save", {"section": section, "removed": True})


def _new_draft(actor: Actor, patient: Patient, assessed_on: dt.date, **fields: Any) -> Assessment:
    return Assessment.objects.create(
        organisation_id=actor.organisation_id,
        patient_id=patient.pk,
        assessed_on=assessed_on,
        created_by_id=user_id(actor),
        **actor.dated("created_at"),
        **fields,
    )


def _exists(stored: queries.Parts, section: SectionId, clinic_id: UUID) -> bool:
    """Whether a section that nobody has saved yet may be; a questionnaire only where the clinic uses it."""
    area, instrument = area_id(section), score_instrument(section)
    if area is not None:
        return any(one.pk == area for one in stored.areas)
    if instrument is not None:
        return instrument not in CORE_INSTRUMENTS and instrument in queries.instruments_in_use(clinic_id)
    return section in FIXED_SECTIONS


def _next_state(
    actor: Actor,
    draft: Assessment,
    stored: queries.Parts,
    clinic_id: UUID,
    section: SectionId,
    version: int,
    now: dt.datetime,
) -> SectionSave:
    state = next((one for one in stored.sections if one.section == section), None)
    if state is None:
        if version != 0 or not _exists(stored, section, clinic_id):
            raise SectionUnknown
        return SectionSave.objects.create(
            organisation_id=actor.organisation_id,
            assessment=draft,
            section=section,
            saved_by_id=user_id(actor),
            saved_at=now,
        )
    if state.version != version:
        raise StaleSave(SectionState(state.version, state.saved_at, str(state.saved_by), state.copied))
    state.version += 1
    state.saved_by_id, state.saved_at, state.copied = user_id(actor), now, False
    state.save()
    return state
