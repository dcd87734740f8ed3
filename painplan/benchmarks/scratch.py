"""A database of its own for measuring: made, migrated, used as the application's role, and dropped afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import psutil
import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from painplan.services import ensure_database

PREFIX = "painplan_bench"


@contextlib.contextmanager
def scratch_database() -> Iterator[str]:
    """Point Django's connection at a new database with today's tables, and back afterwards. Yields its name."""
    name = f"{PREFIX}_{os.getpid()}"
    before = dict(connection.settings_dict)
    with _owner() as cursor:
        _drop_leftovers(cursor)
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        _use(settings.DATABASE_OWNER, name)
        call_command("migrate", interactive=False, verbosity=0)
        _use(settings.DATABASE_APP, name)
        yield name
    finally:
        connection.close()
        connection.settings_dict.update(before)
        with _owner() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def as_owner(name: str) -> Iterator[Any]:
    """A cursor of the tables' owner in one transaction of the scratch database."""
    link = _connect(name)
    try:
        with link, link.cursor() as cursor:
            yield cursor
    finally:
        link.close()


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
        owner = name.removeprefix(PREFIX + "_")
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(psycopg2.Error):
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _use(role: dict[str, Any], name: str) -> None:
    connection.close()
    connection.settings_dict.update(role | {"NAME": name, "AUTO_MIGRATE": False})
