"""The items of a draft: chosen, taken out, and saved with dates, doses and owner."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import queries as account_queries
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from patients.terms import MEDICINE_UNITS
from treatments import courses, plan_readiness, queries
from treatments.models import Goal, Override, Plan, PlanItem
from treatments.plan_checks import Choice
from treatments.plan_doses import (
    OVERRIDABLE,
    PlannedStep,
    dose_problems,
    limits_of,
    uncovered,
)
from treatments.plan_record import PlanRecord
from treatments.rulebook import Agent
from treatments.schedules import ProblemKind
from treatments.services.agreements import propose_with
from treatments.services.drafts import draft_begun
from treatments.services.shared import (
    LeavesAbruptly,
    NoDraft,
    PlanRefused,
    StaleSave,
    draft_record,
    draft_to_change,
    local_day,
    lock_patient,
    locked_draft,
    note,
    refuse,
    touch,
)
from treatments.snapshot import Snapshot

if TYPE_CHECKING:
    from patients.models import Patient

MOST_ITEMS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """What somebody entered for one item."""

    starts_on: date
    stops_on: date | None = None
    owner_id: UUID | None = None
    steps: tuple[PlannedStep, ...] = ()
    note: str = ""
    # Where the rulebook has no dose: in what unit it is given, and as which product.
    unit: str = ""
    product: str = ""
    # Who sets the dose, for a medicine that the rulebook leaves to specialists.
    dose_by: str = ""
    # In which row of the form each step was entered, so that what is wrong is said there.
    rows: tuple[int, ...] = ()


@transaction.atomic
def add_item(*, actor: Actor, patient: Patient, kind: str, ref_id: str, shown: Snapshot, now: datetime) -> PlanRecord:
    """Choose an option, with the doses that the proposal gives this patient. Choosing it again changes nothing."""
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    rulebook = shown.rulebook
    known = {"agent": rulebook.agent_by_id, "therapy": rulebook.therapy_by_id}.get(kind, {})
    if ref_id not in known:
        raise PlanRefused([("", _("This option is not in the rulebook."))])
    draft = queries.draft_of(patient.pk)
    if draft is not None and draft.item(ref_id):
        return draft
    plan = draft_begun(actor, patient, shown, now)
    added(actor, patient, plan.pk, ref_id, shown, now)
    touch(actor, plan.pk, now)
    status = shown.proposal.option(ref_id).status.value
    note(actor, patient.pk, "plan.add_item", plan.pk, item=ref_id, status=status, was=plan.state)
    return draft_record(patient)


def added(actor: Actor, patient: Patient, plan_id: UUID, ref_id: str, shown: Snapshot, now: datetime) -> bool:
    """Put an option of the rulebook into a draft, with doses and agreement; whether it was not there before."""
    held = PlanItem.objects.filter(plan_id=plan_id)
    if held.filter(ref_id=ref_id).exists():
        return False
    if held.count() >= MOST_ITEMS:
        raise PlanRefused([("", _("A plan holds at most %(number)d items.") % {"number": MOST_ITEMS})])
    option = shown.proposal.option(ref_id)
    agent = shown.rulebook.agent_by_id.get(ref_id)
    item = PlanItem.objects.create(
        organisation_id=actor.organisation_id,
        plan_id=plan_id,
        kind=PlanItem.Kind.AGENT if agent else PlanItem.Kind.THERAPY,
        ref_id=ref_id,
        name=option.name[:200],
        position=(held.aggregate(last=Max("position"))["last"] or 0) + 1,
        owner_id=actor.user_id,
        starts_on=local_day(now),
        unit=agent.dosing.unit if agent and agent.dosing else "",
        steps=[step.to_json() for step in courses.first_steps(option, shown)],
    )
    propose_with(actor, item, draft_record(patient), shown)
    return True


@transaction.atomic
def add_pair(
    *, actor: Actor, patient: Patient, ref_ids: Sequence[str], shown: Snapshot, now: datetime
) -> PlanRecord | None:
    """Choose the medicines of a pair: all of them or, where one is refused, none. One row in the trail names them."""
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    if any(ref_id not in shown.rulebook.agent_by_id for ref_id in ref_ids):
        raise PlanRefused([("", _("This option is not in the rulebook."))])
    draft = queries.draft_of(patient.pk)
    new = [ref_id for ref_id in dict.fromkeys(ref_ids) if draft is None or not draft.item(ref_id)]
    if not new:
        return draft
    plan = draft_begun(actor, patient, shown, now)
    # A new draft begins with the items of the signed plan.
    new = [ref_id for ref_id in new if added(actor, patient, plan.pk, ref_id, shown, now)]
    touch(actor, plan.pk, now)
    statuses = [shown.proposal.option(ref_id).status.value for ref_id in new]
    note(actor, patient.pk, "plan.add_pair", plan.pk, items=new, statuses=statuses, was=plan.state)
    return draft_record(patient)


@transaction.atomic
def remove_item(
    *,
    actor: Actor,
    patient: Patient,
    ref_id: str,
    now: datetime,
    shown: Snapshot | None = None,
    why: tuple[str, str] | None = None,
) -> PlanRecord:
    """Take an option out of the draft, with its overrides and what was agreed about it. Again changes nothing.

    What the signed plan has and what must be tapered does not leave without `why`, a code and words: the words go into
    the note of the plan, the code into the trail. Raises LeavesAbruptly.
    """
    require(actor, Permission.DRAFT_PLAN)
    if not PlanItem.objects.filter(plan=locked_draft(patient), ref_id=ref_id).exists():
        return draft_record(patient)
    if shown is not None and why is None and _must_be_tapered(patient, ref_id, shown):
        raise LeavesAbruptly
    plan = draft_to_change(actor, patient, now)
    if why is not None:
        name = PlanItem.objects.filter(plan=plan, ref_id=ref_id).values_list("name", flat=True).first()
        said = _("%(name)s taken out: %(why)s") % {"name": name, "why": why[1].strip()}
        plan.note = f"{plan.note}\n{said}".strip()[:4000]
        plan.version += 1
        plan.save(update_fields=["note", "version"])
    PlanItem.objects.filter(plan=plan, ref_id=ref_id).delete()
    for goal in Goal.objects.filter(plan=plan, items__contains=[ref_id]):
        Goal.objects.filter(id=goal.pk).update(items=[name for name in goal.items if name != ref_id])
    touch(actor, plan.pk, now)
    detail = {"why": why[0]} if why else {}
    note(actor, patient.pk, "plan.remove_item", plan.pk, item=ref_id, was=plan.state, **detail)
    return draft_record(patient)


def _must_be_tapered(patient: Patient, ref_id: str, shown: Snapshot) -> bool:
    """Whether the signed plan gives it now, and it must not stop suddenly."""
    agent = shown.rulebook.agent_by_id.get(ref_id)
    signed = queries.signed_of(patient.pk)
    item = signed.item(ref_id) if signed else None
    if agent is None or agent.taper is None or not agent.taper.required or item is None:
        return False
    today = shown.facts.as_of
    return item.starts_on <= today and (item.stops_on is None or today < item.stops_on)


@transaction.atomic
def save_item(
    *, actor: Actor, patient: Patient, ref_id: str, version: int, entry: ItemEntry, shown: Snapshot, now: datetime
) -> int:
    """Keep dates, doses, owner and note of one item; the new version. StaleSave when `version` is not the newest.

    A dose above this patient's limit needs an override first; above the highest dose of the rulebook it is refused.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = draft_to_change(actor, patient, now)
    item = PlanItem.objects.filter(plan=plan, ref_id=ref_id).first()
    if item is None:
        raise NoDraft
    if item.version != version:
        raise StaleSave
    agent = shown.rulebook.agent_by_id.get(ref_id)
    refuse(
        [
            *_entry_problems(actor, entry),
            *_own_dose_problems(entry, agent),
            *_product_problems(entry, agent),
            *_dose_sentences(plan, item, entry, shown),
        ]
    )
    if agent is not None and agent.dosing is None:
        item.unit, item.product = entry.unit, entry.product.strip()[:200]
    item.dose_by = entry.dose_by.strip()[:200]
    item.starts_on, item.stops_on, item.owner_id = entry.starts_on, entry.stops_on, entry.owner_id
    item.steps = [step.to_json() for step in entry.steps]
    item.note = entry.note.strip()[:500]
    item.version += 1
    item.save(
        update_fields=["starts_on", "stops_on", "owner", "steps", "note", "version", "unit", "product", "dose_by"]
    )
    touch(actor, plan.pk, now)
    note(actor, patient.pk, "plan.save_item", plan.pk, item=ref_id, version=item.version, was=plan.state)
    return item.version


