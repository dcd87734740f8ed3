"""The pen of the body figure: through every point, smooth, and the same line from both sides of a border."""

from __future__ import annotations

import cmath
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.curves import area, backwards, border, mirrored, path_data, smooth

numbers = st.integers(-50, 50)
points = st.lists(st.builds(complex, numbers, numbers), min_size=2, max_size=9).filter(
    lambda many: all(one != other for one, other in pairwise(many))
)


def square(left: float) -> tuple:
    corners = [complex(left, 0), complex(left + 10, 0), complex(left + 10, 10), complex(left, 10), complex(left, 0)]
    return tuple(smooth(corners[n : n + 2])[0] for n in range(4))


@given(points)
def test_a_line_runs_through_its_points_and_turns_without_a_corner(many: list[complex]) -> None:
    line = smooth(many)
    assert [line[0].start, *(segment.end for segment in line)] == many
    for before, after in pairwise(line):
        into, out = before.end - before.arrive, after.leave - after.start
        if abs(into) > 1e-6 and abs(out) > 1e-6:
            assert abs(cmath.phase(out / into)) < 1e-6


def test_two_points_make_a_straight_line() -> None:
    (segment,) = smooth([0j, 30 + 30j])
    assert segment.at(0.5) == pytest.approx(15 + 15j)
    assert abs((segment.leave / (1 + 1j)).imag) < 1e-9


def test_points_of_a_circle_make_nearly_a_circle() -> None:
    line = smooth([cmath.rect(100, math.radians(degrees)) for degrees in range(0, 361, 45)])
    assert all(abs(abs(segment.at(0.5)) - 100) < 0.5 for segment in line)


@pytest.mark.parametrize("many", [[], [1j], [1j, 1j]])
def test_fewer_than_two_different_points_are_refused(many: list[complex]) -> None:
    with pytest.raises(ValueError, match="two points"):
        smooth(many)


def test_the_area_is_signed_by_the_direction() -> None:
    assert area(square(0)) == pytest.approx(100)
    assert area(backwards(square(0))) == pytest.approx(-100)
    assert area(mirrored(square(0))) == pytest.approx(-100)


def test_the_border_of_two_neighbours_leaves_out_what_they_share() -> None:
    (loop,) = border([square(0), square(10)])
    assert len(loop) == 6
    assert area(loop) == pytest.approx(200)


def test_areas_that_do_not_touch_have_a_border_each() -> None:
    assert len(border([square(0), square(30)])) == 2


def test_a_path_is_closed_only_when_its_line_is() -> None:
    assert path_data([smooth([0j, 3 + 0j])]) == "M0 0c1 0 2 0 3 0"
    assert path_data([square(0)]).endswith("Z")
    assert path_data([smooth([-1.5 + 0.26j, 0.76j])], shift=2) == "M.5 .3c.5 .1 1 .3 1.5 .5"
