"""How a patient answers between visits, from the course of the story and the time since the plan began. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

from followup.check_in import Answer
from followup.goals import asked, question_of
from painplan.demo_data.story import Course
from treatments.plan_record import GoalRecord

Answers = dict[str, Answer]

# Points that pain falls by once the treatment works, and how many weeks that takes.
_DROP: Final = {
    Course.IMPROVING: (3.6, 5.0),
    Course.PARTIAL: (1.5, 4.0),
    Course.UNCHANGED: (0.2, 4.0),
    Course.WORSE: (-1.6, 4.0),
    Course.SIDE_EFFECTS: (1.2, 3.0),
    Course.ALARMING: (0.8, 4.0),
    Course.SILENT: (0.0, 4.0),
}
# Which part of the way to a goal goes with a level.
_PROGRESS: Final = {-1: 0.4, 0: 1.0, 1: 1.3}
# What makes somebody call the clinic: danger signs, or an effect with how bad it is.
CALLS: Final[Sequence[Answers]] = (
    {"danger_signs": ["rf_mood"], "effects": []},
    {"danger_signs": ["rf_foot"], "effects": []},
    {"danger_signs": [], "effects": ["dizziness"], "grade:dizziness": 3},
    {"danger_signs": ["rf_pregnancy"], "effects": []},
    {"danger_signs": ["rf_urine"], "effects": ["anticholinergic"], "grade:anticholinergic": 2},
)


def answers(course: Course, weeks: float, baseline: int, effects: Sequence[str], draw: Random) -> Answers:
    """What somebody answers so many weeks after the plan began. `effects` are those that the clinic asks about."""
    drop, full = _DROP[course]
    change = drop * min(weeks / full, 1.0)
    pain = _score(baseline - change + draw.choice((-0.6, -0.2, 0, 0.2, 0.6)))
    found: Answers = {
        "danger_signs": [],
        "nrs_average": pain,
        "peg1": pain,
        "peg2": _score(baseline + 0.4 - change * 0.9 + draw.choice((-1, 0, 0, 1))),
        "peg3": _score(baseline - change * 0.8 + draw.choice((-1, 0, 0, 1))),
        "pgic": _impression(baseline - pain),
        "goal": -1 if change < 1 else 0 if change < 3 else 1,
        "adherence": draw.choice((100, 100, 90, 90, 70) if course is not Course.WORSE else (90, 50, 50, 25)),
        "effects": [],
    }
    if draw.random() < 0.5:  # Every question may be left out.
        found["nrs_worst"] = _score(pain + draw.choice((1, 2)))
    troubled = course is Course.SIDE_EFFECTS or (draw.random() < 0.25 and weeks < 6)
    if troubled and effects:
        chosen = draw.sample(list(effects), min(len(effects), 2 if course is Course.SIDE_EFFECTS else 1))
        found["effects"] = chosen
        for effect in chosen:
            found[f"grade:{effect}"] = draw.choice((1, 2, 2)) if course is Course.SIDE_EFFECTS else 1
    return found


def goal_answers(goals: Iterable[GoalRecord], level: int) -> Answers:
    """The answers about the goals of a plan from how it is going: the number that was reached, or the level."""
    found: Answers = {}
    for goal in asked(goals):
        reached: Answer = level
        if goal.is_numeric and goal.baseline is not None and goal.amount is not None:
            reached = round(goal.baseline + _PROGRESS[level] * (goal.amount - goal.baseline), 1)
        found[question_of(goal)] = reached
    return found


def _score(value: float) -> int:
    return max(0, min(10, round(value)))


def _impression(gain: int) -> int:
    """The global impression of change, 1 to 7, that goes with so many points less pain."""
    return {0: 4, 1: 3, 2: 3, 3: 2, 4: 2}.get(gain, 1 if gain > 4 else 5 if gain > -2 else 6)
