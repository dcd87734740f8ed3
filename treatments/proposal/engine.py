"""`propose`: facts and rulebook in, proposal out. Pure and deterministic; it never hides an option."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rules.truth import Truth
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal.alerts import number_of, raised_alerts
from treatments.proposal.judging import Judged, Verdict, judge, with_kidney
from treatments.proposal.model import (
    Call,
    MedicineReview,
    MissingFact,
    OptionResult,
    Proposal,
    Reason,
    Status,
    Stop,
)
from treatments.proposal.options import (
    NOT_IN_SETTING,
    NOT_PROPOSED,
    agent_result,
    continued,
    promoted,
    ranked,
    therapy_result,
)
from treatments.proposal.pairs import (
    Substance,
    combination_results,
    current_substances,
    duplicates,
    interaction_table,
)
from treatments.rulebook import Agent, Effect, Rulebook

_URGENCIES = ("emergency", "emergency_or_24h", "urgent", "soon", "routine", "not_covered")
TAPER_IF_TAKEN = "do_not_start"


def propose(facts: PatientFacts, rulebook: Rulebook) -> Proposal:
    """Everything that may be done for this patient on this day, with reasons.

    The same facts and the same release give the same bytes of `canonical_text()` for ever.
    """
    judged = judge(rulebook.patient_rules, with_kidney(facts.values, rulebook.meanings), facts.values)
    stop = _stop(judged)
    taken = current_substances(facts, rulebook)
    table = interaction_table(rulebook)
    agents: Sequence[OptionResult] = [agent_result(a, rulebook, facts, taken, table) for a in rulebook.agents]
    therapies: Sequence[OptionResult] = [therapy_result(t, rulebook, facts) for t in rulebook.therapies]
    if stop is not None:
        agents = [_stopped(result, stop) for result in agents]
        therapies = [_stopped(result, stop) for result in therapies]
    agents = ranked(continued(promoted(agents, rulebook), facts))
    therapies = ranked(therapies)
    by_id = {result.id: result for result in agents}
    within_list = table.among(taken)
    doubled = duplicates(taken, rulebook.meanings.duplicate_classes)
    stop_or_taper = _stop_or_taper(agents, taken, judged)
    agents = tuple(_with_taper(result, rulebook.agent_by_id[result.id], stop_or_taper, taken) for result in agents)
    risk_tier = _risk_tier(judged)
    return Proposal(
        case=facts.case,
        as_of=facts.as_of,
        release=rulebook.release,
        digest=rulebook.digest,
        derived=facts.derived,
        stop=stop,
        alerts=raised_alerts(judged, facts, rulebook, within_list, doubled, stop_or_taper),
        agents=agents,
        therapies=therapies,
        combinations=tuple(combination_results(rulebook, facts, by_id)),
        medicines=MedicineReview(
            interactions=within_list,
            duplicates=doubled,
            burdens={name: number_of(facts, name) for name in (*sorted(facts.burdens), "mme_per_day")},
            not_checked=facts.not_checked,
            reviewed=_yes_or_no(facts, "medications_reviewed"),
            stop_or_taper=stop_or_taper,
        ),
        missing=_missing((*agents, *therapies), facts, rulebook),
        referrals=_calls(judged.of(Effect.REFER), sort_urgency=True),
        education=_calls(judged.of(Effect.EDUCATE)),
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


def _stop_or_taper(agents: Iterable[OptionResult], taken: Sequence[Substance], judged: Judged) -> tuple[str, ...]:
    """Medicines taken now that a rule forbids for this patient, or that a table asks to taper.

    That an agent is never proposed, or not in this setting, is no reason to stop one that somebody else prescribes;
    nor that one form of a substance is wrong while another is not: the list does not say which form is taken.
    """
    wrong = {result.id for result in agents if result.currently_taken and any(map(_asks_to_end, result.reasons))}
    ended = {name for verdict in judged.verdicts if verdict.holds for name in verdict.rule.ends}
    return tuple(s.name for s in taken if (s.agents and s.agents <= wrong) or s.classes & ended)


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
    text = f"Taken now ({', '.join(names)}): review, and taper rather than stop suddenly." + (
        f" {note[:1].upper()}{note[1:]}." if note else ""
    )
    taken_now: list[Json] = list(names)
    reason = Reason(
        f"{agent.id}-taken-now", Effect.AVOID.value, text[:1000], Truth.YES, {"medication_names": taken_now}, sources
    )
    return replace(result, reasons=(*result.reasons, reason))


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
            use[fact] = use.get(fact, 0) + (1 + result.weight) / (1 + place)
    if "conditions" not in facts.values:
        blocks["conditions"] = []
        use["conditions"] = max(use.values(), default=0) + 1
    questions = rulebook.questions
    ordered = sorted(blocks, key=lambda fact: (-use[fact], fact))
    return tuple(MissingFact(fact, tuple(blocks[fact]), questions.get(fact)) for fact in ordered)


def _calls(verdicts: Iterable[Verdict], *, sort_urgency: bool = False) -> tuple[Call, ...]:
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
    recommended = [result for result in (*agents, *therapies) if result.status is Status.RECOMMENDED]
    with_dose = any(result.dose for result in recommended)
    classes = {name for r in recommended if r.id in rulebook.agent_by_id for name in rulebook.agent_by_id[r.id].classes}
    held = {name for substance in taken for name in substance.classes}
    categories = {rulebook.therapy_by_id[r.id].category for r in recommended if r.id in rulebook.therapy_by_id}
    wanted = dict.fromkeys(
        choice.review
        for choice in rulebook.meanings.reviews
        if (choice.kind == "start" and with_dose)
        or (choice.kind == "recommended" and choice.name in classes)
        or (choice.kind == "taken" and choice.name in held)
        or (choice.kind == "category" and choice.name in categories)
    )
    reviews = {review.id: review for review in rulebook.reviews}
    found = (reviews[name] for name in wanted if name in reviews)
    return tuple(Call(r.id, f"{r.trigger}. {r.mode}.", r.sources, days=r.days[tier]) for r in found)
