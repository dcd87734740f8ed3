"""The settings refuse to start without their secrets, and a served site is strict in every respect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SERVED = {
    "DATABASE_URL": "postgres://painplan_app:pw@db.example/painplan",
    "DATABASE_OWNER_URL": "postgres://painplan_owner:pw@db.example/painplan",
    "REDIS_URL": "redis://cache.example:6379/0",
    "SECRET_KEY": "q8Zr-0aVxN3mLk7Yt2PdWc5Hs9Bf1Ge4Ju6Ro",
    "ALLOWED_HOSTS": "pain.example",
    "EMAIL_HOST": "mail.example",
}


def start(environment: dict[str, str], code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a new Python that sees these variables and none of ours."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT,
        env=kept | {"DJANGO_SETTINGS_MODULE": "painplan.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def settings(environment: dict[str, str], *names: str) -> dict[str, Any]:
    code = "import json, sys\nfrom django.conf import settings\n"
    code += "print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))"
    done = start(environment, code, *names)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "REDIS_URL", "EMAIL_HOST"])
def test_a_served_site_does_not_start_without(name: str) -> None:
    environment = {key: value for key, value in SERVED.items() if key != name}
    done = start(environment, "from django.conf import settings; settings.DEBUG")
    assert done.returncode != 0
    assert f"{name} is not set." in done.stderr.splitlines()[-1]


def test_a_served_site_does_not_start_with_a_short_key() -> None:
    done = start(SERVED | {"SECRET_KEY": "secret"}, "from django.conf import settings; settings.DEBUG")
    assert "SECRET_KEY is too short" in done.stderr


@pytest.mark.parametrize("more", [{}, {"PAINPLAN_DEMO": "1"}])
def test_a_served_site_does_not_start_with_debug(more: dict[str, str]) -> None:
    done = start(SERVED | {"PAINPLAN_DEBUG": "1"} | more, "from django.conf import settings; settings.DEBUG")
    assert "PAINPLAN_DEBUG" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("more", "sent", "counted"),
    [
        ({}, "203.0.113.9", "10.0.0.1"),
        ({"BEHIND_TLS_PROXY": "1"}, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ({"BEHIND_TLS_PROXY": "1", "TRUSTED_PROXIES": "2"}, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
    ],
)
def test_sign_in_limits_count_by_the_address_that_the_proxy_saw(more: dict[str, str], sent: str, counted: str) -> None:
    code = (
        "import django, sys; django.setup(); from django.test import RequestFactory;"
        "from allauth.core.internal.httpkit import get_client_ip;"
        "print(get_client_ip(RequestFactory().get('/', REMOTE_ADDR='10.0.0.1', HTTP_X_FORWARDED_FOR=sys.argv[1])))"
    )
    done = start(SERVED | more, code, sent)
    assert done.stdout.strip() == counted, done.stderr


@pytest.mark.parametrize("module", ["painplan.wsgi"])
def test_the_web_server_refuses_the_embedded_database_outside_the_demo(module: str) -> None:
    done = start({}, f"import {module}")
    assert done.returncode != 0
    assert "DATABASE_URL is not set" in done.stderr.splitlines()[-1]


def test_a_served_site_is_strict() -> None:
    found = settings(
        SERVED,
        "DEBUG",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_NAME",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN",
        "ALLOWED_HOSTS",
    )
    assert found == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": False,
        "ALLOWED_HOSTS": ["pain.example"],
    }


@pytest.mark.parametrize(("role", "user"), [("app", "painplan_app"), ("owner", "painplan_owner")])
def test_each_role_signs_in_as_itself(role: str, user: str) -> None:
    found = settings(SERVED | {"PAINPLAN_DATABASE_ROLE": role}, "DATABASES")
    assert found["DATABASES"]["default"]["USER"] == user


@pytest.mark.parametrize(("command", "user"), [("migrate", "painplan_owner"), ("check", "painplan_app")])
def test_only_commands_that_change_tables_sign_in_as_the_owner(command: str, user: str) -> None:
    code = "from django.conf import settings; print(settings.DATABASES['default']['USER'])"
    assert start(SERVED, code, command).stdout.strip() == user


def test_nothing_outlives_a_transaction_on_the_connection() -> None:
    database = settings(SERVED, "DATABASES")["DATABASES"]["default"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "options" not in database["OPTIONS"]


def test_a_local_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    environment = {"PAINPLAN_VAR": str(tmp_path / "var")}
    first = settings(environment, "SECRET_KEY")["SECRET_KEY"]
    assert len(first) >= 32
    assert settings(environment, "SECRET_KEY")["SECRET_KEY"] == first
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0


def test_the_example_file_names_every_variable_that_is_read() -> None:
    import re

    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (PROJECT / "painplan" / "settings.py").read_text()))
    named = set(re.findall(r"^#?\s?([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 20
    assert read - named == set()


def test_the_policy_for_browsers_allows_no_inline_script_and_no_other_host(client) -> None:
    policy = client.get("/livez").headers["Content-Security-Policy"]
    parts = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    assert parts["default-src"] == ["'none'"]
    assert parts["frame-ancestors"] == parts["base-uri"] == ["'none'"]
    assert parts["style-src"] == parts["connect-src"] == parts["form-action"] == ["'self'"]
    assert "unsafe" not in policy
    assert "http" not in policy
