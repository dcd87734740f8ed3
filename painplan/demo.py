"""The demo: everything on one machine, with invented patients. `make demo` runs this.

It prepares what is not prepared yet, starts the web server, the worker and the scheduler, says where to go, and
watches. When one part ends, or on Ctrl-C, it stops all parts; none is left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType

os.environ["PAINPLAN_DEMO"] = "1"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painplan.settings")

READY_SECONDS = 60.0
STOP_SECONDS = 12.0


class DemoProblem(RuntimeError):
    """The demo cannot go on; the text is a sentence with a way out."""


class Interrupted(Exception):
    """Somebody asked the demo to stop."""


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    make = Make()
    parts: list[Part] = []
    try:
        port = _port()
        os.environ["PAINPLAN_BASE_URL"] = f"http://127.0.0.1:{port}"
        import django

        django.setup()
        from django.conf import settings

        with _only_one(settings.VAR_DIR):
            try:
                _check_port_is_free(port)
                sign_ins = _prepare()
                _serve(port, parts, settings.VAR_DIR / "log")
                _say(f"\npainplan is ready:  http://127.0.0.1:{port}\n")
                if sign_ins:
                    _say(sign_ins)
                _say("All patients are invented. Ctrl-C stops everything.\n")
                _watch(parts, make)
            finally:
                _stop(parts)
    except Interrupted:
        _say("Stopped.")
        return 0
    except DemoProblem as problem:
        print(f"\n{problem}\n", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            print("\nThe disk is full. Make room and start again.\n", file=sys.stderr)
            return 1
        raise
    return 0


# --- Preparing --------------------------------------------------------------------------------------------------------


def _prepare() -> str:
    """Do each step that is not done yet; return the text about the demo's sign-ins."""
    from django.conf import settings
    from django.core.management import get_commands
    from django.db import connection
    from django.db.utils import Error

    from painplan.services import ServiceProblem, ensure_valkey

    known = get_commands()
    project: Path = settings.BASE_DIR
    try:
        with _step("Valkey"):
            ensure_valkey()
        with _step("PostgreSQL and its tables"), connection.cursor() as cursor:
            cursor.execute("SELECT system_identifier FROM pg_control_system()")
            database = str(cursor.fetchone()[0])
    except ServiceProblem as problem:
        raise DemoProblem(str(problem)) from None
    except Error as error:
        raise DemoProblem(str(error).strip()) from None
    finally:
        connection.close()

    def once(title: str, command: str, state: str, *arguments: str) -> None:
        """Run a command unless it ran for this state of its inputs."""
        if command not in known:
            return
        stamp: Path = settings.VAR_DIR / "demo" / command
        if stamp.exists() and stamp.read_text() == state:
            return
        with _step(title):
            _manage(command, *arguments)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(state)

    lock = project / "requirements.txt"
    once("Static files", "collectstatic", _digest([project / "static", lock]), "--no-input", "--verbosity", "0")
    once(
        "Rulebook",
        "load_rulebook",
        database + _digest([project / "knowledge", *_source("treatments", "load_rulebook")]),
    )
    sign_ins = ""
    if "demo_accounts" in known:
        with _step("Accounts"):
            sign_ins = _manage("demo_accounts")
    once("Invented patients", "demo_patients", database + "1")
    return sign_ins


def _source(app: str, command: str) -> list[Path]:
    from django.conf import settings

    return [settings.BASE_DIR / app / "management" / "commands" / f"{command}.py"]


def _digest(places: Iterable[Path]) -> str:
    """A fingerprint of files by name, size and time of change, which is quick and good enough to skip a step."""
    sums = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                state = path.stat()
                sums.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return sums.hexdigest()


def _manage(*arguments: str) -> str:
    from django.conf import settings

    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # A command may have begun processes of its own; the signal below ends them too.
        preexec_fn=_die_with_parent(),
    )
    try:
        output, errors = process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode:
        last = "\n".join(errors.strip().splitlines()[-12:])
        raise DemoProblem(f"`manage.py {' '.join(arguments)}` failed:\n{last}")
    return output


@contextlib.contextmanager
def _step(title: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"  {title:<28}", end="", flush=True)
    try:
        yield
    except BaseException:
        print("not done", flush=True)
        raise
    print(f"{time.monotonic() - began:6.1f} s", flush=True)


