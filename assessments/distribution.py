"""Which anatomical pattern the marked skin resembles, step by step as `knowledge/bodymap.yaml` says. Pure.

Support for judgement, not a diagnosis: only a clinician's confirmation may feed the second grading criterion. The
thresholds come from the body map file; arithmetic is in fractions, so that "at least 0.8" means exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from assessments.definitions import BodyMap, Region, Territory
from rules.truth import AND, Truth

Side = Literal["left", "right", "bilateral"]
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")

# The class of marks that match no known pattern.
NO_PATTERN = "non_anatomical_or_mixed"
SADDLE, SADDLE_CHECK, TEMPLE = "perianal", "genital", "temple"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A root or nerve whose territory the marks resemble; `score` from 0 to 1, 1 is a full match."""

    kind: Literal["nerve", "root"]
    id: str
    label: str
    side: Literal["left", "right"]
    score: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """The pattern: its class and subclass, side, best root or nerve, candidates (best first) and flags to ask about.

    `step` names the rule that decided. `confidence` is high, moderate or low; it is None when nothing is marked.
    """

    class_id: str
    step: str
    subclass: str | None = None
    side: Side | None = None
    best: str | None = None
    divisions: tuple[str, ...] = ()
    level: str | None = None
    score: float | None = None
    confidence: Literal["high", "moderate", "low"] | None = None
    candidates: tuple[Candidate, ...] = ()
    flags: tuple[str, ...] = ()


class RegionUnknown(ValueError):
    """A marked region is not on the body map; `regions` names every one that is not."""

    def __init__(self, regions: Iterable[str]) -> None:
        self.regions = tuple(regions)
        super().__init__(f"not on the body map: {', '.join(self.regions)}")


@dataclass(frozen=True, slots=True)
class _Marks:
    """The marked regions, sorted in the ways that the steps ask for."""

    regions: tuple[Region, ...]
    body_map: BodyMap

    def on(self, side: str) -> frozenset[str]:
        """The bases marked on one side."""
        return frozenset(region.base for region in self.regions if region.side == side)

    def limb(self, limb: str, side: str) -> frozenset[str]:
        return frozenset(r.base for r in self.regions if r.limb == limb and r.side == side)

    def levels(self, limb: str, side: str) -> frozenset[int]:
        return frozenset(r.level for r in self.regions if r.limb == limb and r.side == side and r.level is not None)

    def any_area(self, *areas: str) -> bool:
        return any(region.area in areas for region in self.regions)

    @property
    def sides(self) -> tuple[Literal["left", "right"], ...]:
        return tuple(side for side in SIDES if self.on(side))

    @property
    def side(self) -> Side:
        return self.sides[0] if len(self.sides) == 1 else "bilateral"

    @property
    def mirror_symmetry(self) -> Fraction:
        return _jaccard(self.on("left"), self.on("right"))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> Fraction:
    return Fraction(len(a & b), len(a | b)) if a | b else Fraction(1)


def _contiguous(levels: frozenset[int], first_at_most: int) -> bool:
    """Whether the marked levels of a limb start at the digits and have no gap."""
    return min(levels) <= first_at_most and levels == frozenset(range(min(levels), max(levels) + 1))


def classify(painted: Iterable[str], body_map: BodyMap) -> Distribution:
    """Return the pattern that the marked region ids resemble. Raises RegionUnknown for ids that are not on the map."""
    return _classified(frozenset(painted), body_map)


@lru_cache(maxsize=1024)
def _classified(ids: frozenset[str], body_map: BodyMap) -> Distribution:
    """The same areas are looked at whenever a patient's facts are worked out."""
    if stray := sorted(ids - body_map.regions.keys()):
        raise RegionUnknown(stray)
    marks = _Marks(tuple(region for region in body_map.regions.values() if region.id in ids), body_map)
    found = next(answer for step in _STEPS if (answer := step(marks)) is not None)
    confidence = found.confidence or (None if not ids else "moderate")
    flags = tuple(dict.fromkeys((*_area_flags(marks), *found.flags)))
    return replace(found, confidence=confidence, flags=flags)


