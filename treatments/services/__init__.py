"""Writes of plans. Each takes `actor` first, runs in one transaction and leaves one row in the audit trail.

A draft is changed here and nowhere else; the signature computes everything again and refuses while a reason is missing.
"""

from treatments.services.agreed_step import draft_agreed_step
from treatments.services.agreements import AgreementEntry, save_agreement
from treatments.services.courses import (
    Move,
    move_item,
    switch_items,
    taper_by_hand,
    taper_item,
)
from treatments.services.drafts import MOST_DATES, PlanEntry, discard_draft, save_plan, start_draft
from treatments.services.evidence import raise_reviews
from treatments.services.items import MOST_ITEMS, ItemEntry, add_item, add_pair, remove_item, save_item
from treatments.services.orders import OrderEntry, order_from_plan
from treatments.services.overrides import ReasonEntry, give_reason, take_back_reason
from treatments.services.recheck import recheck_plans
from treatments.services.review import propose_plan, return_plan
from treatments.services.shared import LeavesAbruptly, NoDraft, NotSigned, PlanRefused, StaleSave
from treatments.services.signature import sign_plan, stop_plan

__all__ = [
    "MOST_DATES",
    "MOST_ITEMS",
    "AgreementEntry",
    "ItemEntry",
    "LeavesAbruptly",
    "Move",
    "NoDraft",
    "NotSigned",
    "OrderEntry",
    "PlanEntry",
    "PlanRefused",
    "ReasonEntry",
    "StaleSave",
    "add_item",
    "add_pair",
    "discard_draft",
    "draft_agreed_step",
    "give_reason",
    "move_item",
    "order_from_plan",
    "propose_plan",
    "raise_reviews",
    "recheck_plans",
    "remove_item",
    "return_plan",
    "save_agreement",
    "save_item",
    "save_plan",
    "sign_plan",
    "start_draft",
    "stop_plan",
    "switch_items",
    "take_back_reason",
    "taper_by_hand",
    "taper_item",
]
