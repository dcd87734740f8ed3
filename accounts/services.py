"""Writes about people and their roles. `actor` first, one transaction, one row in the audit trail."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.models import Clinic, Membership, User
from accounts.roles import Permission, Role


class AccountRefused(ValueError):
    """What was entered cannot be stored; `problems` holds (field or "", sentence)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(sentence for _field, sentence in problems))
        self.problems = problems


@transaction.atomic
def add_member(*, actor: Actor, email: str, name: str, role: Role, clinic_id: UUID | None = None) -> Membership:
    """Give a person a role in the actor's organisation; makes the account, without a password, when there is none.

    A new person sets their password through "forgotten password"; no administrator ever knows one.
    """
    require(actor, Permission.MANAGE_ORGANISATION)
    if clinic_id and not Clinic.objects.filter(organisation_id=actor.organisation_id, id=clinic_id).exists():
        raise AccountRefused([("clinic_id", _("This clinic is not of your organisation."))])
    address = email.strip().lower()
    user = User.objects.filter(email=address).first() or User.objects.create_user(address, name=name.strip())
    membership, made = Membership.objects.get_or_create(
        user=user, organisation_id=actor.organisation_id, role=role.value, defaults={"clinic_id": clinic_id}
    )
    if not made:
        raise AccountRefused([("role", _("This person has this role already."))])
    audit.record(
        actor=actor,
        action="member.add",
        target=f"user:{user.pk}",
        detail={"role": role.value, "clinic": str(clinic_id or "")},
    )
    return membership


@transaction.atomic
def remove_member(*, actor: Actor, membership_id: UUID) -> None:
    """Take a role away. It counts from the person's next request on. The last administrator stays."""
    require(actor, Permission.MANAGE_ORGANISATION)
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .filter(organisation_id=actor.organisation_id, id=membership_id)
        .first()
    )
    if membership is None:
        raise AccountRefused([("", _("This role was taken away already."))])
    administrators = Membership.objects.filter(
        organisation_id=actor.organisation_id, role=Role.ADMINISTRATOR.value, user__is_active=True
    )
    if membership.role == Role.ADMINISTRATOR.value and administrators.count() == 1:
        raise AccountRefused([("", _("The last administrator cannot be removed. Name another one first."))])
    audit.record(
        actor=actor, action="member.remove", target=f"user:{membership.user_id}", detail={"role": membership.role}
    )
    membership.delete()
