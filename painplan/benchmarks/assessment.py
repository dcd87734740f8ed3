"""What an assessment costs whoever makes it: a whole first one and a repeat, walked through in a real browser.

Each key and each press of the mouse is counted. The seconds of a person are those of the keystroke-level model
[card1980], which speaks of somebody who knows the page and makes no mistake: it leaves out listening and examining.
docs/assessment.md says how far that goes.
"""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import queries as account_queries
from accounts.demo import ORGANISATIONS
from accounts.tenancy import organisations, tenant
from painplan import rehearsal
from painplan.benchmarks.measure import Figure, figure
from patients import queries as patient_queries

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Seconds of the operators of the keystroke-level model [card1980]: a key by an average typist who is no secretary,
# pointing with the mouse, pressing its button, moving the hand between mouse and keyboard, and making up one's mind
# before each answer. A stroke over the figure is one pointing from region to region.
KEY, POINT, PRESS, HOME, MIND = 0.28, 1.1, 0.2, 0.4, 1.35
# Somebody of the demo without a plan, whose last assessment is some days old.
WHOM: Final = "40225"
FEET: Final = (
    ("toes_plantar", "sole_medial", "sole_lateral"),
    ("toes_lesser_dorsal", "great_toe_web", "foot_dorsum"),
)
WORDS: Final = {"burning": 8, "tingling": 6, "electric": 7, "numbness": 5}
# The grid in its order: 1 less, 2 same, 3 more.
GRID_KEYS: Final = {"less": "1", "same": "2", "more": "3"}

# What opens and closes a transaction and says whose rows it sees is no query.
FRAME: Final = re.compile(r"BEGIN|COMMIT|SAVEPOINT|RELEASE|SELECT set_config")


class Lost(RuntimeError):
    """The walk cannot be gone as it is written: its figures would mean nothing."""


