"""One agent or therapy for one patient: status, line, reasons, what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rules.facts import Facts, FactSet
from rules.truth import Truth
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal.doses import plan_dose
from treatments.proposal.judging import judge, setting_of, waiting_for, with_kidney
from treatments.proposal.model import Finding, OptionResult, Reason, Status, fact_json
from treatments.proposal.pairs import InteractionTable, Substance
from treatments.proposal.standing import (
    LAST_LINE,
    LINE_WEIGHT,
    STEP_WEIGHT,
    Count,
    Placed,
    Standing,
    agent_standing,
    ballots,
    kept_going,
    next_line,
    therapy_standing,
)
from treatments.rulebook import Agent, Effect, GuidelineLine, Indication, Rulebook, Therapy

NOT_PROPOSED = "-not-proposed"
NOT_IN_SETTING = "-setting"


def agent_result(
    agent: Agent,
    rulebook: Rulebook,
    facts: PatientFacts,
    taken: tuple[Substance, ...],
    table: InteractionTable,
) -> OptionResult:
    """Judge one agent. The patient's other medicines count; the agent's own substance does not."""
    meanings = rulebook.meanings
    shown = facts.without(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens)
    judged = judge(rulebook.group(agent.id), with_kidney(shown, meanings), shown, facts.region)
    setting = setting_of(shown)
    findings = table.with_agent(taken, agent)
    currently_taken = any(agent.id in substance.agents for substance in taken)

    reasons: list[Reason] = []
    excluded = [judged.reason(verdict) for verdict in judged.of(Effect.CONTRAINDICATE) if verdict.holds]
    excluded.extend(_app_rule(agent, setting))
    excluded.extend(_setting_rule(agent, setting))
    excluded.extend(_interaction_reasons(findings, "exclude", rulebook, Effect.CONTRAINDICATE))
    undecided = [verdict for verdict in judged.of(Effect.CONTRAINDICATE) if judged.is_hard_unknown(verdict)]
    required = required_facts(agent, judged.facts)
    weak = _interaction_reasons(findings, "demote", rulebook, Effect.AVOID)
    count = ballots(rulebook, facts.region)[agent.id].count(judged.facts, setting)
    placed = placed_agent(agent, rulebook, *causes_of(facts.values))
    standing = standing_of_agent(agent, rulebook, count, judged.facts, setting, findings, placed)
    status = standing.status
    reasons.extend(excluded)
    seen = {reason.rule for reason in reasons}
    for reason in (*judged.reasons(), *_indication_reasons(agent.indications, rulebook, facts.values), *weak):
        if reason.rule not in seen:
            reasons.append(reason)
            seen.add(reason.rule)
    missing = () if status is not Status.NEEDS_DATA else waiting_for(undecided, judged.facts, rulebook.vocabulary)
    guideline = _guideline(agent.lines, meanings.guideline_order)
    return OptionResult(
        id=agent.id,
        name=agent.name,
        status=status,
        rank=None,
        line=meanings.lines.get(standing.line) if standing.line is not None else None,
        strength=_short(guideline.strength) if guideline else None,
        certainty=_short(guideline.certainty) if guideline else None,
        reasons=tuple(reasons),
        missing=tuple(dict.fromkeys((*missing, *required))) if status is Status.NEEDS_DATA else (),
        dose=None if status is Status.EXCLUDED else plan_dose(agent, judged, rulebook, setting),
        monitoring=() if status is Status.EXCLUDED else agent.monitoring,
        interactions=findings,
        currently_taken=currently_taken,
        score=standing.score,
        weight=standing.weight,
    )


def therapy_result(therapy: Therapy, rulebook: Rulebook, facts: PatientFacts) -> OptionResult:
    """Judge one therapy: fit for the cause, contraindications, and whether its step of the ladder is reached."""
    meanings = rulebook.meanings
    shown = facts.values
    judged = judge(rulebook.group(therapy.id), with_kidney(shown, meanings), shown)
    excluded = [judged.reason(verdict) for verdict in judged.of(Effect.CONTRAINDICATE) if verdict.holds]
    undecided = [verdict for verdict in judged.of(Effect.CONTRAINDICATE) if judged.is_hard_unknown(verdict)]
    unmet = [verdict for verdict in judged.of(Effect.REQUIRE) if not verdict.holds]
    fit, fit_reasons = _fit(therapy, rulebook, facts.values)
    count = ballots(rulebook, facts.region)[therapy.id].count(judged.facts, setting_of(shown))
    standing = therapy_standing(count, placed_therapy(therapy, rulebook, *causes_of(shown)))
    status = standing.status
    reasons = [*excluded, *fit_reasons]
    seen = {reason.rule for reason in reasons}
    unmet_reasons = (replace(judged.reason(verdict), truth=verdict.truth) for verdict in unmet)
    for reason in (*judged.reasons(), *unmet_reasons):
        if reason.rule not in seen:
            reasons.append(reason)
            seen.add(reason.rule)
    return OptionResult(
        id=therapy.id,
        name=therapy.name,
        status=status,
        rank=None,
        line=f"step {therapy.ladder_step}",
        strength=fit,
        certainty=therapy.certainty,
        reasons=tuple(reasons),
        missing=waiting_for(undecided, judged.facts, rulebook.vocabulary) if status is Status.NEEDS_DATA else (),
        score=standing.score + therapy.ladder_step * LINE_WEIGHT - _phenotype(therapy, facts) * STEP_WEIGHT,
        weight=standing.weight,
    )


def standing_of_agent(
    agent: Agent,
    rulebook: Rulebook,
    count: Count,
    values: Facts,
    setting: str,
    findings: Iterable[Finding],
    placed: Placed,
) -> Standing:
    """Where an agent stands by itself; `values` are the facts for judging it, `findings` its interactions."""
    severities = rulebook.meanings.severities
    degrees = {severities.get(finding.severity) for finding in findings}
    return agent_standing(
        count,
        barred="exclude" in degrees or is_barred(agent, setting),
        waits=bool(required_facts(agent, values)),
        weak="demote" in degrees,
        placed=placed,
    )


def placed_agent(agent: Agent, rulebook: Rulebook, conditions: frozenset[str], groups: frozenset[str]) -> Placed:
    """Where the evidence for the cause puts an agent."""
    meanings = rulebook.meanings
    counted = _counted(agent.indications, conditions, groups)
    line = min((meanings.indication_lines.get(item.status, LAST_LINE) for item in counted), default=LAST_LINE)
    against = bool(counted) and all(item.status in meanings.not_advised for item in counted)
    return Placed(line, advised=False, against=against)


def placed_therapy(therapy: Therapy, rulebook: Rulebook, conditions: frozenset[str], groups: frozenset[str]) -> Placed:
    """How well a therapy fits the cause."""
    best = _best_fit(therapy, rulebook, conditions, groups)
    if best is None:
        return Placed(LAST_LINE, advised=False, against=False)
    meanings = rulebook.meanings
    return Placed(
        meanings.fit_lines.get(best.status, LAST_LINE), advised=best.status in meanings.advised_fit, against=False
    )


def is_barred(agent: Agent, setting: str) -> bool:
    """Whether an agent is never proposed, or not started in this setting, whatever the patient's facts are."""
    return _is_not_proposed(agent, setting) or _is_not_started(agent, setting)


