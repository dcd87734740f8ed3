"""The pages of an agent, of a therapy and of a condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rules import english
from rules.evaluate import evaluate
from rules.expr import AllOf, AnyOf, Expr, Member, walk
from rules.facts import FactSet
from rules.truth import Truth
from treatments.rulebook import Agent, Indication, Rulebook, Step, Therapy
from treatments.rulebook_presenters.index import CAUSES
from treatments.rulebook_presenters.rules import grouped_rules
from treatments.rulebook_presenters.tables import interaction_view, pairs_of
from treatments.rulebook_presenters.words import Citation, Link, Text, citations, option_link, records


def agent_page(agent: Agent, rulebook: Rulebook) -> dict[str, Any]:
    """Everything on the page of a medicine."""
    data: Mapping[str, Any] = agent.data
    unit = agent.dosing.unit if agent.dosing else ""
    guidelines = {item["id"]: item["label"] for item in records(rulebook.reference.get("guidelines"))}
    return {
        "agent": agent,
        "head": [
            (gettext_lazy("Class"), data.get("pharmacological_class"), None, ""),
            (gettext_lazy("Form"), agent.formulation, None, ""),
            (gettext_lazy("Route"), ", ".join(agent.routes), None, ""),
            (gettext_lazy("Prescriber"), english.words(agent.prescriber), None, ""),
            *(
                [(gettext_lazy("Use in proposals"), english.words(agent.app_rule), None, "warning")]
                if agent.app_rule
                else []
            ),
        ],
        "lines": [
            (
                guidelines.get(line.guideline, line.guideline),
                line.line,
                " · ".join(filter(None, (line.strength, line.certainty))),
                line.note or "",
                citations(line.sources, rulebook),
            )
            for line in agent.lines
        ],
        "indications": _indications(agent.indications, rulebook),
        "unit": unit,
        "schedules": _schedules(agent),
        "dosing": _dosing_facts(agent),
        "dosing_notes": _dosing_notes(agent),
        "dosing_sources": citations(agent.dosing.sources, rulebook) if agent.dosing else [],
        "sections": grouped_rules(rulebook.option_rules[agent.id], rulebook),
        "no_adjustment": [
            (item["text"], english.words(item["organ"]), citations(item["sources"], rulebook))
            for item in records(data.get("no_adjustment"))
        ],
        "monitoring": [
            (
                rulebook.labels["monitoring_tests"].get(item.test, item.label),
                _("yes") if item.baseline else _("no"),
                item.when or "",
                citations(item.sources, rulebook),
            )
            for item in agent.monitoring
        ],
        "interactions": [interaction_view(pair, rulebook) for pair in pairs_of(agent, rulebook)],
        "advice": [
            (title, str((data.get(key) or {}).get("advice") or ""), citations(data[key]["sources"], rulebook))
            for key, title in (
                ("pregnancy", gettext_lazy("Pregnancy")),
                ("breastfeeding", gettext_lazy("Breastfeeding")),
                ("driving", gettext_lazy("Driving")),
            )
            if data.get(key)
        ],
        "adverse_effects": [
            (title, [(item["effect"], item["frequency"], citations(item["sources"], rulebook)) for item in found])
            for key, title in (("common", gettext_lazy("Common")), ("serious", gettext_lazy("Serious")))
            if (found := records((data.get("adverse_effects") or {}).get(key)))
        ],
        "counselling": data.get("counselling") or (),
        "checks": data.get("needs_clinician_check") or (),
    }


def _dosing_facts(agent: Agent) -> list[tuple[Text, str, None, str]]:
    if agent.dosing is None:
        return []
    dosing = agent.dosing
    low, high = dosing.target_per_day
    unit = dosing.unit
    found: list[tuple[Text, str, None, str]] = [
        (gettext_lazy("Start"), f"{dosing.start_per_day:g} {unit}", None, ""),
        (gettext_lazy("Usual dose"), f"{low:g} {unit}" if low == high else f"{low:g} – {high:g} {unit}", None, ""),
    ]
    if dosing.max_per_day is not None:
        found.append((gettext_lazy("Ceiling"), f"{dosing.max_per_day:g} {unit}", None, ""))
    for setting, most in dosing.max_by_setting.items():
        if most is not None:
            text = f"{most:g} {unit}" if most else _("do not start")
            found.append((english.words(setting).capitalize(), text, None, ""))
    if dosing.trial_weeks is not None:
        weeks = ngettext("%(n)g week", "%(n)g weeks", int(dosing.trial_weeks)) % {"n": dosing.trial_weeks}
        found.append((gettext_lazy("Fair trial"), weeks, None, ""))
    return found


def _dosing_notes(agent: Agent) -> list[str]:
    data: Mapping[str, Any] = agent.data.get("dosing") or {}  # type: ignore[assignment]  # checked by the schema
    return [*(data.get("administration") or ()), *([data["max_note"]] if data.get("max_note") else [])]


def _schedules(agent: Agent) -> list[tuple[Text, Sequence[Step]]]:
    if agent.dosing is None:
        return []
    dosing = agent.dosing
    found: list[tuple[Text, Sequence[Step]]] = [(gettext_lazy("Schedule"), dosing.titration)]
    if dosing.slow_titration:
        found.append((gettext_lazy("Slow schedule"), dosing.slow_titration))
    found += [(gettext_lazy("Special schedule"), special.titration) for special in dosing.special]
    return found


def therapy_page(therapy: Therapy, rulebook: Rulebook) -> dict[str, Any]:
    """Everything on the page of a therapy."""
    data: Mapping[str, Any] = therapy.data
    evidence = data.get("evidence") or {}
    return {
        "therapy": therapy,
        "description": data.get("description"),
        "head": [
            (gettext_lazy("Kind"), english.words(therapy.category), None, ""),
            (gettext_lazy("Invasiveness"), english.words(therapy.invasiveness), None, ""),
            (gettext_lazy("Step of the ladder"), str(therapy.ladder_step), None, ""),
            (gettext_lazy("Given by"), ", ".join(map(english.words, data.get("delivered_by") or ())), None, ""),
        ],
        "indications": _indications(therapy.indications, rulebook),
        "evidence": str(evidence.get("summary") or ""),
        "certainty": english.words(therapy.certainty or ""),
        "evidence_sources": citations(evidence.get("sources") or (), rulebook),
        "results": [
            (item["finding"], citations(item["sources"], rulebook)) for item in records(evidence.get("key_results"))
        ],
        "sections": grouped_rules(rulebook.option_rules[therapy.id], rulebook),
        "lists": [
            (title, [(item["text"], citations(item["sources"], rulebook)) for item in found])
            for key, title in (
                ("referral_criteria", gettext_lazy("When to refer")),
                ("precautions", gettext_lazy("Precautions")),
                ("prerequisites", gettext_lazy("Before it starts")),
            )
            if (found := records(data.get(key)))
        ],
        "stop_rule": str((data.get("stop_rule") or {}).get("text") or ""),
        "leaflet": data.get("leaflet") or (),
    }


def condition_page(name: str, rulebook: Rulebook) -> dict[str, Any] | None:
    """The table of one condition or group: rules that ask for it, then what agents and therapies say of it."""
    kind = "conditions" if name in rulebook.labels["conditions"] else "condition_groups"
    label = rulebook.labels[kind].get(name)
    if label is None:
        return None
    asking = [rule for rule in rulebook.every_rule if _asks_for(rule.when, name)]

    def named(options: Iterable[Agent | Therapy]) -> list[tuple[Link, str, str, list[Citation]]]:
        return [
            (
                option_link(option.id, rulebook),
                english.words(item.status),
                item.note or "",
                citations(item.sources, rulebook),
            )
            for option in options
            for item in option.indications
            if item.condition == name
        ]

    return {
        "label": label,
        "sections": grouped_rules(asking, rulebook),
        "agents": named(rulebook.agents),
        "therapies": named(rulebook.therapies),
    }


def _asks_for(expr: Expr, condition: str) -> bool:
    """Whether the rule names the condition and can hold for somebody who has this one and no other."""
    named = any(
        condition == node.value if isinstance(node, Member) else condition in node.values
        for node in walk(expr)
        if isinstance(node, Member | AnyOf | AllOf) and node.fact in CAUSES
    )
    alone = {name: FactSet.of(condition, complete=name == "conditions") for name in CAUSES}
    return named and evaluate(expr, alone) is not Truth.NO


def _indications(items: Iterable[Indication], rulebook: Rulebook) -> list[tuple[Link, str, str, list[Citation]]]:
    found = []
    for item in items:
        label = rulebook.labels["conditions"].get(item.condition) or rulebook.labels["condition_groups"].get(
            item.condition
        )
        link = Link(label, reverse("rulebook-condition", args=[item.condition])) if label else Link(_("Any cause"))
        found.append((link, english.words(item.status), item.note or "", citations(item.sources, rulebook)))
    return found
