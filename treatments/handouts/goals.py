"""The goals of a plan for the patient: their own words, what is counted, by when, and what each level means. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from treatments.handouts.model import Block, Lines, Section, Text
from treatments.handouts.wording import Wording

if TYPE_CHECKING:
    from treatments.plan_record import GoalRecord, PlanRecord

# From the level furthest below what was hoped for to the one furthest above, as GoalRecord.levels has them.
_LEVELS = ("level_much_less", "level_less", "level_met", "level_better", "level_much_better")


def goals_of(plan: PlanRecord, wording: Wording) -> Section:
    """All goals, or what to do where there is none."""
    goals = [goal for goal in plan.goals.values() if goal.says_something]
    lead = () if goals else (wording.text("goal_none"),)
    return Section("goals", wording.say("goals"), lead, tuple(_goal(goal, wording) for goal in goals))


def _goal(goal: GoalRecord, wording: Wording) -> Block:
    """The patient's own words as they were written, or the number for pain; what is counted, and by when."""
    said = [Text(f"“{goal.words.strip()}”", "")] if goal.words.strip() else []
    if goal.target is not None:
        said.insert(0, wording.text("goal_pain", target=goal.target))
    facts = []
    if goal.measure:
        measure = _measure(goal, wording)
        # What is counted is written in English in the library, or by the clinician.
        mark = wording.as_written(measure).mark
        facts.append(Text(wording.say("goal_measure", measure=measure), wording.language, mark))
    if goal.by:
        facts.append(wording.text("goal_by", day=wording.day(goal.by)))
    levels = tuple(_levels(goal, wording))
    groups = (Lines("levels", wording.text("goal_levels"), levels),) if levels else ()
    return Block(goal.kind, said[0], said[1] if len(said) > 1 else None, facts=tuple(facts), groups=groups)


def _measure(goal: GoalRecord, wording: Wording) -> str:
    """What is counted, with the target: "time of one walk: 20 minutes", "wakings from pain (wakings): 1"."""
    if goal.amount is None:
        return goal.measure
    if goal.amount == 1 and goal.unit and not wording.knows(goal.unit):
        # The unit of a goal is written in the plural.
        return f"{goal.measure} ({goal.unit}): {wording.number(goal.amount)}"
    return f"{goal.measure}: {wording.amount(goal.amount, goal.unit)}"


def _levels(goal: GoalRecord, wording: Wording) -> Iterator[Text]:
    for name, words in zip(_LEVELS, goal.levels, strict=False):
        if words:
            yield Text(f"{wording.say(name)}: {words}", "")