@dataclass(slots=True)
class Hand:
    """Somebody at keyboard and mouse; counts what the hands do."""

    page: Page
    keys: int = 0
    presses: int = 0
    pointings: int = 0
    homings: int = 0
    answers: int = 0
    is_at_mouse: bool = True

    def _at(self, mouse: bool) -> None:
        self.homings += self.is_at_mouse != mouse
        self.is_at_mouse = mouse

    def click(self, target: Locator) -> None:
        """Point at something and press."""
        self._at(mouse=True)
        self.answers += 1
        self.pointings += 1
        self.presses += 1
        target.click()

    def choose(self, target: Locator, value: str) -> None:
        """Open a list and press one of its lines."""
        self.click(target)
        self.pointings += 1
        self.presses += 1
        target.select_option(value)

    def type(self, text: str) -> None:
        """Type an answer."""
        self._at(mouse=False)
        self.answers += 1
        self.keys += len(text)
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        """Press one key that goes on: Tab, Enter, an arrow."""
        self._at(mouse=False)
        self.keys += key.count("+") + 1
        self.page.keyboard.press(key)

    def stroke(self, shapes: Iterable[Locator]) -> None:
        """Press in the first shape, draw over the others, let go."""
        self._at(mouse=True)
        self.answers += 1
        places = []
        for shape in shapes:
            shape.scroll_into_view_if_needed()
            box = shape.bounding_box()
            if box is None:
                raise Lost("A region of the figure is not on the page.")
            places.append((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
        self.pointings += len(places)
        self.presses += 1
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=8)
        self.page.mouse.up()

    @property
    def hands_seconds(self) -> float:
        """The time of the hands alone."""
        return self.keys * KEY + self.pointings * POINT + self.presses * PRESS + self.homings * HOME

    @property
    def person_seconds(self) -> float:
        """Hands, and making up one's mind before each answer."""
        return self.hands_seconds + self.answers * MIND


def figures(browser: Browser, address: str, session: Any) -> Iterator[Figure]:
    """A first and a repeat assessment of one patient, and what each of their pages costs."""
    organisation, patient = patient_of_the_walk()
    context = browser.new_context(
        base_url=address, locale="en-GB", storage_state=session, viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    start = reverse("patient-assess", args=[patient])
    first = Hand(page)
    yield from _told("first", first, timed(lambda: _first(first, start)))
    repeat = Hand(page)
    seconds = timed(lambda: _begin(repeat, start, "Start from the last assessment"))
    yield from _pages(page, organisation, patient)
    page.goto(reverse("assessment-section", args=[patient, "red-flags"]))
    yield from _told("repeat", repeat, seconds + timed(lambda: _repeat(repeat)), first)
    context.close()


def _told(name: str, hand: Hand, machine: float, before: Hand | None = None) -> Iterator[Figure]:
    def against(value: float) -> float | None:
        return value if before else None

    yield figure(f"{name}.keys", hand.keys, "keys", baseline=against(before.keys if before else 0))
    yield figure(f"{name}.presses", hand.presses, "presses", baseline=against(before.presses if before else 0))
    yield figure(f"{name}.hands", hand.hands_seconds, "s", baseline=against(before.hands_seconds if before else 0))
    yield figure(f"{name}.person", hand.person_seconds, "s", baseline=against(before.person_seconds if before else 0))
    yield figure(f"{name}.machine", machine, "s")


def timed(walk: Any) -> float:
    """The seconds that the machine takes for a walk."""
    began = time.perf_counter()
    walk()
    return time.perf_counter() - began


# --- the walk ---------------------------------------------------------------------------------------------------------


def _begin(hand: Hand, start: str, button: str) -> None:
    hand.page.goto(start)
    hand.click(hand.page.get_by_role("button", name=button, exact=True))
    hand.page.wait_for_url("**/red-flags/")


def _go_on(hand: Hand) -> None:
    page, here = hand.page, hand.page.url
    hand.click(page.get_by_role("button", name="Save and go on", exact=True))
    page.wait_for_url(lambda url: url != here)
    page.wait_for_load_state()


def _red_flags(hand: Hand) -> None:
    flags = hand.page.locator(".assess-flag > .field input[value='no']").count()
    hand.click(hand.page.locator(".assess-flag > .field input[value='no']").first)
    _keys(hand, "2" * flags)  # 2 is no; the first is answered again to go on from there.
    if hand.page.locator(".assess-flag > .field input[value='no']:checked").count() != flags:
        raise Lost("The keys did not answer every red flag.")
    _go_on(hand)


def _keys(hand: Hand, keys: str) -> None:
    """One key an answer."""
    for key in keys:
        hand.type(key)


def _first(hand: Hand, start: str) -> None:
    page = hand.page
    _begin(hand, start, "Start empty")
    _red_flags(hand)
    hand.click(page.get_by_label("Name of the new area"))
    hand.type("Both feet")
    hand.press("Enter")
    page.wait_for_url("**/area-*/")
    page.wait_for_load_state()
    _area(hand)
    _go_on(hand)
    _pain(hand, "6947")
    hand.press("Tab")
    hand.type("30")
    _go_on(hand)
    hand.click(page.locator("[name='dpn'][value='yes']"))
    _go_on(hand)
    for criterion in ("c1_history", "c2_distribution", "c3_signs"):
        hand.click(page.locator(f"[name='{criterion}'][value='yes']"))
    _go_on(hand)
    hand.choose(page.locator("[name='ncs_emg']"), "abnormal")
    hand.press("Tab")
    hand.type(datetime.now(UTC).date().isoformat())
    _go_on(hand)
    _questionnaires(hand, peg="677", low=1)
    hand.click(page.locator("[name='problem_list_reviewed']"))
    _go_on(hand)
    _go_on(hand)
    _sign(hand)


def _area(hand: Hand) -> None:
    page = hand.page
    for bases in FEET:
        for side in "rl":
            shapes = [page.locator(f".bodymap-views path[data-region='{base}_{side}']") for base in bases]
            hand.stroke(shapes)
            for base, shape in zip(bases, shapes, strict=True):
                if not page.locator(f"[name='regions'][value='{base}_{side}']").is_checked():
                    hand.click(shape)
    for word, strength in WORDS.items():
        hand.click(page.locator(f"[name='descriptor-{word}'][value='yes']"))
        hand.press("Tab")
        hand.type(str(strength))
    hand.choose(page.locator("[name='sensory_reference']"), "proximal")
    hand.press("Tab")
    for row in page.locator("[data-sensory-row]").all():
        given = [radio.get_attribute("value") or "" for radio in row.get_by_role("radio").all()]
        hand.type(GRID_KEYS["less" if "less" in given else "same"])
    hand.click(page.locator("[name='pattern'][value='continuous']"))


def _pain(hand: Hand, numbers: str) -> None:
    hand.click(hand.page.locator("[name='nrs_now']"))
    hand.press("Control+a")
    for place, number in enumerate(numbers):
        if place:
            hand.press("Tab")
        hand.type(number)


def _questionnaires(hand: Hand, peg: str, low: int) -> None:
    page = hand.page
    fields = page.locator(".assess-form input[inputmode='numeric']")
    hand.click(fields.first)
    for place, number in enumerate(peg):
        if place:
            hand.press("Tab")
        hand.type(number)
    _go_on(hand)
    hand.click(page.locator(f"[name='phq9_1'][value='{low}']"))
    _keys(hand, f"{low}" * 8 + "0")
    hand.click(page.locator(f"[name='gad7_1'][value='{low}']"))
    _keys(hand, f"{low}" * 7)
    _go_on(hand)
    hand.click(page.get_by_role("link", name="Go on", exact=True))  # No other questionnaire.
    page.wait_for_url("**/health/")


def _repeat(hand: Hand) -> None:
    """What was taken over is looked at and confirmed; what changes from visit to visit is asked anew."""
    _red_flags(hand)
    for _taken_over in ("areas", "area"):
        _go_on(hand)
    _pain(hand, "4735")
    hand.press("Tab")
    hand.type("32")
    for _taken_over in ("severity", "causes", "grading", "tests"):
        _go_on(hand)
    _questionnaires(hand, peg="445", low=0)
    for _as_on_record in ("health", "wishes"):
        _go_on(hand)
    _sign(hand)


def _sign(hand: Hand) -> None:
    hand.click(hand.page.get_by_role("button", name="Sign the assessment"))
    hand.page.wait_for_url(re.compile(r"/signed/"))


# --- the pages --------------------------------------------------------------------------------------------------------


def _pages(page: Page, organisation: Any, patient: Any) -> Iterator[Figure]:
    """Queries, bytes and accessibility faults of every page of the open assessment."""
    from tools import access

    links = page.locator(".assess-list a").all()
    paths = dict.fromkeys(urlsplit(link.get_attribute("href") or "").path for link in links)
    sections = {path: path.rstrip("/").split("/")[-1] for path in paths if "/assess/" in path}
    client = Client()
    with tenant(organisation):
        client.force_login(account_queries.staff_of(organisation).get(email=rehearsal.WHO))
    with override_settings(ALLOWED_HOSTS=["testserver", *settings.ALLOWED_HOSTS]):
        for path, section in sections.items():
            name = "area" if section.startswith("area-") else section
            client.get(path)
            with CaptureQueriesContext(connection) as made:
                content = client.get(path).content
            yield figure(f"{name}.queries", sum(not FRAME.match(one["sql"]) for one in made), "queries")
            yield figure(f"{name}.bytes", len(content), "bytes")
            yield figure(f"{name}.compressed", len(gzip.compress(content, 6)), "bytes")
            page.goto(path)
            page.wait_for_load_state("networkidle")
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": 1280, "height": max(800, tall)})
            yield figure(f"{name}.axe", len(access.faults(page)), "violations")
            page.set_viewport_size({"width": 1280, "height": 800})


def patient_of_the_walk() -> tuple[Any, Any]:
    """The organisation and the patient of the walk."""
    organisation = next(
        key for key in organisations() if account_queries.organisation(key).name == ORGANISATIONS[0].name
    )
    with tenant(organisation):
        found = patient_queries.patients_page(organisation, size=10_000).patients
    return organisation, next(row.pk for row in found if row.number == WHOM)
