"""Writes of plans. Each takes `actor` first, runs in one transaction and leaves one row in the audit trail.

A draft is changed here and nowhere else; the signature computes everything again and refuses while a reason is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts import queries as account_queries
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from patients import services as patient_services
from patients.access import PatientNotFound, patient_for
from treatments import plan_checks, plan_readiness, queries
from treatments.models import FollowUpDate, Goal, Override, Plan, PlanItem
from treatments.plan_checks import Need
from treatments.plan_doses import (
    OVERRIDABLE,
    DoseIssue,
    PlannedStep,
    dose_problems,
    limits_of,
    proposed_steps,
)
from treatments.plan_record import FollowUpRecord, GoalRecord, PlanRecord
from treatments.snapshot import Snapshot, snapshot, text_digest
from treatments.states import State, may_step

if TYPE_CHECKING:
    from patients.models import Patient

MOST_ITEMS = 30
MOST_DATES = 40


class PlanRefused(ValueError):
    """What was entered cannot be stored. `problems` holds (field or "", sentence) for all of them at once."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(sentence for _field, sentence in problems))
        self.problems = list(problems)


class StaleSave(Exception):
    """Somebody saved this part since it was shown; nothing was stored."""

    def __init__(self) -> None:
        super().__init__(_("Somebody changed this in the meantime. Nothing of yours was stored yet."))


class NoDraft(LookupError):
    """There is no such draft, item or override any more: it was signed, thrown away or removed."""

    def __init__(self) -> None:
        super().__init__(_("This is no longer part of a draft. Look at the plan again."))


