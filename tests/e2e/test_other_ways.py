"""The main pages by keyboard alone, and the core of the main job without script."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from accounts.tenancy import tenant
from patients.models import Patient
from tests.cast import Member
from tests.e2e import steps
from tests.treatments.plan_patients import enter_diabetic_neuropathy

MOST_TABS = 150


@pytest.fixture
def known(transactional_db: Any, clinician: Member, patient: Patient, today: dt.date) -> Patient:
    """Ingrid Johansson, with everything on record that a plan asks for."""
    with tenant(clinician.organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, today)
    return patient


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there, as somebody does who has no mouse; it must be seen there."""
    for _ in range(MOST_TABS):
        if wanted.count() == 1 and wanted.evaluate("element => element === document.activeElement"):
            expect(wanted).to_be_in_viewport()
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} is not reached within {MOST_TABS} presses of Tab")


def go_to(page: Page, keys: str, heading: str) -> None:
    """Press the keys that lead to a page; they work once the page has its scripts."""
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_attached()


def test_by_keyboard_alone_from_sign_in_to_signature(browser_page: Page, clinician: Member, known: Patient) -> None:
    page = browser_page

    # Given a clinician who signs in without a mouse
    page.goto("/")
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type(clinician.user.email)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("correct horse battery staple")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()

    # When they look for the patient and go round the pages by their keys
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("johan")
    expect(page.get_by_role("option", name="JOHANSSON")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".banner")).to_contain_text("JOHANSSON, Ingrid")
    go_to(page, "go", "Overview")
    go_to(page, "gr", "Record")
    go_to(page, "gt", "Team and tasks")
    go_to(page, "gf", "Follow-up")

    # And assess
    go_to(page, "ga", "Assessments")
    go_to(page, "n", "Red flags")
    first = page.get_by_role("group").filter(has=page.get_by_role("radio", name="No", exact=True)).first
    tab_to(page, first.get_by_role("radio", name="Unknown"))
    page.keyboard.press("ArrowLeft")
    expect(first.get_by_role("radio", name="No", exact=True)).to_be_checked()
    expect(page.locator("[data-save-status]")).to_contain_text("Saved")
    go_to(page, "s", "Look over and sign")
    tab_to(page, page.get_by_role("button", name="Sign the assessment"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Assessment of")).to_be_visible()

    # And put the first proposed option into a plan and sign it
    go_to(page, "gp", "Plan")
    add = steps.options(page).get_by_role("button", name="Add Pregabalin (immediate release)")
    tab_to(page, add)
    page.keyboard.press("Enter")
    expect(steps.item(page, "Pregabalin (immediate release)")).to_be_visible()
    goals = page.locator(".plan-goals")
    tab_to(page, goals.get_by_label("What the patient wants to do", exact=True))
    page.keyboard.type("Walk to the shop")
    tab_to(page, goals.get_by_role("button", name="Save", exact=True))
    page.keyboard.press("Enter")
    expect(goals).to_contain_text("Walk to the shop")
    go_to(page, "s", "Look over and sign")
    tab_to(page, page.get_by_role("button", name="Sign the plan"))
    page.keyboard.press("Enter")

    # Then it is signed
    expect(page.get_by_text("Signed", exact=True).first).to_be_visible()


def test_without_script_assess_propose_plan_and_sign(
    page_without_script: Page, clinician: Member, known: Patient
) -> None:
    page = page_without_script

    # Given a clinician whose browser runs no script
    steps.sign_in(page, clinician, reverse("patient-overview", args=[known.pk]))

    # When they assess, section by section
    steps.open_section(page, "Assess")
    page.get_by_role("button", name="Start an assessment").click()
    steps.answer_all(page, "No")
    steps.go_on(page)
    steps.fill(page, {"Name of the new area": "Both feet"})
    page.get_by_role("button", name="Add a pain area").click()
    where = page.get_by_role("group", name="Where it hurts", exact=True)
    where.get_by_text("Leg and foot").click()
    where.get_by_role("checkbox", name="Where it hurts: Sole, inner half, patient's right").check()
    steps.answer(page, "Burning", "Yes")
    steps.go_on(page)
    steps.fill(page, {"How strong was your pain on average in the last 24 hours?": "seven"})
    page.get_by_role("button", name="Save and go on").click()

    # Then what cannot be read is refused, and nothing is lost
    expect(page.locator(".error-summary")).to_contain_text("Enter a whole number from 0 to 10.")
    steps.fill(page, {"How strong was your pain on average in the last 24 hours?": "7"})
    steps.go_on(page)
    page.get_by_role("link", name="Look over and sign").click()
    page.get_by_role("button", name="Sign the assessment").click()
    expect(page.locator("main")).to_contain_text("7 of 10 on average")

    # When a missing answer is entered and a plan is built from the proposal
    steps.open_section(page, "Plan")
    expect(steps.group(page, "Excluded")).to_contain_text("Duloxetine")
    steps.open_missing(page)
    question = "where a plaster, patch or cream would go?"
    steps.missing(page, question).get_by_role("button", name="No", exact=True).click()
    expect(steps.said(page)).to_contain_text("Saved.")
    page.get_by_role("link", name="Pregabalin (immediate release)").first.click()
    expect(page.get_by_role("region", name="Why")).to_contain_text("at most 150 mg")
    steps.choose(page, "Pregabalin (immediate release)")
    chosen = steps.item(page, "Pregabalin (immediate release)")
    chosen.get_by_text("Change dose").click()
    chosen.get_by_role("link", name="Open the form").click()
    steps.write_dose(page.locator("main"), step=3, dose="100")
    expect(page.locator(".error-summary")).to_contain_text("150 mg")
    steps.write_dose(page.locator("main"), step=3, dose="75")
    goals = page.locator(".plan-goals")
    if not goals.get_by_label("What the patient wants to do", exact=True).is_visible():
        goals.get_by_text("Change goal and dates").click()
        goals.get_by_role("link", name="Open the form").click()
        goals = page.locator("main")
    steps.fill(goals, {"What the patient wants to do": "Walk to the shop"})
    goals.get_by_role("button", name="Save", exact=True).click()

    # Then it can be signed and read
    page.get_by_role("link", name="Sign …").click()
    page.get_by_role("button", name="Sign the plan").click()
    expect(page.locator("main")).to_contain_text("75 mg twice a day")
    expect(page.locator("main")).to_contain_text("Maya Adeyemi")
