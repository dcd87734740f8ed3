"""Journeys in a real browser against the real server, database and policy for browsers.

`browser_page` is a page of a headless Chromium that starts at the live server. A test fails at its end if the browser
reported an error: a refused script or style, a missing file, a mistake in a script. `check_access(page)` runs the axe
accessibility rules for WCAG 2.2 AA and lists what is wrong.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, sync_playwright

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
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    # No process of its own for a card that is not there, and none that waits for a site that may come.
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-features=SpareRendererForSitePerProcess",
)
FORGET = "() => { sessionStorage.clear(); localStorage.clear(); }"


class _Pages:
    """Pages that tests hand on to each other: a new one starts a process, which costs more than all that most tests do.

    Each comes empty, without cookies and stored data, alone in its context, and to one test at a time.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[Page]] = defaultdict(list)
        self._lent: list[tuple[str, Page, dict[str, Any]]] = []

    def lend(self, listeners: Mapping[str, Callable[..., None]], *, to_keep: bool, **options: Any) -> Page:
        kind = "" if to_keep else repr(sorted(options.items()))
        page = self._free[kind].pop() if kind and self._free[kind] else self._new(options)
        for event, listener in listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]  # its stubs name every event alone
        self._lent.append((kind, page, {"listeners": listeners, "viewport": options["viewport"]}))
        return page

    def _new(self, options: dict[str, Any]) -> Page:
        context = self._browser.new_context(**options)
        context.set_default_timeout(15_000)
        return context.new_page()

    def take_back(self) -> None:
        """The end of a test: empty its pages and forget what its sites stored."""
        while self._lent:
            kind, page, kept = self._lent.pop()
            with suppress(Error):  # A page that broke is of no use to another test.
                if kind and not page.is_closed():
                    self._empty(page, **kept)
                    self._free[kind].append(page)
                    continue
            page.context.close()

    def _empty(self, page: Page, listeners: Mapping[str, Callable[..., None]], viewport: Any) -> None:
        page.evaluate("1")  # What the browser complained of last is told on the way.
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
        for other in page.context.pages:
            if other != page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        page.once("dialog", _agree)  # A page with something unsent asks before it is left.
        # Not to a blank page: from there to a page with the policies of ours a browser starts a new process.
        page.goto("/livez")
        page.remove_listener("dialog", _agree)
        page.evaluate(FORGET)  # Of the same site as the pages before, which write nothing any more.
        page.context.clear_cookies()
        page.set_viewport_size(viewport)
        page.emulate_media(media="null")


def _agree(dialog: Dialog) -> None:
    dialog.accept()


@pytest.fixture(scope="session")
def _pages(browser: Browser) -> _Pages:
    return _Pages(browser)


@pytest.fixture
def new_page(_pages: _Pages, live_server: Any) -> Iterator[Callable[..., Page]]:
    """A function that opens a page where nobody is signed in; give options of Playwright's `new_context`.

    Pages of one test share nothing. `own=True` gives a page and a context that no other test gets: for a test that
    changes them, with a clock, without a network, with listeners of its own or for paper, or closes them.
    """
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A journey may provoke an answer of 4xx, or be without a network, and look at it; all else is a fault of ours.
        wanted = (
            "the server responded with a status of 4",
            "Response Status Error Code 4",  # The same, as htmx says it.
            "net::ERR_INTERNET_DISCONNECTED",
        )
        if message.type == "error" and not any(text in message.text for text in wanted):
            complaints.append(message.text)

    def make(*, own: bool = False, **options: Any) -> Page:
        given: dict[str, Any] = {
            "base_url": live_server.url,
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-GB",
        }
        listeners = {"console": note, "pageerror": lambda error: complaints.append(str(error))}
        return _pages.lend(listeners, to_keep=own, **given | options)

    yield make
    _pages.take_back()
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
