"""Writes about people and their roles. `actor` first, one transaction, one row in the audit trail."""

from __future__ import annotations

import zoneinfo
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.models import Clinic, Membership, Organisation, User
from accounts.roles import Permission, Role


class AccountRefused(ValueError):
    """What was entered cannot be stored; `problems` holds (field or "", sentence)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(sentence for _field, sentence in problems))
        self.problems = problems


@transaction.atomic
def found_organisation(
    *, actor: Actor, name: str, time_zone: str, region: str = "", phone: str = "", email: str, administrator: str
) -> Organisation:
    """Make an organisation and the account of its first administrator; see `add_member` for the password.

    The actor is a job of the organisation that is made: its `organisation_id` becomes the id.
    """
    require(actor, Permission.MANAGE_ORGANISATION)
    problems = []
    if not name.strip():
        problems.append(("name", _("This is needed.")))
    elif Organisation.objects.filter(name=name.strip()).exists():
        problems.append(("name", _("There is an organisation of this name.")))
    if time_zone not in zoneinfo.available_timezones():
        problems.append(("time_zone", _("This time zone is not known. An example: Europe/London.")))
    if region not in {"", *Organisation.Region.values}:
        regions = ", ".join(Organisation.Region.values)
        problems.append(("region", _("The region must be one of: %(regions)s.") % {"regions": regions}))
    try:
        validate_email(email.strip())
    except ValidationError as error:
        problems.append(("email", error.messages[0]))
    if problems:
        raise AccountRefused(problems)
    organisation = Organisation.objects.create(
        id=actor.organisation_id, name=name.strip(), time_zone=time_zone, region=region, phone=phone.strip()
    )
    audit.record(actor=actor, action="organisation.add", target=f"organisation:{organisation.pk}")
    add_member(actor=actor, email=email, name=administrator, role=Role.ADMINISTRATOR)
    return organisation


@transaction.atomic
def add_clinic(*, actor: Actor, name: str, is_specialist: bool) -> Clinic:
    """Add a team to the actor's organisation; a specialist one may use what others may not start by themselves."""
    require(actor, Permission.MANAGE_ORGANISATION)
    if not name.strip():
        raise AccountRefused([("name", _("This is needed."))])
    clinic, made = Clinic.objects.get_or_create(
        organisation_id=actor.organisation_id, name=name.strip(), defaults={"is_specialist": is_specialist}
    )
    if not made:
        raise AccountRefused([("name", _("There is a clinic of this name."))])
    audit.record(actor=actor, action="clinic.add", target=f"clinic:{clinic.pk}")
    return clinic


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
    # One at a time, so that two administrators cannot remove each other at the same moment.
    Organisation.objects.select_for_update(no_key=True).get(id=actor.organisation_id)
    membership = Membership.objects.filter(organisation_id=actor.organisation_id, id=membership_id).first()
    if membership is None:
        raise AccountRefused([("", _("This role was taken away already."))])
    others = Membership.objects.filter(
        organisation_id=actor.organisation_id, role=Role.ADMINISTRATOR.value, user__is_active=True
    ).exclude(id=membership.pk)
    if membership.role == Role.ADMINISTRATOR.value and not others.exists():
        raise AccountRefused([("", _("The last administrator cannot be removed. Name another one first."))])
    audit.record(
        actor=actor, action="member.remove", target=f"user:{membership.user_id}", detail={"role": membership.role}
    )
    membership.delete()
