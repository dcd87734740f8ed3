"""Options, facts and what is missing as pages read them: wording, order, marks, addresses. No query, no decision."""

from treatments.presenters.asking import ask_views
from treatments.presenters.authorisation import authorisation_note
from treatments.presenters.changes import FIELD, change_views, firm_view, what_if_href, would_be
from treatments.presenters.combining import combining_advice, pairs
from treatments.presenters.compare import MOST, sides
from treatments.presenters.compare_paper import paper
from treatments.presenters.education import topic_views
from treatments.presenters.guidelines import lens
from treatments.presenters.missing import changed, entry_for, missing_rows
from treatments.presenters.one_option import why_page
from treatments.presenters.options import BESIDE, OptionGroup, groups, marked_elsewhere, tabs
from treatments.presenters.place import VIEWS, Place
from treatments.presenters.reasons import alerts
from treatments.presenters.running import running_words
from treatments.presenters.versions import two_versions
from treatments.presenters.what_if import found_facts, what_if_view
from treatments.presenters.wishes import wish_line
from treatments.presenters.words import dose_words, fact_label, limit_sentences, limit_words, quantity, stairs

__all__ = [
    "BESIDE",
    "FIELD",
    "MOST",
    "VIEWS",
    "OptionGroup",
    "Place",
    "alerts",
    "ask_views",
    "authorisation_note",
    "change_views",
    "changed",
    "combining_advice",
    "dose_words",
    "entry_for",
    "fact_label",
    "firm_view",
    "found_facts",
    "groups",
    "lens",
    "limit_sentences",
    "limit_words",
    "marked_elsewhere",
    "missing_rows",
    "pairs",
    "paper",
    "quantity",
    "running_words",
    "sides",
    "stairs",
    "tabs",
    "topic_views",
    "two_versions",
    "what_if_href",
    "what_if_view",
    "why_page",
    "wish_line",
    "would_be",
]
