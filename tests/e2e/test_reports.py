"""The questions before a visit on a phone, a tablet and without script; PAINPLAN_PICTURES names a folder to draw in."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.tenancy import tenant
from assessments.models import PatientReport
from tests.e2e.steps import sign_in

PICTURES = os.environ.get("PAINPLAN_PICTURES")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.fixture
def people(transactional_db: None, clinician: Any, patient: Any) -> tuple[Any, Any]:
    """The clinician and the patient, committed before the browser asks for them."""
    return clinician, patient


def come_in(page: Page, path: str) -> None:
    page.goto(path)
    for label, value in (("Day", "2"), ("Month", "5"), ("Year", "1951")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Go on").click()


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Go on").click()


def test_a_patient_answers_on_a_phone_and_the_clinician_takes_it_over(
    people: tuple[Any, Any], browser_page: Page, phone_page: Page, check_access: Callable[[Page], None]
) -> None:
    member, patient = people
    clinic, phone = browser_page, phone_page
    sign_in(clinic, member, reverse("before-visit", args=[patient.pk]))
    clinic.get_by_role("button", name="Make a link to copy").click()
    path = urlsplit(clinic.get_by_label("Copy it now; it is not shown again.").input_value()).path
    check_access(clinic)
    picture(clinic, "asked-1280")

    phone.goto(path)
    check_access(phone)
    picture(phone, "first-390")
    come_in(phone, path)
    expect(phone.get_by_text(re.compile(r"^1 of \d+$"))).to_be_visible()
    foot = phone.get_by_role("group", name="New foot sore, or a hot, red, swollen foot")
    foot.get_by_text("Yes", exact=True).tap()
    check_access(phone)
    picture(phone, "signs-390")
    go_on(phone)
    expect(phone.get_by_role("alert")).to_contain_text("Call the clinic today.")
    check_access(phone)
    picture(phone, "advice-390")
    phone.get_by_role("link", name="Go on with the questions").click()
    phone.locator('.bodymap-views [data-region="heel_l"]').tap()
    expect(phone.get_by_role("status")).to_contain_text("Heel, left")
    check_access(phone)
    picture(phone, "where-390")
    go_on(phone)
    go_on(phone)
    go_on(phone)
    burning = phone.get_by_role("group", name="Burning")
    burning.get_by_text("Yes", exact=True).tap()
    burning.get_by_label("How strong, from 0 to 10?").select_option("7")
    phone.get_by_role("group", name="Itching").get_by_text("Don’t know").tap()
    check_access(phone)
    picture(phone, "words-390")
    go_on(phone)
    phone.get_by_label("All the time", exact=True).check()
    check_access(phone)
    picture(phone, "pattern-390")
    go_on(phone)
    # By keyboard alone: the number, then its unit, then on.
    phone.get_by_label("Number").press_sequentially("3")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("alert")).to_contain_text("choose weeks, months or years")
    check_access(phone)
    picture(phone, "duration-wrong-390")
    phone.get_by_label("Number").press("Tab")
    phone.keyboard.press("ArrowRight")
    phone.keyboard.press("ArrowRight")
    expect(phone.get_by_label("years")).to_be_checked()
    check_access(phone)
    picture(phone, "duration-390")
    phone.keyboard.press("Enter")
    phone.get_by_role("button", name="Leave this out").click()
    phone.get_by_role("link", name="Back").click()
    expect(phone.get_by_role("heading", name="What makes the pain worse?")).to_be_visible()
    phone.goto(f"{path}q/nrs_average/")
    phone.get_by_label("6", exact=True).check()
    check_access(phone)
    picture(phone, "scale-390")
    go_on(phone)
    phone.goto(f"{path}q/f1/")
    phone.get_by_label("Yes", exact=True).check()
    check_access(phone)
    picture(phone, "falls-390")
    go_on(phone)
    phone.get_by_label("Which medicines do you take?").fill("Pregabalin 75 mg, twice a day 🙂")
    check_access(phone)
    go_on(phone)
    phone.goto(f"{path}end/")
    check_access(phone)
    picture(phone, "end-390")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    check_access(phone)

    clinic.goto(reverse("worklist"))
    clinic.get_by_text("Answers before the visit arrived").first.wait_for()
    with tenant(member.organisation.pk):
        sent = PatientReport.objects.get()
    clinic.goto(reverse("patient-report", args=[patient.pk, sent.pk]))
    expect(clinic.get_by_text("Burning: yes, 7 of 10")).to_be_visible()
    check_access(clinic)
    picture(clinic, "report-1280")
    clinic.get_by_role("button", name="Start an assessment with these answers").click()
    expect(clinic.get_by_text("Taken over, not confirmed.")).to_be_visible()
    expect(clinic.get_by_role("region", name=re.compile("^Patient, "))).to_contain_text("Burning: yes, 7 of 10")
    clinic.goto(reverse("assessment-section", args=[patient.pk, "severity"]))
    expect(clinic.get_by_text("Taken over, not confirmed.")).to_be_visible()
    picture(clinic, "beside-1280")
    # The bar that saves stays at the lower edge of the window; at the end of the page it covers no field.
    clinic.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    check_access(clinic)
    # The sign asks about its red flag; the falls are settled, and what is certain is said.
    clinic.goto(reverse("assessment-section", args=[patient.pk, "red-flags"]))
    so_far = clinic.get_by_role("complementary", name="What it means so far")
    expect(so_far).to_contain_text("Answered yes before the visit: New foot sore")
    expect(so_far).to_contain_text("Settled: 1 or more of 3, the rest cannot change it.")
    picture(clinic, "flags-1280")
    clinic.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    check_access(clinic)
    clinic.goto(reverse("assessment-section", args=[patient.pk, "score-falls_screen"]))
    expect(clinic.get_by_role("region", name=re.compile("^Patient, "))).to_contain_text("Have you fallen")
    settled = clinic.locator("form").get_by_text("Settled: 1 or more of 3, the rest cannot change it.")
    expect(settled).to_be_visible()
    picture(clinic, "falls-1280")
    # The answers that are saved while they are given change what is certain at once.
    clinic.get_by_role("group", name=re.compile("^Have you fallen")).get_by_text("No", exact=True).click()
    expect(so_far).not_to_contain_text("Settled")
    expect(settled).to_have_count(0)
    expect(so_far).to_contain_text("items 2-3 missing")
    check_access(clinic)
    clinic.set_viewport_size({"width": 390, "height": 844})
    picture(clinic, "falls-clinic-390")
    clinic.set_viewport_size({"width": 1280, "height": 800})
    clinic.goto(reverse("patient-assess", args=[patient.pk]))
    check_access(clinic)
    picture(clinic, "assess-1280")


def test_the_tablet_leads_nowhere_else_and_ends_with_giving_it_back(
    people: tuple[Any, Any], new_page: Callable[..., Page], check_access: Callable[[Page], None]
) -> None:
    member, patient = people
    tablet = new_page(viewport={"width": 820, "height": 1180}, has_touch=True)
    sign_in(tablet, member, reverse("before-visit", args=[patient.pk]))
    tablet.get_by_role("button", name="On this tablet").click()
    tablet.get_by_role("link", name="Español").click()
    check_access(tablet)
    picture(tablet, "first-es-820")
    tablet.get_by_role("button", name="Empezar").click()
    expect(tablet.get_by_role("heading", name="¿Le pasa algo de esto?")).to_be_visible()
    tablet.get_by_role("button", name="Seguir").click()
    expect(tablet.get_by_role("heading", name="¿Dónde le duele?")).to_be_visible()
    tablet.locator("summary", has_text="Pierna y pie").click()
    tablet.get_by_label("Talón, izquierda").check()
    check_access(tablet)
    picture(tablet, "where-es-820")
    assert settings.SESSION_COOKIE_NAME not in {c["name"] for c in tablet.context.cookies() if c["value"]}
    for _ in range(3):
        tablet.go_back()
    expect(tablet.get_by_text(patient.family_name)).to_have_count(0)
    tablet.goto(reverse("before-visit", args=[patient.pk]))
    expect(tablet.get_by_label("Email")).to_be_visible()


def test_in_spanish_a_sign_is_told_and_followed_at_once_on_a_narrow_screen(
    people: tuple[Any, Any], new_page: Callable[..., Page], check_access: Callable[[Page], None]
) -> None:
    member, patient = people
    narrow = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    sign_in(narrow, member, reverse("before-visit", args=[patient.pk]))
    narrow.get_by_role("button", name="On this tablet").click()
    narrow.get_by_role("link", name="Español").click()
    narrow.get_by_role("button", name="Empezar").click()
    signs = narrow.url
    weakness = narrow.get_by_role("group", name="Debilidad nueva, o que aumenta rápido, en un brazo o una pierna")
    weakness.get_by_text("Sí", exact=True).tap()
    check_access(narrow)
    picture(narrow, "signs-es-390")
    narrow.get_by_role("button", name="Seguir").click()
    expect(narrow.get_by_role("alert")).to_contain_text("Llame ahora a su número local de emergencias.")
    expect(narrow.get_by_text("Por favor, avise ahora al personal.")).to_be_visible()
    check_access(narrow)
    picture(narrow, "advice-es-390")
    for name in ("duration", "f1"):
        narrow.goto(signs.replace("/signs/", f"/{name}/"))
        check_access(narrow)
        picture(narrow, f"{name}-es-390")


def test_the_places_can_be_marked_without_script(people: tuple[Any, Any], page_without_script: Page) -> None:
    member, patient = people
    page = page_without_script
    sign_in(page, member, reverse("before-visit", args=[patient.pk]))
    page.get_by_role("button", name="Enter for the patient").click()
    walking = page.get_by_role("group", name="New unsteady walking or stiff legs, or hands that have become clumsy")
    walking.get_by_label("Don’t know").check()
    page.get_by_role("button", name="Go on").click()
    page.locator("summary", has_text="Leg and foot").click()
    page.get_by_label("Heel, left").check()
    page.get_by_role("button", name="Go on").click()
    with tenant(member.organisation.pk):
        assert PatientReport.objects.get().draft == {
            "signs": {"sign_gait": {"answer": "unknown"}},
            "regions": ["heel_l"],
        }
