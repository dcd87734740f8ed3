"""Our choices for django-allauth: nobody signs up, and signing in and out leaves a row in the audit trail."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from accounts import audit, queries
from accounts.tenancy import tenant


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator; a person signs in with the address that the administrator entered."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **rest: Any) -> HttpResponse:
        _record(user, "session.start")
        return super().post_login(request, user, **rest)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            _record(request.user, "session.end")
        super().logout(request)


def _record(user: Any, action: str) -> None:
    actor = queries.actor_for(user.pk)
    if actor is not None:
        with tenant(actor.organisation_id):
            audit.record(actor=actor, action=action, target=f"user:{user.pk}")
