"""Wording, order and drawing of the follow-up pages. Data in, what the page shows out; no query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from followup import check_in as questions
from followup import content, owners, plans, queries, response
from followup.models import Answer, DueItem, Reminder
from followup.schedule import State
from followup.wording import PERSON, Text, due_text, goals_text

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
    """The drafted next step of one treatment. `state` says why nothing is advised; `missing` are facts of its own."""

    ref_id: str
    name: str
    state: str
    advised: tuple[Advised, ...]
    missing: tuple[str, ...]
    known: tuple[Fact, ...]
    review_on: dt.date | None


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What comes first whatever the treatment, what is missing about the person, and the draft of each treatment."""

    first: tuple[Advised, ...]
    missing: tuple[str, ...]
    drafts: tuple[Draft, ...]


def next_steps(course: queries.Course, today: dt.date, has_open_alert: bool) -> NextSteps:
    """The drafted next steps; what is true of the person stands once and not with each treatment."""
    rows = [
        {advice.row.id for advice in judged.step.advice if advice.row.group == "safety"} for judged in course.judged
    ]
    alike = set.intersection(*rows) if len(rows) > 1 else set()
    first = tuple(advised for advised in _advised(course.judged[0]) if advised.row in alike) if alike else ()
    table = content.decision_table()
    open_facts = {name for judged in course.judged for name in judged.step.missing} & table.about_person
    may_wait = not has_open_alert and not any(rows)
    return NextSteps(
        first=first,
        missing=tuple(name for name in table.inputs if name in open_facts),
        drafts=tuple(_draft(course, judged, alike, today, may_wait) for judged in course.judged),
    )


def _draft(course: queries.Course, judged: queries.Judged, alike: set[str], today: dt.date, may_wait: bool) -> Draft:
    advised = tuple(advised for advised in _advised(judged) if advised.row not in alike)
    own = tuple(name for name in judged.step.missing if name not in content.decision_table().about_person)
    if advised:
        state = ""
    elif may_wait and judged.review_on and today < judged.review_on and not _in_doubt(course, judged):
        state = "too_early"
    elif own or (judged.step.missing and not course.last_answer):
        state = "needs_data"
    elif judged.step.missing:
        state = "waits"
    else:
        state = "settled_first" if alike else "nothing"
    return Draft(
        ref_id=judged.item.ref_id,
        name=judged.item.name,
        state=state,
        advised=advised,
        missing=own,
        known=tuple(_facts(judged).values()),
        review_on=judged.review_on,
    )


def _in_doubt(course: queries.Course, judged: queries.Judged) -> bool:
    """Whether the last answers tell of something bad whose weight is not known yet: that does not wait for a review."""
    given = course.last_answer.answers if course.last_answer else {}
    told = questions.ticked(given, questions.DANGER) or questions.ticked(given, questions.EFFECTS)
    return bool(told) and "ae_max_grade" in judged.step.missing


def _facts(judged: queries.Judged) -> dict[str, Fact]:
    return {
        name: Fact(SHORT.get(name, name), value_text(value), name in judged.reviewed)
        for name, value in judged.variables.items()
    }


def _advised(judged: queries.Judged) -> tuple[Advised, ...]:
    facts = _facts(judged)
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
    return tuple(advised)


# What a check-in asks, by the beginning of the names of its questions, in the words of a sentence.
TOPICS: Mapping[str, Text] = {
    questions.DANGER: _("danger signs"),
    "nrs": _("pain"),
    "peg": _("what pain keeps from (PEG)"),
    "pgic": _("change since the start"),
    "goal": _("the goal"),
    "adherence": _("how much was taken"),
    questions.EFFECTS: _("adverse effects"),
}


@dataclass(frozen=True, slots=True)
class FirstCheckIn:
    """The first check-in of a plan that has no answers yet."""

    item: DueItem | None
    is_late: bool
    by_person: Text
    topics: str


def first_check_in(due: Sequence[DueItem], asked: Sequence[questions.Question], today: dt.date) -> FirstCheckIn:
    """When the first answers are expected and what will be asked; `item` None when no check-in is planned."""
    item = next((item for item in due if getattr(item, "check_in", None)), None)
    topics = [str(words) for name, words in TOPICS.items() if any(one.id.startswith(name) for one in asked)]
    by_person = PERSON.get(item.check_in.by_person, "") if item else ""
    return FirstCheckIn(item, item is not None and item.due_on < today, by_person, ", ".join(topics))


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
    owner: str


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
                owner=owners.name_of(item),
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
    goals: str
    effects: tuple[str, ...]
    signs: tuple[str, ...]
    is_seen: bool


def answer_rows(answers: Sequence[Answer], plan: plans.PlanSummary | None) -> list[AnswerRow]:
    """Answers newest first; how far goals were reached, for those of the plan that runs now."""
    return [_answer_row(answer, plan) for answer in reversed(answers)]


def _answer_row(answer: Answer, plan: plans.PlanSummary | None) -> AnswerRow:
    data, given = content.file("check_in"), answer.answers
    peg = response.peg_total(given)
    scores = [str(given.get(name, "")) for name in ("nrs_average", "nrs_worst")]
    words = []
    for name in ("pgic", "adherence"):
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
        goals=goals_text(answer, plan),
        effects=tuple(effects or ([str(_("none"))] if given.get(questions.EFFECTS) == [] else [])),
        signs=tuple(signs.get(sign, sign) for sign in questions.ticked(given, questions.DANGER)),
        is_seen=hasattr(answer, "seen"),
    )
