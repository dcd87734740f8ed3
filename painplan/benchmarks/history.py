"""A patient with a long history: what the record holds already, told again and again further back.

For a scratch database only: triggers are off while it writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

# Which rows of the record are repeated, how many of them in a thousand, and the days that go back with each. What a
# part has nothing to repeat of is made up by the last one, which everybody has.
EVENTS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "patients_note": (150, ()),
    "patients_medicationstatement": (100, ("started_on", "stopped_on")),
    "patients_problem": (60, ("stated_on",)),
    "patients_treatmenttrial": (40, ()),
    "patients_measurement": (650, ("measured_on",)),
}
# A medicine that is told again was stopped long ago, or the list would grow instead of the history.
_LONG_AGO = 400


def lengthen(cursor: Any, organisation_id: UUID, patient_id: UUID, events: int) -> int:
    """Add `events` rows to the history of one patient, in the parts of EVENTS; returns how many were added."""
    cursor.execute("SELECT set_config('app.organisation', %s, true)", (str(organisation_id),))
    added = 0
    for table, (share, days) in EVENTS.items():
        is_last = table == list(EVENTS)[-1]
        wanted = events - added if is_last else events * share // 1000
        cursor.execute(f"SELECT count(*) FROM {table} WHERE patient_id = %s", (str(patient_id),))  # noqa: S608
        held = cursor.fetchone()[0]
        if not held:
            continue
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns := _columns(cursor, table))})"  # noqa: S608
            f" SELECT {', '.join(_told_again(column, table, days) for column in columns)}"
            f" FROM {table}, generate_series(1, %(times)s) k WHERE patient_id = %(patient)s"
            f" ORDER BY k LIMIT %(wanted)s",
            {"times": -(-wanted // held), "patient": str(patient_id), "wanted": wanted, "ago": _LONG_AGO},
        )
        added += cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return added


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        (table,),
    )
    return [name for (name,) in cursor.fetchall()]


def _told_again(column: str, table: str, days: tuple[str, ...]) -> str:
    """A column of the repetition `k`: another key, earlier days, and nothing that it corrects."""
    if column == "id":
        return "md5(id::text || 'history' || k)::uuid"
    if column == "supersedes_id":
        return "NULL"
    if column == "stopped_on" and table == "patients_medicationstatement":
        return "current_date - %(ago)s - k"
    if column == "started_on" and table == "patients_medicationstatement":
        return "current_date - %(ago)s - 30 - k"
    return f"{column} - k - 1" if column in days else column
