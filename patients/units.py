"""Units in words. Pure but for the language of the reader."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import ngettext

NO_BREAK = "\u00a0"


def unit_words(unit: str, value: float | Decimal | str | None) -> str:
    """The unit after this number, never parted by a line break: "mg", but "patch" after 1 and "patches" after 4.

    Empty for a plain number, whose unit is "1" or "none".
    """
    # A number that comes as text was written for the reader, in whatever way their language writes numbers.
    number = 1 if value in (1, "1") else 2
    counted = {
        "unit": ngettext("unit", "units", number),
        "plaster": ngettext("plaster", "plasters", number),
        "patch": ngettext("patch", "patches", number),
        "application": ngettext("application", "applications", number),
    }
    plain = {"1": "", "none": ""}
    return (plain | counted).get(unit, unit).replace(" ", NO_BREAK)
