"""Pairs of treatments for this patient, and whether to switch or to combine at all, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from rules import english
from treatments import rulebook_presenters as rulebook_words
from treatments.combining import PRINCIPLES, Course, advice, pairing
from treatments.ledger import OUTCOMES, VERDICTS
from treatments.patient_facts import Trial
from treatments.plan_record import PlanRecord
from treatments.presenters.reasons import ReasonView, reason_view
from treatments.proposal.model import CombinationResult
from treatments.rulebook import Rulebook
from treatments.rulebook_presenters import Citation
from treatments.snapshot import Snapshot

# What holds whenever two medicines are combined, in the order in which it is read.
_ALWAYS = ("one_change_at_a_time", "add_second_low", "max_two_oral_systemic", "stop_failed_addon")


@dataclass(frozen=True, slots=True)
class PrincipleView:
    """A principle with its sources."""

    text: str
    sources: Sequence[Citation]


@dataclass(frozen=True, slots=True)
class AdviceView:
    """Switch, combine or wait: the heading, the trials behind it, the principles, and how many are taken already."""

    title: str
    tone: str
    trials: Sequence[tuple[str, str, str]]
    principle: PrincipleView | None
    always: Sequence[PrincipleView]
    systemic: Sequence[str]
    is_full: bool


_TITLES: Mapping[Course, tuple[str, str]] = {
    Course.CONTINUE: ("Continue: a medicine already gives good relief", "good"),
    Course.COMBINE: ("Combine: add a second class", "good"),
    Course.FINISH: ("First finish the trial that goes on", "information"),
    Course.SWITCH: ("Switch: to another class, do not combine", "warning"),
    Course.BEGIN: ("Neither yet: no trial on record can be judged", "information"),
}


def combining_advice(shown: Snapshot) -> AdviceView:
    """What the trials of this patient ask for, by the principles of the content."""
    found = advice(shown.facts, shown.proposal, shown.rulebook)
    title, tone = _TITLES[found.course]
    known = {p.id: PrincipleView(p.text, _cite(p.sources, shown)) for p in shown.rulebook.guidance.principles}
    return AdviceView(
        title=_(title),
        tone=tone,
        trials=[_trial(trial, shown) for trial in found.trials],
        principle=known.get(PRINCIPLES[found.course]),
        always=[known[name] for name in _ALWAYS if name in known],
        systemic=[shown.rulebook.agent_by_id[name].name for name in found.systemic],
        is_full=len(found.systemic) >= _most_systemic(shown.rulebook),
    )


def _most_systemic(rulebook: Rulebook) -> int:
    """How many systemic medicines for the pain may be taken at once outside specialist care (reference.yaml)."""
    limits: Any = rulebook.reference.get("plan_limits") or {}
    return int(limits["systemic_agents"]["at_most"])


def _cite(ids: Iterable[str], shown: Snapshot) -> list[Citation]:
    return rulebook_words.citations(ids, shown.rulebook)


def _trial(trial: Trial, shown: Snapshot) -> tuple[str, str, str]:
    """Name, what was reached, and what it showed."""
    agent = shown.rulebook.agent_by_id.get(trial.agent)
    reached = []
    if trial.max_daily_dose is not None:
        reached.append(_("%(dose)g %(unit)s a day") % {"dose": trial.max_daily_dose, "unit": trial.unit or ""})
    if trial.weeks_at_max is not None:
        reached.append(_("for %(weeks)g weeks") % {"weeks": trial.weeks_at_max})
    if trial.response_percent is not None:
        reached.append(_("%(relief)g%% relief") % {"relief": trial.response_percent})
    verdict, _tone = VERDICTS[trial.adequacy]
    said = f"{verdict}: {OUTCOMES[trial.outcome]}"
    return agent.name if agent else english.words(trial.agent), ", ".join(reached) or _("not on record"), said


# --- pairs ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair of the table of combinations for this patient. `add` names what one press would put into the plan."""

    id: str
    title: str
    status: str
    tone: str
    advised: bool
    reasons: Sequence[ReasonView]
    cautions: str
    evidence: str
    sources: Sequence[Citation]
    stands_for: str = ""
    add: str = ""
    to_add: Sequence[str] = ()
    not_added: str = ""
    is_in_plan: bool = False


_PAIR_TONES = {"contraindicated": "critical", "avoid": "warning", "specialist_only": "quiet", "insufficient": "quiet"}
# A pair of which the content says no is not offered for the plan, whatever else is known.
NEVER_ADDED = frozenset({"contraindicated", "avoid"})


def pairs(shown: Snapshot, plan: PlanRecord | None) -> list[PairView]:
    """The combinations that concern this patient, the advised first, those to avoid last."""
    order = {"avoid": 1, "contraindicated": 2}
    results = sorted(shown.proposal.combinations, key=lambda item: (not item.advised, order.get(item.status, 0)))
    chosen = [item.ref_id for item in plan.items] if plan else []
    return [_pair(result, shown, chosen) for result in results]


def _pair(result: CombinationResult, shown: Snapshot, chosen: Sequence[str]) -> PairView:
    rulebook = shown.rulebook
    entry = next(item for item in rulebook.combinations if item.id == result.id)
    found = pairing(result, shown.proposal, rulebook, chosen)
    names = [rulebook.agent_by_id[name].name for name in found.picked]
    forbidden = result.status in NEVER_ADDED
    add, not_added = "", ""
    if forbidden:
        not_added = _("Not offered for the plan.")
    elif not found.picked:
        not_added = _("Nothing of one side is cleared for this patient: %(side)s.") % {
            "side": _component(found.lacking, rulebook)
        }
    elif found.same_class:
        doubled = rulebook.labels.get("classes", {}).get(found.same_class) or _component(found.same_class, rulebook)
        not_added = _("It would make two of one class: %(name)s.") % {"name": doubled}
    elif found.can_be_added:
        add = " + ".join(rulebook.agent_by_id[name].name for name in found.to_add)
    return PairView(
        id=result.id,
        title=capfirst(" + ".join(_component(name, rulebook) for name in result.components)),
        status=_("Advised now") if result.advised else capfirst(english.words(result.status)),
        tone="good" if result.advised else _PAIR_TONES.get(result.status, "information"),
        advised=result.advised,
        reasons=[reason_view(reason, shown) for reason in result.reasons],
        cautions="" if any(r.text == entry.cautions for r in result.reasons) else entry.cautions,
        evidence=entry.evidence,
        sources=rulebook_words.citations(entry.sources, rulebook),
        stands_for="" if forbidden else " + ".join(names),
        add=add,
        to_add=found.to_add if add else (),
        not_added=not_added,
        is_in_plan=bool(found.picked) and not found.to_add,
    )


def _component(name: str, rulebook: Rulebook) -> str:
    if name in rulebook.agent_by_id:
        return rulebook.agent_by_id[name].name
    return name.upper() if len(name) <= 5 else english.words(name)
