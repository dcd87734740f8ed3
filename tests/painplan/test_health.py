"""The answers for a load balancer, the request id and the privacy of pages."""

from __future__ import annotations

import logging
import sys

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client, RequestFactory

from painplan import health, logs
from painplan.database import role


def test_livez_asks_for_nothing_but_the_process(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_readyz_is_ready_when_the_database_is_migrated(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_queue", lambda: "ok")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "queue": "ok"}}


@pytest.mark.django_db
def test_readyz_stays_ready_but_says_so_when_valkey_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_queue", lambda: "not reachable")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["queue"] == "not reachable"


@pytest.mark.django_db
def test_readyz_is_not_ready_while_a_migration_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: ["one"])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "migrations are waiting"


@pytest.mark.django_db
def test_readyz_refuses_a_database_user_who_may_bypass_the_policies() -> None:
    class Superuser:
        def __enter__(self):  # type: ignore[no-untyped-def]
            return self

        def __exit__(self, *_: object) -> None: ...
        def execute(self, *_: object) -> None: ...
        def fetchone(self) -> tuple[bool]:
            return (True,)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "cursor", Superuser)
        assert health.readyz(RequestFactory().get("/readyz")).status_code == 503


def test_an_answer_carries_the_id_of_its_request(client: Client) -> None:
    given = "11111111-2222-3333-4444-555555555555"
    assert client.get("/livez", headers={"X-Request-ID": given})["X-Request-ID"] == given
    made = client.get("/livez", headers={"X-Request-ID": "<script>\n"})["X-Request-ID"]
    assert made.isalnum()
    assert client.get("/livez")["X-Request-ID"] != made


def test_caches_tell_fragments_from_pages(client: Client) -> None:
    assert "HX-Request" in client.get("/livez")["Vary"]


@pytest.mark.django_db
def test_a_connection_that_may_bypass_the_policies_is_closed_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(role, "_checked", False)
    monkeypatch.setattr(connection, "close", lambda: closed.append(True))
    role.refuse_unsafe_role(connection)
    assert not closed, "the role of the application is held to the policies"
    monkeypatch.setattr(role, "_checked", False)
    monkeypatch.setattr(role, "may_bypass_policies", lambda _connection: True)
    with pytest.raises(ImproperlyConfigured, match="NOBYPASSRLS"):
        role.refuse_unsafe_role(connection)
    assert closed == [True]


def test_a_log_line_leaves_out_the_values_of_a_refused_row() -> None:
    words = ["duplicate key", "DETAIL:  Key (name)=(Ada Example) already exists.", "CONTEXT:  more of it"]
    try:
        raise ValueError("\n".join(words) + "\n")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", None, sys.exc_info())
    logs.RequestIdFilter().filter(record)
    for formatter in (logs.Lines(), logs.JsonLines()):
        record.exc_text = None
        line = formatter.format(record)
        assert "duplicate key" in line
        assert "Ada Example" not in line


@pytest.mark.parametrize("formatter", [logs.Lines(), logs.JsonLines()])
def test_an_error_in_the_words_of_a_log_line_leaves_them_out_too(formatter: logging.Formatter) -> None:
    said = "refused: duplicate key\nDETAIL:  Key (name)=(Ada Example) already exists."
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "storing %s", (said,), None)
    logs.RequestIdFilter().filter(record)
    line = formatter.format(record)
    assert "duplicate key" in line
    assert "Ada Example" not in line


def test_the_test_cache_is_private_to_this_worker() -> None:
    cache.set("a", 1)
    assert cache.get("a") == 1
