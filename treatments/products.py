"""What the content says about giving a medicine: its products, and how it is stepped down. Frozen records, no decision.

Doses and strengths are in the unit of the agent. The records come from knowledge/products.yaml, from `taper` of the
agent and from knowledge/followup/tapers.yaml; treatments.content.products reads and checks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# The marker of the content for what was not read in a document.
UNVERIFIED = "label-knowledge-unverified"


class TimeOfDay(StrEnum):
    """When in the day something is taken, in the order of the day."""

    MORNING = "morning"
    MIDDAY = "midday"
    EVENING = "evening"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Product:
    """One strength of one form.

    `strength` is the amount in one of `counted_in` (tablet, capsule, mL, patch …), `smallest` the smallest part of one
    that can be given: 1 whole, 0.5 half; of a liquid, mL that can be measured. A patch stays on for `worn_days`; what
    is given `by_session` is given once on the day of its step; of what is `drawn`, vials are opened and need not be
    emptied. `at_once` is how many may be used at the same time (None: as many as the dose takes).
    """

    id: str
    agent: str
    form: str
    counted_in: str
    unit: str
    strength: float
    smallest: float
    release: str
    sources: tuple[str, ...]
    worn_days: int | None = None
    by_session: bool = False
    drawn: bool = False
    at_once: int | None = None

    @property
    def is_liquid(self) -> bool:
        """Whether it is measured and not counted."""
        return self.counted_in == "mL"

    @property
    def has_halves(self) -> bool:
        """Whether half of one may be given."""
        return not self.is_liquid and self.smallest < 1

    @property
    def is_verified(self) -> bool:
        """Whether no part of it rests on general knowledge alone."""
        return UNVERIFIED not in self.sources


@dataclass(frozen=True, slots=True)
class TaperStep:
    """One pace of a taper: less by an amount a day, or by a percentage of the dose, every so many days."""

    every_days: int
    reduce_by: float | None = None
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Taper:
    """How a medicine is stopped. `required`: never suddenly.

    `usual` None: it can be stopped at once. `tail` is how much less a step takes away at and below `tail_below`.
    From `slower_after_days` of use on the slower pace is the one proposed. `watch` is what to look for meanwhile.
    """

    required: bool
    min_weeks: float
    usual: TaperStep | None
    slower: TaperStep | None
    faster: TaperStep | None
    tail_below: float | None
    tail_by: float | None
    slower_after_days: int | None
    step_back_weeks: tuple[int, int]
    note: str
    watch: tuple[str, ...]
    sources: tuple[str, ...]
