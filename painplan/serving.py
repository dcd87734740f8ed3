"""What must hold before a web server or a worker starts, and what is read before the first person waits for it."""

from __future__ import annotations

import threading

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone


def require_servable() -> None:
    """Refuse to serve people from the embedded database unless this is the demo with its invented patients."""
    if settings.EMBEDDED and not settings.DEMO:
        raise ImproperlyConfigured(
            "DATABASE_URL is not set. Give the PostgreSQL of this site, or set PAINPLAN_DEMO=1 for the demo with "
            "invented patients."
        )


def warm() -> None:
    """Read the clinical content and make the rulebook, so that nobody waits seconds for the first page of a process."""
    from assessments.content import assessment_content
    from followup import content as followup_content
    from treatments import releases
    from treatments.case import Case, Patient
    from treatments.content import shipped
    from treatments.facts import facts_from_case
    from treatments.proposal import propose

    try:
        assessment_content()
        followup_content.decision_table()
        followup_content.policy()
        shipped()
        facts = facts_from_case(Case("nobody", timezone.localdate(), Patient(50, "unknown")))
        propose(facts, releases.current())
    finally:
        connection.close()


def warm_beside() -> None:
    """`warm` in a thread of its own: the server answers meanwhile."""
    threading.Thread(target=warm, name="warm", daemon=True).start()
