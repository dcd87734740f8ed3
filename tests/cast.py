"""The cast of the tests: who they are, where they work, and the patient they look after.

A clinic with one member for each role, and an outsider who does the same work in another organisation. Ask for them by
name: `def test_x(clinician, patient): ...`. `member.actor` acts in services, `member.client` is a signed-in browser.

In an ordinary test the organisation's rows are visible from the moment a fixture of it is used, as inside a request.
In a test that commits (`transactional_db`, `live_server`) nothing is held open: use `accounts.tenancy.tenant`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts import queries
from accounts.audit import Actor
from accounts.models import Clinic, Membership, Organisation, User
from accounts.roles import Role
from accounts.tenancy import tenant
from patients import services
from patients.models import Patient
from tests import databases

TODAY = dt.date.today()
PASSWORD = "correct horse battery staple"


@dataclass
class Member:
    """One person with one role in one organisation."""

    user: User
    organisation: Organisation

    @property
    def actor(self) -> Actor:
        """The person at work, as services and the gate see them; roles are read anew."""
        actor = queries.actor_for(self.user.pk, self.organisation.pk)
        assert actor is not None
        return actor

    @cached_property
    def client(self) -> Client:
        """A browser in which the person is signed in."""
        client = Client()
        client.force_login(self.user)
        return client


def member(organisation: Organisation, name: str, role: Role, clinic: Clinic | None = None) -> Member:
    """Make a person with this role; the e-mail address is made of the name."""
    email = f"{name.lower().replace(' ', '.')}@{organisation.pk.hex[:8]}.example"
    user = User.objects.create_user(email, PASSWORD, name=name)
    Membership.objects.create(user=user, organisation=organisation, role=role.value, clinic=clinic)
    return Member(user, organisation)


@contextmanager
def owner_cursor() -> Iterator[Any]:
    """The owner of the tables, in the test database: what an application that was broken into still cannot be."""
    role = settings.DATABASE_OWNER
    name = connection.settings_dict["NAME"]
    link = psycopg2.connect(dbname=name, user=role["USER"], password=role["PASSWORD"] or None, **databases._place())
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            yield cursor
    finally:
        link.close()


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(
        {"transactional_db", "live_server"} & set(request.fixturenames)
        or (marker and marker.kwargs.get("transaction", False))
    )


@pytest.fixture
def organisation(request: pytest.FixtureRequest, db: None) -> Iterator[Organisation]:
    """Northgate Health, whose rows are visible in this test."""
    organisation = Organisation.objects.create(
        name="Northgate Health", phone="0300 555 0100", time_zone="Europe/London", region="uk_eu"
    )
    with nullcontext() if _commits(request) else tenant(organisation.pk):
        yield organisation


@pytest.fixture
def other_organisation(db: None) -> Organisation:
    """Southbank Health, which must stay invisible."""
    return Organisation.objects.create(name="Southbank Health", time_zone="Europe/London", region="uk_eu")


@pytest.fixture
def clinic(organisation: Organisation) -> Clinic:
    return Clinic.objects.create(organisation=organisation, name="Pain clinic", is_specialist=True)


@pytest.fixture
def other_clinic(other_organisation: Organisation) -> Clinic:
    return Clinic.objects.create(organisation=other_organisation, name="Pain clinic")


@pytest.fixture
def clinician(organisation: Organisation, clinic: Clinic) -> Member:
    return member(organisation, "Maya Adeyemi", Role.CLINICIAN, clinic)


@pytest.fixture
def colleague(organisation: Organisation) -> Member:
    """Another clinician of the organisation, in no clinic and no care team."""
    return member(organisation, "Tomas Lind", Role.CLINICIAN)


@pytest.fixture
def nurse(organisation: Organisation, clinic: Clinic) -> Member:
    return member(organisation, "Rosa Martin", Role.NURSE, clinic)


@pytest.fixture
def pharmacist(organisation: Organisation, clinic: Clinic) -> Member:
    return member(organisation, "Wei Chen", Role.PHARMACIST, clinic)


@pytest.fixture
def therapist(organisation: Organisation, clinic: Clinic) -> Member:
    return member(organisation, "Ines Duarte", Role.THERAPIST, clinic)


@pytest.fixture
def psychologist(organisation: Organisation, clinic: Clinic) -> Member:
    return member(organisation, "Noor Haddad", Role.PSYCHOLOGIST, clinic)


@pytest.fixture
def trainee(organisation: Organisation, clinic: Clinic) -> Member:
    """Does all the work of a clinician and may sign nothing."""
    return member(organisation, "Sam Okafor", Role.TRAINEE, clinic)


@pytest.fixture
def rule_author(organisation: Organisation) -> Member:
    return member(organisation, "Ann Becker", Role.RULE_AUTHOR)


@pytest.fixture
def rule_approver(organisation: Organisation) -> Member:
    return member(organisation, "Karl Meyer", Role.RULE_APPROVER)


@pytest.fixture
def administrator(organisation: Organisation) -> Member:
    return member(organisation, "Pat Jones", Role.ADMINISTRATOR)


@pytest.fixture
def auditor(organisation: Organisation) -> Member:
    return member(organisation, "Eva Novak", Role.AUDITOR)


@pytest.fixture
def outsider(other_organisation: Organisation, other_clinic: Clinic) -> Member:
    """A clinician of another organisation: nobody here exists for them."""
    return member(other_organisation, "Olga Petrov", Role.CLINICIAN, other_clinic)


@pytest.fixture
def today() -> dt.date:
    return TODAY


NewPatient = Callable[..., Patient]


@pytest.fixture
def new_patient(clinician: Member, clinic: Clinic) -> NewPatient:
    """Register a further patient: `new_patient(family_name="Berg", number="77")`; the rest has defaults."""
    count = 0

    def make(by: Member | None = None, clinic_id: object = None, **changes: object) -> Patient:
        nonlocal count
        count += 1
        who = by or clinician
        details: dict[str, object] = {
            "clinic_id": clinic_id or clinic.pk,
            "number": f"N-{1000 + count}",
            "family_name": f"Testperson{count}",
            "given_names": "Alex",
            "birth_date": dt.date(1960, 1, 1) + dt.timedelta(days=count),
            "sex": "female",
            "pregnancy": "not_applicable",
        }
        details |= changes
        with tenant(who.organisation.pk):
            return services.register_patient(
                actor=who.actor,
                details=services.Details(**details),  # type: ignore[arg-type]
                confirmed=True,
                today=TODAY,
            )

    return make


@pytest.fixture
def patient(new_patient: NewPatient, clinician: Member) -> Patient:
    """Ingrid Johansson, whom the clinician looks after."""
    made = new_patient(
        family_name="Johansson",
        given_names="Ingrid",
        number="40218",
        birth_date=dt.date(1951, 5, 2),
        email="ingrid@example.org",
        reminder_consent=True,
        reminder_consent_on=TODAY,
    )
    with tenant(clinician.organisation.pk):
        services.join_care_team(actor=clinician.actor, patient=made, user_id=clinician.user.pk, since=TODAY)
    return made


@pytest.fixture
def foreign_patient(new_patient: NewPatient, outsider: Member, other_clinic: Clinic) -> Patient:
    """A patient of the other organisation."""
    return new_patient(by=outsider, clinic_id=other_clinic.pk, family_name="Foreign", number="F-1")
