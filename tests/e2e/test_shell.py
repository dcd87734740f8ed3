"""The shell in a real browser: accessible in both themes, by keyboard, at 400 % zoom, without script, and on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Dialog, Page, Route, expect

from tests.cast import Member
from tests.e2e.conftest import CheckAccess

# The page moved the focus to its error summary; Tab would go on from there.
FROM_THE_TOP = "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex');"
TARGETS = (
    "button, summary, .button, nav a, .error-summary a, label.choice, label.segment, select,"
    "input:not([type=hidden], [type=radio], [type=checkbox])"
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_component_is_accessible(
    new_page: Callable[..., Page], check_access: CheckAccess, scheme: str, width: int
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 844})
    page.goto("/style/")
    page.evaluate("window.scrollTo(0, 0)")  # What lies under the banner that stays in view would count as too small.
    check_access(page, contrast=width == 1280)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_parts_of_patient_pages_are_accessible_and_large(
    new_page: Callable[..., Page], check_access: Callable[[Page], None], scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.goto("/style/patient/")
    check_access(page)
    heights = page.locator("button, .choice, .segment").evaluate_all("all => all.map(e => e.offsetHeight)")
    assert min(heights) >= 44


@pytest.mark.parametrize("address", ["/style/", "/style/patient/"])
def test_no_page_scrolls_both_ways(browser_page: Page, address: str, subtests: pytest.Subtests) -> None:
    """1280 px enlarged to 400 % leaves 320 px."""
    for width in (1280, 640, 390, 320):
        with subtests.test(width=width):
            browser_page.set_viewport_size({"width": width, "height": 700})
            browser_page.goto(address)
            assert browser_page.evaluate("document.documentElement.scrollWidth") <= width


def test_targets_are_large_enough(browser_page: Page) -> None:
    """24 px each way at least, WCAG 2.5.8; a link inside a sentence is exempt."""
    browser_page.goto("/style/")
    small = browser_page.evaluate(
        """(targets) => [...document.querySelectorAll(targets)]
            .filter((element) => element.checkVisibility())
            .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
            .filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
            .map(([html, box]) => `${html} ${box.width}x${box.height}`)""",
        TARGETS,
    )
    assert small == []


def test_what_has_the_focus_is_never_hidden_under_the_banner(browser_page: Page) -> None:
    browser_page.goto("/style/")
    browser_page.evaluate(FROM_THE_TOP)
    hidden = []
    for _ in range(60):
        browser_page.keyboard.press("Tab")
        found = browser_page.evaluate(
            """() => {
                const element = document.activeElement, box = element.getBoundingClientRect();
                const banner = document.querySelector(".banner"), edge = banner.getBoundingClientRect().bottom;
                const stuck = getComputedStyle(banner).position === "sticky" && banner.getBoundingClientRect().top <= 0;
                const covered = stuck && !banner.contains(element) && !element.matches(".skip") && box.bottom <= edge;
                return covered ? element.outerHTML.slice(0, 90) : "";
            }"""
        )
        if found:
            hidden.append(found)
    assert hidden == []


def test_the_skip_link_leads_to_the_content(browser_page: Page) -> None:
    browser_page.goto("/style/")
    browser_page.evaluate(FROM_THE_TOP)
    browser_page.keyboard.press("Tab")
    expect(browser_page.get_by_role("link", name="Skip to the content")).to_be_focused()
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("main")).to_be_focused()


def test_the_focus_starts_at_the_error_summary_and_its_links_lead_to_the_fields(browser_page: Page) -> None:
    browser_page.goto("/style/")
    expect(browser_page.locator("[data-error-summary]")).to_be_focused()
    browser_page.get_by_role("link", name="Taken on: This field is required.").click()
    expect(browser_page.locator("#wrong_taken_on")).to_be_focused()


def test_the_colours_follow_the_system_until_the_reader_chooses(new_page: Callable[..., Page]) -> None:
    page = new_page(color_scheme="dark")
    page.goto("/style/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(ground)
    page.locator("details.menu > summary").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="Light").click()
    light = page.evaluate(ground)
    assert light != dark
    page.reload()
    assert page.evaluate(ground) == light
    assert page.locator("html").get_attribute("data-theme") == "light"


def test_the_colours_can_be_chosen_without_script(page_without_script: Page) -> None:
    page_without_script.goto("/style/")
    page_without_script.locator("details.menu > summary").click()
    page_without_script.get_by_role("button", name="Dark").click()
    assert page_without_script.url.endswith("/style/")
    assert page_without_script.locator("html").get_attribute("data-theme") == "dark"


def test_the_menu_closes_on_escape_and_gives_the_focus_back(browser_page: Page) -> None:
    browser_page.goto("/style/")
    summary = browser_page.locator("details.menu > summary")
    summary.click()
    browser_page.keyboard.press("Escape")
    expect(browser_page.locator("details.menu")).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_a_question_mark_opens_the_help_unless_keys_are_off_or_somebody_types(browser_page: Page) -> None:
    browser_page.goto("/style/")
    help_dialog = browser_page.get_by_role("dialog", name="Keyboard")
    browser_page.locator("#id_medicine").fill("")
    browser_page.locator("#id_medicine").press("?")
    expect(help_dialog).not_to_be_visible()
    browser_page.evaluate("document.activeElement.blur()")
    browser_page.keyboard.press("?")
    expect(help_dialog).to_be_visible()
    browser_page.keyboard.press("Escape")
    browser_page.locator("html").evaluate("root => root.dataset.shortcuts = 'off'")
    browser_page.keyboard.press("?")
    expect(help_dialog).not_to_be_visible()


def test_leaving_with_unsent_work_asks_first(new_page: Callable[..., Page]) -> None:
    page = new_page(own=True)
    page.goto("/style/")
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", agree)
    page.locator("form[data-guard] textarea").press_sequentially("x")
    page.goto("/accounts/login/")
    assert asked == ["beforeunload"]


def test_two_tabs_with_two_patients_say_so(browser_page: Page) -> None:
    browser_page.goto("/style/")
    other = browser_page.context.new_page()
    other.route(
        "**/style/",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace("00000000-0000-4000-8000-000000000000", "another"),
        ),
    )
    other.goto("/style/")
    expect(browser_page.locator("[data-two-patients]")).to_be_visible()
    expect(other.locator("[data-two-patients]")).to_be_visible()
    other.close()
    expect(browser_page.locator("[data-two-patients]")).not_to_be_visible()


def test_on_paper_there_is_the_banner_and_no_navigation(browser_page: Page) -> None:
    browser_page.goto("/style/")
    browser_page.emulate_media(media="print")
    expect(browser_page.locator(".banner-name")).to_be_visible()
    for gone in (".top", ".side", ".page-head .actions"):
        expect(browser_page.locator(gone).first).not_to_be_visible()


AUTOSAVED = """<form data-autosave="/autosave-test">
<input name="version" value="1" type="hidden"><input name="words">
<p data-save-status data-saving="Saving" data-saved="Saved" data-retry="Trying again" data-conflict="Conflict">
</p></form>"""


@pytest.fixture
def autosaved(browser_page: Page) -> Callable[[list[int]], tuple[Page, list[str]]]:
    """A page with an autosaved form; the server answers with the given statuses, then with 200."""

    def make(statuses: list[int]) -> tuple[Page, list[str]]:
        sent: list[str] = []

        def answer(route: Any) -> None:
            sent.append(route.request.post_data or "")
            status = statuses.pop(0) if statuses else 200
            route.fulfill(status=status, content_type="application/json", body='{"saved_at": "10:42", "version": 2}')

        browser_page.route("**/autosave-test", answer)
        browser_page.goto("/style/")
        browser_page.locator("main").evaluate("(main, html) => main.insertAdjacentHTML('beforeend', html)", AUTOSAVED)
        return browser_page, sent

    return make


def test_autosave_sends_once_after_a_pause_and_says_when(autosaved: Callable[..., tuple[Page, list[str]]]) -> None:
    page, sent = autosaved([])
    page.locator("[name=words]").press_sequentially("burning", delay=30)
    expect(page.locator("[data-save-status]").last).to_have_text("Saved 10:42")
    assert len(sent) == 1
    assert "burning" in sent[0]
    assert page.locator("[name=version]").input_value() == "2"
    assert page.locator("form[data-autosave]").get_attribute("data-unsent") is None


def test_leaving_a_field_that_was_saved_sends_nothing(autosaved: Callable[..., tuple[Page, list[str]]]) -> None:
    page, sent = autosaved([])
    page.locator("[name=words]").press_sequentially("burning")
    expect(page.locator("[data-save-status]").last).to_have_text("Saved 10:42")
    page.locator("h1").first.click()
    assert page.locator("form[data-autosave]").get_attribute("data-unsent") is None
    page.wait_for_timeout(900)  # Longer than the pause after which a change would be sent.
    assert len(sent) == 1


def test_autosave_renews_the_version_of_a_form_with_a_prefix(browser_page: Page) -> None:
    page = browser_page
    saved = '{"saved_at": "10:42", "version": 2}'
    page.route("**/autosave-test", lambda route: route.fulfill(content_type="application/json", body=saved))
    page.goto("/style/")
    form = AUTOSAVED.replace('name="version"', 'name="plan-version"')
    page.locator("main").evaluate("(main, html) => main.insertAdjacentHTML('beforeend', html)", form)
    page.locator("[name=words]").fill("burning")
    page.locator("[name=words]").blur()
    expect(page.locator("[name=plan-version]")).to_have_value("2")


def test_autosave_does_not_wait_for_somebody_who_never_stops_typing(
    autosaved: Callable[..., tuple[Page, list[str]]],
) -> None:
    page, sent = autosaved([])
    page.locator("[name=words]").press_sequentially("abcdefghijklmnopqrstuvwxyz", delay=150)
    assert sent, "3.9 s of typing without a save"


def test_autosave_tries_again_after_a_fault(autosaved: Callable[..., tuple[Page, list[str]]]) -> None:
    page, sent = autosaved([429])
    page.locator("[name=words]").press_sequentially("x")
    expect(page.locator("[data-save-status]").last).to_have_text("Trying again")
    expect(page.locator("[data-save-status]").last).to_have_text("Saved 10:42")
    assert len(sent) == 2


def test_autosave_never_overwrites_a_colleague_in_silence(autosaved: Callable[..., tuple[Page, list[str]]]) -> None:
    page, sent = autosaved([409])
    page.locator("[name=words]").press_sequentially("x")
    expect(page.locator("[data-save-status]").last).to_have_text("Conflict")
    assert page.locator("form[data-autosave]").get_attribute("data-unsent") == "true"
    assert page.locator("[name=version]").input_value() == "1"
    assert len(sent) == 1


def test_a_private_field_asks_in_the_body_and_never_in_the_address(browser_page: Page) -> None:
    asked = []

    def answer(route: Route) -> None:
        asked.append((route.request.method, route.request.url, route.request.post_data))
        route.fulfill(content_type="application/json", body='{"results": [{"label": "JOHANSSON, Ingrid"}]}')

    browser_page.route("**/suggest-test*", answer)
    browser_page.goto("/style/")
    browser_page.locator("main").evaluate(
        """main => {
            const form = document.createElement("form");
            form.innerHTML = `<input type="hidden" name="csrfmiddlewaretoken" value="abc"><label for="who">Who</label>
                <input id="who" data-combobox="/suggest-test" data-combobox-private>`;
            main.append(form);
            document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: form } }));
        }"""
    )
    browser_page.get_by_role("combobox", name="Who").press_sequentially("johan")
    expect(browser_page.get_by_role("option", name="JOHANSSON")).to_be_visible()
    method, url, body = asked[-1]
    assert (method, body) == ("POST", "q=johan&csrfmiddlewaretoken=abc")
    assert url.endswith("/suggest-test")


def test_suggestions_can_be_chosen_by_keyboard(browser_page: Page) -> None:
    results = (
        '{"results": [{"id": "a", "label": "Gabapentin", "detail": "Neurontin"}, {"id": "b", "label": "Galantamine"}]}'
    )
    browser_page.route("**/suggest-test*", lambda route: route.fulfill(content_type="application/json", body=results))
    browser_page.goto("/style/")
    browser_page.locator("main").evaluate(
        """main => {
            const form = document.createElement("form");
            form.innerHTML = `<label for="drug">Drug</label>
                <input id="drug" data-combobox="/suggest-test" data-combobox-id="code">
                <input type="hidden" name="code">`;
            main.append(form);
            document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: form } }));
        }"""
    )
    field = browser_page.get_by_role("combobox", name="Drug")
    field.press_sequentially("ga")
    expect(browser_page.get_by_role("option", name="Gabapentin")).to_be_visible()
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("Galantamine")
    assert browser_page.locator("[name=code]").input_value() == "b"
    field.press_sequentially("x")
    assert browser_page.locator("[name=code]").input_value() == "", "free text must not keep the id of a choice"


@pytest.fixture
def signed_in(browser_page: Page, clinician: Member, live_server: Any) -> Page:
    """A clinician's browser."""
    name = settings.SESSION_COOKIE_NAME
    session = clinician.client.cookies[name].value
    browser_page.context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
    browser_page.goto("/")
    return browser_page


