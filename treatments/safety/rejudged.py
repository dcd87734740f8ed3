"""The rules asked again as if the whole list were taken: what only holds because of other items of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from rules.facts import Facts
from rules.truth import Truth
from treatments.patient_facts import PatientFacts
from treatments.proposal.judging import Judged, Verdict, judge, waiting_for, with_kidney
from treatments.proposal.model import Proposal
from treatments.rulebook import Agent, Effect, Rulebook
from treatments.safety.burdens import Scale
from treatments.safety.model import Check
from treatments.safety.table import safety_of
from treatments.safety.whole import Taken, days_of_change, on_day

_CLASSES, _NAMES = "medication_classes", "medication_names"
_SPEAKS = (Effect.CAUTION, Effect.AVOID, Effect.MONITOR)

# A rule that nobody can judge on one day, everything that was judged on it, and the other medicines of that day.
_Open: TypeAlias = tuple[Verdict, Judged, Sequence[Taken]]


def rule_checks(whole: Sequence[Taken], scale: Scale, proposal: Proposal, rulebook: Rulebook) -> Iterator[Check]:
    """Contraindications, cautions and lower ceilings of a planned agent that hold because of another item."""
    today = scale.facts.as_of
    for taken in whole:
        if taken.item not in rulebook.agent_by_id:
            continue
        agent = rulebook.agent_by_id[taken.item]
        known = {reason.rule for reason in proposal.option(agent.id).reasons if reason.truth is Truth.YES}
        seen: set[str] = set()
        unknown: dict[str, list[_Open]] = {}
        for day in days_of_change(whole, today):
            present = on_day(whole, day)
            if not taken.on(day):
                continue
            values = _values_for(agent, present, day, scale)
            judged = judge(rulebook.group(agent.id), with_kidney(values, rulebook.meanings), values, scale.facts.region)
            others = [other for other in present if other is not taken]
            for verdict in judged.verdicts:
                if verdict.rule.id in known | seen or not _reads_list(verdict, scale.facts):
                    continue
                if verdict.holds:
                    seen.add(verdict.rule.id)
                    yield from _rule_check(verdict, taken, others)
                elif verdict.open:
                    unknown.setdefault(verdict.rule.id, []).append((verdict, judged, others))
        if unknown.keys() - seen:
            # What is open whatever is planned is told by the proposal; the plan speaks of what it made open.
            before = _open_today(agent, scale, rulebook)
            for name in sorted(unknown.keys() - seen - before):
                yield from _open_check(unknown[name], taken, scale.facts, rulebook)


def _values_for(agent: Agent, present: Sequence[Taken], day: date, scale: Scale) -> Facts:
    values, _opioids = scale.values(present, day)
    facts: PatientFacts = replace(scale.facts, medicines=tuple(taken.medicine for taken in present), values=values)
    return facts.without(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens)


def _reads_list(verdict: Verdict, facts: PatientFacts) -> bool:
    """Whether a rule speaks of other medicines, so that the plan can bring it about."""
    listed = {_CLASSES, _NAMES, "mme_per_day", "regular_medicine_count", *facts.burdens}
    return any(reading.fact in listed for reading in verdict.readings)


def _open_today(agent: Agent, scale: Scale, rulebook: Rulebook) -> set[str]:
    """The rules of an agent that nobody can judge for what is taken today alone."""
    facts = scale.facts
    values = facts.without(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens)
    judged = judge(rulebook.group(agent.id), with_kidney(values, rulebook.meanings), values, facts.region)
    return {verdict.rule.id for verdict in judged.verdicts if verdict.open}


def _open_check(found: Sequence[_Open], taken: Taken, facts: PatientFacts, rulebook: Rulebook) -> Iterator[Check]:
    """A rule that other items of the plan have made possible, and that nobody can judge: told as not known.

    `found` are the days on which it is open. A reason for it covers the facts that are missing and the medicines that
    bring it about, each by name: another fact or another medicine is not covered.
    """
    verdict = found[0][0]
    rule = verdict.rule
    if rule.effect not in (Effect.CONTRAINDICATE, Effect.LIMIT_DOSE, *_SPEAKS):
        return
    missing = dict(pair for open_, judged, _others in found for pair in _missing(open_, judged, facts, rulebook))
    if not missing:
        return
    others = {other.key: other for _open, _judged, present in found for other in present}.values()
    about = [other for other in others if _named(verdict, other)]
    text = f"{taken.name}: not known whether this applies ({'; '.join(missing.values())}). {rule.text}"
    highest = max((dose for _day, dose in taken.doses), default=0.0)
    most = rule.dose.max_per_day if rule.effect is Effect.LIMIT_DOSE and rule.dose else None
    is_above = most is not None and highest > most
    if is_above:
        text = f"{text} Then at most {most:g} {taken.medicine.unit} a day; the plan goes up to {highest:g}."
    is_hard = any(judged.is_hard_unknown(open_) for open_, judged, _others in found)
    asks = is_above or (rule.effect is Effect.CONTRAINDICATE and is_hard)
    check_id = f"rule:{rule.id}:unknown"
    names = sorted({other.name for other in others if other in about or _adds_to_count(verdict, other, facts)})
    yield Check(
        check_id,
        "rule",
        "warning" if asks else "info",
        text,
        (*(other.item for other in about if other.item), taken.item),
        rule.sources,
        asks,
        medicines=frozenset({taken.name, *(other.name for other in about)}),
        covers=(
            (check_id, text),
            *((f"{check_id}:{fact}", label) for fact, label in sorted(missing.items())),
            *((f"{check_id}:{name}", name) for name in names),
            *(((f"rule:{rule.id}:{highest:g}", text),) if is_above else ()),
        ),
    )


def _missing(verdict: Verdict, judged: Judged, facts: PatientFacts, rulebook: Rulebook) -> Sequence[tuple[str, str]]:
    """The facts that an open rule waits for, with their labels; none where that is only how high a burden is, which its
    gauge says once for all.
    """
    told = {"mme_per_day", "regular_medicine_count", *facts.burdens}
    names = waiting_for([verdict], judged.facts, rulebook.vocabulary)
    if set(names) <= told:
        return ()
    return [(name, rulebook.vocabulary[name].label) for name in names]


def _rule_check(verdict: Verdict, taken: Taken, others: Sequence[Taken]) -> Iterator[Check]:
    rule = verdict.rule
    about = [other for other in others if _named(verdict, other)]
    items = (*(other.item for other in about if other.item), taken.item)
    medicines = frozenset({taken.name, *(other.name for other in about)})
    text = f"{taken.name}: {rule.text}"
    if rule.effect is Effect.CONTRAINDICATE:
        yield Check(
            f"rule:{rule.id}", "rule", "critical", text, items, rule.sources, True, medicines=medicines, graver=True
        )
    elif rule.effect is Effect.LIMIT_DOSE:
        most = rule.dose.max_per_day if rule.dose else None
        highest = max((dose for _day, dose in taken.doses), default=0.0)
        above = most is not None and highest > most
        if above:
            text = f"{text} At most {most:g} {taken.medicine.unit} a day; the plan goes up to {highest:g}."
        yield Check(
            f"rule:{rule.id}",
            "rule",
            "warning" if above else "info",
            text,
            items,
            rule.sources,
            above,
            medicines=medicines,
            covers=(
                (f"rule:{rule.id}", text),
                *(((f"rule:{rule.id}:{highest:g}", f"{highest:g} a day"),) if above else ()),
            ),
        )
    elif rule.effect in _SPEAKS:
        yield Check(f"rule:{rule.id}", "rule", "info", text, items, rule.sources, medicines=medicines)


def _named(verdict: Verdict, taken: Taken) -> bool:
    """Whether a rule asks about a class or the name of this medicine."""
    held = taken.medicine.classes | frozenset(taken.medicine.names)
    return any(
        held & frozenset(reading.ids or ()) for reading in verdict.readings if reading.fact in (_CLASSES, _NAMES)
    )


def _adds_to_count(verdict: Verdict, taken: Taken, facts: PatientFacts) -> bool:
    """Whether a rule asks how many medicines there are of the kind of this one."""
    counted = frozenset().union(*(facts.burdens.get(reading.fact, ()) for reading in verdict.readings))
    return bool(taken.medicine.classes & counted)


def alert_checks(whole: Sequence[Taken], scale: Scale, proposal: Proposal, rulebook: Rulebook) -> Iterator[Check]:
    """Alerts that the whole list raises and the medicines that are taken do not; burdens speak for themselves."""
    burdens = safety_of(rulebook).burdens
    weighed = frozenset().union(*(burden.alerts for burden in burdens))
    theme = {alert: burden.id for burden in burdens for alert in burden.absorbs}
    raised = {(alert.id, alert.tier) for alert in proposal.alerts}
    seen: set[str] = set()
    unknown: dict[str, _Open] = {}
    for day in days_of_change(whole, scale.facts.as_of):
        present = on_day(whole, day)
        values, _opioids = scale.values(present, day)
        judged = judge(rulebook.patient_rules, values, values, scale.facts.region)
        for verdict in judged.of(Effect.ALERT):
            rule = verdict.rule
            target = rule.target or rule.id
            if target in weighed or target in seen or (target, rule.tier) in raised:
                continue
            if not _reads_list(verdict, scale.facts):
                continue
            if verdict.open:
                unknown.setdefault(target, (verdict, judged, present))
            if not verdict.holds:
                continue
            seen.add(target)
            about = [taken for taken in present if _named(verdict, taken)]
            items = tuple(taken.item for taken in about if taken.item)
            if items:
                yield _alert_check(verdict, target, about, items, theme.get(target, ""))

    if not unknown.keys() - seen:
        return
    today = judge(rulebook.patient_rules, scale.facts.values, scale.facts.values, scale.facts.region)
    open_today = {verdict.rule.id for verdict in today.of(Effect.ALERT) if verdict.open}
    for target in sorted(unknown.keys() - seen):
        verdict, judged, with_plan = unknown[target]
        about = [taken for taken in with_plan if _named(verdict, taken)]
        items = tuple(taken.item for taken in about if taken.item)
        missing = _missing(verdict, judged, scale.facts, rulebook)
        if items and missing and verdict.rule.id not in open_today:
            yield _open_alert(verdict, "; ".join(label for _fact, label in missing), target, about, items)


def _open_alert(verdict: Verdict, missing: str, target: str, about: Sequence[Taken], items: tuple[str, ...]) -> Check:
    """An alert that the plan has made possible, and of which nobody can say whether it applies."""
    names = sorted({taken.name for taken in about})
    return Check(
        f"alert:{target}:unknown",
        "alert",
        "warning" if verdict.rule.tier == "critical" else "info",
        f"Not known whether this applies ({missing}). {verdict.rule.text} ({', '.join(names)})",
        items,
        verdict.rule.sources,
        medicines=frozenset(names),
        theme=f"{target}:unknown",
    )


def _alert_check(verdict: Verdict, target: str, about: Iterable[Taken], items: tuple[str, ...], theme: str) -> Check:
    rule = verdict.rule
    names = sorted({taken.name for taken in about})
    text = f"{rule.text} ({', '.join(names)})"
    return Check(
        f"alert:{target}",
        "alert",
        rule.tier or "info",
        text,
        items,
        rule.sources,
        rule.tier == "critical",
        medicines=frozenset(names),
        theme=theme or target,
        covers=((target, rule.text), *((f"{target}:{name}", name) for name in names)),
    )
