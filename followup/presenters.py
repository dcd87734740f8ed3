"""Wording, order and drawing of the follow-up pages. Data in, what the page shows out; no query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from followup import check_in as questions
from followup import content, plans, queries, response
from followup.models import Alert, Answer, DueItem, Reminder
from followup.schedule import State
from followup.timeline import Dose, Event, Picture, Score, Treatment, picture
from followup.wording import PERSON, Text, due_text

ACTIONS: Mapping[str, Text] = {
    "emergency": _("Emergency"),
    "stop_or_hold": _("Stop or hold"),
    "reduce": _("Reduce"),
    "fix_adherence": _("Find out why it is not taken"),
    "wait": _("Wait"),
    "continue": _("Continue"),
    "titrate": _("Raise one step"),
    "switch": _("Switch"),
    "combine": _("Combine"),
    "add_nondrug": _("Add a treatment that is not a medicine"),
    "escalate": _("Refer"),
    "taper": _("Taper"),
    "rediagnose": _("Examine again"),
    "adjust_plan": _("Adjust the plan"),
}
ACTION_TONES: Mapping[str, str] = {
    "emergency": "critical",
    "stop_or_hold": "critical",
    "reduce": "warning",
    "rediagnose": "warning",
    "adjust_plan": "warning",
    "continue": "good",
}
REASONS: Mapping[str, Text] = {
    "answered": _("answered"),
    "closed": _("closed"),
    "plan ended": _("plan ended"),
    "plan replaced": _("plan replaced"),
    "locked": _("link locked"),
    "died": _("died"),
    "no consent": _("no consent"),
    "no address": _("no address"),
    "not delivered": _("not delivered"),
    "not delivered yet": _("not delivered yet"),
    "address refused": _("address refused"),
    "perhaps sent": _("perhaps sent"),
    "quiet hours or cap": _("waits for quiet hours or the weekly limit"),
    "cancelled by staff": _("cancelled by staff"),
}
SHORT: Mapping[str, Text] = {
    "red_flag": _("Any red flag"),
    "suicide_risk": _("Suicide risk, asked directly"),
    "severe_reaction": _("Severe reaction suspected"),
    "ae_max_grade": _("Worst adverse effect (grade)"),
    "adherence_pct": _("Share of doses taken (%)"),
    "trial_adequate": _("Full trial: dose and time reached"),
    "dose_room": _("May the dose go one step higher"),
    "pain_change_pct": _("Pain change (%; positive is better)"),
    "pain_change_points": _("Pain change (points; positive is better)"),
    "current_pain": _("Average pain now"),
    "function_state": _("Function"),
    "goal_met": _("Goal met"),
    "lost_response": _("Response lost"),
    "stable_months": _("Months of stable response"),
    "failed_classes": _("Classes failed before"),
    "mme": _("Morphine equivalents (mg a day)"),
    "sedatives": _("Other sedating medicines"),
    "days_since_pdmp": _("Days since the prescription register was checked"),
    "days_since_uds": _("Days since a urine drug test"),
    "days_since_opioid_review": _("Days since the benefit-risk review"),
    "naloxone_on_hand": _("Naloxone at home"),
    "naloxone_risk": _("In a naloxone risk group"),
    "cancer_or_palliative": _("Cancer, palliative care or sickle cell disease"),
    "attendance_pct": _("Share of sessions or home practice (%)"),
    "weeks_in_programme": _("Weeks since the start"),
    "review_week": _("Week of review"),
    "weeks_to_review": _("Weeks until the review"),
}
VALUES: Mapping[str, Text] = {
    "none": _("none"),
    "ideation": _("thoughts"),
    "plan_or_intent": _("plan or intent"),
    "better": _("better"),
    "same": _("same"),
    "worse": _("worse"),
}
SOURCES: Mapping[str, Text] = {
    "unverified": _("not checked against a document"),
    "design_default": _("our own rule; awaits sign-off"),
}


def value_text(value: object) -> str:
    """A value of a variable in words: yes, no, a word, or a number with at most one decimal."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, str):
        return str(VALUES.get(value, value))
    return f"{round(value, 1):g}" if isinstance(value, float) else str(value)


