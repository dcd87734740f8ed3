"""What a plan calls for as the record stands, and what keeps it from being signed, in sentences. Pure.

The arithmetic is in treatments.plan_checks and treatments.plan_doses; here a stored plan meets what is known today.
"""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from treatments import plan_checks
from treatments.plan_checks import Check, Need
from treatments.plan_doses import OVERRIDABLE, DoseIssue, DoseLimits, DoseProblem, dose_problems, limits_of
from treatments.plan_record import PlanRecord
from treatments.snapshot import Snapshot


def checks_of(record: PlanRecord | None, shown: Snapshot) -> tuple[Check, ...]:
    """What the items of a plan call for together."""
    if record is None:
        return ()
    return plan_checks.checks(record.choices, shown.proposal, shown.facts, shown.rulebook)


def needs_of(record: PlanRecord, shown: Snapshot) -> tuple[Need, ...]:
    """Every reason that the signature of a plan waits for, given or not."""
    found = checks_of(record, shown)
    return plan_checks.needs(record.choices, shown.proposal, found, shown.rulebook, shown.handled_flags)


def against_signing(record: PlanRecord, shown: Snapshot) -> list[str]:
    """What stands against a signature whatever reasons are given, in sentences."""
    found = []
    if not record.items:
        found.append(_("The plan is empty. Choose at least one medicine or therapy."))
    if plan_checks.stops_signing(shown.proposal) and shown.proposal.stop:
        found.append(shown.proposal.stop.reason)
    found += [
        _("The follow-up date %(day)s has passed. Choose a later one or take it out.")
        % {"day": date_format(day, "j M Y")}
        for day in sorted({due.due_on for due in record.dates if due.due_on < shown.facts.as_of})
    ]
    known = {**shown.rulebook.agent_by_id, **shown.rulebook.therapy_by_id}
    for item in record.items:
        if item.ref_id not in known:
            found.append(_("%(name)s is not in the rulebook any more. Take it out.") % {"name": item.name})
            continue
        agent = shown.rulebook.agent_by_id.get(item.ref_id)
        if agent is None:
            continue
        limits = limits_of(shown.proposal.option(item.ref_id), agent)
        wrong = dose_problems(item.steps, limits, is_taken=True)
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
