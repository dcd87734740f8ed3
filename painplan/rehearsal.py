"""A demo of its own with a server and a browser, for commands that look at the pages or walk through them.

It lives under var/ in a folder of its own, so nobody's own demo is touched, and is removed afterwards. Needs what the
tests need: a Chromium and Playwright.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from accounts import demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

READY_SECONDS: Final = 60.0
WHO: Final = "clinician@demo.example"


def place_of(command: str) -> Path:
    """The var/ folder of the demo that a command makes for itself."""
    return Path(settings.BASE_DIR) / "var" / command


def is_furnished_for(command: str) -> bool:
    """Whether this process is the one that works in the command's own demo."""
    return place_of(command).resolve() == settings.VAR_DIR


def run_apart(command: str) -> None:
    """Run the command once more, in a demo of its own, and clean up after it."""
    own = place_of(command)
    here = os.environ | {"PAINPLAN_DEMO": "1", "PAINPLAN_VAR": str(own)}
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    manage = [sys.executable, "manage.py"]
    try:
        done = subprocess.run([*manage, command], cwd=settings.BASE_DIR, env=here, check=False)
    finally:
        subprocess.run(
            [*manage, "services", "remove"], cwd=settings.BASE_DIR, env=here, check=False, capture_output=True
        )
        shutil.rmtree(own, ignore_errors=True)
    if done.returncode:
        raise CommandError("It was not finished; the reason stands above.")


def furnish(patients: int) -> None:
    """Static files, rulebook, accounts and so many invented patients."""
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    call_command("collectstatic", interactive=False, verbosity=0)
    for command, given in (("load_rulebook", {}), ("demo_accounts", {}), ("demo_patients", {"patients": patients})):
        call_command(command, stdout=open(os.devnull, "w"), **given)  # noqa: SIM115  # ends with the process


def session(browser: Browser, address: str) -> Any:
    """The cookies of somebody who signed in."""
    page = browser.new_page(base_url=address)
    page.goto(reverse("account_login"))
    page.get_by_label("Email").fill(WHO)
    page.get_by_label("Password").fill(demo.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/worklist/")
    return page.context.storage_state()


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright

        from tools.browser import find
    except ModuleNotFoundError as missing:
        raise CommandError(f"{missing.name} is not installed. Run: make setup-dev") from None
    path = find()
    if path is None:
        raise CommandError("No Chromium was found. Run: .venv/bin/python -m tools.browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The demo's web server on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "painplan.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    with open(_log(), "wb") as output:
        server = subprocess.Popen([*command, "--threads", "4", "--no-control-socket"], stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise CommandError(f"The web server did not start:\n{last_words()}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(15)


def _log() -> Path:
    return Path(settings.VAR_DIR) / "log" / "web.log"


def last_words() -> str:
    return "\n".join(_log().read_text(errors="replace").splitlines()[-12:])


def _is_ready(port: int) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", "/readyz")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
