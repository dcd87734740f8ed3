"""What PostgreSQL itself promises about assessments.

Every table shows the rows of the current organisation only, and no row can point into another organisation. Nothing of
a signed assessment is ever changed, added or removed; answers to an instrument that stand alone never change.
"""

from django.db import migrations

from accounts.rowsecurity import protect, same_organisation

PARTS = [
    "assessments_sectionsave",
    "assessments_keptinput",
    "assessments_painarea",
    "assessments_arearegion",
    "assessments_areafinding",
    "assessments_diagnostictest",
    "assessments_statement",
    "assessments_redflaganswer",
    "assessments_instrumentanswers",
]
OF_AREA = ["assessments_arearegion", "assessments_areafinding"]

# The row of the assessment is locked by whoever saves or signs, so a save cannot slip in behind a signature.
FUNCTIONS = """
    CREATE FUNCTION assessments_refuse_signed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.status = 'signed' THEN
            RAISE EXCEPTION 'a signed assessment is never changed' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
    CREATE FUNCTION assessments_refuse_part_of_signed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        parent uuid;
    BEGIN
        FOREACH parent IN ARRAY ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.assessment_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.assessment_id END
        ] LOOP
            IF parent IS NULL THEN
                CONTINUE;
            END IF;
            PERFORM 1 FROM assessments_assessment WHERE id = parent AND status = 'signed';
            IF FOUND THEN
                RAISE EXCEPTION 'a signed assessment is never changed' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END LOOP;
        IF TG_OP <> 'INSERT' AND OLD.assessment_id IS NULL THEN
            RAISE EXCEPTION 'answers that stand alone are never changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION assessments_refuse_part_of_signed(); DROP FUNCTION assessments_refuse_signed();"


def fixed_when_signed(table: str, function: str, events: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER fixed_when_signed BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();",
        reverse_sql=f"DROP TRIGGER fixed_when_signed ON {table};",
    )


def same_assessment(table: str) -> migrations.RunSQL:
    """Refuse a part of an area that names another assessment than the area does."""
    return migrations.RunSQL(
        sql=f"""
            ALTER TABLE {table} ADD CONSTRAINT {table}_area_same_assessment FOREIGN KEY (assessment_id, area_id)
                REFERENCES assessments_painarea (assessment_id, id) DEFERRABLE INITIALLY DEFERRED;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_area_same_assessment;",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0001_assessments"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
    ]

    operations = [
        protect("assessments_assessment"),
        *[protect(table) for table in PARTS],
        same_organisation("assessments_assessment", "patient_id", "patients_patient"),
        same_organisation("assessments_instrumentanswers", "patient_id", "patients_patient"),
        *[same_organisation(table, "assessment_id", "assessments_assessment") for table in PARTS],
        *[same_assessment(table) for table in OF_AREA],
        migrations.RunSQL(sql=FUNCTIONS, reverse_sql=DROP_FUNCTIONS),
        fixed_when_signed("assessments_assessment", "assessments_refuse_signed", "UPDATE OR DELETE"),
        *[
            fixed_when_signed(table, "assessments_refuse_part_of_signed", "INSERT OR UPDATE OR DELETE")
            for table in PARTS
        ],
    ]
