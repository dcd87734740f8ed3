"""What the live check asks about the whole list, as content (knowledge/safety.yaml); the builder makes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules.expr import Expr
from treatments.rulebook import Rulebook, RuleGroup

Groups = tuple[frozenset[str], ...]
MME = "mme_per_day"


@dataclass(frozen=True, slots=True)
class Level:
    """A threshold of a burden that no alert has: from so many medicines on, while `when` holds (None: always)."""

    id: str
    tier: str
    at_least: int
    when: Expr | None
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Burden:
    """What adds up over a list. `fact` is the count that the `alerts` read; without one, `classes` say what counts.

    `absorbs` are further alerts about the same cause, `interactions` the pairs that add to it, and `asks` the alerts
    that wait for a reason although they only warn. `group` are the rules of `alerts`, compiled together.
    """

    id: str
    label: str
    unit: str
    fact: str
    classes: frozenset[str]
    alerts: frozenset[str]
    absorbs: frozenset[str]
    asks: frozenset[str]
    interactions: frozenset[str]
    levels: tuple[Level, ...]
    sources: tuple[str, ...]
    group: RuleGroup

    @property
    def is_load(self) -> bool:
        """Whether amounts are morphine equivalents, not a count of medicines."""
        return self.fact == MME


@dataclass(frozen=True, slots=True)
class Danger:
    """Three or more medicines together: one of every group of `required`, and of at least `at_least` groups of `of`."""

    id: str
    label: str
    theme: str
    required: Groups
    of: Groups
    at_least: int
    tier: str
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LowDose:
    """A daily dose of a medicine up to which a grading holds."""

    medicine: str
    at_most: float
    unit: str


@dataclass(frozen=True, slots=True)
class Grading:
    """What raises or lowers the severity of some interactions for a patient. `medicines`: one of each group meet."""

    id: str
    interactions: frozenset[str]
    when: Expr
    to: str
    text: str
    sources: tuple[str, ...]
    medicines: Groups = ()
    dose: LowDose | None = None

    def dose_holds(self, amount: float | None) -> bool:
        """Whether the dose is as low as asked for; a dose that nobody knows is not."""
        return self.dose is None or (amount is not None and amount <= self.dose.at_most)


@dataclass(frozen=True, slots=True)
class Topic:
    """What is said once for the plan: the words under `field` of each agent, or its rules that read one of `facts`."""

    id: str
    label: str
    when: Expr
    field: str
    facts: frozenset[str]
    tier: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CeilingWords:
    """How loud it is that a medicine is taken above its ceiling or above the highest dose, in which words."""

    ceiling_tier: str = "warning"
    ceiling_text: str = ""
    highest_tier: str = "critical"
    highest_text: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SafetyTable:
    """All of it; empty for a release that was published without it."""

    burdens: tuple[Burden, ...] = ()
    dangers: tuple[Danger, ...] = ()
    gradings: tuple[Grading, ...] = ()
    topics: tuple[Topic, ...] = ()
    ceilings: CeilingWords = field(default_factory=CeilingWords)


def safety_of(rulebook: Rulebook) -> SafetyTable:
    """The table of a release; an empty one for a release that was published without it."""
    return rulebook.safety or SafetyTable()
