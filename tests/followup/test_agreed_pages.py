"""An agreement of a signed plan is reached: on the page of follow-up, in the worklist, and drafted with one click."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import Actor
from followup import plans, queries, services
from followup.models import Answer, CheckIn, Schedule
from followup.wording import answer_text
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.followup.test_links import answer, come_in, number_of, page
from tests.followup.test_links import phone as phone
from tests.followup.test_links import token as token
from tests.followup.test_signed_plan import draft_for
from tests.treatments.test_pages import words
from treatments import agreements
from treatments import queries as treatment_queries
from treatments import services as treatment_services
from treatments.plan_record import GoalRecord, ItemRecord, PlanSummary
from treatments.services import ItemEntry
from treatments.snapshot import snapshot

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WALK = GoalRecord("function", "Walk to the shop", measure="minutes of one walk", baseline=5, amount=20, unit="minutes")
SLEEP = GoalRecord("function", "Sleep until five", position=2)
STEADY: dict[str, Any] = {"danger_signs": [], "effects": [], "adherence": 100, "nrs_average": 7}
REVIEWED = {
    "suicide_risk": "none",
    "goal_met": False,
    "function_state": "same",
    "failed_classes": 0,
    "dose_room": False,
    "trial_adequate": True,
}


@pytest.fixture
def medicine(clinician: Member, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> ItemRecord:
    """The medicine of Ingrid's signed plan, begun 100 days ago; pain was 8 then."""
    draft = draft_for(clinician, patient)
    item = next(item for item in draft.items if item.kind == "agent")
    shown = snapshot(patient, TODAY)
    shared: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "now": datetime.now(UTC)}
    entry = ItemEntry(starts_on=TODAY - 100 * DAY, steps=item.steps, owner_id=item.owner_id)
    treatment_services.save_item(**shared, ref_id=item.ref_id, version=1, entry=entry, shown=shown)
    goals = treatment_services.PlanEntry(goals=(WALK, SLEEP), dates=draft.dates)
    treatment_services.save_plan(**shared, version=draft.version, entry=goals)
    services.sign_plan(actor=clinician.actor, plan_id=draft.id, now=datetime.now(UTC))

    def with_baseline(plan_id: UUID) -> PlanSummary | None:
        found = plan_of(plan_id)
        return replace(found, baseline_nrs=8) if found else None

    plan_of = plans.plan_of
    monkeypatch.setattr(plans, "plan_of", with_baseline)
    return item


def told(clinician: Member, patient: Patient, **changes: Any) -> Answer:
    given = {name: value for name, value in (STEADY | changes).items() if value is not None}
    return services.record_answers(
        actor=clinician.actor,
        patient_id=patient.pk,
        answers=given,
        on=TODAY,
        via="telephone",
        now=datetime.now(UTC),
    )


def review(clinician: Member, patient: Patient, given: Answer, ref_id: str) -> None:
    services.record_review(
        actor=clinician.actor, patient_id=patient.pk, answer_id=given.pk, ref_id=ref_id, variables=REVIEWED
    )


def follow_up(clinician: Member, patient: Patient) -> str:
    return words(clinician.client.get(reverse("patient-follow-up", args=[patient.pk])).content.decode())


def draft_it(member: Member, patient: Patient, ref_id: str, case: str = "little") -> Any:
    return member.client.post(
        reverse("follow-up-agreed-draft", args=[patient.pk, ref_id]), {"patient_id": patient.pk, "case": case}
    )


def test_little_response_is_shown_with_what_was_agreed_and_drafted_in_one_click(
    clinician: Member, patient: Patient, medicine: ItemRecord
) -> None:
    given = told(clinician, patient)
    before = follow_up(clinician, patient)
    assert "less pain" in before and "Reached on" in before
    # Nobody asked about suicide yet: nothing is drafted before that.
    assert "First answer what is still missing" in before and "Draft it" not in before
    assert draft_it(clinician, patient, medicine.ref_id)["Location"].endswith("/follow-up/")
    assert treatment_queries.draft_of(patient.pk) is None
    review(clinician, patient, given, medicine.ref_id)
    shown = follow_up(clinician, patient)
    assert "little response (12.5% less pain)" in shown
    assert "Draft it" in shown
    assert draft_it(clinician, patient, medicine.ref_id, "partial")["Location"].endswith("/follow-up/")
    assert "#plan" in draft_it(clinician, patient, medicine.ref_id)["Location"]
    draft = treatment_queries.draft_of(patient.pk)
    assert draft is not None
    item, agreed = draft.item(medicine.ref_id), draft.agreement(medicine.ref_id)
    assert item is not None and agreed is not None
    assert "As agreed: taper and switch" in item.note and "12.5% less pain" in item.note
    # SAFETY: the medicine is not stopped by this, and its doses stay until somebody enters the taper.
    assert item.steps == medicine.steps and item.stops_on is None
    assert (draft.item(agreed.next_id) is not None) is bool(agreed.next_id)
    draft_it(clinician, patient, medicine.ref_id)
    again = treatment_queries.draft_of(patient.pk)
    assert again is not None and again.items == draft.items


