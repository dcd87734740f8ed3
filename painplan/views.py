"""The pages that belong to no single app: the worklist, the frame of the patient overview, the reader's settings."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SENTENCES, Denied, actor_of, allows, permission_required
from accounts.roles import Permission
from painplan import overview, presenters, style
from painplan.templatetags import ui
from painplan.worklist import worklist as worklist_of
from patients.access import patient_for, record_listing

# Settings of this browser: the cookie, and what it may hold.
PREFERENCES: Final = {"theme": ui.THEMES, "density": ui.DENSITIES, "shortcuts": ("on", "off")}
ONE_YEAR_SECONDS: Final = 365 * 24 * 60 * 60


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first page of the day, which depends on what the person may do."""
    actor = actor_of(request)
    first = [
        (Permission.VIEW_PATIENT, "worklist"),
        (Permission.VIEW_AUDIT, "audit-trail"),
        (Permission.VIEW_RULEBOOK, "rulebook"),
    ]
    for permission, name in first:
        if allows(actor, permission) and ui.url_if(name):
            return redirect(name)
    raise Denied(Permission.VIEW_PATIENT.value, SENTENCES[Permission.VIEW_PATIENT])


@require_GET
@permission_required(Permission.VIEW_PATIENT)
def worklist(request: HttpRequest) -> HttpResponse:
    """What needs the reader now, over all their patients."""
    actor, today = actor_of(request), timezone.localdate()
    after = request.GET.get("after", "")
    chosen = request.GET.get("show", "all")
    found = worklist_of(actor.organisation_id, actor.user_id, today=today, chosen=chosen, after=after)
    record_listing(actor, list({item.patient_id: None for item in found.items}), list_name="worklist")
    page = presenters.worklist_page(found, base=request.path, today=today, after=after)
    context = {
        "page": page,
        "today": today,
        "filter_label": _("Show"),
        "may_take": allows(actor, Permission.MANAGE_FOLLOW_UP),
        "may_register": allows(actor, Permission.REGISTER_PATIENT),
    }
    return render(request, "worklist.html", context)


@require_GET
def patient_overview(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """One patient on one screen: what pain, how bad, what is done, what is due, what worries, what is missing."""
    patient = patient_for(actor_of(request), patient_id)
    today = timezone.localdate()
    asked = overview.ask(patient, today)
    context = {
        "patient": patient,
        "today": today,
        "cards": overview.cards(asked),
        "banner_rows": asked.shown.banner,
        "open_alerts": asked.alerts,
    }
    return render(request, "patients/overview.html", context)


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep how this browser shows pages: colours, row height, shortcuts. Nothing about a person is stored."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    for name, options in PREFERENCES.items():
        value = request.POST.get(name)
        if value in options:
            response.set_cookie(
                name, value, max_age=ONE_YEAR_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax"
            )
    return response


@login_not_required
@require_GET
def style_page(request: HttpRequest) -> HttpResponse:
    """Every part of the interface side by side; only where all patients are invented."""
    if not settings.LOCAL:
        raise Http404
    return render(request, "painplan/style.html", style.samples(timezone.localdate()))


@login_not_required
@require_GET
def style_patient_page(request: HttpRequest) -> HttpResponse:
    """The parts of the pages that patients open, on one page; only where all patients are invented."""
    if not settings.LOCAL:
        raise Http404
    return render(request, "painplan/style_patient.html", {"scale": range(11)})
