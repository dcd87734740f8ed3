"""What a plan asks somebody to do beside its treatments: tests, referrals, prescriptions, education, visits. Pure.

Each line has a key that is the same for the same thing in the next plan of the patient, so that nothing is ordered
twice: a test by medicine and test, a referral by whom it goes to, a prescription by medicine and doses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from treatments.plan_record import ItemRecord, PlanRecord
from treatments.rulebook import Therapy
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


def order_lines(plan: PlanRecord, shown: Snapshot) -> tuple[Line, ...]:
    """Everything that a plan asks for, by kind. A day that has passed is today."""
    found = {
        line.key: line
        for lines in (
            _tests(plan, shown),
            _referrals(plan, shown),
            _prescriptions(plan, shown),
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
        labels: dict[str, Any] = {}
        for test in agent.monitoring if agent else ():
            labels.setdefault(test.label, test)
        for label, test in labels.items():
            words = {"test": label[:1].upper() + label[1:], "name": item.name}
            if test.baseline:
                yield Line(
                    key=f"{TEST}:{item.ref_id}:{test.test}",
                    kind=TEST,
                    text=_("%(test)s before %(name)s") % words,
                    due_on=max(item.starts_on, today),
                    owner_id=item.owner_id,
                    detail=_("then %(when)s") % {"when": test.when} if test.when else "",
                )
            # The content says in words when it is repeated, so the day is for a person to set.
            if test.when:
                yield Line(
                    key=f"{TEST}:{item.ref_id}:{test.test}:later",
                    kind=TEST,
                    text=_("%(test)s while on %(name)s") % words,
                    due_on=min(looks, default=max(item.starts_on, today)),
                    owner_id=item.owner_id,
                    detail=test.when,
                    is_proposed=False,
                )


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


def _prescriptions(plan: PlanRecord, shown: Snapshot) -> Iterator[Line]:
    for item in plan.items:
        if item.kind != "agent" or not item.steps:
            continue
        yield Line(
            key=f"{PRESCRIPTION}:{item.ref_id}:{_doses(item)}",
            kind=PRESCRIPTION,
            text=_("Write the prescription: %(name)s") % {"name": item.product or item.name},
            due_on=max(item.starts_on, shown.facts.as_of),
            owner_id=item.owner_id,
        )


def _doses(item: ItemRecord) -> str:
    """The doses in short: other doses are another prescription."""
    text = ";".join(f"{step.day}:{step.per_dose:g}x{step.times_per_day:g}" for step in item.steps)
    return hashlib.sha256(f"{item.unit} {text} {item.product}".encode()).hexdigest()[:12]


def _education(plan: PlanRecord, shown: Snapshot) -> Iterator[Line]:
    today, titles = shown.facts.as_of, shown.rulebook.labels.get("education", {})
    for item in plan.items:
        known = shown.rulebook.agent_by_id.get(item.ref_id) or shown.rulebook.therapy_by_id.get(item.ref_id)
        if known and (known.data.get("counselling") or known.data.get("leaflet")):
            yield Line(
                key=f"{EDUCATION}:{item.ref_id}",
                kind=EDUCATION,
                text=_("Explain %(name)s and give the leaflet") % {"name": item.name},
                due_on=today,
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