def _say(text: str) -> None:
    print(text, flush=True)


# --- Serving ----------------------------------------------------------------------------------------------------------


class Part:
    """One process of the demo with its log."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ | {"PYTHONWARNINGS": "ignore"},
                # A session of its own, so that Ctrl-C reaches this program alone, which then stops the parts in order.
                start_new_session=True,
                preexec_fn=_die_with_parent(),
            )

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").strip().splitlines()[-12:])


def _serve(port: int, parts: list[Part], logs: Path) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    web = ["gunicorn", "painplan.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
    worker = ["celery", "-A", "painplan.celery", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    with _step("Web server, worker, scheduler"):
        parts.append(Part("web server", [*web, "--graceful-timeout", "5", "--no-control-socket"], logs / "web.log"))
        parts.append(Part("worker", [*worker, "--without-gossip", "--without-mingle"], logs / "worker.log"))
        parts.append(Part("scheduler", ["celery", "-A", "painplan.celery", "beat"], logs / "beat.log"))
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(port):
            _check_alive(parts)
            if time.monotonic() > deadline:
                raise DemoProblem(
                    f"The web server was not ready within {READY_SECONDS:.0f} s:\n{parts[0].last_words()}"
                )
            time.sleep(0.1)


def _is_ready(port: int) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", "/readyz")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _watch(parts: list[Part], make: Make) -> None:
    while not make.wants_to_stop():
        _check_alive(parts)
        time.sleep(0.5)
    raise Interrupted


class Make:
    """The make that started this program, if make did.

    In a terminal Ctrl-C reaches this program. A signal sent to make alone does not: make drops its handler of that
    signal and waits for us; or it was killed. So we look whether it still has its handlers (Linux shows them) and
    still lives.
    """

    def __init__(self) -> None:
        self.pid = os.getppid()
        self.is_make = _status(self.pid).get("Name") in {"make", "gmake"}
        self.handlers = self._handlers()

    def wants_to_stop(self) -> bool:
        return self.is_make and (os.getppid() != self.pid or self._handlers() != self.handlers)

    def _handlers(self) -> list[bool]:
        caught = int(_status(self.pid).get("SigCgt", "0"), 16)
        return [bool(caught >> (number - 1) & 1) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)]


def _status(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _check_alive(parts: list[Part]) -> None:
    for part in parts:
        if part.process.poll() is not None:
            raise DemoProblem(f"The {part.name} ended by itself. Its last words ({part.log}):\n{part.last_words()}")


def _stop(parts: list[Part]) -> None:
    """Stop every part and the services; a second Ctrl-C does not interrupt this."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for part in parts:
        with contextlib.suppress(ProcessLookupError):
            part.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for part in parts:
        with contextlib.suppress(subprocess.TimeoutExpired):
            part.process.wait(max(0.1, deadline - time.monotonic()))
        part.signal(signal.SIGKILL)  # Whoever of its group is left.
        part.process.wait()
    from painplan import services

    with contextlib.suppress(services.ServiceProblem, OSError):
        services.stop()


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux a part also ends when this program is killed and cannot stop it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(1, signal.SIGTERM)


# --- What may be in the way -------------------------------------------------------------------------------------------


def _port() -> int:
    value = os.environ.get("PORT", "") or "8000"
    if not value.isdigit() or not 1 <= int(value) <= 65535:
        raise DemoProblem(f"PORT must be a number from 1 to 65535, not {value!r}. For example: make demo PORT=8001")
    return int(value)


def _check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise DemoProblem(f"Port {port} is for root alone. Choose another one: make demo PORT=8001") from None
        except OSError:
            other = port + 1 if port < 65535 else 8001
            raise DemoProblem(
                f"Port {port} is taken by another program. Choose another one: make demo PORT={other}"
            ) from None


@contextlib.contextmanager
def _only_one(var: Path) -> Iterator[None]:
    folder = var / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "demo", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read().strip() or "another terminal"
            raise DemoProblem(
                f"A demo from this folder runs already: {where}. Stop it there with Ctrl-C first."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.environ['PAINPLAN_BASE_URL']} (process {os.getpid()})")
        lock.flush()
        yield


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted


if __name__ == "__main__":
    sys.exit(main())