def test_the_worklist_is_the_first_page_and_accessible(signed_in: Page, check_access: Callable[[Page], None]) -> None:
    expect(signed_in.get_by_role("heading", level=1, name="Worklist")).to_be_visible()
    assert signed_in.url.endswith("/worklist/")
    expect(signed_in.get_by_text("Nothing is due.")).to_be_visible()
    check_access(signed_in)


def test_a_button_pressed_while_a_save_is_under_way_sends_the_version_that_it_brings(browser_page: Page) -> None:
    page = browser_page
    held: list[Route] = []
    page.route("**/autosave-test", lambda route: held.append(route))
    page.route("**/sent-by-hand", lambda route: route.fulfill(content_type="text/html", body="<p>Stored"))
    page.goto("/style/")
    form = AUTOSAVED.replace("<form", '<form method="post" action="/sent-by-hand"', 1).replace(
        "</form>", '<button name="next" value="1">Go on</button></form>'
    )
    page.locator("main").evaluate("(main, html) => main.insertAdjacentHTML('beforeend', html)", form)
    with page.expect_request("**/autosave-test"):
        page.locator("[name=words]").fill("burning")
        page.locator("[name=words]").blur()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Saving")).to_be_visible()
    with page.expect_request("**/sent-by-hand") as sent:
        held[0].fulfill(content_type="application/json", body='{"saved_at": "10:42", "version": 2}')
    assert sent.value.post_data == "version=2&words=burning&next=1"
