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
from django.db import connection, transaction
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


def northgate() -> Organisation:
    return Organisation.objects.create(
        name="Northgate Health", phone="0300 555 0100", time_zone="Europe/London", region="uk_eu"
    )


def southbank() -> Organisation:
    return Organisation.objects.create(name="Southbank Health", time_zone="Europe/London", region="uk_eu")


def pain_clinic(organisation: Organisation, *, is_specialist: bool = False) -> Clinic:
    return Clinic.objects.create(organisation=organisation, name="Pain clinic", is_specialist=is_specialist)


# One for each role; those in `_IN_NO_CLINIC` work for the organisation as a whole.
STAFF = {
    Role.CLINICIAN: "Maya Adeyemi",
    Role.NURSE: "Rosa Martin",
    Role.PHARMACIST: "Wei Chen",
    Role.THERAPIST: "Ines Duarte",
    Role.PSYCHOLOGIST: "Noor Haddad",
    Role.TRAINEE: "Sam Okafor",
    Role.RULE_AUTHOR: "Ann Becker",
    Role.RULE_APPROVER: "Karl Meyer",
    Role.ADMINISTRATOR: "Pat Jones",
    Role.AUDITOR: "Eva Novak",
}
_IN_NO_CLINIC = frozenset({Role.RULE_AUTHOR, Role.RULE_APPROVER, Role.ADMINISTRATOR, Role.AUDITOR})


def staff(role: Role, organisation: Organisation, clinic: Clinic | None = None) -> Member:
    """The one person of this role."""
    return member(organisation, STAFF[role], role, None if role in _IN_NO_CLINIC else clinic)


def stranger(organisation: Organisation, clinic: Clinic) -> Member:
    return member(organisation, "Olga Petrov", Role.CLINICIAN, clinic)


@contextmanager
def around_tests(blocker: Any) -> Iterator[None]:
    """What a fixture of a whole module makes in this block stands in each of its tests, and is gone after the last.

    Each test is rolled back to it as to the beginning of a transaction. A module with a test that commits cannot use
    this: such a test gets a new database.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def organisation(request: pytest.FixtureRequest, db: None) -> Iterator[Organisation]:
    """Northgate Health, whose rows are visible in this test."""
    organisation = northgate()
    with nullcontext() if _commits(request) else tenant(organisation.pk):
        yield organisation


@pytest.fixture
def other_organisation(db: None) -> Organisation:
    """Southbank Health, which must stay invisible."""
    return southbank()


@pytest.fixture
def clinic(organisation: Organisation) -> Clinic:
    return pain_clinic(organisation, is_specialist=True)


@pytest.fixture
def other_clinic(other_organisation: Organisation) -> Clinic:
    return pain_clinic(other_organisation)


@pytest.fixture
def clinician(organisation: Organisation, clinic: Clinic) -> Member:
    return staff(Role.CLINICIAN, organisation, clinic)


@pytest.fixture
def colleague(organisation: Organisation) -> Member:
    """Another clinician of the organisation, in no clinic and no care team."""
    return member(organisation, "Tomas Lind", Role.CLINICIAN)


@pytest.fixture
def nurse(organisation: Organisation, clinic: Clinic) -> Member:
    return staff(Role.NURSE, organisation, clinic)


@pytest.fixture
def pharmacist(organisation: Organisation, clinic: Clinic) -> Member:
    return staff(Role.PHARMACIST, organisation, clinic)


@pytest.fixture
def therapist(organisation: Organisation, clinic: Clinic) -> Member:
    return staff(Role.THERAPIST, organisation, clinic)


@pytest.fixture
def psychologist(organisation: Organisation, clinic: Clinic) -> Member:
    return staff(Role.PSYCHOLOGIST, organisation, clinic)


@pytest.fixture
def trainee(organisation: Organisation, clinic: Clinic) -> Member:
    """Does all the work of a clinician and may sign nothing."""
    return staff(Role.TRAINEE, organisation, clinic)


@pytest.fixture
def rule_author(organisation: Organisation) -> Member:
    return staff(Role.RULE_AUTHOR, organisation)


@pytest.fixture
def rule_approver(organisation: Organisation) -> Member:
    return staff(Role.RULE_APPROVER, organisation)


@pytest.fixture
def administrator(organisation: Organisation) -> Member:
    return staff(Role.ADMINISTRATOR, organisation)


@pytest.fixture
def auditor(organisation: Organisation) -> Member:
    return staff(Role.AUDITOR, organisation)


@pytest.fixture
def outsider(other_organisation: Organisation, other_clinic: Clinic) -> Member:
    """A clinician of another organisation: nobody here exists for them."""
    return stranger(other_organisation, other_clinic)


@pytest.fixture
def today() -> dt.date:
    return TODAY


NewPatient = Callable[..., Patient]


INGRID: dict[str, object] = {
    "family_name": "Johansson",
    "given_names": "Ingrid",
    "number": "40218",
    "birth_date": dt.date(1951, 5, 2),
    "email": "ingrid@example.org",
    "reminder_consent": True,
    "reminder_consent_on": TODAY,
}
FOREIGN: dict[str, object] = {"family_name": "Foreign", "number": "F-1"}


def register(who: Member, count: int, **changes: object) -> Patient:
    """Register a patient as this person; what is not said has defaults, which differ with `count`."""
    details: dict[str, object] = {
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


def look_after(who: Member, patient: Patient) -> Patient:
    """Let the person be in the patient's care team."""
    with tenant(who.organisation.pk):
        services.join_care_team(actor=who.actor, patient=patient, user_id=who.user.pk, since=TODAY)
    return patient


@pytest.fixture
def new_patient(clinician: Member, clinic: Clinic) -> NewPatient:
    """Register a further patient: `new_patient(family_name="Berg", number="77")`; the rest has defaults."""
    count = 0

    def make(by: Member | None = None, clinic_id: object = None, **changes: object) -> Patient:
        nonlocal count
        count += 1
        return register(by or clinician, count, clinic_id=clinic_id or clinic.pk, **changes)

    return make


@pytest.fixture
def patient(new_patient: NewPatient, clinician: Member) -> Patient:
    """Ingrid Johansson, whom the clinician looks after."""
    return look_after(clinician, new_patient(**INGRID))


@pytest.fixture
def foreign_patient(new_patient: NewPatient, outsider: Member, other_clinic: Clinic) -> Patient:
    """A patient of the other organisation."""
    return new_patient(by=outsider, clinic_id=other_clinic.pk, **FOREIGN)
