"""`manage.py rulebook …`: the rulebook as a file that can be written out, checked and compared."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from treatments import bundle, content_checks, releases
from treatments.case_files import case_files
from treatments.content import KNOWLEDGE, SHIPPED, ContentInvalid, Files, Problem, read_folder
from treatments.differences import differences
from treatments.expectations import failures
from treatments.facts import facts_from_case
from treatments.proposal import propose
from treatments.rulebook import Rulebook

LATER = 3
CASES = KNOWLEDGE / "cases" / "valid"
_NEEDS_EDITOR = "rulebook {name} comes with the rule editor and is not there yet."


class Command(BaseCommand):
    help = "Write out, check and compare the rulebook as one file."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        export = commands.add_parser("export", help="write the rulebook in force as a bundle to standard output")
        export.add_argument("--release", type=int, metavar="N", help="an earlier release instead")
        check = commands.add_parser("check", help="list every problem of a bundle; exit 1 when there is one")
        check.add_argument("bundle", help="a bundle file, or - for standard input")
        diff = commands.add_parser("diff", help="say what changed from A to B")
        for name in ("a", "b"):
            diff.add_argument(name, metavar=name.upper(), help="a bundle file, a release number, or 'shipped'")
        diff.add_argument("--json", action="store_true", help="as a list of changes for programs")
        for name, what in (("prove", "prove safety properties"), ("impact", "say whom publishing it would affect")):
            later = commands.add_parser(name, help=f"{what}; comes with the rule editor")
            later.add_argument("bundle")
            later.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["command"]:
            case "export":
                self._export(options["release"])
            case "check":
                self._check(options["bundle"])
            case "diff":
                self._diff(options["a"], options["b"], options["json"])
            case name:
                raise CommandError(_NEEDS_EDITOR.format(name=name), returncode=LATER)

    def _export(self, number: int | None) -> None:
        try:
            name, files = releases.content_of(number)
        except releases.NoSuchRelease as error:
            raise CommandError(f"{error}.") from None
        except DatabaseError as error:
            raise CommandError(f"The releases cannot be read: {error}") from None
        self.stdout.write(bundle.dump(files, name), ending="")

    def _check(self, name: str) -> None:
        try:
            found = self._bundle(name)
            problems = content_checks.problems(found.files) or list(_case_problems(found.rulebook()))
        except ContentInvalid as error:
            found, problems = None, list(error.problems)
        for problem in problems:
            self.stdout.write(str(problem))
        if problems:
            self.stdout.write(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}.")
            sys.exit(1)
        assert found is not None
        if found.is_edited:
            self.stderr.write(f"Edited since it was exported: the digest is now {found.digest}.")
        self.stdout.write(f"No problems. {found.digest}")

    def _diff(self, a: str, b: str, as_json: bool) -> None:
        changes = differences(self._files(a), self._files(b))
        if as_json:
            self.stdout.write(json.dumps([change.as_json() for change in changes], ensure_ascii=False, indent=1))
            return
        for change in changes:
            self.stdout.write(change.sentence)
        count = len(changes)
        self.stdout.write(f"{count} change{'s' if count > 1 else ''}." if changes else "No changes.")

    def _files(self, name: str) -> Files:
        try:
            if name == SHIPPED:
                return read_folder()
            if name.isdecimal() and not Path(name).exists():
                return releases.content_of(int(name))[1]
            return self._bundle(name).files
        except ContentInvalid as error:
            raise CommandError(f"{name}: {error}") from None
        except releases.NoSuchRelease as error:
            raise CommandError(f"{error}.") from None

    def _bundle(self, name: str) -> bundle.Bundle:
        if name == "-":
            return bundle.read(sys.stdin.read())
        try:
            return bundle.read_file(Path(name))
        except OSError as error:
            raise CommandError(f"{name} cannot be opened: {error.strerror}.") from None


def _case_problems(rulebook: Rulebook) -> Iterator[Problem]:
    """What the rulebook proposes for the shipped case library and should not, one problem an expectation."""
    for file in case_files(str(CASES)).files:
        if file.case is not None and file.case.expect is not None:
            facts = facts_from_case(file.case)
            for text in failures(file.case.expect, propose(facts, rulebook), facts, rulebook):
                yield Problem(f"case {file.name}", text)
