"""What the patient takes home: what it says, in which language, how hard it reads, and the PDF as it is opened."""

from __future__ import annotations

import datetime as dt
import re
import sys
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from patients.models import Patient
from rules.strict_yaml import load
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import Desk
from treatments import handouts, queries, schedules
from treatments.content import KNOWLEDGE, shipped
from treatments.content_checks import problems
from treatments.handouts import Audience, Handout, Paper, Print
from treatments.handouts.checks import handout_problems
from treatments.handouts.doses import Doses
from treatments.handouts.reading import syllables
from treatments.handouts.wording import Wording
from treatments.plan_doses import PlannedStep
from treatments.plan_record import AgreementRecord, FollowUpRecord, GoalRecord, ItemRecord, PlanRecord

START = dt.date(2026, 12, 1)
TITRATION = ((0, 300, 1), (3, 300, 2), (7, 300, 3), (14, 400, 3))


# Warning signs of the education library above grade 8 by their long words; the same words stand in check-ins.
KNOWN_TO_BE_HARD = {
    "Fever, shaking, stiff or jerking muscles, sweating and confusion after a new or higher dose",
    "Seizure, or fainting with a racing or irregular heartbeat",
}


def item(ref_id: str, *steps: tuple[int, float, float], **changes: Any) -> ItemRecord:
    rulebook = shipped()
    agent = rulebook.agent_by_id.get(ref_id)
    known = agent or rulebook.therapy_by_id[ref_id]
    fields: dict[str, Any] = {
        "id": uuid4(),
        "kind": "agent" if agent else "therapy",
        "ref_id": ref_id,
        "name": known.name,
        "version": 1,
        "owner_id": None,
        "owner": "",
        "starts_on": START,
        "stops_on": None,
        "unit": agent.dosing.unit if agent and agent.dosing else "",
        "steps": tuple(PlannedStep(*step) for step in steps),
        "note": "Ask about his brother",
        "status": "recommended",
    }
    return ItemRecord(**fields | changes)


def plan(*items: ItemRecord, **changes: Any) -> PlanRecord:
    now = dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)
    fields: dict[str, Any] = {
        "id": uuid4(),
        "patient_id": uuid4(),
        "organisation_id": uuid4(),
        "state": "signed",
        "version": 1,
        "note": "For colleagues only",
        "created_by": "",
        "created_at": now,
        "changed_by": "",
        "changed_at": now,
        "signed_by": "Dr Anna Reyes",
        "signed_at": now,
        "supersedes_id": None,
        "ended_by": "",
        "ended_at": None,
        "end_reason": "",
        "rulebook_digest": "",
        "rulebook_release": "",
        "proposal_digest": "",
        "baseline_nrs": 7,
        "items": items,
        "goals": {"function": GoalRecord("function", "Walk to the market", by=dt.date(2027, 2, 22))},
        "dates": (FollowUpRecord(dt.date(2026, 12, 14), "check_in", "Ask about his brother"),),
    }
    return PlanRecord(**fields | changes)


def sheet(record: PlanRecord, language: str = "en", audience: Audience = Audience.PATIENT, **changes: Any) -> Handout:
    person: dict[str, Any] = {"name": "Ingrid Johansson", "born": dt.date(1952, 4, 3), "number": "PP-1"} | changes
    return handouts.handout_of(
        record,
        shipped(),
        handouts.shipped_library(),
        language=language,
        audience=audience,
        person=handouts.Person(**person),
        practice=handouts.Practice(name="Northside Pain Clinic", phone="020 7946 0112"),
        signed_on=record.signed_at.date() if record.signed_at else None,
        ended_on=None,
        printed_on=dt.date(2026, 11, 30),
    )


def texts(handout: Handout) -> str:
    """Everything that the sheet says in sentences."""
    return "\n".join(text.words for text in handout.texts)


def opened(made: bytes) -> tuple[pypdfium2.PdfDocument, str]:
    """The PDF and the text of its pages, spaces folded."""
    document = pypdfium2.PdfDocument(made)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    return document, " ".join(text.replace("\u00a0", " ").replace("\ufffe", "-").split())


# --- what it says -----------------------------------------------------------------------------------------------------


def test_the_library_of_the_hand_out_holds_together(shipped_files: dict[str, Any]) -> None:
    assert list(handout_problems(shipped_files, shipped())) == []


def test_a_sentence_that_a_comma_cuts_in_two_is_named(shipped_files: dict[str, Any]) -> None:
    words: Any = load((KNOWLEDGE / "handout.yaml").read_text(encoding="utf-8"))
    words["say"]["born"]["ask us"] = None
    (problem,) = handout_problems(shipped_files | {"handout.yaml": words}, shipped())
    assert "a part of the sentence stands outside of it: ask us" in str(problem)


