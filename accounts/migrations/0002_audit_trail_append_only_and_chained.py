"""The audit trail: partitioned by month, walled by organisation, append-only, and chained by the database itself.

Django makes the table of heads; the table of events is ours, because Django cannot say partitions.

- `audit_link` runs when the transaction commits (a deferred constraint trigger), locks the head of the organisation's
  chain, and fills sequence, previous_hash and hash once. It runs as the owner of the tables, so the application's role
  needs neither UPDATE on the trail nor any write on the heads, and can forge no hash.
- `refuse_change` stops UPDATE, DELETE and TRUNCATE for everybody. The one exception is that first link.
- `audit_make_partitions(months)` makes the partitions of the coming months; a default partition catches the rest, so a
  forgotten call loses nothing.
"""

from __future__ import annotations

import uuid

import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from accounts.rowsecurity import protect

# The role that the application works as. Where a site runs everything as one role, the triggers and the forced policies
# still hold; only the privileges cannot be taken away.
APP = settings.DATABASE_APP["USER"]

TABLE = """
    CREATE TABLE accounts_auditevent (
        id uuid NOT NULL,
        at timestamptz NOT NULL DEFAULT statement_timestamp(),
        organisation_id uuid NOT NULL,
        actor_user_id uuid NULL,
        actor_job varchar(80) NOT NULL,
        actor_name varchar(200) NOT NULL,
        action varchar(80) NOT NULL,
        patient_id uuid NULL,
        target varchar(200) NOT NULL,
        reason varchar(200) NOT NULL,
        detail jsonb NOT NULL,
        sequence bigint NULL,
        previous_hash varchar(64) NULL,
        hash varchar(64) NULL,
        CONSTRAINT audit_actor_is_user_or_job CHECK ((actor_user_id IS NULL) <> (actor_job = '')),
        PRIMARY KEY (id, at)
    ) PARTITION BY RANGE (at);
    CREATE INDEX audit_by_sequence ON accounts_auditevent (organisation_id, sequence);
    CREATE INDEX audit_by_patient ON accounts_auditevent (organisation_id, patient_id, sequence);
    CREATE INDEX audit_by_actor ON accounts_auditevent (organisation_id, actor_user_id, sequence);
"""

