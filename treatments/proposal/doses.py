"""The dose for this patient: the usual schedule under every ceiling and start that a rule sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rules.english import unit_text
from rules.evaluate import evaluate
from rules.facts import FactSet
from rules.truth import Truth
from rules.vocabulary import FactType
from treatments.proposal.judging import Judged, Verdict
from treatments.proposal.model import DosePlan, DoseStep
from treatments.rulebook import Agent, Dosing, Effect, Meanings, Rulebook, Step

_SLOW = "slow_titration"


def plan_dose(agent: Agent, judged: Judged, rulebook: Rulebook, setting: str) -> DosePlan | None:
    """The dose plan of one agent, per day in its unit; None when the content gives none for this setting.

    The lowest ceiling wins and the slowest schedule. A limit that waits for an unknown kidney, liver or medicine fact
    is taken as if it held, and `adjusted_for` says so: what nobody measured is not safe.
    """
    dosing = agent.dosing
    if dosing is None or dosing.max_per_day is None:
        return None
    meanings = rulebook.meanings
    limits = _limits(judged, meanings)
    words = _Words(judged, rulebook)
    ceiling, notes, rules = _ceiling(dosing, limits, setting, words)
    if ceiling <= 0:
        return None
    steps, why_schedule = _schedule(dosing, judged, limits, meanings, words)
    notes.extend(why_schedule)
    halved = [v for v in judged.verdicts if v.rule.action in meanings.halve_actions and v.holds]
    start = _start(dosing, limits, steps, words, notes, rules, halved)
    if start < steps[0].per_day and dosing.slow_titration and steps != dosing.slow_titration:
        steps = dosing.slow_titration
        start = min(start, steps[0].per_day)
    low, high = dosing.target_per_day
    schedule = _fit(steps, start, ceiling, min(low, ceiling), dosing.max_single_dose, agent.formulation)
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


def _limits(judged: Judged, meanings: Meanings) -> list[Verdict]:
    """The dose rules that hold, and those that may hold because an organ or the medicine list is not known."""
    return [
        verdict
        for verdict in judged.of(Effect.LIMIT_DOSE, Effect.SET_START)
        if verdict.rule.dose is not None
        and (verdict.holds or (verdict.open and _waits_for(verdict, judged, meanings.unknown_limits)))
    ]


def _waits_for(verdict: Verdict, judged: Judged, facts: frozenset[str]) -> bool:
    return any(reading.fact in facts and reading.fact not in judged.facts for reading in verdict.readings)


class _Words:
    """Why a dose was adjusted, in words: the facts that decided with their values, then what the rule says."""

    def __init__(self, judged: Judged, rulebook: Rulebook) -> None:
        self._shown = judged.shown
        self._facts = rulebook.vocabulary.facts

    def of(self, verdict: Verdict) -> str:
        named = (self._value(reading.fact) for reading in verdict.readings if reading.ids is None)
        values = ", ".join(dict.fromkeys(text for text in named if text))
        return f"{values}: {verdict.rule.text}" if values else verdict.rule.text

    def _value(self, name: str) -> str | None:
        fact = self._facts.get(name)
        value = self._shown.get(name)
        if fact is None or value is False or isinstance(value, FactSet):
            return None
        if value is None:
            return None if fact.type is FactType.BOOL else f"{fact.label} not known, strictest limit used"
        if isinstance(value, bool):
            return fact.label
        if isinstance(value, str):
            return f"{fact.label} {fact.values.get(value, value)}"
        return f"{fact.label} {value:.4g} {unit_text(fact.unit)}".strip()


def _ceiling(
    dosing: Dosing, limits: Iterable[Verdict], setting: str, words: _Words
) -> tuple[float, list[str], list[str]]:
    ceiling = dosing.max_per_day or 0.0
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
            notes.append(words.of(verdict))
            rules.append(verdict.rule.id)
    return ceiling, notes, rules


def _schedule(
    dosing: Dosing, judged: Judged, limits: Sequence[Verdict], meanings: Meanings, words: _Words
) -> tuple[Sequence[Step], list[str]]:
    for special in dosing.special:
        if evaluate(special.when, judged.facts) is not Truth.NO:
            return special.titration, ["Special schedule with a medicine that is taken."]
    if not dosing.slow_titration:
        return dosing.titration, []
    if evaluate(meanings.slow_schedule_when, judged.facts) is Truth.YES:
        return dosing.slow_titration, ["Slow schedule for age or frailty."]
    for verdict in judged.verdicts:
        asks = verdict.rule.dose is not None and verdict.rule.dose.schedule == _SLOW
        if verdict.holds and (asks or verdict.rule.action in meanings.slow_schedule_actions):
            return dosing.slow_titration, [f"Slow schedule. {words.of(verdict)}"]
    return dosing.titration, []


def _start(
    dosing: Dosing,
    limits: Iterable[Verdict],
    steps: Sequence[Step],
    words: _Words,
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
            notes.append(words.of(verdict))
            rules.append(verdict.rule.id)
    if halved:
        start /= 2
        notes.extend(verdict.rule.text for verdict in halved)
        rules.extend(verdict.rule.id for verdict in halved)
    return start


def _fit(
    steps: Sequence[Step], start: float, ceiling: float, target: float, max_single: float | None, formulation: str
) -> tuple[DoseStep, ...]:
    """The steps from `start` up to the ceiling, each higher than the one before, no single dose too large.

    Where the ceiling cuts the schedule off below the target, one more step reaches the target under the ceiling.
    """
    product = formulation if 0 < len(formulation) <= 120 else None
    fitted = [_step(steps[0].day, min(start, ceiling), steps[0].times_per_day, max_single, product)]
    for step in steps:
        per_day = step.per_day if step.per_day <= ceiling else target
        if per_day <= fitted[-1].per_day:
            continue
        day = max(step.day, fitted[-1].day + _gap(steps)) if step.day <= fitted[-1].day else step.day
        fitted.append(_step(day, per_day, step.times_per_day, max_single, product, optional=step.optional))
        if step.per_day > ceiling:
            break
    return tuple(fitted)


def _step(
    day: int, per_day: float, times: float, max_single: float | None, product: str | None, *, optional: bool = False
) -> DoseStep:
    per_dose = per_day / times
    while max_single is not None and per_dose > max_single:
        times += 1
        per_dose = per_day / times
    return DoseStep(day, round(per_dose, 4), times, per_day, product, optional)


def _gap(steps: Sequence[Step]) -> int:
    """The days between two steps of this schedule, for a step that a lower start pushes back."""
    days = [step.day for step in steps]
    return max((later - earlier for earlier, later in pairwise(days)), default=1) or 1