def test_a_day_that_has_passed_is_not_what_happens_next() -> None:
    past, soon = (
        FollowUpRecord(dt.date(2026, 11, 23), "review", ""),
        FollowUpRecord(dt.date(2026, 11, 30), "review", ""),
    )
    (dates,) = [section for section in sheet(plan(dates=(past, soon))).sections if section.id == "dates"]
    assert [block.title.words.replace("\u00a0", " ") for block in dates.blocks] == ["Mon 30 November"]


def test_a_sentence_without_its_spanish_and_one_that_no_library_has_are_named(shipped_files: dict[str, Any]) -> None:
    words: Any = load((KNOWLEDGE / "handout.yaml").read_text(encoding="utf-8"))
    del words["say"]["title"]["es"]
    words["say"]["born"]["es"] = "Nacimiento"
    words["library"][0]["of"] = "Take it when you like."
    words["driving"]["caution"] = "drive_slowly"
    words["tests"]["ecg_at_home"] = words["tests"].pop("ecg")
    del words["effects"]["ankle swelling"]
    found = [str(problem) for problem in problems(shipped_files | {"handout.yaml": words})]
    assert list(dict.fromkeys(found)) == [
        "handout.yaml drive_slowly: there is no fixed sentence with this name",
        "handout.yaml effects: it is not said for a patient: ankle swelling",
        "handout.yaml library: no text of the library is: Take it when you like.",
        "handout.yaml say born: the languages fill in different things",
        "handout.yaml say title: it is not said in the language es",
        "handout.yaml tests: it is not said for a patient: ecg",
        "handout.yaml tests: nothing is checked by the name ecg_at_home",
    ]


@pytest.mark.parametrize("agent", shipped().agents, ids=lambda agent: agent.id)
def test_all_that_the_library_says_of_a_medicine_is_on_the_sheet_in_both_languages(agent: Any) -> None:
    library = handouts.shipped_library()
    for language in library.languages:
        handout = sheet(plan(item(agent.id)), language)
        said = texts(handout)
        assert not [text for text in handout.texts if text.mark], language
        for sentence in agent.data.get("counselling", ()):
            assert library.sentences[sentence][language] in said
        effects = agent.data.get("adverse_effects") or {}
        for effect in (*effects.get("common", ()), *effects.get("serious", ())):
            assert library.words["effects"][effect["effect"]][language].lower() in said.lower()
        if (agent.data.get("taper") or {}).get("required"):
            medicine = handout.section("medicines")
            assert medicine
            assert any(group.id == "stop" for group in medicine.blocks[0].groups)


@pytest.mark.parametrize("therapy", shipped().therapies, ids=lambda therapy: therapy.id)
def test_all_that_the_library_says_of_a_therapy_is_on_the_sheet_in_both_languages(therapy: Any) -> None:
    library = handouts.shipped_library()
    for language in library.languages:
        handout = sheet(plan(item(therapy.id)), language)
        assert not [text for text in handout.texts if text.mark], language
        section = handout.section("therapies")
        assert section
        assert section.blocks[0].title.mark == ""
        assert [text.words for text in section.blocks[0].groups[0].texts] == [
            library.sentences[sentence][language] for sentence in therapy.data["leaflet"]
        ]


def test_every_warning_sign_of_the_library_is_on_every_sheet() -> None:
    library = handouts.shipped_library()
    for language in library.languages:
        for audience in Audience:
            help_section = sheet(plan(), language, audience).section("help")
            assert help_section
            titles = [g.title.words for block in help_section.blocks for g in block.groups if g.title]
            signs = [library.sentences[sign["sign"]][language] for sign in library.education["red_flags"]["items"]]
            assert sorted(titles) == sorted(signs)


def test_what_is_not_known_in_the_language_stays_in_english_and_says_so() -> None:
    handout = sheet(plan(item("gabapentin", *TITRATION)), "es")
    assert not [text for text in handout.texts if text.mark]
    drawn = replace(handouts.shipped_library(), words={**handouts.shipped_library().words, "library": []})
    stripped = handouts.handout_of(
        plan(item("gabapentin", *TITRATION)),
        shipped(),
        drawn,
        language="es",
        audience=Audience.PATIENT,
        person=handouts.Person(name="Ingrid", born=START, number="1"),
        practice=handouts.Practice(name="Clinic", phone=""),
        signed_on=START,
        ended_on=None,
        printed_on=START,
    )
    marked = {text.words: (text.language, text.mark) for text in stripped.texts if text.mark}
    assert marked["Do not stop suddenly; the dose must come down in steps."] == ("en", "(en inglés)")


def test_notes_of_the_clinician_are_not_printed() -> None:
    made = handouts.pdf_of(sheet(plan(item("gabapentin", *TITRATION))))
    assert "brother" not in opened(made)[1]
    assert "colleagues" not in opened(made)[1]


def test_nobody_is_told_to_go_on_with_what_the_plan_does_not_name() -> None:
    said = texts(sheet(plan(item("gabapentin", *TITRATION))))
    assert "Your other medicines are not on this sheet. Ask us before you stop or change one." in said


