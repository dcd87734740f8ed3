"""The body-map classifier against its published cases, their mirror images, and what must hold for any painting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.content import assessment_content
from assessments.definitions import MapCase
from assessments.distribution import AreaExtent, Distribution, RegionUnknown, classify, localised
from rules.truth import Truth

BODY_MAP = assessment_content().body_map
REGIONS = sorted(BODY_MAP.regions)
paintings = st.frozensets(st.sampled_from(REGIONS), max_size=30)


def mirrored(region: str) -> str:
    return region[:-1] + {"l": "r", "r": "l"}[region[-1]]


def check(case: MapCase, found: Distribution, *, swapped: bool) -> None:
    expect: dict[str, Any] = dict(case.expect)
    assert found.class_id == expect.pop("class")
    assert set(expect.pop("flags", ())) <= set(found.flags)
    side = expect.pop("side", None)
    if side is not None:
        other = {"left": "right", "right": "left", "bilateral": "bilateral"}
        assert found.side == (other[str(side)] if swapped else side)
    assert list(found.divisions) == expect.pop("divisions", list(found.divisions))
    for key in ("subclass", "best", "level"):
        if key in expect:
            assert getattr(found, key) == expect.pop(key)
    assert not expect, f"the case asks for something that is not compared: {expect}"


def test_all_published_cases_are_here() -> None:
    assert len(BODY_MAP.test_cases) == 45


@pytest.mark.parametrize("case", BODY_MAP.test_cases, ids=lambda case: case.id)
def test_published_case(case: MapCase) -> None:
    check(case, classify(case.painted, BODY_MAP), swapped=False)


@pytest.mark.parametrize("case", BODY_MAP.test_cases, ids=lambda case: case.id)
def test_published_case_after_swapping_left_and_right(case: MapCase) -> None:
    check(case, classify(map(mirrored, case.painted), BODY_MAP), swapped=True)


@given(paintings)
def test_swapping_sides_changes_nothing_but_the_side(painted: frozenset[str]) -> None:
    here, there = classify(painted, BODY_MAP), classify(map(mirrored, painted), BODY_MAP)
    other = {"left": "right", "right": "left", "bilateral": "bilateral", None: None}
    assert (here.class_id, here.subclass, here.best, here.level, here.score, here.divisions, here.confidence) == (
        there.class_id,
        there.subclass,
        there.best,
        there.level,
        there.score,
        there.divisions,
        there.confidence,
    )
    assert set(here.flags) == set(there.flags)
    assert other[here.side] == there.side


@given(paintings)
def test_every_painting_gets_a_known_class_and_known_flags(painted: frozenset[str]) -> None:
    found = classify(painted, BODY_MAP)
    assert found.class_id in BODY_MAP.class_labels
    assert found.subclass is None or found.subclass in BODY_MAP.subclass_labels
    assert set(found.flags) <= set(BODY_MAP.flag_texts)
    assert (found.class_id == "none") == (not painted)


@given(paintings)
def test_saddle_marks_always_raise_the_question(painted: frozenset[str]) -> None:
    found = classify(painted | {"perianal_l"}, BODY_MAP)
    assert "saddle_region_cauda_equina" in found.flags


@given(paintings)
def test_temple_marks_always_raise_the_question(painted: frozenset[str]) -> None:
    assert "temporal_arteritis_check" in classify(painted | {"temple_r"}, BODY_MAP).flags


def test_spine_mark_adds_to_the_best_root() -> None:
    without = classify(["shin_lateral_r", "foot_dorsum_r", "great_toe_web_r"], BODY_MAP)
    with_back = classify(["lumbar_r", "shin_lateral_r", "foot_dorsum_r", "great_toe_web_r"], BODY_MAP)
    assert (without.class_id, with_back.class_id, with_back.best) == ("ambiguous_root_vs_nerve", "dermatomal", "L5")


def test_second_best_candidate_is_shown() -> None:
    found = classify(["shin_lateral_r", "foot_dorsum_r", "toes_lesser_dorsal_r", "great_toe_web_r"], BODY_MAP)
    assert [c.id for c in found.candidates[:2]] == ["common_peroneal", "L5"]
    assert found.confidence == "high"


def test_unknown_region_is_refused_by_name() -> None:
    with pytest.raises(RegionUnknown, match="elbow_l"):
        classify(["knee_front_l", "elbow_l"], BODY_MAP)


LOCALISED = [
    ("no areas", [], Truth.UNKNOWN),
    ("an area without regions or word", [AreaExtent(frozenset())], Truth.UNKNOWN),
    ("the clinician says so", [AreaExtent(frozenset(), True)], Truth.YES),
    ("the clinician's no beats the picture", [AreaExtent(frozenset({"knee_front_l"}), False)], Truth.NO),
    ("a scar on one knee", [AreaExtent(frozenset({"knee_front_l"}))], Truth.YES),
    ("one thoracic root", [AreaExtent(frozenset({"chest_mid_l", "back_mid_l"}))], Truth.YES),
    (
        "the same root on both sides is not one place",
        [AreaExtent(frozenset({"upper_arm_medial_l", "upper_arm_medial_r"}))],
        Truth.NO,
    ),
    (
        "both feet",
        [AreaExtent(frozenset({"toes_plantar_l", "toes_plantar_r", "sole_medial_l", "sole_medial_r"}))],
        Truth.NO,
    ),
    (
        "seven regions of one root are too many",
        [
            AreaExtent(
                frozenset(
                    f"{base}_r"
                    for base in (
                        "lumbar",
                        "buttock_upper",
                        "buttock_lower",
                        "thigh_lateral",
                        "shin_lateral",
                        "foot_dorsum",
                        "great_toe_web",
                    )
                )
            )
        ],
        Truth.NO,
    ),
    (
        "two small places",
        [AreaExtent(frozenset({"knee_front_l"})), AreaExtent(frozenset({"thigh_lateral_r"}))],
        Truth.YES,
    ),
    (
        "one small place and one not described",
        [AreaExtent(frozenset({"knee_front_l"})), AreaExtent(frozenset())],
        Truth.UNKNOWN,
    ),
    (
        "two places that together are too large",
        [
            AreaExtent(frozenset({"lumbar_r", "thigh_lateral_r", "shin_lateral_r", "foot_dorsum_r"}), True),
            AreaExtent(frozenset({"chest_mid_l", "back_mid_l", "chest_upper_l"}), True),
        ],
        Truth.NO,
    ),
]


@pytest.mark.parametrize(("areas", "answer"), [row[1:] for row in LOCALISED], ids=[row[0] for row in LOCALISED])
def test_localised(areas: list[AreaExtent], answer: Truth) -> None:
    assert localised(areas, BODY_MAP) is answer


@given(st.lists(st.builds(AreaExtent, paintings, st.sampled_from([True, False, None])), max_size=3))
def test_localised_is_known_once_every_area_has_regions_or_a_word(areas: list[AreaExtent]) -> None:
    described = bool(areas) and all(area.regions or area.stated is not None for area in areas)
    if described:
        assert localised(areas, BODY_MAP) is not Truth.UNKNOWN
