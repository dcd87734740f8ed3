"""Writes to the record: one transaction, one trace, nothing overwritten, bad input refused with all its problems."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.access import Denied
from accounts.models import AuditEvent, Clinic
from patients import queries, services
from patients.access import PatientNotFound
from patients.models import (
    Allergy,
    CareTeamMember,
    Measurement,
    MedicationStatement,
    Note,
    Patient,
    PatientRevision,
    Problem,
    Task,
)
from tests.cast import TODAY, Member, NewPatient

YESTERDAY = TODAY - dt.timedelta(days=1)
TOMORROW = TODAY + dt.timedelta(days=1)


def details(clinic: Clinic, **changes: Any) -> services.Details:
    start = services.Details(
        clinic_id=clinic.pk,
        number="B-7",
        family_name="Berg",
        given_names="Åsa",
        birth_date=dt.date(1970, 3, 1),
        sex="female",
    )
    return replace(start, **changes)


def medicine(member: Member, patient: Patient, text: str = "Lyrica", **more: Any) -> MedicationStatement:
    return services.record_medicine(actor=member.actor, patient=patient, text=text, today=TODAY, **more)


def measured(member: Member, patient: Patient, **more: Any) -> Measurement:
    values: dict[str, Any] = {"code": "creatinine", "value": "1.9", "unit": "mg/dL", "measured_on": TODAY} | more
    return services.record_measurement(actor=member.actor, patient=patient, today=TODAY, **values)


def problem(member: Member, patient: Patient, **more: Any) -> Problem:
    values: dict[str, Any] = {"kind": "concept", "code": "diabetes", "status": "present", "stated_on": TODAY} | more
    return services.state_problem(actor=member.actor, patient=patient, today=TODAY, **values)


def note(member: Member, patient: Patient) -> Note:
    return services.write_note(actor=member.actor, patient=patient, text="Came with her daughter.")


# Every public service with a call that succeeds when `by` may do it. One that is missing here fails the tests below.
def prepared(name: str, who: Member, patient: Patient, clinic: Clinic, other: Member) -> Callable[[Member], Any]:
    def call(service: Callable[..., Any], **more: Any) -> Callable[[Member], Any]:
        return lambda by: service(actor=by.actor, **({"patient": patient} | more))

    day: dict[str, Any] = {"today": TODAY}
    match name:
        case "register_patient":
            return lambda by: services.register_patient(actor=by.actor, details=details(clinic), today=TODAY)
        case "correct_details":
            changed = details(clinic, family_name="Berg-Lund")
            return call(services.correct_details, details=changed, reason="married", version=1, **day)
        case "state_problem":
            return lambda by: problem(by, patient)
        case "state_problems":
            return call(services.state_problems, stated=[DIABETES], stated_on=TODAY, **day)
        case "review_problem_list":
            return call(services.review_problem_list, reviewed_on=TODAY, **day)
        case "record_medicine":
            return lambda by: medicine(by, patient)
        case "stop_medicine":
            row = medicine(who, patient)
            return call(services.stop_medicine, medicine=row, stopped_on=TODAY, stop_reason="dizzy", **day)
        case "review_medicines":
            return call(services.review_medicines, reviewed_on=TODAY, **day)
        case "record_allergy":
            return call(services.record_allergy, text="penicillin", stated_on=TODAY, **day)
        case "state_no_known_allergies":
            return call(services.state_no_known_allergies, stated_on=TODAY, **day)
        case "record_measurement":
            return lambda by: measured(by, patient)
        case "record_trial":
            return call(services.record_trial, treatment="duloxetine", stopped="inefficacy", **day)
        case "record_preference":
            return call(services.record_preference, code="drives_for_work")
        case "write_note":
            return lambda by: note(by, patient)
        case "withdraw":
            return call(services.withdraw, row=note(who, patient), reason="other patient")
        case "join_care_team":
            return call(services.join_care_team, user_id=other.user.pk, since=TODAY)
        case "leave_care_team":
            services.join_care_team(actor=who.actor, patient=patient, user_id=other.user.pk, since=YESTERDAY)
            return call(services.leave_care_team, user_id=other.user.pk, until=TODAY)
        case "add_task":
            return call(services.add_task, text="ring the laboratory", due_on=TODAY)
        case "finish_task":
            task = services.add_task(actor=who.actor, patient=patient, text="ring", due_on=TODAY)
            return call(services.finish_task, task=task, now=timezone.now())
        case "place_orders":
            return call(services.place_orders, plan_id=uuid4(), orders=[BLOOD], now=timezone.now())
        case "undo_orders":
            services.place_orders(actor=who.actor, patient=patient, plan_id=uuid4(), orders=[BLOOD], now=timezone.now())
            return call(services.undo_orders, batch_id=Task.objects.get().batch_id, now=timezone.now())
    raise AssertionError(f"patients.services.{name} has no call here; add one")


BLOOD = services.Order(key="test:duloxetine:sodium", kind="test", text="Sodium before duloxetine", due_on=TODAY)
DIABETES = services.StatedProblem("concept", "diabetes", "present")
SERVICES = [
    name
    for name, function in inspect.getmembers(services, inspect.isfunction)
    if not name.startswith("_") and function.__module__.startswith("patients.services.")
]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_takes_the_actor_first_and_leaves_one_row_in_the_trail(
    name: str, clinician: Member, colleague: Member, patient: Patient, clinic: Clinic
) -> None:
    parameters = list(inspect.signature(getattr(services, name)).parameters.values())
    assert parameters[0].name == "actor"
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters)
    call = prepared(name, clinician, patient, clinic, colleague)
    before = AuditEvent.objects.count()
    call(clinician)
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.latest("at")
    assert event.actor_user_id == clinician.user.pk
    assert event.patient_id is not None


def everything() -> dict[str, list[str]]:
    models = apps.get_app_config("patients").get_models()
    return {model.__name__: sorted(map(str, model._default_manager.values_list())) for model in models}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_whose_trace_cannot_be_written_writes_nothing(
    name: str,
    clinician: Member,
    colleague: Member,
    patient: Patient,
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = prepared(name, clinician, patient, clinic, colleague)
    before = everything()

    def refuse(**_arguments: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(audit, "record", refuse)
    monkeypatch.setattr(audit, "record_all", refuse)
    with pytest.raises(RuntimeError, match="trail is full"):
        call(clinician)
    assert everything() == before


@pytest.mark.parametrize("name", SERVICES)
def test_a_role_without_the_permission_is_refused(
    name: str, clinician: Member, auditor: Member, colleague: Member, patient: Patient, clinic: Clinic
) -> None:
    call = prepared(name, clinician, patient, clinic, colleague)
    with pytest.raises(Denied):
        call(auditor)


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "register_patient"])
def test_no_service_reaches_into_another_organisation(
    name: str, outsider: Member, clinician: Member, colleague: Member, patient: Patient, clinic: Clinic
) -> None:
    call = prepared(name, clinician, patient, clinic, colleague)
    with pytest.raises(PatientNotFound):
        call(outsider)


# --- registering ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "x-1"},
        {"family_name": "BERG", "given_names": "Asa", "birth_date": dt.date(1931, 1, 1), "number": "9"},
        {"family_name": "Bergström", "given_names": "Åse", "number": "9"},
        {"family_name": "Åsa", "given_names": "Berg", "number": "9"},
    ],
)
def test_a_possible_duplicate_is_shown_and_needs_a_confirmation(
    clinician: Member, clinic: Clinic, new_patient: NewPatient, changes: dict[str, Any]
) -> None:
    new_patient(number="other", family_name="Berg", given_names="Åsa", birth_date=dt.date(1970, 3, 1))
    wanted = details(clinic, **changes)
    if changes["number"] == "x-1":
        wanted = replace(wanted, number="x-1")
    with pytest.raises(services.PossibleDuplicates) as found:
        services.register_patient(actor=clinician.actor, details=wanted, today=TODAY)
    assert [row.family_name for row in found.value.patients] == ["Berg"]
    made = services.register_patient(actor=clinician.actor, details=wanted, confirmed=True, today=TODAY)
    assert Patient.objects.filter(id=made.pk).exists()


def test_somebody_else_is_no_duplicate(clinician: Member, clinic: Clinic, new_patient: NewPatient) -> None:
    new_patient(family_name="Moreau", given_names="Luc", birth_date=dt.date(1970, 3, 1))
    assert services.register_patient(actor=clinician.actor, details=details(clinic), today=TODAY).pk


def test_a_duplicate_of_another_organisation_is_not_betrayed(
    clinician: Member, clinic: Clinic, outsider: Member, other_clinic: Clinic, new_patient: NewPatient
) -> None:
    new_patient(
        by=outsider,
        clinic_id=other_clinic.pk,
        number="B-7",
        family_name="Berg",
        given_names="Åsa",
        birth_date=dt.date(1970, 3, 1),
    )
    assert services.register_patient(actor=clinician.actor, details=details(clinic), today=TODAY).pk


def test_all_problems_of_the_details_are_told_at_once(
    clinician: Member, other_clinic: Clinic, patient: Patient
) -> None:
    wrong = services.Details(
        clinic_id=other_clinic.pk,
        number=" 40-218",
        family_name=" ",
        given_names="A",
        birth_date=TOMORROW,
        sex="male",
        pregnancy="pregnant",
        pregnancy_as_of=TOMORROW,
        reminder_consent=True,
        time_zone="Mars/Olympus",
        died_on=dt.date(1900, 1, 1),
    )
    with pytest.raises(services.RecordRefused) as refusal:
        services.register_patient(actor=clinician.actor, details=wrong, confirmed=True, today=TODAY)
    assert {field for field, _sentence in refusal.value.problems} == {
        "family_name",
        "birth_date",
        "pregnancy",
        "pregnancy_as_of",
        "email",
        "time_zone",
        "clinic_id",
        "number",
        "died_on",
    }


def test_changed_details_keep_what_was_before_with_the_reason(
    clinician: Member, patient: Patient, clinic: Clinic
) -> None:
    changed = details(clinic, number=patient.number, family_name="Johansson-Berg", given_names="Ingrid")
    now = services.correct_details(
        actor=clinician.actor, patient=patient, details=changed, reason="married", version=1, today=TODAY
    )
    assert (now.family_name, now.search_family, now.version) == ("Johansson-Berg", "johanssonberg ingrid", 2)
    before = PatientRevision.objects.get()
    assert (before.family_name, before.version, before.reason) == ("Johansson", 1, "married")
    assert before.changed_by_id == clinician.user.pk
    with pytest.raises(services.ChangedMeanwhile):
        services.correct_details(
            actor=clinician.actor, patient=patient, details=changed, reason="x", version=1, today=TODAY
        )


# --- lines ------------------------------------------------------------------------------------------------------------


def test_a_correction_is_a_new_line_and_the_old_one_stays(clinician: Member, nurse: Member, patient: Patient) -> None:
    wrong = measured(clinician, patient, value="19", unit="mg/dL")
    right = measured(nurse, patient, value="1.9", corrects=wrong, reason="decimal point")
    assert list(queries.current(Measurement, patient.pk)) == [right]
    newest, oldest = queries.history_of("measurement", patient.pk)
    assert (newest.pk, oldest.pk) == (right.pk, wrong.pk)
    assert oldest.superseded_by == right
    assert oldest.canonical_value == Decimal("1679.600000")
    assert (right.reason, right.supersedes_id) == ("decimal point", wrong.pk)


def test_a_correction_needs_a_reason(clinician: Member, patient: Patient) -> None:
    row = measured(clinician, patient)
    with pytest.raises(services.RecordRefused, match="why the entry changes"):
        measured(clinician, patient, corrects=row, reason=" ")


def test_two_corrections_of_one_line_do_not_overwrite_each_other(clinician: Member, patient: Patient) -> None:
    row = measured(clinician, patient)
    measured(clinician, patient, value="2.1", corrects=row, reason="read again")
    with pytest.raises(services.ChangedMeanwhile):
        measured(clinician, patient, value="2.3", corrects=row, reason="read again")


def test_a_line_of_another_patient_cannot_be_corrected_here(
    clinician: Member, patient: Patient, new_patient: NewPatient
) -> None:
    row = measured(clinician, new_patient())
    with pytest.raises(services.ChangedMeanwhile):
        measured(clinician, patient, corrects=row, reason="x")


def test_the_database_itself_keeps_lines_from_change(clinician: Member, patient: Patient) -> None:
    note(clinician, patient)
    for sql in ("UPDATE patients_note SET text = 'x'", "DELETE FROM patients_note"):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_a_withdrawn_line_no_longer_counts_and_stays_readable(clinician: Member, patient: Patient) -> None:
    row = medicine(clinician, patient)
    services.withdraw(actor=clinician.actor, patient=patient, row=row, reason="other patient")
    assert not queries.current(MedicationStatement, patient.pk).exists()
    withdrawal, old = queries.history_of("medicine", patient.pk)
    assert (withdrawal.withdrawn, withdrawal.reason, withdrawal.text) == (True, "other patient", "Lyrica")
    assert old.superseded_by == withdrawal


def test_stating_a_problem_again_replaces_the_statement(clinician: Member, patient: Patient) -> None:
    problem(clinician, patient, status="unknown", stated_on=YESTERDAY)
    now = problem(clinician, patient, status="absent")
    assert list(queries.current(Problem, patient.pk)) == [now]
    assert now.reason == "stated again"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "no_such_thing"}, "code"),
        ({"kind": "condition", "code": "diabetes"}, "code"),
        ({"kind": "other", "code": ""}, "text"),
        ({"status": "maybe"}, "status"),
        ({"stated_on": TOMORROW}, "stated_on"),
        ({"onset_on": TOMORROW}, "onset_on"),
    ],
)
def test_a_wrong_problem_is_refused(clinician: Member, patient: Patient, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(services.RecordRefused) as refusal:
        problem(clinician, patient, **changes)
    assert [name for name, _sentence in refusal.value.problems] == [field]
    assert not Problem.objects.exists()


def test_several_problems_are_stated_as_one_after_the_other(
    clinician: Member, patient: Patient, django_assert_num_queries: Any
) -> None:
    before = problem(clinician, patient, status="unknown", stated_on=YESTERDAY)
    stated = [DIABETES, services.StatedProblem("condition", "dpn", "present")]
    given: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "stated_on": TODAY, "today": TODAY}
    with django_assert_num_queries(6):  # Those of the transaction, the lock, what stands now, the lines, the trail.
        found = services.state_problems(stated=stated, **given)
    lines = {row.code: row for row in queries.current(Problem, patient.pk)}
    assert lines == {row.code: row for row in found}
    assert (lines["diabetes"].supersedes_id, lines["diabetes"].reason) == (before.pk, "stated again")
    assert (lines["dpn"].supersedes_id, lines["dpn"].reason) == (None, "")
    trail = {row.target: (row.action, row.detail) for row in AuditEvent.objects.filter(action__startswith="problem.")}
    assert trail[f"problem:{lines['diabetes'].pk}"] == ("problem.correct", {"supersedes": str(before.pk)})
    assert trail[f"problem:{lines['dpn'].pk}"] == ("problem.add", {})


@pytest.mark.parametrize(
    "wrong", [("condition", "diabetes", "present"), ("other", "", "absent"), ("concept", "ckd", "maybe")]
)
def test_of_several_problems_none_is_stated_where_one_is_wrong(
    clinician: Member, patient: Patient, wrong: tuple[str, str, str]
) -> None:
    stated = [DIABETES, services.StatedProblem(*wrong)]
    with pytest.raises(services.RecordRefused):
        services.state_problems(actor=clinician.actor, patient=patient, stated=stated, stated_on=TODAY, today=TODAY)
    assert not Problem.objects.exists()


def test_a_medicine_is_stored_as_written_with_what_was_recognised(clinician: Member, patient: Patient) -> None:
    known = medicine(clinician, patient, "Tramadol SR 100 mg", daily_dose=Decimal("200"), unit="mg")
    assert (known.text, known.recognition, known.medicine, known.release) == (
        "Tramadol SR 100 mg",
        "recognised",
        "tramadol",
        "extended",
    )
    unknown = medicine(clinician, patient, "zelmotrine forte")
    assert (unknown.text, unknown.recognition, unknown.medicine) == ("zelmotrine forte", "not_checked", "")
    assert medicine(clinician, patient, "Voltarol").recognition == "ambiguous"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"text": " "}, {"text"}),
        ({"daily_dose": Decimal(60)}, {"unit"}),
        ({"unit": "mg"}, {"daily_dose"}),
        ({"daily_dose": Decimal(0), "unit": "mg"}, {"daily_dose"}),
        ({"daily_dose": Decimal(1), "unit": "spoon"}, {"unit"}),
        ({"daily_dose": Decimal(900_000), "unit": "mg"}, {"daily_dose"}),
        ({"started_on": TOMORROW}, {"started_on"}),
        ({"started_on": TODAY, "stopped_on": YESTERDAY}, {"stopped_on"}),
    ],
)
def test_a_wrong_medicine_is_refused(
    clinician: Member, patient: Patient, changes: dict[str, Any], fields: set[str]
) -> None:
    with pytest.raises(services.RecordRefused) as refusal:
        medicine(clinician, patient, **changes)
    assert {name for name, _sentence in refusal.value.problems} == fields


def test_a_stopped_medicine_is_a_past_one_and_keeps_its_dose(clinician: Member, patient: Patient) -> None:
    row = medicine(clinician, patient, daily_dose=Decimal("150"), unit="mg", started_on=YESTERDAY)
    stopped = services.stop_medicine(
        actor=clinician.actor, patient=patient, medicine=row, stopped_on=TODAY, stop_reason="dizzy", today=TODAY
    )
    assert (stopped.text, stopped.daily_dose, stopped.stopped_on) == ("Lyrica", Decimal("150"), TODAY)
    [entry] = queries.record_of(patient, TODAY).medicines
    assert not entry.is_current(TODAY)
    assert entry.is_current(YESTERDAY)


def test_allergies_are_unknown_then_none_then_some(clinician: Member, patient: Patient) -> None:
    def known() -> Any:
        allergies = queries.record_of(patient, TODAY).allergies
        return None if allergies is None else [entry.text for entry in allergies]

    same: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "stated_on": TODAY, "today": TODAY}
    assert known() is None
    services.state_no_known_allergies(**same)
    assert known() == []
    row = services.record_allergy(**same, text="carbamazepine", reaction="rash")
    assert known() == ["carbamazepine"]
    with pytest.raises(services.RecordRefused, match="Withdraw it first"):
        services.state_no_known_allergies(**same)
    services.withdraw(actor=clinician.actor, patient=patient, row=row, reason="was nausea")
    assert known() is None
    assert Allergy.objects.count() == 3


def test_an_implausible_value_is_refused_with_the_range(clinician: Member, patient: Patient) -> None:
    with pytest.raises(services.RecordRefused, match="15 to 2500 umol/L"):
        measured(clinician, patient, unit="umol/L")
    with pytest.raises(services.RecordRefused) as refusal:
        measured(clinician, patient, code="sodium", value="1", unit="mg", measured_on=TOMORROW)
    assert [name for name, _sentence in refusal.value.problems] == ["measured_on", "unit"]
    assert not Measurement.objects.exists()


def test_somebody_of_another_organisation_cannot_join_the_team(
    clinician: Member, outsider: Member, patient: Patient
) -> None:
    with pytest.raises(services.RecordRefused, match="does not work"):
        services.join_care_team(actor=clinician.actor, patient=patient, user_id=outsider.user.pk, since=TODAY)
    with pytest.raises(services.RecordRefused, match="does not work"):
        services.add_task(actor=clinician.actor, patient=patient, text="x", due_on=TODAY, owner_id=outsider.user.pk)
    assert CareTeamMember.objects.count() == 1


def test_a_task_is_finished_once(clinician: Member, patient: Patient) -> None:
    task = services.add_task(actor=clinician.actor, patient=patient, text="ring", due_on=TODAY)
    services.finish_task(actor=clinician.actor, patient=patient, task=task, now=timezone.now())
    with pytest.raises(services.ChangedMeanwhile):
        services.finish_task(actor=clinician.actor, patient=patient, task=task, now=timezone.now())
    assert Task.objects.get().done_by_id == clinician.user.pk


# --- what a plan orders -----------------------------------------------------------------------------------------------


def test_what_is_ordered_is_open_once_and_may_be_ordered_again_when_it_is_done(
    clinician: Member, patient: Patient
) -> None:
    who: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "now": timezone.now()}
    first, later = uuid4(), uuid4()
    assert services.place_orders(**who, plan_id=first, orders=[BLOOD, BLOOD]) == (1, 0)
    assert services.place_orders(**who, plan_id=later, orders=[BLOOD]) == (0, 0)
    task = Task.objects.get()
    services.finish_task(**who, task=task)
    assert services.place_orders(**who, plan_id=later, orders=[BLOOD]) == (1, 0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(id=task.pk).update(done_at=None)


def test_undoing_withdraws_what_nobody_has_done_yet(clinician: Member, patient: Patient) -> None:
    who: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "now": timezone.now()}
    letter = replace(BLOOD, key="referral:podiatrist", kind="referral", addressee="Podiatrist")
    services.place_orders(**who, plan_id=uuid4(), orders=[BLOOD, letter])
    done = Task.objects.get(order_key=letter.key)
    assert done.batch_id is not None
    services.finish_task(**who, task=done)
    other = services.add_task(actor=clinician.actor, patient=patient, text="ring", due_on=TODAY)
    assert services.undo_orders(**who, batch_id=done.batch_id) == 1
    assert services.undo_orders(**who, batch_id=done.batch_id) == 0
    assert list(queries.tasks_of(patient.pk)) == [other]
    withdrawn = Task.objects.get(order_key=BLOOD.key)
    assert withdrawn.withdrawn_by_id == clinician.user.pk
    with pytest.raises(services.ChangedMeanwhile):
        services.finish_task(**who, task=withdrawn)
    assert [task.pk for task in queries.ordered(patient.pk)] == [done.pk]
    work = queries.work_items(patient.organisation_id, clinician.user, TODAY)
    assert BLOOD.text not in [item.text for item in work]


def test_an_order_for_nobody_here_is_refused_with_its_key(
    clinician: Member, patient: Patient, outsider: Member
) -> None:
    with pytest.raises(services.RecordRefused) as refused:
        services.place_orders(
            actor=clinician.actor,
            patient=patient,
            plan_id=uuid4(),
            orders=[replace(BLOOD, owner_id=outsider.user.pk), replace(BLOOD, key="other", text=" ")],
            now=timezone.now(),
        )
    assert [key for key, _sentence in refused.value.problems] == [BLOOD.key, "other"]
    assert not Task.objects.exists()
