"""Reasons against the rules: given and taken back."""

from __future__ import annotations

from collections.abc import Sequence
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
from treatments.plan_checks import Need
from treatments.plan_doses import DoseIssue, current_dose, dose_cover, doses_covered, limits_of, uncovered
from treatments.plan_record import PlanRecord
from treatments.services.shared import (
    NoDraft,
    PlanRefused,
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

    A reason for a dose says up to which: it is none for a higher one.

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
    # Of a reason for the dose: up to which first dose and which dose of a day it goes, in the unit of the medicine.
    first_up_to: float | None = None
    up_to: float | None = None


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
    if wanted and uncovered(wanted[0].covers, covers):
        raise StaleSave
    if entry.kind == Override.Kind.DOSE and item is not None:
        covers = _dose_covers(entry, ref_id, wanted, shown)
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


def _dose_covers(entry: ReasonEntry, ref_id: str, wanted: Sequence[Need], shown: Snapshot) -> set[str]:
    """What a reason for the doses that were entered covers, by the limits of this patient as they are today."""
    agent = shown.rulebook.agent_by_id.get(ref_id)
    limits = limits_of(shown.proposal.option(ref_id), agent) if agent else None
    if agent is None or limits is None:
        raise PlanRefused([("up_to", _("The rulebook has no limit for this dose."))])
    # Where nothing is entered the reason is one for the doses that were on the page.
    seen = doses_covered(entry.covers)
    first = entry.first_up_to if entry.first_up_to is not None else seen.get(DoseIssue.ABOVE_START)
    most = entry.up_to if entry.up_to is not None else seen.get(DoseIssue.ABOVE_LIMIT)
    entered = (
        ("first_up_to", DoseIssue.ABOVE_START, limits.start_per_day, first),
        ("up_to", DoseIssue.ABOVE_LIMIT, limits.max_per_day, most),
    )
    highest = limits.never_above
    words = {"most": f"{highest:g} {limits.unit}" if highest is not None else ""}
    refuse(
        (field, _("That is above the highest dose in the rulebook, %(most)s a day.") % words)
        for field, _issue, _limit, dose in entered
        # What is above it already may only lead down from there; see treatments.plan_doses.dose_problems.
        if dose is not None and highest is not None and dose > max(highest, current_dose(shown.facts, agent) or 0)
    )
    covers = {
        dose_cover(issue, limit, dose)
        for _field, issue, limit, dose in entered
        if dose is not None and limit is not None and dose > limit
    }
    if not covers:
        raise PlanRefused([("up_to", _("Say up to which dose of a day, above the limit, the reason goes."))])
    fields = {issue: field for field, issue, _limit, _dose in entered}
    planned = doses_covered(uncovered(wanted[0].covers, covers) if wanted else ())
    refuse(
        (fields[issue], _("The plan goes up to %(dose)s a day.") % {"dose": f"{dose:g} {limits.unit}"})
        for issue, dose in planned.items()
    )
    return covers


def _reason_problems(entry: ReasonEntry, today: date, shown: Snapshot, organisation_id: UUID) -> list[tuple[str, str]]:
    found = []
    if entry.kind not in Override.Kind.values or entry.subject == Override.Reason.LEADS_TO_END:
        found.append(("kind", _("Say what the reason is about.")))
    # What the signature says by itself nobody says.
    if entry.reason not in Override.Reason.values or entry.reason == Override.Reason.LEADS_TO_END:
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
