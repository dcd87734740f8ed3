"""The small body figure of an assessment, for pages of any app."""

from __future__ import annotations

from typing import Any

from django import template

from assessments import figure_view, map_page
from assessments.content import assessment_content
from assessments.record import AssessmentRecord

register = template.Library()


@register.inclusion_tag("assessments/_body_figure.html")
def marked_figure(record: AssessmentRecord, with_words: bool = True) -> dict[str, Any]:
    """The marks of all areas of an assessment; needs css/bodymap.css. Without words it is tiny."""
    titles = figure_view.SIDE_TITLES if with_words else figure_view.SIDE_WORDS
    shown = map_page.page(record, assessment_content().body_map, is_small=True, side_titles=titles)
    return {"drawing": shown.drawing, "text": shown.text if with_words else ""}
