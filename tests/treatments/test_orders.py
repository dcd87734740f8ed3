"""Tasks and referrals from a plan: what is offered, one confirm, nothing twice, one undo."""

from __future__ import annotations

import datetime as dt
import re
import threading
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Denied
from accounts.models import AuditEvent
from accounts.tenancy import tenant
from patients import queries as patient_queries
from patients import services as patient_services
from patients.models import Patient, Task
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import NOW, Desk, taking
from treatments import queries, services
from treatments.order_presenters import orders_page
from treatments.orders import Line, digest_of, order_lines
from treatments.plan_doses import PlannedStep
from treatments.rulebook import Monitoring
from treatments.services import NoDraft, OrderEntry, PlanRefused, StaleSave


@pytest.fixture
def desk(clinician: Member, patient: Patient) -> Desk:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    desk.add("gabapentin", "aerobic_exercise")
    return desk


def lines_of(desk: Desk, *, prescribers: set[UUID] | None = None) -> tuple[Line, ...]:
    plan = queries.open_of(desk.patient.pk)
    assert plan is not None
    signers = {desk.member.user.pk} if prescribers is None else prescribers
    return order_lines(plan, desk.shown, before=queries.plan_before(plan), prescribers=signers)


def order(desk: Desk, *chosen: Line, **changes: Any) -> tuple[int, int]:
    plan = queries.open_of(desk.patient.pk)
    assert plan is not None
    lines = lines_of(desk)
    entries = [OrderEntry(line, line.due_on, line.owner_id) for line in chosen or lines if line.is_proposed or chosen]
    given: dict[str, Any] = {"plan_id": plan.id, "lines": lines, "entries": entries, "seen": digest_of(lines)} | changes
    return services.order_from_plan(**desk.who, **given)


def test_every_kind_is_offered_with_day_and_owner(desk: Desk) -> None:
    lines = {line.key: line for line in lines_of(desk)}
    test = lines["test:gabapentin:renal_function"]
    assert "before Gabapentin" in test.text
    assert (test.due_on, test.owner_id) == (TODAY, desk.member.user.pk)
    assert "every 12 months" in test.detail
    assert lines["test:gabapentin:weight_oedema"].is_proposed
    assert not lines["test:gabapentin:renal_function:later"].is_proposed
    foot = lines["referral:podiatrist"]
    assert (foot.addressee, foot.owner_id) == ("Podiatrist", None)
    assert foot.text.startswith("Refer to Podiatrist, routine: ")
    assert lines["referral:aerobic_exercise"].addressee == "Physical therapist"
    assert {line.kind for line in lines.values()} == {"test", "referral", "prescription", "education", "follow_up"}
    assert not [line for line in lines.values() if line.due_on < TODAY]


def test_a_later_start_moves_its_tests_and_other_doses_are_another_prescription(desk: Desk) -> None:
    before = {line.kind: line.key for line in lines_of(desk) if "gabapentin" in line.key}
    start = TODAY + dt.timedelta(days=10)
    item = queries.draft_of(desk.patient.pk).item("gabapentin")  # type: ignore[union-attr]
    entry = services.ItemEntry(starts_on=start, owner_id=desk.member.user.pk, steps=item.steps[:1])  # type: ignore[union-attr]
    services.save_item(**desk.who, ref_id="gabapentin", version=1, entry=entry, shown=desk.shown)
    lines = {line.key: line for line in lines_of(desk)}
    assert lines["test:gabapentin:renal_function"].due_on == start
    assert before["prescription"] not in lines


def day_of(days: int) -> str:
    day = TODAY + dt.timedelta(days=days)
    return f"{day.day} {day:%b %Y}"


def test_a_test_that_was_done_and_still_counts_is_offered_with_its_day_and_not_proposed(desk: Desk) -> None:
    def kidney() -> Line:
        return next(line for line in lines_of(desk) if line.key == "test:gabapentin:renal_function")

    # Creatinine and weight of thirty days ago; with kidneys this weak creatinine counts for 183 days.
    assert not kidney().is_proposed
    assert f"done on {day_of(-30)}, which still counts" in kidney().detail
    item = queries.draft_of(desk.patient.pk).item("gabapentin")  # type: ignore[union-attr]
    for version, days, is_proposed in ((1, 150, False), (2, 160, True)):
        start = TODAY + dt.timedelta(days=days)
        entry = services.ItemEntry(starts_on=start, owner_id=desk.member.user.pk, steps=item.steps)  # type: ignore[union-attr]
        services.save_item(**desk.who, ref_id="gabapentin", version=version, entry=entry, shown=desk.shown)
        assert kidney().is_proposed is is_proposed


