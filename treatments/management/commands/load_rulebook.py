"""`manage.py load_rulebook`: make the shipped content the release in force."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from treatments import releases
from treatments.content import ContentInvalid, digest, read_folder


class Command(BaseCommand):
    help = "Publish the shipped content as release 1. Calling it again changes nothing unless the content changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--publish-changes",
            action="store_true",
            help="publish shipped content that differs from the release in force (done without asking in the demo)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            files = read_folder()
            newest = releases.newest()
            if newest is not None and newest.digest != digest(files) and not _may_follow(options["publish_changes"]):
                raise CommandError(
                    f"The shipped content differs from release {newest.number}. See what changed with "
                    f"'rulebook diff {newest.number} shipped'; publish it with --publish-changes."
                )
            release = releases.publish(files, published_by="load_rulebook")
        except ContentInvalid as error:
            raise CommandError(f"The shipped content cannot be published:\n{error}") from None
        what = "is in force" if newest is not None and newest.number == release.number else "is published"
        self.stdout.write(f"Release {release.number} {what}: {release.digest}")


def _may_follow(asked: bool) -> bool:
    # In the demo nobody edits rules elsewhere, so the files are the truth. A site publishes on purpose.
    return asked or bool(settings.DEMO)
