"""The worker's side of the queue: claimed with a lease, sent once, retried by the row, given to a person at the end.

*Claim* gives rows to one worker for a while; *check* decides for all of them whether they may leave; then *begin* notes
that a group is being sent and with which attempt, and *send* checks once more, sends with each row's id as key and
notes the receipts. Each is one transaction with a fixed number of statements. A worker that dies leaves a lease that
runs out: a claimed row is free again; a row that was being sent is asked after at the outlet by its key, and only when
the outlet surely never had it is it sent again. When nobody can tell, a person is asked.

A group is therefore as large as what the outlet can tell afterwards: the whole batch where it can be asked, else one
message, so that a worker that dies leaves one in doubt and no more. What was tried before goes alone, so that a message
that spoils its group spoils it once.

`claim_due`, `deliver` and `free_expired_leases` open their own transactions; call them outside any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.audit import Actor, record
from accounts.roles import Permission
from accounts.tenancy import tenant
from followup import check_in, content, links
from followup.delivery import Message, NotDelivered, Outlet, Refused, Unclear
from followup.models import Reminder
from followup.policy import name_in_messages
from followup.schedule import retry_at
from followup.services.outcomes import LEASE, STATE, Outcome, Outcomes
from followup.services.shared import organisation_of
from followup.services.verdicts import Verdict, verdicts

if TYPE_CHECKING:
    from accounts.models import Organisation
    from patients.models import Patient

BATCH = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """One reminder in the hands of one worker."""

    reminder_id: UUID
    lease_id: UUID


def claim_due(*, actor: Actor, now: datetime, limit: int = BATCH) -> list[Claim]:
    """Take up to `limit` reminders that are due; what another worker is taking at this moment is passed over."""
    require(actor, Permission.SEND_REMINDERS)
    lease_id = uuid4()
    with tenant(actor.organisation_id):
        due = Reminder.objects.select_for_update(skip_locked=True).filter(
            organisation_id=actor.organisation_id, state=STATE.SCHEDULED, due_at__lte=now
        )
        ids = list(due.order_by("due_at", "id").values_list("id", flat=True)[:limit])
        if ids:
            Reminder.objects.filter(id__in=ids).update(state=STATE.LEASED, lease_id=lease_id, lease_until=now + LEASE)
            record(actor=actor, action="reminder.claim", target="reminders", detail={"count": len(ids)})
    return [Claim(reminder_id, lease_id) for reminder_id in ids]


def deliver(*, actor: Actor, claims: Sequence[Claim], outlet: Outlet, now: datetime) -> list[Outcome]:
    """Send what was claimed, or decide for each that it must not or cannot be sent now; an outcome for each claim.

    Raises ExceptionGroup at the end when some could not be handled; their leases run out and they are tried again.
    """
    require(actor, Permission.SEND_REMINDERS)
    with tenant(actor.organisation_id):
        organisation = organisation_of(actor)
        found, groups = _check(actor, organisation, claims, outlet, now)
    failures: list[Exception] = []
    try:
        for group in groups:
            try:
                with tenant(actor.organisation_id):
                    _begin(actor, group, now)
                with tenant(actor.organisation_id):
                    found |= _send(actor, organisation, group, outlet, now, failures)
            except Exception as failure:  # A group that fails keeps no other from being sent.
                failures.append(failure)
    finally:
        outlet.close()
    if failures:
        raise ExceptionGroup("some messages could not be handled", failures)
    return [found.get(claim.reminder_id, Outcome.LOST) for claim in claims]


def free_expired_leases(*, actor: Actor, outlet: Outlet, now: datetime) -> int:
    """Take back what a worker left behind. A row that is being sent right now is locked and passed over."""
    require(actor, Permission.SEND_REMINDERS)
    with tenant(actor.organisation_id):
        left = (
            Reminder.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("check_in", "report")
            .filter(
                organisation_id=actor.organisation_id,
                state__in=[STATE.LEASED, STATE.SENDING],
                lease_until__lt=now,
            )
        )
        rows = list(left.order_by("lease_until")[:200])
        outcomes = Outcomes(actor)
        for reminder in rows:
            if reminder.state == STATE.LEASED:
                outcomes.put_back(reminder, reminder.due_at, "", "reminder.free", Outcome.LATER)
                continue
            try:
                receipt = outlet.find(reminder.organisation_id, str(reminder.pk))
            except Unclear:
                outcomes.give_to_person(reminder, STATE.UNKNOWN, "perhaps sent")
                continue
            if receipt is not None:
                outcomes.sent(reminder, receipt)
            elif _next_try(reminder, now) is None:
                outcomes.give_to_person(reminder, STATE.FAILED, "not delivered")
            else:
                outcomes.put_back(reminder, now, "", "reminder.free", Outcome.LATER)
        outcomes.write(now)
    return len(rows)


def _check(
    actor: Actor, organisation: Organisation, claims: Sequence[Claim], outlet: Outlet, now: datetime
) -> tuple[dict[UUID, Outcome], list[list[Claim]]]:
    """What must not leave, or not now, is put away; the rest may be sent, in these groups."""
    claim_of = {claim.reminder_id: claim for claim in claims}
    found: dict[UUID, Outcome] = {}
    together: list[Claim] = []
    alone: list[list[Claim]] = []
    outcomes = Outcomes(actor)
    for reminder, _patient, verdict in verdicts(actor, organisation, _claimed(claims, STATE.LEASED), now):
        away = _put_away(outcomes, reminder, verdict, now)
        if away:
            found[reminder.pk] = away
        elif outlet.can_be_asked and not reminder.attempts:
            together.append(claim_of[reminder.pk])
        else:
            alone.append([claim_of[reminder.pk]])
    outcomes.write()
    return found, [together, *alone] if together else alone


def _begin(actor: Actor, group: Sequence[Claim], now: datetime) -> None:
    outcomes = Outcomes(actor)
    for reminder in _claimed(group, STATE.LEASED):
        outcomes.begin(reminder)
    outcomes.write(now)


def _send(
    actor: Actor,
    organisation: Organisation,
    group: Sequence[Claim],
    outlet: Outlet,
    now: datetime,
    failures: list[Exception],
) -> dict[UUID, Outcome]:
    """Send a group that has begun. What fails in an unknown way stays as it is; its lease runs out."""
    found: dict[UUID, Outcome] = {}
    outcomes = Outcomes(actor)
    # SAFETY: consent is read once more in the transaction that sends; an opt-out waits for these rows' locks, so
    # nothing leaves after it was confirmed (tests/followup/test_reminders.py).
    for reminder, patient, verdict in verdicts(actor, organisation, _claimed(group, STATE.SENDING), now):
        away = _put_away(outcomes, reminder, verdict, now)
        if away:
            found[reminder.pk] = away
            continue
        try:
            found[reminder.pk] = _hand_over(outcomes, reminder, _message(organisation, reminder, patient), outlet, now)
        except Exception as failure:
            failures.append(failure)
    outcomes.write(now)
    return found


def _claimed(claims: Sequence[Claim], state: str) -> list[Reminder]:
    """The rows that are still this worker's, locked; in the order of ids, as an opt-out locks them."""
    lease_of = {claim.reminder_id: claim.lease_id for claim in claims}
    rows = (
        Reminder.objects.select_for_update(of=("self",))
        .select_related("check_in__due_item__schedule", "report")
        .filter(id__in=list(lease_of), lease_id__in=set(lease_of.values()), state=state)
        .order_by("id")
    )
    return [row for row in rows if row.lease_id == lease_of[row.pk]]