def test_what_the_rules_exclude_today_is_not_drafted_although_it_was_agreed(
    clinician: Member, patient: Patient, medicine: ItemRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = told(clinician, patient)
    review(clinician, patient, given, medicine.ref_id)
    monkeypatch.setattr(agreements, "next_of", lambda _agreed, _case: ("carbamazepine", "Carbamazepine"))
    response = clinician.client.post(
        reverse("follow-up-agreed-draft", args=[patient.pk, medicine.ref_id]),
        {"patient_id": patient.pk, "case": "little"},
        follow=True,
    )
    assert "Carbamazepine was agreed, but is excluded today." in words(response.content.decode())
    draft = treatment_queries.draft_of(patient.pk)
    assert draft is not None and draft.item("carbamazepine") is None


@pytest.mark.parametrize(
    ("changes", "said", "stored"),
    [
        ({}, "little response (12.5% less pain)", ["little"]),
        ({"nrs_average": 5}, "partial response (37.5% less pain)", ["partial"]),
        ({"nrs_average": 4}, "good response (50% less pain)", ["good"]),
        ({"adherence": 50}, "Not judged: too little of it was taken.", []),
        ({"effects": ["sedation"], "grade:sedation": 2}, "not tolerated", ["not_tolerated"]),
        ({"nrs_average": None}, "Not known yet.", []),
    ],
)
def test_the_worklist_and_the_page_say_what_the_answers_brought(
    clinician: Member,
    patient: Patient,
    medicine: ItemRecord,
    changes: dict[str, Any],
    said: str,
    stored: list[str],
) -> None:
    given = told(clinician, patient, goal_reached=5, **changes)
    mine = [row for row in given.agreed if row["ref_id"] == medicine.ref_id]
    assert [row["case"] for row in mine] == stored
    assert said in follow_up(clinician, patient)
    text = answer_text(given)
    assert (f"{medicine.name} (" in text and "as agreed:" in text) is bool(stored)


def test_the_row_of_the_worklist_says_what_answers_by_link_brought(
    clinician: Member, by_link: Actor, medicine: ItemRecord
) -> None:
    now = datetime.now(UTC)
    check_in = CheckIn.objects.order_by("due_on")[0]
    CheckIn.objects.filter(pk=check_in.pk).update(draft=STEADY, first_sent_at=now, expires_at=now + 7 * DAY)
    services.submit_link(actor=by_link, check_in=check_in, on=TODAY, now=now)
    found = queries.work_items(clinician.organisation.pk, clinician.user, TODAY, 50)
    (text,) = [item.text for item in found if item.kind == "answer"]
    assert text.startswith("Answered: pain 7. ")
    assert f"{medicine.name} (12.5%), as agreed: taper and switch" in text


def test_goals_are_asked_in_the_patients_words_and_shown_where_scores_are(
    clinician: Member, patient: Patient, medicine: ItemRecord
) -> None:
    page = words(clinician.client.get(reverse("follow-up-answers-add", args=[patient.pk])).content.decode())
    assert "“Walk to the shop” minutes of one walk" in page and "“Sleep until five”" in page
    sent = {"patient_id": patient.pk, "answered_on": TODAY.isoformat(), "via": "visit", "goal:2": "1"}
    add = reverse("follow-up-answers-add", args=[patient.pk])
    refused = clinician.client.post(add, sent | {"goal_reached": "quite far"})
    assert refused.status_code == 422
    assert "Enter a number" in words(refused.content.decode()) and "quite far" in refused.content.decode()
    assert clinician.client.post(add, sent | {"goal_reached": "18,5", "nrs_average": "5"}).status_code == 302
    kept = Answer.objects.get()
    assert kept.answers == {"goal_reached": 18.5, "goal:2": 1, "nrs_average": 5}
    shown = follow_up(clinician, patient)
    # Two goals of equal weight at 0 and +1.
    assert "Goals T 56.2 (0, +1)" in shown
    assert "Goal met as expected (18.5 minutes)" in shown
    overview = words(clinician.client.get(reverse("patient-overview", args=[patient.pk])).content.decode())
    assert "Goals: T 56.2 (0, +1)" in overview


def test_the_link_takes_a_number_and_refuses_what_is_none(
    phone: Client, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plans.plan_of(Schedule.objects.get().plan_id)
    assert plan is not None
    monkeypatch.setattr(plans, "plan_of", lambda _plan_id: replace(plan, goals=(WALK,)))
    come_in(phone, token)
    number = number_of(phone, token, "goal_reached")
    asked = phone.get(page("check-in-question", token, number)).content.decode()
    assert "Walk to the shop" in asked and 'inputmode="decimal"' in asked
    for wrong in ("far", "1e9", "-4", "nan"):
        refused = phone.post(page("check-in-question", token, number), {"answer": wrong})
        assert refused.status_code == 422
        assert "Enter a number" in refused.content.decode() and f'value="{wrong}"' in refused.content.decode()
    answer(phone, token, "goal_reached", "12,5")
    assert CheckIn.objects.exclude(draft={}).get().draft == {"goal_reached": 12.5}
    assert 'value="12.5"' in phone.get(page("check-in-question", token, number)).content.decode()
