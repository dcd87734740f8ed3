"""Test databases: a template for each set of migrations, and quick copies of it."""

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

from painplan.database import tables
from painplan.services import ensure_database

PREFIX = "painplan_test"
# The tables that the migrations themselves fill.
_filled: list[str] = []
_TABLES = "SELECT oid, relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def create(worker: str) -> str:
    """Make this worker's database and point Django's connection at it, as the application's role. Returns its name."""
    name = f"{PREFIX}_{os.getpid()}_{worker}"
    with _owner() as cursor:
        _drop_leftovers(cursor)
        template = _template(cursor)
        _copy(cursor, template, name)
    _use(settings.DATABASE_APP, name)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT relname FROM ({_TABLES}) AS t WHERE pg_relation_size(oid) > 0")
        _filled[:] = [table for (table,) in cursor.fetchall()]
    # A table that a migration fills is not emptied after a journey: see to it first that no journey writes to it.
    assert set(_filled) == {"auth_permission", "django_content_type", "django_migrations"}, _filled
    connection.close()
    return name


def drop(name: str) -> None:
    connection.close()
    with _owner() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def renew() -> None:
    """Make this worker's database what the template is: emptied after a journey, else replaced by a new copy."""
    name = connection.settings_dict["NAME"]
    connection.close()
    if "tests/e2e/" in os.environ.get("PYTEST_CURRENT_TEST", "") and _empty(name):
        return
    with _owner() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _copy(cursor, _template(cursor), name)


def _empty(name: str) -> bool:
    """Delete all rows that the template does not have; a quarter of the time that a copy takes. False where nobody can.

    What pages do changes rows alone, and none that a migration wrote. Only the server that comes with the project lets
    its superuser in, and nobody else may delete from the trail or leave out the triggers.
    """
    if not settings.EMBEDDED:
        return False
    link = psycopg2.connect(user="postgres", dbname=name, **_place())
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            # A request that is still under way must not write into the next test.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            cursor.execute("SET lock_timeout = '5s'; SET session_replication_role = replica")
            cursor.execute(f"SELECT relname FROM ({_TABLES}) AS t WHERE relname <> ALL(%s)", (_filled,))
            cursor.execute(";".join(f'DELETE FROM "{table}"' for (table,) in cursor.fetchall()))
    except psycopg2.Error:
        return False
    finally:
        link.close()
    return True


@contextlib.contextmanager
def _owner() -> Iterator[Any]:
    """A cursor of the owner, outside any test database."""
    place = _place()
    owner = settings.DATABASE_OWNER
    link = psycopg2.connect(dbname=owner["NAME"], user=owner["USER"], password=owner["PASSWORD"] or None, **place)
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            # Whoever waits for the template waits as long as its migrations take, whatever limit the role has.
            cursor.execute("SET lock_timeout = 0")
            yield cursor
    finally:
        link.close()


def _place() -> dict[str, Any]:
    if settings.EMBEDDED:
        return dict(ensure_database())
    owner = settings.DATABASE_OWNER
    return {"host": owner["HOST"] or None, "port": owner["PORT"] or None, **owner["OPTIONS"]}


def _template(cursor: Any) -> str:
    """The migrated template; made by whichever worker comes first while the others wait."""
    name = f"{PREFIX}_template_{tables.digest()}"
    cursor.execute("SELECT pg_advisory_lock(%s)", (tables.ADVISORY_LOCK + 1,))
    try:
        cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", (name,))
        row = cursor.fetchone()
        if row and row[0] == "complete":
            return name
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
        _use(settings.DATABASE_OWNER, name)
        call_command("migrate", interactive=False, verbosity=0)
        connection.close()
        cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS 'complete'")
        return name
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", (tables.ADVISORY_LOCK + 1,))


def _copy(cursor: Any, template: str, name: str) -> None:
    cursor.execute("SELECT pg_advisory_lock(%s)", (tables.ADVISORY_LOCK + 1,))
    try:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit TO off')
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", (tables.ADVISORY_LOCK + 1,))


def _drop_leftovers(cursor: Any) -> None:
    """Databases of runs that were killed, and templates of other migrations that nobody uses."""
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{PREFIX}\\_%",))
    for (name,) in cursor.fetchall():
        part = name.removeprefix(PREFIX + "_").split("_")[0]
        if part == "template":
            stale = not name.endswith(tables.digest())
        else:
            stale = part.isdigit() and not psutil.pid_exists(int(part))
        if stale:
            with contextlib.suppress(psycopg2.Error):  # In use by another run.
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _use(role: dict[str, Any], name: str) -> None:
    connection.close()
    connection.settings_dict.update(role | {"NAME": name, "AUTO_MIGRATE": False})
