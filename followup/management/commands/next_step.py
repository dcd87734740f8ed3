"""`manage.py next_step --case FILE|DIR|-`: what to do after a follow-up contact, as JSON. Needs no database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from followup import content
from followup.case_file import CaseInvalid, CaseProblem, read_case
from followup.next_step import next_step

_ENDINGS = (".yaml", ".yml", ".json")


class Command(BaseCommand):
    help = "Say what to do after a follow-up contact. Bad input: exit status 2 and a JSON list of problems."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--case", required=True, help="a file, a folder of files, or - for standard input")

    def handle(self, *args: Any, case: str, **options: Any) -> None:
        if case != "-" and Path(case).is_dir():
            for path in sorted(file for file in Path(case).iterdir() if file.suffix in _ENDINGS):
                self._write(_line(path))
            return
        try:
            self._write(_answer(_read(case)))
        except CaseInvalid as error:
            self.stderr.write(json.dumps([found.as_json() for found in error.problems], ensure_ascii=False))
            sys.exit(2)

    def _write(self, data: Any) -> None:
        self.stdout.write(json.dumps(data, ensure_ascii=False))


def _line(path: Path) -> dict[str, Any]:
    """The answer to one file of a folder; a wrong case gives its name and its problems, and the others go on."""
    try:
        return _answer(_read(str(path)))
    except CaseInvalid as error:
        return {"case": path.stem, "errors": [found.as_json() for found in error.problems]}


def _answer(text: str) -> dict[str, Any]:
    return next_step(read_case(text, content.schema()), content.decision_table())


def _read(name: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise CaseInvalid([CaseProblem("", f"cannot read {name}: {error.strerror}", "a file, a folder or -")]) from None
    except UnicodeDecodeError:
        raise CaseInvalid([CaseProblem("", "the text is not UTF-8", "UTF-8 text")]) from None
