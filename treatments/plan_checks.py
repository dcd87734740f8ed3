"""The chosen items looked at together, and what must be answered before a plan is signed. Pure.

The proposal judges each option by itself; this module asks again about the whole: interactions among the items and with
what is taken, one class twice, advised and forbidden pairs, the number of systemic medicines, doses. It decides by the
tables of the rulebook only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from rules.truth import Truth
from treatments.patient_facts import PatientFacts
from treatments.plan_doses import OVERRIDABLE, PlannedStep, dose_problems, limits_of, rises_faster
from treatments.proposal.judging import setting_of
from treatments.proposal.model import CombinationResult, Finding, OptionResult, Proposal, Status
from treatments.proposal.pairs import InteractionTable, Substance, agent_substance, current_substances, duplicates
from treatments.rulebook import Agent, Combination, Effect, Rulebook
from treatments.schedules import ends_abruptly

AGENT, THERAPY = "agent", "therapy"
FORBIDDEN_PAIRS = {"contraindicated": "critical", "avoid": "warning"}
NOT_COVERED = "not_covered"


@dataclass(frozen=True, slots=True)
class Choice:
    """One item of the plan: an agent with its doses, or a therapy.

    From `ends_on` (counted from the start; None: it goes on) nothing is taken. `is_down` says that it only leads from
    the dose of now to the end: what is being stopped needs no reason for being given.
    """

    kind: str
    ref_id: str
    steps: tuple[PlannedStep, ...] = ()
    ends_on: int | None = None
    is_down: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Something to know about the items together. `items` are their ids, the one that brings it last.

    `needs_reason` says that the plan is not signed without an override of the last item that covers `id`.
    """

    id: str
    kind: str
    tier: str
    text: str
    items: tuple[str, ...]
    sources: tuple[str, ...]
    needs_reason: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """A reason that somebody must give: for an item (`ref_id`), or for an alert (`subject`).

    `covers` are the ids of what is to be accepted; an override that lacks one of them does not answer the need.
    """

    kind: str
    covers: tuple[str, ...]
    texts: tuple[str, ...]
    ref_id: str = ""
    subject: str = ""


# --- the items together -----------------------------------------------------------------------------------------------


def checks(chosen: Sequence[Choice], proposal: Proposal, facts: PatientFacts, rulebook: Rulebook) -> tuple[Check, ...]:
    """Everything that the items call for when they are taken together, the gravest first; empty when all is quiet."""
    agents = [rulebook.agent_by_id[item.ref_id] for item in chosen if _is_known_agent(item, rulebook)]
    options = {item.ref_id: proposal.option(item.ref_id) for item in chosen if _is_known(item, rulebook)}
    taken = current_substances(facts, rulebook)
    found = [
        *_with_taken(agents, options, rulebook),
        *_among(agents, rulebook),
        *_doubled(agents, taken, rulebook),
        *_pairs(agents, taken, proposal, rulebook),
        *_too_many(agents, taken, facts, rulebook),
        *_doses(chosen, options, rulebook),
    ]
    order = ("critical", "warning", "info", "good")
    once = {(check.id, check.items[-1:]): check for check in reversed(found)}
    return tuple(sorted(once.values(), key=lambda check: (order.index(check.tier), check.kind, check.id, check.items)))


def _is_known_agent(item: Choice, rulebook: Rulebook) -> bool:
    return item.kind == AGENT and item.ref_id in rulebook.agent_by_id


def _is_known(item: Choice, rulebook: Rulebook) -> bool:
    return item.ref_id in (rulebook.agent_by_id if item.kind == AGENT else rulebook.therapy_by_id)


def _finding_check(finding: Finding, items: tuple[str, ...], other: str, rulebook: Rulebook) -> Check:
    meaning = rulebook.meanings.severities.get(finding.severity)
    tier = {"exclude": "critical", "demote": "warning"}.get(meaning or "", "info")
    said = [f"{finding.a[:1].upper()}{finding.a[1:]} with {finding.b}: {finding.text}.", finding.management or ""]
    text = " ".join(said).strip()
    return Check(f"{finding.id}:{other}", "interaction", tier, text, items, finding.sources, tier != "info")


