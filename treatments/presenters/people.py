"""A hundred people as a picture, so many of them counted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_ROWS_OF_DOTS, _DOTS_A_ROW = 5, 20
_STEP, _RADIUS = 10, 3.5


@dataclass(frozen=True, slots=True)
class DotView:
    """One person of the picture: its middle, and whether the treatment makes the difference for this one."""

    x: float
    y: float
    is_counted: bool

    @property
    def left(self) -> float:
        """The left edge of the square that stands for a person who is harmed."""
        return self.x - _RADIUS

    @property
    def top(self) -> float:
        """The top edge of that square."""
        return self.y - _RADIUS


@dataclass(frozen=True, slots=True)
class People:
    """A hundred people, so many of them counted. `text` says the same in words."""

    width: int
    height: int
    radius: float
    side: float
    dots: Sequence[DotView]
    counted: int
    text: str


def people(counted: int, text: str) -> People:
    """The picture of `counted` of 100 people, in rows of twenty. Raises ValueError below 0 and above 100."""
    if not 0 <= counted <= _ROWS_OF_DOTS * _DOTS_A_ROW:
        raise ValueError("Of a hundred people there are 0 to 100.")
    dots = [
        DotView((number % _DOTS_A_ROW + 0.5) * _STEP, (number // _DOTS_A_ROW + 0.5) * _STEP, number < counted)
        for number in range(_ROWS_OF_DOTS * _DOTS_A_ROW)
    ]
    return People(_DOTS_A_ROW * _STEP, _ROWS_OF_DOTS * _STEP, _RADIUS, 2 * _RADIUS, dots, counted, text)
