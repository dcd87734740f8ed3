"""What is agreed about an item at its start: proposed with the item, changed, taken out, and carried out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from treatments import agreements
from treatments.agreement_rules import AgreementRules, Bounds, Case
from treatments.models import Agreement, Plan, PlanItem
from treatments.plan_doses import first_day_at, limits_of
from treatments.plan_record import AgreementRecord, ItemRecord, PlanRecord
from treatments.services.shared import NoDraft, StaleSave, draft_record, draft_to_change, note, refuse, touch
from treatments.snapshot import Snapshot

if TYPE_CHECKING:
    from patients.models import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEntry:
    """What somebody entered; `week` None takes the agreement out."""

    week: int | None
    dose: float | None = None
    weeks_at_dose: float | None = None
    enough_pct: int | None = None
    good_pct: int | None = None
    if_little: str = ""
    if_partial: str = ""
    if_not_tolerated: str = ""
    next_id: str = ""
    partial_id: str = ""
    words: str = ""


@transaction.atomic
def save_agreement(
    *,
    actor: Actor,
    patient: Patient,
    ref_id: str,
    version: int,
    entry: AgreementEntry,
    shown: Snapshot,
    now: datetime,
) -> int:
    """Keep what was agreed about one item; the new version, 0 when it was taken out.

    `version` is that of the agreement that was shown, 0 where there was none; StaleSave when it is not the newest.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = draft_to_change(actor, patient, now)
    record = draft_record(patient)
    item = record.item(ref_id)
    if item is None:
        raise NoDraft
    stored = Agreement.objects.filter(plan=plan, item_id=item.id).first()
    if (stored.version if stored else 0) != version:
        raise StaleSave
    new_version = 0
    if entry.week is None:
        Agreement.objects.filter(plan=plan, item_id=item.id).delete()
    else:
        refuse(_problems(entry, item, shown))
        before = record.agreement(ref_id) or agreements.proposed(item, record.items, shown)
        new_version = version + 1
        row = _row(entry, before, shown) | {"version": new_version, "organisation_id": actor.organisation_id}
        Agreement.objects.update_or_create(plan=plan, item_id=item.id, defaults=row)
    touch(actor, plan.pk, now)
    note(actor, patient.pk, "plan.agree", plan.pk, item=ref_id, version=new_version)
    return new_version


