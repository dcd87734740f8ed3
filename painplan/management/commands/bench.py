"""`manage.py bench`: measure, print a line per figure, write them all to `var/bench.json`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from painplan.benchmarks import live_check, pages, proposals, reminders
from painplan.benchmarks.measure import Figure, line, write

PARTS: MappingProxyType[str, Callable[[], Iterator[Figure]]] = MappingProxyType(
    {
        "proposals": proposals.figures,
        "live_check": live_check.figures,
        "pages": pages.figures,
        "reminders": reminders.figures,
    }
)


class Command(BaseCommand):
    """Each part measures itself beside its baseline in the same run."""

    help = "Measure painplan; the figures are printed and written to var/bench.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=sorted(PARTS), help="measure one part")

    def handle(self, *args: Any, only: str | None, **options: Any) -> None:
        found: list[Figure] = []
        for name, part in PARTS.items():
            if only in (None, name):
                for item in part():
                    found.append(item)
                    self.stdout.write(line(item))
        target = Path(settings.BASE_DIR) / "var" / "bench.json"
        write(found, target)
        self.stdout.write(f"Written to {target.relative_to(settings.BASE_DIR)}.")
