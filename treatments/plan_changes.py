"""What changed from one version of a plan to the next, in sentences. Pure; no query.

What a plan holds and this module does not know by name is told by its field name, so that nothing is left out silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from treatments.models import FollowUpDate, NoGoal, Override
from treatments.plan_doses import PlannedStep
from treatments.plan_record import FollowUpRecord, GoalRecord, ItemRecord, OverrideRecord, PlanRecord
from treatments.presenters import dose_words, quantity

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence: what is `about` it (a treatment, the goal …) was added, removed or changed."""

    how: str
    about: str
    text: str


def changes(before: PlanRecord | None, after: PlanRecord) -> list[Change]:
    """Everything that is other in a version than in the one before; everything in it, when there is none before."""
    return [
        *_items(before.items if before else (), after.items),
        *_goals(before, after),
        *_dates(before.dates if before else (), after.dates),
        *_overrides(before, after),
        *_words(_("Note"), before.note if before else "", after.note),
        *_words(_("A word for the patient"), before.for_patient if before else "", after.for_patient),
    ]


# --- treatments -------------------------------------------------------------------------------------------------------

# What two versions may differ in without having changed, and what is told with another field.
_OWN = frozenset({"id", "version", "kind", "ref_id", "name", "unit", "owner_id"})


def _items(before: Sequence[ItemRecord], after: Sequence[ItemRecord]) -> Iterator[Change]:
    old = {(item.kind, item.ref_id): item for item in before}
    new = {(item.kind, item.ref_id): item for item in after}
    for key, item in new.items():
        if key not in old:
            yield Change(ADDED, item.name, _("is added, %(doses)s.") % {"doses": _course(item)})
        else:
            yield from _item(old[key], item)
    for key, item in old.items():
        if key not in new:
            yield Change(REMOVED, item.name, _("is taken out; it was %(doses)s.") % {"doses": _course(item)})


def _item(old: ItemRecord, new: ItemRecord) -> Iterator[Change]:
    words = {
        "starts_on": _("the start"),
        "stops_on": _("the end"),
        "owner": _("the owner"),
        "steps": _("the doses"),
        "note": _("the note"),
        "product": _("the product"),
        "dose_by": _("who sets the dose"),
        "status": _("what the rules say"),
    }
    for field in fields(ItemRecord):
        name = field.name
        if name in _OWN or (name == "status" and not (old.status and new.status)):
            continue  # A draft has no status yet.
        was, now = _value(old, name), _value(new, name)
        if was != now:
            what = words.get(name, name.replace("_", " "))
            text = _("%(what)s: from %(old)s to %(new)s.") % {"what": what, "old": was, "new": now}
            yield Change(CHANGED, new.name, text[:1].upper() + text[1:])


def _value(item: ItemRecord, name: str) -> str:
    value = getattr(item, name)
    if name == "steps":
        return _doses(item.steps, item.unit)
    return _plain(value)


def _plain(value: Any) -> str:
    if value in (None, "", (), 0) and value is not False:
        return _("none")
    return _day(value) if isinstance(value, date) else str(value).replace("_", " ")


def _course(item: ItemRecord) -> str:
    """ "100 mg once a day from 1 Dec 2026, …, until 3 Mar 2027"."""
    doses = [
        _("%(dose)s from %(day)s") % {"dose": dose_words(step, item.unit), "day": _day(step.begins(item.starts_on))}
        for step in item.steps
    ] or [
        _("dose to be set by %(who)s, from %(day)s") % {"who": item.dose_by, "day": _day(item.starts_on)}
        if item.dose_by
        else _("from %(day)s") % {"day": _day(item.starts_on)}
    ]
    if item.stops_on:
        doses.append(_("until %(day)s") % {"day": _day(item.stops_on)})
    return ", ".join(doses)


