"""Settles for each request who acts and in which organisation, and opens that organisation's transaction around it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit, queries
from accounts.access import Denied
from accounts.tenancy import tenant

SESSION_KEY = "organisation"


class Tenant:
    """Set `request.actor` and run the view inside `tenant(...)`: one transaction a request.

    An answer of 500 or more rolls everything back, so no half of a deed is stored. Refusals (403, and 404 for a record
    of another organisation) leave a row in the audit trail. Everything that needs the database must be read before the
    answer is returned; a streaming answer would be read after the transaction, when no row is visible.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = None
        if request.user.is_authenticated:
            held = request.user.held_memberships
            memberships = queries.memberships_of(request.user.pk) if held is None else held
            actor = queries.actor_in(memberships, _chosen(request.session.get(SESSION_KEY)))
        request.actor = actor  # type: ignore[attr-defined]  # Read through accounts.access.actor_of.
        if actor is None:
            return self.get_response(request)
        # Days and times are those of the person who reads, or of the organisation.
        with timezone.override(actor.time_zone), tenant(actor.organisation_id):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        actor: audit.Actor | None = getattr(request, "actor", None)
        if actor is not None and isinstance(exception, Denied):
            audit.record(
                actor=actor,
                action="access.denied",
                patient_id=exception.patient_id if isinstance(exception.patient_id, UUID) else None,
                detail={"permission": exception.code, "view": _view_name(request)},
            )
        elif actor is not None and hasattr(exception, "missed_patient_id"):
            # The id may belong to another organisation; it is kept in the detail and never as this one's patient.
            audit.record(
                actor=actor,
                action="access.not_found",
                detail={"patient": str(exception.missed_patient_id), "view": _view_name(request)},
            )


def _chosen(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _view_name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""
