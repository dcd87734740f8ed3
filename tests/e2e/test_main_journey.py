"""The main job from beginning to end, in a real browser, as the people who do it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.audit import Actor
from accounts.tenancy import tenant
from followup import services
from followup.delivery import outlet
from followup.models import Reminder
from patients.models import Patient
from tests.cast import Member
from tests.e2e import steps
from tests.e2e.conftest import CheckAccess

Look = Callable[..., None]
PHONE, SCREEN = 390, 1280

# What makes a page scroll sideways; what scrolls inside its own box does not.
BEYOND_THE_EDGE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > innerWidth)
        .map((each) => each.outerHTML.slice(0, 120)).slice(0, 5)"""

# How the patient answers: the beginning of a question, and the answer.
ANSWERS = {
    "Do you have any of these now?": "None of these",
    "How strong was your pain on average": "4",
    "How strong was your pain at its worst": "6",
    "How strong is your pain right now": "3",
    "What number best describes": "4",
    "Since starting this treatment": "Much improved",
    "How is it going with your goal": "As I hoped",
    "How much of your treatment": "Nearly all of it",
    "Have you had any of these": "Sleepiness",
    "How much did it bother you?": "A little. I can do everything I usually do",
}


def send_what_is_due(member: Member) -> None:
    """What the worker does when the first check-in of the plan is due."""
    with tenant(member.organisation.pk):
        moment = Reminder.objects.earliest("due_at").due_at
    sender = Actor.for_job("send-reminders", member.organisation.pk)
    claims = services.claim_due(actor=sender, now=moment)
    assert services.deliver(actor=sender, claims=claims, outlet=outlet(), now=moment) == ["sent"]


@pytest.fixture
def look(check_access: CheckAccess) -> Look:
    """Look at a page on a screen and on a phone: no accessibility fault, nothing beside the edge.

    `faults_at` are the widths at which faults are looked for: one is enough, or none, for a page of which its own test
    looks for them at both.
    Colours are looked at once, because no width changes them; `contrast` False leaves them to the page's own test.
    """

    def at_both_widths(
        page: Page, name: str, faults_at: Sequence[int] = (PHONE, SCREEN), *, contrast: bool = True
    ) -> None:
        for width, height in ((PHONE, 844), (SCREEN, 800)):
            page.set_viewport_size({"width": width, "height": height})
            beyond = page.evaluate(BEYOND_THE_EDGE)
            assert not beyond, f"{name} scrolls sideways at {width} px: {beyond}"
            if width not in faults_at and not steps.PICTURES:
                continue
            # As tall as the page: what a bar that stays in view happens to cover would count as too small.
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, tall)})
            check_access(page, contrast=contrast and width == faults_at[0])
            steps.picture(page, f"{name}-{width}")
        page.set_viewport_size({"width": SCREEN, "height": 800})

    return at_both_widths


