"""The catalogues of the patient pages: compile what translators write, and say what has no translation.

python -m tools.messages      writes each django.mo beside its django.po; ends with 1 and the texts that are missing

The compiled catalogues are kept with the sources, so that running the project needs no tool of gettext;
tests/painplan/test_messages.py fails when one is out of date or a text of the patient pages lacks a translation.
"""

from __future__ import annotations

import ast
import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
# What a patient may see behind a link of the questions before a visit, and the message with the link.
TEMPLATES = (
    "patient_base.html",
    "assessments/_body_figure.html",
    "followup/_link_base.html",
    "followup/_report_base.html",
    "followup/_report_map.html",
    "followup/invitation.txt",
    "followup/link_closed.html",
    "followup/link_stop.html",
    "followup/report_advice.html",
    "followup/report_end.html",
    "followup/report_question.html",
    "followup/report_start.html",
    "followup/report_thanks.html",
)
# Modules whose texts stand on those pages; after the colon one class of a larger module.
MODULES = (
    "followup/report_pages.py",
    "followup/services/sending.py",
    "assessments/figure_view.py",
    "followup/forms.py:BirthDateForm",
)

_LITERAL = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_CALL = re.compile(rf"\b(?:n?gettext|_)\({_LITERAL}(?:, {_LITERAL},)?")

# A text, or the singular and the plural of one.
Message = tuple[str, ...]
Catalogue = Mapping[Message, tuple[str, ...]]


def used() -> set[Message]:
    """Every text of the patient pages. Needs Django to be set up."""
    return {message for name in TEMPLATES for message in _of_template(name)} | {
        message for name in MODULES for message in _of_module(name)
    }


def _of_template(name: str) -> Iterator[Message]:
    from django.utils.translation.template import templatize

    source = templatize((ROOT / "templates" / name).read_text(encoding="utf-8"), origin=name)
    for match in _CALL.finditer(source):
        yield tuple(ast.literal_eval(text) for text in match.groups() if text)


def _of_module(name: str) -> Iterator[Message]:
    path, _, wanted = name.partition(":")
    tree: ast.AST = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    if wanted:
        tree = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == wanted)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "gettext", "gettext_lazy"):
            text = node.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield (text.value,)


def read_po(path: Path) -> dict[Message, tuple[str, ...]]:
    """The entries of a catalogue, the header under the empty text. Raises ValueError for a line that it cannot read."""
    entries: dict[Message, tuple[str, ...]] = {}
    fields: dict[str, str] = {}
    field = ""

    def keep() -> None:
        if not fields:
            return
        message = tuple(fields[name] for name in ("msgid", "msgid_plural") if name in fields)
        if message in entries:
            raise ValueError(f"{path.name}: “{message[0]}” stands there twice")
        entries[message] = tuple(text for name, text in fields.items() if name.startswith("msgstr"))
        fields.clear()

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r'(?:(msgid|msgid_plural|msgstr(?:\[\d\])?) )?("(?:[^"\\]|\\.)*")', line)
        if match is None:
            raise ValueError(f"{path.name}, line {number}: {line}")
        if match[1] == "msgid":
            keep()
        field = match[1] or field
        fields[field] = fields.get(field, "") + ast.literal_eval(match[2])
    keep()
    return entries


def compiled(entries: Catalogue) -> bytes:
    """The catalogue as gettext reads it: sorted, so that the same texts give the same bytes."""
    pairs = sorted(
        ("\0".join(message).encode(), "\0".join(texts).encode()) for message, texts in entries.items() if all(texts)
    )
    start = 7 * 4 + 16 * len(pairs)
    keys, values, data = b"", b"", b""
    for key, _value in pairs:
        keys += struct.pack("<II", len(key), start + len(data))
        data += key + b"\0"
    for _key, value in pairs:
        values += struct.pack("<II", len(value), start + len(data))
        data += value + b"\0"
    table = 7 * 4
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), table, table + len(keys), 0, 0) + keys + values + data


def missing(entries: Catalogue) -> list[Message]:
    """Texts of the patient pages without a translation."""
    return sorted(message for message in used() if not all(entries.get(message, ("",))))


def main() -> int:
    """Compile every catalogue; says what is missing."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painplan.settings")
    django.setup()
    gaps = 0
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        entries = read_po(path)
        path.with_suffix(".mo").write_bytes(compiled(entries))
        for message in missing(entries):
            gaps += 1
            sys.stdout.write(f"{path.relative_to(ROOT)}: no translation of {message[0]!r}\n")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
