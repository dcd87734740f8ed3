"""Every URL x every role x own patient, another organisation's patient, and nobody signed in.

The URLs are read from the URL table; what is expected of each stands in PAGES below. A page that is not listed fails
`test_every_page_is_listed`, so a new page says whom it is for before anybody can open it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import AuditEvent
from accounts.roles import Permission, Role, permissions_of
from accounts.tenancy import tenant
from patients.models import Patient
from tests import cast
from tests.cast import Member

P = Permission
Method = Literal["GET", "POST"]


@dataclass(frozen=True)
class Page:
    """What is expected of one page.

    `permission`: who may open it. None with `public` false: everybody who is signed in. `method`: how it is asked.
    Whether it is about a patient is read from its address.
    """

    permission: Permission | None = None
    method: Method = "GET"
    public: bool = False
    # The page exists only in a certain state: a second factor that is set up, a draft that was begun, the demo.
    may_be_absent: bool = False
    # Answers JSON: without a sign-in it refuses instead of leading to the door, and it has no banner.
    api: bool = False
    # A part of another page, which has the banner.
    is_part: bool = False


PUBLIC = Page(public=True)
SIGNED_IN = Page()
IF_SET_UP = Page(may_be_absent=True)


def post(permission: Permission | None = None) -> Page:
    return Page(permission, "POST")


# One line for each page, by the name of its URL.
PAGES: dict[str, Page] = {
    # the site
    "livez": PUBLIC,
    "readyz": PUBLIC,
    "style": PUBLIC,
    "style-patient": PUBLIC,
    "preferences": Page(method="POST", public=True),
    "home": SIGNED_IN,
    "worklist": Page(P.VIEW_PATIENT),
    "patient-overview": Page(P.VIEW_PATIENT),
    # the organisation
    "organisation": SIGNED_IN,
    "team": SIGNED_IN,
    "member-remove": post(P.MANAGE_ORGANISATION),
    "audit-trail": Page(P.VIEW_AUDIT),
    "audit-verify": post(P.VIEW_AUDIT),
    # signing in, second factor, sessions (django-allauth)
    "account_login": PUBLIC,
    "account_signup": PUBLIC,
    "account_inactive": PUBLIC,
    "account_email_verification_sent": PUBLIC,
    "account_confirm_email": PUBLIC,
    "account_confirm_login_code": PUBLIC,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "account_logout": PUBLIC,
    "mfa_authenticate": PUBLIC,
    "mfa_login_webauthn": PUBLIC,
    "account_reauthenticate": SIGNED_IN,
    "account_email": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": IF_SET_UP,
    "mfa_view_recovery_codes": IF_SET_UP,
    "mfa_generate_recovery_codes": IF_SET_UP,
    "mfa_download_recovery_codes": IF_SET_UP,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,
    "mfa_edit_webauthn": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
    # patients
    "patient-list": Page(P.VIEW_PATIENT),
    "search": Page(P.VIEW_PATIENT),
    "search-suggestions": post(P.VIEW_PATIENT),
    "medicine-suggestions": Page(P.VIEW_PATIENT),
    "patient-register": Page(P.REGISTER_PATIENT),
    "patient-record": Page(P.VIEW_PATIENT),
    "patient-details": Page(P.REGISTER_PATIENT),
    "patient-readers": Page(P.VIEW_READ_LOG),
    "record-add": Page(P.EDIT_RECORD),
    "record-correct": Page(P.EDIT_RECORD),
    "record-withdraw": Page(P.EDIT_RECORD),
    "medicine-stop": Page(P.EDIT_RECORD),
    "record-history": Page(P.VIEW_PATIENT),
    "record-review": post(P.EDIT_RECORD),
    "record-no-known-allergies": post(P.EDIT_RECORD),
    "patient-team": Page(P.VIEW_PATIENT),
    "team-join": post(P.MANAGE_CARE_TEAM),
    "team-leave": post(P.MANAGE_CARE_TEAM),
    "task-add": post(P.MANAGE_FOLLOW_UP),
    "task-finish": post(P.MANAGE_FOLLOW_UP),
    # assessment
    "patient-assess": Page(P.VIEW_PATIENT),
    "assessment-section": Page(P.ASSESS),
    "assessment-so-far": Page(P.ASSESS),
    "assessment-area-add": post(P.ASSESS),
    "assessment-area-remove": post(P.ASSESS),
    "assessment-discard": post(P.ASSESS),
    "assessment-sign": post(P.SIGN_ASSESSMENT),
    "assessment-read": Page(P.VIEW_PATIENT),
    "assessment-compare": Page(P.VIEW_PATIENT),
    "patient-tried": Page(P.VIEW_PATIENT),
    "missing-panel": Page(P.VIEW_PATIENT, is_part=True),
    "assessment-letter": Page(P.VIEW_PATIENT),
    "assessment-correct": Page(P.ASSESS),
    "instruments": Page(P.MANAGE_ORGANISATION),
    "instrument-choose": post(P.MANAGE_ORGANISATION),
    "patient-report": Page(P.VIEW_PATIENT),
    "report-take-over": post(P.ASSESS),
    "report-set-aside": post(P.ASSESS),
    # rulebook
    "rulebook": Page(P.VIEW_RULEBOOK),
    "rulebook-search": Page(P.VIEW_RULEBOOK),
    "rulebook-reviews": Page(P.VIEW_RULEBOOK),
    "rulebook-agent": Page(P.VIEW_RULEBOOK),
    "rulebook-therapy": Page(P.VIEW_RULEBOOK),
    "rulebook-condition": Page(P.VIEW_RULEBOOK),
    "rulebook-rule": Page(P.VIEW_RULEBOOK),
    # proposal and plan
    "patient-plan": Page(P.VIEW_PATIENT),
    "plan-what-if": Page(P.VIEW_PATIENT),
    "plan-next-question": Page(P.VIEW_PATIENT, is_part=True),
    "patient-plan-read": Page(P.VIEW_PATIENT),
    "patient-plan-print": Page(P.VIEW_PATIENT),
    "plan-handout": Page(P.VIEW_PATIENT),
    "plan-handout-pdf": Page(P.VIEW_PATIENT, is_part=True),
    "patient-plan-sign": Page(P.DRAFT_PLAN, may_be_absent=True),
    "plan-start": post(P.DRAFT_PLAN),
    "plan-item-add": post(P.DRAFT_PLAN),
    "plan-compare": Page(P.VIEW_PATIENT),
    "plan-guidelines": Page(P.VIEW_PATIENT),
    "plan-authorisation": Page(P.VIEW_PATIENT),
    "plan-pair-add": post(P.DRAFT_PLAN),
    "plan-item-remove": post(P.DRAFT_PLAN),
    "plan-item": Page(P.DRAFT_PLAN),
    "plan-item-calendar": Page(P.VIEW_PATIENT, may_be_absent=True),
    "plan-item-move": post(P.DRAFT_PLAN),
    "plan-item-stop": Page(P.DRAFT_PLAN, may_be_absent=True),
    "plan-item-switch": Page(P.DRAFT_PLAN, may_be_absent=True),
    "plan-agreement": Page(P.DRAFT_PLAN),
    "plan-goals": Page(P.DRAFT_PLAN, may_be_absent=True),
    "plan-discard": Page(P.DRAFT_PLAN, may_be_absent=True),
    "plan-reason": Page(P.DRAFT_PLAN, may_be_absent=True),
    "plan-reason-take-back": post(P.DRAFT_PLAN),
    "plan-fact": post(P.EDIT_RECORD),
    "plan-sign": post(P.SIGN_PLAN),
    "plan-stop": Page(P.SIGN_PLAN),
    # the life of a plan
    "plans-found": Page(P.VIEW_PATIENT),
    "plan-versions": Page(P.VIEW_PATIENT),
    "plan-orders": Page(P.DRAFT_PLAN, may_be_absent=True),
    "plan-orders-undo": post(P.DRAFT_PLAN),
    "plan-propose": Page(P.DRAFT_PLAN, "POST", may_be_absent=True),
    "plan-return": Page(P.SIGN_PLAN, "POST", may_be_absent=True),
    "api-proposal": Page(P.VIEW_PATIENT, api=True),
    # follow-up
    "patient-follow-up": Page(P.VIEW_PATIENT),
    "follow-up-answers-add": Page(P.RECORD_CHECK_IN),
    "follow-up-answers-seen": post(P.MANAGE_FOLLOW_UP),
    "follow-up-agreed-draft": post(P.DRAFT_PLAN),
    "follow-up-review-add": post(P.MANAGE_FOLLOW_UP),
    "follow-up-review-person": post(P.MANAGE_FOLLOW_UP),
    "follow-up-alert-take": post(P.MANAGE_FOLLOW_UP),
    "follow-up-due-take": post(P.MANAGE_FOLLOW_UP),
    "follow-up-alert-acknowledge": post(P.MANAGE_FOLLOW_UP),
    "follow-up-due-complete": post(P.MANAGE_FOLLOW_UP),
    "follow-up-reminder-cancel": post(P.MANAGE_FOLLOW_UP),
    "follow-up-reminder-resend": post(P.MANAGE_FOLLOW_UP),
    "demo-outbox": Page(P.VIEW_PATIENT, may_be_absent=True),
    "before-visit": Page(P.ASSESS),
    "before-visit-take-back": post(P.ASSESS),
    "before-visit-question": Page(P.ASSESS),
    "before-visit-advice": Page(P.ASSESS),
    "before-visit-end": Page(P.ASSESS),
    "check-in": PUBLIC,
    "check-in-question": PUBLIC,
    "check-in-advice": PUBLIC,
    "check-in-end": PUBLIC,
    "check-in-stop": PUBLIC,
    "report": PUBLIC,
    "report-question": PUBLIC,
    "report-advice": PUBLIC,
    "report-end": PUBLIC,
    "report-stop": PUBLIC,
}

# Arguments for which a page exists; the rest is made up from the converter, and such a page may answer 404.
KNOWN_ARGUMENTS: dict[str, Any] = {"kind": "medicine"}
MADE_UP: dict[str, Any] = {"UUIDConverter": uuid.UUID(int=7), "IntConverter": 1}


@dataclass(frozen=True)
class Route:
    """One URL of the table: its name and the names of its arguments with their converters."""

    name: str
    address: str
    arguments: dict[str, str]

    @property
    def about_patient(self) -> bool:
        return "patient_id" in self.arguments

    @property
    def names_an_object(self) -> bool:
        return bool(set(self.arguments) - {"patient_id"} - set(KNOWN_ARGUMENTS))

    def href(self, patient_id: uuid.UUID) -> str:
        values = {
            name: KNOWN_ARGUMENTS.get(name, MADE_UP.get(converter, "x")) for name, converter in self.arguments.items()
        }
        if self.about_patient:
            values["patient_id"] = patient_id
        return reverse(self.name, kwargs=values)


def routes(resolver: URLResolver | None = None, before: str = "", given: Any = ()) -> Iterator[Route]:
    for part in (resolver or get_resolver()).url_patterns:
        arguments = dict(given) | {n: type(c).__name__ for n, c in getattr(part.pattern, "converters", {}).items()}
        regex = getattr(part.pattern, "regex", None)
        arguments = dict.fromkeys(getattr(regex, "groupindex", {}), "StringConverter") | arguments
        address = before + str(part.pattern)
        if isinstance(part, URLPattern):
            yield Route(part.name or "", address, arguments)
        else:
            yield from routes(part, address, arguments)


ROUTES = {route.name: route for route in routes()}


def test_every_page_is_listed() -> None:
    unnamed = [route.address for route in routes() if not route.name]
    assert not unnamed, f"these URLs have no name: {unnamed}"
    missing = sorted(f"{name} ({route.address})" for name, route in ROUTES.items() if name not in PAGES)
    assert not missing, (
        "these pages are not in PAGES of tests/test_permission_matrix.py; say there who may open them: "
        + ", ".join(missing)
    )


def test_no_page_about_a_patient_is_public() -> None:
    listed = {name: PAGES[name] for name in ROUTES if name in PAGES}
    open_pages = [name for name, page in listed.items() if ROUTES[name].about_patient and page.permission is None]
    assert not open_pages


def test_every_page_about_a_patient_says_so_in_its_address() -> None:
    astray = [
        route.address
        for route in ROUTES.values()
        if route.address.startswith("patients/<") and not route.address.startswith("patients/<uuid:patient_id>/")
    ]
    assert not astray


@dataclass
class Cast:
    """Everybody, signed in, and whom they ask for."""

    members: dict[Role, Member]
    patient: Patient
    foreign_patient: Patient


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """The cast of all pages at once: signing ten people in for each page would cost more than asking for it."""
    with cast.around_tests(django_db_blocker):
        organisation, other = cast.northgate(), cast.southbank()
        with tenant(organisation.pk):
            clinic = cast.pain_clinic(organisation, is_specialist=True)
            members = {role: cast.staff(role, organisation, clinic) for role in Role}
            clinician = members[Role.CLINICIAN]
            patient = cast.look_after(clinician, cast.register(clinician, 1, clinic_id=clinic.pk, **cast.INGRID))
            for member in members.values():
                assert member.client.cookies
        with tenant(other.pk):
            clinic = cast.pain_clinic(other)
            outsider = cast.stranger(other, clinic)
            foreign_patient = cast.register(outsider, 2, clinic_id=clinic.pk, **cast.FOREIGN)
        with tenant(organisation.pk):
            yield Cast(members, patient, foreign_patient)


@pytest.fixture
def at_work(standing: Cast, db: None) -> Cast:
    """The cast at the beginning of a test: new browsers that know nothing but that their owners are signed in."""
    members = {role: Member(member.user, member.organisation) for role, member in standing.members.items()}
    for role, member in members.items():
        session = standing.members[role].client.cookies[settings.SESSION_COOKIE_NAME].value
        member.client = Client()
        member.client.cookies[settings.SESSION_COOKIE_NAME] = session
    return Cast(members, standing.patient, standing.foreign_patient)


def ask(client: Client, page: Page, href: str, patient: Patient) -> Any:
    """Open the page; a form carries the patient it was opened for, as every form does."""
    return client.post(href, {"patient_id": str(patient.pk)}) if page.method == "POST" else client.get(href)


def asks_to_sign_in(response: HttpResponse) -> bool:
    """Whether the answer is the door: it remembers where the visitor wanted to go; other ways to it do not."""
    door = reverse("account_login") + "?next="
    return response.status_code == HTTPStatus.FOUND and response.headers["Location"].startswith(door)


@pytest.mark.parametrize("name", sorted(set(ROUTES) & set(PAGES)))
def test_who_may_open_the_page(name: str, at_work: Cast) -> None:
    route, page, patient, foreign_patient = ROUTES[name], PAGES[name], at_work.patient, at_work.foreign_patient
    own, foreign = route.href(patient.pk), route.href(foreign_patient.pk)

    response = ask(Client(), page, own, patient)
    assert response.status_code != HTTPStatus.METHOD_NOT_ALLOWED, f"{name} is not asked by {page.method}"
    if page.public:
        assert not asks_to_sign_in(response), f"{name} should be open to everybody"
        return
    shut = response.status_code in (401, 403) if page.api else asks_to_sign_in(response)
    assert shut, f"{name} opens without signing in: {response.status_code}"

    for role, member in at_work.members.items():
        may = page.permission is None or page.permission in permissions_of([role])
        before = AuditEvent.objects.count()
        response = ask(member.client, page, own, patient)
        status = response.status_code
        assert not asks_to_sign_in(response), f"{name} asks {role} to sign in again"
        assert status < 500, f"{name} fails for {role}"
        if not may:
            assert status == HTTPStatus.FORBIDDEN, f"{name} answers {role} with {status} instead of refusing"
            assert "Your role" in response.content.decode(), f"{name} refuses {role} without a sentence"
            denied = AuditEvent.objects.filter(action="access.denied", actor_user_id=member.user.pk).latest("at")
            assert denied.detail["view"] == name
        else:
            accepted = status not in (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)
            accepted &= status != HTTPStatus.NOT_FOUND or route.names_an_object or page.may_be_absent
            accepted |= name == "home" and status == HTTPStatus.FORBIDDEN
            assert accepted, f"{name} answers {role} with {status}"
        if route.about_patient:
            traces = AuditEvent.objects.filter(patient_id=patient.pk, actor_user_id=member.user.pk)
            assert traces.exists(), f"{name} left no trace of {role}"
            assert AuditEvent.objects.count() > before
            if response.status_code == HTTPStatus.OK:
                assert "no-store" in response.headers["Cache-Control"]
                banner = f'data-patient="{patient.pk}"'
                assert page.api or page.is_part or banner in response.content.decode(), f"{name} has no patient banner"
            response = ask(member.client, page, foreign, foreign_patient)
            assert response.status_code == HTTPStatus.NOT_FOUND, f"{name} shows {role} another organisation's patient"
            assert foreign_patient.family_name not in response.content.decode()
