"""What changed from one version of a plan to the next, in sentences."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import NOW, Desk
from treatments import queries
from treatments.plan_changes import changes
from treatments.plan_doses import PlannedStep
from treatments.plan_record import FollowUpRecord, GoalRecord, ItemRecord, OverrideRecord, PlanRecord

DAY = dt.date(2026, 3, 2)
DRUG = ItemRecord(
    id=uuid4(), kind="agent", ref_id="gabapentin", name="Gabapentin", version=1, owner_id=None, owner="Maya Adeyemi",
    starts_on=DAY, stops_on=None, unit="mg", steps=(PlannedStep(0, 100, 1), PlannedStep(7, 100, 2)), note="",
    status="recommended",
)  # fmt: skip
REASON = OverrideRecord(
    id=uuid4(), kind="excluded", ref_id="gabapentin", subject="", covers=frozenset(), reason="benefit",
    text="Agreed.", monitor_on=None, made_by="Maya", made_at=NOW,
)  # fmt: skip
GOAL = GoalRecord("function", "Walk to the shop", None, DAY)
PLAN = PlanRecord(
    id=uuid4(), patient_id=uuid4(), organisation_id=uuid4(), state="signed", version=1, note="", created_by="Maya",
    created_at=NOW, changed_by="", changed_at=NOW, signed_by="Maya", signed_at=NOW, supersedes_id=None, ended_by="",
    ended_at=None, end_reason="", rulebook_digest="", rulebook_release="1", proposal_digest="", baseline_nrs=None,
    items=(DRUG,), goals={"function": GOAL}, dates=(FollowUpRecord(DAY, "review", "Look at the goal"),),
    overrides=(REASON,),
)  # fmt: skip
TENS = replace(DRUG, kind="therapy", ref_id="tens", name="TENS", unit="", steps=())

# What is changed, and the sentence that tells it.
TABLE: list[tuple[dict[str, Any], str]] = [
    ({"items": (DRUG, TENS)}, "added TENS is added, from 2 Mar 2026."),
    (
        {"items": ()},
        "removed Gabapentin is taken out; it was 100 mg once a day from 2 Mar 2026,"
        " 100 mg twice a day from 9 Mar 2026.",
    ),
    (
        {"items": (replace(DRUG, steps=(PlannedStep(0, 300, 1),)),)},
        "changed Gabapentin The doses: from 100 mg once a day, after 7 days 100 mg twice a day to 300 mg once a day.",
    ),
    (
        {"items": (replace(DRUG, starts_on=DAY + dt.timedelta(1)),)},
        "changed Gabapentin The start: from 2 Mar 2026 to 3 Mar 2026.",
    ),
    ({"items": (replace(DRUG, stops_on=DAY),)}, "changed Gabapentin The end: from none to 2 Mar 2026."),
    (
        {"items": (replace(DRUG, owner="Rosa Martin"),)},
        "changed Gabapentin The owner: from Maya Adeyemi to Rosa Martin.",
    ),
    ({"items": (replace(DRUG, owner=""),)}, "changed Gabapentin The owner: from Maya Adeyemi to none."),
    (
        {"items": (replace(DRUG, status="needs_data"),)},
        "changed Gabapentin What the rules say: from recommended to needs data.",
    ),
    ({"items": (replace(DRUG, note="With food"),)}, "changed Gabapentin The note: from none to With food."),
    ({"items": (replace(DRUG, product="X 50 mg"),)}, "changed Gabapentin The product: from none to X 50 mg."),
    ({"items": (replace(DRUG, dose_by="Dr Lund"),)}, "changed Gabapentin Who sets the dose: from none to Dr Lund."),
    (
        {"goals": {"function": replace(GOAL, words="Dance")}},
        "changed Goal from “Walk to the shop”, by 2 Mar 2026 to “Dance”, by 2 Mar 2026",
    ),
    ({"goals": {"function": GOAL, "pain": GoalRecord("pain", "", 4)}}, "added Goal average pain at most 4 of 10."),
    ({"dates": ()}, "removed Review 2 Mar 2026: Look at the goal."),
    (
        {"overrides": ()},
        "removed Decided against the rules: Gabapentin, excluded no longer: Benefit outweighs the risk: Agreed.",
    ),
    (
        {"overrides": (replace(REASON, text="Still."),)},
        "changed Decided against the rules: Gabapentin, excluded"
        " from Benefit outweighs the risk: Agreed. to Benefit outweighs the risk: Still.",
    ),
    ({"note": "Start on Monday."}, "added Note Start on Monday."),
]


@pytest.mark.parametrize(("changed", "expected"), TABLE)
def test_each_change_is_one_sentence(changed: dict[str, Any], expected: str) -> None:
    (change,) = changes(PLAN, replace(PLAN, **changed))
    assert f"{change.how} {change.about} {change.text}".replace("\xa0", " ") == expected


def test_what_only_belongs_to_a_version_is_no_change() -> None:
    again = replace(
        PLAN, id=uuid4(), version=9, items=(replace(DRUG, id=uuid4(), version=3),),
        overrides=(replace(REASON, id=uuid4(), made_by="Tomas"),),
    )  # fmt: skip
    assert changes(PLAN, again) == []
    assert changes(PLAN, replace(PLAN, items=(replace(DRUG, status=""),))) == [], "a draft has no status yet"


def test_against_nothing_everything_is_added() -> None:
    assert {change.how for change in changes(None, PLAN)} == {"added"}


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(clinician: Member, patient: Patient) -> Desk:
    """A patient with two signed versions and a draft."""
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    desk.add("gabapentin")
    desk.sign()
    desk.add("tens")
    desk.answer_everything()
    desk.sign()
    desk.add("aerobic_exercise")
    return desk


def test_versions_against_the_one_before_any_other_and_the_beginning_of_the_day(
    desk: Desk, clinician: Member, new_patient: Any
) -> None:
    browser = Browser(clinician, desk.patient)
    draft, second, first = queries.plans_of(desk.patient.pk)
    text = words(browser.get("plan-versions"))
    assert "is added" in text.partition("All versions")[0]
    assert "(TENS) is added" not in text
    text = words(browser.get("plan-versions", after=str(second.id)))
    assert "(TENS) is added" in text
    text = words(browser.get("plan-versions", after=str(draft.id), before=str(first.id)))
    assert "(TENS) is added" in text
    assert "aerobic" in text.partition("All versions")[0]
    assert "There is no version before" in words(browser.get("plan-versions", after=str(first.id)))
    assert "the same version" in words(browser.get("plan-versions", after=str(first.id), before=str(first.id)))
    today = words(browser.get("plan-versions", day="today"))
    assert "No plan counted when the day began" in today
    assert "Gabapentin" in today
    for wrong in (str(uuid4()), "x"):
        assert browser.client.get(browser.href("plan-versions"), {"after": wrong}).status_code == 404
    assert "No plan yet" in words(Browser(clinician, new_patient()).get("plan-versions"))


def test_the_page_before_the_signature_says_what_changes(desk: Desk, clinician: Member) -> None:
    text = words(Browser(clinician, desk.patient).get("patient-plan-sign"))
    told = text.partition("What changes")[2].partition("What was overridden")[0]
    assert "aerobic" in told
    assert "is added" in told
    assert "Gabapentin" not in told


def test_the_page_costs_the_same_whatever_the_number_of_versions(desk: Desk, clinician: Member) -> None:
    browser = Browser(clinician, desk.patient)
    browser.get("plan-versions")
    with CaptureQueriesContext(connection) as few:
        browser.get("plan-versions")
    for _ in range(2):
        desk.answer_everything()
        desk.sign()
        desk.add("cbt")
    with CaptureQueriesContext(connection) as many:
        browser.get("plan-versions")
    assert len(many) == len(few)
