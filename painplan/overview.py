"""The frame of the patient overview: which cards stand on it, in which order, and who fills them.

Each app answers for its own cards with plain data and owns their templates; this module only knows where to ask. Each card
issues a fixed number of queries, said where it is read.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import select_template
from django.utils.translation import gettext_lazy as _

from painplan.templatetags.ui import Text, url_if

FALLBACK = "patients/cards/empty.html"


@dataclass(frozen=True)
class Slot:
    """A place on the overview.

    `source` is the function that answers, called with the patient and the day; None from it means that there is nothing
    yet, and the card says what to do about it. A slot that is `quiet` is left out when there is nothing.
    """

    key: str
    title: Text
    span: str
    source: str
    template: str
    page: str = ""
    link: Text = _("Open")
    empty: Text = ""
    action: Text = ""
    quiet: bool = False


@dataclass(frozen=True)
class Card:
    """A slot with what stands in it; `content` is None where there is nothing."""

    slot: Slot
    content: Any
    template: Any
    href: str


SLOTS: Sequence[Slot] = (
    Slot(
        key="alerts",
        title=_("What worries"),
        span="span-12",
        source="followup.queries.alerts_card",
        template="followup/cards/alerts.html",
        page="patient-follow-up",
        quiet=True,
    ),
    Slot(
        key="pain",
        title=_("Pain"),
        span="span-5",
        source="assessments.queries.pain_card",
        template="assessments/cards/pain.html",
        page="patient-assess",
        empty=_("No signed assessment yet."),
        action=_("Assess"),
    ),
    Slot(
        key="scores",
        title=_("How bad, and which way"),
        span="span-4",
        source="followup.queries.scores_card",
        template="followup/cards/scores.html",
        page="patient-follow-up",
        empty=_("No answers yet."),
    ),
    Slot(
        key="due",
        title=_("Due"),
        span="span-3",
        source="followup.queries.due_card",
        template="followup/cards/due.html",
        page="patient-follow-up",
        empty=_("Nothing is due."),
    ),
    Slot(
        key="plan",
        title=_("Plan"),
        span="span-5",
        source="treatments.queries.plan_card",
        template="treatments/cards/plan.html",
        page="patient-plan",
        empty=_("No signed plan yet."),
        action=_("Make a plan"),
    ),
    Slot(
        key="record",
        title=_("Problems and medicines"),
        span="span-4",
        source="patients.queries.record_card",
        template="patients/cards/record.html",
        page="patient-record",
        empty=_("Nothing on record yet."),
        action=_("Enter"),
    ),
    Slot(
        key="missing",
        title=_("Missing"),
        span="span-3",
        source="treatments.queries.missing_card",
        template="treatments/cards/missing.html",
        page="patient-plan",
        empty=_("Nothing that would change the plan."),
    ),
)


def _source(path: str) -> Callable[[Any, date], Any] | None:
    module, name = path.rsplit(".", 1)
    try:
        return getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as missing:
        if missing.name != module:
            raise
        return None


def cards(patient: Any, today: date) -> list[Card]:
    """The cards of the overview of one patient, in the order of SLOTS."""
    found = []
    for slot in SLOTS:
        source = _source(slot.source)
        content = source(patient, today) if source else None
        if content is None and slot.quiet:
            continue
        template = select_template([slot.template, FALLBACK] if content is not None else [FALLBACK])
        href = url_if(slot.page, patient.pk) if slot.page else ""
        found.append(Card(slot, content, template, href))
    return found
