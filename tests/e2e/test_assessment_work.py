"""The work of an assessment is never lost and never doubled: figure, grid by keyboard, killed browsers, two people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, Request, expect

from accounts.tenancy import tenant
from assessments import services
from assessments.content import assessment_content
from assessments.record import AreaRecord
from assessments.sensory import possible_results
from tests.e2e.assessing import address, draft_of, signed_in, start_with_an_area
from tests.e2e.steps import sign_in

# Longer than the pause after which a form saves itself.
PAUSE_MS = 800
MARKED = re.compile(r"\bis-pain\b")
# The name of what has the focus where a bar covers any of it, otherwise nothing. A radio button counts as its label.
COVERED = """(bars) => {
  const focus = document.activeElement;
  if (!focus?.closest("form.assess-form") || bars.some((bar) => bar.contains(focus))) return "";
  const box = (focus.closest("label") ?? focus).getBoundingClientRect();
  const places = bars.map((bar) => bar.getBoundingClientRect());
  const covering = places.find((bar) => bar.top < box.bottom - 1 && bar.bottom > box.top + 1);
  return covering ? `${focus.name || focus.textContent}: ${covering.top} covers ${box.top} to ${box.bottom}` : "";
}"""


@pytest.fixture
def area(transactional_db: None, clinician: Any, patient: Any) -> str:
    return start_with_an_area(clinician, patient)


@pytest.fixture
def page(browser_page: Page, live_server: Any, clinician: Any, area: str) -> Page:
    """A clinician's browser; an assessment is open."""
    return signed_in(browser_page, clinician, live_server)


@pytest.fixture
def timed_page(new_page: Callable[..., Page], live_server: Any, clinician: Any, area: str) -> Page:
    """As `page`, where time passes as the test says."""
    page = signed_in(new_page(own=True), clinician, live_server)
    page.clock.install()
    return page


