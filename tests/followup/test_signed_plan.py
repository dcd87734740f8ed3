"""From a signature to the next step: a real plan, its schedule, its message, the answers, the drafted step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.audit import Actor
from followup import content, links, plans, queries, services
from followup.delivery import Outbox
from followup.models import Answer, CheckIn, DueItem, OutboxMessage, Reminder, Schedule
from patients import queries as patient_queries
from patients import services as patient_services
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from treatments import plan_readiness
from treatments import queries as treatment_queries
from treatments import services as treatment_services
from treatments.plan_record import GoalRecord, PlanRecord
from treatments.snapshot import snapshot

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def draft_for(clinician: Member, patient: Patient) -> PlanRecord:
    """A draft for Ingrid that needs no override: one medicine and one therapy of the proposal."""
    now = datetime.now(UTC)
    actor = clinician.actor
    enter_diabetic_neuropathy(actor, patient, TODAY)
    shown = snapshot(patient, TODAY)
    agent = next(option.id for option in shown.proposal.agents if option.status.value in ("recommended", "possible"))
    chosen: dict[str, Any] = {"actor": actor, "patient": patient, "shown": shown, "now": now}
    treatment_services.add_item(kind="agent", ref_id=agent, **chosen)
    draft = treatment_services.add_item(kind="therapy", ref_id="pain_education", **chosen)
    assert not plan_readiness.needs_of(draft, shown)
    return with_goal(clinician, patient, draft)


def with_goal(clinician: Member, patient: Patient, draft: PlanRecord) -> PlanRecord:
    """The draft with the goal that a signature asks for."""
    entry = treatment_services.PlanEntry(goals=(GoalRecord("function", "Walk to the shop"),), dates=draft.dates)
    treatment_services.save_plan(
        actor=clinician.actor, patient=patient, version=draft.version, entry=entry, now=datetime.now(UTC)
    )
    kept = treatment_queries.draft_of(patient.pk)
    assert kept is not None
    return kept


@pytest.fixture
def schedule(clinician: Member, patient: Patient) -> Schedule:
    """Ingrid's plan is signed, and its follow-up opened by the signature."""
    draft = draft_for(clinician, patient)
    return services.sign_plan(actor=clinician.actor, plan_id=draft.id, now=datetime.now(UTC))


# What each page asks of the database, from the session to COMMIT; in a test one more, because the organisation of the
# test is shown again when the request ends.
COSTS = {
    "patient-overview": 17,
    "patient-plan": 14,
    "patient-follow-up": 17,
    "patient-record": 10,
    "patient-assess": 12,
    "worklist": 12,
}


@pytest.mark.parametrize("name", COSTS)
def test_a_page_costs_the_same_for_a_short_course_and_a_long_one(
    name: str, clinician: Member, patient: Patient, schedule: Schedule
) -> None:
    address = reverse(name, args=[] if name == "worklist" else [patient.pk])

    def cost() -> int:
        clinician.client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert clinician.client.get(address).status_code == 200
        return len(asked)

    def go_on(number: int) -> None:
        actor, day = clinician.actor, TODAY - number * DAY
        same: dict[str, Any] = {"actor": actor, "patient": patient, "today": TODAY}
        answers: dict[str, Any] = {"nrs_average": 8, "danger_signs": ["rf_mood"], "effects": []}
        services.record_answers(
            actor=actor, patient_id=patient.pk, answers=answers, on=day, via="telephone", now=datetime.now(UTC)
        )
        patient_services.record_measurement(**same, code="weight", value="71", unit="kg", measured_on=day)
        patient_services.record_medicine(**same, text=f"medicine {number}")
        patient_services.add_task(actor=actor, patient=patient, text="Ring the laboratory", due_on=day)

    go_on(1)
    assert cost() == COSTS[name] + 1
    for number in range(2, 10):
        go_on(number)
    assert cost() == COSTS[name] + 1


def test_the_button_signs_and_opens_the_follow_up(clinician: Member, trainee: Member, patient: Patient) -> None:
    draft = draft_for(clinician, patient)
    shown = snapshot(patient, TODAY)
    seen = draft.fingerprint(shown.facts.canonical_text(), shown.rulebook.digest)
    address = reverse("plan-sign", args=[patient.pk, draft.id])
    sent = {"patient_id": str(patient.pk), "seen": seen}
    assert trainee.client.post(address, sent).status_code == 403
    stale = clinician.client.post(address, sent | {"seen": "something else"})
    assert stale["Location"] == reverse("patient-plan-sign", args=[patient.pk])
    assert not Schedule.objects.exists()
    signed = clinician.client.post(address, sent)
    assert signed["Location"] == reverse("patient-plan-read", args=[patient.pk, draft.id])
    assert Schedule.objects.get().plan_id == draft.id
    assert clinician.client.post(address, sent)["Location"] == reverse("patient-plan", args=[patient.pk])
    assert Schedule.objects.count() == 1


