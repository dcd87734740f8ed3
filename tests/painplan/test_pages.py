"""The worklist and the overview as pages: who may open them, what they show, what they cost, what the trail keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from patients import services
from patients.models import Patient
from tests.cast import Member

TODAY = dt.date.today()


def days(number: int) -> dt.date:
    return TODAY + dt.timedelta(days=number)


def queries_of(client: Client, address: str) -> int:
    """How many queries the page takes, once everything that is read once is read."""
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def add_task(clinician: Member, patient: Patient) -> Callable[..., None]:
    """`add_task("Ring the lab", -3)` makes an unowned task of Ingrid's, due three days ago."""

    def add(text: str, due: int, to: Patient | None = None) -> None:
        services.add_task(actor=clinician.actor, patient=to or patient, text=text, due_on=days(due))

    return add


def test_the_first_page_depends_on_the_role(clinician: Member, auditor: Member) -> None:
    assert clinician.client.get("/").headers["Location"] == "/worklist/"
    answer = auditor.client.get("/")
    assert answer.status_code == 403 or answer.headers["Location"] != "/worklist/"


def test_a_role_without_patients_gets_a_sentence_and_no_list(auditor: Member) -> None:
    answer = auditor.client.get("/worklist/")
    assert answer.status_code == 403
    assert "Your role does not open patient records." in answer.content.decode()


def test_the_worklist_shows_what_is_late_first_and_tells_unowned_work(
    clinician: Member, add_task: Callable[..., None]
) -> None:
    add_task("Ask about driving", 0)
    add_task("Ring the laboratory", -3)
    add_task("Book the review", 5)
    page = clinician.client.get("/worklist/").content.decode()
    assert page.index("Ring the laboratory") < page.index("Ask about driving")
    assert "Book the review" not in page
    assert "JOHANSSON, Ingrid" in page
    assert "Nobody" in page
    assert "Book the review" in clinician.client.get("/worklist/?show=later").content.decode()


def test_the_empty_worklist_says_when_work_comes(clinician: Member, add_task: Callable[..., None]) -> None:
    add_task("Book the review", 1)
    page = clinician.client.get("/worklist/").content.decode()
    assert "Nothing is due." in page
    assert "Next: 1 tomorrow." in page


def test_nobody_sees_the_work_of_another_organisation(outsider: Member, add_task: Callable[..., None]) -> None:
    add_task("Ring the laboratory", -3)
    assert "JOHANSSON" not in outsider.client.get("/worklist/").content.decode()


def test_the_trail_keeps_whom_the_worklist_showed(
    clinician: Member, patient: Patient, add_task: Callable[..., None]
) -> None:
    add_task("Ring the laboratory", -3)
    clinician.client.get("/worklist/")
    event = AuditEvent.objects.filter(action="patient.list", target="worklist").latest("at")
    assert event.detail == {"patients": [str(patient.pk)]}


def test_the_worklist_costs_the_same_for_two_rows_and_for_twenty(
    clinician: Member, new_patient: Callable[..., Patient], add_task: Callable[..., None]
) -> None:
    for number in range(2):
        add_task(f"Task {number}", -number)
    few = queries_of(clinician.client, "/worklist/")
    for number in range(18):
        another = new_patient()
        services.join_care_team(actor=clinician.actor, patient=another, user_id=clinician.user.pk, since=TODAY)
        add_task(f"More {number}", -number, another)
    assert queries_of(clinician.client, "/worklist/") == few == 13
    assert few <= 13  # of which one shows the test's organisation again


def test_the_overview_of_a_new_patient_says_what_to_do(clinician: Member, patient: Patient) -> None:
    page = clinician.client.get(f"/patients/{patient.pk}/").content.decode()
    assert "No signed assessment yet." in page
    assert "No signed plan yet." in page
    assert f'data-patient="{patient.pk}"' in page
    assert "Allergies not recorded" in page


def test_the_overview_shows_problems_and_tells_medicines_we_do_not_know(clinician: Member, patient: Patient) -> None:
    services.record_medicine(actor=clinician.actor, patient=patient, text="Gabapentin", daily_dose=None, today=TODAY)
    services.record_medicine(actor=clinician.actor, patient=patient, text="Grandmother's drops", today=TODAY)
    page = clinician.client.get(f"/patients/{patient.pk}/").content.decode()
    assert "Gabapentin" in page
    assert page.count("Not checked") == 2  # at the medicine, and among what is missing
    assert "dose unknown" in page
    assert "Medicines never reviewed" in page


