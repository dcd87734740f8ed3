"""The definitions an assessment is read with: instruments, body map, grading, red flags, words. Plain dataclasses.

`content` fills them from `knowledge/`; `scoring`, `distribution`, `certainty` and `red_flags` read them. Nothing here
computes anything clinical, and no clinical number stands in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

Number: TypeAlias = int | float
Answer: TypeAlias = int | float | str | None

Ship = Literal["full_text", "own_wording", "score_entry", "link_out"]
ScoringKind = Literal[
    "single_items",
    "sum",
    "mean",
    "single",
    "keyed_count",
    "answered",
    "criteria",
    "criteria_entered",
    "goal_attainment",
    "entered",
]
MissingRuleName = Literal[
    "all_required", "prorate", "answered_only", "scored_items_required", "items_required", "each_alone"
]


@dataclass(frozen=True, slots=True)
class Source:
    """One work the content rests on; `read` says how much of it was read."""

    id: str
    citation: str
    read: str
    doi: str | None = None
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a closed list, as stored and as shown."""

    id: str
    label: str
    hint: str = ""


# --- instruments --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    value: int | str
    label: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `point_if` is the answer that scores in a keyed count; "none" means that it never scores."""

    id: str
    text: str
    options: tuple[Option, ...] = ()
    anchors: tuple[tuple[str, str], ...] = ()
    point_if: str | None = None
    safety_from: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """What one answer may be: a whole number in a range, a step of a range, one of some words, or anything."""

    type: Literal["integer", "step", "choice", "any"]
    minimum: Number | None = None
    maximum: Number | None = None
    step: Number | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingRule:
    """The rule for items without an answer. `up_to` items may be missing and are replaced by the mean of the others,
    except those in `never_imputed`."""

    rule: MissingRuleName
    up_to: int = 0
    never_imputed: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of totals that begins at `lowest` and ends where the next one begins."""

    lowest: Number
    label: str
    source: str
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    holder: str
    reproduce_text: str
    statement: str = ""
    attribution: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryField:
    """A figure that is copied from a licensed form."""

    id: str
    label: str
    type: Literal["number", "text", "yes_no"]
    minimum: Number | None = None
    maximum: Number | None = None


@dataclass(frozen=True, slots=True)
class Cutoff:
    """How totals are read, in the words of the source; the bands are what is computed."""

    value: str
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class ChangeThreshold:
    """How much must lie between two scores to call it a change, in points or in percent of the score before.

    It holds for scores before from `before_from` on and below `before_below`, where those are given.
    """

    way: Literal["better", "worse", "either"]
    label: str
    source: str
    points: Fraction | None = None
    percent: Fraction | None = None
    before_from: Number | None = None
    before_below: Number | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A total of `lowest` or more asks for another instrument."""

    instrument: str
    lowest: Number


@dataclass(frozen=True, slots=True)
class BandFloor:
    """An entered answer that makes the band at least the one that begins at `lowest`, whatever the total."""

    field: str
    answer: str
    lowest: Number


@dataclass(frozen=True, slots=True)
class SymptomSignCriteria:
    """Items that must always hold, and categories of which so many must be reported and so many be seen."""

    always: tuple[str, ...]
    categories: tuple[str, ...]
    symptoms_at_least: int
    signs_at_least: int


@dataclass(frozen=True, slots=True)
class EnteredAlternative:
    """Two entered figures that together meet a criterion; `first_to` is the highest first figure, None for none."""

    first_from: Number
    first_to: Number | None
    second_from: Number


@dataclass(frozen=True, slots=True)
class EnteredCriteria:
    """Criteria of widespread pain, from entered figures (wpi, sss, regions, long_enough)."""

    regions_at_least: Number
    alternatives: tuple[EnteredAlternative, ...]


@dataclass(frozen=True, slots=True)
class GoalLimits:
    """How many goals are rated, and what a weight of importance or difficulty may be."""

    at_most: int
    weight_from: int
    weight_to: int


@dataclass(frozen=True, slots=True)
class GoalConstants:
    """The numbers of goal attainment scaling: T = mean + sd * sum(w x) / sqrt(own * sum(w^2) + shared * sum(w)^2)."""

    mean: Number
    standard_deviation: Number
    own_share: Number
    shared_share: Number


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire, scale or checklist with its scoring, bands and licence."""

    id: str
    name: str
    short_name: str
    ship: Ship
    purpose: str
    licence: Licence
    kind: ScoringKind
    missing: MissingRule
    missing_text: str
    method: str
    items: tuple[Item, ...] = ()
    options: tuple[Option, ...] = ()
    anchors: tuple[tuple[str, str], ...] = ()
    stem: str = ""
    recall: str = ""
    answers_accepted: bool = False
    # Whether the rest may be left out once it cannot change the result.
    may_stop_early: bool = False
    # Why it may, or why it is asked whole.
    stop_early_reason: str = ""
    answer: AnswerRule | None = None
    total_range: tuple[Number, Number] | None = None
    total_is_whole: bool = False
    decimals: int = 0
    total_item: str | None = None
    zero_rest_item: str | None = None
    zero_rest_answer: int = 0
    bands: tuple[Band, ...] = ()
    entry_fields: tuple[EntryField, ...] = ()
    criteria: SymptomSignCriteria | None = None
    entered_criteria: EnteredCriteria | None = None
    goal_constants: GoalConstants | None = None
    goal_limits: GoalLimits | None = None
    direction: str = ""
    group: str = ""
    # Whether a clinic uses it that has chosen nothing.
    default_on: bool = False
    # Which entered figure is the score; empty when there is none.
    total_field: str = ""
    link: str = ""
    cutoffs: tuple[Cutoff, ...] = ()
    change: tuple[ChangeThreshold, ...] = ()
    suggests: Suggestion | None = None
    band_floor: BandFloor | None = None
    freshness_days: int | None = None
    sources: tuple[str, ...] = ()

    @property
    def may_show_items(self) -> bool:
        """Whether the licence lets us print the questions; otherwise only a score from elsewhere is entered."""
        return self.ship in ("full_text", "own_wording")

    @property
    def has_result(self) -> bool:
        """Whether it comes to a total or a verdict; some licensed forms have several scales and no total."""
        return self.kind != "entered" or bool(self.total_field)

    @property
    def takes_answers(self) -> bool:
        """Whether its own questions are answered here; otherwise figures are entered."""
        return self.answers_accepted and self.may_show_items

    @property
    def answer_counts(self) -> tuple[int, ...]:
        """How many answers a complete list has. A symptom-and-sign checklist may be given by its categories alone."""
        if self.criteria is not None:
            return (len(self.criteria.categories), len(self.items))
        return (len(self.items),)