def _with_taken(agents: Iterable[Agent], options: Mapping[str, OptionResult], rulebook: Rulebook) -> Iterator[Check]:
    for agent in agents:
        for finding in options[agent.id].interactions:
            yield _finding_check(finding, (agent.id,), finding.a, rulebook)


def _among(agents: Sequence[Agent], rulebook: Rulebook) -> Iterator[Check]:
    table = InteractionTable(rulebook)
    for one, other in combinations(agents, 2):
        for finding in table.between(_substance(one), _substance(other)):
            yield _finding_check(finding, (one.id, other.id), one.id, rulebook)


def _substance(agent: Agent) -> Substance:
    return replace(agent_substance(agent), topical=agent.is_topical)


def _doubled(agents: Sequence[Agent], taken: Sequence[Substance], rulebook: Rulebook) -> Iterator[Check]:
    """The same substance in two items, and one class twice among the items and what is taken."""
    for one, other in combinations(agents, 2):
        if set(one.drug_names) & set(other.drug_names):
            text = f"{one.name} and {other.name} hold the same medicine."
            yield Check(
                f"same:{one.id}", "duplicate", "critical", text, (one.id, other.id), ("dossier_reconciliation",), True
            )
    chosen = {_substance(agent).name: agent for agent in agents}
    others = [substance for substance in taken if not _is_form_of_one(substance, agents)]
    both = [*others, *(_substance(agent) for agent in agents)]
    for double in duplicates(both, rulebook.meanings.duplicate_classes):
        items = tuple(chosen[name].id for name in double.medicines if name in chosen)
        if items:
            text = f"Two medicines of the class {_words(double.name, rulebook)}: {', '.join(double.medicines)}."
            yield Check(
                f"duplicate:{double.name}", "duplicate", "critical", text, items, ("dossier_reconciliation",), True
            )


def _words(name: str, rulebook: Rulebook) -> str:
    """A class or an agent in words; short classes such as TCA and SNRI are abbreviations."""
    if name in rulebook.agent_by_id:
        return rulebook.agent_by_id[name].name
    return name.upper() if len(name) <= 5 else name.replace("_", " ")


def _is_form_of_one(substance: Substance, agents: Iterable[Agent]) -> bool:
    return any(agent.id in substance.agents for agent in agents)


def _pairs(
    agents: Sequence[Agent], taken: Sequence[Substance], proposal: Proposal, rulebook: Rulebook
) -> Iterator[Check]:
    """What the table of combinations says of the items and what is taken."""
    held = {agent.id: agent.id for agent in agents}
    held |= {agent: "" for substance in taken for agent in substance.agents if agent not in held}
    results = {result.id: result for result in proposal.combinations}
    excluded = {result.id for result in proposal.agents if result.status is Status.EXCLUDED}
    for pair in rulebook.combinations:
        sides = [(rulebook.class_members.get(name) or frozenset({name})) & held.keys() for name in pair.components]
        if not all(sides) or len(frozenset().union(*sides)) < len(sides):
            continue
        items = tuple(dict.fromkeys(held[name] for side in sides for name in sorted(side) if held[name]))
        if not items:
            continue
        # The last item in the order of the plan is the one that brings the pair about.
        items = tuple(sorted(items, key=lambda name: [agent.id for agent in agents].index(name)))
        out = [_words(name, rulebook) for name in sorted(excluded & held.keys() & frozenset().union(*sides))]
        yield _pair_check(pair, results.get(pair.id), items, rulebook, out)


