"""`manage.py check_cases PATH…`: runs every case that says what it expects. Needs no database."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from treatments.case_files import case_files, rulebook_of
from treatments.expectations import failures
from treatments.facts import facts_from_case
from treatments.proposal import propose


class Command(BaseCommand):
    """One line per failed expectation, `N passed, N failed` last; exit status 1 when any case failed."""

    help = "Run the case library (or other cases with `expect`) against the rulebook."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="files and folders of cases")
        parser.add_argument("--rulebook", help="a bundle to use instead of the published release")

    def handle(self, *args: Any, paths: list[str], rulebook: str | None, **options: Any) -> None:
        release = rulebook_of(rulebook)
        passed = failed = 0
        for path in paths:
            for file in case_files(path).files:
                if file.case is None:
                    found = [f"{problem.path}: {problem.problem}" for problem in file.problems]
                elif file.case.expect is None:
                    continue
                else:
                    facts = facts_from_case(file.case)
                    found = failures(file.case.expect, propose(facts, release), facts, release)
                for text in found:
                    self.stdout.write(f"{file.name}: {text}")
                passed += not found
                failed += bool(found)
        self.stdout.write(f"{passed} passed, {failed} failed")
        if failed:
            sys.exit(1)
