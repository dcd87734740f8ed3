"""What the worker does when it is woken: loops around services, one organisation after the other. No decisions here."""

from __future__ import annotations

import time
from datetime import UTC, datetime

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
    until, out = time.monotonic() + SECONDS, outlet()
    for organisation_id in organisations():
        keeper, sender = (Actor.for_job(name, organisation_id) for name in ("follow-up", "send-reminders"))
        with tenant(organisation_id):
            services.open_schedules(actor=keeper, now=_now())
        services.free_expired_leases(actor=sender, outlet=out, now=_now())
        send_due(sender, out, until)
        services.escalate_silent(actor=keeper, now=_now())


def send_due(actor: Actor, out: Outlet, until: float) -> int:
    """Send what is due in one organisation until nothing is or the time is up. Returns how many were handled."""
    count = 0
    while time.monotonic() < until:
        claims = services.claim_due(actor=actor, now=_now())
        if not claims:
            break
        for claim in claims:
            services.deliver_one(actor=actor, claim=claim, outlet=out, now=_now())
        count += len(claims)
    return count


def _now() -> datetime:
    return datetime.now(UTC)
