"""What the templates of the hand-out need beside the tags of every page: texts with their language, and tablets."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from treatments.handouts.model import DoseRow, Handout, Intake, Now, Piece, Text

register = template.Library()

_TIMES = ("morning", "midday", "evening", "night")


@register.simple_tag
def said(text: Text | None, language: str = "") -> SafeString | str:
    """A text with its language where that is not the sheet's, and the mark that says so."""
    if text is None:
        return ""
    words: SafeString | str = text.words
    if text.language and text.language != language:
        words = format_html('<span lang="{}">{}</span>', text.language, text.words)
    return format_html('{} <span class="handout-mark">{}</span>', words, text.mark) if text.mark else words


@register.simple_tag
def said_all(texts: tuple[Text, ...], language: str = "") -> SafeString:
    """Texts one after another."""
    return format_html_join(" ", "{}", ((said(text, language),) for text in texts))


@register.simple_tag
def pill(piece: Piece) -> SafeString:
    """The picture of a tablet or of a half; what it shows stands in words beside it, so it is hidden from readers."""
    if piece.halves == 1:
        return format_html(
            '<svg class="pill pill-half" viewBox="0 0 34 20" aria-hidden="true" focusable="false">'
            '<rect class="pill-gone" x="1" y="1" width="32" height="18" rx="5"/>'
            '<path class="pill-body" d="M17 1H6a5 5 0 0 0-5 5v8a5 5 0 0 0 5 5h11z"/>'
            '<text x="9" y="13.8">{}</text><text class="pill-of" x="25" y="13.8">{}</text></svg>',
            piece.half,
            piece.label,
        )
    radius = {"capsule": "9", "patch": "1"}.get(piece.shape, "5")
    return format_html(
        '<svg class="pill" viewBox="0 0 34 20" aria-hidden="true" focusable="false">'
        '<rect class="pill-body" x="1" y="1" width="32" height="18" rx="{}"/>'
        '<text x="17" y="13.8">{}</text></svg>',
        radius,
        piece.label,
    )


@register.simple_tag
def times_of(rows: tuple[DoseRow, ...], sheet: Handout) -> list[tuple[str, str]]:
    """The times of the day that the doses use, with their names; none where one of them has no times."""
    return times_of_any(rows, sheet) if all(row.intakes for row in rows) else []


@register.simple_tag
def times_of_any(rows: tuple[DoseRow | Now, ...], sheet: Handout) -> list[tuple[str, str]]:
    """The times of the day at which any of the rows has something, with their names."""
    used = {intake.slot for row in rows for intake in row.intakes}
    return [(slot, sheet.labels[slot]) for slot in _TIMES if slot in used]


@register.filter
def at(intakes: tuple[Intake, ...], slot: str) -> Intake | None:
    """What is taken at one time of the day."""
    return next((intake for intake in intakes if intake.slot == slot), None)