def _doses(steps: Sequence[PlannedStep], unit: str) -> str:
    """ "100 mg once a day, on day 7 100 mg twice a day"; the days count from the start."""
    if not steps:
        return _("none")
    return ", ".join(
        dose_words(step, unit)
        if step.day == 0
        else _("after %(n)d days %(dose)s") % {"n": step.day, "dose": dose_words(step, unit)}
        for step in steps
    )


# --- the plan as a whole ----------------------------------------------------------------------------------------------


def _goals(before: PlanRecord | None, after: PlanRecord) -> Iterator[Change]:
    about = _("Goal")
    old, new = before.goals if before else {}, after.goals
    for kind in sorted({*old, *new}):
        was, now = _goal(old.get(kind)), _goal(new.get(kind))
        if was != now:
            yield _pair(about, was, now)
    reasons = [_no_goal(plan) if plan else "" for plan in (before, after)]
    if reasons[0] != reasons[1]:
        yield _pair(_("Why there is no goal"), *reasons)


def _goal(goal: GoalRecord | None) -> str:
    if goal is None or not goal.says_something:
        return ""
    parts = [f"“{goal.words}”" if goal.words else ""]
    if goal.target is not None:
        parts.append(_("average pain at most %(target)d of 10") % {"target": goal.target})
    if goal.measure:
        parts.append(goal.measure)
    if goal.amount is not None:
        parts.append(quantity(goal.amount, goal.unit))
    if goal.by:
        parts.append(_("by %(day)s") % {"day": _day(goal.by)})
    return ", ".join(part for part in parts if part)


def _no_goal(plan: PlanRecord) -> str:
    return f"{NoGoal(plan.no_goal).label}: {plan.no_goal_text}" if plan.no_goal else ""


def _dates(before: Sequence[FollowUpRecord], after: Sequence[FollowUpRecord]) -> Iterator[Change]:
    for how, rows in ((ADDED, set(after) - set(before)), (REMOVED, set(before) - set(after))):
        for due in sorted(rows):
            label = FollowUpDate.Kind(due.kind).label if due.kind in FollowUpDate.Kind.values else due.kind
            words = ": ".join(part for part in (_day(due.due_on), due.text) if part)
            yield Change(how, str(label), f"{words}.")


def _overrides(before: PlanRecord | None, after: PlanRecord) -> Iterator[Change]:
    """A reason belongs to one version: given again for the next one with the same words it is no change."""
    old = {_key(o): _reason(o) for o in (before.overrides if before else ())}
    new = {_key(o): _reason(o) for o in after.overrides}
    names = {item.ref_id: item.name for plan in (before, after) if plan for item in plan.items}
    for key in sorted({*old, *new}):
        was, now = old.get(key, ""), new.get(key, "")
        if was == now:
            continue
        kind, ref_id, subject = key
        label = Override.Kind(kind).label if kind in Override.Kind.values else kind
        what = names.get(ref_id) or subject.replace("_", " ")
        about = _("Decided against the rules: %(what)s, %(kind)s") % {"what": what, "kind": str(label).lower()}
        yield _pair(about, was, now)


def _key(override: OverrideRecord) -> tuple[str, str, str]:
    return override.kind, override.ref_id, override.subject


def _reason(override: OverrideRecord) -> str:
    label = dict(Override.Reason.choices).get(override.reason, override.reason)
    day = _(", check on %(day)s") % {"day": _day(override.monitor_on)} if override.monitor_on else ""
    return f"{label}: {override.text}{day}"


def _words(about: str, was: str, now: str) -> Iterator[Change]:
    if was != now:
        yield _pair(about, was, now)


def _pair(about: str, was: str, now: str) -> Change:
    if not was:
        return Change(ADDED, about, f"{now}.".replace("..", "."))
    if not now:
        return Change(REMOVED, about, _("no longer: %(old)s") % {"old": was})
    return Change(CHANGED, about, _("from %(old)s to %(new)s") % {"old": was, "new": now})


def _day(day: date) -> str:
    return date_format(day, "j M Y")