def test_pregnancy_is_left_out_only_where_it_certainly_cannot_be() -> None:
    record = plan(item("topiramate", (0, 25, 1)))
    assert "birth control" in texts(sheet(record))
    assert "birth control" not in texts(sheet(record, may_be_pregnant=False))


def test_a_medicine_without_a_dose_says_so_and_one_left_to_somebody_names_them() -> None:
    said = texts(sheet(plan(item("gabapentin"), item("tapentadol", dose_by="Dr Lund"))))
    assert "The dose is not on this sheet yet. Ask us before you start." in said
    assert "Dr Lund will tell you the dose. Do not start before that." in said


# --- the calendar -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ref_id", ["valproate", "gabapentin"])
def test_a_dose_that_does_not_divide_is_told_as_a_whole_and_not_in_digits(ref_id: str) -> None:
    kept = plan(item(ref_id, (0, 100 / 3, 3), unit="mg"))
    english, spanish = (plainly(texts(sheet(kept, language))) for language in ("en", "es"))
    assert "33" not in english + spanish
    assert "100 mg a day in all, in 3 doses. Ask us how much to take each time." in english
    assert "100 mg al día en total, en 3 tomas." in spanish


def test_the_calendar_shows_each_dose_of_each_day() -> None:
    record = item("gabapentin", *TITRATION)
    (calendar,) = sheet(plan(record)).calendars
    days = {cell.day for week in calendar.weeks for row in week.rows for cell in row.cells if cell.day}
    assert days == {START + dt.timedelta(days=number) for number in range(21)}
    doses = [record.dose_on(day) for day in days]
    assert calendar.pieces == sum(int(dose.times_per_day) for dose in doses if dose)
    assert [week.title for week in calendar.weeks] == ["Week 1", "Week 2", "Week 3"]
    assert calendar.weekdays[0] == "Tue"
    assert calendar.after.words == "After that, until we change it with you: 400\u00a0mg, 3 times a day"