# --- the page ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    label: Text
    value: str
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class Advised:
    """One row of the decision table as the page shows it."""

    row: str
    action: Text
    tone: str
    text: str
    days: str
    alternatives: tuple[Text, ...]
    facts: tuple[Fact, ...]
    source: str
    source_note: Text
    look_in: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The drafted next step of one treatment."""

    ref_id: str
    name: str
    advised: tuple[Advised, ...]
    missing: tuple[Text, ...]
    known: tuple[Fact, ...]


def drafts(course: queries.Course) -> tuple[tuple[Advised, ...], tuple[Draft, ...]]:
    """What comes first for every treatment alike, then the drafted next step of each with what is still missing."""
    found = tuple(_draft(judged) for judged in course.judged)
    rows = [
        {advice.row.id for advice in judged.step.advice if advice.row.group == "safety"} for judged in course.judged
    ]
    alike = set.intersection(*rows) if len(rows) > 1 else set()
    first = tuple(advised for advised in found[0].advised if advised.row in alike) if alike else ()
    own = (replace(draft, advised=tuple(a for a in draft.advised if a.row not in alike)) for draft in found)
    return first, tuple(own)


def _draft(judged: queries.Judged) -> Draft:
    facts = {
        name: Fact(SHORT.get(name, name), value_text(value), name in judged.reviewed)
        for name, value in judged.variables.items()
    }
    advised = []
    for advice in judged.step.advice:
        row = advice.row
        low, high = row.next_review_days
        advised.append(
            Advised(
                row=row.id,
                action=ACTIONS.get(row.action, row.action),
                tone=ACTION_TONES.get(row.action, "information"),
                text=row.text,
                days=str(low) if low == high else f"{low}–{high}",
                alternatives=tuple(ACTIONS.get(name, name) for name in advice.alternatives),
                facts=tuple(facts[name] for name in row.reads if name in facts),
                source=row.source,
                source_note=SOURCES.get(row.source, ""),
                look_in=row.attributed_to,
            )
        )
    return Draft(
        ref_id=judged.item.ref_id,
        name=judged.item.name,
        advised=tuple(advised),
        missing=tuple(SHORT.get(name, name) for name in judged.step.missing),
        known=tuple(facts.values()),
    )


@dataclass(frozen=True, slots=True)
class DueRow:
    item: DueItem
    text: str
    status: str
    word: Text
    is_check_in: bool
    may_send: bool
    sent: tuple[Reminder, ...]
    waiting: tuple[Reminder, ...]
    by_person: Text


_STATES: Mapping[State, tuple[str, Text]] = {
    State.OVERDUE: ("overdue", _("Overdue")),
    State.DUE: ("due", _("Due")),
    State.DUE_SOON: ("due_soon", _("Due soon")),
    State.PLANNED: ("planned", _("Planned")),
    State.DONE: ("done", _("Done")),
}


def due_rows(items: Sequence[DueItem], today: dt.date) -> list[DueRow]:
    """What is open, each with its state and its messages."""
    rows = []
    for item in items:
        check_in = getattr(item, "check_in", None)
        reminders = list(check_in.reminders.all()) if check_in else []
        status, word = _STATES[queries.state_of(item, today)]
        rows.append(
            DueRow(
                item=item,
                text=due_text(item),
                status=status,
                word=word,
                is_check_in=check_in is not None,
                may_send=check_in is not None and check_in.failed_attempts < content.policy().birth_date_attempts,
                sent=tuple(r for r in reminders if r.state == Reminder.State.SENT),
                waiting=tuple(r for r in reminders if r.state == Reminder.State.SCHEDULED),
                by_person=PERSON.get(check_in.by_person, "") if check_in else "",
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class MessageRow:
    reminder: Reminder
    state: Text
    reason: Text


def message_rows(reminders: Sequence[Reminder]) -> list[MessageRow]:
    """Messages with the words for their state."""
    return [MessageRow(r, r.get_state_display(), REASONS.get(r.reason, r.reason)) for r in reminders]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """Answers of one day: scores in columns that compare, the rest in words; empty where nothing was answered."""

    answer: Answer
    scores: tuple[str, ...]
    words: tuple[str, ...]
    effects: tuple[str, ...]
    signs: tuple[str, ...]
    is_seen: bool


def answer_rows(answers: Sequence[Answer]) -> list[AnswerRow]:
    """Answers newest first."""
    return [_answer_row(answer) for answer in reversed(answers)]


def _answer_row(answer: Answer) -> AnswerRow:
    data, given = content.file("check_in"), answer.answers
    peg = response.peg_total(given)
    scores = [str(given.get(name, "")) for name in ("nrs_average", "nrs_worst")]
    words = []
    for name in ("pgic", "adherence", "goal"):
        labels = {row["value"]: row["label"] for row in data[name]["options"]}
        words.append(labels.get(given.get(name), ""))
    names = {row["id"]: row["text"] for row in data["effects"]["items"]}
    signs = {row["id"]: row["sign"] for row in data["danger_signs"]["items"]}
    effects = [
        f"{names.get(e.effect, e.effect)} {e.effective_grade}"
        + (f" ({_('told as')} {e.observed_grade})" if e.observed_grade != e.effective_grade else "")
        for e in answer.effects.all()
    ] + [f"{names.get(name, name)} ({_('how bad was not told')})" for name in questions.ungraded(given)]
    return AnswerRow(
        answer=answer,
        scores=(*scores, "" if peg is None else f"{peg:.1f}"),
        words=tuple(words),
        effects=tuple(effects or ([str(_("none"))] if given.get(questions.EFFECTS) == [] else [])),
        signs=tuple(signs.get(sign, sign) for sign in questions.ticked(given, questions.DANGER)),
        is_seen=hasattr(answer, "seen"),
    )


# --- the picture ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture, its sentence, and the same data as a table."""

    picture: Picture
    summary: str
    columns: tuple[tuple[Text, bool], ...]
    rows: tuple[tuple[object, ...], ...]
    readings: tuple[tuple[float, str], ...]


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
    pain = [Score(start, baseline)] if start and baseline is not None else []
    function = []
    events = [Event(start, str(_("Plan signed")))] if start else []
    table = _Table()
    unknown = str(_("unknown"))
    if start:
        table.add(start, value_text(baseline) if baseline is not None else unknown, events=str(_("Plan signed")))
    for answer in answers:
        score, peg = queries.number(answer.answers.get("nrs_average")), response.peg_total(answer.answers)
        if score is not None:
            pain.append(Score(answer.answered_on, score))
        if peg is not None:
            function.append(Score(answer.answered_on, round(peg, 1)))
        told = ", ".join(f"{effect.effect} {effect.effective_grade}" for effect in answer.effects.all())
        if told:
            events.append(Event(answer.answered_on, told, "warning"))
        shown = (unknown if score is None else f"{score:g}", unknown if peg is None else f"{peg:.1f}")
        table.add(answer.answered_on, *shown, events=told)
    for alert in alerts:
        day = timezone.localdate(alert.created_at)
        events.append(Event(day, alert.text, "critical"))
        table.add(day, events=alert.text)
    treatments = [_treatment(item, today) for item in plan.items] if plan else []
    for treatment in treatments:
        for dose in treatment.doses:
            if dose.starts <= today and dose.amount:
                table.add(dose.starts, dose=f"{treatment.name} {dose.amount:g} {dose.unit}")
    drawn = picture(
        pain=pain,
        function=function,
        treatments=treatments,
        events=events,
        goal=queries.goal_line(plan),
        titles=(str(_("Average pain")), "PEG"),
        today=today,
    )
    rows = tuple((_day(day), *cells) for day, cells in table.rows())
    places = {dot.x: dot for panel in drawn.panels for dot in panel.dots}
    readings = tuple((x, dot.text) for x, dot in sorted(places.items()))
    labels: tuple[Text, ...] = (_("Date"), _("Average pain"), "PEG", _("Dose a day from here"), _("Events"))
    columns = tuple((label, place in (1, 2)) for place, label in enumerate(labels))
    return Timeline(drawn, _summary(pain, baseline), columns, rows, readings)


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
