"""Whether the embedded database has today's tables, and how to bring it there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

import psycopg2

from painplan.services.home import PROJECT
from painplan.services.problem import ServiceProblem

ADVISORY_LOCK = 7_246_391  # Any number, the same for all processes that may migrate at once.

_checked = False


@cache
def digest() -> str:
    """A fingerprint of all migrations: ours, and through the lock file those of the packages."""
    sums = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
    for path in sorted(PROJECT.glob("*/migrations/*.py")):
        sums.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sums.hexdigest()[:16]


def ensure_current(address: Mapping[str, str], owner: Mapping[str, Any]) -> None:
    """Migrate unless the database's comment says that these migrations were applied. Raises ServiceProblem."""
    global _checked
    if _checked:
        return
    connection = psycopg2.connect(dbname=owner["NAME"], user=owner["USER"], **address)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        if _recorded(cursor) != digest():
            cursor.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
            if _recorded(cursor) != digest():
                _migrate()
                cursor.execute(f'COMMENT ON DATABASE "{owner["NAME"]}" IS %s', (digest(),))
    _checked = True


def _recorded(cursor: Any) -> str | None:
    cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()")
    return cursor.fetchone()[0]


def _migrate() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
        cwd=PROJECT,
        env=os.environ | {"PAINPLAN_DATABASE_ROLE": "owner"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = " ".join(done.stderr.strip().splitlines()[-3:])
        raise ServiceProblem(
            f"The tables could not be brought up to date: {last} If the database holds only invented data, remove it "
            "and start again: rm -rf var/postgres"
        )
