"""Reads about people, organisations and the audit trail. Each function issues a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.audit import Actor
from accounts.models import AuditEvent, Clinic, Membership, Organisation, User
from accounts.roles import Role

PAGE = 50


def memberships_of(user_id: UUID) -> list[Membership]:
    """Every role of a user who may sign in, with user and organisation, by name of the organisation. One query."""
    return list(
        Membership.objects.filter(user_id=user_id, user__is_active=True)
        .select_related("user", "organisation")
        .order_by("organisation__name", "role")
    )


def actor_for(user_id: UUID, organisation_id: UUID | None = None) -> Actor | None:
    """The user at work in one of their organisations, or None when they belong to none. One query; see `actor_in`."""
    return actor_in(memberships_of(user_id), organisation_id)


def actor_in(memberships: Sequence[Membership], organisation_id: UUID | None = None) -> Actor | None:
    """The user of the memberships at work in one of their organisations; None without a membership. No query.

    `organisation_id` is the one chosen in this session; without it, or when the user no longer belongs to it, the first
    by name.
    """
    if not memberships:
        return None
    chosen = [m for m in memberships if m.organisation_id == organisation_id]
    first = (chosen or memberships)[0]
    mine = [m for m in memberships if m.organisation_id == first.organisation_id]
    return Actor(
        organisation_id=first.organisation_id,
        name=first.user.name,
        user_id=first.user_id,
        roles=frozenset(Role(m.role) for m in mine),
        clinic_ids=frozenset(m.clinic_id for m in mine if m.clinic_id),
        time_zone=first.user.time_zone or first.organisation.time_zone,
    )


def actors_of(user_id: UUID) -> list[Actor]:
    """The user at work in each of their organisations, by name. One query and one for each organisation."""
    return [actor for row in organisations_of(user_id) if (actor := actor_for(user_id, row.pk)) is not None]


def user_id_of(email: str) -> UUID | None:
    """The account with this address, whatever the case; None when there is none. One query."""
    return User.objects.filter(email=email.strip().lower()).values_list("id", flat=True).first()


def organisation(organisation_id: UUID) -> Organisation:
    """One organisation: name, telephone, time zone and quiet hours."""
    return Organisation.objects.get(id=organisation_id)


def organisations_of(user_id: UUID) -> QuerySet[Organisation]:
    """The organisations a user may work in, by name."""
    return Organisation.objects.filter(memberships__user_id=user_id).distinct().order_by("name")


def clinics_of(organisation_id: UUID) -> QuerySet[Clinic]:
    """The clinics of an organisation, by name."""
    return Clinic.objects.filter(organisation_id=organisation_id).order_by("name")


def members_of(organisation_id: UUID) -> QuerySet[Membership]:
    """Every role that somebody holds in the organisation, with user and clinic, by name. One query."""
    return (
        Membership.objects.filter(organisation_id=organisation_id)
        .select_related("user", "clinic")
        .order_by("user__name", "user_id", "role")
    )


def staff_of(organisation_id: UUID, roles: Sequence[Role] = ()) -> QuerySet[User]:
    """People who work in the organisation and may sign in, by name; with `roles`, those who hold one of them."""
    held = Q(memberships__organisation_id=organisation_id)
    if roles:
        held &= Q(memberships__role__in=[role.value for role in roles])
    return User.objects.filter(held, is_active=True).distinct().order_by("name", "id")


def names_of(user_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names for user ids, in one query; ids that are nobody's are left out."""
    return dict(User.objects.filter(id__in=set(user_ids)).values_list("id", "name"))


def who_may_sign_in(user_id: Any) -> QuerySet[User, UUID]:
    """The user whose id an outer query holds, while they may sign in, as a sub-select of the id."""
    return User.objects.filter(id=user_id, is_active=True).values_list("id", flat=True)


def name_of(user_id: Any) -> QuerySet[User, str]:
    """The name of the user whose id an outer query holds, as a sub-select for the lists of other apps."""
    return User.objects.filter(id=user_id).values_list("name", flat=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """What to look for in the audit trail; an empty field looks for everything."""

    patient_id: UUID | None = None
    actor_user_id: UUID | None = None
    action: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class TrailPage:
    """One page of the trail, newest first; `before` continues it and is None on the last page."""

    events: list[AuditEvent]
    before: int | None


def trail(organisation_id: UUID, wanted: TrailFilter, before: int | None = None, size: int = PAGE) -> TrailPage:
    """Who did or read what in the organisation, newest first, keyset-paged by place in the chain. One query."""
    events = AuditEvent.objects.filter(organisation_id=organisation_id, sequence__isnull=False)
    if wanted.patient_id:
        events = events.filter(patient_id=wanted.patient_id)
    if wanted.actor_user_id:
        events = events.filter(actor_user_id=wanted.actor_user_id)
    if wanted.action:
        events = events.filter(action__startswith=wanted.action)
    if wanted.since:
        events = events.filter(at__date__gte=wanted.since)
    if wanted.until:
        events = events.filter(at__date__lte=wanted.until)
    if before:
        events = events.filter(sequence__lt=before)
    rows = list(events.order_by("-sequence")[: size + 1])
    return TrailPage(rows[:size], rows[size - 1].sequence if len(rows) > size else None)
