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
# They are pinned: one more is a decision, not an accident. The budget is ten to show and twelve to save.
SHOW = {"red-flags": 10, "areas": 10, "scores": 10, "health": 10, "wishes": 10}
SHOW_OTHERS = 9
SAVE = {"red-flags": 9, "health": 9, "wishes": 9, "area": 9}
SAVE_OTHERS = 8
# What changes while somebody fills a section in; for the area one thing of each kind at once, which no pause brings.
CHANGED: dict[str, dict[str, object]] = {
    "red-flags": {"rf_cord": "yes", "rf_cord-handling": "dismissed", "rf_cord-note": "No signs."},
    "severity": {"nrs_average": "7", "duration_months": "30"},
    "grading": {"c1_history": "yes"},
    "mood": {"phq9_9": "1"},
    "tests": {"ncs_emg": "abnormal"},
    "health": {"problem_list_reviewed": "on"},
    "wishes": {"wishes": ["low_cost"], "notes": "Works nights."},
    "area": {
        "name": "Feet",
        "regions": ["heel_l"],
        "descriptor-burning": "yes",
        "exam-pinprick": "less",
        "intensity": "7",
        "onset_date": "not a day",
    },
}
MOST_TO_CHANGE, MOST_TO_CHANGE_AN_AREA = 11, 13
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


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_costs_little_more(name: str, clinician: Any, patient: Any, draft: UUID, area: str) -> None:
    href = reverse("assessment-section", args=[patient.pk, area if name == "area" else name])
    data: dict[str, object] = {"patient_id": str(patient.pk), "assessment": str(draft)}
    clinician.client.post(href, {**data, "version": 0}, headers={"X-Autosave": "1"})
    with CaptureQueriesContext(connection) as saved:
        answer = clinician.client.post(href, {**data, "version": 1, **CHANGED[name]}, headers={"X-Autosave": "1"})
    assert answer.json()["version"] == 2
    assert counted(saved) <= (MOST_TO_CHANGE_AN_AREA if name == "area" else MOST_TO_CHANGE)
    # The same once more changes nothing, whatever came back from the database.
    with CaptureQueriesContext(connection) as repeated:
        clinician.client.post(href, {**data, "version": 2, **CHANGED[name]}, headers={"X-Autosave": "1"})
    assert counted(repeated) == (SAVE | {"area": 8}).get(name, SAVE_OTHERS)


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
