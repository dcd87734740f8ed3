"""Plans through their services: drafts, limits, reasons, signatures, and what is kept for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import Denied
from accounts.models import AuditEvent, Clinic, Organisation
from accounts.roles import Role
from accounts.tenancy import tenant
from patients import queries as patient_queries
from patients import services as record
from patients.access import PatientNotFound
from patients.models import Patient
from tests import cast
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from treatments import plan_presenters, plan_readiness, queries, services
from treatments.models import Override, Plan, PlanItem
from treatments.plan_checks import unanswered
from treatments.plan_doses import PlannedStep, proposed_steps
from treatments.plan_record import FollowUpRecord, GoalRecord, PlanRecord
from treatments.replay import differences
from treatments.services import ItemEntry, NoDraft, NotSigned, PlanEntry, PlanRefused, ReasonEntry, StaleSave
from treatments.snapshot import Snapshot, snapshot

NOW = timezone.now()


class Desk:
    """One clinician, one patient, and short words for what is done to the plan."""

    def __init__(self, member: Member, patient: Patient) -> None:
        self.member, self.patient = member, patient
        self._seen: Snapshot | None = None

    @property
    def shown(self) -> Snapshot:
        """What the page shows. Drafting changes none of it; a signature and `look_again` have it made anew."""
        if self._seen is None:
            self._seen = snapshot(self.patient, TODAY)
        return self._seen

    def look_again(self) -> None:
        """Open the page anew, because the record has changed."""
        self._seen = None

    @property
    def who(self) -> dict[str, Any]:
        return {"actor": self.member.actor, "patient": self.patient, "now": NOW}

    def add(self, *names: str) -> PlanRecord:
        for name in names:
            kind = "agent" if name in self.shown.rulebook.agent_by_id else "therapy"
            plan = services.add_item(**self.who, kind=kind, ref_id=name, shown=self.shown)
        return plan

    def save(self, name: str, *steps: tuple[int, float, float], version: int = 1, **more: Any) -> int:
        entry = ItemEntry(starts_on=TODAY, steps=tuple(PlannedStep(*step) for step in steps), **more)
        return services.save_item(**self.who, ref_id=name, version=version, entry=entry, shown=self.shown)

    def reason(self, kind: str, name: str = "", subject: str = "", **changes: Any) -> PlanRecord:
        draft = queries.draft_of(self.patient.pk)
        assert draft is not None
        need = [
            need
            for need in plan_readiness.needs_of(draft, self.shown)
            if (need.kind, need.ref_id, need.subject) == (kind, name, subject)
        ]
        entry = ReasonEntry(
            kind=kind,
            subject=subject,
            covers=frozenset(need[0].covers) if need else frozenset(),
            reason="benefit",
            text="Discussed with the patient.",
            # Before there is such a dose: up to 900 mg a day.
            up_to=900 if kind == "dose" and not need else None,
        )
        return services.give_reason(**self.who, ref_id=name, entry=replace(entry, **changes), shown=self.shown)

    def answer_everything(self) -> None:
        draft = queries.draft_of(self.patient.pk)
        assert draft is not None
        for need in plan_readiness.needs_of(draft, self.shown):
            self.reason(need.kind, need.ref_id, need.subject)

    def agree(self, **changes: Any) -> PlanRecord:
        """Enter a goal, or what else `changes` says of the plan as a whole, and keep the rest of it."""
        draft = queries.draft_of(self.patient.pk)
        assert draft is not None
        entry = PlanEntry(goals=(GoalRecord("function", "Walk to the shop"),), dates=draft.dates)
        services.save_plan(**self.who, version=draft.version, entry=replace(entry, **changes))
        kept = queries.draft_of(self.patient.pk)
        assert kept is not None
        return kept

    def sign(self, **more: Any) -> PlanRecord:
        """Sign; a draft without a goal gets one first."""
        draft = queries.draft_of(self.patient.pk)
        assert draft is not None
        if not draft.goals and not draft.no_goal:
            self.agree()
        return self.sign_as_it_is(**more)

    def sign_as_it_is(self, **more: Any) -> PlanRecord:
        draft = queries.draft_of(self.patient.pk)
        assert draft is not None
        self.look_again()
        return services.sign_plan(actor=self.member.actor, plan_id=draft.id, now=NOW, **more)


@dataclass(frozen=True)
class Standing:
    """What every test begins with; each of them is rolled back to it."""

    organisation: Organisation
    clinic: Clinic
    clinician: Member
    patient: Patient


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Standing]:
    """The patient is entered once: that takes as long as what most tests do with the plan."""
    with cast.around_tests(django_db_blocker):
        organisation = cast.northgate()
        with tenant(organisation.pk):
            clinic = cast.pain_clinic(organisation, is_specialist=True)
            clinician = cast.staff(Role.CLINICIAN, organisation, clinic)
            patient = cast.look_after(clinician, cast.register(clinician, 1, clinic_id=clinic.pk, **cast.INGRID))
            enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
            yield Standing(organisation, clinic, clinician, patient)


@pytest.fixture
def organisation(standing: Standing, db: None) -> Organisation:
    return standing.organisation


@pytest.fixture
def clinic(standing: Standing, organisation: Organisation) -> Clinic:
    return standing.clinic


@pytest.fixture
def desk(standing: Standing, organisation: Organisation) -> Desk:
    who = Member(standing.clinician.user, organisation)
    patient = patient_queries.patient_of(organisation.pk, standing.patient.pk)
    assert patient is not None
    return Desk(who, patient)


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_choosing_an_option_brings_the_doses_of_this_patient(desk: Desk) -> None:
    plan = desk.add("gabapentin")
    item = plan.item("gabapentin")
    assert item is not None
    first, second, *_later = item.steps
    assert item.steps == proposed_steps(desk.shown.proposal.option("gabapentin"))
    assert item.owner_id == desk.member.user.pk
    assert item.dose_on(TODAY + dt.timedelta(days=second.day - 1)) == first
    assert item.dose_on(TODAY + dt.timedelta(days=second.day)) == second
    assert item.next_step(TODAY) == (TODAY + dt.timedelta(days=second.day), second)
    assert item.dose_on(TODAY - dt.timedelta(days=1)) is None


def test_choosing_twice_is_choosing_once(desk: Desk) -> None:
    assert len(desk.add("gabapentin", "gabapentin").items) == 1
    assert Plan.objects.filter(patient=desk.patient).count() == 1


def test_the_first_choice_brings_the_follow_up_dates_that_the_proposal_asks_for(desk: Desk) -> None:
    dates = desk.add("gabapentin").dates
    assert {due.source for due in dates} == {call.id for call in desk.shown.proposal.reviews}
    assert all(due.due_on > TODAY for due in dates)
    assert "check_in" in {due.kind for due in dates}


def test_what_is_not_in_the_rulebook_cannot_be_chosen(desk: Desk) -> None:
    with pytest.raises(PlanRefused, match="not in the rulebook"):
        services.add_item(**desk.who, kind="agent", ref_id="snake_oil", shown=desk.shown)
    assert queries.draft_of(desk.patient.pk) is None


def test_a_dose_above_the_limit_is_refused_with_the_limit_and_why(desk: Desk) -> None:
    desk.add("gabapentin")
    with pytest.raises(PlanRefused) as refused:
        desk.save("gabapentin", (0, 100, 1), (7, 300, 3))
    text = str(refused.value)
    assert "900 mg" in text
    assert "600 mg" in text
    assert "reatinine clearance" in text
    item = desk.add("gabapentin").item("gabapentin")
    assert item is not None
    assert item.version == 1


def test_a_reason_for_the_dose_opens_the_way_to_the_highest_dose_of_the_rulebook_and_not_beyond(desk: Desk) -> None:
    desk.add("gabapentin")
    desk.reason("dose", "gabapentin")
    assert desk.save("gabapentin", (0, 100, 1), (7, 300, 3)) == 2
    with pytest.raises(PlanRefused, match="highest dose in the rulebook"):
        desk.save("gabapentin", (0, 1300, 3), version=2)
    assert desk.sign().item("gabapentin").steps[-1].per_day == 900  # type: ignore[union-attr]


def test_a_reason_for_one_dose_is_none_for_a_higher_one(desk: Desk) -> None:
    desk.add("gabapentin")
    desk.reason("dose", "gabapentin", up_to=900)
    assert desk.save("gabapentin", (0, 100, 1), (7, 250, 3)) == 2
    assert desk.save("gabapentin", (0, 100, 1), (7, 300, 3), version=2) == 3
    # Neither for more a day, nor for more on the first day.
    with pytest.raises(PlanRefused, match="above the limit"):
        desk.save("gabapentin", (0, 100, 1), (7, 400, 3), version=3)
    with pytest.raises(PlanRefused, match="above the first dose"):
        desk.save("gabapentin", (0, 300, 2), version=3)
    desk.reason("dose", "gabapentin", up_to=1200, first_up_to=600)
    assert desk.save("gabapentin", (0, 300, 2), (7, 400, 3), version=3) == 4
    # Less is asked for than the plan gives already: said at the field, and the reason of before stays.
    with pytest.raises(PlanRefused, match=r"The plan goes up to 1200 mg a day") as refused:
        desk.reason("dose", "gabapentin", up_to=900)
    assert [field for field, _text in refused.value.problems] == ["up_to"]
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    (given,) = draft.overrides
    assert given.covers == {"above_limit:600:1200", "above_start:100:600"}
    assert not [need for need in unanswered(plan_readiness.needs_of(draft, desk.shown), draft.given) if need.ref_id]


@pytest.mark.parametrize(
    ("doses", "wrong"),
    [
        ({"up_to": 4000}, "highest dose in the rulebook, 3600 mg"),
        ({"up_to": 600}, "above the limit"),
        ({}, "above the"),
    ],
)
def test_a_reason_for_a_dose_says_up_to_which(desk: Desk, doses: dict[str, Any], wrong: str) -> None:
    desk.add("gabapentin")
    with pytest.raises(PlanRefused, match=wrong):
        desk.reason("dose", "gabapentin", **{"up_to": None, **doses})


def test_a_stale_save_stores_nothing(desk: Desk) -> None:
    desk.add("gabapentin")
    assert desk.save("gabapentin", (0, 100, 1), note="mine") == 2
    with pytest.raises(StaleSave):
        desk.save("gabapentin", (0, 100, 2), note="yours", version=1)
    assert desk.add("gabapentin").item("gabapentin").note == "mine"  # type: ignore[union-attr]


def test_goals_and_dates_are_saved_together_and_stale_saves_refused(desk: Desk) -> None:
    draft = desk.add("gabapentin")
    day = TODAY + dt.timedelta(days=60)
    entry = PlanEntry(
        goals=(GoalRecord("function", "Walk to the shop", None, day), GoalRecord("pain", "", 4, day)),
        dates=(FollowUpRecord(day, "review", "Look at the goal"),),
        note="Start on Monday.",
    )
    assert services.save_plan(**desk.who, version=draft.version, entry=entry) == 2
    kept = queries.draft_of(desk.patient.pk)
    assert kept is not None
    assert kept.goals["function"].words == "Walk to the shop"
    assert kept.goals["pain"].target == 4
    assert kept.dates == (FollowUpRecord(day, "review", "Look at the goal", "plan"),)
    with pytest.raises(StaleSave):
        services.save_plan(**desk.who, version=draft.version, entry=PlanEntry())
    with pytest.raises(PlanRefused, match="0 to 10"):
        services.save_plan(**desk.who, version=2, entry=PlanEntry(goals=(GoalRecord("pain", "", 11),)))


def test_taking_an_item_out_takes_its_reasons_with_it(desk: Desk) -> None:
    desk.add("gabapentin", "amitriptyline")
    assert desk.reason("interaction", "amitriptyline").overrides
    assert services.remove_item(**desk.who, ref_id="amitriptyline").overrides == ()


def test_a_draft_that_was_thrown_away_is_gone_and_a_new_one_can_begin(desk: Desk) -> None:
    desk.add("gabapentin")
    services.discard_draft(**desk.who)
    assert queries.draft_of(desk.patient.pk) is None
    with pytest.raises(NoDraft):
        services.remove_item(**desk.who, ref_id="gabapentin")
    assert desk.add("pregabalin").items[0].ref_id == "pregabalin"


# --- reasons ----------------------------------------------------------------------------------------------------------


def test_a_reason_needs_words_and_a_promise_needs_a_day(desk: Desk) -> None:
    desk.add("duloxetine")
    for changes, expected in (
        ({"text": " "}, "in a few words"),
        ({"reason": "because"}, "Choose a reason"),
        ({"reason": "will_monitor"}, "by when"),
        ({"reason": "will_monitor", "monitor_on": TODAY - dt.timedelta(days=1)}, "has passed"),
        ({"reason": "will_monitor", "monitor_on": TODAY}, "what is checked"),
        ({"reason": "will_monitor", "monitor_on": TODAY, "monitor_test": "horoscope"}, "what is checked"),
        ({"reason": "will_monitor", "monitor_on": TODAY, "monitor_test": "ecg"}, "who sees to it"),
        (
            {"reason": "will_monitor", "monitor_on": TODAY, "monitor_test": "ecg", "monitor_owner_id": uuid4()},
            "who sees to it",
        ),
    ):
        with pytest.raises(PlanRefused, match=expected):
            desk.reason("excluded", "duloxetine", **changes)
    assert not Override.objects.exists()


def test_nobody_accepts_what_they_have_not_seen(desk: Desk) -> None:
    desk.add("duloxetine")
    with pytest.raises(StaleSave):
        desk.reason("excluded", "duloxetine", covers=frozenset({"duloxetine-renal-under-30"}))


def test_a_reason_does_not_cover_what_comes_up_later(desk: Desk) -> None:
    desk.add("amitriptyline")
    desk.answer_everything()
    actor = desk.member.actor
    record.record_medicine(actor=actor, patient=desk.patient, text="citalopram", today=TODAY)
    desk.look_again()
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    left = unanswered(plan_readiness.needs_of(draft, desk.shown), draft.given)
    assert "interaction" in {need.kind for need in left}
    with pytest.raises(NotSigned):
        desk.sign()


# --- the signature ----------------------------------------------------------------------------------------------------


def test_a_signed_plan_keeps_what_it_rests_on_and_is_made_again_byte_for_byte(desk: Desk) -> None:
    desk.add("gabapentin")
    signed = desk.sign()
    assert (signed.state, signed.signed_by) == ("signed", str(desk.member.user))
    (basis,) = queries.bases(desk.patient.organisation_id)
    assert list(differences(basis)) == []
    assert list(differences(replace(basis, proposal=basis.proposal + " ")))
    assert list(differences(replace(basis, facts=basis.facts.replace('"age_years":', '"age_months":'))))
    assert list(differences(replace(basis, rulebook_digest="sha256:" + "0" * 64)))


def test_what_the_record_says_later_does_not_touch_a_signed_plan(desk: Desk) -> None:
    desk.add("gabapentin")
    desk.sign()
    record.record_measurement(
        actor=desk.member.actor,
        patient=desk.patient,
        code="creatinine",
        value="90",
        unit="umol/L",
        measured_on=TODAY,
        today=TODAY,
    )
    (basis,) = queries.bases(desk.patient.organisation_id)
    assert list(differences(basis)) == []
    assert basis.proposal != desk.shown.proposal.canonical_text()


def test_an_excluded_option_is_signed_only_with_a_reason(desk: Desk) -> None:
    desk.add("duloxetine")
    desk.save("duloxetine", (0, 30, 1))
    with pytest.raises(NotSigned) as refused:
        desk.sign()
    assert {need.kind for need in refused.value.needs} >= {"excluded"}
    desk.answer_everything()
    assert desk.sign().item("duloxetine").status == "excluded"  # type: ignore[union-attr]


def test_an_empty_plan_is_not_signed(desk: Desk) -> None:
    services.start_draft(**desk.who, shown=desk.shown)
    with pytest.raises(NotSigned, match="empty"):
        desk.sign()


def test_a_trainee_drafts_and_may_not_sign(desk: Desk, trainee: Member) -> None:
    desk.add("gabapentin")
    with pytest.raises(Denied):
        Desk(trainee, desk.patient).sign()
    assert queries.signed_of(desk.patient.pk) is None


def test_a_signature_for_something_that_changed_meanwhile_is_refused(desk: Desk) -> None:
    desk.add("gabapentin")
    plan, shown = desk.agree(), desk.shown
    seen = plan.fingerprint(shown.facts.canonical_text(), shown.rulebook.digest)
    desk.save("gabapentin", (0, 100, 1))
    with pytest.raises(StaleSave):
        desk.sign(seen=seen)
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    assert desk.sign(seen=draft.fingerprint(shown.facts.canonical_text(), shown.rulebook.digest)).signed_at == NOW


def test_a_day_that_passed_while_the_draft_lay_is_not_signed_away(desk: Desk) -> None:
    plan = desk.add("gabapentin")
    gone = FollowUpRecord(TODAY - dt.timedelta(days=1), "review", "Ask about sleep")
    desk.agree(dates=(*plan.dates, gone))
    with pytest.raises(NotSigned, match="has passed"):
        desk.sign()
    desk.agree(dates=plan.dates)
    assert desk.sign().dates == plan.dates


def test_a_new_signature_replaces_the_plan_before(desk: Desk) -> None:
    desk.add("gabapentin")
    first = desk.sign()
    draft = services.start_draft(**desk.who, shown=desk.shown)
    assert [item.ref_id for item in draft.items] == ["gabapentin"]
    services.remove_item(**desk.who, ref_id="gabapentin")
    desk.add("pregabalin")
    second = desk.sign()
    assert second.supersedes_id == first.id
    assert queries.ended_plans([first.id, second.id]) == {first.id}
    before = queries.plan_of(desk.patient.pk, first.id)
    assert before is not None
    assert (before.state, [item.ref_id for item in before.items]) == ("superseded", ["gabapentin"])


def test_a_day_that_two_rows_of_the_content_ask_for_is_in_the_plan_once(desk: Desk) -> None:
    actor = desk.member.actor
    for name in ("oxycodone", "diazepam"):
        record.record_medicine(actor=actor, patient=desk.patient, text=name, today=TODAY)
    record.review_medicines(actor=actor, patient=desk.patient, reviewed_on=TODAY, today=TODAY)
    desk.look_again()
    draft = desk.add("gabapentin")
    assert len({(due.due_on, due.kind, due.text) for due in draft.dates}) == len(draft.dates) > 0


def test_a_promise_to_monitor_becomes_a_task_on_its_day(desk: Desk) -> None:
    desk.add("tens")
    day = TODAY + dt.timedelta(days=5)
    promise: dict[str, Any] = {
        "reason": "will_monitor",
        "monitor_on": day,
        "monitor_test": "skin_check",
        "monitor_owner_id": desk.member.actor.user_id,
        "text": "Look at the skin.",
    }
    desk.reason("needs_data", "tens", **promise)
    assert not patient_queries.tasks_of(desk.patient.pk)
    signed = desk.sign()
    (task,) = patient_queries.tasks_of(desk.patient.pk)
    assert (task.due_on, task.owner_id) == (day, desk.member.actor.user_id)
    # What is tested, for what, and why.
    for words in ("Skin at the site", "TENS", "Look at the skin."):
        assert words.casefold() in task.text.casefold()
    assert [override.task_id for override in signed.overrides] == [task.pk]
    with pytest.raises(DatabaseError), transaction.atomic():
        task.delete()


def test_postgresql_signs_no_promise_without_its_task(desk: Desk) -> None:
    desk.add("tens")
    promise: dict[str, Any] = {"monitor_on": TODAY, "monitor_test": "ecg", "text": "Look."}
    promise |= {"reason": "will_monitor", "monitor_owner_id": desk.member.actor.user_id}
    desk.reason("needs_data", "tens", **promise)
    signature = {"signed_at": timezone.now(), "signed_by_id": desk.member.actor.user_id, "facts": "{}"}
    digests = dict.fromkeys(("proposal_digest", "rulebook_digest"), "sha256:" + "0" * 64)
    plan = Plan.objects.get(patient_id=desk.patient.pk)
    desk.agree()
    PlanItem.objects.filter(plan=plan).update(status="needs_data")
    with pytest.raises(DatabaseError, match="promise to monitor ecg has no task"), transaction.atomic():
        Plan.objects.filter(id=plan.pk).update(state="signed", proposal="{}", **signature, **digests)
    for missing in ({"monitor_test": ""}, {"monitor_owner": None}, {"monitor_on": None}):
        with pytest.raises(DatabaseError, match="test_day_and_owner"), transaction.atomic():
            Override.objects.filter(plan=plan).update(**missing)


def test_a_critical_alert_waits_for_a_reason(desk: Desk) -> None:
    actor = desk.member.actor
    for name in ("fluoxetine", "moclobemide"):
        record.record_medicine(actor=actor, patient=desk.patient, text=name, today=TODAY)
    critical = [alert.id for alert in desk.shown.proposal.alerts if alert.tier == "critical"]
    assert critical
    desk.add("cbt")
    with pytest.raises(NotSigned) as refused:
        desk.sign()
    # All of them say that a MAO inhibitor meets serotonergic medicines, so one reason is asked for, about all of it.
    (need,) = [need for need in refused.value.needs if need.kind == "alert"]
    assert need.subject == "serotonin"
    assert set(critical) <= set(need.covers)


def test_stopping_needs_a_reason_and_ends_the_plan(desk: Desk) -> None:
    desk.add("gabapentin")
    signed = desk.sign()
    with pytest.raises(PlanRefused):
        services.stop_plan(**desk.who, plan_id=signed.id, reason=" ")
    assert services.stop_plan(**desk.who, plan_id=signed.id, reason="Moved away").state == "stopped"
    assert queries.signed_of(desk.patient.pk) is None


# --- what others read, and the walls ----------------------------------------------------------------------------------


def test_follow_up_reads_dates_steps_and_baseline(desk: Desk) -> None:
    desk.add("gabapentin")
    signed = desk.sign()
    summary = queries.plan_summary(signed.id)
    assert summary is not None
    assert summary.items[0].steps == tuple((step.begins(TODAY), step.per_day, "mg") for step in signed.items[0].steps)
    assert summary.facts["age_years"] == desk.shown.facts.values["age_years"]
    assert [plan.plan_id for plan in queries.signed_plans_since(desk.patient.organisation_id, NOW)] == [signed.id]
    assert queries.signed_plans_since(desk.patient.organisation_id, NOW + dt.timedelta(seconds=1)) == []


def test_the_worklist_shows_drafts_until_they_are_signed(desk: Desk) -> None:
    desk.add("gabapentin")
    (item,) = queries.work_items(desk.patient.organisation_id, desk.member.user.pk, TODAY, 10)
    assert (item.kind, item.patient_id, item.url_name) == ("draft", desk.patient.pk, "patient-plan")
    desk.sign()
    assert queries.work_items(desk.patient.organisation_id, desk.member.user.pk, TODAY, 10) == []


def test_another_organisation_has_no_such_patient(desk: Desk, outsider: Member) -> None:
    plan, shown = desk.add("gabapentin"), desk.shown
    with tenant(outsider.organisation.pk):
        with pytest.raises(PatientNotFound):
            services.start_draft(actor=outsider.actor, patient=desk.patient, shown=shown, now=NOW)
        with pytest.raises(NoDraft):
            services.sign_plan(actor=outsider.actor, plan_id=plan.id, now=NOW)


Deed = Callable[[Desk], object]


@pytest.mark.parametrize(
    ("action", "deed"),
    [
        ("plan.add_item", lambda desk: desk.add("tens")),
        ("plan.remove_item", lambda desk: services.remove_item(**desk.who, ref_id="gabapentin")),
        ("plan.save_item", lambda desk: desk.save("gabapentin", (0, 100, 1))),
        ("plan.save", lambda desk: services.save_plan(**desk.who, version=1, entry=PlanEntry())),
        ("plan.override", lambda desk: desk.reason("dose", "gabapentin")),
        ("plan.discard", lambda desk: services.discard_draft(**desk.who)),
        ("plan.take_back_override", lambda desk: take_back(desk)),
        ("plan.sign", lambda desk: desk.sign()),
        ("plan.stop", lambda desk: stop(desk)),
        ("plan.draft", lambda desk: begin_again(desk)),
    ],
)
def test_each_deed_leaves_one_trace_without_words_of_the_patient(action: str, deed: Deed, desk: Desk) -> None:
    desk.add("gabapentin")
    before = set(AuditEvent.objects.values_list("id", flat=True))
    deed(desk)
    events = AuditEvent.objects.exclude(id__in=before).exclude(action="patient.read")
    (event,) = events.filter(action=action)
    assert event.patient_id == desk.patient.pk
    assert not [event for event in events if "Discussed" in str(event.detail)]


def take_back(desk: Desk) -> None:
    (override,) = desk.reason("dose", "gabapentin").overrides
    assert services.take_back_reason(**desk.who, override_id=override.id).overrides == ()


def stop(desk: Desk) -> None:
    services.stop_plan(**desk.who, plan_id=desk.sign().id, reason="Moved away")


def begin_again(desk: Desk) -> None:
    services.discard_draft(**desk.who)
    services.start_draft(**desk.who, shown=desk.shown)


# --- whatever is chosen -----------------------------------------------------------------------------------------------

CHOICES = ["gabapentin", "duloxetine", "amitriptyline", "carbamazepine", "lidocaine_plaster", "tens", "cbt", "tramadol"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from(CHOICES), unique=True, min_size=1, max_size=4), skipped=st.integers(0, 5))
def test_a_signed_plan_never_holds_an_excluded_option_without_an_override(
    desk: Desk, chosen: list[str], skipped: int
) -> None:
    with transaction.atomic():
        draft = desk.add(*chosen)
        for gap in plan_readiness.gaps_of(draft, desk.shown):
            if gap.field == "dose_0":
                # An excluded medicine comes without a schedule: whoever overrides enters the dose.
                desk.save(gap.ref_id, (0, 100 if gap.ref_id == "carbamazepine" else 50, 1))
        kept = queries.draft_of(desk.patient.pk)
        assert kept is not None
        needs = plan_readiness.needs_of(kept, desk.shown)
        for place, need in enumerate(needs):
            if place != skipped:
                desk.reason(need.kind, need.ref_id, need.subject)
        try:
            signed = desk.sign()
        except NotSigned as refused:
            assert skipped < len(needs)
            assert [need.kind for need in refused.needs] == [needs[skipped].kind]
        else:
            assert skipped >= len(needs)
            for item in signed.items:
                if item.status in ("excluded", "needs_data"):
                    assert any(o.kind == item.status and o.ref_id == item.ref_id for o in signed.overrides)
            (basis,) = queries.bases(desk.patient.organisation_id)
            assert list(differences(basis)) == []
        transaction.set_rollback(True)


# --- what is taken already --------------------------------------------------------------------------------------------


def taking(desk: Desk, name: str, dose: str | None, unit: str = "mg", **more: Any) -> None:
    """Put a medicine on the list that has been taken for forty days."""
    record.record_medicine(
        actor=desk.member.actor,
        patient=desk.patient,
        text=name,
        daily_dose=Decimal(dose) if dose else None,
        unit=unit if dose else "",
        started_on=TODAY - dt.timedelta(days=40),
        today=TODAY,
        **more,
    )
    desk.look_again()


def in_words(desk: Desk, name: str) -> str:
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    view = plan_presenters.plan_view(draft, desk.shown)
    said = next(each.running for each in view.items if each.item.ref_id == name)
    return said.replace("\N{NO-BREAK SPACE}", " ")


# This patient's limits for gabapentin: start 100 mg, at most 600 mg a day.
@pytest.mark.parametrize(
    ("dose", "doses", "said"),
    [
        ("200", [200, 300], "200 mg a day since"),
        ("600", [600], "goes on unchanged"),
        ("900", [600], "comes down from there to the limit for this patient, 600 mg a day"),
    ],
)
def test_what_is_taken_already_comes_into_the_plan_with_the_dose_of_now(
    desk: Desk, dose: str, doses: list[float], said: str
) -> None:
    taking(desk, "gabapentin", dose)
    item = desk.add("gabapentin").item("gabapentin")
    assert item is not None
    assert [step.per_day for step in item.steps][: len(doses)] == doses
    assert item.steps[0].day == 0
    assert item.stops_on is None
    assert max(step.per_day for step in item.steps) <= 600
    assert said in in_words(desk, "gabapentin")
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    needs = plan_readiness.needs_of(draft, desk.shown)
    assert not {need.kind for need in needs if need.ref_id == "gabapentin"} & {"dose", "abrupt_stop"}
    assert not any("faster" in check.id for check in plan_readiness.live_check_of(draft, desk.shown).checks)


def test_a_dose_of_now_that_nobody_knows_is_asked_for_and_never_made_up(desk: Desk) -> None:
    taking(desk, "gabapentin", None)
    item = desk.add("gabapentin").item("gabapentin")
    assert item is not None
    assert item.steps == ()
    assert "not known. Ask what is taken today" in in_words(desk, "gabapentin")
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    (gap,) = [gap for gap in plan_readiness.gaps_of(draft, desk.shown) if gap.ref_id == "gabapentin"]
    assert (gap.field, "ask at which dose" in gap.text) == ("dose_0", True)


def test_a_plan_that_jumps_up_from_the_dose_of_now_says_that_it_is_faster_than_the_schedule(desk: Desk) -> None:
    taking(desk, "gabapentin", "100")
    desk.add("gabapentin")
    desk.save("gabapentin", (0, 300, 2))
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    checks = plan_readiness.live_check_of(draft, desk.shown).checks
    assert [check.text for check in checks if check.id == "faster:gabapentin"] == [
        "Step 1 rises faster than the schedule for this patient."
    ]
    assert "rises from there at once" in in_words(desk, "gabapentin")


# --- down from above the ceiling --------------------------------------------------------------------------------------


def dose_needs(desk: Desk) -> list[tuple[str, ...]]:
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    return [need.covers for need in plan_readiness.needs_of(draft, desk.shown) if need.kind == "dose"]


def test_what_leads_down_to_the_ceiling_is_signed_with_a_reason_up_to_the_dose_of_now(desk: Desk) -> None:
    taking(desk, "gabapentin", "4200")
    item = desk.add("gabapentin").item("gabapentin")
    assert item is not None
    assert [step.per_day for step in item.steps][::11] == [3900, 600]
    assert dose_needs(desk) == [("above_limit:600:3900",)]
    with pytest.raises(NotSigned, match="limit 600"):
        desk.sign()
    with pytest.raises(PlanRefused, match="highest dose in the rulebook"):
        desk.reason("dose", "gabapentin", up_to=4300)
    # It may say what is taken now: that dose can be held for one interval.
    desk.reason("dose", "gabapentin", up_to=4200)
    desk.save("gabapentin", (0, 1050, 4), (14, 300, 2))
    for steps in (((0, 1050, 4),), ((0, 1050, 4), (365, 300, 2))):
        with pytest.raises(PlanRefused, match="highest dose in the rulebook"):
            desk.save("gabapentin", *steps, version=2)
    assert dose_needs(desk) == [("above_limit:600:4200",)]
    desk.answer_everything()
    assert desk.sign().item("gabapentin") is not None


def test_a_new_draft_in_the_middle_of_a_way_down_is_judged_by_the_step_that_is_reached(desk: Desk) -> None:
    taking(desk, "gabapentin", "3600")
    desk.add("gabapentin")
    desk.reason("dose", "gabapentin", up_to=3600)
    steps = [(0, 975.0, 4.0), (7, 900.0, 4.0), (14, 825.0, 4.0), (21, 300.0, 2.0)]
    entry = ItemEntry(starts_on=TODAY - dt.timedelta(days=10), steps=tuple(PlannedStep(*step) for step in steps))
    services.save_item(**desk.who, ref_id="gabapentin", version=1, entry=entry, shown=desk.shown)
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    assert plan_readiness.against_signing(draft, desk.shown) == []
    assert dose_needs(desk) == [("above_limit:600:3600",)]
    # Some days earlier the step of 3900 is still to come.
    soon = replace(entry, starts_on=TODAY)
    with pytest.raises(PlanRefused, match="highest dose in the rulebook"):
        services.save_item(**desk.who, ref_id="gabapentin", version=2, entry=soon, shown=desk.shown)


def test_what_a_page_did_not_write_is_refused_as_a_reason_for_a_dose(desk: Desk) -> None:
    desk.add("gabapentin")
    for sent in ("above_limit:600:x", "above_limit:600:inf"):
        with pytest.raises(PlanRefused, match="up to which dose"):
            desk.reason("dose", "gabapentin", covers=frozenset({sent}), up_to=None)
    desk.reason("dose", "gabapentin")
    desk.save("gabapentin", (0, 100, 1), (7, 300, 3))
    with pytest.raises(StaleSave):
        desk.reason("dose", "gabapentin", covers=frozenset({"above_limit:600:x"}))


def test_what_is_excluded_goes_on_for_years_with_a_reason_only_whatever_end_it_has(desk: Desk) -> None:
    taking(desk, "duloxetine", "60")
    desk.add("duloxetine")

    def excluded() -> list[str]:
        draft = queries.draft_of(desk.patient.pk)
        assert draft is not None
        return [need.kind for need in plan_readiness.needs_of(draft, desk.shown) if need.kind == "excluded"]

    desk.save("duloxetine", (0, 60, 1), stops_on=TODAY + dt.timedelta(days=730))
    assert excluded() == ["excluded"]
    desk.save("duloxetine", (0, 60, 1), (700, 30, 1), stops_on=TODAY + dt.timedelta(days=714), version=2)
    assert excluded() == ["excluded"]
    desk.save("duloxetine", (0, 30, 1), stops_on=TODAY + dt.timedelta(days=14), version=3)
    assert excluded() == []


@pytest.mark.parametrize("is_proposed", [False, True])
def test_the_signature_writes_down_that_what_is_excluded_only_comes_down_to_its_end(
    desk: Desk, is_proposed: bool
) -> None:
    taking(desk, "duloxetine", "60")
    desk.add("duloxetine")
    desk.save("duloxetine", (0, 30, 1), stops_on=TODAY + dt.timedelta(days=14))
    desk.agree()
    desk.answer_everything()
    # Nobody says it of anything: neither as the reason nor as what it is about.
    for changes in ({"reason": "leads_to_end"}, {"subject": "leads_to_end"}):
        sent: dict[str, Any] = {"covers": frozenset({"x"}), **changes}
        with pytest.raises(PlanRefused):
            desk.reason("excluded", "duloxetine", **sent)
    if is_proposed:
        services.propose_plan(**desk.who)
    signed = desk.sign_as_it_is()
    (said,) = [override for override in signed.overrides if override.kind == "excluded"]
    assert (said.reason, said.ref_id) == ("leads_to_end", "duloxetine")
    assert "stepped down until" in said.text
    assert said.covers
    assert "Only comes down to its end" in plan_presenters.reason_words(said)
