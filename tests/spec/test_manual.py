"""The page in docs/ is what these chapters make."""

from __future__ import annotations

from tests.spec.manual import PAGE, chapters, page


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.spec.manual"


def test_there_are_chapters() -> None:
    assert len(chapters()) == 5
