"""Writes of plans. Each takes `actor` first, runs in one transaction and leaves one row in the audit trail.

A draft is changed here and nowhere else; the signature computes everything again and refuses while a reason is missing.
"""

from treatments.services.agreed_step import draft_agreed_step
from treatments.services.agreements import AgreementEntry, save_agreement
from treatments.services.drafts import MOST_DATES, PlanEntry, discard_draft, save_plan, start_draft
from treatments.services.items import MOST_ITEMS, ItemEntry, add_item, remove_item, save_item
from treatments.services.overrides import ReasonEntry, give_reason, take_back_reason
from treatments.services.shared import NoDraft, NotSigned, PlanRefused, StaleSave
from treatments.services.signature import sign_plan, stop_plan

__all__ = [
    "MOST_DATES",
    "MOST_ITEMS",
    "AgreementEntry",
    "ItemEntry",
    "NoDraft",
    "NotSigned",
    "PlanEntry",
    "PlanRefused",
    "ReasonEntry",
    "StaleSave",
    "add_item",
    "discard_draft",
    "draft_agreed_step",
    "give_reason",
    "remove_item",
    "save_agreement",
    "save_item",
    "save_plan",
    "sign_plan",
    "start_draft",
    "stop_plan",
    "take_back_reason",
]