def _area_flags(marks: _Marks) -> tuple[str, ...]:
    """F0: what one marked region asks about, whatever the class."""
    bases = {region.base for region in marks.regions}
    flags = []
    if SADDLE in bases:
        flags.append("saddle_region_cauda_equina")
    elif SADDLE_CHECK in bases:
        flags.append("check_saddle")
    if TEMPLE in bases:
        flags.append("temporal_arteritis_check")
    return tuple(flags)


def _none(marks: _Marks) -> Distribution | None:
    return None if marks.regions else Distribution("none", "R0_none")


def _length_dependent(marks: _Marks) -> Distribution | None:
    rules = marks.body_map.rules
    if any(region.limb is None for region in marks.regions):
        return None
    legs = [marks.limb("lower", side) for side in SIDES]
    leg_levels = [marks.levels("lower", side) for side in SIDES]
    if not (
        all(legs)
        and all(_contiguous(levels, rules.length_first_level) for levels in leg_levels)
        and _jaccard(*legs) >= rules.length_symmetry
        and max(map(max, leg_levels)) <= rules.length_leg_level
    ):
        return None
    arms = [marks.limb("upper", side) for side in SIDES]
    arm_levels = [marks.levels("upper", side) for side in SIDES]
    if not any(arms):
        subclass = "stocking"
    elif (
        all(arms)
        and all(_contiguous(levels, rules.length_first_level) for levels in arm_levels)
        and _jaccard(*arms) >= rules.length_symmetry
        and max(map(max, arm_levels)) <= rules.length_arm_level
    ):
        late = max(map(max, leg_levels)) >= rules.length_hands_from_leg_level
        subclass = "glove_and_stocking" if late else "glove_and_stocking_early_hands"
    else:
        return None
    return Distribution("length_dependent", "A_length_dependent", subclass=subclass, side="bilateral")


def _trigeminal(marks: _Marks) -> Distribution | None:
    divisions = {region.trigeminal for region in marks.regions}
    if None in divisions:
        return None
    flags = ("trigeminal_bilateral_atypical",) if marks.side == "bilateral" else ()
    return Distribution(
        "trigeminal",
        "B_trigeminal",
        side=marks.side,
        divisions=tuple(sorted(division for division in divisions if division is not None)),
        flags=flags,
    )


def _hemisensory(marks: _Marks) -> Distribution | None:
    rules = marks.body_map.rules
    if len(marks.regions) < rules.hemi_regions:
        return None
    for side in SIDES:
        here = [region for region in marks.regions if region.side == side]
        if (
            Fraction(len(here), len(marks.regions)) >= rules.hemi_share
            and marks.limb("upper", side)
            and marks.limb("lower", side)
            and any(r.area in ("head", "trunk") or (r.level or 0) >= rules.hemi_level for r in here)
        ):
            return Distribution("central", "C1_hemisensory", subclass="hemisensory", side=side)
    return None


def _cheiro_oral(marks: _Marks) -> Distribution | None:
    rules = marks.body_map.rules
    face = [r for r in marks.regions if r.trigeminal is not None]
    hand = [r for r in marks.regions if r.limb == "upper" and (r.level or 0) <= rules.cheiro_hand_level]
    if len(marks.sides) == 1 and face and hand and len(face) + len(hand) == len(marks.regions) >= rules.cheiro_regions:
        return Distribution("central", "C2_cheiro_oral", subclass="cheiro_oral", side=marks.side)
    return None


def _crossed(marks: _Marks) -> Distribution | None:
    if len(marks.sides) != len(SIDES):
        return None
    for face_side, body_side in (SIDES, SIDES[::-1]):
        face = [r for r in marks.regions if r.side == face_side]
        body = [r for r in marks.regions if r.side == body_side]
        parts = [
            any(r.limb == "upper" for r in body),
            any(r.limb == "lower" for r in body),
            any(r.area == "trunk" for r in body),
        ]
        if (
            all(r.trigeminal is not None for r in face)
            and all(r.trigeminal is None for r in body)
            and sum(parts) >= marks.body_map.rules.crossed_parts
        ):
            return Distribution("central", "C3_crossed", subclass="crossed_face_body")
    return None


