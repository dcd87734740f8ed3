"""Pages of the plan: scope, ask, present, render. All of it works without script; htmx swaps parts of the same page."""

from treatments.views.draft import (
    agreement_edit,
    draft_discard,
    draft_start,
    goals_edit,
    item_add,
    item_edit,
    item_remove,
)
from treatments.views.facts import fact
from treatments.views.page import plan
from treatments.views.reasons import reason, reason_take_back
from treatments.views.signed import plan_print, plan_read, plan_stop, sign
from treatments.views.tried import missing_panel, tried

__all__ = [
    "agreement_edit",
    "draft_discard",
    "draft_start",
    "fact",
    "goals_edit",
    "item_add",
    "item_edit",
    "item_remove",
    "missing_panel",
    "plan",
    "plan_print",
    "plan_read",
    "plan_stop",
    "reason",
    "reason_take_back",
    "sign",
    "tried",
]