def _pair_check(
    pair: Combination,
    result: CombinationResult | None,
    items: tuple[str, ...],
    rulebook: Rulebook,
    excluded: Sequence[str],
) -> Check:
    """What a pair means; one is not advised while a member is `excluded` for this patient, by name."""
    status = pair.status
    names = " with ".join(_words(name, rulebook) for name in pair.components)
    blocked = [r.text for r in (result.reasons if result else ()) if r.effect == Effect.AVOID.value]
    tier = FORBIDDEN_PAIRS.get(status) or ("warning" if blocked else "info")
    words = {
        "contraindicated": "do not combine",
        "avoid": "avoid",
        "specialist_only": "only with a specialist",
        "insufficient": "not enough evidence",
        "recommended_after_partial_response": "advised after a partial response",
        "recommended_low_risk": "advised, low risk",
    }.get(status, status.replace("_", " "))
    if excluded and status.startswith("recommended"):
        words = f"not advised here, because the rules exclude {' and '.join(excluded)} for this patient"
    parts = [f"{names[:1].upper()}{names[1:]}: {words}.", *blocked, *([pair.cautions] if pair.cautions else [])]
    return Check(
        f"combination:{pair.id}",
        "combination",
        tier,
        " ".join(dict.fromkeys(parts)),
        items,
        pair.sources,
        status in FORBIDDEN_PAIRS,
    )


def _too_many(
    agents: Sequence[Agent], taken: Sequence[Substance], facts: PatientFacts, rulebook: Rulebook
) -> Iterator[Check]:
    """More systemic medicines for nerve pain at once than the rulebook allows in this setting."""
    limit: Any = rulebook.reference.get("plan_limits", {})
    row = limit.get("systemic_agents") if isinstance(limit, dict) else None
    if row is None or setting_of(facts.values) != row["setting"]:
        return
    systemic = {agent.drug_names[0] if agent.drug_names else agent.id for agent in agents if not agent.is_topical}
    counted = set(systemic)
    for substance in taken:
        forms = [rulebook.agent_by_id[name] for name in substance.agents]
        if not substance.topical and any(not agent.is_topical for agent in forms):
            counted.add(substance.name)
    if systemic and len(counted) > row["at_most"]:
        last = [agent.id for agent in agents if not agent.is_topical][-1]
        text = f"{len(counted)} systemic medicines: {', '.join(sorted(counted))}. {row['text']}"
        yield Check("systemic_agents", "count", "warning", text, (last,), tuple(row["sources"]), True)


def _doses(chosen: Iterable[Choice], options: Mapping[str, OptionResult], rulebook: Rulebook) -> Iterator[Check]:
    for item in chosen:
        if not _is_known_agent(item, rulebook):
            continue
        option = options[item.ref_id]
        dosing = rulebook.agent_by_id[item.ref_id].dosing
        sources = dosing.sources if dosing else ()
        place = rises_faster(item.steps, option)
        if place is not None:
            text = f"Step {place + 1} rises faster than the schedule for this patient."
            yield Check(f"faster:{item.ref_id}", "dose", "info", text, (item.ref_id,), sources)


# --- what must be answered before the signature -----------------------------------------------------------------------


def needs(
    chosen: Sequence[Choice],
    proposal: Proposal,
    found: Iterable[Check],
    rulebook: Rulebook,
    handled_flags: Collection[str] = (),
) -> tuple[Need, ...]:
    """Every reason that the signature waits for: excluded options, hard unknowns, grave pairs, doses, critical alerts.

    `handled_flags` are red flags that the signed assessment says were acted on or dismissed, with words.
    """
    wanted: list[Need] = []
    pairs = tuple(found)
    for item in chosen:
        if not _is_known(item, rulebook):
            continue
        option = proposal.option(item.ref_id)
        if not item.is_down:
            wanted.extend(_status_need(item, option))
        wanted.extend(_together_need(item, option, pairs))
        if item.kind == AGENT:
            wanted.extend(_dose_need(item, option, rulebook.agent_by_id[item.ref_id]))
            wanted.extend(_stop_need(item, rulebook.agent_by_id[item.ref_id]))
    wanted.extend(
        Need("alert", (alert.id,), (alert.text,), subject=alert.id)
        for alert in proposal.alerts
        if alert.tier == "critical" and alert.id not in handled_flags
    )
    return tuple(wanted)


