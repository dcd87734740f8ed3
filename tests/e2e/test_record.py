"""The record in a real browser: typeahead, inline form, refusal that loses nothing; without script; accessible.

With PAINPLAN_PICTURES set to a folder, each page is also drawn there as it is looked at.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.tenancy import tenant
from patients import services
from patients.models import Patient
from tests.cast import PASSWORD, TODAY, Member
from tests.e2e.conftest import CheckAccess

PICTURES = os.environ.get("PAINPLAN_PICTURES")


def signed_in(page: Page, member: Member, live_server: Any) -> Page:
    cookie = member.client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])
    return page


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=name.endswith("-full"))


@pytest.fixture
def filled(transactional_db: None, clinician: Member, patient: Patient) -> Patient:
    """A patient with something in each part of the record."""
    with tenant(clinician.organisation.pk):
        same: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "today": TODAY}
        old = TODAY - dt.timedelta(days=500)
        services.state_problem(**same, kind="condition", code="dpn", status="present", stated_on=TODAY, onset_on=old)
        services.state_problem(**same, kind="concept", code="diabetes", status="present", stated_on=TODAY)
        services.state_problem(**same, kind="concept", code="suicidality", status="absent", stated_on=TODAY)
        services.state_problem(**same, kind="concept", code="sleep_apnoea", status="unknown", stated_on=TODAY)
        services.record_medicine(**same, text="Lyrica", daily_dose=Decimal(150), unit="mg", started_on=old)
        services.record_medicine(**same, text="co-codamol 30/500", as_needed=True)
        services.record_medicine(**same, text="zelmotrine forte")
        services.record_medicine(**same, text="Voltarol")
        services.record_medicine(**same, text="amitriptyline", stopped_on=old, stop_reason="dry mouth")
        services.record_allergy(**same, text="carbamazepine", reaction="rash", stated_on=TODAY)
        services.record_measurement(**same, code="creatinine", value="1.9", unit="mg/dL", measured_on=TODAY)
        services.record_measurement(**same, code="qtc", value="438", unit="ms", measured_on=old)
        services.record_measurement(**same, code="weight", value="61", unit="kg", measured_on=TODAY)
        services.record_trial(
            **same, treatment="duloxetine", max_daily_dose=Decimal(60), unit="mg", weeks_at_max=Decimal(8),
            response_percent=10, stopped="inefficacy", adverse_effects="nausea",
        )  # fmt: skip
        services.record_preference(actor=clinician.actor, patient=patient, code="avoid_sedation")
        services.write_note(actor=clinician.actor, patient=patient, text="Came with her daughter.\nWalks with a stick.")
        services.review_problem_list(**same, reviewed_on=TODAY)
        services.add_task(actor=clinician.actor, patient=patient, text="Ask for an ECG", due_on=TODAY)
    return patient


def test_a_medicine_is_found_while_typing_and_saved_from_the_page_itself(
    browser_page: Page, clinician: Member, filled: Patient, live_server: Any, check_access: Callable[[Page], None]
) -> None:
    page = signed_in(browser_page, clinician, live_server)
    page.goto(reverse("patient-record", args=[filled.pk]))
    picture(page, "record-1280")
    picture(page, "record-1280-full")
    check_access(page)
    page.locator("#medicine").get_by_role("link", name="Add medicine").click()
    field = page.get_by_role("combobox", name="Medicine", exact=True)  # A combobox once the script has seen it.
    field.press_sequentially("neuron")
    page.get_by_role("option", name="Neurontin").click()
    expect(field).to_have_value("Neurontin")
    page.get_by_label("Dose per day").fill("900")
    page.get_by_label("Unit").select_option("mg")
    picture(page, "record-form-1280")
    page.get_by_role("button", name="Save").click()
    line = page.locator("#medicine li", has_text="Neurontin")
    expect(line).to_contain_text("gabapentin")
    expect(line).to_contain_text("Maya Adeyemi")
    expect(page.locator(".banner")).to_contain_text("carbamazepine (rash)")


def test_an_implausible_value_is_refused_with_the_range_and_nothing_is_lost(
    browser_page: Page, clinician: Member, filled: Patient, live_server: Any, check_access: Callable[[Page], None]
) -> None:
    page = signed_in(browser_page, clinician, live_server)
    page.goto(reverse("record-add", args=[filled.pk, "measurement"]) + "?code=creatinine")
    page.get_by_label("Value").fill("1.9")
    page.get_by_label("Unit").select_option("umol/L")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("15 to 2500 umol/L. Is the unit mmol/L or mg/dL?")
    expect(page.get_by_label("Value")).to_have_value("1.9")
    picture(page, "record-refused-1280")
    check_access(page)


def test_the_record_works_without_script_from_sign_in_to_correction(
    page_without_script: Page, clinician: Member, filled: Patient
) -> None:
    page = page_without_script
    page.goto(reverse("patient-list"))
    page.get_by_label("Email").fill(clinician.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Name or number").fill("johan")
    page.locator("main").get_by_role("button", name="Search").click()
    page.get_by_role("link", name="JOHANSSON, Ingrid").click()
    page.goto(reverse("patient-record", args=[filled.pk]))
    page.get_by_role("link", name="Correct : Serum creatinine").or_(
        page.locator("#measurement li", has_text="Serum creatinine").get_by_role("link", name="Correct")
    ).first.click()
    page.get_by_label("Value").fill("2.1")
    page.get_by_label("Why does this entry change?").fill("read again")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#measurement")).to_contain_text("2.1")
    page.locator("#measurement").get_by_role("link", name="History").click()
    expect(page.locator("s", has_text="1.9")).to_be_visible()


PAGES = ["patient-record", "patient-team", "patient-details", "patient-readers", "patient-list", "patient-register"]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_pages_are_accessible_on_a_phone_and_on_a_screen(
    width: int,
    scheme: str,
    new_page: Callable[..., Page],
    clinician: Member,
    filled: Patient,
    live_server: Any,
    check_access: Callable[[Page], None],
    subtests: pytest.Subtests,
) -> None:
    page = signed_in(new_page(viewport={"width": width, "height": 844}, color_scheme=scheme), clinician, live_server)
    for name in PAGES:
        with subtests.test(name=name):
            page.goto(reverse(name, args=[] if name in ("patient-list", "patient-register") else [filled.pk]))
            picture(page, f"{name}-{width}-full")
            check_access(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} scrolls sideways at {width}: {wide}"


def test_the_pages_of_the_account_are_accessible(
    browser_page: Page,
    administrator: Member,
    filled: Patient,
    live_server: Any,
    check_access: CheckAccess,
    subtests: pytest.Subtests,
) -> None:
    page = signed_in(browser_page, administrator, live_server)
    for name in ("team", "audit-trail", "organisation", "instruments", "mfa_index", "usersessions_list"):
        page.goto(reverse(name))
        for width in (1280, 390):
            with subtests.test(name=name, width=width):
                page.set_viewport_size({"width": width, "height": 844})
                picture(page, f"{name}-{width}-full")
                check_access(page, contrast=width == 1280)
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} scrolls sideways at {width}: {wide}"
