"""The versions of a patient's plans, and what changed between two of them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from treatments import queries
from treatments.plan_changes import changes
from treatments.queries import PlanLine
from treatments.views.desk import desk_of

# A plan that changes every week for two years has this many; older ones stay on file and are said to be left out.
MOST_VERSIONS = 100


@require_GET
def plan_versions(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """All versions, and the difference between two: the newest against the one before, unless others are chosen.

    `day=today`: what counts or is drafted now against what counted when the day began.
    """
    desk = desk_of(request, patient_id)
    lines = queries.plans_of(desk.patient.pk, MOST_VERSIONS + 1)
    is_cut, lines = len(lines) > MOST_VERSIONS, lines[:MOST_VERSIONS]
    is_today = request.GET.get("day") == "today"
    after = lines[0] if is_today and lines else _chosen(lines, request.GET.get("after", ""), lines[:1])
    if is_today:
        before = _in_force(lines, desk.today)
    else:
        before = _chosen(lines, request.GET.get("before", ""), _older(lines, after))
    old = queries.plan_of(desk.patient.pk, before.id) if before else None
    new = queries.plan_of(desk.patient.pk, after.id) if after else None
    context = desk.frame() | {
        "lines": lines,
        "is_cut": is_cut,
        "is_today": is_today,
        "before": before,
        "after": after,
        "same": before is not None and before == after,
        "changes": changes(old, new) if new and old != new else [],
    }
    return render(request, "treatments/versions.html", context)


def _chosen(lines: list[PlanLine], key: str, otherwise: list[PlanLine]) -> PlanLine | None:
    """The version that the address names; the first of `otherwise` where it names none. 404 for any other."""
    if not key:
        return otherwise[0] if otherwise else None
    found = next((line for line in lines if str(line.id) == key), None)
    if found is None:
        raise Http404
    return found


def _older(lines: list[PlanLine], after: PlanLine | None) -> list[PlanLine]:
    """The signed versions before this one, the newest first."""
    if after is None:
        return []
    return [line for line in lines[lines.index(after) + 1 :] if line.signed_at]


def _in_force(lines: list[PlanLine], today: date) -> PlanLine | None:
    """The version that counted when the day began."""
    for line in lines:
        signed, ended = line.signed_at, line.ended_at
        if signed and timezone.localdate(signed) < today and (ended is None or timezone.localdate(ended) >= today):
            return line
    return None
