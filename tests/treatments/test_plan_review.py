"""A plan that somebody drafts who may not sign: proposed, returned, taken back by a change, signed."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.access import Denied
from accounts.models import AuditEvent
from accounts.tenancy import tenant
from patients import queries as patient_queries
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_goals import WALK
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import NOW, Desk
from treatments import queries, services
from treatments.models import Agreement, Goal, Override, Plan, PlanItem
from treatments.plan_record import PlanRecord
from treatments.services import NoDraft, PlanRefused, StaleSave
from treatments.states import State


@pytest.fixture
def desk(trainee: Member, clinician: Member, patient: Patient) -> Desk:
    """The trainee at work on a plan that can be signed."""
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(trainee, patient)
    desk.add("gabapentin")
    desk.answer_everything()
    desk.agree()
    return desk


def propose(desk: Desk, **more: Any) -> PlanRecord:
    return services.propose_plan(**desk.who, **more)


def give_back(desk: Desk, signer: Member, words: str = "Start at 100 mg at night.", **more: Any) -> PlanRecord:
    return services.return_plan(actor=signer.actor, patient=desk.patient, now=NOW, words=words, **more)


def seen(desk: Desk) -> str:
    plan = queries.draft_of(desk.patient.pk)
    assert plan is not None
    return plan.fingerprint(desk.shown.facts.canonical_text(), desk.shown.rulebook.digest)


@contextmanager
def deeds_of(patient: Patient) -> Iterator[list[AuditEvent]]:
    """The rows about plans of the patient that the block leaves in the trail."""
    rows = AuditEvent.objects.filter(patient_id=patient.pk, action__startswith="plan.")
    before, found = set(rows.values_list("id", flat=True)), list[AuditEvent]()
    yield found
    found.extend(rows.exclude(id__in=before))


def test_a_plan_goes_to_the_signer_comes_back_with_words_and_is_signed(desk: Desk, clinician: Member) -> None:
    with deeds_of(desk.patient) as deeds:
        plan = propose(desk, to=clinician.user.pk, words="First gabapentinoid for her.", seen=seen(desk))
    assert [deed.action for deed in deeds] == ["plan.propose"]
    assert (plan.state, plan.proposed_by, plan.proposed_to) == ("proposed", "Sam Okafor", "Maya Adeyemi")
    assert plan.proposed_words == "First gabapentinoid for her."
    with deeds_of(desk.patient) as deeds:
        returned = give_back(desk, clinician, seen=seen(desk))
    assert [deed.action for deed in deeds] == ["plan.return"]
    assert (returned.state, returned.returned_by) == ("draft", "Maya Adeyemi")
    assert (returned.returned_words, returned.proposed_at) == ("Start at 100 mg at night.", None)
    again = propose(desk)
    assert (again.proposed_to, again.returned_words) == ("", "")
    signed = services.sign_plan(actor=clinician.actor, plan_id=plan.id, now=NOW, seen=seen(desk))
    assert (signed.state, signed.signed_by, signed.proposed_by) == ("signed", "Maya Adeyemi", "Sam Okafor")


def test_a_proposed_plan_is_signed_with_its_promises_and_the_levels_of_its_goals(desk: Desk, clinician: Member) -> None:
    desk.add("tens")
    promise: dict[str, Any] = {"monitor_on": TODAY, "monitor_test": "skin_check", "text": "Look at the skin."}
    promise |= {"reason": "will_monitor", "monitor_owner_id": clinician.actor.user_id}
    desk.reason("needs_data", "tens", **promise)
    desk.agree(goals=(WALK,))
    plan = propose(desk)
    # PostgreSQL signs no proposed plan either whose promise has no task.
    signature = {"signed_at": NOW, "signed_by_id": clinician.user.pk, "facts": "{}", "proposal": "{}"}
    digests = dict.fromkeys(("proposal_digest", "rulebook_digest"), "sha256:" + "0" * 64)
    PlanItem.objects.filter(plan=plan.id, ref_id="tens").update(status="needs_data")
    PlanItem.objects.filter(plan=plan.id, ref_id="gabapentin").update(status="recommended")
    with pytest.raises(DatabaseError, match="promise to monitor skin_check has no task"), transaction.atomic():
        Plan.objects.filter(id=plan.id).update(state="signed", **signature, **digests)
    signed = services.sign_plan(actor=clinician.actor, plan_id=plan.id, now=NOW)
    (task,) = patient_queries.tasks_of(desk.patient.pk)
    assert [override.task_id for override in signed.overrides if override.is_promise] == [task.pk]
    assert signed.wishes[0].levels[0] == "less than 3.5 minutes"


def test_what_belongs_to_a_proposed_plan_is_not_changed_past_the_services(desk: Desk) -> None:
    desk.add("tens")
    desk.answer_everything()
    desk.agree(goals=(WALK,))
    plan = propose(desk)
    for rows, change in (
        (Goal.objects, {"words": "Run"}),
        (PlanItem.objects, {"steps": []}),
        (Override.objects, {"covers": ["everything"]}),
        (Agreement.objects, {"week": 1}),
    ):
        mine = rows.filter(plan=plan.id)
        with pytest.raises(DatabaseError, match="proposed plan is never changed"), transaction.atomic():
            assert mine.update(**change)
    for part in (Goal, Agreement):
        with pytest.raises(DatabaseError, match="proposed plan is never changed"), transaction.atomic():
            part.objects.filter(plan=plan.id).delete()


def test_who_may_not_sign_neither_signs_nor_returns_and_who_may_not_draft_does_not_propose(
    desk: Desk, trainee: Member, nurse: Member, auditor: Member
) -> None:
    plan = propose(desk)
    for who in (trainee, nurse):
        with pytest.raises(Denied):
            services.sign_plan(actor=who.actor, plan_id=plan.id, now=NOW)
        with pytest.raises(Denied):
            give_back(desk, who)
    with pytest.raises(Denied):
        services.propose_plan(actor=auditor.actor, patient=desk.patient, now=NOW)


CHANGES: dict[str, Callable[[Desk], Any]] = {
    "add": lambda desk: desk.add("tens"),
    "remove": lambda desk: services.remove_item(**desk.who, ref_id="gabapentin"),
    "save": lambda desk: desk.save("gabapentin", (0, 100, 1)),
    "goal": lambda desk: desk.agree(note="Later."),
    "reason": lambda desk: desk.reason("dose", "gabapentin"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_takes_a_proposed_plan_back_in_the_row_of_the_change(desk: Desk, change: str) -> None:
    propose(desk)
    with deeds_of(desk.patient) as deeds:
        CHANGES[change](desk)
    plan = queries.draft_of(desk.patient.pk)
    assert plan is not None
    assert (plan.state, plan.returned_by, plan.returned_words) == ("draft", "Sam Okafor", "")
    assert [deed.detail["was"] for deed in deeds] == ["proposed"]


def test_what_changes_nothing_leaves_a_proposed_plan_where_it_is(desk: Desk) -> None:
    plan = propose(desk)
    desk.add("gabapentin")
    services.remove_item(**desk.who, ref_id="tens")
    services.take_back_reason(**desk.who, override_id=plan.id)
    kept = queries.draft_of(desk.patient.pk)
    assert kept is not None
    assert kept.is_proposed


def test_what_is_stale_empty_or_wrong_is_refused(desk: Desk, clinician: Member, nurse: Member) -> None:
    old = seen(desk)
    desk.add("tens")
    with pytest.raises(StaleSave):
        propose(desk, seen=old)
    with pytest.raises(PlanRefused, match="does not sign"):
        propose(desk, to=nurse.user.pk)
    with pytest.raises(NoDraft):
        give_back(desk, clinician)
    propose(desk)
    with pytest.raises(NoDraft):
        propose(desk)
    with pytest.raises(PlanRefused, match="what is to be changed"):
        give_back(desk, clinician, words="  ")
    with pytest.raises(StaleSave):
        give_back(desk, clinician, seen=old)
    with pytest.raises(StaleSave):
        services.sign_plan(actor=clinician.actor, plan_id=Plan.objects.get(state="proposed").pk, now=NOW, seen=old)
    for name in ("tens", "gabapentin"):
        services.remove_item(**desk.who, ref_id=name)
    with pytest.raises(PlanRefused, match="empty"):
        propose(desk)


def test_a_proposed_plan_is_thrown_away_like_any_draft(desk: Desk) -> None:
    plan = propose(desk)
    services.discard_draft(**desk.who)
    assert Plan.objects.get(pk=plan.id).state == State.DISCARDED
    assert queries.draft_of(desk.patient.pk) is None


def test_two_people_at_once_and_one_of_them_wins(
    transactional_db: None, clinician: Member, trainee: Member, patient: Patient, organisation: Any
) -> None:
    """One signs and one returns what both have seen: exactly one of the two happens."""
    with tenant(organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
        desk = Desk(trainee, patient)
        desk.add("gabapentin")
        desk.answer_everything()
        desk.agree()
        plan = propose(desk)
        looked = seen(desk)
    start, told = threading.Barrier(2), list[str]()

    def at_once(do: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=20)
            with tenant(organisation.pk):
                told.append(do().state)
        except (NoDraft, StaleSave) as late:
            told.append(type(late).__name__)
        finally:
            connection.close()

    deeds: list[Callable[[], Any]] = [
        lambda: services.sign_plan(actor=clinician.actor, plan_id=plan.id, now=NOW, seen=looked),
        lambda: give_back(desk, clinician, seen=looked),
    ]
    people = [threading.Thread(target=at_once, args=[deed]) for deed in deeds]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=60)
    assert sorted(told) in (["NoDraft", "signed"], ["StaleSave", "draft"])
    with tenant(organisation.pk):
        assert Plan.objects.get(pk=plan.id).state in told


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_pages_say_where_the_plan_is_and_keep_what_was_typed(desk: Desk, clinician: Member) -> None:
    drafter, signer = Browser(desk.member, desk.patient), Browser(clinician, desk.patient)
    page = drafter.get("patient-plan-sign")
    assert "Propose it to somebody who signs" in words(page)
    assert "Look over and propose" in words(page) and "Look over and sign" not in words(page)
    assert "Look over and sign" in words(signer.get("patient-plan-sign"))
    assert "Maya Adeyemi" in page
    drafter.post("plan-propose", seen=seen(desk), to=str(clinician.user.pk), words="Please look at the dose.")
    for who in (drafter, signer):
        text = words(who.get())
        assert "Proposed for review by Sam Okafor to Maya Adeyemi" in text
        assert "“Please look at the dose.”" in text
    work = signer.client.get(reverse("worklist"), {"show": "draft"}).content.decode()
    assert "Plan to review and sign, drafted by Sam Okafor" in words(work)
    assert reverse("patient-plan-sign", args=[desk.patient.pk]) in work

    refused = signer.post("plan-return", status=422, seen=seen(desk), words="")
    assert "This field is required" in refused.content.decode()
    stale = signer.post("plan-return", status=409, seen="old", words="Lower, please.")
    assert re.search(r">\s*Lower, please.</textarea>", stale.content.decode())
    assert seen(desk) in stale.content.decode()
    signer.post("plan-return", seen=seen(desk), words="Lower, please.")
    text = words(drafter.get())
    assert "Returned by Maya Adeyemi" in text
    assert "“Lower, please.”" in text
    assert "Plan returned by Maya Adeyemi" in words(drafter.client.get(reverse("worklist")).content.decode())

    drafter.post("plan-propose", seen=seen(desk), to="", words="")
    drafter.add("tens")
    assert "Taken back to a draft: Sam Okafor changed it" in words(signer.get())
    signer.post("plan-return", seen=seen(desk), words="Too late.")
    assert "not proposed any more" in words(signer.get())


def test_another_patients_form_is_refused(desk: Desk, clinician: Member) -> None:
    browser = Browser(clinician, desk.patient)
    for name in ("plan-propose", "plan-return"):
        browser.post(name, status=404, patient_id=str(desk.member.user.pk), words="x")
