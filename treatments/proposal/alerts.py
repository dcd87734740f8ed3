"""Alerts: what the record warns of, whatever is chosen. From rules, from the medicine list, from the record itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rules.english import unit_text
from rules.expr import Between, Compare, walk
from treatments.patient_facts import PatientFacts, Stale
from treatments.proposal.judging import Judged, Verdict
from treatments.proposal.model import Alert, Duplicate, Finding, fact_json, plain
from treatments.rulebook import Effect, Rulebook

_TIERS = ("critical", "warning", "info")
_KIDNEY = "crcl_ml_min"
_OURS = ("dossier_reconciliation",)


def number_of(facts: PatientFacts, name: str) -> int | float | None:
    """The value of a numeric fact; None when it is unknown."""
    value = facts.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def raised_alerts(
    judged: Judged,
    facts: PatientFacts,
    rulebook: Rulebook,
    within_list: Sequence[Finding],
    doubled: Sequence[Duplicate],
    stop_or_taper: Sequence[str],
) -> tuple[Alert, ...]:
    """Every alert, each once in its loudest form, the loudest first."""
    found = [_judged_alert(judged, v) for v in judged.of(Effect.ALERT) if v.holds and v.rule.target]
    found.extend(_list_alerts(facts, within_list, doubled, stop_or_taper))
    found.extend(_record_alerts(facts, rulebook))
    best: dict[str, Alert] = {}
    for alert in found:
        held = best.get(alert.id)
        if held is None or _TIERS.index(alert.tier) < _TIERS.index(held.tier):
            best[alert.id] = alert
    place = {name: number for number, name in enumerate(rulebook.labels.get("alerts", {}))}
    return tuple(sorted(best.values(), key=lambda a: (_TIERS.index(a.tier), place.get(a.id, len(place)), a.id)))


def _judged_alert(judged: Judged, verdict: Verdict) -> Alert:
    rule = verdict.rule
    shown = {reading.fact: fact_json(judged.shown.get(reading.fact), reading.ids) for reading in verdict.readings}
    return Alert(rule.target or rule.id, rule.tier or "info", rule.text, shown, rule.sources, rule.id)


def _list_alerts(
    facts: PatientFacts, within_list: Sequence[Finding], doubled: Sequence[Duplicate], stop_or_taper: Sequence[str]
) -> list[Alert]:
    """What the medicine list itself says: pairs, duplicates, names that were not recognised."""
    found: list[Alert] = []
    for severity, alert_id, tier in (
        ("contraindicated", "interaction_contraindicated", "critical"),
        ("major", "interaction_major", "warning"),
    ):
        pairs = [item for item in within_list if item.severity == severity]
        if pairs:
            text = "; ".join(dict.fromkeys(f"{item.a} with {item.b}: {item.text}" for item in pairs))
            names = sorted({name for item in pairs for name in (item.a, item.b)})
            sources = tuple(dict.fromkeys(source for item in pairs for source in item.sources))
            sentence = f"{text[:1].upper()}{text[1:]}"[:999].rstrip(".") + "."
            found.append(Alert(alert_id, tier, sentence, {"medication_names": list(names)}, sources))
    for item in doubled:
        text = f"Two medicines of the class {item.name}: {', '.join(item.medicines)}."
        found.append(
            Alert(
                "duplicate_class",
                "critical",
                text,
                {"medication_names": list(item.medicines)},
                _OURS,
            )
        )
    if facts.not_checked:
        text = f"Not recognised, check by hand: {', '.join(facts.not_checked)}."
        count = plain(number_of(facts, "unrecognised_medicines"))
        found.append(
            Alert(
                "unrecognised_medicine",
                "warning",
                text[:1000],
                {"unrecognised_medicines": count},
                _OURS,
            )
        )
    if stop_or_taper:
        text = f"To be stopped or tapered, not suddenly: {', '.join(stop_or_taper)}."
        found.append(
            Alert(
                "abrupt_stop_risk", "warning", text[:1000], {"medication_names": list(stop_or_taper)}, ("nice_ng215",)
            )
        )
    return found


def _record_alerts(facts: PatientFacts, rulebook: Rulebook) -> list[Alert]:
    """What the record itself says: values that are too old, statements that contradict, a kidney near a boundary."""
    found: list[Alert] = []
    if facts.stale:
        text = "; ".join(_too_old(item, rulebook) for item in facts.stale) + "."
        named: dict[str, object] = {item.fact: None for item in facts.stale if item.fact}
        found.append(Alert("stale_data", "warning", text[:1000], named, _OURS))  # type: ignore[arg-type]
    if facts.conflicts:
        text = "; ".join(item.text for item in facts.conflicts)
        named = {item.fact: fact_json(facts.get(item.fact)) for item in facts.conflicts}
        found.append(Alert("case_conflict", "warning", text[:1000], named, _OURS))  # type: ignore[arg-type]
    kidney = facts.get(_KIDNEY) if _KIDNEY in facts.values else facts.get("egfr")
    if isinstance(kidney, int | float) and not isinstance(kidney, bool):
        near = sorted(b for b in _boundaries(rulebook) if abs(kidney - b) <= rulebook.meanings.renal_margin)
        if near:
            name = _KIDNEY if _KIDNEY in facts.values else "egfr"
            limits = " and ".join(f"{b:g}" for b in near)
            text = f"Kidney function {kidney:.1f} mL/min lies close to the dose boundary {limits}; repeat it."
            found.append(Alert("renal_band_boundary", "info", text, {name: plain(kidney)}, _OURS))
    return found


def _too_old(item: Stale, rulebook: Rulebook) -> str:
    fact = rulebook.vocabulary.facts.get(item.fact or "")
    name = fact.label if fact else item.code.replace("_", " ").capitalize()
    value = f"{item.value:g}" if isinstance(item.value, float) else str(item.value)
    amount = f"{value} {unit_text(item.unit or '')}".strip()
    return f"{name} {amount} of {item.date.isoformat()} is {item.age_days} days old, counts for {item.limit_days}"


@lru_cache(maxsize=4)
def _boundaries(rulebook: Rulebook) -> tuple[float, ...]:
    """The creatinine clearances at which a dose rule of the rulebook changes."""
    found: set[float] = set()
    for agent in rulebook.agents:
        for rule in agent.rules:
            for node in walk(rule.when):
                if isinstance(node, Between) and node.fact == _KIDNEY:
                    found.update((node.low, node.high))
                elif isinstance(node, Compare) and node.fact == _KIDNEY and not isinstance(node.value, str):
                    found.add(node.value)
    return tuple(sorted(found))
