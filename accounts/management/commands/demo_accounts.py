"""Make the demo's organisations, clinics and people. Running it again changes nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import demo
from accounts.models import Clinic, Membership, Organisation, User


class Command(BaseCommand):
    help = "Make the demo's organisations and people and print how to sign in. Only where all patients are invented."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError(
                "demo_accounts makes people with a published password. It runs only in the demo (PAINPLAN_DEMO=1)."
            )
        with transaction.atomic():
            for organisation in demo.ORGANISATIONS:
                _store(organisation)
        self.stdout.write(f"Sign-ins of the demo, all with the password {demo.PASSWORD}")
        for organisation in demo.ORGANISATIONS:
            self.stdout.write(f"  {organisation.name}")
            for person in organisation.people:
                roles = ", ".join(role.value.replace("_", " ") for role in person.roles)
                self.stdout.write(f"    {person.email:<26} {person.name:<14} {roles}")


def _store(wanted: demo.DemoOrganisation) -> None:
    organisation, _made = Organisation.objects.get_or_create(
        name=wanted.name,
        defaults={"time_zone": wanted.time_zone, "phone": wanted.phone, "region": wanted.region},
    )
    clinics = {
        clinic.name: Clinic.objects.get_or_create(
            organisation=organisation, name=clinic.name, defaults={"is_specialist": clinic.is_specialist}
        )[0]
        for clinic in wanted.clinics
    }
    for person in wanted.people:
        user = User.objects.filter(email=person.email).first() or User.objects.create_user(
            person.email, demo.PASSWORD, name=person.name
        )
        for role in person.roles:
            Membership.objects.get_or_create(
                user=user,
                organisation=organisation,
                role=role.value,
                defaults={"clinic": clinics.get(person.clinic)},
            )
