"""The states of a plan: one table, and the database agrees with it."""

from __future__ import annotations

import uuid
from itertools import product

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Organisation
from accounts.tenancy import tenant
from patients.models import Patient
from tests.cast import Member
from treatments.models import FollowUpDate, Plan
from treatments.states import OPEN, STEPS, State, may_step

DIGEST = "sha256:" + "0" * 64


def test_only_what_is_open_is_signed_and_what_was_signed_never_becomes_a_draft_again() -> None:
    assert [state for state in State if may_step(state, State.SIGNED)] == list(OPEN)
    assert [state for state in State if may_step(state, State.DRAFT)] == [State.PROPOSED]
    assert set(STEPS) == set(State)


def plan_in(state: State, patient: Patient, clinician: Member) -> uuid.UUID:
    """A row in this state, made as the database allows it: a draft first, then the steps of the table."""
    plan = Plan.objects.create(
        organisation_id=patient.organisation_id,
        patient=patient,
        created_by_id=clinician.user.pk,
        no_goal="not_agreed",
        no_goal_text="Agreed at the next visit.",
    )
    FollowUpDate.objects.create(
        organisation_id=patient.organisation_id, plan=plan, due_on=timezone.localdate(), kind="review"
    )
    route = {
        State.DRAFT: [],
        State.PROPOSED: [State.PROPOSED],
        State.DISCARDED: [State.DISCARDED],
        State.SIGNED: [State.SIGNED],
        State.SUPERSEDED: [State.SIGNED, State.SUPERSEDED],
        State.STOPPED: [State.SIGNED, State.STOPPED],
    }[state]
    for step in route:
        turn(plan.pk, step, clinician)
    return plan.pk


def turn(plan_id: uuid.UUID, state: State, clinician: Member) -> None:
    """Put the row into a state with everything that the constraints ask for."""
    now = timezone.now()
    changes: dict[str, object] = {"state": state}
    if state is State.SIGNED:
        changes |= {"signed_at": now, "signed_by_id": clinician.user.pk, "facts": "{}", "proposal": "{}"}
        changes |= {"proposal_digest": DIGEST, "rulebook_digest": DIGEST}
    elif state is State.PROPOSED:
        changes |= {"proposed_at": now, "proposed_by_id": clinician.user.pk}
    elif state is State.DRAFT:
        changes |= {"proposed_at": None, "proposed_by_id": None}
    else:
        changes |= {"ended_at": now, "end_reason": "a reason"}
    Plan.objects.filter(pk=plan_id).update(**changes)


@pytest.mark.parametrize(("before", "after"), [pair for pair in product(State, State) if pair[0] is not pair[1]])
def test_the_database_takes_exactly_the_steps_of_the_table(
    before: State, after: State, patient: Patient, clinician: Member
) -> None:
    plan_id = plan_in(before, patient, clinician)
    if may_step(before, after):
        turn(plan_id, after, clinician)
        assert Plan.objects.get(pk=plan_id).state == after
        return
    with pytest.raises(DatabaseError), transaction.atomic():
        turn(plan_id, after, clinician)
    assert Plan.objects.get(pk=plan_id).state == before


@pytest.mark.parametrize("state", [State.PROPOSED, State.SIGNED, State.SUPERSEDED, State.STOPPED, State.DISCARDED])
def test_what_was_proposed_signed_or_thrown_away_is_never_changed_or_removed(
    state: State, patient: Patient, clinician: Member
) -> None:
    plan_id = plan_in(state, patient, clinician)
    for statement in (
        "UPDATE treatments_plan SET note = 'later' WHERE id = %s",
        "UPDATE treatments_plan SET facts = '{\"a\":1}' WHERE id = %s",
        "DELETE FROM treatments_plan WHERE id = %s",
        "INSERT INTO treatments_goal (id, organisation_id, plan_id, kind, words)"
        " SELECT gen_random_uuid(), organisation_id, id, 'function', 'later' FROM treatments_plan WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [str(plan_id)])


def test_a_patient_has_one_draft_and_one_signed_plan(patient: Patient, clinician: Member) -> None:
    plan_in(State.SIGNED, patient, clinician)
    second = plan_in(State.DRAFT, patient, clinician)
    for state in OPEN:
        with pytest.raises(DatabaseError), transaction.atomic():
            plan_in(state, patient, clinician)
    with pytest.raises(DatabaseError), transaction.atomic():
        turn(second, State.SIGNED, clinician)


def test_plans_of_another_organisation_are_not_there(
    patient: Patient, clinician: Member, other_organisation: Organisation
) -> None:
    plan_in(State.DRAFT, patient, clinician)
    assert Plan.objects.count() == 1
    with tenant(other_organisation.pk):
        assert Plan.objects.count() == 0