def pieces_on(calendar: Any, day: dt.date) -> dict[str, list[tuple[str, int, str]]]:
    """What is drawn for a day, by time."""
    return {
        row.slot: [(piece.label, piece.halves, piece.shape) for piece in cell.pieces]
        for week in calendar.weeks
        for row in week.rows
        for cell in row.cells
        if cell.day == day and cell.pieces
    }


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("gabapentin", TITRATION),
        ("gabapentin", ((0, 300, 3), (7, 500, 3), (14, 1200, 3))),
        ("venlafaxine_er", ((0, 37.5, 1), (7, 75, 1), (14, 112.5, 1))),
        ("amitriptyline", ((0, 10, 1), (7, 35, 1))),
    ],
)
def test_the_tablets_that_are_drawn_are_those_of_the_schedule(
    name: str, steps: tuple[tuple[int, float, float], ...]
) -> None:
    record = item(name, *steps)
    agent = shipped().agent_by_id[name]
    schedule = schedules.build(agent, record.steps)
    assert isinstance(schedule, schedules.Schedule)
    (calendar,) = sheet(plan(record)).calendars
    last = record.steps[-1].day + 7
    taken = [intake for day in schedule.days(0, last) for intake in day.intakes]
    if any(intake.product.is_liquid for intake in taken):
        assert calendar.pieces == len(taken)
    else:
        assert calendar.pieces == sum(-int(-intake.count // 1) for intake in taken)
    for number in range(last):
        drawn = pieces_on(calendar, START + dt.timedelta(days=number))
        assert list(drawn) == list(dict.fromkeys(intake.time_of_day.value for intake in schedule.on(number).intakes))
        if all(piece[2] != "measure" for pieces in drawn.values() for piece in pieces):
            total = sum(float(label) * halves / 2 for pieces in drawn.values() for label, halves, _shape in pieces)
            assert total == record.steps[[step.day <= number for step in record.steps].count(True) - 1].per_day


def test_half_a_tablet_is_drawn_as_half() -> None:
    agent = shipped().agent_by_id["amitriptyline"]
    halved = tuple(replace(product, smallest=0.5) for product in agent.products if not product.is_liquid)
    doses = Doses(
        item("amitriptyline", (0, 15, 1)),
        replace(agent, products=halved),
        Wording("en", handouts.shipped_library()),
        START,
    )
    (intake,) = doses.intakes_on(START)
    assert [(piece.label, piece.halves, piece.half) for piece in intake.pieces] == [("10", 2, ""), ("10", 1, "½")]
    assert intake.counted == "1½ tablets of 10\u00a0mg"


def test_of_a_course_under_way_only_what_counts_from_today_on_is_told() -> None:
    # Printed on 30 November: since 21 November 900 mg a day, from 1 December 1,200 mg.
    running = item("gabapentin", (0, 300, 1), (10, 300, 3), (20, 400, 3), starts_on=dt.date(2026, 11, 11))
    made = sheet(plan(running))
    (section,) = [section for section in made.sections if section.id == "medicines"]
    assert [
        (row.day.replace("\u00a0", " "), row.per_day.replace("\u00a0", " ")) for row in section.blocks[0].doses
    ] == [
        ("Sat 21 November", "900 mg a day"),
        ("Tue 1 December", "1200 mg a day"),
    ]
    (calendar,) = made.calendars
    assert calendar.weeks[0].title == "Week 3"
    assert calendar.weeks[0].rows[0].cells[0].day == dt.date(2026, 11, 25)


def test_a_dose_that_only_goes_on_needs_no_calendar_once_it_is_reached() -> None:
    running = item("gabapentin", (0, 300, 1), (7, 300, 3), starts_on=dt.date(2026, 10, 2))
    made = sheet(plan(running))
    assert not made.calendars
    (section,) = [section for section in made.sections if section.id == "medicines"]
    assert len(section.blocks[0].doses) == 1


def test_a_patch_is_drawn_on_the_day_it_is_changed_and_stays_on() -> None:
    (calendar,) = sheet(plan(item("buprenorphine_td", (0, 5, 1), (14, 10, 1)))).calendars
    first = calendar.weeks[0].rows[0]
    assert [piece.label for piece in first.cells[0].pieces] == ["5"]
    assert [cell.words for cell in first.cells[1:]] == ["stays on"] * 6
    assert calendar.pieces == 2


def test_weeks_that_are_alike_share_a_row_with_a_box_for_each() -> None:
    (calendar,) = sheet(plan(item("gabapentin", (0, 300, 1), (28, 300, 2)))).calendars
    assert [(week.title, week.repeats) for week in calendar.weeks] == [("Weeks 1 to 4", 4), ("Week 5", 1)]
    assert calendar.weeks[0].days[0] == "1, 8, 15, 22"


def test_a_taper_ends_and_warns_of_stepping_down() -> None:
    (calendar,) = sheet(plan(item("pregabalin", (0, 150, 2), (7, 75, 2), stops_on=dt.date(2026, 12, 15)))).calendars
    days = [cell.day for week in calendar.weeks for row in week.rows for cell in row.cells if cell.day]
    assert max(days) == dt.date(2026, 12, 14)
    assert calendar.after.words == "After that you take none."
    assert "step down" in calendar.notes[0].words


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("botulinum_toxin_a_sc", ((0, 50, 1), (90, 100, 1))),
        ("gabapentin", ((0, 300, 1), (7, 300, 5))),
    ],
)
def test_what_is_not_taken_daily_or_at_times_that_nobody_knows_has_no_calendar(
    name: str, steps: tuple[tuple[int, float, float], ...]
) -> None:
    handout = sheet(plan(item(name, *steps)))
    assert handout.calendars == ()
    medicine = handout.section("medicines")
    assert medicine
    assert all(row.words for row in medicine.blocks[0].doses)


# --- how it reads -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("en", {"medicine": 3, "dizziness": 3, "table": 2, "makes": 1, "changes": 2, "walked": 1, "needed": 2,
                "area": 3, "idea": 3, "quiet": 2, "being": 2, "serious": 3, "people": 2, "emergency": 4, "don't": 1,
                "patient": 2, "usually": 4, "create": 2, "muscles": 2, "breathes": 1, "gabapentin": 4}),
        ("es", {"día": 2, "medicamento": 5, "guía": 2, "quiere": 2, "país": 2, "ahora": 3, "muy": 1, "leer": 2,
                "oír": 2, "ciudad": 2, "continúa": 4, "pingüino": 3, "murciélago": 4, "yo": 1}),
    ],
)  # fmt: skip
def test_syllables(language: str, counts: dict[str, int]) -> None:
    assert {word: syllables(word, language) for word in counts} == counts


def test_grades_agree_with_those_that_the_education_library_was_built_with() -> None:
    education = handouts.shipped_library().education
    for topic in (*education["topics"], *education["caregiver_guidance"]):
        grade = handouts.reading_of([topic["text"]], "en").grade
        assert grade is not None
        assert abs(grade - topic["reading_grade"]) < 1.3, topic["id"]


def test_the_scores_follow_their_formulas() -> None:
    english = handouts.reading_of(["The cat sat on the mat."], "en")
    assert (english.words, english.sentences, english.grade) == (6, 1, 0.0)
    # 13 words of 26 syllables in one sentence.
    hard = handouts.reading_of(
        ["The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."], "en"
    )
    assert hard.grade == pytest.approx(0.39 * 13 + 11.8 * 26 / 13 - 15.59, abs=0.1)
    # 5 words of 11 syllables in one sentence.
    spanish = handouts.reading_of(["Tome una cápsula cada noche."], "es")
    assert spanish.ease == pytest.approx(206.835 - 62.3 * 11 / 5 - 5, abs=0.1)
    assert spanish.band == "normal"
    assert handouts.reading_of([], "en").is_plain


