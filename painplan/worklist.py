"""What needs somebody now, over all apps: the union of their work items, in one order, in pages.

Each app answers with its most urgent items, at most LIMIT of them, so the cost does not grow with the number of
patients. Reading is one query or a few for each app; the rest is done here, on plain data.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from assessments import report_queries
from followup import queries as followup_queries
from patients import queries as patient_queries
from patients.work import WorkItem
from treatments import queries as treatment_queries

PAGE = 50
LIMIT = 200

Source = Callable[[UUID, Any, date, int], list[WorkItem]]
SOURCES: tuple[Source, ...] = (
    followup_queries.work_items,
    report_queries.work_items,
    treatment_queries.work_items,
    patient_queries.work_items,
)

TIERS = {"critical": 0, "warning": 1, "information": 2}
# Work of these kinds waits until its day; all else needs somebody as soon as it exists.
WAITS = frozenset({"due", "task"})


def calendar_day(value: date | datetime | None) -> date | None:
    """The day of a date or of a moment, in the reader's time zone."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


def is_late(item: WorkItem, today: date) -> bool:
    """Whether its day has passed."""
    due = calendar_day(item.due)
    return item.kind == "overdue" or (due is not None and due < today)


def is_later(item: WorkItem, today: date) -> bool:
    """Whether it need not be done yet."""
    due = calendar_day(item.due)
    return item.kind in WAITS and due is not None and due > today


def urgency(item: WorkItem) -> tuple[int, int, date]:
    """What stands first: alerts by tier and deadline, then all by day. An unknown tier counts as critical."""
    day = calendar_day(item.due) or calendar_day(item.since) or date.max
    return (0, TIERS.get(item.tier, 0), day) if item.kind == "alert" else (1, 0, day)


def identity(item: WorkItem) -> str:
    """A name for the item that an address may carry: it holds no name and no words about the patient."""
    band, tier, day = urgency(item)
    return f"{band}.{tier}.{day:%Y%m%d}.{item.patient_id.hex}.{item.kind}.{zlib.crc32(item.text.encode()):08x}"


@dataclass(frozen=True)
class Choice:
    """One way to look at the list, and how many items it shows."""

    key: str
    count: int


@dataclass(frozen=True)
class Worklist:
    """One page of the list.

    `choices` are the filters with their counts; `after` continues the page and is empty on the last one; `is_cut` says
    that an app had more than LIMIT items, so that the counts are lower bounds; `next_day` and `next_count` say when the
    next waiting work comes due, and how much.
    """

    items: tuple[WorkItem, ...]
    choices: tuple[Choice, ...]
    chosen: str
    total: int
    after: str
    is_cut: bool
    next_day: date | None
    next_count: int


def _matches(item: WorkItem, key: str, today: date) -> bool:
    if key == "later":
        return is_later(item, today)
    if is_later(item, today):
        return False
    return key == "all" or (is_late(item, today) if key == "overdue" else item.kind == key)


FILTERS = ("all", "alert", "overdue", "due", "answer", "lab", "task", "draft", "later")


def arranged(
    items: Iterable[WorkItem],
    *,
    today: date,
    chosen: str = "all",
    after: str = "",
    is_cut: bool = False,
    size: int = PAGE,
) -> Worklist:
    """Sort, count, filter and cut the items. `after` is the identity of the last item of the page before."""
    chosen = chosen if chosen in FILTERS else "all"
    ordered = sorted(items, key=lambda item: (*urgency(item), item.patient_name.casefold(), identity(item)))
    waiting = [day for item in ordered if is_later(item, today) and (day := calendar_day(item.due))]
    next_day = min(waiting, default=None)
    shown = [item for item in ordered if _matches(item, chosen, today)]
    rest = _rest(shown, after)
    page = rest[:size]
    return Worklist(
        items=tuple(page),
        choices=tuple(Choice(key, sum(_matches(item, key, today) for item in ordered)) for key in FILTERS),
        chosen=chosen,
        total=len(shown),
        after=identity(page[-1]) if len(rest) > size else "",
        is_cut=is_cut,
        next_day=next_day,
        next_count=waiting.count(next_day) if next_day else 0,
    )


def _rest(items: Sequence[WorkItem], after: str) -> Sequence[WorkItem]:
    if not after:
        return items
    names = [identity(item) for item in items]
    if after in names:
        return items[names.index(after) + 1 :]
    # The item was done meanwhile: go on from its place in the order. Nothing before that place is left out unseen,
    # because it was on the page before.
    place = after.rsplit(".", 3)[0]
    return [item for item, name in zip(items, names, strict=True) if name.rsplit(".", 3)[0] >= place]


def worklist(organisation_id: UUID, user: Any, *, today: date, chosen: str = "all", after: str = "") -> Worklist:
    """The page of the list for one user of one organisation. Queries: those of each source; none of its own."""
    answers = [source(organisation_id, user, today, LIMIT) for source in SOURCES]
    items = [item for answer in answers for item in answer]
    is_cut = any(len(answer) >= LIMIT for answer in answers)
    return arranged(items, today=today, chosen=chosen, after=after, is_cut=is_cut)
