"""What PostgreSQL promises about the examination, absent regions, instruments of clinics and reports of patients.

As in 0002: rows of the current organisation only, and nothing of a signed assessment ever changes. What a patient sent
never changes either; only the assessment that took it over is noted beside it.
"""

from django.db import migrations

from accounts.rowsecurity import protect, same_organisation

PARTS = ["assessments_sensoryfinding", "assessments_absentregion"]

SENT_IS_FIXED = """
    CREATE FUNCTION assessments_refuse_sent_report() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.sent_at IS NULL THEN
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            OLD.assessment_id := NEW.assessment_id;
            IF OLD IS NOT DISTINCT FROM NEW THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'what a patient sent is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END $$;
    CREATE TRIGGER sent_is_fixed BEFORE UPDATE OR DELETE ON assessments_patientreport
        FOR EACH ROW EXECUTE FUNCTION assessments_refuse_sent_report();
"""
SENT_IS_FREE = """
    DROP TRIGGER sent_is_fixed ON assessments_patientreport;
    DROP FUNCTION assessments_refuse_sent_report();
"""


def fixed_when_signed(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"""
            CREATE TRIGGER fixed_when_signed BEFORE INSERT OR UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION assessments_refuse_part_of_signed();
        """,
        reverse_sql=f"DROP TRIGGER fixed_when_signed ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("assessments", "0004_phenotype_layers_examination_and_reports")]

    operations = [
        *[protect(table) for table in (*PARTS, "assessments_clinicinstrument", "assessments_patientreport")],
        *[same_organisation(table, "assessment_id", "assessments_assessment") for table in PARTS],
        migrations.RunSQL(
            sql="""
                ALTER TABLE assessments_sensoryfinding ADD CONSTRAINT assessments_sensoryfinding_area_same_assessment
                    FOREIGN KEY (assessment_id, area_id) REFERENCES assessments_painarea (assessment_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            reverse_sql="""
                ALTER TABLE assessments_sensoryfinding DROP CONSTRAINT assessments_sensoryfinding_area_same_assessment;
            """,
        ),
        *[fixed_when_signed(table) for table in PARTS],
        same_organisation("assessments_clinicinstrument", "clinic_id", "accounts_clinic"),
        same_organisation("assessments_patientreport", "patient_id", "patients_patient"),
        same_organisation("assessments_patientreport", "assessment_id", "assessments_assessment"),
        migrations.RunSQL(
            sql="""
                ALTER TABLE assessments_patientreport ADD CONSTRAINT assessments_patientreport_assessment_same_patient
                    FOREIGN KEY (patient_id, assessment_id) REFERENCES assessments_assessment (patient_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            reverse_sql="""
                ALTER TABLE assessments_patientreport DROP CONSTRAINT assessments_patientreport_assessment_same_patient;
            """,
        ),
        migrations.RunSQL(sql=SENT_IS_FIXED, reverse_sql=SENT_IS_FREE),
    ]
