"""The accessibility rules for WCAG 2.2 AA, run on a page in the browser."""

from __future__ import annotations

from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    # Styles of other origins, of which the policy of our pages allows none, and the elements themselves.
    "preload": False,
    "elementRef": False,
}


@cache
def _axe() -> str:
    return Axe().axe_script


def faults(page: Page, *, contrast: bool = True) -> list[dict[str, Any]]:
    """What axe finds wrong on the page as it stands.

    `contrast` False leaves out the colours, which take most of the time: for a page that is looked at again at another
    width, where it has the same ones.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    # Only the faults leave the browser: the list of all that is well takes longer to hand over than to find.
    options = OPTIONS if contrast else OPTIONS | {"rules": {"color-contrast": {"enabled": False}}}
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(options).then(all => all.violations)", options)
    return found
