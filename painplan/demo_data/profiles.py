"""Reads what the invented patients are drawn from. Data only; the drawing is in `generate`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from rules import strict_yaml

FOLDER: Final = Path(__file__).parent
# The kinds of clinic that the files speak of, and the name of each in the first organisation of the demo.
CLINICS: Final = {
    "pain": "Northgate pain clinic",
    "diabetes": "Northgate diabetes clinic",
    "practice": "Hillside practice",
}
# Who sees the patients of a clinic.
SEEN_BY: Final = {
    "pain": "clinician@demo.example",
    "diabetes": "clinician2@demo.example",
    "practice": "gp@demo.example",
}


@lru_cache(maxsize=2)
def profiles(name: str) -> dict[str, Any]:
    """The content of profiles.yaml or showcase.yaml. Callers must not change it."""
    found: dict[str, Any] = strict_yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return found
