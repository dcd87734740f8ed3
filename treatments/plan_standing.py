"""Whether today's rules would still propose what a signed plan holds, by the facts of today. Pure.

A plan stays signed whatever is found: a person decides. What was decided against the rules at the signature is told
as such while the reasons of today are the same; a new reason is a new finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from treatments import plan_checks
from treatments.plan_checks import Given, Need, answers
from treatments.plan_doses import DoseIssue, dose_problems, limits_of
from treatments.plan_readiness import subject_words, way_of
from treatments.plan_record import ItemRecord, PlanRecord
from treatments.snapshot import Snapshot


class What(StrEnum):
    """What today's rules say against an item."""

    EXCLUDED = "excluded"
    NEEDS_DATA = "needs_data"
    ABOVE_LIMIT = "above_limit"
    # What the whole list calls for: the items beside each other and beside what is taken today.
    TOGETHER = "together"
    GONE = "gone"
    # The plan could not be looked at; nobody knows whether it still stands.
    FAILED = "failed"


# In UTC; what was looked at before this hour is looked at again after it.
NIGHT_HOUR = 2
# What comes first: what speaks against the treatment, what cannot be cleared, what was decided at the signature.
GRAVE, UNCLEAR, ACCEPTED = 0, 1, 2
_ABOVE = frozenset({DoseIssue.ABOVE_LIMIT, DoseIssue.ABOVE_ALL, DoseIssue.SINGLE_DOSE})


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing that today's rules say against one item of a signed plan, or against its items and what is taken
    together. `accepted` is the reason given at the signature for just this, or empty.

    Of what adds up over several medicines `ref_id` is empty and `name` that of the burden or danger.
    """

    ref_id: str
    name: str
    what: str
    text: str = ""
    accepted: str = ""

    @property
    def gravity(self) -> int:
        """Where it stands in a list: GRAVE, UNCLEAR or ACCEPTED."""
        if self.accepted:
            return ACCEPTED
        return UNCLEAR if self.what == What.NEEDS_DATA else GRAVE

    def to_json(self) -> dict[str, str]:
        """The form in which it is stored."""
        return {key: getattr(self, key) for key in ("ref_id", "name", "what", "text", "accepted")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Standing:
        """Read what `to_json` wrote."""
        return cls(**data)


def standing(plan: PlanRecord, shown: Snapshot) -> tuple[Standing, ...]:
    """What today's rules say against the items of a plan that have not ended, the gravest first."""
    today = shown.facts.as_of
    going_on = [item for item in plan.items if item.stops_on is None or item.stops_on > today]
    found = [finding for item in going_on for finding in _against(item, plan, shown)]
    found += _together(going_on, plan, shown)
    return tuple(sorted(found, key=lambda finding: finding.gravity))


def gravity_of(found: tuple[Standing, ...]) -> int | None:
    """The gravest of what was found; None where nothing was."""
    return min((finding.gravity for finding in found), default=None)


def last_night(now: datetime) -> datetime:
    """The last moment at which a new day's looks began."""
    begin = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return begin if begin <= now else begin - timedelta(days=1)


def _against(item: ItemRecord, plan: PlanRecord, shown: Snapshot) -> Iterator[Standing]:
    rulebook = shown.rulebook
    if item.ref_id not in rulebook.agent_by_id and item.ref_id not in rulebook.therapy_by_id:
        yield Standing(item.ref_id, item.name, What.GONE)
        return
    choice = replace(item.choice, way=way_of(item.choice, shown))
    for need in plan_checks.needs([choice], replace(shown.proposal, alerts=()), (), rulebook):
        if need.kind in (What.EXCLUDED, What.NEEDS_DATA):
            yield Standing(item.ref_id, item.name, need.kind, _why(need, shown), _accepted(plan, need))
    yield from _doses(item, plan, shown)


def _together(items: Sequence[ItemRecord], plan: PlanRecord, shown: Snapshot) -> Iterator[Standing]:
    """What waits for a reason when the whole list of today is looked at: interactions, burdens, dangers of three."""
    rulebook = shown.rulebook
    # Alerts that the record raises whatever is planned are no finding about the plan: without them only what its items
    # are part of is found. What waits for a reason is asked as the signature asks it, so that its reasons answer.
    about = _needs(items, replace(shown, proposal=replace(shown.proposal, alerts=())))
    asked = [need for need in _needs(items, shown) if any(_overlap(need, other) for other in about)]
    handled = [need for need in about if need.kind == "alert" and need.subject in shown.handled_flags]
    missed = [need for need in about if need not in handled and not any(_overlap(need, other) for other in asked)]
    for need in (*asked, *missed):
        if need.kind == "interaction":
            item = plan.item(need.ref_id)
            name = item.name if item else need.ref_id
        else:
            name = subject_words(need.subject, rulebook)
        yield Standing(need.ref_id, name, What.TOGETHER, " ".join(need.texts), _accepted(plan, need))


def _needs(items: Sequence[ItemRecord], shown: Snapshot) -> list[Need]:
    chosen = [item.choice for item in items]
    live = plan_checks.live_check(chosen, shown.proposal, shown.facts, shown.rulebook)
    found = plan_checks.needs(chosen, shown.proposal, live.checks, shown.rulebook, shown.handled_flags)
    return [need for need in found if need.kind in ("interaction", "alert")]


def _overlap(need: Need, other: Need) -> bool:
    """Whether two needs are about the same: the same item or alert, or something that both cover."""
    same = (need.kind, need.ref_id, need.subject) == (other.kind, other.ref_id, other.subject)
    return same or not set(need.covers).isdisjoint(other.covers)


def _why(need: Need, shown: Snapshot) -> str:
    """What excludes it, or which facts are missing: the rules that wait for them would fill a page."""
    if need.kind == What.EXCLUDED:
        return " ".join(need.texts)
    vocabulary = shown.rulebook.vocabulary
    labels = dict.fromkeys(vocabulary[name].label for name in need.covers)
    return _("Not known: %(facts)s.") % {"facts": "; ".join(labels)}


def _doses(item: ItemRecord, plan: PlanRecord, shown: Snapshot) -> Iterator[Standing]:
    """The doses from today on, as the signature judges them: what was taken before is history."""
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    if agent is None:
        return
    limits = limits_of(shown.proposal.option(item.ref_id), agent)
    found = dose_problems(item.steps, limits, is_taken=True, way=way_of(item.choice, shown))
    problems = [problem for problem in found if problem.issue in _ABOVE]
    if limits is None or not problems:
        return
    worst = max(problems, key=lambda problem: problem.given)
    words = {"given": f"{worst.given:g} {limits.unit}", "limit": f"{worst.limit:g} {limits.unit}"}
    single = worst.issue is DoseIssue.SINGLE_DOSE
    text = (
        _("A single dose of %(given)s is above the limit of today, %(limit)s.")
        if single
        else _("%(given)s a day is above the limit of today, %(limit)s.")
    ) % words
    need = Need("dose", tuple(p.cover for p in problems), (text,), item.ref_id)
    yield Standing(item.ref_id, item.name, What.ABOVE_LIMIT, " ".join([text, *limits.why]), _accepted(plan, need))


def _accepted(plan: PlanRecord, need: Need) -> str:
    """The words with which just this was accepted at the signature."""
    for override in plan.overrides:
        given: Given = override.given
        if answers(given, need):
            return override.text
    return ""
