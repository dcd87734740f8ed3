"""An organisation of any size from a few patients: every row about them is copied by the database itself, many times.

The tables and what refers to what are read from PostgreSQL's catalogue, so a table that is added later is copied too.
For a scratch database only: triggers are off while it copies, and for many copies foreign keys are taken away for good,
because they would check millions of rows that are right by construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

ROOT = "patients_patient"
# The trail is written by the pages themselves, and it is the only table of which copies would be untrue.
LEFT_OUT = frozenset({"accounts_auditevent", "followup_outboxmessage"})
# Columns that name a row of another app without a foreign key.
SOFT = frozenset({"plan_id"})
# What must differ from copy to copy; `k` is the number of the copy.
CHANGED: Mapping[tuple[str, str], str] = {
    (ROOT, "number"): "number || '-' || k",
    (ROOT, "search_number"): "search_number || lpad(k::text, 5, '0')",
    (ROOT, "family_name"): "family_name || ' ' || chr(65 + mod(k, 26)) || chr(97 + mod(k / 26, 26))",
    (ROOT, "search_family"): "search_family || ' ' || chr(97 + mod(k, 26)) || chr(97 + mod(k / 26, 26))",
    ("followup_checkin", "token_digest"): "md5(token_digest || k) || md5(k || token_digest)",
    # On a tablet there is no link, and nothing to tell apart.
    (
        "assessments_patientreport",
        "token_digest",
    ): "CASE WHEN token_digest = '' THEN '' ELSE md5(token_digest || k) || md5(k || token_digest) END",
    ("followup_reminder", "key"): "key || ':' || k",
    # Long texts that no list reads.
    ("treatments_plan", "facts"): "'{}'",
    ("treatments_plan", "proposal"): "'{}'",
}

# Who looks after the patient or answers for something.
OWNERS = frozenset(
    {
        ("patients_careteammember", "user_id"),
        ("patients_task", "owner_id"),
        ("followup_alert", "owner_id"),
        ("followup_dueitem", "owner_id"),
        ("treatments_planitem", "owner_id"),
        ("assessments_redflaganswer", "owner_id"),
    }
)
# What the owners of a row are chosen by, so that those of one patient's rows of a table stay together.
ANCHORS = ("patient_id", "plan_id", "assessment_id")


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    is_key: bool
    refers_to: str


def multiply(
    cursor: Any, organisation_id: UUID, copies: range, *, staff: Iterable[UUID] = (), checked: bool = True
) -> int:
    """Copy every patient of the organisation once for each number; returns how many patients there are afterwards.

    With `staff` the copies have other people in their care teams and as owners of their work. Without `checked` the
    foreign keys of the copied tables are dropped.
    """
    cursor.execute("SELECT set_config('app.organisation', %s, true)", (str(organisation_id),))
    tables = _tables(cursor)
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        if not checked:
            _drop_foreign_keys(cursor, table)
    others = [str(user) for user in staff]
    cursor.execute("SELECT array_agg(DISTINCT user_id::text) FROM patients_careteammember")
    known = cursor.fetchone()[0]
    given = {"first": copies.start, "last": copies.stop - 1, "others": others, "number": len(others), "known": known}
    for table, columns in tables.items():
        kept = [column for column in columns if not (column.is_key and column.type != "uuid")]
        values = ", ".join(_value(table, column, tables, bool(others)) for column in kept)
        names = ", ".join(f'"{column.name}"' for column in kept)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(%(first)s, %(last)s) k",  # noqa: S608
            given,
        )
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    cursor.execute(f"SELECT count(*) FROM {ROOT}")  # noqa: S608 - a name of ours
    return int(cursor.fetchone()[0])


def _value(table: str, column: _Column, tables: Mapping[str, Any], others: bool) -> str:
    name = f'"{column.name}"'
    if (table, column.name) in CHANGED:
        return CHANGED[table, column.name]
    if column.type == "uuid" and (column.is_key or column.refers_to in tables or column.name in SOFT):
        # The same rule for a row and for whatever refers to it: no table of old and new ids is needed.
        return f"md5({name}::text || k)::uuid"
    if others and column.refers_to == "accounts_user" and (table, column.name) in OWNERS:
        # People of one team stay different people: their places in the list are as far apart as before.
        anchor = next(name for name in ANCHORS if name in {one.name for one in tables[table]})
        place = f"mod(abs(hashtext({anchor}::text || k)) + array_position(%(known)s::uuid[], {name}), %(number)s)"
        return f"CASE WHEN {name} IS NULL THEN NULL ELSE (%(others)s::uuid[])[1 + {place}] END"
    return name


def _tables(cursor: Any) -> dict[str, list[_Column]]:
    """The tables that hold rows about a patient, with their columns: whatever refers to a patient, by any way."""
    cursor.execute(
        """
        SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
        WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND a.attname <> 'organisation_id'
        """
    )
    references = cursor.fetchall()
    found = {ROOT}
    while more := {table for table, _column, target in references if target in found} - found - LEFT_OUT:
        found |= more
    targets = {(table, column): target for table, column, target in references}
    tables: dict[str, list[_Column]] = {}
    for table in sorted(found, key=lambda name: (name != ROOT, name)):
        cursor.execute(
            """
            SELECT a.attname, format_type(a.atttypid, a.atttypmod),
                   EXISTS (SELECT FROM pg_constraint p WHERE p.conrelid = a.attrelid AND p.contype = 'p'
                           AND a.attnum = ANY (p.conkey))
            FROM pg_attribute a
            WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            ORDER BY a.attnum
            """,
            (table,),
        )
        tables[table] = [
            _Column(name, kind, is_key, targets.get((table, name), "")) for name, kind, is_key in cursor.fetchall()
        ]
    return tables


def _drop_foreign_keys(cursor: Any, table: str) -> None:
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' AND conparentid = 0",
        (table,),
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
