"""`manage.py screenshots`: draw docs/screenshots/ anew from the demo's patients.

The pictures come from a demo of its own under var/screenshots/, made for the purpose and removed afterwards, so they
show what every newcomer sees and nobody's own demo is touched. Needs what the tests need (`make screenshots` sees to
it): a Chromium and Playwright.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts import queries as account_queries
from accounts.tenancy import organisations, tenant
from followup import links
from followup import queries as follow_up_queries
from painplan import rehearsal
from patients import queries as patient_queries

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PLACE: Final = Path("docs") / "screenshots"
SIZES: Final = ({"width": 1280, "height": 800}, {"width": 390, "height": 844})
IN_THE_DARK: Final = frozenset({"overview", "proposal"})
MOST_BYTES: Final = 250_000
PATIENTS: Final = 60

# Patients of painplan/demo_data/showcase.yaml by number: with a signed plan and answers; assessed, without a plan.
FOLLOWED, WITHOUT_PLAN = "40218", "40225"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page by name. `prepare` leads there from the address; pages of a patient's link are opened signed out."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None
    signed_in: bool = True


class Command(BaseCommand):
    """Runs twice: the first process gives the second its own var/ folder and cleans up after it."""

    help = "Draw the pictures in docs/screenshots/ anew from the demo's invented patients."

    def handle(self, *args: Any, **options: Any) -> None:
        if not rehearsal.is_furnished_for("screenshots"):
            rehearsal.run_apart("screenshots")
            return
        rehearsal.furnish(PATIENTS)
        with rehearsal.server() as address, rehearsal.browser() as browser:
            session = rehearsal.session(browser, address)
            for picture in _pictures():
                for size in SIZES:
                    for scheme in ("light", "dark") if picture.name in IN_THE_DARK else ("light",):
                        file = _file(picture.name, size["width"], scheme)
                        _take(browser, address, picture, session, file, viewport=size, color_scheme=scheme)
                        self.stdout.write(f"{file.relative_to(settings.BASE_DIR)}  {file.stat().st_size // 1000} kB")
                        if file.stat().st_size > MOST_BYTES:
                            raise CommandError(f"{file.name} is larger than {MOST_BYTES // 1000} kB.")


def _file(name: str, width: int, scheme: str) -> Path:
    place = Path(settings.BASE_DIR) / PLACE
    place.mkdir(parents=True, exist_ok=True)
    return place / f"{name}-{width}{'-dark' if scheme == 'dark' else ''}.png"


# --- which pages ------------------------------------------------------------------------------------------------------


def _pictures() -> Iterator[Picture]:
    organisation = next(key for key in organisations() if account_queries.organisation(key).name == "Northgate Health")
    with tenant(organisation):
        everybody = {row.number: row for row in patient_queries.patients_page(organisation, size=10_000).patients}
        token, born = next(filter(None, map(_open_link, everybody.values())))
    followed, without_plan = everybody[FOLLOWED].pk, everybody[WITHOUT_PLAN].pk
    yield Picture("sign-in", "/", signed_in=False)
    yield Picture("worklist", reverse("worklist"))
    yield Picture("overview", reverse("patient-overview", args=[followed]))
    yield Picture("record", reverse("patient-record", args=[followed]))
    yield Picture("assess", reverse("patient-assess", args=[without_plan]), _open_an_area)
    yield Picture("assessment-signed", reverse("patient-assess", args=[followed]), _follow("#earlier ~ ul a"))
    yield Picture("proposal", reverse("patient-plan", args=[without_plan]))
    yield Picture("plan", reverse("patient-plan", args=[without_plan]), _build)
    yield Picture("sign", reverse("patient-plan-sign", args=[without_plan]))
    yield Picture("print", reverse("patient-plan", args=[followed]), _follow("a[href$='/print/']"))
    yield Picture("follow-up", reverse("patient-follow-up", args=[followed]))
    yield Picture("check-in-start", reverse("check-in", args=[token]), signed_in=False)
    for name, steps in (("check-in-danger", 0), ("check-in-scale", 1), ("check-in-choice", 7)):
        yield Picture(name, reverse("check-in", args=[token]), _answer_until(born, steps), signed_in=False)
    yield Picture("rulebook", reverse("rulebook"))
    yield Picture("rulebook-agent", reverse("rulebook"), _follow("main a[href*='/agents/pregabalin']"))
    yield Picture("rulebook-rule", reverse("rulebook"), _first_rule)
    yield Picture("team", reverse("team"))


def _open_link(patient: Any) -> tuple[str, dict[str, str]] | None:
    """The token of a check-in of the patient that is open now, and the birth date it asks for."""
    for item in follow_up_queries.due_items_of(patient.pk):
        check_in = getattr(item, "check_in", None)
        if check_in is not None and not follow_up_queries.why_closed(check_in, datetime.now(UTC)):
            born = {name: str(getattr(patient.birth_date, name)) for name in ("day", "month", "year")}
            return links.token_for(links.Link(check_in.organisation_id, check_in.pk)), born
    return None


def _open_an_area(page: Page) -> None:
    start = page.get_by_role("button", name="Start").or_(page.get_by_role("link", name="Go on"))
    start.first.click()
    page.locator(".assess-area a").first.click()
    page.wait_for_load_state()
    page.get_by_role("heading", name="Words for the pain").evaluate("heading => heading.scrollIntoView()")
    page.mouse.wheel(0, -180)  # The heading clear of the banner.


def _follow(selector: str) -> Callable[[Page], None]:
    def click(page: Page) -> None:
        page.goto(page.locator(selector).first.evaluate("link => link.href"))

    return click


def _first_rule(page: Page) -> None:
    _follow("main a[href*='/agents/duloxetine']")(page)
    _follow("main a[href*='/rules/rules/'], main a[href*='/rule/']")(page)


def _build(page: Page) -> None:
    """A plan of the first medicine and the first therapy; on a phone the part of the page that shows it."""
    if page.get_by_role("heading", name="Plan being built").count() == 0:
        page.get_by_role("button", name="Add").first.click()
        page.get_by_role("link", name="Non-drug").click()
        page.get_by_role("button", name="Add").first.click()
        page.get_by_role("link", name="Drugs").click()
        page.wait_for_load_state()
    if (page.viewport_size or {"width": 0})["width"] < 800:
        page.locator("#plan").evaluate("part => window.scrollBy(0, part.getBoundingClientRect().top - 160)")


def _answer_until(born: dict[str, str], steps: int) -> Callable[[Page], None]:
    """Give the birth date and leave out so many questions."""

    def answer(page: Page) -> None:
        for name, value in born.items():
            page.locator(f"[name={name}]").fill(value)
        page.get_by_role("button", name="Go on").click()
        for _ in range(steps):
            page.get_by_role("button", name="Leave this out").click()
        page.wait_for_load_state()

    return answer


# --- how they are taken -----------------------------------------------------------------------------------------------


def _take(browser: Browser, address: str, picture: Picture, session: Any, file: Path, **screen: Any) -> None:
    kept = session if picture.signed_in else None
    context = browser.new_context(base_url=address, locale="en-GB", storage_state=kept, **screen)
    try:
        page = context.new_page()
        answer = page.goto(picture.path)
        if answer is None or not answer.ok:
            status = answer.status if answer else "nothing"
            raise CommandError(f"{picture.name}: {picture.path} answered {status}.\n{rehearsal.last_words()}")
        if picture.prepare:
            picture.prepare(page)
        page.wait_for_load_state("networkidle")
        file.write_bytes(_small(browser, page.screenshot(animations="disabled")))
    finally:
        context.close()


# Gives a picture's pixels as numbers of a palette of at most 256 colours. Colours that differ too little to be told
# apart share one: the last bits of each channel are dropped until the palette is small enough.
PALETTE: Final = """async (encoded) => {
    const image = await createImageBitmap(await (await fetch("data:image/png;base64," + encoded)).blob());
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const pixels = canvas.getImageData(0, 0, width, height).data;
    for (let bits = 0; ; bits += 1) {
        const colours = new Map(), shown = [], numbers = new Uint8Array(width * height);
        for (let at = 0; at < numbers.length && colours.size <= 256; at += 1) {
            const [r, g, b] = pixels.subarray(at * 4, at * 4 + 3);
            const key = ((r >> bits) << 16) | ((g >> bits) << 8) | (b >> bits);
            if (!colours.has(key)) { colours.set(key, colours.size); shown.push(r, g, b); }
            numbers[at] = colours.get(key);
        }
        if (colours.size > 256) continue;
        let text = "";
        for (let at = 0; at < numbers.length; at += 32768)
            text += String.fromCharCode(...numbers.subarray(at, at + 32768));
        return { width, height, shown, numbers: btoa(text) };
    }
}"""


def _small(browser: Browser, picture: bytes) -> bytes:
    """The same PNG with a palette, which takes a third of the room."""
    page = browser.new_page()
    found = page.evaluate(PALETTE, base64.b64encode(picture).decode())
    page.close()
    width, height, numbers = found["width"], found["height"], base64.b64decode(found["numbers"])
    rows = b"".join(b"\0" + numbers[at : at + width] for at in range(0, width * height, width))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(found["shown"])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
