"""The embedded services: started when needed, shared, stopped after the last user, and mended after a crash."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from painplan.services import home as homes
from painplan.services import sharing
from painplan.services.home import PROJECT, Account, home
from painplan.services.postgres import Postgres, explain
from painplan.services.problem import ServiceProblem
from painplan.services.valkey import Valkey

USER = """
import sys, time
from pathlib import Path
from painplan.services.home import home
from painplan.services.sharing import SERVICES, acquire
service = SERVICES[sys.argv[1]](home(Path(sys.argv[2])))
acquire(service)
print(service.pid(), flush=True)
time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that other accounts may pass through; pytest's own is closed to them, which matters to root."""
    path = Path(tempfile.mkdtemp(prefix="pp-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    for name, kind in sharing.SERVICES.items():
        for var in path.glob("**/var"):
            sharing._held.pop((name, var), None)
            kind(home(var)).stop()
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A var/ folder with a PostgreSQL in it that was made once; tests take copies."""
    path = Path(tempfile.mkdtemp(prefix="pp-", dir="/tmp"))
    path.chmod(0o755)
    service = Postgres(home(path / "var"))
    service.home.make()
    service.prepare()
    yield path / "var"
    shutil.rmtree(path)


@pytest.fixture
def var(folder: Path, made: Path) -> Path:
    """A private var/ folder whose services are stopped at the end."""
    home(folder / "var").make()
    copy = folder / "var" / "postgres"
    shutil.copytree(made / "postgres", copy)
    state = (made / "postgres").stat()
    for path in [copy, *copy.rglob("*")]:
        os.chown(path, state.st_uid, state.st_gid)
    copy.chmod(0o700)
    return folder / "var"


def use(name: str, var: Path, seconds: float = 60) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, name, str(var), str(seconds)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_users_share_one_server_and_the_last_one_leaves_nothing_running(var: Path) -> None:
    first, second = use("postgres", var), use("postgres", var)
    pids = {first_line(first), first_line(second)}
    assert len(pids) == 1
    service = Postgres(home(var))
    first.kill()
    first.wait()
    time.sleep(sharing.LINGER_SECONDS + 1)
    assert service.answers()
    second.kill()
    second.wait()
    assert until(lambda: service.pid() is None)
    assert until(lambda: sharing._is_free(service, "keeper"))


def test_the_database_has_both_roles_and_the_application_owns_nothing(var: Path) -> None:
    service = Postgres(home(var))
    sharing.acquire(service)
    with contextlib.closing(psycopg2.connect(user="painplan_app", dbname="painplan", **service.address())) as link:
        cursor = link.cursor()
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname LIKE 'painplan%'"
        )
        assert sorted(cursor.fetchall()) == [
            ("painplan_app", False, False, False),
            ("painplan_owner", False, False, False),
        ]
        cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'painplan'")
        assert cursor.fetchone() == ("painplan_owner",)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("CREATE TABLE t (i int)")
    sharing.release(service)
    assert service.pid() is None


def test_a_lock_file_of_a_dead_server_is_no_obstacle(var: Path) -> None:
    service = Postgres(home(var))
    lock = service.data / "postmaster.pid"
    # The number of a process that lives but is no PostgreSQL, as after a restart of the machine.
    lock.write_text(f"{os.getpid()}\n{service.data}\n1\n5432\n{service.home.run}\n\n\n")
    (service.home.run / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    sharing.acquire(service)
    assert service.answers()


def test_a_killed_server_comes_back_with_what_was_committed(var: Path) -> None:
    service = Postgres(home(var))
    sharing.acquire(service)
    with contextlib.closing(psycopg2.connect(user="painplan_owner", dbname="painplan", **service.address())) as link:
        link.cursor().execute("CREATE TABLE kept AS SELECT 42 AS answer")
        link.commit()
    pid = service.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    sharing._held.pop((service.name, service.home.var))  # Its own alone: other tests of this process use services, too.
    assert until(lambda: service.pid() is None)
    sharing.acquire(service)
    with contextlib.closing(psycopg2.connect(user="painplan_owner", dbname="painplan", **service.address())) as link:
        cursor = link.cursor()
        cursor.execute("SELECT answer FROM kept")
        assert cursor.fetchone() == (42,)


def test_a_half_made_data_folder_is_made_anew(folder: Path) -> None:
    service = Postgres(home(folder / "var"))
    service.home.make()
    (service.home.data / "postgres.new").mkdir()
    (service.home.data / "postgres.new" / "rest").write_text("of an interrupted start")
    service.prepare()
    assert (service.data / "PG_VERSION").read_text().strip() == "18"
    assert not (service.home.data / "postgres.new").exists()


def test_a_folder_of_something_else_is_left_alone_with_a_sentence(folder: Path) -> None:
    service = Postgres(home(folder / "var"))
    service.home.make()
    service.data.mkdir()
    (service.data / "precious").write_text("x")
    with pytest.raises(ServiceProblem, match=r"not a PostgreSQL data folder.*rm -rf"):
        service.prepare()
    assert (service.data / "precious").exists()


def test_data_of_another_version_are_refused_with_a_way_out(var: Path) -> None:
    service = Postgres(home(var))
    (service.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServiceProblem, match=r"made by PostgreSQL 17.*rm -rf"):
        service.prepare()


def test_a_full_disk_is_named_before_anything_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6))
    service = Postgres(home(folder / "var"))
    service.home.make()
    with pytest.raises(ServiceProblem, match=r"has 1 MB left; PostgreSQL needs 300 MB\. Make room"):
        service.prepare()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("FATAL: could not write: No space left on device", "the disk is full. Make room"),
        ("could not open: Permission denied", "as the user who owns the project"),
        ("", "It said nothing."),
    ],
)
def test_a_servers_last_words_become_a_sentence(words: str, expected: str) -> None:
    assert expected in explain("PostgreSQL", words)


def test_a_server_that_cannot_start_is_explained(var: Path) -> None:
    service = Postgres(home(var))
    (service.data / "postgresql.conf").write_text("max_connections = many\n")
    with pytest.raises(ServiceProblem, match=r"PostgreSQL cannot start\. It said: .*max_connections"):
        sharing.acquire(service)


def test_valkey_starts_and_throws_nothing_out(var: Path) -> None:
    import redis

    service = Valkey(home(var))
    sharing.acquire(service)
    client = redis.Redis(unix_socket_path=str(service.socket), decode_responses=True)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("port") == {"port": "0"}
    client.close()
    sharing.release(service)
    assert service.pid() is None


def test_a_killed_keeper_is_replaced_by_the_next_user(var: Path) -> None:
    first = use("valkey", var)
    pid = first_line(first)
    service = Valkey(home(var))
    keepers = subprocess.run(
        ["pgrep", "-f", f"painplan.services.sharing valkey {var}$"], capture_output=True, text=True, check=True
    )
    os.kill(int(keepers.stdout), signal.SIGKILL)
    assert until(lambda: sharing._is_free(service, "keeper"))
    second = use("valkey", var)
    assert first_line(second) == pid
    for process in (first, second):
        process.kill()
        process.wait()
    assert until(lambda: service.pid() is None)


def test_two_projects_on_one_machine_do_not_meet(folder: Path) -> None:
    one, two = home(folder / "one" / "var"), home(folder / ("long" * 30) / "var")
    assert one.run != two.run
    assert one.data != two.data
    assert max(len(str(place.run)) for place in (one, two)) <= homes.LONGEST_SOCKET_FOLDER
    assert two.run.parent == Path("/tmp")


def test_root_uses_a_folder_of_its_own_when_the_project_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(homes, "_account", lambda var: Account("nobody", 65534, 65534))
    place = home(closed / "var")
    assert place.data.parent == Path("/var/tmp")
    assert place.programs.is_relative_to(place.data)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_in_tmp_is_refused(tmp_path: Path) -> None:
    stranger = tmp_path / "run"
    stranger.mkdir()
    with pytest.raises(ServiceProblem, match=r"made by another user"):
        homes._private_folder(stranger, owner=os.geteuid() + 1, mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(stranger)
    with pytest.raises(ServiceProblem):
        homes._private_folder(link, owner=os.geteuid(), mode=0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its account")
def test_root_in_a_closed_folder_gets_a_working_database_and_leaves_the_folder_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    service, valkey = Postgres(home(closed / "var")), Valkey(home(closed / "var"))
    try:
        sharing.acquire(service)
        assert service.answers()
        sharing.acquire(valkey)
        assert valkey.answers()
        assert closed.stat().st_mode & 0o777 == 0o700
        sharing.release(valkey)
        sharing.release(service)
        assert (service.pid(), valkey.pid()) == (None, None)
    finally:
        service.stop()
        valkey.stop()
        shutil.rmtree(service.home.data)
