"""One agent or therapy for one patient: status, line, reasons, what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from rules.facts import FactSet
from rules.truth import Truth
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal.doses import plan_dose
from treatments.proposal.judging import Judged, Verdict, judge, setting_of, tally, waiting_for, with_kidney
from treatments.proposal.model import Finding, OptionResult, Reason, Status, fact_json
from treatments.proposal.pairs import InteractionTable, Substance
from treatments.rulebook import Agent, Effect, GuidelineLine, Indication, Rulebook, Therapy

NOT_PROPOSED = "-not-proposed"
NOT_IN_SETTING = "-setting"
_LAST_LINE = 6
# How much more a missing fact matters when it blocks an option of this line.
_URGENCY_OF_LINE = {1: 100, 2: 10, 3: 1}
# Lines count for more than any preference or modifier within a line; a wish of the patient (20 steps) may cross lines.
_LINE_WEIGHT = 100
_STEP_WEIGHT = 10


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
    required = _required_facts(agent, judged)
    line, advised, recommended_by = _line(judged)
    weak = _interaction_reasons(findings, "demote", rulebook, Effect.AVOID)
    indication_line, indication_reasons, not_advised = _indication(agent.indications, rulebook, facts)
    demoted, steps = tally(judged.verdicts, meanings, setting)
    demoted = demoted or bool(weak) or (not_advised and not advised)

    if excluded:
        status = Status.EXCLUDED
    elif undecided or required:
        status = Status.NEEDS_DATA
    elif advised and not demoted:
        status = Status.RECOMMENDED
    else:
        status = Status.POSSIBLE
    reasons.extend(excluded)
    seen = {reason.rule for reason in reasons}
    for reason in (*judged.reasons(), *indication_reasons, *weak):
        if reason.rule not in seen:
            reasons.append(reason)
            seen.add(reason.rule)
    missing = () if status is not Status.NEEDS_DATA else waiting_for(undecided, judged.facts, rulebook.vocabulary)
    position = line if line is not None else max(indication_line, 3)
    guideline = _guideline(agent.lines, meanings.guideline_order)
    return OptionResult(
        id=agent.id,
        name=agent.name,
        status=status,
        rank=None,
        line=meanings.lines.get(line) if line is not None else None,
        strength=_short(guideline.strength) if guideline else None,
        certainty=_short(guideline.certainty) if guideline else None,
        reasons=tuple(reasons),
        missing=tuple(dict.fromkeys((*missing, *required))) if status is Status.NEEDS_DATA else (),
        dose=None if status is Status.EXCLUDED else plan_dose(agent, judged, rulebook, setting),
        monitoring=() if status is Status.EXCLUDED else agent.monitoring,
        interactions=findings,
        currently_taken=currently_taken,
        score=position * _LINE_WEIGHT - (steps + recommended_by) * _STEP_WEIGHT,
        weight=0 if demoted else _URGENCY_OF_LINE.get(position, 0),
    )


def therapy_result(therapy: Therapy, rulebook: Rulebook, facts: PatientFacts) -> OptionResult:
    """Judge one therapy: fit for the cause, contraindications, and whether its step of the ladder is reached."""
    meanings = rulebook.meanings
    shown = MappingProxyType(dict(facts.values))
    judged = judge(rulebook.group(therapy.id), with_kidney(shown, meanings), shown)
    excluded = [judged.reason(verdict) for verdict in judged.of(Effect.CONTRAINDICATE) if verdict.holds]
    undecided = [verdict for verdict in judged.of(Effect.CONTRAINDICATE) if judged.is_hard_unknown(verdict)]
    unmet = [verdict for verdict in judged.of(Effect.REQUIRE) if not verdict.holds]
    fit, fit_reasons = _fit(therapy, rulebook, facts)
    demoted, steps = tally(judged.verdicts, meanings, setting_of(shown))
    position = meanings.fit_lines.get(fit, _LAST_LINE) if fit else _LAST_LINE
    if excluded:
        status = Status.EXCLUDED
    elif undecided:
        status = Status.NEEDS_DATA
    elif fit in meanings.advised_fit and not demoted and not unmet:
        status = Status.RECOMMENDED
    else:
        status = Status.POSSIBLE
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
        score=(position + therapy.ladder_step) * _LINE_WEIGHT - (steps + _phenotype(therapy, facts)) * _STEP_WEIGHT,
        weight=_URGENCY_OF_LINE[2] if fit in meanings.advised_fit and not demoted and not unmet else 0,
    )


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
    first, second = (rulebook.meanings.lines.get(number) for number in (1, 2))
    waiting = any(result.status is Status.NEEDS_DATA and result.line == first for result in found)
    if waiting or any(result.status is Status.RECOMMENDED for result in found):
        return found
    text = "No first-line option is advised here, so the second line is."
    reason = Reason("next-line", Effect.RECOMMEND.value, text, Truth.YES, {}, ("nice_cg173",))
    return tuple(
        replace(result, status=Status.RECOMMENDED, reasons=(*result.reasons, reason))
        if result.status is Status.POSSIBLE and result.line == second and result.weight > 0
        else result
        for result in found
    )


def continued(results: Iterable[OptionResult], facts: PatientFacts) -> tuple[OptionResult, ...]:
    """Where a recommended medicine already gives good relief, no other is advised beside it."""
    found = tuple(results)
    helping = facts.get("responder_agents")
    kept = [
        result
        for result in found
        if isinstance(helping, FactSet) and result.id in helping.members and result.status is Status.RECOMMENDED
    ]
    if not kept:
        return found
    names = ", ".join(result.name for result in kept)
    text = f"Good relief with {names}: continue it before another medicine is added."
    shown: dict[str, Json] = {"responder_agents": [result.id for result in kept]}
    reason = Reason("good-relief", Effect.AVOID.value, text, Truth.YES, shown, ("immpact2008", "option_dm"))
    return tuple(
        replace(result, status=Status.POSSIBLE, reasons=(*result.reasons, reason))
        if result.status is Status.RECOMMENDED and result not in kept
        else result
        for result in found
    )


# -- pieces


def _app_rule(agent: Agent, setting: str) -> list[Reason]:
    if agent.app_rule is None or (agent.app_rule != "never_propose" and setting == "specialist"):
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
    limit = agent.dosing.max_by_setting.get(setting) if agent.dosing else None
    if agent.dosing is None or limit is None or limit > 0:
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


def _required_facts(agent: Agent, judged: Judged) -> tuple[str, ...]:
    required = agent.dosing.requires if agent.dosing else ()
    if not required or judged.facts.get("dialysis") is True:
        return ()
    return tuple(fact for fact in required if fact not in judged.facts)


def _line(judged: Judged) -> tuple[int | None, bool, int]:
    """The best line that a table gives, whether a table advises the option, and the place within the line."""
    rows: list[Verdict] = [verdict for verdict in judged.of(Effect.RECOMMEND) if verdict.holds]
    if not rows:
        return None, False, 0
    best = min(verdict.rule.line or _LAST_LINE for verdict in rows)
    advised = any(verdict.rule.advised for verdict in rows)
    return best, advised, max(verdict.rule.steps for verdict in rows if (verdict.rule.line or _LAST_LINE) == best)


def _matches(item: Indication, facts: PatientFacts) -> Truth:
    if item.condition == "any":
        return Truth.YES
    answers = [
        known.contains(item.condition)
        for known in (facts.get("conditions"), facts.get("condition_groups"))
        if isinstance(known, FactSet)
    ]
    if Truth.YES in answers:
        return Truth.YES
    return Truth.UNKNOWN if not answers or Truth.UNKNOWN in answers else Truth.NO


def _indication(
    indications: Iterable[Indication], rulebook: Rulebook, facts: PatientFacts
) -> tuple[int, list[Reason], bool]:
    """Where the evidence puts the agent for this cause; an entry for the cause itself wins over one for its group."""
    matching = [item for item in indications if _matches(item, facts) is Truth.YES]
    conditions = facts.get("conditions")
    own = [item for item in matching if isinstance(conditions, FactSet) and item.condition in conditions.members]
    counted = own or matching
    lines = rulebook.meanings.indication_lines
    if not counted:
        text = "The rulebook has no evidence entry for this cause of pain."
        silent = Reason("indication-none", Effect.CAUTION.value, text, Truth.YES, {}, ("dossier_reconciliation",))
        return _LAST_LINE, [silent], False
    not_advised = all(item.status in rulebook.meanings.not_advised for item in counted)
    reasons = [
        Reason(
            f"indication-{item.condition}",
            (Effect.AVOID if item.status in rulebook.meanings.not_advised else Effect.RECOMMEND).value,
            f"Evidence for {_condition_label(item.condition, rulebook)}: {item.status.replace('_', ' ')}"
            + (f"; {item.note}." if item.note else "."),
            Truth.YES,
            {"conditions": fact_json(conditions, (item.condition,))},
            item.sources,
        )
        for item in counted
    ]
    return min(lines.get(item.status, _LAST_LINE) for item in counted), reasons, not_advised


def _condition_label(condition: str, rulebook: Rulebook) -> str:
    for kind in ("conditions", "condition_groups"):
        if condition in rulebook.labels.get(kind, {}):
            return rulebook.labels[kind][condition].lower()
    return condition.replace("_", " ")


def _fit(therapy: Therapy, rulebook: Rulebook, facts: PatientFacts) -> tuple[str | None, list[Reason]]:
    """How well the therapy fits the cause: its own entry where there is one, else the entry for any cause."""
    matching = [item for item in therapy.indications if _matches(item, facts) is Truth.YES]
    own = [item for item in matching if item.condition != "any"]
    counted = own or matching
    if not counted:
        return None, []
    order = rulebook.meanings.fit_lines
    best = min(counted, key=lambda item: order.get(item.status, _LAST_LINE))
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