def test_the_sheet_reads_at_grade_8_or_lower_and_so_does_each_fixed_sentence_of_some_length() -> None:
    library = handouts.shipped_library()
    for agent in shipped().agents:
        reading = handouts.reading_of([text.words for text in sheet(plan(item(agent.id))).texts], "en")
        assert reading.is_plain, agent.id
    fixed = [entry["en"] for entry in library.words["say"].values()]
    assert handouts.hardest(fixed, "en") == []
    spoken = [entry.get("en", entry["of"]) for entry in library.words["library"]]
    spoken += [topic["text"] for topic in library.education["caregiver_guidance"]]
    read = {text: handouts.reading_of([text], "en") for text in spoken}
    assert {text for text, reading in read.items() if reading.words >= 5 and not reading.is_plain} == KNOWN_TO_BE_HARD


def test_the_spanish_sheet_reads_at_least_normally() -> None:
    for agent in shipped().agents:
        reading = handouts.reading_of([text.words for text in sheet(plan(item(agent.id)), "es").texts], "es")
        assert reading.is_plain, (agent.id, reading)


# --- the PDF ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_pdf_is_tagged_and_has_title_language_names_and_doses(language: str) -> None:
    record = plan(item("gabapentin", *TITRATION), item("amitriptyline", (0, 10, 1)), item("tens"))
    made = handouts.pdf_of(sheet(record, language))
    document, text = opened(made)
    assert (
        document.get_metadata_value("Title") == f"{sheet(record, language).title} · {sheet(record, language).about[1]}"
    )
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document.raw)
    assert f"/Lang({language}".encode() in made.replace(b" ", b"") or f"({language})".encode() in made
    names = {"en": ("Gabapentin", "Amitriptyline"), "es": ("Gabapentina", "Amitriptilina")}[language]
    for wanted in (*names, "300 mg", "400 mg", "1200 mg", "10 mg", "Northside Pain Clinic", "020 7946 0112"):
        assert wanted in text


# Five medicines and three therapies, of which four change their dose, goals and dates: more than most plans hold.
LARGEST = (
    item("gabapentin", *TITRATION),
    item("amitriptyline", (0, 10, 1), (7, 20, 1), (14, 30, 1)),
    item("duloxetine", (0, 30, 1), (14, 60, 1)),
    item("tramadol", (0, 50, 2), (7, 50, 4)),
    item("lidocaine_plaster", (0, 1, 1)),
    item("tens"),
    item("cbt"),
    item("aerobic_exercise"),
)
GOALS = {
    "function": GoalRecord("function", "Walk to the market and back without a stop", by=dt.date(2027, 2, 22)),
    "function_2": GoalRecord("function", "Sleep through the night", position=2, by=dt.date(2027, 2, 22)),
    "pain": GoalRecord("pain", "", 4, dt.date(2027, 2, 22)),
}
DAYS = tuple(
    FollowUpRecord(day, "review", "") for day in (dt.date(2026, 12, 14), dt.date(2027, 1, 11), dt.date(2027, 2, 22))
)
# A page that somebody is sent to, in each language.
SENT_TO = re.compile(r"(?:page|página) (\d+)")


def plainly(words: str) -> str:
    return words.replace("\u00a0", " ")


def pages_of(made: bytes) -> list[str]:
    """The text of each page, spaces folded; hyphens at the end of a line stay."""
    document = pypdfium2.PdfDocument(made)
    texts = [page.get_textpage().get_text_range() for page in document]
    return [" ".join(text.replace("\u00a0", " ").replace("\ufffe", "-").split()) for text in texts]


def letters_of(made: bytes, number: int) -> list[tuple[float, float]]:
    """Size in points and height above the foot of the sheet in points, of each letter of a page."""
    raw = pypdfium2.raw
    page = pypdfium2.PdfDocument(made)[number]
    text = page.get_textpage()
    return [
        (raw.FPDFText_GetFontSize(text.raw, place), text.get_charbox(place)[1])
        for place in range(text.count_chars())
        if text.get_text_range(place, 1).strip()
    ]


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_first_page_is_the_whole_plan_in_letters_of_14_points(language: str, paper: Paper) -> None:
    made_sheet = sheet(plan(*LARGEST, goals=GOALS, dates=DAYS), language)
    made = handouts.pdf_of(made_sheet, paper)
    first, *further = pages_of(made)
    now = made_sheet.section("now")
    assert now
    assert [row.id for row in now.rows] + [block.id for block in now.blocks] == [each.ref_id for each in LARGEST]
    # A hyphen at the end of a line is printed twice in Spanish.
    folded = first.replace("--", "-").replace("- -", "-")
    for title in [row.title.words for row in now.rows] + [block.title.words for block in now.blocks]:
        assert title in folded
    for wanted in (
        "020 7946 0112",
        "14 diciembre 2026" if language == "es" else "14 December 2026",
        "Walk to the market",
    ):
        assert wanted in first
    assert made_sheet.section("help").title in first  # type: ignore[union-attr]
    sizes = [size for size, height in letters_of(made, 0) if height > 45]
    assert min(sizes) >= 13.99
    # What is left out is on the page that is named.
    assert {int(number) for number in SENT_TO.findall(first)} <= set(range(1, len(further) + 2))
    signs = [text.title.words for block in made_sheet.section("help").blocks for text in block.groups if text.title]  # type: ignore[union-attr]
    (emergency,) = {int(n) for n in re.findall(r"(?:a sign on page|señal de la página) (\d+)", first)}
    assert all(sign.replace(" ", "") in further[emergency - 2].replace(" ", "") for sign in signs)


