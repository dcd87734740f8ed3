"""What the content says about agreements at the start of a treatment (agreements.yaml), typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Case(StrEnum):
    """How it turned out, as far as an agreement tells cases apart."""

    GOOD = "good"
    PARTIAL = "partial"
    LITTLE = "little"
    NOT_TOLERATED = "not_tolerated"


@dataclass(frozen=True, slots=True)
class Bounds:
    """A threshold in percent less pain: what is proposed, and within what it may be changed."""

    default: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class AgreementRules:
    """Thresholds, choices and the order of caution.

    `choices` are the actions of a case for an agent or a therapy, the proposed one first. `therapy_below` are the
    percentages of therapies whose own stop rule names one. `table_actions` says what a choice is called in the decision
    table of follow-up, `safer_first` which of the table's actions are the more careful ones.
    """

    enough: Bounds
    good: Bounds
    mild_pain_at_most: int
    grade_from: int
    latest_week: int
    choices: Mapping[Case, Mapping[str, tuple[str, ...]]]
    therapy_below: Mapping[str, int]
    table_actions: Mapping[str, tuple[str, ...]]
    safer_first: tuple[str, ...]
    sources: tuple[str, ...]

    def caution(self, action: str) -> int:
        """The place of an action of the decision table in the order of caution; what is not in it comes first."""
        return self.safer_first.index(action) if action in self.safer_first else -1