def _is_not_proposed(agent: Agent, setting: str) -> bool:
    return agent.app_rule is not None and (agent.app_rule == "never_propose" or setting != "specialist")


def _is_not_started(agent: Agent, setting: str) -> bool:
    limit = agent.dosing.max_by_setting.get(setting) if agent.dosing else None
    return limit is not None and limit <= 0


def ranked(results: Iterable[OptionResult]) -> tuple[OptionResult, ...]:
    """The options in the order of the catalogue, with ranks from 1 for the recommended, then the possible ones."""
    found = tuple(results)
    order = (Status.RECOMMENDED, Status.POSSIBLE)
    place = {result.id: number for number, result in enumerate(found)}
    listed = sorted(
        (result for result in found if result.status in order),
        key=lambda result: (order.index(result.status), result.score, place[result.id]),
    )
    ranks = {result.id: number for number, result in enumerate(listed, start=1)}
    return tuple(result.ranked(ranks.get(result.id)) for result in found)


def promoted(results: Iterable[OptionResult], rulebook: Rulebook) -> tuple[OptionResult, ...]:
    """Where no first-line agent is advised or waits for data, the second line is what is recommended."""
    found = tuple(results)
    number = {text: line for line, text in rulebook.meanings.lines.items()}
    raised = next_line({r.id: Standing(r.status, number.get(r.line or ""), 0, r.weight) for r in found})
    if not raised:
        return found
    text = "No first-line option is advised here, so the second line is."
    reason = Reason("next-line", Effect.RECOMMEND.value, text, Truth.YES, {}, ("nice_cg173",))
    return tuple(
        replace(result, status=Status.RECOMMENDED, reasons=(*result.reasons, reason)) if result.id in raised else result
        for result in found
    )


