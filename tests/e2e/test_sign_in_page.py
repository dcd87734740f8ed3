"""The first page that anybody sees: it works in a browser, under the strict policy, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page


def test_a_visitor_is_led_to_the_sign_in_page(browser_page: Page, check_access: Callable[[Page], None]) -> None:
    browser_page.goto("/")
    assert browser_page.url.endswith("/accounts/login/?next=/")
    check_access(browser_page)


def test_the_policy_refuses_a_script_that_is_not_ours(new_page: Callable[..., Page]) -> None:
    page = new_page().context.new_page()  # A page whose complaints nobody collects: the next line provokes one.
    page.goto("/accounts/login/")
    page.evaluate(
        "() => { const made = document.createElement('script'); made.textContent = 'window.broken = 1';"
        " document.body.append(made); }"
    )
    assert page.evaluate("() => window.broken === undefined")


@pytest.mark.parametrize("name", ["first", "second"])
def test_what_one_test_leaves_in_the_browser_no_other_finds(name: str, browser_page: Page, live_server: Any) -> None:
    browser_page.goto("/accounts/login/")
    kept = "() => [document.cookie.includes('left=1'), localStorage.getItem('left'), sessionStorage.getItem('left')]"
    assert browser_page.evaluate(kept) == [False, None, None]
    browser_page.context.add_cookies([{"name": "left", "value": "1", "url": live_server.url}])
    browser_page.evaluate("() => { localStorage.setItem('left', '1'); sessionStorage.setItem('left', '1'); }")
    assert browser_page.evaluate(kept) == [True, "1", "1"]