def test_half_a_test_is_none(desk: Desk) -> None:
    desk.add("amitriptyline")
    lines = {line.key: line for line in lines_of(desk)}
    # Sodium is on file, potassium is not; QTc is, the conduction is not.
    assert lines["test:amitriptyline:sodium"].is_proposed
    assert lines["test:amitriptyline:ecg"].is_proposed


def test_a_test_is_due_on_the_days_that_the_content_states_after_the_start(desk: Desk) -> None:
    lines = {line.key: line for line in lines_of(desk)}
    assert lines["test:gabapentin:renal_function:later"].due_on == TODAY + dt.timedelta(days=365)
    test = Monitoring("sodium", "sodium", True, None, (), after_days=((14, 28), (84, 91)), every_days=182)
    assert [test.next_window(day) for day in (0, 28, 29, 91, 92, 273, 274)] == [
        (14, 28),
        (14, 28),
        (84, 91),
        (84, 91),
        (273, 273),
        (273, 273),
        (455, 455),
    ]
    assert replace(test, every_days=None).next_window(92) is None
    assert replace(test, after_days=()).next_window(0) is None


def test_what_runs_unchanged_needs_no_new_prescription_and_what_changes_does(desk: Desk) -> None:
    def prescription(name: str = "gabapentin") -> Line:
        return next(line for line in lines_of(desk) if line.key.startswith(f"prescription:{name}:"))

    assert prescription().is_proposed
    services.remove_item(**desk.who, ref_id="gabapentin")
    taking(desk, "gabapentin", "600", release="immediate")
    desk.add("gabapentin")
    assert not prescription().is_proposed
    assert prescription().detail == f"runs unchanged, 600 mg a day since {day_of(-40)}"
    desk.save("gabapentin", (0, 300, 1), owner_id=desk.member.user.pk)
    assert prescription().is_proposed
    # The same dose in another form is another product.
    desk.add("gabapentin_er")
    assert prescription("gabapentin_er").is_proposed
    assert "does not say in this form" in prescription("gabapentin_er").detail


def test_what_the_plan_before_gave_needs_no_new_prescription(desk: Desk) -> None:
    desk.answer_everything()
    desk.sign()
    desk.add("tens")
    (line,) = [line for line in lines_of(desk) if line.kind == "prescription"]
    assert not line.is_proposed
    assert "runs unchanged since the plan signed on" in line.detail


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Kiritimati", 9), ("UTC", 8)])
def test_the_day_of_a_signature_is_the_day_at_the_place_of_the_clinic(desk: Desk, zone: str, day: int) -> None:
    plan = queries.open_of(desk.patient.pk)
    assert plan is not None
    before = replace(plan, signed_at=dt.datetime(2026, 3, 8, 12, 30, tzinfo=dt.UTC))
    with timezone.override(zone):
        lines = order_lines(plan, desk.shown, before=before)
    (line,) = [line for line in lines if line.kind == "prescription"]
    assert line.detail.startswith(f"runs unchanged since the plan signed on {day} Mar 2026")


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Kiritimati", 9), ("UTC", 8)])
def test_the_day_on_which_an_order_was_done_is_the_day_at_the_place_of_the_clinic(
    desk: Desk, zone: str, day: int
) -> None:
    order(desk)
    Task.objects.update(done_at=dt.datetime(2026, 3, 8, 12, 30, tzinfo=dt.UTC))
    plan = queries.open_of(desk.patient.pk)
    assert plan is not None
    with timezone.override(zone):
        page = orders_page(lines_of(desk), patient_queries.ordered(desk.patient.pk), plan.id)
    assert f"done on {day} Mar 2026" in next(line.detail for line in page.offered if line.kind == "prescription")


