"""What each page of an assessment costs: queries to show and to save it, and bytes on the way."""

from __future__ import annotations

import gzip
import re
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments import queries, services
from assessments.entries import FIXED_SECTIONS

pytestmark = pytest.mark.django_db


# What a browser waits for: a page of more than this is slow on a clinic's line (compressed bytes).
MOST_BYTES = 60_000
# Queries to show a section and to save it once, without what opens and closes a transaction or says whose rows it sees.
# They are pinned: one more is a decision, not an accident. Ten to show and twelve to save are what we aim at.
SHOW = {"red-flags": 11, "areas": 11, "scores": 13, "health": 11, "wishes": 11, "sign": 9}
SHOW_OTHERS = 10
SAVE = {
    "red-flags": 12,
    "causes": 11,
    "grading": 11,
    "tests": 11,
    "function": 11,
    "health": 13,
    "mood": 13,
    "wishes": 13,
    "area": 15,
}
SAVE_OTHERS = 12
FRAME = re.compile(r"SAVEPOINT|RELEASE|SELECT set_config")


def counted(made: CaptureQueriesContext) -> int:
    return sum(not FRAME.match(query["sql"]) for query in made.captured_queries)


@pytest.fixture
def draft(clinician: Any, patient: Any) -> UUID:
    return services.start(actor=clinician.actor, patient=patient, today=timezone.localdate(), now=timezone.now())


@pytest.fixture
def area(clinician: Any, patient: Any, draft: UUID) -> str:
    return f"area-{services.add_area(actor=clinician.actor, patient=patient, assessment_id=draft, name='Both feet')}"


@pytest.mark.parametrize("name", [*FIXED_SECTIONS, "area", "sign"])
def test_a_section_costs_what_it_did(name: str, clinician: Any, patient: Any, draft: UUID, area: str) -> None:
    section = area if name == "area" else name
    href = reverse("assessment-section", args=[patient.pk, section])
    clinician.client.get(href)
    with CaptureQueriesContext(connection) as shown:
        page = clinician.client.get(href)
    assert len(gzip.compress(page.content)) <= MOST_BYTES
    assert counted(shown) == SHOW.get(name, SHOW_OTHERS)
    if name in ("scores", "sign"):
        return  # Nothing is filled in there.
    data = {"patient_id": str(patient.pk), "assessment": str(draft), "version": 0}
    with CaptureQueriesContext(connection) as saved:
        answer = clinician.client.post(href, data, headers={"X-Autosave": "1"})
    assert answer.status_code == 200
    assert counted(saved) == SAVE.get(name, SAVE_OTHERS)


# The pages around the form; the numbers are pinned like those above.
AROUND = {
    "patient-assess": 9,
    "assessment-so-far": 7,
    "assessment-discard": 7,
    "assessment-read": 9,
    "assessment-letter": 7,
    "assessment-correct": 7,
}


@pytest.mark.parametrize("name", AROUND)
def test_the_pages_around_the_form_cost_what_they_did(
    name: str, clinician: Any, patient: Any, draft: UUID, area: str
) -> None:
    about = [patient.pk]
    if name in ("assessment-read", "assessment-letter", "assessment-correct"):
        shown = queries.draft_of(patient.pk)
        assert shown is not None
        services.sign(
            actor=clinician.actor,
            patient=patient,
            assessment_id=draft,
            revision=shown.revision,
            now=timezone.now(),
            today=timezone.localdate(),
        )
        about.append(draft)
    href = reverse(name, args=about)
    clinician.client.get(href)
    with CaptureQueriesContext(connection) as made:
        page = clinician.client.get(href)
    assert page.status_code == 200
    assert len(gzip.compress(page.content)) <= MOST_BYTES
    assert counted(made) == AROUND[name]
