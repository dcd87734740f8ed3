"""Whether what was agreed about a treatment at its start has come to pass. Pure; three-valued.

Judged on the day of the last answers and never before the agreed week and the agreed time at the dose. What is not
known leaves the question open, with what is missing: an unknown never reads as "not better".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from followup.schedule import PlanItem
from treatments.agreement_rules import AgreementRules, Case

# Percentages are compared after rounding: (10 - 7) / 10 is 30%.
DECIMALS = 6
ANSWERS, DOSE = "answers", "dose"


class Agreed(Protocol):
    """What was agreed; see treatments.plan_record.AgreementRecord."""

    @property
    def week(self) -> int: ...
    @property
    def dose(self) -> float | None: ...
    @property
    def weeks_at_dose(self) -> float | None: ...
    @property
    def enough_pct(self) -> int | None: ...
    @property
    def good_pct(self) -> int | None: ...


class State(StrEnum):
    """How an agreement stands."""

    TOO_EARLY = "too_early"
    # Time is up, and something has to be known first.
    OPEN = "open"
    # Less was taken than a fair trial needs: it says nothing about the treatment.
    NOT_TAKEN = "not_taken"
    # Time is up, and the agreement is about words that a person has to judge.
    ASK = "ask"
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an agreement stands on a day: which `case` was reached, by the answers of `on`, and what is still `missing`.

    `begins` is the first day on which it may be judged; None while nobody knows when the dose is reached.
    """

    state: State
    case: Case | None = None
    on: date | None = None
    change_pct: float | None = None
    begins: date | None = None
    missing: tuple[str, ...] = ()


def judge(
    agreed: Agreed,
    item: PlanItem,
    answered_on: date | None,
    known: Mapping[str, Any],
    reviewed: Mapping[str, Any],
    rules: AgreementRules,
    adherence_enough: float,
    today: date,
) -> Verdict:
    """Judge one agreement by the known variables of the decision table after the last answers (of `answered_on`)."""
    began = min((first for first, _, _ in item.steps), default=None)
    if began is None:
        return Verdict(State.OPEN, missing=(DOSE,))
    begins = first_day(agreed, item, began, answered_on or today, is_fair=reviewed.get("trial_adequate") is True)
    has_answers = answered_on is not None and answered_on > began
    # What a patient ticks is about medicines; that a therapy was not borne is for a clinician to say.
    grade = (known if item.kind == "agent" else reviewed).get("ae_max_grade")
    if has_answers and isinstance(grade, int) and grade >= rules.grade_from:
        # Told at once: it does not wait for the time after which an effect is judged.
        return Verdict(State.REACHED, Case.NOT_TOLERATED, answered_on, known.get("pain_change_pct"), begins)
    if today < (begins or began + timedelta(weeks=agreed.week)):
        return Verdict(State.TOO_EARLY, begins=begins)
    if begins is None:
        return Verdict(State.OPEN, on=answered_on, missing=(DOSE,))
    if answered_on is None or answered_on < begins:
        return Verdict(State.OPEN, begins=begins, missing=(ANSWERS,))
    return _by_the_answers(agreed, item, answered_on, begins, known, rules, adherence_enough)


def first_day(agreed: Agreed, item: PlanItem, began: date, until: date, *, is_fair: bool) -> date | None:
    """The first day on which the effect may be judged; None while the plan never comes to the agreed dose.

    `until` is the day of the answers: a dose that was left before then does not count. With `is_fair` a clinician has
    established that dose and time were enough (the highest that was tolerated, say); the agreed week still counts.
    """
    by_week = began + timedelta(weeks=agreed.week)
    if agreed.dose is None or is_fair:
        return by_week
    since: date | None = None
    for first, dose, _unit in sorted(item.steps):
        if dose >= agreed.dose:
            since = since or first
        elif first <= until:
            since = None
    if since is None:
        return None
    return max(by_week, since + timedelta(weeks=agreed.weeks_at_dose or 0))


def _by_the_answers(
    agreed: Agreed,
    item: PlanItem,
    on: date,
    begins: date,
    known: Mapping[str, Any],
    rules: AgreementRules,
    adherence_enough: float,
) -> Verdict:
    taken = "adherence_pct" if item.kind == "agent" else "attendance_pct"
    share, change = known.get(taken), known.get("pain_change_pct")
    if share is not None and share < adherence_enough:
        return Verdict(State.NOT_TAKEN, on=on, change_pct=change, begins=begins)
    needed = [taken, *(["ae_max_grade"] if item.kind == "agent" else [])]
    needed += ["pain_change_pct"] if agreed.enough_pct is not None else []
    missing = [name for name in needed if known.get(name) is None]
    if agreed.enough_pct is None:
        return Verdict(State.OPEN if missing else State.ASK, on=on, begins=begins, missing=tuple(missing))
    case = None if change is None else case_of(agreed, change)
    if case is not Case.GOOD:
        # Little pain with the goals met is good whatever the percentage; while that is not known it may be.
        mild = {"current_pain": _is_mild(known, rules), "goal_met": known.get("goal_met")}
        if all(mild.values()):
            case, missing = Case.GOOD, [name for name in missing if name != "pain_change_pct"]
        elif False not in mild.values():
            missing += [name for name, value in mild.items() if value is None and name not in missing]
    if missing or case is None:
        return Verdict(State.OPEN, on=on, change_pct=change, begins=begins, missing=tuple(missing))
    return Verdict(State.REACHED, case, on, change, begins)


def _is_mild(known: Mapping[str, Any], rules: AgreementRules) -> bool | None:
    """Whether pain is mild now; None when nobody knows."""
    pain = known.get("current_pain")
    return None if pain is None else pain <= rules.mild_pain_at_most


def case_of(agreed: Agreed, change: float) -> Case:
    """The case of a change of pain in percent, less being positive."""
    enough = agreed.enough_pct or 0
    change = round(change, DECIMALS)
    if change >= (agreed.good_pct if agreed.good_pct is not None else enough):
        return Case.GOOD
    return Case.PARTIAL if change >= enough else Case.LITTLE


def disagree(action: str, advised: Sequence[str], alternatives: Sequence[str], rules: AgreementRules) -> bool:
    """Whether the decision table advises something, and neither that nor an alternative is what was agreed."""
    meant = set(rules.table_actions[action])
    return bool(advised) and not meant & {*advised, *alternatives}


def table_is_safer(action: str, advised: Sequence[str], rules: AgreementRules) -> bool:
    """Whether what the table advises is the more careful of the two."""
    agreed = min(rules.caution(name) for name in rules.table_actions[action])
    return bool(advised) and min(rules.caution(name) for name in advised) < agreed
