"""What a plan calls for as the record stands, what it still lacks, and what keeps it from being signed. Pure.

The arithmetic is in treatments.plan_checks and treatments.plan_doses; here a stored plan meets what is known today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from rules import english
from treatments import plan_checks, schedules
from treatments.fact_content import shipped_fact_content
from treatments.plan_checks import Choice, LiveCheck, Need
from treatments.plan_doses import (
    OVERRIDABLE,
    UNSEEN,
    DoseIssue,
    DoseLimits,
    DoseProblem,
    PlannedStep,
    Way,
    current_dose,
    dose_problems,
    first_day_at,
    limits_of,
    running,
)
from treatments.plan_record import ItemRecord, PlanRecord
from treatments.rulebook import Agent, Rulebook
from treatments.safety.ceilings import CEILING
from treatments.safety.table import safety_of
from treatments.schedules import ProblemKind
from treatments.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that has to be entered before the plan is signed, in which field of the form of an item or of the plan.

    `ref_id` and `name` are those of the item; both are empty for what the plan as a whole lacks.
    """

    field: str
    text: str
    ref_id: str = ""
    name: str = ""


def live_check_of(record: PlanRecord, shown: Snapshot) -> LiveCheck:
    """What everything that is taken and planned calls for together."""
    return plan_checks.live_check(record.choices, shown.proposal, shown.facts, shown.rulebook)


def needs_of(record: PlanRecord, shown: Snapshot, live: LiveCheck | None = None) -> tuple[Need, ...]:
    """Every reason that the signature of a plan waits for, given or not; `live` where it was computed already."""
    live = live or live_check_of(record, shown)
    chosen = [
        replace(item.choice, way=way_of(item.choice, shown), taken_now=_taken_before(item, shown))
        for item in record.items
    ]
    return plan_checks.needs(chosen, shown.proposal, live.checks, shown.rulebook, shown.handled_flags)


def _taken_before(item: ItemRecord, shown: Snapshot) -> float | None:
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    return plan_checks.taken_before(item.choice, shown.facts, agent) if agent is not None else None


def way_of(item: Choice, shown: Snapshot) -> Way:
    """Where the doses of an item stand today, by the dose of the list and the limits of this patient."""
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    if agent is None:
        return UNSEEN
    today = shown.facts.as_of
    return schedules.way_of(
        agent,
        item.steps,
        item.ends_on,
        day=(today - (item.starts_on or today)).days,
        taken_now=current_dose(shown.facts, agent, item.unit),
        limits=limits_of(shown.proposal.option(item.ref_id), agent),
    )


def gaps_of(record: PlanRecord, shown: Snapshot) -> tuple[Gap, ...]:
    """What is not entered yet and no reason sets aside: doses of medicines, a goal, a day to look again."""
    found: list[Gap] = []
    for item in record.items:
        found.extend(_dose_gaps(item, shown.rulebook.agent_by_id.get(item.ref_id), shown))
    if not any(goal.says_something for goal in record.goals.values()) and not record.no_goal:
        found.append(Gap(field="function_words", text=_("No goal. Enter one, or say why there is none yet.")))
    if not record.dates:
        found.append(Gap(field="date_0", text=_("No follow-up date. Enter the day on which somebody looks again.")))
    return tuple(found)


def _dose_gaps(item: ItemRecord, agent: Agent | None, shown: Snapshot) -> Iterator[Gap]:
    if item.kind != plan_checks.AGENT or item.dose_by:
        return
    if not item.steps:
        text = _("No dose. Enter it.")
        if agent is not None and agent.is_for_specialists:
            text = _("No dose. Enter it, or name the specialist who sets it.")
        elif agent is not None and running(shown.facts, agent):
            text = _("No dose. It is taken already: ask at which dose, and begin with that.")
        yield Gap(field="dose_0", text=text, ref_id=item.ref_id, name=item.name)
    if agent is not None and agent.dosing is not None:
        for problem in unmade(agent, item.steps):
            place = problem.step or 0
            yield Gap(field=f"dose_{place}", text=problem_words(problem), ref_id=item.ref_id, name=item.name)
        return
    if not item.unit:
        yield Gap(field="unit", text=_("The dose has no unit."), ref_id=item.ref_id, name=item.name)
    if not item.product:
        text = _("The rulebook has no dose for it, so the plan has to name the product.")
        yield Gap(field="product", text=text, ref_id=item.ref_id, name=item.name)


