"""`manage.py demo_patients`: make the demo's invented patients. Running it again changes nothing."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import queries as account_queries
from accounts.tenancy import organisations
from painplan.demo_data.generate import PATIENTS, SEED, stories
from painplan.demo_data.story import Story
from painplan.demo_data.write import tell


class Command(BaseCommand):
    """An organisation whose patients are there already is left alone."""

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
        for name, told in wanted.items():
            began = time.monotonic()
            written = tell(known[name], told, today, now)
            took = (
                f"{written} patients in {time.monotonic() - began:.1f} s" if written else "patients are there already"
            )
            self.stdout.write(f"{name}: {took}")
