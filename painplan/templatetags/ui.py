"""Template tags for what every page shows: icons, dates, numbers with units, status words, small figures.

Any app's template may `{% load ui %}`; nothing here reads the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.forms.utils import flatatt
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from painplan import figures, icons
from patients.units import NO_BREAK, unit_words

register = template.Library()

Text = str | Promise
THEMES = ("auto", "light", "dark")
DENSITIES = ("normal", "compact")


# --- The reader's own settings, kept in cookies -----------------------------------------------------------------------


def _chosen(context: Context, cookie: str, options: tuple[str, ...]) -> str:
    request = context.get("request")
    value = request.COOKIES.get(cookie, "") if request is not None else ""
    return value if value in options else options[0]


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The colours the reader chose: `auto` (as the system says), `light` or `dark`."""
    return _chosen(context, "theme", THEMES)


@register.simple_tag(takes_context=True)
def density(context: Context) -> str:
    """How tall rows are: `normal` or `compact`."""
    return _chosen(context, "density", DENSITIES)


@register.simple_tag(takes_context=True)
def shortcuts(context: Context) -> str:
    """Whether single-key shortcuts work: `on` or `off` (WCAG 2.1.4)."""
    return _chosen(context, "shortcuts", ("on", "off"))


# --- Links ------------------------------------------------------------------------------------------------------------


@register.simple_tag
def url_if(name: str, *args: object, **kwargs: object) -> str:
    """The address of a named page, or nothing where no such page exists."""
    try:
        return reverse(name, args=args or None, kwargs=kwargs or None)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def current(context: Context, href: str, within: bool = False) -> SafeString:
    """` aria-current="page"` where `href` is the page shown; with `within`, also on the pages below it."""
    request = context.get("request")
    here = request.path if request is not None else ""
    if href and (here == href or (within and href != "/" and here.startswith(href))):
        return mark_safe(' aria-current="page"')
    return mark_safe("")


# --- Marks ------------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of painplan.icons, hidden from screen readers; the word beside it carries the meaning."""
    return format_html(
        '<svg class="icon{}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        f" {css}" if css else "",
        icons.PATHS[name],
    )


@dataclass(frozen=True)
class Mark:
    """A word with its icon and its tone (a class of app.css)."""

    label: Text
    icon: str
    tone: str


STATUSES: Mapping[str, Mark] = {
    "recommended": Mark(_("Recommended"), "check-circle", "good"),
    "possible": Mark(_("Possible"), "circle", "information"),
    "needs_data": Mark(_("Needs data"), "question", "unknown"),
    "excluded": Mark(_("Excluded"), "ban", "quiet"),
    "unknown": Mark(_("Unknown"), "question", "unknown"),
    "not_checked": Mark(_("Not checked"), "question", "unknown"),
    "draft": Mark(_("Draft"), "edit", "quiet"),
    "proposed": Mark(_("Proposed for review"), "clock", "information"),
    "signed": Mark(_("Signed"), "lock", "good"),
    "active": Mark(_("Active"), "check-circle", "good"),
    "superseded": Mark(_("Superseded"), "undo", "quiet"),
    "stopped": Mark(_("Stopped"), "ban", "quiet"),
    "overdue": Mark(_("Overdue"), "clock", "warning"),
    "due": Mark(_("Due"), "calendar", "information"),
    "answered": Mark(_("Answered"), "message", "information"),
    "done": Mark(_("Done"), "check", "good"),
}
TIERS: Mapping[str, Mark] = {
    "critical": Mark(_("Critical"), "critical", "critical"),
    "warning": Mark(_("Warning"), "alert", "warning"),
    "information": Mark(_("Information"), "information", "information"),
    "good": Mark(_("Done"), "check-circle", "good"),
}
TIER_ALIASES = {
    "info": "information",
    "error": "critical",
    "success": "good",
    "debug": "information",
    "high": "critical",
}


