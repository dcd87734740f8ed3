"""Journeys in a real browser against the real server, database and policy for browsers.

`browser_page` is a page of a headless Chromium that starts at the live server. A test fails at its end if the browser
reported an error: a refused script or style, a missing file, a mistake in a script. `check_access(page)` runs the axe
accessibility rules for WCAG 2.2 AA and lists what is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tools import access
from tools import browser as chromium

# Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        pytest.fail("No Chromium was found. Run: .venv/bin/python -m tools.browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """A function that opens a page in a context of its own; give options of Playwright's `new_context`."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A journey may provoke an answer of 4xx, or be without a network, and look at it; all else is a fault of ours.
        wanted = ("the server responded with a status of 4", "net::ERR_INTERNET_DISCONNECTED")
        if message.type == "error" and not any(text in message.text for text in wanted):
            complaints.append(message.text)

    def make(**options: Any) -> Page:
        given: dict[str, Any] = {
            "base_url": live_server.url,
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-GB",
        }
        context = browser.new_context(**given | options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == [], "The browser reported errors"


@pytest.fixture
def browser_page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def phone_page(new_page: Callable[..., Page]) -> Page:
    return new_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)


@pytest.fixture
def page_without_script(new_page: Callable[..., Page]) -> Page:
    return new_page(java_script_enabled=False)


@pytest.fixture
def check_access() -> Callable[[Page], None]:
    """A function that fails with a list of every accessibility fault of the page as it stands."""

    def check(page: Page) -> None:
        faults = [
            f"{fault['id']} ({fault['impact']}): {fault['help']}\n    "
            + "\n    ".join(node["html"][:200] for node in fault["nodes"][:5])
            for fault in access.faults(page)
        ]
        assert not faults, f"{page.url} has accessibility faults:\n" + "\n".join(faults)

    return check
