"""One clause about each thing that lists and cards name: what is due, what alarms, what was answered. No query."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from followup import response
from followup.models import Answer, CheckIn, DueItem

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
    """What is due, in one clause."""
    kind = str(KINDS.get(item.kind, item.kind.replace("_", " ").capitalize()))
    if item.source == "adequate_trial":
        return str(_("%(name)s: trial complete, judge it")) % {"name": item.text}
    return f"{kind}: {item.text}" if item.text else kind


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
    return str(_("Answered")) + (": " + ", ".join(parts) if parts else "")
