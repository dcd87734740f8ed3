"""Tasks to review the evidence of the content, raised once its day has passed and closed when the day moves."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.roles import Permission
from treatments import evidence, releases
from treatments.models import EvidenceReview
from treatments.services.shared import local_day


@transaction.atomic
def raise_reviews(*, actor: Actor, now: datetime) -> int:
    """Raise one task for each piece of the content whose review is overdue, and close those that are not any more.

    Returns how many were raised or closed; where nothing changed nothing is written, so that it may run at any time.
    """
    require(actor, Permission.VIEW_RULEBOOK)
    rulebook = releases.current()
    due = evidence.overdue(rulebook, local_day(now))
    # Two workers at once: the second waits here, and finds the tasks that the first has raised.
    with connection.cursor() as cursor:
        key = str(actor.organisation_id)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('review:' || %s, 0))", [key])
    rows = EvidenceReview.objects.filter(organisation_id=actor.organisation_id, closed_at__isnull=True)
    standing = {row.key: row for row in rows}
    over = [row.pk for key, row in standing.items() if key not in due or due[key].review_by != row.review_by]
    EvidenceReview.objects.filter(pk__in=over).update(closed_at=now)
    kept = {key for key, row in standing.items() if row.pk not in over}
    raised = EvidenceReview.objects.bulk_create(
        [
            EvidenceReview(
                organisation_id=actor.organisation_id,
                key=piece.key,
                name=piece.name[:200],
                owner=piece.owner[:200],
                review_by=piece.review_by,
                raised_at=now,
            )
            for key, piece in due.items()
            if key not in kept
        ]
    )
    if raised or over:
        audit.record(
            actor=actor,
            action="rulebook.review",
            target=f"rulebook:{rulebook.digest}",
            detail={"raised": len(raised), "closed": len(over)},
        )
    return len(raised) + len(over)