def test_a_small_plan_leaves_no_sign_of_an_emergency_to_another_page() -> None:
    made_sheet = sheet(plan(item("gabapentin", *TITRATION), item("tens")))
    (first, *_further) = pages_of(handouts.pdf_of(made_sheet))
    help_section = made_sheet.section("help")
    assert help_section
    for group in help_section.blocks[0].groups:
        assert group.title
        assert group.title.words in first


def test_long_goals_and_words_leave_medicines_help_and_the_next_day_on_the_first_page() -> None:
    long = "Walk with my granddaughter along the river without a stop and carry the shopping home " * 3
    goals = {f"function_{place}": GoalRecord("function", long, position=place) for place in (1, 2, 3)}
    record = plan(*LARGEST, goals=goals, dates=DAYS, for_patient="Please call me when anything is not clear. " * 6)
    first, *further = pages_of(handouts.pdf_of(sheet(record)))
    for wanted in (
        "Tramadol",
        "Please call me",
        "All goals: page",
        "14 December 2026",
        "Call your emergency number now",
    ):
        assert wanted in first
    assert "granddaughter" not in first
    assert " ".join(further).count("granddaughter") == 9


def test_more_than_a_page_can_hold_goes_on_and_loses_nothing() -> None:
    many = [agent for agent in shipped().agents if agent.dosing][:16]
    record = plan(*(item(agent.id) for agent in many), state="draft", signed_at=None)
    first, second, *_further = pages_of(handouts.pdf_of(sheet(record)))
    assert [agent.name for agent in many if agent.name not in first + second] == []
    assert "Do not start or change a medicine because of it." in first
    assert "020 7946 0112" in first


def test_a_medicine_says_what_is_taken_now_and_what_comes_next() -> None:
    running = item("gabapentin", (0, 300, 1), (10, 300, 3), (20, 400, 3), starts_on=dt.date(2026, 11, 11))
    ended = item("pregabalin", (0, 75, 2), starts_on=dt.date(2026, 10, 1), stops_on=dt.date(2026, 11, 20))
    waiting = item("duloxetine", (0, 30, 1), stops_on=dt.date(2026, 12, 15))
    now = sheet(plan(running, ended, waiting, item("tapentadol", dose_by="Dr Lund"), item("nortriptyline"))).section(
        "now"
    )
    assert now
    said = {
        row.id: (
            plainly(row.day),
            [plainly(each.counted) for each in row.intakes] or plainly(row.words.words),
            [plainly(fact.words) for fact in row.facts],
        )
        for row in now.rows
    }
    assert said == {
        "gabapentin": ("", ["1 capsule of 300 mg"] * 3, ["New dose on Tue 1 December"]),
        "pregabalin": ("", "The last day was Thu 19 November. You take none now.", []),
        "duloxetine": ("From Tue 1 December", ["1 capsule of 30 mg"], ["Last day: Mon 14 December"]),
        "tapentadol": ("From Tue 1 December", "Dr Lund will tell you the dose. Do not start before that.", []),
        "nortriptyline": ("From Tue 1 December", "The dose is not on this sheet yet. Ask us before you start.", []),
    }
    (stop,) = [text.words for text in now.lead if "Do not stop suddenly" in text.words]
    assert "Gabapentin" in stop
    assert "Pregabalin" not in stop, "it has been stopped"


@pytest.mark.parametrize("due", [dt.date(2026, 12, 31), dt.date(2027, 1, 4)])
def test_days_say_their_year_as_soon_as_one_lies_in_another(due: dt.date) -> None:
    made = sheet(plan(item("gabapentin", *TITRATION), dates=(FollowUpRecord(due, "review", ""),)))
    dates, now = made.section("dates"), made.section("now")
    assert dates
    assert now
    said = [dates.blocks[0].title.words, now.title, now.rows[0].facts[0].words, made.calendars[0].weeks[0].dates]
    assert [bool(re.search(r"202[67]$", words)) for words in said] == [due.year == 2027] * 4


