"""What the worker does when it is woken: loops around services, one organisation after the other."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID

from celery import shared_task

from accounts.audit import Actor
from accounts.tenancy import organisations, tenant
from treatments import services

# Well below the time limit of a task; what is left is found again at the next wake-up call.
SECONDS = 30.0


@shared_task(name="treatments.tasks.recheck")
def recheck() -> None:
    """Look at the signed plans that are due, a few in each transaction, until none is or the time is up.

    Twice does no harm: what was looked at is not due any more.
    """
    until, waiting = time.monotonic() + SECONDS, organisations()
    while waiting and time.monotonic() < until:
        waiting = [organisation_id for organisation_id in waiting if _some(organisation_id)]
    if waiting:
        # A wake-up call every ten minutes would leave most of the time unused.
        recheck.apply_async(expires=60)


@shared_task(name="treatments.tasks.review_evidence")
def review_evidence() -> None:
    """Raise a task for every piece of the content whose evidence review is overdue, in every organisation."""
    failures = list[Exception]()
    for organisation_id in organisations():
        try:
            with tenant(organisation_id):
                actor = Actor.for_job("review-evidence", organisation_id)
                services.raise_reviews(actor=actor, now=datetime.now(UTC))
        except Exception as failure:  # One organisation that fails keeps no other from its tasks.
            failures.append(failure)
    if failures:
        raise ExceptionGroup("some reviews of evidence could not be raised", failures)


def _some(organisation_id: UUID) -> int:
    actor = Actor.for_job("recheck-plans", organisation_id)
    with tenant(organisation_id):
        return services.recheck_plans(actor=actor, now=datetime.now(UTC))
