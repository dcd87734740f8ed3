"""What the clinician says to the patient in their own words; a column of the plan, so the signature fixes it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("treatments", "0012_reviews_of_evidence_that_is_past_its_day")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="for_patient",
            field=models.CharField(blank=True, max_length=300, verbose_name="a word for the patient"),
        ),
    ]
