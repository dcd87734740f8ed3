"""What the checks are asked about, what they say, and the reasons that a signature waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from treatments.plan_doses import UNSEEN, PlannedStep, Way

AGENT, THERAPY = "agent", "therapy"
TIERS = ("critical", "warning", "info", "good")


@dataclass(frozen=True, slots=True)
class Choice:
    """One item of the plan: an agent with its doses (in `unit`, where the rulebook has none), or a therapy.

    `starts_on` None: from today. `stops_on` is the first day on which it is not taken any more; None: it goes on.
    `way` says where it stands today: what only leads from the dose of now to the end needs no reason for being given.
    `taken_now` is the dose of a day that is taken when the item begins (None: not known, or it has begun).
    """

    kind: str
    ref_id: str
    steps: tuple[PlannedStep, ...] = ()
    starts_on: date | None = None
    stops_on: date | None = None
    unit: str = ""
    way: Way = UNSEEN
    taken_now: float | None = None

    def __post_init__(self) -> None:
        """An end without a beginning has no length: nobody could say whether it is abrupt."""
        if self.stops_on is not None and self.starts_on is None:
            raise ValueError(f"{self.ref_id} ends on a day and begins on none")

    @property
    def ends_on(self) -> int | None:
        """The day, counted from the start, from which nothing is taken; None: it goes on."""
        return (self.stops_on - self.starts_on).days if self.stops_on and self.starts_on else None


@dataclass(frozen=True, slots=True)
class Check:
    """Something to know about the items together. `items` are their ids, the one that brings it last.

    `needs_reason` says that the plan is not signed without an override that covers `id` and everything in `covers`
    (id and words). `medicines` are all that it is about, by name; `theme` is the burden that it adds to; `notes` say
    why it was graded as it is and what is not known; `graver` is set for what the content forbids outright; `brief` is
    the text in one line, where it is longer.
    """

    id: str
    kind: str
    tier: str
    text: str
    items: tuple[str, ...]
    sources: tuple[str, ...]
    needs_reason: bool = False
    medicines: frozenset[str] = frozenset()
    theme: str = ""
    notes: tuple[str, ...] = ()
    covers: tuple[tuple[str, str], ...] = ()
    graver: bool = False
    brief: str = ""

    @property
    def covered(self) -> tuple[tuple[str, str], ...]:
        """The ids that an override has to cover, with their words."""
        return self.covers or ((self.id, self.text),)


@dataclass(frozen=True, slots=True)
class Cause:
    """Everything that has one cause: the loudest check, and the others that say the same under it."""

    head: Check
    folded: tuple[Check, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        return (self.head, *self.folded)

    @property
    def needs_reason(self) -> bool:
        """Whether the signature waits for a reason about it."""
        return any(check.needs_reason for check in self.checks)


@dataclass(frozen=True, slots=True)
class Need:
    """A reason that somebody must give: for an item (`ref_id`), or for an alert (`subject`).

    `covers` are the ids of what is to be accepted; an override that lacks one of them does not answer the need.
    `words` say what each id stands for, so that what is new since a reason was given can be told.
    """

    kind: str
    covers: tuple[str, ...]
    texts: tuple[str, ...]
    ref_id: str = ""
    subject: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """An override as far as needs are concerned."""

    kind: str
    covers: frozenset[str]
    ref_id: str = ""
    subject: str = ""
