"""What a plan must hold before it is signed: doses, a goal, a day to look again. What blocks, what is only said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Actor
from assessments import report_queries
from assessments import services as assessment_services
from assessments.entries import RedFlagsEntry
from assessments.record import RedFlagRecord
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import Desk
from treatments import plan_readiness, queries, services
from treatments.models import FollowUpDate, Goal, Override, Plan, PlanItem
from treatments.plan_doses import PlannedStep
from treatments.plan_record import GoalRecord, PlanRecord
from treatments.services import NotSigned, PlanRefused

STEP = (PlannedStep(0, 10, 1),)
WALK = {"function": GoalRecord("function", "Walk to the shop", None, TODAY, "", "trips a week", 3, "trips")}


@pytest.fixture
def desk(clinician: Member, patient: Patient) -> Desk:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    return Desk(clinician, patient)


@pytest.fixture
def browser(desk: Desk) -> Browser:
    return Browser(desk.member, desk.patient)


# What is changed in a draft that can be signed, and what is then missing: in which field, or nothing. "item" is about
# the medicine named first.
BLOCKS: list[tuple[str, dict[str, Any], dict[str, Any], set[str]]] = [
    # A medicine of the rulebook.
    ("gabapentin", {}, {}, set()),
    ("gabapentin", {"steps": ()}, {}, {"dose_0"}),
    # The rulebook has no dose for it: unit and product as well.
    ("mexiletine", {"steps": STEP, "unit": "mg", "product": "Mexiletine 50 mg capsules"}, {}, set()),
    ("mexiletine", {"steps": STEP, "unit": "", "product": "Mexiletine 50 mg capsules"}, {}, {"unit"}),
    ("mexiletine", {"steps": STEP, "unit": "mg", "product": ""}, {}, {"product"}),
    ("mexiletine", {"steps": (), "unit": "", "product": ""}, {}, {"dose_0", "unit", "product"}),
    # For specialists: who sets the dose is enough.
    ("tapentadol", {"steps": (), "dose_by": "Dr Lund, pain clinic"}, {}, set()),
    ("dextromethorphan", {"steps": (), "unit": "", "product": "", "dose_by": "Dr Lund, pain clinic"}, {}, set()),
    # A therapy has no dose.
    ("tens", {}, {}, set()),
    # The plan as a whole.
    ("gabapentin", {}, {"goals": {}}, {"function_words"}),
    ("gabapentin", {}, {"goals": {"function": GoalRecord("function", "  ")}}, {"function_words"}),
    ("gabapentin", {}, {"goals": {"pain": GoalRecord("pain", "", 0)}}, set()),
    ("gabapentin", {}, {"goals": {}, "no_goal": "not_yet", "no_goal_text": "Next time."}, set()),
    ("gabapentin", {}, {"dates": ()}, {"date_0"}),
]


def test_what_blocks_a_signature(desk: Desk) -> None:
    draft = desk.add("gabapentin", "mexiletine", "tapentadol", "dextromethorphan", "tens")
    shown = desk.shown
    items = {item.ref_id: item for item in draft.items}
    for name, item, plan, expected in BLOCKS:
        record = replace(draft, items=(replace(items[name], **item),), **({"goals": WALK} | plan))
        gaps = plan_readiness.gaps_of(record, shown)
        assert {gap.field for gap in gaps} == expected, (name, item, plan)
        assert all(gap.ref_id == (name if gap.field in ("dose_0", "unit", "product") else "") for gap in gaps)


def test_what_is_said_and_does_not_block(desk: Desk) -> None:
    draft = replace(desk.add("tapentadol"), goals=WALK)
    (item,) = draft.items
    walk = WALK["function"]
    left = replace(item, steps=(), dose_by="Dr Lund")
    for record, expected in (
        (draft, []),
        (replace(draft, goals={"function": replace(walk, by=None)}), ["no day"]),
        (replace(draft, goals={"function": replace(walk, measure="")}), ["measured"]),
        (replace(draft, items=(left,)), ["left to Dr Lund"]),
        (replace(draft, goals={}), []),
    ):
        said = plan_readiness.to_mind(record)
        assert len(said) == len(expected), said
        assert all(words in sentence for words, sentence in zip(expected, said, strict=True))


def test_the_service_refuses_and_names_everything(desk: Desk) -> None:
    desk.add("gabapentin")
    desk.save("gabapentin")
    desk.agree(goals=(), dates=())
    with pytest.raises(NotSigned) as refused:
        desk.sign_as_it_is()
    assert [text.split(".")[0] for text in refused.value.problems] == [
        "Gabapentin (immediate release): No dose",
        "No goal",
        "No follow-up date",
    ]
    assert queries.signed_of(desk.patient.pk) is None


def flag_in_open_assessment(desk: Desk, **handling: Any) -> None:
    """A red flag that is present in an assessment that nobody has signed yet."""
    common: dict[str, Any] = {"actor": desk.member.actor, "patient": desk.patient, "now": timezone.now()}
    draft = assessment_services.start(**common, today=TODAY)
    record = RedFlagRecord("rf_ces", "yes", **handling)
    assessment_services.save_section(
        **common, assessment_id=draft, section="red-flags", version=0, entry=RedFlagsEntry({"rf_ces": record})
    )


def test_a_plan_waits_for_a_red_flag_that_nobody_has_in_hand(desk: Desk) -> None:
    desk.add("tens")
    flag_in_open_assessment(desk)
    with pytest.raises(NotSigned) as refused:
        desk.sign()
    assert [text for text in refused.value.problems if "Cauda equina" in text]
    assert queries.signed_of(desk.patient.pk) is None


def told(desk: Desk, sign: str) -> None:
    """A sign that the patient told before the visit."""
    now = timezone.now()
    by_link = Actor(organisation_id=desk.member.organisation.pk, name="patient by link", job="patient-link")
    report = assessment_services.ask(
        actor=desk.member.actor,
        patient=desk.patient,
        report_id=uuid4(),
        token_digest=uuid4().hex,
        via="link",
        visit_on=None,
        expires_at=now + timedelta(days=7),
        attempts=5,
        now=now,
    )
    value = {sign: {"answer": "yes"}, "rf_weakness": {"answer": "no"}}
    assessment_services.answer_report(actor=by_link, report_id=report.id, question="signs", value=value)
    assessment_services.send_report(actor=by_link, report_id=report.id, via="link", now=now)


def test_a_plan_waits_until_the_red_flag_of_a_sign_that_the_patient_told_is_answered(desk: Desk) -> None:
    desk.add("tens")
    told(desk, "sign_fever")
    with pytest.raises(NotSigned) as refused:
        desk.sign()
    assert [text for text in refused.value.problems if "the patient told a sign" in text] == [
        "Spinal infection or meningitis: the patient told a sign of it before the visit. "
        "Answer this red flag in the assessment."
    ]
    common: dict[str, Any] = {"actor": desk.member.actor, "patient": desk.patient, "now": timezone.now()}
    draft = assessment_services.start(**common, today=TODAY)
    assert report_queries.flags_told(desk.patient.pk) == ("rf_infection",)
    absent = {"rf_infection": RedFlagRecord("rf_infection", "no")}
    assessment_services.save_section(
        **common, assessment_id=draft, section="red-flags", version=0, entry=RedFlagsEntry(absent)
    )
    desk.answer_everything()
    assert desk.sign().state == "signed"


def test_a_sign_that_can_wait_holds_up_no_plan(desk: Desk) -> None:
    desk.add("tens")
    told(desk, "sign_cancer")
    assert report_queries.flags_told(desk.patient.pk) == ()
    desk.answer_everything()
    assert desk.sign().state == "signed"


def test_a_red_flag_that_is_dismissed_or_in_hand_holds_up_nothing(desk: Desk) -> None:
    draft = desk.add("tens")
    assert plan_readiness.against_signing(draft, desk.shown) == []
    (sentence,) = plan_readiness.against_signing(draft, desk.shown, ("rf_ces",))
    assert "Cauda equina" in sentence
    flag_in_open_assessment(desk, handling="dismissed", note="Known for years, imaged last week.")
    desk.answer_everything()
    assert desk.sign().state == "signed"


def force(desk: Desk, plan: PlanRecord, said: str = "", facts: str = "{}") -> None:
    """Sign past the services, and take it back; `said` is the proposal that is kept with the plan."""
    digest = "sha256:" + "0" * 64
    with transaction.atomic():
        Plan.objects.filter(id=plan.id).update(
            state="signed",
            signed_at=timezone.now(),
            signed_by_id=desk.member.user.pk,
            facts=facts,
            proposal=said or json.dumps({"agents": [{"id": "gabapentin", "status": "possible"}]}),
            proposal_digest=digest,
            rulebook_digest=digest,
        )
        transaction.set_rollback(True)


def test_the_database_refuses_past_the_services(desk: Desk) -> None:
    desk.add("gabapentin")
    plan = desk.agree()
    items = PlanItem.objects.filter(plan_id=plan.id)
    items.update(status="possible")
    force(desk, plan)
    for spoil, expected in (
        (lambda: items.update(steps=[]), "needs a dose"),
        (lambda: items.update(unit=""), "needs a dose"),
        (lambda: Goal.objects.filter(plan_id=plan.id).delete(), "says why"),
        (lambda: FollowUpDate.objects.filter(plan_id=plan.id).delete(), "follow-up date"),
    ):
        with transaction.atomic():
            spoil()
            with pytest.raises(DatabaseError, match=expected):
                force(desk, plan)
            transaction.set_rollback(True)
    items.update(steps=[], dose_by="Dr Lund")
    force(desk, plan)


def test_the_database_takes_no_status_but_that_of_the_proposal_and_no_reason_for_less_than_all_of_it(
    desk: Desk,
) -> None:
    desk.add("duloxetine")
    desk.save("duloxetine", (0, 30, 1))
    plan = desk.agree()
    items, overrides = PlanItem.objects.filter(plan_id=plan.id), Override.objects.filter(plan_id=plan.id)
    said = desk.shown.proposal.canonical_text()
    # A forbidden medicine does not become a recommended one by an entry in its row.
    for status in ("", "recommended", "possible", "needs_data"):
        items.update(status=status)
        with pytest.raises(DatabaseError, match="its proposal does not say so"):
            force(desk, plan, said)
    items.update(status="excluded")
    with pytest.raises(DatabaseError, match="its proposal does not say so"):
        force(desk, plan, "{}")
    with pytest.raises(DatabaseError, match="duloxetine needs an override"):
        force(desk, plan, said)
    desk.reason("excluded", "duloxetine")
    force(desk, plan, said)
    (rule, *others) = overrides.get().covers
    overrides.update(covers=[*others, "another_rule"])
    with pytest.raises(DatabaseError, match="duloxetine needs an override"):
        force(desk, plan, said)
    overrides.update(covers=[rule, *others])
    for spoil, expected in (({"text": "  "}, "has_words"), ({"reason": "because"}, "coded_reason")):
        with pytest.raises(DatabaseError, match=expected), transaction.atomic():
            overrides.update(**spoil)


def test_the_database_asks_for_every_missing_fact_to_be_accepted(desk: Desk) -> None:
    desk.add("tens")
    plan = desk.agree()
    PlanItem.objects.filter(plan_id=plan.id).update(status="needs_data")
    said = desk.shown.proposal.canonical_text()
    with pytest.raises(DatabaseError, match="tens needs an override"):
        force(desk, plan, said)
    desk.reason("needs_data", "tens")
    force(desk, plan, said)
    Override.objects.filter(plan_id=plan.id).update(covers=[])
    with pytest.raises(DatabaseError, match="tens needs an override"):
        force(desk, plan, said)


def test_postgresql_takes_the_reason_of_an_end_for_nothing_but_what_is_taken_now_and_comes_down(desk: Desk) -> None:
    desk.add("duloxetine")
    desk.save("duloxetine", (0, 60, 1), (14, 30, 1), stops_on=TODAY + timedelta(days=28))
    plan = desk.agree()
    items = PlanItem.objects.filter(plan_id=plan.id)
    items.update(status="excluded")
    said, taken = desk.shown.proposal.canonical_text(), {"medicines": [{"agents": ["duloxetine"]}]}
    with pytest.raises(DatabaseError, match="duloxetine needs an override"):
        force(desk, plan, said, json.dumps(taken))
    desk.reason("excluded", "duloxetine")
    overrides = Override.objects.filter(plan_id=plan.id)
    force(desk, plan, said, "{}")
    overrides.update(reason="leads_to_end", subject="leads_to_end")
    force(desk, plan, said, json.dumps(taken))
    # A rise that is over is history; one that comes is none.
    rise_and_fall = [PlannedStep(day, dose, 1).to_json() for day, dose in ((0, 30), (7, 60), (14, 30))]
    items.update(steps=rise_and_fall)
    later = {day: taken | {"as_of": str(TODAY + timedelta(days=day))} for day in (6, 7)}
    force(desk, plan, said, json.dumps(later[7]))
    with pytest.raises(DatabaseError, match="duloxetine needs an override"):
        force(desk, plan, said, json.dumps(later[6]))
    items.update(steps=[step.to_json() for step in (PlannedStep(0, 60, 1), PlannedStep(14, 30, 1))])
    stopped = {"medicines": [{"agents": ["duloxetine"], "current": False}, {"agents": ["gabapentin"]}]}
    rising = [step.to_json() for step in (PlannedStep(0, 30, 1), PlannedStep(14, 30, 2))]
    for change, facts in (({}, {}), ({}, stopped), ({"stops_on": None}, taken), ({"steps": rising}, taken)):
        with transaction.atomic():
            items.update(**change)
            with pytest.raises(DatabaseError, match="duloxetine needs an override"):
                force(desk, plan, said, json.dumps(facts))
            transaction.set_rollback(True)


def test_no_part_waits_for_a_plan_that_comes_into_being_signed(desk: Desk) -> None:
    plan = desk.add("gabapentin")
    with pytest.raises(DatabaseError, match="a plan that is there"), transaction.atomic():
        PlanItem.objects.filter(plan_id=plan.id).update(plan_id=uuid4())


def test_a_dose_is_left_only_to_specialists_and_only_instead_of_a_dose(desk: Desk) -> None:
    desk.add("gabapentin", "tapentadol")
    for name, steps, expected in (
        ("gabapentin", (), "does not leave"),
        ("tapentadol", ((0, 50, 1),), "entered as well"),
    ):
        with pytest.raises(PlanRefused, match=expected):
            desk.save(name, *steps, dose_by="Dr Lund, pain clinic")
    desk.save("tapentadol", dose_by="Dr Lund, pain clinic")
    desk.answer_everything()
    signed = desk.sign().item("tapentadol")
    assert signed is not None
    assert (signed.dose_by, signed.steps) == ("Dr Lund, pain clinic", ())


def test_the_unit_of_the_rulebook_is_not_replaced(desk: Desk) -> None:
    desk.add("gabapentin")
    desk.save("gabapentin", (0, 100, 1), unit="g", product="Something")
    item = desk.add("gabapentin").item("gabapentin")
    assert item is not None
    assert (item.unit, item.product) == ("mg", "")


@pytest.mark.parametrize(
    ("no_goal", "text", "goals", "expected"),
    [
        ("not_yet", " ", (), "why there is no goal"),
        ("", "Next time", (), "Choose why"),
        ("because", "Next time", (), "Choose why"),
        ("not_yet", "Next time", (GoalRecord("pain", "", 3),), "entered as well"),
    ],
)
def test_no_goal_needs_a_code_and_words(no_goal: str, text: str, goals: Any, expected: str, desk: Desk) -> None:
    desk.add("gabapentin")
    with pytest.raises(PlanRefused, match=expected):
        desk.agree(goals=goals, no_goal=no_goal, no_goal_text=text)


def test_that_there_is_no_goal_is_printed_and_asked_again_for_the_next_plan(browser: Browser, desk: Desk) -> None:
    desk.add("gabapentin")
    desk.agree(goals=(), no_goal="not_yet", no_goal_text="Wants to think it over.")
    signed = desk.sign_as_it_is()
    assert "No goal agreed yet: Wants to think it over." in words(browser.get("patient-plan-print", signed.id))
    assert services.start_draft(**desk.who, shown=desk.shown).no_goal == ""


# --- on the pages -----------------------------------------------------------------------------------------------------


def test_the_plan_and_the_sign_page_lead_to_the_field_that_is_missing(browser: Browser) -> None:
    browser.add("mexiletine")
    plan, sign = browser.get(), browser.get("patient-plan-sign")
    field = "id_item-mexiletine-dose_0"
    assert f'href="#{field}"' in plan
    assert f'id="{field}"' in plan
    item = reverse("plan-item", args=[browser.patient.pk, "mexiletine"])
    assert f'href="{item}?from=sign#{field}"' in sign
    assert 'href="#id_plan-function_words"' in sign
    assert 'id="id_plan-function_words"' in sign
    page = browser.get("plan-item", "mexiletine", **{"from": "sign"})
    assert "The rulebook has no dose for this medicine" in words(page)
    assert f'aria-describedby="{field}_gap"' in page
    assert f'id="{field}_gap"' in page
    assert re.search(r'<button[^>]*type="submit" disabled', sign)


def test_a_dose_of_ones_own_is_kept_and_leads_back_to_the_signature(browser: Browser) -> None:
    browser.add("mexiletine")
    sent = browser.item_fields("mexiletine", (0, "50", 2), unit="mg", product="Mexiletine 50 mg capsules")
    response = browser.post("plan-item", "mexiletine", **sent | {"from": "sign"})
    assert response["Location"] == browser.href("patient-plan-sign")
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    item = draft.items[0]
    assert (item.unit, item.product, item.steps) == ("mg", "Mexiletine 50 mg capsules", (PlannedStep(0, 50, 2),))
    assert "No dose" not in words(browser.get("patient-plan-sign"))


def plan_fields(browser: Browser, **fields: Any) -> dict[str, Any]:
    kept = {"version": 1, "patient_id": browser.patient.pk, "date_0": "2030-01-02", "kind_0": "review", "text_0": ""}
    return {f"plan-{key}": value for key, value in (kept | fields).items()} | {"from": "sign"}


def test_a_goal_of_the_rulebook_gets_its_words_measure_and_target(browser: Browser) -> None:
    browser.add("gabapentin")
    chosen = {"goal_template": "walk_03", "goal_amount": "4000", "goal_by": "2030-03-01"}
    response = browser.post("plan-goals", **plan_fields(browser, **chosen))
    assert response["Location"] == browser.href("patient-plan-sign")
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    goal = draft.goals["function"]
    assert goal.words == "I will reach 4000 steps a day on average"
    assert (goal.measure, goal.amount, goal.unit) == ("mean daily steps over 7 days", 4000, "steps")
    assert "mean daily steps over 7 days: 4000" in words(browser.get("patient-plan-sign"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"goal_template": "walk_02", "goal_amount": "3"}, "where the braces are"),
        ({"goal_measure": "trips a week", "goal_amount": "3"}, "Say what the patient wants to do"),
        ({"no_goal": "not_yet"}, "why there is no goal"),
    ],
)
def test_what_was_typed_about_the_goal_comes_back(fields: dict[str, str], expected: str, browser: Browser) -> None:
    browser.add("gabapentin")
    sent = plan_fields(browser, text_0="Ask about sleep", note="Speaks German", **fields)
    page = browser.post("plan-goals", status=422, **sent).content.decode()
    assert expected in words(page)
    for kept in ('value="Ask about sleep"', "Speaks German", 'name="from" value="sign"'):
        assert kept in page
    for name in fields.keys() & {"goal_amount", "goal_measure"}:
        assert f'value="{fields[name]}"' in page
    if "goal_template" in fields:
        assert "I will walk to {place} and back on my own 3 times a week" in page
