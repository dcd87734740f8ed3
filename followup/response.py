"""From the answers so far to the variables of the decision table, for one treatment of one plan. Pure.

What cannot be told is left out: a missing score is unknown, never zero and never "no change".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from followup.check_in import Answers, Effect
from followup.goals import Goal, Scale, are_met
from followup.schedule import PlanItem

PEG = ("peg1", "peg2", "peg3")


@dataclass(frozen=True, slots=True)
class Checked:
    """The answers of one day with what was read out of them; `effects` None when not asked or left open."""

    on: date
    answers: Answers
    effects: tuple[Effect, ...] | None
    safety: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """How long a full trial of this treatment is, and its usual target dose per day; None where nothing is said."""

    total_weeks: float | None = None
    weeks_at_target: float | None = None
    usual_target: float | None = None
    review_weeks: float | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The scores against which response is judged; None when nobody recorded them."""

    pain: float | None = None
    peg: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The thresholds of the content."""

    responder_pct: float
    low_baseline: float
    adherence_enough: float
    peg_better_pct: float
    peg_worse_points: float
    goal_t: float
    lost_days_apart: int
    days_per_month: float
    review_week_when_none: float
    stand_ins: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class Goals:
    """What the patient wanted to reach under the plan, and the scale by which it is judged."""

    of_plan: Sequence[Goal]
    scale: Scale


def figures(response: Mapping[str, Any]) -> Figures:
    """Read the thresholds from the content file `response`."""
    definitions = response["response_definitions"]
    measured = {name: row["value"] for name, row in definitions["measured"].items() if isinstance(row, Mapping)}
    return Figures(
        responder_pct=measured["responder_pain_change_pct"],
        low_baseline=measured["low_baseline_below"],
        adherence_enough=measured["adherence_enough_pct"],
        peg_better_pct=measured["peg_better_fall_pct"],
        peg_worse_points=measured["peg_worse_points"],
        goal_t=measured["gas_goal_met_t"],
        lost_days_apart=measured["lost_response_days_apart"],
        days_per_month=measured["days_per_month"],
        review_week_when_none=measured["review_week_when_none"],
        stand_ins=tuple(
            (*row["pgic"], row["stand_in_pain_change_pct"]) for row in definitions["low_baseline_rule"]["map"]
        ),
    )


def peg_total(answers: Answers) -> float | None:
    """The mean of the three items of PEG; None unless all three were answered."""
    items = [answers.get(name) for name in PEG]
    return sum(items) / 3 if all(isinstance(item, int) for item in items) else None  # type: ignore[arg-type]


def pain_change(checked: Checked, baseline: Baseline, figures: Figures) -> tuple[float | None, bool]:
    """The change of pain in percent of the baseline (less is positive), and whether the global impression stands in."""
    now = checked.answers.get("nrs_average")
    if baseline.pain is not None and baseline.pain < figures.low_baseline:
        impression = checked.answers.get("pgic")
        for low, high, stand_in in figures.stand_ins:
            if isinstance(impression, int) and low <= impression <= high:
                return stand_in, True
        return None, True
    if baseline.pain is None or not isinstance(now, int):
        return None, False
    return (baseline.pain - now) / baseline.pain * 100, False


def variables(
    item: PlanItem,
    baseline: Baseline,
    history: Sequence[Checked],
    trial: Trial,
    facts: Mapping[str, Any],
    reviewed: Mapping[str, Any],
    figures: Figures,
    goals: Goals,
    today: date,
) -> dict[str, Any]:
    """The known variables of the decision table on `today`; unknown ones are left out.

    `history` is in order of the days, the last one is judged. `facts` are those the plan keeps; `reviewed` is what a
    clinician established after the last answers, and goes before what we compute.
    """
    found: dict[str, Any] = {}
    if history:
        last = history[-1]
        found |= last.safety
        found |= _pain(last, baseline, figures)
        found["goal_met"] = are_met(goals.of_plan, last.answers, goals.scale)
        found |= _effects(last)
        found["function_state"] = _function(last, baseline, found, figures)
        share = last.answers.get("adherence")
        found["attendance_pct" if item.kind == "therapy" else "adherence_pct"] = share
        found["lost_response"] = _lost(history, baseline, figures)
        found["stable_months"] = _stable_months(history, item, baseline, figures, today)
    if item.kind == "agent":
        found["trial_adequate"] = _adequate(item, trial, found.get("adherence_pct"), figures, today)
        found["dose_room"] = _room(item, trial, today)
        found["failed_classes"] = facts.get("failed_classes")
        found["mme"] = facts.get("mme_per_day")
    else:
        began = _began(item)
        found["weeks_in_programme"] = (today - began).days / 7 if began else None
        found["review_week"] = trial.review_weeks if trial.review_weeks is not None else figures.review_week_when_none
    found |= reviewed
    return {name: value for name, value in found.items() if value is not None}


def _pain(last: Checked, baseline: Baseline, figures: Figures) -> dict[str, Any]:
    now = last.answers.get("nrs_average")
    points = baseline.pain - now if baseline.pain is not None and isinstance(now, int) else None
    return {
        "current_pain": now,
        "pain_change_points": points,
        "pain_change_pct": pain_change(last, baseline, figures)[0],
    }


def _effects(last: Checked) -> dict[str, Any]:
    if last.effects is None:
        return {}
    sure = max((effect.effective for effect in last.effects), default=0)
    possible = max((effect.possible for effect in last.effects), default=0)
    return {"ae_max_grade": sure if sure == possible else None}


def _function(last: Checked, baseline: Baseline, found: Mapping[str, Any], figures: Figures) -> str | None:
    now = peg_total(last.answers)
    if now is not None and baseline.peg is not None:
        if baseline.peg > 0 and (baseline.peg - now) / baseline.peg * 100 >= figures.peg_better_pct:
            return "better"
        if now - baseline.peg >= figures.peg_worse_points:
            return "worse"
        return "better" if found.get("goal_met") else "same"
    return "better" if found.get("goal_met") else None


def _responded(checked: Checked, baseline: Baseline, figures: Figures) -> bool | None:
    change, _ = pain_change(checked, baseline, figures)
    return None if change is None else change >= figures.responder_pct


def _lost(history: Sequence[Checked], baseline: Baseline, figures: Figures) -> bool | None:
    """A response that was there and is gone at two checks far enough apart, with the treatment taken."""
    now = _responded(history[-1], baseline, figures)
    if now is not False:
        return None if now is None else False
    earlier = [(checked, _responded(checked, baseline, figures)) for checked in history[:-1]]
    if not any(responded for _, responded in earlier):
        return None if any(responded is None for _, responded in earlier) else False
    far_enough = []
    for checked, responded in reversed(earlier):
        if responded:
            break
        if (history[-1].on - checked.on).days >= figures.lost_days_apart:
            far_enough.append(responded)
    if False not in far_enough:
        return None if None in far_enough else False
    share = history[-1].answers.get("adherence")
    return share >= figures.adherence_enough if isinstance(share, int) else None


def _stable_months(
    history: Sequence[Checked], item: PlanItem, baseline: Baseline, figures: Figures, today: date
) -> float | None:
    since: date | None = None
    for checked in reversed(history):
        responded = _responded(checked, baseline, figures)
        if responded is not True:
            if checked is history[-1]:
                return None if responded is None else 0
            break
        since = checked.on
    changes = [first for first, _, _ in item.steps if first <= today]
    begin = max([day for day in (since, max(changes, default=None)) if day is not None])
    return max(0, (history[-1].on - begin).days) / figures.days_per_month


def _began(item: PlanItem) -> date | None:
    return min((first for first, _, _ in item.steps), default=None)


def _dose(item: PlanItem, today: date) -> tuple[float, date] | None:
    """The dose per day now and since when; None before the first step and without steps."""
    past = [(first, dose) for first, dose, _ in sorted(item.steps) if first <= today]
    if not past:
        return None
    dose = past[-1][1]
    since = past[-1][0]
    for first, earlier in reversed(past):
        if earlier != dose:
            break
        since = first
    return dose, since


def _rises(item: PlanItem, dose: float, today: date) -> bool:
    return any(first > today and later > dose for first, later, _ in item.steps)


def _adequate(item: PlanItem, trial: Trial, adherence: Any, figures: Figures, today: date) -> bool | None:
    now, began = _dose(item, today), _began(item)
    if now is None or began is None or trial.total_weeks is None or trial.weeks_at_target is None:
        return None
    dose, since = now
    if _rises(item, dose, today):
        return False
    long_enough = (today - began).days >= 7 * trial.total_weeks and (today - since).days >= 7 * trial.weeks_at_target
    if not long_enough:
        return False
    return adherence >= figures.adherence_enough if isinstance(adherence, int | float) else None


def _room(item: PlanItem, trial: Trial, today: date) -> bool | None:
    now = _dose(item, today)
    if now is None:
        return None
    if _rises(item, now[0], today):
        return True
    if trial.usual_target is None:
        return None
    # At the last dose of the plan but below the usual target: whether one more step is allowed is for the clinician.
    return False if now[0] >= trial.usual_target else None
