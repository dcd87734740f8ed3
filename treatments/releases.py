"""Which rulebook is in force: the newest release on file, or the content that is shipped where there is none.

A rulebook is made once per digest and process. Publishing checks the whole content first; a release never changes.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from accounts import audit, tenancy
from treatments import bundle
from treatments.content import Files, build, digest, read_folder, shipped
from treatments.models import RulebookRelease
from treatments.rulebook import Rulebook

JOB = "publish-rulebook"


class NoSuchRelease(LookupError):
    """There is no release with this number or digest."""


def current() -> Rulebook:
    """The rulebook in force. One query; without a database or without a release, the content that is shipped."""
    found = _newest()
    return shipped() if found is None else _made(*found)


def by_number(number: int) -> Rulebook:
    """The rulebook of one release; raises NoSuchRelease."""
    return _made(number, _digest_of(number))


def by_digest(wanted: str) -> Rulebook:
    """The rulebook that a plan was computed with; raises NoSuchRelease when it is neither on file nor shipped."""
    number = RulebookRelease.objects.filter(digest=wanted).aggregate(newest=Max("number"))["newest"]
    if number is not None:
        return _made(number, wanted)
    if shipped().digest == wanted:
        return shipped()
    raise NoSuchRelease(f"no release has the digest {wanted}")


def newest() -> RulebookRelease | None:
    """The release in force without its content, or None where nothing is published."""
    return RulebookRelease.objects.defer("content").order_by("-number").first()


def content_of(number: int | None = None) -> tuple[str, Files]:
    """The name and the content of a release; without a number, of the one in force."""
    if number is None:
        found = _newest()
        if found is None:
            return shipped().release, read_folder()
        number = found[0]
    return str(number), _files(number)


@transaction.atomic
def publish(files: Files, published_by: str) -> RulebookRelease:
    """Make the next release of this content and write it down in the trail of every organisation.

    Raises ContentInvalid with every problem when the content is not fit. Content that is in force already is not
    published again: the release in force is returned. Two callers at once publish one after the other.
    """
    build(files)
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE treatments_rulebookrelease IN SHARE ROW EXCLUSIVE MODE")
    identity, last = digest(files), newest()
    if last is not None and last.digest == identity:
        return last
    release = RulebookRelease.objects.create(
        number=1 if last is None else last.number + 1,
        digest=identity,
        content=bundle.canonical(files),
        published_by=published_by,
    )
    for organisation_id in tenancy.organisations():
        with tenancy.tenant(organisation_id):
            audit.record(
                actor=audit.Actor.for_job(JOB, organisation_id),
                action="rulebook.publish",
                target=f"release:{release.number}",
                detail={"digest": identity, "published_by": published_by},
            )
    return release


def _newest() -> tuple[int, str] | None:
    try:
        return RulebookRelease.objects.order_by("-number").values_list("number", "digest").first()
    except DatabaseError:
        # A command in a clone without a database works on what is shipped. Inside a transaction the error is the
        # caller's: PostgreSQL answers nothing more until it is rolled back.
        if connection.in_atomic_block:
            raise
        return None


def _digest_of(number: int) -> str:
    found = RulebookRelease.objects.filter(number=number).values_list("digest", flat=True).first()
    if found is None:
        raise NoSuchRelease(f"there is no release {number}")
    return found


def _files(number: int) -> dict[str, Any]:
    content = RulebookRelease.objects.filter(number=number).values_list("content", flat=True).first()
    if content is None:
        raise NoSuchRelease(f"there is no release {number}")
    files: dict[str, Any] = json.loads(content)
    return files


@lru_cache(maxsize=8)
def _made(number: int, identity: str) -> Rulebook:
    rulebook = build(_files(number), str(number))
    # INVARIANT: what is read back is what was published (tests/treatments/test_releases.py).
    if rulebook.digest != identity:
        raise RuntimeError(f"release {number} does not have its own digest; the database was changed from outside")
    return rulebook
