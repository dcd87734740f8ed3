"""Goals on the scale of goal attainment, up to a few per plan, and what is agreed about an item when it begins.

A goal that is there keeps its place as the first. An agreement stands behind the same walls as every part of a plan and
is fixed with it.
"""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from accounts.rowsecurity import protect, same_organisation


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("treatments", "0008_signed_plans_under_the_rules_of_today"),
    ]

    operations = [
        migrations.CreateModel(
            name="Agreement",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField(default=1)),
                ("week", models.PositiveSmallIntegerField(verbose_name="judged from week")),
                ("dose", models.FloatField(blank=True, null=True, verbose_name="dose a day to be reached")),
                ("weeks_at_dose", models.FloatField(blank=True, null=True, verbose_name="weeks at this dose")),
                (
                    "enough_pct",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="less pain, at least"),
                ),
                ("good_pct", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="good from")),
                (
                    "if_little",
                    models.CharField(
                        choices=[
                            ("continue", "Continue"),
                            ("raise", "Raise the dose"),
                            ("add", "Add"),
                            ("switch", "Taper and switch"),
                            ("stop", "Stop"),
                            ("reduce_then_switch", "Halve or slow once, then taper and switch"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "if_partial",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("continue", "Continue"),
                            ("raise", "Raise the dose"),
                            ("add", "Add"),
                            ("switch", "Taper and switch"),
                            ("stop", "Stop"),
                            ("reduce_then_switch", "Halve or slow once, then taper and switch"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "if_not_tolerated",
                    models.CharField(
                        choices=[
                            ("continue", "Continue"),
                            ("raise", "Raise the dose"),
                            ("add", "Add"),
                            ("switch", "Taper and switch"),
                            ("stop", "Stop"),
                            ("reduce_then_switch", "Halve or slow once, then taper and switch"),
                        ],
                        max_length=20,
                    ),
                ),
                ("next_id", models.CharField(blank=True, max_length=80)),
                ("next_name", models.CharField(blank=True, max_length=200)),
                ("partial_id", models.CharField(blank=True, max_length=80)),
                ("partial_name", models.CharField(blank=True, max_length=200)),
                ("words", models.CharField(blank=True, max_length=500, verbose_name="in words")),
                ("sources", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "agreement about an item",
                "verbose_name_plural": "agreements about items",
            },
        ),
        migrations.RemoveConstraint(
            model_name="goal",
            name="one_goal_of_a_kind_per_plan",
        ),
        migrations.AddField(
            model_name="goal",
            name="baseline",
            field=models.FloatField(blank=True, null=True, verbose_name="now"),
        ),
        migrations.AddField(
            model_name="goal",
            name="confidence",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="confidence"),
        ),
        migrations.AddField(
            model_name="goal",
            name="difficulty",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="difficulty"),
        ),
        migrations.AddField(
            model_name="goal",
            name="importance",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="importance"),
        ),
        migrations.AddField(
            model_name="goal",
            name="items",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="goal",
            name="levels",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="goal",
            name="position",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.UniqueConstraint(
                fields=("plan", "kind", "position"), name="one_goal_at_a_place_of_a_plan"
            ),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("position", 1), models.Q(("kind", "function"), ("position__gte", 1)), _connector="OR"
                ),
                name="one_goal_for_pain",
            ),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("baseline__isnull", True),
                    ("amount__isnull", True),
                    models.Q(("baseline", models.F("amount")), _negated=True),
                    _connector="OR",
                ),
                name="goal_is_somewhere_else_than_now",
            ),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__isnull", True), ("confidence__lte", 10), _connector="OR"),
                name="goal_confidence_is_0_to_10",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="item",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="agreement", to="treatments.planitem"
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s_rows", to="treatments.plan"
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("enough_pct__isnull", True), ("good_pct__isnull", True)),
                    models.Q(("enough_pct__gte", 1), ("enough_pct__lte", 100), ("good_pct__isnull", True)),
                    models.Q(("enough_pct__gte", 1), ("good_pct__gte", models.F("enough_pct")), ("good_pct__lte", 100)),
                    _connector="OR",
                ),
                name="agreed_thresholds_are_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("enough_pct__isnull", False), models.Q(("words", ""), _negated=True), _connector="OR"
                ),
                name="agreement_says_by_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dose__isnull", True), ("weeks_at_dose__isnull", True)), ("dose__gt", 0), _connector="OR"
                ),
                name="agreed_dose_is_above_0",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("week__gte", 1)), name="agreement_is_not_judged_at_once"
            ),
        ),
        protect("treatments_agreement"),
        same_organisation("treatments_agreement", "plan_id", "treatments_plan"),
        migrations.RunSQL(
            sql="""
                ALTER TABLE treatments_agreement ADD CONSTRAINT treatments_agreement_item_same_plan
                    FOREIGN KEY (plan_id, item_id) REFERENCES treatments_planitem (plan_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
                CREATE TRIGGER guard_plan BEFORE INSERT OR UPDATE OR DELETE ON treatments_agreement
                    FOR EACH ROW EXECUTE FUNCTION treatments_guard_plan_part();
            """,
            reverse_sql="""
                DROP TRIGGER guard_plan ON treatments_agreement;
                ALTER TABLE treatments_agreement DROP CONSTRAINT treatments_agreement_item_same_plan;
            """,
        ),
    ]
