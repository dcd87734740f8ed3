"""Questions before a visit: asked once, answered by link, tablet or staff, sent once, and no way round any of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Actor
from accounts.models import AuditEvent
from assessments import queries, report_queries
from assessments.models import PatientReport
from assessments.record import ReportRecord
from followup import content, links, services
from followup.delivery import Outbox
from followup.models import Alert, OptOut, OutboxMessage, Reminder
from painplan.worklist import worklist
from patients import queries as patient_queries
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


@pytest.fixture
def other_patient(new_patient: Callable[..., Patient]) -> Patient:
    return new_patient()


def page(name: str, token: str, *more: object) -> str:
    return reverse(name, args=[token, *more])


def come_in(phone: Client, token: str, language: str = "en") -> Any:
    answer = phone.post(page("report", token), BORN | {"language": language})
    assert answer.status_code == 302
    return answer


def answer(phone: Client, token: str, question: str, **fields: Any) -> Any:
    return phone.post(page("report-question", token, question), fields)


def sent_answers() -> dict[str, Any]:
    answers = stored().answers
    assert answers is not None
    return dict(answers)


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


def test_all_questions_can_be_answered_without_script(phone: Client, token: str) -> None:
    """Every screen in order, each with the first thing that it offers; back shows what was answered."""
    where, seen = come_in(phone, token)["Location"], []
    while not where.endswith("/end/"):
        shown = phone.get(where)
        if where.endswith("/advice/"):
            where = shown.context["next"]
            continue
        question = shown.context["question"]
        seen.append(question.id)
        assert f"{len(seen)} of " in text_of(shown)
        fields: dict[str, Any] = {question.id: "x"}
        if question.kind == "words":
            fields = {f"{question.id}-{option.value}": "no" for option in question.options}
        elif question.kind == "map":
            fields = {question.id: "sole_medial_l"}
        elif question.options:
            fields = {question.id: question.options[2].value}
        before, where = where, phone.post(where, fields)["Location"]
        again = phone.get(before).content.decode()
        assert " checked" in again or ">x</textarea>" in again, question.id
        assert len(seen) < 40
    # The attacks were asked after "with attacks", and all of PHQ-9 after a PHQ-2 of 4.
    assert {"attacks_24h", "phq9_3"} <= set(seen)
    assert set(stored().draft) == set(seen)
    assert "You answered every question." in text_of(phone.get(where))


def test_in_spanish_the_pages_speak_spanish_and_questionnaires_without_a_text_are_left_to_the_clinic(
    phone: Client, token: str, clinician: Member, patient: Patient
) -> None:
    first = phone.get(page("report", token), {"language": "es"})
    assert 'lang="es"' in first.content.decode()
    assert "Antes de su consulta" in text_of(first)
    come_in(phone, token, "es")
    shown = text_of(phone.get(page("report-question", token, "regions")))
    assert "¿Dónde le duele?" in shown
    assert "Talón" in shown
    assert phone.get(page("report-question", token, "peg1"))["Location"] == page("report-end", token)
    end = text_of(phone.get(page("report-end", token)))
    assert "Su clínica le hará en persona estos cuestionarios" in end
    assert "PEG, PHQ-9" in end
    answer(phone, token, "goal", goal="Volver a bailar")
    phone.post(page("report-end", token))
    assert stored().language == "es"
    read = clinician.client.get(reverse("patient-report", args=[patient.pk, stored().pk]))
    assert "Volver a bailar" in text_of(read)
    assert "PEG, PHQ-9" in text_of(read)
    # The clinic's own pages stay as they were.
    assert 'lang="en"' in read.content.decode()


# --- what must not wait ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "alarms"), [("0", False), ("1", True), ("3", True)])
def test_item_nine_gives_advice_at_once_and_raises_one_alert(
    phone: Client, token: str, clinician: Member, given: str, *, alarms: bool
) -> None:
    come_in(phone, token)
    answer(phone, token, "phq9_1", phq9_1="3")
    answer(phone, token, "phq9_2", phq9_2="0")
    after = answer(phone, token, "phq9_9", phq9_9=given)["Location"]
    assert (after == page("report-advice", token)) is alarms
    assert Alert.objects.count() == alarms
    if not alarms:
        return
    shown = text_of(phone.get(after))
    assert "Call your local emergency number now" in shown
    assert "You are not alone" in shown
    alert = Alert.objects.get()
    assert (alert.tier, alert.owner_id, alert.report_id) == ("critical", clinician.user.pk, stored().pk)
    assert "Ask directly" in alert.action
    # Lower answers afterwards take nothing back, and sending makes no second alert.
    answer(phone, token, "phq9_1", phq9_1="0")
    phone.post(page("report-end", token))
    assert sent_answers()["phq9_9"] == int(given)
    assert Alert.objects.count() == 1
    assert "emergency" in text_of(phone.get(page("report-end", token))).lower()


# --- links ----------------------------------------------------------------------------------------------------------


def test_without_the_birth_date_nothing_opens_and_nothing_is_stored(phone: Client, token: str) -> None:
    for name, more in (("report-question", ("regions",)), ("report-advice", ()), ("report-end", ())):
        found = phone.get(page(name, token, *more))
        assert (found.status_code, found["Location"]) == (302, page("report", token))
    assert answer(phone, token, "goal", goal="x").status_code == 302
    assert phone.post(page("report-end", token)).status_code == 302
    assert (stored().draft, stored().sent_at) == ({}, None)


def test_wrong_birth_dates_are_answered_alike_and_the_last_locks_the_link(phone: Client, token: str) -> None:
    attempts = content.policy().birth_date_attempts
    wrong = [phone.post(page("report", token), BORN | {"year": str(1900 + n)}) for n in range(attempts - 1)]
    wrong.append(phone.post(page("report", token), BORN | {"day": "99"}))
    assert {response.status_code for response in wrong} == {422}
    assert phone.post(page("report", token), BORN).status_code == 410
    assert "did not match several times" in text_of(phone.get(page("report", token)))
    assert AuditEvent.objects.filter(action="report.refuse").count() == attempts


def test_a_locked_link_is_replaced_by_a_new_one_that_keeps_the_answers(
    phone: Client, token: str, clinician: Member, patient: Patient
) -> None:
    come_in(phone, token)
    answer(phone, token, "goal", goal="Dance")
    for _ in range(content.policy().birth_date_attempts):
        Client().post(page("report", token), BORN | {"year": "1900"})
    assert answer(phone, token, "goal", goal="Sing").status_code == 410
    again = services.ask_before_visit(actor=clinician.actor, patient=patient, via="link", visit_on=None, now=now())
    assert again.draft == {"goal": "Dance"}
    assert phone.get(page("report", token)).status_code == 410
    fresh = links.token_for(links.Link(again.organisation_id, again.id), "report")
    assert come_in(Client(), fresh).status_code == 302


def test_an_expired_link_does_not_open_until_it_is_asked_for_again(
    phone: Client, token: str, clinician: Member, patient: Patient
) -> None:
    come_in(phone, token)
    PatientReport.objects.update(expires_at=now() - timedelta(minutes=1))
    for response in (phone.get(page("report", token)), answer(phone, token, "goal", goal="x")):
        assert response.status_code == 410
    services.ask_before_visit(actor=clinician.actor, patient=patient, via="link", visit_on=None, now=now())
    assert answer(phone, token, "goal", goal="x").status_code == 302


def test_a_token_of_another_row_purpose_or_clinic_opens_nothing(
    phone: Client, token: str, report: ReportRecord, outsider: Member
) -> None:
    of_check_in = links.token_for(links.Link(report.organisation_id, report.id), "check-in")
    made_up = [
        of_check_in,
        links.token_for(links.Link(outsider.organisation.pk, report.id), "report"),
        links.token_for(links.Link(report.organisation_id, uuid4()), "report"),
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        "x",
    ]
    for wrong in made_up:
        assert phone.get(page("report", wrong)).status_code == 410, wrong
        assert phone.post(page("report", wrong), BORN).status_code == 410
    assert phone.get(page("check-in", token)).status_code == 410


def test_the_permission_of_one_link_opens_no_other(
    phone: Client, token: str, clinician: Member, other_patient: Patient
) -> None:
    come_in(phone, token)
    other = services.ask_before_visit(
        actor=clinician.actor, patient=other_patient, via="link", visit_on=None, now=now()
    )
    second = links.token_for(links.Link(other.organisation_id, other.id), "report")
    phone.cookies["report"]["path"] = "/"
    assert phone.get(page("report-question", second, "goal"))["Location"] == page("report", second)


def test_opening_a_link_changes_nothing_and_nothing_is_kept_by_the_browser(
    phone: Client, token: str, patient: Patient
) -> None:
    before, events = PatientReport.objects.values().get(), AuditEvent.objects.count()
    for name in ("report", "report-stop", "report-end", "report-advice"):
        response = phone.get(page(name, token))
        assert "no-store" in response["Cache-Control"]
        for secret in (patient.family_name, patient.given_names, patient.number):
            assert secret not in response.content.decode()
    assert PatientReport.objects.values().get() == before
    assert AuditEvent.objects.count() == events


def test_sent_answers_are_fixed_by_link_and_by_the_database(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "goal", goal="Dance")
    phone.post(page("report-end", token))
    assert phone.post(page("report-end", token)).status_code == 410
    assert answer(phone, token, "goal", goal="Sing").status_code == 410
    assert "answered already" in text_of(Client().get(page("report", token)))
    assert stored().answers == {"goal": "Dance"}


def test_two_tabs_answer_the_question_that_each_of_them_shows(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "pattern", pattern="attacks_only")
    answer(phone, token, "attacks_24h", attacks_24h="6-10")
    # The other tab takes the attacks back; this one still shows the question about them, and goes on.
    answer(phone, token, "pattern", pattern="continuous")
    late = answer(phone, token, "attacks_24h", attacks_24h="1-5")
    assert late["Location"] == page("report-end", token)
    assert stored().draft == {"pattern": "continuous"}


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("regions", {"regions": ["heel_l", "tail"]}),
        ("pattern", {"pattern": "sometimes"}),
        ("pattern", {"pattern": ["continuous", "attacks_only"]}),
        ("nrs_now", {"nrs_now": "11"}),
        ("nrs_now", {"nrs_now": "-1"}),
        ("phq9_1", {"phq9_1": "4"}),
        ("aggravating", {"aggravating": ["cold", "none"]}),
        ("words", {"words-burning": "maybe"}),
        ("words", {"words-burning": "yes", "words-burning-strength": "12"}),
        ("goal", {"goal": "x" * 5001}),
    ],
)
def test_what_is_no_answer_is_said_at_the_question_and_stored_nowhere(
    phone: Client, token: str, question: str, fields: dict[str, Any]
) -> None:
    come_in(phone, token)
    wrong = answer(phone, token, question, **fields)
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.content.decode()
    if question == "goal":
        assert "x" * 5001 in wrong.content.decode()
    assert stored().draft == {}


@pytest.mark.parametrize("words", ["é" * 5000, "🔥 like 🌶️", "שלום مرحبا", "<script>alert(1)</script>", "nul\x00nul"])
def test_the_words_of_the_patient_are_kept_as_written(
    phone: Client, token: str, clinician: Member, patient: Patient, words: str
) -> None:
    come_in(phone, token)
    assert answer(phone, token, "medicines", medicines=words).status_code == 302
    phone.post(page("report-end", token))
    assert sent_answers()["medicines"] == words.replace("\x00", "")
    shown = clinician.client.get(reverse("patient-report", args=[patient.pk, stored().pk])).content.decode()
    assert "<script>alert" not in shown
    assert 'dir="auto"' in shown


def test_the_words_about_medicines_and_allergies_never_reach_the_record_by_themselves(
    phone: Client, token: str, clinician: Member, patient: Patient
) -> None:
    come_in(phone, token)
    before = patient_queries.record_of(patient, TODAY)
    for question in ("medicines", "allergies", "past_treatments"):
        answer(phone, token, question, **{question: "Pregabalin"})
    phone.post(page("report-end", token))
    clinician.client.post(reverse("report-take-over", args=[patient.pk, stored().pk]), {"patient_id": patient.pk})
    after = patient_queries.record_of(patient, TODAY)
    assert (after.medicines, after.allergies) == (before.medicines, before.allergies)
    beside = clinician.client.get(reverse("assessment-section", args=[patient.pk, "health"]))
    assert text_of(beside).count("Pregabalin") == 3


# --- asking ---------------------------------------------------------------------------------------------------------


def test_a_patient_has_one_open_report_whoever_asks_and_however_often(
    clinician: Member, nurse: Member, patient: Patient, report: ReportRecord
) -> None:
    for member in (clinician, nurse):
        asked = services.ask_before_visit(actor=member.actor, patient=patient, via="staff", visit_on=TODAY, now=now())
        assert asked.id == report.id
    assert PatientReport.objects.count() == 1
    assert stored().visit_on == TODAY


def test_an_email_goes_through_the_queue_once_and_says_nothing_clinical(
    clinician: Member, sender: Actor, patient: Patient
) -> None:
    asking = reverse("before-visit", args=[patient.pk])
    for _ in range(2):
        assert clinician.client.post(asking, {"patient_id": patient.pk, "how": "email"}).status_code == 302
    reminder = Reminder.objects.get()
    # A working hour, whenever the tests run.
    noon = datetime.combine(TODAY + timedelta(days=(8 - TODAY.weekday())), datetime.min.time(), UTC).replace(hour=12)
    claims = services.claim_due(actor=sender, now=noon)
    assert services.deliver(actor=sender, claims=claims, outlet=Outbox(), now=noon) == [services.Outcome.SENT]
    reminder.refresh_from_db()
    assert (reminder.state, stored().expires_at) == ("sent", noon + content.policy().link_lives)
    message = OutboxMessage.objects.get()
    assert f"/r/{links.token_for(links.Link(reminder.organisation_id, stored().pk), 'report')}/" in message.body
    for word in ("pain", patient.family_name, patient.given_names, "mood", "medicine"):
        assert word not in (message.subject + message.body).split("http")[0].lower()
    # Sent once; a second message only when somebody asks for it.
    assert services.claim_due(actor=sender, now=noon + timedelta(days=3)) == []
    clinician.client.post(asking, {"patient_id": patient.pk, "how": "email"})
    assert Reminder.objects.filter(state="scheduled").count() == 1


@pytest.mark.parametrize("reason", ["answered", "closed", "no consent"])
def test_a_message_that_has_become_pointless_does_not_leave(
    clinician: Member, sender: Actor, by_link: Actor, patient: Patient, reason: str
) -> None:
    report = services.ask_before_visit(
        actor=clinician.actor, patient=patient, via="link", visit_on=None, by_email=True, now=now()
    )
    claims = services.claim_due(actor=sender, now=now())
    assert len(claims) == 1
    if reason == "answered":
        services.send_before_visit(actor=by_link, report=report, via="link", now=now())
    elif reason == "closed":
        services.take_back(actor=clinician.actor, patient=patient, report_id=report.id, now=now())
    else:
        services.opt_out(actor=by_link, patient_id=patient.pk, now=now())
    services.deliver(actor=sender, claims=claims, outlet=Outbox(), now=now())
    assert (Reminder.objects.get().state, Reminder.objects.get().reason) == ("cancelled", reason)
    assert not OutboxMessage.objects.exists()


def test_without_consent_no_email_is_offered_or_queued(clinician: Member, by_link: Actor, patient: Patient) -> None:
    services.opt_out(actor=by_link, patient_id=patient.pk, now=now() + timedelta(days=1))
    asking = reverse("before-visit", args=[patient.pk])
    assert 'value="email"' not in clinician.client.get(asking).content.decode()
    assert clinician.client.post(asking, {"patient_id": patient.pk, "how": "email"}).status_code == 422
    assert not Reminder.objects.exists()
    assert OptOut.objects.count() == 1


def test_a_link_that_was_taken_back_does_not_open(
    clinician: Member, patient: Patient, phone: Client, token: str, report: ReportRecord
) -> None:
    back = reverse("before-visit-take-back", args=[patient.pk, report.id])
    assert clinician.client.post(back, {"patient_id": patient.pk}).status_code == 302
    assert phone.get(page("report", token)).status_code == 410
    assert clinician.client.post(back, {"patient_id": patient.pk}).status_code == 404


# --- on a tablet, and by staff ----------------------------------------------------------------------------------------


def test_from_the_tablet_nothing_of_the_clinic_can_be_reached(patient: Patient, clinician: Member) -> None:
    tablet = clinician.client
    asking = reverse("before-visit", args=[patient.pk])
    handed = tablet.post(asking, {"patient_id": patient.pk, "how": "tablet"})
    assert handed["Clear-Site-Data"] == '"cache"'
    start = tablet.get(handed["Location"])
    assert "Your date of birth" not in text_of(start)
    for address in (asking, reverse("home"), reverse("patient-overview", args=[patient.pk])):
        assert tablet.get(address)["Location"].startswith(reverse("account_login"))
    question = tablet.post(handed["Location"], {"language": "en"})["Location"]
    shown = tablet.get(question).content.decode()
    links_out = set(re.findall(r'href="([^"#]+)"', shown)) - {"/static/icon.svg"}
    assert all(link.startswith((handed["Location"], "/static/", "tel:")) for link in links_out), links_out
    tablet.post(page("report-question", handed["Location"].split("/")[2], "goal"), {"goal": "Dance"})
    end = handed["Location"] + "end/"
    assert "Give the tablet back." in text_of(tablet.get(tablet.post(end)["Location"]))
    assert tablet.get(question).status_code == 410
    assert (stored().via, stored().answers) == ("tablet", {"goal": "Dance"})


def test_staff_enter_for_the_patient_and_go_on_where_the_patient_stopped(
    phone: Client, token: str, nurse: Member, patient: Patient
) -> None:
    come_in(phone, token)
    answer(phone, token, "regions", regions=["heel_l"])
    begun = nurse.client.post(reverse("before-visit", args=[patient.pk]), {"patient_id": patient.pk, "how": "staff"})
    assert begun["Location"] == reverse("before-visit-question", args=[patient.pk, "touch_regions"])
    form = {"patient_id": patient.pk}
    nurse.client.post(begun["Location"], form | {"touch_regions": ["heel_r"]})
    finished = nurse.client.post(reverse("before-visit-end", args=[patient.pk]), form)
    assert finished["Location"] == reverse("patient-report", args=[patient.pk, stored().pk])
    assert (stored().via, stored().answers) == ("staff", {"regions": ["heel_l"], "touch_regions": ["heel_r"]})
    assert AuditEvent.objects.get(action="report.send").actor_user_id == nurse.user.pk


def test_a_form_of_staff_for_another_patient_is_refused(
    nurse: Member, patient: Patient, other_patient: Patient
) -> None:
    nurse.client.post(reverse("before-visit", args=[patient.pk]), {"patient_id": patient.pk, "how": "staff"})
    wrong = reverse("before-visit-question", args=[patient.pk, "goal"])
    assert nurse.client.post(wrong, {"patient_id": other_patient.pk, "goal": "x"}).status_code == 403
    assert stored().draft == {}


def test_the_pages_cost_a_fixed_number_of_queries(
    clinician: Member, by_link: Actor, patient: Patient, phone: Client, token: str, report: ReportRecord
) -> None:
    come_in(phone, token)
    for question in ("regions", "words", "goal"):
        with CaptureQueriesContext(connection) as asked:
            phone.get(page("report-question", token, question))
        # The organisation of the link, the report, and the frame of a request.
        assert len(asked) <= 6
    counts = []
    clinician.client.get(reverse("before-visit", args=[patient.pk]))  # What is read once per process is read now.
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            clinician.client.get(reverse("before-visit", args=[patient.pk]))
        counts.append(len(asked))
        for _ in range(3):
            services.send_before_visit(actor=by_link, report=report, via="link", now=now())
            report = services.ask_before_visit(
                actor=clinician.actor, patient=patient, via="link", visit_on=None, now=now()
            )
    assert counts[0] == counts[1]


def test_the_queries_say_how_many_they_make(
    report: ReportRecord, clinician: Member, django_assert_num_queries: Any
) -> None:
    who = clinician.organisation.pk, clinician.user
    for ask in (
        lambda: report_queries.report_of(report.patient_id, report.id),
        lambda: report_queries.open_report(report.patient_id),
        lambda: report_queries.reports_of(report.patient_id),
        lambda: report_queries.work_items(*who, timezone.localdate()),
    ):
        with django_assert_num_queries(1):
            ask()


def test_an_invitation_that_did_not_arrive_is_somebodys_work_until_it_is_asked_again(
    clinician: Member, patient: Patient
) -> None:
    ask: dict[str, Any] = {
        "actor": clinician.actor,
        "patient": patient,
        "via": "link",
        "visit_on": None,
        "by_email": True,
    }
    services.ask_before_visit(**ask, now=now())
    day = TODAY + timedelta(days=1)

    def work() -> list[str]:
        items = worklist(clinician.organisation.pk, clinician.user, today=day).items
        return [item.text for item in items if item.url_name == "before-visit"]

    assert work() == []
    Reminder.objects.update(state="failed", reason="address refused")
    assert work() == ["The questions before the visit did not reach the patient by e-mail"]
    services.ask_before_visit(**ask, now=now())
    assert Reminder.objects.count() == 2
    assert work() == []
