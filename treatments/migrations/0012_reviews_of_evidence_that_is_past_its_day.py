"""Tasks for the owners of content whose evidence is past its review: one open task for each piece of it."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from accounts.rowsecurity import protect


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("treatments", "0011_a_signed_plan_says_what_its_proposal_says"),
    ]

    operations = [
        migrations.CreateModel(
            name="EvidenceReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=120)),
                ("name", models.CharField(max_length=200)),
                ("owner", models.CharField(blank=True, max_length=200)),
                ("review_by", models.DateField()),
                ("raised_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "verbose_name": "review of evidence",
                "verbose_name_plural": "reviews of evidence",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("organisation", "key"),
                        name="one_open_review_of_a_piece",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True), ("closed_at__gte", models.F("raised_at")), _connector="OR"
                        ),
                        name="review_is_closed_after_it_was_raised",
                    ),
                ],
            },
        ),
        protect("treatments_evidencereview"),
    ]
