"""The hand-out in a real browser: accessible in its languages and sizes, on a phone, chosen without a script."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.tenancy import tenant
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.e2e.conftest import CheckAccess
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from treatments import queries, services
from treatments.snapshot import snapshot


@pytest.fixture
def handout_page(
    live_server: Any, clinician: Member, patient: Patient, new_page: Callable[..., Page]
) -> Callable[..., Page]:
    """A signed-in browser on the hand-out of a draft with gabapentin, amitriptyline and TENS."""
    with tenant(clinician.organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
        shown, who = snapshot(patient, TODAY), {"actor": clinician.actor, "patient": patient, "now": timezone.now()}
        for kind, name in (("agent", "gabapentin"), ("agent", "amitriptyline"), ("therapy", "tens")):
            services.add_item(kind=kind, ref_id=name, shown=shown, **who)  # type: ignore[arg-type]
        draft = queries.draft_of(patient.pk)
    assert draft
    cookie = clinician.client.cookies[settings.SESSION_COOKIE_NAME].value

    def make(query: str = "", **options: Any) -> Page:
        page = new_page(**options)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(f"/patients/{patient.pk}/plan/{draft.id}/handout/{query}")
        return page

    return make


def test_the_hand_out_is_accessible(
    handout_page: Callable[..., Page], check_access: CheckAccess, subtests: pytest.Subtests
) -> None:
    page = handout_page()
    sheet = page.url
    for query in ("", "?lang=es&for=caregiver", "?size=18"):
        page.goto(sheet + query)
        for width in (1280, 390):
            with subtests.test(query=query, width=width):
                page.set_viewport_size({"width": width, "height": 900})
                check_access(page, contrast=width == 1280)
                assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_hand_out_is_accessible_in_the_dark(
    handout_page: Callable[..., Page], check_access: Callable[[Page], None]
) -> None:
    check_access(handout_page(color_scheme="dark"))


def test_the_language_is_chosen_and_the_pdf_follows(handout_page: Callable[..., Page]) -> None:
    page = handout_page()
    page.get_by_label("Language").select_option("es")
    page.locator("select[name=size]").select_option("18")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("article.handout")).to_have_attribute("lang", "es")
    expect(page.locator("article.handout h2")).to_have_text("Mi plan para el dolor")
    href = page.get_by_role("link", name="PDF").get_attribute("href")
    assert href
    assert re.search(r"lang=es&for=patient&paper=[a-z0-9-]+&size=18", href)
    response = page.request.get(href)
    assert response.headers["content-type"] == "application/pdf"
    assert response.body().startswith(b"%PDF-")


def test_on_paper_there_is_the_sheet_alone(handout_page: Callable[..., Page]) -> None:
    page = handout_page()
    page.emulate_media(media="print")
    expect(page.locator("article.handout")).to_be_visible()
    for name in (".handout-choice", ".handout-reading", ".banner", "header.top"):
        expect(page.locator(name).first).to_be_hidden()
