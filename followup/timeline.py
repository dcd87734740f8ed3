"""Where everything on the follow-up picture goes: dated scores, doses and events to coordinates. Pure.

One time axis for all panels. A line is broken where nothing is known for more than `GAP`, and the gap is drawn as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH = 720
LEFT, RIGHT = 136, 16
PANEL, SMALL_PANEL, LANE, EVENTS, AXIS, SPACE = 120, 72, 34, 26, 22, 14
GAP = timedelta(days=60)
DAY = timedelta(days=1)
# Room that words need: a letter of a dose, and a month with its year.
LETTER, MONTH = 7, 56


@dataclass(frozen=True, slots=True)
class Score:
    """One value of a day."""

    on: date
    value: float


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose per day from a day until a day (not included)."""

    starts: date
    ends: date
    amount: float
    unit: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """One medicine or therapy with its doses; a therapy has one stretch with amount 0."""

    name: str
    doses: tuple[Dose, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day."""

    on: date
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    text: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Scores from 0 to 10 over time: broken lines, dots, gaps, and the line of the goal."""

    title: str
    top: float
    bottom: float
    middle: float
    grid: tuple[tuple[float, int], ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    gaps: tuple[Rect, ...]
    goal_y: float | None


@dataclass(frozen=True, slots=True)
class Lane:
    """One treatment as bars whose height is the dose."""

    name: str
    text_y: float
    bars: tuple[Rect, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: date


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing."""

    width: int
    height: float
    left: float
    right: float
    panels: tuple[Panel, ...]
    lanes: tuple[Lane, ...]
    events: tuple[Dot, ...]
    events_top: float
    events_bottom: float
    ticks: tuple[Tick, ...]
    axis_y: float
    today_x: float


def picture(
    *,
    pain: Sequence[Score],
    function: Sequence[Score],
    treatments: Sequence[Treatment],
    events: Sequence[Event],
    goal: float | None,
    titles: tuple[str, str],
    today: date,
) -> Picture:
    """Lay out the drawing; `goal` is the pain score that is hoped for. Everything after `today` is planned."""
    days = [score.on for score in (*pain, *function)] + [event.on for event in events]
    days += [dose.starts for treatment in treatments for dose in treatment.doses] + [today]
    first = min(days)
    last = max([*days, today + 14 * DAY, first + 28 * DAY])
    scale = _Scale(first, last)
    top = 12.0
    panels = []
    for title, scores, height, wanted in ((titles[0], pain, PANEL, goal), (titles[1], function, SMALL_PANEL, None)):
        panels.append(_panel(title, scores, top, height, wanted, scale))
        top += height + SPACE
    lanes = []
    for treatment in treatments:
        lanes.append(_lane(treatment, top, scale, last))
        top += LANE
    events_top, events_bottom = top + 4, top + EVENTS
    marks = tuple(Dot(scale.x(event.on), events_bottom, event.text) for event in sorted(events, key=lambda e: e.on))
    axis_y = events_bottom + 4
    return Picture(
        width=WIDTH,
        height=axis_y + AXIS,
        left=LEFT,
        right=WIDTH - RIGHT,
        panels=tuple(panels),
        lanes=tuple(lanes),
        events=marks,
        events_top=events_top,
        events_bottom=events_bottom,
        ticks=_ticks(first, last, scale),
        axis_y=axis_y,
        today_x=scale.x(today),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        share = (min(max(day, self.first), self.last) - self.first).days / max((self.last - self.first).days, 1)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _panel(title: str, scores: Sequence[Score], top: float, height: float, goal: float | None, scale: _Scale) -> Panel:
    def y(value: float) -> float:
        return round(top + height - min(max(value, 0.0), 10.0) / 10 * height, 1)

    ordered = sorted(scores, key=lambda score: score.on)
    runs: list[list[Score]] = []
    gaps = []
    for score in ordered:
        if runs and score.on - runs[-1][-1].on <= GAP:
            runs[-1].append(score)
            continue
        if runs:
            before = scale.x(runs[-1][-1].on)
            gaps.append(Rect(before, top, round(scale.x(score.on) - before, 1), height))
        runs.append([score])
    return Panel(
        title=title,
        top=top,
        bottom=top + height,
        middle=top + height / 2,
        grid=tuple((y(value), value) for value in (0, 5, 10)),
        lines=tuple(" ".join(f"{scale.x(s.on)},{y(s.value)}" for s in run) for run in runs if len(run) > 1),
        dots=tuple(Dot(scale.x(score.on), y(score.value), f"{score.value:g}") for score in ordered),
        gaps=tuple(gaps),
        goal_y=None if goal is None else y(goal),
    )


def _lane(treatment: Treatment, top: float, scale: _Scale, last: date) -> Lane:
    highest = max((dose.amount for dose in treatment.doses), default=0) or 1
    floor, room = top + LANE - 8, LANE - 14
    bars = []
    for dose in treatment.doses:
        left, right = scale.x(dose.starts), scale.x(min(dose.ends, last))
        height = round(max(dose.amount / highest if dose.amount else 0.6, 0.18) * room, 1)
        if right > left:
            label = _label(dose, right - left)
            text = f"{treatment.name} {dose.amount:g} {dose.unit}".strip() if dose.amount else treatment.name
            bars.append(Rect(left, round(floor - height, 1), round(right - left, 1), height, text, label))
    return Lane(treatment.name, floor - 4, tuple(bars))


def _label(dose: Dose, room: float) -> str:
    """The dose over its bar, with its unit; nothing where the next one would be written over."""
    words = f"{dose.amount:g} {dose.unit}".strip() if dose.amount else ""
    return words if room > LETTER * len(words) else ""


def _ticks(first: date, last: date, scale: _Scale) -> tuple[Tick, ...]:
    """The first of each month, or of every second, third … when they would run into each other."""
    months = (last.year - first.year) * 12 + last.month - first.month
    every = max(1, -(-months // 9))
    starts = [first.month - 1 + number for number in range(1, months + 1) if number % every == 0]
    firsts = [date(first.year + month // 12, month % 12 + 1, 1) for month in starts]
    ticks = (Tick(scale.x(day), day) for day in firsts)
    return tuple(tick for tick in ticks if LEFT <= tick.x <= WIDTH - RIGHT - MONTH)