def _status_need(item: Choice, option: OptionResult) -> Iterator[Need]:
    if option.status is Status.EXCLUDED:
        against = [
            reason
            for reason in option.reasons
            if reason.effect == Effect.CONTRAINDICATE.value and reason.truth is Truth.YES
        ]
        yield Need(
            "excluded",
            tuple(reason.rule for reason in against),
            tuple(dict.fromkeys(reason.text for reason in against)),
            item.ref_id,
        )
    elif option.status is Status.NEEDS_DATA:
        unsure = [reason.text for reason in option.reasons if reason.truth is Truth.UNKNOWN]
        yield Need("needs_data", option.missing, tuple(dict.fromkeys(unsure)), item.ref_id)


def _together_need(item: Choice, option: OptionResult, found: Iterable[Check]) -> Iterator[Need]:
    # A pair that excludes the option is answered by the override of the exclusion.
    answered = {reason.rule for reason in option.reasons if reason.effect == Effect.CONTRAINDICATE.value}
    mine = [
        check
        for check in found
        if check.needs_reason and check.items[-1] == item.ref_id and check.id.split(":")[0] not in answered
    ]
    if mine:
        yield Need("interaction", tuple(c.id for c in mine), tuple(dict.fromkeys(c.text for c in mine)), item.ref_id)


def _dose_need(item: Choice, option: OptionResult, agent: Agent) -> Iterator[Need]:
    limits = limits_of(option, agent)
    problems = dose_problems(item.steps, limits, is_taken=option.currently_taken, is_down=item.is_down)
    above = [problem for problem in problems if problem.issue in OVERRIDABLE]
    if limits and above:
        covers = tuple(dict.fromkeys(f"{problem.issue}:{problem.limit:g}" for problem in above))
        texts = tuple(dict.fromkeys(f"{p.given:g} {limits.unit} a day, limit {p.limit:g}." for p in above))
        yield Need("dose", covers, texts, item.ref_id)


def _stop_need(item: Choice, agent: Agent) -> Iterator[Need]:
    """What must be tapered does not end suddenly without a reason."""
    if not ends_abruptly(agent, item.steps, item.ends_on):
        return
    last = [step for step in item.steps if step.day < (item.ends_on or 0)][-1:]
    dose = f" at {last[0].per_day:g} {agent.dosing.unit} a day" if last and agent.dosing else ""
    note = f" {agent.taper.note[:1].upper()}{agent.taper.note[1:]}." if agent.taper and agent.taper.note else ""
    text = f"{agent.name} ends suddenly{dose}. It is stepped down and never stopped suddenly.{note}"
    yield Need("abrupt_stop", (f"abrupt_stop:{item.ends_on}",), (text,), item.ref_id)


@dataclass(frozen=True, slots=True)
class Given:
    """An override as far as needs are concerned."""

    kind: str
    covers: frozenset[str]
    ref_id: str = ""
    subject: str = ""


def answers(given: Given, need: Need) -> bool:
    """Whether the override was made for this need and for everything in it."""
    return (given.kind, given.ref_id, given.subject) == (need.kind, need.ref_id, need.subject) and (
        given.covers >= set(need.covers)
    )


def unanswered(wanted: Iterable[Need], given: Iterable[Given]) -> tuple[Need, ...]:
    """The needs that no override answers."""
    made = tuple(given)
    return tuple(need for need in wanted if not any(answers(override, need) for override in made))


def stops_signing(proposal: Proposal) -> bool:
    """Whether the rules do not cover this patient at all, which no reason sets aside."""
    return proposal.stop is not None and proposal.stop.urgency == NOT_COVERED
