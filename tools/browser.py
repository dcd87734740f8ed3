"""Find a Chromium for the tests, or install one: Playwright's own, else the system's package.

python -m tools.browser      says which one is used; ends with 1 and a sentence if there is none
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> str | None:
    """The path of a Chromium that starts: $CHROMIUM, one on the PATH, or Playwright's; None if there is none."""
    given = os.environ.get("CHROMIUM", "")
    found = [given] if given else [path for name in NAMES if (path := shutil.which(name))]
    if not given:
        found += [place for place in PLACES if Path(place).exists()]
        found += _playwrights()
    return next((path for path in found if starts(path)), None)


def starts(path: str) -> bool:
    """Whether the program runs here at all; a system may lack its libraries."""
    command = [path, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and "<html>" in done.stdout


def install() -> str | None:
    """Try each way in turn; return the path of the one that starts."""
    playwright = [sys.executable, "-m", "playwright", "install"]
    may_install_packages = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if _run([*playwright, "--only-shell", "chromium"]) and find() is None and may_install_packages:
        _run([*playwright, "--with-deps", "--only-shell", "chromium"])  # It is there but lacks libraries of the system.
    if find() is None and may_install_packages:
        apt = ["apt-get", "install", "--yes", "--no-install-recommends"]
        _run(["apt-get", "update"])
        _ = _run([*apt, "chromium"]) or _run([*apt, "chromium-browser"])
    return find()


def _run(command: list[str]) -> bool:
    """Run one way of installing and say how it went."""
    print("Installing a browser for the tests:", " ".join(command), flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=quiet)
    except (OSError, subprocess.TimeoutExpired) as error:
        print("  did not work:", error, flush=True)
        return False
    if done.returncode:
        print("  did not work:", next(iter(done.stderr.strip().splitlines()), "no reason given"), flush=True)
    return done.returncode == 0


def _playwrights() -> list[str]:
    """The browsers in Playwright's own folders, newest first."""
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    folders = [Path(given)] if given and given != "0" else []
    folders += [Path.home() / ".cache" / "ms-playwright", Path.home() / "Library" / "Caches" / "ms-playwright"]
    patterns = (
        "chromium_headless_shell-*/*/*headless?shell",
        "chromium-*/*/chrome",
        "chromium-*/*/*.app/Contents/MacOS/*",
    )
    return [
        str(path) for folder in folders for pattern in patterns for path in sorted(folder.glob(pattern), reverse=True)
    ]


if __name__ == "__main__":
    chromium = find() or install()
    if chromium is None:
        sys.exit(
            "No Chromium was found and none could be installed. Install Chromium or Chrome and name it: "
            "CHROMIUM=/path/to/chromium make test"
        )
    print("Browser:", chromium)
