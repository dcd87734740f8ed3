"""Whether the user of the database is held to the row-level policies.

PostgreSQL skips the policies without a word for a superuser and for a role with BYPASSRLS, so a site that signs in as
one would run without the wall between organisations. Such a connection is closed before anything is read through it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper

UNSAFE = "the database user may bypass the row-level policies"

_checked = False


def may_bypass_policies(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL skips the policies for the user of this connection. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def refuse_unsafe_role(connection: BaseDatabaseWrapper, **rest: Any) -> None:
    """Receive `connection_created`: look once a process, unless it works as the owner. Raises ImproperlyConfigured."""
    global _checked
    if _checked or settings.DATABASE_ROLE == "owner":
        return
    if may_bypass_policies(connection):
        connection.close()
        raise ImproperlyConfigured(
            f"DATABASE_URL: {UNSAFE}. Sign in as a role with NOSUPERUSER and NOBYPASSRLS; docs/deploy.md says how."
        )
    _checked = True
