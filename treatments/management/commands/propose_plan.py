"""`manage.py propose_plan --case FILE|DIR|-`: the proposal for a case, as JSON. Needs no database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from treatments.case_files import CaseFile, case_files, exit_with_problems, rulebook_of
from treatments.facts import facts_from_case
from treatments.proposal import propose
from treatments.rulebook import Rulebook


class Command(BaseCommand):
    """Writes one JSON object for a file; one a line for the files of a folder, going on after a wrong one."""

    help = "Propose a plan for a case. Bad input: exit status 2 and a JSON list of problems on standard error."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--case", required=True, help="a file, a folder of files, or - for standard input")
        parser.add_argument("--rulebook", help="a bundle to use instead of the published release")

    def handle(self, *args: Any, case: str, rulebook: str | None, **options: Any) -> None:
        found = case_files(case)
        release = rulebook_of(rulebook)
        for line in self._lines(found.files, release, alone=not found.is_folder):
            self.stdout.write(line)

    def _lines(self, files: tuple[CaseFile, ...], release: Rulebook, *, alone: bool) -> Iterator[str]:
        for file in files:
            if file.case is not None:
                yield propose(facts_from_case(file.case), release).canonical_text()
            elif alone:
                exit_with_problems(file.problems)
            else:
                problems = [problem.to_json() for problem in file.problems]
                yield json.dumps({"case": file.name, "errors": problems}, ensure_ascii=False)