def _at_level(marks: _Marks) -> Distribution | None:
    rules, bands = marks.body_map.rules, marks.body_map.trunk_bands
    bases = {region.base for region in marks.regions}
    painted = [name for name, members in bands if bases & members]
    if (
        bases <= frozenset().union(*(members for _, members in bands))
        and len(marks.sides) == len(SIDES)
        and marks.mirror_symmetry >= rules.at_level_symmetry
        and len(painted) <= rules.at_level_bands
    ):
        return Distribution(
            "central",
            "C4_at_level",
            subclass="spinal_at_level",
            side="bilateral",
            level=painted[0],
            flags=("trunk_band_bilateral",),
        )
    return None


def _below_level(marks: _Marks) -> Distribution | None:
    rules = marks.body_map.rules
    if marks.any_area("head") or any(region.limb == "upper" for region in marks.regions):
        return None
    for side in SIDES:
        levels = marks.levels("lower", side)
        if not levels or max(levels) < rules.below_proximal_level or min(levels) > rules.below_distal_level:
            return None
    if marks.mirror_symmetry < rules.below_symmetry:
        return None
    both = marks.on("left"), marks.on("right")
    bands = (name for name, members in marks.body_map.trunk_bands if all(bases & members for bases in both))
    return Distribution(
        "central",
        "C5_below_level",
        subclass="spinal_below_level",
        side="bilateral",
        level=next(bands, "lumbosacral_or_unknown"),
        flags=("bilateral_legs_or_trunk_level",),
    )


def _widespread(marks: _Marks) -> Distribution | None:
    rules = marks.body_map.rules
    acr = {region.acr_region for region in marks.regions} - {"none"}
    limbs = {
        (region.limb, region.side)
        for region in marks.regions
        if region.limb is not None and (region.level or 0) >= rules.widespread_limb_level
    }
    if not (
        len(acr) >= rules.widespread_acr
        and len(marks.regions) >= rules.widespread_regions
        and ("axial" in acr or len(limbs) >= rules.widespread_limbs)
    ):
        return None
    cord = not marks.any_area("head") and marks.mirror_symmetry >= rules.widespread_mirror and marks.any_area("trunk")
    flags = ("also_consider_spinal_cord",) if cord else ()
    return Distribution("widespread", "D_widespread", side=marks.side, flags=flags)


def _whole_hand_or_foot(marks: _Marks) -> Distribution | None:
    rules = marks.body_map.rules
    for limb, subclass in (("lower", "whole_foot"), ("upper", "whole_hand")):
        distal = frozenset(
            r.base for r in marks.body_map.regions.values() if r.limb == limb and (r.level or 0) <= rules.whole_level
        )
        if len(marks.sides) == 1:
            (side,) = marks.sides
            if marks.on(side) >= distal and all(
                r.limb == limb and (r.level or 0) <= rules.whole_nothing_above for r in marks.regions
            ):
                return Distribution(
                    "localized_regional",
                    "E0_whole_hand_or_foot",
                    subclass=subclass,
                    side=side,
                    candidates=_scored(marks, side),
                )
        elif limb == "upper":
            left, right = marks.on("left"), marks.on("right")
            if (
                left | right <= distal
                and len(left & right) >= rules.hands_shared
                and marks.mirror_symmetry >= rules.hands_symmetry
            ):
                return Distribution(
                    "symmetric_hands_only",
                    "E0_whole_hand_or_foot",
                    side="bilateral",
                    flags=("consider_cervical_cord_or_bilateral_entrapment",),
                )
    return None


