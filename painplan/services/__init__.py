"""PostgreSQL and Valkey for a machine that has neither: from their wheels, under var/, shared by all commands.

    ensure_database()   start PostgreSQL if DATABASE_URL is not set and it does not run; where to connect
    ensure_valkey()     the same for Valkey; its address

Both are called where a connection is opened, so a command that needs no server starts none.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from painplan.services.problem import ServiceProblem

__all__ = ["ServiceProblem", "ensure_database", "ensure_valkey", "stop", "valkey_address"]


def ensure_database() -> dict[str, str]:
    """Return psycopg2's `host` and `port` of the embedded PostgreSQL, started if need be. Raises ServiceProblem."""
    from painplan.services.sharing import acquire

    service = _service("postgres")
    acquire(service)
    return service.address()  # type: ignore[return-value]  # Postgres


def ensure_valkey() -> str:
    """Return the address (unix://…) of the embedded Valkey, started if need be. Raises ServiceProblem."""
    from painplan.services.sharing import acquire

    acquire(_service("valkey"))
    return valkey_address()


def valkey_address() -> str:
    """The address of the embedded Valkey, whether it runs or not."""
    return _service("valkey").address()  # type: ignore[return-value]  # Valkey


def stop() -> None:
    """Give up both services now and stop them unless another process uses them."""
    from painplan.services.sharing import release

    for name in ("valkey", "postgres"):
        release(_service(name))


def _service(name: str):  # type: ignore[no-untyped-def]  # Postgres | Valkey, imported late to keep start-up quick
    from django.conf import settings

    return _services(settings.VAR_DIR)[name]


@cache
def _services(var: Path):  # type: ignore[no-untyped-def]
    from painplan.services.home import home
    from painplan.services.sharing import SERVICES

    place = home(var)
    return {name: kind(place) for name, kind in SERVICES.items()}
