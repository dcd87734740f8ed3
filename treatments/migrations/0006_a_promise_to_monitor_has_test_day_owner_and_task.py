"""A promise to monitor names a test, a day and an owner, and no plan is signed with one that has no task.

The new check holds for what is written from now on, and PostgreSQL looks at the step from draft to signed only, so
plans that were signed before stay as they are. A task that a plan points to cannot be removed, open or done.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CHECK = models.CheckConstraint(
    condition=models.Q(
        models.Q(("reason", "will_monitor"), _negated=True),
        models.Q(
            ("monitor_on__isnull", False),
            ("monitor_owner__isnull", False),
            models.Q(("monitor_test", ""), _negated=True),
        ),
        _connector="OR",
    ),
    name="promise_to_monitor_has_test_day_and_owner",
)

PROMISE = """
    CREATE FUNCTION treatments_guard_promise() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        bare text;
    BEGIN
        SELECT o.monitor_test INTO bare FROM treatments_override o
        WHERE o.plan_id = NEW.id AND o.reason = 'will_monitor' AND NOT EXISTS (
            SELECT 1 FROM patients_task task WHERE task.id = o.task_id AND task.patient_id = NEW.patient_id)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the promise to monitor % has no task', bare
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guard_promise BEFORE UPDATE ON treatments_plan FOR EACH ROW
        WHEN (OLD.state = 'draft' AND NEW.state = 'signed') EXECUTE FUNCTION treatments_guard_promise();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
        ("treatments", "0005_a_plan_is_proposed_for_review"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="override", name="promise_to_monitor_has_a_day"),
        migrations.AddField(
            model_name="override",
            name="monitor_owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="override",
            name="monitor_test",
            field=models.CharField(blank=True, max_length=80, verbose_name="what is checked"),
        ),
        migrations.AddField(
            model_name="override",
            name="task",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="promise",
                to="patients.task",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    sql="""
                        ALTER TABLE treatments_override ADD CONSTRAINT promise_to_monitor_has_test_day_and_owner CHECK (
                            reason <> 'will_monitor'
                            OR (monitor_on IS NOT NULL AND monitor_owner_id IS NOT NULL AND monitor_test <> '')
                        ) NOT VALID;
                    """,
                    reverse_sql="""
                        ALTER TABLE treatments_override DROP CONSTRAINT promise_to_monitor_has_test_day_and_owner;
                    """,
                ),
            ],
            state_operations=[migrations.AddConstraint(model_name="override", constraint=CHECK)],
        ),
        migrations.RunSQL(
            sql=PROMISE,
            reverse_sql="DROP TRIGGER guard_promise ON treatments_plan; DROP FUNCTION treatments_guard_promise();",
        ),
    ]
