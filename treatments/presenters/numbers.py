"""Benefit and harm as natural frequencies: of 100 people so many more than with placebo, in whom it was studied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from treatments import rulebook_presenters as rulebook_words
from treatments.rulebook import Rulebook
from treatments.rulebook_presenters import Citation

BENEFIT, HARM = "NNT", "NNH"
_OWN = "this_agent"


@dataclass(frozen=True, slots=True)
class Number:
    """One effect size. `of_100` is how many more of 100 than with placebo: 100 / value, rounded; 0 is fewer than one.

    `whose` says for what it was studied where that is not this medicine alone.
    """

    measure: str
    of_100: int
    value: float
    low: float | None
    high: float | None
    outcome: str
    population: str
    whose: str
    unverified: bool
    sources: Sequence[Citation]

    @property
    def how_many(self) -> str:
        """ "About 16 of 100", "Fewer than 1 of 100"."""
        return _("About %(n)d of 100") % {"n": self.of_100} if self.of_100 else _("Fewer than 1 of 100")

    @property
    def how_many_more(self) -> str:
        """ "16 of 100 more", for a place that has little room."""
        return _("%(n)d of 100 more") % {"n": self.of_100} if self.of_100 else _("Fewer than 1 of 100 more")

    @property
    def figures(self) -> str:
        """ "NNT 6.4; 5.2–8.4"."""
        limits = f"; {self.low:g}–{self.high:g}" if self.low is not None and self.high is not None else ""
        return f"{self.measure} {self.value:g}{limits}"

    @property
    def brief(self) -> str:
        """ "NNT 6.4, for the class": without its limits and its people, for a place that has little room."""
        return ", ".join(part for part in (f"{self.measure} {self.value:g}", self.whose) if part)

    @property
    def text(self) -> str:
        """The whole sentence."""
        said = _("%(many)s more have %(outcome)s than with placebo (%(figures)s).") % {
            "many": self.how_many,
            "outcome": self.outcome,
            "figures": self.figures,
        }
        return f"{said} {self.studied}"

    @property
    def studied(self) -> str:
        """In whom and for what: "Studied in: mixed neuropathic pain; for the class"."""
        parts = [part for part in (self.population, self.whose) if part]
        return _("Studied in: %(what)s.") % {"what": "; ".join(parts)} if parts else ""


def numbers_of(option_id: str, rulebook: Rulebook) -> list[Number]:
    """The effect sizes of a medicine that can be said of 100 people, those that were checked first."""
    agent = rulebook.agent_by_id.get(option_id)
    rows: Any = agent.data.get("effect_sizes") if agent else None
    found = [
        _number(row, rulebook)
        for row in rows or ()
        if row.get("measure") in (BENEFIT, HARM) and isinstance(row.get("value"), int | float) and row["value"] >= 1
    ]
    return sorted(found, key=lambda number: number.unverified)


def _number(row: Any, rulebook: Rulebook) -> Number:
    low, high = row.get("ci") or (None, None)
    population = str(row.get("population") or "")
    applies = str(row.get("applies_to") or _OWN)
    whose = "" if applies == _OWN else _("for the class") if applies.startswith("class_") else applies
    return Number(
        measure=row["measure"],
        of_100=round(100 / row["value"]),
        value=row["value"],
        low=low,
        high=high,
        outcome=row["outcome"],
        population=rulebook.labels.get("conditions", {}).get(population, population),
        whose=whose,
        unverified=bool(row.get("value_status")),
        sources=rulebook_words.citations(row["sources"], rulebook),
    )


def first_of(measure: str, numbers: Sequence[Number]) -> Number | None:
    """The number that speaks for a medicine: the first that was checked, else the first."""
    return next((number for number in numbers if number.measure == measure), None)
