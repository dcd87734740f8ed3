"""`manage.py propose_plan --case FILE|DIR|-`: the proposal for a case, as JSON. Needs no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from treatments.case_files import CaseFile, case_files, exit_with_problems, rulebook_of
from treatments.case_text import Problem
from treatments.facts import facts_from_case
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal import propose, with_changes
from treatments.proposal.altered import CannotChange, Misfit, altered
from treatments.rulebook import Rulebook


class Command(BaseCommand):
    """Writes one JSON object for a file; one a line for the files of a folder, going on after a wrong one."""

    help = "Propose a plan for a case. Bad input: exit status 2 and a JSON list of problems on standard error."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--case", required=True, help="a file, a folder of files, or - for standard input")
        parser.add_argument("--rulebook", help="a bundle to use instead of the published release")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FACT=VALUE",
            help="state a fact otherwise, as in `changes`: the value is JSON, or a word; several are made together",
        )

    def handle(self, *args: Any, case: str, rulebook: str | None, **options: Any) -> None:
        found = case_files(case)
        release = rulebook_of(rulebook)
        changes = _changes(options.get("set", ()))
        for line in self._lines(found.files, release, changes, alone=not found.is_folder):
            self.stdout.write(line)

    def _lines(
        self, files: tuple[CaseFile, ...], release: Rulebook, changes: dict[str, Json], *, alone: bool
    ) -> Iterator[str]:
        for file in files:
            if file.case is not None:
                facts = _with(facts_from_case(file.case), changes, release)
                yield with_changes(propose(facts, release), facts, release).canonical_text()
            elif alone:
                exit_with_problems(file.problems)
            else:
                problems = [problem.to_json() for problem in file.problems]
                yield json.dumps({"case": file.name, "errors": problems}, ensure_ascii=False)


def _changes(texts: Iterable[str]) -> dict[str, Json]:
    """The changes of the command line; ends with the problem where one has no value."""
    found: dict[str, Json] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            exit_with_problems([_problem(Misfit(name, "has no value"))])
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def _with(facts: PatientFacts, changes: dict[str, Json], release: Rulebook) -> PatientFacts:
    try:
        return altered(facts, changes, release) if changes else facts
    except CannotChange as cannot:
        exit_with_problems([_problem(misfit) for misfit in cannot.problems])


def _problem(misfit: Misfit) -> Problem:
    return Problem(("set", misfit.fact), misfit.problem, "a fact of the vocabulary and a value of it")
