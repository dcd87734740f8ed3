"""The first page of the patient's sheet: each medicine in one row, as it is taken now. Pure.

A row says what counts from today until the dose changes; when it changes or ends stands beside it. No medicine of the
plan is without a row, also where nobody set its dose yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from treatments.handouts.doses import Doses
from treatments.handouts.model import Now, Text


def now_of(doses: Doses, name: Text, *, has_calendar: bool) -> Now:
    """The row of one medicine."""
    item, wording, today = doses.item, doses.wording, doses.today
    if item.stops_on and item.stops_on <= today:
        over = wording.text("now_ended", day=wording.short_day(item.stops_on - timedelta(days=1)))
        return Now(item.ref_id, name, "", over)
    begins = wording.say("from_day", day=wording.short_day(item.starts_on)) if item.starts_on > today else ""
    if item.dose_by:
        return Now(item.ref_id, name, begins, wording.text("dose_by", who=item.dose_by), facts=_product(doses))
    if not item.steps:
        return Now(item.ref_id, name, begins, wording.text("dose_none"), facts=_product(doses))
    row = doses.rows[0]
    return Now(
        item.ref_id,
        name,
        begins,
        Text(row.words, wording.language),
        row.intakes,
        (*_product(doses), *_ahead(doses)),
        has_calendar,
    )


def _product(doses: Doses) -> tuple[Text, ...]:
    product = doses.item.product
    return (doses.wording.text("product", product=product),) if product else ()


def _ahead(doses: Doses) -> Iterator[Text]:
    """When the dose changes next, and when the last day is."""
    item, wording = doses.item, doses.wording
    change = item.next_step(max(doses.today, item.starts_on))
    if change is not None and not (item.stops_on and change[0] >= item.stops_on):
        yield wording.text("now_change", day=wording.short_day(change[0]))
    if item.stops_on:
        yield wording.text("last_day", day=wording.short_day(item.stops_on - timedelta(days=1)))


def crosses_a_year(days: Iterable[date | None], today: date) -> bool:
    """Whether a day of the sheet lies in another year than today: then every one of them says its year."""
    return any(day is not None and day.year != today.year for day in days)
