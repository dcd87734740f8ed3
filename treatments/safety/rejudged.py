"""The rules asked again as if the whole list were taken: what only holds because of other items of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from rules.facts import Facts
from treatments.patient_facts import PatientFacts
from treatments.proposal.judging import Verdict, judge, with_kidney
from treatments.proposal.model import Proposal
from treatments.rulebook import Agent, Effect, Rulebook
from treatments.safety.burdens import Scale
from treatments.safety.model import Check
from treatments.safety.table import safety_of
from treatments.safety.whole import Taken, days_of_change, on_day

_CLASSES, _NAMES = "medication_classes", "medication_names"
_SPEAKS = (Effect.CAUTION, Effect.AVOID, Effect.MONITOR)


def rule_checks(whole: Sequence[Taken], scale: Scale, proposal: Proposal, rulebook: Rulebook) -> Iterator[Check]:
    """Contraindications, cautions and lower ceilings of a planned agent that hold because of another item."""
    today = scale.facts.as_of
    for taken in whole:
        if not taken.item:
            continue
        agent = rulebook.agent_by_id[taken.item]
        known = {reason.rule for reason in proposal.option(agent.id).reasons if reason.truth.value == "yes"}
        seen: set[str] = set()
        for day in days_of_change(whole, today):
            present = on_day(whole, day)
            if not taken.on(day):
                continue
            values = _values_for(agent, present, day, scale)
            judged = judge(rulebook.group(agent.id), with_kidney(values, rulebook.meanings), values, scale.facts.region)
            others = [other for other in present if other is not taken]
            for verdict in judged.verdicts:
                if verdict.holds and verdict.rule.id not in known | seen and _reads_list(verdict, scale.facts):
                    seen.add(verdict.rule.id)
                    yield from _rule_check(verdict, taken, others)


def _values_for(agent: Agent, present: Sequence[Taken], day: date, scale: Scale) -> Facts:
    values, _opioids = scale.values(present, day)
    facts: PatientFacts = replace(scale.facts, medicines=tuple(taken.medicine for taken in present), values=values)
    return facts.without(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens)


def _reads_list(verdict: Verdict, facts: PatientFacts) -> bool:
    """Whether a rule speaks of other medicines, so that the plan can bring it about."""
    listed = {_CLASSES, _NAMES, "mme_per_day", "regular_medicine_count", *facts.burdens}
    return any(reading.fact in listed for reading in verdict.readings)


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


def alert_checks(whole: Sequence[Taken], scale: Scale, proposal: Proposal, rulebook: Rulebook) -> Iterator[Check]:
    """Alerts that the whole list raises and the medicines that are taken do not; burdens speak for themselves."""
    burdens = safety_of(rulebook).burdens
    weighed = frozenset().union(*(burden.alerts for burden in burdens))
    theme = {alert: burden.id for burden in burdens for alert in burden.absorbs}
    raised = {(alert.id, alert.tier) for alert in proposal.alerts}
    seen: set[str] = set()
    for day in days_of_change(whole, scale.facts.as_of):
        present = on_day(whole, day)
        values, _opioids = scale.values(present, day)
        judged = judge(rulebook.patient_rules, values, values, scale.facts.region)
        for verdict in judged.of(Effect.ALERT):
            rule = verdict.rule
            target = rule.target or rule.id
            if not verdict.holds or target in weighed or target in seen or (target, rule.tier) in raised:
                continue
            if not _reads_list(verdict, scale.facts):
                continue
            seen.add(target)
            about = [taken for taken in present if _named(verdict, taken)]
            items = tuple(taken.item for taken in about if taken.item)
            if items:
                yield _alert_check(verdict, target, about, items, theme.get(target, ""))


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
