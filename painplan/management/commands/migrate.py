"""`migrate` as the owner of the tables, who grants each new table to the application's role.

Rights are granted as default privileges, before a table exists. So a migration that takes a right away from the
application (the audit trail's) is not undone by the next `migrate`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    help = "Bring the tables up to date, as the role that owns them."

    def handle(self, *args: Any, **options: Any) -> Any:
        self._grant_to_app(options["database"])
        return super().handle(*args, **options)

    def _grant_to_app(self, alias: str) -> None:
        app = str(settings.DATABASE_APP["USER"])
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_user")
            owner = cursor.fetchone()[0]
            if owner == app:
                if settings.EMBEDDED:
                    raise CommandError("migrate was called as the application's role; run it as: manage.py migrate")
                self.stderr.write(
                    "DATABASE_OWNER_URL is not set, so the application owns its own tables and only the forced "
                    "row-level policies hold it back. Use two roles; docs/deploy.md says how."
                )
                return
            cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (app,))
            row = cursor.fetchone()
            if row is None:
                raise CommandError(
                    f"The role {app} that DATABASE_URL names does not exist. Make it: "
                    f"CREATE ROLE {app} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…';"
                )
            if row[0]:
                raise CommandError(
                    f"The role {app} may bypass the row-level policies. Take that away: "
                    f"ALTER ROLE {app} NOSUPERUSER NOBYPASSRLS;"
                )
            name = connections[alias].ops.quote_name(app)
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
            for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
                cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {kind} TO {name}")
