"""`propose`: facts and rulebook in, proposal out. Pure and deterministic; it never hides an option."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from rules.expr import Between, Compare, walk
from rules.truth import Truth
from treatments.patient_facts import PatientFacts
from treatments.proposal.judging import Judged, Verdict, judge, with_kidney
from treatments.proposal.model import (
    Alert,
    Call,
    DosePlan,
    Duplicate,
    Finding,
    MedicineReview,
    MissingFact,
    OptionResult,
    Proposal,
    Reason,
    Status,
    Stop,
    fact_json,
    plain,
)
from treatments.proposal.options import (
    NOT_IN_SETTING,
    NOT_PROPOSED,
    agent_result,
    promoted,
    ranked,
    therapy_result,
)
from treatments.proposal.pairs import (
    InteractionTable,
    Substance,
    combination_results,
    current_substances,
    duplicates,
)
from treatments.rulebook import Agent, Effect, Rulebook

_TIERS = ("critical", "warning", "info")
_URGENCIES = ("emergency", "emergency_or_24h", "urgent", "soon", "routine", "not_covered")
_KIDNEY = "crcl_ml_min"
TAPER_IF_TAKEN = "do_not_start"


@lru_cache(maxsize=4)
def _table(rulebook: Rulebook) -> InteractionTable:
    return InteractionTable(rulebook)


def propose(facts: PatientFacts, rulebook: Rulebook) -> Proposal:
    """Everything that may be done for this patient on this day, with reasons.

    The same facts and the same release give the same bytes of `canonical_text()` for ever.
    """
    judged = judge(rulebook.patient_rules, with_kidney(facts.values, rulebook.meanings), facts.values)
    stop = _stop(judged)
    taken = current_substances(facts, rulebook)
    table = _table(rulebook)
    agents: Sequence[OptionResult] = [agent_result(a, rulebook, facts, taken, table) for a in rulebook.agents]
    therapies: Sequence[OptionResult] = [therapy_result(t, rulebook, facts) for t in rulebook.therapies]
    if stop is not None:
        agents = [_stopped(result, stop) for result in agents]
        therapies = [_stopped(result, stop) for result in therapies]
    agents = ranked(promoted(agents, rulebook))
    therapies = ranked(therapies)
    by_id = {result.id: result for result in agents}
    within_list = table.among(taken)
    doubled = duplicates(taken, rulebook.meanings.duplicate_classes)
    stop_or_taper = _stop_or_taper(agents, taken)
    agents = tuple(_with_taper(result, rulebook.agent_by_id[result.id], stop_or_taper, taken) for result in agents)
    risk_tier = _risk_tier(judged)
    return Proposal(
        case=facts.case,
        as_of=facts.as_of,
        release=rulebook.release,
        digest=rulebook.digest,
        derived=facts.derived,
        stop=stop,
        alerts=_alerts(judged, facts, rulebook, within_list, doubled, stop_or_taper),
        agents=agents,
        therapies=therapies,
        combinations=tuple(combination_results(rulebook, facts, by_id)),
        medicines=MedicineReview(
            interactions=within_list,
            duplicates=doubled,
            burdens={name: _number(facts, name) for name in sorted(facts.burdens)} | {"mme_per_day": _number(facts, "mme_per_day")},
            not_checked=facts.not_checked,
            reviewed=_yes_or_no(facts, "medications_reviewed"),
            stop_or_taper=stop_or_taper,
        ),
        missing=_missing((*agents, *therapies), facts, rulebook),
        referrals=_calls(judged.of(Effect.REFER), rulebook.labels.get("referrals", {}), sort_urgency=True),
        education=_calls(judged.of(Effect.EDUCATE), rulebook.labels.get("education", {})),
        risk_tier=risk_tier,
        reviews=_reviews(agents, therapies, taken, rulebook, risk_tier),
    )


def _stop(judged: Judged) -> Stop | None:
    """A red flag or an age that ends drug proposals; the most urgent gives the reason, all give their actions."""
    stopping = [v for v in judged.of(Effect.ALERT) if v.holds and v.rule.urgency is not None]
    if not stopping:
        return None
    first = min(stopping, key=lambda verdict: _URGENCIES.index(verdict.rule.urgency or "not_covered"))
    actions = dict.fromkeys(action for verdict in stopping for action in verdict.rule.actions)
    reason = " ".join(dict.fromkeys(verdict.rule.text for verdict in stopping))
    return Stop(reason[:400], first.rule.urgency or "not_covered", tuple(actions))


def _stopped(result: OptionResult, stop: Stop) -> OptionResult:
    reason = Reason("stop", Effect.CONTRAINDICATE.value, stop.reason, Truth.YES, {}, ("dossier_reconciliation",))
    return OptionResult(
        id=result.id,
        name=result.name,
        status=Status.EXCLUDED,
        rank=None,
        line=result.line,
        strength=result.strength,
        certainty=result.certainty,
        reasons=(reason, *result.reasons),
        interactions=result.interactions,
        currently_taken=result.currently_taken,
        score=result.score,
    )


def _alerts(
    judged: Judged,
    facts: PatientFacts,
    rulebook: Rulebook,
    within_list: Sequence[Finding],
    doubled: Sequence[Duplicate],
    stop_or_taper: Sequence[str],
) -> tuple[Alert, ...]:
    found = [judged_alert(judged, v) for v in judged.of(Effect.ALERT) if v.holds and v.rule.target]
    found.extend(_list_alerts(facts, within_list, doubled, stop_or_taper))
    found.extend(_record_alerts(facts, rulebook))
    best: dict[str, Alert] = {}
    for alert in found:
        held = best.get(alert.id)
        if held is None or _TIERS.index(alert.tier) < _TIERS.index(held.tier):
            best[alert.id] = alert
    place = {name: number for number, name in enumerate(rulebook.labels.get("alerts", {}))}
    return tuple(sorted(best.values(), key=lambda a: (_TIERS.index(a.tier), place.get(a.id, len(place)), a.id)))


def judged_alert(judged: Judged, verdict: Verdict) -> Alert:
    """The alert that a rule about the patient raises."""
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
            found.append(Alert(alert_id, tier, text[:1000], {"medication_names": list(names)}, sources))
    for item in doubled:
        text = f"Two medicines of the class {item.name}: {', '.join(item.medicines)}."
        found.append(
            Alert("duplicate_class", "critical", text, {"medication_names": list(item.medicines)}, ("dossier_reconciliation",))
        )
    if facts.not_checked:
        text = f"Not recognised, check by hand: {', '.join(facts.not_checked)}."
        count = plain(_number(facts, "unrecognised_medicines"))
        found.append(
            Alert(
                "unrecognised_medicine",
                "warning",
                text[:1000],
                {"unrecognised_medicines": count},
                ("dossier_reconciliation",),
            )
        )
    if stop_or_taper:
        text = f"To be stopped or tapered, not suddenly: {', '.join(stop_or_taper)}."
        found.append(
            Alert("abrupt_stop_risk", "warning", text[:1000], {"medication_names": list(stop_or_taper)}, ("nice_ng215",))
        )
    return found


def _record_alerts(facts: PatientFacts, rulebook: Rulebook) -> list[Alert]:
    """What the record itself says: values that are too old, statements that contradict, a kidney near a boundary."""
    found: list[Alert] = []
    if facts.stale:
        text = "; ".join(
            f"{item.code} {item.value} {item.unit or ''} of {item.date.isoformat()} is {item.age_days} days old "
            f"(limit {item.limit_days})".replace("  ", " ")
            for item in facts.stale
        )
        named: dict[str, object] = {item.fact: None for item in facts.stale if item.fact}
        found.append(Alert("stale_data", "warning", text[:1000], named, ("dossier_reconciliation",)))  # type: ignore[arg-type]
    if facts.conflicts:
        text = "; ".join(item.text for item in facts.conflicts)
        named = {item.fact: fact_json(facts.get(item.fact)) for item in facts.conflicts}
        found.append(Alert("case_conflict", "warning", text[:1000], named, ("dossier_reconciliation",)))  # type: ignore[arg-type]
    kidney = facts.get(_KIDNEY) if _KIDNEY in facts.values else facts.get("egfr")
    if isinstance(kidney, int | float) and not isinstance(kidney, bool):
        near = sorted(b for b in _boundaries(rulebook) if abs(kidney - b) <= rulebook.meanings.renal_margin)
        if near:
            name = _KIDNEY if _KIDNEY in facts.values else "egfr"
            limits = " and ".join(f"{b:g}" for b in near)
            text = f"Kidney function {kidney:.1f} mL/min lies close to the dose boundary {limits}; repeat before relying on it."
            found.append(
                Alert("renal_band_boundary", "info", text, {name: plain(kidney)}, ("dossier_reconciliation",))
            )
    return found


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


def _stop_or_taper(agents: Iterable[OptionResult], taken: Sequence[Substance]) -> tuple[str, ...]:
    """Medicines taken now that a rule forbids for this patient, or that a table asks to taper.

    That an agent is never proposed, or not in this setting, is no reason to stop one that somebody else prescribes.
    """
    wrong = {result.id for result in agents if result.currently_taken and any(map(_asks_to_end, result.reasons))}
    return tuple(substance.name for substance in taken if substance.agents & wrong)


def _asks_to_end(reason: Reason) -> bool:
    if reason.truth is not Truth.YES or reason.rule.endswith((NOT_PROPOSED, NOT_IN_SETTING)) or reason.rule == "stop":
        return False
    return reason.effect == Effect.CONTRAINDICATE.value or reason.action == TAPER_IF_TAKEN


def _with_taper(
    result: OptionResult, agent: Agent, stop_or_taper: Sequence[str], taken: Sequence[Substance]
) -> OptionResult:
    names = [s.name for s in taken if agent.id in s.agents and s.name in stop_or_taper]
    if not names:
        return result
    taper = agent.data.get("taper")
    note = taper.get("note") if isinstance(taper, dict) else None
    sources = tuple(taper.get("sources", ())) if isinstance(taper, dict) else ()
    text = f"Taken now ({', '.join(names)}): review, and taper rather than stop suddenly." + (f" {note}." if note else "")
    reason = Reason(f"{agent.id}-taken-now", Effect.AVOID.value, text[:1000], Truth.YES, {"medication_names": list(names)}, sources)
    return replace(result, reasons=(*result.reasons, reason))


def _number(facts: PatientFacts, name: str) -> int | float | None:
    value = facts.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _yes_or_no(facts: PatientFacts, name: str) -> bool | None:
    value = facts.get(name)
    return value if isinstance(value, bool) else None


def _missing(results: Iterable[OptionResult], facts: PatientFacts, rulebook: Rulebook) -> tuple[MissingFact, ...]:
    """The facts still needed, those that would settle the most and best options first."""
    blocks: dict[str, list[str]] = {}
    use: dict[str, float] = {}
    for result in results:
        for place, fact in enumerate(result.missing):
            blocks.setdefault(fact, []).append(result.id)
            use[fact] = use.get(fact, 0) + (1 + 10 * result.weight) / (1 + place)
    if "conditions" not in facts.values:
        blocks["conditions"] = []
        use["conditions"] = max(use.values(), default=0) + 1
    questions = rulebook.questions
    ordered = sorted(blocks, key=lambda fact: (-use[fact], fact))
    return tuple(MissingFact(fact, tuple(blocks[fact]), questions.get(fact)) for fact in ordered)


def _calls(verdicts: Iterable[Verdict], labels: object, *, sort_urgency: bool = False) -> tuple[Call, ...]:
    """What rules call for, each once; of several reasons for the same call the most urgent speaks first."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.holds and verdict.rule.target:
            found.setdefault(verdict.rule.target, []).append(verdict)
    calls = []
    for target, group in found.items():
        ordered = sorted(group, key=lambda v: _URGENCIES.index(v.rule.urgency) if v.rule.urgency else 0)
        text = " ".join(dict.fromkeys(verdict.rule.text for verdict in ordered))
        sources = tuple(dict.fromkeys(source for verdict in ordered for source in verdict.rule.sources))
        calls.append(Call(target, text[:600], sources, ordered[0].rule.urgency))
    if sort_urgency:
        calls.sort(key=lambda call: _URGENCIES.index(call.urgency or "routine"))
    return tuple(calls)