def test_other_doses_at_the_same_hours_are_another_prescription(desk: Desk) -> None:
    def prescription() -> Line:
        return next(line for line in lines_of(desk) if line.kind == "prescription")

    def save(version: int, *steps: PlannedStep) -> None:
        entry = services.ItemEntry(starts_on=TODAY, owner_id=desk.member.user.pk, steps=steps)
        services.save_item(**desk.who, ref_id="gabapentin", version=version, entry=entry, shown=desk.shown)

    uneven = (PlannedStep(0, 100, 1), PlannedStep.of_doses(7, (100, 100, 200)))
    save(1, *uneven)
    desk.answer_everything()
    desk.sign()
    desk.add("tens")
    assert not prescription().is_proposed
    before = prescription().key
    # The largest dose and the number of doses a day are the same; the day is not.
    for version, doses in enumerate([(200, 200, 200), (200, 100, 100)], start=1):
        save(version, uneven[0], PlannedStep.of_doses(7, doses))
        assert prescription().is_proposed
        assert prescription().key != before


def test_who_signs_nothing_is_proposed_for_no_prescription(desk: Desk) -> None:
    (line,) = [line for line in lines_of(desk, prescribers=set()) if line.kind == "prescription"]
    assert line.owner_id is None
    assert f"{desk.member.user} signs no prescriptions" in line.detail
    tests = [line for line in lines_of(desk, prescribers=set()) if line.kind == "test"]
    assert {line.owner_id for line in tests} == {desk.member.user.pk}


def test_one_confirm_makes_the_tasks_in_one_row_of_the_trail_and_a_second_one_none(desk: Desk) -> None:
    proposed = [line for line in lines_of(desk) if line.is_proposed]
    before = set(AuditEvent.objects.values_list("id", flat=True))
    assert order(desk) == (len(proposed), 0)
    (event,) = AuditEvent.objects.exclude(id__in=before)
    assert (event.action, event.detail["made"]) == ("order.place", len(proposed))
    tasks = patient_queries.ordered(desk.patient.pk)
    assert {task.order_key for task in tasks} == {line.key for line in proposed}
    assert len({task.batch_id for task in tasks}) == 1
    assert order(desk) == (0, 0)


def test_what_is_open_carries_over_to_the_plan_that_follows(desk: Desk) -> None:
    order(desk)
    desk.answer_everything()
    desk.sign()
    assert order(desk) == (0, 0)
    desk.add("tens")
    fresh = {line.key for line in lines_of(desk)} - {task.order_key for task in Task.objects.all()}
    made, _withdrawn = order(desk)
    assert made == len([line for line in lines_of(desk) if line.key in fresh and line.is_proposed])
    assert Task.objects.filter(order_key="test:gabapentin:weight_oedema").count() == 1


def test_what_the_plan_asks_for_no_longer_is_withdrawn_with_the_same_confirm(desk: Desk) -> None:
    order(desk)
    services.remove_item(**desk.who, ref_id="aerobic_exercise")
    old = Task.objects.get(order_key="referral:aerobic_exercise")
    assert order(desk, withdrawing=[old.pk]) == (0, 1)
    old.refresh_from_db()
    assert old.withdrawn_by_id == desk.member.user.pk


def test_what_is_stale_past_or_for_a_stranger_is_refused(desk: Desk, outsider: Member, nurse: Member) -> None:
    line = lines_of(desk)[0]
    seen = digest_of(lines_of(desk))
    with pytest.raises(PlanRefused) as refused:
        order(desk, entries=[OrderEntry(line, TODAY - dt.timedelta(days=1), None)])
    assert [field for field, _text in refused.value.problems] == [f"due_{line.id}"]
    with pytest.raises(PlanRefused) as refused:
        order(desk, entries=[OrderEntry(line, TODAY, outsider.user.pk)])
    assert [field for field, _text in refused.value.problems] == [f"owner_{line.id}"]
    desk.add("tens")
    with pytest.raises(StaleSave):
        order(desk, seen=seen)
    with pytest.raises(NoDraft):
        order(desk, plan_id=desk.patient.pk)
    assert not Task.objects.exists()


def test_who_may_not_draft_orders_nothing(desk: Desk, auditor: Member) -> None:
    with pytest.raises(Denied):
        services.order_from_plan(
            actor=auditor.actor,
            patient=desk.patient,
            plan_id=desk.patient.pk,
            lines=(),
            entries=[],
            seen="",
            now=NOW,
        )


