"""What the worker does when it is woken: loops around services, one organisation after the other. No decisions here."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

from celery import shared_task

from accounts.audit import Actor
from accounts.tenancy import organisations, tenant
from followup import services
from followup.delivery import Outlet, outlet

# Well below the time limit of a task; what is left is found again at the next wake-up call.
SECONDS = 30.0


@shared_task(name="followup.tasks.wake")
def wake() -> None:
    """Open schedules of newly signed plans, free expired leases, send what is due, hand silent check-ins to people."""
    until, out, failures = time.monotonic() + SECONDS, outlet(), list[Exception]()
    for organisation_id in organisations():
        keeper, sender = (Actor.for_job(name, organisation_id) for name in ("follow-up", "send-reminders"))
        for step in (
            partial(_open_schedules, keeper),
            partial(_free_expired_leases, sender, out),
            partial(send_due, sender, out, until),
            partial(_escalate_silent, keeper),
        ):
            try:
                step()
            except Exception as failure:  # One plan or clinic that fails keeps no other from its messages.
                failures.append(failure)
    if failures:
        raise ExceptionGroup("some of the work of follow-up failed", failures)


def _open_schedules(actor: Actor) -> None:
    with tenant(actor.organisation_id):
        services.open_schedules(actor=actor, now=_now())


def _free_expired_leases(actor: Actor, out: Outlet) -> None:
    services.free_expired_leases(actor=actor, outlet=out, now=_now())


def _escalate_silent(actor: Actor) -> None:
    services.escalate_silent(actor=actor, now=_now())


def send_due(actor: Actor, out: Outlet, until: float) -> int:
    """Send what is due in one organisation until nothing is or the time is up. Returns how many were handled.

    Raises ExceptionGroup at the end when some could not be handled; their leases run out and they are tried again.
    """
    count, failures = 0, list[Exception]()
    while time.monotonic() < until:
        claims = services.claim_due(actor=actor, now=_now())
        if not claims:
            break
        for claim in claims:
            try:
                services.deliver_one(actor=actor, claim=claim, outlet=out, now=_now())
            except Exception as failure:
                failures.append(failure)
        count += len(claims)
    if failures:
        raise ExceptionGroup("some messages could not be handled", failures)
    return count


def _now() -> datetime:
    return datetime.now(UTC)