def continued(results: Iterable[OptionResult], facts: PatientFacts) -> tuple[OptionResult, ...]:
    """Where a recommended medicine already gives good relief, no other is advised beside it."""
    found = tuple(results)
    kept = kept_going((r.id for r in found if r.status is Status.RECOMMENDED), helping_agents(facts.values))
    if not kept:
        return found
    listed = [result for result in found if result.id in kept]
    text = f"Good relief with {', '.join(r.name for r in listed)}: continue it before another medicine is added."
    shown: dict[str, Json] = {"responder_agents": [result.id for result in listed]}
    reason = Reason("good-relief", Effect.AVOID.value, text, Truth.YES, shown, ("immpact2008", "option_dm"))
    return tuple(
        replace(result, status=Status.POSSIBLE, reasons=(*result.reasons, reason))
        if result.status is Status.RECOMMENDED and result.id not in kept
        else result
        for result in found
    )


def helping_agents(values: Facts) -> frozenset[str]:
    """The agents that already give good relief."""
    return _members(values, "responder_agents")


# -- pieces


def _app_rule(agent: Agent, setting: str) -> list[Reason]:
    if agent.app_rule is None or not _is_not_proposed(agent, setting):
        return []
    texts = {
        "never_propose": "Never proposed: guidelines advise against it for neuropathic pain.",
        "never_propose_as_default": "Not proposed outside specialist care.",
        "specialist_protocol_only": "Only within a specialist protocol.",
    }
    sources = agent.lines[0].sources if agent.lines else ("dossier_reconciliation",)
    text = texts.get(agent.app_rule, agent.app_rule.replace("_", " "))
    return [Reason(f"{agent.id}{NOT_PROPOSED}", Effect.CONTRAINDICATE.value, text, Truth.YES, {}, sources)]


def _setting_rule(agent: Agent, setting: str) -> list[Reason]:
    if agent.dosing is None or not _is_not_started(agent, setting):
        return []
    text = f"Not started in this setting ({setting.replace('_', '-')}); a specialist may."
    rule = f"{agent.id}{NOT_IN_SETTING}"
    facts: dict[str, Json] = {"prescriber_setting": setting}
    return [Reason(rule, Effect.CONTRAINDICATE.value, text, Truth.YES, facts, agent.dosing.sources)]


def _interaction_reasons(findings: Iterable[Finding], meaning: str, rulebook: Rulebook, effect: Effect) -> list[Reason]:
    return [
        Reason(
            finding.id,
            effect.value,
            f"With {finding.a}: {finding.text}. {finding.management or ''}".strip()[:1000],
            Truth.YES,
            {"medication_names": [finding.a]},
            finding.sources,
        )
        for finding in findings
        if rulebook.meanings.severities.get(finding.severity) == meaning
    ]


