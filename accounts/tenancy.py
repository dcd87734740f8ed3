"""The wall between organisations, as the database sees it.

`tenant(organisation_id)` opens a transaction in which PostgreSQL shows the rows of that organisation and no others. The
setting belongs to the transaction, so nothing leaks to the next user of a pooled connection (PgBouncer in transaction
mode included). A job that works for everybody loops over `organisations()` and opens one tenant after another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Organisation

_current: ContextVar[UUID | None] = ContextVar("painplan_organisation", default=None)


def current_organisation() -> UUID | None:
    """The organisation whose rows the database shows now, or None when it shows none."""
    return _current.get()


def _show(organisation_id: UUID | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.organisation', %s, true)", [str(organisation_id) if organisation_id else ""]
        )


@contextmanager
def tenant(organisation_id: UUID) -> Iterator[None]:
    """Run the block in one transaction that sees this organisation's rows only.

    Inside another tenant's block it is a savepoint, and the outer organisation is visible again afterwards. An
    exception rolls the block back; PostgreSQL takes the setting back with it.
    """
    nested = connection.in_atomic_block
    outer = _current.get()
    with transaction.atomic():
        _show(organisation_id)
        token = _current.set(organisation_id)
        try:
            yield
        finally:
            _current.reset(token)
        if nested and not connection.needs_rollback:
            _show(outer)


def organisations() -> list[UUID]:
    """Ids of all organisations, for jobs that visit each in turn."""
    return list(Organisation.objects.order_by("name").values_list("id", flat=True))
