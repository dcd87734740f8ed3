"""Databases of their own for measuring: made, migrated, used as the application's role, and dropped afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from painplan.services import ensure_database

PREFIX = "painplan_bench"


@dataclass(frozen=True, slots=True)
class Scratch:
    """One scratch database."""

    name: str

    def use(self) -> None:
        """Point Django's connection at it, as the application's role."""
        _use(settings.DATABASE_APP, self.name)

    @contextlib.contextmanager
    def as_owner(self) -> Iterator[Any]:
        """A cursor of the tables' owner in one transaction."""
        link = _connect(self.name)
        try:
            with link, link.cursor() as cursor:
                yield cursor
        finally:
            link.close()

    def analyse(self) -> None:
        """Let PostgreSQL look at its tables, as it does by itself after a while."""
        link = _connect(self.name)
        link.autocommit = True
        try:
            with link.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        finally:
            link.close()


@contextlib.contextmanager
def scratch_database(label: str = "one", *, copy_of: Scratch | None = None) -> Iterator[Scratch]:
    """A new database with today's tables, or a copy of another one; Django's connection is pointed at it until the end.

    Nobody may be connected to the one that is copied, so Django's connection to it is closed.
    """
    scratch = Scratch(f"{PREFIX}_{os.getpid()}_{label}")
    before = dict(connection.settings_dict)
    connection.close()
    with _owner() as cursor:
        _drop_leftovers(cursor)
        copied = f' TEMPLATE "{copy_of.name}" STRATEGY FILE_COPY' if copy_of else ""
        cursor.execute(f'CREATE DATABASE "{scratch.name}"{copied}')
    try:
        if copy_of is None:
            _use(settings.DATABASE_OWNER, scratch.name)
            call_command("migrate", interactive=False, verbosity=0)
        scratch.use()
        yield scratch
    finally:
        connection.close()
        connection.settings_dict.update(before)
        with _owner() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{scratch.name}" WITH (FORCE)')


@contextlib.contextmanager
def _owner() -> Iterator[Any]:
    link = _connect(settings.DATABASE_OWNER["NAME"])
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            yield cursor
    finally:
        link.close()


def _connect(name: str) -> Any:
    owner = settings.DATABASE_OWNER
    if settings.EMBEDDED:
        place: dict[str, Any] = dict(ensure_database())
    else:
        place = {"host": owner["HOST"] or None, "port": owner["PORT"] or None, **owner["OPTIONS"]}
    return psycopg2.connect(dbname=name, user=owner["USER"], password=owner["PASSWORD"] or None, **place)


def _drop_leftovers(cursor: Any) -> None:
    """Databases of measurements that were killed."""
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{PREFIX}\\_%",))
    for (name,) in cursor.fetchall():
        process = name.removeprefix(PREFIX + "_").split("_")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            with contextlib.suppress(psycopg2.Error):
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _use(role: dict[str, Any], name: str) -> None:
    connection.close()
    connection.settings_dict.update(role | {"NAME": name, "AUTO_MIGRATE": False})