# --- body map -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Region:
    """One area of skin on one side. `level` counts from the digits (1) to the girdle; None when it is not a limb."""

    id: str
    base: str
    side: Literal["left", "right"]
    view: Literal["front", "back"]
    label: str
    area: str
    limb: Literal["upper", "lower"] | None
    level: int | None
    acr_region: str
    trigeminal: str | None


@dataclass(frozen=True, slots=True)
class Territory:
    """The skin of one root or nerve: what counts as its own (`own`) and what is accepted as overlap (`extended`)."""

    id: str
    label: str
    own: frozenset[str]
    extended: frozenset[str]
    single_region_ok: bool = False
    typical_site: str = ""


@dataclass(frozen=True, slots=True)
class BodyMapRules:
    """The numbers of the classification steps, by step; fractions, so that "at least 0.8" means exactly that."""

    length_symmetry: Fraction
    length_leg_level: int
    length_arm_level: int
    length_first_level: int
    length_hands_from_leg_level: int
    hemi_share: Fraction
    hemi_regions: int
    hemi_level: int
    cheiro_hand_level: int
    cheiro_regions: int
    crossed_parts: int
    at_level_symmetry: Fraction
    at_level_bands: int
    below_symmetry: Fraction
    below_proximal_level: int
    below_distal_level: int
    widespread_acr: int
    widespread_regions: int
    widespread_limbs: int
    widespread_limb_level: int
    widespread_mirror: Fraction
    whole_level: int
    whole_nothing_above: int
    hands_shared: int
    hands_symmetry: Fraction
    focal_precision: Fraction
    focal_nerve_coverage: Fraction
    focal_root_coverage: Fraction
    focal_spine_bonus: Fraction
    focal_ambiguous_below: Fraction
    focal_spine_regions: frozenset[str]
    fallback_localized: int
    confidence_high: Fraction
    confidence_moderate: Fraction
    localised_classes: frozenset[str]
    localised_regions: int


@dataclass(frozen=True, slots=True)
class MapCase:
    """One published test of the classifier."""

    id: str
    title: str
    painted: tuple[str, ...]
    expect: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class BodyMap:
    regions: Mapping[str, Region]
    roots: tuple[Territory, ...]
    nerves: tuple[Territory, ...]
    trunk_bands: tuple[tuple[str, frozenset[str]], ...]
    rules: BodyMapRules
    class_labels: Mapping[str, str]
    subclass_labels: Mapping[str, str]
    flag_texts: Mapping[str, str]
    conditions_by_class: Mapping[str, tuple[str, ...]]
    test_cases: tuple[MapCase, ...] = ()

    def __hash__(self) -> int:
        # Tables have no hash. There are few maps, and those that are as large are told apart by what they say.
        return hash((len(self.regions), len(self.roots), len(self.nerves)))

    def label_of(self, territory: str) -> str:
        """The name of a root or nerve, or its id when it is not one that is scored."""
        for candidate in (*self.nerves, *self.roots):
            if candidate.id == territory:
                return candidate.label
        return territory


