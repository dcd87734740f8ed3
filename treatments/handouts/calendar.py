"""The calendar of one medicine: weeks as rows, days as columns, what is taken at each time of a day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from treatments.handouts.doses import Doses
from treatments.handouts.model import Calendar, CalendarCell, CalendarRow, CalendarWeek, Intake, Text

_WEEK = 7
_SLOTS = ("morning", "midday", "evening", "night")


def calendar_of(doses: Doses, name: Text) -> Calendar | None:
    """The calendar of a medicine whose dose changes or ends; None where it does neither, or a day cannot be drawn."""
    if not doses.changes or not doses.has_calendar:
        return None
    wording, item = doses.wording, doses.item
    if item.stops_on:
        after = wording.text("calendar_end")
    else:
        after = wording.text("calendar_then", dose=doses.words_of(item.steps[-1]))
    return Calendar(
        id=item.ref_id,
        title=wording.say("calendar", name=name.words),
        lead=(wording.text("calendar_lead"),),
        weekdays=tuple(wording.weekdays[(item.starts_on.weekday() + place) % _WEEK] for place in range(_WEEK)),
        weeks=tuple(_weeks(doses)),
        steps=doses.rows,
        after=after,
        notes=(
            wording.text("calendar_taper" if doses.falls else "calendar_pause"),
            *_products(doses),
        ),
    )


def _products(doses: Doses) -> Iterator[Text]:
    """What the pictures are, and what to do when the box says something else."""
    wording = doses.wording
    if not doses.products:
        yield wording.text("calendar_dose")
        return
    solid = [product for product in doses.products if not product.is_liquid]
    if solid:
        kinds = dict.fromkeys(wording.counted(product.counted_in, 1) for product in solid)
        unit = wording.unit(solid[0].unit)
        yield wording.text("calendar_product", what=f" {wording.say('or')} ".join(kinds), unit=unit)
    for product in doses.products:
        if product.is_liquid:
            yield wording.text("calendar_liquid", strength=wording.amount(product.strength, product.unit))


def last_day_of(doses: Doses) -> date:
    """The last day that the calendar shows: the last one with a dose, or the seventh of the last dose."""
    if doses.item.stops_on:
        return doses.item.stops_on - timedelta(days=1)
    return doses.item.steps[-1].begins(doses.item.starts_on) + timedelta(days=_WEEK - 1)


def _weeks(doses: Doses) -> Iterator[CalendarWeek]:
    """Weeks from the weekday of the start, so that a step a week begins a row. Weeks that are all alike share a row.

    A course that is under way begins with the week of today; its weeks keep their numbers.
    """
    begins, last = doses.item.starts_on, last_day_of(doses)
    passed = max(0, (doses.today - begins).days // _WEEK)
    begins += timedelta(days=passed * _WEEK)
    weeks = []
    while begins <= last:
        days = [begins + timedelta(days=number) for number in range(_WEEK)]
        weeks.append([(day, doses.intakes_on(day) if day <= last else None) for day in days])
        begins += timedelta(days=_WEEK)
    number = 1 + passed
    for _taken, alike in groupby(weeks, key=lambda week: [intakes for _day, intakes in week]):
        group = list(alike)
        yield _week(doses, group, number)
        number += len(group)


def _week(doses: Doses, group: list[list[tuple[date, tuple[Intake, ...] | None]]], number: int) -> CalendarWeek:
    wording, week = doses.wording, group[0]
    given = [day for part in group for day, intakes in part if intakes is not None]
    until = number + len(group) - 1
    found = {intake.slot for _day, intakes in week for intake in intakes or ()}
    # A week without any intake, of a patch that stays on, has the time at which the patch was put on.
    slots = [slot for slot in _SLOTS if slot in found] or [doses.intakes_on(doses.item.starts_on)[0].slot]
    return CalendarWeek(
        title=wording.say("week", n=number) if len(group) == 1 else wording.say("weeks", n=number, m=until),
        dates=_span(doses, given[0], given[-1]),
        days=tuple(
            ", ".join(str(part[place][0].day) for part in group) if intakes is not None else ""
            for place, (_day, intakes) in enumerate(week)
        ),
        repeats=len(group),
        rows=tuple(
            CalendarRow(slot, wording.say(slot), tuple(_cell(doses, day, intakes, slot) for day, intakes in week))
            for slot in slots
        ),
    )


def _span(doses: Doses, first: date, last: date) -> str:
    """ "1 December – 7 December", with the year where the sheet says years, and with both at the turn of one."""
    wording = doses.wording
    until = wording.day_month(last, with_year=wording.with_year)
    return f"{wording.day_month(first, with_year=first.year != last.year)} – {until}"


def _cell(doses: Doses, day: date, intakes: tuple[Intake, ...] | None, slot: str) -> CalendarCell:
    if intakes is None:
        return CalendarCell(None, (), "")
    taken = [intake for intake in intakes if intake.slot == slot]
    pieces = tuple(piece for intake in taken for piece in intake.pieces)
    words = ", ".join(intake.counted for intake in taken)
    if not taken and doses.is_worn_on(day):
        return CalendarCell(day, (), doses.wording.say("stays_on"), is_worn=True)
    return CalendarCell(day, pieces, words or doses.wording.say("none_today"))
