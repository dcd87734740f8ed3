"""What the rules of today say against a signed plan, a row for each plan that was looked at."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rowsecurity import protect, same_organisation


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("treatments", "0007_a_reason_for_stopping_without_a_taper"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanRecheck",
            fields=[
                (
                    "plan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="recheck",
                        serialize=False,
                        to="treatments.plan",
                    ),
                ),
                ("rulebook_digest", models.CharField(max_length=71)),
                ("computed_at", models.DateTimeField()),
                ("findings", models.JSONField(default=list)),
                ("gravity", models.PositiveSmallIntegerField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "verbose_name": "look at a signed plan",
                "verbose_name_plural": "looks at signed plans",
                "indexes": [
                    models.Index(
                        condition=models.Q(("gravity__isnull", False)),
                        fields=["organisation", "gravity", "plan"],
                        name="plans_found_by_gravity",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("findings", []), ("gravity__isnull", True)),
                            models.Q(("gravity__isnull", False), models.Q(("findings", []), _negated=True)),
                            _connector="OR",
                        ),
                        name="what_is_found_has_a_gravity",
                    )
                ],
            },
        ),
        protect("treatments_planrecheck"),
        same_organisation("treatments_planrecheck", "plan_id", "treatments_plan"),
    ]
