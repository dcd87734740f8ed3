"""Answers keep which agreements they brought to pass when they came, so that lists need not judge anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followup", "0005_index_of_messages_about_reports"),
    ]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="agreed",
            field=models.JSONField(default=list),
        ),
    ]
