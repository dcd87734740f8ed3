"""The trail of who did, read or was refused what.

`record` writes one row inside the caller's transaction: the deed and its trace are stored together or not at all. The
database links the rows into a hash chain per organisation when the transaction commits, so the lock on the end of the
chain is held for the commit and not for the request. `first_broken_link` walks the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import AuditEvent
from accounts.roles import Permission, Role, permissions_of, permissions_of_job


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a signed-in user in one organisation, or a named job working for one organisation.

    `at` is when they say that they write, for a story of the past such as the demo's; None, as for everybody who is
    signed in, means the clock of the database. It dates rows of the record only: the trail has its own clock.
    """

    organisation_id: UUID
    name: str
    user_id: UUID | None = None
    job: str = ""
    roles: frozenset[Role] = frozenset()
    clinic_ids: frozenset[UUID] = frozenset()
    time_zone: str = "UTC"
    at: datetime | None = None
    permissions: frozenset[Permission] = field(init=False)

    def __post_init__(self) -> None:
        if (self.user_id is None) == (not self.job):
            raise ValueError("An actor is either a user or a named job.")
        allowed = permissions_of_job(self.job) if self.job else permissions_of(self.roles)
        object.__setattr__(self, "permissions", allowed)

    @classmethod
    def for_job(cls, name: str, organisation_id: UUID, at: datetime | None = None) -> Actor:
        """The named job (a key of `roles.JOB_GRANTS`) at work for one organisation."""
        return cls(organisation_id=organisation_id, name=name, job=name, at=at)

    def authorship(self) -> dict[str, Any]:
        """The columns that say who made a row and when."""
        return {"created_by_id": self.user_id, "created_job": self.job, **self.dated("created_at")}

    def dated(self, column: str) -> dict[str, datetime]:
        """The column that says when a row was made; left out, the database sets it."""
        return {} if self.at is None else {column: self.at}


def record(
    *,
    actor: Actor,
    action: str,
    patient_id: UUID | None = None,
    target: str = "",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write one row of the trail; must run inside the transaction of what it tells about.

    `action` is "noun.verb" ("patient.read", "plan.sign"), `target` is "kind:uuid", `reason` says why the record opened,
    `detail` holds ids and codes. Free text, names and values of a patient do not belong in `detail`.
    """
    _refuse_outside_a_transaction()
    event = _event(actor, Deed(action, patient_id, target, reason, detail or {}))
    event.save(force_insert=True)
    return event


@dataclass(frozen=True, slots=True)
class Deed:
    """What one row of the trail tells; the fields are those of `record`."""

    action: str
    patient_id: UUID | None = None
    target: str = ""
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def record_all(*, actor: Actor, deeds: Iterable[Deed]) -> None:
    """Write one row of the trail for each deed, in this order and in one statement; else like `record`."""
    _refuse_outside_a_transaction()
    AuditEvent.objects.bulk_create([_event(actor, deed) for deed in deeds])


def _refuse_outside_a_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record was called outside a transaction; the deed could be stored without its trace.")


def _event(actor: Actor, deed: Deed) -> AuditEvent:
    return AuditEvent(
        organisation_id=actor.organisation_id,
        actor_user_id=actor.user_id,
        actor_job=actor.job,
        actor_name=actor.name[:200],
        action=deed.action,
        patient_id=deed.patient_id,
        target=deed.target,
        reason=deed.reason,
        detail=dict(deed.detail),
    )


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first place where an organisation's chain does not hold."""

    organisation_id: UUID
    sequence: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk over one chain found."""

    organisation_id: UUID
    rows: int
    broken: BrokenLink | None


# PostgreSQL recomputes every hash with the function that made it. A row is wrong when its number does not follow, when
# it does not name the hash before it, or when its own hash is not that of its content.
_WALK = """
    WITH chain AS (
        SELECT sequence, previous_hash, hash,
               lag(sequence) OVER w AS before, lag(hash) OVER w AS hash_before,
               audit_hash(previous_hash, e) AS computed
        FROM accounts_auditevent e WHERE organisation_id = %s AND sequence IS NOT NULL WINDOW w AS (ORDER BY sequence)
    )
    SELECT sequence,
           CASE WHEN sequence <> coalesce(before, 0) + 1 THEN 'rows are missing or doubled before this one'
                WHEN previous_hash <> coalesce(hash_before, '') THEN 'it does not continue the row before it'
                ELSE 'its content is not what was written' END
    FROM chain
    WHERE sequence <> coalesce(before, 0) + 1 OR previous_hash <> coalesce(hash_before, '') OR hash <> computed
    ORDER BY sequence LIMIT 1
"""
_END = """
    SELECT count(*), count(*) FILTER (WHERE sequence IS NULL), max(sequence),
           (SELECT hash FROM accounts_auditevent WHERE organisation_id = %(o)s AND sequence IS NOT NULL
            ORDER BY sequence DESC LIMIT 1),
           (SELECT sequence FROM accounts_audithead WHERE organisation_id = %(o)s),
           (SELECT hash FROM accounts_audithead WHERE organisation_id = %(o)s)
    FROM accounts_auditevent WHERE organisation_id = %(o)s
"""


def verify(organisation_id: UUID) -> Verification:
    """Walk one organisation's chain from its first row to its head. Call it inside that organisation's tenant block."""
    with connection.cursor() as cursor:
        cursor.execute(_WALK, [str(organisation_id)])
        wrong = cursor.fetchone()
        cursor.execute(_END, {"o": str(organisation_id)})
        rows, unlinked, last, last_hash, head, head_hash = cursor.fetchone()
    broken = None
    if wrong:
        broken = BrokenLink(organisation_id, wrong[0], wrong[1])
    elif unlinked:
        broken = BrokenLink(organisation_id, None, f"{unlinked} rows were never linked")
    elif (last, last_hash) != (head, head_hash):
        broken = BrokenLink(organisation_id, last, "rows after this one are gone: the end of the chain is elsewhere")
    return Verification(organisation_id, rows, broken)
