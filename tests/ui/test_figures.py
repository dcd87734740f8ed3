"""The geometry of the small figures: inside the frame, in order, and never a line across a gap."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painplan.figures import sparkline, staircase

DAY = date(2026, 1, 1)
values = st.one_of(st.none(), st.floats(-5, 15))


def test_a_missing_value_breaks_the_line() -> None:
    points = [(DAY + timedelta(days=n), value) for n, value in enumerate([8, 7, None, 5, 4])]
    figure = sparkline(points, low=0, high=10, goal=3)
    assert len(figure.lines) == 2
    assert len(figure.dots) == 4
    assert figure.last is not None
    assert figure.last.value == 4


def test_a_single_value_between_gaps_is_a_dot_without_a_line() -> None:
    figure = sparkline([(DAY, None), (DAY + timedelta(days=1), 6), (DAY + timedelta(days=2), None)], low=0, high=10)
    assert figure.lines == ()
    assert [dot.value for dot in figure.dots] == [6]


def test_nothing_known_draws_nothing() -> None:
    assert sparkline([], low=0, high=10).last is None


def test_time_runs_in_proportion() -> None:
    figure = sparkline([(DAY, 1), (DAY + timedelta(days=1), 1), (DAY + timedelta(days=10), 1)], low=0, high=10)
    first, second, third = (dot.x for dot in figure.dots)
    assert (third - first) == pytest.approx(10 * (second - first), abs=0.5)


def test_a_scale_without_height_is_refused() -> None:
    with pytest.raises(ValueError, match="top of the scale"):
        sparkline([(DAY, 1)], low=10, high=10)


@given(st.lists(st.tuples(st.integers(0, 400), values), max_size=30))
def test_every_dot_lies_inside_the_frame_and_higher_values_stand_higher(rows: list[tuple[int, float | None]]) -> None:
    figure = sparkline([(DAY + timedelta(days=n), value) for n, value in rows], low=0, high=10)
    assert len(figure.dots) == sum(value is not None for _, value in rows)
    for dot in figure.dots:
        assert 0 <= dot.x <= figure.width
        assert 0 <= dot.y <= figure.height
    for one in figure.dots:
        for other in figure.dots:
            if one.value < other.value:
                assert one.y >= other.y


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=40))
def test_stairs_stay_inside_and_labels_do_not_touch(amounts: list[float]) -> None:
    figure = staircase([(DAY + timedelta(days=7 * n), amount) for n, amount in enumerate(amounts)])
    assert len(figure.treads) == len(amounts)
    assert figure.treads[-1].labelled
    assert figure.treads[-1].right == pytest.approx(figure.width, abs=0.2)
    for tread in figure.treads:
        assert 0 <= tread.y <= figure.floor
    middles = [(tread.x + tread.right) / 2 for tread in figure.treads if tread.labelled]
    assert all(right - left >= 60 for left, right in pairwise(middles))


def test_no_steps_draw_nothing() -> None:
    assert staircase([]).treads == ()
