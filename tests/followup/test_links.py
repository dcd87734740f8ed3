"""The patient's own pages: birth date, one question a screen, alarms at once, once only, and no way round any of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import Actor
from accounts.models import AuditEvent
from followup import content, links, presenters, services
from followup.models import Alert, Answer, CheckIn, OptOut, Reminder
from patients.models import Patient
from tests.cast import Member
from tests.followup.conftest import DAY

pytestmark = pytest.mark.django_db
BORN = {"day": "2", "month": "5", "year": "1951"}


@pytest.fixture
def phone() -> Client:
    """A browser in which nobody is signed in, and which insists on the forgery check."""
    return Client()


@pytest.fixture
def token(check_in: CheckIn) -> str:
    """The link of a message that was sent an hour ago."""
    now = datetime.now(UTC)
    CheckIn.objects.filter(pk=check_in.pk).update(first_sent_at=now, expires_at=now + 7 * DAY)
    return links.token_for(links.Link(check_in.organisation_id, check_in.pk))


def page(name: str, token: str, *more: object) -> str:
    return reverse(name, args=[token, *more])


def come_in(phone: Client, token: str) -> None:
    assert phone.post(page("check-in", token), BORN).status_code == 302


def number_of(phone: Client, token: str, question: str) -> int:
    """The place of a question in the order of the screens."""
    for number in range(1, 30):
        found = phone.get(page("check-in-question", token, number))
        if found.status_code != 200:
            break
        if found.context["question"].id == question:
            return number
    raise AssertionError(f"no question {question}")


def answer(phone: Client, token: str, question: str, *values: str) -> object:
    return phone.post(page("check-in-question", token, number_of(phone, token, question)), {"answer": values})


def test_the_birth_date_opens_the_questions_and_nothing_of_the_record_is_shown(
    phone: Client, token: str, patient: Patient
) -> None:
    first = phone.get(page("check-in", token))
    assert first.status_code == 200
    assert "Northgate Health" in first.content.decode()
    come_in(phone, token)
    text = phone.get(page("check-in-question", token, 1)).content.decode()
    assert "1 of " in text
    for secret in (patient.family_name, patient.given_names, patient.number, "Gabapentin"):
        assert secret not in first.content.decode() + text


def test_without_the_birth_date_no_question_opens(phone: Client, token: str) -> None:
    for name in ("check-in-question", "check-in-advice", "check-in-end"):
        more = (1,) if name == "check-in-question" else ()
        found = phone.get(page(name, token, *more))
        assert (found.status_code, found["Location"]) == (302, page("check-in", token))
    assert phone.post(page("check-in-question", token, 2), {"answer": "5"}).status_code == 302
    assert CheckIn.objects.exclude(draft={}).count() == 0


def test_a_wrong_birth_date_gets_the_same_answer_each_time_and_the_fifth_closes_the_link(
    phone: Client, token: str, clinician: Member
) -> None:
    answers = {
        phone.post(page("check-in", token), BORN | {"day": str(day)}).content.split(b"csrfmiddlewaretoken")[0]
        for day in (3, 4, 5, 6, 99)
    }
    assert len(answers) == 1
    assert phone.post(page("check-in", token), BORN).status_code == 410
    assert AuditEvent.objects.filter(action="check_in.refuse").count() == content.policy().birth_date_attempts
    # A link that nobody can open is not sent again; a person calls.
    locked = CheckIn.objects.get(failed_attempts__gt=0)
    assert locked.by_person == "locked"
    with pytest.raises(CheckIn.DoesNotExist):
        services.resend(
            actor=clinician.actor, patient_id=locked.patient_id, check_in_id=locked.pk, now=datetime.now(UTC)
        )


def test_opening_a_link_many_times_changes_nothing(phone: Client, token: str, check_in: CheckIn) -> None:
    before = CheckIn.objects.filter(pk=check_in.pk).values().get()
    events = AuditEvent.objects.count()
    for _ in range(20):
        for name in ("check-in", "check-in-stop", "check-in-end"):
            phone.get(page(name, token))
    assert CheckIn.objects.filter(pk=check_in.pk).values().get() == before
    assert AuditEvent.objects.count() == events
    assert not OptOut.objects.exists()


def test_a_whole_check_in_becomes_one_record(phone: Client, token: str, check_in: CheckIn) -> None:
    come_in(phone, token)
    given = {"danger_signs": ["none"], "nrs_average": ["4"], "peg1": ["4"], "peg2": ["3"], "peg3": ["2"], "pgic": ["2"]}
    given |= {"goal": ["0"], "adherence": ["90"], "effects": ["sedation"]}
    for question, values in given.items():
        answer(phone, token, question, *values)
    answer(phone, token, "grade:sedation", "1")
    assert phone.get(page("check-in-end", token)).status_code == 200
    assert phone.post(page("check-in-end", token)).status_code == 302
    thanks = phone.get(page("check-in-end", token))
    assert (thanks.status_code, "Thank you" in thanks.content.decode()) == (200, True)
    kept = Answer.objects.get()
    assert (kept.via, kept.created_job, kept.check_in_id) == ("link", "patient-link", check_in.pk)
    assert kept.answers == {
        "danger_signs": [],
        "nrs_average": 4,
        "peg1": 4,
        "peg2": 3,
        "peg3": 2,
        "pgic": 2,
        "goal": 0,
        "adherence": 90,
        "effects": ["sedation"],
        "grade:sedation": 1,
    }
    assert [(e.effect, e.effective_grade) for e in kept.effects.all()] == [("sedation", 1)]
    assert not Reminder.objects.filter(check_in=check_in, state="scheduled").exists()
    assert AuditEvent.objects.get(action="answer.record").actor_name == "patient by link"
    assert not Alert.objects.exists()


def test_sent_answers_cannot_be_sent_again_or_changed(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "nrs_average", "4")
    phone.post(page("check-in-end", token))
    assert phone.post(page("check-in-end", token)).status_code == 410
    assert phone.post(page("check-in-question", token, 2), {"answer": "9"}).status_code == 410
    closed = Client().get(page("check-in", token))
    assert (closed.status_code, "0300 555 0100" in closed.content.decode()) == (410, True)
    assert Answer.objects.count() == 1


def test_a_question_may_be_left_out_and_back_keeps_the_answer(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "nrs_average", "7")
    number = number_of(phone, token, "nrs_average")
    assert 'value="7" checked' in phone.get(page("check-in-question", token, number)).content.decode()
    phone.post(page("check-in-question", token, number), {"answer": "7", "skip": "1"})
    phone.post(page("check-in-end", token))
    assert Answer.objects.get().answers == {}


@pytest.mark.parametrize(
    ("sign", "alert", "advice"),
    [
        ("rf_suicide", "rf_suicide", "Call your local emergency number now"),
        ("rf_skin", "rf_skin", "Call your local emergency number now"),
        ("rf_mood", "rf_mood", "Call the clinic today"),
    ],
)
def test_an_alarming_answer_gives_advice_at_once_and_raises_an_alert_with_owner_and_deadline(
    phone: Client, token: str, clinician: Member, sign: str, alert: str, advice: str
) -> None:
    come_in(phone, token)
    after = answer(phone, token, "danger_signs", sign)
    assert "/advice/" in after["Location"]  # type: ignore[index]
    assert advice in phone.get(after["Location"]).content.decode()  # type: ignore[index]
    raised = Alert.objects.get()
    assert (raised.code, raised.tier, raised.owner_id) == (alert, "critical", clinician.user.pk)
    assert raised.deadline - raised.created_at <= timedelta(hours=9)
    # The patient may stop here: the alert stands, and ticking again or going on makes no second one.
    answer(phone, token, "danger_signs", sign)
    phone.post(page("check-in-end", token))
    assert Alert.objects.count() == 1
    assert "emergency" in phone.get(page("check-in-end", token)).content.decode().lower()


def test_an_emergency_severity_alarms_too(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "effects", "dizziness")
    after = answer(phone, token, "grade:dizziness", "4")
    assert "/advice/" in after["Location"]  # type: ignore[index]
    assert Alert.objects.get().code == "effect_dizziness_emergency"


def test_an_answer_that_turns_out_worse_raises_an_alert_of_its_own(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "danger_signs", "none")
    answer(phone, token, "effects", "dizziness")
    answer(phone, token, "grade:dizziness", "3")
    first = Alert.objects.get()
    answer(phone, token, "grade:dizziness", "4")
    assert Alert.objects.count() == 2
    assert Alert.objects.exclude(pk=first.pk).get().deadline < first.deadline


def test_a_severity_that_was_left_open_hides_no_other(phone: Client, token: str) -> None:
    come_in(phone, token)
    answer(phone, token, "effects", "dizziness", "sedation")
    after = answer(phone, token, "grade:dizziness", "4")
    assert "/advice/" in after["Location"]  # type: ignore[index]
    phone.post(page("check-in-end", token))
    told = Answer.objects.get()
    assert [effect.effect for effect in told.effects.all()] == ["dizziness"]
    assert Alert.objects.get().code == "effect_dizziness_emergency"
    (row,) = presenters.answer_rows([told], None)
    assert len(row.effects) == 2
    assert any("how bad was not told" in text for text in row.effects)


def test_the_page_of_advice_reads_no_number_out_of_something_else(phone: Client, token: str) -> None:
    come_in(phone, token)
    for strange in ("²", "9" * 5000, "-1", ""):
        assert phone.get(page("check-in-advice", token), {"next": strange}).status_code == 200


@pytest.mark.parametrize("values", [["11"], ["x"], ["4", "5"], ["-1"]])
def test_what_is_no_answer_is_refused_and_nothing_is_kept(phone: Client, token: str, values: list[str]) -> None:
    come_in(phone, token)
    assert answer(phone, token, "nrs_average", *values).status_code == 422  # type: ignore[attr-defined]
    assert CheckIn.objects.exclude(draft={}).count() == 0


def test_none_of_these_and_a_sign_together_are_refused(phone: Client, token: str) -> None:
    come_in(phone, token)
    assert answer(phone, token, "danger_signs", "rf_skin", "none").status_code == 422  # type: ignore[attr-defined]


def test_an_expired_link_says_so_and_how_to_reach_the_clinic(phone: Client, token: str, check_in: CheckIn) -> None:
    CheckIn.objects.filter(pk=check_in.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    found = phone.get(page("check-in", token))
    assert (found.status_code, "0300 555 0100" in found.content.decode()) == (410, True)
    assert phone.post(page("check-in", token), BORN).status_code == 410


def test_a_link_that_is_not_ours_opens_nothing(phone: Client, token: str, check_in: CheckIn, outsider: Member) -> None:
    for wrong in ("x", token[:-2], token.replace(".", "-"), "a" * 300):
        assert phone.get(page("check-in", wrong)).status_code == 410
    foreign = links.token_for(links.Link(outsider.organisation.pk, check_in.pk))
    assert phone.get(page("check-in", foreign)).status_code == 410
    assert phone.post(page("check-in-stop", foreign)).status_code == 410


def test_the_cookie_of_one_link_does_not_open_another(phone: Client, token: str, check_in: CheckIn) -> None:
    come_in(phone, token)
    other = CheckIn.objects.exclude(pk=check_in.pk).order_by("due_on")[0]
    CheckIn.objects.filter(pk=other.pk).update(expires_at=datetime.now(UTC) + DAY)
    second = links.token_for(links.Link(other.organisation_id, other.pk))
    phone.cookies["check-in"]["path"] = "/"
    assert phone.get(page("check-in-question", second, 1)).status_code == 302


def test_the_opt_out_works_with_an_old_link_and_needs_a_button(
    phone: Client, token: str, check_in: CheckIn, sender: Actor
) -> None:
    CheckIn.objects.filter(pk=check_in.pk).update(expires_at=datetime.now(UTC) - 99 * DAY)
    assert phone.get(page("check-in-stop", token)).status_code == 200
    assert not OptOut.objects.exists()
    assert phone.post(page("check-in-stop", token)).status_code == 200
    assert OptOut.objects.get().created_job == "patient-link"
    claims = services.claim_due(actor=sender, now=datetime.now(UTC) + 400 * DAY)
    assert claims == []


def test_pages_behind_a_link_need_no_script_and_stay_out_of_caches(phone: Client, token: str) -> None:
    come_in(phone, token)
    for number in (1, 2):
        found = phone.get(page("check-in-question", token, number))
        text = found.content.decode()
        assert "<script" not in text
        assert "style=" not in text
        assert "no-store" in found["Cache-Control"]
        assert (
            "script-src 'self' 'nonce" in found["Content-Security-Policy"]
            or "script-src" in found["Content-Security-Policy"]
        )


def test_the_forgery_check_holds_for_links(token: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(page("check-in", token), BORN).status_code == 403
    assert strict.post(page("check-in-stop", token)).status_code == 403
