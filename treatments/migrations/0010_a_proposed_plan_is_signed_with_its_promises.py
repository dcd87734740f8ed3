"""A proposed plan is signed like a draft: its promises have their tasks, and its goals keep their levels in words.

The signature writes both down beside the status of each item; nothing else of a proposed plan changes.
"""

from django.db import migrations

# COLUMNS_OF_THE_SIGNATURE: which column of a table the signature writes.
GUARD_PART = """
    CREATE OR REPLACE FUNCTION treatments_guard_plan_part() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        parent uuid;
        standing text;
        written CONSTANT text := CASE TG_TABLE_NAME COLUMNS_OF_THE_SIGNATURE ELSE '' END;
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
            IF standing <> 'draft' THEN
                RAISE EXCEPTION 'what belongs to a % plan is never changed', standing
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END LOOP;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
"""


def _guard_part(written: str) -> str:
    return GUARD_PART.replace("COLUMNS_OF_THE_SIGNATURE", written)


def _guard_promise(states: str) -> str:
    return f"""
        DROP TRIGGER guard_promise ON treatments_plan;
        CREATE TRIGGER guard_promise BEFORE UPDATE ON treatments_plan FOR EACH ROW
            WHEN (OLD.state IN ({states}) AND NEW.state = 'signed') EXECUTE FUNCTION treatments_guard_promise();
    """


STATUS = "WHEN 'treatments_planitem' THEN 'status'"
LEVELS_AND_TASKS = "WHEN 'treatments_goal' THEN 'levels' WHEN 'treatments_override' THEN 'task_id'"


class Migration(migrations.Migration):
    dependencies = [("treatments", "0009_goals_on_a_scale_and_what_is_agreed_at_the_start")]

    operations = [
        migrations.RunSQL(
            sql=_guard_part(f"{STATUS} {LEVELS_AND_TASKS}") + _guard_promise("'draft', 'proposed'"),
            reverse_sql=_guard_part(STATUS) + _guard_promise("'draft'"),
        ),
    ]
