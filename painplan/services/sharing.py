"""Start a service for the first process that needs it, share it, and stop it after the last one.

Three locks of the operating system, which vanish with the process that holds them, however it ends:

- `NAME.mutex`: whoever starts or stops the service holds it.
- `NAME.users`: every process that uses the service holds it shared.
- `NAME.keeper`: the keeper holds it. The keeper is a small process that watches the users' lock; when nobody has held
  it for LINGER seconds it stops the service and ends. So no server is left behind even if all its users are killed.

    python -m painplan.services.sharing postgres /path/to/var      # the keeper of one service
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from painplan.services.home import PROJECT, Home, home
from painplan.services.postgres import Postgres, as_account, explain, tail
from painplan.services.problem import ServiceProblem
from painplan.services.valkey import Valkey

LINGER_SECONDS = 3.0
START_SECONDS = 60.0
WAIT_FOR_OTHERS_SECONDS = 120.0
POLL_SECONDS = 0.25
TAKE_OVER_SECONDS = 5.0


class Service(Protocol):
    name: str
    title: str
    log_name: str
    home: Home

    def answers(self) -> bool: ...
    def pid(self) -> int | None: ...
    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...
    def ready(self) -> None: ...
    def stop(self) -> None: ...


SERVICES: dict[str, type[Postgres] | type[Valkey]] = {"postgres": Postgres, "valkey": Valkey}

# What this process uses: service and folder to (process id, open users' lock). A forked child takes its own.
_held: dict[tuple[str, Path], tuple[int, IO[bytes]]] = {}


def acquire(service: Service) -> None:
    """Return when the service answers; it then runs at least as long as this process. Raises ServiceProblem."""
    key = (service.name, service.home.var)
    if key in _held and _held[key][0] == os.getpid():
        return
    try:
        service.home.make()
        with _mutex(service):
            if not service.answers():
                _start(service)
            elif _is_free(service, "keeper"):  # Somebody killed the keeper; the server needs a new one.
                _start_keeper(service)
            users = _open(service, "users")
            fcntl.flock(users, fcntl.LOCK_SH)
            _held[key] = (os.getpid(), users)
    except PermissionError as error:
        raise ServiceProblem(
            f"{error.filename or service.home.var} may not be used by this user. The embedded {service.title} was "
            f"started by another user (root, perhaps). Run the command as that user, or remove the folder as root: "
            f"rm -rf {service.home.var}"
        ) from None
    except OSError as error:
        if error.errno == 28:
            raise ServiceProblem(f"The disk of {service.home.var} is full. Make room and start again.") from None
        raise


def release(service: Service) -> None:
    """Give the service up now, and stop it unless another process uses it."""
    held = _held.pop((service.name, service.home.var), None)
    if held:
        held[1].close()
    with contextlib.suppress(FileNotFoundError), _mutex(service):
        if _is_free(service, "users"):
            service.stop()
            deadline = time.monotonic() + 5
            while not _is_free(service, "keeper") and time.monotonic() < deadline:  # It has nothing to keep now.
                time.sleep(0.02)


def _start(service: Service) -> None:
    attempts_left = 4
    while True:
        try:
            _start_once(service)
            return
        except ServiceProblem as problem:
            attempts_left -= 1
            # Children of a killed PostgreSQL take a moment to see that they are alone.
            if "still in use" not in str(problem) or not attempts_left:
                raise
        time.sleep(1)


def _start_once(service: Service) -> None:
    service.prepare()
    log = service.home.var / "log" / service.log_name
    size = log.stat().st_size if log.exists() else 0
    keeper = _start_keeper(service)
    deadline = time.monotonic() + START_SECONDS
    while not service.answers():
        if keeper.poll() is not None:
            raise ServiceProblem(explain(service.title, tail(log, size)))
        if time.monotonic() > deadline:
            keeper.terminate()
            raise ServiceProblem(
                f"{service.title} did not answer within {START_SECONDS:.0f} seconds. Its words are in {log}."
            )
        time.sleep(0.02)
    service.ready()


def _start_keeper(service: Service) -> subprocess.Popen[bytes]:
    log = service.home.var / "log" / service.log_name
    with open(log, "ab") as output:
        # A session of its own: Ctrl-C in the terminal stops the users first, and then the keeper stops the server.
        return subprocess.Popen(
            [sys.executable, "-m", "painplan.services.sharing", service.name, str(service.home.var)],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def keep(service: Service) -> int:
    """The keeper: run the server (or adopt a running one) until nobody uses it."""
    lock = _open(service, "keeper")
    deadline = time.monotonic() + TAKE_OVER_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            # The keeper of a server that was killed, which has not noticed yet; or one that does its work.
            if time.monotonic() > deadline:
                return 0
            time.sleep(0.02)
    server: subprocess.Popen[bytes] | None = None
    if service.pid() is None:
        server = subprocess.Popen(service.command(), stdin=subprocess.DEVNULL, **as_account(service.home))
    stopping: list[int] = []
    for order in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(order, lambda number, frame: stopping.append(number))
    unused_since: float | None = None
    while not stopping:
        if server.poll() is not None if server else service.pid() is None:
            return server.returncode or 0 if server else 0
        now = time.monotonic()
        if not _is_free(service, "users") or not _is_free(service, "mutex"):
            unused_since = None
        elif unused_since is None:
            unused_since = now
        elif now - unused_since >= LINGER_SECONDS and _stop_if_unused(service):
            break
        time.sleep(POLL_SECONDS)
    if stopping:
        service.stop()
    if server:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(30)
    return 0


def _stop_if_unused(service: Service) -> bool:
    mutex = _open(service, "mutex")
    try:
        fcntl.flock(mutex, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_free(service, "users"):
            return False
        service.stop()
        return True
    except BlockingIOError:
        return False
    finally:
        mutex.close()


def _open(service: Service, kind: str) -> IO[bytes]:
    folder = service.home.var / "locks"
    folder.mkdir(exist_ok=True)
    return open(folder / f"{service.name}.{kind}", "ab")


def _is_free(service: Service, kind: str) -> bool:
    with _open(service, kind) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextlib.contextmanager
def _mutex(service: Service) -> Iterator[None]:
    with _open(service, "mutex") as lock:
        deadline = time.monotonic() + WAIT_FOR_OTHERS_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ServiceProblem(
                        f"Another process has been starting or stopping {service.title} for "
                        f"{WAIT_FOR_OTHERS_SECONDS:.0f} seconds. Look for it with: fuser {lock.name}"
                    ) from None
                time.sleep(0.02)
        yield


if __name__ == "__main__":
    name, folder = sys.argv[1:]
    sys.exit(keep(SERVICES[name](home(Path(folder)))))
