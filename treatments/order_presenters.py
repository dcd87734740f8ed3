"""What a plan orders, as its page reads it: what can be ordered, what is open, what can be taken back. No query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from treatments.orders import Line

if TYPE_CHECKING:
    from patients.models import Task


@dataclass(frozen=True, slots=True)
class Batch:
    """What was ordered with one confirm; `open` of it nobody has done yet."""

    id: UUID
    at: datetime
    by: str
    tasks: Sequence[Task]
    open: int


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """`offered` can be ordered, `standing` is open already, `stale` is open and not asked for by the plan any more."""

    offered: Sequence[Line]
    standing: Sequence[tuple[Line, Task]]
    stale: Sequence[tuple[UUID, str]]
    batches: Sequence[Batch]


def orders_page(lines: Sequence[Line], ordered: Sequence[Task], plan_id: UUID) -> OrdersPage:
    """Lines of the plan against what plans of the patient have ordered so far, the newest first."""
    is_open = {task.order_key: task for task in ordered if task.done_at is None}
    done = {task.order_key: task for task in reversed(ordered) if task.done_at is not None}
    wanted = {line.key for line in lines}
    return OrdersPage(
        offered=[_offered(line, done.get(line.key)) for line in lines if line.key not in is_open],
        standing=[(line, is_open[line.key]) for line in lines if line.key in is_open],
        stale=[(task.pk, task.text) for key, task in is_open.items() if key not in wanted],
        batches=batches(ordered, plan_id),
    )


def batches(ordered: Sequence[Task], plan_id: UUID) -> list[Batch]:
    """What was ordered from one plan, by confirm, the newest first."""
    mine = sorted(
        (task for task in ordered if task.plan_id == plan_id),
        key=lambda task: (task.created_at, str(task.batch_id)),
        reverse=True,
    )
    found = []
    for batch_id, rows in groupby(mine, key=lambda task: task.batch_id):
        tasks = list(rows)
        assert batch_id is not None
        who = str(tasks[0].created_by or tasks[0].created_job)
        found.append(Batch(batch_id, tasks[0].created_at, who, tasks, sum(task.done_at is None for task in tasks)))
    return found


def _offered(line: Line, done: Task | None) -> Line:
    """What was done before is offered and not proposed."""
    if done is None or done.done_at is None:
        return line
    told = _("done on %(day)s") % {"day": date_format(timezone.localdate(done.done_at), "j M Y")}
    detail = "; ".join(part for part in (told, line.detail) if part)
    return replace(line, detail=detail, is_proposed=False)
