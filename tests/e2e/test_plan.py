"""The plan in a real browser: accessible, parts that refresh themselves, saves without a press, a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.tenancy import tenant
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.e2e import steps
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from treatments import queries, services
from treatments.snapshot import snapshot


@pytest.fixture
def plan_page(
    live_server: Any, clinician: Member, patient: Patient, new_page: Callable[..., Page]
) -> Callable[..., Page]:
    """A signed-in browser on the plan of Ingrid Johansson, with gabapentin and amitriptyline chosen."""
    with tenant(clinician.organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
        shown, who = snapshot(patient, TODAY), {"actor": clinician.actor, "patient": patient, "now": timezone.now()}
        for name in ("gabapentin", "amitriptyline"):
            services.add_item(kind="agent", ref_id=name, shown=shown, **who)  # type: ignore[arg-type]
    cookie = clinician.client.cookies[settings.SESSION_COOKIE_NAME].value

    def make(path: str = "", **options: Any) -> Page:
        page = new_page(**options)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(f"/patients/{patient.pk}/plan/{path}")
        return page

    return make


PATHS = [
    "",
    "?view=therapies",
    "?view=combinations",
    "sign/",
    "items/gabapentin/",
    "items/gabapentin/calendar/",
    "items/gabapentin/stop/",
    "items/gabapentin/switch/",
    "items/gabapentin/agreed/",
    "goals/",
]


def test_the_pages_of_the_plan_are_accessible(
    plan_page: Callable[..., Page], check_access: Callable[[Page], None], subtests: pytest.Subtests
) -> None:
    page = plan_page()
    plan = page.url
    for path in PATHS:
        with subtests.test(path=path):
            page.goto(plan + path)
            steps.unfold(page, forms=not path.startswith("?"))  # Which are the same in each list.
            check_access(page)


def test_the_page_is_accessible_in_the_dark_and_on_a_phone(
    plan_page: Callable[..., Page], check_access: Callable[[Page], None]
) -> None:
    page = plan_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_option_opens_beside_the_list_without_a_new_page(plan_page: Callable[..., Page]) -> None:
    page = plan_page()
    page.evaluate("window.stillHere = true")
    page.get_by_role("link", name="Duloxetine", exact=True).click()
    expect(page.locator("#why h2")).to_have_text("Duloxetine")
    expect(page.locator("#why h2")).to_be_focused()
    assert page.evaluate("window.stillHere") is True
    assert "show=duloxetine" in page.url


def test_a_dose_saves_itself_and_the_picture_follows(
    plan_page: Callable[..., Page], clinician: Member, patient: Patient
) -> None:
    page = plan_page()
    item = page.locator("#item-gabapentin")
    item.get_by_text("Change dose, dates, owner").click()
    item.locator("[name='item-gabapentin-dose_1']").fill("150")
    item.locator("[name='item-gabapentin-note']").click()
    expect(item.locator("[data-save-status]")).to_contain_text("Saved")
    expect(page.locator("#figure-gabapentin")).to_contain_text("150")
    with tenant(clinician.organisation.pk):
        draft = queries.draft_of(patient.pk)
    assert draft
    assert draft.items[0].steps[1].per_dose == 150


def test_words_typed_just_before_going_to_sign_are_on_the_page_that_is_signed(plan_page: Callable[..., Page]) -> None:
    page = plan_page()
    page.locator("#id_plan-function_words").press_sequentially("Walk to the shop")
    page.get_by_role("link", name="Sign …").click()
    page.wait_for_url("**/sign/")
    expect(page.locator("main")).to_contain_text("“Walk to the shop”")


def test_a_form_that_is_opened_after_somebody_else_has_signed_in_does_not_come(
    plan_page: Callable[..., Page], trainee: Member, live_server: Any
) -> None:
    page = plan_page()
    other = trainee.client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": other, "url": live_server.url}])
    item = page.locator("#item-gabapentin")
    item.get_by_text("Change dose, dates, owner").click()
    expect(page.locator("[data-messages]")).to_contain_text("You may not do this, or you are signed out.")
    expect(item.locator("[name='item-gabapentin-dose_1']")).to_have_count(0)


def test_a_dose_above_the_limit_is_not_saved_and_says_so(plan_page: Callable[..., Page]) -> None:
    page = plan_page()
    item = page.locator("#item-gabapentin")
    item.get_by_text("Change dose, dates, owner").click()
    item.locator("[name='item-gabapentin-dose_1']").fill("900")
    item.locator("[name='item-gabapentin-note']").click()
    expect(item.locator("[data-save-status]")).to_contain_text("Not saved")
    item.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("above the limit for this patient, 600 mg")


def test_what_is_missing_is_answered_with_one_press(plan_page: Callable[..., Page]) -> None:
    page = plan_page()
    page.locator("#missing > details > summary").click()
    row = page.locator("#missing-broken_skin")
    row.get_by_role("button", name="No", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("Changed:")
    expect(page.locator("#missing-broken_skin")).to_have_count(0)


def test_the_calendar_of_a_medicine_fits_a_phone_and_a_pause_moves_its_steps(plan_page: Callable[..., Page]) -> None:
    page = plan_page("items/gabapentin/calendar/", viewport={"width": 390, "height": 844})
    rows = page.locator(".plan-calendar tbody tr")
    before = rows.nth(1).locator("th").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Pause").click()
    expect(rows.nth(1).locator("th")).not_to_have_text(before)
    page.get_by_role("link", name="Switch").click()
    page.get_by_label("Switch to").select_option(label="Lamotrigine")
    # A draft is not what is taken: nobody has said yet what is.
    expect(page.get_by_label("Dose a day now")).to_have_value("")
    page.get_by_label("Dose a day now").fill("900")
    page.get_by_label("in so many doses a day").fill("3")
    page.get_by_role("button", name="Show both calendars").click()
    expect(page.locator(".plan-calendar")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Put both into the plan").click()
    expect(page.locator("#item-lamotrigine")).to_contain_text("morning")


def test_a_goal_and_what_is_agreed_are_typed_with_the_keyboard_and_kept_on_a_phone(
    plan_page: Callable[..., Page], patient: Patient
) -> None:
    page = plan_page("goals/", viewport={"width": 390, "height": 844})
    page.get_by_label("What the patient wants to do", exact=True).fill("Walk to the shop and back")
    page.get_by_label("Now", exact=True).fill("5")
    page.get_by_label("Target", exact=True).fill("20")
    page.get_by_label("Unit", exact=True).fill("minutes")
    page.keyboard.press("Tab")
    # The levels follow from the numbers as soon as they are saved, without a new page.
    advice = page.locator("#goal-advice")
    expect(advice).to_contain_text("18.5 to less than 23.75 minutes")
    expect(advice).to_contain_text("Nobody asked how confident the patient is.")
    page.get_by_text("Second goal").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What the patient wants to do (goal 2)").fill("Sleep until five")
    page.get_by_label("Target", exact=True).fill("5")
    page.keyboard.press("Tab")
    expect(page.locator("[data-save-status]")).to_have_attribute("data-state", "wrong")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".error-summary, .field-error").first).to_contain_text("The target is what it is now.")
    expect(page.get_by_label("What the patient wants to do (goal 2)")).to_have_value("Sleep until five")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"/patients/{patient.pk}/plan/items/gabapentin/agreed/")
    page.get_by_label("Enough is at least").fill("40")
    page.keyboard.press("Tab")
    expect(page.locator("[data-save-status]")).to_contain_text("Saved")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"/patients/{patient.pk}/plan/")
    expect(page.locator("#item-gabapentin")).to_contain_text("Less than 40% better")
