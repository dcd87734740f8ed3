"""Who may do what, as one table."""

from __future__ import annotations

import uuid

import pytest

from accounts.access import SENTENCES, Denied, allows, require
from accounts.audit import Actor
from accounts.models import Membership
from accounts.roles import GRANTS, JOB_GRANTS, Permission, Role, permissions_of, permissions_of_job

ORGANISATION = uuid.uuid4()


def actor(*roles: Role) -> Actor:
    return Actor(organisation_id=ORGANISATION, name="X", user_id=ORGANISATION, roles=frozenset(roles))


def test_every_role_stands_in_the_table_and_in_the_database_choices() -> None:
    assert set(GRANTS) == set(Role)
    assert set(Membership.RoleName.values) == {role.value for role in Role}


def test_every_permission_is_somebodys_and_has_a_sentence() -> None:
    granted = permissions_of(Role).union(*JOB_GRANTS.values())
    assert granted == set(Permission)
    assert set(SENTENCES) == set(Permission)
    assert all(str(sentence).endswith(".") for sentence in SENTENCES.values())


@pytest.mark.parametrize("permission", [Permission.SIGN_PLAN, Permission.SIGN_ASSESSMENT])
def test_a_trainee_may_do_the_work_but_not_sign(permission: Permission) -> None:
    assert permission not in permissions_of([Role.TRAINEE])
    assert permission in permissions_of([Role.CLINICIAN])
    assert permissions_of([Role.CLINICIAN]) - permissions_of([Role.TRAINEE]) == {
        Permission.SIGN_PLAN,
        Permission.SIGN_ASSESSMENT,
    }


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.RULE_AUTHOR, Role.RULE_APPROVER])
def test_roles_outside_care_open_no_patient(role: Role) -> None:
    assert Permission.VIEW_PATIENT not in permissions_of([role])


def test_nobody_writes_and_approves_rules_by_one_role() -> None:
    both = {Permission.AUTHOR_RULES, Permission.APPROVE_RULES}
    assert not [role for role in Role if both <= permissions_of([role])]


def test_roles_add_up_and_none_gives_nothing() -> None:
    assert permissions_of([]) == frozenset()
    assert permissions_of([Role.TRAINEE, Role.AUDITOR]) >= {Permission.ASSESS, Permission.VIEW_AUDIT}


def test_a_job_that_the_table_does_not_name_may_do_nothing() -> None:
    assert permissions_of_job("somebody-else") == frozenset()
    assert Actor.for_job("somebody-else", ORGANISATION).permissions == frozenset()
    assert Permission.SEND_REMINDERS in Actor.for_job("send-reminders", ORGANISATION).permissions


def test_require_refuses_with_the_sentence_of_the_permission() -> None:
    trainee = actor(Role.TRAINEE)
    assert allows(trainee, Permission.ASSESS)
    with pytest.raises(Denied, match="does not sign plans") as refusal:
        require(trainee, Permission.SIGN_PLAN)
    assert refusal.value.code == "sign_plan"


def test_an_actor_is_a_user_or_a_job_and_never_both() -> None:
    with pytest.raises(ValueError, match="either a user or a named job"):
        Actor(organisation_id=ORGANISATION, name="X")
    with pytest.raises(ValueError, match="either a user or a named job"):
        Actor(organisation_id=ORGANISATION, name="X", user_id=ORGANISATION, job="send-reminders")
