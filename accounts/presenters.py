"""What the pages about the audit trail say."""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext as _


def action_text(action: str) -> str:
    """An action of the trail in words: "patient.read" is "Patient: opened". An unlisted verb is shown as it is."""
    noun, _dot, verb = action.partition(".")
    verbs = {
        "read": _("opened"),
        "list": _("shown in a list"),
        "register": _("registered"),
        "add": _("added"),
        "correct": _("corrected"),
        "withdraw": _("withdrawn"),
        "stop": _("stopped"),
        "finish": _("done"),
        "join": _("joined"),
        "leave": _("left"),
        "remove": _("removed"),
        "verify": _("checked"),
        "denied": _("refused"),
        "not_found": _("not found"),
        "start": _("started"),
        "end": _("ended"),
        "sign": _("signed"),
        "propose": _("proposed for review"),
        "return": _("returned"),
        "place": _("placed"),
        "undo": _("taken back"),
        "recheck": _("looked at under today's rules"),
        "save": _("saved"),
        "discard": _("discarded"),
        "send": _("sent"),
        "fail": _("failed"),
        "change": _("changed"),
        "reset": _("reset"),
    }
    return f"{capfirst(noun.replace('-', ' ').replace('_', ' '))}: {verbs.get(verb, verb.replace('_', ' '))}"
