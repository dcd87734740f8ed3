"""What is agreed when a treatment begins: proposed from the content, changed within bounds, fixed by the signature."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import Desk
from treatments import agreements, plan_readiness, queries, services
from treatments.agreement_rules import Case
from treatments.models import Agreement
from treatments.plan_doses import PlannedStep, first_day_at, proposed_steps
from treatments.plan_record import AgreementRecord
from treatments.services import AgreementEntry, PlanRefused, StaleSave

pytestmark = pytest.mark.django_db

SIX_WEEKS = AgreementRecord(
    ref_id="duloxetine",
    name="Duloxetine",
    kind="agent",
    week=6,
    dose=60,
    weeks_at_dose=4,
    unit="mg",
    enough_pct=30,
    good_pct=50,
    if_little="switch",
    if_partial="add",
    if_not_tolerated="reduce_then_switch",
    next_id="pregabalin",
    next_name="Pregabalin",
    partial_id="gabapentin",
    partial_name="Gabapentin",
)


@pytest.fixture
def desk(clinician: Member, patient: Patient) -> Desk:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    return Desk(clinician, patient)


@pytest.mark.parametrize(
    ("changes", "case", "said"),
    [
        (
            {},
            Case.LITTLE,
            "Less than 30% better in week 6 and after 4 weeks on 60 mg a day: taper and switch to Pregabalin.",
        ),
        ({"dose": None, "weeks_at_dose": None}, Case.LITTLE, "Less than 30% better in week 6: taper and switch to"),
        ({"if_little": "stop"}, Case.LITTLE, ": taper and stop."),
        ({"if_little": "switch", "next_name": ""}, Case.LITTLE, ": taper and switch."),
        ({"kind": "therapy", "if_little": "stop"}, Case.LITTLE, ": stop."),
        ({}, Case.PARTIAL, "30% to less than 50% better: add Gabapentin."),
        ({"if_partial": "raise"}, Case.PARTIAL, "better: raise the dose one step."),
        ({}, Case.GOOD, "50% or more better: continue."),
        ({"good_pct": None}, Case.GOOD, "30% or more better: continue."),
        ({}, Case.NOT_TOLERATED, "Not tolerated: halve or slow once, then taper and switch to Pregabalin."),
        (
            {"kind": "therapy", "enough_pct": None, "good_pct": None, "words": "No change", "if_little": "stop"},
            Case.LITTLE,
            "In week 6, by “No change”: stop.",
        ),
    ],
)
def test_an_agreement_in_words(changes: dict[str, Any], case: Case, said: str) -> None:
    assert said in dict(agreements.sentences(replace(SIX_WEEKS, **changes)))[case]
    assert said in agreements.sentence(replace(SIX_WEEKS, **changes))


@pytest.mark.parametrize(("dose", "day"), [(300, 0), (600, 14), (900, None), (None, None), (500, 14)])
def test_a_dose_is_reached_when_it_is_reached_for_good(dose: float | None, day: int | None) -> None:
    steps = [PlannedStep(0, 600, 1), PlannedStep(7, 300, 1), PlannedStep(14, 300, 2)]
    assert first_day_at(steps, dose) == day


def test_every_medicine_of_the_rulebook_gets_an_agreement_that_can_be_judged(desk: Desk) -> None:
    shown = desk.shown
    plan = desk.add("pain_education")
    blank = plan.items[0]
    for agent in shown.rulebook.agents:
        if agent.dosing is None or agent.dosing.trial_weeks is None:
            continue
        option = shown.proposal.option(agent.id)
        item = replace(
            blank,
            kind="agent",
            ref_id=agent.id,
            name=agent.name,
            unit=agent.dosing.unit,
            steps=proposed_steps(option),
        )
        found = agreements.proposed(item, [item], shown)
        assert found is not None, agent.id
        bounds = agreements.week_bounds(item, found.dose, shown.rulebook)
        assert bounds.earliest <= found.week <= bounds.latest
        assert found.week >= agent.dosing.trial_weeks
        if item.steps:
            reached = first_day_at(item.steps, found.dose)
            assert reached is not None, agent.id
            assert found.week * 7 >= reached + 7 * (agent.dosing.min_weeks_at_target or 0)
        if found.next_id:
            assert shown.rulebook.agent_by_id[found.next_id].classes[0] != agent.classes[0]
            assert shown.proposal.option(found.next_id).status.value == "recommended"


def test_choosing_a_treatment_brings_what_is_to_be_agreed(desk: Desk) -> None:
    plan = desk.add("gabapentin", "tens", "pain_education")
    medicine, current = plan.agreement("gabapentin"), plan.agreement("tens")
    assert medicine is not None and current is not None
    assert (medicine.enough_pct, medicine.good_pct, medicine.if_little) == (30, 50, "switch")
    assert (current.enough_pct, current.week, current.if_little) == (30, 4, "stop")
    assert "Less than 30% drop" in current.words
    # No stop rule in the rulebook: nothing is invented.
    assert plan.agreement("pain_education") is None


def test_a_stop_rule_in_words_is_never_read_as_a_reason_to_stop(desk: Desk) -> None:
    # Foot care "continues for life while sensation is reduced": its stop rule says when to go on.
    plan = desk.add("foot_care_program", "physical_therapy")
    rule: Any = desk.shown.rulebook.therapy_by_id["foot_care_program"].data["stop_rule"]
    assert "Continues for life" in rule["text"]
    assert plan.agreements == ()


def entry_of(desk: Desk, name: str = "gabapentin", **changes: Any) -> AgreementEntry:
    draft = queries.draft_of(desk.patient.pk)
    assert draft is not None
    agreed = draft.agreement(name)
    assert agreed is not None
    own = {field.name: getattr(agreed, field.name) for field in fields(AgreementEntry)}
    return AgreementEntry(**(own | changes))


def keep(desk: Desk, entry: AgreementEntry, name: str = "gabapentin", version: int = 1) -> int:
    return services.save_agreement(**desk.who, ref_id=name, version=version, entry=entry, shown=desk.shown)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"enough_pct": 9}, "enough_pct"),
        ({"enough_pct": 51}, "enough_pct"),
        ({"enough_pct": None}, "enough_pct"),
        ({"good_pct": 20}, "good_pct"),
        ({"enough_pct": 40, "good_pct": 35}, "good_pct"),
        ({"week": 1}, "week"),
        ({"week": 40}, "week"),
        ({"dose": None, "weeks_at_dose": None}, "dose"),
        ({"dose": 100_000}, "dose"),
        ({"weeks_at_dose": 0.5}, "weeks_at_dose"),
        ({"if_little": "continue"}, "if_little"),
        ({"next_id": "gabapentin"}, "next_id"),
        ({"next_id": "arsenic"}, "next_id"),
        ({"if_not_tolerated": ""}, "if_not_tolerated"),
    ],
)
def test_what_cannot_be_agreed_is_said_at_its_field(desk: Desk, changes: dict[str, Any], field: str) -> None:
    desk.add("gabapentin")
    with pytest.raises(PlanRefused) as refused:
        keep(desk, entry_of(desk, **changes))
    assert field in dict(refused.value.problems)


def test_an_agreement_is_changed_taken_out_and_not_overwritten(desk: Desk) -> None:
    desk.add("gabapentin")
    assert keep(desk, entry_of(desk, enough_pct=40, next_id="duloxetine")) == 2
    plan = queries.draft_of(desk.patient.pk)
    assert plan is not None
    agreed = plan.agreement("gabapentin")
    assert agreed is not None
    assert (agreed.enough_pct, agreed.next_name) == (40, desk.shown.proposal.option("duloxetine").name)
    with pytest.raises(StaleSave):
        keep(desk, entry_of(desk))
    assert keep(desk, entry_of(desk, week=None), version=2) == 0
    assert not Agreement.objects.exists()


def test_doses_that_no_longer_reach_the_agreed_one_are_said_before_signing(desk: Desk) -> None:
    plan = desk.add("gabapentin")
    assert not [text for text in plan_readiness.to_mind(plan) if "never judged" in text]
    desk.save("gabapentin", (0, 100, 1))
    plan = desk.agree()
    assert [text for text in plan_readiness.to_mind(plan) if "never judged" in text]


def test_a_signed_agreement_never_changes_and_goes_on_with_the_next_draft(desk: Desk) -> None:
    plan = desk.add("gabapentin")
    before = plan.fingerprint("", "")
    keep(desk, entry_of(desk, enough_pct=40))
    changed = queries.draft_of(desk.patient.pk)
    assert changed is not None and changed.fingerprint("", "") != before
    desk.answer_everything()
    signed = desk.sign()
    for change in (
        lambda: Agreement.objects.update(enough_pct=10),
        lambda: Agreement.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    draft = services.start_draft(**desk.who, shown=desk.shown)
    kept = draft.agreement("gabapentin")
    assert kept is not None and kept.enough_pct == 40
    desk.add("tens")
    assert services.remove_item(**desk.who, ref_id="gabapentin").agreement("gabapentin") is None
    summary = queries.plan_summary(signed.id)
    assert summary is not None
    assert [agreed.ref_id for agreed in summary.agreements] == ["gabapentin"]
    assert summary.goals[0].words == "Walk to the shop"


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(clinician: Member, patient: Patient) -> Browser:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    return Browser(clinician, patient)


def fields_of(browser: Browser, **changes: Any) -> dict[str, Any]:
    draft = queries.draft_of(browser.patient.pk)
    assert draft is not None
    agreed = draft.agreement("gabapentin")
    assert agreed is not None
    given: dict[str, Any] = {
        "patient_id": browser.patient.pk,
        "version": agreed.version,
        "week": agreed.week,
        "dose": agreed.dose,
        "weeks_at_dose": agreed.weeks_at_dose,
        "enough_pct": 30,
        "good_pct": 50,
        "if_little": "switch",
        "next_id": agreed.next_id,
        "if_partial": "add",
        "partial_id": "",
        "if_not_tolerated": "reduce_then_switch",
        "words": "",
    }
    return {f"agree-gabapentin-{key}": value for key, value in (given | changes).items()}


def test_the_plan_shows_what_is_agreed_and_leads_to_its_form(browser: Browser) -> None:
    browser.add("gabapentin", "pain_education")
    page = browser.get()
    assert "Less than 30% better in week 8" in words(page)
    assert browser.href("plan-agreement", "gabapentin") in page
    assert "Nothing agreed about when to change or stop it." in words(page)
    assert "Less than 30% better" in words(browser.get("patient-plan-sign"))
    assert "Judged from week" in browser.get("plan-agreement", "pain_education")


def test_a_refused_agreement_keeps_what_was_typed(browser: Browser) -> None:
    browser.add("gabapentin")
    sent = fields_of(browser, enough_pct=60, words="We talked about it")
    refused = browser.post("plan-agreement", "gabapentin", status=422, **sent).content.decode()
    assert "From 10% to 50%." in refused and "We talked about it" in refused and 'value="60"' in refused
    page = browser.href("plan-agreement", "gabapentin")
    while_typing = browser.client.post(page, sent, headers={"X-Autosave": "1"})
    assert while_typing.status_code == 422
    problem = while_typing.json()["problems"][0]
    assert problem == {"field": "agree-gabapentin-enough_pct", "problem": "From 10% to 50%."}
    form = browser.get("plan-agreement", "gabapentin")
    assert f'name="{problem["field"]}"' in form, "the field of the page"
    assert "data-problem" in form and "js/field_problems" in form, "and what tells it there"
    saved = browser.client.post(page, fields_of(browser, enough_pct=35), headers={"X-Autosave": "1"})
    assert saved.json()["version"] == 2
    assert "Less than 35% better" in words(browser.get())
    beside = browser.post("plan-agreement", "gabapentin", status=409, **fields_of(browser, version=1, enough_pct=45))
    assert "45" in beside.content.decode()
    browser.post("plan-agreement", "gabapentin", **fields_of(browser, version=2, week=""))
    assert "Agree on it" in browser.get()


def test_what_is_agreed_stands_on_paper(browser: Browser) -> None:
    browser.add("gabapentin")
    draft = queries.draft_of(browser.patient.pk)
    assert draft is not None
    printed = words(browser.get("patient-plan-print", draft.id))
    assert "Less than 30% better in week 8" in printed
    assert "Not tolerated: halve or slow once" in printed


def test_nobody_agrees_about_a_treatment_that_is_not_in_the_plan(browser: Browser) -> None:
    browser.add("gabapentin")
    assert browser.client.get(browser.href("plan-agreement", "duloxetine")).status_code == 404
