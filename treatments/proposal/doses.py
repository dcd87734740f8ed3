"""The dose for this patient: the usual schedule under every ceiling and start that a rule sets. No number lives here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.evaluate import evaluate
from rules.truth import Truth
from treatments.proposal.judging import Judged, Verdict
from treatments.proposal.model import DosePlan, DoseStep
from treatments.rulebook import Agent, Dosing, Effect, Meanings, Step

_SLOW = "slow_titration"


def plan_dose(agent: Agent, judged: Judged, meanings: Meanings, setting: str) -> DosePlan | None:
    """The dose plan of one agent, per day in its unit; None when the content gives none for this setting.

    The lowest ceiling wins and the slowest schedule. A limit whose condition is unknown is taken as if it held, and
    `adjusted_for` says so: what nobody knows is not safe.
    """
    dosing = agent.dosing
    if dosing is None:
        return None
    limits = _limits(judged)
    ceiling, notes, rules = _ceiling(dosing, limits, setting)
    if ceiling <= 0:
        return None
    steps, why_schedule = _schedule(dosing, judged, limits, meanings)
    notes.extend(why_schedule)
    halved = [v for v in judged.verdicts if v.rule.action in meanings.halve_actions and v.holds]
    start = _start(dosing, limits, steps, notes, rules, halved)
    if start < steps[0].per_day and dosing.slow_titration and steps != dosing.slow_titration:
        steps = dosing.slow_titration
        start = min(start, steps[0].per_day)
    schedule = _fit(steps, start, ceiling, dosing.max_single_dose, agent.formulation)
    low, high = dosing.target_per_day
    return DosePlan(
        unit=dosing.unit,
        start_per_day=schedule[0].per_day,
        target_per_day=(min(low, ceiling), min(high, ceiling)),
        max_per_day=ceiling,
        schedule=schedule,
        trial_weeks=dosing.trial_weeks,
        adjusted_for=tuple(dict.fromkeys(note[:200] for note in notes)),
        rules=tuple(dict.fromkeys(rules)),
    )


def _limits(judged: Judged) -> list[Verdict]:
    """The dose rules that hold, and of those nobody can tell the ones that may hold."""
    verdicts = [v for v in judged.verdicts if v.rule.dose is not None and (v.holds or v.open)]
    return [v for v in verdicts if v.rule.effect in (Effect.LIMIT_DOSE, Effect.SET_START)]


def _note(verdict: Verdict) -> str:
    return verdict.rule.text if verdict.holds else f"Not known, strictest limit used: {verdict.rule.text}"


def _ceiling(dosing: Dosing, limits: Iterable[Verdict], setting: str) -> tuple[float, list[str], list[str]]:
    ceiling = dosing.max_per_day
    notes: list[str] = []
    rules: list[str] = []
    by_setting = dosing.max_by_setting.get(setting)
    if by_setting is not None and by_setting < ceiling:
        ceiling = by_setting
        notes.append(f"Ceiling for this setting ({setting.replace('_', '-')}).")
    for verdict in sorted(limits, key=lambda v: v.open):
        dose = verdict.rule.dose
        assert dose is not None
        if dose.max_per_day is not None and dose.max_per_day < ceiling:
            ceiling = dose.max_per_day
            notes.append(_note(verdict))
            rules.append(verdict.rule.id)
    return ceiling, notes, rules


def _schedule(
    dosing: Dosing, judged: Judged, limits: Iterable[Verdict], meanings: Meanings
) -> tuple[Sequence[Step], list[str]]:
    for special in dosing.special:
        if evaluate(special.when, judged.facts) is not Truth.NO:
            return special.titration, ["Special schedule with a medicine that is taken."]
    if not dosing.slow_titration:
        return dosing.titration, []
    if evaluate(meanings.slow_schedule_when, judged.facts) is not Truth.NO:
        return dosing.slow_titration, ["Slow schedule (age, frailty)."]
    for verdict in judged.verdicts:
        asks = verdict.rule.dose is not None and verdict.rule.dose.schedule == _SLOW
        asks = asks or verdict.rule.action in meanings.slow_schedule_actions
        if asks and (verdict.holds or (verdict.open and verdict.rule.dose is not None)):
            return dosing.slow_titration, [f"Slow schedule: {_note(verdict)}"]
    return dosing.titration, []


def _start(
    dosing: Dosing,
    limits: Iterable[Verdict],
    steps: Sequence[Step],
    notes: list[str],
    rules: list[str],
    halved: Sequence[Verdict],
) -> float:
    start = min(dosing.start_per_day, steps[0].per_day)
    for verdict in limits:
        dose = verdict.rule.dose
        assert dose is not None
        if dose.start_per_day is not None and dose.start_per_day < start:
            start = dose.start_per_day
            notes.append(_note(verdict))
            rules.append(verdict.rule.id)
    if halved:
        start /= 2
        notes.extend(verdict.rule.text for verdict in halved)
        rules.extend(verdict.rule.id for verdict in halved)
    return start


def _fit(
    steps: Sequence[Step], start: float, ceiling: float, max_single: float | None, formulation: str
) -> tuple[DoseStep, ...]:
    """The steps from `start` up to the ceiling, each higher than the one before, no single dose too large."""
    product = formulation if 0 < len(formulation) <= 120 else None
    fitted: list[DoseStep] = []
    for step in (Step(steps[0].day, start, 1, start), *steps):
        per_day = min(step.per_day, ceiling)
        if fitted and (per_day <= fitted[-1].per_day or step.per_day > ceiling):
            continue
        times = step.times_per_day if step.per_day == per_day else max(1, step.times_per_day)
        if fitted == [] and per_day == min(steps[0].per_day, ceiling):
            times = steps[0].times_per_day
        per_dose = per_day / times if times >= 1 else step.per_dose
        while max_single is not None and per_dose > max_single:
            times += 1
            per_dose = per_day / times
        day = step.day if not fitted or step.day > fitted[-1].day else fitted[-1].day + _gap(steps)
        fitted.append(DoseStep(day, round(per_dose, 4), times, per_day, product, step.optional))
    return tuple(fitted)


def _gap(steps: Sequence[Step]) -> int:
    """The days between two steps of this schedule, for a step that a lower start pushes back."""
    days = [step.day for step in steps]
    return max((later - earlier for earlier, later in zip(days, days[1:], strict=False)), default=0) or 1
