"""Options, facts and what is missing as pages read them: wording, order, marks, addresses. No query, no decision."""

from treatments.presenters.changes import FIELD, ask_views, change_views, firm_view, what_if_href, would_be
from treatments.presenters.missing import changed, entry_for, missing_rows
from treatments.presenters.one_option import why_page
from treatments.presenters.options import BESIDE, VIEWS, OptionGroup, Place, groups, tabs
from treatments.presenters.reasons import alerts, pairs
from treatments.presenters.versions import two_versions
from treatments.presenters.what_if import found_facts, what_if_view
from treatments.presenters.words import dose_words, fact_label, limit_sentences, limit_words, quantity, stairs

__all__ = [
    "BESIDE",
    "FIELD",
    "VIEWS",
    "OptionGroup",
    "Place",
    "alerts",
    "ask_views",
    "change_views",
    "changed",
    "dose_words",
    "entry_for",
    "fact_label",
    "firm_view",
    "found_facts",
    "groups",
    "limit_sentences",
    "limit_words",
    "missing_rows",
    "pairs",
    "quantity",
    "stairs",
    "tabs",
    "two_versions",
    "what_if_href",
    "what_if_view",
    "why_page",
    "would_be",
]