FUNCTIONS = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is refused: rows of % are never changed or removed', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$;

    -- jsonb_build_array quotes every part, so no two different rows have the same text; epoch does not depend on the
    -- session's time zone.
    CREATE FUNCTION audit_hash(previous text, e accounts_auditevent) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT encode(sha256(convert_to(previous || jsonb_build_array(
            e.sequence, e.id, extract(epoch FROM e.at)::text, e.organisation_id, e.actor_user_id, e.actor_job,
            e.actor_name, e.action, e.patient_id, e.target, e.reason, e.detail)::text, 'UTF8')), 'hex')
    $$;

    CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.hash IS NULL AND NEW.hash IS NOT NULL
           AND (to_jsonb(NEW) - '{sequence,previous_hash,hash}'::text[])
             = (to_jsonb(OLD) - '{sequence,previous_hash,hash}'::text[]) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '% is refused: the audit trail is never changed or removed', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END $$;

    CREATE FUNCTION audit_refuse_ready_link() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.sequence IS NOT NULL OR NEW.previous_hash IS NOT NULL OR NEW.hash IS NOT NULL THEN
            RAISE EXCEPTION 'an audit row is linked by the database, not by its writer'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$;

    CREATE FUNCTION audit_link() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        e accounts_auditevent;
        last accounts_audithead;
        shown text := current_setting('app.organisation', true);
    BEGIN
        PERFORM set_config('app.organisation', NEW.organisation_id::text, true);
        INSERT INTO accounts_audithead (organisation_id, sequence, hash) VALUES (NEW.organisation_id, 0, '')
            ON CONFLICT (organisation_id) DO NOTHING;
        SELECT * INTO last FROM accounts_audithead WHERE organisation_id = NEW.organisation_id FOR UPDATE;
        e := NEW;
        e.sequence := last.sequence + 1;
        e.previous_hash := last.hash;
        e.hash := audit_hash(last.hash, e);
        UPDATE accounts_auditevent SET sequence = e.sequence, previous_hash = e.previous_hash, hash = e.hash
            WHERE id = NEW.id AND at = NEW.at;
        UPDATE accounts_audithead SET sequence = e.sequence, hash = e.hash WHERE organisation_id = NEW.organisation_id;
        PERFORM set_config('app.organisation', coalesce(shown, ''), true);
        RETURN NULL;
    END $$;

    CREATE FUNCTION audit_make_partition(name text, bounds text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('CREATE TABLE %I PARTITION OF accounts_auditevent %s', name, bounds);
        -- A partition is reached through the table only: it has no policy of its own, so nobody sees a row in it.
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT '
                       'EXECUTE FUNCTION refuse_change()', name);
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '@APP@' AND rolname <> current_user) THEN
            EXECUTE format('REVOKE ALL ON %I FROM %I', name, '@APP@');
        END IF;
    END $$;

    CREATE FUNCTION audit_make_partitions(months integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        first timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
        month timestamp;
        name text;
        made integer := 0;
    BEGIN
        FOR i IN 0 .. least(months, 120) LOOP
            month := first + make_interval(months => i);
            name := 'accounts_auditevent_' || to_char(month, 'YYYY_MM');
            CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
            BEGIN
                PERFORM audit_make_partition(name, format('FOR VALUES FROM (%L) TO (%L)',
                    month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'));
                made := made + 1;
            EXCEPTION WHEN check_violation THEN
                NULL;  -- The default partition already holds rows of that month; they stay there.
            END;
        END LOOP;
        RETURN made;
    END $$;
"""

PARTITIONS_AND_TRIGGERS = """
    SELECT audit_make_partition('accounts_auditevent_other', 'DEFAULT');
    SELECT audit_make_partitions(24);
    CREATE TRIGGER audit_not_linked_yet BEFORE INSERT ON accounts_auditevent
        FOR EACH ROW EXECUTE FUNCTION audit_refuse_ready_link();
    CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON accounts_auditevent
        FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
    CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON accounts_auditevent
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE CONSTRAINT TRIGGER audit_link AFTER INSERT ON accounts_auditevent
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_link();
"""

PRIVILEGES = """
    REVOKE ALL ON FUNCTION audit_make_partitions(integer), audit_make_partition(text, text) FROM PUBLIC;
    DO $$
    BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '@APP@' AND rolname <> current_user) THEN
            EXECUTE format('REVOKE ALL ON accounts_auditevent, accounts_audithead FROM %I', '@APP@');
            EXECUTE format('GRANT SELECT, INSERT ON accounts_auditevent TO %I', '@APP@');
            EXECUTE format('GRANT SELECT ON accounts_audithead TO %I', '@APP@');
            EXECUTE format('GRANT EXECUTE ON FUNCTION audit_make_partitions(integer) TO %I', '@APP@');
        END IF;
    END $$;
"""

REVERSE = """
    DROP TABLE accounts_auditevent CASCADE;
    DROP FUNCTION audit_make_partitions(integer), audit_make_partition(text, text), audit_link(),
                  audit_refuse_ready_link(), audit_refuse_change(), refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_users_and_organisations")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("organisation_id", models.UUIDField(primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "end of audit chain",
                "verbose_name_plural": "ends of audit chains",
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLE, migrations.RunSQL.noop)],
            state_operations=[
                migrations.CreateModel(
                    name="AuditEvent",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                        ),
                        ("organisation_id", models.UUIDField()),
                        ("actor_user_id", models.UUIDField(null=True)),
                        ("actor_job", models.CharField(blank=True, max_length=80)),
                        ("actor_name", models.CharField(max_length=200)),
                        ("action", models.CharField(max_length=80)),
                        ("patient_id", models.UUIDField(null=True)),
                        ("target", models.CharField(blank=True, max_length=200)),
                        ("reason", models.CharField(blank=True, max_length=200)),
                        ("detail", models.JSONField(default=dict)),
                        ("sequence", models.BigIntegerField(editable=False, null=True)),
                        ("previous_hash", models.CharField(editable=False, max_length=64, null=True)),
                        ("hash", models.CharField(editable=False, max_length=64, null=True)),
                    ],
                    options={
                        "verbose_name": "audit event",
                        "verbose_name_plural": "audit events",
                        "indexes": [
                            models.Index(fields=["organisation_id", "sequence"], name="audit_by_sequence"),
                            models.Index(fields=["organisation_id", "patient_id", "sequence"], name="audit_by_patient"),
                            models.Index(
                                fields=["organisation_id", "actor_user_id", "sequence"], name="audit_by_actor"
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(FUNCTIONS.replace("@APP@", APP), REVERSE),
        migrations.RunSQL(PARTITIONS_AND_TRIGGERS, migrations.RunSQL.noop),
        protect("accounts_auditevent"),
        protect("accounts_audithead"),
        migrations.RunSQL(PRIVILEGES.replace("@APP@", APP), migrations.RunSQL.noop),
    ]
