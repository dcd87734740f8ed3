"""`manage.py measure`: walk through an assessment and a plan in a browser, count and time them; into `var/measure.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from painplan import rehearsal
from painplan.benchmarks import assessment, planning
from painplan.benchmarks.measure import Figure, line, write

PATIENTS = 30


class Command(BaseCommand):
    """Runs twice: the first process gives the second a demo of its own and cleans up after it."""

    help = "Measure an assessment and a plan by keyboard and mouse; the figures are written to var/measure.json."

    def handle(self, *args: Any, **options: Any) -> None:
        if not rehearsal.is_furnished_for("measure"):
            rehearsal.run_apart("measure")
            return
        rehearsal.furnish(PATIENTS)
        found: list[Figure] = []
        with rehearsal.server() as address, rehearsal.browser() as browser:
            session = rehearsal.session(browser, address)
            # The plan first: the walk through the assessment leaves another one behind.
            for walk in (planning.figures, assessment.figures):
                for item in walk(browser, address, session):
                    found.append(item)
                    self.stdout.write(line(item))
        target = Path(settings.BASE_DIR) / "var" / "measure.json"
        write(found, target)
        self.stdout.write(f"Written to {target.relative_to(settings.BASE_DIR)}.")
