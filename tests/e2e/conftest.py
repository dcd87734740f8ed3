"""Journeys in a real browser against the real server, database and policy for browsers.

`browser_page` is a page of a headless Chromium that starts at the live server. A test fails at its end if the browser
reported an error: a refused script or style, a missing file, a mistake in a script. `check_access(page)` runs the axe
accessibility rules for WCAG 2.2 AA and lists what is wrong.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tools import access
from tools import browser as chromium

# Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


class CheckAccess(Protocol):
    """Fails with every accessibility fault of a page; without its colours for one that was looked at before."""

    def __call__(self, page: Page, *, contrast: bool = True) -> None: ...


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


class _Contexts:
    """Contexts that tests hand on to each other: a new one costs more than all that most tests do in it.

    Each comes without pages, cookies and stored data, and to one test at a time.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = defaultdict(list)
        self._lent: list[tuple[str, BrowserContext]] = []

    def lend(self, *, to_keep: bool, **options: Any) -> BrowserContext:
        kind = repr(sorted(options.items()))
        if not to_keep and self._free[kind]:
            context = self._free[kind].pop()
        else:
            context = self._browser.new_context(**options)
            context.set_default_timeout(15_000)
        self._lent.append(("" if to_keep else kind, context))
        return context

    def take_back(self) -> None:
        """The end of a test: close its pages and forget what its sites stored."""
        for kind, context in self._lent:
            if not kind:
                context.close()
                continue
            for number, page in enumerate(context.pages):
                if number == 0:
                    forget = {"origin": "*", "storageTypes": "local_storage,session_storage,indexeddb,cache_storage"}
                    context.new_cdp_session(page).send("Storage.clearDataForOrigin", forget)
                page.close()
            context.clear_cookies()
            self._free[kind].append(context)
        self._lent.clear()


@pytest.fixture(scope="session")
def _contexts(browser: Browser) -> _Contexts:
    return _Contexts(browser)


@pytest.fixture
def new_page(_contexts: _Contexts, live_server: Any) -> Iterator[Callable[..., Page]]:
    """A function that opens a page where nobody is signed in; give options of Playwright's `new_context`.

    Pages of one test share nothing. `own=True` gives a context that no other test gets: for a test that changes the
    context itself, with a clock, without a network, or closes it.
    """
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A journey may provoke an answer of 4xx, or be without a network, and look at it; all else is a fault of ours.
        wanted = ("the server responded with a status of 4", "net::ERR_INTERNET_DISCONNECTED")
        if message.type == "error" and not any(text in message.text for text in wanted):
            complaints.append(message.text)

    def make(*, own: bool = False, **options: Any) -> Page:
        given: dict[str, Any] = {
            "base_url": live_server.url,
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-GB",
        }
        page = _contexts.lend(to_keep=own, **given | options).new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    _contexts.take_back()
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
def check_access() -> CheckAccess:
    """A function that fails with a list of every accessibility fault of the page as it stands."""

    def check(page: Page, *, contrast: bool = True) -> None:
        faults = [
            f"{fault['id']} ({fault['impact']}): {fault['help']}\n    "
            + "\n    ".join(node["html"][:200] for node in fault["nodes"][:5])
            for fault in access.faults(page, contrast=contrast)
        ]
        assert not faults, f"{page.url} has accessibility faults:\n" + "\n".join(faults)

    return check
