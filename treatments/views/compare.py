"""Options side by side, guidelines side by side, and the note that asks for a therapy: pages beside the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from treatments import handouts, presenters
from treatments.option_lists import list_of
from treatments.proposal.model import OptionResult
from treatments.snapshot import Snapshot
from treatments.views.desk import REFUSED, desk_of

_LONGEST_ID = 80


@require_GET
def compare(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Up to three options side by side; `?for=patient` in plain words and in the language of the patient."""
    desk = desk_of(request, patient_id)
    place = desk.place
    asked = _asked(request)
    known, unknown = _found(asked, desk.shown)
    place = replace(place, marked=tuple(option.id for option in known[: presenters.MOST]))
    problem = _problem(asked, unknown)
    chosen = {item.ref_id for item in desk.plan.items} if desk.plan else set()
    sides = presenters.sides(known, desk.shown, chosen, place) if not problem else []
    context = desk.frame() | {
        "place": place,
        "sides": sides,
        "slots": [option.id for option in known[: presenters.MOST]] + [""] * (presenters.MOST - len(known)),
        "query": ",".join(option.id for option in known),
        "choices": _choices(desk.shown),
        "problem": problem,
        "most": presenters.MOST,
        "printed_at": timezone.localtime(),
        "release": desk.shown.rulebook.digest[7:19],
    }
    if request.GET.get("for") == "patient" and not problem and known:
        language = handouts.language_of(request.GET.get("lang") or desk.patient.language)
        context |= {
            "paper": presenters.paper(known, desk.shown, language),
            "languages": handouts.shipped_library().languages,
        }
        return render(request, "treatments/compare_patient.html", context)
    return render(request, "treatments/compare.html", context, status=REFUSED if problem else 200)


def _asked(request: HttpRequest) -> list[str]:
    """The options asked for, each once: `?options=a,b` or one `options` for each box that was marked."""
    given = (part.strip() for value in request.GET.getlist("options") for part in value.split(","))
    return list(dict.fromkeys(part[:_LONGEST_ID] for part in given if part))


def _found(asked: Sequence[str], shown: Snapshot) -> tuple[list[OptionResult], list[str]]:
    known = {option.id: option for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    return [known[name] for name in asked if name in known], [name for name in asked if name not in known]


def _problem(asked: Sequence[str], unknown: Sequence[str]) -> str:
    """What is wrong with the choice, in a sentence; empty where nothing is."""
    if unknown:
        return _("Not in the rulebook: %(names)s. Choose from the list.") % {"names": ", ".join(unknown)}
    if len(asked) > presenters.MOST:
        words = {"most": presenters.MOST, "asked": len(asked)}
        return _("At most %(most)d options can be compared; %(asked)d were chosen. Take some away.") % words
    return ""


def _choices(shown: Snapshot) -> list[tuple[str, str]]:
    """Every option by name, for the lists of the form."""
    options = (*shown.proposal.agents, *shown.proposal.therapies)
    return sorted(((option.id, option.name) for option in options), key=lambda item: item[1].casefold())


@require_GET
def guidelines(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What each guideline for this patient's cause says of each option, where they disagree, and what is followed."""
    desk = desk_of(request, patient_id)
    context: dict[str, Any] = {"lens": presenters.lens(desk.shown, presenters.Place(patient_id))}
    return render(request, "treatments/guidelines.html", desk.frame() | context)


@require_GET
def authorisation(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """The drafted note that asks a payer for one therapy, with its checklist."""
    desk = desk_of(request, patient_id)
    therapy = desk.shown.rulebook.therapy_by_id.get(ref_id)
    if therapy is None:
        raise Http404(_("This therapy is not in the rulebook."))
    name = f"{desk.patient.family_name}, {desk.patient.given_names}"
    note = presenters.authorisation_note(therapy, desk.shown, name, str(desk.patient.number))
    place = presenters.Place(patient_id)
    context = {"note": note, "back": place.href(view=list_of(ref_id, desk.shown.rulebook), shown=ref_id)}
    return render(request, "treatments/authorisation.html", desk.frame() | context)
