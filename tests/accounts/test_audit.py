"""The trail: written with the deed, never changed, chained, and a break is found."""

from __future__ import annotations

import datetime as dt
import random
import threading
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.models import AuditEvent, AuditHead, Organisation
from accounts.tasks import MONTHS_AHEAD, upkeep
from accounts.tenancy import tenant
from tests.cast import Member, owner_cursor


def link_now() -> None:
    """What happens at commit, inside a test that does not commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def note(actor: Actor, count: int = 1) -> list[AuditEvent]:
    return [audit.record(actor=actor, action=f"test.{number}", detail={"n": number}) for number in range(count)]


def test_a_row_says_who_what_when_and_why(clinician: Member) -> None:
    event = audit.record(
        actor=clinician.actor, action="patient.read", target="patient:1", reason="care team", detail={"a": 1}
    )
    assert (event.actor_user_id, event.actor_name, event.actor_job) == (clinician.user.pk, "Maya Adeyemi", "")
    assert (event.action, event.target, event.reason, event.detail) == (
        "patient.read",
        "patient:1",
        "care team",
        {"a": 1},
    )
    assert event.at is not None


def test_a_job_signs_with_its_name(organisation: Organisation) -> None:
    event = audit.record(actor=Actor.for_job("send-reminders", organisation.pk), action="reminder.send")
    assert (event.actor_user_id, event.actor_job) == (None, "send-reminders")


@pytest.mark.django_db(transaction=True)
def test_a_record_outside_a_transaction_is_refused(organisation: Organisation) -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        audit.record(actor=Actor.for_job("send-reminders", organisation.pk), action="x")


def test_rows_are_linked_at_commit_without_gaps_and_each_organisation_by_itself(
    clinician: Member, outsider: Member
) -> None:
    first = note(clinician.actor, 3)
    with tenant(outsider.organisation.pk):
        note(outsider.actor, 2)
    assert AuditEvent.objects.get(id=first[0].pk).hash is None
    link_now()
    chain = list(AuditEvent.objects.order_by("sequence"))
    assert [event.sequence for event in chain] == [1, 2, 3]
    assert chain[0].previous_hash == ""
    assert [event.previous_hash for event in chain[1:]] == [event.hash for event in chain[:-1]]
    head = AuditHead.objects.get()
    assert (head.sequence, head.hash) == (3, chain[-1].hash)
    with tenant(outsider.organisation.pk):
        assert list(AuditEvent.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2]
        assert audit.verify(outsider.organisation.pk).broken is None
    found = audit.verify(clinician.organisation.pk)
    assert (found.rows, found.broken) == (3, None)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_auditevent SET action = 'x'",
        "UPDATE accounts_auditevent SET hash = NULL",
        "DELETE FROM accounts_auditevent",
        "TRUNCATE accounts_auditevent",
        "UPDATE accounts_audithead SET sequence = 0",
        "DELETE FROM accounts_audithead",
        "INSERT INTO accounts_audithead VALUES (gen_random_uuid(), 1, '')",
        "SELECT * FROM accounts_auditevent_other",
        "DELETE FROM accounts_auditevent_other",
        "SELECT audit_make_partition('x', 'DEFAULT')",
    ],
)
def test_the_application_cannot_change_the_trail(clinician: Member, sql: str) -> None:
    note(clinician.actor)
    link_now()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_application_cannot_write_a_ready_made_link(clinician: Member) -> None:
    with pytest.raises(DatabaseError, match="linked by the database"), transaction.atomic():
        AuditEvent.objects.create(
            organisation_id=clinician.organisation.pk, actor_job="x", actor_name="x", action="x", sequence=7, hash="f"
        )


@pytest.mark.django_db(transaction=True)
def test_even_the_owner_is_refused(organisation: Organisation, clinician: Member) -> None:
    with tenant(organisation.pk):
        note(clinician.actor, 2)
    with owner_cursor() as cursor:
        cursor.execute("SELECT set_config('app.organisation', %s, false)", [str(organisation.pk)])
        for sql in (
            "UPDATE accounts_auditevent SET action = 'x'",
            "DELETE FROM accounts_auditevent",
            "TRUNCATE accounts_auditevent",
        ):
            with pytest.raises(psycopg2.Error, match="is refused"):
                cursor.execute(sql)


TAMPER = {
    "a changed word": ("UPDATE {t} SET action = 'y' WHERE sequence = 3", 3),
    "a changed reason": ("UPDATE {t} SET detail = '{{}}' WHERE sequence = 4", 4),
    "a changed time": ("UPDATE {t} SET at = at + interval '1 microsecond' WHERE sequence = 2", 2),
    "a removed row": ("DELETE FROM {t} WHERE sequence = 3", 4),
    "a removed first row": ("DELETE FROM {t} WHERE sequence = 1", 2),
    "a cut end": ("DELETE FROM {t} WHERE sequence = 6", 5),
    "everything removed": ("DELETE FROM {t}", None),
    "a swap": ("UPDATE {t} SET sequence = 7 - sequence WHERE sequence IN (3, 4)", 3),
    "an unlinked row": ("UPDATE {t} SET sequence = NULL, hash = NULL WHERE sequence = 6", None),
}


@pytest.mark.django_db(transaction=True)
def test_every_kind_of_tampering_is_found_and_the_command_says_where(
    organisation: Organisation, clinician: Member
) -> None:
    with tenant(organisation.pk):
        note(clinician.actor, 6)
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert "6 rows" in out.getvalue()
    with owner_cursor() as cursor:
        for table in ("accounts_auditevent", "accounts_audithead"):
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        cursor.execute("ALTER TABLE accounts_auditevent DISABLE TRIGGER USER")
        for name, (sql, place) in TAMPER.items():
            cursor.execute("BEGIN")
            cursor.execute(sql.format(t="accounts_auditevent"))
            cursor.execute("COMMIT")
            with tenant(organisation.pk):
                found = audit.verify(organisation.pk)
            assert found.broken is not None, name
            assert found.broken.sequence == place, name
            error = StringIO()
            with pytest.raises(SystemExit) as stopped:
                call_command("audit", "verify", stdout=StringIO(), stderr=error)
            assert stopped.value.code == 1
            assert organisation.name in error.getvalue()
            _restore(cursor, organisation, clinician)


def _restore(cursor: Any, organisation: Organisation, clinician: Member) -> None:
    cursor.execute("DELETE FROM accounts_auditevent")
    cursor.execute("DELETE FROM accounts_audithead")
    cursor.execute("ALTER TABLE accounts_auditevent ENABLE TRIGGER USER")
    with tenant(organisation.pk):
        note(clinician.actor, 6)
        assert audit.verify(organisation.pk).broken is not None  # Not linked before the commit.
    with tenant(organisation.pk):
        assert audit.verify(organisation.pk).broken is None
    cursor.execute("ALTER TABLE accounts_auditevent DISABLE TRIGGER USER")


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_chain(organisation: Organisation, clinician: Member) -> None:
    actor = clinician.actor
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(5):
                with tenant(organisation.pk):
                    note(actor, random.randint(1, 3))
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with tenant(organisation.pk):
        found = audit.verify(organisation.pk)
        assert found.broken is None
        assert found.rows >= 20


def test_the_partitions_of_the_coming_months_exist_and_more_can_be_made(db: None) -> None:
    out = StringIO()
    call_command("audit", "partitions", "--months", "26", stdout=out)
    assert "2 partitions made" in out.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'accounts_auditevent'::regclass")
        assert cursor.fetchone() == (28,)


def test_the_daily_upkeep_makes_the_next_tables_and_removes_ended_sessions(clinician: Member) -> None:
    client = clinician.client
    assert client.get(reverse("worklist")).status_code == 200
    kept = client.session.session_key
    Session.objects.create(session_key="ended", session_data="", expire_date=timezone.now() - dt.timedelta(days=1))
    upkeep()
    assert list(Session.objects.values_list("session_key", flat=True)) == [kept]
    last = timezone.now().year + MONTHS_AHEAD // 12
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE %s", [f"accounts_auditevent_{last}_%"])
        assert cursor.fetchone()[0] >= timezone.now().month