def subject_words(subject: str, rulebook: Rulebook) -> str:
    """What a reason for an alert is about: a burden or danger of the live check, a dose, an alert."""
    table = safety_of(rulebook)
    labels = dict(rulebook.labels["alerts"])
    labels |= {burden.id: burden.label for burden in table.burdens}
    labels |= {danger.id: danger.label for danger in table.dangers}
    if subject.startswith(CEILING):
        return _("Dose of %(name)s") % {"name": subject.removeprefix(CEILING)}
    return labels.get(subject) or subject_name(subject)


def subject_name(name: str) -> str:
    """What an alert is about, by the name of its fact where it has one."""
    fact = shipped_fact_content().vocabulary.get(name)
    return fact.label if fact else english.words(name.removeprefix(CEILING))


def unmade(agent: Agent, steps: Sequence[PlannedStep]) -> schedules.Problems:
    """The steps that no product of the medicine makes."""
    if not agent.products or not steps:
        return ()
    made = schedules.build(agent, steps)
    return () if isinstance(made, schedules.Schedule) else made


def problem_words(problem: schedules.Problem) -> str:
    """Why there is no such schedule, with the nearest doses that can be made."""
    unit, wanted = problem.unit, f"{problem.wanted:g}" if problem.wanted is not None else ""
    words = {
        ProblemKind.NO_PRODUCT: _("The rulebook has no products for it, so its tablets cannot be counted."),
        ProblemKind.NO_DOSE: _("There is no dose to begin with."),
        ProblemKind.NOT_BUILDABLE: _("Step %(step)d: no product makes %(wanted)s %(unit)s."),
        ProblemKind.TOO_OFTEN: _("Step %(step)d: %(wanted)s times a day cannot be put into a calendar."),
        ProblemKind.NO_TAPER: _("The rulebook does not say how it is stepped down. Ask a specialist."),
        ProblemKind.MAY_STOP: _("It can be stopped at once; no taper is needed."),
        ProblemKind.SAME_MEDICINE: _("Both hold the same medicine."),
        ProblemKind.NOT_TOGETHER: _("The new medicine is contraindicated with another one that is taken."),
        ProblemKind.WASHOUT_UNKNOWN: _(
            "The two must not be taken together, and the rulebook does not say for how long to wait in between."
            " Enter the days."
        ),
        ProblemKind.NO_STEP: _("Nothing is to come after that day."),
        ProblemKind.NO_STEP_BEFORE: _("There is no step before this one."),
        ProblemKind.NO_OTHER_PACE: _("The rulebook has no such pace for it."),
    }[problem.kind]
    text = words % {"step": (problem.step or 0) + 1, "wanted": wanted, "unit": unit}
    if problem.kind is ProblemKind.NOT_BUILDABLE and problem.nearest:
        doses = f" {_('or')} ".join(f"{dose:g} {unit}" for dose in problem.nearest)
        text = _("%(text)s Nearest: %(doses)s.") % {"text": text, "doses": doses}
    return text


def to_mind(record: PlanRecord) -> list[str]:
    """What does not keep a plan from being signed, but should be known to whoever signs."""
    found = [
        _("%(name)s: the dose is left to %(who)s.") % {"name": item.name, "who": item.dose_by}
        for item in record.items
        if item.dose_by
    ]
    found += [
        _("%(name)s: the doses of the plan do not reach the agreed %(dose)s a day, so its effect is never judged.")
        % {"name": agreed.name, "dose": f"{agreed.dose:g} {agreed.unit}".strip()}
        for agreed in record.agreements
        if agreed.dose is not None
        and (item := record.item(agreed.ref_id)) is not None
        and item.steps
        and first_day_at(item.steps, agreed.dose) is None
    ]
    found += [
        _("%(name)s: what was agreed leads to %(next)s, which is in the plan already.")
        % {"name": agreed.name, "next": held.name}
        for agreed in record.agreements
        for next_id in dict.fromkeys((agreed.next_id, agreed.partial_id))
        if (held := record.item(next_id)) is not None
    ]
    goals = [goal for goal in record.goals.values() if goal.says_something]
    if goals and not any(goal.by for goal in goals):
        found.append(_("The goal has no day by which it is to be reached."))
    if any(goal.words and not goal.measure for goal in goals):
        found.append(_("Nothing says how it is measured whether the goal is reached."))
    return found


