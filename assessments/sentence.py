"""The pain in one sentence, from an assessment. Words only; everything in it was computed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.definitions import AssessmentContent
from assessments.record import AssessmentRecord
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
    if summary.pattern.class_id != "none":
        parts.append(_pattern(summary, content))
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


def _pattern(summary: Summary, content: AssessmentContent) -> str:
    pattern = summary.pattern
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
    return ngettext("for %(n)d month", "for %(n)d months", whole) % {"n": whole}


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
