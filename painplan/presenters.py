"""How the worklist reads: words, marks and addresses. No queries here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from painplan.templatetags.ui import Mark, Text, tier_mark
from painplan.worklist import Worklist, calendar_day, is_late
from patients.work import WorkItem

KINDS: Mapping[str, Mark] = {
    "overdue": Mark(_("Overdue"), "clock", "warning"),
    "due": Mark(_("Due"), "calendar", "information"),
    "answer": Mark(_("Answer"), "message", "information"),
    "lab": Mark(_("Lab"), "document", "information"),
    "task": Mark(_("Task"), "check-circle", "quiet"),
    "draft": Mark(_("Plan draft"), "edit", "quiet"),
}
ACTIONS: Mapping[str, Text] = {
    "alert": _("Act"),
    "overdue": _("Follow up"),
    "due": _("Follow up"),
    "answer": _("Review"),
    "lab": _("Open"),
    "task": _("Open"),
    "draft": _("Go on"),
}
FILTERS: Mapping[str, Text] = {
    "all": _("Now"),
    "alert": _("Alerts"),
    "overdue": _("Overdue"),
    "due": _("Due"),
    "answer": _("Answers"),
    "lab": _("Lab"),
    "task": _("Tasks"),
    "draft": _("Plan drafts"),
    "later": _("Later"),
}
FILTER_TONES = {"alert": "critical", "overdue": "warning"}
# Few patients need a test on a given day, so this filter stands only while somebody does.
SHOWN_WHEN_EMPTY = frozenset(FILTERS) - {"lab"}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    item: WorkItem
    since: date | datetime | None
    mark: Mark
    is_alert: bool
    is_late: bool
    # More about the patient of the row above.
    is_again: bool
    patient_href: str
    href: str
    # Where the reader takes it; empty where somebody owns it.
    take_href: str
    action: Text


@dataclass(frozen=True)
class Tab:
    """One filter."""

    label: Text
    href: str
    count: str
    current: bool
    tone: str


@dataclass(frozen=True)
class WorklistPage:
    rows: tuple[Row, ...]
    tabs: tuple[Tab, ...]
    shown: str
    next: str
    start: str
    empty_title: str
    empty_text: str
    is_cut: bool


def _address(name: str, args: tuple[object, ...]) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _row(item: WorkItem, before: WorkItem | None, today: date) -> Row:
    patient = _address("patient-overview", (item.patient_id,))
    # What came on the list after its day has waited since that day.
    late_from = calendar_day(item.due)
    came = calendar_day(item.since)
    since = item.due if late_from and came and late_from < came else item.since
    return Row(
        item=item,
        since=since,
        mark=tier_mark(item.tier) if item.kind == "alert" else KINDS.get(item.kind, KINDS["task"]),
        is_alert=item.kind == "alert",
        is_late=is_late(item, today),
        is_again=before is not None and before.patient_id == item.patient_id,
        patient_href=patient,
        href=_address(item.url_name, item.url_args) or patient,
        take_href=_address(item.take_name, item.take_args) if item.take_name and not item.owner_name else "",
        action=ACTIONS.get(item.kind, ACTIONS["task"]),
    )


def _link(base: str, **parameters: str) -> str:
    kept = {name: value for name, value in parameters.items() if value and (name, value) != ("show", "all")}
    return f"{base}?{urlencode(kept)}" if kept else base


def next_words(day: date | None, number: int, today: date) -> str:
    """When the next waiting work comes due: "Next: 3 on Tuesday.", or nothing when none waits."""
    if day is None:
        return ""
    days = (day - today).days
    if days == 1:
        place = str(_("tomorrow"))
    else:
        place = str(_("on %(day)s") % {"day": formats.date_format(day, "l" if days < 7 else "j M Y")})
    return str(_("Next: %(number)d %(place)s.") % {"number": number, "place": place})


def worklist_page(found: Worklist, *, base: str, today: date, after: str = "") -> WorklistPage:
    """What the template of the worklist needs; `base` is the address of the page, `after` where this page began."""
    more = "+" if found.is_cut else ""
    tabs = tuple(
        Tab(
            FILTERS[choice.key],
            _link(base, show=choice.key),
            f"{choice.count}{more if choice.count else ''}",
            choice.key == found.chosen,
            FILTER_TONES.get(choice.key, "") if choice.count else "",
        )
        for choice in found.choices
        if choice.count or choice.key in SHOWN_WHEN_EMPTY or choice.key == found.chosen
    )
    is_whole_list = found.chosen == "all"
    paged = bool(after or found.after)
    return WorklistPage(
        rows=tuple(_row(*pair, today) for pair in zip(found.items, (None, *found.items), strict=False)),
        tabs=tabs,
        shown=(
            ngettext("%(n)d of %(all)s", "%(n)d of %(all)s", found.total)
            % {"n": len(found.items), "all": f"{found.total}{more}"}
            if paged
            else ""
        ),
        next=_link(base, show=found.chosen, after=found.after) if found.after else "",
        start=_link(base, show=found.chosen) if after else "",
        empty_title=str(_("Nothing is due.") if is_whole_list else _("Nothing of this kind.")),
        empty_text=next_words(found.next_day, found.next_count, today),
        is_cut=found.is_cut,
    )
