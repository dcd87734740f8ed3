"""The rulebook as pages read it: wording, colours and addresses. It decides nothing clinical."""

from treatments.rulebook_presenters.index import PAGE, index_sections, paged
from treatments.rulebook_presenters.options import agent_page, condition_page, therapy_page
from treatments.rulebook_presenters.reviews import review_rows
from treatments.rulebook_presenters.rules import rule_view, sentence
from treatments.rulebook_presenters.search import matching, options_matching
from treatments.rulebook_presenters.tables import combination_view, interaction_view
from treatments.rulebook_presenters.words import (
    EFFECTS,
    SEVERITIES,
    UNVERIFIED,
    Badge,
    Citation,
    citation,
    citations,
    rule_href,
)

__all__ = [
    "EFFECTS",
    "PAGE",
    "SEVERITIES",
    "UNVERIFIED",
    "Badge",
    "Citation",
    "agent_page",
    "citation",
    "citations",
    "combination_view",
    "condition_page",
    "index_sections",
    "interaction_view",
    "matching",
    "options_matching",
    "paged",
    "review_rows",
    "rule_href",
    "rule_view",
    "sentence",
    "therapy_page",
]