def test_a_calendar_over_the_turn_of_the_year_says_both() -> None:
    late = item("gabapentin", (0, 300, 1), (7, 300, 2), starts_on=dt.date(2026, 12, 29))
    (calendar,) = sheet(plan(late)).calendars
    assert [week.dates.replace("\u00a0", " ") for week in calendar.weeks] == [
        "29 December 2026 – 4 January 2027",
        "5 January – 11 January 2027",
    ]


def test_a_calendar_that_fits_on_a_page_stays_on_it() -> None:
    made_sheet = sheet(plan(*LARGEST))
    pages = pages_of(handouts.pdf_of(made_sheet))
    for calendar in made_sheet.calendars:
        (page,) = [page for page in pages if calendar.title in page]
        after = calendar.after.words.replace("\u00a0", " ")
        assert page.index(calendar.title) < page.index(calendar.weeks[-1].title) < page.index(after)


def test_each_page_has_something_on_it_and_large_print_is_larger() -> None:
    record = plan(item("gabapentin", *TITRATION), item("amitriptyline", (0, 10, 1)))
    pages = []
    for size in Print:
        for paper in Paper:
            document, _text = opened(handouts.pdf_of(sheet(record), paper, size))
            for page in document:
                bitmap = page.render(scale=1, grayscale=True)
                shades = bytes(bitmap.buffer)
                assert min(shades) < 100 < 250 < max(shades)
            assert round(document[0].get_width()) == {Paper.A4: 595, Paper.LETTER: 612}[paper]
        pages.append(len(document))
    assert pages == sorted(pages)
    assert pages[0] < pages[-1]


def test_a_draft_says_on_each_page_that_it_is_one() -> None:
    record = plan(item("gabapentin", *TITRATION), state="draft", signed_at=None)
    document, text = opened(handouts.pdf_of(sheet(record)))
    assert text.count("Draft: not signed") >= len(document)
    assert "Do not start or change a medicine because of it." in text


@pytest.mark.parametrize(
    "evil", ['#panic("x") *bold* $x$ \\ "', "<b>me</b> {% now %} &amp;", "@ref <label> _u_ `raw` = h"]
)
def test_what_people_wrote_is_shown_as_they_wrote_it(evil: str) -> None:
    record = plan(
        item("gabapentin", *TITRATION, product=evil),
        goals={"function": GoalRecord("function", evil)},
        signed_by=evil,
    )
    _document, text = opened(handouts.pdf_of(sheet(record, name=evil)))
    squeezed = text.replace(" ", "")
    assert squeezed.count(evil.replace(" ", "")) >= 4


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(clinician: Member, patient: Patient) -> Browser:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    browser = Browser(clinician, patient)
    browser.add("gabapentin", "tens")
    return browser


def plan_id(browser: Browser) -> Any:
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    return draft.id


def test_the_page_shows_sheet_reading_level_and_the_way_to_the_pdf(browser: Browser) -> None:
    page = browser.get("plan-handout", plan_id(browser))
    text = words(page)
    for wanted in ("My pain plan", "Gabapentin", "When to get help", "Reading grade", "Draft: not signed"):
        assert wanted in text
    assert reverse("plan-handout-pdf", args=[browser.patient.pk, plan_id(browser)]) in page
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    drawn = sum(calendar.pieces for calendar in sheet(draft).calendars)
    assert page.count('class="pill') == drawn + page.count('class="pill-body')
    assert drawn > 0


def test_a_level_without_words_of_its_own_is_no_range_of_numbers_for_the_patient(
    clinician: Member, patient: Patient
) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk = Desk(clinician, patient)
    desk.add("gabapentin")
    desk.answer_everything()
    sleep = GoalRecord(
        "function", "Sleep", measure="a night", baseline=4, amount=1, unit="wakings", levels=("", "", "Once", "", "")
    )
    desk.agree(goals=(sleep,))
    signed = desk.sign()
    assert signed.wishes[0].levels[0] == "more than 4.3 wakings"
    text = words(Browser(clinician, patient).get("plan-handout", signed.id))
    assert "As I hoped: Once" in text
    assert "What we count: a night (wakings): 1." in text
    assert "4.3" not in text


def test_the_page_speaks_the_language_that_is_asked_for_and_the_patients_by_default(browser: Browser) -> None:
    assert 'lang="es" aria-label="Mi plan para el dolor"' in browser.get("plan-handout", plan_id(browser), lang="es")
    Patient.objects.filter(pk=browser.patient.pk).update(language="es-MX")
    assert "Mi plan para el dolor" in browser.get("plan-handout", plan_id(browser))
    assert "My pain plan" in browser.get("plan-handout", plan_id(browser), lang="en")