def _match(bases: frozenset[str], territory: Territory, coverage_at_least: Fraction, marks: _Marks) -> Fraction | None:
    """The harmonic mean of coverage and precision, or None when either is too low."""
    coverage = Fraction(len(bases & territory.own), len(territory.own))
    precision = Fraction(len(bases & (territory.own | territory.extended)), len(bases))
    if precision < marks.body_map.rules.focal_precision or coverage < coverage_at_least:
        return None
    return 2 * coverage * precision / (coverage + precision)


@dataclass(frozen=True, slots=True)
class _Focal:
    """The best nerves and roots of one side, best first, with exact scores."""

    nerves: tuple[tuple[Fraction, Territory], ...]
    roots: tuple[tuple[Fraction, Territory], ...]


def _focal_lists(marks: _Marks, side: str) -> _Focal:
    rules, bases = marks.body_map.rules, marks.on(side)

    def ranked(territories: Sequence[Territory], coverage: Fraction) -> list[tuple[Fraction, Territory]]:
        kept = [(score, t) for t in territories if (score := _match(bases, t, coverage, marks)) is not None]
        # A larger territory wins a tie; the id settles what is left, so that the answer never depends on file order.
        return sorted(kept, key=lambda pair: (-pair[0], -len(pair[1].own), pair[1].id))

    nerves = ranked(marks.body_map.nerves, rules.focal_nerve_coverage)
    roots = ranked(marks.body_map.roots, rules.focal_root_coverage)
    if len(bases) == 1:
        nerves = [(score, nerve) for score, nerve in nerves if nerve.single_region_ok]
        roots = roots if nerves else []
    if roots and bases & rules.focal_spine_regions:
        best_score, best = roots[0]
        roots[0] = (best_score + rules.focal_spine_bonus, best)
    return _Focal(tuple(nerves), tuple(roots))


def _candidates(focal: _Focal, side: Literal["left", "right"]) -> tuple[Candidate, ...]:
    both: list[tuple[Fraction, Literal["nerve", "root"], Territory]] = [
        *((score, "nerve", nerve) for score, nerve in focal.nerves),
        *((score, "root", root) for score, root in focal.roots),
    ]
    both.sort(key=lambda entry: (-entry[0], entry[1], -len(entry[2].own), entry[2].id))
    return tuple(
        Candidate(kind, territory.id, territory.label, side, round(float(min(score, Fraction(1))), 3))
        for score, kind, territory in both
    )


def _scored(marks: _Marks, side: Literal["left", "right"]) -> tuple[Candidate, ...]:
    return _candidates(_focal_lists(marks, side), side)


@dataclass(frozen=True, slots=True)
class _SideAnswer:
    class_id: str
    best: Territory
    score: Fraction
    candidates: tuple[Candidate, ...]

    @property
    def names_nerve(self) -> bool:
        return self.class_id != "dermatomal"


def _side_answer(marks: _Marks, side: Literal["left", "right"]) -> _SideAnswer | None:
    focal = _focal_lists(marks, side)
    candidates = _candidates(focal, side)
    nerve = focal.nerves[0] if focal.nerves else None
    root = focal.roots[0] if focal.roots else None
    if nerve and root:
        if abs(nerve[0] - root[0]) < marks.body_map.rules.focal_ambiguous_below:
            # The two that cannot be told apart stand first, before other nerves that also fit.
            rivals = {nerve[1].id, root[1].id}
            candidates = tuple(sorted(candidates, key=lambda c: c.id not in rivals))
            return _SideAnswer("ambiguous_root_vs_nerve", nerve[1], nerve[0], candidates)
        if nerve[0] > root[0]:
            return _SideAnswer("mononeuropathy", nerve[1], nerve[0], candidates)
        return _SideAnswer("dermatomal", root[1], root[0], candidates)
    if nerve:
        return _SideAnswer("mononeuropathy", nerve[1], nerve[0], candidates)
    if root:
        return _SideAnswer("dermatomal", root[1], root[0], candidates)
    return None


