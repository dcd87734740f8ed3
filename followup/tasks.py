"""What the worker does when it is woken: loops around services, one organisation after the other. No decisions here."""

from __future__ import annotations

import time
from collections.abc import Sequence
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
    senders = []
    for organisation_id in organisations():
        keeper, sender = (Actor.for_job(name, organisation_id) for name in ("follow-up", "send-reminders"))
        senders.append(sender)
        for step in (
            partial(_open_schedules, keeper),
            partial(_free_expired_leases, sender, out),
            partial(_escalate_silent, keeper),
        ):
            try:
                step()
            except Exception as failure:  # One plan or clinic that fails keeps no other from its messages.
                failures.append(failure)
    try:
        if send_due(senders, out, until):
            # A wake-up call a minute would leave half of each minute unused.
            wake.apply_async(expires=60)
    except Exception as failure:
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


def send_due(senders: Sequence[Actor], out: Outlet, until: float) -> bool:
    """Send what is due, a batch of each organisation in turn, until nothing is or the time is up.

    Returns whether something may be left. Raises ExceptionGroup at the end when some could not be handled; their leases
    run out and they are tried again.
    """
    failures, waiting = list[Exception](), list(senders)
    while waiting and time.monotonic() < until:
        waiting = [sender for sender in waiting if time.monotonic() >= until or _send_batch(sender, out, failures)]
    if failures:
        raise ExceptionGroup("some messages could not be handled", failures)
    return bool(waiting)


def _send_batch(sender: Actor, out: Outlet, failures: list[Exception]) -> bool:
    """Send one batch; False when nothing was due."""
    try:
        claims = services.claim_due(actor=sender, now=_now())
    except Exception as failure:
        failures.append(failure)
        return False
    try:
        services.deliver(actor=sender, claims=claims, outlet=out, now=_now())
    except ExceptionGroup as failure:
        failures.append(failure)
    except Exception:  # Not even the check of the batch worked. One by one, so that one message keeps back no other.
        for claim in claims:
            try:
                services.deliver(actor=sender, claims=[claim], outlet=out, now=_now())
            except Exception as failure:
                failures.append(failure)
    return bool(claims)


def _now() -> datetime:
    return datetime.now(UTC)
