"""An assessment in a real browser: saved while typing, the safety line at once, without script, on a phone, accessible.

With PAINPLAN_PICTURES set to a folder, each page is also drawn there as it is looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.tenancy import tenant
from assessments import services
from tests.e2e.assessing import address, draft_of, signed_in, start_with_an_area

PICTURES = os.environ.get("PAINPLAN_PICTURES")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=name.endswith("-full"))


@pytest.fixture
def area(transactional_db: None, clinician: Any, patient: Any) -> str:
    """An open assessment with a fair amount in it; the section of its pain area."""
    return start_with_an_area(clinician, patient)


SECTIONS = (
    "red-flags",
    "areas",
    "severity",
    "causes",
    "grading",
    "tests",
    "function",
    "mood",
    "scores",
    "score-mnsi_q",
    "score-npsi",
    "score-gas",
    "health",
    "wishes",
)
SIZES: Sequence[tuple[int, int, Literal["light", "dark"]]] = ((1280, 800, "light"), (390, 844, "dark"))


def test_every_page_is_accessible_and_fits(
    new_page: Callable[..., Page],
    check_access: Callable[[Page], None],
    live_server: Any,
    clinician: Any,
    patient: Any,
    area: str,
    subtests: pytest.Subtests,
) -> None:
    # Without motion: from one scheme to the other no colour is on its way while it is looked at.
    page = signed_in(new_page(own=True, reduced_motion="reduce"), clinician, live_server)
    for section in [*SECTIONS, area, "sign"]:
        page.goto(address(patient, section))
        expect(page.locator("h1").first).to_be_visible()
        # The panel with what is missing has come.
        expect(page.get_by_role("link", name="Look at it with the plan")).to_have_count(0)
        for enlarged in page.locator("[data-map-zoom]").all():
            enlarged.evaluate("details => { details.open = true; }")
        name = section.split("-")[0] if section.startswith("area-") else section
        for width, height, scheme in SIZES:
            with subtests.test(section=name, width=width):
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=scheme)
                picture(page, f"assess-{name}-{width}")
                picture(page, f"assess-{name}-{width}-full")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                # As tall as the page: what the bar with the buttons happens to cover would count as too small.
                tall = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": tall})
                check_access(page)


def test_answers_save_themselves_and_mean_something_at_once(
    browser_page: Page, live_server: Any, clinician: Any, patient: Any, area: str
) -> None:
    page = signed_in(browser_page, clinician, live_server)
    page.goto(address(patient, "mood"))
    line = page.locator("form .assess-safety .alert")
    expect(line).to_be_hidden()
    page.locator('[name="phq9_9"][value="1"]').check()
    expect(line).to_be_visible()
    expect(page.locator("[data-save-status]")).to_contain_text("Saved")
    expect(page.locator(".assess-so-far [role=alert]")).to_contain_text("Speak with the patient")
    expect(page.locator(".assess-so-far")).to_contain_text("items 1-8 missing")
    picture(page, "assess-safety-1280")
    assert draft_of(patient, clinician).instruments["phq9"].answers == (*[None] * 8, 1)


def test_item_nine_opens_its_follow_up_on_the_same_page(
    browser_page: Page, check_access: Callable[[Page], None], live_server: Any, clinician: Any, patient: Any, area: str
) -> None:
    page = signed_in(browser_page, clinician, live_server)
    page.goto(address(patient, "mood"))
    follow_up = page.locator("#phq9_item9_followup")
    expect(follow_up).to_be_hidden()
    page.locator('[name="phq9_9"][value="2"]').check()
    expect(follow_up).to_be_visible()
    open_point = page.locator(".assess-so-far").get_by_role("link", name="PHQ-9 item 9 follow-up", exact=True)
    expect(open_point).to_be_visible()
    page.locator('[name="si1"][value="yes"]').check()
    page.locator('[name="si5"][value="low"]').check()
    expect(open_point).to_have_count(0)
    expect(page.locator(".assess-so-far").get_by_role("link", name="Suicidal thoughts", exact=True)).to_be_visible()
    check_access(page)
    picture(page, "assess-follow-up-1280")
    page.locator('[name="phq9_9"][value="0"]').check()
    expect(follow_up).to_be_visible()  # What was answered does not vanish.


def test_the_follow_up_can_be_opened_without_the_answer(
    browser_page: Page, live_server: Any, clinician: Any, patient: Any, area: str
) -> None:
    page = signed_in(browser_page, clinician, live_server)
    page.goto(address(patient, "mood") + "#phq9_item9_followup")
    expect(page.locator("#phq9_item9_followup")).to_be_visible()


def test_a_questionnaire_is_chosen_filled_in_and_read_against_the_last_time(
    browser_page: Page, live_server: Any, clinician: Any, patient: Any, area: str
) -> None:
    with tenant(clinician.organisation.pk):
        services.record_instrument(
            actor=clinician.actor,
            patient=patient,
            instrument="isi",
            taken_on=timezone.localdate().replace(year=timezone.localdate().year - 1, day=1),
            total=20,
        )
    page = signed_in(browser_page, clinician, live_server)
    page.goto(address(patient, "scores"))
    page.get_by_role("link", name="ISI", exact=True).click()
    page.get_by_label("Total", exact=True).fill("12")
    expect(page.locator("[data-save-status]")).to_contain_text("Saved")
    column = page.locator(".assess-so-far")
    expect(column).to_contain_text("subthreshold")
    expect(column).to_contain_text("better; last 20 on")
    picture(page, "assess-score-isi-1280")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Questionnaires", level=1)).to_be_visible()


def test_a_region_is_found_by_typing_and_ticked_by_keyboard(
    browser_page: Page, live_server: Any, clinician: Any, patient: Any, area: str
) -> None:
    page = signed_in(browser_page, clinician, live_server)
    page.goto(address(patient, area))
    page.get_by_label("Find a region").fill("heel")
    row = page.locator("tr", has_text="Heel").filter(visible=True)
    expect(row).to_have_count(1)
    row.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("form[data-unsent]")).to_have_count(0)
    (found,) = draft_of(patient, clinician).areas
    assert "heel_r" in found.regions


def test_what_cannot_be_read_stays_on_the_page_without_script(
    page_without_script: Page, live_server: Any, clinician: Any, patient: Any, area: str
) -> None:
    page = signed_in(page_without_script, clinician, live_server)
    page.goto(address(patient, "severity"))
    page.locator('[name="nrs_worst"]').fill("11½")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator('[name="nrs_worst"]')).to_have_value("11½")
    expect(page.locator(".error-summary")).to_contain_text("Enter a whole number from 0 to 10.")
    picture(page, "assess-unreadable-1280")
    page.locator('[name="nrs_worst"]').fill("9")
    page.get_by_role("button", name="Save and go on").click()
    assert draft_of(patient, clinician).nrs["worst"] == 9


def test_two_tabs_see_both_versions(
    new_page: Callable[..., Page],
    check_access: Callable[[Page], None],
    live_server: Any,
    clinician: Any,
    patient: Any,
    area: str,
) -> None:
    first = signed_in(new_page(), clinician, live_server)
    first.goto(address(patient, "severity"))
    second = signed_in(new_page(java_script_enabled=False), clinician, live_server)
    second.goto(address(patient, "severity"))
    second.locator('[name="nrs_now"]').fill("5")
    second.get_by_role("button", name="Save", exact=True).click()
    first.locator('[name="nrs_now"]').fill("8")
    expect(first.locator("[data-save-status]")).to_contain_text("Press Save to see both versions")
    first.get_by_role("button", name="Save", exact=True).click()
    expect(first.get_by_role("heading", name="two versions")).to_be_visible()
    check_access(first)
    picture(first, "assess-conflict-1280")
    first.get_by_label("Yours").check()
    first.get_by_role("button", name="Save the chosen answers").click()
    expect(first.locator('[name="nrs_now"]')).to_have_value("8")
    assert draft_of(patient, clinician).nrs["now"] == 8


def test_signing_and_reading(
    browser_page: Page, check_access: Callable[[Page], None], live_server: Any, clinician: Any, patient: Any, area: str
) -> None:
    page = signed_in(browser_page, clinician, live_server)
    page.goto(reverse("assessment-sign", args=[patient.pk]))
    page.get_by_role("button", name="Sign the assessment").click()
    expect(page.get_by_role("heading", name="Assessment of")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Burning and tingling pain")
    check_access(page)
    picture(page, "assess-read-1280")
    page.get_by_role("link", name="Letter").click()
    expect(page.get_by_role("button", name="Copy as text")).to_be_visible()
    expect(page.locator(".letter-body")).to_contain_text("Feels like: burning, tingling.")
    check_access(page)
    picture(page, "assess-letter-1280")
    page.goto(reverse("patient-assess", args=[patient.pk]))
    expect(page.get_by_role("button", name="Start from the last assessment")).to_be_visible()
    check_access(page)
    picture(page, "assess-start-1280")