def against_signing(
    record: PlanRecord, shown: Snapshot, open_flags: Sequence[str] = (), told: Sequence[str] = ()
) -> list[str]:
    """What stands against a signature whatever reasons are given, in sentences.

    `open_flags` are the red flags of the open assessment that are present and that nobody has in hand; `told` are those
    that a sign which the patient told before the visit asks about and that nobody has answered.
    """
    flags = shipped_fact_content().assessment.red_flags
    found = [
        _("%(name)s is present in the open assessment. Say there who acts on it by when, or why it is dismissed.")
        % {"name": flags[flag].name}
        for flag in open_flags
    ]
    found += [
        _("%(name)s: the patient told a sign of it before the visit. Answer this red flag in the assessment.")
        % {"name": flags[flag].name}
        for flag in told
    ]
    if not record.items:
        found.append(_("The plan is empty. Choose at least one medicine or therapy."))
    if plan_checks.stops_signing(shown.proposal) and shown.proposal.stop:
        found.append(shown.proposal.stop.reason)
    found += [
        _("The follow-up date %(day)s has passed. Choose a later one or take it out.")
        % {"day": date_format(day, "j M Y")}
        for day in sorted({due.due_on for due in record.dates if due.due_on < shown.facts.as_of})
    ]
    found += [
        _("A promise to monitor of %(day)s names no test. Give this reason again.")
        % {"day": date_format(timezone.localdate(override.made_at), "j M Y")}
        for override in record.overrides
        if override.is_promise and not override.monitor_test
    ]
    known = {**shown.rulebook.agent_by_id, **shown.rulebook.therapy_by_id}
    for item in record.items:
        if item.ref_id not in known:
            found.append(_("%(name)s is not in the rulebook any more. Take it out.") % {"name": item.name})
            continue
        agent = shown.rulebook.agent_by_id.get(item.ref_id)
        if agent is None:
            continue
        if agent.dosing is not None and item.unit != agent.dosing.unit:
            found.append(
                _("%(name)s: the rulebook gives its dose in another unit now. Take it out and add it again.")
                % {"name": item.name}
            )
        limits = limits_of(shown.proposal.option(item.ref_id), agent)
        wrong = dose_problems(item.steps, limits, is_taken=True, way=way_of(item.choice, shown))
        found.extend(f"{item.name}: {dose_sentence(p, limits)}" for p in wrong if p.issue not in OVERRIDABLE)
    return found


def dose_sentence(problem: DoseProblem, limits: DoseLimits | None) -> str:
    """What is wrong with a dose, with the limit and why it is what it is."""
    unit = limits.unit if limits else ""
    why = " ".join(limits.why) if limits else ""
    words = {
        DoseIssue.NOT_POSITIVE: _("Step %(step)d: a dose is above 0."),
        DoseIssue.NOT_IN_ORDER: _("Step %(step)d begins on or before the day of the step before it."),
        DoseIssue.ABOVE_START: _(
            "Step %(step)d: %(given)s a day is above the first dose for this patient, %(limit)s. %(why)s"
            " Give a reason for the dose first, or start lower."
        ),
        DoseIssue.ABOVE_LIMIT: _(
            "Step %(step)d: %(given)s a day is above the limit for this patient, %(limit)s. %(why)s"
            " Give a reason for the dose first, or stay below."
        ),
        DoseIssue.ABOVE_ALL: _("Step %(step)d: %(given)s a day is above the highest dose in the rulebook, %(limit)s."),
        DoseIssue.SINGLE_DOSE: _("Step %(step)d: a single dose of %(given)s is above the largest one, %(limit)s."),
    }[problem.issue]
    shown = {
        "step": problem.step + 1,
        "given": f"{problem.given:g} {unit}".strip(),
        "limit": f"{problem.limit:g} {unit}".strip(),
        "why": why,
    }
    return " ".join((words % shown).split())