@register.simple_tag
def status_mark(status: str) -> Mark:
    """The word, icon and tone of a status such as `recommended` or `needs_data`; an unlisted one is shown as it is."""
    key = str(status).lower().replace("-", "_").replace(" ", "_")
    return STATUSES.get(key) or Mark(str(status).replace("_", " ").capitalize(), "circle", "quiet")


@register.simple_tag
def tier_mark(tier: str) -> Mark:
    """The word, icon and tone of an alert tier: `critical`, `warning` or `information`; an unlisted one is critical."""
    key = str(tier).lower()
    # SAFETY: an alert whose tier we do not know must not look harmless (tests/ui/test_ui_tags.py).
    return TIERS.get(TIER_ALIASES.get(key, key), TIERS["critical"])


# --- Dates, numbers ---------------------------------------------------------------------------------------------------


def relative(day: date, today: date) -> str:
    """How far `day` lies from `today`, in words: "3 days ago", "in 2 weeks"."""
    days = (day - today).days
    if days == 0:
        return str(_("today"))
    if days == 1:
        return str(_("tomorrow"))
    if days == -1:
        return str(_("yesterday"))
    size = abs(days)
    if size < 14:
        text = ngettext("%(n)d day", "%(n)d days", size) % {"n": size}
    elif size < 63:
        text = ngettext("%(n)d week", "%(n)d weeks", size // 7) % {"n": size // 7}
    elif size < 730:
        months = round(size / 30.44)
        text = ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    else:
        years = int(size / 365.25)
        text = ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return str((_("in %(time)s") if days > 0 else _("%(time)s ago")) % {"time": text})


def _day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


def absolute(value: date | datetime) -> str:
    """The date, and the time of day if there is one: "10 Feb 2026, 14:05"."""
    text = formats.date_format(_day(value), "j M Y")
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        text += f", {local:%H:%M}"
    return text


@register.simple_tag
def when(value: date | datetime | None, today: date | None = None) -> SafeString | Text:
    """A date in relation to today, with the full date on hover and in print: `{% when reminder.due %}`."""
    if value is None:
        return _("no date")
    return format_html(
        '<time datetime="{}" title="{}">{}<span class="print-only"> ({})</span></time>',
        value.isoformat(),
        absolute(value),
        relative(_day(value), today or timezone.localdate()),
        absolute(value),
    )


@register.simple_tag
def day(value: date | datetime | None, today: date | None = None) -> SafeString | Text:
    """A date as it stands in the calendar, with the relation to today on hover: `{% day lab.taken_on %}`."""
    if value is None:
        return _("no date")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        relative(_day(value), today or timezone.localdate()),
        absolute(value),
    )


@register.filter
def short_day(value: date | None) -> str:
    """Day and month, with the year only where it is not this one: "10 Feb", "3 Nov 2024"."""
    if value is None:
        return ""
    return formats.date_format(_day(value), "j M" if _day(value).year == timezone.localdate().year else "j M Y")


@register.filter
def amount(value: float | Decimal | str | None) -> str:
    """A number without idle zeros: 30.0 is 30, 7.50 is 7.5. None is an en dash."""
    if value is None or value == "":
        return "–"
    if isinstance(value, (float, Decimal)):
        text = format(Decimal(str(value)).normalize(), "f")
        return text.replace(".", str(formats.get_format("DECIMAL_SEPARATOR")))
    return str(value)


@register.filter
def score(value: float, places: int | None = None) -> str:
    """A score with a fixed number of decimals, or without idle zeros where none is fixed."""
    return amount(value) if places is None else formats.number_format(value, decimal_pos=places)


@register.filter
def quantity(value: float | Decimal | str | None, unit: str = "") -> str:
    """A number with its unit, never parted by a line break: `{{ dose|quantity:"mg" }}`."""
    words = unit_words(unit, value)
    return f"{amount(value)}{NO_BREAK}{words}" if words else amount(value)


@register.simple_tag
def count(number: int, one: str, many: str) -> str:
    """A number with its noun: `{% count 2 "alert" "alerts" %}` is "2 alerts"."""
    return f"{number}{NO_BREAK}{ngettext(one, many, number)}"


# --- Forms ------------------------------------------------------------------------------------------------------------