AGREED = AgreementRecord(
    ref_id="gabapentin",
    name="Gabapentin",
    kind="agent",
    week=6,
    dose=900,
    weeks_at_dose=2,
    unit="mg",
    enough_pct=30,
    good_pct=50,
    if_little="switch",
    if_partial="add",
    if_not_tolerated="reduce_then_switch",
    next_id="duloxetine",
    next_name="Duloxetine",
    partial_id="",
    partial_name="",
)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            "en",
            [
                "From week 6 on we ask if it helps.",
                "If your pain is not 30% better: we lower it step by step and change to Duloxetine.",
                "If your pain is 30% to 50% better: we add a second treatment.",
                "If your pain is 50% better or more: you go on with it.",
                "If that does not help, we change to Duloxetine.",
            ],
        ),
        (
            "es",
            ["Desde la semana 6 preguntamos si le ayuda.", "lo bajamos paso a paso y cambiamos a duloxetina"],
        ),
    ],
)
def test_what_was_agreed_at_the_start_is_told_in_plain_words(language: str, wanted: list[str]) -> None:
    record = plan(item("gabapentin", *TITRATION), agreements=(AGREED,))
    made = sheet(record, language)
    text = " ".join(each.words for each in made.texts)
    _document, printed = opened(handouts.pdf_of(made))
    for sentence in wanted:
        assert sentence.casefold() in text.casefold()
        assert sentence.casefold() in printed.casefold()


@pytest.mark.parametrize("size", Print)
def test_what_each_level_of_a_goal_means_is_printed_in_the_patients_words(size: Print) -> None:
    levels = ("I stay at home", "", "To the shop and back", "", "Round the park with Astrid")
    walk = GoalRecord("function", "Walk to the shop", levels=levels)
    _document, text = opened(handouts.pdf_of(sheet(plan(goals={"function": walk})), size=size))
    for wanted in ("Much less than I hoped: I stay at home", "As I hoped: To the shop and back"):
        assert text.count(wanted) == 1
    assert "Less than I hoped: B" not in text
    assert "Hasta dónde llegué" in opened(handouts.pdf_of(sheet(plan(goals={"function": walk}), "es")))[1]


def test_nothing_agreed_is_no_section() -> None:
    made = sheet(plan(item("gabapentin", *TITRATION)))
    assert "agreement" not in [section.id for section in made.sections]


def test_a_caregiver_gets_guidance_and_no_goals(browser: Browser) -> None:
    text = words(browser.get("plan-handout", plan_id(browser), **{"for": "caregiver"}))
    assert "Looking after yourself" in text
    assert "What I want" not in text


@pytest.mark.parametrize("query", [{"lang": "xx", "for": "nobody", "size": "999", "paper": "a0"}, {}])
def test_a_choice_that_does_not_exist_gives_the_usual_sheet(browser: Browser, query: dict[str, str]) -> None:
    response = browser.client.get(browser.href("plan-handout-pdf", plan_id(browser)), query)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/pdf"
    assert "Johansson" not in response.headers["Content-Disposition"]
    assert opened(response.content)[0].get_metadata_value("Title").startswith("My pain plan")


def test_without_the_package_the_page_says_so_and_is_there_to_print(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    response = browser.client.get(browser.href("plan-handout-pdf", plan_id(browser)))
    assert response.status_code == 503
    text = words(response.content.decode())
    assert "A PDF cannot be made here. Print this page instead" in text
    assert "Gabapentin" in text


def test_a_letter_that_no_font_has_leads_to_the_page_and_not_to_an_error(browser: Browser) -> None:
    for name, status in (("Nguyễn Анна Ελένη", 200), ("\U0010fffd", 503)):
        Patient.objects.filter(pk=browser.patient.pk).update(given_names=name)
        response = browser.client.get(browser.href("plan-handout-pdf", plan_id(browser)))
        assert response.status_code == status, name
        if status == 503:
            assert name in response.content.decode()


def test_names_with_markup_are_shown_literally(browser: Browser) -> None:
    Patient.objects.filter(pk=browser.patient.pk).update(given_names="<b>Ingrid</b> #eval")
    page = browser.get("plan-handout", plan_id(browser))
    assert "&lt;b&gt;Ingrid&lt;/b&gt; #eval" in page


def test_handing_out_leaves_one_row_and_costs_a_fixed_number_of_queries(browser: Browser) -> None:
    counts = []
    for names in ((), ("amitriptyline", "duloxetine", "pregabalin", "pacing")):
        browser.add(*names)
        for name in ("plan-handout", "plan-handout-pdf"):
            address = browser.href(name, plan_id(browser))
            browser.client.get(address)
            before = AuditEvent.objects.count()
            with CaptureQueriesContext(connection) as captured:
                assert browser.client.get(address).status_code == 200
            counts.append((name, len(captured)))
            assert AuditEvent.objects.count() == before + 1
    assert counts[:2] == counts[2:]


def test_a_plan_that_was_thrown_away_has_no_hand_out(browser: Browser) -> None:
    draft = plan_id(browser)
    browser.post("plan-discard", version=1)
    assert browser.client.get(browser.href("plan-handout", draft)).status_code == 404
    assert browser.client.get(browser.href("plan-handout-pdf", uuid4())).status_code == 404
