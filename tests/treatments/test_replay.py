"""`manage.py replay_plans`: what was signed is made again byte for byte, and what was touched is found."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_plan_services import Desk
from treatments import services
from treatments.models import Plan
from treatments.replay import place
from treatments.snapshot import text_digest


@pytest.fixture
def desk(clinician: Member, patient: Patient) -> Desk:
    """A patient with a plan that was replaced, and one that was stopped."""
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    desk.add("gabapentin")
    desk.sign()
    desk.add("tens")
    desk.answer_everything()
    signed = desk.sign()
    services.stop_plan(**desk.who, plan_id=signed.id, reason="Moved away.")
    return desk


def replayed(*arguments: str) -> tuple[int, list[str]]:
    out = StringIO()
    try:
        call_command("replay_plans", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def copy_of(plan: Plan, **changes: Any) -> Plan:
    """A row as somebody would leave it who writes past the application: the database lets no signed plan change."""
    values = {field.attname: getattr(plan, field.attname) for field in plan._meta.concrete_fields}
    ended = {"state": "stopped", "ended_at": timezone.now(), "end_reason": "a reason"}
    return Plan.objects.create(**(values | {"id": uuid4(), "supersedes_id": None} | ended | changes))


def test_every_plan_that_was_ever_signed_is_made_again(desk: Desk) -> None:
    desk.add("gabapentin")
    assert sorted(Plan.objects.values_list("state", flat=True)) == ["draft", "stopped", "superseded"]
    assert replayed() == (0, ["2 equal, 0 different"])


def test_each_touched_text_is_told_in_a_line_without_a_word_of_the_patient(desk: Desk) -> None:
    plan = Plan.objects.get(state="stopped")
    facts, proposal = json.loads(plan.facts), json.loads(plan.proposal)
    facts["as_of"] = "2001-01-01"
    proposal["agents"][0]["rank"] = 77
    touched = json.dumps(proposal, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for changes, expected in (
        ({"proposal": touched}, "does not have the stored digest"),
        ({"proposal": touched, "proposal_digest": text_digest(touched)}, "the proposal made again is another"),
        ({"facts": json.dumps(facts)}, "the facts read back are other"),
        ({"facts": "{"}, "cannot be read: JSONDecodeError"),
        ({"rulebook_digest": "sha256:" + "1" * 64}, "no release has the digest"),
    ):
        with transaction.atomic():
            bad = copy_of(plan, **changes)
            code, lines = replayed()
            transaction.set_rollback(True)
        assert code == 1
        assert lines[-1] == "2 equal, 1 different"
        assert any(line.startswith(f"plan {bad.pk}: ") and expected in line for line in lines[:-1])
        assert desk.patient.family_name not in "".join(lines)


def test_one_organisation_and_a_limit(desk: Desk, other_organisation: Organisation) -> None:
    name = desk.member.organisation.name
    assert replayed("--organisation", name) == (0, ["2 equal, 0 different"])
    assert replayed("--organisation", str(other_organisation.pk)) == (0, ["0 equal, 0 different"])
    assert replayed("--limit", "1") == (0, ["1 equal, 0 different"])
    for wrong in (["--organisation", "Nowhere"], ["--limit", "0"]):
        with pytest.raises(CommandError):
            replayed(*wrong)


@pytest.mark.parametrize(
    ("stored", "made", "expected"),
    [("abc", "abd", "character 3"), ("abc", "ab", "character 3"), ("", "a", "character 1")],
)
def test_where_two_texts_part(stored: str, made: str, expected: str) -> None:
    assert expected in place(stored, made)