def _risk_tier(judged: Judged) -> str:
    tiers = {v.rule.target for v in judged.of(Effect.FOLLOW_UP) if v.holds}
    return next((tier for tier in ("high", "medium") if tier in tiers), "low")


def _reviews(
    agents: Iterable[OptionResult],
    therapies: Iterable[OptionResult],
    taken: Sequence[Substance],
    rulebook: Rulebook,
    tier: str,
) -> tuple[Call, ...]:
    """When to look again, for what is recommended and for what is taken already."""
    wanted: dict[str, None] = {}
    recommended = {result.id for result in agents if result.status is Status.RECOMMENDED}
    classes = {name for option in recommended for name in rulebook.agent_by_id[option].classes}
    doses: list[DosePlan] = [r.dose for r in agents if r.dose and r.id in recommended]
    if doses:
        wanted.update(dict.fromkeys(("start_or_step", "response_check")))
    if "opioid" in classes:
        wanted["opioid_start"] = None
    held = {name for substance in taken for name in substance.classes}
    for name, review in (("opioid", "opioid_continuing"), ("benzodiazepine", "benzodiazepine"), ("gabapentinoid", "gabapentinoid_review")):
        if name in held:
            wanted[review] = None
    categories = {rulebook.therapy_by_id[r.id].category for r in therapies if r.status is Status.RECOMMENDED}
    for category, review in (("rehabilitation", "physio_exercise"), ("psychological", "psychology")):
        if category in categories:
            wanted[review] = None
    reviews = {review.id: review for review in rulebook.reviews}
    return tuple(
        Call(name, f"{reviews[name].trigger}. {reviews[name].mode}.", reviews[name].sources, days=reviews[name].days[tier])
        for name in wanted
        if name in reviews
    )
