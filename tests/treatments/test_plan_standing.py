"""Signed plans under the rules and facts of today: live on the plan, and over the whole organisation."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access import Denied
from accounts.audit import Actor
from accounts.models import AuditEvent, Organisation
from accounts.tenancy import tenant
from patients import services as record
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import NOW, Desk, taking
from treatments import queries, releases, services
from treatments.content import read_folder
from treatments.models import PlanRecheck
from treatments.plan_record import PlanRecord
from treatments.plan_standing import ACCEPTED, GRAVE, UNCLEAR, Standing, last_night, standing
from treatments.snapshot import snapshot
from treatments.tasks import recheck


@pytest.fixture
def desk(clinician: Member, patient: Patient) -> Desk:
    """Somebody with good kidneys, on a full dose of gabapentin that is signed."""
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY, creatinine="70")
    desk = Desk(clinician, patient)
    desk.add("gabapentin")
    desk.save("gabapentin", (0, 100, 1), (7, 300, 3))
    desk.answer_everything()
    desk.sign()
    return desk


def signed(desk: Desk) -> PlanRecord:
    plan = queries.signed_of(desk.patient.pk)
    assert plan is not None
    return plan


def kidneys_fail(desk: Desk, value: str = "168") -> None:
    record.record_measurement(
        actor=desk.member.actor, patient=desk.patient, code="creatinine", value=value, unit="umol/L",
        measured_on=TODAY, today=TODAY,
    )  # fmt: skip
    desk.look_again()


def job(desk: Desk) -> Actor:
    return Actor.for_job("recheck-plans", desk.patient.organisation_id)


def test_a_plan_that_the_rules_still_propose_is_left_alone(desk: Desk) -> None:
    assert standing(signed(desk), desk.shown) == ()


def test_the_dose_of_a_plan_stands_above_the_ceiling_of_today(desk: Desk) -> None:
    kidneys_fail(desk)
    (finding,) = standing(signed(desk), desk.shown)
    assert (finding.ref_id, finding.what, finding.gravity) == ("gabapentin", "above_limit", GRAVE)
    assert "above the limit of today" in finding.text
    ended = replace(signed(desk), items=tuple(replace(item, stops_on=TODAY) for item in signed(desk).items))
    assert standing(ended, desk.shown) == (), "what has ended is not taken any more"


def test_what_is_excluded_needs_data_or_left_the_rulebook_is_told_and_what_was_accepted_stands_last(
    clinician: Member, patient: Patient
) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    desk.add("duloxetine", "tens")
    desk.save("duloxetine", (0, 30, 1))
    desk.answer_everything()
    desk.sign()
    plan = signed(desk)
    found = {finding.ref_id: finding for finding in standing(plan, desk.shown) if finding.what != "together"}
    assert (found["duloxetine"].what, found["duloxetine"].gravity) == ("excluded", ACCEPTED)
    assert found["duloxetine"].accepted == "Discussed with the patient."
    assert found["tens"].what == "needs_data"
    assert found["tens"].text.startswith("Not known: ")
    beside = [finding for finding in standing(plan, desk.shown) if finding.what == "together"]
    assert "Sertraline with duloxetine" in beside[0].text
    assert {(finding.ref_id, finding.gravity) for finding in beside} >= {("duloxetine", ACCEPTED)}
    assert {finding.gravity for finding in beside} == {ACCEPTED}
    bare = replace(plan, overrides=())
    first, second = [finding for finding in standing(bare, desk.shown) if finding.what != "together"]
    assert (first.ref_id, first.gravity) == ("duloxetine", GRAVE)
    assert "creatinine clearance" in first.text.lower() or "crcl" in first.text.lower()
    assert (second.ref_id, second.gravity) == ("tens", UNCLEAR)
    gone = replace(plan, items=(replace(plan.items[0], ref_id="snake_oil"),))
    assert [finding.what for finding in standing(gone, desk.shown)] == ["gone"]


def test_what_is_taken_since_the_signature_shows_with_its_cause(desk: Desk) -> None:
    plan = signed(desk)
    assert standing(plan, desk.shown) == ()
    taking(desk, "morphine", "60")
    (pair,) = standing(plan, desk.shown)
    assert (pair.name, pair.what, pair.gravity) == ("Sedation and breathing", "together", GRAVE)
    assert "Morphine with gabapentin: deep sedation, breathing stops" in pair.text
    # A third one that slows the breathing: a danger that no pair shows.
    taking(desk, "diazepam", "10")
    (three,) = standing(plan, desk.shown)
    assert three.gravity == GRAVE
    assert "An opioid with two or more other kinds of sedatives" in three.text
    assert "(Gabapentin (immediate release), diazepam, morphine)" in three.text
    services.recheck_plans(actor=job(desk), now=NOW)
    assert "Sedation and breathing Grave when taken together" in words(found(desk.member))
    ended = replace(plan, items=tuple(replace(item, stops_on=TODAY) for item in plan.items))
    assert standing(ended, desk.shown) == (), "what has ended is beside nothing"


def test_a_reason_of_the_signature_stands_for_just_what_it_was_given_for(clinician: Member, patient: Patient) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY, creatinine="70")
    desk = Desk(clinician, patient)
    taking(desk, "morphine", "60")
    desk.add("gabapentin")
    desk.save("gabapentin", (0, 100, 1), (7, 300, 3))
    desk.answer_everything()
    desk.sign()
    assert {finding.gravity for finding in standing(signed(desk), desk.shown)} == {ACCEPTED}
    taking(desk, "diazepam", "10")
    assert GRAVE in {finding.gravity for finding in standing(signed(desk), desk.shown)}


def test_a_dose_that_was_taken_before_is_history(desk: Desk) -> None:
    kidneys_fail(desk)
    item = signed(desk).items[0]
    high, low = replace(item.steps[-1], day=0), replace(item.steps[0], day=5)
    late = replace(item, starts_on=TODAY - dt.timedelta(days=9), steps=(high, low))
    assert standing(replace(signed(desk), items=(late,)), desk.shown) == ()


@pytest.mark.parametrize("beside", [(), ("diazepam",)])
def test_what_was_accepted_at_the_signature_is_accepted_at_night(
    clinician: Member, patient: Patient, beside: tuple[str, ...]
) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY, creatinine="70")
    for concept in ("heavy_alcohol_use", "sleep_apnoea"):
        record.state_problem(
            actor=clinician.actor, patient=patient, kind="concept", code=concept, status="present",
            stated_on=TODAY, today=TODAY,
        )  # fmt: skip
    desk = Desk(clinician, patient)
    for name, dose in (("tramadol", "100"), *((name, "10") for name in beside)):
        taking(desk, name, dose)
    # On the list and in the plan.
    desk.add("tramadol")
    desk.save("tramadol", (0, 50, 2))
    desk.answer_everything()
    desk.sign()
    found = standing(signed(desk), desk.shown)
    assert {finding.what for finding in found} >= {"together"}
    assert [(finding.name, finding.text) for finding in found if finding.gravity != ACCEPTED] == []
    bare = standing(replace(signed(desk), overrides=()), desk.shown)
    assert {finding.gravity for finding in bare if finding.what == "together"} == {GRAVE}
    # What comes on the list since then is new.
    taking(desk, "morphine", "60")
    assert GRAVE in {finding.gravity for finding in standing(signed(desk), desk.shown)}


def test_a_way_down_that_was_signed_stands_at_night(clinician: Member, patient: Patient) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    taking(desk, "gabapentin", "1500")
    taking(desk, "duloxetine", "60")
    desk.add("gabapentin", "duloxetine")
    desk.save("duloxetine", (0, 30, 1), stops_on=TODAY + dt.timedelta(days=14))
    desk.answer_everything()
    desk.sign()
    plan = signed(desk)
    assert [step.per_day for step in plan.items[0].steps] == [1200, 900, 600]
    for day in (0, 1, 8):
        night = snapshot(patient, TODAY + dt.timedelta(days=day))
        found = [finding for finding in standing(plan, night) if finding.what != "together"]
        # What was signed with its reason is accepted; what comes down to its end was asked none.
        assert [(each.ref_id, each.what, each.gravity) for each in found] == [("gabapentin", "above_limit", ACCEPTED)]
        bare = [each for each in standing(replace(plan, overrides=()), night) if each.what != "together"]
        assert [(each.ref_id, each.gravity) for each in bare] == [("gabapentin", GRAVE)]
    # What the signature wrote of the end answers nothing once there is none.
    goes_on = replace(plan, items=tuple(replace(item, stops_on=None) for item in plan.items))
    grave = [each for each in standing(goes_on, desk.shown) if each.gravity == GRAVE and each.what == "excluded"]
    assert [each.ref_id for each in grave] == ["duloxetine"]


# --- over the organisation --------------------------------------------------------------------------------------------


def test_a_look_keeps_what_it_finds_and_is_made_again_after_a_night_or_a_release(desk: Desk) -> None:
    noon = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)
    releases.publish(read_folder(), "test")
    kidneys_fail(desk)
    before = set(AuditEvent.objects.values_list("id", flat=True))
    assert services.recheck_plans(actor=job(desk), now=noon) == 1
    rows = AuditEvent.objects.exclude(id__in=before).exclude(action="patient.read")
    assert [(row.action, row.detail) for row in rows] == [("plan.recheck", {"plans": 1, "found": 1})]
    row = PlanRecheck.objects.get()
    assert (row.gravity, row.computed_at) == (GRAVE, noon)
    assert Standing.from_json(row.findings[0]).what == "above_limit"
    assert services.recheck_plans(actor=job(desk), now=noon + dt.timedelta(hours=3)) == 0
    assert services.recheck_plans(actor=job(desk), now=noon + dt.timedelta(hours=16)) == 1
    kidneys_fail(desk, "70")
    PlanRecheck.objects.update(rulebook_digest="sha256:" + "1" * 64)
    assert services.recheck_plans(actor=job(desk), now=noon + dt.timedelta(hours=17)) == 1
    row.refresh_from_db()
    assert (row.gravity, row.findings) == (None, [])
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanRecheck.objects.update(gravity=1)


def test_the_night_begins_at_two() -> None:
    day = dt.datetime(2026, 6, 3, tzinfo=dt.UTC)
    assert last_night(day + dt.timedelta(hours=1)) == day - dt.timedelta(hours=22)
    assert last_night(day + dt.timedelta(hours=2)) == day + dt.timedelta(hours=2)


def test_who_may_not_see_patients_looks_at_no_plan(desk: Desk, auditor: Member) -> None:
    with pytest.raises(Denied):
        services.recheck_plans(actor=auditor.actor, now=NOW)


def test_the_worker_looks_at_the_plans_of_every_organisation_until_none_is_due(
    desk: Desk, other_organisation: Organisation
) -> None:
    kidneys_fail(desk)
    recheck()
    recheck()
    assert PlanRecheck.objects.count() == 1
    with tenant(other_organisation.pk):
        assert PlanRecheck.objects.count() == 0


def test_a_plan_that_cannot_be_looked_at_is_told_and_keeps_no_other_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("unreadable")

    monkeypatch.setattr("treatments.services.recheck.snapshot", broken)
    assert services.recheck_plans(actor=job(desk), now=NOW) == 1
    assert [finding["what"] for finding in PlanRecheck.objects.get().findings] == ["failed"]
    assert PlanRecheck.objects.get().gravity == GRAVE


# --- pages ------------------------------------------------------------------------------------------------------------


def found(member: Member, **query: str) -> str:
    return member.client.get(reverse("plans-found"), query).content.decode()


def test_the_plan_says_it_live_and_the_list_and_the_worklist_say_it_after_the_look(
    desk: Desk, clinician: Member, new_patient: Any
) -> None:
    browser = Browser(clinician, desk.patient)
    assert "Today's rules would no longer propose" not in words(browser.get())
    assert "1 plan not looked at yet" in words(found(clinician))
    kidneys_fail(desk)
    assert "Today's rules would no longer propose this" in words(browser.get())
    services.recheck_plans(actor=job(desk), now=NOW)
    text = words(found(clinician))
    assert "JOHANSSON, Ingrid" in text
    assert "Dose above the limit" in text
    assert "1 signed plan. Looked at on" in text
    work = clinician.client.get(reverse("worklist")).content.decode()
    assert "today's rules speak against it" in words(work)
    assert reverse("plans-found") in work
    services.stop_plan(**desk.who, plan_id=signed(desk).id, reason="Kidneys.")
    assert "No plan is signed." in words(found(clinician))
    assert "speak against it" not in words(clinician.client.get(reverse("worklist")).content.decode())


def test_an_organisation_whose_plans_all_stand_is_told_so(desk: Desk, clinician: Member, outsider: Member) -> None:
    services.recheck_plans(actor=job(desk), now=NOW)
    assert "would propose every signed plan again" in words(found(clinician))
    assert "No plan is signed." in words(found(outsider))


def test_the_list_is_paged_and_costs_the_same(desk: Desk, clinician: Member, new_patient: Any) -> None:
    kidneys_fail(desk)
    services.recheck_plans(actor=job(desk), now=NOW)
    found(clinician)
    with CaptureQueriesContext(connection) as few:
        found(clinician)
    for _ in range(2):
        other = Desk(clinician, new_patient())
        enter_diabetic_neuropathy(clinician.actor, other.patient, TODAY)
        other.add("duloxetine")
        other.save("duloxetine", (0, 30, 1))
        other.answer_everything()
        other.sign()
    services.recheck_plans(actor=job(desk), now=NOW)
    with CaptureQueriesContext(connection) as many:
        assert "3 plans" in words(found(clinician))
    assert len(many) == len(few)
    digest, seen, after = releases.current().digest, [], ""
    for _ in range(3):
        page = queries.found_page(desk.patient.organisation_id, digest, after, size=1)
        seen += [line.plan_id for line in page.lines]
        after = page.after
    assert after == ""
    assert len(set(seen)) == 3
    assert queries.found_page(desk.patient.organisation_id, digest, "nonsense", size=9).lines
