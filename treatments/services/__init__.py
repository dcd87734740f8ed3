"""Writes of plans. Each takes `actor` first, runs in one transaction and leaves one row in the audit trail.

A draft is changed here and nowhere else; the signature computes everything again and refuses while a reason is missing.
"""

from treatments.services.courses import (
    Move,
    SwitchEntry,
    TaperEntry,
    move_item,
    switch_items,
    taper_item,
)
from treatments.services.drafts import MOST_DATES, PlanEntry, discard_draft, save_plan, start_draft
from treatments.services.items import MOST_ITEMS, ItemEntry, add_item, remove_item, save_item
from treatments.services.overrides import ReasonEntry, give_reason, take_back_reason
from treatments.services.shared import LeavesAbruptly, NoDraft, NotSigned, PlanRefused, StaleSave
from treatments.services.signature import sign_plan, stop_plan

__all__ = [
    "MOST_DATES",
    "MOST_ITEMS",
    "ItemEntry",
    "LeavesAbruptly",
    "Move",
    "NoDraft",
    "NotSigned",
    "PlanEntry",
    "PlanRefused",
    "ReasonEntry",
    "StaleSave",
    "SwitchEntry",
    "TaperEntry",
    "add_item",
    "discard_draft",
    "give_reason",
    "move_item",
    "remove_item",
    "save_item",
    "save_plan",
    "sign_plan",
    "start_draft",
    "stop_plan",
    "switch_items",
    "take_back_reason",
    "taper_item",
]
