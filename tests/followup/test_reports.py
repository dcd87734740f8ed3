"""Questions before a visit: asked once, answered by link, tablet or staff, sent once, and no way round any of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments import queries
from assessments.models import PatientReport
from assessments.record import ReportRecord
from followup import links, services
from painplan.worklist import worklist
from patients.models import Patient
from tests.cast import TODAY, Member

pytestmark = pytest.mark.django_db
BORN = {"day": "2", "month": "5", "year": "1951", "language": "en"}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def phone() -> Client:
    """A browser in which nobody is signed in."""
    return Client()


@pytest.fixture
def report(clinician: Member, patient: Patient) -> ReportRecord:
    return services.ask_before_visit(actor=clinician.actor, patient=patient, via="link", visit_on=None, now=now())


@pytest.fixture
def token(report: ReportRecord) -> str:
    return links.token_for(links.Link(report.organisation_id, report.id), "report")


def page(name: str, token: str, *more: object) -> str:
    return reverse(name, args=[token, *more])


def come_in(phone: Client, token: str, language: str = "en") -> Any:
    answer = phone.post(page("report", token), BORN | {"language": language})
    assert answer.status_code == 302
    return answer


def answer(phone: Client, token: str, question: str, **fields: Any) -> Any:
    return phone.post(page("report-question", token, question), fields)


def stored() -> PatientReport:
    return PatientReport.objects.get()


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- the way through ------------------------------------------------------------------------------------------------


def test_asked_by_link_answered_sent_shown_and_taken_over(clinician: Member, patient: Patient, phone: Client) -> None:
    asking = reverse("before-visit", args=[patient.pk])
    shown = clinician.client.post(asking, {"patient_id": patient.pk, "how": "link"})
    address = re.search(r"/r/([^/]+)/", shown.content.decode())
    assert address is not None
    token = address[1]
    assert token not in clinician.client.get(asking).content.decode()

    come_in(phone, token)
    answer(phone, token, "regions", regions=["heel_l", "heel_r"])
    answer(phone, token, "words", **{"words-burning": "yes", "words-burning-strength": "7", "words-itching": "unknown"})
    answer(phone, token, "nrs_average", nrs_average="6")
    assert phone.post(page("report-end", token)).status_code == 302
    assert "Thank you" in text_of(phone.get(page("report-end", token)))

    sent = stored()
    assert sent.answers == {
        "regions": ["heel_l", "heel_r"],
        "words": {"burning": {"answer": "yes", "strength": 7}, "itching": {"answer": "unknown"}},
        "nrs_average": 6,
    }
    items = worklist(clinician.organisation.pk, clinician.user, today=TODAY, chosen="answer").items
    assert [item.text for item in items] == ["Answers before the visit arrived"]
    read = reverse("patient-report", args=[patient.pk, sent.pk])
    assert "Burning: yes, 7 of 10" in text_of(clinician.client.get(read))

    clinician.client.post(reverse("report-take-over", args=[patient.pk, sent.pk]), {"patient_id": patient.pk})
    draft = queries.draft_of(patient.pk)
    assert draft is not None
    (area,) = draft.areas
    assert (area.regions, area.descriptors, area.ratings) == (("heel_l", "heel_r"), {"burning": "yes"}, {"burning": 7})
    assert draft.nrs == {"average": 6}
    assert all(state.copied for state in draft.sections.values())
    assert not worklist(clinician.organisation.pk, clinician.user, today=TODAY, chosen="answer").items
    beside = text_of(clinician.client.get(reverse("assessment-section", args=[patient.pk, f"area-{area.id}"])))
    assert "Taken over, not confirmed." in beside
    assert "Burning: yes, 7 of 10" in beside
