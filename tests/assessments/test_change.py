"""Two scores beside each other: every threshold at its edge, and what holds for any two scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.change import compare
from assessments.content import assessment_content
from assessments.entered import amount_of

INSTRUMENTS = assessment_content().instruments
FLIPPED = {"better": "worse", "worse": "better"}

STEPS = [
    ("nrs", 7, 5, "no_clear_change"),  # 29 percent
    ("nrs", 10, 7, "better"),  # exactly 30 percent
    ("nrs", 3, 2, "no_clear_change"),  # Below 4 points count, not percent.
    ("nrs", 3, 1, "better"),
    ("nrs", 0, 1, "no_clear_change"),
    ("nrs", 0, 2, "worse"),
    ("nrs", 7, 9, "worse"),
    ("nrs", 7, 8, "no_clear_change"),
    ("nrs", 7, 7, "same"),
    ("peg", 6.0, 4.2, "better"),
    ("peg", 6.0, 4.3, "no_clear_change"),
    ("peg", 3.9, 0.0, "no_threshold"),
    ("peg", 5.0, 9.0, "no_threshold"),  # No source says how much worse is worse.
    ("phq9", 10, 5, "better"),
    ("phq9", 10, 6, "no_clear_change"),
    ("phq9", 10, 15, "worse"),
    ("gad7", 10, 6, "better"),
    ("gad7", 10, 7, "no_clear_change"),
    ("isi", 20, 14, "better"),
    ("isi", 20, 15, "no_clear_change"),
    ("bpi_sf", 5.0, 4.0, "better"),
    ("bpi_sf", 5.0, 4.5, "no_clear_change"),
    ("promis_pf", 40.0, 44.0, "better"),  # Higher is better.
    ("promis_pf", 40.0, 36.0, "worse"),
    ("promis_pi", 60.0, 64.0, "worse"),
    ("fact_gog_ntx", 30.0, 33.6, "no_clear_change"),
    ("fact_gog_ntx", 30.0, 33.68, "better"),
    ("pcs", 30, 26, "no_clear_change"),  # Within the measurement error.
    ("pcs", 30, 25, "better"),
    ("tsk11", 30, 26, "better"),
    ("odi", 40.0, 30.0, "better"),
    ("gas", 50.0, 59.9, "no_clear_change"),
    ("gas", 50.0, 60.0, "better"),
    ("dn4", 8, 2, "no_threshold"),
    ("mnsi_exam", 1.0, 4.0, "no_threshold"),
    ("falls_screen", 0, 3, "no_threshold"),
]


@pytest.mark.parametrize(("instrument", "before", "now", "verdict"), STEPS)
def test_a_step_is_judged_by_the_threshold_of_its_instrument(
    instrument: str, before: float, now: float, verdict: str
) -> None:
    assert compare(INSTRUMENTS[instrument], before, now).verdict == verdict


def test_every_threshold_stands_in_the_table() -> None:
    judged = {name for name, _before, _now, verdict in STEPS if verdict in ("better", "worse")}
    assert judged == {name for name, instrument in INSTRUMENTS.items() if instrument.change}


def test_screening_scores_are_never_judged() -> None:
    screens = [i for i in INSTRUMENTS.values() if i.direction == "higher_more_neuropathic"]
    assert screens and all(not i.change for i in screens)
    thresholds = INSTRUMENTS["phq9"].change
    assert compare(replace(screens[0], change=thresholds), 9, 1).verdict == "no_threshold"


scores = st.integers(0, 100).map(lambda n: n / 10)


@given(st.sampled_from(sorted(INSTRUMENTS)), scores, scores)
def test_better_and_worse_never_point_the_wrong_way(name: str, before: float, now: float) -> None:
    instrument = INSTRUMENTS[name]
    verdict = compare(instrument, before, now).verdict
    gained = now > before if instrument.direction == "higher_better" else now < before
    assert verdict != ("worse" if gained else "better")
    assert (verdict == "same") is (before == now)


@given(st.sampled_from(["phq9", "gad7", "isi", "odi", "promis_pf"]), scores, scores)
def test_there_and_back_is_the_opposite(name: str, before: float, now: float) -> None:
    there, back = (compare(INSTRUMENTS[name], *pair).verdict for pair in ((before, now), (now, before)))
    assert back == FLIPPED.get(there, there)


@given(st.sampled_from(sorted(INSTRUMENTS)), scores, scores, scores)
def test_a_larger_step_the_same_way_is_never_judged_less(name: str, before: float, one: float, two: float) -> None:
    near, far = sorted((one, two), key=lambda now: abs(now - before))
    if (near > before) == (far > before) and near != before:
        judged = compare(INSTRUMENTS[name], before, near).verdict
        if judged in ("better", "worse"):
            assert compare(INSTRUMENTS[name], before, far).verdict == judged


# --- figures of forms that were filled in elsewhere -----------------------------------------------------------------

WIDESPREAD = [
    ({"wpi": "7", "sss": "5", "regions": "4", "long_enough": "yes"}, True),
    ({"wpi": "6", "sss": "9", "regions": "4", "long_enough": "yes"}, True),
    ({"wpi": "6", "sss": "8", "regions": "4", "long_enough": "yes"}, False),
    ({"wpi": "3", "sss": "12", "regions": "5", "long_enough": "yes"}, False),
    ({"wpi": "7", "sss": "5", "regions": "3", "long_enough": "yes"}, False),
    ({"wpi": "7", "sss": "5", "regions": "4", "long_enough": "no"}, False),
    ({"wpi": "7", "sss": "5", "regions": "4"}, None),
    ({"wpi": "7", "regions": "4", "long_enough": "yes"}, None),
    ({"wpi": "3", "regions": "4", "long_enough": "yes"}, False),  # No severity makes up for three areas.
    ({"sss": "4", "regions": "4", "long_enough": "yes"}, False),
    ({"regions": "2"}, False),
    ({}, None),
]


@pytest.mark.parametrize(("figures", "met"), WIDESPREAD)
def test_widespread_pain_criteria(figures: dict[str, str], met: bool | None) -> None:
    assert amount_of(INSTRUMENTS["wpi_sss"], figures).met is met


GOALS = [
    ({"level-1": "0", "level-2": "1", "level-3": "-1"}, 50.0),
    ({"level-1": "1", "importance-1": "3", "level-2": "2"}, 64.6),
    ({"level-1": "1", "importance-1": "1", "difficulty-1": "3", "level-2": "2"}, 64.6),
    ({"level-1": "1", "importance-2": "3"}, 60.0),  # A goal without a rating is left out.
    ({"importance-1": "3", "goal-1": "Walk"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("figures", "total"), GOALS)
def test_goal_attainment_from_rated_goals(figures: dict[str, str], total: Any) -> None:
    assert amount_of(INSTRUMENTS["gas"], figures).total == total


@pytest.mark.parametrize("name", sorted(n for n, i in INSTRUMENTS.items() if i.total_field))
def test_a_form_without_its_total_has_no_total(name: str) -> None:
    instrument = INSTRUMENTS[name]
    others = {field.id: "1" for field in instrument.entry_fields if field.id != instrument.total_field}
    assert amount_of(instrument, others).total is None
    assert amount_of(instrument, {**others, instrument.total_field: "7"}).total == 7
