"""A medicine that must be tapered does not end suddenly without a reason of its own kind."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("treatments", "0004_a_signed_plan_has_doses_a_goal_and_a_day_to_look_again")]

    operations = [
        migrations.AlterField(
            model_name="override",
            name="kind",
            field=models.CharField(
                choices=[
                    ("excluded", "Excluded"),
                    ("needs_data", "Needs data"),
                    ("not_recommended", "Not recommended"),
                    ("dose", "Dose above the limit"),
                    ("interaction", "Interaction"),
                    ("alert", "Alert"),
                    ("abrupt_stop", "Stopped without a taper"),
                ],
                max_length=20,
            ),
        ),
    ]
