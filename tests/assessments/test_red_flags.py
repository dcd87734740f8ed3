"""Red flags: urgency, what stops drug proposals, what asks about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.content import assessment_content
from assessments.record import AssessmentRecord, InstrumentRecord
from assessments.red_flags import report, safety_lines
from assessments.summary import summarise
from rules.truth import Truth

CONTENT = assessment_content()
TODAY = dt.date(2026, 3, 3)
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
    lines = safety_lines({"phq9": [0] * 8 + [1]}, CONTENT)
    prompted = report(given_, CONTENT, map_flags=["saddle_region_cauda_equina"], lines=lines)
    assert [(f.flag.id, f.answer) for f in plain.findings] == [(f.flag.id, f.answer) for f in prompted.findings]
    asked = {finding.flag.id for finding in prompted.findings if finding.prompted_by}
    assert asked == {"rf_ces", "rf_suicide"}


def test_item_nine_shows_the_safety_line_whatever_the_total() -> None:
    (line,) = safety_lines({"phq9": [None] * 8 + [1]}, CONTENT)
    assert line.red_flag == "rf_suicide"
    assert safety_lines({"phq9": [3] * 8 + [0]}, CONTENT) == ()
    assert safety_lines({"phq9": [3] * 8 + [None]}, CONTENT) == ()


@pytest.mark.parametrize(
    ("level", "behaviour", "alarming"),
    [(3, "", False), (3, "no", False), (4, "", True), (6, "no", True), (0, "yes", True), (None, "yes", True)],
)
def test_a_high_band_of_the_suicide_screener_asks_for_the_same_as_item_nine(
    level: int | None, behaviour: str, *, alarming: bool
) -> None:
    entered = {"highest_level": str(level)} if level is not None else {}
    entered |= {"behaviour_recent": behaviour} if behaviour else {}
    screener = InstrumentRecord("cssrs_screener", TODAY, total=level, entered=entered)
    record = AssessmentRecord(uuid4(), uuid4(), "draft", TODAY, instruments={screener.id: screener})
    summary = summarise(record, CONTENT)
    wanted = {("safety_protocol", "phq9_item9_followup"), ("safety_flag", "rf_suicide")} if alarming else set()
    found = [(point.kind, point.what) for point in summary.open if point.kind.startswith("safety_")]
    assert set(found) == wanted
    assert {finding.flag.id for finding in summary.red_flags.asked_for} == ({"rf_suicide"} if alarming else set())
    # Both at once ask once.
    phq9 = InstrumentRecord("phq9", TODAY, answers=(0,) * 8 + (1,))
    both = replace(record, instruments={screener.id: screener, "phq9": phq9})
    kinds = [point.kind for point in summarise(both, CONTENT).open]
    assert (kinds.count("safety_protocol"), kinds.count("safety_flag")) == (1, 1)


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(KeyError, match="rf_nothing"):
        report({"rf_nothing": Truth.YES}, CONTENT)
