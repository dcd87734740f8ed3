"""An open assessment in the browser: who is signed in, where its pages are, and what is stored."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from accounts.tenancy import tenant
from assessments import queries, services
from assessments.entries import AreaEntry, CausesEntry, GradingEntry, InstrumentsEntry, RedFlagsEntry, SeverityEntry
from assessments.record import AreaRecord, AssessmentRecord, RedFlagRecord


def signed_in(page: Page, member: Any, live_server: Any) -> Page:
    cookie = member.client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])
    return page


def address(patient: Any, section: str) -> str:
    return reverse("assessment-section", args=[patient.pk, section])


def draft_of(patient: Any, member: Any) -> AssessmentRecord:
    with tenant(member.organisation.pk):
        record = queries.draft_of(patient.pk)
    assert record is not None
    return record


def start_with_an_area(clinician: Any, patient: Any) -> str:
    """An open assessment with a fair amount in it; the section of its pain area."""
    now, today = timezone.now(), timezone.localdate()
    with tenant(clinician.organisation.pk):
        common = {"actor": clinician.actor, "patient": patient}
        draft = services.start(**common, today=today, now=now)
        area_id = services.add_area(**common, assessment_id=draft, name="Both feet")
        feet = ("toes_plantar", "sole_medial", "sole_lateral", "toes_lesser_dorsal", "great_toe_web", "foot_dorsum")
        entries: list[tuple[str, Any]] = [
            ("red-flags", RedFlagsEntry({"rf_cord": RedFlagRecord("rf_cord", "no")})),
            (
                f"area-{area_id}",
                AreaEntry(
                    AreaRecord(
                        id=area_id,
                        name="Both feet",
                        regions=tuple(f"{base}_{side}" for base in feet for side in "lr"),
                        descriptors={"burning": "yes", "tingling": "yes", "itching": "no"},
                        evoked={"dma": "yes"},
                        negative={"pinprick_loss": "yes"},
                    )
                ),
            ),
            ("severity", SeverityEntry((6, 9, 4, 7), 30)),
            ("causes", CausesEntry({"dpn": "yes"})),
            ("grading", GradingEntry({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes"})),
            ("function", InstrumentsEntry({"peg": (6, 7, 7)})),
        ]
        for section, entry in entries:
            services.save_section(**common, assessment_id=draft, section=section, version=0, entry=entry, now=now)
    return f"area-{area_id}"
