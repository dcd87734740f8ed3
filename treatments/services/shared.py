"""What every write of a plan shares: why it is refused, the locks, the ends of a plan, the trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Actor
from accounts.rows import at_most_one
from patients.access import PatientNotFound
from treatments import queries
from treatments.models import Plan
from treatments.plan_checks import Need
from treatments.plan_record import PlanRecord
from treatments.states import OPEN, State, may_step

if TYPE_CHECKING:
    from patients.models import Patient


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


class LeavesAbruptly(Exception):
    """A medicine that is taken by the signed plan and must be tapered does not leave the plan without a reason."""


class NotSigned(Exception):
    """The plan cannot be signed: reasons are missing (`needs`), or `problems` say what else stands against it."""

    def __init__(self, problems: Sequence[str], needs: Sequence[Need] = ()) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)
        self.needs = tuple(needs)


def refuse(problems: Iterable[tuple[str, str]]) -> None:
    """Raise PlanRefused with all problems at once, if there are any."""
    found = list(problems)
    if found:
        raise PlanRefused(found)


def lock_patient(actor: Actor, patient: Patient) -> None:
    """Two writers of one patient's plans come one after the other; patients of others do not exist."""
    if patient.organisation_id != actor.organisation_id:
        raise PatientNotFound(patient.pk)
    # There may be no plan yet whose row could be locked. The lock ends with the transaction, behind a pooler as well.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('plan:' || %s, 0))", [str(patient.pk)])


def locked_draft(patient: Patient) -> Plan:
    """The draft of a patient, proposed for review or not, locked until the transaction ends. Raises NoDraft."""
    rows = Plan.objects.select_for_update(of=("self",)).defer(*queries.BASIS)
    plan = at_most_one(rows.filter(patient_id=patient.pk, state__in=OPEN))
    if plan is None:
        raise NoDraft
    return plan


def draft_to_change(actor: Actor, patient: Patient, now: datetime) -> Plan:
    """The draft of a patient, locked, for a change. Raises NoDraft.

    A proposed plan is taken back first: whoever reviews it must not sign what they have not seen. The state of the row
    that is returned says where it stood before, for the trail.
    """
    plan = locked_draft(patient)
    if plan.state == State.PROPOSED:
        back_to_draft(actor, plan, now)
    return plan


def back_to_draft(actor: Actor, plan: Plan, now: datetime, words: str = "") -> None:
    """Make a proposed plan a draft again: returned with words, or taken back by a change, without."""
    Plan.objects.filter(id=plan.pk).update(
        state=State.DRAFT,
        proposed_by=None,
        proposed_to=None,
        proposed_at=None,
        proposed_words="",
        returned_by_id=actor.user_id,
        returned_at=now,
        returned_words=words,
    )


def draft_record(patient: Patient) -> PlanRecord:
    """The draft as it stands now. Raises NoDraft."""
    draft = queries.draft_of(patient.pk)
    if draft is None:
        raise NoDraft
    return draft


def touch(actor: Actor, plan_id: UUID, now: datetime) -> None:
    """Write down who changed the draft last, and when."""
    Plan.objects.filter(id=plan_id).update(changed_by_id=actor.user_id, changed_at=now)


def end(actor: Actor, plan: Plan, state: State, reason: str, now: datetime) -> None:
    """Take a plan to a state in which it no longer counts. Raises NoDraft where it cannot step there."""
    if not may_step(State(plan.state), state):
        raise NoDraft
    Plan.objects.filter(id=plan.pk).update(
        state=state, ended_by_id=actor.user_id, ended_job=actor.job, ended_at=now, end_reason=reason
    )


def local_day(now: datetime) -> date:
    """The day of a moment at the place of the clinic."""
    return timezone.localtime(now).date()


def note(actor: Actor, patient_id: UUID, action: str, plan_id: UUID, **detail: Any) -> None:
    """The row in the audit trail: what was done to which plan, and no words of the patient."""
    kept: Mapping[str, Any] = detail
    audit.record(actor=actor, action=action, patient_id=patient_id, target=f"plan:{plan_id}", detail=kept)