def test_the_overview_costs_the_same_for_a_long_record(
    clinician: Member, patient: Patient, add_task: Callable[..., None]
) -> None:
    address = f"/patients/{patient.pk}/"

    def enter(number: int) -> None:
        services.record_medicine(actor=clinician.actor, patient=patient, text=f"Medicine {number}", today=TODAY)
        add_task(f"Task {number}", number)

    enter(0)
    few = queries_of(clinician.client, address)
    for number in range(1, 15):
        enter(number)
    # Without answers nobody asks for the schedule; one query shows the test's organisation again.
    assert queries_of(clinician.client, address) == few == 17


def test_opening_the_overview_is_one_read_in_the_trail(clinician: Member, patient: Patient) -> None:
    clinician.client.get(f"/patients/{patient.pk}/")
    assert AuditEvent.objects.filter(action="patient.read", patient_id=patient.pk).count() == 1


def test_another_organisation_gets_nothing(outsider: Member, patient: Patient) -> None:
    answer = outsider.client.get(f"/patients/{patient.pk}/")
    assert answer.status_code == 404
    assert "Johansson" not in answer.content.decode()


@pytest.mark.parametrize(
    ("target", "place"),
    [("/worklist/?show=alert", "/worklist/?show=alert"), ("https://evil.example/", "/"), ("//evil.example", "/")],
)
def test_settings_are_kept_and_lead_nowhere_else(client: Client, target: str, place: str) -> None:
    answer = client.post("/preferences/", {"theme": "dark", "density": "huge", "next": target})
    assert answer.status_code == 302
    assert answer.headers["Location"] == place
    assert answer.cookies["theme"].value == "dark"
    assert answer.cookies["theme"]["httponly"]
    assert "density" not in answer.cookies


def test_a_page_is_drawn_in_the_colours_that_were_chosen(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get("/style/").content.decode()


def test_pages_come_compressed_and_their_lengths_tell_nothing(clinician: Member, patient: Patient) -> None:
    def asked() -> Any:
        return clinician.client.get(f"/patients/{patient.pk}/", headers={"accept-encoding": "gzip"})

    answers = [asked() for _ in range(6)]
    assert {answer.headers["Content-Encoding"] for answer in answers} == {"gzip"}
    whole = clinician.client.get(f"/patients/{patient.pk}/").content
    assert all(len(answer.content) < len(whole) / 3 for answer in answers)
    # What is masked anew in each page changes lengths by a few bytes; the padding by up to a hundred.
    lengths = [len(answer.content) for answer in answers]
    assert max(lengths) - min(lengths) > 10


def test_an_address_that_does_not_exist_says_so(clinician: Member) -> None:
    answer = clinician.client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "The link may be old or mistyped." in answer.content.decode()


def test_the_icon_that_browsers_ask_for_costs_no_look_at_the_database(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/x-icon")
    assert b"".join(answer.streaming_content)[:4] == b"\0\0\1\0"  # type: ignore[attr-defined]


def test_a_part_of_a_page_goes_to_nobody_but_the_person_whose_page_it_is(
    clinician: Member, trainee: Member, client: Client
) -> None:
    page = clinician.client.get("/worklist/").content.decode()
    assert f'"X-Page-Of": "{clinician.user.pk}"' in page
    asked = {"HX-Request": "true", "X-Page-Of": str(clinician.user.pk)}
    assert clinician.client.get("/worklist/", headers=asked).status_code == 200
    assert trainee.client.get("/worklist/", headers=asked).status_code == 403
    signed_out = client.get("/worklist/", headers=asked)
    assert (signed_out.status_code, signed_out.content) == (403, b"")


def test_a_form_without_its_token_is_explained(clinician: Member) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(clinician.user)
    answer = careful.post("/preferences/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()


def test_the_header_offers_only_what_the_role_opens(clinician: Member, administrator: Member) -> None:
    page = clinician.client.get("/no/such/page/").content.decode()
    assert 'href="/worklist/"' in page
    assert 'role="search"' in page
    page = administrator.client.get("/no/such/page/").content.decode()
    assert 'href="/worklist/"' not in page
    assert 'role="search"' not in page
