"""What PostgreSQL itself promises about the record.

Every table shows the rows of the current organisation only. No row can belong to a patient, or a patient to a clinic,
of another organisation. A line of the record and an earlier version of a patient's details are never changed or
removed, and a correction stays with the same patient.
"""

from django.db import migrations

from accounts.rowsecurity import append_only, protect, same_organisation

ENTRIES = [
    "patients_problem",
    "patients_problemlistreview",
    "patients_medicationstatement",
    "patients_medicationreview",
    "patients_allergy",
    "patients_measurement",
    "patients_treatmenttrial",
    "patients_preference",
    "patients_note",
]
OTHERS = ["patients_patientrevision", "patients_careteammember", "patients_task"]


def same_patient(table: str) -> migrations.RunSQL:
    """Refuse a correction that names a row of another patient."""
    return migrations.RunSQL(
        sql=f"""
            ALTER TABLE {table} ADD CONSTRAINT {table}_key_with_patient UNIQUE (patient_id, id);
            ALTER TABLE {table} ADD CONSTRAINT {table}_supersedes_same_patient FOREIGN KEY (patient_id, supersedes_id)
                REFERENCES {table} (patient_id, id) DEFERRABLE INITIALLY DEFERRED;
        """,
        reverse_sql=f"""
            ALTER TABLE {table} DROP CONSTRAINT {table}_supersedes_same_patient;
            ALTER TABLE {table} DROP CONSTRAINT {table}_key_with_patient;
        """,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0001_patient_record"),
        ("accounts", "0002_audit_trail_append_only_and_chained"),
    ]

    operations = [
        protect("patients_patient"),
        same_organisation("patients_patient", "clinic_id", "accounts_clinic"),
        *[protect(table) for table in ENTRIES + OTHERS],
        *[same_organisation(table, "patient_id", "patients_patient") for table in ENTRIES + OTHERS],
        *[same_patient(table) for table in ENTRIES],
        *[append_only(table) for table in [*ENTRIES, "patients_patientrevision"]],
    ]
