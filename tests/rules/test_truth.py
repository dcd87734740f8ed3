"""Nine rows for `and`, nine for `or`, three for `not`; and no way to decide by accident."""

from __future__ import annotations

from typing import Any

import pytest

from rules.truth import AND, OR, Truth, and_, from_bool, not_, or_

Y, N, U = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (Y, Y, Y, Y),
        (Y, N, N, Y),
        (Y, U, U, Y),
        (N, Y, N, Y),
        (N, N, N, N),
        (N, U, N, U),
        (U, Y, U, Y),
        (U, N, N, U),
        (U, U, U, U),
    ],
)
def test_the_tables(a: Truth, b: Truth, both: Truth, either: Truth) -> None:
    assert and_(a, b) is AND[a, b] is both
    assert or_(a, b) is OR[a, b] is either
    assert not_(and_(a, b)) is or_(not_(a), not_(b))


@pytest.mark.parametrize(("a", "opposite"), [(Y, N), (N, Y), (U, U)])
def test_not(a: Truth, opposite: Truth) -> None:
    assert not_(a) is opposite


def test_of_nothing_and_of_many() -> None:
    assert (and_(), or_()) == (Y, N)
    assert and_(Y, Y, U, Y) is U
    assert or_(N, U, Y) is Y


@pytest.mark.parametrize("truth", list(Truth))
def test_a_truth_value_refuses_to_be_a_boolean(truth: Truth) -> None:
    with pytest.raises(TypeError, match="three cases"):
        bool(truth)
    with pytest.raises(TypeError):
        assert not truth


def test_what_is_no_truth_value_counts_as_unknown() -> None:
    nothing: Any = None
    assert and_(Truth.YES, nothing) is Truth.UNKNOWN
    assert or_(Truth.NO, nothing) is Truth.UNKNOWN


def test_the_one_bridge_from_two_values() -> None:
    assert (from_bool(True), from_bool(False)) == (Y, N)
