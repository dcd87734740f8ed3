"""Pages of the plan: scope, ask, present, render. All of it works without script; htmx swaps parts of the same page."""

from treatments.views.draft import draft_discard, draft_start, goals_edit, item_add, item_edit, item_remove
from treatments.views.facts import fact
from treatments.views.page import plan
from treatments.views.reasons import reason, reason_take_back
from treatments.views.signed import plan_print, plan_read, plan_stop, sign
from treatments.views.tried import missing_panel, tried
from treatments.views.what_if import next_question, what_if_page

__all__ = [
    "draft_discard",
    "draft_start",
    "fact",
    "goals_edit",
    "item_add",
    "item_edit",
    "item_remove",
    "missing_panel",
    "next_question",
    "plan",
    "plan_print",
    "plan_read",
    "plan_stop",
    "reason",
    "reason_take_back",
    "sign",
    "tried",
    "what_if_page",
]
