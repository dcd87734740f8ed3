"""What became of the messages of a batch: gathered while they are handled, written in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Field, Value, When
from django.db.models.functions import Coalesce

from accounts import audit
from accounts.audit import Actor
from assessments import services as assessment_services
from followup import content
from followup.delivery import Receipt
from followup.models import CheckIn, Reminder
from followup.services.shared import deed, reminder_key

STATE = Reminder.State
LEASE = timedelta(seconds=120)
_FREE: dict[str, Any] = {"lease_id": None, "lease_until": None}


class Outcome(StrEnum):
    """What became of one claimed reminder."""

    SENT = "sent"
    LATER = "later"
    CANCELLED = "cancelled"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"
    LOST = "lost"


class Outcomes:
    """The outcomes of one transaction. The caller holds the lock of every row it names and calls `write` at the end."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._begun: list[Reminder] = []
        self._sent: list[tuple[Reminder, Receipt]] = []
        self._put_back: dict[str, list[tuple[Reminder, datetime]]] = defaultdict(list)
        self._closed: dict[tuple[str, str], list[Reminder]] = defaultdict(list)
        self._by_person: dict[str, list[UUID]] = defaultdict(list)
        self._deeds: list[audit.Deed] = []

    def begin(self, reminder: Reminder) -> None:
        """It is about to be handed over; whoever finds it afterwards knows that it may have left."""
        self._begun.append(reminder)
        self._note("reminder.begin", reminder, attempt=reminder.attempts + 1)

    def sent(self, reminder: Reminder, receipt: Receipt) -> Outcome:
        """The outlet has it."""
        self._sent.append((reminder, receipt))
        self._note("reminder.send", reminder, kind=reminder.kind, attempt=reminder.attempts)
        return Outcome.SENT

    def put_back(self, reminder: Reminder, due_at: datetime, reason: str, action: str, outcome: Outcome) -> Outcome:
        """It waits again, until `due_at`."""
        self._put_back[reason].append((reminder, due_at))
        self._note(action, reminder, **({"attempt": reminder.attempts} if outcome is Outcome.RETRY else {}))
        return outcome

    def cancel(self, reminder: Reminder, reason: str) -> Outcome:
        """It must not leave; a person is asked where that is why nobody is."""
        self._closed[STATE.CANCELLED, reason].append(reminder)
        if reason in ("no consent", "no address"):
            self._call(reminder, reason)
        self._note("reminder.cancel", reminder, reason=reason)
        return Outcome.CANCELLED

    def give_to_person(self, reminder: Reminder, state: str, reason: str) -> Outcome:
        """It was not sent (FAILED), or nobody can tell (UNKNOWN): a person calls."""
        self._closed[state, reason].append(reminder)
        self._call(reminder, reason)
        self._note("reminder.give_up", reminder, reason=reason)
        return Outcome.FAILED if state == STATE.FAILED else Outcome.UNKNOWN

    def write(self, now: datetime | None = None) -> None:
        """Store everything. One statement for each kind of outcome and reason, however many messages there are.

        `now` is the moment at which messages began or were sent; where neither happened it is not needed.
        """
        if self._begun or self._sent:
            assert now is not None
            self._write_progress(now)
        for reason, rows in self._put_back.items():
            due_at = _each(((row, at) for row, at in rows), Reminder._meta.get_field("due_at"))
            _update([row for row, _ in rows], state=STATE.SCHEDULED, due_at=due_at, reason=reason, **_FREE)
        for (state, reason), closed in self._closed.items():
            _update(closed, state=state, reason=reason, **_FREE)
        for reason, check_ins in self._by_person.items():
            CheckIn.objects.filter(id__in=check_ins).update(by_person=reason)
        if self._deeds:
            audit.record_all(actor=self._actor, deeds=self._deeds)

    def _write_progress(self, now: datetime) -> None:
        if self._begun:
            first = Coalesce(F("first_tried_at"), Value(now))
            tried = {"attempts": F("attempts") + 1, "first_tried_at": first}
            _update(self._begun, state=STATE.SENDING, lease_until=now + LEASE, **tried)
        if not self._sent:
            return
        references = ((row, receipt.reference[:200]) for row, receipt in self._sent)
        reference = _each(references, Reminder._meta.get_field("reference"))
        _update([row for row, _ in self._sent], state=STATE.SENT, sent_at=now, reference=reference, **_FREE)
        policy = content.policy()
        check_ins = {row.check_in.pk: row.check_in for row, _ in self._sent if row.check_in is not None}
        reports = [row.report_id for row, _ in self._sent if row.report_id is not None]
        if reports:
            assessment_services.extend_reports(actor=self._actor, report_ids=reports, until=now + policy.link_lives)
        CheckIn.objects.filter(id__in=list(check_ins)).update(
            first_sent_at=Coalesce(F("first_sent_at"), Value(now)), expires_at=now + policy.link_lives
        )
        self._add_repeats([each for each in check_ins.values() if not each.first_sent_at], now + policy.repeat_after)

    def _add_repeats(self, check_ins: list[CheckIn], due_at: datetime) -> None:
        """A second message to those who have had their first just now; the key lets each exist once."""
        repeats = [
            Reminder(
                organisation_id=check_in.organisation_id,
                key=reminder_key(check_in.patient_id, check_in, "repeat"),
                patient_id=check_in.patient_id,
                check_in=check_in,
                kind="repeat",
                due_at=due_at,
                **self._actor.authorship(),
            )
            for check_in in check_ins
        ]
        if repeats:
            Reminder.objects.bulk_create(repeats, ignore_conflicts=True)

    def _call(self, reminder: Reminder, reason: str) -> None:
        # Of a report the message itself says that it did not arrive; that is shown where the patient was invited.
        if reminder.check_in_id is not None:
            self._by_person[reason].append(reminder.check_in_id)

    def _note(self, action: str, reminder: Reminder, **detail: Any) -> None:
        self._deeds.append(deed(action, reminder.patient_id, reminder, **detail))


def _update(rows: list[Reminder], **values: Any) -> None:
    Reminder.objects.filter(id__in=[row.pk for row in rows]).update(**values)


def _each(values: Iterable[tuple[Reminder, Any]], field: Field[Any, Any]) -> Case | Value:
    """A value of its own for each row, as one expression."""
    pairs = list(values)
    if len({value for _row, value in pairs}) == 1:
        return Value(pairs[0][1], output_field=field)
    return Case(*(When(id=row.pk, then=Value(value)) for row, value in pairs), output_field=field)
