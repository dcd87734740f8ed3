"""From a dose down to nothing at the pace of the content: falling, never faster, never suddenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from math import ceil

from treatments.plan_doses import DECIMALS, PlannedStep
from treatments.products import Taper, TaperStep
from treatments.rulebook import Agent
from treatments.schedules.calendar import DAYS_A_WEEK, Problem, ProblemKind, Problems, Schedule, build, groups, often
from treatments.schedules.counting import Products, amounts, nearest, portions, split

# Shares of a dose are compared after rounding.
_CLOSE = 1e-9
# Later than any plan: a dose that only rises never begins to fall.
_NEVER = 100_000


class Pace(StrEnum):
    """How fast a medicine is stepped down."""

    USUAL = "usual"
    SLOWER = "slower"
    FASTER = "faster"


def paces(taper: Taper | None) -> tuple[Pace, ...]:
    """The paces that the content has for a medicine."""
    if taper is None:
        return ()
    held = {Pace.USUAL: taper.usual, Pace.SLOWER: taper.slower, Pace.FASTER: taper.faster}
    return tuple(pace for pace, step in held.items() if step is not None)


def pace_for(taper: Taper, used_days: int | None) -> Pace:
    """The pace to propose: slower after long use, and where nobody knows for how long it was used."""
    after = taper.slower_after_days
    is_long = after is not None and (used_days is None or used_days >= after)
    return Pace.SLOWER if is_long and taper.slower is not None else Pace.USUAL


def taper(
    agent: Agent, current: PlannedStep, *, pace: Pace | None = None, used_days: int | None = None
) -> Schedule | Problems:
    """The steps from the current dose to the end, the first lower dose on day 0.

    `used_days` is how long the medicine was taken (None: not known); it chooses the pace where none is asked for. A
    step takes away what the pace allows; where products only make more, it lasts the longer for it, so that the dose
    never falls faster than the content has it. What is at its last dose is held for one interval and then ends.
    """
    rule = agent.taper
    if rule is not None and rule.usual is None and not rule.required:
        return (Problem(ProblemKind.MAY_STOP, agent.id),)
    way = _way_down(agent, current, pace, used_days)
    if not isinstance(way, _Down):
        return way
    steps, ends_on = way.steps()
    if not steps or rule is None:
        return _not_made(agent, current)
    return build(agent, steps, max(ends_on, ceil(rule.min_weeks * DAYS_A_WEEK)))


def lowered(agent: Agent, current: PlannedStep, to: float, *, used_days: int | None = None) -> Schedule | Problems:
    """The steps from the current dose to the highest that is at most `to` a day, the first lower dose on day 0.

    It goes down as in `taper`, and at once where the content says that the medicine may be stopped at once.
    """
    rule = agent.taper
    if rule is not None and rule.usual is None and not rule.required:
        for products in groups(agent):
            way = _Down(agent, products, rule, TaperStep(1, current.per_day), current, to)
            if way.least > 0:
                return build(agent, way.steps()[0])
        return _not_made(agent, current)
    found = _way_down(agent, current, None, used_days, to)
    if not isinstance(found, _Down):
        return found
    return build(agent, found.steps()[0]) if found.least > 0 else _not_made(agent, current)


def _not_made(agent: Agent, current: PlannedStep) -> Problems:
    near = tuple(sorted({each for group in groups(agent) for each in nearest(current.per_dose, group)}))
    unit = agent.products[0].unit
    return (Problem(ProblemKind.NOT_BUILDABLE, agent.id, unit, 0, current.per_dose, near),)


Way = tuple[list[PlannedStep], int]


def _way_down(
    agent: Agent, current: PlannedStep, pace: Pace | None, used_days: int | None, to: float = 0.0
) -> _Down | Problems:
    """The way down in the preferred products that make steps as small as the pace has them.

    Where none do, in the preferred ones that make the current dose, or failing that anything at all.
    """
    rule = agent.taper
    if rule is None or rule.usual is None:
        return (Problem(ProblemKind.NO_TAPER, agent.id),)
    if not agent.products:
        return (Problem(ProblemKind.NO_PRODUCT, agent.id),)
    if current.per_day <= 0:
        return (Problem(ProblemKind.NO_DOSE, agent.id),)
    chosen = pace or pace_for(rule, used_days)
    step = {Pace.USUAL: rule.usual, Pace.SLOWER: rule.slower, Pace.FASTER: rule.faster}[chosen]
    if step is None:
        return (Problem(ProblemKind.NO_OTHER_PACE, agent.id),)
    ways = [_Down(agent, products, rule, step, current, to) for products in groups(agent)]
    making = [way for way in ways if way.makes_current] or ways
    return next((way for way in making if way.keeps_pace), making[0])


class _Down:
    """The way down from one dose in some products: to the end, or to the highest dose that is at most `to`."""

    def __init__(
        self, agent: Agent, products: Products, rule: Taper, step: TaperStep, current: PlannedStep, to: float = 0.0
    ) -> None:
        self._products, self._rule, self._step, self._current = products, rule, step, current
        most = agent.dosing.max_single_dose if agent.dosing else None
        self._often = often(agent, current.times_per_day)
        # Whoever takes more than so many of the largest single dose comes down from there and does not fall.
        self._most = (None,) if most is None else (most, max(most, current.per_day / self._often[-1]))
        made = [0.0, *(each for each in amounts(self._products, current.per_day) if self._split(each))]
        # Where the way ends: 0, or the dose that is taken from then on.
        self.least = max(each for each in made if each <= round(to, DECIMALS))
        self._lower = [each for each in made if each >= self.least]

    @property
    def makes_current(self) -> bool:
        """Whether the products make the doses of now."""
        doses = self._current.doses or (self._current.per_dose,)
        return all(portions(round(dose, DECIMALS), self._products) for dose in doses)

    @property
    def keeps_pace(self) -> bool:
        """Whether no step takes away more than the pace has it."""
        doses = [self._current.per_day, *(step.per_day for step in self.steps()[0]), self.least]
        return all(higher - lower <= self._whole(higher) + _CLOSE for higher, lower in pairwise(doses))

    def _split(self, per_day: float) -> tuple[float, ...] | None:
        """The doses of a day, as many as now, or more where the largest single dose asks for it; None: no such day.

        What is measured is measured alike each time: unequal ones are mixed up.
        """
        for most in self._most:
            for times in self._often if most is not None else self._often[:1]:
                doses = split(per_day, times, self._products, most)
                is_mixed = self._products[0].is_liquid and doses is not None and doses != (doses[0],) * times
                if doses is not None and not is_mixed:
                    return doses
        return None

    def steps(self) -> Way:
        """The steps, and the day on which the way is over; no steps where no dose can be made."""
        found: list[PlannedStep] = []
        day, dose = 0, self._current.per_day
        while True:
            following = self._next(dose)
            if following <= self.least:
                break
            found.append(self._planned(day, following))
            day, dose = day + self._hold(dose - following, dose), following
        if self.least > 0:
            return [*found, self._planned(day, self.least)], day
        if not found and (held := self._held()) is not None:
            return [held], self._hold(held.per_day, held.per_day)
        return found, day

    def _held(self) -> PlannedStep | None:
        """The current dose, or the next below it that can be made, where there is nothing lower to go through."""
        if self._current.times_per_day < 1 or self.makes_current:
            return replace(self._current, day=0)
        return self._planned(0, self._lower[-1]) if self._lower[-1] > 0 else None

    def _planned(self, day: int, per_day: float) -> PlannedStep:
        doses = self._split(per_day)
        assert doses is not None
        return PlannedStep.of_doses(day, doses)

    def _next(self, dose: float) -> float:
        """The dose after this one: as low as the pace allows, else the next one below that can be made."""
        floor = dose - _allowed(self._rule, self._step, dose)
        if self._rule.tail_below is not None and dose > self._rule.tail_below:
            # The small steps of the end begin where they are to begin.
            floor = max(floor, min(self._rule.tail_below, dose))
        below = [each for each in self._lower if each < dose - _CLOSE]
        inside = [each for each in below if each >= floor - _CLOSE]
        return min(inside) if inside else max(below)

    def _whole(self, dose: float) -> float:
        return _whole(self._rule, self._step, dose, self._current.per_day)

    def _hold(self, drop: float, dose: float) -> int:
        """For how many days the next dose is held after a drop from this one."""
        return _intervals(drop, self._whole(dose)) * self._step.every_days


def _allowed(rule: Taper, pace: TaperStep, dose: float) -> float:
    """How much a step may take away from this dose."""
    if rule.tail_by is not None and rule.tail_below is not None and dose <= rule.tail_below:
        return min(rule.tail_by, _of_top(pace, dose))
    return _of_top(pace, dose)


def _whole(rule: Taper, pace: TaperStep, dose: float, top: float) -> float:
    """What one interval may take away from this dose on the way down from `top`.

    A share counts of the dose at the beginning here: of the dose of that time the end would never come.
    """
    return _allowed(rule, pace, dose) if pace.percent is None else _of_top(pace, top)


def _intervals(drop: float, whole: float) -> int:
    return max(1, ceil(drop / whole - _CLOSE))


def longest_interval(rule: Taper | None) -> int | None:
    """The days between two steps of the slowest pace; None where the content has no pace."""
    if rule is None or rule.usual is None:
        return None
    return max(pace.every_days for pace in (rule.usual, rule.slower, rule.faster) if pace is not None)


def longest_hold(agent: Agent, dose: float, top: float) -> int | None:
    """For how many days the slowest pace holds a dose on the way down from `top`; None where the content has no pace.

    Where the smallest amount of the products is more than one interval takes away, as many intervals as it takes.
    """
    rule = agent.taper
    if rule is None or rule.usual is None:
        return None
    least = min((made[0] for group in groups(agent) if (made := amounts(group, dose)[:1])), default=0.0)
    return max(
        pace.every_days * _intervals(least, _whole(rule, pace, dose + least, top))
        for pace in (rule.usual, rule.slower, rule.faster)
        if pace is not None
    )


def ends_abruptly(
    agent: Agent, steps: Sequence[PlannedStep], ends_on: int | None, *, current: float | None = None
) -> bool:
    """Whether an end on this day (counted from the start; None: it goes on) stops suddenly what must be tapered.

    It does where the last dose before the end is more than one step of the quickest pace and not the smallest that
    there is (see `_ends_from`), or is held for less than an interval, where the way down is shorter than the content
    asks for, or where a step of it falls faster than the quickest pace. `current` is the dose of a day before the first
    step (None: not known). Where no dose is entered nobody knows that it is stepped down.
    """
    rule = agent.taper
    if ends_on is None or rule is None or not rule.required:
        return False
    taken = [step for step in steps if step.day < ends_on]
    if not taken:
        return True
    paces_of = [step for step in (rule.usual, rule.faster) if step is not None]
    last = taken[-1]
    is_low = last.per_day <= _ends_from(agent, paces_of, last, _last_way(taken, current)[2]) + _CLOSE
    is_held = ends_on - last.day >= min((step.every_days for step in paces_of), default=0)
    is_short = ends_on - _falls_from(taken) < rule.min_weeks * DAYS_A_WEEK
    return not (is_low and is_held) or is_short or _falls_too_fast(agent, paces_of, taken, ends_on, current)


def falls_suddenly(agent: Agent, current: float, first: PlannedStep) -> bool:
    """Whether the first dose takes more away from the current dose of a day than one step of the quickest pace does."""
    rule = agent.taper
    if rule is None or not rule.required:
        return False
    most = max((_of_top(pace, current) for pace in (rule.usual, rule.faster) if pace is not None), default=0.0)
    return current - first.per_day > most + _CLOSE and first.per_day < _next_below(agent, current, first) - _CLOSE


@dataclass(frozen=True, slots=True)
class Fall:
    """A dose of a day that falls by more than the quickest pace lets it, on a day counted from the start."""

    day: int
    before: float
    after: float


def sudden_falls(
    agent: Agent, steps: Sequence[PlannedStep], ends_on: int | None = None, *, current: float | None = None
) -> tuple[Fall, ...]:
    """Every fall inside a schedule, and from the dose of now (None: not known) to its first day, that is too fast.

    That is one that takes away more at once than one step of the quickest pace (see `falls_suddenly`), or more in
    several steps than that pace takes away in the time. What comes at the end is for `ends_abruptly`.
    """
    rule = agent.taper
    if rule is None or not rule.required:
        return ()
    quickest = [pace for pace in (rule.usual, rule.faster) if pace is not None]
    found: list[Fall] = []
    before = current
    drops: list[tuple[int, float]] = []
    for step in steps:
        if ends_on is not None and step.day >= ends_on:
            break
        if before is not None and step.per_day < before - _CLOSE:
            drops.append((step.day, before - step.per_day))
            if falls_suddenly(agent, before, step) or not _is_slow(quickest, drops, step.per_day):
                found.append(Fall(step.day, before, step.per_day))
        elif before is not None and step.per_day > before + _CLOSE:
            drops = []
        before = step.per_day
    return tuple(found)


def _is_slow(quickest: Sequence[TaperStep], drops: Sequence[tuple[int, float]], dose: float) -> bool:
    """Whether the falls so far, down to this dose, take away no more in any interval of one pace than its step does."""
    last = drops[-1][0]
    for pace in quickest:
        recent = [drop for day, drop in drops if day > last - pace.every_days]
        # How much a single fall may take away is judged by itself: products may only make more.
        if len(recent) == 1 or sum(recent) <= _of_top(pace, dose + sum(recent)) + _CLOSE:
            return True
    return False


def _of_top(pace: TaperStep, top: float) -> float:
    """What one step of a pace takes away on the way down from `top`."""
    return pace.reduce_by or top * (pace.percent or 0) / 100


def _next_below(agent: Agent, dose: float, step: PlannedStep) -> float:
    """The next lower dose of a day that products make: where that is far, no smaller step can be asked for."""
    found = [dose]
    for group in groups(agent):
        times = step.times_per_day if group[0].is_liquid else 1
        below = [each * times for each in amounts(group, dose / times) if each * times < dose - _CLOSE]
        found.append(max(below, default=0.0))
    return min(found)


def _falls_too_fast(
    agent: Agent, paces_of: Sequence[TaperStep], taken: Sequence[PlannedStep], ends_on: int, current: float | None
) -> bool:
    """Whether a step of the last way down takes away more than the quickest pace does in the days that it lasts."""
    way, before, top = _last_way(taken, current)
    for step, end in zip(way, [*(step.day for step in way[1:]), ends_on], strict=True):
        days, drop = end - step.day, before - step.per_day
        is_slow = any(drop <= _of_top(pace, top) * days / pace.every_days + _CLOSE for pace in paces_of)
        is_held = any(days >= pace.every_days for pace in paces_of)
        if (
            drop > _CLOSE
            and not is_slow
            and not (is_held and step.per_day >= _next_below(agent, before, step) - _CLOSE)
        ):
            return True
        before = step.per_day
    return False


def _last_way(taken: Sequence[PlannedStep], current: float | None) -> tuple[Sequence[PlannedStep], float, float]:
    """The steps after the last rise, the dose of a day before them, and the highest of all these."""
    rises = [place for place in range(1, len(taken)) if taken[place].per_day > taken[place - 1].per_day]
    way = taken[rises[-1] :] if rises else taken
    before = way[0].per_day if rises or current is None else current
    return way, before, max(before, way[0].per_day)


def _ends_from(agent: Agent, paces_of: Sequence[TaperStep], last: PlannedStep, top: float) -> float:
    """The highest last dose of a day from which a way down from `top` may end.

    No dose is one share of itself, so by a share it ends at the smallest dose there is; where no products say which
    that is, at that share of the top.
    """
    if not agent.products:
        return max((_of_top(pace, top) for pace in paces_of), default=0.0)
    return max((*(pace.reduce_by or 0.0 for pace in paces_of), _smallest(agent, last)))


def _smallest(agent: Agent, last: PlannedStep) -> float:
    """The smallest dose of a day, as often a day as the last step where it is measured."""
    found = [0.0]
    for group in groups(agent):
        made = amounts(group, last.per_day)[:1]
        found += [made[0] * last.times_per_day if group[0].is_liquid else made[0]] if made else []
    return max(found)


def _falls_from(steps: Sequence[PlannedStep]) -> int:
    """The day from which the dose falls only: 0 where it never rises."""
    rises = [later.day for earlier, later in pairwise(steps) if later.per_day > earlier.per_day]
    if not rises:
        return 0
    falls = [step.day for step in steps if step.day > rises[-1]]
    return falls[0] if falls else _NEVER
