"""Pages of staff: the picture and its table, the drafted next step, telephone answers, alerts, messages, work items."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.audit import Actor
from accounts.models import AuditEvent, User
from accounts.tenancy import tenant
from followup import picture_presenters, plans, presenters, queries, services
from followup.models import Alert, Answer, CheckIn, DueItem, OutboxMessage, Reminder, Schedule
from followup.plans import PlanItemSummary, PlanSummary
from followup.timeline import GAP, Dose, Event, Score, Treatment, picture
from followup.wording import goal_words
from patients import services as patient_services
from patients.models import Patient
from patients.work import WorkItem
from tests.cast import TODAY, Member, NewPatient
from tests.followup.conftest import DAY, SIGNED
from treatments.models import FollowUpDate, Plan, PlanItem

pytestmark = pytest.mark.django_db
GOOD: dict[str, Any] = {
    "danger_signs": [],
    "nrs_average": 3,
    "peg1": 3,
    "peg2": 3,
    "peg3": 3,
    "pgic": 2,
    "goal": 0,
    "adherence": 100,
    "effects": [],
}


def record(actor: Actor, patient: Patient, on: date, **answers: Any) -> Answer:
    return services.record_answers(
        actor=actor, patient_id=patient.pk, answers=answers, on=on, via="telephone", now=datetime.now(UTC)
    )


def send(member: Member, patient: Patient, name: str, *more: object, **fields: str) -> Any:
    """Post a form as the page does: it says for whom it was opened."""
    return member.client.post(reverse(name, args=[patient.pk, *more]), {"patient_id": str(patient.pk), **fields})


def page_of(member: Member, patient: Patient) -> str:
    found = member.client.get(reverse("patient-follow-up", args=[patient.pk]))
    assert found.status_code == 200
    return found.content.decode()


def test_a_patient_without_a_plan_has_an_empty_page(clinician: Member, patient: Patient) -> None:
    text = page_of(clinician, patient)
    assert "Nothing to show yet" in text
    assert "no signed plan" in text


def test_the_page_shows_picture_table_and_next_step(clinician: Member, patient: Patient, schedule: Schedule) -> None:
    record(clinician.actor, patient, SIGNED.date() + 60 * DAY, **GOOD)
    text = page_of(clinician, patient)
    assert "<svg" in text and "chart-goal" in text and "Gabapentin" in text
    assert "The same as a table" in text
    # A direct suicide screen was not done, so nothing is advised and the question stands there.
    assert "Still missing for the next step" in text
    assert "Suicide risk, asked directly" in text
    assert "style=" not in text


def test_what_was_missing_is_entered_there_and_the_next_step_appears(
    clinician: Member, patient: Patient, schedule: Schedule
) -> None:
    answer = record(clinician.actor, patient, SIGNED.date() + 60 * DAY, **GOOD)
    sent = {"person-suicide_risk": "none", "person-red_flag": "no"}
    assert send(clinician, patient, "follow-up-review-person", answer.pk, **sent).status_code == 302
    sent = {"gabapentin-ae_max_grade": "0", "gabapentin-trial_adequate": "yes"}
    assert send(clinician, patient, "follow-up-review-add", answer.pk, "gabapentin", **sent).status_code == 302
    course = queries.course(patient.pk, queries.answers_of(patient.pk), SIGNED.date() + 60 * DAY)
    assert [advice.row.id for advice in course.judged[0].step.advice] == ["R5"]
    text = page_of(clinician, patient)
    assert "Keep the lowest dose that works" in text
    assert "stated by staff" in text
    assert AuditEvent.objects.filter(action="review.record").count() == 2


@pytest.mark.parametrize("value", ["9", "many"])
def test_a_strange_value_in_a_review_is_refused(
    clinician: Member, patient: Patient, schedule: Schedule, value: str
) -> None:
    answer = record(clinician.actor, patient, SIGNED.date(), **GOOD)
    sent = {"gabapentin-ae_max_grade": value, "gabapentin-trial_adequate": "yes"}
    refused = send(clinician, patient, "follow-up-review-add", answer.pk, "gabapentin", **sent)
    assert not answer.reviews.exists()
    # What was typed stays on the page, the good beside the bad.
    assert refused.status_code == 422
    (form,) = [form for _draft, form, _agreed in refused.context["drafts"]]
    assert list(form.errors) == ["ae_max_grade"]
    assert form["trial_adequate"].value() == "yes"


def with_items(patient: Patient, schedule: Schedule, plan_for: Callable[..., PlanSummary], *more: str) -> PlanSummary:
    """The plan of the schedule with further treatments beside gabapentin."""
    plan = plan_for(patient, plan_id=schedule.plan_id)
    therapies = (PlanItemSummary("therapy", ref, plans.name_of(ref), ((SIGNED.date(), 0.0, ""),)) for ref in more)
    return replace(plan, items=(*plan.items, *therapies))


def test_what_is_true_of_the_person_is_asked_once_and_counts_for_every_treatment(
    clinician: Member,
    patient: Patient,
    schedule: Schedule,
    plan_for: Callable[..., PlanSummary],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = with_items(patient, schedule, plan_for, "physical_therapy", "cbt")
    monkeypatch.setattr(plans, "plan_of", lambda _plan_id: plan)
    answer = record(clinician.actor, patient, SIGNED.date() + 60 * DAY, **GOOD)
    text = page_of(clinician, patient)
    assert text.count("Suicide risk, asked directly") == 1
    assert text.index("Still missing for the next step") < text.index("Suicide risk, asked directly")
    assert text.index("Suicide risk, asked directly") < text.index('id="step-gabapentin"')
    send(clinician, patient, "follow-up-review-person", answer.pk, **{"person-suicide_risk": "ideation"})
    course = queries.course(patient.pk, queries.answers_of(patient.pk), SIGNED.date() + 60 * DAY)
    assert [judged.variables["suicide_risk"] for judged in course.judged] == ["ideation"] * 3
    assert [[a.row.id for a in judged.step.advice if a.row.group == "safety"] for judged in course.judged] == [
        ["S6"]
    ] * 3
    # What belongs to one treatment is not taken from the form about the person, and stays with its treatment.
    send(clinician, patient, "follow-up-review-person", answer.pk, **{"person-trial_adequate": "yes"})
    send(clinician, patient, "follow-up-review-add", answer.pk, "cbt", **{"cbt-ae_max_grade": "3"})
    course = queries.course(patient.pk, queries.answers_of(patient.pk), SIGNED.date() + 60 * DAY)
    assert [judged.reviewed.get("ae_max_grade") for judged in course.judged] == [None, None, 3]
    assert not any("trial_adequate" in judged.reviewed for judged in course.judged)


def test_what_was_told_about_the_person_with_one_treatment_counts_for_the_others_too(
    clinician: Member,
    patient: Patient,
    schedule: Schedule,
    plan_for: Callable[..., PlanSummary],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = with_items(patient, schedule, plan_for, "cbt")
    monkeypatch.setattr(plans, "plan_of", lambda _plan_id: plan)
    answer = record(clinician.actor, patient, SIGNED.date(), **GOOD)
    services.record_review(
        actor=clinician.actor,
        patient_id=patient.pk,
        answer_id=answer.pk,
        ref_id="gabapentin",
        variables={"suicide_risk": "plan_or_intent"},
    )
    course = queries.course(patient.pk, queries.answers_of(patient.pk), SIGNED.date())
    assert [judged.reviewed for judged in course.judged] == [{"suicide_risk": "plan_or_intent"}] * 2


def test_a_mistake_in_the_form_about_the_person_keeps_what_was_typed(
    clinician: Member, patient: Patient, schedule: Schedule
) -> None:
    answer = record(clinician.actor, patient, SIGNED.date(), **GOOD)
    sent = {"person-suicide_risk": "none", "person-current_pain": "99"}
    refused = send(clinician, patient, "follow-up-review-person", answer.pk, **sent)
    assert refused.status_code == 422
    form = refused.context["person_form"]
    assert list(form.errors) == ["current_pain"]
    assert form["suicide_risk"].value() == "none"
    assert not answer.reviews.exists()


def test_before_the_first_answers_the_page_says_when_they_come_and_asks_nothing(
    clinician: Member, patient: Patient, schedule: Schedule, check_in: CheckIn
) -> None:
    text = page_of(clinician, patient)
    assert "First check-in" in text and "Enter answers now" in text
    assert f"?check_in={check_in.pk}" in text
    assert "danger signs, pain, what pain keeps from (PEG), change since the start" in text
    assert "Too early to judge: first review on" in text
    assert "Needs data" not in text
    assert "Suicide risk, asked directly" not in text


def test_an_open_alert_is_no_time_for_calm(
    clinician: Member, by_link: Actor, patient: Patient, schedule: Schedule, check_in: CheckIn
) -> None:
    services.raise_alarms(
        actor=by_link, check_in=check_in, answers={"danger_signs": ["rf_mood"]}, now=datetime.now(UTC)
    )
    text = page_of(clinician, patient)
    assert "An alert is open: see to it first." in text
    assert "Too early to judge" not in text


@pytest.mark.parametrize(
    ("after", "given", "state"),
    [
        (14, {}, "too_early"),
        # An effect whose weight nobody knows does not wait for the review.
        (14, {"effects": ["sedation"]}, "needs_data"),
        (60, {}, "needs_data"),
    ],
)
def test_it_is_too_early_to_judge_until_the_first_review(
    clinician: Member, patient: Patient, schedule: Schedule, after: int, given: dict[str, Any], state: str
) -> None:
    day = SIGNED.date() + after * DAY
    answers = {name: value for name, value in GOOD.items() if name not in ("effects", "adherence")}
    record(clinician.actor, patient, day, **answers | given)
    course = queries.course(patient.pk, queries.answers_of(patient.pk), day)
    (draft,) = presenters.next_steps(course, day, False).drafts
    assert (draft.state, draft.review_on) == (state, SIGNED.date() + 56 * DAY)
    assert draft.missing


def test_answers_told_by_telephone_close_the_check_in(
    nurse: Member, patient: Patient, check_in: CheckIn, reminder: Reminder
) -> None:
    address = reverse("follow-up-answers-add", args=[patient.pk])
    shown = nurse.client.get(f"{address}?check_in={check_in.pk}")
    assert "Do you have any of these now?" in shown.content.decode()
    sent = {"check_in": str(check_in.pk), "answered_on": TODAY.isoformat(), "via": "telephone", "nrs_average": "5"}
    assert send(nurse, patient, "follow-up-answers-add", **sent).status_code == 302
    answer = Answer.objects.get()
    assert (answer.answers, answer.created_by_id, answer.check_in_id) == (
        {"nrs_average": 5},
        nurse.user.pk,
        check_in.pk,
    )
    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == ("cancelled", "answered")
    assert send(nurse, patient, "follow-up-answers-add", **sent).status_code == 302
    assert Answer.objects.count() == 1
    # Other answers to the same check-in are not lost: they stay on the page, and are kept beside the first ones.
    refused = send(nurse, patient, "follow-up-answers-add", **sent | {"nrs_average": "6"})
    assert refused.status_code == 422
    assert refused.context["form"]["nrs_average"].value() == "6"
    assert refused.context["check_in"] is None
    assert (
        send(nurse, patient, "follow-up-answers-add", **sent | {"nrs_average": "6", "check_in": ""}).status_code == 302
    )
    assert sorted(answer.answers["nrs_average"] for answer in Answer.objects.all()) == [5, 6]


def test_two_answers_of_one_day_both_stand_in_the_table(
    clinician: Member, patient: Patient, schedule: Schedule
) -> None:
    for pain in (7, 5):
        record(clinician.actor, patient, SIGNED.date(), **GOOD | {"nrs_average": pain})
    course = queries.course(patient.pk, found := queries.answers_of(patient.pk), SIGNED.date())
    (row,) = picture_presenters.timeline(course, found, [], SIGNED.date()).rows[:1]
    assert (row[1], row[4]) == ("7; 7; 5", "Plan signed; Goals T 50.0 (0); Goals T 50.0 (0)")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({}, {}),
        ({"effects_asked": "on", "grade:sedation": "no"}, {"effects": []}),
        ({"grade:sedation": "2"}, {"effects": ["sedation"], "grade:sedation": 2}),
    ],
)
def test_no_adverse_effect_is_kept_only_when_it_was_asked_for(
    nurse: Member, patient: Patient, sent: dict[str, str], kept: dict[str, object]
) -> None:
    sent = {"answered_on": TODAY.isoformat(), "via": "telephone", **sent}
    assert send(nurse, patient, "follow-up-answers-add", **sent).status_code == 302
    assert Answer.objects.get().answers == kept


def test_a_day_to_come_is_refused_and_what_was_typed_stays(nurse: Member, patient: Patient) -> None:
    sent = {"answered_on": (TODAY + DAY).isoformat(), "via": "visit", "nrs_average": "5"}
    refused = send(nurse, patient, "follow-up-answers-add", **sent)
    assert refused.status_code == 422
    assert "still to come" in refused.content.decode()
    assert '<option value="5" selected' in refused.content.decode()
    assert not Answer.objects.exists()


def test_an_alert_is_closed_with_a_word_on_what_was_done(
    clinician: Member, patient: Patient, schedule: Schedule
) -> None:
    record(clinician.actor, patient, TODAY, danger_signs=["rf_skin"])
    alert = Alert.objects.get()
    assert "Withhold next dose" in page_of(clinician, patient)
    send(clinician, patient, "follow-up-alert-acknowledge", alert.pk, what_was_done="  ")
    alert.refresh_from_db()
    assert alert.acknowledged_at is None
    send(clinician, patient, "follow-up-alert-acknowledge", alert.pk, what_was_done="Called; sent to emergency care")
    alert.refresh_from_db()
    assert alert.acknowledged_by_id == clinician.user.pk
    assert queries.alerts_card(patient.pk, TODAY) == []


def test_messages_can_be_cancelled_and_sent_again(clinician: Member, patient: Patient, reminder: Reminder) -> None:
    send(clinician, patient, "follow-up-reminder-cancel", reminder.pk)
    reminder.refresh_from_db()
    assert reminder.state == "cancelled"
    send(clinician, patient, "follow-up-reminder-resend", reminder.check_in_id)
    assert Reminder.objects.filter(check_in_id=reminder.check_in_id, state="scheduled").count() == 1


def test_something_due_is_ticked_off_once(clinician: Member, patient: Patient, schedule: Schedule) -> None:
    item = DueItem.objects.filter(schedule=schedule, kind="lab").order_by("due_on")[0]
    for _ in range(2):
        send(clinician, patient, "follow-up-due-complete", item.pk)
    item.refresh_from_db()
    assert item.done_by_id == clinician.user.pk
    assert AuditEvent.objects.filter(action="due_item.complete").count() == 1


def test_another_patients_rows_are_out_of_reach(
    clinician: Member, patient: Patient, new_patient: NewPatient, schedule: Schedule, reminder: Reminder
) -> None:
    twin = new_patient(family_name="Twin")
    record(clinician.actor, patient, TODAY, danger_signs=["rf_skin"])
    alert, item = Alert.objects.get(), DueItem.objects.order_by("due_on")[0]
    answer = Answer.objects.get()
    for name, row in (
        ("follow-up-alert-acknowledge", alert),
        ("follow-up-due-complete", item),
        ("follow-up-reminder-cancel", reminder),
        ("follow-up-answers-seen", answer),
    ):
        send(clinician, twin, name, row.pk, what_was_done="x")
        row.refresh_from_db()
    assert (alert.acknowledged_at, item.done_at, reminder.state) == (None, None, "scheduled")
    assert send(clinician, twin, "follow-up-review-add", answer.pk, "gabapentin").status_code == 404
    # The address is right, but the form was opened for somebody else: two tabs, two patients.
    address = reverse("follow-up-due-complete", args=[patient.pk, item.pk])
    assert clinician.client.post(address, {"patient_id": str(twin.pk)}).status_code == 403
    item.refresh_from_db()
    assert item.done_at is None


def test_the_demos_outbox_shows_what_was_sent(
    clinician: Member, outsider: Member, reminder: Reminder, sender: Actor
) -> None:
    from followup.delivery import Outbox

    claims = services.claim_due(actor=sender, now=reminder.due_at)
    assert services.deliver(actor=sender, claims=claims, outlet=Outbox(), now=reminder.due_at) == ["sent"]
    text = clinician.client.get(reverse("demo-outbox")).content.decode()
    assert "A message from Northgate Health" in text
    assert OutboxMessage.objects.count() == 1
    assert "Northgate" not in outsider.client.get(reverse("demo-outbox")).content.decode()


# --- the worklist -----------------------------------------------------------------------------------------------------


def kinds(member: Member, day: date = TODAY) -> list[str]:
    return [item.kind for item in queries.work_items(member.organisation.pk, member.user, day, 50)]


def test_alerts_answers_and_what_is_due_reach_the_care_team(
    clinician: Member, colleague: Member, by_link: Actor, patient: Patient, schedule: Schedule
) -> None:
    assert kinds(colleague, SIGNED.date() + 400 * DAY) == []
    services.raise_alarms(
        actor=by_link, check_in=None, answers={"danger_signs": ["rf_mood"]}, now=SIGNED, patient_id=patient.pk
    )
    Answer.objects.create(
        organisation=patient.organisation,
        patient=patient,
        via="link",
        answered_on=TODAY,
        answers=GOOD,
        created_job="patient-link",
    )
    assert kinds(clinician) == ["alert", "answer"]
    later = queries.work_items(clinician.organisation.pk, clinician.user.pk, SIGNED.date() + 400 * DAY, 50)
    assert {item.kind for item in later} >= {"alert", "overdue"}
    assert all(item.url_name == "patient-follow-up" for item in later)
    answer = Answer.objects.get()
    services.see_answers(actor=clinician.actor, patient_id=patient.pk, answer_id=answer.pk)
    assert kinds(clinician) == ["alert"]


def due_work(member: Member, day: date) -> list[WorkItem]:
    found = queries.work_items(member.organisation.pk, member.user, day, 50)
    return [item for item in found if item.kind in ("due", "overdue", "lab")]


@pytest.fixture
def signed_by(
    patient: Patient, keeper: Actor, plan_for: Callable[..., PlanSummary], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Schedule]:
    """`signed_by(member, owner=other)`: a real signed plan with gabapentin, and its follow-up."""

    def sign(signer: Member, owner: Member | None = None) -> Schedule:
        shared = {"organisation": patient.organisation}
        plan = Plan.objects.create(
            patient=patient,
            created_by=signer.user,
            changed_by=signer.user,
            changed_at=SIGNED,
            no_goal="not_agreed",
            no_goal_text="Agreed at the next visit.",
            **shared,
        )
        FollowUpDate.objects.create(
            plan=plan, due_on=SIGNED.date() + 56 * DAY, kind="review", text="Look again", **shared
        )
        PlanItem.objects.create(
            plan=plan,
            kind="agent",
            ref_id="gabapentin",
            name="Gabapentin",
            position=1,
            status="recommended",
            starts_on=SIGNED.date(),
            unit="mg",
            steps=[{"day": 0, "per_dose": 300, "times_per_day": 1, "per_day": 300}],
            owner=owner.user if owner else None,
            **shared,
        )
        Plan.objects.filter(pk=plan.pk).update(
            state="signed",
            signed_by=signer.user,
            signed_at=SIGNED,
            facts="{}",
            proposal='{"agents":[{"id":"gabapentin","status":"recommended"}]}',
            proposal_digest="sha256:" + "0" * 64,
            rulebook_digest="sha256:" + "0" * 64,
        )
        summary = plan_for(patient, plan_id=plan.pk)
        monkeypatch.setattr(plans, "plan_of", lambda plan_id: summary if plan_id == plan.pk else None)
        with tenant(patient.organisation_id):
            return services.open_schedule(actor=keeper, plan=summary, now=SIGNED)

    return sign


REVIEW_DAY = SIGNED.date() + 56 * DAY
REVIEW = "Gabapentin (immediate release): adequate trial complete, review response"


def test_a_review_names_the_treatment_the_reason_and_the_owner_of_its_item(
    clinician: Member, nurse: Member, signed_by: Callable[..., Schedule]
) -> None:
    signed_by(clinician, owner=nurse)
    owners = {item.text: item.owner_name for item in due_work(clinician, REVIEW_DAY)}
    assert owners[REVIEW] == nurse.user.name
    # The owner sees it even without a place in the care team, and nothing else of the patient's.
    assert [item.text for item in due_work(nurse, REVIEW_DAY)] == [REVIEW]
    lines = {line.text: line.owner for line in queries.due_lines(Schedule.objects.get().patient_id, REVIEW_DAY)}
    assert lines[REVIEW] == nurse.user.name


def test_without_an_owner_the_signer_on_the_team_answers_and_else_who_is_longest_on_it(
    clinician: Member, nurse: Member, patient: Patient, signed_by: Callable[..., Schedule]
) -> None:
    signed_by(nurse)
    assert {item.owner_name for item in due_work(clinician, REVIEW_DAY)} == {clinician.user.name}
    patient_services.join_care_team(actor=clinician.actor, patient=patient, user_id=nurse.user.pk, since=TODAY)
    assert {item.owner_name for item in due_work(clinician, REVIEW_DAY)} == {nurse.user.name}
    # Who may no longer sign in answers for nothing.
    User.objects.filter(pk=nurse.user.pk).update(is_active=False)
    assert {item.owner_name for item in due_work(clinician, REVIEW_DAY)} == {clinician.user.name}


def test_work_that_nobody_owns_is_taken_once_with_one_row_in_the_trail(
    clinician: Member, nurse: Member, patient: Patient, signed_by: Callable[..., Schedule]
) -> None:
    signed_by(clinician)
    patient_services.leave_care_team(actor=clinician.actor, patient=patient, user_id=clinician.user.pk, until=TODAY)
    item = DueItem.objects.get(kind="review", source="adequate_trial")
    DueItem.objects.filter(pk=item.pk).update(opens_on=TODAY, due_on=TODAY)
    assert {line.owner for line in queries.due_lines(patient.pk, REVIEW_DAY)} == {""}
    assert reverse("follow-up-due-take", args=[patient.pk, item.pk]) in page_of(nurse, patient)
    sent = send(nurse, patient, "follow-up-due-take", item.pk, back="worklist")
    assert sent.headers["Location"] == reverse("worklist")
    send(clinician, patient, "follow-up-due-take", item.pk)
    item.refresh_from_db()
    assert item.owner_id == nurse.user.pk
    assert AuditEvent.objects.filter(action="due_item.take").count() == 1
    assert [found.owner_name for found in due_work(nurse, REVIEW_DAY)] == [nurse.user.name]


def test_an_alert_that_nobody_owns_is_taken_from_the_worklist(
    clinician: Member, by_link: Actor, patient: Patient, schedule: Schedule
) -> None:
    services.raise_alarms(
        actor=by_link, check_in=None, answers={"danger_signs": ["rf_mood"]}, now=SIGNED, patient_id=patient.pk
    )
    Alert.objects.update(owner=None)
    alert = Alert.objects.get()
    address = reverse("follow-up-alert-take", args=[patient.pk, alert.pk])
    assert address in clinician.client.get(reverse("worklist")).content.decode()
    for _ in range(2):
        send(clinician, patient, "follow-up-alert-take", alert.pk, back="worklist")
    alert.refresh_from_db()
    assert alert.owner_id == clinician.user.pk
    assert AuditEvent.objects.filter(action="alert.take").count() == 1
    assert address not in clinician.client.get(reverse("worklist")).content.decode()


def test_owners_cost_no_query(
    clinician: Member, nurse: Member, signed_by: Callable[..., Schedule], django_assert_num_queries: Any
) -> None:
    signed_by(clinician, owner=nurse)
    with django_assert_num_queries(4):
        queries.work_items(clinician.organisation.pk, clinician.user, REVIEW_DAY, 50)


def test_an_awaited_check_in_is_work_only_when_a_person_has_to_call(
    clinician: Member, schedule: Schedule, check_in: CheckIn
) -> None:
    day = check_in.due_on
    texts = [item.text for item in queries.work_items(clinician.organisation.pk, clinician.user, day, 50)]
    assert not any("check-in" in text.lower() for text in texts)
    CheckIn.objects.filter(pk=check_in.pk).update(by_person="no consent")
    texts = [item.text for item in queries.work_items(clinician.organisation.pk, clinician.user, day, 50)]
    assert any("call for the check-in" in text for text in texts)


def test_the_number_of_queries_does_not_grow(clinician: Member, patient: Patient, schedule: Schedule) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page_of(clinician, patient)
        return len(seen)

    record(clinician.actor, patient, TODAY, **GOOD)
    page_of(clinician, patient)
    few = count()
    for day in range(1, 12):
        record(clinician.actor, patient, TODAY - day * DAY, **GOOD | {"danger_signs": ["rf_mood"]})
    # The plan of this schedule is a stand-in and asks nothing; one query shows the test's organisation again.
    assert count() == few == 17


# --- the picture ------------------------------------------------------------------------------------------------------


def draw(*scores: Score, today: date = TODAY) -> Any:
    doses = (Dose(TODAY - 99 * DAY, TODAY, 300, "mg"), Dose(TODAY, TODAY + 9 * DAY, 900, "mg"))
    return picture(
        pain=scores,
        function=(),
        treatments=(Treatment("Gabapentin", doses),),
        events=(Event(TODAY, "x"),),
        goal=4.9,
        titles=("Pain", "PEG"),
        today=today,
    )


def test_a_gap_is_drawn_as_a_gap() -> None:
    near = draw(Score(TODAY - GAP, 5), Score(TODAY, 4))
    far = draw(Score(TODAY - GAP - DAY, 5), Score(TODAY, 4))
    assert (len(near.panels[0].lines), len(near.panels[0].gaps)) == (1, 0)
    assert (len(far.panels[0].lines), len(far.panels[0].gaps)) == (0, 1)
    assert len(far.panels[0].dots) == 2


def test_all_panels_share_one_time_axis() -> None:
    drawn = draw(Score(TODAY - 99 * DAY, 5), Score(TODAY, 4))
    bar = drawn.lanes[0].bars
    assert bar[0].x == drawn.panels[0].dots[0].x
    assert bar[1].x == drawn.panels[0].dots[1].x == drawn.events[0].x == drawn.today_x
    assert bar[1].height > bar[0].height
    assert drawn.panels[0].goal_y is not None
    assert all(drawn.left <= tick.x <= drawn.right for tick in drawn.ticks)


@pytest.mark.parametrize("days", [0, 20, 60, 190, 210, 800, 4000])
def test_the_axis_has_several_dates_that_do_not_run_into_each_other(days: int) -> None:
    ticks = draw(Score(TODAY - days * DAY, 5)).ticks
    places = [tick.x for tick in ticks]
    assert 2 <= len(ticks) <= 10
    assert all(right - left >= 60 for left, right in pairwise(places))


def test_a_long_name_stands_whole_above_its_bar() -> None:
    name = "Supervised programme of graded walking and balance training " * 3
    doses = (Dose(TODAY, TODAY + 9 * DAY, 0, ""),)
    (lane,) = picture(
        pain=(),
        function=(),
        treatments=(Treatment(name.strip(), doses),),
        events=(),
        goal=None,
        titles=("Pain", "PEG"),
        today=TODAY,
    ).lanes
    assert " ".join(line for _y, line in lane.words) == name.strip()
    assert max(y for y, _line in lane.words) < lane.bars[0].y


def test_events_of_one_day_are_one_mark_in_the_gravest_tone() -> None:
    events = (Event(TODAY, "Drowsy 2", "warning"), Event(TODAY, "Skin rash", "critical"), Event(TODAY, "Plan signed"))
    (mark,) = picture(
        pain=(), function=(), treatments=(), events=events, goal=None, titles=("Pain", "PEG"), today=TODAY
    ).events
    assert (mark.text, mark.tone) == ("Drowsy 2; Skin rash; Plan signed", "critical")


def test_advice_without_a_course_is_an_event_and_the_table_names_every_treatment(
    clinician: Member,
    patient: Patient,
    schedule: Schedule,
    plan_for: Callable[..., PlanSummary],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = with_items(patient, schedule, plan_for, "foot_care_program", "physical_therapy")
    monkeypatch.setattr(plans, "plan_of", lambda _plan_id: plan)
    day = SIGNED.date() + DAY
    shown = picture_presenters.timeline(queries.course(patient.pk, [], day), [], [], day)
    assert [lane.name for lane in shown.picture.lanes] == ["Gabapentin", plans.name_of("physical_therapy")]
    assert "Foot care and footwear" in shown.picture.events[0].text
    cells = " ".join(str(cell) for row in shown.rows for cell in row)
    assert "Foot care and footwear: begun" in cells
    assert f"{plans.name_of('physical_therapy')}: begun" in cells
    assert "Gabapentin 300 mg" in cells


def test_the_goal_line_says_what_it_stands_for(patient: Patient, plan_for: Callable[..., PlanSummary]) -> None:
    assert goal_words(plan_for(patient, goal_nrs=4)) == "goal 4"
    assert goal_words(plan_for(patient)) == "30% less: 4.9"
    assert goal_words(plan_for(patient, baseline_nrs=None)) == ""


def test_numbers_in_the_drawing_are_plain() -> None:
    drawn = draw(Score(TODAY - 3 * DAY, 5.5), Score(TODAY, 4))
    assert all(re.fullmatch(r"[0-9. ,]+", line) for line in drawn.panels[0].lines)
    assert drawn.height < 400
    assert timedelta(0) < GAP
