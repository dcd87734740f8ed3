"""The wall between organisations, asked in raw SQL as the application's role."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.utils import ProgrammingError

from accounts.models import Clinic, Membership, Organisation
from accounts.tenancy import current_organisation, organisations, tenant
from patients.models import Patient
from tests.cast import Member, NewPatient

# Directory tables: who works where. They hold no patient data and must be readable before the organisation is known.
DIRECTORY = {"accounts_organisation", "accounts_clinic", "accounts_membership"}


def rows(sql: str, *values: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def show(organisation_id: object) -> None:
    rows("SELECT set_config('app.organisation', %s, true)", str(organisation_id or ""))


def test_the_tests_run_as_the_role_that_cannot_get_past_the_wall(db: None) -> None:
    [(superuser, bypass, owns)] = rows(
        "SELECT rolsuper, rolbypassrls, EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND relname LIKE "
        "'patients_%%') FROM pg_roles r WHERE rolname = current_user"
    )
    assert (superuser, bypass, owns) == (False, False, False)


def test_every_table_that_belongs_to_an_organisation_forces_a_policy(db: None) -> None:
    columns = rows(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, "
        "EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) FROM pg_class c "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organisation_id' AND NOT a.attisdropped "
        "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
    )
    found = {str(name): (forced, policy) for name, forced, policy in columns}
    assert {"patients_patient", "patients_note", "accounts_auditevent", "accounts_audithead"} <= set(found)
    unprotected = {name for name, state in found.items() if state != (True, True)} - DIRECTORY
    assert not unprotected, f"no forced row-level policy (use accounts.rowsecurity.protect): {sorted(unprotected)}"


def test_every_model_that_names_a_patient_also_names_the_organisation() -> None:
    for model in apps.get_models():
        names = {field.name for field in model._meta.get_fields()}
        if "patient" in names and model._meta.app_label != "auth":
            assert names & {"organisation", "organisation_id"}, f"{model._meta.label} has a patient and no organisation"


def test_an_unset_organisation_shows_no_row(patient: Patient) -> None:
    assert rows("SELECT count(*) FROM patients_patient") == [(1,)]
    show(None)
    assert rows("SELECT count(*) FROM patients_patient") == [(0,)]
    assert rows("SELECT count(*) FROM accounts_auditevent") == [(0,)]


def test_another_organisation_sees_no_row(patient: Patient, other_organisation: Organisation) -> None:
    show(other_organisation.pk)
    assert rows("SELECT count(*) FROM patients_patient") == [(0,)]
    assert rows("SELECT count(*) FROM patients_careteammember") == [(0,)]
    assert rows("SELECT count(*) FROM accounts_auditevent") == [(0,)]


def test_nothing_can_be_written_into_another_organisation(patient: Patient, other_organisation: Organisation) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        rows(
            "INSERT INTO accounts_auditevent "
            "(id, organisation_id, actor_job, actor_name, action, target, reason, detail) "
            "VALUES (gen_random_uuid(), %s, 'x', 'x', 'x', '', '', '{}') RETURNING id",
            str(other_organisation.pk),
        )
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        rows("UPDATE patients_patient SET organisation_id = %s RETURNING id", str(other_organisation.pk))


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE patients_patient DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE patients_patient NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_organisation ON patients_patient",
        "CREATE POLICY everything ON patients_patient USING (true)",
        "ALTER TABLE accounts_auditevent DISABLE TRIGGER ALL",
        "TRUNCATE patients_patient CASCADE",
        "SET ROLE painplan_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER ROLE painplan_app BYPASSRLS",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_cannot_take_the_wall_down(db: None, sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_row_security_off_refuses_instead_of_showing(patient: Patient) -> None:
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL row_security = off")
        cursor.execute("SELECT count(*) FROM patients_patient")


def test_a_row_cannot_point_to_a_patient_of_another_organisation(patient: Patient, foreign_patient: Patient) -> None:
    with pytest.raises(DatabaseError, match="same_organisation"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO patients_note (id, organisation_id, patient_id, created_job, source, reason, withdrawn, text)"
            " VALUES (gen_random_uuid(), %s, %s, 'x', 'import', '', false, 'x')",
            [str(patient.organisation_id), str(foreign_patient.pk)],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_nobody_works_in_a_clinic_of_another_organisation(clinician: Member, other_clinic: Clinic) -> None:
    with pytest.raises(DatabaseError, match="same_organisation"), transaction.atomic(), connection.cursor() as cursor:
        Membership.objects.filter(user=clinician.user).update(clinic=other_clinic)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_tenant_block_shows_its_organisation_and_gives_the_outer_one_back(
    organisation: Organisation, other_organisation: Organisation, patient: Patient, foreign_patient: Patient
) -> None:
    assert current_organisation() == organisation.pk
    with tenant(other_organisation.pk):
        assert current_organisation() == other_organisation.pk
        assert list(Patient.objects.all()) == [foreign_patient]
    assert list(Patient.objects.all()) == [patient]
    with pytest.raises(RuntimeError, match="stop"), tenant(other_organisation.pk):
        raise RuntimeError("stop")
    assert list(Patient.objects.all()) == [patient]
    assert current_organisation() == organisation.pk


def test_jobs_visit_every_organisation(organisation: Organisation, other_organisation: Organisation) -> None:
    assert organisations() == [organisation.pk, other_organisation.pk]


@pytest.mark.django_db(transaction=True)
def test_the_setting_ends_with_the_transaction(organisation: Organisation, new_patient: NewPatient) -> None:
    new_patient()
    with tenant(organisation.pk):
        assert rows("SELECT count(*) FROM patients_patient") == [(1,)]
    assert rows("SELECT count(*) FROM patients_patient") == [(0,)]
    assert rows("SELECT coalesce(current_setting('app.organisation', true), '')") == [("",)]


@pytest.mark.django_db(transaction=True)
def test_a_request_that_fails_stores_nothing(
    organisation: Organisation, clinician: Member, new_patient: NewPatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.test import RequestFactory

    from accounts.middleware import Tenant

    before = new_patient()

    def view(status: int) -> int:
        from django.http import HttpRequest, HttpResponse

        def respond(request: HttpRequest) -> HttpResponse:
            Patient.objects.filter(id=before.pk).update(phone=str(status))
            return HttpResponse(status=status)

        request = RequestFactory().get("/")
        request.user = clinician.user
        request.session = {}  # type: ignore[assignment]
        return Tenant(respond)(request).status_code

    for status, stored in ((500, ""), (200, "200"), (422, "422"), (503, "422")):
        assert view(status) == status
        with tenant(organisation.pk):
            assert Patient.objects.get(id=before.pk).phone == stored
