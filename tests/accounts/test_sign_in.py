"""Signing in, one organisation at a time, and who manages whom."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse

from accounts import demo, queries, services
from accounts.middleware import SESSION_KEY
from accounts.models import AuditEvent, Membership, Organisation, User
from accounts.presenters import action_text
from accounts.roles import Role
from accounts.tenancy import tenant
from patients.models import Patient
from tests.cast import PASSWORD, Member


def sign_in(member: Member, password: str = PASSWORD) -> tuple[Client, int]:
    client = Client()
    response = client.post(reverse("account_login"), {"login": member.user.email.upper(), "password": password})
    return client, response.status_code


def test_a_person_signs_in_by_address_whatever_the_case_and_the_trail_notes_it(clinician: Member) -> None:
    client, status = sign_in(clinician)
    assert status == 302
    assert client.get(reverse("worklist")).status_code == 200
    assert AuditEvent.objects.get(action="session.start").actor_user_id == clinician.user.pk
    client.post(reverse("account_logout"))
    assert AuditEvent.objects.filter(action="session.end").count() == 1
    assert client.get(reverse("worklist")).status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(clinician: Member) -> None:
    answers = []
    for address in (clinician.user.email, "nobody@example.org"):
        page = Client().post(reverse("account_login"), {"login": address, "password": "wrong"}).content.decode()
        answers.append(page.split("error-summary")[1][:200])
    assert answers[0] == answers[1]
    assert not AuditEvent.objects.filter(action="session.start").exists()
    # The address that is nobody's belongs to no organisation's trail.
    assert AuditEvent.objects.get(action="session.fail").actor_user_id == clinician.user.pk


def test_a_new_password_leaves_a_row_in_the_trail(clinician: Member) -> None:
    fresh = "another horse battery staple"
    values = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    client, _status = sign_in(clinician)
    assert client.post(reverse("account_change_password"), values).status_code == 302
    assert AuditEvent.objects.get(action="password.change").target == f"user:{clinician.user.pk}"


def test_every_organisation_of_a_person_sees_the_sign_in(clinician: Member, other_organisation: Organisation) -> None:
    Membership.objects.create(user=clinician.user, organisation=other_organisation, role=Role.CLINICIAN.value)
    sign_in(clinician)
    assert AuditEvent.objects.filter(action="session.start").count() == 1
    with tenant(other_organisation.pk):
        assert AuditEvent.objects.filter(action="session.start").count() == 1


def test_nobody_signs_up(db: None) -> None:
    for method in ("get", "post"):
        response = getattr(Client(), method)(reverse("account_signup"))
        assert "password1" not in response.content.decode()
    assert not User.objects.exists()


def test_a_disabled_person_is_out_at_the_next_request(clinician: Member) -> None:
    client, _status = sign_in(clinician)
    User.objects.filter(id=clinician.user.pk).update(is_active=False)
    assert client.get(reverse("patient-list")).status_code == 302


def test_a_role_taken_away_counts_from_the_next_request(clinician: Member) -> None:
    assert clinician.client.get(reverse("patient-list")).status_code == 200
    Membership.objects.filter(user=clinician.user).update(role=Role.AUDITOR.value)
    assert clinician.client.get(reverse("patient-list")).status_code == 403
    Membership.objects.filter(user=clinician.user).delete()
    refused = clinician.client.get(reverse("patient-list"))
    assert refused.status_code == 403
    assert "belongs to no organisation" in refused.content.decode()


def test_a_session_works_in_one_organisation_at_a_time(
    clinician: Member, other_organisation: Organisation, patient: Patient, foreign_patient: Patient
) -> None:
    Membership.objects.create(user=clinician.user, organisation=other_organisation, role=Role.CLINICIAN.value)
    client = clinician.client
    here, there = (reverse("patient-record", args=[who.pk]) for who in (patient, foreign_patient))
    assert (client.get(here).status_code, client.get(there).status_code) == (200, 404)
    client.post(reverse("organisation"), {"organisation": str(other_organisation.pk)})
    assert (client.get(here).status_code, client.get(there).status_code) == (404, 200)
    with tenant(other_organisation.pk):
        assert AuditEvent.objects.filter(patient_id=foreign_patient.pk, actor_user_id=clinician.user.pk).exists()


def test_an_organisation_that_is_not_mine_cannot_be_chosen(
    clinician: Member, other_organisation: Organisation, patient: Patient
) -> None:
    chosen = clinician.client.post(reverse("organisation"), {"organisation": str(other_organisation.pk)})
    assert chosen.status_code == 404
    session = clinician.client.session
    session[SESSION_KEY] = str(other_organisation.pk)
    session.save()
    assert clinician.client.get(reverse("patient-record", args=[patient.pk])).status_code == 200


def test_an_administrator_adds_people_without_ever_knowing_a_password(administrator: Member) -> None:
    client = administrator.client
    values = {"name": "New Nurse", "email": "New.Nurse@Example.org", "role": "nurse", "clinic_id": ""}
    assert client.post(reverse("team"), values).status_code == 302
    person = User.objects.get(email="new.nurse@example.org")
    assert not person.has_usable_password()
    assert "has this role already" in client.post(reverse("team"), values).content.decode()
    actor = queries.actor_for(person.pk)
    assert actor is not None
    assert actor.roles == {Role.NURSE}
    assert AuditEvent.objects.get(action="member.add").detail["role"] == "nurse"


def test_the_last_administrator_stays(administrator: Member) -> None:
    place = Membership.objects.get(user=administrator.user)
    with pytest.raises(services.AccountRefused, match="last administrator"):
        services.remove_member(actor=administrator.actor, membership_id=place.pk)
    services.add_member(actor=administrator.actor, email="b@x.example", name="B", role=Role.ADMINISTRATOR)
    services.remove_member(actor=administrator.actor, membership_id=place.pk)
    assert not Membership.objects.filter(id=place.pk).exists()


def test_an_administrator_who_may_not_sign_in_does_not_count_as_the_last_one(administrator: Member) -> None:
    away = services.add_member(actor=administrator.actor, email="b@x.example", name="B", role=Role.ADMINISTRATOR)
    User.objects.filter(id=away.user_id).update(is_active=False)
    place = Membership.objects.get(user=administrator.user)
    with pytest.raises(services.AccountRefused, match="last administrator"):
        services.remove_member(actor=administrator.actor, membership_id=place.pk)
    services.remove_member(actor=administrator.actor, membership_id=away.pk)
    assert list(Membership.objects.values_list("id", flat=True)) == [place.pk]


def found(
    *more: str, name: str = "Riverside", zone: str = "Europe/London", address: str = "Admin@River.example"
) -> str:
    out = StringIO()
    call_command(
        "organisation",
        ["add", name, "--administrator", address, "--administrator-name", "Ada", "--time-zone", zone, *more],
        stdout=out,
    )
    return out.getvalue()


def test_a_new_site_gets_an_organisation_whose_administrator_can_begin(db: None) -> None:
    assert "Riverside" in found("--region", "us", "--clinic", "Foot clinic", "--specialist-clinic", "Pain clinic")
    organisation = Organisation.objects.get(name="Riverside")
    assert dict(organisation.clinics.values_list("name", "is_specialist")) == {
        "Foot clinic": False,
        "Pain clinic": True,
    }
    administrator = User.objects.get(email="admin@river.example")
    assert not administrator.has_usable_password()
    with tenant(organisation.pk):
        deeds = list(AuditEvent.objects.values_list("action", "actor_job"))
    job = "set-up-organisation"
    assert sorted(deeds) == sorted(
        [("organisation.add", job), ("member.add", job), ("clinic.add", job), ("clinic.add", job)]
    )
    call_command("organisation", "clinic", "Riverside", "--clinic", "Hand clinic", stdout=StringIO())
    assert organisation.clinics.count() == 3


@pytest.mark.parametrize(
    ("changes", "clinics", "why"),
    [
        ({"zone": "Europe/Atlantis"}, ["--clinic", "A"], "time zone is not known"),
        ({"address": "nobody"}, ["--clinic", "A"], "email: "),
        ({}, ["--clinic", "A", "--region", "mars"], "region must be one of"),
        ({}, ["--clinic", "A", "--clinic", "A"], "clinic of this name"),
        ({}, [], "at least one"),
    ],
)
def test_an_organisation_is_made_whole_or_not_at_all(
    db: None, changes: dict[str, str], clinics: list[str], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        found(*clinics, **changes)
    assert not Organisation.objects.exists()
    assert not User.objects.exists()


def test_a_clinic_is_added_to_an_organisation_that_exists(organisation: Organisation) -> None:
    with pytest.raises(CommandError, match="On file: Northgate Health"):
        call_command("organisation", "clinic", "Northgate", "--clinic", "A")
    with pytest.raises(CommandError, match="There is an organisation of this name"):
        found("--clinic", "A", name="Northgate Health")


def test_an_administrator_cannot_touch_another_organisations_people(administrator: Member, outsider: Member) -> None:
    place = Membership.objects.get(user=outsider.user)
    administrator.client.post(reverse("member-remove", args=[place.pk]))
    assert Membership.objects.filter(id=place.pk).exists()


def test_the_demo_makes_its_people_once(db: None) -> None:
    for _time in range(2):
        out = StringIO()
        call_command("demo_accounts", stdout=out)
    assert demo.PASSWORD in out.getvalue()
    assert Organisation.objects.count() == 2
    people = [person for organisation in demo.ORGANISATIONS for person in organisation.people]
    assert User.objects.count() == len(people)
    assert {role for person in people for role in person.roles} == set(Role)
    client = Client()
    assert (
        client.post(reverse("account_login"), {"login": people[0].email, "password": demo.PASSWORD}).status_code == 302
    )


def test_the_demo_refuses_to_make_people_anywhere_else(db: None) -> None:
    with override_settings(LOCAL=False), pytest.raises(CommandError, match="only in the demo"):
        call_command("demo_accounts")
    assert not User.objects.exists()


def test_actions_are_told_in_words() -> None:
    assert action_text("patient.read") == "Patient: opened"
    assert action_text("care-team.join") == "Care team: joined"
    assert action_text("plan.new_verb") == "Plan: new verb"


@pytest.mark.parametrize("who", ["clinician", "auditor"])
def test_refusals_and_misses_stay_in_the_trail(
    who: str, patient: Patient, foreign_patient: Patient, request: pytest.FixtureRequest
) -> None:
    member: Member = request.getfixturevalue(who)
    member.client.get(reverse("patient-record", args=[foreign_patient.pk]))
    missed = AuditEvent.objects.get(action="access.not_found")
    assert missed.patient_id is None
    assert missed.detail == {"patient": str(foreign_patient.pk), "view": "patient-record"}
    if who == "auditor":
        member.client.get(reverse("patient-record", args=[patient.pk]))
        assert AuditEvent.objects.get(action="access.denied").patient_id == patient.pk
