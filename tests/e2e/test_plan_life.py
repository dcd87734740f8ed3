"""A plan that a trainee drafts: proposed, returned, proposed again, signed, its tasks ordered and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.tenancy import tenant
from patients.models import Patient, Task
from tests.cast import TODAY, Member
from tests.e2e import steps
from tests.e2e.conftest import CheckAccess
from tests.e2e.steps import picture
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_plan_services import Desk
from treatments import services
from treatments.models import Plan

Open = Callable[..., Page]


@pytest.fixture
def open_plan(
    live_server: Any, trainee: Member, clinician: Member, patient: Patient, new_page: Callable[..., Page]
) -> Open:
    """A browser of somebody on a page of the plan, which has gabapentin and exercise and everything answered."""
    with tenant(clinician.organisation.pk):
        enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
        desk = Desk(trainee, patient)
        desk.add("gabapentin", "aerobic_exercise")
        desk.answer_everything()
        desk.agree()

    def make(who: Member, path: str = "", **options: Any) -> Page:
        cookie = who.client.cookies[settings.SESSION_COOKIE_NAME].value
        page = new_page(**options)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(f"/patients/{patient.pk}/plan/{path}")
        return page

    return make


def test_a_trainee_drafts_and_a_clinician_signs_orders_and_takes_back(
    open_plan: Open, trainee: Member, clinician: Member, patient: Patient
) -> None:
    drafter, signer = open_plan(trainee, "sign/"), open_plan(clinician)
    expect(drafter.get_by_role("button", name="Sign the plan")).to_have_count(0)
    drafter.get_by_label("Who signs").select_option(label=clinician.user.name)
    drafter.get_by_label("For the signer").fill("Please look at the first dose.")
    drafter.get_by_role("button", name="Propose for review").click()
    expect(drafter.get_by_text("Proposed for review by Sam Okafor to Maya Adeyemi")).to_be_visible()
    picture(drafter, "plan-proposed")

    signer.goto("/worklist/?show=draft")
    row = signer.get_by_role("row").filter(has_text="Plan to review and sign, drafted by Sam Okafor")
    row.get_by_role("link", name="Go on").click()
    expect(signer.get_by_text("“Please look at the first dose.”")).to_be_visible()
    signer.get_by_text("Return it to be changed").click()
    signer.get_by_label("What is to be changed?").fill("Say in the note that it is taken at night.")
    picture(signer, "plan-return")
    signer.get_by_role("button", name="Return to Sam Okafor").click()

    drafter.reload()
    expect(drafter.get_by_text("“Say in the note that it is taken at night.”")).to_be_visible()
    picture(drafter, "plan-returned")
    item = drafter.locator("#item-gabapentin")
    item.get_by_text("Change dose, dates, owner").click()
    item.locator("[name='item-gabapentin-note']").fill("At night.")
    item.locator("[name='item-gabapentin-dose_0']").click()
    expect(item.locator("[data-save-status]")).to_contain_text("Saved")
    drafter.goto(f"/patients/{patient.pk}/plan/sign/")
    drafter.get_by_role("button", name="Propose for review").click()
    expect(drafter.get_by_text("to anybody who may sign")).to_be_visible()

    signer.goto(f"/patients/{patient.pk}/plan/sign/")
    signer.get_by_role("button", name="Sign the plan").click()
    expect(signer.get_by_text("The plan is signed.")).to_be_visible()
    with tenant(clinician.organisation.pk):
        plan = Plan.objects.get(patient=patient, state="signed")
        assert (plan.signed_by_id, plan.proposed_by_id) == (clinician.user.pk, trainee.user.pk)

    signer.get_by_role("link", name="Tasks and referrals").first.click()
    picture(signer, "plan-orders")
    ticked = signer.locator("form.plan-orders input[type=checkbox]:checked").count()
    signer.get_by_label("Refer to Podiatrist", exact=False).uncheck()
    signer.get_by_role("button", name="Make these tasks").click()
    undo = signer.get_by_role("button", name=f"Undo: {ticked - 1} tasks")
    expect(undo).to_be_visible()
    picture(signer, "plan-ordered")
    undo.click()
    expect(signer.get_by_text(f"{ticked - 1} tasks are withdrawn.")).to_be_visible()
    with tenant(clinician.organisation.pk):
        assert Task.objects.filter(withdrawn_at=None).count() == 0


def test_the_pages_of_a_plans_life_are_accessible_and_fit_a_phone(
    open_plan: Open,
    trainee: Member,
    clinician: Member,
    patient: Patient,
    check_access: CheckAccess,
    subtests: pytest.Subtests,
) -> None:
    with tenant(clinician.organisation.pk):
        services.propose_plan(actor=trainee.actor, patient=patient, now=timezone.now(), to=clinician.user.pk)
    page = open_plan(clinician, color_scheme="dark")
    plan = page.url
    for path in (plan, plan + "sign/", plan + "orders/", plan + "versions/", "/plans/under-todays-rules/"):
        page.goto(path)
        steps.unfold(page)
        for width in (1280, 390):
            with subtests.test(path=path, width=width):
                page.set_viewport_size({"width": width, "height": 900})
                check_access(page, contrast=width == 1280)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                picture(page, f"plan-life-{path.strip('/').rpartition('/')[2]}-{width}")
