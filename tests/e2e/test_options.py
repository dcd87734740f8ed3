"""Options side by side in a real browser: accessible, by keyboard, without script, on a phone, and on one sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from accounts.tenancy import tenant
from patients import services as record
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.e2e import steps
from tests.treatments.plan_patients import enter_diabetic_neuropathy


@pytest.fixture
def plan_page(
    live_server: Any, clinician: Member, patient: Patient, new_page: Callable[..., Page]
) -> Callable[..., Page]:
    """A signed-in browser on the plan of Ingrid Johansson, who wants no weight gain."""
    with tenant(clinician.organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, TODAY, creatinine="80")
        record.record_preference(actor=clinician.actor, patient=patient, code="avoid_weight_gain")
    cookie = clinician.client.cookies[settings.SESSION_COOKIE_NAME].value

    def make(path: str = "", **options: Any) -> Page:
        page = new_page(**options)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(f"/patients/{patient.pk}/plan/{path}")
        return page

    return make


PATHS = [
    "?view=topicals",
    "?view=combinations",
    "?view=interventions&show=scs",
    "?view=education",
    "compare/?options=gabapentin,duloxetine,tens",
    "compare/?options=gabapentin,duloxetine&for=patient",
    "compare/?options=camomile",
    "guidelines/",
    "therapies/scs/authorisation/",
]


def test_the_pages_beside_the_plan_are_accessible(
    plan_page: Callable[..., Page], check_access: Callable[[Page], None], subtests: pytest.Subtests
) -> None:
    page = plan_page()
    plan = page.url
    for path in PATHS:
        with subtests.test(path=path):
            page.goto(plan + path)
            steps.unfold(page)
            check_access(page)


def test_they_are_accessible_in_the_dark_and_fit_a_phone(
    plan_page: Callable[..., Page], check_access: Callable[[Page], None], subtests: pytest.Subtests
) -> None:
    page = plan_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    plan = page.url
    for path in ("", "compare/?options=gabapentin,duloxetine,tens", "guidelines/"):
        with subtests.test(path=path):
            page.goto(plan + path)
            check_access(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_options_are_walked_marked_and_compared_by_keyboard(plan_page: Callable[..., Page]) -> None:
    page = plan_page()
    links = page.locator("[data-walk]")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    boxes = page.locator("input[name=options]")
    for number in range(3):
        boxes.nth(number).check()
    expect(boxes.nth(3)).to_be_disabled()
    expect(page.locator("#compare-form [data-count]")).to_have_text("3")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Options side by side")
    expect(page.locator("table.compare thead th")).to_have_count(3)


def test_what_is_folded_away_is_one_key_away_and_so_are_the_lists(plan_page: Callable[..., Page]) -> None:
    page = plan_page("?view=therapies")
    folded = page.locator("[data-rest]").first
    assert folded.get_attribute("open") is None
    page.keyboard.press("m")
    expect(folded).to_have_attribute("open", "")
    page.keyboard.press("m")
    expect(folded).not_to_have_attribute("open", "")
    page.keyboard.press("5")
    expect(page.locator(".plan-lists [aria-current]")).to_contain_text("Procedures")


def test_options_are_compared_without_script(plan_page: Callable[..., Page]) -> None:
    page = plan_page(java_script_enabled=False)
    for name in ("Gabapentin (immediate release)", "Duloxetine"):
        page.get_by_label(f"Compare {name}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("table.compare thead th")).to_have_count(2)
    page.get_by_role("link", name="For the patient").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your choices, side by side")


def test_the_patients_page_is_one_sheet_of_paper_front_and_back(plan_page: Callable[..., Page]) -> None:
    page = plan_page("compare/?options=gabapentin,duloxetine,lidocaine_plaster&for=patient")
    sheet = page.pdf(format="A4")
    assert sheet.count(b"/Type /Page\n") + sheet.count(b"/Type /Page ") + sheet.count(b"/Type /Page/") in (1, 2)


def test_a_wish_is_entered_and_moves_the_options(plan_page: Callable[..., Page]) -> None:
    page = plan_page()
    expect(page.locator(".plan-wishes")).to_contain_text("wants no weight gain")
    expect(page.locator(".plan-moved").first).to_contain_text("wants no weight gain")
    page.get_by_role("link", name="Change preferences").click()
    page.get_by_label("Preference", exact=True).select_option("low_cost")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".plan-wishes")).to_contain_text("cost decides")


def test_what_comes_later_does_not_move_what_is_there(plan_page: Callable[..., Page]) -> None:
    page = plan_page(own=True)
    page.locator("#missing summary").first.click()
    expect(page.get_by_role("heading", name="Ask next")).to_be_visible()
    held: list[Route] = []
    page.route("**/next-question/**", lambda route: held.append(route))
    page.reload()
    expect(page.get_by_role("link", name="Which question can change the plan most?")).to_be_visible()
    before = page.locator("#options").bounding_box()
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.get_by_role("heading", name="Ask next")).to_be_visible()
    assert page.locator("#options").bounding_box() == before
    page.unroute_all()


def test_what_is_marked_goes_along_to_the_page_of_an_item_and_back(plan_page: Callable[..., Page]) -> None:
    page = plan_page()
    page.get_by_role("button", name="Add Gabapentin").first.click()
    box = page.get_by_role("checkbox", name="Compare Duloxetine")
    box.check()
    page.locator("#item-gabapentin").get_by_role("link", name="Calendar").click()
    page.get_by_role("link", name="Back to the plan").click()
    expect(box).to_be_checked()
