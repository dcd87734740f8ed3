"""The pain in one sentence, from an assessment. Words only; everything in it was computed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.definitions import AssessmentContent
from assessments.distribution import NO_PATTERN, Distribution
from assessments.record import AreaRecord, AssessmentRecord
from assessments.summary import Summary

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"
# From here on a duration reads better in years.
MONTHS_AS_YEARS = 36
GRADES: Mapping[str, Text] = {
    "undetermined": gettext_lazy("Undetermined"),
    "unlikely": gettext_lazy("Unlikely"),
    "possible": gettext_lazy("Possible"),
    "probable": gettext_lazy("Probable"),
    "definite": gettext_lazy("Definite"),
}


def pain_sentence(record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> str:
    """What pain, where, how bad, for how long, and from what, as far as it is known."""
    words = [d.label for d in content.phenotype.descriptors if _has_descriptor(record, d.id)]
    parts = [_("%(words)s pain") % {"words": _listed(words[:3])} if words else _("pain")]
    if in_parts(summary):
        areas = areas_in_words(summary, content)
        listed = "; ".join(f"{name} ({where})" for name, where in areas)
        parts.append(_("in %(n)d areas: %(areas)s") % {"n": len(areas), "areas": listed})
    elif summary.pattern.class_id != "none":
        parts.append(pattern_in_words(summary.pattern, content))
    if (average := record.nrs.get("average")) is not None:
        parts.append(_("%(average)s of 10 on average") % {"average": average})
    if record.duration_months is not None:
        parts.append(_duration(record.duration_months))
    causes = [content.conditions[code].name for code, answer in record.conditions.items() if answer == "yes"]
    text = ", ".join(parts)
    if causes:
        text += "; " + _("cause: %(causes)s") % {"causes": _listed(causes)}
    return text[:1].upper() + text[1:] + "."


def _has_descriptor(record: AssessmentRecord, descriptor: str) -> bool:
    return any(area.descriptors.get(descriptor) == "yes" for area in record.areas)


def in_parts(summary: Summary) -> bool:
    """Whether the marks together are no known pattern, so that only the single areas say something."""
    return summary.pattern.class_id == NO_PATTERN and len(summary.areas) > 1


def areas_in_words(summary: Summary, content: AssessmentContent) -> list[tuple[str, str]]:
    """The name of each marked area, and its pattern."""
    return [
        (area_name(entry.area, number), pattern_in_words(entry.pattern, content))
        for number, entry in enumerate(summary.areas, start=1)
        if entry.pattern.class_id != "none"
    ]


def area_name(area: AreaRecord, number: int) -> str:
    """The name of a pain area, or its number in the assessment."""
    return area.name or _("Area %(number)d") % {"number": number}


def pattern_in_words(pattern: Distribution, content: AssessmentContent) -> str:
    """The pattern of marked skin with its side, for the middle of a sentence."""
    label = content.body_map.class_labels[pattern.class_id].lower()
    if pattern.best:
        label = f"{label}: {content.body_map.label_of(pattern.best)}"
    sides = {"left": _("left"), "right": _("right"), "bilateral": _("both sides")}
    return f"{label}, {sides[pattern.side]}" if pattern.side else label


def _duration(months: float) -> str:
    if months >= MONTHS_AS_YEARS:
        years = int(months // 12)
        return ngettext("for %(n)d year", "for %(n)d years", years) % {"n": years}
    whole = round(months)
    if whole < 1:
        return _("for less than a month")
    return ngettext("for %(n)d month", "for %(n)d months", whole) % {"n": whole}


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
