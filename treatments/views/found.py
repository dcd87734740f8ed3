"""Active plans that today's rules would no longer propose, over the whole organisation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import actor_of, permission_required
from accounts.roles import Permission
from patients.access import record_listing
from treatments import queries, releases


@require_GET
@permission_required(Permission.VIEW_PATIENT)
def plans_found(request: HttpRequest) -> HttpResponse:
    """The gravest first, a page at a time; as the last look found them, which the page says."""
    actor = actor_of(request)
    rulebook = releases.current()
    page = queries.found_page(actor.organisation_id, rulebook.digest, request.GET.get("after", ""))
    record_listing(actor, [line.patient_id for line in page.lines], list_name="plans under the rules of today")
    context = {"page": page, "release": rulebook.digest[7:19], "is_first": not request.GET.get("after")}
    return render(request, "treatments/found.html", context)
