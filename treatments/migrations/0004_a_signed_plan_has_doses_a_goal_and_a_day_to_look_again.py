"""What a signature needs beside reasons: a dose (or who sets it) for each medicine, a goal (or why none), a day.

PostgreSQL looks at the step from draft to signed only, so plans that were signed before stay as they are.
"""

from django.conf import settings
from django.db import migrations, models

SIGNATURE = """
    CREATE FUNCTION treatments_guard_signature() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        bare text;
    BEGIN
        SELECT item.ref_id INTO bare FROM treatments_planitem item
        WHERE item.plan_id = NEW.id AND item.kind = 'agent' AND item.dose_by = ''
            AND (jsonb_array_length(item.steps) = 0 OR item.unit = '')
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the medicine % needs a dose before the plan is signed', bare
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.no_goal = '' AND NOT EXISTS (
            SELECT 1 FROM treatments_goal g WHERE g.plan_id = NEW.id AND (g.words <> '' OR g.target IS NOT NULL)
        ) THEN
            RAISE EXCEPTION 'a plan without a goal says why before it is signed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM treatments_followupdate due WHERE due.plan_id = NEW.id) THEN
            RAISE EXCEPTION 'a plan needs a follow-up date before it is signed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guard_signature BEFORE UPDATE ON treatments_plan FOR EACH ROW
        WHEN (OLD.state = 'draft' AND NEW.state = 'signed') EXECUTE FUNCTION treatments_guard_signature();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
        ("treatments", "0003_organisation_walls_and_signed_plans_never_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="goal",
            name="amount",
            field=models.FloatField(blank=True, null=True, verbose_name="target"),
        ),
        migrations.AddField(
            model_name="goal",
            name="measure",
            field=models.CharField(blank=True, max_length=200, verbose_name="what is counted"),
        ),
        migrations.AddField(
            model_name="goal",
            name="template",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="goal",
            name="unit",
            field=models.CharField(blank=True, max_length=40, verbose_name="unit"),
        ),
        migrations.AddField(
            model_name="plan",
            name="no_goal",
            field=models.CharField(
                blank=True,
                choices=[("not_yet", "No goal agreed yet"), ("not_wanted", "The patient does not want to set a goal")],
                max_length=20,
                verbose_name="no goal",
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="no_goal_text",
            field=models.CharField(blank=True, max_length=300, verbose_name="why there is no goal"),
        ),
        migrations.AddField(
            model_name="planitem",
            name="dose_by",
            field=models.CharField(blank=True, max_length=200, verbose_name="dose set by"),
        ),
        migrations.AddField(
            model_name="planitem",
            name="product",
            field=models.CharField(blank=True, max_length=200, verbose_name="product"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("no_goal", ""), ("no_goal_text", "")),
                    models.Q(models.Q(("no_goal", ""), _negated=True), models.Q(("no_goal_text", ""), _negated=True)),
                    _connector="OR",
                ),
                name="plan_without_goal_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="planitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("dose_by", ""), models.Q(("kind", "agent"), ("steps", [])), _connector="OR"),
                name="dose_is_entered_or_left_to_somebody",
            ),
        ),
        migrations.RunSQL(
            sql=SIGNATURE,
            reverse_sql="DROP TRIGGER guard_signature ON treatments_plan; DROP FUNCTION treatments_guard_signature();",
        ),
    ]
