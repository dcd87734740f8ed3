"""Writes of assessments. Every public function takes `actor` first, runs in one transaction, leaves a row in the trail.

A draft is saved section by section; nothing that somebody typed blocks a save. Each section has a version, and a save
that was made from an older version is refused, so that two people never overwrite each other unseen. Signing fixes the
assessment and writes what it states about the patient (causes, states, preferences) into the record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_never
from uuid import UUID, uuid4

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from assessments import queries
from assessments.content import assessment_content
from assessments.definitions import Answer
from assessments.entries import (
    AREA_PREFIX,
    FIXED_SECTIONS,
    AreaEntry,
    CausesEntry,
    DiagnosticsEntry,
    Entry,
    GradingEntry,
    HealthEntry,
    InstrumentsEntry,
    RedFlagsEntry,
    SectionId,
    SeverityEntry,
    WishesEntry,
)
from assessments.models import (
    AreaFinding,
    AreaRegion,
    Assessment,
    DiagnosticTest,
    InstrumentAnswers,
    KeptInput,
    PainArea,
    Part,
    RedFlagAnswer,
    SectionSave,
    Statement,
)
from assessments.record import AreaRecord, AssessmentRecord, InstrumentRecord, KeptText, SectionState
from assessments.scoring import score
from assessments.summary import OpenPoint, area_id, summarise
from patients import queries as patient_queries
from patients import services as patient_services
from patients.record import PatientRecord

if TYPE_CHECKING:
    from patients.models import Patient

MOST_AREAS = 12
# What must be settled before a signature: a red flag without action, and text that nobody could read.
BLOCKING = frozenset({"kept_text", "red_flag_unhandled"})
# What a new assessment takes over from the one before; scores, red flags and wishes are asked anew.
COPIED_SECTIONS = ("areas", "causes", "grading", "tests")


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


# --- drafts -------------------------------------------------------------------------------------------------------


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
        _copy(actor, draft, copied, COPIED_SECTIONS, now, confirmed=False)
    _note(actor, draft, "assessment.start", {"copied_from": str(copied.id)} if copied else {})
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
    if not reason.strip():
        raise CorrectionRefused(_("Say why the assessment is corrected."))
    if queries.draft_of(patient.pk) is not None:
        raise CorrectionRefused(_("Another assessment of this patient is open. Sign or discard it first."))
    draft = _new_draft(actor, patient, before.assessed_on, supersedes_id=before.id, correction_reason=reason.strip())
    _copy(actor, draft, before, FIXED_SECTIONS, now, confirmed=True)
    _note(actor, draft, "assessment.correct", {"supersedes": str(before.id)})
    return draft.pk


@transaction.atomic
def discard(*, actor: Actor, patient: Patient, assessment_id: UUID) -> None:
    """Throw an open draft away. Raises AlreadySigned for one that is signed."""
    require(actor, Permission.ASSESS)
    draft = _locked_draft(actor, patient, assessment_id)
    _note(actor, draft, "assessment.discard")
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
) -> SectionState:
    """Store a section of a draft and return its new state. `version` is the one the form was made from, 0 for none.

    What could not be read comes in `kept` and is stored as typed; it never stops the rest. Raises StaleSave when
    somebody saved the section since, AlreadySigned, AssessmentNotFound, or SectionUnknown.
    """
    require(actor, Permission.ASSESS)
    draft = _locked_draft(actor, patient, assessment_id)
    state = _next_state(actor, draft, section, version, now)
    _write(actor, draft, section, entry)
    _sync(
        KeptInput,
        draft,
        {("section", section)},
        {(text.field,): {"text": text.text[:500], "problem": text.problem[:300]} for text in kept},
        ("field",),
    )
    _note(actor, draft, "assessment.save", {"section": section, "version": state.version})
    return SectionState(state.version, now, actor.name)


@transaction.atomic
def add_area(*, actor: Actor, patient: Patient, assessment_id: UUID, name: str = "") -> UUID:
    """Add an empty pain area and return its id. Raises SectionUnknown beyond the largest number of areas."""
    require(actor, Permission.ASSESS)
    draft = _locked_draft(actor, patient, assessment_id)
    taken = PainArea.objects.filter(assessment=draft).values_list("position", flat=True)
    if len(taken) >= MOST_AREAS:
        raise SectionUnknown
    area = PainArea.objects.create(
        organisation_id=actor.organisation_id,
        assessment=draft,
        position=max(taken, default=0) + 1,
        name=name.strip()[:80],
    )
    _note(actor, draft, "assessment.save", {"section": f"{AREA_PREFIX}{area.pk}", "added": True})
    return area.pk


@transaction.atomic
def remove_area(*, actor: Actor, patient: Patient, assessment_id: UUID, area: UUID) -> None:
    """Remove a pain area of a draft with everything said about it."""
    require(actor, Permission.ASSESS)
    draft = _locked_draft(actor, patient, assessment_id)
    gone, _rows = PainArea.objects.filter(assessment=draft, id=area).delete()
    if not gone:
        raise SectionUnknown
    section = f"{AREA_PREFIX}{area}"
    SectionSave.objects.filter(assessment=draft, section=section).delete()
    KeptInput.objects.filter(assessment=draft, section=section).delete()
    _note(actor, draft, "assessment.save", {"section": section, "removed": True})


# --- signing ------------------------------------------------------------------------------------------------------


@transaction.atomic
def sign(
    *, actor: Actor, patient: Patient, assessment_id: UUID, revision: str, now: dt.datetime, today: dt.date
) -> None:
    """Fix the assessment and write what it states into the patient's record.

    `revision` is that of the record on the page that was signed; ChangedSinceShown when it is not the present one.
    Raises NotSignable while a present red flag is neither acted on nor dismissed with words, or while something typed
    could not be read. Unknown answers do not stop a signature; the page lists them.
    """
    require(actor, Permission.SIGN_ASSESSMENT)
    draft = _locked_draft(actor, patient, assessment_id)
    record = queries.assessment_of(patient.pk, draft.pk)
    assert record is not None  # It was locked a moment ago.
    if record.revision != revision:
        raise ChangedSinceShown
    if blocking := [p for p in summarise(record, assessment_content()).open if p.kind in BLOCKING]:
        raise NotSignable(blocking)
    _write_to_record(actor, patient, record, today)
    draft.status = Assessment.Status.SIGNED
    draft.signed_by_id = actor.user_id
    draft.signed_at = now
    draft.save(update_fields=["status", "signed_by", "signed_at"])
    _note(actor, draft, "assessment.sign", {"supersedes": str(draft.supersedes_id)} if draft.supersedes_id else {})


def _write_to_record(actor: Actor, patient: Patient, record: AssessmentRecord, today: dt.date) -> None:
    """Causes, states and preferences, where the assessment says something else than the record, or says it anew."""
    on_file = patient_queries.record_of(patient, today)
    stated: dict[str, Mapping[str, str]] = {"condition": record.conditions, "concept": record.concepts}
    words = {"yes": "present", "no": "absent", "unknown": "unknown"}
    for kind, answers in stated.items():
        for code, answer in answers.items():
            if _is_news(on_file, kind, code, words[answer], record.assessed_on):
                patient_services.state_problem(
                    actor=actor,
                    patient=patient,
                    kind=kind,
                    code=code,
                    status=words[answer],
                    stated_on=record.assessed_on,
                    today=today,
                )
    if record.problem_list_reviewed:
        patient_services.review_problem_list(actor=actor, patient=patient, reviewed_on=record.assessed_on, today=today)
    if "wishes" in record.sections:
        _write_preferences(actor, patient, record, on_file)


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


# --- answers that stand alone -------------------------------------------------------------------------------------


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
        answers=_as_text(answers) if answers is not None else None,
        total=_decimal(found.total),
        met=found.met,
        created_by_id=actor.user_id,
        created_job=actor.job,
    )
    audit.record(
        actor=actor,
        action="instrument.add",
        patient_id=patient.pk,
        target=f"instrument:{row.pk}",
        detail={"instrument": instrument},
    )
    return row.pk


# --- what every write shares --------------------------------------------------------------------------------------


def _note(actor: Actor, draft: Assessment, action: str, detail: Mapping[str, Any] | None = None) -> None:
    audit.record(
        actor=actor, action=action, patient_id=draft.patient_id, target=f"assessment:{draft.pk}", detail=detail
    )


def _user_id(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise ValueError("An assessment is made by a person, not by a job.")
    return actor.user_id


def _new_draft(actor: Actor, patient: Patient, assessed_on: dt.date, **fields: Any) -> Assessment:
    return Assessment.objects.create(
        organisation_id=actor.organisation_id,
        patient_id=patient.pk,
        assessed_on=assessed_on,
        created_by_id=_user_id(actor),
        **fields,
    )


def _locked_draft(actor: Actor, patient: Patient, assessment_id: UUID) -> Assessment:
    """The draft, locked: a save and a signature come one after the other."""
    draft = (
        Assessment.objects.select_for_update(no_key=True)
        .filter(organisation_id=actor.organisation_id, patient_id=patient.pk, id=assessment_id)
        .first()
    )
    if draft is None:
        raise AssessmentNotFound
    if draft.status == Assessment.Status.SIGNED:
        raise AlreadySigned
    return draft


def _next_state(actor: Actor, draft: Assessment, section: SectionId, version: int, now: dt.datetime) -> SectionSave:
    area = area_id(section)
    exists = section in FIXED_SECTIONS if area is None else PainArea.objects.filter(assessment=draft, id=area).exists()
    if not exists:
        raise SectionUnknown
    state = SectionSave.objects.select_related("saved_by").filter(assessment=draft, section=section).first()
    if state is None:
        if version != 0:
            raise SectionUnknown
        return SectionSave.objects.create(
            organisation_id=actor.organisation_id,
            assessment=draft,
            section=section,
            saved_by_id=_user_id(actor),
            saved_at=now,
        )
    if state.version != version:
        raise StaleSave(SectionState(state.version, state.saved_at, str(state.saved_by), state.copied))
    state.version += 1
    state.saved_by_id, state.saved_at, state.copied = _user_id(actor), now, False
    state.save()
    return state


def _write(actor: Actor, draft: Assessment, section: SectionId, entry: Entry) -> None:
    match entry:
        case RedFlagsEntry():
            wanted = {
                (flag,): {"answer": given.answer, "handling": given.handling, "note": given.note}
                for flag, given in entry.answers.items()
            }
            _sync(RedFlagAnswer, draft, set(), wanted, ("flag",))
        case AreaEntry():
            _write_area(draft, entry.area)
        case SeverityEntry():
            _write_instrument(actor, draft, "nrs", entry.nrs)
            months = entry.duration_months
            draft.duration_months = Decimal(str(months)) if months is not None else None
            draft.save(update_fields=["duration_months"])
        case GradingEntry():
            for criterion in assessment_content().grading.criteria:
                setattr(draft, criterion.id, entry.answers.get(criterion.id, ""))
            draft.save(update_fields=[criterion.id for criterion in assessment_content().grading.criteria])
        case DiagnosticsEntry():
            tests = {(test.id,): {"result": test.result, "done_on": test.done_on} for test in entry.tests}
            _sync(DiagnosticTest, draft, set(), tests, ("test",))
        case InstrumentsEntry():
            for instrument, answers in entry.answers.items():
                _write_instrument(actor, draft, instrument, answers)
        case CausesEntry():
            _write_statements(draft, Statement.Kind.CONDITION, entry.answers)
        case HealthEntry():
            _write_statements(draft, Statement.Kind.CONCEPT, entry.answers)
            draft.problem_list_reviewed = entry.problem_list_reviewed
            draft.save(update_fields=["problem_list_reviewed"])
        case WishesEntry():
            _write_statements(draft, Statement.Kind.PREFERENCE, entry.answers)
            draft.notes = entry.notes
            draft.save(update_fields=["notes"])
        case _:
            assert_never(entry)


def _write_statements(draft: Assessment, kind: str, answers: Mapping[str, str]) -> None:
    _sync(Statement, draft, {("kind", kind)}, {(code,): {"answer": a} for code, a in answers.items()}, ("code",))


def _write_area(draft: Assessment, area: AreaRecord) -> None:
    columns = {column: area.timing.get(column, "") for column in queries.TIMING_COLUMNS}
    PainArea.objects.filter(assessment=draft, id=area.id).update(
        name=area.name,
        pattern=area.pattern,
        onset_date=area.onset_date,
        localised=area.localised,
        intensity=area.intensity,
        **columns,
    )
    _sync(AreaRegion, draft, {("area_id", area.id)}, {(region,): {} for region in area.regions}, ("region",))
    findings = {
        (kind, code): {"answer": answer}
        for kind, answers in (
            (AreaFinding.Kind.DESCRIPTOR, area.descriptors),
            (AreaFinding.Kind.EVOKED, area.evoked),
            (AreaFinding.Kind.NEGATIVE, area.negative),
        )
        for code, answer in answers.items()
    }
    _sync(AreaFinding, draft, {("area_id", area.id)}, findings, ("kind", "code"))


def _write_instrument(actor: Actor, draft: Assessment, instrument: str, answers: Sequence[Answer]) -> None:
    """Store the answers, or remove the row when none was given: silence has no row."""
    content = assessment_content()
    rows = InstrumentAnswers.objects.filter(assessment=draft, instrument=instrument)
    if all(answer is None for answer in answers):
        rows.delete()
        return
    found = score(instrument, content.instruments, answers=answers)
    values: dict[str, Any] = {
        "answers": _as_text(answers),
        "total": _decimal(found.total),
        "met": found.met,
        "definition_version": content.version,
    }
    if not rows.update(**values):
        InstrumentAnswers.objects.create(
            organisation_id=actor.organisation_id,
            patient_id=draft.patient_id,
            assessment=draft,
            instrument=instrument,
            taken_on=draft.assessed_on,
            created_by_id=actor.user_id,
            **values,
        )


def _sync(
    model: type[Part],
    draft: Assessment,
    scope: set[tuple[str, Any]],
    wanted: Mapping[Any, Mapping[str, Any]],
    key: tuple[str, ...],
) -> None:
    """Make the rows of the scope equal to what is wanted, touching only those that differ."""
    manager: models.Manager[Any] = model._default_manager
    rows = {tuple(getattr(row, name) for name in key): row for row in manager.filter(assessment=draft, **dict(scope))}
    gone = [row.pk for found, row in rows.items() if found not in wanted]
    if gone:
        manager.filter(pk__in=gone).delete()
    fresh = [
        model(
            organisation_id=draft.organisation_id,
            assessment=draft,
            **dict(scope),
            **dict(zip(key, found, strict=True)),
            **values,
        )
        for found, values in wanted.items()
        if found not in rows
    ]
    manager.bulk_create(fresh)
    for found, values in wanted.items():
        row = rows.get(found)
        if row is not None and any(getattr(row, name) != value for name, value in values.items()):
            manager.filter(pk=row.pk).update(**values)


def _as_text(answers: Iterable[Answer]) -> list[str | None]:
    return [None if answer is None else str(answer) for answer in answers]


def _decimal(total: float | None) -> Decimal | None:
    return None if total is None else Decimal(str(total))


# --- copies -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Copied:
    section: SectionId
    entry: Entry | None


def _copy(
    actor: Actor,
    draft: Assessment,
    before: AssessmentRecord,
    sections: Iterable[SectionId],
    now: dt.datetime,
    *,
    confirmed: bool,
) -> None:
    """Take sections of an assessment over into a new draft; `confirmed` says that they need no second look."""
    for copied in _sections_to_copy(before, sections):
        section = copied.section
        if isinstance(copied.entry, AreaEntry):
            area = PainArea.objects.create(
                id=uuid4(),
                organisation_id=draft.organisation_id,
                assessment=draft,
                position=PainArea.objects.filter(assessment=draft).count() + 1,
            )
            section = f"{AREA_PREFIX}{area.pk}"
            _write(actor, draft, section, AreaEntry(replace(copied.entry.area, id=area.pk)))
        elif copied.entry is not None:
            _write(actor, draft, section, copied.entry)
        SectionSave.objects.create(
            organisation_id=draft.organisation_id,
            assessment=draft,
            section=section,
            saved_by_id=_user_id(actor),
            saved_at=now,
            copied=not confirmed,
        )


def _sections_to_copy(before: AssessmentRecord, sections: Iterable[SectionId]) -> Iterable[_Copied]:
    for section in sections:
        if section == "areas":
            yield from (_Copied(f"{AREA_PREFIX}{area.id}", AreaEntry(area)) for area in before.areas)
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
            asked = ("peg",) if section == "function" else ("phq9", "gad7")
            given = {name: before.instruments[name] for name in asked if name in before.instruments}
            return InstrumentsEntry({name: _answers(one) for name, one in given.items()})
        case "health":
            return HealthEntry(before.concepts, before.problem_list_reviewed)
        case "wishes":
            return WishesEntry(before.preferences, before.notes)
        case _:
            return None


def _answers(given: InstrumentRecord | None) -> tuple[Answer, ...]:
    return (given.answers or ()) if given is not None else ()