def test_from_the_first_visit_to_the_next_step(
    browser_page: Page,
    phone_page: Page,
    new_page: Callable[..., Page],
    look: Look,
    clinician: Member,
    trainee: Member,
    outsider: Member,
    patient: Patient,
    today: dt.date,
    transactional_db: Any,
) -> None:
    page = browser_page

    # Given a clinician who signs in
    page.goto("/")
    look(page, "sign-in", [SCREEN])
    steps.sign_in(page, clinician)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    look(page, "worklist-empty", [SCREEN], contrast=False)

    # When they register somebody who is almost a patient on file
    page.get_by_role("link", name="New patient").click()
    steps.fill(
        page, {"Family name": "Johanson", "Given names": "Ingrid", "Birth date": "1951-05-02", "Number": "50777"}
    )
    steps.fill(page, {"E-mail address": "i.johanson@example.org", "Agreed or declined on": today.isoformat()})
    steps.answer(page, "Sex used in formulas", "Female")
    page.get_by_label("Pregnancy and breastfeeding").select_option(label="Does not apply")
    page.get_by_label("Agrees to reminders by e-mail").check()
    page.get_by_role("button", name="Register").click()

    # Then they are warned, see who that is, and go on
    warning = page.get_by_role("alert").filter(has_text="may be the same person")
    expect(warning).to_contain_text("JOHANSSON, Ingrid")
    expect(warning).to_contain_text("40218")
    look(page, "register", [])
    page.get_by_role("button", name="Nobody of these: register").click()
    expect(page.locator(".banner")).to_contain_text("JOHANSON, Ingrid")

    # When they look after the patient from now on and enter what is known
    steps.open_section(page, "Team")
    expect(page.get_by_text("Nobody looks after this patient yet.")).to_be_visible()
    team = page.get_by_role("form", name="Add to the care team")
    steps.fill(team, {"Person": "Maya Adeyemi (clinician)"})
    team.get_by_role("button", name="Add to the care team").click()
    expect(page.locator(".banner")).to_contain_text("Care team: 1")
    steps.open_section(page, "Record")
    steps.add_to_record(page, "problem", "Add problem", {"Problem": "Diabetes mellitus"})
    steps.review_whole_list(page, "problem")
    steps.add_medicine(page, "lust", "Lustral", "100", "mg")
    steps.add_medicine(page, "exfo", "Exforge")
    steps.add_medicine(page, "Zelmotrine forte", "")
    steps.add_to_record(page, "allergy", "Add allergy", {"Substance": "carbamazepine", "Reaction": "rash"})
    measured = {"Measurement": "Serum creatinine (umol/L / mmol/L / mg/dL)", "Value": "1.9", "Unit": "mg/dL"}
    steps.add_to_record(page, "measurement", "Add measurement", measured)
    weighed = {"Measurement": "Body weight (kg / g / lb / st)", "Value": "61", "Unit": "kg"}
    steps.add_to_record(page, "measurement", "Add measurement", weighed)
    tried = {"Treatment": "Amitriptyline", "Highest daily dose": "25", "Unit": "mg", "Weeks at that dose": "6"}
    tried |= {"Pain relief in percent": "10", "Why it ended": "Adverse effect", "Adverse effects": "dry mouth"}
    steps.add_to_record(page, "trial", "Add treatment tried", tried)

    # Then brands and combinations are understood, and what is not known is said to be unchecked
    medicines = page.locator("#medicine").get_by_role("listitem")
    expect(medicines.filter(has_text="Lustral")).to_contain_text("sertraline")
    expect(medicines.filter(has_text="Exforge")).to_contain_text("valsartan")
    expect(medicines.filter(has_text="Zelmotrine forte")).to_contain_text("not checked", ignore_case=True)
    expect(page.locator(".banner")).to_contain_text("carbamazepine (rash)")
    look(page, "record", [])

    # When the pain is assessed
    steps.open_section(page, "Assess")
    page.get_by_role("button", name="Start an assessment").click()
    steps.answer_all(page, "No")
    steps.go_on(page)
    steps.fill(page, {"Name of the new area": "Both feet"})
    page.get_by_role("button", name="Add a pain area").click()
    steps.mark_regions(page, "sole", "toes")
    for word in ("Burning", "Tingling"):
        steps.answer(page, word, "Yes")
    steps.answer(page, "Soft brush", "More")
    steps.answer(page, "Pinprick", "Less")
    look(page, "assess-area", [])
    steps.go_on(page)
    strength = "How strong was your pain {} in the last 24 hours?"
    steps.fill(page, {strength.format("at its worst"): "9", strength.format("at its least"): "4"})
    steps.fill(page, {strength.format("on average"): "7", "How strong is your pain right now?": "6"})
    steps.fill(page, {"How long has this pain lasted?": "30"})
    steps.go_on(page)
    steps.answer(page, "Painful diabetic polyneuropathy", "Yes")
    steps.go_on(page)
    for criterion in ("1. History fits", "2. Distribution fits", "3. Sensory signs in the same area"):
        steps.answer(page, criterion, "Yes")
    so_far = page.get_by_role("complementary", name="What it means so far")
    expect(so_far).to_contain_text("Probable")
    steps.go_on(page)
    steps.go_on(page)
    for number in page.get_by_role("textbox").all():
        number.fill("6")
    steps.go_on(page)
    steps.answer_all(page, "Several days")
    steps.answer(page, "Thoughts that you would be better off dead or of hurting yourself in some way", "Not at all")
    expect(so_far).to_contain_text("PHQ-9")
    look(page, "assess-mood", [])
    steps.go_on(page)
    page.get_by_role("link", name="Go on", exact=True).click()
    steps.go_on(page)
    page.get_by_label("Notes").fill("Wants to sleep through and to walk to the shop.")
    steps.go_on(page)
    look(page, "assess-sign", [SCREEN])
    page.get_by_role("button", name="Sign the assessment").click()

    # Then it stands signed, with what it meant
    expect(page.get_by_role("heading", name="Assessment of")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Probable")
    look(page, "assessment-signed")

    # When the plan is opened
    steps.open_section(page, "Plan")
    look(page, "plan", [])

    # Then what may be given, what must not, and what is not known stand apart, each with its reason
    expect(steps.option(page, "Duloxetine")).to_contain_text("CrCl below 30")
    expect(steps.group(page, "Excluded")).to_contain_text("Duloxetine")
    expect(steps.group(page, "Needs data")).to_contain_text("Pregabalin")
    expect(page.get_by_label("Alerts")).to_contain_text("Zelmotrine forte")

    # When what is missing is entered where it is missed
    steps.open_missing(page)
    steps.missing(page, "The medicine list is complete").get_by_role("button", name="All gone through today").click()
    expect(steps.said(page)).to_contain_text("Pregabalin")
    plaster = "Lidocaine 5% medicated plaster / patch"
    page.get_by_role("link", name="Topicals").click()
    expect(steps.group(page, "Needs data")).to_contain_text(plaster)
    for question in ("where a plaster, patch or cream would go?", "where a topical or a needle would go?"):
        steps.missing(page, question).get_by_role("button", name="No", exact=True).click()
    expect(steps.said(page)).to_contain_text("Lidocaine")
    page.get_by_role("link", name="Drugs").click()
    expect(steps.group(page, "Needs data")).to_contain_text("Nortriptyline")
    steps.fill(steps.missing(page, "Corrected QT?"), {"Corrected QT interval": "438"})
    steps.missing(page, "Corrected QT?").get_by_role("button", name="Save").click()

    # Then options move, and doses are those for these kidneys
    expect(steps.said(page)).to_contain_text("Nortriptyline")
    expect(steps.group(page, "Needs data")).to_have_count(0)
    expect(page.locator(".banner")).to_contain_text("438")
    expect(steps.group(page, "Recommended")).to_contain_text("Pregabalin")
    page.get_by_role("link", name="Pregabalin (immediate release)").click()
    why = page.get_by_role("region", name="Why")
    expect(why).to_contain_text("at most 150 mg")
    expect(why).to_contain_text("Creatinine clearance (Cockcroft-Gault) 24.6")
    look(page, "plan", [])

    # When a plan is built of a medicine, a plaster and a therapy
    steps.choose(page, "Pregabalin (immediate release)")
    page.get_by_role("link", name="Topicals").click()
    steps.choose(page, plaster)
    page.get_by_role("link", name="Education").click()
    steps.choose(page, "Pain physiology education")
    page.get_by_role("link", name="Drugs").click()

    # Then a dose above this patient's limit is refused with the limit, and one below it is taken
    steps.change_dose(page, "Pregabalin (immediate release)", step=3, dose="100")
    expect(page.locator(".error-summary")).to_contain_text("150 mg")
    look(page, "plan-dose-refused", [SCREEN], contrast=False)
    steps.write_dose(page.locator("main"), step=3, dose="75")
    expect(steps.item(page, "Pregabalin (immediate release)")).to_contain_text("75 mg twice a day")

    # When something is chosen that the rules exclude
    steps.choose(page, "Buprenorphine transdermal (7-day patch)")
    page.get_by_role("link", name="Sign …").click()

    # Then it cannot be signed, for each reason that is named; so it is taken out again
    refusal = page.get_by_role("alert").filter(has_text="It cannot be signed yet")
    expect(refusal).to_contain_text("The rules exclude it")
    expect(refusal).to_contain_text("breathing")
    expect(page.get_by_role("button", name="Sign the plan")).to_be_disabled()
    page.get_by_role("link", name="Back to the plan").click()
    page.get_by_role("button", name="Take out Buprenorphine").click()

    # When a dose above the limit is wanted with a coded reason
    page.goto(steps.address(page, "plan/items/pregabalin/"))
    page.get_by_role("link", name="reason for the dose").click()
    look(page, "plan-reason")
    page.get_by_label("Specialist advice").check()
    steps.fill(page, {"Dose of a day, up to": "200", "In words": "Agreed with the renal team by telephone."})
    page.get_by_role("button", name="Keep this reason").click()
    steps.change_dose(page, "Pregabalin (immediate release)", step=3, dose="100")

    # Then it stands in the plan with the reason and who gave it
    expect(steps.item(page, "Pregabalin (immediate release)")).to_contain_text("100 mg twice a day")
    expect(steps.item(page, "Pregabalin (immediate release)")).to_contain_text("Agreed with the renal team")

    # When the goal and a day to look again are agreed
    in_three_weeks = today + dt.timedelta(days=21)
    goals = page.locator(".plan-goals")
    steps.fill(goals, {"What the patient wants to do": "Walk to the shop", "Average pain, at most": "4"})
    goals.locator(".plan-date").first.locator("input").first.fill(in_three_weeks.isoformat())
    goals.get_by_role("button", name="Save", exact=True).click()
    expect(goals).to_contain_text("Walk to the shop")
    look(page, "plan-built", [])

    # Then a trainee may look it over but not sign
    trainee_page = new_page()
    steps.sign_in(trainee_page, trainee, page.url)
    trainee_page.get_by_role("link", name="Look over …").click()
    expect(trainee_page.get_by_text("Your role does not sign plans")).to_be_visible()
    expect(trainee_page.get_by_role("button", name="Sign the plan")).to_have_count(0)

    # And for an outsider there is no such patient
    outside = new_page()
    steps.sign_in(outside, outsider)
    for path in ("", "plan/", "plan/sign/", "record/", "assess/", "follow-up/"):
        answer = outside.goto(steps.address(page, path))
        assert answer is not None
        assert answer.status == 404, path

    # When the clinician signs
    page.get_by_role("link", name="Sign …").click()
    expect(page.locator("main")).to_contain_text("Agreed with the renal team")
    expect(page.locator("main")).to_contain_text("Zelmotrine forte")
    look(page, "plan-sign", [])
    page.get_by_role("button", name="Sign the plan").click()

    # Then the plan is fixed, and can be printed
    expect(page.get_by_role("heading", level=1, name="Plan")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Maya Adeyemi")
    look(page, "plan-signed")
    page.get_by_role("link", name="Print").first.click()
    expect(page.get_by_role("heading", name="Treatment plan")).to_be_visible()
    expect(page.locator(".foot")).to_contain_text("Paper ages: check the live record.")
    look(page, "plan-print")

    # When the first check-in is due, a message without clinical detail goes out
    send_what_is_due(clinician)
    page.goto(reverse("demo-outbox"))
    message = page.get_by_role("article")
    expect(message).to_contain_text("i.johanson@example.org")
    for word in ("Ingrid", "neuropath", "pregabalin"):
        expect(message).not_to_contain_text(word, ignore_case=True)
    look(page, "outbox")
    link = message.get_by_role("link").first.get_attribute("href") or ""

    # And the patient answers it on a phone
    phone = phone_page
    phone.goto(urlsplit(link).path)
    look(phone, "check-in-birth-date", [PHONE])
    steps.fill(phone, {"Day": "2", "Month": "5", "Year": "1951"})
    phone.get_by_role("button", name="Go on").click()
    looked_at = set()
    while (question := steps.question_of(phone)) != "Send your answers?":
        kind = "scale" if phone.locator(".scale").count() else "choice"
        if kind not in looked_at:
            look(phone, f"check-in-{kind}", [PHONE])
            looked_at.add(kind)
        given = next(words for beginning, words in ANSWERS.items() if question.startswith(beginning))
        phone.get_by_label(given, exact=True).check()
        phone.get_by_role("button", name="Go on").click()
    look(phone, "check-in-send", [PHONE])
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    look(phone, "check-in-thanks", [PHONE])

    # Then the answers wait on the worklist, and stand on the overview
    page.goto(reverse("worklist"))
    expect(page.get_by_role("row").filter(has_text="JOHANSON")).to_contain_text("pain 4, PEG 4.0")
    look(page, "worklist", [PHONE])
    page.get_by_role("link", name="JOHANSON, Ingrid").first.click()
    scores = page.get_by_role("region", name="How bad, and which way")
    expect(scores).to_contain_text("4 Average pain")
    expect(scores).to_contain_text("Sleepiness")
    look(page, "overview")

    # And in the picture, with its table, and the next step is drafted once what nobody asked yet is entered
    steps.open_section(page, "Follow-up")
    picture = page.get_by_role("figure", name="How it went")
    expect(picture).to_contain_text("Average pain 4; it was 7 before the treatment.")
    picture.get_by_text("The same as a table").click()
    expect(picture.get_by_role("table")).to_be_visible()
    draft = page.locator("aside .card").filter(has=page.get_by_role("heading", name="Pregabalin"))
    missing = page.get_by_role("region", name="Still missing for the next step")
    expect(page.get_by_label("Suicide risk, asked directly")).to_have_count(1)
    look(page, "follow-up-missing", [PHONE], contrast=False)
    missing.get_by_label("Suicide risk, asked directly").select_option(label="none")
    missing.get_by_role("button", name="Work it out").click()
    expect(missing).to_have_count(0)
    expect(draft).to_contain_text("Continue")
    look(page, "follow-up")
