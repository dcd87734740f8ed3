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

from followup import queries as followup_queries
from patients import queries as patient_queries
from patients.work import WorkItem
from treatments import queries as treatment_queries

PAGE = 50
LIMIT = 200

Source = Callable[[UUID, Any, date, int], list[WorkItem]]
SOURCES: tuple[Source, ...] = (
    followup_queries.work_items,
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


Place = tuple[int, int, date]


def _places(items: Iterable[WorkItem]) -> dict[UUID, Place]:
    """Where each patient stands: with the most urgent of what they need, so that all of it stays together."""
    found: dict[UUID, Place] = {}
    for item in items:
        found[item.patient_id] = min(urgency(item), found.get(item.patient_id, urgency(item)))
    return found


def token(item: WorkItem, place: Place) -> str:
    """Where a page ended: the place of the patient and the item. It holds no name and no words about the patient."""
    band, tier, day = place
    return f"{band}.{tier}.{day:%Y%m%d}/{identity(item)}"


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
    """Sort, count, filter and cut the items. `after` is the token of the last item of the page before.

    What one patient needs stands together, at the place of its most urgent item.
    """
    chosen = chosen if chosen in FILTERS else "all"
    every = list(items)
    waiting = [day for item in every if is_later(item, today) and (day := calendar_day(item.due))]
    next_day = min(waiting, default=None)
    matching = [item for item in every if _matches(item, chosen, today)]
    places = _places(matching)

    def order(item: WorkItem) -> tuple[Place, str, str, Place, str]:
        patient = (places[item.patient_id], item.patient_name.casefold(), item.patient_id.hex)
        return (*patient, urgency(item), identity(item))

    shown = sorted(matching, key=order)
    rest = _rest(shown, [token(item, places[item.patient_id]) for item in shown], after)
    page = rest[:size]
    return Worklist(
        items=tuple(page),
        choices=tuple(Choice(key, sum(_matches(item, key, today) for item in every)) for key in FILTERS),
        chosen=chosen,
        total=len(shown),
        after=token(page[-1], places[page[-1].patient_id]) if len(rest) > size else "",
        is_cut=is_cut,
        next_day=next_day,
        next_count=waiting.count(next_day) if next_day else 0,
    )


def _rest(items: Sequence[WorkItem], tokens: Sequence[str], after: str) -> Sequence[WorkItem]:
    if not after:
        return items
    if after in tokens:
        return items[tokens.index(after) + 1 :]
    # The item was done or its patient moved meanwhile: go on from its place in the order. Nothing before that place is
    # left out unseen, because it was on the page before, and what is done only moves a patient further down.
    place = after.partition("/")[0]
    return [item for item, name in zip(items, tokens, strict=True) if name.partition("/")[0] >= place]


def worklist(organisation_id: UUID, user: Any, *, today: date, chosen: str = "all", after: str = "") -> Worklist:
    """The page of the list for one user of one organisation. Queries: those of each source; none of its own."""
    answers = [source(organisation_id, user, today, LIMIT) for source in SOURCES]
    items = [item for answer in answers for item in answer]
    is_cut = any(len(answer) >= LIMIT for answer in answers)
    return arranged(items, today=today, chosen=chosen, after=after, is_cut=is_cut)
