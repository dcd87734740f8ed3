"""`manage.py plans verify`: make every signed plan again from its stored facts and release, and compare the bytes."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from accounts.tenancy import organisations, tenant
from treatments import queries
from treatments.releases import NoSuchRelease
from treatments.snapshot import has_changes, recomputed, text_digest


class Command(BaseCommand):
    help = "verify: make every signed plan again from its facts and its release; exits 1 where a byte differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        wrong = 0
        for organisation_id in organisations():
            with tenant(organisation_id):
                for basis in queries.bases(organisation_id):
                    count += 1
                    for problem in problems(basis):
                        wrong += 1
                        self.stderr.write(f"plan {basis.plan_id}: {problem}")
        self.stdout.write(f"{count} signed plans made again, {wrong} differences")
        if wrong:
            sys.exit(1)


def problems(basis: queries.Basis) -> Iterator[str]:
    """What is wrong with a stored plan; nothing when it can be made again byte for byte."""
    if text_digest(basis.proposal) != basis.proposal_digest:
        yield "the stored proposal does not have the stored digest"
    try:
        facts, proposal = recomputed(
            basis.facts, basis.rulebook_digest, basis.rulebook_release, changes=has_changes(basis.proposal)
        )
    except NoSuchRelease as missing:
        yield str(missing)
    except (ValueError, KeyError, TypeError) as unreadable:
        yield f"the stored facts cannot be read: {type(unreadable).__name__}"
    else:
        if facts != basis.facts:
            yield "the facts read back are other than those stored"
        if proposal != basis.proposal:
            yield "the proposal made again is another"
