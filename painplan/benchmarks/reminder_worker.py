"""One worker of the reminder benchmark: `python -m painplan.benchmarks.reminder_worker ORGANISATION FOLDER`.

Says that it is ready, waits for a line, sends until nothing is due, and prints when it began and when it ended.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class _Receipt:
    reference: str


@dataclass(slots=True)
class _Folder:
    """An outlet that keeps each message as a file named by its key."""

    place: Path
    can_be_asked = True

    def send(self, message: Any, key: str) -> _Receipt:
        """Write the message; FileExistsError when a message with this key was sent before."""
        with open(self.place / f"{key}.txt", "x", encoding="utf-8") as file:
            file.write(f"To: {message.recipient}\nSubject: {message.subject}\n\n{message.body}")
        return _Receipt(key)

    def find(self, organisation_id: UUID, key: str) -> _Receipt | None:
        """The receipt of a message that was written."""
        return _Receipt(key) if (self.place / f"{key}.txt").exists() else None

    def close(self) -> None:
        """Nothing is open between two messages."""


def moment() -> datetime:
    """Noon of the last Tuesday: never a quiet hour, whenever this runs."""
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return now - timedelta(days=(now.weekday() - 1) % 7)


def main(organisation_id: UUID, place: Path) -> None:
    """Work until nothing is due."""
    import django

    django.setup()
    from accounts.audit import Actor
    from followup import services

    outlet: Any = _Folder(place)
    actor, now = Actor.for_job("send-reminders", organisation_id), moment()
    services.free_expired_leases(actor=actor, outlet=outlet, now=now)  # Opens the connection.
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.time()
    while claims := services.claim_due(actor=actor, now=now):
        services.deliver(actor=actor, claims=claims, outlet=outlet, now=now)
    sys.stdout.write(f"{began} {time.time()}\n")


if __name__ == "__main__":
    main(UUID(sys.argv[1]), Path(sys.argv[2]))
