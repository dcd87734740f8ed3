"""What PostgreSQL itself promises about follow-up: the wall between organisations, and that answers never change."""

from django.db import migrations

from accounts.rowsecurity import append_only, protect, same_organisation

RECORD = ["followup_answer", "followup_answerseen", "followup_adverseeffect", "followup_review", "followup_optout"]
WORK = ["followup_schedule", "followup_dueitem", "followup_checkin", "followup_alert", "followup_reminder"]


class Migration(migrations.Migration):
    dependencies = [
        ("followup", "0001_follow_up_tables"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
    ]

    operations = [
        *[protect(table) for table in [*RECORD, *WORK, "followup_outboxmessage"]],
        *[same_organisation(table, "patient_id", "patients_patient") for table in [*RECORD, *WORK]],
        *[append_only(table) for table in RECORD],
    ]