def _confidence(score: Fraction, body_map: BodyMap) -> Literal["high", "moderate", "low"]:
    if score >= body_map.rules.confidence_high:
        return "high"
    return "moderate" if score >= body_map.rules.confidence_moderate else "low"


def _focal(marks: _Marks) -> Distribution | None:
    answers = [_side_answer(marks, side) for side in marks.sides]
    if len(answers) == 1:
        answer = answers[0]
        if answer is None:
            return None
        return Distribution(
            answer.class_id,
            "E_focal",
            side=marks.side,
            best=answer.best.id,
            score=round(float(min(answer.score, Fraction(1))), 3),
            confidence=_confidence(answer.score, marks.body_map),
            candidates=answer.candidates,
        )
    left, right = answers
    if left is None or right is None:
        return None
    if left.class_id == right.class_id and left.best.id == right.best.id:
        score = min(left.score, right.score)
        subclass = {"mononeuropathy": "bilateral_same_nerve", "dermatomal": "bilateral_same_root"}.get(left.class_id)
        return Distribution(
            left.class_id,
            "E_two_sides",
            subclass=subclass,
            side="bilateral",
            best=left.best.id,
            score=round(float(min(score, Fraction(1))), 3),
            confidence=_confidence(score, marks.body_map),
            candidates=(*left.candidates, *right.candidates),
        )
    if left.names_nerve and right.names_nerve and left.best.id != right.best.id:
        return Distribution(
            "multiple_mononeuropathy",
            "E_two_sides",
            side="bilateral",
            candidates=(*left.candidates, *right.candidates),
            flags=("multiplex_pattern",),
        )
    return None


def _one_side_fallback(marks: _Marks) -> Distribution | None:
    if len(marks.sides) != 1:
        return None
    limbs = {region.limb for region in marks.regions}
    one_limb = len(limbs) == 1 and None not in limbs
    one_area = len({region.area for region in marks.regions}) == 1
    if not (one_limb or one_area):
        return None
    few = len(marks.regions) <= marks.body_map.rules.fallback_localized
    return Distribution("localized" if few else "localized_regional", "E_one_side_fallback", side=marks.side)


def _mixed(marks: _Marks) -> Distribution | None:
    return Distribution(NO_PATTERN, "Z_else", side=marks.side)


# In the order of the file: the first step that answers decides.
_STEPS: tuple[Callable[[_Marks], Distribution | None], ...] = (
    _none,
    _length_dependent,
    _trigeminal,
    _hemisensory,
    _cheiro_oral,
    _crossed,
    _at_level,
    _below_level,
    _widespread,
    _whole_hand_or_foot,
    _focal,
    _one_side_fallback,
    _mixed,
)


@dataclass(frozen=True, slots=True)
class AreaExtent:
    """What decides whether one pain area is localised: its regions and the clinician's word, None when not given."""

    regions: frozenset[str]
    stated: bool | None = None


def localised(areas: Iterable[AreaExtent], body_map: BodyMap) -> Truth:
    """Whether the pain is localised. The clinician's word decides for an area; without it, its pattern and its size.

    Several areas must each be localised and together stay within the limit of one. Unknown without regions and word.
    """
    given = tuple(areas)
    if not given:
        return Truth.UNKNOWN
    answer = Truth.YES
    for area in given:
        answer = AND[answer, _area_localised(area, body_map)]
    together = frozenset().union(*(area.regions for area in given))
    if len(given) > 1 and len(together) > body_map.rules.localised_regions:
        return Truth.NO
    return answer


def _area_localised(area: AreaExtent, body_map: BodyMap) -> Truth:
    if area.stated is not None:
        return Truth.YES if area.stated else Truth.NO
    if not area.regions:
        return Truth.UNKNOWN
    pattern = classify(area.regions, body_map)
    small = len(area.regions) <= body_map.rules.localised_regions
    focal = pattern.class_id in body_map.rules.localised_classes and pattern.side in SIDES
    return Truth.YES if small and focal else Truth.NO
