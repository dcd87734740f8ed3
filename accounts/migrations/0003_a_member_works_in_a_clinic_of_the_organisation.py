"""Refuse a membership whose clinic belongs to another organisation."""

from django.db import migrations

from accounts.rowsecurity import same_organisation


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_trail_append_only_and_chained")]

    operations = [same_organisation("accounts_membership", "clinic_id", "accounts_clinic")]
