"""The marks in words: nothing lost, whole parts of the body by their name, both sides together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.content import assessment_content
from assessments.figure import body_figure
from assessments.figure_words import MIDDLE, PAIRED, in_words, places

BODY_MAP = assessment_content().body_map
FIGURE = body_figure()


def part(name: str, sides: str = "rl") -> list[str]:
    return [f"{base}_{side}" for base in FIGURE.parts[name] for side in sides]


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        (["heel_r"], ["heel (right)"]),
        (["heel_r", "heel_l"], ["heel (both sides)"]),
        (["heel_l", "knee_front_r"], ["front of knee (right)", "heel (left)"]),
        (part("foot"), ["both feet"]),
        (part("foot", "l"), ["left foot"]),
        ([*part("foot"), *part("lower_leg")], ["both feet and lower legs"]),
        ([*part("foot"), *part("lower_leg"), *part("hand")], ["both feet, lower legs and hands"]),
        ([*part("foot", "r"), *part("lower_leg", "r"), *part("foot", "l")], ["both feet", "right lower leg"]),
        (part("sole"), ["both soles"]),
        (part("leg"), ["both legs"]),
        ([*part("leg", "r"), *part("arm", "l")], ["right leg", "left arm"]),
        (part("face"), ["face"]),
        (part("face", "l"), ["left half of the face"]),
        ([*part("head", "r"), *part("face", "l")], ["right half of the head", "left half of the face"]),
        ([*part("foot", "r"), "heel_l"], ["right foot", "heel (left)"]),
        (part("foot", "r")[:-1], None),
    ],
)
def test_places(regions: list[str], words: list[str] | None) -> None:
    told = places(FIGURE, BODY_MAP, regions)
    if words is None:
        assert "right foot" not in told, "a part of a foot is not a foot"
    else:
        assert told == words


def test_one_sentence_for_each_layer() -> None:
    marks = {"numbness": part("sole"), "pain": [*part("foot"), *part("lower_leg")], "touch_pain": []}
    assert in_words(FIGURE, BODY_MAP, marks) == "Pain: both feet and lower legs. Numbness: both soles."


def test_what_was_amputated_is_said() -> None:
    words = in_words(FIGURE, BODY_MAP, {"pain": ["heel_r"]}, absent=part("foot", "r"))
    assert words == "Pain: heel (right). Amputated: right foot."


def test_nothing_is_said_to_be_nothing() -> None:
    assert in_words(FIGURE, BODY_MAP, {}) == "Nothing is marked."


def test_every_part_of_the_drawing_has_a_name() -> None:
    assert set(FIGURE.parts) == {*PAIRED, *MIDDLE}


def test_an_unknown_region_is_an_error() -> None:
    with pytest.raises(KeyError):
        places(FIGURE, BODY_MAP, ["elbow_l"])


@given(st.sets(st.sampled_from(sorted(BODY_MAP.regions)), min_size=1))
def test_every_region_is_told_once(regions: set[str]) -> None:
    """Leaving one region out changes the words, so none of them is silent."""
    told = places(FIGURE, BODY_MAP, regions)
    assert len(told) == len(set(told))
    for region in regions:
        assert places(FIGURE, BODY_MAP, regions - {region}) != told
