"""Pages of the plan: scope, ask, present, render. All of it works without script; htmx swaps parts of the same page."""

from treatments.views.compare import authorisation, compare, guidelines
from treatments.views.courses import calendar, item_move, item_stop, item_switch
from treatments.views.draft import (
    agreement_edit,
    draft_discard,
    draft_start,
    goals_edit,
    item_add,
    item_edit,
    item_remove,
    pair_add,
)
from treatments.views.facts import fact
from treatments.views.found import plans_found
from treatments.views.handout import handout, handout_pdf
from treatments.views.orders import plan_orders, plan_orders_undo
from treatments.views.page import plan
from treatments.views.reasons import reason, reason_take_back
from treatments.views.review import plan_propose, plan_return
from treatments.views.signed import plan_print, plan_read, plan_stop, sign
from treatments.views.tried import missing_panel, tried
from treatments.views.versions import plan_versions
from treatments.views.what_if import next_question, what_if_page

__all__ = [
    "agreement_edit",
    "authorisation",
    "calendar",
    "compare",
    "draft_discard",
    "draft_start",
    "fact",
    "goals_edit",
    "guidelines",
    "handout",
    "handout_pdf",
    "item_add",
    "item_edit",
    "item_move",
    "item_remove",
    "item_stop",
    "item_switch",
    "missing_panel",
    "next_question",
    "pair_add",
    "plan",
    "plan_orders",
    "plan_orders_undo",
    "plan_print",
    "plan_propose",
    "plan_read",
    "plan_return",
    "plan_stop",
    "plan_versions",
    "plans_found",
    "reason",
    "reason_take_back",
    "sign",
    "tried",
    "what_if_page",
]