def _row(entry: AgreementEntry, before: AgreementRecord | None, shown: Snapshot) -> dict[str, Any]:
    row = {field.name: getattr(entry, field.name) for field in fields(AgreementEntry)}
    names = {option.id: option.name for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    kept = {before.next_id: before.next_name, before.partial_id: before.partial_name} if before else {}
    return row | {
        "words": entry.words.strip(),
        "next_name": names.get(entry.next_id) or kept.get(entry.next_id, ""),
        "partial_name": names.get(entry.partial_id) or kept.get(entry.partial_id, ""),
        "sources": list(before.sources) if before else [],
    }


def _problems(entry: AgreementEntry, item: ItemRecord, shown: Snapshot) -> Iterable[tuple[str, str]]:
    rules = shown.rulebook.agreements
    assert rules is not None and entry.week is not None
    yield from _threshold_problems(entry, item, rules)
    yield from _dose_problems(entry, item, shown)
    bounds = agreements.week_bounds(item, entry.dose, shown.rulebook)
    if not bounds.earliest <= entry.week <= bounds.latest:
        yield (
            "week",
            _("Week %(first)d to %(last)d: not before a fair trial at this dose, and not later than failure is final.")
            % {"first": bounds.earliest, "last": bounds.latest},
        )
    known = {*shown.rulebook.agent_by_id, *shown.rulebook.therapy_by_id}
    for field in ("next_id", "partial_id"):
        if (chosen := getattr(entry, field)) and (chosen not in known or chosen == item.ref_id):
            yield field, _("Choose another treatment of the rulebook.")
    for field, case in (
        ("if_little", Case.LITTLE),
        ("if_partial", Case.PARTIAL),
        ("if_not_tolerated", Case.NOT_TOLERATED),
    ):
        action = getattr(entry, field)
        is_left_open = case is Case.PARTIAL and entry.good_pct is None and not action
        if not is_left_open and action not in rules.choices[case][item.kind]:
            yield field, _("Choose what is done then.")


def _threshold_problems(entry: AgreementEntry, item: ItemRecord, rules: AgreementRules) -> Iterable[tuple[str, str]]:
    def outside(value: int | None, bounds: Bounds) -> str:
        if value is None or bounds.low <= value <= bounds.high:
            return ""
        return _("From %(low)d%% to %(high)d%%.") % {"low": bounds.low, "high": bounds.high}

    for field, value, bounds in (
        ("enough_pct", entry.enough_pct, rules.enough),
        ("good_pct", entry.good_pct, rules.good),
    ):
        if words := outside(value, bounds):
            yield field, words
    if entry.enough_pct is None:
        if item.kind == PlanItem.Kind.AGENT:
            yield "enough_pct", _("Say how much better is enough.")
        elif not entry.words.strip():
            yield "words", _("Say by what it is judged, or enter a percentage.")
        if entry.good_pct is not None:
            yield "good_pct", _("Say first how much better is enough.")
    elif entry.good_pct is not None and entry.good_pct < entry.enough_pct:
        yield "good_pct", _("This lies below what is enough.")


def _dose_problems(entry: AgreementEntry, item: ItemRecord, shown: Snapshot) -> Iterable[tuple[str, str]]:
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    least = agent.dosing.min_weeks_at_target if agent and agent.dosing else None
    if entry.dose is None:
        if entry.weeks_at_dose is not None:
            yield "dose", _("Say at which dose, or empty the weeks.")
        elif least is not None and item.steps:
            yield "dose", _("Say which dose is to be reached first.")
        return
    if agent is None:
        yield "dose", _("Only a medicine has a dose.")
        return
    limits = limits_of(shown.proposal.option(item.ref_id), agent)
    most = limits.max_per_day if limits else None
    if entry.dose <= 0:
        yield "dose", _("A dose is above 0.")
    elif most is not None and entry.dose > most:
        words = _("%(most)s is the limit for this patient.")
        yield "dose", words % {"most": f"{most:g} {item.unit}".strip()}
    elif item.steps and first_day_at(item.steps, entry.dose) is None:
        yield "dose", _("The doses of the plan do not reach this. Change them, or agree on a dose that they reach.")
    if least is not None and (entry.weeks_at_dose or 0) < least:
        yield "weeks_at_dose", _("A fair trial is at least %(weeks)s weeks at this dose.") % {"weeks": f"{least:g}"}


def propose_with(actor: Actor, item: PlanItem, record: PlanRecord, shown: Snapshot) -> None:
    """Store what the content proposes to agree about an item that was just chosen."""
    own = record.item(item.ref_id)
    found = agreements.proposed(own, record.items, shown) if own else None
    if found is not None:
        Agreement.objects.create(
            organisation_id=actor.organisation_id, plan_id=item.plan_id, item=item, **_columns(found)
        )


def copy_agreements(actor: Actor, before: PlanRecord, plan: Plan) -> None:
    """The agreements of a signed plan about the items that a new draft has from it."""
    items = dict(PlanItem.objects.filter(plan=plan).values_list("ref_id", "id"))
    Agreement.objects.bulk_create(
        Agreement(
            organisation_id=actor.organisation_id,
            plan=plan,
            item_id=items[agreed.ref_id],
            **(_columns(agreed) | {"version": 1}),
        )
        for agreed in before.agreements
        if agreed.ref_id in items
    )


_OF_THE_ITEM = frozenset({"ref_id", "name", "kind", "unit"})


def _columns(agreed: AgreementRecord) -> dict[str, Any]:
    own = {field.name: getattr(agreed, field.name) for field in fields(agreed) if field.name not in _OF_THE_ITEM}
    return own | {"sources": list(agreed.sources)}
