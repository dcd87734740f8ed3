"""The picture of how it went, its sentence, and the same as a table. Data in, what the page shows out; no query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from followup import content, plans, queries, response
from followup.models import Alert, Answer
from followup.presenters import value_text
from followup.timeline import GAP, Dose, Event, Picture, Score, Treatment, picture
from followup.wording import Text, goal_words, goals_text


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture, its sentence, and the same data as a table."""

    picture: Picture
    summary: str
    columns: tuple[tuple[Text, bool], ...]
    rows: tuple[tuple[object, ...], ...]
    legend: str


class _Table:
    """The cells of each day; what happens on the same day stands side by side and takes nothing else's place."""

    def __init__(self) -> None:
        self._cells: dict[dt.date, tuple[list[str], ...]] = {}

    def add(self, day: dt.date, pain: str = "", function: str = "", dose: str = "", events: str = "") -> None:
        cells = self._cells.setdefault(day, ([], [], [], []))
        for cell, text in zip(cells, (pain, function, dose, events), strict=True):
            if text:
                cell.append(text)

    def rows(self) -> list[tuple[dt.date, tuple[str, ...]]]:
        return [(day, tuple("; ".join(cell) for cell in cells)) for day, cells in sorted(self._cells.items())]


def timeline(course: queries.Course, answers: Sequence[Answer], alerts: Sequence[Alert], today: dt.date) -> Timeline:
    """Scores, doses and events on one time axis, and as a table."""
    plan = course.plan
    baseline = plan.baseline_nrs if plan else None
    start = timezone.localdate(plan.signed_at) if plan else None
    function_before = plans.baseline_of(plan).peg if plan else None
    pain = [Score(start, baseline)] if start and baseline is not None else []
    function = [_peg(start, function_before)] if start and function_before is not None else []
    events = [Event(start, str(_("Plan signed")))] if start else []
    table = _Table()
    unknown = str(_("unknown"))
    effects = {row["id"]: row["text"] for row in content.file("check_in")["effects"]["items"]}
    if start:
        shown = (
            unknown if baseline is None else value_text(baseline),
            unknown if function_before is None else f"{function_before:.1f}",
        )
        table.add(start, *shown, events=str(_("Plan signed")))
    for answer in answers:
        score, peg = queries.number(answer.answers.get("nrs_average")), response.peg_total(answer.answers)
        if score is not None:
            pain.append(Score(answer.answered_on, score))
        if peg is not None:
            function.append(_peg(answer.answered_on, peg))
        told = ", ".join(
            f"{effects.get(effect.effect, effect.effect)} {effect.effective_grade}" for effect in answer.effects.all()
        )
        if told:
            events.append(Event(answer.answered_on, told, "warning"))
        shown = (unknown if score is None else f"{score:g}", unknown if peg is None else f"{peg:.1f}")
        table.add(answer.answered_on, *shown, events=told)
        if reached := goals_text(answer, plan):
            table.add(answer.answered_on, events=str(_("Goals %(reached)s")) % {"reached": reached})
    for alert in alerts:
        day = timezone.localdate(alert.created_at)
        events.append(Event(day, alert.text, "critical"))
        table.add(day, events=alert.text)
    treatments = []
    for item in plan.items if plan else ():
        treatment = _treatment(item, today)
        if plans.has_course(item):
            treatments.append(treatment)
        else:
            events += [Event(dose.starts, item.name) for dose in treatment.doses[:1]]
        for day, dose, event in _what_happened(item, treatment, today):
            table.add(day, dose=dose, events=event)
    drawn = picture(
        pain=pain,
        function=function,
        treatments=treatments,
        events=events,
        goal=plans.goal_line(plan),
        titles=(str(_("Average pain")), "PEG"),
        today=today,
        goal_words=goal_words(plan),
    )
    rows = tuple((_day(day), *cells) for day, cells in table.rows())
    labels: tuple[Text, ...] = (_("Date"), _("Average pain"), "PEG", _("Dose a day from here"), _("Events"))
    columns = tuple((label, place in (1, 2)) for place, label in enumerate(labels))
    summary = " ".join(filter(None, (_summary(pain, baseline), _function_summary(function, function_before))))
    return Timeline(drawn, summary, columns, rows, _legend(drawn, plan))


def _peg(on: dt.date, total: float) -> Score:
    return Score(on, round(total, 1), f"{total:.1f}")


def _what_happened(
    item: plans.PlanItemSummary, treatment: Treatment, today: dt.date
) -> Iterator[tuple[dt.date, str, str]]:
    """For the table: each dose that was reached, and when a treatment without doses began and any of them ended."""
    for dose in treatment.doses:
        if dose.starts <= today and dose.amount:
            yield dose.starts, f"{item.name} {dose.amount:g} {dose.unit}", ""
        elif dose.starts <= today:
            yield dose.starts, "", str(_("%(name)s: begun")) % {"name": item.name}
    if item.stop_date and item.stop_date <= today:
        yield item.stop_date, "", str(_("%(name)s: ended")) % {"name": item.name}


def _legend(drawn: Picture, plan: plans.PlanSummary | None) -> str:
    """What the strokes of this picture mean, as far as they are in it."""
    parts = []
    if drawn.panels[0].goal_y is not None and plan:
        own = str(_("Dashed line: the goal of the plan."))
        usual = str(_("Dashed line: %(percent)s%% less pain than before the treatment; the plan has no goal for pain."))
        percent = f"{content.figures().responder_pct:g}"
        parts.append(own if plan.goal_nrs is not None else usual % {"percent": percent})
    if any(panel.gaps for panel in drawn.panels):
        parts.append(str(_("Hatched: no answers for more than %(days)d days.")) % {"days": GAP.days})
    return " ".join(parts)


def _function_summary(function: Sequence[Score], before: float | None) -> str:
    told = function if before is None else function[1:]
    if not told:
        return ""
    if before is None:
        return str(_("PEG %(last)s.")) % {"last": told[-1].text}
    return str(_("PEG %(last)s; it was %(first)s.")) % {"last": told[-1].text, "first": function[0].text}


def _summary(pain: Sequence[Score], baseline: float | None) -> str:
    told = [score for score in pain if baseline is None or score is not pain[0]]
    if not told:
        return str(_("No answer about pain since the treatment began."))
    last = f"{told[-1].value:g}"
    if baseline is None:
        return str(_("Last average pain %(last)s; no score from before the treatment.")) % {"last": last}
    return str(_("Average pain %(last)s; it was %(first)s before the treatment.")) % {
        "last": last,
        "first": f"{baseline:g}",
    }


def _treatment(item: plans.PlanItemSummary, today: dt.date) -> Treatment:
    steps = sorted(item.steps)
    horizon = max([today + dt.timedelta(days=28), *(first for first, _amount, _unit in steps)]) + dt.timedelta(days=1)
    ends = [first for first, _amount, _unit in steps[1:]] + [item.stop_date or horizon]
    return Treatment(
        item.name,
        tuple(
            Dose(first, min(end, item.stop_date or end), amount, unit)
            for (first, amount, unit), end in zip(steps, ends, strict=True)
        ),
    )


def _day(day: dt.date) -> str:
    return date_format(day, "j M Y")
