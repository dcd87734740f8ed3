"""Names and numbers as search compares them. Pure."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ł": "l", "Ł": "l", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ı": "i"}
)
_APART = re.compile(r"[\s,;._/]+")
_SILENT = re.compile(r"['’`´ʼ‐‑-]")


def folded(text: str) -> str:
    """Fold case, accents, apostrophes and hyphens away: "O’Neill-Sørensen " gives "oneillsorensen"."""
    # Signs go first: taken apart, "´" would leave a space behind. Letters are taken apart before their case is folded,
    # since only then has an ornate capital one, and again after it, since some small letters have accents.
    plain = _base_letters(_SILENT.sub("", text)).casefold().translate(_LETTERS)
    return _APART.sub(" ", _SILENT.sub("", _base_letters(plain))).strip()


def _base_letters(text: str) -> str:
    """The letters without their accents, ornate forms as plain ones."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def search_keys(family_name: str, given_names: str) -> tuple[str, str]:
    """The two sort keys of a person: family name first, and given names first."""
    family, given = folded(family_name), folded(given_names)
    return f"{family} {given}".strip()[:260], f"{given} {family}".strip()[:260]


def folded_number(number: str) -> str:
    """A patient number without spaces, hyphens and case, as it is compared."""
    return re.sub(r"[^0-9a-z]", "", folded(number))


def after_prefix(prefix: str) -> str:
    """The smallest text (compared byte by byte) that comes after everything that begins with the prefix."""
    return prefix + "\U0010ffff"