class NotSigned(Exception):
    """The plan cannot be signed: reasons are missing (`needs`), or `problems` say what else stands against it."""

    def __init__(self, problems: Sequence[str], needs: Sequence[Need] = ()) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)
        self.needs = tuple(needs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """What somebody entered for one item."""

    starts_on: date
    stops_on: date | None = None
    owner_id: UUID | None = None
    steps: tuple[PlannedStep, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """What somebody entered for the plan as a whole."""

    goals: tuple[GoalRecord, ...] = ()
    dates: tuple[FollowUpRecord, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonEntry:
    """A reason against the rules. `covers` are the ids that were on the page when it was given."""

    kind: str
    subject: str = ""
    covers: frozenset[str] = frozenset()
    reason: str
    text: str
    monitor_on: date | None = None


# --- the draft --------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_draft(*, actor: Actor, patient: Patient, shown: Snapshot, now: datetime) -> PlanRecord:
    """Begin a draft with the items and goals of the signed plan, if any; the open draft where there is one."""
    require(actor, Permission.DRAFT_PLAN)
    _lock_patient(actor, patient)
    draft = queries.draft_of(patient.pk)
    if draft is None:
        _begin(actor, patient, shown, now)
        draft = queries.draft_of(patient.pk)
        assert draft is not None
        _note(actor, patient.pk, "plan.draft", draft.id)
    return draft


@transaction.atomic
def add_item(*, actor: Actor, patient: Patient, kind: str, ref_id: str, shown: Snapshot, now: datetime) -> PlanRecord:
    """Choose an option, with the doses that the proposal gives this patient. Choosing it again changes nothing."""
    require(actor, Permission.DRAFT_PLAN)
    _lock_patient(actor, patient)
    rulebook = shown.rulebook
    known = {"agent": rulebook.agent_by_id, "therapy": rulebook.therapy_by_id}.get(kind, {})
    if ref_id not in known:
        raise PlanRefused([("", _("This option is not in the rulebook."))])
    plan_id = Plan.objects.filter(patient_id=patient.pk, state=State.DRAFT).values_list("id", flat=True).first()
    plan_id = plan_id or _begin(actor, patient, shown, now)
    held = PlanItem.objects.filter(plan_id=plan_id)
    if held.count() >= MOST_ITEMS:
        raise PlanRefused([("", _("A plan holds at most %(number)d items.") % {"number": MOST_ITEMS})])
    option = shown.proposal.option(ref_id)
    agent = rulebook.agent_by_id.get(ref_id)
    _item, is_new = PlanItem.objects.get_or_create(
        plan_id=plan_id,
        kind=kind,
        ref_id=ref_id,
        defaults={
            "organisation_id": actor.organisation_id,
            "name": option.name[:200],
            "position": (held.aggregate(last=Max("position"))["last"] or 0) + 1,
            "owner_id": actor.user_id,
            "starts_on": _local_day(now),
            "unit": agent.dosing.unit if agent and agent.dosing else "",
            "steps": [step.to_json() for step in proposed_steps(option)],
        },
    )
    if is_new:
        _touch(actor, plan_id, now)
        _note(actor, patient.pk, "plan.add_item", plan_id, item=ref_id, status=option.status.value)
    return _draft(patient)


@transaction.atomic
def remove_item(*, actor: Actor, patient: Patient, ref_id: str, now: datetime) -> PlanRecord:
    """Take an option out of the draft, with its overrides. Taking it out again changes nothing."""
    require(actor, Permission.DRAFT_PLAN)
    plan = _locked_draft(patient)
    removed, _rows = PlanItem.objects.filter(plan=plan, ref_id=ref_id).delete()
    if removed:
        _touch(actor, plan.pk, now)
        _note(actor, patient.pk, "plan.remove_item", plan.pk, item=ref_id)
    return _draft(patient)


@transaction.atomic
def save_item(
    *, actor: Actor, patient: Patient, ref_id: str, version: int, entry: ItemEntry, shown: Snapshot, now: datetime
) -> int:
    """Keep dates, doses, owner and note of one item; the new version. StaleSave when `version` is not the newest.

    A dose above this patient's limit needs an override first; above the highest dose of the rulebook it is refused.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = _locked_draft(patient)
    item = PlanItem.objects.filter(plan=plan, ref_id=ref_id).first()
    if item is None:
        raise NoDraft
    if item.version != version:
        raise StaleSave
    _refuse([*_entry_problems(actor, entry), *_dose_sentences(actor, plan, item, entry, shown)])
    item.starts_on, item.stops_on, item.owner_id = entry.starts_on, entry.stops_on, entry.owner_id
    item.steps = [step.to_json() for step in entry.steps]
    item.note = entry.note.strip()[:500]
    item.version += 1
    item.save(update_fields=["starts_on", "stops_on", "owner", "steps", "note", "version"])
    _touch(actor, plan.pk, now)
    _note(actor, patient.pk, "plan.save_item", plan.pk, item=ref_id, version=item.version)
    return item.version


@transaction.atomic
def save_plan(*, actor: Actor, patient: Patient, version: int, entry: PlanEntry, now: datetime) -> int:
    """Keep goals, follow-up dates and note; the new version. StaleSave when `version` is not the newest."""
    require(actor, Permission.DRAFT_PLAN)
    plan = _locked_draft(patient)
    if plan.version != version:
        raise StaleSave
    _refuse(_plan_problems(entry))
    shared = {"organisation_id": actor.organisation_id, "plan": plan}
    Goal.objects.filter(plan=plan).delete()
    Goal.objects.bulk_create(
        Goal(kind=goal.kind, words=goal.words.strip(), target=goal.target, by=goal.by, **shared)
        for goal in entry.goals
        if goal.words.strip() or goal.target is not None
    )
    FollowUpDate.objects.filter(plan=plan).delete()
    FollowUpDate.objects.bulk_create(
        FollowUpDate(due_on=due.due_on, kind=due.kind, text=due.text.strip(), source=due.source, **shared)
        for due in dict.fromkeys(entry.dates)
    )
    plan.note = entry.note.strip()
    plan.version += 1
    plan.changed_by_id, plan.changed_at = actor.user_id, now
    plan.save(update_fields=["note", "version", "changed_by", "changed_at"])
    _note(actor, patient.pk, "plan.save", plan.pk, version=plan.version)
    return plan.version


@transaction.atomic
def give_reason(
    *, actor: Actor, patient: Patient, ref_id: str, entry: ReasonEntry, shown: Snapshot, now: datetime
) -> PlanRecord:
    """Decide against the rules for one item (or about an alert, with an empty `ref_id`): a coded reason and words.

    A need that has grown since the page was shown is refused: nobody accepts what they have not seen.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = _locked_draft(patient)
    item = PlanItem.objects.filter(plan=plan, ref_id=ref_id).first() if ref_id else None
    if ref_id and item is None:
        raise NoDraft
    _refuse(_reason_problems(entry, _local_day(now)))
    record = _draft(patient)
    wanted = [
        need
        for need in plan_readiness.needs_of(record, shown)
        if (need.kind, need.ref_id, need.subject) == (entry.kind, ref_id, entry.subject)
    ]
    covers = set(entry.covers)
    if wanted and not covers >= set(wanted[0].covers):
        raise StaleSave
    if entry.kind == Override.Kind.DOSE and item is not None:
        covers |= _dose_cover(ref_id, shown)
    Override.objects.filter(plan=plan, item=item, kind=entry.kind, subject=entry.subject).delete()
    Override.objects.create(
        organisation_id=actor.organisation_id,
        plan=plan,
        item=item,
        kind=entry.kind,
        subject=entry.subject,
        covers=sorted(covers),
        reason=entry.reason,
        text=entry.text.strip()[:500],
        monitor_on=entry.monitor_on if entry.reason == Override.Reason.WILL_MONITOR else None,
        made_by_id=actor.user_id,
        made_job=actor.job,
        **actor.dated("made_at"),
    )
    _touch(actor, plan.pk, now)
    _note(actor, patient.pk, "plan.override", plan.pk, item=ref_id, kind=entry.kind, reason=entry.reason)
    return _draft(patient)


@transaction.atomic
def take_back_reason(*, actor: Actor, patient: Patient, override_id: UUID, now: datetime) -> PlanRecord:
    """Remove an override from the draft. Removing it again changes nothing."""
    require(actor, Permission.DRAFT_PLAN)
    plan = _locked_draft(patient)
    removed, _rows = Override.objects.filter(plan=plan, id=override_id).delete()
    if removed:
        _touch(actor, plan.pk, now)
        _note(actor, patient.pk, "plan.take_back_override", plan.pk, override=str(override_id))
    return _draft(patient)


@transaction.atomic
def discard_draft(*, actor: Actor, patient: Patient, now: datetime) -> None:
    """Throw the draft away; it stays on file as discarded and is shown nowhere."""
    require(actor, Permission.DRAFT_PLAN)
    plan = _locked_draft(patient)
    _end(actor, plan, State.DISCARDED, "", now)
    _note(actor, patient.pk, "plan.discard", plan.pk)


# --- the signature ----------------------------------------------------------------------------------------------------


@transaction.atomic
def sign_plan(*, actor: Actor, plan_id: UUID, now: datetime, seen: str | None = None) -> PlanRecord:
    """Sign a draft: compute facts and proposal again, keep them with the plan, replace the plan signed before.

    `seen` is the fingerprint of what the signer looked at (None: do not compare); StaleSave when the draft, the record
    or the rulebook changed since. NotSigned names every reason that is missing. Promises to monitor become tasks.
    """
    require(actor, Permission.SIGN_PLAN)
    patient_id = Plan.objects.filter(id=plan_id).values_list("patient_id", flat=True).first()
    if patient_id is None:
        raise NoDraft
    patient = patient_for(actor, patient_id, Permission.SIGN_PLAN)
    # Before the row, as everywhere: whoever takes them the other way round could wait for ever.
    _lock_patient(actor, patient)
    plan = _locked_draft(patient)
    if plan.pk != plan_id:
        raise NoDraft
    shown = snapshot(patient, _local_day(now))
    record = _draft(patient)
    facts_text = shown.facts.canonical_text()
    if seen is not None and seen != record.fingerprint(facts_text, shown.rulebook.digest):
        raise StaleSave
    _refuse_signature(record, shown)
    for item in record.items:
        PlanItem.objects.filter(id=item.id).update(status=shown.proposal.option(item.ref_id).status.value)
    before = Plan.objects.filter(patient_id=patient.pk, state=State.SIGNED).defer(*queries.BASIS).first()
    if before is not None:
        _end(actor, before, State.SUPERSEDED, "", now)
    proposal_text = shown.proposal.canonical_text()
    average = shown.facts.values.get("nrs_average")
    Plan.objects.filter(id=plan.pk).update(
        state=State.SIGNED,
        signed_by_id=actor.user_id,
        signed_job=actor.job,
        signed_at=now,
        supersedes=before,
        facts=facts_text,
        proposal=proposal_text,
        proposal_digest=text_digest(proposal_text),
        rulebook_digest=shown.rulebook.digest,
        rulebook_release=shown.rulebook.release,
        baseline_nrs=average if isinstance(average, int) and not isinstance(average, bool) else None,
    )
    _promise(actor, patient, record)
    _note(
        actor,
        patient.pk,
        "plan.sign",
        plan.pk,
        rulebook=shown.rulebook.digest,
        proposal=text_digest(proposal_text),
        overrides=len(record.overrides),
        supersedes=str(before.pk) if before else "",
    )
    signed = queries.signed_of(patient.pk)
    assert signed is not None
    return signed


@transaction.atomic
def stop_plan(*, actor: Actor, patient: Patient, plan_id: UUID, reason: str, now: datetime) -> PlanRecord:
    """End the signed plan without another in its place, and say why."""
    require(actor, Permission.SIGN_PLAN)
    _lock_patient(actor, patient)
    if not reason.strip():
        raise PlanRefused([("reason", _("Say why the plan is stopped."))])
    plan = Plan.objects.filter(id=plan_id, patient_id=patient.pk, state=State.SIGNED).defer(*queries.BASIS).first()
    if plan is None:
        raise NoDraft
    _end(actor, plan, State.STOPPED, reason.strip()[:300], now)
    _note(actor, patient.pk, "plan.stop", plan.pk)
    stopped = queries.plan_of(patient.pk, plan_id)
    assert stopped is not None
    return stopped


def _refuse_signature(record: PlanRecord, shown: Snapshot) -> None:
    problems = plan_readiness.against_signing(record, shown)
    open_needs = plan_checks.unanswered(plan_readiness.needs_of(record, shown), record.given)
    if problems or open_needs:
        sentences = [*problems, *(text for need in open_needs for text in need.texts)]
        raise NotSigned(sentences, open_needs)


def _promise(actor: Actor, patient: Patient, record: PlanRecord) -> None:
    for override in record.overrides:
        if override.monitor_on is None:
            continue
        item = record.item(override.ref_id)
        about = item.name if item else override.subject.replace("_", " ")
        patient_services.add_task(
            actor=actor,
            patient=patient,
            text=_("Monitor %(what)s: %(why)s") % {"what": about, "why": override.text},
            due_on=override.monitor_on,
            owner_id=item.owner_id if item and item.owner_id else actor.user_id,
        )


# --- what is refused --------------------------------------------------------------------------------------------------


def _dose_sentences(
    actor: Actor, plan: Plan, item: PlanItem, entry: ItemEntry, shown: Snapshot
) -> Iterable[tuple[str, str]]:
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    if agent is None:
        return
    option = shown.proposal.option(item.ref_id)
    limits = limits_of(option, agent)
    covered: Collection[str] = (
        Override.objects.filter(plan=plan, item=item, kind=Override.Kind.DOSE).values_list("covers", flat=True).first()
        or ()
    )
    for problem in dose_problems(entry.steps, limits, is_taken=option.currently_taken):
        if problem.issue in OVERRIDABLE and f"{problem.issue}:{problem.limit:g}" in covered:
            continue
        yield "steps", plan_readiness.dose_sentence(problem, limits)


def _dose_cover(ref_id: str, shown: Snapshot) -> set[str]:
    """A reason for the dose is about both limits of this patient as they are today."""
    agent = shown.rulebook.agent_by_id.get(ref_id)
    limits = limits_of(shown.proposal.option(ref_id), agent) if agent else None
    if limits is None:
        return set()
    pairs = ((DoseIssue.ABOVE_START, limits.start_per_day), (DoseIssue.ABOVE_LIMIT, limits.max_per_day))
    return {f"{issue}:{limit:g}" for issue, limit in pairs if limit is not None}


def _entry_problems(actor: Actor, entry: ItemEntry) -> Iterable[tuple[str, str]]:
    if entry.stops_on and entry.stops_on < entry.starts_on:
        yield "stops_on", _("The end lies before the beginning.")
    if entry.owner_id and not account_queries.staff_of(actor.organisation_id).filter(id=entry.owner_id).exists():
        yield "owner", _("This person does not work in your organisation.")


def _plan_problems(entry: PlanEntry) -> Iterable[tuple[str, str]]:
    for goal in entry.goals:
        if goal.target is not None and not 0 <= goal.target <= 10:
            yield f"{goal.kind}_target", _("Pain goes from 0 to 10.")
    if len(entry.dates) > MOST_DATES:
        yield "dates", _("A plan holds at most %(number)d dates.") % {"number": MOST_DATES}


def _reason_problems(entry: ReasonEntry, today: date) -> list[tuple[str, str]]:
    found = []
    if entry.kind not in Override.Kind.values:
        found.append(("kind", _("Say what the reason is about.")))
    if entry.reason not in Override.Reason.values:
        found.append(("reason", _("Choose a reason.")))
    if not entry.text.strip():
        found.append(("text", _("Say it in a few words as well.")))
    if entry.reason == Override.Reason.WILL_MONITOR:
        if entry.monitor_on is None:
            found.append(("monitor_on", _("Say by when it is checked; a task is made for that day.")))
        elif entry.monitor_on < today:
            found.append(("monitor_on", _("That day has passed.")))
    return found


def _refuse(problems: Iterable[tuple[str, str]]) -> None:
    found = list(problems)
    if found:
        raise PlanRefused(found)


# --- what every write shares ------------------------------------------------------------------------------------------


def _begin(actor: Actor, patient: Patient, shown: Snapshot, now: datetime) -> UUID:
    """A new draft with the items and goals of the signed plan, and the dates that the proposal asks for."""
    shared: dict[str, Any] = {"organisation_id": actor.organisation_id}
    plan = Plan.objects.create(
        patient_id=patient.pk,
        **actor.authorship(),
        changed_by_id=actor.user_id,
        changed_at=now,
        **shared,
    )
    before = queries.signed_of(patient.pk)
    if before is not None:
        PlanItem.objects.bulk_create(
            PlanItem(
                plan=plan,
                kind=item.kind,
                ref_id=item.ref_id,
                name=item.name,
                position=place,
                owner_id=item.owner_id,
                starts_on=item.starts_on,
                stops_on=item.stops_on,
                unit=item.unit,
                steps=[step.to_json() for step in item.steps],
                note=item.note,
                **shared,
            )
            for place, item in enumerate(before.items, start=1)
        )
        Goal.objects.bulk_create(
            Goal(plan=plan, kind=goal.kind, words=goal.words, target=goal.target, by=goal.by, **shared)
            for goal in before.goals.values()
        )
    FollowUpDate.objects.bulk_create(
        FollowUpDate(plan=plan, due_on=due.due_on, kind=due.kind, text=due.text, source=due.source, **shared)
        for due in _proposed_dates(shown, _local_day(now))
    )
    return plan.pk


def _proposed_dates(shown: Snapshot, today: date) -> list[FollowUpRecord]:
    """The days on which the proposal asks somebody to look again: the last day of each review's window."""
    starting = {choice.review for choice in shown.rulebook.meanings.reviews if choice.kind == "start"}
    first = next((choice.review for choice in shown.rulebook.meanings.reviews if choice.kind == "start"), None)
    found = [
        FollowUpRecord(
            today + timedelta(days=call.days[-1]),
            FollowUpDate.Kind.CHECK_IN if call.id == first else FollowUpDate.Kind.REVIEW,
            call.text.split(". ")[0].strip(".")[:300],
            call.id,
        )
        for call in shown.proposal.reviews
        if call.days and (call.id in starting or call.days[-1] > 0)
    ]
    return sorted(set(found))


def _lock_patient(actor: Actor, patient: Patient) -> None:
    """Two writers of one patient's plans come one after the other; patients of others do not exist."""
    if patient.organisation_id != actor.organisation_id:
        raise PatientNotFound(patient.pk)
    # There may be no plan yet whose row could be locked. The lock ends with the transaction, behind a pooler as well.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('plan:' || %s, 0))", [str(patient.pk)])


def _locked_draft(patient: Patient) -> Plan:
    plan = (
        Plan.objects.select_for_update(of=("self",))
        .defer(*queries.BASIS)
        .filter(patient_id=patient.pk, state=State.DRAFT)
        .first()
    )
    if plan is None:
        raise NoDraft
    return plan


def _draft(patient: Patient) -> PlanRecord:
    draft = queries.draft_of(patient.pk)
    if draft is None:
        raise NoDraft
    return draft


def _touch(actor: Actor, plan_id: UUID, now: datetime) -> None:
    Plan.objects.filter(id=plan_id).update(changed_by_id=actor.user_id, changed_at=now)


def _end(actor: Actor, plan: Plan, state: State, reason: str, now: datetime) -> None:
    if not may_step(State(plan.state), state):
        raise NoDraft
    Plan.objects.filter(id=plan.pk).update(
        state=state, ended_by_id=actor.user_id, ended_job=actor.job, ended_at=now, end_reason=reason
    )


def _local_day(now: datetime) -> date:
    return timezone.localtime(now).date()


def _note(actor: Actor, patient_id: UUID, action: str, plan_id: UUID, **detail: Any) -> None:
    kept: Mapping[str, Any] = detail
    audit.record(actor=actor, action=action, patient_id=patient_id, target=f"plan:{plan_id}", detail=kept)
