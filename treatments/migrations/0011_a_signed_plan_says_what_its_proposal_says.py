"""What PostgreSQL asks of each item when a plan is signed: the status that the kept proposal gives, and a reason.

Until now it believed the status that was written beside the item. An item that the proposal excludes, or cannot clear,
needs an override that covers every rule that excludes it, or every fact that is missing. Of a medicine that only comes
down to its end the signature writes it itself, with a reason of its own: to end it is what the rules ask for. That
reason counts for nothing but what the kept facts say is taken now and what falls with every step to an end. Parts are
written to a plan that is there, so that none waits for a plan that comes into being signed.

PostgreSQL looks at the step to signed only, so plans that were signed before stay as they are.
"""

from django.db import migrations, models

PARTS = ["planitem", "override", "goal", "agreement", "followupdate"]
# What can be a reason, with its words.
REASON_CHOICES = [
    ("tolerated", "Taken before and tolerated"),
    ("specialist", "Specialist advice"),
    ("benefit", "Benefit outweighs the risk"),
    ("no_alternative", "No better alternative"),
    ("patient_choice", "Informed choice of the patient"),
    ("will_monitor", "Will monitor"),
    ("known_elsewhere", "Value is known but not on file"),
    ("handled", "Acted on today"),
    ("does_not_apply", "Does not apply to this patient"),
    ("leads_to_end", "Only comes down to its end"),
]

# ASKED: what else is looked at when a plan is signed.
GUARD_PLAN = """
    CREATE OR REPLACE FUNCTION treatments_guard_plan() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        bare text;
        ending CONSTANT text[] := ARRAY['state', 'ended_by_id', 'ended_job', 'ended_at', 'end_reason'];
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a plan is never removed' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state <> NEW.state AND NOT (
            (OLD.state = 'draft' AND NEW.state IN ('proposed', 'signed', 'discarded'))
            OR (OLD.state = 'proposed' AND NEW.state IN ('draft', 'signed', 'discarded'))
            OR (OLD.state = 'signed' AND NEW.state IN ('superseded', 'stopped'))
        ) THEN
            RAISE EXCEPTION 'a % plan does not become a % one', OLD.state, NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state = 'proposed' AND OLD.state = NEW.state THEN
            RAISE EXCEPTION 'a proposed plan is taken back before it is changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state NOT IN ('draft', 'proposed') AND (
            OLD.state = NEW.state
            OR (to_jsonb(OLD) - ending) <> (to_jsonb(NEW) - ending)
        ) THEN
            RAISE EXCEPTION 'a % plan is never changed', OLD.state USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        ASKED
        RETURN NEW;
    END $$;
"""

# As the migration 0005 made it: the status is the one that is written beside the item.
ASKED_BEFORE = """
        IF OLD.state IN ('draft', 'proposed') AND NEW.state = 'signed' THEN
            SELECT item.ref_id INTO bare FROM treatments_planitem item
            WHERE item.plan_id = NEW.id AND (
                item.status NOT IN ('recommended', 'possible', 'needs_data', 'excluded')
                OR (item.status IN ('needs_data', 'excluded') AND NOT EXISTS (
                    SELECT 1 FROM treatments_override o
                    WHERE o.plan_id = NEW.id AND o.item_id = item.id AND o.kind = item.status)))
            LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'the item % needs an override before the plan is signed', bare
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END IF;
"""

