"""`manage.py replay_plans`: make every signed plan again from its stored facts and release, and compare the bytes."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts import queries as account_queries
from accounts.tenancy import organisations, tenant
from treatments import queries
from treatments.replay import differences


class Command(BaseCommand):
    """One line for each difference, `N equal, N different` last; exit status 1 when any plan is different.

    Plans are read a few at a time, whatever their number, and nothing is written.
    """

    help = "Make every plan that was ever signed again and compare facts, proposal and digest byte by byte."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", metavar="NAME|ID", help="this organisation only")
        parser.add_argument("--limit", type=int, metavar="N", help="at most N plans of each organisation, newest first")

    def handle(self, *args: Any, organisation: str | None, limit: int | None, **options: Any) -> None:
        if limit is not None and limit < 1:
            raise CommandError("--limit is a number from 1.")
        equal = different = 0
        for organisation_id in _chosen(organisation):
            with tenant(organisation_id):
                for basis in queries.bases(organisation_id, limit):
                    found = list(differences(basis))
                    for text in found:
                        self.stdout.write(f"plan {basis.plan_id}: {text}")
                    equal += not found
                    different += bool(found)
        self.stdout.write(f"{equal} equal, {different} different")
        if different:
            sys.exit(1)


def _chosen(name: str | None) -> list[UUID]:
    every = organisations()
    if name is None:
        return every
    chosen = [key for key in every if name in (str(key), account_queries.organisation(key).name)]
    if not chosen:
        raise CommandError(f"There is no organisation {name!r}.")
    return chosen