THREE_VALUES = {"yes", "no", "unknown"}


@register.filter
def is_three_way(field: BoundField) -> bool:
    """Whether a field is a yes / no / unknown question, which is drawn as three equal buttons."""
    if field.widget_type not in {"radioselect", "nullbooleanradio"}:
        return False
    values = {str(value) for value, _label in getattr(field.field, "choices", field.field.widget.choices)}
    return bool(values) and values <= THREE_VALUES


@register.filter
def is_segmented(field: BoundField) -> bool:
    """Whether a radio field asks, with `data-segmented` on its widget, to be drawn as one row of equal buttons."""
    return field.widget_type == "radioselect" and "data-segmented" in field.field.widget.attrs


@register.filter
def attributes(values: Mapping[str, Any]) -> SafeString:
    """The attributes of a control as HTML, each with a space before it: true stands alone, false is left out."""
    return flatatt({name: value for name, value in values.items() if value is not None})


@register.filter
def attr(attributes: Mapping[str, Any], name: str) -> Any:
    """One entry of a mapping whose key is no template name, such as `data-unit`; nothing where it is missing."""
    return attributes.get(name, "")


@register.filter
def beside(cells: Sequence[Any], columns: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Each cell with its column; a row that does not fit its columns is a mistake of the page and stops it."""
    return list(zip(cells, columns, strict=True))


@register.simple_tag
def problems(form: BaseForm | None = None, forms: Sequence[BaseForm] | None = None) -> list[tuple[str, str]]:
    """What is wrong with one form or several, as (id of the control to go to, or nothing; text)."""
    found: list[tuple[str, str]] = []
    for each in forms or ([form] if form else []):
        if not each.is_bound:
            continue
        found += [("", str(error)) for error in each.non_field_errors()]
        for field in each:
            group = f"{field.auto_id}_field" if field.use_fieldset else field.id_for_label
            found += [(group, f"{field.label}: {error}") for error in field.errors]
    return found


@register.filter
def initials(user: object) -> str:
    """Up to two letters for a person: of the full name, or else of whatever the person is called."""
    full_name = getattr(user, "get_full_name", None)
    words = str((full_name() if callable(full_name) else "") or user).replace(".", " ").replace("@", " ").split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


# --- Small figures ----------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/sparkline.html")
def sparkline(
    points: Sequence[tuple[date, float | None]],
    label: str,
    low: float = 0,
    high: float = 10,
    goal: float | None = None,
    unit: str = "",
    width: int = 180,
    height: int = 48,
    goal_words: str = "",
    series: int = 1,
    places: int | None = None,
) -> dict[str, Any]:
    """A small line of dated values with its goal: `{% sparkline scores label="Average pain" goal=4 %}`.

    `goal_words` say what its goal line stands for, `series` which line of a large picture it is, and `places` is the
    number of decimals where that is fixed.
    """
    drawn = figures.sparkline(points, low=low, high=high, goal=goal, width=width, height=height)
    return {"figure": drawn, "label": label, "goal": goal, "unit": unit, "high": high} | {
        "goal_words": goal_words or (f"{_('goal')} {amount(goal)}" if goal is not None else ""),
        "series": series,
        "places": places,
    }


@register.inclusion_tag("components/staircase.html")
def staircase(steps: Sequence[Any], label: str, unit: str = "mg", table: bool = True) -> dict[str, Any]:
    """A dose schedule as stairs and as a list: `{% staircase item.steps label="Pregabalin" %}`.

    Each step is an object or a mapping with `starts` (date or None), `amount` (per day, in `unit`) and optionally
    `text` (how it is taken, in words).
    """

    def read(step: Any, name: str) -> Any:
        return step.get(name) if isinstance(step, Mapping) else getattr(step, name, None)

    drawn = figures.staircase([(read(step, "starts"), float(read(step, "amount"))) for step in steps])
    rows = [{name: read(step, name) for name in ("starts", "amount", "text")} for step in steps]
    return {"figure": drawn, "label": label, "unit": unit, "rows": rows, "table": table}