@contextmanager
def saves_of(page: Page) -> Iterator[list[str]]:
    """What the page sends to save itself."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and "x-autosave" in request.headers:
            sent.append(request.post_data or "")

    page.on("request", note)
    yield sent
    page.remove_listener("request", note)


@pytest.fixture
def saves(page: Page) -> Iterator[list[str]]:
    with saves_of(page) as sent:
        yield sent


def stored_area(patient: Any, clinician: Any) -> AreaRecord:
    (found,) = draft_of(patient, clinician).areas
    return found


def all_saved(page: Page) -> None:
    expect(page.locator("form[data-unsent]")).to_have_count(0)


def region(page: Page, name: str) -> Locator:
    return page.locator(f'.bodymap-views path[data-region="{name}"]')


def middle(shape: Locator) -> tuple[float, float]:
    box = shape.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# --- the figure -------------------------------------------------------------------------------------------------------


def test_click_drag_and_list_mark_the_same_regions(
    page: Page, saves: list[str], patient: Any, clinician: Any, area: str
) -> None:
    page.goto(address(patient, area))

    region(page, "calf_back_r").click()
    all_saved(page)
    assert len(saves) == 1
    expect(page.locator('[name="regions"][value="calf_back_r"]')).to_be_checked()

    upper, lower = region(page, "thigh_front_upper_r"), region(page, "thigh_front_lower_r")
    upper.scroll_into_view_if_needed()
    start, end = middle(upper), middle(lower)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=12)
    page.mouse.up()
    all_saved(page)
    assert len(saves) == 2, "one stroke is one save"

    page.get_by_label("Find a region").fill("heel")
    expect(page.locator("[data-filter-count]")).to_have_text("1 region")
    page.get_by_role("checkbox", name="Where it hurts: Heel, patient's left").check()
    expect(region(page, "heel_l")).to_have_class(MARKED)
    all_saved(page)

    by_hand = {"calf_back_r", "thigh_front_upper_r", "thigh_front_lower_r", "heel_l"}
    assert by_hand <= set(stored_area(patient, clinician).regions)
    page.reload()
    for name in by_hand:
        expect(region(page, name)).to_have_class(MARKED)

    region(page, "calf_back_r").click()
    expect(page.locator("[data-map-said]")).to_have_text("Where it hurts: Calf, patient's right: taken away")
    all_saved(page)
    assert "calf_back_r" not in stored_area(patient, clinician).regions


def test_each_layer_takes_its_own_marks(page: Page, patient: Any, clinician: Any, area: str) -> None:
    page.goto(address(patient, area))
    page.locator(".map-tools").get_by_text("Where it is numb").click()
    expect(page.get_by_role("group", name="Where it is numb", exact=True)).to_be_visible()
    expect(page.get_by_role("group", name="Where it hurts", exact=True)).to_be_hidden()
    region(page, "shin_lateral_l").click()
    all_saved(page)
    found = stored_area(patient, clinician)
    assert found.numb_regions == ("shin_lateral_l",)
    assert "shin_lateral_l" not in found.regions


def test_looking_at_a_layer_or_a_nerve_saves_nothing(timed_page: Page, patient: Any, area: str) -> None:
    page = timed_page
    with saves_of(page) as saves:
        page.goto(address(patient, area))
        page.locator(".map-tools").get_by_text("Where touch hurts").click()
        page.get_by_label("Show the skin of").select_option(label="L5")
        expect(page.locator(".bodymap-region.is-own").first).to_be_visible()
        page.get_by_label("Find a region").fill("foot")
        page.clock.run_for(5 * PAUSE_MS)
        all_saved(page)
    assert saves == []


def test_a_finger_marks_by_tapping(phone_page: Page, live_server: Any, patient: Any, clinician: Any, area: str) -> None:
    page = signed_in(phone_page, clinician, live_server)
    page.goto(address(patient, area))
    region(page, "thigh_front_upper_l").tap()
    all_saved(page)
    assert "thigh_front_upper_l" in stored_area(patient, clinician).regions


def test_on_a_phone_the_list_of_sections_begins_where_the_reader_is(
    phone_page: Page, live_server: Any, patient: Any, clinician: Any, area: str
) -> None:
    page = signed_in(phone_page, clinician, live_server)
    page.goto(address(patient, "mood"))
    here = page.get_by_role("navigation", name="Sections of the assessment").get_by_role("link", name="Mood")
    expect(here).to_be_in_viewport(ratio=0.9)


# --- the bedside examination by keyboard ------------------------------------------------------------------------------


def test_the_whole_grid_is_filled_by_one_key_a_row(page: Page, patient: Any, clinician: Any, area: str) -> None:
    stimuli = assessment_content().examination.stimuli
    keys = {"less": "1", "same": "2", "more": "3"}
    wanted = {stimulus.id: possible_results(stimulus)[number % 2] for number, stimulus in enumerate(stimuli)}
    page.goto(address(patient, area))
    page.wait_for_load_state()
    page.locator("[data-sensory-row]").first.get_by_role("radio").first.focus()
    for stimulus in stimuli:
        page.keyboard.press(keys[wanted[stimulus.id]])
    all_saved(page)
    assert {found.stimulus: found.result for found in stored_area(patient, clinician).sensory} == wanted

    page.keyboard.press("ArrowUp")
    page.keyboard.press("0")
    all_saved(page)
    last_but_one = stimuli[-2].id
    assert last_but_one not in {found.stimulus for found in stored_area(patient, clinician).sensory}


def test_red_flags_are_answered_by_one_key_each(page: Page, saves: list[str], patient: Any, clinician: Any) -> None:
    page.goto(address(patient, "red-flags"))
    flags = [no.get_attribute("name") for no in page.locator(".assess-flag > .field input[value='no']").all()]
    page.locator(f'[name="{flags[0]}"]').first.focus()
    page.keyboard.type("2x0")  # A key that no answer has does nothing.
    expect(page.locator(f'[name="{flags[2]}"]:focus')).to_have_count(1)
    page.keyboard.press("1")
    # A yes forces an action, which is asked next.
    expect(page.locator(f'[name="{flags[2]}-handling"]:focus')).to_have_count(1)
    all_saved(page)
    answered = draft_of(patient, clinician).red_flags
    assert (answered[str(flags[0])].answer, answered[str(flags[2])].answer) == ("no", "yes")
    assert flags[1] not in answered  # Not known is no answer.


def test_scored_questions_are_answered_by_their_numbers(page: Page, patient: Any, clinician: Any) -> None:
    page.goto(address(patient, "mood"))
    page.locator('[name="phq9_1"]').first.focus()
    page.keyboard.type("123012300")
    all_saved(page)
    assert draft_of(patient, clinician).instruments["phq9"].answers == (1, 2, 3, 0, 1, 2, 3, 0, 0)


def test_what_has_the_focus_is_never_under_a_bar(
    new_page: Callable[..., Page], live_server: Any, patient: Any, clinician: Any, area: str
) -> None:
    # A low window, in which the bars take most.
    page = signed_in(new_page(viewport={"width": 1280, "height": 600}), clinician, live_server)
    for section in ("red-flags", "severity", "causes", area):
        page.goto(address(patient, section))
        page.wait_for_load_state("networkidle")
        bar, banner = page.locator(".assess-actions"), page.locator(".banner")
        page.locator("form.assess-form").locator("input, select, summary").filter(visible=True).first.focus()
        for _step in range(60):
            page.keyboard.press("Tab")
            hidden = page.evaluate(COVERED, [bar.element_handle(), banner.element_handle()])
            assert not hidden, f"{section}: {hidden}"
    # One key goes through the grid as well.
    page.locator("[data-sensory-row]").first.get_by_role("radio").first.focus()
    for _row in assessment_content().examination.stimuli:
        page.keyboard.press("2")
        hidden = page.evaluate(COVERED, [bar.element_handle(), banner.element_handle()])
        assert not hidden, hidden


def test_without_script_lists_and_radio_buttons_hold_everything(
    page_without_script: Page, live_server: Any, patient: Any, clinician: Any, area: str
) -> None:
    page = signed_in(page_without_script, clinician, live_server)
    page.goto(address(patient, area))
    expect(page.locator(".map-tools")).to_be_hidden()
    expect(page.get_by_role("checkbox", name="Where it hurts: Toes, underside, patient's left")).to_be_visible()
    numb = page.get_by_role("group", name="Where it is numb", exact=True)
    numb.get_by_text("Leg and foot").click()
    numb.get_by_role("checkbox", name="Where it is numb: Heel, patient's left").check()
    page.locator('[name="exam-vibration"][value="less"]').check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1, name="How bad, how long")).to_be_visible()
    found = stored_area(patient, clinician)
    assert found.numb_regions == ("heel_l",)
    assert "vibration" in {tested.stimulus for tested in found.sensory}


# --- nothing typed is lost --------------------------------------------------------------------------------------------


def test_a_killed_browser_costs_less_than_a_second_of_typing(
    timed_page: Page, new_page: Callable[..., Page], live_server: Any, patient: Any, clinician: Any
) -> None:
    page = timed_page
    page.goto(address(patient, "wishes"))
    page.wait_for_load_state()
    page.clock.pause_at("2100-01-01")  # From here on time passes only as the test says.
    notes = page.get_by_label("Notes")
    # A save a moment before must not hold up the next one.
    notes.press_sequentially("Works nights.")
    page.clock.run_for(PAUSE_MS + 1)
    all_saved(page)
    notes.press_sequentially(" Walks to the shop.")
    page.clock.run_for(PAUSE_MS + 1)
    all_saved(page)
    notes.press_sequentially(" lost")
    # The machine is switched off: nothing is sent any more.
    page.context.set_offline(True)
    page.context.close()

    again = signed_in(new_page(), clinician, live_server)
    again.goto(address(patient, "wishes"))
    expect(again.get_by_label("Notes")).to_have_value("Works nights. Walks to the shop.")


def test_leaving_with_unsent_words_asks_first(timed_page: Page, patient: Any) -> None:
    page = timed_page
    page.goto(address(patient, "wishes"))
    page.wait_for_load_state()
    page.clock.pause_at("2100-01-01")
    page.get_by_label("Notes").press_sequentially("Unsent")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("() => { setTimeout(() => { location.href = '/worklist/'; }, 0); }")
    page.clock.run_for(1)
    expect(page.get_by_label("Notes")).to_have_value("Unsent")
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    page.clock.run_for(5 * PAUSE_MS)
    all_saved(page)


def test_going_back_shows_what_is_stored_and_goes_on_from_there(page: Page, patient: Any, clinician: Any) -> None:
    page.goto(address(patient, "severity"))
    page.locator('[name="nrs_now"]').fill("5")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1, name="Cause")).to_be_visible()
    page.go_back()
    expect(page.locator('[name="nrs_now"]')).to_have_value("5")
    page.locator('[name="nrs_now"]').fill("3")
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="two versions")).to_have_count(0)
    assert draft_of(patient, clinician).nrs["now"] == 3


WORDS = {
    "emoji": "🦶🏽 brennt – „wie Feuer“ <b>&amp;</b>",
    "arabic": "ألم في القدمين",
    "hebrew-with-marks": "קדמיים \u202bיד\u202c",
    "5000": "a" * 5000,
}


def test_words_are_kept_exactly(page: Page, patient: Any, clinician: Any, area: str, subtests: pytest.Subtests) -> None:
    for kind, words in WORDS.items():
        with subtests.test(kind=kind):
            page.goto(address(patient, "wishes"))
            page.get_by_label("Notes").fill(words)
            all_saved(page)
            page.reload()
            expect(page.get_by_label("Notes")).to_have_value(words)
            assert draft_of(patient, clinician).notes == words
            if len(words) < 80:
                page.goto(address(patient, area))
                page.get_by_label("Name of this area").fill(words)
                all_saved(page)
                page.reload()
                expect(page.get_by_label("Name of this area")).to_have_value(words)
                expect(page.get_by_role("heading", level=1)).to_have_text(words)
                assert stored_area(patient, clinician).name == words


def test_what_cannot_be_read_is_told_at_its_field_without_leaving_the_page(
    page: Page, patient: Any, clinician: Any
) -> None:
    page.goto(address(patient, "severity"))
    average, worst = page.locator('[name="nrs_average"]'), page.locator('[name="nrs_worst"]')
    average.fill("17")
    all_saved(page)
    problem = page.locator("form.assess-form .field-error")
    expect(problem).to_have_count(0)  # Somebody is still typing there.
    worst.focus()
    expect(problem).to_have_text("Enter a whole number from 0 to 10.")
    expect(average).to_have_attribute("aria-invalid", "true")
    expect(average).to_have_accessible_description(re.compile("Enter a whole number from 0 to 10."))
    expect(page.locator("[data-save-status]")).to_contain_text("1 answer cannot be read")
    assert "average" not in draft_of(patient, clinician).nrs
    average.fill("7")
    worst.focus()
    expect(problem).to_have_count(0)
    expect(average).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-save-status]")).not_to_contain_text("cannot be read")
    assert draft_of(patient, clinician).nrs["average"] == 7


def test_impossible_days_figures_and_regions_are_told_and_cost_nothing_else(
    page: Page, patient: Any, clinician: Any, area: str
) -> None:
    page.goto(address(patient, area))
    page.wait_for_load_state()
    here = page.get_by_role("navigation", name="Sections of the assessment").locator("[aria-current]")
    page.locator('[name="onset_date"]').fill("2026-02-30")
    page.locator('[name="intensity"]').fill("11")
    page.locator('[name="intensity"]').blur()
    # A region that an older body map had, and one that is there.
    page.locator('[name="regions"][value="heel_r"]').evaluate("box => { box.value = 'moon'; box.checked = true; }")
    region(page, "calf_back_r").click()
    all_saved(page)
    wrong = page.locator("form.assess-form .field-error")
    not_there = "moon is not a region of the body map."
    expect(wrong).to_have_text(
        [not_there, "Enter a whole number from 0 to 10.", "Enter a date as year-month-day, for example 2026-03-02."]
    )
    expect(page.locator("[data-save-status]")).to_contain_text("3 answers cannot be read")
    expect(here).to_contain_text("needs mending")
    assert "calf_back_r" in stored_area(patient, clinician).regions

    page.reload()
    expect(page.locator("[data-layer=regions]")).to_contain_text(not_there)
    expect(page.locator('[name="onset_date"]')).to_have_value("2026-02-30")
    page.locator('[name="onset_date"]').fill("2024-02-29")
    page.locator('[name="intensity"]').fill("10")
    page.locator('[name="intensity"]').blur()
    all_saved(page)
    expect(wrong).to_have_count(0)
    expect(here).to_contain_text("saved")
    found = stored_area(patient, clinician)
    assert (found.intensity, str(found.onset_date)) == (10, "2024-02-29")


def test_a_form_of_another_version_stores_nothing_and_shows_both(page: Page, patient: Any, clinician: Any) -> None:
    page.goto(address(patient, "severity"))
    page.locator('[name="version"]').evaluate("field => { field.value = '99'; }")
    page.locator('[name="nrs_now"]').fill("2")
    expect(page.locator("[data-save-status]")).to_contain_text("Press Save to see both versions")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="two versions")).to_be_visible()
    assert draft_of(patient, clinician).nrs["now"] == 6


def typed_while_signed_out(page: Page, patient: Any, text: str) -> Locator:
    """The field with words that the server did not take, because nobody is signed in any more."""
    page.goto(address(patient, "wishes"))
    page.wait_for_load_state()
    page.context.clear_cookies()
    notes = page.get_by_label("Notes")
    notes.fill(text)
    expect(page.locator("[data-save-status]")).to_contain_text("You are signed out")
    return notes


def test_signed_out_meanwhile_somebody_signs_in_in_another_tab_and_goes_on(
    page: Page, patient: Any, clinician: Any
) -> None:
    notes, status = typed_while_signed_out(page, patient, "Sleeps badly."), page.locator("[data-save-status]")
    other = page.context.new_page()
    sign_in(other, clinician)
    page.bring_to_front()
    notes.press_sequentially(" Walks.")
    all_saved(page)
    expect(status).to_contain_text("Saved")
    assert draft_of(patient, clinician).notes == "Sleeps badly. Walks."
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1, name="Look over and sign")).to_be_visible()


def test_somebody_else_who_signs_in_does_not_store_what_was_typed_before(
    page: Page, patient: Any, clinician: Any, colleague: Any
) -> None:
    notes, status = typed_while_signed_out(page, patient, "Typed by the first."), page.locator("[data-save-status]")
    sign_in(page.context.new_page(), colleague)
    notes.press_sequentially(" More.")
    expect(status).to_contain_text("Somebody else has signed in")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(notes).to_have_value("Typed by the first. More.")
    expect(status).to_contain_text("Somebody else has signed in")
    assert draft_of(patient, clinician).notes == ""


def test_a_button_does_not_leave_the_page_while_the_server_is_away(
    new_page: Callable[..., Page], live_server: Any, patient: Any, clinician: Any, area: str
) -> None:
    page = signed_in(new_page(own=True), clinician, live_server)
    page.goto(address(patient, "wishes"))
    # All that the page fetches by itself has come.
    expect(page.get_by_role("link", name="Look at it with the plan")).to_have_count(0)
    page.context.set_offline(True)
    notes = page.get_by_label("Notes")
    notes.fill("Typed in the lift.")
    expect(page.locator("[data-save-status]")).to_contain_text("Trying again")
    page.get_by_role("button", name="Save and go on").click()
    expect(notes).to_have_value("Typed in the lift.")
    page.context.set_offline(False)
    all_saved(page)
    assert draft_of(patient, clinician).notes == "Typed in the lift."


def test_more_words_than_fit_stay_and_are_told(page: Page, patient: Any, clinician: Any) -> None:
    page.goto(address(patient, "tests"))
    page.locator("#test-ncs_emg").evaluate("details => { details.open = true; }")
    page.locator('[name="ncs_emg"]').select_option("abnormal")
    page.locator('[name="ncs_emg-finding"]').fill("é" * 5000)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator('[name="ncs_emg-finding"]')).to_have_value("é" * 5000)


# --- two people, two tabs ---------------------------------------------------------------------------------------------


def test_two_people_in_one_area_choose_field_by_field(
    page: Page, new_page: Callable[..., Page], live_server: Any, patient: Any, clinician: Any, area: str
) -> None:
    page.goto(address(patient, area))
    other = signed_in(new_page(java_script_enabled=False), clinician, live_server)
    other.goto(address(patient, area))
    other.locator('[name="intensity"]').fill("5")
    other.get_by_label("Name of this area").fill("Feet")
    other.get_by_role("button", name="Save", exact=True).click()

    region(page, "calf_back_r").click()
    page.locator('[name="intensity"]').fill("8")
    expect(page.locator("[data-save-status]")).to_contain_text("Press Save to see both versions")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="two versions")).to_be_visible()
    page.locator('[name="pick-intensity"][value="mine"]').check()
    page.locator('[name="pick-regions"][value="mine"]').check()
    page.get_by_role("button", name="Save the chosen answers").click()
    expect(page.get_by_role("heading", level=1, name="Feet")).to_be_visible()
    found = stored_area(patient, clinician)
    assert (found.name, found.intensity) == ("Feet", 8)
    assert "calf_back_r" in found.regions


def test_two_tabs_with_two_patients_stay_apart(
    page: Page, patient: Any, clinician: Any, new_patient: Any, area: str
) -> None:
    other_patient = new_patient(given_names="Rosalind")
    with tenant(clinician.organisation.pk):
        services.start(actor=clinician.actor, patient=other_patient, today=timezone.localdate(), now=timezone.now())
    page.goto(address(patient, "wishes"))
    second = page.context.new_page()
    second.goto(address(other_patient, "wishes"))
    for tab, shown in ((page, patient), (second, other_patient)):
        expect(tab.locator("[data-two-patients]")).to_be_visible()
        expect(tab.locator(".banner")).to_contain_text(shown.given_names)

    # Both type in turns; each tab saves for its own patient.
    page.get_by_label("Notes").press_sequentially("For the first. ")
    second.get_by_label("Notes").press_sequentially("For the second. ")
    page.get_by_label("Notes").press_sequentially("More.")
    all_saved(page)
    all_saved(second)
    assert draft_of(patient, clinician).notes == "For the first. More."
    assert draft_of(other_patient, clinician).notes == "For the second."

    # The first tab goes on and back; what it shows and saves is still its own patient's.
    page.get_by_role("button", name="Save and go on").click()
    expect(page.locator(".banner")).to_contain_text(patient.given_names)
    page.go_back()
    expect(page.get_by_label("Notes")).to_have_value("For the first. More.")
    second.get_by_role("button", name="Save and go on").click()
    expect(second.get_by_role("heading", level=1, name="Look over and sign")).to_be_visible()
    second.get_by_role("button", name="Sign the assessment").click()
    expect(second.get_by_role("heading", name="Assessment of")).to_be_visible()
    expect(second.locator(".banner")).to_contain_text(other_patient.given_names)
    assert draft_of(patient, clinician).status == "draft"

    # A tab that is closed is no second patient any more.
    second.close()
    expect(page.locator("[data-two-patients]")).to_be_hidden()


def test_a_form_of_another_patient_stores_nothing(page: Page, patient: Any, clinician: Any) -> None:
    page.goto(address(patient, "wishes"))
    page.locator('form.assess-form [name="patient_id"]').evaluate("(field, id) => { field.value = id; }", str(uuid4()))
    page.get_by_label("Notes").fill("For somebody else")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("This form was opened for another patient")).to_be_visible()
    assert draft_of(patient, clinician).notes == ""
