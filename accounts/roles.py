"""Who may do what: roles, permissions and the one table that joins them. Pure; knows no database and no request.

Closed by default: what the table does not grant is refused, and a role or a job that the table does not name may do
nothing. Whether a patient may be reached at all is decided by `patients.access`, on top of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final


@unique
class Role(StrEnum):
    CLINICIAN = "clinician"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    THERAPIST = "therapist"
    PSYCHOLOGIST = "psychologist"
    TRAINEE = "trainee"
    RULE_AUTHOR = "rule_author"
    RULE_APPROVER = "rule_approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@unique
class Permission(StrEnum):
    VIEW_PATIENT = "view_patient"
    REGISTER_PATIENT = "register_patient"
    EDIT_RECORD = "edit_record"
    MANAGE_CARE_TEAM = "manage_care_team"
    ASSESS = "assess"
    SIGN_ASSESSMENT = "sign_assessment"
    DRAFT_PLAN = "draft_plan"
    SIGN_PLAN = "sign_plan"
    MANAGE_FOLLOW_UP = "manage_follow_up"
    RECORD_CHECK_IN = "record_check_in"
    SEND_REMINDERS = "send_reminders"
    VIEW_RULEBOOK = "view_rulebook"
    AUTHOR_RULES = "author_rules"
    APPROVE_RULES = "approve_rules"
    MANAGE_ORGANISATION = "manage_organisation"
    VIEW_READ_LOG = "view_read_log"
    VIEW_AUDIT = "view_audit"


_P = Permission

# Everybody who treats patients. A trainee has exactly this: all the work, no signature.
_CARE: Final = frozenset(
    {
        _P.VIEW_PATIENT,
        _P.REGISTER_PATIENT,
        _P.EDIT_RECORD,
        _P.MANAGE_CARE_TEAM,
        _P.ASSESS,
        _P.DRAFT_PLAN,
        _P.MANAGE_FOLLOW_UP,
        _P.RECORD_CHECK_IN,
        _P.VIEW_RULEBOOK,
        _P.VIEW_READ_LOG,
    }
)

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.CLINICIAN: _CARE | {_P.SIGN_ASSESSMENT, _P.SIGN_PLAN},
        Role.NURSE: _CARE | {_P.SIGN_ASSESSMENT},
        Role.PHARMACIST: _CARE | {_P.SIGN_ASSESSMENT},
        Role.THERAPIST: _CARE | {_P.SIGN_ASSESSMENT},
        Role.PSYCHOLOGIST: _CARE | {_P.SIGN_ASSESSMENT},
        Role.TRAINEE: _CARE,
        Role.RULE_AUTHOR: frozenset({_P.VIEW_RULEBOOK, _P.AUTHOR_RULES}),
        Role.RULE_APPROVER: frozenset({_P.VIEW_RULEBOOK, _P.APPROVE_RULES}),
        Role.ADMINISTRATOR: frozenset({_P.VIEW_RULEBOOK, _P.MANAGE_ORGANISATION, _P.VIEW_AUDIT}),
        Role.AUDITOR: frozenset({_P.VIEW_RULEBOOK, _P.VIEW_AUDIT}),
    }
)

# Work that no person does. A job is known by its name; a name that is not here may do nothing.
JOB_GRANTS: Final[Mapping[str, frozenset[Permission]]] = MappingProxyType(
    {
        "send-reminders": frozenset({_P.VIEW_PATIENT, _P.MANAGE_FOLLOW_UP, _P.SEND_REMINDERS}),
        "patient-link": frozenset({_P.VIEW_PATIENT, _P.RECORD_CHECK_IN}),
        "follow-up": frozenset({_P.VIEW_PATIENT, _P.MANAGE_FOLLOW_UP}),
        "load-demo": _CARE | {_P.SIGN_ASSESSMENT, _P.SIGN_PLAN, _P.SEND_REMINDERS, _P.MANAGE_ORGANISATION},
        "review-evidence": frozenset({_P.VIEW_RULEBOOK}),
        "recheck-plans": frozenset({_P.VIEW_PATIENT, _P.VIEW_RULEBOOK}),
        "publish-rulebook": frozenset({_P.VIEW_RULEBOOK, _P.AUTHOR_RULES, _P.APPROVE_RULES}),
        "set-up-organisation": frozenset({_P.MANAGE_ORGANISATION}),
        "verify-audit": frozenset({_P.VIEW_AUDIT}),
    }
)


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that the roles together may do; nothing for no role."""
    return frozenset().union(*(GRANTS.get(role, frozenset()) for role in roles))


def permissions_of_job(name: str) -> frozenset[Permission]:
    """Everything that the named job may do; nothing for a name that the table does not hold."""
    return JOB_GRANTS.get(name, frozenset())


# Who may look after a patient, own an item of a plan or a task.
CARE_ROLES: Final[tuple[Role, ...]] = tuple(role for role in Role if _P.MANAGE_FOLLOW_UP in GRANTS[role])

# Who may sign a plan that somebody else drafted, and write the prescriptions of one.
SIGNING_ROLES: Final[tuple[Role, ...]] = tuple(role for role in Role if _P.SIGN_PLAN in GRANTS[role])