GUARD_STATUS = """
    CREATE FUNCTION treatments_guard_status() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        said CONSTANT jsonb := NEW.proposal::jsonb;
        taken CONSTANT jsonb := coalesce(NEW.facts::jsonb -> 'medicines', '[]');
        item treatments_planitem;
        option jsonb;
        asked jsonb;
        ends boolean;
        today CONSTANT date := coalesce(NEW.facts::jsonb ->> 'as_of', '-infinity')::date;
    BEGIN
        FOR item IN SELECT * FROM treatments_planitem WHERE plan_id = NEW.id LOOP
            SELECT each INTO option
            FROM jsonb_array_elements(said -> CASE item.kind WHEN 'agent' THEN 'agents' ELSE 'therapies' END) each
            WHERE each ->> 'id' = item.ref_id;
            IF option ->> 'status' IS DISTINCT FROM item.status OR item.status NOT IN (
                'recommended', 'possible', 'needs_data', 'excluded'
            ) THEN
                RAISE EXCEPTION 'the item % is "%", and its proposal does not say so', item.ref_id, item.status
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            CONTINUE WHEN item.status IN ('recommended', 'possible');
            -- Whether the first dose is no higher than the dose of now needs units, and for how long a step may be held
            -- the content: both are the application's to see before it writes that reason.
            ends := item.kind = 'agent' AND item.stops_on IS NOT NULL AND item.steps <> '[]'
                AND EXISTS (
                    SELECT 1 FROM jsonb_array_elements(taken) each
                    WHERE each -> 'agents' ? item.ref_id AND coalesce(each ->> 'current', 'true') = 'true')
                AND NOT EXISTS (
                    SELECT 1 FROM (
                        SELECT dose, lag(dose) OVER (ORDER BY place) AS before,
                            item.starts_on + (step ->> 'day')::int AS begins
                        FROM jsonb_array_elements(item.steps) WITH ORDINALITY AS each (step, place)
                        CROSS JOIN LATERAL (SELECT coalesce(
                            (SELECT sum(one::numeric) FROM jsonb_array_elements_text(step -> 'doses') one),
                            (step ->> 'per_dose')::numeric * (step ->> 'times_per_day')::numeric) AS dose) of_a_day
                    ) way
                    -- What was taken before the step that is reached is history.
                    WHERE dose IS NULL OR (dose >= before AND begins > today));
            IF item.status = 'excluded' THEN
                SELECT coalesce(jsonb_agg(reason -> 'rule'), '[]') INTO asked
                FROM jsonb_array_elements(option -> 'reasons') reason
                WHERE reason ->> 'effect' = 'contraindicate' AND reason ->> 'truth' = 'yes';
            ELSE
                asked := coalesce(option -> 'missing', '[]');
            END IF;
            PERFORM 1 FROM treatments_override o
            WHERE o.plan_id = NEW.id AND o.item_id = item.id AND o.kind = item.status AND o.covers @> asked
                AND (ends OR o.reason <> 'leads_to_end');
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the item % needs an override before the plan is signed', item.ref_id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END LOOP;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guard_status BEFORE UPDATE ON treatments_plan FOR EACH ROW
        WHEN (OLD.state IN ('draft', 'proposed') AND NEW.state = 'signed') EXECUTE FUNCTION treatments_guard_status();
"""

# WRITTEN: what the signature may write beside columns of rows that are there, in a plan that is proposed.
GUARD_PART = """
    CREATE OR REPLACE FUNCTION treatments_guard_plan_part() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        parent uuid;
        standing text;
        written CONSTANT text := CASE TG_TABLE_NAME WHEN 'treatments_planitem' THEN 'status'
            WHEN 'treatments_goal' THEN 'levels' WHEN 'treatments_override' THEN 'task_id' ELSE '' END;
    BEGIN
        FOREACH parent IN ARRAY ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END
        ] LOOP
            IF parent IS NULL THEN
                CONTINUE;
            END IF;
            SELECT state INTO standing FROM treatments_plan WHERE id = parent;
            -- What the signature writes down itself; nothing else of a proposed plan changes.
            IF standing = 'proposed' AND TG_OP = 'UPDATE' AND written <> ''
                AND (to_jsonb(OLD) - written) = (to_jsonb(NEW) - written) THEN
                CONTINUE;
            END IF;
            WRITTEN
            IF standing <> 'draft' THEN
                RAISE EXCEPTION 'what belongs to a % plan is never changed', standing
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END LOOP;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
"""
END_REASON = """
            IF standing = 'proposed' AND TG_OP = 'INSERT' AND TG_TABLE_NAME = 'treatments_override'
                AND to_jsonb(NEW) ->> 'reason' = 'leads_to_end' THEN
                CONTINUE;
            END IF;
"""

GUARD_PARENT = """
    CREATE FUNCTION treatments_guard_parent() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM treatments_plan WHERE id = NEW.plan_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a part of a plan is written to a plan that is there'
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN NEW;
    END $$;
"""


def guard_parent(part: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"""
            CREATE TRIGGER guard_parent BEFORE INSERT OR UPDATE OF plan_id ON treatments_{part} FOR EACH ROW
                EXECUTE FUNCTION treatments_guard_parent();
        """,
        reverse_sql=f"DROP TRIGGER guard_parent ON treatments_{part};",
    )


class Migration(migrations.Migration):
    dependencies = [("treatments", "0010_a_proposed_plan_is_signed_with_its_promises")]

    operations = [
        migrations.RemoveConstraint(model_name="override", name="override_has_words"),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(condition=models.Q(("text__regex", "\\S")), name="override_has_words"),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", [code for code, _words in REASON_CHOICES])),
                name="override_has_a_coded_reason",
            ),
        ),
        migrations.RunSQL(sql=GUARD_PLAN.replace("ASKED", ""), reverse_sql=GUARD_PLAN.replace("ASKED", ASKED_BEFORE)),
        migrations.RunSQL(
            sql=GUARD_STATUS,
            reverse_sql="DROP TRIGGER guard_status ON treatments_plan; DROP FUNCTION treatments_guard_status();",
        ),
        migrations.AlterField(
            model_name="override",
            name="reason",
            field=models.CharField(choices=REASON_CHOICES, max_length=20, verbose_name="reason"),
        ),
        migrations.RunSQL(sql=GUARD_PART.replace("WRITTEN", END_REASON), reverse_sql=GUARD_PART.replace("WRITTEN", "")),
        migrations.RunSQL(sql=GUARD_PARENT, reverse_sql="DROP FUNCTION treatments_guard_parent();"),
        *[guard_parent(part) for part in PARTS],
    ]
