"""What a plan orders is a task with a kind, open once at most, and can be withdrawn before anybody did it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="task",
            name="open_tasks_by_due_date",
        ),
        migrations.RemoveIndex(
            model_name="task",
            name="open_tasks_of_owner",
        ),
        migrations.AddField(
            model_name="task",
            name="addressee",
            field=models.CharField(blank=True, max_length=80, verbose_name="to"),
        ),
        migrations.AddField(
            model_name="task",
            name="batch_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="kind",
            field=models.CharField(
                choices=[
                    ("task", "Task"),
                    ("test", "Test"),
                    ("referral", "Referral"),
                    ("prescription", "Prescription"),
                    ("education", "Education"),
                    ("follow_up", "Follow-up"),
                ],
                default="task",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="order_key",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="task",
            name="plan_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True), ("withdrawn_at__isnull", True)),
                fields=["organisation", "due_on"],
                name="open_tasks_by_due_date",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True), ("withdrawn_at__isnull", True)),
                fields=["owner", "due_on"],
                name="open_tasks_of_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("order_key", ""), _negated=True),
                    ("done_at__isnull", True),
                    ("withdrawn_at__isnull", True),
                ),
                fields=("patient", "order_key"),
                name="what_is_ordered_is_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"),
                name="task_is_done_or_withdrawn",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("batch_id__isnull", True), ("order_key", ""), ("plan_id__isnull", True)),
                    models.Q(
                        models.Q(("order_key", ""), _negated=True),
                        ("batch_id__isnull", False),
                        ("plan_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="what_is_ordered_says_by_which_plan",
            ),
        ),
    ]
