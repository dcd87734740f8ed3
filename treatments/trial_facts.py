"""Past treatment trials judged: were they adequate, and what did they show. Pure.

An agent has failed when an adequate trial brought less relief than the threshold, or when it was stopped for an adverse
effect; a trial below the target dose or time says nothing about the agent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.facts import FactSet, Value
from treatments.case import PastTrial, same_unit
from treatments.fact_content import AdequateTrial, FactContent
from treatments.patient_facts import Adequacy, Outcome, Trial

_NOT_TOLERATED = ("adverse_effect", "both")
_INEFFECTIVE = ("inefficacy", "both")


def judged(trial: PastTrial, path: str, content: FactContent) -> Trial:
    """One trial with its adequacy and outcome."""
    table = content.trials[trial.agent]
    adequacy = _adequacy(trial, table)
    return Trial(
        agent=trial.agent,
        drug_class=table.drug_class,
        stopped=trial.stopped,
        adequacy=adequacy,
        outcome=_outcome(trial, adequacy, content),
        path=path,
        max_daily_dose=trial.max_daily_dose,
        unit=trial.unit,
        weeks_at_max=trial.weeks_at_max,
        response_percent=trial.response_percent,
        note=trial.note,
    )


def _adequacy(trial: PastTrial, table: AdequateTrial) -> Adequacy:
    if table.lowest_target is None or table.weeks is None:
        return Adequacy.UNKNOWN
    # A dose in another unit than the target's says nothing about it.
    dose = trial.max_daily_dose if same_unit(trial.unit, table.unit) else None
    if dose is not None and dose < table.lowest_target:
        return Adequacy.TOO_LOW
    if trial.weeks_at_max is not None and trial.weeks_at_max < table.weeks:
        return Adequacy.TOO_SHORT
    if dose is None or trial.weeks_at_max is None:
        return Adequacy.UNKNOWN
    return Adequacy.ADEQUATE


def _outcome(trial: PastTrial, adequacy: Adequacy, content: FactContent) -> Outcome:
    """What the trial showed; ongoing trials never count as failed."""
    if trial.stopped in _NOT_TOLERATED:
        return Outcome.NOT_TOLERATED
    relief = trial.response_percent
    if relief is not None and relief >= content.responding_from_percent:
        return Outcome.RESPONDED
    if adequacy in (Adequacy.TOO_LOW, Adequacy.TOO_SHORT):
        return Outcome.INADEQUATE
    if adequacy is Adequacy.UNKNOWN:
        return Outcome.UNKNOWN
    if relief is not None and relief >= content.failing_below_percent:
        return Outcome.PARTIAL
    if trial.stopped == "ongoing":
        return Outcome.UNKNOWN if relief is None else Outcome.INSUFFICIENT
    # Stopped because it did not help is an answer even where nobody noted a percentage.
    return Outcome.FAILED if relief is not None or trial.stopped in _INEFFECTIVE else Outcome.UNKNOWN


def trial_values(trials: Sequence[Trial]) -> dict[str, Value]:
    """The facts that speak of past treatment; the list of trials is taken as complete.

    failed_classes counts what is sure: it is "at least" while a trial cannot be judged, and unknown instead of zero.
    """
    failed = [trial for trial in trials if _has_failed(trial)]
    open_agents = {trial.agent for trial in trials if _may_have_failed(trial)}
    classes = {trial.drug_class for trial in failed}
    judged_well = {trial.agent for trial in trials if trial.adequacy is Adequacy.ADEQUATE}
    inadequate = [
        trial
        for trial in trials
        if trial.adequacy in (Adequacy.TOO_LOW, Adequacy.TOO_SHORT)
        and trial.stopped not in _NOT_TOLERATED
        and trial.agent not in judged_well
    ]
    ongoing = [trial for trial in trials if trial.ongoing]
    values: dict[str, Value] = {
        "tried_agents": _agents(trials),
        "failed_agents": _agents(failed, complete=not open_agents - {trial.agent for trial in failed}),
        "inadequate_agents": _agents(inadequate, complete=not open_agents),
        "partial_response_agents": _agents(t for t in ongoing if t.outcome is Outcome.PARTIAL),
        "responder_agents": _agents(t for t in ongoing if t.outcome is Outcome.RESPONDED),
    }
    if classes or not open_agents:
        values["failed_classes"] = len(classes)
    return values


def _has_failed(trial: Trial) -> bool:
    return trial.outcome in (Outcome.FAILED, Outcome.NOT_TOLERATED) and not trial.ongoing


def _may_have_failed(trial: Trial) -> bool:
    """Whether a finished trial cannot be judged for want of dose, time or relief."""
    return trial.outcome is Outcome.UNKNOWN and not trial.ongoing


def _agents(trials: Iterable[Trial], *, complete: bool = True) -> FactSet:
    return FactSet(frozenset(trial.agent for trial in trials), complete=complete)