def required_facts(agent: Agent, values: Facts) -> tuple[str, ...]:
    """The facts without which no dose can be told; on dialysis the dose does not depend on them."""
    required = agent.dosing.requires if agent.dosing else ()
    if not required or values.get("dialysis") is True:
        return ()
    return tuple(fact for fact in required if fact not in values)


def _members(values: Facts, name: str) -> frozenset[str]:
    known = values.get(name)
    return known.members if isinstance(known, FactSet) else frozenset()


def causes_of(values: Facts) -> tuple[frozenset[str], frozenset[str]]:
    """What surely causes the pain: conditions, and groups of conditions."""
    return _members(values, "conditions"), _members(values, "condition_groups")


def _counted(indications: Iterable[Indication], conditions: frozenset[str], groups: frozenset[str]) -> list[Indication]:
    """The entries that are surely for this cause; one for the cause itself wins over one for its group."""
    return [item for item in indications if item.condition in conditions] or [
        item for item in indications if item.condition == "any" or item.condition in groups
    ]


def _indication_reasons(indications: Iterable[Indication], rulebook: Rulebook, values: Facts) -> list[Reason]:
    """Where the evidence puts the agent for this cause, in words."""
    counted = _counted(indications, *causes_of(values))
    if not counted:
        text = "The rulebook has no evidence entry for this cause of pain."
        return [Reason("indication-none", Effect.CAUTION.value, text, Truth.YES, {}, ("dossier_reconciliation",))]
    return [
        Reason(
            f"indication-{item.condition}",
            (Effect.AVOID if item.status in rulebook.meanings.not_advised else Effect.RECOMMEND).value,
            f"Evidence for {_condition_label(item.condition, rulebook)}: {item.status.replace('_', ' ')}"
            + (f"; {item.note}." if item.note else "."),
            Truth.YES,
            {"conditions": fact_json(values.get("conditions"), (item.condition,))},
            item.sources,
        )
        for item in counted
    ]


def _condition_label(condition: str, rulebook: Rulebook) -> str:
    for kind in ("conditions", "condition_groups"):
        if condition in rulebook.labels.get(kind, {}):
            return rulebook.labels[kind][condition].lower()
    return condition.replace("_", " ")


def _best_fit(
    therapy: Therapy, rulebook: Rulebook, conditions: frozenset[str], groups: frozenset[str]
) -> Indication | None:
    """How well the therapy fits the cause: its own entry where there is one, else the entry for any cause."""
    known = conditions | groups
    counted = [item for item in therapy.indications if item.condition in known] or [
        item for item in therapy.indications if item.condition == "any"
    ]
    return min(counted, key=lambda item: rulebook.meanings.fit_lines.get(item.status, LAST_LINE), default=None)


def _fit(therapy: Therapy, rulebook: Rulebook, values: Facts) -> tuple[str | None, list[Reason]]:
    """The fit in words."""
    best = _best_fit(therapy, rulebook, *causes_of(values))
    if best is None:
        return None, []
    text = f"Fit for {_condition_label(best.condition, rulebook)}: {best.status.replace('_', ' ')}"
    reason = Reason(
        f"{therapy.id}-fit-{best.condition}",
        Effect.RECOMMEND.value,
        f"{text}; {best.note}." if best.note else f"{text}.",
        Truth.YES,
        {},
        best.sources or therapy.sources,
    )
    return best.status, [reason]


def _phenotype(therapy: Therapy, facts: PatientFacts) -> int:
    known = facts.get("therapy_phenotypes")
    if not isinstance(known, FactSet):
        return 0
    return len(known.members & (set(therapy.phenotypes) - {"any"}))


def _guideline(lines: Iterable[GuidelineLine], order: tuple[str, ...]) -> GuidelineLine | None:
    graded = [line for line in lines if line.strength]
    place = {name: number for number, name in enumerate(order)}
    return min(graded, key=lambda line: place.get(line.guideline, len(place)), default=None)


def _short(text: str | None) -> str | None:
    return text[:60] if text else None
