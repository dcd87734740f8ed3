"""Reasons against the rules: given and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import queries as account_queries
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import CARE_ROLES, Permission
from treatments import plan_readiness
from treatments.models import Override, PlanItem
from treatments.plan_doses import (
    DoseIssue,
    limits_of,
)
from treatments.plan_record import PlanRecord
from treatments.services.shared import (
    NoDraft,
    StaleSave,
    draft_record,
    draft_to_change,
    local_day,
    locked_draft,
    note,
    refuse,
    touch,
)
from treatments.snapshot import Snapshot

if TYPE_CHECKING:
    from patients.models import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonEntry:
    """A reason against the rules. `covers` are the ids that were on the page when it was given.

    A promise to monitor names a test of the vocabulary, its day, and who of the staff sees to it.
    """

    kind: str
    subject: str = ""
    covers: frozenset[str] = frozenset()
    reason: str
    text: str
    monitor_on: date | None = None
    monitor_test: str = ""
    monitor_owner_id: UUID | None = None


@transaction.atomic
def give_reason(
    *, actor: Actor, patient: Patient, ref_id: str, entry: ReasonEntry, shown: Snapshot, now: datetime
) -> PlanRecord:
    """Decide against the rules for one item (or about an alert, with an empty `ref_id`): a coded reason and words.

    A need that has grown since the page was shown is refused: nobody accepts what they have not seen.
    """
    require(actor, Permission.DRAFT_PLAN)
    plan = draft_to_change(actor, patient, now)
    item = PlanItem.objects.filter(plan=plan, ref_id=ref_id).first() if ref_id else None
    if ref_id and item is None:
        raise NoDraft
    refuse(_reason_problems(entry, local_day(now), shown, actor.organisation_id))
    record = draft_record(patient)
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
    promised = entry.reason == Override.Reason.WILL_MONITOR
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
        monitor_on=entry.monitor_on if promised else None,
        monitor_test=entry.monitor_test if promised else "",
        monitor_owner_id=entry.monitor_owner_id if promised else None,
        made_by_id=actor.user_id,
        made_job=actor.job,
        **actor.dated("made_at"),
    )
    touch(actor, plan.pk, now)
    note(actor, patient.pk, "plan.override", plan.pk, item=ref_id, kind=entry.kind, reason=entry.reason, was=plan.state)
    return draft_record(patient)


@transaction.atomic
def take_back_reason(*, actor: Actor, patient: Patient, override_id: UUID, now: datetime) -> PlanRecord:
    """Remove an override from the draft. Removing it again changes nothing."""
    require(actor, Permission.DRAFT_PLAN)
    if not Override.objects.filter(plan=locked_draft(patient), id=override_id).exists():
        return draft_record(patient)
    plan = draft_to_change(actor, patient, now)
    Override.objects.filter(plan=plan, id=override_id).delete()
    touch(actor, plan.pk, now)
    note(actor, patient.pk, "plan.take_back_override", plan.pk, override=str(override_id), was=plan.state)
    return draft_record(patient)


def _dose_cover(ref_id: str, shown: Snapshot) -> set[str]:
    """A reason for the dose is about both limits of this patient as they are today."""
    agent = shown.rulebook.agent_by_id.get(ref_id)
    limits = limits_of(shown.proposal.option(ref_id), agent) if agent else None
    if limits is None:
        return set()
    pairs = ((DoseIssue.ABOVE_START, limits.start_per_day), (DoseIssue.ABOVE_LIMIT, limits.max_per_day))
    return {f"{issue}:{limit:g}" for issue, limit in pairs if limit is not None}


def _reason_problems(entry: ReasonEntry, today: date, shown: Snapshot, organisation_id: UUID) -> list[tuple[str, str]]:
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
        if entry.monitor_test not in shown.rulebook.labels["monitoring_tests"]:
            found.append(("monitor_test", _("Choose what is checked.")))
        staff = account_queries.staff_of(organisation_id, CARE_ROLES)
        if entry.monitor_owner_id is None or not staff.filter(id=entry.monitor_owner_id).exists():
            found.append(("monitor_owner", _("Choose who sees to it.")))
    return found
