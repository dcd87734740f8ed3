"""Our choices for django-allauth: nobody signs up, and what happens at the door leaves a row in the audit trail.

Signing in and out, a wrong password for an account that exists, a new password, a second factor set up, taken away or
answered wrongly. The trail belongs to an organisation, so an address that is nobody's leaves no row; the limits of
django-allauth count it.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import signals as mfa_signals
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from accounts import audit, queries
from accounts.tenancy import tenant


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator; a person signs in with the address that the administrator entered."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **rest: Any) -> HttpResponse:
        _record(user.pk, "session.start")
        return super().post_login(request, user, **rest)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            _record(request.user.pk, "session.end")
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        user_id = queries.user_id_of(credentials.get("email", ""))
        if user_id is not None:
            _record(user_id, "session.fail")


# Each signal of the door with the action that it leaves in the trail.
_DEEDS = {
    account_signals.password_changed: "password.change",
    account_signals.password_set: "password.change",
    account_signals.password_reset: "password.reset",
    mfa_signals.authenticator_added: "second-factor.add",
    mfa_signals.authenticator_removed: "second-factor.remove",
    mfa_signals.authenticator_reset: "second-factor.reset",
    mfa_signals.authentication_failed: "second-factor.fail",
}


@receiver(list(_DEEDS), dispatch_uid="accounts.door")
def _note_deed(signal: Any, user: Any, **rest: Any) -> None:
    _record(user.pk, _DEEDS[signal])


def _record(user_id: Any, action: str) -> None:
    """One row in the trail of every organisation that the person works in: each must see it."""
    for actor in queries.actors_of(user_id):
        with tenant(actor.organisation_id):
            audit.record(actor=actor, action=action, target=f"user:{user_id}")
