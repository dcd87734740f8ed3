"""The clinician's own word for the patient: kept with the draft, fixed with the signature, printed as written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.access import Denied
from accounts.models import AuditEvent
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_handout import TITRATION, item, opened, pages_of, plan, sheet
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import Desk
from tests.treatments.test_replay import replayed
from treatments import handouts, plan_changes, queries, services
from treatments.handouts import Audience, Print
from treatments.models import WORD_LONGEST, WORD_MOST_LINES, Plan

WORD = "You did well to come.\nOne capsule a night is all for now."
# What Typst would read as markup, code or a label, what JSON escapes, and letters that go the other way or are stacked.
AWKWARD = [
    '#panic("x") $x$ @ref <label> \\ "quoted" *bold* `raw` // no /* no */',
    "= heading\n- item\n#set page(width: 1pt)",
    "שלום, קח 300 mg בערב",
    "Cafe\u0301, nin\u0303o, z\u0338ero",
]


@pytest.fixture
def desk(clinician: Member, patient: Patient) -> Desk:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    desk.add("gabapentin")
    return desk


@pytest.fixture
def browser(desk: Desk) -> Browser:
    return Browser(desk.member, desk.patient)


def sent(browser: Browser, text: str, **fields: Any) -> dict[str, Any]:
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    kept = {"patient_id": browser.patient.pk, "version": draft.version, "for_patient": text, **fields}
    return {f"plan-{name}": value for name, value in kept.items()}


def kept(browser: Browser) -> str:
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    return draft.for_patient


# --- keeping it -------------------------------------------------------------------------------------------------------


def test_it_is_saved_by_hand_and_while_it_is_typed_with_one_row_in_the_trail_each(browser: Browser) -> None:
    before = AuditEvent.objects.filter(action="plan.save").count()
    browser.post("plan-goals", **sent(browser, WORD.replace("\n", "\r\n")))
    assert kept(browser) == WORD
    saved = browser.client.post(
        browser.href("plan-goals"), sent(browser, "Call me any time."), headers={"X-Autosave": "1"}
    )
    assert saved.json()["version"] == 3
    assert kept(browser) == "Call me any time."
    assert AuditEvent.objects.filter(action="plan.save").count() == before + 2
    assert "Call me any time." in browser.get("plan-goals")


def test_two_who_write_it_at_once_see_both_and_nothing_is_lost(browser: Browser) -> None:
    stale = sent(browser, "Mine")
    browser.post("plan-goals", **sent(browser, "Theirs"))
    beside = browser.post("plan-goals", status=409, **stale).content.decode()
    assert "Mine" in beside
    assert "Theirs" in beside
    assert kept(browser) == "Theirs"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" * (WORD_LONGEST + 1), f"at most {WORD_LONGEST} characters"),
        ("\n".join("abcdef"[: WORD_MOST_LINES + 1]), f"At most {WORD_MOST_LINES} lines"),
    ],
)
def test_what_is_too_long_for_the_first_page_is_refused_at_its_field(browser: Browser, text: str, said: str) -> None:
    page = browser.post("plan-goals", status=422, **sent(browser, text)).content.decode()
    assert said in page
    assert text[:40] in page
    assert kept(browser) == ""


def test_signs_that_nobody_sees_are_left_out(browser: Browser) -> None:
    browser.post("plan-goals", **sent(browser, "Take\u202e 300\u202c\x07 mg\tat night"))
    assert kept(browser) == "Take 300\u202c mg at night"


def test_who_may_not_draft_may_not_write_it(desk: Desk, auditor: Member) -> None:
    draft = queries.draft_of(desk.patient.pk)
    assert draft
    entry = services.PlanEntry(for_patient=WORD)
    with pytest.raises(Denied):
        services.save_plan(**(desk.who | {"actor": auditor.actor}), version=draft.version, entry=entry)


# --- signed -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed(desk: Desk) -> Any:
    desk.answer_everything()
    desk.agree(for_patient=WORD)
    return desk.sign()


def test_it_is_fixed_with_the_signature_and_belongs_to_that_version(signed: Any, desk: Desk) -> None:
    assert signed.for_patient == WORD
    with pytest.raises(DatabaseError), transaction.atomic():
        Plan.objects.filter(id=signed.id).update(for_patient="Take twice as much.")
    assert replayed() == (0, ["1 equal, 0 different"])
    draft = services.start_draft(**desk.who, shown=desk.shown)
    assert draft.for_patient == ""
    (removed,) = [each for each in plan_changes.changes(signed, draft) if each.about == "A word for the patient"]
    assert (removed.how, WORD in removed.text) == ("removed", True)


def test_a_difference_of_two_versions_tells_it() -> None:
    before = plan(for_patient="Start slowly.")
    (changed,) = plan_changes.changes(before, replace(before, for_patient="Go on like this."))
    assert (changed.how, changed.about) == ("changed", "A word for the patient")
    assert "Start slowly." in changed.text
    assert "Go on like this." in changed.text


def test_it_counts_for_what_the_signer_has_seen(desk: Desk) -> None:
    desk.answer_everything()
    seen = desk.agree().fingerprint(desk.shown.facts.canonical_text(), desk.shown.rulebook.digest)
    desk.agree(for_patient=WORD)
    with pytest.raises(services.StaleSave):
        desk.sign_as_it_is(seen=seen)


def test_the_reader_of_the_plan_and_of_the_hand_out_see_it(signed: Any, browser: Browser) -> None:
    for name in ("patient-plan-read", "patient-plan-print", "plan-handout"):
        assert "One capsule a night is all for now." in words(browser.get(name, signed.id))


# --- printed ----------------------------------------------------------------------------------------------------------


def with_word(text: str, language: str = "en", **more: Any) -> handouts.Handout:
    return sheet(plan(item("gabapentin", *TITRATION), for_patient=text), language, **more)


@pytest.mark.parametrize("text", AWKWARD)
def test_it_stands_on_the_first_page_letter_for_letter(text: str) -> None:
    try:
        made = handouts.pdf_of(with_word(text))
    except handouts.PdfUnavailable:
        # No font of this machine has the letters: the page to print says it.
        assert not text.isascii()
        return
    first = pages_of(made)[0]
    assert "A word from your clinician" in first
    for part in text.split():
        assert part in first or not part.isascii()


@pytest.mark.parametrize("text", AWKWARD)
def test_on_the_page_it_is_text_and_goes_the_way_of_its_script(browser: Browser, text: str) -> None:
    browser.post("plan-goals", **sent(browser, f"<script>alert(1)</script> {text}"[:WORD_LONGEST]))
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    page = browser.get("plan-handout", draft.id)
    assert "<script>alert(1)" not in page
    assert '<p class="handout-own" dir="auto">&lt;script&gt;alert(1)' in page
    assert text.split()[-1].replace('"', "&quot;") in page


def test_nobody_translates_it_and_it_is_not_marked_or_scored() -> None:
    made = with_word(WORD, "es")
    section = made.section("word")
    assert section
    assert section.title == "Unas palabras de su profesional de salud"
    assert [(text.words, text.mark) for text in section.lead] == [(WORD, "")]
    first = pages_of(handouts.pdf_of(made))[0]
    assert "You did well to come. One capsule a night is all for now." in first
    scored = [text.words for text in made.texts if text.language == "es"]
    assert WORD not in scored


def test_it_is_for_the_patient_and_nobody_else() -> None:
    assert with_word(WORD, audience=Audience.CAREGIVER).section("word") is None
    assert with_word("").section("word") is None


def test_the_longest_one_leaves_the_plan_on_one_page() -> None:
    longest = "\n".join(["w" * 20 + " " + "words " * 6] * WORD_MOST_LINES)[:WORD_LONGEST]
    _document, _text = opened(handouts.pdf_of(with_word(longest), size=Print.NORMAL))
    first = pages_of(handouts.pdf_of(with_word(longest)))[0]
    for wanted in ("wwwww words", "Gabapentin", "What happens next", "When to get help", "Call your emergency number"):
        assert wanted in first
