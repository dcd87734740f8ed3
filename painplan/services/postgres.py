"""PostgreSQL from its wheel: make the data folder, start the server, stop it. Listens on a Unix socket alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from painplan.services.home import Home
from painplan.services.problem import ServiceProblem

VERSION = "18"
PORT = "5432"  # Names the socket; no TCP port is opened, so it cannot be taken.
ROOM_NEEDED_MB = 300
OWNER, APP, DATABASE = "painplan_owner", "painplan_app", "painplan"

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": "200",
    "shared_buffers": "128MB",
    "dynamic_shared_memory_type": "mmap",  # Containers often have a very small /dev/shm.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    # A page of a table in memory or on an SSD costs little more out of order. With the default of 4, which is that of
    # turning disks, the planner reads all patients of a large organisation to find two hundred.
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A refused statement holds the values that were refused, and they may be a patient's.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_min_messages": "warning",
}


class Postgres:
    name = "postgres"
    title = "PostgreSQL"
    log_name = "postgres.log"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.data = home.data / "postgres"

    def address(self) -> dict[str, str]:
        """Where a client connects: psycopg2's `host` and `port`."""
        return {"host": str(self.home.run), "port": PORT}

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def pid(self) -> int | None:
        """The process id in the lock file if that process really is this server."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(number)
            if process.status() == psutil.STATUS_ZOMBIE or "postgres" not in process.name():
                return None
            # After a restart of the machine another PostgreSQL may have got the number.
            return number if str(self.data) in " ".join(process.cmdline()) else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def prepare(self) -> None:
        """Make what must be there before the start. A data folder is complete or absent: it gets its name last."""
        shutil.rmtree(self.data.with_name("postgres.new"), ignore_errors=True)
        if not (self.data / "PG_VERSION").exists():
            if self.data.exists() and any(self.data.iterdir()):
                raise ServiceProblem(
                    f"{self.data} holds something that is not a PostgreSQL data folder. Remove it and start again: "
                    f"rm -rf {self.data}"
                )
            self._initialise()
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != VERSION:
            raise ServiceProblem(
                f"{self.data} was made by PostgreSQL {found}, but this is PostgreSQL {VERSION}. It holds invented "
                f"data only: remove it and start again: rm -rf {self.data}"
            )
        if self.pid() is None:  # What a power cut or a killed container leaves behind.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            for socket in self.home.run.glob(f".s.PGSQL.{PORT}*"):
                socket.unlink()

    def command(self) -> list[str]:
        options = OPTIONS | {"unix_socket_directories": str(self.home.run)}
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [str(self.home.programs / "bin" / "postgres"), "-D", str(self.data), *settings]

    def ready(self) -> None:
        """Make the roles and the database if they are not there. Local rights only: who can enter the socket's folder
        is trusted, and that is the account that runs the project."""
        with contextlib.closing(self._connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT rolname FROM pg_roles WHERE rolname IN (%s, %s)", (OWNER, APP))
                roles = {name for (name,) in cursor.fetchall()}
                if OWNER not in roles:
                    cursor.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS")
                if APP not in roles:
                    cursor.execute(f"CREATE ROLE {APP} LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS")
                # The owner drops test databases while connections of the application may still be open.
                cursor.execute(f"GRANT pg_signal_backend TO {OWNER}")
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def stop(self) -> None:
        """Stop at once but in order: open connections are cut, what was committed is kept."""
        for order, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5)):
            pid = self.pid()
            if pid is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, order)
            deadline = time.monotonic() + seconds
            while self.pid() is not None and time.monotonic() < deadline:
                time.sleep(0.02)

    def _connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(user="postgres", dbname="postgres", connect_timeout=5, **self.address())

    def _initialise(self) -> None:
        free = shutil.disk_usage(self.home.data).free // 1_000_000
        if free < ROOM_NEEDED_MB:
            raise ServiceProblem(
                f"The disk of {self.home.data} has {free} MB left; PostgreSQL needs {ROOM_NEEDED_MB} MB. Make room, "
                "or set PAINPLAN_VAR to a folder on another disk."
            )
        new = self.data.with_name("postgres.new")
        self.home.own(new)
        arguments = ["-D", str(new), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin"]
        arguments += ["--builtin-locale=C.UTF-8", "--locale=C", "--no-sync", "--no-instructions"]
        done = subprocess.run(
            [str(self.home.programs / "bin" / "initdb"), *arguments],
            **as_account(self.home),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(new, ignore_errors=True)
            raise ServiceProblem(explain(self.title, done.stderr or done.stdout))
        if self.data.exists():
            self.data.rmdir()
        new.rename(self.data)


def as_account(home: Home) -> dict[str, Any]:
    """The arguments of subprocess that run a program as the service's account, from a folder it may be in."""
    arguments: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if home.account:
        arguments |= {"user": home.account.uid, "group": home.account.gid, "extra_groups": []}
    return arguments


def explain(title: str, output: str) -> str:
    """Turn a server's last words into a sentence with a way out."""
    words = " ".join(line.strip() for line in output.strip().splitlines()[-4:]) or "It said nothing."
    lower = words.lower()
    if "no space left" in lower or "disk full" in lower or "quota" in lower:
        return f"{title} cannot start because the disk is full. Make room and start again. It said: {words}"
    if "permission denied" in lower or "operation not permitted" in lower:
        return (
            f"{title} cannot start because it may not use a file or a folder. Run the command as the user who owns the "
            f"project. It said: {words}"
        )
    return f"{title} cannot start. It said: {words}"


def tail(path: Path, since: int = 0) -> str:
    try:
        with open(path, "rb") as log:
            log.seek(since)
            return log.read()[-4000:].decode(errors="replace")
    except FileNotFoundError:
        return ""
