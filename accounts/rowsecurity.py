"""Migration operations that put PostgreSQL's own walls around a table. Used by the migrations of every app.

`protect` is the tenant wall: rows of the organisation in `app.organisation` and no others, for the owner too.
`same_organisation` refuses a row that points into another organisation, which no policy can see because foreign keys
are checked past row-level security. `append_only` refuses UPDATE, DELETE and TRUNCATE to everybody.
"""

from __future__ import annotations

from django.db.migrations.operations import RunSQL

# Unset or empty setting gives NULL, and a comparison with NULL shows no row at all. The sub-select makes PostgreSQL
# read the setting once per statement instead of once per row.
CURRENT_ORGANISATION = "(SELECT nullif(current_setting('app.organisation', true), '')::uuid)"


def protect(table: str, column: str = "organisation_id") -> RunSQL:
    """Enable and force row-level security on a table that has an organisation column."""
    return RunSQL(
        sql=f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY own_organisation ON {table}
                USING ({column} = {CURRENT_ORGANISATION})
                WITH CHECK ({column} = {CURRENT_ORGANISATION});
        """,
        reverse_sql=f"""
            DROP POLICY own_organisation ON {table};
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def same_organisation(table: str, column: str, target: str) -> RunSQL:
    """Add a foreign key of (organisation_id, column) to (organisation_id, id) of the target.

    The target needs a unique constraint over those two columns; patients_patient and accounts_clinic have one.
    """
    name = f"{table}_{column}_same_organisation"[:63]
    return RunSQL(
        sql=f"""
            ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (organisation_id, {column})
                REFERENCES {target} (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on a table, to its owner as well; a correction is a new row."""
    return RunSQL(
        sql=f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION refuse_change();
            CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        """,
        reverse_sql=f"""
            DROP TRIGGER append_only ON {table};
            DROP TRIGGER append_only_truncate ON {table};
        """,
    )
