"""The words of the record's choices: causes of the pain, conditions and states, treatments, preferences. Pure.

The ids and their labels are content (knowledge/vocabulary.yaml), the same that rules and cases use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rules import strict_yaml

FILE: Final = Path(__file__).resolve().parent.parent / "knowledge" / "vocabulary.yaml"

# Units in which a daily dose may be written, as in the case format.
MEDICINE_UNITS: Final = (
    "mg",
    "g",
    "microgram",
    "microgram/h",
    "unit",
    "mL",
    "mmol",
    "plaster",
    "patch",
    "application",
)
TRIAL_UNITS: Final = ("mg", "microgram/h", "unit", "plaster", "patch", "application")


@dataclass(frozen=True, slots=True)
class Term:
    """An id with its label. `group` sorts it for people: the kind of a concept, the category of a therapy."""

    id: str
    label: str
    group: str = ""
    closed_by_review: bool = False


@dataclass(frozen=True)
class Terms:
    """All choices by id, in the order of the vocabulary.

    `conditions`: causes of the pain. `concepts`: other conditions, states and findings; `closed_by_review` says that a
    reviewed problem list without the concept means that it is absent. `treatments`: agents, then therapies.
    """

    conditions: Mapping[str, Term]
    concepts: Mapping[str, Term]
    treatments: Mapping[str, Term]
    preferences: Mapping[str, Term]

    def problem(self, kind: str, code: str) -> Term | None:
        """The term of a problem by kind ("condition" or "concept") and id, or None."""
        return {"condition": self.conditions, "concept": self.concepts}.get(kind, {}).get(code)

    def problem_named(self, text: str) -> tuple[str, str] | None:
        """Kind and id of the problem whose label or id is the text, whatever the case; None when there is none."""
        wanted = text.strip().casefold()
        for kind, terms in (("condition", self.conditions), ("concept", self.concepts)):
            for term in terms.values():
                if wanted in (term.label.casefold(), term.id.casefold()):
                    return kind, term.id
        return None


@lru_cache(maxsize=4)
def terms(path: Path = FILE) -> Terms:
    """The choices from the vocabulary file; read once."""
    data: dict[str, Any] = strict_yaml.load(path.read_text(encoding="utf-8"))
    return Terms(
        conditions=_terms(data["conditions"], "site"),
        concepts=_terms(data["concepts"], "kind"),
        treatments=MappingProxyType({**_terms(data["agents"], ""), **_terms(data["therapies"], "category")}),
        preferences=_terms(data["preferences"], ""),
    )


def _terms(rows: list[dict[str, Any]], group: str) -> Mapping[str, Term]:
    return MappingProxyType(
        {
            row["id"]: Term(
                row["id"], row["label"], str(row.get(group, "")), "problem_list" in row.get("closed_by", ())
            )
            for row in rows
        }
    )