# --- grading, conditions, tests, red flags ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the four questions of the certainty grading, with the answers it may have."""

    id: str
    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grading:
    criteria: tuple[Criterion, ...]
    grades: tuple[str, ...]
    display: str
    never: tuple[str, ...]
    treatment_gate: str
    trigeminal_variant: str
    sources: tuple[str, ...]
    test_cases: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptor:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign found at the bedside: something that hurts and should not, or a loss."""

    id: str
    label: str
    definition: str = ""
    bedside: str = ""
    fibre: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that may be noted beside a result, with its plausible range."""

    label: str
    minimum: Number
    maximum: Number


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One thing that is tested at the bedside. `gain` is the sign of "more", `loss` that of "less"."""

    id: str
    label: str
    how: str
    gain: str | None = None
    loss: str | None = None
    has_rating: bool = False
    measure: Measure | None = None
    fibre: str = ""


@dataclass(frozen=True, slots=True)
class ProfileCriterion:
    """One thing that a profile asks for: any of the signs, or none of them when `absent`."""

    text: str
    signs: tuple[str, ...]
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """A sensory profile as its published description has it."""

    id: str
    label: str
    text: str
    criteria: tuple[ProfileCriterion, ...]


@dataclass(frozen=True, slots=True)
class SensoryExamination:
    """The bedside examination: its stimuli in order, the reference sites, and the profiles it may resemble."""

    rule: str
    references: tuple[Choice, ...]
    stimuli: tuple[Stimulus, ...]
    profiles: tuple[Profile, ...]
    caution: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeQuestion:
    """A question about timing; `values` is empty for dates and free text."""

    id: str
    type: Literal["choice", "date", "text"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """A confirmatory test. `answers` is the criterion that an abnormal, fitting result speaks for, or empty."""

    id: str
    name: str
    effect_on_grade: str
    answers: str = ""
    confirms: str = ""
    limit: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Laboratory:
    id: str
    name: str
    finds: str
    priority: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RedFlag:
    id: str
    name: str
    urgency: str
    triggers: tuple[str, ...]
    action: str
    sources: tuple[str, ...]
    map_flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Urgency:
    """How soon a red flag asks for action; the lowest `order` is the most urgent."""

    id: str
    label: str
    order: int
    stops_drug_proposals: bool


@dataclass(frozen=True, slots=True)
class SafetyLine:
    """What is shown at once when one answer of a questionnaire reaches `lowest`.

    Without an `item` it is the band that counts: the one that begins at `lowest`, or a worse one.
    """

    id: str
    instrument: str
    item: str
    lowest: Number
    red_flag: str
    protocol: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PainCondition:
    """A cause of the pain."""

    id: str
    name: str
    site: str
    distribution_class: str
    distribution_text: str
    confirm: tuple[str, ...]
    labs: tuple[str, ...]
    instruments: tuple[str, ...]
    red_flags: tuple[str, ...]
    atypical_pointers: str = ""


@dataclass(frozen=True, slots=True)
class Phenotype:
    descriptors: tuple[Descriptor, ...]
    evoked: tuple[Sign, ...]
    negative: tuple[Sign, ...]
    timing: tuple[TimeQuestion, ...]
    # What makes the pain worse and what eases it, by id; "none" is an answer of its own.
    aggravating: tuple[str, ...] = ()
    relieving: tuple[str, ...] = ()
    # Of what makes it worse, what sets off attacks and counts as a sign in trigeminal neuralgia.
    trigeminal_triggers: frozenset[str] = frozenset()


# --- what the rules ask about -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Concept:
    """A state, history or finding that a rule asks about. `closed_by` says which reviewed list makes silence a no."""

    id: str
    label: str
    kind: str
    ask: str
    closed_by: tuple[str, ...]
    derived: bool
    freshness_days: int | None = None


@dataclass(frozen=True, slots=True)
class AssessmentContent:
    """Everything the assessment reads from `knowledge/`, loaded once. `version` is that of the instrument file."""

    version: int
    instruments: Mapping[str, Instrument]
    body_map: BodyMap
    grading: Grading
    phenotype: Phenotype
    examination: SensoryExamination
    tests: Mapping[str, Test]
    labs: Mapping[str, Laboratory]
    red_flags: Mapping[str, RedFlag]
    urgencies: Mapping[str, Urgency]
    safety_lines: tuple[SafetyLine, ...]
    conditions: Mapping[str, PainCondition]
    sources: Mapping[str, Source]
    goal_constants: GoalConstants
    core_every_visit: tuple[str, ...]
    core_baseline: tuple[str, ...]
    concepts: Mapping[str, Concept] = field(default_factory=dict)
    preferences: tuple[Choice, ...] = ()
