"""What the patient takes home: the page to look at and print, and the PDF."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts import queries as account_queries
from treatments import handouts, queries
from treatments.goal_words import own_levels
from treatments.handouts import Audience, Handout, Paper, Print
from treatments.plan_record import PlanRecord
from treatments.views.desk import Desk, desk_of

if TYPE_CHECKING:
    from accounts.models import Organisation

logger = logging.getLogger(__name__)

Chosen = TypeVar("Chosen", bound=StrEnum)
NOT_HERE = 503
_LETTER_IN = "us"
_AUDIENCES = {Audience.PATIENT: _("The patient"), Audience.CAREGIVER: _("A caregiver")}
_SIZES = {Print.NORMAL: _("Normal print"), Print.LARGE: _("Large print"), Print.VERY_LARGE: _("Very large print")}
_PAPERS = {Paper.A4: "A4", Paper.LETTER: "Letter"}
_BANDS = {
    "very_easy": _("very easy"),
    "quite_easy": _("quite easy"),
    "normal": _("normal"),
    "rather_hard": _("rather hard"),
    "very_hard": _("very hard"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """How the sheet is wanted: what is not asked for, or not known, is as most patients have it."""

    language: str
    audience: Audience
    paper: Paper
    size: Print

    @property
    def query(self) -> str:
        """The same choice for another address."""
        return urlencode({"lang": self.language, "for": self.audience, "paper": self.paper, "size": self.size})


@require_GET
def handout(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """The sheet to look at and print, and how hard it reads."""
    desk = desk_of(request, patient_id)
    plan, organisation = _plan(desk, plan_id), account_queries.organisation(desk.actor.organisation_id)
    choice = _choice(request, desk, organisation)
    return render(request, "treatments/handout.html", _context(desk, plan, organisation, choice))


@require_GET
def handout_pdf(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """The sheet as PDF; where it cannot be made, the page to print with a sentence that says so."""
    desk = desk_of(request, patient_id)
    plan, organisation = _plan(desk, plan_id), account_queries.organisation(desk.actor.organisation_id)
    choice = _choice(request, desk, organisation)
    try:
        made = handouts.pdf_of(_sheet(desk, plan, organisation, choice), choice.paper, choice.size)
    except handouts.PdfUnavailable as problem:
        logger.warning("A hand-out could not be made as PDF: %s", problem)
        context = _context(desk, plan, organisation, choice) | {"pdf_failed": True}
        return render(request, "treatments/handout.html", context, status=NOT_HERE)
    response = HttpResponse(made, content_type="application/pdf")
    # No name of a patient in the name of a file.
    response["Content-Disposition"] = f'inline; filename="plan-{choice.audience}-{choice.language}.pdf"'
    return response


def _context(desk: Desk, plan: PlanRecord, organisation: Organisation, choice: Choice) -> dict[str, object]:
    sheet = _sheet(desk, plan, organisation, choice)
    texts = [text.words for text in sheet.texts if text.language == choice.language]
    reading = handouts.reading_of(texts, choice.language)
    return desk.frame() | {
        "plan": plan,
        "sheet": sheet,
        "choice": choice,
        "languages": handouts.shipped_library().languages,
        "audiences": _AUDIENCES,
        "sizes": _SIZES,
        "papers": _PAPERS,
        "reading": reading,
        "band": _BANDS.get(reading.band, ""),
        "hardest": handouts.hardest(texts, choice.language),
        "not_translated": sum(1 for text in sheet.texts if text.mark),
        "may_make_pdf": handouts.is_available(),
    }


def _plan(desk: Desk, plan_id: UUID) -> PlanRecord:
    plan = queries.plan_of(desk.patient.pk, plan_id)
    if plan is None or plan.state == "discarded":
        raise Http404
    return plan


def _sheet(desk: Desk, plan: PlanRecord, organisation: Organisation, choice: Choice) -> Handout:
    shown, patient = desk.shown, desk.patient
    # The ranges of numbers that stand for a level without words help no patient.
    rules = shown.rulebook.goal_rules
    goals = {key: replace(goal, levels=own_levels(goal, rules)) for key, goal in plan.goals.items()}
    return handouts.handout_of(
        replace(plan, goals=goals),
        shown.rulebook,
        handouts.shipped_library(),
        language=choice.language,
        audience=choice.audience,
        person=handouts.Person(
            name=f"{patient.given_names} {patient.family_name}",
            born=patient.birth_date,
            number=patient.number,
            # Unknown is never safe: only who certainly cannot become pregnant is not told about it.
            may_be_pregnant=shown.facts.values.get("childbearing_potential") is not False,
        ),
        practice=handouts.Practice(name=organisation.name, phone=organisation.phone),
        signed_on=timezone.localdate(plan.signed_at) if plan.signed_at else None,
        ended_on=timezone.localdate(plan.ended_at) if plan.ended_at else None,
        printed_on=desk.today,
    )


def _choice(request: HttpRequest, desk: Desk, organisation: Organisation) -> Choice:
    return Choice(
        language=handouts.language_of(request.GET.get("lang") or desk.patient.language),
        audience=_one_of(Audience, request.GET.get("for"), Audience.PATIENT),
        paper=_one_of(Paper, request.GET.get("paper"), Paper.LETTER if organisation.region == _LETTER_IN else Paper.A4),
        size=_one_of(Print, request.GET.get("size"), Print.NORMAL),
    )


def _one_of(kind: type[Chosen], wanted: str | None, otherwise: Chosen) -> Chosen:
    try:
        return kind(wanted or otherwise)
    except ValueError:
        return otherwise
