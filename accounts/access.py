"""The gate of permissions: `require` refuses with a sentence, `allows` asks the same question without refusing.

Who a request acts for is settled once, by `accounts.middleware.Tenant`, and read with `actor_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.audit import Actor
from accounts.roles import Permission

# What a person reads when a role does not reach. Every permission has its sentence; tests/accounts/test_roles.py looks.
SENTENCES: dict[Permission, str | Promise] = {
    Permission.VIEW_PATIENT: _("Your role does not open patient records."),
    Permission.REGISTER_PATIENT: _("Your role does not register patients."),
    Permission.EDIT_RECORD: _("Your role does not change patient records."),
    Permission.MANAGE_CARE_TEAM: _("Your role does not change care teams."),
    Permission.ASSESS: _("Your role does not assess patients."),
    Permission.SIGN_ASSESSMENT: _("Your role does not sign assessments. Ask a colleague who may sign."),
    Permission.DRAFT_PLAN: _("Your role does not draft plans."),
    Permission.SIGN_PLAN: _("Your role does not sign plans. Ask a clinician to sign."),
    Permission.MANAGE_FOLLOW_UP: _("Your role does not change follow-up."),
    Permission.RECORD_CHECK_IN: _("Your role does not record answers of patients."),
    Permission.SEND_REMINDERS: _("Your role does not send reminders."),
    Permission.VIEW_RULEBOOK: _("Your role does not open the rulebook."),
    Permission.AUTHOR_RULES: _("Your role does not write rules."),
    Permission.APPROVE_RULES: _("Your role does not approve rules."),
    Permission.MANAGE_ORGANISATION: _("Your role does not manage the organisation. Ask an administrator."),
    Permission.VIEW_READ_LOG: _("Your role does not show who opened this record."),
    Permission.VIEW_AUDIT: _("Your role does not open the audit trail."),
}
NO_ORGANISATION = _("Your account belongs to no organisation yet. Ask an administrator to add you.")


class Denied(PermissionDenied):
    """The actor may not do this. The text is a sentence for the page; `code` says which permission was missing."""

    def __init__(self, code: str, sentence: str | Promise, patient_id: object = None) -> None:
        super().__init__(str(sentence))
        self.code = code
        self.patient_id = patient_id


def allows(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's roles, or the job's entry in the table, grant the permission."""
    return permission in actor.permissions


def require(actor: Actor, permission: Permission) -> None:
    """Raise Denied unless the actor may."""
    if not allows(actor, permission):
        raise Denied(permission.value, SENTENCES[permission])


def actor_of(request: HttpRequest) -> Actor:
    """Who this request acts for; Denied when the signed-in user belongs to no organisation."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise Denied("no_organisation", NO_ORGANISATION)
    return actor


_P = ParamSpec("_P")
_View = Callable[Concatenate[HttpRequest, _P], HttpResponse]


def permission_required(permission: Permission) -> Callable[[_View[_P]], _View[_P]]:
    """Guard a view that belongs to no single patient (a list, the rulebook, the audit trail) with one permission."""

    def guard(view: _View[_P]) -> _View[_P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
            require(actor_of(request), permission)
            return view(request, *args, **kwargs)

        return guarded

    return guard
