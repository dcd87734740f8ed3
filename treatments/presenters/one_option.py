"""One option in full: what decided, dose, numbers, monitoring, interactions, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from rules import english
from treatments import rulebook_presenters as rulebook_words
from treatments.plan_doses import DoseLimits, limits_of
from treatments.plan_record import PlanRecord
from treatments.preference_moves import Move
from treatments.presenters.about import Attribute, about
from treatments.presenters.changes import ChangeView, change_views
from treatments.presenters.glance import common_effects, cost
from treatments.presenters.guidelines import grade_words, guidelines_for, position_words, positions
from treatments.presenters.numbers import Number, numbers_of
from treatments.presenters.options import OptionLine, option_line, planned
from treatments.presenters.place import Place
from treatments.presenters.reasons import ReasonView, reason_view
from treatments.presenters.searched import Searched, searched
from treatments.presenters.therapy import TherapyView, therapy_view
from treatments.presenters.words import dose_line, fact_label, stairs, url_if
from treatments.proposal.changes import ChangeSearch
from treatments.proposal.model import Finding, OptionResult
from treatments.rulebook import Effect
from treatments.rulebook_presenters import Badge, Citation
from treatments.snapshot import Snapshot

MOST_EFFECTS = 6


@dataclass(frozen=True, slots=True)
class Why:
    """Everything about one option for this patient."""

    line: OptionLine
    reasons: Sequence[tuple[str, Sequence[ReasonView]]]
    strength: str
    certainty: str
    dose: str
    limits: DoseLimits | None
    adjusted_for: Sequence[str]
    stairs: Sequence[Mapping[str, Any]]
    unit: str
    trial_weeks: float | None
    numbers: Sequence[Number]
    monitoring: Sequence[Any]
    interactions: Sequence[tuple[Badge, Finding, list[Citation]]]
    missing: Sequence[tuple[str, str]]
    effects: Sequence[str]
    rulebook_href: str
    description: str = ""
    has_taper: bool = False
    position: str = ""
    grader: str = ""
    cost: str = ""
    about: Sequence[Attribute] = ()
    therapy: TherapyView | None = None
    changes: Sequence[ChangeView] = ()
    searched: Searched | None = None


def why_page(
    option: OptionResult,
    shown: Snapshot,
    plan: PlanRecord | None,
    place: Place,
    search: ChangeSearch,
    moved: Mapping[str, Move] | None = None,
) -> Why:
    """The column about one option: what decided, dose, numbers, monitoring, interactions, what is missing."""
    rulebook = shown.rulebook
    agent, therapy = rulebook.agent_by_id.get(option.id), rulebook.therapy_by_id.get(option.id)
    chosen = {item.ref_id for item in plan.items} if plan else set()
    dose = option.dose
    data: Mapping[str, Any] = (agent or therapy).data if agent or therapy else {}  # type: ignore[union-attr]
    guidelines = guidelines_for(shown) if agent else []
    strength, certainty, grader = grade_words(agent, guidelines, rulebook) if agent else ("", "", "")
    return Why(
        line=option_line(option, shown, chosen, place, moved),
        reasons=grouped_reasons(option, shown),
        strength=strength or _words(option.strength),
        certainty=certainty or _words(option.certainty),
        dose=dose_line(option),
        limits=limits_of(option, agent) if agent else None,
        adjusted_for=dose.adjusted_for if dose else (),
        stairs=stairs(planned(option, shown), dose.unit, shown.facts.as_of, agent) if dose else (),
        unit=dose.unit if dose else "",
        trial_weeks=dose.trial_weeks if dose else None,
        numbers=numbers_of(option.id, rulebook),
        monitoring=option.monitoring,
        interactions=[
            (Badge(*rulebook_words.SEVERITIES[f.severity]), f, rulebook_words.citations(f.sources, rulebook))
            for f in option.interactions
        ],
        missing=[(name, fact_label(name, shown)) for name in option.missing],
        effects=common_effects(data, MOST_EFFECTS),
        rulebook_href=url_if("rulebook-agent" if agent else "rulebook-therapy", option.id),
        description=str(data.get("description") or ""),
        has_taper=agent is not None and bool(agent.products) and agent.taper is not None,
        position=position_words(positions(agent, guidelines, rulebook)) if agent else "",
        grader=grader,
        cost=cost(option.id, rulebook).text if agent else "",
        about=about(option.id, shown),
        therapy=therapy_view(therapy, option, shown) if therapy else None,
        changes=change_views(option, shown, search, place.patient_id),
        searched=searched(option.id, shown),
    )


def _words(text: str | None) -> str:
    return english.words(text) if text else ""


_GROUPS: Sequence[tuple[str, frozenset[str]]] = (
    ("Against", frozenset({Effect.CONTRAINDICATE.value, Effect.REQUIRE.value})),
    ("For", frozenset({Effect.RECOMMEND.value, Effect.PREFER.value})),
    ("Mind", frozenset({Effect.AVOID.value, Effect.CAUTION.value})),
    ("Dose", frozenset({Effect.LIMIT_DOSE.value, Effect.SET_START.value})),
    ("Watch", frozenset({Effect.MONITOR.value})),
)


def grouped_reasons(option: OptionResult, shown: Snapshot) -> list[tuple[str, list[ReasonView]]]:
    """What the rules said, under one heading each for what speaks against, for, and what is to be minded."""
    views = [(reason.effect, reason_view(reason, shown)) for reason in option.reasons]
    found = [(_(title), [view for effect, view in views if effect in effects]) for title, effects in _GROUPS]
    return [(title, listed) for title, listed in found if listed]
