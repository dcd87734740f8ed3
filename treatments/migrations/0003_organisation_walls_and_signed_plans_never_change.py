"""What PostgreSQL itself promises about plans.

Every table shows the rows of the current organisation only, and no row points into another organisation. A plan steps
only as treatments.states says; of a signed plan nothing changes but that it ends; of its parts nothing is changed,
added or removed. A plan cannot be signed while an item that the proposal excluded, or could not clear, has no override.
"""

from django.db import migrations

from accounts.rowsecurity import protect, same_organisation

PARTS = ["planitem", "override", "goal", "followupdate"]

FUNCTIONS = """
    CREATE FUNCTION treatments_guard_plan() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        bare text;
        ending CONSTANT text[] := ARRAY['state', 'ended_by_id', 'ended_job', 'ended_at', 'end_reason'];
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a plan is never removed' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state <> NEW.state AND NOT (
            (OLD.state = 'draft' AND NEW.state IN ('signed', 'discarded'))
            OR (OLD.state = 'signed' AND NEW.state IN ('superseded', 'stopped'))
        ) THEN
            RAISE EXCEPTION 'a % plan does not become a % one', OLD.state, NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state <> 'draft' AND (
            OLD.state = NEW.state
            OR (to_jsonb(OLD) - ending) <> (to_jsonb(NEW) - ending)
        ) THEN
            RAISE EXCEPTION 'a % plan is never changed', OLD.state USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state = 'draft' AND NEW.state = 'signed' THEN
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
        RETURN NEW;
    END $$;
    CREATE FUNCTION treatments_guard_plan_part() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        parent uuid;
    BEGIN
        FOREACH parent IN ARRAY ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END
        ] LOOP
            IF parent IS NULL THEN
                CONTINUE;
            END IF;
            PERFORM 1 FROM treatments_plan WHERE id = parent AND state <> 'draft';
            IF FOUND THEN
                RAISE EXCEPTION 'what belongs to a signed plan is never changed'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END LOOP;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
"""


def trigger(table: str, function: str, events: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER guard_plan BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();",
        reverse_sql=f"DROP TRIGGER guard_plan ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("treatments", "0002_plans_goals_overrides_and_follow_up_dates")]

    operations = [
        protect("treatments_plan"),
        *[protect(f"treatments_{part}") for part in PARTS],
        same_organisation("treatments_plan", "patient_id", "patients_patient"),
        *[same_organisation(f"treatments_{part}", "plan_id", "treatments_plan") for part in PARTS],
        migrations.RunSQL(
            sql="""
                ALTER TABLE treatments_override ADD CONSTRAINT treatments_override_item_same_plan
                    FOREIGN KEY (plan_id, item_id) REFERENCES treatments_planitem (plan_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            reverse_sql="ALTER TABLE treatments_override DROP CONSTRAINT treatments_override_item_same_plan;",
        ),
        migrations.RunSQL(
            sql=FUNCTIONS,
            reverse_sql="DROP FUNCTION treatments_guard_plan_part(); DROP FUNCTION treatments_guard_plan();",
        ),
        trigger("treatments_plan", "treatments_guard_plan", "UPDATE OR DELETE"),
        *[trigger(f"treatments_{part}", "treatments_guard_plan_part", "INSERT OR UPDATE OR DELETE") for part in PARTS],
    ]
