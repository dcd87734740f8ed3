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
