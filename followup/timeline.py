"""Where everything on the follow-up picture goes: dated scores, doses and events to coordinates. Pure.

One time axis for all panels. A line is broken where nothing is known for more than `GAP`, and the gap is drawn as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import wrap

WIDTH = 720
LEFT, RIGHT = 28, 16
# Heights: two panels, the bars of a medicine with room for their labels, those of a therapy, events, the axis, a line
# of words that names a strip, and the space between two strips.
PANEL, SMALL_PANEL, DOSES, COURSE, EVENTS, AXIS, HEAD, SPACE = 110, 64, 34, 10, 20, 26, 17, 12
GAP = timedelta(days=60)
DAY = timedelta(days=1)
# Room that words need: a letter, and a date or a month with its year. Names longer than a line are broken.
LETTER, DATE, LINE = 7, 66, 96
# Up to so many days the axis counts weeks from its beginning, and above them months.
WEEKS_UP_TO, MOST_TICKS = 200, 8
TONES = ("critical", "warning")


@dataclass(frozen=True, slots=True)
class Score:
    """One value of a day."""

    on: date
    value: float
    text: str = ""


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
    on: date


@dataclass(frozen=True, slots=True)
class Mark:
    """What happened on one day; `label` is empty where the words would run into the next mark."""

    x: float
    text: str
    on: date
    tone: str
    label: str


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
    title_y: float
    top: float
    bottom: float
    grid: tuple[tuple[float, int], ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    gaps: tuple[Rect, ...]
    goal_y: float | None
    goal_words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One treatment as bars whose height is the dose, under its whole name in one line or more."""

    name: str
    words: tuple[tuple[float, str], ...]
    bars: tuple[Rect, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A date on the axis, and which of its parts stand there (a format of Django's `date` filter)."""

    x: float
    label: date
    form: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing."""

    width: int
    height: float
    left: float
    right: float
    panels: tuple[Panel, ...]
    lanes: tuple[Lane, ...]
    events: tuple[Mark, ...]
    events_title_y: float
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
    goal_words: str = "",
) -> Picture:
    """Lay out the drawing; `goal` is the pain score that is hoped for. Everything after `today` is planned."""
    days = [score.on for score in (*pain, *function)] + [event.on for event in events]
    days += [dose.starts for treatment in treatments for dose in treatment.doses] + [today]
    first = min(days)
    last = max([*days, today + 14 * DAY, first + 28 * DAY])
    scale = _Scale(first, last)
    top = 0.0
    panels = []
    for title, scores, height, wanted in ((titles[0], pain, PANEL, goal), (titles[1], function, SMALL_PANEL, None)):
        panels.append(_panel(title, scores, top, height, wanted, goal_words, scale))
        top = panels[-1].bottom + SPACE
    lanes = []
    for treatment in treatments:
        lane, top = _lane(treatment, top, scale, last)
        lanes.append(lane)
    events_top, events_bottom = top + HEAD, top + HEAD + EVENTS
    axis_y = events_bottom + 4
    return Picture(
        width=WIDTH,
        height=axis_y + AXIS,
        left=LEFT,
        right=WIDTH - RIGHT,
        panels=tuple(panels),
        lanes=tuple(lanes),
        events=_marks(events, scale),
        events_title_y=top + HEAD - 5,
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


def _panel(
    title: str,
    scores: Sequence[Score],
    start: float,
    height: float,
    goal: float | None,
    goal_words: str,
    scale: _Scale,
) -> Panel:
    top = start + HEAD + 6

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
        title_y=start + 11,
        top=top,
        bottom=top + height,
        grid=tuple((y(value), value) for value in (0, 5, 10)),
        lines=tuple(" ".join(f"{scale.x(s.on)},{y(s.value)}" for s in run) for run in runs if len(run) > 1),
        dots=tuple(
            Dot(scale.x(score.on), y(score.value), score.text or f"{score.value:g}", score.on) for score in ordered
        ),
        gaps=tuple(gaps),
        goal_y=None if goal is None else y(goal),
        goal_words=goal_words,
    )


def _marks(events: Sequence[Event], scale: _Scale) -> tuple[Mark, ...]:
    """One mark a day, in the gravest tone of that day."""
    days: dict[date, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.on):
        days.setdefault(event.on, []).append(event)
    places = [scale.x(day) for day in days]
    marks = []
    for (day, together), x, end in zip(days.items(), places, [*places, WIDTH][1:], strict=True):
        text = "; ".join(dict.fromkeys(event.text for event in together))
        tone = next((tone for tone in TONES if any(event.tone == tone for event in together)), "")
        marks.append(Mark(x, text, day, tone, text if end - x > LETTER * (len(text) + 1) else ""))
    return tuple(marks)


def _lane(treatment: Treatment, top: float, scale: _Scale, last: date) -> tuple[Lane, float]:
    """The bars of a treatment, and where the next strip begins."""
    highest = max((dose.amount for dose in treatment.doses), default=0)
    lines = wrap(treatment.name, LINE) or [""]
    words = tuple((top + HEAD * (number + 1) - 5, line) for number, line in enumerate(lines))
    floor = top + HEAD * len(lines) + (DOSES if highest else COURSE)
    # Over the tallest bar there is room for its dose.
    room = DOSES - 14 if highest else COURSE
    bars = []
    for dose in treatment.doses:
        left, right = scale.x(dose.starts), scale.x(min(dose.ends, last))
        height = round(max(dose.amount / highest if highest else 1, 0.18) * room, 1)
        if right > left:
            label = _label(dose, right - left)
            text = f"{treatment.name} {dose.amount:g} {dose.unit}".strip() if dose.amount else treatment.name
            bars.append(Rect(left, round(floor - height, 1), round(right - left, 1), height, text, label))
    return Lane(treatment.name, words, tuple(bars)), floor + SPACE


def _label(dose: Dose, room: float) -> str:
    """The dose over its bar, with its unit; nothing where the next one would be written over."""
    words = f"{dose.amount:g} {dose.unit}".strip() if dose.amount else ""
    return words if room > LETTER * len(words) else ""


def _ticks(first: date, last: date, scale: _Scale) -> tuple[Tick, ...]:
    """Every week or few weeks from the beginning; over a long time the first of each month, or of every few."""
    days = (last - first).days
    if days <= WEEKS_UP_TO:
        step = next(step for step in (7, 14, 28) if step == 28 or days <= step * MOST_TICKS)
        found = [first + number * DAY for number in range(0, days + 1, step)]
        ticks = [Tick(scale.x(day), day, "j M" if number else "j M Y") for number, day in enumerate(found)]
    else:
        months = (last.year - first.year) * 12 + last.month - first.month
        every = max(1, -(-months // MOST_TICKS))
        starts = [first.month - 1 + number for number in range(1, months + 1) if number % every == 0]
        firsts = [date(first.year + month // 12, month % 12 + 1, 1) for month in starts]
        ticks = [Tick(scale.x(day), day, "M Y") for day in firsts]
    return tuple(tick for tick in ticks if LEFT <= tick.x <= WIDTH - DATE)
