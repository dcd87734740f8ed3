"""The invented organisations and people of the demo. Data only; `manage.py demo_accounts` stores it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accounts.roles import Role

# Printed by `make demo` and known to everybody; the command refuses to run anywhere else.
PASSWORD: Final = "painplan-demo-only"  # noqa: S105


@dataclass(frozen=True, slots=True)
class DemoClinic:
    name: str
    is_specialist: bool


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person; `clinic` is a name of their organisation's clinics, or empty."""

    name: str
    email: str
    roles: tuple[Role, ...]
    clinic: str = ""


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    name: str
    time_zone: str
    phone: str
    region: str
    clinics: tuple[DemoClinic, ...]
    people: tuple[DemoPerson, ...]


ORGANISATIONS: Final = (
    DemoOrganisation(
        name="Northgate Health",
        time_zone="Europe/London",
        phone="0300 555 0100",
        region="uk_eu",
        clinics=(
            DemoClinic("Northgate pain clinic", True),
            DemoClinic("Northgate diabetes clinic", False),
            DemoClinic("Hillside practice", False),
        ),
        people=(
            DemoPerson("Maya Adeyemi", "clinician@demo.example", (Role.CLINICIAN,), "Northgate pain clinic"),
            DemoPerson("Tomas Lind", "clinician2@demo.example", (Role.CLINICIAN,), "Northgate diabetes clinic"),
            DemoPerson("Harriet Cole", "gp@demo.example", (Role.CLINICIAN,), "Hillside practice"),
            DemoPerson("Rosa Martin", "nurse@demo.example", (Role.NURSE,), "Northgate pain clinic"),
            DemoPerson("Wei Chen", "pharmacist@demo.example", (Role.PHARMACIST,), "Northgate pain clinic"),
            DemoPerson("Ines Duarte", "therapist@demo.example", (Role.THERAPIST,), "Northgate pain clinic"),
            DemoPerson("Noor Haddad", "psychologist@demo.example", (Role.PSYCHOLOGIST,), "Northgate pain clinic"),
            DemoPerson("Sam Okafor", "trainee@demo.example", (Role.TRAINEE,), "Northgate pain clinic"),
            DemoPerson("Ann Becker", "author@demo.example", (Role.RULE_AUTHOR,)),
            DemoPerson("Karl Meyer", "approver@demo.example", (Role.RULE_APPROVER,)),
            DemoPerson("Pat Jones", "admin@demo.example", (Role.ADMINISTRATOR,)),
            DemoPerson("Eva Novak", "auditor@demo.example", (Role.AUDITOR,)),
        ),
    ),
    DemoOrganisation(
        name="Southbank Health",
        time_zone="Europe/London",
        phone="0300 555 0200",
        region="uk_eu",
        clinics=(DemoClinic("Southbank pain clinic", True),),
        people=(
            DemoPerson("Olga Petrov", "outsider@demo.example", (Role.CLINICIAN,), "Southbank pain clinic"),
            DemoPerson("Lee Grant", "admin.south@demo.example", (Role.ADMINISTRATOR,)),
        ),
    ),
)
