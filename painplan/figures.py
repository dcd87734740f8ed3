"""Where the strokes of the small figures go. Plain geometry: numbers in, coordinates out; no wording and no colours.

Missing values stay missing: a line is broken where a value is unknown, and is never drawn across the gap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Dot:
    """One value of a sparkline: its place, its date and the value itself."""

    x: float
    y: float
    day: date
    value: float


@dataclass(frozen=True)
class Sparkline:
    """A small line without axes. `lines` are the points of one polyline each; `goal_y` is None without a goal."""

    width: int
    height: int
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    goal_y: float | None

    @property
    def last(self) -> Dot | None:
        return self.dots[-1] if self.dots else None


def sparkline(
    points: Sequence[tuple[date, float | None]],
    *,
    low: float,
    high: float,
    goal: float | None = None,
    width: int = 160,
    height: int = 40,
    margin: int = 5,
) -> Sparkline:
    """Place `points` (day, value or None) on a scale from `low` to `high`; time runs to the right in proportion."""
    if high <= low:
        raise ValueError("The top of the scale must be above its bottom.")
    ordered = sorted(points, key=lambda point: point[0])
    first = ordered[0][0] if ordered else None
    span = (ordered[-1][0] - ordered[0][0]).days if ordered else 0

    def place_x(day: date) -> float:
        share = (day - first).days / span if first is not None and span else 1.0
        return round(margin + share * (width - 2 * margin), 1)

    def place_y(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(height - margin - share * (height - 2 * margin), 1)

    lines: list[str] = []
    dots: list[Dot] = []
    run: list[Dot] = []
    for day, value in [*ordered, (date.max, None)]:
        if value is None:
            if len(run) > 1:
                lines.append(" ".join(f"{dot.x},{dot.y}" for dot in run))
            run = []
            continue
        dot = Dot(place_x(day), place_y(value), day, value)
        run.append(dot)
        dots.append(dot)
    return Sparkline(width, height, tuple(lines), tuple(dots), None if goal is None else place_y(goal))


@dataclass(frozen=True)
class Tread:
    """One step of a dose staircase.

    `labelled` is false where its text would run into its neighbour's; `anchor` (start, middle, end) keeps the first and
    the last text inside the figure.
    """

    x: float
    y: float
    right: float
    label_x: float
    label_y: float
    amount: float
    starts: date | None
    labelled: bool
    anchor: str


@dataclass(frozen=True)
class Staircase:
    """A dose schedule as steps of equal width: what happens in which order, not for how long."""

    width: int
    height: int
    floor: float
    day_y: float
    treads: tuple[Tread, ...]
    outline: str


def staircase(
    steps: Sequence[tuple[date | None, float]],
    *,
    step_width: int = 76,
    widest: int = 560,
    height: int = 112,
    head: int = 22,
    foot: int = 22,
    label_width: int = 62,
) -> Staircase:
    """Draw `steps` (first day or None, amount per day) from left to right; the tallest amount fills the height."""
    if not steps:
        return Staircase(step_width, height, height - foot, height - foot / 3, (), "")
    width = min(step_width * len(steps), widest)
    each = width / len(steps)
    every = math.ceil(label_width / each)
    floor = height - foot
    top = max(amount for _, amount in steps) or 1.0
    treads = []
    for position, (starts, amount) in enumerate(steps):
        x = round(position * each, 1)
        y = round(floor - amount / top * (floor - head), 1)
        last = len(steps) - 1
        # The last step is the dose that stays, so its label always stands and pushes away a near neighbour's.
        labelled = position == last or (position % every == 0 and last - position >= every)
        narrow = each < label_width
        anchor = "start" if narrow and position == 0 else "end" if narrow and position == last else "middle"
        label_x = {"start": x, "middle": x + each / 2, "end": x + each}[anchor]
        treads.append(
            Tread(x, y, round(x + each, 1), round(label_x, 1), round(y - 6, 1), amount, starts, labelled, anchor)
        )
    corners = [f"M0,{floor}"]
    corners += [f"L{tread.x},{tread.y} L{tread.right},{tread.y}" for tread in treads]
    corners.append(f"L{width},{floor} Z")
    return Staircase(width, height, floor, round(height - foot / 3, 1), tuple(treads), " ".join(corners))
