"""A plan as plain frozen data: what pages, checks, signatures and other packages read. Pure; see treatments.queries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from rules.facts import Facts
from treatments.plan_checks import Choice, Given
from treatments.plan_doses import PlannedStep
from treatments.states import OPEN, State


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRecord:
    """Why somebody decided against the rules. `ref_id` is the item's option; empty for an alert, named by `subject`."""

    id: UUID
    kind: str
    ref_id: str
    subject: str
    covers: frozenset[str]
    reason: str
    text: str
    monitor_on: date | None
    made_by: str
    made_at: datetime
    monitor_test: str = ""
    monitor_owner_id: UUID | None = None
    monitor_owner: str = ""
    task_id: UUID | None = None

    @property
    def is_promise(self) -> bool:
        """Whether somebody promised to monitor."""
        return self.monitor_on is not None

    @property
    def given(self) -> Given:
        """As the checks see it."""
        return Given(self.kind, self.covers, self.ref_id, self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """A medicine or therapy of the plan; doses in `unit`."""

    id: UUID
    kind: str
    ref_id: str
    name: str
    version: int
    owner_id: UUID | None
    owner: str
    starts_on: date
    stops_on: date | None
    unit: str
    steps: tuple[PlannedStep, ...]
    note: str
    status: str
    product: str = ""
    dose_by: str = ""

    @property
    def choice(self) -> Choice:
        """As the checks see it."""
        return Choice(self.kind, self.ref_id, self.steps, self.starts_on, self.stops_on, self.unit)

    @property
    def ends_on(self) -> int | None:
        """The day, counted from the start, from which nothing is taken; None: it goes on."""
        return (self.stops_on - self.starts_on).days if self.stops_on else None

    def dose_on(self, day: date) -> PlannedStep | None:
        """The dose that is reached on a day; None before the start, after the end, or where there is none."""
        if day < self.starts_on or (self.stops_on and day >= self.stops_on):
            return None
        begun = [step for step in self.steps if step.begins(self.starts_on) <= day]
        return begun[-1] if begun else None

    def next_step(self, day: date) -> tuple[date, PlannedStep] | None:
        """The next change of dose after a day."""
        later = [(step.begins(self.starts_on), step) for step in self.steps if step.begins(self.starts_on) > day]
        return later[0] if later else None


@dataclass(frozen=True, slots=True)
class GoalRecord:
    """A goal: the patient's words, a number from 0 to 10 for pain, and by when.

    What the patient wants to do has a `measure` (what is counted), how much it is now (`baseline`) and an `amount` of
    it at which the goal is reached, both in `unit`; `template` is the goal of the rulebook that it was made from. The
    rest is that of treatments.models.Goal.
    """

    kind: str
    words: str = ""
    target: int | None = None
    by: date | None = None
    template: str = ""
    measure: str = ""
    amount: float | None = None
    unit: str = ""
    position: int = 1
    baseline: float | None = None
    importance: int | None = None
    difficulty: int | None = None
    confidence: int | None = None
    levels: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names the goal within its plan: "pain", "function", "function_2", …"""
        return self.kind if self.position == 1 else f"{self.kind}_{self.position}"

    @property
    def says_something(self) -> bool:
        """Whether there is a goal at all: words, or a number for pain."""
        return bool(self.words.strip()) or self.target is not None

    @property
    def is_numeric(self) -> bool:
        """Whether a number tells how far it was reached."""
        return self.baseline is not None and self.amount is not None and self.baseline != self.amount


def goal_field(position: int, part: str) -> str:
    """The name of the field of one part of a goal of what the patient wants to do, in the form of the plan."""
    if position == 1:
        return "function_words" if part == "words" else f"goal_{part}"
    return f"goal{position}_{part}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecord:
    """What was agreed about one item at its start; see treatments.models.Agreement. `unit` is that of the item."""

    ref_id: str
    name: str
    kind: str
    week: int
    dose: float | None = None
    weeks_at_dose: float | None = None
    unit: str = ""
    enough_pct: int | None = None
    good_pct: int | None = None
    if_little: str
    if_partial: str = ""
    if_not_tolerated: str
    next_id: str = ""
    next_name: str = ""
    partial_id: str = ""
    partial_name: str = ""
    words: str = ""
    sources: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True, order=True)
class FollowUpRecord:
    """A day on which somebody looks again."""

    due_on: date
    kind: str
    text: str
    source: str = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan with everything that belongs to it, without the texts it rests on."""

    id: UUID
    patient_id: UUID
    organisation_id: UUID
    state: str
    version: int
    note: str
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    signed_by: str
    signed_at: datetime | None
    supersedes_id: UUID | None
    ended_by: str
    ended_at: datetime | None
    end_reason: str
    rulebook_digest: str
    rulebook_release: str
    proposal_digest: str
    baseline_nrs: int | None
    created_by_id: UUID | None = None
    proposed_by: str = ""
    proposed_by_id: UUID | None = None
    proposed_to: str = ""
    proposed_to_id: UUID | None = None
    proposed_at: datetime | None = None
    proposed_words: str = ""
    returned_by: str = ""
    returned_at: datetime | None = None
    returned_words: str = ""
    no_goal: str = ""
    no_goal_text: str = ""
    for_patient: str = ""
    items: tuple[ItemRecord, ...] = ()
    overrides: tuple[OverrideRecord, ...] = ()
    # By GoalRecord.key, in the order of their places.
    goals: Mapping[str, GoalRecord] = field(default_factory=dict)
    agreements: tuple[AgreementRecord, ...] = ()
    dates: tuple[FollowUpRecord, ...] = ()

    @property
    def is_draft(self) -> bool:
        """Whether it is not signed yet: being built, or proposed for review."""
        return self.state in OPEN

    @property
    def is_proposed(self) -> bool:
        return self.state == State.PROPOSED

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The items as the checks see them."""
        return tuple(item.choice for item in self.items)

    @property
    def given(self) -> tuple[Given, ...]:
        """The overrides as the checks see them."""
        return tuple(override.given for override in self.overrides)

    def item(self, ref_id: str) -> ItemRecord | None:
        """The item of an option, or None."""
        return next((item for item in self.items if item.ref_id == ref_id), None)

    @property
    def wishes(self) -> tuple[GoalRecord, ...]:
        """The goals of what the patient wants to do, in their order."""
        return tuple(goal for goal in self.goals.values() if goal.kind == "function")

    def agreement(self, ref_id: str) -> AgreementRecord | None:
        """What was agreed about an item, or None."""
        return next((agreement for agreement in self.agreements if agreement.ref_id == ref_id), None)

    def fingerprint(self, facts_text: str, rulebook_digest: str) -> str:
        """What was looked at before signing: equal while neither the plan, the record nor the rulebook changed.

        A plan that was proposed or returned meanwhile is another one.
        """
        parts = [[str(item.id), item.version, str(item.owner_id)] for item in self.items] + [
            [str(override.id)] for override in self.overrides
        ]
        parts += [[agreement.ref_id, agreement.version] for agreement in self.agreements]
        text = json.dumps([str(self.id), self.state, self.version, parts, facts_text, rulebook_digest])
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PlanItemSummary:
    """One item of a signed plan: an agent with its dose steps (first day, dose per day, unit), or a therapy."""

    kind: str
    ref_id: str
    name: str
    steps: tuple[tuple[date, float, str], ...] = ()
    stop_date: date | None = None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What follow-up needs of one signed plan. `facts` are those the plan was signed on; empty unless asked for."""

    plan_id: UUID
    patient_id: UUID
    organisation_id: UUID
    signed_at: datetime
    follow_up_dates: tuple[tuple[date, str, str, str], ...] = ()
    items: tuple[PlanItemSummary, ...] = ()
    goal_nrs: int | None = None
    baseline_nrs: float | None = None
    goals: tuple[GoalRecord, ...] = ()
    agreements: tuple[AgreementRecord, ...] = ()
    facts: Facts = field(default_factory=dict)
