"""What every test stands on: the embedded services, one fresh database a worker, and no network but this machine.

Tests run as the application's role, never as the owner of the tables, so that the row-level policies and the audit
trail's missing rights are in force exactly as in production. The database is a copy of a template that was migrated
once for this set of migrations; making one takes a moment instead of a full migration.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

os.environ.setdefault("PAINPLAN_DEMO", "1")

from tests import databases

pytest_plugins = [name for name in ("tests.cast",) if importlib.util.find_spec(name)]


@pytest.fixture(scope="session", autouse=True)
def _network_is_blocked() -> Iterator[None]:
    """A test that reaches for another machine fails at once; sockets of this machine stay open."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"A test tried to reach {address[0]}; tests stay on this machine.")
        connect(self, address)

    socket.socket.connect = connect_here  # type: ignore[assignment, method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, worker_id: str) -> Iterator[None]:
    """One database for this worker, dropped at the end."""
    with django_db_blocker.unblock():
        name = databases.create(worker_id)
    yield
    with django_db_blocker.unblock():
        databases.drop(name)


@pytest.fixture(scope="session", autouse=True)
def _settings_for_tests(django_test_environment: None) -> Iterator[None]:
    """Pages without collectstatic, sign-ins without a slow hash, and counters that no other worker can touch."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES=settings.STORAGES | {"staticfiles": plain},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def _transactional_tests_get_a_new_copy() -> None:
    """Django would empty the tables after a test that commits. The application's role may not, and the audit trail must
    not be emptied by anybody; so such a test ends with a new copy of the template."""
    from django.test import TransactionTestCase

    def renew(self: TransactionTestCase) -> None:
        databases.renew()

    TransactionTestCase._fixture_teardown = renew  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def valkey_url() -> str:
    """The address of a running Valkey."""
    from django.conf import settings

    from painplan.services import ensure_valkey

    return settings.REDIS_URL or ensure_valkey()


@pytest.fixture(autouse=True)
def _empty_cache(_settings_for_tests: None) -> None:
    """The counters of the sign-in limits begin at zero in each test."""
    from django.core.cache import cache

    cache.clear()
