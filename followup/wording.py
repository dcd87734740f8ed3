"""One clause about each thing that lists and cards name: what is due, what alarms, what was answered. No query."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from followup import content, plans, response
from followup.goals import level_of, t_score
from followup.models import Answer, CheckIn, DueItem
from treatments.agreements import action_text

Text = str | Promise

KINDS: Mapping[str, Text] = {
    "check_in": _("Check-in"),
    "review": _("Review"),
    "lab": _("Test"),
    "taper_step": _("Taper step"),
    "visit": _("Visit"),
}
PERSON: Mapping[str, Text] = {
    "no consent": _("No consent to e-mail: call for the check-in"),
    "no address": _("No e-mail address: call for the check-in"),
    "not delivered": _("E-mail not delivered: call for the check-in"),
    "address refused": _("E-mail address refused: call for the check-in"),
    "perhaps sent": _("E-mail perhaps not delivered: call for the check-in"),
    "locked": _("Link locked after wrong dates of birth: call for the check-in"),
    "no answer": _("No answer to the check-in: call"),
}


def due_text(item: DueItem) -> str:
    """What is due and why, in one clause that names the treatment."""
    kind = str(KINDS.get(item.kind, item.kind.replace("_", " ").capitalize()))
    name = plans.name_of(item.ref_id)
    if item.source == "adequate_trial":
        return str(_("%(name)s: adequate trial complete, review response")) % {"name": name}
    if item.source == "review_weeks":
        return str(_("%(name)s: programme review")) % {"name": name}
    if item.kind == "lab" and name:
        return str(_("%(name)s: test due, %(test)s")) % {"name": name, "test": item.text}
    asked = _interval(item.source) if item.kind == "review" else None
    if asked and item.text:
        why = item.text[:1].lower() + item.text[1:]
        return str(_("%(name)s: %(why)s, review response")) % {
            "name": name or _sentence(asked["applies_to"]),
            "why": why,
        }
    return f"{kind}: {item.text}" if item.text else kind


def _interval(source: str) -> Mapping[str, Any] | None:
    """The row of the review intervals that asked for something; None when something else did."""
    return next((row for row in content.file("schedule")["review_intervals"] if row["id"] == source), None)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def goal_words(plan: plans.PlanSummary | None) -> str:
    """What the line of the goal stands for, with its score; empty without a line."""
    line = plans.goal_line(plan)
    if line is None or plan is None:
        return ""
    if plan.goal_nrs is not None:
        return str(_("goal %(score)s")) % {"score": f"{line:g}"}
    percent = f"{content.figures().responder_pct:g}"
    return str(_("%(percent)s%% less: %(score)s")) % {"percent": percent, "score": f"{round(line, 1):g}"}


def goals_text(answer: Answer, plan: plans.PlanSummary | None) -> str:
    """How far the goals of the plan were reached by some answers: "T 54.0 (+1, -1)"; empty where none was answered.

    A goal that was not answered stands as "?", and then there is no T score.
    """
    if plan is None or answer.plan_id != plan.plan_id:
        return ""
    goals = plans.goals_of(plan)
    levels = [level_of(goal, answer.answers, goals.scale) for goal in goals.of_plan]
    if all(level is None for level in levels):
        return ""
    score = t_score(goals.of_plan, answer.answers, goals.scale)
    shown = ", ".join("?" if level is None else f"{level:+d}" if level else "0" for level in levels)
    return f"{'T ?' if score is None else f'T {score:.1f}'} ({shown})"


def person_text(check_in: CheckIn) -> str:
    """Why a person has to see to a check-in."""
    return str(PERSON.get(check_in.by_person, _("Call for the check-in")))


def answer_text(answer: Answer) -> str:
    """Answers that arrived, in one clause: what was scored and what was not."""
    parts = []
    pain, peg = answer.answers.get("nrs_average"), response.peg_total(answer.answers)
    if isinstance(pain, int):
        parts.append(str(_("pain %(n)d")) % {"n": pain})
    if peg is not None:
        parts.append(f"PEG {peg:.1f}")
    words = str(_("Answered")) + (": " + ", ".join(parts) if parts else "")
    return ". ".join([words, *(agreed_text(row) for row in answer.agreed)])


def percent(change: float) -> str:
    """A change in percent with at most one decimal, never rounded up: 29.97 is not the 30 that was agreed."""
    return f"{floor(round(change, 6) * 10) / 10:g}"


def agreed_text(row: Mapping[str, Any]) -> str:
    """An agreement that was reached when answers came: "Duloxetine, as agreed: taper and switch to Pregabalin"."""
    pct = row.get("change_pct")
    words = action_text(row["action"], plans.name_of(row["next_id"]), is_agent=row["kind"] == "agent")
    shown = f" ({percent(pct)}%)" if isinstance(pct, int | float) else ""
    return str(_("%(name)s%(shown)s, as agreed: %(what)s")) % {
        "name": plans.name_of(row["ref_id"]),
        "shown": shown,
        "what": words,
    }
