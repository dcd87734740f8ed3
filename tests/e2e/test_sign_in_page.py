"""The first page that anybody sees: it works in a browser, under the strict policy, for everybody."""

from __future__ import annotations

from collections.abc import Callable

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