def test_two_confirm_at_once_and_nothing_is_ordered_twice(
    transactional_db: None, clinician: Member, patient: Patient, organisation: Any
) -> None:
    with tenant(organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
        desk = Desk(clinician, patient)
        desk.add("gabapentin")
        proposed = [line for line in lines_of(desk) if line.is_proposed]
    start, made = threading.Barrier(2), list[int]()

    def confirm() -> None:
        start.wait(timeout=20)
        try:
            with tenant(organisation.pk):
                made.append(order(desk)[0])
        finally:
            connection.close()

    people = [threading.Thread(target=confirm) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=60)
    assert sorted(made) == [0, len(proposed)]
    with tenant(organisation.pk):
        assert Task.objects.count() == len(proposed)


# --- pages ------------------------------------------------------------------------------------------------------------


def fields_of(html: str) -> dict[str, Any]:
    """What a browser sends that leaves the form as it came."""
    form = html[html.index("plan-orders") :]
    sent = {}
    for tag in re.findall(r"<input[^>]+>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            sent[name.group(1)] = value.group(1) if value else "on"
    for name, body in re.findall(r'<select name="([^"]+)"(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        sent[name] = chosen.group(1) if chosen else ""
    return sent


def test_the_page_orders_says_so_and_takes_it_back(desk: Desk, clinician: Member) -> None:
    browser = Browser(clinician, desk.patient)
    page = browser.get("plan-orders")
    assert "Refer to Podiatrist" in words(page)
    sent = fields_of(page)
    number = len([name for name in sent if name.startswith("take_")])
    assert number > 4
    browser.post("plan-orders", **sent)
    page = browser.get("plan-orders")
    assert f"{number} tasks are made." in words(page)
    assert f"Undo: {number} tasks" in words(page)
    assert "All that the plan asks for is ordered" in words(page)
    assert 'class="button button-primary" type="submit"' not in page.partition('class="stack plan-orders"')[2]
    assert "List of the care team" in words(page)
    assert f"Undo: {number} tasks" in words(browser.get())
    task = Task.objects.filter(kind="test").first()
    assert task is not None
    patient_services.finish_task(actor=clinician.actor, patient=desk.patient, task=task, now=NOW)
    batch = str(task.batch_id)
    browser.post("plan-orders-undo", batch)
    page = words(browser.get("plan-orders"))
    assert f"{number - 1} tasks are withdrawn." in page
    assert "done on" in page
    assert "Undo" not in page
    browser.post("plan-orders-undo", batch)
    assert "Nothing is left to withdraw" in words(browser.get("plan-orders"))


def test_bad_input_is_said_at_its_field_and_nothing_is_lost(desk: Desk, clinician: Member, nurse: Member) -> None:
    browser = Browser(clinician, desk.patient)
    sent = fields_of(browser.get("plan-orders"))
    due = next(name for name in sent if name.startswith("due_") and name.replace("due", "take") in sent)
    owner = due.replace("due", "owner")
    for value, expected in (("", "Say by when"), ("nonsense", "Enter a valid date"), ("2001-01-01", "has passed")):
        response = browser.post("plan-orders", status=422, **(sent | {due: value, owner: str(nurse.user.pk)}))
        html = response.content.decode()
        assert expected in words(html)
        assert f'href="#id_{due}' in html
        assert re.search(rf'value="{nurse.user.pk}" selected', html)
    html = browser.post("plan-orders", status=409, **(sent | {"seen": "old", owner: str(nurse.user.pk)})).content
    assert re.search(rf'value="{nurse.user.pk}" selected', html.decode())
    assert not Task.objects.exists()
    browser.post("plan-orders", status=404, **(sent | {"patient_id": str(nurse.user.pk)}))


def test_without_a_plan_there_is_nothing_to_order_and_the_page_costs_the_same_whatever_was_ordered(
    desk: Desk, clinician: Member
) -> None:
    browser = Browser(clinician, desk.patient)
    browser.get("plan-orders")
    with CaptureQueriesContext(connection) as before:
        browser.get("plan-orders")
    order(desk)
    with CaptureQueriesContext(connection) as after:
        browser.get("plan-orders")
    assert len(after) == len(before)
    assert "Tasks that were ordered from it stay open" in words(browser.get("plan-discard"))
    services.discard_draft(**desk.who)
    browser.post("plan-orders")
    assert "no plan yet" in words(browser.get())