def test_the_signature_opens_the_follow_up_once(schedule: Schedule, keeper: Actor, patient: Patient) -> None:
    assert services.open_schedules(actor=keeper, now=datetime.now(UTC)) == 0
    assert Schedule.objects.count() == 1
    kinds = set(DueItem.objects.filter(schedule=schedule).values_list("kind", flat=True))
    assert {"check_in", "review"} <= kinds
    plan = plans.plan_of(schedule.plan_id)
    assert plan is not None
    assert {item.kind for item in plan.items} == {"agent", "therapy"}
    assert all(item.steps for item in plan.items)
    assert plan.facts["age_years"] >= 18  # type: ignore[operator]
    assert schedule.tier in ("medium", "high")


@pytest.mark.parametrize("somebody_stays", [False, True])
def test_whoever_signs_looks_after_a_patient_whom_nobody_looks_after(
    somebody_stays: bool, clinician: Member, trainee: Member, patient: Patient
) -> None:
    team: dict[str, Any] = {"actor": clinician.actor, "patient": patient}
    if somebody_stays:
        patient_services.join_care_team(**team, user_id=trainee.user.pk, since=TODAY)
    patient_services.leave_care_team(**team, user_id=clinician.user.pk, until=TODAY)
    draft = draft_for(clinician, patient)
    services.sign_plan(actor=clinician.actor, plan_id=draft.id, now=datetime.now(UTC))
    expected = trainee if somebody_stays else clinician
    assert [place.user_id for place in patient_queries.care_team(patient.pk)] == [expected.user.pk]


def test_a_schedule_that_was_missed_is_opened_by_the_sweep(schedule: Schedule, keeper: Actor) -> None:
    plan_id = schedule.plan_id
    # As if the process had died between two releases that opened schedules differently: the row is not there.
    Schedule.objects.filter(pk=schedule.pk).update(plan_id="00000000-0000-0000-0000-000000000000")
    assert services.open_schedules(actor=keeper, now=datetime.now(UTC)) == 1
    assert Schedule.objects.filter(plan_id=plan_id).count() == 1


def test_a_stopped_plan_ends_its_follow_up(
    schedule: Schedule, keeper: Actor, clinician: Member, patient: Patient
) -> None:
    now = datetime.now(UTC)
    treatment_services.stop_plan(
        actor=clinician.actor, patient=patient, plan_id=schedule.plan_id, reason="moved away", now=now
    )
    services.open_schedules(actor=keeper, now=now)
    schedule.refresh_from_db()
    assert schedule.ended_at is not None
    assert not Reminder.objects.filter(state="scheduled").exists()
    assert not DueItem.objects.filter(schedule=schedule, done_at__isnull=True).exists()


def test_the_whole_loop(schedule: Schedule, sender: Actor, clinician: Member, patient: Patient) -> None:
    reminder = Reminder.objects.select_related("check_in").order_by("due_at")[0]
    claims = services.claim_due(actor=sender, now=reminder.due_at)
    assert services.deliver(actor=sender, claims=claims, outlet=Outbox(), now=reminder.due_at) == ["sent"]
    link = next(word for word in OutboxMessage.objects.get().body.split() if "/c/" in word and "/stop/" not in word)
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert links.digest(token) == CheckIn.objects.get(reminders=reminder).token_digest
    # The due day lies ahead, so the link is opened at once here; its days are counted from the sending.
    CheckIn.objects.filter(reminders=reminder).update(expires_at=datetime.now(UTC) + 7 * DAY)
    phone = Client()
    phone.post(reverse("check-in", args=[token]), {"day": "2", "month": "5", "year": "1951"})
    given = {"danger_signs": ["none"], "nrs_average": ["3"], "effects": ["none"], "adherence": ["100"]}
    number = 1
    while (shown := phone.get(reverse("check-in-question", args=[token, number]))).status_code == 200:
        answer = given.get(shown.context["question"].id, [])
        phone.post(reverse("check-in-question", args=[token, number]), {"answer": answer})
        number += 1
    phone.post(reverse("check-in-end", args=[token]))
    kept = Answer.objects.get()
    assert kept.answers["nrs_average"] == 3
    text = clinician.client.get(reverse("patient-follow-up", args=[patient.pk])).content.decode()
    assert "<svg" in text
    assert "Suicide risk, asked directly" in text
    course = queries.course(patient.pk, queries.answers_of(patient.pk), TODAY)
    assert len(course.judged) == 2
    for judged in course.judged:
        assert not {advice.row.action for advice in judged.step.advice} & {"titrate", "combine", "switch"}
        assert "suicide_risk" in judged.step.missing
    assert content.policy().link_lives == 7 * DAY
    first = queries.work_items(clinician.organisation.pk, clinician.user, TODAY, 50)[0]
    assert first.kind == "answer"
    overview = clinician.client.get(reverse("patient-overview", args=[patient.pk]))
    assert overview.status_code == 200
    assert "Average pain" in overview.content.decode()
