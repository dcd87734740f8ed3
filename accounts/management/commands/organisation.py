"""`organisation add` makes an organisation with its first administrator; `organisation clinic` adds clinics to one.

A new site begins here: everything else is done in the browser by the people of the organisation.
"""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import services
from accounts.audit import Actor
from accounts.models import Organisation
from accounts.tenancy import tenant

JOB = "set-up-organisation"


class Command(BaseCommand):
    help = "Make an organisation with its first administrator (add), or give one a further clinic (clinic)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True)
        add = actions.add_parser("add", help="make an organisation, its clinics and its first administrator")
        add.add_argument("name", help="its name, as people read it")
        add.add_argument("--administrator", required=True, metavar="ADDRESS", help="e-mail address to sign in with")
        add.add_argument("--administrator-name", required=True, metavar="NAME")
        add.add_argument("--time-zone", required=True, help="for example Europe/London")
        add.add_argument("--region", default="", help="us or uk_eu; left out, the lower ceiling of a dose counts")
        add.add_argument("--phone", default="", help="the number that patients may call")
        clinic = actions.add_parser("clinic", help="add a clinic to an organisation")
        clinic.add_argument("organisation", help="the name of the organisation")
        for one in (add, clinic):
            one.add_argument("--clinic", action="append", default=[], metavar="NAME", help="may be repeated")
            one.add_argument(
                "--specialist-clinic", action="append", default=[], metavar="NAME", help="a specialist pain service"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        clinics = [(name, False) for name in options["clinic"]]
        clinics += [(name, True) for name in options["specialist_clinic"]]
        if not clinics:
            raise CommandError("Name at least one --clinic or --specialist-clinic: a patient belongs to one.")
        found = None if options["what"] == "add" else self._found(options["organisation"])
        actor = Actor.for_job(JOB, uuid.uuid4() if found is None else found.pk)
        try:
            with tenant(actor.organisation_id):
                if found is None:
                    found = services.found_organisation(
                        actor=actor,
                        name=options["name"],
                        time_zone=options["time_zone"],
                        region=options["region"],
                        phone=options["phone"],
                        email=options["administrator"],
                        administrator=options["administrator_name"],
                    )
                for name, is_specialist in clinics:
                    services.add_clinic(actor=actor, name=name, is_specialist=is_specialist)
        except services.AccountRefused as refusal:
            raise CommandError(" ".join(f"{field}: {why}" for field, why in refusal.problems)) from None
        self.stdout.write(f"{found.name}: stored, with {len(clinics)} new clinics")
        if options["what"] == "add":
            self.stdout.write("The administrator sets a password through “Forgot your password?” on the sign-in page.")

    @staticmethod
    def _found(name: str) -> Organisation:
        found = Organisation.objects.filter(name=name).first()
        if found is None:
            known = ", ".join(Organisation.objects.order_by("name").values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no organisation {name!r}. On file: {known}.")
        return found
