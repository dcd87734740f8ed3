"""The whole list looked at together, and what must be answered before a plan is signed. Pure.

The proposal judges each option by itself and beside what is taken; this module asks again about everything that is
taken and planned: interactions graded for the patient, burdens and their limits, dangers of three medicines, one class
twice, advised and forbidden pairs, the number of systemic medicines, doses. It decides by the tables of the rulebook
only; see treatments.safety.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rules.truth import Truth
from treatments.fact_content import FactContent, shipped_fact_content
from treatments.patient_facts import PatientFacts
from treatments.plan_doses import (
    OVERRIDABLE,
    DoseIssue,
    current_dose,
    dose_problems,
    limits_of,
    rises_faster,
    uncovered,
)
from treatments.proposal.judging import setting_of, with_kidney
from treatments.proposal.model import CombinationResult, OptionResult, Proposal, Status
from treatments.proposal.pairs import Substance
from treatments.rulebook import Agent, Combination, Effect, Rulebook
from treatments.safety.burdens import Gauge, Scale, gauges
from treatments.safety.causes import WHOLE, causes
from treatments.safety.ceilings import ceiling_checks
from treatments.safety.courses import Course, courses_of
from treatments.safety.dangers import burden_checks, danger_checks
from treatments.safety.interactions import (
    FORBIDDEN,
    duplicate_checks,
    interaction_checks,
    theme_of,
    therapy_checks,
    words_of,
)
from treatments.safety.model import AGENT, TIERS, Cause, Check, Choice, Given, Need
from treatments.safety.opioids import OpioidDay, heaviest_day
from treatments.safety.rejudged import alert_checks, rule_checks
from treatments.safety.table import safety_of
from treatments.safety.topics import topic_checks
from treatments.safety.whole import Taken, substances_of, whole_list
from treatments.schedules import ends_abruptly, sudden_falls

__all__ = [
    "AGENT",
    "Check",
    "Choice",
    "Given",
    "LiveCheck",
    "Need",
    "answers",
    "checks",
    "live_check",
    "needs",
    "unanswered",
]

FORBIDDEN_PAIRS = {"contraindicated": "critical", "avoid": "warning"}
NOT_COVERED = "not_covered"
# The alert about pairs of medicines that are taken and must not be combined.
FORBIDDEN_ALERT = "interaction_contraindicated"


# --- the items together -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """Everything that the whole list calls for: the checks, the gauges of burdens, the arithmetic of opioids."""

    checks: tuple[Check, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    opioids: OpioidDay | None = None
    not_checked: tuple[str, ...] = ()


def live_check(
    chosen: Sequence[Choice],
    proposal: Proposal,
    facts: PatientFacts,
    rulebook: Rulebook,
    content: FactContent | None = None,
) -> LiveCheck:
    """The whole list of a patient with these items: what is taken today and what the plan adds or ends."""
    content = content or shipped_fact_content()
    whole = whole_list(chosen, facts, rulebook, content)
    scale = Scale.of(facts, rulebook, content.mme)
    measured = gauges(whole, scale, facts.as_of)
    agents = [rulebook.agent_by_id[item.ref_id] for item in chosen if _is_known_agent(item, rulebook)]
    options = {item.ref_id: proposal.option(item.ref_id) for item in chosen if _is_known(item, rulebook)}
    values = with_kidney(facts.values, rulebook.meanings)
    found = [
        *interaction_checks(whole, values, rulebook, content),
        *duplicate_checks(whole, agents, rulebook),
        *_pairs(agents, whole, proposal, rulebook),
        *_too_many(agents, whole, facts, rulebook),
        *_doses(chosen, options, facts, rulebook),
        *rule_checks(whole, scale, proposal, rulebook),
        *alert_checks(whole, scale, proposal, rulebook),
        *burden_checks(measured, whole, scale),
        *danger_checks(whole, safety_of(rulebook).dangers, facts.as_of),
        *ceiling_checks(_dosed(chosen, whole, facts, rulebook, content), proposal, rulebook, content.mme.mass_in_mg),
        *topic_checks(agents, values, rulebook),
        *therapy_checks(chosen, rulebook),
    ]
    once = {(check.id, check.items[-1:]): check for check in reversed(found)}
    ordered = sorted(once.values(), key=lambda check: (TIERS.index(check.tier), check.kind, check.id, check.items))
    return LiveCheck(tuple(ordered), measured, heaviest_day(whole, facts.as_of, content.mme), facts.not_checked)


def checks(chosen: Sequence[Choice], proposal: Proposal, facts: PatientFacts, rulebook: Rulebook) -> tuple[Check, ...]:
    """Everything that the items call for when they are taken together, the gravest first; empty when all is quiet."""
    return live_check(chosen, proposal, facts, rulebook).checks


def _is_known_agent(item: Choice, rulebook: Rulebook) -> bool:
    return item.kind == AGENT and item.ref_id in rulebook.agent_by_id


def _is_known(item: Choice, rulebook: Rulebook) -> bool:
    return item.ref_id in (rulebook.agent_by_id if item.kind == AGENT else rulebook.therapy_by_id)


def _dosed(
    chosen: Sequence[Choice], whole: tuple[Taken, ...], facts: PatientFacts, rulebook: Rulebook, content: FactContent
) -> tuple[Taken, ...]:
    """The whole list as far as doses go: an item without any (somebody else sets it) replaces no dose that is taken."""
    with_doses = [item for item in chosen if item.steps]
    return whole if len(with_doses) == len(chosen) else whole_list(with_doses, facts, rulebook, content)


def _taken(whole: Iterable[Taken]) -> tuple[Substance, ...]:
    """What is taken already and not by the plan."""
    return tuple(substance for taken in whole if not taken.item for substance in substances_of(taken))


def _pairs(agents: Sequence[Agent], whole: Sequence[Taken], proposal: Proposal, rulebook: Rulebook) -> Iterator[Check]:
    """What the table of combinations says of the items and what is taken."""
    held = {agent.id: agent.id for agent in agents}
    held |= {agent: "" for substance in _taken(whole) for agent in substance.agents if agent not in held}
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
        members = frozenset().union(*sides)
        out = [words_of(name, rulebook) for name in sorted(excluded & held.keys() & members)]
        names = frozenset(taken.name for taken in whole if members & set(taken.medicine.agents))
        yield _pair_check(pair, results.get(pair.id), items, rulebook, out, names)


def _pair_check(
    pair: Combination,
    result: CombinationResult | None,
    items: tuple[str, ...],
    rulebook: Rulebook,
    excluded: Sequence[str],
    medicines: frozenset[str],
) -> Check:
    """What a pair means; one is not advised while a member is `excluded` for this patient, by name."""
    status = pair.status
    names = " with ".join(words_of(name, rulebook) for name in pair.components)
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
        medicines=medicines,
        graver=tier == "critical",
    )


def _too_many(
    agents: Sequence[Agent], whole: Sequence[Taken], facts: PatientFacts, rulebook: Rulebook
) -> Iterator[Check]:
    """More systemic medicines for nerve pain at once than the rulebook allows in this setting."""
    limit: Any = rulebook.reference.get("plan_limits", {})
    row = limit.get("systemic_agents") if isinstance(limit, dict) else None
    if row is None or setting_of(facts.values) != row["setting"]:
        return
    systemic = {agent.drug_names[0] if agent.drug_names else agent.id for agent in agents if not agent.is_topical}
    counted = set(systemic)
    for substance in _taken(whole):
        forms = [rulebook.agent_by_id[name] for name in substance.agents]
        if not substance.topical and any(not agent.is_topical for agent in forms):
            counted.add(substance.name)
    if systemic and len(counted) > row["at_most"]:
        last = [agent.id for agent in agents if not agent.is_topical][-1]
        text = f"{len(counted)} systemic medicines: {', '.join(sorted(counted))}. {row['text']}"
        yield Check("systemic_agents", "count", "warning", text, (last,), tuple(row["sources"]), True)


def taken_before(item: Choice, facts: PatientFacts, agent: Agent) -> float | None:
    """The dose of a day that an item begins with; None where it has begun already, or where nobody knows."""
    return current_dose(facts, agent, item.unit) if item.starts_on is None or item.starts_on >= facts.as_of else None


def _doses(
    chosen: Iterable[Choice], options: Mapping[str, OptionResult], facts: PatientFacts, rulebook: Rulebook
) -> Iterator[Check]:
    for item in chosen:
        if not _is_known_agent(item, rulebook):
            continue
        option = options[item.ref_id]
        agent = rulebook.agent_by_id[item.ref_id]
        sources = agent.dosing.sources if agent.dosing else ()
        place = rises_faster(item.steps, option, taken_before(item, facts, agent))
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
    """Every reason that the signature waits for, one for each cause: excluded options, hard unknowns, grave pairs,
    doses, burdens and critical alerts.

    `handled_flags` are red flags that the signed assessment says were acted on or dismissed, with words.
    """
    wanted: list[Need] = []
    asked = [cause for cause in causes(found) if cause.needs_reason]
    excluding = _excluding(chosen, proposal, rulebook)
    open_causes = [(cause, _open_checks(cause, excluding)) for cause in asked]
    courses = courses_of([item for item in chosen if _is_known_agent(item, rulebook)], rulebook)
    for item in chosen:
        if not _is_known(item, rulebook):
            continue
        option = proposal.option(item.ref_id)
        if not item.way.is_down:
            wanted.extend(status_needs(item.ref_id, proposal))
        mine = [open_checks for _cause, open_checks in open_causes if _item_of(open_checks) == item.ref_id]
        if mine:
            wanted.append(_need("interaction", [check for group in mine for check in group], ref_id=item.ref_id))
        if item.kind == AGENT:
            wanted.extend(_dose_need(item, option, rulebook.agent_by_id[item.ref_id]))
            agent = rulebook.agent_by_id[item.ref_id]
            for course in courses:
                if course.ref_id == item.ref_id:
                    wanted.extend(_stop_need(course, agent, item.unit))
    alerts = {
        group[0].theme or group[0].id: _need("alert", group, subject=group[0].theme or group[0].id)
        for _cause, group in open_causes
        if group and _item_of(group) is None
    }
    wanted.extend(_with_alerts(alerts, proposal, rulebook, handled_flags))
    return tuple(wanted)


def _excluding(chosen: Sequence[Choice], proposal: Proposal, rulebook: Rulebook) -> Mapping[str, frozenset[str]]:
    """For each item, the rules and interactions that exclude it already: the override of the exclusion answers them."""
    return {
        item.ref_id: frozenset(
            reason.rule
            for reason in proposal.option(item.ref_id).reasons
            if reason.effect == Effect.CONTRAINDICATE.value and reason.truth is Truth.YES
        )
        for item in chosen
        if _is_known(item, rulebook)
    }


def _open_checks(cause: Cause, excluding: Mapping[str, frozenset[str]]) -> list[Check]:
    """The checks of a cause that wait for a reason, without those that the override of an exclusion answers.

    What adds up over several medicines is answered with them when every item in it is excluded by one of its pairs.
    """
    asking = [check for check in cause.checks if check.needs_reason]
    answered = [
        check
        for check in asking
        if check.items and check.id.split(":")[0] in excluding.get(check.items[-1], frozenset())
    ]
    rest = [check for check in asking if check not in answered]
    out = {check.items[-1] for check in answered}
    if out and all(check.kind in WHOLE and check.items and set(check.items) <= out for check in rest):
        return []
    return rest


def _item_of(group: Sequence[Check]) -> str | None:
    """The item whose reason answers the loudest of these checks; None where the reason is given for an alert."""
    return group[0].items[-1] if group and group[0].kind not in WHOLE else None


def _need(kind: str, group: Sequence[Check], *, ref_id: str = "", subject: str = "") -> Need:
    covered = dict(pair for check in group for pair in check.covered)
    texts = tuple(dict.fromkeys(check.text for check in group))
    return Need(kind, tuple(covered), texts, ref_id, subject, tuple(covered.values()))


def _with_alerts(
    asked: Mapping[str, Need], proposal: Proposal, rulebook: Rulebook, handled_flags: Collection[str]
) -> Iterator[Need]:
    """The needs of what adds up, and those of critical alerts; an alert about the same cause is in the need of it."""
    burdens = safety_of(rulebook).burdens
    theme = {alert: burden.id for burden in burdens for alert in (*burden.alerts, *burden.absorbs)}
    folded: dict[str, list[tuple[str, str]]] = {}
    alone: list[Need] = []
    for alert in proposal.alerts:
        if alert.tier != "critical" or alert.id in handled_flags:
            continue
        about = {theme.get(alert.id, "")}
        if alert.id == FORBIDDEN_ALERT:
            about = {
                theme_of(found.id, rulebook) for found in proposal.medicines.interactions if found.severity == FORBIDDEN
            }
        if about <= asked.keys():
            folded.setdefault(min(about), []).append((alert.id, alert.text))
        else:
            alone.append(Need("alert", (alert.id,), (alert.text,), subject=alert.id, words=(alert.text,)))
    for subject, need in asked.items():
        covered = dict(zip(need.covers, need.words, strict=True)) | dict(folded.get(subject, ()))
        texts = (*need.texts, *(text for _id, text in folded.get(subject, ())))
        yield Need("alert", tuple(covered), tuple(dict.fromkeys(texts)), "", subject, tuple(covered.values()))
    yield from alone


def status_needs(ref_id: str, proposal: Proposal) -> Iterator[Need]:
    """What the rules say against an option by itself: what excludes it, or which facts are missing."""
    option = proposal.option(ref_id)
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
            ref_id,
            words=tuple(reason.text for reason in against),
        )
    elif option.status is Status.NEEDS_DATA:
        unsure = [reason.text for reason in option.reasons if reason.truth is Truth.UNKNOWN]
        yield Need("needs_data", option.missing, tuple(dict.fromkeys(unsure)), ref_id)


def _dose_need(item: Choice, option: OptionResult, agent: Agent) -> Iterator[Need]:
    limits = limits_of(option, agent)
    problems = dose_problems(item.steps, limits, is_taken=option.currently_taken, way=item.way)
    above = [problem for problem in problems if problem.issue in OVERRIDABLE]
    if limits and above:
        # Of several steps above one limit the highest: a reason for it is one for the others.
        highest = {(p.issue, p.limit): p for p in sorted(above, key=lambda problem: problem.given)}
        covers = {
            p.cover: f"{p.given:g} {limits.unit} a day, "
            + (f"first dose at most {p.limit:g}" if p.issue is DoseIssue.ABOVE_START else f"limit {p.limit:g}")
            for p in highest.values()
        }
        texts = tuple(f"{words}." for words in covers.values())
        yield Need("dose", tuple(covers), texts, item.ref_id, words=tuple(covers.values()))


def _stop_need(course: Course, agent: Agent, unit: str = "") -> Iterator[Need]:
    """What must be tapered neither ends nor falls suddenly without a reason, in whatever form it is given."""
    unit = f" {agent.dosing.unit if agent.dosing else unit}".rstrip()
    note = f" {agent.taper.note[:1].upper()}{agent.taper.note[1:]}." if agent.taper and agent.taper.note else ""
    covers: dict[str, str] = {}
    for part in course.parts:
        falls = sudden_falls(agent, part.steps, part.ends_on, current=part.before)
        if ends_abruptly(agent, part.steps, part.ends_on, current=part.before):
            last = [step for step in part.steps if step.day < (part.ends_on or 0)][-1:]
            dose = f" at {last[0].per_day:g}{unit} a day" if last else ""
            # A reason for an end at one dose is none for an end at another.
            doses = "-".join(f"{step.day}:{step.per_day:g}" for step in part.steps)
            covers[f"abrupt_stop:{part.ends_on}:{doses}"] = (
                f"{agent.name} ends suddenly{dose}. It is stepped down and never stopped suddenly.{note}"
            )
        for fall in falls:
            is_first = fall.day == part.steps[0].day and part.before is not None
            day = part.starts_on + timedelta(days=fall.day) if part.starts_on else None
            when = ", taken now," if is_first else ""
            on = f" on {day.day} {day:%b %Y}" if day and not is_first else ""
            # A reason for a fall on one day is none for the same fall on another.
            covers[f"abrupt_fall:{day or fall.day}:{fall.before:g}:{fall.after:g}"] = (
                f"{agent.name} falls suddenly{on} from {fall.before:g}{unit} a day{when} to {fall.after:g}{unit} a day."
                f" It is stepped down.{note}"
            )
    if covers:
        yield Need("abrupt_stop", tuple(covers), tuple(covers.values()), course.ref_id)


def answers(given: Given, need: Need) -> bool:
    """Whether the override was made for this need and for everything in it."""
    about = (given.kind, given.ref_id, given.subject) == (need.kind, need.ref_id, need.subject)
    return about and not uncovered(need.covers, given.covers)


def unanswered(wanted: Iterable[Need], given: Iterable[Given]) -> tuple[Need, ...]:
    """The needs that no override answers."""
    made = tuple(given)
    return tuple(need for need in wanted if not any(answers(override, need) for override in made))


def stops_signing(proposal: Proposal) -> bool:
    """Whether the rules do not cover this patient at all, which no reason sets aside."""
    return proposal.stop is not None and proposal.stop.urgency == NOT_COVERED