def _entry_problems(actor: Actor, entry: ItemEntry) -> Iterable[tuple[str, str]]:
    if entry.stops_on and entry.stops_on < entry.starts_on:
        yield "stops_on", _("The end lies before the beginning.")
    if entry.owner_id and not account_queries.staff_of(actor.organisation_id).filter(id=entry.owner_id).exists():
        yield "owner", _("This person does not work in your organisation.")


def _own_dose_problems(entry: ItemEntry, agent: Agent | None) -> Iterable[tuple[str, str]]:
    """What cannot be kept of a dose that the rulebook does not have, or that somebody else sets."""
    if entry.unit and entry.unit not in MEDICINE_UNITS:
        yield "unit", _("Choose one of the units.")
    if not entry.dose_by.strip():
        return
    if agent is None or not agent.is_for_specialists:
        yield "dose_by", _("The rulebook does not leave this medicine to specialists. Enter its dose.")
    elif entry.steps:
        yield "dose_by", _("A dose is entered as well. Empty the doses, or take this name out.")


def _product_problems(entry: ItemEntry, agent: Agent | None) -> Iterable[tuple[str, str]]:
    """The doses that no product makes, each at its field."""
    for problem in plan_readiness.unmade(agent, entry.steps) if agent else ():
        place = problem.step or 0
        row = entry.rows[place] if place < len(entry.rows) else place
        field = "times" if problem.kind is ProblemKind.TOO_OFTEN else "dose"
        yield f"{field}_{row}", plan_readiness.problem_words(problem)


def _dose_sentences(plan: Plan, item: PlanItem, entry: ItemEntry, shown: Snapshot) -> Iterable[tuple[str, str]]:
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    if agent is None:
        return
    option = shown.proposal.option(item.ref_id)
    limits = limits_of(option, agent)
    covered: Collection[str] = (
        Override.objects.filter(plan=plan, item=item, kind=Override.Kind.DOSE).values_list("covers", flat=True).first()
        or ()
    )
    entered = Choice(item.kind, item.ref_id, entry.steps, entry.starts_on, entry.stops_on, entry.unit or item.unit)
    way = plan_readiness.way_of(entered, shown)
    for problem in dose_problems(entry.steps, limits, is_taken=option.currently_taken, way=way):
        if problem.issue in OVERRIDABLE and not uncovered([problem.cover], covered):
            continue
        yield "steps", plan_readiness.dose_sentence(problem, limits)
