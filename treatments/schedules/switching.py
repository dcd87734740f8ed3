"""From one medicine to another: the old one down while the new one goes up, where they may be taken together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from treatments.plan_doses import PlannedStep
from treatments.proposal.model import DosePlan, Finding
from treatments.proposal.pairs import Substance, agent_substance, interaction_table
from treatments.rulebook import Agent, Rulebook
from treatments.schedules.calendar import Problem, ProblemKind, Problems, Schedule, build
from treatments.schedules.tapering import Pace, taper
from treatments.schedules.titrating import titration

_EXCLUDES = "exclude"


@dataclass(frozen=True, slots=True)
class Switch:
    """Both schedules; days count from the start of the switch, the days of `new` from `new_starts`.

    `apart` are the ids of the interactions for which the two are never taken on the same day; empty: they overlap.
    `minded` are the interactions to be known while they overlap.
    """

    old: Schedule
    new: Schedule
    new_starts: int
    apart: tuple[str, ...]
    minded: tuple[Finding, ...]

    @property
    def old_ends(self) -> int:
        """The first day without the old medicine."""
        assert self.old.ends_on is not None
        return self.old.ends_on


def never_together(one: Agent, other: Agent, rulebook: Rulebook) -> tuple[str, ...]:
    """Why two medicines are not taken on one day: ids of interactions, pairs, doubled classes; empty: they may."""
    a, b = _substance(one), _substance(other)
    found = [finding.id for finding in _between(a, b, rulebook) if _excludes(finding, rulebook)]
    found += [
        pair.id
        for pair in rulebook.combinations
        if pair.status == "contraindicated" and len(pair.components) == 2 and _covers(pair.components, one, other)
    ]
    found += [f"duplicate:{name}" for name in rulebook.meanings.duplicate_classes if name in a.classes & b.classes]
    return tuple(dict.fromkeys(found))


def _covers(components: Sequence[str], one: Agent, other: Agent) -> bool:
    def is_in(agent: Agent, name: str) -> bool:
        return name == agent.id or name in agent.classes

    first, second = components
    return (is_in(one, first) and is_in(other, second)) or (is_in(one, second) and is_in(other, first))


def _substance(agent: Agent) -> Substance:
    return replace(agent_substance(agent), topical=agent.is_topical)


def _between(one: Substance, other: Substance, rulebook: Rulebook) -> tuple[Finding, ...]:
    return interaction_table(rulebook).between(one, other)


def _excludes(finding: Finding, rulebook: Rulebook) -> bool:
    return rulebook.meanings.severities.get(finding.severity) == _EXCLUDES


def washout(agent: Agent, rulebook: Rulebook) -> int | None:
    """For how many days the content counts a medicine as taken after its last dose; None where it says nothing."""
    return max((days for name, days in rulebook.washout_days.items() if name in agent.classes), default=None)


def switch(
    old: Agent,
    current: PlannedStep,
    new: Agent,
    dose: DosePlan,
    rulebook: Rulebook,
    *,
    pace: Pace | None = None,
    used_days: int | None = None,
    overlap_days: int = 0,
    washout_days: int | None = None,
    others: Iterable[Substance] = (),
) -> Switch | Problems:
    """The old medicine down from its current dose and the new one up by its dose plan.

    Where the two may be taken together, both begin on day 0 and the old dose is kept for `overlap_days` first. Where
    they may not, the new one begins after the last day of the old one and its wash-out: that of the content, or
    `washout_days` where the content has none (None: nobody said, which is a problem and not a wash-out of no days).
    `others` are the substances taken besides: a new medicine that one of them forbids is a problem.
    """
    if old.id == new.id or set(old.drug_names) & set(new.drug_names):
        return (Problem(ProblemKind.SAME_MEDICINE, new.id),)
    grave = [
        finding.id
        for other in others
        for finding in _between(other, _substance(new), rulebook)
        if _excludes(finding, rulebook) and not other.agents & {old.id, new.id} and other.name not in old.drug_names
    ]
    if grave:
        return (Problem(ProblemKind.NOT_TOGETHER, new.id, findings=tuple(dict.fromkeys(grave))),)
    up = titration(new, dose)
    if not isinstance(up, Schedule):
        return up
    apart = never_together(old, new, rulebook)
    down = _down(old, current, pace, used_days, 0 if apart else overlap_days)
    if not isinstance(down, Schedule):
        return down
    if not apart:
        minded = tuple(_between(_substance(old), _substance(new), rulebook))
        return Switch(down, up, 0, (), minded)
    days = washout(old, rulebook)
    days = washout_days if days is None else max(days, washout_days or 0)
    if days is None:
        return (Problem(ProblemKind.WASHOUT_UNKNOWN, old.id, findings=apart),)
    assert down.ends_on is not None
    return Switch(down, up, down.ends_on + days, apart, ())


def _down(
    old: Agent, current: PlannedStep, pace: Pace | None, used_days: int | None, kept_days: int
) -> Schedule | Problems:
    """The old medicine to its end, its current dose first for `kept_days`."""
    down = taper(old, current, pace=pace, used_days=used_days)
    if not isinstance(down, Schedule):
        if [problem.kind for problem in down] != [ProblemKind.MAY_STOP]:
            return down
        # It may end at once: its last day is the one before the new medicine stands alone.
        return build(old, [current.on(0)], max(kept_days, 1))
    if not kept_days or down.ends_on is None:
        return down
    steps = [current.on(0), *(step.on(step.day + kept_days) for step in down.planned if step.per_day < current.per_day)]
    return build(old, steps, down.ends_on + kept_days)
