"""What a first plan costs a clinician who knows the patient: from the proposal to the signature, in a real browser.

The patient has a signed assessment and no plan. One medicine and one therapy of those recommended are chosen, a goal is
agreed in the patient's words, and the plan is signed. Counted like an assessment: see painplan.benchmarks.assessment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse

from painplan.benchmarks.assessment import Hand, Lost, patient_of_the_walk, timed
from painplan.benchmarks.measure import Figure, figure
from treatments.option_lists import LISTS, THERAPIES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# What the issue of speed is about: a plan in minutes and answers.
GOAL: Final = "Walk to the shop and back"


def figures(browser: Browser, address: str, session: Any) -> Iterator[Figure]:
    """Answers, keys, presses and seconds of one first plan."""
    _organisation, patient = patient_of_the_walk()
    context = browser.new_context(
        base_url=address, locale="en-GB", storage_state=session, viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(20_000)
    hand = Hand(context.new_page())
    seconds = timed(lambda: _plan(hand, reverse("patient-plan", args=[patient])))
    yield figure("plan.answers", hand.answers, "answers")
    yield figure("plan.keys", hand.keys, "keys")
    yield figure("plan.presses", hand.presses, "presses")
    yield figure("plan.hands", hand.hands_seconds, "s")
    yield figure("plan.person", hand.person_seconds, "s")
    yield figure("plan.machine", seconds, "s")
    context.close()


def _plan(hand: Hand, start: str) -> None:
    page = hand.page
    page.goto(start)
    _add_first(hand)
    hand.click(page.locator(f".plan-lists a[data-key='{LISTS.index(THERAPIES) + 1}']"))
    page.wait_for_load_state("networkidle")
    _add_first(hand)
    words = page.get_by_label("What the patient wants to do", exact=True).first
    if not words.is_visible():
        hand.click(page.get_by_text("Change goal and dates"))
    with page.expect_response(lambda response: "/goals/" in response.url and response.ok):
        hand.click(words)
        hand.type(GOAL)
    page.wait_for_load_state("networkidle")
    hand.click(page.locator(".plan-sign"))
    page.wait_for_url("**/sign/")
    sign = page.get_by_role("button", name="Sign the plan")
    if sign.is_disabled():
        raise Lost(f"The plan cannot be signed: {page.locator('main').inner_text()[:800]}")
    hand.click(sign)
    page.wait_for_load_state("networkidle")
    if "/sign/" in page.url:
        raise Lost(f"Not signed: {page.locator('main').inner_text()[:800]}")


def _add_first(hand: Hand) -> None:
    """Choose the first of the recommended options."""
    page: Page = hand.page
    first: Locator = page.locator(".plan-group").first.locator("button[name='option']").first
    hand.click(first)
    page.wait_for_load_state("networkidle")
