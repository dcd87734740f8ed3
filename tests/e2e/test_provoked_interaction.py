"""A plan in which the medicines do not go together: seen at once, answered with a reason, signed and printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.tenancy import tenant
from patients import services as record
from patients.models import Patient, Task
from tests.cast import TODAY, Member
from tests.e2e import steps
from tests.treatments.plan_patients import enter_diabetic_neuropathy

GABAPENTIN = "Gabapentin (immediate release)"


@pytest.fixture
def plan_page(live_server: Any, clinician: Member, patient: Patient, new_page: Callable[..., Page]) -> Page:
    """The plan of somebody with painful diabetic neuropathy who takes an opioid."""
    with tenant(clinician.organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
        shared: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "today": TODAY}
        record.record_medicine(text="oxycodone", daily_dose=Decimal(40), unit="mg", **shared)
        record.review_medicines(reviewed_on=TODAY, **shared)
    page = new_page()
    cookie = clinician.client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.goto(f"/patients/{patient.pk}/plan/")
    return page


def test_an_interaction_is_seen_answered_signed_and_printed(
    plan_page: Page, clinician: Member, patient: Patient, check_access: Callable[[Page], None]
) -> None:
    page, strip = plan_page, plan_page.locator("#checks")
    soon = (timezone.localdate() + dt.timedelta(days=14)).isoformat()

    # When a gabapentinoid is chosen beside the opioid, the strip says so at once, with the arithmetic of the opioid
    steps.choose(page, GABAPENTIN)
    expect(strip).to_contain_text("oxycodone", ignore_case=True)
    expect(strip).to_contain_text("40 mg × 1.5 = 60")
    check_access(page)

    # Then it cannot be signed, and a promise to monitor needs a test, a day and somebody who sees to it
    page.get_by_role("link", name="Sign …").click()
    expect(page.get_by_role("button", name="Sign the plan")).to_be_disabled()
    page.get_by_role("link", name="Back to the plan").click()
    strip.get_by_role("link", name="Give a reason").first.click()
    page.get_by_label("Will monitor").check()
    steps.fill(page, {"In words": "Low dose, naloxone at home."})
    page.get_by_role("button", name="Keep this reason").click()
    expect(page.locator(".error-summary")).to_contain_text("Choose what is checked")
    page.get_by_label("What is checked").select_option(index=1)
    steps.fill(page, {"Check on": soon})
    page.get_by_label("Who sees to it").select_option(label=str(clinician.user))
    page.get_by_role("button", name="Keep this reason").click()
    expect(page.locator("#plan")).to_contain_text("Will monitor: Low dose, naloxone at home.")

    # When the others are answered as well and a goal is agreed
    while page.locator("#plan").get_by_role("link", name="Give a reason").count():
        page.locator("#plan").get_by_role("link", name="Give a reason").first.click()
        page.get_by_label("Benefit outweighs the risk").or_(page.get_by_label("Acted on today")).first.check()
        steps.fill(page, {"In words": "Discussed with the patient and the prescriber of the opioid."})
        page.get_by_role("button", name="Keep this reason").click()
        expect(page.locator("#plan")).to_be_visible()
    page.get_by_label("What the patient wants to do", exact=True).fill("Walk to the shop")
    page.get_by_role("link", name="Sign …").click()
    expect(page.locator("main")).to_contain_text("naloxone at home")
    page.get_by_role("button", name="Sign the plan").click()

    # Then the plan is fixed with its reasons, the promise is a task, and the paper says both
    expect(page.get_by_role("heading", level=1, name="Plan")).to_be_visible()
    page.get_by_role("link", name="Print").first.click()
    expect(page.get_by_role("heading", name="Treatment plan")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Will monitor: Low dose, naloxone at home.")
    with tenant(clinician.organisation.pk):
        (task,) = Task.objects.filter(patient=patient, text__contains="naloxone at home")
    assert (task.due_on.isoformat(), task.owner_id) == (soon, clinician.user.pk)
