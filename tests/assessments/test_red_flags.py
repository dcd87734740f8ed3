"""Red flags: urgency, what stops drug proposals, what asks about them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.content import assessment_content
from assessments.red_flags import report, safety_lines
from rules.truth import Truth

CONTENT = assessment_content()
FLAGS = sorted(CONTENT.red_flags)
answers = st.dictionaries(st.sampled_from(FLAGS), st.sampled_from(list(Truth)))


def test_all_fourteen_are_here_with_an_action() -> None:
    assert len(FLAGS) == 14
    assert all(flag.action and flag.triggers and flag.sources for flag in CONTENT.red_flags.values())


@pytest.mark.parametrize(
    ("present", "emergency"),
    [("rf_ces", Truth.YES), ("rf_diabetic_foot", Truth.YES), ("rf_vasculitis", Truth.UNKNOWN)],
)
def test_only_emergencies_stop(present: str, emergency: Truth) -> None:
    assert report({present: Truth.YES}, CONTENT).emergency is emergency


def test_silence_is_unknown_and_all_answered_no_is_no() -> None:
    assert report({}, CONTENT).emergency is Truth.UNKNOWN
    assert report(dict.fromkeys(FLAGS, Truth.NO), CONTENT).emergency is Truth.NO


def test_an_unknown_urgent_flag_does_not_hold_up_the_emergencies() -> None:
    given_ = dict.fromkeys(FLAGS, Truth.NO) | {"rf_vasculitis": Truth.UNKNOWN}
    assert report(given_, CONTENT).emergency is Truth.NO


@given(answers)
def test_every_flag_is_reported_once_and_most_urgent_first(given_: dict[str, Truth]) -> None:
    found = report(given_, CONTENT)
    assert sorted(finding.flag.id for finding in found.findings) == FLAGS
    orders = [finding.urgency.order for finding in found.findings]
    assert orders == sorted(orders)
    assert {f.flag.id for f in found.present} == {flag for flag, answer in given_.items() if answer is Truth.YES}


@given(answers)
def test_a_prompt_asks_and_never_answers(given_: dict[str, Truth]) -> None:
    plain = report(given_, CONTENT)
    prompted = report(
        given_, CONTENT, map_flags=["saddle_region_cauda_equina"], instrument_answers={"phq9": [0] * 8 + [1]}
    )
    assert [(f.flag.id, f.answer) for f in plain.findings] == [(f.flag.id, f.answer) for f in prompted.findings]
    asked = {finding.flag.id for finding in prompted.findings if finding.prompted_by}
    assert asked == {"rf_ces", "rf_suicide"}


def test_item_nine_shows_the_safety_line_whatever_the_total() -> None:
    (line,) = safety_lines({"phq9": [None] * 8 + [1]}, CONTENT)
    assert line.red_flag == "rf_suicide"
    assert safety_lines({"phq9": [3] * 8 + [0]}, CONTENT) == ()
    assert safety_lines({"phq9": [3] * 8 + [None]}, CONTENT) == ()


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(KeyError, match="rf_nothing"):
        report({"rf_nothing": Truth.YES}, CONTENT)
