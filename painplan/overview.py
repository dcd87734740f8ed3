"""The patient overview: which cards stand on it, in which order, and who answers for each.

An app owns what its card says (`queries`) and how it looks (`templates/<app>/cards/`); this module asks and arranges.
Each answer costs a fixed number of queries, whatever is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import select_template
from django.utils.translation import gettext_lazy as _

from assessments import queries as assessment_queries
from followup import queries as followup_queries
from painplan.templatetags.ui import Text, url_if
from patients import queries as patient_queries
from patients.medicines import Recognition
from patients.record import MedicineEntry, PatientRecord
from patients.terms import terms
from treatments import queries as treatment_queries
from treatments.snapshot import Snapshot, snapshot

EMPTY = "painplan/cards/empty.html"


# --- what painplan itself answers for: the record, which belongs to patients, and tasks -------------------------------


@dataclass(frozen=True)
class MedicineLine:
    """One current medicine; `is_checked` is false where we do not know what it is."""

    text: str
    dose: str
    is_checked: bool


@dataclass(frozen=True)
class RecordCard:
    """Problems and medicines in short, with the day on which each list was last gone through, or None."""

    conditions: tuple[str, ...]
    problems: tuple[str, ...]
    problems_reviewed_on: date | None
    medicines: tuple[MedicineLine, ...]
    medicines_reviewed_on: date | None


def _medicine(entry: MedicineEntry) -> MedicineLine:
    dose = f"{entry.daily_dose.normalize():f}\u00a0{entry.unit}" if entry.daily_dose is not None else ""
    return MedicineLine(entry.text, dose, entry.normalised.status is Recognition.RECOGNISED)


def record_card(record: PatientRecord, today: date) -> RecordCard:
    """The record in short; no query."""
    present = [entry for entry in record.problems if entry.status == "present"]

    def names(is_condition: bool) -> tuple[str, ...]:
        chosen = [entry for entry in present if (entry.kind == "condition") is is_condition]
        found = [(terms().problem(entry.kind, entry.code), entry) for entry in chosen]
        return tuple(term.label if term else entry.text or entry.code for term, entry in found)

    return RecordCard(
        conditions=names(True),
        problems=names(False),
        problems_reviewed_on=record.problem_list_reviewed_on,
        medicines=tuple(_medicine(entry) for entry in record.medicines if entry.is_current(today)),
        medicines_reviewed_on=record.medicines_reviewed_on,
    )


@dataclass(frozen=True)
class DueLine:
    """Something that has a day: a task, a check-in, a review."""

    text: str
    day: date
    owner: str
    is_late: bool


def _tasks(patient: Any, today: date) -> list[DueLine]:
    return [
        DueLine(task.text, task.due_on, str(task.owner or ""), task.due_on < today)
        for task in patient_queries.tasks_of(patient.pk)
    ]


# --- the slots --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What every slot is asked about: the patient, the day, and what is known then, read and computed once.

    `alerts` are the open ones; `plan` is what stands about the plan, signed or drafted.
    """

    patient: Any
    today: date
    shown: Snapshot
    alerts: list[Any]
    plan: treatment_queries.OverviewCard | None


def ask(patient: Any, today: date) -> Asked:
    """What more than one slot, or the banner, needs of a patient. Six queries."""
    return Asked(
        patient,
        today,
        snapshot(patient, today),
        followup_queries.alerts_card(patient.pk, today),
        treatment_queries.overview_card(patient.pk, today),
    )


def _pain(asked: Asked) -> assessment_queries.PainCard | None:
    signed = asked.plan.plan if asked.plan else None
    goals = treatment_queries.score_goals_of(signed)
    return assessment_queries.pain_card(asked.patient, asked.shown.pain, goals)


def _record(asked: Asked) -> RecordCard | None:
    card = record_card(asked.shown.record, asked.today)
    return card if any((card.conditions, card.problems, card.medicines, card.medicines_reviewed_on)) else None


def _scores(asked: Asked) -> followup_queries.ScoresCard | None:
    signed = asked.plan.plan if asked.plan else None
    return followup_queries.overview_card(asked.patient.pk, treatment_queries.without_facts(signed) if signed else None)


def _due(asked: Asked) -> list[DueLine | followup_queries.DueLine] | None:
    lines: list[DueLine | followup_queries.DueLine] = [
        *_tasks(asked.patient, asked.today),
        *followup_queries.due_lines(asked.patient.pk, asked.today),
    ]
    return sorted(lines, key=lambda line: line.day) or None


@dataclass(frozen=True)
class Slot:
    """A place on the overview: its title, its width in twelfths, who answers, and where its page is.

    The answer is None when there is nothing; the card then says so, with the next action. An `only_when_there` slot is
    left out instead.
    """

    key: str
    title: Text
    width: int
    answer: Callable[[Asked], Any]
    template: str
    page: str
    empty: Text = ""
    action: Text = ""
    only_when_there: bool = False


@dataclass(frozen=True)
class Card:
    """A slot with its answer and the template that shows it."""

    slot: Slot
    content: Any
    template: Any
    href: str


SLOTS: Sequence[Slot] = (
    Slot(
        "alerts",
        _("What worries"),
        12,
        lambda asked: asked.alerts or None,
        "followup/cards/alerts.html",
        "patient-follow-up",
        only_when_there=True,
    ),
    Slot(
        "critical",
        _("Before any treatment"),
        12,
        lambda asked: [alert for alert in asked.shown.proposal.alerts if alert.tier == "critical"] or None,
        "treatments/cards/critical.html",
        "patient-plan",
        only_when_there=True,
    ),
    Slot(
        "pain",
        _("Pain"),
        4,
        _pain,
        "assessments/cards/pain.html",
        "patient-assess",
        empty=_("No signed assessment yet."),
        action=_("Assess"),
    ),
    Slot(
        "scores",
        _("How bad, and which way"),
        4,
        _scores,
        "followup/cards/scores.html",
        "patient-follow-up",
        empty=_("No answers yet."),
    ),
    Slot("due", _("Due"), 4, _due, "followup/cards/due.html", "patient-follow-up", empty=_("Nothing is due.")),
    Slot(
        "plan",
        _("Plan"),
        4,
        lambda asked: asked.plan,
        "treatments/cards/plan.html",
        "patient-plan",
        empty=_("No signed plan yet."),
        action=_("Make a plan"),
    ),
    Slot(
        "record",
        _("Problems and medicines"),
        4,
        _record,
        "patients/cards/record.html",
        "patient-record",
        empty=_("Nothing is on record, which does not mean that there is nothing."),
        action=_("Enter"),
    ),
    Slot(
        "missing",
        _("Missing"),
        4,
        lambda asked: treatment_queries.missing_card(asked.shown),
        "treatments/cards/missing.html",
        "patient-plan",
        empty=_("Nothing is missing that the proposal asks for."),
    ),
)


def cards(asked: Asked) -> list[Card]:
    """The cards of one patient in the order of SLOTS."""
    found = []
    for slot in SLOTS:
        content = slot.answer(asked)
        if content is None and slot.only_when_there:
            continue
        template = select_template([slot.template, f"painplan/cards/{slot.key}.html", EMPTY] if content else [EMPTY])
        found.append(Card(slot, content, template, url_if(slot.page, asked.patient.pk)))
    return found
