from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_works_in_a_clinic_of_the_organisation"),
        ("assessments", "0007_one_open_report"),
        ("followup", "0004_messages_and_alerts_of_reports"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("report__isnull", False)),
                fields=["organisation", "report"],
                name="reminders_of_reports",
            ),
        ),
    ]
