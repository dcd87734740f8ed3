"""`manage.py demo_patients`: make the demo's invented patients. Running it again changes nothing."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from accounts import queries as account_queries
from accounts.tenancy import organisations
from painplan.demo_data.generate import PATIENTS, SEED, stories
from painplan.demo_data.story import Story
from painplan.demo_data.write import tell

# Patients do not touch each other, so two processors halve the time.
PROCESSES = 2
NOTHING_WRITTEN = 3
Part: TypeAlias = list[tuple[UUID, list[Story]]]


class Command(BaseCommand):
    """What is there already is left alone."""

    help = "Make about two hundred invented patients with their histories. Only in the demo; after demo_accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=int, default=PATIENTS, help=f"how many, {PATIENTS} unless given")
        parser.add_argument("--seed", type=int, default=SEED, help="another seed gives other people")

    def handle(self, *args: Any, patients: int, seed: int, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("demo_patients invents people. It runs only in the demo (PAINPLAN_DEMO=1).")
        known = {account_queries.organisation(key).name: key for key in organisations()}
        now = datetime.now(UTC)
        wanted: dict[str, list[Story]] = defaultdict(list)
        today = now.astimezone(ZoneInfo("Europe/London")).date()
        for story in stories(today, seed, patients):
            wanted[story.organisation].append(story)
        if missing := sorted(set(wanted) - set(known)):
            raise CommandError(f"There is no organisation {missing[0]!r} yet. Run first: manage.py demo_accounts")
        began = time.monotonic()
        parts = [
            [(known[name], told[part::PROCESSES]) for name, told in wanted.items() if told[part::PROCESSES]]
            for part in range(PROCESSES)
        ]
        written = _in_two_processes(parts, today, now)
        took = f"written in {time.monotonic() - began:.1f} s" if written else "there already"
        self.stdout.write(f"{sum(map(len, wanted.values()))} invented patients: {took}")


def _in_two_processes(parts: list[Part], today: date, now: datetime) -> bool:
    """Write each part in a process of its own; whether anything was written. A part that is there is left alone.

    The parts share no patient and each is one transaction per organisation, so neither waits for the other.
    """
    connection.close()  # A connection cannot be shared.
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            connection.close()  # Nor one that belongs to an event loop of the process from which this is a copy.
            status = 0 if _write(parts[1], today, now) else NOTHING_WRITTEN
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    written = False
    try:
        written = _write(parts[0], today, now)
    finally:
        _pid, ended = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(ended)
    if status not in (0, NOTHING_WRITTEN):
        raise CommandError("Half of the patients were not written; the reason stands above. Run it again.")
    return written or status == 0


def _write(part: Part, today: date, now: datetime) -> bool:
    counts = [tell(organisation_id, told, today, now) for organisation_id, told in part]
    return any(counts)
