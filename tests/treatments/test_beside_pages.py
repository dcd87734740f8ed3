"""Pages beside the plan: options side by side, guidelines side by side, pairs, wishes, topics, the note to a payer."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from patients import services as record
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from treatments import queries
from treatments.content import shipped
from treatments.presenters.about import about, overdue
from treatments.presenters.numbers import BENEFIT, HARM, first_of, numbers_of
from treatments.presenters.people import people
from treatments.snapshot import snapshot


@pytest.fixture
def browser(clinician: Member, patient: Patient) -> Browser:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY, creatinine="80")
    return Browser(clinician, patient)


def add_trial(browser: Browser, treatment: str, **trial: Any) -> None:
    record.record_trial(
        actor=browser.member.actor, patient=browser.patient, treatment=treatment, today=TODAY, unit="mg", **trial
    )


def wish(browser: Browser, code: str) -> None:
    record.record_preference(actor=browser.member.actor, patient=browser.patient, code=code)


# --- the lists --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "expected", "absent"),
    [
        ("medicines", "Gabapentin", "Lidocaine 5%"),
        ("topicals", "Lidocaine 5%", "Gabapentinoid"),
        ("combinations", "Neither yet", "Show all"),
        ("therapies", "Low-impact aerobic", "Spinal cord stimulation"),
        ("interventions", "Spinal cord stimulation", "Low-impact aerobic"),
        ("education", "What is nerve pain?", "Spinal cord stimulation"),
    ],
)
def test_each_list_has_its_own_options(browser: Browser, view: str, expected: str, absent: str) -> None:
    options = browser.get(view=view).partition('id="options"')[2].partition('id="plan"')[0]
    assert expected in words(options)
    assert absent not in words(options)


def test_a_card_says_at_a_glance_what_is_known(browser: Browser) -> None:
    card = browser.get().partition('id="option-pregabalin"')[2].partition("</article>")[0]
    text = words(card)
    assert "First line in 5 of 7 guidelines" in text
    assert "Grade Strong recommendation, moderate certainty" in text
    assert "Benefit 13 of 100 more: 50% pain reduction (NNT 7.7)" in text
    assert "Harm 7 of 100 more: withdrawal for adverse events" in text
    assert "Cost not on file" in text, "the lines of the cards stand beside one another, and none is left out"
    assert "Dose Start 25 mg a day" in text
    assert "Monitoring " in text


def test_what_holds_of_every_card_is_said_once_above_them(browser: Browser) -> None:
    page = browser.get()
    said = "First choices for painful diabetic neuropathy with equal efficacy"
    cards = page.partition('class="plan-cards"')[2].partition("</section>")[0]
    assert said in page.partition('class="plan-cards"')[0]
    assert said not in cards
    # Where the reasons differ, each card has its own.
    cards = browser.get(view="therapies").partition('class="plan-cards"')[2].partition("</section>")[0]
    own = cards.split('class="plan-card-why">')[1:]
    assert own
    assert all("<p" in card for card in own)


def test_at_most_three_options_are_opened(browser: Browser) -> None:
    assert browser.get(view="therapies").count('class="plan-glance"') == 3 + 2  # and two lists of the column beside
    assert browser.get(view="medicines").count("<article") == 2  # only two are recommended


def test_every_option_says_where_it_comes_from_and_what_is_not_stated(browser: Browser) -> None:
    shown = snapshot(browser.patient, TODAY)
    for option in (*shown.proposal.agents, *shown.proposal.therapies):
        panel = {line.label: line for line in about(option.id, shown)}
        assert set(panel) >= {"Developer", "Funding", "Evidence", "Intended use", "Limits", "Review", "Release"}
        silent = {label for label, line in panel.items() if not line.stated}
        assert silent <= {"Funding", "Intended use", "Limits"}, (option.id, silent)
        assert all(panel[label].text == "not stated" for label in silent)
    told = {line.label: line.text for line in about("duloxetine", shown)}
    assert told["Intended use"].startswith("supported for painful diabetic polyneuropathy; ")
    assert "US: licensed for this cause" in told["Intended use"]
    assert told["Reads of the person"].startswith("Age, Sex used in formulas")
    assert told["Funding"] == "not stated", "the content names none, and none is made up"
    told = {line.label: line.text for line in about("physical_therapy", shown)}
    assert "strong fit for any cause" in told["Intended use"]
    assert "not checked against a source" in told["Limits"]


def test_what_is_marked_stays_marked_in_every_list_and_through_an_edit(browser: Browser) -> None:
    marked = "gabapentin,tens"
    page = browser.get(marked=marked)
    assert re.search(r'value="gabapentin"[^>]* checked', page)
    assert not re.search(r'value="pregabalin"[^>]* checked', page)
    # What stands in another list is compared all the same, and can be left out from here.
    head = page.partition('id="compare-form"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="options" value="tens">' in head
    assert "Leave out of the comparison: Transcutaneous" in words(head)
    assert "view=therapies&amp;marked=gabapentin%2Ctens" in page
    answer = browser.post("plan-item-add", option="pregabalin", view="medicines", marked=marked)
    assert "marked=gabapentin%2Ctens" in answer.url
    assert "marked=gabapentin%2Ctens" in browser.get("plan-compare", options=marked)
    # More than three, and what nobody knows, does no harm.
    assert len(re.findall(r'name="options"[^>]* checked', browser.get(marked="a,b,gabapentin,tens"))) == 1


@pytest.mark.parametrize(
    "name", ["plan-item", "plan-agreement", "plan-item-calendar", "plan-item-stop", "plan-item-switch"]
)
def test_the_way_back_from_a_page_of_an_item_leads_to_where_the_reader_was(browser: Browser, name: str) -> None:
    browser.add("gabapentin")
    place = {"view": "therapies", "show": "tens", "marked": "gabapentin,tens"}
    query = "view=therapies&amp;show=tens&amp;marked=gabapentin%2Ctens"
    assert f'{browser.href(name, "gabapentin")}?{query}"' in browser.get(**place)
    assert f'href="{browser.href()}?{query}#plan"' in browser.get(name, "gabapentin", **place)


def test_what_is_saved_on_the_page_of_an_item_leads_back_to_where_the_reader_was(browser: Browser) -> None:
    browser.add("gabapentin")
    place = "?view=therapies&show=tens&marked=gabapentin%2Ctens"
    saved = browser.post("plan-item", "gabapentin", query=place, **browser.item_fields("gabapentin", (0, 100, 1)))
    assert saved.url == f"{browser.href()}{place}#plan"


def test_a_form_is_fetched_when_its_fold_is_opened_and_comes_without_the_page_around_it(browser: Browser) -> None:
    browser.add("gabapentin")
    page = browser.get()
    assert 'name="item-gabapentin-dose_0"' not in page
    assert f'hx-get="{browser.href("plan-item", "gabapentin")}' in page
    part = browser.client.get(browser.href("plan-item", "gabapentin"), headers={"HX-Request": "true"}).content.decode()
    assert 'name="item-gabapentin-dose_0"' in part
    assert "<html" not in part
    goals = browser.client.get(browser.href("plan-goals"), headers={"HX-Request": "true"}).content.decode()
    assert 'name="plan-function_words"' in goals
    assert "<html" not in goals


def test_the_place_of_an_item_leads_to_its_own_list(browser: Browser) -> None:
    browser.add("tens", "lidocaine_plaster")
    page = browser.get()
    assert "?view=therapies&amp;show=tens" in page
    assert "?view=topicals&amp;show=lidocaine_plaster" in page


# --- wishes -----------------------------------------------------------------------------------------------------------


def test_a_wish_says_from_which_place_to_which_it_moved_an_option(browser: Browser) -> None:
    assert "No preferences on record" in words(browser.get())
    wish(browser, "avoid_weight_gain")
    text = words(browser.get(show="gabapentin"))
    assert "Preferences : wants no weight gain" in text
    assert "because of a preference: wants no weight gain" in text
    assert "Moved down from place" in text


def test_a_wish_entered_from_the_plan_leads_back_to_it(browser: Browser) -> None:
    form = browser.client.get(reverse("record-add", args=[browser.patient.pk, "preference"]), {"from": "plan"})
    page = form.content.decode()
    assert f'href="{browser.href()}"' in page
    sent = {"patient_id": str(browser.patient.pk), "from": "plan", "code": "few_pills", "source": "patient"}
    answer = browser.client.post(reverse("record-add", args=[browser.patient.pk, "preference"]), sent)
    assert answer.status_code == 302, answer.content[:300]
    assert answer.headers["Location"] == browser.href()
    assert "wants few tablets" in words(browser.get())


# --- comparing --------------------------------------------------------------------------------------------------------


def test_options_stand_side_by_side_however_they_were_marked(browser: Browser) -> None:
    one = browser.get("plan-compare", options="gabapentin,pregabalin,tens")
    boxes = browser.client.get(browser.href("plan-compare"), {"options": ["gabapentin", "pregabalin", "tens"]})
    assert words(one) == words(boxes.content.decode())
    text = words(one)
    for heading in (
        "Benefit",
        "Harm",
        "Common side effects",
        "How often",
        "Monitoring",
        "Cost",
        "Speaks against it here",
    ):
        assert heading in text
    assert one.count("<svg viewBox") == 4  # benefit and harm of two medicines; the therapy has words
    assert one.count('class="is-counted"') == 16 + 4 + 13 + 7


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("gabapentin,pregabalin,duloxetine,tens", "At most 3 options can be compared; 4 were chosen."),
        ("gabapentin,camomile", "Not in the rulebook: camomile."),
        ("<script>alert(1)</script>", "Not in the rulebook: &lt;script&gt;"),
    ],
)
def test_too_many_and_unknown_options_are_refused_in_words(browser: Browser, options: str, expected: str) -> None:
    answer = browser.client.get(browser.href("plan-compare"), {"options": options})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert expected in page
    assert "<table" not in page


def test_nothing_chosen_says_how_to_choose(browser: Browser) -> None:
    assert "Choose what to compare." in words(browser.get("plan-compare"))
    assert "Choose what to compare." in words(browser.get("plan-compare", **{"for": "patient"}))


def test_what_is_checked_and_what_may_bother_is_said_for_patients(browser: Browser) -> None:
    page = words(
        browser.get("plan-compare", options="gabapentin,amitriptyline,pregabalin", **{"for": "patient"})
    ).split("side by side")[1]
    for plain in (
        "Feeling sleepy (about 1 in 7)",
        "Feeling dizzy (about 23 in 100)",
        "Swollen ankles (about 6 in 100)",
        "A blood test of the kidneys; sleepiness, falls, breathing and mood",
        "a heart tracing (ECG)",
        "Serious problems. Call us or get help fast:",
        "a seizure if you stop suddenly",
    ):
        assert plain.casefold() in page.casefold(), plain
    for clinical in ("HIV trial", "QTc", "creatinine", "misuse", "DRESS"):
        assert clinical.casefold() not in page.casefold(), clinical


@pytest.mark.parametrize("asked", [{"lang": "es"}, {}])
def test_the_patient_reads_it_in_their_language(browser: Browser, asked: dict[str, str]) -> None:
    Patient.objects.filter(pk=browser.patient.pk).update(language="es-MX")
    page = browser.get("plan-compare", options="gabapentin,tens", **{"for": "patient"}, **asked)
    text = words(page).partition("Sus opciones, una al lado de otra")[2].partition("Printed")[0]
    for wanted in (
        "Más o menos 16 de cada 100 personas se quitan la mitad del dolor o más gracias a él.",
        "más o menos 1 de cada 7",
        "Un análisis de sangre de los riñones; sueño, caídas, respiración y ánimo",
        "100 mg una vez al día, luego hasta 300 mg",
        "(en inglés)",
    ):
        assert wanted in text.replace("\u00a0", " "), wanted
    for english in ("Feeling", "once a day", "Ask your"):
        assert english not in text
    assert 'class="compare-paper" lang="es"' in page
    assert "lang=en" in page


@pytest.mark.parametrize(
    ("taken", "language", "told", "plain"),
    [
        (1200, "en", "900 mg once a day, then down to 600 mg", "900 mg once a day, then down to 600 mg"),
        (1200, "es", "900 mg once a day, then down to 600 mg", "900 mg una vez al día, luego se baja hasta 600 mg"),
        # What is not taken in equal doses stands in English.
        (1800, "es", "700 + 800 mg a day, then down to 300 mg", "700 + 800 mg a day, then down to 300 mg"),
    ],
)
def test_what_is_taken_above_the_ceiling_of_this_patient_goes_down(
    clinician: Member, patient: Patient, taken: int, language: str, told: str, plain: str
) -> None:
    browser = Browser(clinician, patient)
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    record.record_medicine(
        actor=clinician.actor, patient=patient, text="gabapentin", daily_dose=Decimal(taken), unit="mg", today=TODAY
    )
    page, paper = (
        words(browser.get("plan-compare", options="gabapentin", **asked)).replace("\u00a0", " ")
        for asked in ({}, {"for": "patient", "lang": language})
    )
    assert told in page
    assert plain in paper


def test_what_is_taken_of_an_option_without_a_dose_is_told_as_no_proposal(browser: Browser) -> None:
    for name, dose in (("naltrexone", 50), ("morphine", 30)):
        record.record_medicine(
            actor=browser.member.actor,
            patient=browser.patient,
            text=name,
            daily_dose=Decimal(dose),
            unit="mg",
            today=TODAY,
        )
    (option,) = [each for each in snapshot(browser.patient, TODAY).proposal.agents if "naltrexone" in each.id]
    assert option.currently_taken
    assert option.dose is None
    page = browser.get("plan-compare", options=option.id)
    assert "not stated" in page.partition("How often")[2].partition("</tr>")[0]
    paper = words(browser.get("plan-compare", options=option.id, **{"for": "patient"}))
    assert "How you use it Ask your team." in paper


def test_the_patient_reads_plain_words(browser: Browser) -> None:
    text = words(browser.get("plan-compare", options="gabapentin,lidocaine_plaster", **{"for": "patient"}))
    assert "About 16 of 100 get rid of half their pain or more because of it." in text
    assert "About 4 of 100 give it up because of side effects." in text
    assert "This number still has to be checked." in text
    assert "Ask your pharmacist what you would pay." in text
    for jargon in ("NNT", "placebo", "CrCl", "withdrawal", "adverse", "misuse"):
        assert jargon not in text.partition("Your choices, side by side")[2].partition("What matters most")[0]


@pytest.mark.parametrize("counted", [0, 1, 20, 99, 100])
def test_a_picture_of_people_has_a_hundred_of_them(counted: int) -> None:
    picture = people(counted, "")
    assert len(picture.dots) == 100
    assert sum(dot.is_counted for dot in picture.dots) == counted
    assert len({(dot.x, dot.y) for dot in picture.dots}) == 100
    assert all(0 < dot.x < picture.width and 0 < dot.y < picture.height for dot in picture.dots)


@pytest.mark.parametrize("counted", [-1, 101])
def test_a_picture_of_more_or_fewer_people_is_none(counted: int) -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        people(counted, "")


@pytest.mark.parametrize(
    ("agent", "measure", "many", "unverified"),
    [
        ("duloxetine", BENEFIT, "About 16 of 100", False),
        ("lidocaine_plaster", BENEFIT, "About 7 of 100", True),
        ("capsaicin_8_patch", HARM, "Fewer than 1 of 100", True),
    ],
)
def test_what_was_checked_speaks_before_what_was_not(agent: str, measure: str, many: str, unverified: bool) -> None:
    number = first_of(measure, numbers_of(agent, shipped()))
    assert number is not None
    assert (number.how_many, number.unverified) == (many, unverified)


# --- guidelines -------------------------------------------------------------------------------------------------------


def test_guidelines_of_this_cause_alone_and_each_position_leads_to_its_source(browser: Browser) -> None:
    page = browser.get("plan-guidelines")
    text = words(page)
    assert "Painful diabetic polyneuropathy" in text
    assert "AAN 2022" in text
    for other in ("IDSA 2017", "ASCO 2020", "EAN 2019", "CanPain"):
        assert other not in text.partition("Sources")[0]
    rows = page.partition('<tbody id="option-tramadol">')[2].partition("</tbody>")[0]
    assert "They disagree." in words(rows)
    assert "Against: AAN 2022, ADA 2025" in words(rows)
    assert "Rescue only; blocked in painful diabetic neuropathy" in words(rows)
    assert "local policy" in words(rows)
    for number in {part.partition('"')[0] for part in page.split('href="#source-')[1:]}:
        assert f'id="source-{number}"' in page
    assert "neupsig2025" in page.partition("lens-sources")[2]


def test_what_guidelines_agree_on_is_said_to_be_agreed(browser: Browser) -> None:
    page = browser.get("plan-guidelines")
    rows = page.partition('<tbody id="option-duloxetine">')[2].partition("</tbody>")[0]
    assert "They agree. First line: ADA 2025, NeuPSIG 2025, NICE CG173" in words(rows)
    pregabalin = page.partition('<tbody id="option-pregabalin">')[2].partition("</tbody>")[0]
    assert "They differ in order." in words(pregabalin)


def test_without_a_cause_only_general_guidelines_speak(clinician: Member, patient: Patient) -> None:
    text = words(Browser(clinician, patient).get("plan-guidelines"))
    assert "The cause is not known" in text
    assert "AAN 2022" not in text.partition("Sources")[0].partition("They")[0]


# --- pairs ------------------------------------------------------------------------------------------------------------


def test_partial_relief_asks_to_combine_and_one_press_adds_the_missing_one(browser: Browser) -> None:
    add_trial(
        browser,
        "gabapentin",
        max_daily_dose=Decimal(1800),
        weeks_at_max=Decimal(8),
        stopped="ongoing",
        response_percent=40,
    )
    record.record_medicine(
        text="gabapentin", daily_dose=Decimal(1800), unit="mg", actor=browser.member.actor, patient=browser.patient,
        today=TODAY,
    )  # fmt: skip
    text = words(browser.get(view="combinations"))
    assert "Combine: add a second class" in text
    assert "1800 mg a day, for 8 weeks, 40% relief" in text
    browser.add("gabapentin")
    browser.post("plan-pair-add", pair="gabapentinoid_plus_snri", view="combinations")
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    assert {item.ref_id for item in draft.items} == {"duloxetine", "gabapentin"}
    page = browser.get(view="combinations").partition('id="pair-gabapentinoid_plus_snri"')[2].partition("</article>")[0]
    assert "in the plan" in words(page)


def test_an_empty_plan_gets_both_of_a_pair(browser: Browser) -> None:
    browser.post("plan-pair-add", pair="gabapentinoid_plus_snri", view="combinations")
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    assert {item.ref_id for item in draft.items} == {"duloxetine", "gabapentin"}
    (row,) = AuditEvent.objects.filter(action__startswith="plan.add_")
    assert (row.action, len(row.detail["items"])) == ("plan.add_pair", 2)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("two_gabapentinoids", "Not offered for the plan."),
        ("snri_plus_tca", "Not offered for the plan."),
        ("camomile", "This pair is not in the table of combinations for this patient."),
    ],
)
def test_a_pair_that_must_not_be_is_not_added(browser: Browser, pair: str, expected: str) -> None:
    answer = browser.post("plan-pair-add", pair=pair, view="combinations")
    assert expected in words(browser.client.get(answer.headers["Location"]).content.decode())
    assert queries.draft_of(browser.patient.pk) is None


# --- therapies --------------------------------------------------------------------------------------------------------


def test_the_column_of_a_therapy_has_dose_criteria_ladder_and_what_was_tried(browser: Browser) -> None:
    for agent, dose in (("duloxetine", 60), ("gabapentin", 1800)):
        add_trial(
            browser,
            agent,
            max_daily_dose=Decimal(dose),
            weeks_at_max=Decimal(12),
            stopped="inefficacy",
            response_percent=10,
        )
    text = words(browser.get(view="interventions", show="scs").partition('id="why"')[2])
    assert "2 sessions, 60–120 minutes each" in text
    assert "pain specialist, neurosurgeon" in text
    assert "before referral for a trial Met" in text
    assert "Cannot be told" in text
    assert "Step 0: Foundation for everyone. Whether to go on cannot be told: Pain average" in text
    assert "Duloxetine: Fair trial, did not help enough" in text
    assert "Prior authorisation note" in text
    assert "About this recommendation" in text
    assert "Funding not stated" in text


def test_the_note_to_a_payer_claims_what_is_on_record_and_no_more(browser: Browser) -> None:
    empty = words(browser.get("plan-authorisation", "scs"))
    assert "Treatments tried: - not on record" in empty
    assert "cannot be told from the record" in empty
    assert ": met" not in empty
    add_trial(browser, "duloxetine", max_daily_dose=Decimal(60), weeks_at_max=Decimal(12), stopped="inefficacy")
    some = words(browser.get("plan-authorisation", "scs"))
    assert "Duloxetine: 60 mg a day for 12 weeks; effect not on record" in some
    assert "incomplete for: Duloxetine" in some


def test_a_note_for_what_is_no_therapy_is_not_found(browser: Browser) -> None:
    for name in ("gabapentin", "camomile"):
        assert browser.client.get(browser.href("plan-authorisation", name)).status_code == 404


def test_evidence_says_when_it_is_to_be_reviewed_and_that_it_is_overdue(browser: Browser) -> None:
    text = words(browser.get(show="gabapentin"))
    assert "Review by 21 Nov 2027" in text
    assert "overdue" not in text
    shown = snapshot(browser.patient, TODAY)
    later = replace(shown, facts=replace(shown.facts, as_of=dt.date(2027, 11, 22)))
    assert overdue("gabapentin", later) == "Evidence review overdue since 21 Nov 2027"
    assert overdue("gabapentin", replace(shown, facts=replace(shown.facts, as_of=dt.date(2027, 11, 21)))) == ""


# --- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan-compare", "plan-guidelines"])
def test_the_pages_cost_the_same_whatever_is_on_record(browser: Browser, name: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get(name, options="gabapentin,duloxetine")
        return len(asked)

    cost()
    few = cost()
    for number in range(6):
        day = TODAY - dt.timedelta(days=number + 1)
        record.record_measurement(
            code="weight", value=str(60 + number), unit="kg", measured_on=day, actor=browser.member.actor,
            patient=browser.patient, today=TODAY,
        )  # fmt: skip
    browser.add("gabapentin", "tens")
    assert cost() == few
    assert few <= 14
