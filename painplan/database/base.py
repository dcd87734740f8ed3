"""Django's PostgreSQL connection for the embedded server: opening the first connection starts it and brings the tables
up to date. So any command works in a fresh clone, and a command that opens no connection starts no server."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import OperationalError

from painplan.database import tables
from painplan.services import ServiceProblem, ensure_database


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            address = ensure_database()
            if self.settings_dict.get("AUTO_MIGRATE"):
                tables.ensure_current(address, settings.DATABASE_OWNER)
        except ServiceProblem as problem:
            raise OperationalError(str(problem)) from None
        return super().get_new_connection(conn_params | address)
