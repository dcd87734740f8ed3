"""What the templates of the plan need beside the tags of every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from treatments.plan_presenters import reason_words
from treatments.plan_record import ItemRecord, OverrideRecord
from treatments.presenters import dose_words
from treatments.presenters import limit_words as words_of_limit

register = template.Library()


@dataclass(frozen=True, slots=True)
class Doses:
    """The dose of a day and the next change (day, dose), in words."""

    now: str
    next: tuple[date, str] | None


@register.simple_tag
def dose_today(item: ItemRecord, today: date) -> Doses:
    """The dose of an item today and its next change: `{% dose_today item today as dose %}`."""
    reached, following = item.dose_on(today), item.next_step(today)
    return Doses(
        dose_words(reached, item.unit) if reached else "",
        (following[0], dose_words(following[1], item.unit)) if following else None,
    )


@register.filter
def limit_words(amount: float, unit: str) -> str:
    """A ceiling with what it counts for: `{{ limits.max_per_day|limit_words:limits.unit }}`."""
    return words_of_limit(amount, unit)


@register.filter
def of(table: Mapping[str, Any] | None, key: str) -> Any:
    """The entry of a table, or nothing: `{{ forms|of:item.ref_id }}`."""
    return table.get(key) if table else None


@register.filter
def reason(override: OverrideRecord) -> str:
    """The coded reason of an override with its words."""
    return reason_words(override)


_ORDER_KINDS = {
    "test": _("Tests"),
    "referral": _("Referrals"),
    "prescription": _("Prescriptions"),
    "education": _("Education"),
    "follow_up": _("Follow-up"),
}


@register.simple_tag
def order_kind(kind: str) -> str:
    """The heading of what is ordered: `{% order_kind "test" %}`."""
    return str(_ORDER_KINDS.get(kind, kind))
