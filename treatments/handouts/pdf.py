"""The hand-out as a PDF: tagged for screen readers, with its own fonts, the same on every machine. Pure: bytes out.

Typst and the fonts come as wheels. Where they are missing `PdfUnavailable` is raised and the page to print remains.
What people wrote reaches Typst as data and never as markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from treatments.handouts.model import Handout

TEMPLATE = Path(__file__).with_name("sheet.typ")
_COMPILER, _FONTS = "typst", "font_source_sans_pro"


class PdfUnavailable(RuntimeError):
    """The PDF cannot be made on this machine: a package is missing, or it does not work here."""


class Paper(StrEnum):
    """The size of the sheets."""

    A4 = "a4"
    LETTER = "us-letter"


class Print(StrEnum):
    """The size of the letters of the first page, in points.

    In normal print the first page is the whole plan on one sheet, and the further ones are a little smaller. In large
    print all sheets have the same size, and the plan takes as many as it needs: whoever asks for it cannot read less.
    """

    NORMAL = "14"
    LARGE = "18"
    VERY_LARGE = "22"


def is_available() -> bool:
    """Whether the packages that make the PDF are there."""
    return all(find_spec(name) is not None for name in (_COMPILER, _FONTS))


def pdf_of(handout: Handout, paper: Paper = Paper.A4, size: Print = Print.NORMAL) -> bytes:
    """The sheet as PDF/UA-1. Raises PdfUnavailable, also where no font of this machine has a letter that is used."""
    try:
        import typst  # Only here: whoever cannot have it can still use all other pages.

        fonts = str(files(_FONTS).joinpath("files"))
    except ImportError as error:
        raise PdfUnavailable(str(error)) from error
    inputs = {"data": json.dumps(_plain(asdict(handout))), "paper": paper.value, "size": size.value}

    def compiled(*, own_fonts_alone: bool) -> bytes:
        made: bytes = typst.compile(
            str(TEMPLATE),
            sys_inputs=inputs,
            font_paths=[fonts],
            ignore_system_fonts=own_fonts_alone,
            pdf_standards=["ua-1"],
        )
        return made

    try:
        return compiled(own_fonts_alone=True)
    except typst.TypstError:
        # A name in a script that our fonts do not have: PDF/UA refuses empty boxes in place of letters.
        try:
            return compiled(own_fonts_alone=False)
        except typst.TypstError as error:
            raise PdfUnavailable(str(error)) from error


def _plain(value: object) -> object:
    """As JSON has it; days are told in words elsewhere."""
    match value:
        case Mapping():
            return {str(key).replace("foot_line", "foot-line"): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case str() | int() | float() | bool() | None:
            return value
        case _:
            return str(value)
