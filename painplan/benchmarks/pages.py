"""What a page costs as an organisation grows: the same clinician, the same patients, a hundred times as many others.

Two scratch databases with equal tables, one with few patients and one with many, asked in turns, so that whatever else
the machine does falls on both. The application's role and the row-level policies are in force. Baseline of each figure
is the small organisation.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import queries as account_queries
from accounts.demo import ORGANISATIONS
from accounts.tenancy import organisations, tenant
from painplan.benchmarks.history import lengthen
from painplan.benchmarks.measure import Figure, figure, middle, p95
from painplan.benchmarks.population import multiply
from painplan.benchmarks.scratch import Scratch, scratch_database
from painplan.demo_data.generate import stories
from painplan.demo_data.write import tell
from patients import queries as patient_queries

CLINICIAN = "clinician@demo.example"
SMALL, LARGE = 200, 20_000
# Patients that are told as stories; the others are copies of them.
TOLD = 40
SUBJECTS = 8
ROUNDS = 8
# How many colleagues share the patients that are not the clinician's.
COLLEAGUES = 100
# How long the history of a patient is made, in rows of the record, and how often the plan is opened in each round.
EVENTS = 2_000
OPENED = 5


class PagesDiffer(RuntimeError):
    """A page could not be measured: it did not answer as a page."""


@dataclass(frozen=True, slots=True)
class First:
    """A database with the first patients of an organisation, and who of them is looked at."""

    scratch: Scratch
    organisation_id: UUID
    subjects: list[UUID]


@dataclass(slots=True)
class _Place:
    """One organisation in one database, with a signed-in clinician."""

    scratch: Scratch
    client: Client
    link: Any
    times: dict[str, list[float]] = field(default_factory=dict)
    queries: dict[str, list[int]] = field(default_factory=dict)


def figures(
    small: int = SMALL,
    large: int = LARGE,
    rounds: int = ROUNDS,
    told: int = TOLD,
    opened: int = OPENED,
    first: First | None = None,
) -> Iterator[Figure]:
    """Queries and times of worklist, overview and proposal in a `large` organisation, beside those in a `small` one.

    Then those of the proposal of one patient with a long history.

    `first` is a database with the `told` patients that may be copied, which is quicker than telling them.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    cache = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    with ExitStack() as stack:
        stack.enter_context(
            override_settings(
                STORAGES=settings.STORAGES | {"staticfiles": plain},
                CACHES=cache,
                ALLOWED_HOSTS=["testserver"],
                DEBUG=False,
            )
        )
        first = first or stack.enter_context(first_patients(told))
        organisation_id, subjects = first.organisation_id, first.subjects
        few_patients = stack.enter_context(scratch_database("small", copy_of=first.scratch))
        began = time.perf_counter()
        with few_patients.as_owner() as cursor:
            few = multiply(cursor, organisation_id, range(1, max(2, small // told)))
        many_patients = stack.enter_context(scratch_database("large", copy_of=few_patients))
        with many_patients.as_owner() as cursor:
            staff = _colleagues(cursor, organisation_id)
            copies = range(1000, 1000 + max(1, large // few - 1))
            many = multiply(cursor, organisation_id, copies, staff=staff, checked=False)
        places = (few_patients, many_patients)
        for scratch in places:
            scratch.analyse()
        yield figure("pages.patients", many, "patients", baseline=few)
        yield figure("pages.copying", time.perf_counter() - began, "s")
        yield from _measured([_place(scratch) for scratch in places], subjects, rounds)
        yield from _with_history(few_patients, organisation_id, subjects[0], opened * rounds)


@contextmanager
def first_patients(told: int, empty: Scratch | None = None) -> Iterator[First]:
    """A database with patients who have plans and answers, written through the services.

    `empty` is a database with today's tables that may be copied, which is quicker than making one.
    """
    with scratch_database("first", copy_of=empty) as scratch:
        yield First(scratch, *_told(told))


def _told(told: int) -> tuple[UUID, list[UUID]]:
    call_command("demo_accounts", stdout=io.StringIO())
    call_command("load_rulebook", stdout=io.StringIO())
    name = ORGANISATIONS[0].name
    organisation_id = next(key for key in organisations() if account_queries.organisation(key).name == name)
    now = datetime.now(UTC)
    mine = [story for story in stories(now.date()) if story.organisation == name and CLINICIAN in story.team]
    mine.sort(key=lambda story: not any(visit.plan and visit.plan.signed for visit in story.visits))
    tell(organisation_id, mine[:told], now.date(), now)
    with tenant(organisation_id):
        page = patient_queries.patients_page(organisation_id, size=told)
    known = {patient.number: patient.pk for patient in page.patients}
    return organisation_id, [known[story.person.number] for story in mine[: min(SUBJECTS, told)]]


def _colleagues(cursor: Any, organisation_id: UUID) -> list[UUID]:
    """People who look after the patients that are not the clinician's."""
    ids = [uuid4() for _ in range(COLLEAGUES)]
    for user_id in ids:
        cursor.execute(
            "INSERT INTO accounts_user (id, password, is_superuser, email, name, time_zone, is_active, is_staff)"
            " VALUES (%s, '!', false, %s, 'Colleague', '', true, false)",
            (str(user_id), f"{user_id.hex}@bench.example"),
        )
        cursor.execute(
            "INSERT INTO accounts_membership (id, role, organisation_id, user_id) VALUES (%s, 'clinician', %s, %s)",
            (str(uuid4()), str(organisation_id), str(user_id)),
        )
    return ids


def _place(scratch: Scratch) -> _Place:
    scratch.use()
    client = Client()
    organisation_id = next(
        key for key in organisations() if account_queries.organisation(key).name == ORGANISATIONS[0].name
    )
    client.force_login(account_queries.staff_of(organisation_id).get(email=CLINICIAN))
    place = _Place(scratch, client, connection.connection)
    connection.connection = None  # Stays open while the other database is asked.
    return place


@contextmanager
def _at(place: _Place) -> Iterator[None]:
    """Django speaks with this place's database, over the connection that it opened first."""
    connection.settings_dict["NAME"] = place.scratch.name
    connection.connection = place.link
    try:
        yield
    finally:
        connection.connection = None


def _measured(places: list[_Place], subjects: list[UUID], rounds: int) -> Iterator[Figure]:
    pages = {
        "worklist": [reverse("worklist")] * len(subjects),
        "overview": [reverse("patient-overview", args=[subject]) for subject in subjects],
        "proposal": [reverse("patient-plan", args=[subject]) for subject in subjects],
    }
    try:
        for place in places:
            with _at(place):
                for name, addresses in pages.items():
                    place.times[name] = []
                    place.queries[name] = [_count(place.client, address) for address in addresses]
        for round_ in range(rounds):
            turns = places if round_ % 2 else places[::-1]
            for name, addresses in pages.items():
                for address in addresses:
                    for place in turns:
                        with _at(place):
                            began = time.perf_counter()
                            _open(place.client, address)
                            place.times[name].append((time.perf_counter() - began) * 1000)
    finally:
        for place in places:
            place.link.close()
    few, many = places
    for name in pages:
        short, long = sorted(few.times[name]), sorted(many.times[name])
        if few.queries[name] != many.queries[name]:
            more = max(b - a for a, b in zip(few.queries[name], many.queries[name], strict=True))
            yield figure(f"{name}.queries.growth", more, "queries")
        yield figure(f"{name}.queries", max(many.queries[name]), "queries", baseline=max(few.queries[name]))
        yield figure(f"{name}.median", middle(long), "ms", baseline=middle(short), n=len(long))
        yield figure(f"{name}.p95", p95(long), "ms", baseline=p95(short), n=len(long))


def _with_history(scratch: Scratch, organisation_id: UUID, patient_id: UUID, times_each: int) -> Iterator[Figure]:
    """The plan of one patient with a long history; the baseline is the same patient's before."""
    place = _place(scratch)
    address = reverse("patient-plan", args=[patient_id])
    try:
        with _at(place):
            before: list[float] = []
            after: list[float] = []
            few = _count(place.client, address)
            for times in (before, after):
                for _ in range(times_each):
                    began = time.perf_counter()
                    _open(place.client, address)
                    times.append((time.perf_counter() - began) * 1000)
                if times is before:
                    with scratch.as_owner() as cursor:
                        added = lengthen(cursor, organisation_id, patient_id, EVENTS)
                    scratch.analyse()
            many = _count(place.client, address)
    finally:
        place.link.close()
    yield figure("proposal.history.events", added, "rows")
    yield figure("proposal.history.queries", many, "queries", baseline=few)
    yield figure("proposal.history.median", middle(sorted(after)), "ms", baseline=middle(sorted(before)), n=len(after))
    yield figure("proposal.history.p95", p95(sorted(after)), "ms", baseline=p95(sorted(before)), n=len(after))


def _count(client: Client, address: str) -> int:
    """How many queries a page issues once everything that is kept in memory is there."""
    _open(client, address)
    with CaptureQueriesContext(connection) as captured:
        _open(client, address)
    return len(captured)


def _open(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise PagesDiffer(f"{response.status_code} instead of a page at {address.split('/')[-2]}")
