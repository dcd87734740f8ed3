"""Interactions and combinations."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from rules import english
from treatments.rulebook import Agent, Interaction, Rulebook
from treatments.rulebook_presenters.rules import rule_view
from treatments.rulebook_presenters.words import SEVERITIES, Badge, Link, citations, option_link


def pairs_of(agent: Agent, rulebook: Rulebook) -> list[Interaction]:
    """The interactions that name the agent or one of its classes."""
    own = {("agent", agent.id), *(("class", name) for name in agent.classes)}
    return [pair for pair in rulebook.interactions if {(pair.a.kind, pair.a.id), (pair.b.kind, pair.b.id)} & own]


def interaction_view(pair: Interaction, rulebook: Rulebook) -> dict[str, Any]:
    """An interaction as a row."""
    label, tone, icon = SEVERITIES[pair.severity]
    return {
        "id": pair.id,
        "a": _side(pair.a.kind, pair.a.id, rulebook),
        "b": _side(pair.b.kind, pair.b.id, rulebook),
        "severity": Badge(label, tone, icon),
        "effect": pair.effect,
        "mechanism": pair.mechanism,
        "management": pair.management or "",
        "sources": citations(pair.sources, rulebook),
    }


def _side(kind: str, name: str, rulebook: Rulebook) -> Link:
    if kind == "agent":
        return option_link(name, rulebook)
    label = rulebook.vocabulary["medication_classes"].values.get(name) or english.words(name)
    return Link(f"{label[:1].upper()}{label[1:]}", note=_("class") if kind == "class" else "")


def combination_view(pair: Any, rulebook: Rulebook) -> dict[str, Any]:
    """A combination as a row."""
    return {
        "id": pair.id,
        "components": [
            option_link(name, rulebook) if name in rulebook.agent_by_id else _side("class", name, rulebook)
            for name in pair.components
        ],
        "status": english.words(pair.status),
        "use_when": pair.use_when,
        "cautions": pair.cautions,
        "dose": pair.dose_considerations,
        "evidence": pair.evidence,
        "block": rule_view(pair.block, rulebook) if pair.block else None,
        "sources": citations(pair.sources, rulebook),
    }