def _put_away(outcomes: Outcomes, reminder: Reminder, verdict: Verdict, now: datetime) -> Outcome | None:
    """Cancel or postpone what may not leave now; None when it may."""
    if isinstance(verdict, str):
        return outcomes.cancel(reminder, verdict)
    if verdict > now:
        return outcomes.put_back(reminder, verdict, "quiet hours or cap", "reminder.postpone", Outcome.LATER)
    return None


def _hand_over(outcomes: Outcomes, reminder: Reminder, message: Message, outlet: Outlet, now: datetime) -> Outcome:
    try:
        return outcomes.sent(reminder, outlet.send(message, str(reminder.pk)))
    except NotDelivered:
        later = _next_try(reminder, now)
        if later is None:
            return outcomes.give_to_person(reminder, STATE.FAILED, "not delivered")
        return outcomes.put_back(reminder, later, "not delivered yet", "reminder.retry", Outcome.RETRY)
    except Refused:
        return outcomes.give_to_person(reminder, STATE.FAILED, "address refused")
    except Unclear:
        return outcomes.give_to_person(reminder, STATE.UNKNOWN, "perhaps sent")


def _next_try(reminder: Reminder, now: datetime) -> datetime | None:
    """When to try again; None when it was tried for so long that a person must take over."""
    policy = content.policy()
    first = reminder.first_tried_at or now
    return retry_at(reminder.attempts, now, first, policy.retry_minutes, policy.give_up_hours)


def _message(organisation: Organisation, reminder: Reminder, patient: Patient) -> Message:
    """The message in the language of the pages that its link leads to."""
    if reminder.check_in_id is not None:
        address = links.address(links.Link(reminder.organisation_id, reminder.check_in_id))
        template, language = "reminder", check_in.LANGUAGE
    else:
        assert reminder.report is not None  # It is about one of the two (reminder_is_about_one_thing).
        address = links.address(links.Link(reminder.organisation_id, reminder.report.pk), "report")
        template, language = "invitation", reminder.report.language
    with translation.override(language):
        practice = name_in_messages(organisation.name, _("your clinic"), content.policy().revealing_words)
        words = {"practice": practice, "phone": organisation.phone, "link": address, "stop": f"{address}stop/"}
        return Message(
            organisation_id=reminder.organisation_id,
            recipient=patient.email,
            subject=_("A message from %(practice)s") % words,
            body=render_to_string(f"followup/{template}.txt", words),
            unsubscribe=words["stop"],
            language=language,
        )
