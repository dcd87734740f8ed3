"""The rulebook: one immutable release of the clinical content, typed, checked and ready to be asked.

Data in (`content.py` reads it from files or a bundle), frozen objects out. Nothing here knows a patient, a
database or a clock. Doses are in the unit of the agent, a day at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from rules.compile import compile_batch
from rules.expr import AllOf, And, AnyOf, Constant, Expr, Member, Not, Or, walk
from rules.facts import Facts
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from treatments.agreement_rules import AgreementRules
from treatments.changing import Changing
from treatments.goal_rules import GoalRules
from treatments.guidance import Criterion, Guidance
from treatments.products import Product, Taper, TimeOfDay

if TYPE_CHECKING:
    from treatments.safety.table import SafetyTable


class Effect(StrEnum):
    """What a rule does when its condition holds; the list is closed."""

    RECOMMEND = "recommend"
    CONTRAINDICATE = "contraindicate"
    CAUTION = "caution"
    LIMIT_DOSE = "limit_dose"
    SET_START = "set_start"
    PREFER = "prefer"
    AVOID = "avoid"
    MONITOR = "monitor"
    REFER = "refer"
    ALERT = "alert"
    EDUCATE = "educate"
    FOLLOW_UP = "follow_up"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """A ceiling, a start or the doses a day that a rule sets, in the unit of the agent; None leaves it as it is.

    `frequency` says in words how it is given.
    """

    start_per_day: float | None = None
    max_per_day: float | None = None
    frequency: str | None = None
    schedule: str | None = None
    times_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a condition, what it does to which options, why, and on whose authority.

    `options` are ids of agents or therapies that it speaks of (empty for rules about the patient). `action` is the
    content's finer word for the effect; `steps` how far it moves an option up or down the list; `line` the line of
    treatment that a recommendation gives. `hard_unknown_when` says when an unknown answer of a contraindication
    blocks (None: always); `target` names the alert, referral, topic or review that the rule calls for; in a region of
    `not_in_regions` the rule does not count; medicines of the classes in `ends` should not go on while it holds.
    """

    id: str
    effect: Effect
    when: Expr
    when_text: str
    text: str
    sources: tuple[str, ...]
    options: tuple[str, ...] = ()
    action: str | None = None
    dose: DoseLimit | None = None
    line: int | None = None
    advised: bool = False
    steps: int = 0
    hard_unknown_when: Expr | None = None
    target: str | None = None
    tier: str | None = None
    urgency: str | None = None
    days: tuple[int, ...] = ()
    actions: tuple[str, ...] = ()
    not_in_regions: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    strength: str = "not graded"
    certainty: str = "not graded"
    owner: str = ""
    review_by: date | None = None
    examples: Mapping[str, Facts] = field(default_factory=dict)
    stricter_than_label: bool = False
    label_position: str | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a dose schedule; `day` counts from the start of treatment, doses are in the agent's unit.

    `per_dose` is None where the doses of a day differ; `frequency` then says how the day is divided.
    """

    day: int
    per_dose: float | None
    times_per_day: float
    per_day: float
    optional: bool = False
    note: str | None = None
    frequency: str | None = None


@dataclass(frozen=True, slots=True)
class SpecialSchedule:
    """A schedule that replaces the usual one while its condition holds."""

    when: Expr
    titration: tuple[Step, ...]
    max_per_day: float | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dosing:
    """How an adult without special circumstances is dosed, and the ceilings by setting (0: do not start there).

    `max_per_day` None: by the protocol of the hospital, not here.
    """

    unit: str
    start_per_day: float
    titration: tuple[Step, ...]
    slow_titration: tuple[Step, ...]
    target_per_day: tuple[float, float]
    max_per_day: float | None
    max_by_setting: Mapping[str, float | None]
    max_single_dose: float | None
    min_weeks_at_target: float | None
    trial_weeks: float | None
    requires: tuple[str, ...]
    special: tuple[SpecialSchedule, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Monitoring:
    """One test that goes with an option.

    `measured_by` are lists of codes of measurements, any of which in full makes the test. `after_days` are the days
    after the start between which it is repeated, first to last, and then every `every_days`; empty and None where the
    content has it in words only (`when`).
    """

    test: str
    label: str
    baseline: bool
    when: str | None
    sources: tuple[str, ...]
    measured_by: tuple[tuple[str, ...], ...] = ()
    after_days: tuple[tuple[int, int], ...] = ()
    every_days: int | None = None

    def next_window(self, since_start: int) -> tuple[int, int] | None:
        """The days after the start between which it is due next, so many days after the start; None: in words only."""
        for first, last in self.after_days:
            if since_start <= last:
                return first, last
        if not self.after_days or not self.every_days:
            return None
        last = self.after_days[-1][1]
        turns = -(-(since_start - last) // self.every_days)
        return last + turns * self.every_days, last + turns * self.every_days


@dataclass(frozen=True, slots=True)
class GuidelineLine:
    """Where one guideline puts the agent."""

    guideline: str
    line: str
    strength: str | None
    certainty: str | None
    note: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indication:
    """How well an option fits one condition (or group of conditions, or `any`)."""

    condition: str
    status: str
    note: str | None
    sources: tuple[str, ...]


# What `prescriber` of an agent says where nobody but a specialist begins it.
_SPECIALISTS = frozenset({"specialist", "specialist_only"})


@dataclass(frozen=True, slots=True)
class Agent:
    """A medicine that can be proposed.

    `allergens` are the medicines, beside its own, to which an allergy counts for this one too. `once` is when a single
    dose of a day is taken.
    """

    id: str
    name: str
    drug_names: tuple[str, ...]
    allergens: tuple[str, ...]
    classes: tuple[str, ...]
    formulation: str
    routes: tuple[str, ...]
    prescriber: str
    app_rule: str | None
    lines: tuple[GuidelineLine, ...]
    indications: tuple[Indication, ...]
    dosing: Dosing | None
    rules: tuple[Rule, ...]
    monitoring: tuple[Monitoring, ...]
    sedating: bool
    data: Mapping[str, object]
    products: tuple[Product, ...] = ()
    once: TimeOfDay = TimeOfDay.MORNING
    taper: Taper | None = None

    @property
    def is_topical(self) -> bool:
        """Whether it is applied to the skin."""
        return "topical" in self.classes

    @property
    def is_for_specialists(self) -> bool:
        """Whether the content leaves it to specialists: by its prescriber, or as it is not started elsewhere."""
        started_elsewhere = self.dosing.max_by_setting.get("non_specialist") if self.dosing else None
        return self.prescriber in _SPECIALISTS or started_elsewhere == 0


@dataclass(frozen=True, slots=True)
class Held:
    """What a therapy puts into the body: medicines by name, or only their classes.

    `one_of` says in words what it may hold beside, of which nobody says whether or which; `one_of_classes` are the
    classes that this can be of, empty where the content does not say: then it can be of any.
    """

    medicines: tuple[str, ...]
    classes: tuple[str, ...]
    one_of: str
    sources: tuple[str, ...]
    one_of_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Therapy:
    """A treatment that is not a medicine: rehabilitation, psychology, neuromodulation, intervention …"""

    id: str
    name: str
    category: str
    invasiveness: str
    ladder_step: int
    indications: tuple[Indication, ...]
    phenotypes: tuple[str, ...]
    certainty: str | None
    rules: tuple[Rule, ...]
    review_weeks: float | None
    sources: tuple[str, ...]
    data: Mapping[str, object]
    referral: tuple[Criterion, ...] = ()
    holds: Held | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an interaction: a class of medicines, an agent or a drug name."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two sides that must not, or not lightly, be taken together."""

    id: str
    a: Side
    b: Side
    severity: str
    mechanism: str
    effect: str
    management: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Combination:
    """A pair (or triple) of agents or classes, and whether it is advised."""

    id: str
    components: tuple[str, ...]
    status: str
    conditions: tuple[str, ...]
    block: Rule | None
    use_when: str
    cautions: str
    dose_considerations: str
    evidence: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A citation."""

    id: str
    title: str
    url: str | None
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ActionMeaning:
    """What a finer word does to an option: `demote`, `rank` (by `steps`) or `note`, perhaps in one setting only."""

    degree: str
    steps: int = 0
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewChoice:
    """When a review is called for: `start`, or a class `recommended` or `taken`, or a `category` of therapy."""

    kind: str
    name: str | None
    review: str


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the words of the content mean to the proposal (rules/actions.yaml)."""

    actions: Mapping[str, ActionMeaning]
    lines: Mapping[int, str]
    guideline_order: tuple[str, ...]
    indication_lines: Mapping[str, int]
    not_advised: frozenset[str]
    duplicate_classes: tuple[str, ...]
    renal_margin: float
    slow_schedule_when: Expr
    unknown_limits: frozenset[str]
    slow_schedule_actions: frozenset[str]
    halve_actions: frozenset[str]
    fit_lines: Mapping[str, int]
    advised_fit: frozenset[str]
    severities: Mapping[str, str]
    severity_order: tuple[str, ...]
    reviews: tuple[ReviewChoice, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """When to look again, by risk tier, as a range of days."""

    id: str
    applies_to: str
    trigger: str
    mode: str
    days: Mapping[str, tuple[int, int]]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoalTemplate:
    """A goal to be chosen and put into the person's own words (goals.yaml).

    `words` has places to fill in: {n}, {place}. `measure` says what is counted, in `unit`. The target goes into
    {n}, or into {d} where there is no {n}. `baseline_question` asks for the number now, `therapies` serve the goal,
    `caution` is to be said with it.
    """

    id: str
    domain: str
    words: str
    measure: str
    unit: str
    baseline_question: str = ""
    therapies: tuple[str, ...] = ()
    caution: str = ""

    def filled(self, target: float | None) -> str:
        """The words with the target in its place; what else is to be filled in stays between braces."""
        place = next((place for place in ("{n}", "{d}") if place in self.words), "")
        return self.words.replace(place, f"{target:g}") if place and target is not None else self.words


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact that a rule reads; for a set, the ids that it asks about."""

    fact: str
    ids: tuple[str, ...] | None


class RuleGroup:
    """Rules that are judged together by one compiled function."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        self.readings = tuple(_readings(rule.when) for rule in self.rules)
        self._judge = compile_batch([rule.when for rule in self.rules])

    def judge(self, facts: Facts) -> Sequence[Truth]:
        """The truth of each rule's condition, in the order of `rules`."""
        return self._judge(facts)


def _readings(expr: Expr) -> tuple[Reading, ...]:
    found: dict[str, list[str] | None] = {}
    for node in walk(expr):
        match node:
            case Member():
                found[node.fact] = [*(found.get(node.fact) or ()), node.value]
            case AnyOf() | AllOf():
                found[node.fact] = [*(found.get(node.fact) or ()), *node.values]
            case Constant() | Not() | And() | Or():
                pass
            case _:
                found.setdefault(node.fact, None)
    return tuple(Reading(fact, None if ids is None else tuple(dict.fromkeys(ids))) for fact, ids in found.items())


@dataclass(frozen=True, eq=False)
class Rulebook:
    """One release. `digest` identifies its canonical content; everything else is derived from it."""

    release: str
    digest: str
    vocabulary: Vocabulary
    agents: tuple[Agent, ...]
    therapies: tuple[Therapy, ...]
    combinations: tuple[Combination, ...]
    interactions: tuple[Interaction, ...]
    rules: tuple[Rule, ...]
    sources: Mapping[str, Source]
    reference: Mapping[str, object]
    meanings: Meanings
    reviews: tuple[Review, ...]
    labels: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, str]
    goals: tuple[GoalTemplate, ...] = ()
    safety: SafetyTable | None = None
    # For how many days a medicine of a class counts as taken after its last dose.
    washout_days: Mapping[str, int] = field(default_factory=dict)
    guidance: Guidance = field(default_factory=Guidance)
    changing: Changing = field(default_factory=Changing)
    goal_rules: GoalRules | None = None
    agreements: AgreementRules | None = None

    @cached_property
    def agent_by_id(self) -> Mapping[str, Agent]:
        """Agents by id."""
        return {agent.id: agent for agent in self.agents}

    @cached_property
    def therapy_by_id(self) -> Mapping[str, Therapy]:
        """Therapies by id."""
        return {therapy.id: therapy for therapy in self.therapies}

    @cached_property
    def class_members(self) -> Mapping[str, frozenset[str]]:
        """For each class of medicines, the agents of the rulebook that belong to it."""
        members: dict[str, set[str]] = {}
        for agent in self.agents:
            for name in agent.classes:
                members.setdefault(name, set()).add(agent.id)
        return {name: frozenset(ids) for name, ids in members.items()}

    @cached_property
    def rule_by_id(self) -> Mapping[str, Rule]:
        """Every rule of the release by id, wherever it stands."""
        return {rule.id: rule for rule in self.every_rule}

    @cached_property
    def every_rule(self) -> tuple[Rule, ...]:
        """All rules: those of agents, therapies and combinations, and those about the patient."""
        return (
            *(rule for agent in self.agents for rule in agent.rules),
            *(rule for therapy in self.therapies for rule in therapy.rules),
            *(item.block for item in self.combinations if item.block),
            *self.rules,
        )

    @cached_property
    def option_rules(self) -> Mapping[str, tuple[Rule, ...]]:
        """For each option, its own rules followed by the general ones that name it."""
        own = {agent.id: list(agent.rules) for agent in self.agents}
        own.update({therapy.id: list(therapy.rules) for therapy in self.therapies})
        for rule in self.rules:
            for option in rule.options:
                own[option].append(rule)
        return {option: tuple(rules) for option, rules in own.items()}

    @cached_property
    def _groups(self) -> Mapping[str, RuleGroup]:
        return {option: RuleGroup(rules) for option, rules in self.option_rules.items()}

    def group(self, option: str) -> RuleGroup:
        """The rules about one option, compiled together."""
        return self._groups[option]

    @cached_property
    def block_groups(self) -> Mapping[str, RuleGroup]:
        """For each combination that can be blocked, the rule that blocks it."""
        return {item.id: RuleGroup([item.block]) for item in self.combinations if item.block}

    @cached_property
    def patient_rules(self) -> RuleGroup:
        """The rules about the patient as a whole: alerts, referrals, topics, reviews, stops."""
        return RuleGroup(rule for rule in self.rules if not rule.options)
