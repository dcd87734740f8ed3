"""The small body figure of an assessment, for pages of any app."""

from __future__ import annotations

from typing import Any

from django import template

from assessments import map_page
from assessments.content import assessment_content
from assessments.record import AssessmentRecord

register = template.Library()


@register.inclusion_tag("assessments/_body_figure.html")
def marked_figure(record: AssessmentRecord, with_words: bool = True) -> dict[str, Any]:
    """The marks of all areas of an assessment; nothing is drawn where nothing is marked. Needs css/bodymap.css."""
    shown = map_page.page(record, assessment_content().body_map, is_small=True)
    return {"drawing": shown.drawing, "text": shown.text if with_words else ""}
