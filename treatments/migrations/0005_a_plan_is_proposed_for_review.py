"""A draft may be proposed for review, and comes back as a draft: returned with words, or taken back by a change.

While it is proposed nothing of it changes, so that whoever signs it signs what was proposed.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FUNCTIONS = """
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
        RETURN NEW;
    END $$;
    CREATE OR REPLACE FUNCTION treatments_guard_plan_part() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        parent uuid;
        standing text;
    BEGIN
        FOREACH parent IN ARRAY ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END
        ] LOOP
            IF parent IS NULL THEN
                CONTINUE;
            END IF;
            SELECT state INTO standing FROM treatments_plan WHERE id = parent;
            -- The signature writes down what the proposal says of each item; nothing else of a proposed plan changes.
            IF standing = 'proposed' AND TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'treatments_planitem'
                AND (to_jsonb(OLD) - 'status') = (to_jsonb(NEW) - 'status') THEN
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

    DROP TRIGGER guard_signature ON treatments_plan;
    CREATE TRIGGER guard_signature BEFORE UPDATE ON treatments_plan FOR EACH ROW
        WHEN (OLD.state IN ('draft', 'proposed') AND NEW.state = 'signed')
        EXECUTE FUNCTION treatments_guard_signature();
"""

# As the migration 0003 and 0004 made them.
BEFORE = """
    CREATE OR REPLACE FUNCTION treatments_guard_plan() RETURNS trigger LANGUAGE plpgsql AS $$
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
    CREATE OR REPLACE FUNCTION treatments_guard_plan_part() RETURNS trigger LANGUAGE plpgsql AS $$
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

    DROP TRIGGER guard_signature ON treatments_plan;
    CREATE TRIGGER guard_signature BEFORE UPDATE ON treatments_plan FOR EACH ROW
        WHEN (OLD.state = 'draft' AND NEW.state = 'signed')
        EXECUTE FUNCTION treatments_guard_signature();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
        ("treatments", "0004_a_signed_plan_has_doses_a_goal_and_a_day_to_look_again"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="plan",
            name="one_draft_plan_per_patient",
        ),
        migrations.RemoveConstraint(
            model_name="plan",
            name="signed_plan_keeps_what_it_rests_on",
        ),
        migrations.RemoveConstraint(
            model_name="plan",
            name="plan_that_ended_has_its_time",
        ),
        migrations.RemoveIndex(
            model_name="plan",
            name="open_plan_drafts",
        ),
        migrations.AddField(
            model_name="plan",
            name="proposed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="proposed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="proposed_to",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="proposed_words",
            field=models.CharField(blank=True, max_length=500, verbose_name="for the signer"),
        ),
        migrations.AddField(
            model_name="plan",
            name="returned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="returned_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="returned_words",
            field=models.CharField(blank=True, max_length=500, verbose_name="what is to be changed"),
        ),
        migrations.AlterField(
            model_name="plan",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("proposed", "proposed"),
                    ("signed", "signed"),
                    ("superseded", "superseded"),
                    ("stopped", "stopped"),
                    ("discarded", "discarded"),
                ],
                default="draft",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="plan",
            index=models.Index(
                condition=models.Q(("state__in", ["draft", "proposed"])),
                fields=["organisation", "-state", "changed_at"],
                name="open_plan_drafts",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "proposed"])),
                fields=("patient",),
                name="one_draft_plan_per_patient",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("signed_at__isnull", True), ("state__in", ["draft", "proposed", "discarded"])),
                    models.Q(
                        ("signed_at__isnull", False),
                        ("state__in", ["signed", "superseded", "stopped"]),
                        models.Q(("facts", ""), _negated=True),
                        models.Q(("proposal", ""), _negated=True),
                        ("proposal_digest__regex", "^sha256:[0-9a-f]{64}$"),
                        ("rulebook_digest__regex", "^sha256:[0-9a-f]{64}$"),
                    ),
                    _connector="OR",
                ),
                name="signed_plan_keeps_what_it_rests_on",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state__in", ["draft", "proposed", "signed"])),
                    models.Q(("ended_at__isnull", False), ("state__in", ["superseded", "stopped", "discarded"])),
                    _connector="OR",
                ),
                name="plan_that_ended_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proposed_at__isnull", False), ("proposed_by__isnull", False), ("state", "proposed")),
                    models.Q(("proposed_at__isnull", True), ("state", "draft")),
                    models.Q(("state__in", ["draft", "proposed"]), _negated=True),
                    _connector="OR",
                ),
                name="proposed_plan_says_by_whom",
            ),
        ),
        migrations.RunSQL(sql=FUNCTIONS, reverse_sql=BEFORE),
    ]
