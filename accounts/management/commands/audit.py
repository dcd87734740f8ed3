"""`audit verify` walks every organisation's chain; `audit partitions` makes the tables of the coming months."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from accounts import audit, queries
from accounts.tenancy import organisations, tenant


class Command(BaseCommand):
    help = "Prove the audit trail whole (verify; exit 1 when it is not), or make its monthly tables (partitions)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True)
        actions.add_parser("verify", help="walk every organisation's chain from its first row to its end")
        partitions = actions.add_parser("partitions", help="make the tables of this and the coming months")
        partitions.add_argument("--months", type=int, default=24, help="how many months ahead (default 24)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "partitions":
            self._partitions(options["months"])
        elif not self._verify():
            sys.exit(1)

    def _verify(self) -> bool:
        whole = True
        for organisation_id in organisations():
            name = queries.organisation(organisation_id).name
            with tenant(organisation_id):
                found = audit.verify(organisation_id)
            if found.broken is None:
                self.stdout.write(f"{name}: {found.rows} rows, whole")
                continue
            whole = False
            place = f"row {found.broken.sequence}" if found.broken.sequence else "the trail"
            self.stderr.write(f"{name}: broken at {place}: {found.broken.problem}")
        return whole

    def _partitions(self, months: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_make_partitions(%s)", [months])
            (made,) = cursor.fetchone()
        self.stdout.write(f"{made} partitions made")
