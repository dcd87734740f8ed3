"""How far the goals of a plan were reached, from the answers of one day. Pure; three-valued.

A goal with numbers is asked for the number, any other for its level; an answer of a level counts for both, so that what
was answered before a goal had numbers stays valid. A goal that was not answered is unknown, never "not reached".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assessments.definitions import GoalConstants
from assessments.scoring import goal_attainment
from treatments.goal_rules import Band, level_reached, weights

LEVEL, REACHED = "goal", "goal_reached"


class Goal(Protocol):
    """What is asked about one goal of a plan; see treatments.plan_record.GoalRecord."""

    @property
    def words(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def measure(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def baseline(self) -> float | None: ...
    @property
    def amount(self) -> float | None: ...
    @property
    def importance(self) -> int | None: ...
    @property
    def difficulty(self) -> int | None: ...
    @property
    def is_numeric(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of the content: its levels, the figures of the T score, and from which T score on goals are met."""

    bands: tuple[Band, ...]
    constants: GoalConstants
    met_from: float


def question_of(goal: Goal) -> str:
    """The id of the question about a goal: the first one has the id that the only goal always had."""
    name = REACHED if goal.is_numeric else LEVEL
    return name if goal.position == 1 else f"{name}:{goal.position}"


def level_of(goal: Goal, answers: Mapping[str, Any], scale: Scale) -> int | None:
    """The level of a goal by the answers of a day; None when it was not answered."""
    place = "" if goal.position == 1 else f":{goal.position}"
    reached, level = answers.get(REACHED + place), answers.get(LEVEL + place)
    if isinstance(reached, int | float) and goal.is_numeric and goal.baseline is not None and goal.amount is not None:
        return level_reached(reached, goal.baseline, goal.amount, scale.bands)
    return level if isinstance(level, int) else None


def t_score(goals: Sequence[Goal], answers: Mapping[str, Any], scale: Scale) -> float | None:
    """The T score of the goals; None without goals, or while one that counts was not answered."""
    levels = [level_of(goal, answers, scale) for goal in goals]
    counted = weights(goals)
    if any(level is None and weight for level, weight in zip(levels, counted, strict=True)):
        return None
    found = goal_attainment(counted, levels, scale.constants)
    return None if found is None else float(found)


def are_met(goals: Sequence[Goal], answers: Mapping[str, Any], scale: Scale) -> bool | None:
    """Whether the goals are met as expected on average; None while what was not answered could still decide it."""
    if not goals:
        return None
    lowest, highest = scale.bands[0].level, scale.bands[-1].level
    ends = {_with(goals, answers, scale, unknown) for unknown in (lowest, highest)}
    return ends.pop() if len(ends) == 1 else None


def _with(goals: Sequence[Goal], answers: Mapping[str, Any], scale: Scale, unknown: int) -> bool | None:
    """The same with one level for every goal that was not answered."""
    known = (level_of(goal, answers, scale) for goal in goals)
    score = goal_attainment(weights(goals), [unknown if level is None else level for level in known], scale.constants)
    return None if score is None else score >= scale.met_from


def asked(goals: Iterable[Goal]) -> list[Goal]:
    """The goals that there is something to ask about, in their order."""
    return [goal for goal in goals if goal.words]
