"""A schedule as a calendar: dated steps with tablets by time of day, and what the pharmacy hands out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from rules import english
from treatments.plan_readiness import problem_words
from treatments.presenters.tablets import (
    count_words,
    intakes_words,
    number_words,
    product_words,
    step_words,
    time_words,
)
from treatments.presenters.words import quantity
from treatments.products import TaperStep
from treatments.rulebook import Agent, Rulebook
from treatments.rulebook_presenters.words import Citation, citations
from treatments.schedules import Fall, Intake, Problem, Product, Schedule, TimeOfDay
from treatments.schedules.calendar import DAYS_A_WEEK

# For how many days a supply is counted where nobody says.
SUPPLY_DAYS = 28


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One step: from when until when, what is taken at each time of the day, the dose of a day."""

    starts: date
    until: date | None
    cells: Sequence[str]
    note: str
    per_day: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class CalendarView:
    """The calendar of one medicine. With `problems` there is none."""

    name: str
    times: Sequence[str] = ()
    rows: Sequence[CalendarRow] = ()
    ends: date | None = None
    supply: Sequence[tuple[str, str]] = ()
    supply_from: date | None = None
    supply_until: date | None = None
    problems: Sequence[str] = ()
    is_adjusted: bool = False
    unverified: Sequence[str] = ()


def calendar_view(
    agent: Agent, made: Schedule | Sequence[Problem], start: date, today: date, until: date | None = None
) -> CalendarView:
    """The steps by date. The supply is counted from today (or the start) up to and with `until`."""
    if not isinstance(made, Schedule):
        return CalendarView(agent.name, problems=[problem_words(problem) for problem in made])
    used = [time for time in TimeOfDay if any(i.time_of_day is time for step in made.steps for i in step.intakes)]
    current = made.step_on((today - start).days)
    ends = start + timedelta(days=made.ends_on) if made.ends_on is not None else None
    following = [*(step.day for step in made.steps[1:]), made.ends_on]
    rows = [
        CalendarRow(
            starts=start + timedelta(days=step.day),
            until=start + timedelta(days=later - 1) if later is not None else None,
            cells=[_cell(i for i in step.intakes if i.time_of_day is time) for time in used],
            note=step_words(step) if step.every != 1 else "",
            per_day=quantity(step.per_day, made.unit),
            is_now=step is current,
        )
        for step, later in zip(made.steps, following, strict=True)
    ]
    first = max(today, start)
    last = until or min(first + timedelta(days=SUPPLY_DAYS - 1), ends - timedelta(days=1) if ends else date.max)
    counted = made.quantities((first - start).days, (last - start).days + 1)
    return CalendarView(
        name=agent.name,
        times=[time_words(time) for time in used],
        rows=rows,
        ends=ends,
        supply=[(product_words(product), supply_words(product, count)) for product, count in counted],
        supply_from=first,
        supply_until=last,
        is_adjusted=made.adjusted,
        unverified=[product_words(product) for product in made.products if not product.is_verified],
    )


def _cell(intakes: Iterable[Intake]) -> str:
    """What is taken at one time. It may break after the ×, so that a narrow table cuts no strength off."""
    return intakes_words(intakes).replace("\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}", "\N{MULTIPLICATION SIGN} ")


def supply_words(product: Product, count: float) -> str:
    """So many of a product to hand out: "42", "70 mL"."""
    return count_words(product, count) if product.is_liquid else number_words(count)


def apart_words(findings: Sequence[str], rulebook: Rulebook) -> list[str]:
    """Why two medicines are not taken together, in the words of the rulebook."""
    rows = {row.id: row.effect for row in rulebook.interactions}
    pairs = {pair.id: pair.cautions for pair in rulebook.combinations}
    found = []
    for name in findings:
        kind, _sep, doubled = name.partition(":")
        if kind == "duplicate":
            found.append(_("Both are of the class %(name)s.") % {"name": english.words(doubled)})
        else:
            found.append(rows.get(name) or pairs.get(name) or name)
    return [f"{text[:1].upper()}{text[1:]}".rstrip(".") + "." for text in dict.fromkeys(found)]


def fall_words(fall: Fall, unit: str, starts_on: date) -> str:
    """A fall that is faster than the rulebook has it, with its day."""
    return _("It falls suddenly on %(day)s, from %(before)s to %(after)s a day: the signature waits for a reason.") % {
        "day": date_format(starts_on + timedelta(days=fall.day), "j M Y"),
        "before": quantity(fall.before, unit),
        "after": quantity(fall.after, unit),
    }


def pace_words(agent: Agent) -> str:
    """How fast the rulebook lets the dose of a day fall; empty where it does not say it."""
    rule = agent.taper
    if rule is None or rule.usual is None:
        return ""
    unit = agent.dosing.unit if agent.dosing else ""
    paces = [(_("usual"), rule.usual), (_("slower"), rule.slower), (_("faster"), rule.faster)]
    said = "; ".join(f"{name}: {_at_most(step, unit)}" for name, step in paces if step is not None)
    text = _("The rulebook says how fast it may fall (%(paces)s), and that the way down takes at least %(days)d days.")
    return text % {"paces": said, "days": ceil(rule.min_weeks * DAYS_A_WEEK)}


def _at_most(step: TaperStep, unit: str) -> str:
    if step.reduce_by is not None:
        amount = quantity(step.reduce_by, unit)
    else:
        amount = _("%(share)s %% of the dose before") % {"share": f"{step.percent:g}"}
    return _("at most %(amount)s every %(days)d days") % {"amount": amount, "days": step.every_days}


def never_suddenly(agent: Agent) -> str:
    """What is to be known before a medicine is stopped; empty where it can be stopped at once."""
    if agent.taper is None or not agent.taper.required:
        return ""
    text = _("It is stepped down and never stopped suddenly.")
    note = agent.taper.note
    return f"{text} {note[:1].upper()}{note[1:]}." if note else text


def taper_sources(agent: Agent, rulebook: Rulebook) -> list[Citation]:
    """Where it comes from how a medicine is stopped; what nobody has verified keeps its mark."""
    return citations(agent.taper.sources, rulebook) if agent.taper else []
