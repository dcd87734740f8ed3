"""PostgreSQL and Valkey for a machine that has neither: from their wheels, under var/, shared by all commands.

    ensure_database()   start PostgreSQL if DATABASE_URL is not set and it does not run; where to connect
    ensure_valkey()     the same for Valkey; its address

Both are called where a connection is opened, so a command that needs no server starts none.
"""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

from painplan.services.problem import ServiceProblem

if TYPE_CHECKING:  # Imported late, to keep commands quick that need no server.
    from painplan.services.home import Home
    from painplan.services.postgres import Postgres
    from painplan.services.valkey import Valkey

__all__ = ["ServiceProblem", "ensure_database", "ensure_valkey", "kill", "remove", "running", "stop", "valkey_address"]


def ensure_database() -> dict[str, str]:
    """Return psycopg2's `host` and `port` of the embedded PostgreSQL, started if need be. Raises ServiceProblem."""
    from painplan.services.sharing import acquire

    service = _postgres()
    acquire(service)
    return service.address()


def ensure_valkey() -> str:
    """Return the address (unix://…) of the embedded Valkey, started if need be. Raises ServiceProblem."""
    from painplan.services.sharing import acquire

    acquire(_valkey())
    return valkey_address()


def valkey_address() -> str:
    """The address of the embedded Valkey, whether it runs or not."""
    return _valkey().address()


def remove() -> list[str]:
    """Stop the services and remove what they keep outside var/; return the folders that were removed."""
    for title in running():
        kill(title)
    outside = [place for place in {_home().data, _home().run} if not place.is_relative_to(_home().var)]
    for place in outside:
        shutil.rmtree(place, ignore_errors=True)
    return [str(place) for place in outside]


def stop() -> None:
    """Give up both services now and stop them unless another process uses them."""
    from painplan.services.sharing import release

    for service in (_valkey(), _postgres()):
        release(service)


def running() -> dict[str, int | None]:
    """The process id of each service by its title; None if it does not run."""
    return {service.title: service.pid() for service in (_valkey(), _postgres())}


def kill(title: str) -> None:
    """Stop a service whoever uses it."""
    next(service for service in (_valkey(), _postgres()) if service.title == title).stop()


@cache
def _postgres() -> Postgres:
    from painplan.services.postgres import Postgres

    return Postgres(_home())


@cache
def _valkey() -> Valkey:
    from painplan.services.valkey import Valkey

    return Valkey(_home())


@cache
def _home() -> Home:
    from django.conf import settings

    from painplan.services.home import home

    return home(settings.VAR_DIR)
