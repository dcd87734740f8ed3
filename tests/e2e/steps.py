"""What people do on the pages, in their words: one function for one thing that somebody does, used by the journeys.

Whatever is done here is done by what a reader sees (labels, headings, buttons), so a page may be built anew without
touching a journey as long as it says the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.cast import PASSWORD, Member

PICTURES = os.environ.get("PAINPLAN_PICTURES")


def sign_in(page: Page, member: Member, path: str = "/") -> None:
    """Sign in with e-mail address and password, as from the first page of the day."""
    page.goto(path)
    page.get_by_label("Email").fill(member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".user-menu, details.menu").first).to_be_visible()


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def address(page: Page, path: str) -> str:
    """The address of another page of the patient whom the page is about."""
    found = re.search(r"/patients/[0-9a-f-]{36}/", page.url)
    assert found is not None
    return found[0] + path


def open_section(page: Page, name: str) -> None:
    """Go to a section of the patient: Overview, Assess, Plan, Follow-up, Record, Team."""
    page.get_by_role("navigation", name="Patient sections").get_by_role("link", name=name, exact=True).click()


def fill(inside: Page | Locator, values: Mapping[str, str]) -> None:
    """Fill fields by their labels: text, numbers, days, and lists by what they show."""
    for label, value in values.items():
        field = field_of(inside, label)
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)


def field_of(inside: Page | Locator, label: str) -> Locator:
    """The field with a label; the list of suggestions below a field has the same one."""
    return inside.get_by_label(label, exact=True).and_(inside.locator("input, select, textarea"))


def answer(inside: Page | Locator, question: str, given: str) -> None:
    """Choose one of the buttons under a question."""
    group = inside.get_by_role("group", name=question, exact=True)
    group.get_by_text(given, exact=True).click()
    expect(group.get_by_role("radio", name=given, exact=True)).to_be_checked()


# --- the record -------------------------------------------------------------------------------------------------------


def add_to_record(page: Page, kind: str, button: str, values: Mapping[str, str]) -> Locator:
    """Add a line to one part of the record on the page itself; the part of the page in which it then stands."""
    part = page.locator(f"#{kind}")
    part.get_by_role("link", name=button, exact=True).click()
    form = entry_form(page)
    fill(form, values)
    save(page, form)
    expect(part.locator("li").first).to_be_visible()
    return part


def entry_form(page: Page) -> Locator:
    """The form of one line of the record: in its part of the page, or on a page of its own before scripts are there."""
    return page.locator("main form", has=page.get_by_role("button", name="Save", exact=True))


def save(page: Page, form: Locator) -> None:
    form.get_by_role("button", name="Save", exact=True).click()
    expect(said(page)).to_contain_text("Saved")
    expect(form).to_have_count(0)


def add_medicine(page: Page, typed: str, chosen: str, dose: str = "", unit: str = "") -> None:
    """Type the beginning of a name and take what is offered; without an offer the text stays as typed."""
    part = page.locator("#medicine")
    part.get_by_role("link", name="Add medicine", exact=True).click()
    form = entry_form(page)
    field = form.get_by_role("combobox", name="Medicine")
    field.press_sequentially(typed)
    if chosen:
        form.get_by_role("option", name=chosen).first.click()
        expect(field).to_have_value(chosen)
    if dose:
        fill(form, {"Dose per day": dose, "Unit": unit})
    save(page, form)
    expect(part.get_by_role("listitem").filter(has_text=chosen or typed)).to_be_visible()


def review_whole_list(page: Page, kind: str) -> None:
    """Say that the whole list of problems or medicines was gone through today."""
    part = page.locator(f"#{kind}")
    part.get_by_role("button", name="I reviewed the whole list today").click()
    expect(part).to_contain_text("Whole list reviewed on")


# --- the assessment ---------------------------------------------------------------------------------------------------


def go_on(page: Page) -> None:
    """Save the section and go to the next one."""
    heading = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Save and go on", exact=True).click()
    expect(page.get_by_role("heading", name="two versions")).to_have_count(0)
    expect(page.get_by_role("heading", level=1, name=re.compile(f"^{re.escape(heading)}$"))).to_have_count(0)


def answer_all(inside: Page | Locator, given: str) -> None:
    """Choose the same button under every question."""
    for group in inside.get_by_role("group").filter(has=inside.get_by_text(given, exact=True)).all():
        group.get_by_text(given, exact=True).click()
        expect(group.get_by_role("radio", name=given, exact=True)).to_be_checked()


def mark_regions(page: Page, *words: str) -> None:
    """Find regions of the body by a word and mark them on both sides, in the layer that is chosen."""
    for word in words:
        page.get_by_label("Find a region").fill(word)
        expect(page.locator("[data-filter-count]")).to_contain_text("region")
        for box in page.locator("#where-lists").get_by_role("checkbox").filter(visible=True).all():
            box.check()


def assessment_section(page: Page, name: str) -> None:
    """Go to a section of the open assessment by its name in the list."""
    page.get_by_role("navigation", name="Sections of the assessment").get_by_role("link", name=name).first.click()


# --- the plan ---------------------------------------------------------------------------------------------------------


def options(page: Page) -> Locator:
    """The options in focus, and those below them."""
    return page.get_by_label(re.compile("^(Options|More options)$"))


def group(page: Page, status: str) -> Locator:
    """The options of one status: Recommended, Possible, Needs data, Excluded."""
    return options(page).get_by_role("region", name=re.compile(f"^{status}"))


def option(page: Page, name: str) -> Locator:
    """One option among the others."""
    return page.locator(".plan-line, .plan-card").filter(has=page.get_by_role("link", name=name, exact=True))


def open_missing(page: Page) -> None:
    """Open the list of what is missing; it stays open from then on."""
    page.locator("#missing summary").click()


def missing(page: Page, question: str) -> Locator:
    """One missing fact with the field for it."""
    return page.locator("#missing").get_by_role("listitem").filter(has_text=question)


def choose(page: Page, name: str) -> None:
    """Put an option into the plan."""
    option(page, name).get_by_role("button", name=f"Add {name}").click()
    expect(item(page, name)).to_be_visible()


def item(page: Page, name: str) -> Locator:
    """One item of the plan that is being built."""
    return page.locator("#plan").get_by_role("article").filter(has=page.get_by_role("heading", name=name))


def unfold(page: Page, *, forms: bool = True) -> None:
    """Open everything that is folded, with the forms that are fetched when they come into view or without them."""
    folds = "main details" if forms else "main details:not(.plan-change)"
    opened = f"document.querySelectorAll('{folds}').forEach((details) => (details.open = true))"
    page.evaluate(opened)
    if not forms:
        return
    page.wait_for_function("""() => {
        const next = document.querySelector("main .form-to-come");
        next?.scrollIntoView();
        return !next;
    }""")
    page.evaluate(opened)
    page.evaluate("scrollTo(0, 0)")


def change_dose(page: Page, name: str, step: int, dose: str) -> None:
    """Write another single dose into one step of an item of the plan, and save."""
    chosen = item(page, name)
    fold = chosen.locator("details").filter(has_text="Change dose")
    fold.evaluate("element => { element.open = true; }")
    fold.scroll_into_view_if_needed()
    write_dose(chosen, step, dose)


def write_dose(inside: Locator, step: int, dose: str) -> None:
    """Write a single dose into a row of the form, and save."""
    inside.get_by_role("row").nth(step).get_by_role("textbox").nth(1).fill(dose)
    inside.get_by_role("button", name="Save", exact=True).click()


def said(page: Page) -> Locator:
    """What the page says about the last action."""
    return page.locator("[data-messages]")


# --- the patient's link -----------------------------------------------------------------------------------------------


def question_of(page: Page) -> str:
    """The question on the screen."""
    return page.get_by_role("heading", level=1).inner_text()


# --- looking ----------------------------------------------------------------------------------------------------------


def picture(page: Page, name: str) -> None:
    """Draw the page into the folder PAINPLAN_PICTURES, where that is set."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
