"""What was agreed at the start and the goals of the patient, as the page of follow-up shows them. No query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from followup import agreements, plans, queries
from followup.goals import level_of, question_of
from followup.presenters import SHORT
from followup.wording import Text, percent
from treatments import agreements as plan_agreements
from treatments.agreement_rules import Case


@dataclass(frozen=True, slots=True)
class AgreedStep:
    """What was agreed about a treatment at its start, and how that stands now.

    `verdict` says it in one line, `action` what was agreed to do then (empty while nothing is reached). Where the
    decision table cannot say anything yet, it `waits`; where that says something else, `disagrees`; `is_after` that the
    table's advice is the more careful of the two and stands first. `case` is what one click drafts; empty where that
    would be before something else is settled.
    """

    sentences: tuple[str, ...]
    verdict: str
    action: str
    missing: tuple[Text, ...]
    waits: bool
    disagrees: bool
    is_after: bool
    case: str


_CASES: Mapping[Case, Text] = {
    Case.GOOD: _("good response"),
    Case.PARTIAL: _("partial response"),
    Case.LITTLE: _("little response"),
    Case.NOT_TOLERATED: _("not tolerated"),
}
_OPEN: Mapping[str, Text] = {
    agreements.ANSWERS: _("answers from after that day"),
    agreements.DOSE: _("when the agreed dose is reached; the plan does not come to it"),
}


def agreed_step(judged: queries.Judged) -> AgreedStep | None:
    """How the agreement about one treatment stands beside what the decision table says."""
    agreed, verdict, rules = judged.agreed, judged.verdict, plans.agreement_rules()
    if agreed is None or verdict is None or rules is None:
        return None
    case = verdict.case or (Case.LITTLE if verdict.state is agreements.State.ASK else None)
    # SAFETY: what the table says first comes before a switch: an emergency, or a question about suicide still open.
    advised = [advice.row.action for advice in judged.step.advice]
    alternatives = [name for advice in judged.step.advice for name in advice.alternatives]
    holds = bool({"emergency", "stop_or_hold"} & set(advised))
    action = plan_agreements.action_of(agreed, case) if case else ""
    is_reached = verdict.case is not None
    disagrees = is_reached and agreements.disagree(action, advised, alternatives, rules)
    may_draft = case is not None and case is not Case.GOOD and action != "continue" and bool(advised) and not holds
    return AgreedStep(
        sentences=tuple(text for _case, text in plan_agreements.sentences(agreed)),
        verdict=_verdict_text(agreed, verdict),
        action=plan_agreements.action_words(agreed, case) if case else "",
        missing=tuple(_OPEN.get(name) or SHORT.get(name, name) for name in verdict.missing),
        waits=is_reached and not advised,
        disagrees=disagrees,
        is_after=disagrees and agreements.table_is_safer(action, advised, rules),
        case=case.value if may_draft and case else "",
    )


def _verdict_text(agreed: plans.AgreementRecord, verdict: agreements.Verdict) -> str:
    """ "Reached on 4 Mar 2026: little response (12% less pain)"."""
    day = date_format(verdict.on, "j M Y") if verdict.on else ""
    begins = date_format(verdict.begins, "j M Y") if verdict.begins else ""
    less = "" if verdict.change_pct is None else str(_("%(pct)s%% less pain")) % {"pct": percent(verdict.change_pct)}
    match verdict.state:
        case agreements.State.TOO_EARLY:
            return (
                str(_("Too early to judge: not before %(day)s.")) % {"day": begins} if begins else str(_("Too early."))
            )
        case agreements.State.NOT_TAKEN:
            return str(_("Not judged: too little of it was taken."))
        case agreements.State.OPEN:
            return str(_("Not known yet."))
        case agreements.State.ASK:
            return str(_("Time to judge it by what was agreed: “%(words)s”.")) % {"words": agreed.words}
        case _:
            assert verdict.case is not None
            shown = f"{_CASES[verdict.case]}" + (f" ({less})" if less else "")
            return str(_("Reached on %(day)s: %(what)s.")) % {"day": day, "what": shown}


@dataclass(frozen=True, slots=True)
class GoalRow:
    """One goal and how far it was reached by the last answers; `level` empty where it was not answered."""

    words: str
    aim: str
    mark: str
    level: str
    number: str


def goal_rows(course: queries.Course) -> list[GoalRow]:
    """The goals of the plan that runs now, in the patient's words."""
    answers = course.last_answer.answers if course.last_answer else {}
    labels = {band.level: band.label for band in course.goals.scale.bands}
    rows = []
    for goal in course.goals.of_plan:
        level = level_of(goal, answers, course.goals.scale)
        reached = answers.get(question_of(goal)) if goal.is_numeric else None
        aim = ""
        if goal.baseline is not None and goal.amount is not None:
            aim = f"{goal.measure} {goal.baseline:g} → {goal.amount:g} {goal.unit}".strip()
        rows.append(
            GoalRow(
                words=goal.words,
                aim=aim,
                mark=f"{level:+d}" if level else "0",
                level="" if level is None else labels[level],
                number=f"{reached:g} {goal.unit}".strip() if isinstance(reached, int | float) else "",
            )
        )
    return rows
