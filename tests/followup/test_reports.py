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
from accounts.models import AuditEvent, Organisation
from assessments import queries, report_queries
from assessments.models import PatientReport
from assessments.record import ReportRecord
from followup import content, links, services
from followup.delivery import Message, Outbox, Receipt
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


class Heard(Outbox):
    """The outbox, and what was handed to it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message, key: str) -> Receipt:
        self.messages.append(message)
        return super().send(message, key)


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
        if question.kind in ("words", "signs"):
            fields = {f"{question.id}-{option.value}": "no" for option in question.options}
        elif question.kind == "duration":
            fields = {question.id: "3", f"{question.id}-unit": "years"}
        elif question.kind == "map":
            fields = {question.id: "sole_medial_l"}
        elif question.options:
            fields = {question.id: question.options[2 if len(question.options) > 2 else 0].value}
        before, where = where, phone.post(where, fields)["Location"]
        again = phone.get(before).content.decode()
        assert " checked" in again or ">x</textarea>" in again, question.id
        assert len(seen) < 45
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


SIGNS = {
    "emergency": ("rf_cauda", "New numbness between the legs", "Call your local emergency number now", "critical"),
    "same_day": ("rf_foot", "New foot sore", "Call the clinic today", "critical"),
    "next_day": ("sign_weight", "Losing weight", "within one working day", "warning"),
}


@pytest.mark.parametrize("act", SIGNS)
def test_a_sign_that_must_not_wait_tells_the_patient_at_once_and_somebody_in_the_clinic(
    phone: Client, token: str, clinician: Member, act: str
) -> None:
    sign, words, advice, tier = SIGNS[act]
    assert come_in(phone, token)["Location"] == page("report-question", token, "signs")
    after = answer(phone, token, "signs", **{f"signs-{sign}": "yes", "signs-sign_limb": "no"})["Location"]
    assert after == page("report-advice", token)
    shown = phone.get(after)
    assert words in text_of(shown)
    assert advice in text_of(shown)
    assert shown.context["next"] == page("report-question", token, "regions")
    alert = Alert.objects.get()
    assert (alert.code, alert.tier, alert.owner_id) == (sign, tier, clinician.user.pk)
    assert alert.text.startswith(f"Answered yes before the visit: {words}")
    assert alert.action and alert.source
    # The same again is no second alert; another sign is one of its own; a later no takes nothing back.
    answer(phone, token, "signs", **{f"signs-{sign}": "yes", "signs-sign_limb": "yes"})
    assert Alert.objects.count() == 2
    answer(phone, token, "signs", **{f"signs-{sign}": "no"})
    phone.post(page("report-end", token))
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("said", ["no", "unknown"])
def test_no_and_not_sure_alarm_nobody_and_not_sure_stays_unknown(phone: Client, token: str, said: str) -> None:
    come_in(phone, token)
    after = answer(phone, token, "signs", **{"signs-rf_cauda": said, "signs-sign_cancer": "yes"})["Location"]
    assert after == page("report-question", token, "regions")
    assert not Alert.objects.exists()
    assert stored().draft["signs"]["rf_cauda"] == {"answer": said}


def test_in_spanish_a_sign_is_asked_and_advised_in_spanish_and_told_the_clinic_in_english(
    phone: Client, token: str
) -> None:
    come_in(phone, token, "es")
    assert "Entumecimiento nuevo entre las piernas" in text_of(phone.get(page("report-question", token, "signs")))
    answer(phone, token, "signs", **{"signs-rf_cauda": "yes", "signs-rf_suicide": "yes", "signs-rf_foot": "yes"})
    advised = text_of(phone.get(page("report-advice", token)))
    for words in (
        "Llame ahora a su número local de emergencias",
        "Llame hoy a la clínica",
        "media cara caída",
        "No está solo",
        "Entumecimiento nuevo entre las piernas",
    ):
        assert advised.count(words) == 1, words
    for english in ("Call", "emergency number", "New numbness"):
        assert english not in advised
    assert advised.index("Llame ahora") < advised.index("Llame hoy")
    phone.post(page("report-end", token))
    assert "Llame ahora" in text_of(phone.get(page("report-end", token)))
    assert "New numbness between the legs" in Alert.objects.get(code="rf_cauda").text


def test_a_sign_cannot_be_signed_over(phone: Client, token: str, clinician: Member, patient: Patient) -> None:
    come_in(phone, token)
    answer(phone, token, "signs", **{"signs-rf_cauda": "yes"})
    phone.post(page("report-end", token))
    who = clinician.client
    who.post(reverse("patient-assess", args=[patient.pk]), {"patient_id": patient.pk})
    draft = queries.draft_of(patient.pk)
    assert draft is not None
    # Before anything was taken over the flags are asked, and the words stand beside them.
    said = "Answered yes before the visit: New numbness between the legs"
    assert said in text_of(who.get(reverse("assessment-so-far", args=[patient.pk])))
    beside = text_of(who.get(reverse("assessment-section", args=[patient.pk, "red-flags"])))
    assert "Yes: New numbness between the legs" in beside
    who.post(reverse("report-take-over", args=[patient.pk, stored().pk]), {"patient_id": patient.pk})
    draft = queries.draft_of(patient.pk)
    assert draft is not None
    assert not draft.red_flags
    form = {"patient_id": patient.pk, "assessment": draft.id}
    sign = form | {"revision": draft.revision}
    refused = who.post(reverse("assessment-sign", args=[patient.pk]), sign)
    assert refused.status_code == 422
    assert "Cauda equina syndrome: answer it before the visit ends" in text_of(refused)
    flags = {"version": "0", "rf_ces": "no", "rf_cord": "no"}
    assert who.post(reverse("assessment-section", args=[patient.pk, "red-flags"]), form | flags).status_code == 302
    draft = queries.draft_of(patient.pk)
    assert draft is not None
    sign["revision"] = draft.revision
    assert who.post(reverse("assessment-sign", args=[patient.pk]), sign).status_code == 302
    signed = queries.newest_signed(patient.pk, TODAY)
    assert signed is not None and signed.said == stored().answers
    # A report that arrives afterwards says nothing about what was signed.
    services.ask_before_visit(actor=clinician.actor, patient=patient, via="staff", visit_on=None, now=now())
    later = report_queries.open_report(patient.pk)
    assert later is not None
    services.send_before_visit(actor=clinician.actor, report=later, via="staff", now=now())
    again = queries.newest_signed(patient.pk, TODAY)
    assert again is not None and again.said == signed.said


# --- the rest that cannot change a result ---------------------------------------------------------------------------


def number_and_count(phone: Client, token: str, question: str) -> tuple[int, int]:
    shown = re.search(r"(\d+) of (\d+)", text_of(phone.get(page("report-question", token, question))))
    assert shown is not None
    return int(shown[1]), int(shown[2])


def test_what_is_settled_is_not_asked_on_and_comes_back_when_an_answer_changes(phone: Client, token: str) -> None:
    come_in(phone, token)
    number, count = number_and_count(phone, token, "f1")
    assert answer(phone, token, "f1", f1="1")["Location"] == page("report-question", token, "medicines")
    assert number_and_count(phone, token, "f1") == (number, count - 2)
    assert number_and_count(phone, token, "medicines") == (number + 1, count - 2)
    assert phone.get(page("report-question", token, "medicines")).context["back"] == page(
        "report-question", token, "f1"
    )
    assert answer(phone, token, "f1", f1="0")["Location"] == page("report-question", token, "f2")
    assert number_and_count(phone, token, "f2") == (number + 1, count)
    answer(phone, token, "f2", f2="1")
    assert number_and_count(phone, token, "f2") == (number + 1, count - 1)
    phone.post(page("report-end", token))
    assert sent_answers() == {"f1": 0, "f2": 1}


def test_staff_are_asked_no_more_than_the_patient(clinician: Member, patient: Patient) -> None:
    clinician.client.post(reverse("before-visit", args=[patient.pk]), {"patient_id": patient.pk, "how": "staff"})

    def told(name: str, value: str) -> str:
        where = reverse("before-visit-question", args=[patient.pk, name])
        where = clinician.client.post(where, {"patient_id": patient.pk, name: value})["Location"]
        return where.rstrip("/").rsplit("/", 1)[-1]

    assert told("f1", "1") == "medicines"
    assert told("f1", "0") == "f2"
    assert told("f2", "0") == "f3"


def test_a_questionnaire_that_the_clinic_switched_off_is_neither_asked_nor_begun(
    phone: Client, token: str, administrator: Member, clinician: Member, patient: Patient
) -> None:
    come_in(phone, token)
    answer(phone, token, "f1", f1="1")
    choose = reverse("instrument-choose", args=[patient.clinic_id, "falls_screen"])
    assert administrator.client.post(choose, {"on": "0"}).status_code == 302
    assert phone.get(page("report-question", token, "f1"))["Location"] == page("report-end", token)
    answer(phone, token, "peg1", peg1="3")
    phone.post(page("report-end", token))
    clinician.client.post(reverse("report-take-over", args=[patient.pk, stored().pk]), {"patient_id": patient.pk})
    draft = queries.draft_of(patient.pk)
    assert draft is not None
    assert set(draft.instruments) == {"peg"}
    read = text_of(clinician.client.get(reverse("patient-report", args=[patient.pk, stored().pk])))
    assert "Have you fallen in the past year?" in read


def test_falls_and_duration_are_taken_over_and_read_as_what_is_certain(
    phone: Client, token: str, clinician: Member, patient: Patient
) -> None:
    come_in(phone, token)
    answer(phone, token, "f1", f1="1")
    answer(phone, token, "duration", **{"duration": "1,5", "duration-unit": "years"})
    phone.post(page("report-end", token))
    clinician.client.post(reverse("report-take-over", args=[patient.pk, stored().pk]), {"patient_id": patient.pk})
    draft = queries.draft_of(patient.pk)
    assert draft is not None
    assert (draft.instruments["falls_screen"].answers, draft.duration_months) == ((1, None, None), 18.0)
    assert draft.sections["score-falls_screen"].copied
    meaning = text_of(clinician.client.get(reverse("assessment-so-far", args=[patient.pk])))
    assert "at least 1" in meaning
    assert "Settled: 1 or more of 3, the rest cannot change it." in meaning
    beside = text_of(clinician.client.get(reverse("assessment-section", args=[patient.pk, "severity"])))
    assert "1.5 years" in beside


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


def test_an_item_answered_late_is_kept(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "phq9_1", phq9_1="3")
    # The other tab takes the low mood back; this one still shows item 9, and the patient answers it.
    answer(phone, token, "phq9_1", phq9_1="0")
    assert phone.get(page("report-question", token, "phq9_9"))["Location"] == page("report-end", token)
    after = answer(phone, token, "phq9_9", phq9_9="2")["Location"]
    assert after == page("report-advice", token)
    assert Alert.objects.get().code == "phq9_9"
    # So is what was already settled; what is no answer is not.
    answer(phone, token, "f1", f1="1")
    assert answer(phone, token, "f3", f3="1")["Location"] == page("report-question", token, "medicines")
    assert stored().draft == {"phq9_1": 0, "phq9_9": 2, "f1": 1, "f3": 1}


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
        ("duration", {"duration": "3"}),
        ("duration", {"duration-unit": "years"}),
        ("duration", {"duration": "three", "duration-unit": "years"}),
        ("duration", {"duration": "0", "duration-unit": "years"}),
        ("duration", {"duration": "101", "duration-unit": "years"}),
        ("duration", {"duration": "-3", "duration-unit": "years"}),
        ("duration", {"duration": "3", "duration-unit": "decades"}),
        ("duration", {"duration": "3", "duration-unit": ["years", "weeks"]}),
        ("signs", {"signs-rf_cauda": "maybe"}),
        ("signs", {"signs-rf_cauda": ["yes", "no"]}),
        ("f1", {"f1": "2"}),
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
    if fields == {"duration": "three", "duration-unit": "years"}:
        assert 'value="three"' in wrong.content.decode()
        assert 'value="years" checked' in wrong.content.decode()
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


# What a message must not say, in both languages; stems, so that no ending hides a word.
REVEALING = ("pain", "dolor", "neuro", "mood", "ánimo", "depres", "medic", "fárma", "dose", "dosis", "suicid", "cáncer")


@pytest.mark.parametrize(
    ("speaks", "via", "language", "subject"),
    [
        ("es", "link", "es", "Un mensaje de Northgate Health"),
        ("es-MX", "tablet", "es", "Un mensaje de Northgate Health"),
        ("de", "link", "en", "A message from Northgate Health"),
        # Staff read the questions to the patient, in the language of the clinic.
        ("es", "staff", "en", "A message from Northgate Health"),
    ],
)
def test_an_invitation_speaks_the_language_of_the_questions_and_says_nothing_clinical(
    clinician: Member, sender: Actor, patient: Patient, speaks: str, via: str, language: str, subject: str
) -> None:
    Patient.objects.update(language=speaks)
    patient.refresh_from_db()
    report = services.ask_before_visit(
        actor=clinician.actor, patient=patient, via=via, visit_on=None, by_email=True, now=now()
    )
    assert report.language == language
    noon = datetime.combine(TODAY + timedelta(days=(8 - TODAY.weekday())), datetime.min.time(), UTC).replace(hour=12)
    claims = services.claim_due(actor=sender, now=noon)
    outlet = Heard()
    assert services.deliver(actor=sender, claims=claims, outlet=outlet, now=noon) == [services.Outcome.SENT]
    (message,) = outlet.messages
    assert (message.subject, message.language) == (subject, language)
    wanted, other = ("antes de su consulta", "before your visit")[:: 1 if language == "es" else -1]
    assert wanted in message.body and other not in message.body
    said = re.sub(r"https?://\S+", "", message.subject + message.body).lower()
    for word in (*REVEALING, patient.family_name.lower(), patient.given_names.lower(), "1951"):
        assert word not in said, word


def test_a_spanish_practice_whose_name_reveals_a_condition_is_not_named(
    clinician: Member, sender: Actor, patient: Patient
) -> None:
    Organisation.objects.filter(pk=patient.organisation_id).update(name="Unidad del Dolor Norte")
    Patient.objects.update(language="es")
    patient.refresh_from_db()
    services.ask_before_visit(
        actor=clinician.actor, patient=patient, via="link", visit_on=None, by_email=True, now=now()
    )
    noon = datetime.combine(TODAY + timedelta(days=(8 - TODAY.weekday())), datetime.min.time(), UTC).replace(hour=12)
    outlet = Heard()
    services.deliver(actor=sender, claims=services.claim_due(actor=sender, now=noon), outlet=outlet, now=noon)
    (message,) = outlet.messages
    assert message.subject == "Un mensaje de su clínica"
    assert "dolor" not in message.body.lower()


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
        # The organisation of the link, the report, what its clinic uses, and the frame of a request.
        assert len(asked) <= 7
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
        lambda: report_queries.flags_told(report.patient_id),
        lambda: queries.instruments_asked_in(report.id),
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
