"""Units in words. Pure but for the language of the reader."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import ngettext

NO_BREAK = "\u00a0"


def unit_words(unit: str, value: float | Decimal | str | None) -> str:
    """The unit after this number, never parted by a line break: "mg", but "patch" after 1 and "patches" after 4.

    Empty for a plain number, whose unit is "1" or "none".
    """
    several = 1 if value not in (None, "") and float(value) == 1 else 2
    counted = {
        "unit": ngettext("unit", "units", several),
        "plaster": ngettext("plaster", "plasters", several),
        "patch": ngettext("patch", "patches", several),
        "application": ngettext("application", "applications", several),
    }
    plain = {"1": "", "none": ""}
    return (plain | counted).get(unit, unit).replace(" ", NO_BREAK)
