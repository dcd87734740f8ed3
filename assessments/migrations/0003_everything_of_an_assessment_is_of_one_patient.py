"""A correction stays with the patient, and answers belong to the patient of their assessment."""

from django.db import migrations


def same_patient(table: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"""
            ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_same_patient FOREIGN KEY (patient_id, {column})
                REFERENCES assessments_assessment (patient_id, id) DEFERRABLE INITIALLY DEFERRED;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_same_patient;",
    )


class Migration(migrations.Migration):
    dependencies = [("assessments", "0002_organisation_walls_and_signed_is_fixed")]

    operations = [
        migrations.RunSQL(
            sql="""
                ALTER TABLE assessments_assessment
                    ADD CONSTRAINT assessment_key_with_patient UNIQUE (patient_id, id);
            """,
            reverse_sql="ALTER TABLE assessments_assessment DROP CONSTRAINT assessment_key_with_patient;",
        ),
        same_patient("assessments_assessment", "supersedes_id"),
        same_patient("assessments_instrumentanswers", "assessment_id"),
    ]
