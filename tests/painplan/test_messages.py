"""The catalogues of the patient pages: nothing without a translation, and what is shipped is what was written."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest

from assessments import patient_questions
from tools import messages

CATALOGUES = sorted(messages.LOCALE.glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|<[^>]+>")


def test_each_language_of_the_questions_has_a_catalogue() -> None:
    assert {path.parts[-3] for path in CATALOGUES} == set(patient_questions.languages()) - {"en"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_no_text_of_the_patient_pages_lacks_a_translation(path: Path) -> None:
    entries = messages.read_po(path)
    assert messages.missing(entries) == []
    assert set(entries) - messages.used() == {("",)}, "texts that no page uses any more"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_the_one_that_was_written(path: Path) -> None:
    entries = messages.read_po(path)
    assert path.with_suffix(".mo").read_bytes() == messages.compiled(entries), "run python -m tools.messages"
    with path.with_suffix(".mo").open("rb") as file:
        found = gettext.GNUTranslations(file)
    for message, texts in entries.items():
        if len(message) == 2:
            assert [found.ngettext(*message, 1), found.ngettext(*message, 2)] == list(texts)
        elif message[0]:
            assert found.gettext(message[0]) == texts[0]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_translation_keeps_the_placeholders_and_the_markup(path: Path) -> None:
    for message, texts in messages.read_po(path).items():
        for text in texts if message[0] else ():
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(message[0])), message


def test_a_broken_catalogue_is_refused(tmp_path: Path) -> None:
    for text in ('msgid "a"\nmsgstr b', 'msgid "a"\nmsgstr "b"\nmsgid "a"\nmsgstr "c"'):
        path = tmp_path / "django.po"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"django\.po"):
            messages.read_po(path)
