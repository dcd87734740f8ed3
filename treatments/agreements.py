"""What is agreed when a treatment begins: the proposal from the content, its bounds, and the agreement in words.

No query and no clock. Doses are per day in the unit of the item, weeks count from its start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from django.utils.translation import gettext as _

from treatments.agreement_rules import AgreementRules, Case
from treatments.models import Agreement
from treatments.plan_doses import first_day_at, limits_of
from treatments.plan_record import AgreementRecord, ItemRecord
from treatments.proposal.model import OptionResult, Status
from treatments.rulebook import Agent, Rulebook
from treatments.snapshot import Snapshot

_PROPOSED = (Status.RECOMMENDED, Status.POSSIBLE)


@dataclass(frozen=True, slots=True)
class WeekBounds:
    """Between which weeks the effect may be judged; `at_dose` weeks at the agreed dose are the least."""

    earliest: int
    latest: int
    at_dose: float | None


def week_bounds(item: ItemRecord, dose: float | None, rulebook: Rulebook) -> WeekBounds:
    """Not before the shortest trial at the dose, and not later than the content calls a failure final."""
    rules = _rules(rulebook)
    agent = rulebook.agent_by_id.get(item.ref_id)
    dosing = agent.dosing if agent else None
    at_dose = dosing.min_weeks_at_target if dosing else None
    reached = first_day_at(item.steps, dose)
    earliest = max(1, ceil((reached or 0) / 7 + (at_dose or 0)))
    therapy = rulebook.therapy_by_id.get(item.ref_id)
    usual = (dosing.trial_weeks if dosing else therapy.review_weeks if therapy else None) or 0
    return WeekBounds(earliest, max(rules.latest_week, ceil(usual), earliest), at_dose)


def proposed(item: ItemRecord, others: Sequence[ItemRecord], shown: Snapshot) -> AgreementRecord | None:
    """What the content proposes to agree about an item for this patient; None where it says nothing about when."""
    rulebook = shown.rulebook
    if rulebook.agreements is None:
        return None
    agent = rulebook.agent_by_id.get(item.ref_id)
    if agent is not None:
        return _for_agent(item, agent, others, shown)
    return _for_therapy(item, others, shown)


def _for_agent(item: ItemRecord, agent: Agent, others: Sequence[ItemRecord], shown: Snapshot) -> AgreementRecord | None:
    rules, dosing = _rules(shown.rulebook), agent.dosing
    if dosing is None or dosing.trial_weeks is None:
        return None
    option = shown.proposal.option(item.ref_id)
    dose = _dose_to_reach(item, option, agent)
    bounds = week_bounds(item, dose, shown.rulebook)
    switch = next_agent(agent, others, shown)
    add = agent_to_add(agent, others, shown)
    return AgreementRecord(
        ref_id=item.ref_id,
        name=item.name,
        kind=item.kind,
        week=max(ceil(dosing.trial_weeks), bounds.earliest),
        dose=dose,
        weeks_at_dose=bounds.at_dose if dose is not None else None,
        unit=item.unit,
        enough_pct=rules.enough.default,
        good_pct=rules.good.default,
        if_little=rules.choices[Case.LITTLE]["agent"][0],
        if_partial=rules.choices[Case.PARTIAL]["agent"][0],
        if_not_tolerated=rules.choices[Case.NOT_TOLERATED]["agent"][0],
        next_id=switch.id if switch else "",
        next_name=switch.name if switch else "",
        partial_id=add.id if add else "",
        partial_name=add.name if add else "",
        sources=tuple(dict.fromkeys((*dosing.sources, *rules.sources))),
    )


def _dose_to_reach(item: ItemRecord, option: OptionResult, agent: Agent) -> float | None:
    """The usual target for this patient: within the limit, and no more than the schedule of the plan comes to."""
    dosing = agent.dosing
    assert dosing is not None
    limits = limits_of(option, agent)
    wanted = option.dose.target_per_day[0] if option.dose else dosing.target_per_day[0]
    ends = [wanted, *(limit for limit in (limits.max_per_day if limits else None,) if limit is not None)]
    if item.steps:
        ends.append(item.steps[-1].per_day)
    dose = min(ends)
    return dose if dose > 0 else None


def _for_therapy(item: ItemRecord, others: Sequence[ItemRecord], shown: Snapshot) -> AgreementRecord | None:
    therapy = shown.rulebook.therapy_by_id.get(item.ref_id)
    rules = _rules(shown.rulebook)
    rule = therapy.data.get("stop_rule") if therapy else None
    below = rules.therapy_below.get(therapy.id) if therapy else None
    # SAFETY: a stop rule in words may say when to go on ("for life while sensation is reduced") or to change something;
    # read as a reason to stop it would end foot care. Only a percentage of relief is proposed.
    if therapy is None or below is None or not isinstance(rule, Mapping) or not therapy.review_weeks:
        return None
    following = next_therapy(therapy.id, others, shown)
    return AgreementRecord(
        ref_id=item.ref_id,
        name=item.name,
        kind=item.kind,
        week=max(1, ceil(therapy.review_weeks)),
        enough_pct=below,
        if_little=rules.choices[Case.LITTLE]["therapy"][0],
        if_not_tolerated=rules.choices[Case.NOT_TOLERATED]["therapy"][0],
        next_id=following.id if following else "",
        next_name=following.name if following else "",
        words=str(rule.get("text", "")),
        sources=tuple(str(source) for source in rule.get("sources", ())),
    )


def choices(item: ItemRecord, shown: Snapshot) -> list[tuple[str, str]]:
    """Id and name of the treatments that an agreement may go to: whatever is not excluded, the best ranked first."""
    known = (*shown.proposal.agents, *shown.proposal.therapies)
    found = [*_ranked(known), *(option for option in known if option.status not in _PROPOSED)]
    return [
        (option.id, option.name) for option in found if option.id != item.ref_id and option.status != Status.EXCLUDED
    ]


def next_agent(agent: Agent, others: Sequence[ItemRecord], shown: Snapshot) -> OptionResult | None:
    """The best ranked recommended medicine of another class that is neither in the plan nor taken now.

    SAFETY: one that is merely possible is nobody's next step by default; a person chooses it, or decides then.
    """
    return next(
        (
            option
            for option in _open_agents(others, shown)
            if shown.rulebook.agent_by_id[option.id].classes[:1] != agent.classes[:1]
        ),
        None,
    )


def agent_to_add(agent: Agent, others: Sequence[ItemRecord], shown: Snapshot) -> OptionResult | None:
    """The best ranked medicine that an advised pair of the content puts beside this one."""
    partners = {
        name
        for pair in shown.proposal.combinations
        if pair.advised and {agent.id, *agent.classes} & set(pair.components)
        for name in pair.components
    } - {agent.id, *agent.classes[:1]}
    for option in _open_agents(others, shown):
        found = shown.rulebook.agent_by_id[option.id]
        if {found.id, *found.classes} & partners and found.classes[:1] != agent.classes[:1]:
            return option
    return None


def next_therapy(ref_id: str, others: Sequence[ItemRecord], shown: Snapshot) -> OptionResult | None:
    """The best ranked therapy of the same kind that is not in the plan."""
    category = shown.rulebook.therapy_by_id[ref_id].category
    held = {ref_id, *(item.ref_id for item in others)}
    return next(
        (
            option
            for option in _recommended(shown.proposal.therapies)
            if option.id not in held and shown.rulebook.therapy_by_id[option.id].category == category
        ),
        None,
    )


def _open_agents(others: Sequence[ItemRecord], shown: Snapshot) -> Iterator[OptionResult]:
    held = {item.ref_id for item in others}
    classes = {shown.rulebook.agent_by_id[name].classes[:1] for name in held if name in shown.rulebook.agent_by_id}
    for option in _recommended(shown.proposal.agents):
        own = shown.rulebook.agent_by_id[option.id].classes[:1]
        if option.id not in held and not option.currently_taken and own not in classes:
            yield option


def _ranked(options: Sequence[OptionResult]) -> Iterator[OptionResult]:
    known = [option for option in options if option.status in _PROPOSED]
    yield from sorted(known, key=lambda option: (option.status != Status.RECOMMENDED, option.rank or len(options) + 1))


def _recommended(options: Sequence[OptionResult]) -> Iterator[OptionResult]:
    yield from (option for option in _ranked(options) if option.status == Status.RECOMMENDED)


def _rules(rulebook: Rulebook) -> AgreementRules:
    assert rulebook.agreements is not None
    return rulebook.agreements


# --- in words ---------------------------------------------------------------------------------------------------------


def sentences(agreement: AgreementRecord) -> tuple[tuple[Case, str], ...]:
    """The agreement case by case, in the language in force."""
    found = [(Case.LITTLE, f"{_condition(agreement)}: {action_words(agreement, Case.LITTLE)}.")]
    if agreement.enough_pct is not None and agreement.good_pct is not None and agreement.if_partial:
        between = {"low": agreement.enough_pct, "high": agreement.good_pct}
        words = _("%(low)d%% to less than %(high)d%% better") % between
        found.append((Case.PARTIAL, f"{words}: {action_words(agreement, Case.PARTIAL)}."))
    better = agreement.good_pct if agreement.good_pct is not None else agreement.enough_pct
    if better is not None:
        words = _("%(number)d%% or more better") % {"number": better}
        found.append((Case.GOOD, f"{words}: {action_words(agreement, Case.GOOD)}."))
    words = _("Not tolerated")
    found.append((Case.NOT_TOLERATED, f"{words}: {action_words(agreement, Case.NOT_TOLERATED)}."))
    return tuple(found)


def sentence(agreement: AgreementRecord) -> str:
    """The whole agreement in one line."""
    return " ".join(text for _case, text in sentences(agreement))


def _condition(agreement: AgreementRecord) -> str:
    """When it is judged and what counts as little."""
    if agreement.enough_pct is None:
        return _("In week %(week)d, by “%(words)s”") % {"week": agreement.week, "words": agreement.words}
    words = _("Less than %(number)d%% better in week %(week)d") % {
        "number": agreement.enough_pct,
        "week": agreement.week,
    }
    if agreement.dose is None:
        return words
    dose = f"{agreement.dose:g} {agreement.unit}".strip()
    if not agreement.weeks_at_dose:
        return words + _(" on %(dose)s a day") % {"dose": dose}
    return words + _(" and after %(weeks)s weeks on %(dose)s a day") % {
        "weeks": f"{agreement.weeks_at_dose:g}",
        "dose": dose,
    }


def action_of(agreement: AgreementRecord, case: Case) -> str:
    """What was agreed for a case, as models.Agreement.Action names it."""
    actions = {
        Case.LITTLE: agreement.if_little,
        Case.PARTIAL: agreement.if_partial,
        Case.NOT_TOLERATED: agreement.if_not_tolerated,
    }
    return actions.get(case) or Agreement.Action.CONTINUE


def next_of(agreement: AgreementRecord, case: Case) -> tuple[str, str]:
    """Id and name of the option that a case goes to; empty where it goes nowhere, or that is still open."""
    if action_of(agreement, case) not in (
        Agreement.Action.ADD,
        Agreement.Action.SWITCH,
        Agreement.Action.REDUCE_THEN_SWITCH,
    ):
        return "", ""
    if case is Case.PARTIAL:
        return agreement.partial_id, agreement.partial_name
    return agreement.next_id, agreement.next_name


def action_words(agreement: AgreementRecord, case: Case) -> str:
    """ "taper and switch to Pregabalin", "continue"."""
    _id, name = next_of(agreement, case)
    return action_text(action_of(agreement, case), name, is_agent=agreement.kind == "agent")


def action_text(action: str, name: str, *, is_agent: bool) -> str:
    """An action in words, with the name of the option that it goes to; empty while that is to be decided."""
    words = {
        Agreement.Action.CONTINUE: _("continue"),
        Agreement.Action.RAISE: _("raise the dose one step"),
        Agreement.Action.ADD: _("add %(name)s") if name else _("add a second treatment"),
        Agreement.Action.SWITCH: (_("taper and switch to %(name)s") if is_agent else _("change to %(name)s"))
        if name
        else (_("taper and switch") if is_agent else _("change the treatment")),
        # SAFETY: a medicine is never agreed to be stopped suddenly; how it is tapered is in the plan that does it.
        Agreement.Action.STOP: _("taper and stop") if is_agent else _("stop"),
        Agreement.Action.REDUCE_THEN_SWITCH: _("halve or slow once, then taper and switch to %(name)s")
        if name
        else _("halve or slow once, then taper and switch"),
    }[Agreement.Action(action)]
    return words % {"name": name}


def judged_on(agreement: AgreementRecord, begins: date) -> date:
    """The day from which the effect may be judged by the week alone."""
    return begins + timedelta(weeks=agreement.week)
