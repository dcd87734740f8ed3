"""What keeps the tables of sign-ins and of the audit trail in order, once a day."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

MONTHS_AHEAD = 24


@shared_task
def upkeep() -> None:
    """Make the trail's tables of the coming months and remove sessions that have ended. Twice does no harm."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_partitions(%s)", [MONTHS_AHEAD])
    SessionStore.clear_expired()
