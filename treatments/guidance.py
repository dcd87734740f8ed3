"""What stands beside the rules of a release: topics, the ladder of therapies, principles of combining, guidelines.

Data for people, and for the few conditions that are written beside it. Frozen, made by the loader of the content;
nothing here knows a patient, a database or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.expr import Expr

ANY_CAUSE = "any"


@dataclass(frozen=True, slots=True)
class Criterion:
    """A sentence that holds or does not for a patient; `when` is its condition, None where a person has to judge.

    `left` names the part of the sentence that its condition does not read, and that a person has to judge all the same.
    """

    text: str
    when: Expr | None
    sources: tuple[str, ...]
    left: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What patients are told about one thing (education.yaml), and the therapies in which it is taught."""

    id: str
    title: str
    text: str
    audience: str
    therapies: tuple[str, ...]
    reading_grade: float | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One step of the ladder of therapies: what belongs to it, when it is reached, when to go on."""

    step: int
    title: str
    therapies: tuple[str, ...]
    entry: tuple[Criterion, ...]
    advance: tuple[Criterion, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principle:
    """A sentence about combining and switching that holds for every pair (combinations.yaml)."""

    id: str
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guideline:
    """A guideline: the causes it speaks for (`any`: all but `not_conditions`), and the edition that replaced it."""

    id: str
    label: str
    conditions: tuple[str, ...]
    not_conditions: tuple[str, ...]
    superseded_by: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What a position of a guideline amounts to. `side`: for, against or neither; `rank`: the line, if any."""

    id: str
    label: str
    side: str
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A point on which guidelines or labels differ: what each says, what this content follows, and why.

    `about`: line (the place in the order of treatment), dose, safety or trial. Empty `options` or `conditions`: all.
    """

    id: str
    topic: str
    about: str
    options: tuple[str, ...]
    conditions: tuple[str, ...]
    positions: str
    adopted: str
    why: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guidance:
    """Everything of this kind in one release. `places` by id; `place_of` gives the place of a guideline's own words."""

    topics: tuple[Topic, ...] = ()
    ladder: tuple[LadderStep, ...] = ()
    principles: tuple[Principle, ...] = ()
    guidelines: tuple[Guideline, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    place_of: Mapping[str, str] = field(default_factory=dict)
    disagreements: tuple[Disagreement, ...] = ()
