"""Releases of the clinical content: one row each, append-only for everybody."""

from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.rowsecurity import append_only


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0002_audit_trail_append_only_and_chained")]

    operations = [
        migrations.CreateModel(
            name="RulebookRelease",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("digest", models.CharField(db_index=True, max_length=71)),
                ("content", models.TextField()),
                (
                    "published_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("published_by", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name": "rulebook release",
                "verbose_name_plural": "rulebook releases",
                "ordering": ("-number",),
            },
        ),
        migrations.AddConstraint(
            model_name="rulebookrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="rulebook_release_number_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulebookrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__regex", "^sha256:[0-9a-f]{64}$")),
                name="rulebook_release_digest_is_sha256",
            ),
        ),
        append_only("treatments_rulebookrelease"),
    ]
