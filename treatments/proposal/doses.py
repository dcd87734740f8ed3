"""The dose for this patient: the usual schedule under every ceiling and start that a rule sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import floor, gcd, inf

from rules.english import unit_text
from rules.evaluate import evaluate
from rules.facts import FactSet
from rules.truth import Truth
from treatments.proposal.judging import Judged, Verdict
from treatments.proposal.model import DosePlan, DoseStep
from treatments.rulebook import Agent, Dosing, Effect, Meanings, Rulebook, Step

_SLOW = "slow_titration"
_SPECIAL = "special_schedules"
_USUAL = "none"
_SAID_BY_THE_STEPS = frozenset({"daily", "once daily", "twice daily", "three times daily", "every 12 h", "divided"})
# Doses are compared as whole thousandths of a unit, so that 37.5 and 2.5 have a common measure.
_SCALE = 1000
_DIGITS = 4
_PRODUCT_LENGTH = 120
_NOTE_LENGTH = 200


def plan_dose(agent: Agent, judged: Judged, rulebook: Rulebook, setting: str) -> DosePlan | None:
    """The dose plan of one agent, per day in its unit; None when the content gives none for this setting.

    The lowest ceiling wins, the slowest schedule and the fewest doses a day. A limit that waits for an unknown kidney,
    liver or medicine fact is taken as if it held, and `adjusted_for` says so: what nobody measured is not safe.
    """
    dosing = agent.dosing
    if dosing is None or dosing.max_per_day is None:
        return None
    meanings = rulebook.meanings
    limits = _limits(judged, meanings)
    words = _Words(judged, rulebook, dosing.unit)
    ceiling, notes, rules = _ceiling(dosing, limits, setting, words)
    if ceiling <= 0:
        return None
    steps, highest, why_schedule = _schedule(dosing, judged, limits, meanings, words)
    ceiling = ceiling if highest is None else min(ceiling, highest)
    notes.extend(why_schedule)
    halved = [v for v in judged.verdicts if v.rule.action in meanings.halve_actions and v.holds]
    start = _start(dosing, limits, steps, words, notes, rules, halved)
    if start < steps[0].per_day and dosing.slow_titration and steps != dosing.slow_titration:
        steps = dosing.slow_titration
        start = min(start, steps[0].per_day)
    times, given = _doses_a_day(limits, words)
    notes.extend(given)
    low, high = dosing.target_per_day
    schedule = _Fitting(agent, times, _smallest_doses(rulebook)[agent.id]).fit(steps, start, ceiling, min(low, ceiling))
    return DosePlan(
        unit=dosing.unit,
        start_per_day=schedule[0].per_day,
        target_per_day=(min(low, ceiling), min(high, ceiling)),
        max_per_day=ceiling,
        schedule=schedule,
        trial_weeks=dosing.trial_weeks,
        adjusted_for=tuple(dict.fromkeys(shortened(note, _NOTE_LENGTH) for note in notes)),
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

    def __init__(self, judged: Judged, rulebook: Rulebook, unit: str) -> None:
        self._unit = unit
        self._shown = judged.shown
        self._facts = rulebook.vocabulary.facts

    def of(self, verdict: Verdict) -> str:
        """Why the ceiling is what it is."""
        highest = _highest(verdict)
        return self._sentence(verdict, "" if highest == inf else f"at most {self._amount(highest)}. ")

    def of_start(self, verdict: Verdict) -> str:
        """Why the start is what it is."""
        return self._sentence(verdict, f"start with {self._amount(_lowest(verdict))}. ")

    def _sentence(self, verdict: Verdict, limit: str) -> str:
        values = self.values_of(verdict)
        text = f"{limit}{verdict.rule.text}"
        return f"{values}: {text}" if values else f"{text[:1].upper()}{text[1:]}"

    def _amount(self, amount: float) -> str:
        return f"{amount:g} {self._unit}{'' if '/' in self._unit else ' a day'}"

    def values_of(self, verdict: Verdict) -> str:
        """The facts that decided, with their values; of a limit that nobody can judge, those that are not known."""
        if verdict.open:
            read = [reading.fact for reading in verdict.readings if reading.fact not in self._shown]
        else:
            read = [reading.fact for reading in verdict.readings if reading.fact in self._shown and reading.ids is None]
        return ", ".join(dict.fromkeys(text for text in map(self._value, read) if text))

    def _value(self, name: str) -> str | None:
        fact = self._facts.get(name)
        value = self._shown.get(name)
        if fact is None or value is False or isinstance(value, FactSet):
            return None
        if value is None:
            return f"{fact.label} – not known, so the strictest limit counts"
        if isinstance(value, bool):
            return fact.label
        if isinstance(value, str):
            return f"{fact.label} {fact.values.get(value) or value.replace('_', ' ')}"
        return f"{fact.label} {value:.3g} {unit_text(fact.unit)}".strip()


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
    sure = [verdict for verdict in limits if verdict.holds]
    # Of several bands that an unknown fact leaves open the strictest counts, and only that one is told.
    strictest = min((v for v in limits if v.open), key=_highest, default=None)
    for verdict in (*sure, strictest):
        if verdict is not None and (highest := _highest(verdict)) < ceiling:
            ceiling = highest
            notes.append(words.of(verdict))
            rules.append(verdict.rule.id)
    return ceiling, notes, rules


def _lowest(verdict: Verdict) -> float:
    dose = verdict.rule.dose
    return inf if dose is None or dose.start_per_day is None else dose.start_per_day


def _highest(verdict: Verdict) -> float:
    dose = verdict.rule.dose
    return inf if dose is None or dose.max_per_day is None else dose.max_per_day


def _schedule(
    dosing: Dosing, judged: Judged, limits: Sequence[Verdict], meanings: Meanings, words: _Words
) -> tuple[Sequence[Step], float | None, list[str]]:
    """The schedule to follow, the ceiling that comes with it if there is one, and why it is not the usual one."""
    for special in dosing.special:
        if (truth := evaluate(special.when, judged.facts)) is not Truth.NO:
            asking = (v for v in judged.verdicts if v.holds and v.rule.dose and v.rule.dose.schedule == _SPECIAL)
            why = next((v.rule.text for v in asking), "Special schedule for another medicine that is taken.")
            unsure = "Not known whether a medicine is taken that calls for a special schedule; the slowest is shown."
            return special.titration, special.max_per_day, [why if truth is Truth.YES else unsure]
    if not dosing.slow_titration:
        return dosing.titration, None, []
    if evaluate(meanings.slow_schedule_when, judged.facts) is Truth.YES:
        return dosing.slow_titration, None, ["Slow schedule for age or frailty."]
    for verdict in judged.verdicts:
        asks = verdict.rule.dose is not None and verdict.rule.dose.schedule == _SLOW
        if verdict.holds and (asks or verdict.rule.action in meanings.slow_schedule_actions):
            values = words.values_of(verdict)
            why = f"Slow schedule: {values}." if values else f"Slow schedule. {verdict.rule.text}"
            return dosing.slow_titration, None, [why]
    return dosing.titration, None, []


def _start(
    dosing: Dosing,
    limits: Sequence[Verdict],
    steps: Sequence[Step],
    words: _Words,
    notes: list[str],
    rules: list[str],
    halved: Sequence[Verdict],
) -> float:
    start = min(dosing.start_per_day, steps[0].per_day)
    sure = [verdict for verdict in limits if verdict.holds]
    # The band that gave the ceiling speaks for the start too, where others ask for the same.
    lowest = min((v for v in limits if v.open), key=lambda v: (_lowest(v), v.rule.id not in rules), default=None)
    for verdict in (*sure, lowest):
        if verdict is not None and _lowest(verdict) < start:
            start = _lowest(verdict)
            if verdict.rule.id not in rules:
                notes.append(words.of_start(verdict))
                rules.append(verdict.rule.id)
    if halved:
        start /= 2
        notes.extend(verdict.rule.text for verdict in halved)
        rules.extend(verdict.rule.id for verdict in halved)
    return start


def _doses_a_day(limits: Iterable[Verdict], words: _Words) -> tuple[float | None, list[str]]:
    """The fewest doses a day that a limit asks for, and how the most particular of them says it is given.

    Limits stand in the content from the general to the particular: kidney bands, then dialysis.
    """
    asking = [v for v in limits if v.holds and v.rule.action != _USUAL and v.rule.dose and v.rule.dose.frequency]
    times = [v.rule.dose.times_per_day for v in asking if v.rule.dose is not None and v.rule.dose.times_per_day]
    last = asking[-1] if asking else None
    if last is None or last.rule.dose is None or last.rule.dose.frequency in _SAID_BY_THE_STEPS:
        return min(times, default=None), []
    values = words.values_of(last)
    given = f"given {last.rule.dose.frequency}."
    return min(times, default=None), [f"{values}: {given}" if values else given.capitalize()]


class _Fitting:
    """Steps as they can be given: whole doses that the content itself names, no single dose too large.

    `times` are the doses a day that a limit asks for instead of those of the schedule; None: as scheduled. Doses are
    whole multiples of `smallest`.
    """

    def __init__(self, agent: Agent, times: float | None, smallest: float) -> None:
        assert agent.dosing is not None
        self._times = times
        self._max_single = agent.dosing.max_single_dose
        self._smallest = smallest
        self._formulation = agent.formulation

    def fit(self, steps: Sequence[Step], start: float, ceiling: float, target: float) -> tuple[DoseStep, ...]:
        """The steps from `start` up to the ceiling, each higher than the one before.

        Where the ceiling cuts the schedule off below the target, one more step reaches the target under the ceiling.
        """
        fitted = [self._first(steps[0], min(start, ceiling))]
        for step in steps:
            per_day = step.per_day if step.per_day <= ceiling else target
            if per_day <= fitted[-1].per_day:
                continue
            day = max(step.day, fitted[-1].day + _gap(steps)) if step.day <= fitted[-1].day else step.day
            if (next_step := self._later(step, day, per_day, fitted[-1].per_day)) is not None:
                fitted.append(next_step)
            if step.per_day > ceiling:
                break
        return tuple(fitted)

    def _first(self, step: Step, per_day: float) -> DoseStep:
        """The first dose: exactly the start where whole doses can give it, never above it but for the smallest dose."""
        limit = step.times_per_day if self._times is None else min(step.times_per_day, self._times)
        if per_day == step.per_day and limit == step.times_per_day:
            return self._as_scheduled(step, step.day)
        if limit < 1:
            return self._made(step, step.day, self._whole(per_day), limit)
        for times in range(int(limit), 0, -1):
            if self._whole(per_day / times) * times == per_day:
                return self._made(step, step.day, per_day / times, times)
        return self._made(step, step.day, max(self._whole(per_day), self._smallest), 1)

    def _later(self, step: Step, day: int, per_day: float, before: float) -> DoseStep | None:
        """A later step, rounded down to whole doses; None when that is no more than the step before."""
        limit = step.times_per_day if self._times is None else max(self._times, 1)
        if per_day == step.per_day and limit == step.times_per_day:
            return self._as_scheduled(step, day)
        for times in range(int(max(limit, 1)), 0, -1):
            per_dose = self._whole(per_day / times)
            if self._max_single is not None and per_dose > self._max_single:
                break
            if per_dose * times > before:
                return self._made(step, day, per_dose, times)
        return None

    def _whole(self, amount: float) -> float:
        return floor(round(amount / self._smallest, _DIGITS)) * self._smallest

    def _as_scheduled(self, step: Step, day: int) -> DoseStep:
        per_dose = step.per_day / step.times_per_day if step.per_dose is None else step.per_dose
        product = self._product(step.frequency)
        return DoseStep(day, round(per_dose, _DIGITS), step.times_per_day, step.per_day, product, step.optional)

    def _made(self, step: Step, day: int, per_dose: float, times: float) -> DoseStep:
        per_day = round(per_dose * times, _DIGITS)
        return DoseStep(day, round(per_dose, _DIGITS), times, per_day, self._product(None), step.optional)

    def _product(self, frequency: str | None) -> str | None:
        """The product, and how it is given where the schedule stands as the content has it."""
        parts = [part for part in (self._formulation, frequency) if part]
        return next((text for text in (" – ".join(parts), *reversed(parts)) if 0 < len(text) <= _PRODUCT_LENGTH), None)


def shortened(text: str, length: int) -> str:
    """The text, cut after a whole word where it is too long."""
    return text if len(text) <= length else f"{text[: length - 1].rsplit(' ', 1)[0]}…"


def smallest_dose(agent: Agent) -> float:
    """The amount of which every dose that the content names for this agent is a multiple."""
    dosing = agent.dosing
    if dosing is None:
        return 0.0
    schedules = (dosing.titration, dosing.slow_titration, *(special.titration for special in dosing.special))
    amounts = [step.per_dose for steps in schedules for step in steps if step.per_dose]
    amounts.extend(r.dose.start_per_day for r in agent.rules if r.dose is not None and r.dose.start_per_day)
    return gcd(*(round(amount * _SCALE) for amount in amounts)) / _SCALE


@lru_cache(maxsize=8)
def _smallest_doses(rulebook: Rulebook) -> Mapping[str, float]:
    return {agent.id: smallest_dose(agent) for agent in rulebook.agents}


def _gap(steps: Sequence[Step]) -> int:
    """The days between two steps of this schedule, for a step that a lower start pushes back."""
    days = [step.day for step in steps]
    return max((later - earlier for earlier, later in pairwise(days)), default=1) or 1
