"""Items of a draft as courses in time: moved, tapered to their end, switched from one medicine to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from patients.terms import MEDICINE_UNITS
from treatments import plan_readiness, schedules
from treatments.courses import (
    HandTaper,
    SwitchEntry,
    TaperEntry,
    hand_problems,
    is_by_hand,
    may_stop,
    switch_field,
    switch_of,
    taper_of,
    unlisted,
)
from treatments.models import PlanItem
from treatments.plan_doses import PlannedStep
from treatments.plan_record import ItemRecord, PlanRecord
from treatments.rulebook import Agent
from treatments.schedules import Changed, Schedule, Switch
from treatments.services.agreements import propose_with
from treatments.services.drafts import draft_begun
from treatments.services.items import MOST_ITEMS
from treatments.services.shared import (
    NoDraft,
    PlanRefused,
    StaleSave,
    draft_record,
    draft_to_change,
    lock_patient,
    note,
    refuse,
    touch,
)
from treatments.snapshot import Snapshot

if TYPE_CHECKING:
    from patients.models import Patient

MOST_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change in time: `pause` (days), `step_back` (weeks) or `slower` (times) from `day` on, or `weekday` (0-6)."""

    kind: str
    day: date
    amount: int = 0


@transaction.atomic
def move_item(
    *, actor: Actor, patient: Patient, ref_id: str, version: int, move: Move, shown: Snapshot, now: datetime
) -> PlanRecord:
    """Hold a step, go back one, slow down, or begin on a weekday; later steps and the end move with it.

    StaleSave when `version` is not the newest; PlanRefused where there is no such step.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = draft_to_change(actor, patient, now)
    record = draft_record(patient).item(ref_id)
    if record is None or not record.steps:
        raise NoDraft
    if record.version != version:
        raise StaleSave
    row = PlanItem.objects.get(plan=plan, ref_id=ref_id)
    if move.kind == "weekday":
        begins = schedules.first_weekday(record.starts_on, move.amount)
        if record.stops_on:
            row.stops_on = record.stops_on + (begins - record.starts_on)
        row.starts_on = begins
    else:
        changed = _moved(record, move, shown)
        row.steps = [step.to_json() for step in changed.steps]
        if changed.ends_on is not None:
            row.stops_on = record.starts_on + timedelta(days=changed.ends_on)
    row.version += 1
    row.save(update_fields=["starts_on", "stops_on", "steps", "version"])
    touch(actor, plan.pk, now)
    note(actor, patient.pk, "plan.move_item", plan.pk, item=ref_id, move=move.kind, version=row.version)
    return draft_record(patient)


def _moved(record: ItemRecord, move: Move, shown: Snapshot) -> Changed:
    agent = shown.rulebook.agent_by_id.get(record.ref_id)
    rule = agent.taper if agent else None
    day = (move.day - record.starts_on).days
    least, most = 1, MOST_DAYS
    match move.kind:
        case "pause":
            result = schedules.pause(record.steps, record.ends_on, day=day, days=move.amount)
        case "step_back":
            least, most = schedules.step_back_weeks(rule)
            result = schedules.step_back(record.steps, record.ends_on, day=day, weeks=move.amount)
        case "slower":
            result = schedules.slower(record.steps, record.ends_on, day=day, times=move.amount)
        case _:
            raise PlanRefused([("", _("Choose what to change."))])
    if not least <= move.amount <= most:
        limits = {"least": least, "most": most}
        raise PlanRefused([("amount", _("Between %(least)d and %(most)d.") % limits)])
    if not isinstance(result, Changed):
        raise PlanRefused([("day", plan_readiness.problem_words(result))])
    return result


@transaction.atomic
def taper_item(
    *, actor: Actor, patient: Patient, ref_id: str, entry: TaperEntry, shown: Snapshot, now: datetime
) -> PlanRecord:
    """Put a medicine into the draft, or change it there, so that it comes down from its dose to its end."""
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    agent = shown.rulebook.agent_by_id.get(ref_id)
    if agent is None:
        raise PlanRefused([("", _("This option is not in the rulebook."))])
    made = taper_of(agent, entry)
    if not isinstance(made, Schedule):
        raise PlanRefused([("per_day", plan_readiness.problem_words(problem)) for problem in made])
    plan_id = draft_begun(actor, patient, shown, now).pk
    _write(actor, plan_id, agent, _Written.of(made, entry.starts_on))
    touch(actor, plan_id, now)
    note(actor, patient.pk, "plan.taper_item", plan_id, item=ref_id, pace=entry.pace or "proposed")
    return draft_record(patient)


@transaction.atomic
def taper_by_hand(
    *, actor: Actor, patient: Patient, ref_id: str, entry: HandTaper, shown: Snapshot, now: datetime
) -> PlanRecord:
    """Write a way down that somebody made for a medicine of which the rulebook has no pace or no products.

    PlanRefused by field for what is no way down, and for a sudden fall that the medicine list would not show.
    """
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    agent = shown.rulebook.agent_by_id.get(ref_id)
    if agent is not None and may_stop(agent):
        raise PlanRefused([("", _("It can be stopped at once; no taper is needed."))])
    if agent is None or not is_by_hand(agent):
        raise PlanRefused([("", _("The rulebook has a taper for it. Use that one."))])
    refuse(hand_problems(entry))
    if entry.unit not in MEDICINE_UNITS:
        raise PlanRefused([("unit", _("Choose one of the units."))])
    refuse(unlisted(agent, entry, shown))
    plan_id = draft_begun(actor, patient, shown, now).pk
    ends_on = (entry.ends_on - entry.starts_on).days
    _write(actor, plan_id, agent, _Written(entry.planned, ends_on, entry.unit, entry.starts_on))
    touch(actor, plan_id, now)
    note(actor, patient.pk, "plan.taper_item", plan_id, item=ref_id, pace="by_hand")
    return draft_record(patient)


@transaction.atomic
def switch_items(
    *, actor: Actor, patient: Patient, ref_id: str, entry: SwitchEntry, shown: Snapshot, now: datetime
) -> PlanRecord:
    """Write the way down of one medicine and the way up of another into the draft: both or neither."""
    require(actor, Permission.DRAFT_PLAN)
    lock_patient(actor, patient)
    old, new = (shown.rulebook.agent_by_id.get(name) for name in (ref_id, entry.new))
    if old is None or new is None:
        raise PlanRefused([("new", _("This option is not in the rulebook."))])
    made = switch_of(old, new, entry, shown)
    if not isinstance(made, Switch):
        raise PlanRefused([(switch_field(problem), plan_readiness.problem_words(problem)) for problem in made])
    plan_id = draft_begun(actor, patient, shown, now).pk
    _write(actor, plan_id, old, _Written.of(made.old, entry.starts_on))
    begun = _write(actor, plan_id, new, _Written.of(made.new, entry.starts_on + timedelta(days=made.new_starts)))
    if begun.version == 1:
        propose_with(actor, begun, draft_record(patient), shown)
    touch(actor, plan_id, now)
    note(actor, patient.pk, "plan.switch_items", plan_id, old=ref_id, new=entry.new, apart=list(made.apart))
    return draft_record(patient)


@dataclass(frozen=True, slots=True)
class _Written:
    """A course as an item keeps it."""

    steps: tuple[PlannedStep, ...]
    ends_on: int | None
    unit: str
    starts_on: date

    @classmethod
    def of(cls, made: Schedule, starts_on: date) -> _Written:
        return cls(made.planned, made.ends_on, made.unit, starts_on)


def _write(actor: Actor, plan_id: UUID, agent: Agent, made: _Written) -> PlanItem:
    """The item of a medicine with these steps, in place of those it had."""
    held = PlanItem.objects.filter(plan_id=plan_id)
    row = held.filter(kind=PlanItem.Kind.AGENT, ref_id=agent.id).first()
    if row is None:
        refuse(
            [("", _("A plan holds at most %(number)d items.") % {"number": MOST_ITEMS})]
            if held.count() >= MOST_ITEMS
            else []
        )
        row = PlanItem(
            organisation_id=actor.organisation_id,
            plan_id=plan_id,
            kind=PlanItem.Kind.AGENT,
            ref_id=agent.id,
            name=agent.name[:200],
            position=(held.aggregate(last=Max("position"))["last"] or 0) + 1,
            owner_id=actor.user_id,
            version=0,
        )
    values: dict[str, Any] = {
        "starts_on": made.starts_on,
        "stops_on": made.starts_on + timedelta(days=made.ends_on) if made.ends_on is not None else None,
        "unit": made.unit,
        "steps": [step.to_json() for step in made.steps],
        "dose_by": "",
        "version": row.version + 1,
    }
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row
