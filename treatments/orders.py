"""What a plan asks somebody to do beside its treatments: tests, referrals, prescriptions, education, visits. Pure.

Each line has a key that is the same for the same thing in the next plan of the patient, so that nothing is ordered
twice: a test by medicine and test, a referral by whom it goes to, a prescription by medicine and doses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from treatments.fact_content import shipped_fact_content
from treatments.plan_doses import PlannedStep, running, same_form
from treatments.plan_record import ItemRecord, PlanRecord
from treatments.rulebook import Monitoring, Therapy
from treatments.snapshot import Snapshot

TEST, REFERRAL, PRESCRIPTION, EDUCATION, FOLLOW_UP = "test", "referral", "prescription", "education", "follow_up"
KINDS = (TEST, REFERRAL, PRESCRIPTION, EDUCATION, FOLLOW_UP)
# Who does it alone needs no referral.
_ALONE = frozenset({"patient"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that may be ordered, with owner and day as proposed. `detail` says more than the task does."""

    key: str
    kind: str
    text: str
    due_on: date
    owner_id: UUID | None = None
    addressee: str = ""
    detail: str = ""
    # Whether it is proposed; what comes later, or was done before, is offered only.
    is_proposed: bool = True

    @property
    def id(self) -> str:
        """A short name for fields of a form."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:10]


def order_lines(
    plan: PlanRecord,
    shown: Snapshot,
    *,
    before: PlanRecord | None = None,
    prescribers: Collection[UUID] = (),
) -> tuple[Line, ...]:
    """Everything that a plan asks for, by kind. A day that has passed is today.

    `before` is the signed plan that this one follows; `prescribers` are those who sign, so that nobody else is proposed
    for a prescription.
    """
    found = {
        line.key: line
        for lines in (
            _tests(plan, shown),
            _referrals(plan, shown),
            _prescriptions(plan, shown, before, prescribers),
            _education(plan, shown),
            _visits(plan, shown),
        )
        for line in reversed(tuple(lines))
    }
    return tuple(sorted(found.values(), key=lambda line: (KINDS.index(line.kind), line.due_on, line.text)))


def digest_of(lines: Iterable[Line]) -> str:
    """What was looked at: equal while the same things are offered for the same days."""
    text = "\n".join(f"{line.key} {line.text} {line.due_on}" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()


def _tests(plan: PlanRecord, shown: Snapshot) -> Iterator[Line]:
    today = shown.facts.as_of
    looks = [due.due_on for due in plan.dates if due.due_on >= today]
    for item in plan.items:
        agent = shown.rulebook.agent_by_id.get(item.ref_id)
        labels: dict[str, list[Monitoring]] = {}
        for test in agent.monitoring if agent else ():
            labels.setdefault(test.label, []).append(test)
        for label, tests in labels.items():
            test = tests[0]
            words = {"test": label[:1].upper() + label[1:], "name": item.name}
            if test.baseline:
                begins = max(item.starts_on, today)
                done = _done_on(tests, begins, shown)
                told = [_("done on %(day)s, which still counts") % {"day": _day(done)}] if done else []
                told += [_("then %(when)s") % {"when": test.when}] if test.when else []
                yield Line(
                    key=f"{TEST}:{item.ref_id}:{test.test}",
                    kind=TEST,
                    text=_("%(test)s before %(name)s") % words,
                    due_on=begins,
                    owner_id=item.owner_id,
                    detail="; ".join(told),
                    is_proposed=done is None,
                )
            if test.when:
                due = _next_on(tests, item, shown)
                # Where the content says in words only when it is repeated, the day is for a person to set.
                yield Line(
                    key=f"{TEST}:{item.ref_id}:{test.test}:later",
                    kind=TEST,
                    text=_("%(test)s while on %(name)s") % words,
                    due_on=due or min(looks, default=max(item.starts_on, today)),
                    owner_id=item.owner_id,
                    detail=test.when,
                    is_proposed=False,
                )


def _done_on(tests: Iterable[Monitoring], begins: date, shown: Snapshot) -> date | None:
    """The day of the oldest value that makes these tests and still counts on the day of the start; None: not done."""
    days: list[date] = []
    for test in tests:
        made = [_measured_on(codes, begins, shown) for codes in test.measured_by]
        newest = max((day for day in made if day), default=None)
        if newest is None:
            return None
        days.append(newest)
    return min(days, default=None)


def _measured_on(codes: Iterable[str], begins: date, shown: Snapshot) -> date | None:
    content = shipped_fact_content()
    stale = {found.code for found in shown.facts.stale}
    days: list[date] = []
    for code in codes:
        found = shown.record.measurement(code)
        if found is None or code in stale:
            return None
        limits = [content.measurements[code].freshness_days]
        if begins > shown.facts.as_of:
            # Nobody knows how weak the kidneys are by then: the shortest time that the value may count.
            limits += [days for _when, days in content.shorter_freshness.get(code, ())]
        if any(limit is not None and (begins - found.measured_on).days > limit for limit in limits):
            return None
        days.append(found.measured_on)
    return min(days, default=None)


def _next_on(tests: Iterable[Monitoring], item: ItemRecord, shown: Snapshot) -> date | None:
    """The last day of the next time at which the content repeats a test, counted from the start of the medicine."""
    agent = shown.rulebook.agent_by_id[item.ref_id]
    taken, today = running(shown.facts, agent), shown.facts.as_of
    begun = min(item.starts_on, taken.since) if taken and taken.since else item.starts_on
    windows = [test.next_window(max((today - begun).days, 0)) for test in tests]
    return min((begun + timedelta(days=window[1]) for window in windows if window), default=None)


def _referrals(plan: PlanRecord, shown: Snapshot) -> Iterator[Line]:
    today, names = shown.facts.as_of, shown.rulebook.labels.get("referrals", {})
    for call in shown.proposal.referrals:
        to = _name(names, call.id)
        # Whoever sees the task must see how soon: "Neurologist, soon".
        who = f"{to}, {call.urgency.replace('_', ' ')}" if call.urgency else to
        yield Line(
            key=f"{REFERRAL}:{call.id}",
            kind=REFERRAL,
            text=_("Refer to %(who)s: %(why)s") % {"who": who, "why": call.text},
            due_on=today,
            addressee=to,
        )
    for item in plan.items:
        therapy = shown.rulebook.therapy_by_id.get(item.ref_id)
        deliverers = _deliverers(therapy)
        if deliverers:
            to = _name(names, deliverers[0])
            others = [_name(names, who) for who in deliverers[1:] if who not in _ALONE]
            yield Line(
                key=f"{REFERRAL}:{item.ref_id}",
                kind=REFERRAL,
                text=_("Refer to %(who)s: %(why)s") % {"who": to, "why": item.name},
                due_on=today,
                owner_id=item.owner_id,
                addressee=to,
                detail=_("or %(who)s") % {"who": ", ".join(others)} if others else "",
            )


def _deliverers(therapy: Therapy | None) -> Sequence[str]:
    given: Any = therapy.data.get("delivered_by") if therapy else None
    return [str(who) for who in given or ()] if set(given or ()) - _ALONE else []


def _prescriptions(
    plan: PlanRecord, shown: Snapshot, before: PlanRecord | None, prescribers: Collection[UUID]
) -> Iterator[Line]:
    for item in plan.items:
        if item.kind != "agent" or not item.steps:
            continue
        is_new, why = _is_new(item, shown, before)
        may_write = item.owner_id in prescribers
        told = [why] if why else []
        if item.owner_id and not may_write:
            told.append(_("%(who)s signs no prescriptions: choose who does") % {"who": item.owner})
        yield Line(
            key=f"{PRESCRIPTION}:{item.ref_id}:{_doses(item)}",
            kind=PRESCRIPTION,
            text=_("Write the prescription: %(name)s") % {"name": item.product or item.name},
            due_on=max(item.starts_on, shown.facts.as_of),
            owner_id=item.owner_id if may_write else None,
            detail="; ".join(told),
            is_proposed=is_new,
        )


def _is_new(item: ItemRecord, shown: Snapshot, before: PlanRecord | None) -> tuple[bool, str]:
    """Whether a new prescription is called for, and why not: it runs as it is by the plan before, or by the list."""
    same = before.item(item.ref_id) if before else None
    today = shown.facts.as_of
    if (
        before
        and before.signed_at
        and same
        and same.starts_on == item.starts_on <= today
        and (same.stops_on, _doses(same)) == (item.stops_on, _doses(item))
    ):
        signed_on = timezone.localdate(before.signed_at)
        return False, _("runs unchanged since the plan signed on %(day)s") % {"day": _day(signed_on)}
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    taken = running(shown.facts, agent) if agent else None
    if agent is None or taken is None or item.stops_on is not None:
        return True, ""
    if [step.per_day for step in item.steps] != [taken.per_day]:
        return True, ""
    if not same_form(shown.facts, agent):
        return True, _("this dose is taken already, but the list does not say in this form")
    words = {"dose": f"{taken.per_day:g} {item.unit}"}
    if taken.since:
        return False, _("runs unchanged, %(dose)s a day since %(day)s") % (words | {"day": _day(taken.since)})
    return False, _("runs unchanged, %(dose)s a day") % words


def _day(day: date) -> str:
    return date_format(day, "j M Y")


def _doses(item: ItemRecord) -> str:
    """The doses in short: other doses are another prescription.

    Where the doses of a day differ, each of them counts; a day of equal doses keeps the key that orders have on file.
    """
    text = ";".join(f"{step.day}:{_day_of_doses(step)}" for step in item.steps)
    return hashlib.sha256(f"{item.unit} {text} {item.product}".encode()).hexdigest()[:12]


def _day_of_doses(step: PlannedStep) -> str:
    if step.doses:
        return "+".join(f"{dose:g}" for dose in step.doses)
    return f"{step.per_dose:g}x{step.times_per_day:g}"


def _education(plan: PlanRecord, shown: Snapshot) -> Iterator[Line]:
    today, titles = shown.facts.as_of, shown.rulebook.labels.get("education", {})
    for item in plan.items:
        known = shown.rulebook.agent_by_id.get(item.ref_id) or shown.rulebook.therapy_by_id.get(item.ref_id)
        if known and (known.data.get("counselling") or known.data.get("leaflet")):
            yield Line(
                key=f"{EDUCATION}:{item.ref_id}",
                kind=EDUCATION,
                text=_("Explain %(name)s and give the leaflet") % {"name": item.name},
                due_on=max(item.starts_on, today),
                owner_id=item.owner_id,
            )
    for call in shown.proposal.education:
        yield Line(
            key=f"{EDUCATION}:topic:{call.id}",
            kind=EDUCATION,
            text=_("Explain: %(topic)s") % {"topic": _name(titles, call.id)},
            due_on=today,
            detail=call.text,
            is_proposed=False,
        )


def _visits(plan: PlanRecord, shown: Snapshot) -> Iterator[Line]:
    """Check-ins go out by themselves; for a review somebody gives the patient an appointment."""
    today = shown.facts.as_of
    for due in plan.dates:
        if due.kind == "review" and due.due_on >= today:
            day = date_format(due.due_on, "j M Y")
            yield Line(
                key=f"{FOLLOW_UP}:{due.source}:{due.due_on.isoformat()}:{due.text}"[:200],
                kind=FOLLOW_UP,
                text=(_("Book the review of %(day)s: %(what)s") % {"day": day, "what": due.text}).rstrip(": "),
                due_on=today,
            )


def _name(names: Mapping[str, str], key: str) -> str:
    return names.get(key) or key.replace("_", " ")
