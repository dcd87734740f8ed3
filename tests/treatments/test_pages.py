"""The pages of the plan as a browser without script sees them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from patients import queries as patient_queries
from patients import services as record
from patients.models import Measurement, Patient, Problem
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from treatments import forms, queries
from treatments.snapshot import snapshot


class Browser:
    """A signed-in person on the plan of one patient."""

    def __init__(self, member: Member, patient: Patient) -> None:
        self.client: Client = member.client
        self.member, self.patient = member, patient

    def href(self, name: str = "patient-plan", *args: Any) -> str:
        return reverse(name, args=[self.patient.pk, *args])

    def get(self, name: str = "patient-plan", *args: Any, **query: str) -> str:
        response = self.client.get(self.href(name, *args), query)
        assert response.status_code == 200, response.content[:500]
        return response.content.decode()

    def post(self, name: str, *args: Any, status: int = 302, query: str = "", **data: Any) -> Any:
        sent = {"patient_id": str(self.patient.pk)} | data
        response = self.client.post(self.href(name, *args) + query, sent)
        assert response.status_code == status, response.content[:500]
        return response

    def add(self, *names: str) -> None:
        for name in names:
            self.post("plan-item-add", option=name)

    def item_fields(self, name: str, *steps: tuple[Any, Any, Any], **changes: Any) -> dict[str, Any]:
        prefix = f"item-{name}-"
        fields: dict[str, Any] = {"patient_id": str(self.patient.pk), "version": 1, "starts_on": TODAY.isoformat()}
        for row, (day, dose, times) in enumerate(steps):
            fields |= {f"day_{row}": day, f"dose_{row}": dose, f"times_{row}": times}
        return {prefix + key: value for key, value in (fields | {"owner": "", "note": ""} | changes).items()}


@pytest.fixture
def browser(clinician: Member, patient: Patient) -> Browser:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    return Browser(clinician, patient)


def words(html: str) -> str:
    """The text of a page without marks, spaces folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#x27;", "'").split())


# --- options ----------------------------------------------------------------------------------------------------------


def test_options_stand_by_status_with_a_reason_each(browser: Browser) -> None:
    text = words(browser.get())
    places = [text.index(word) for word in ("Recommended 2", "Possible", "Needs data", "Excluded")]
    assert places == sorted(places)
    assert "at most 600 mg." in text
    assert "CrCl below 30. Creatinine clearance 24" in text


def test_an_option_opens_with_rule_facts_sources_and_doses(browser: Browser) -> None:
    text = words(browser.get(show="duloxetine"))
    assert "Do not use: Duloxetine, when creatinine clearance (Cockcroft-Gault) is below 30 mL/min." in text
    assert "Cockcroft-Gault" in text
    assert "duloxetine-contra-crcl-under-30" in text
    assert "NNT" in text
    assert "unverified" in text
    assert "sertraline" in text.partition("Interactions")[2]


@pytest.mark.parametrize("view", ["therapies", "combinations", "nonsense"])
def test_therapies_and_combinations_stand_in_the_same_form(browser: Browser, view: str) -> None:
    text = words(browser.get(view=view))
    assert {"therapies": "Low-impact aerobic", "combinations": "Gabapentinoid + TCA"}.get(view, "Gabapentin") in text


def test_a_medicine_that_is_not_recognised_is_shown(browser: Browser) -> None:
    record.record_medicine(actor=browser.member.actor, patient=browser.patient, text="kava forte", today=TODAY)
    assert "Not recognised, check by hand: kava forte." in words(browser.get())


def test_the_line_of_a_medicine_that_is_taken_already_says_from_which_dose_it_goes_on(browser: Browser) -> None:
    since = TODAY - dt.timedelta(days=40)
    common: dict[str, Any] = {"actor": browser.member.actor, "patient": browser.patient, "today": TODAY}
    record.record_medicine(text="gabapentin", daily_dose=Decimal(200), unit="mg", started_on=since, **common)
    browser.add("gabapentin")
    text = words(browser.get())
    assert f"Takes 200 mg a day since {since.day} {since:%b %Y}; goes on from there." in text
    assert "the steps go on from the dose of now" in words(browser.get(show="gabapentin"))


def test_what_a_therapy_holds_is_looked_at_beside_the_medicines(browser: Browser) -> None:
    record.record_medicine(actor=browser.member.actor, patient=browser.patient, text="diazepam", today=TODAY)
    browser.add("ketamine_infusion", "it_drug_delivery")
    text = words(browser.get())
    assert "at least 2 of 3 CNS-active medicines diazepam, Intravenous ketamine infusion (specialist)" in text
    assert "may hold an opioid, ziconotide or a local anaesthetic. What exactly it holds is not part" in text


def test_every_page_of_content_says_that_it_awaits_a_sign_off(browser: Browser) -> None:
    browser.add("gabapentin")
    for name in ("patient-plan", "patient-plan-sign", "plan-goals"):
        assert "awaits a clinician's sign-off" in words(browser.get(name))


# --- what is missing --------------------------------------------------------------------------------------------------


def test_a_missing_answer_is_given_where_it_is_missed_and_says_what_changed(browser: Browser) -> None:
    assert "broken_skin" in browser.get()
    response = browser.post("plan-fact", "broken_skin", answer="no", view="therapies", show="tens")
    assert response.headers["Location"] == f"{browser.href()}?view=therapies&show=tens#missing"
    page = browser.client.get(response.headers["Location"]).content.decode()
    assert "Changed: " in words(page)
    assert Problem.objects.filter(patient=browser.patient, code="broken_skin", status="absent").exists()
    assert 'id="missing-broken_skin"' not in page


def test_a_missing_value_is_refused_with_its_range_and_what_was_typed_stays(
    clinician: Member, patient: Patient
) -> None:
    browser = Browser(clinician, patient)
    record.state_problem(
        actor=clinician.actor,
        patient=patient,
        kind="condition",
        code="dpn",
        status="present",
        stated_on=TODAY,
        today=TODAY,
    )
    assert 'id="missing-crcl_ml_min"' in browser.get()
    wrong: dict[str, Any] = {"code": "creatinine", "value": "9000", "unit": "umol/L", "measured_on": TODAY.isoformat()}
    refused = browser.post("plan-fact", "crcl_ml_min", status=422, **wrong).content.decode()
    assert "above the plausible range" in words(refused)
    assert 'value="9000"' in refused
    assert not Measurement.objects.exists()
    browser.post("plan-fact", "crcl_ml_min", **wrong | {"value": "90"})
    assert Measurement.objects.get().canonical_value == 90


def test_a_fact_that_is_not_asked_for_here_is_not_taken(browser: Browser) -> None:
    browser.post("plan-fact", "nrs_average", status=404, answer="yes")


def test_medicines_and_allergies_are_gone_through_in_one_press(clinician: Member, patient: Patient) -> None:
    browser = Browser(clinician, patient)
    browser.post("plan-fact", "medications_reviewed")
    browser.post("plan-fact", "allergy_list_given")
    found = patient_queries.record_of(patient, TODAY)
    assert (found.medicines_reviewed_on, found.allergies) == (TODAY, ())


# --- the plan being built ---------------------------------------------------------------------------------------------


def test_the_whole_way_to_a_signed_plan_without_script(browser: Browser) -> None:
    browser.add("gabapentin", "amitriptyline")
    assert "1 reason is missing before it can be signed." in words(browser.get())
    refused = words(browser.get("patient-plan-sign"))
    assert "It cannot be signed yet" in refused
    assert "The plan follows the rules" not in refused
    asked = browser.client.get(browser.href("plan-reason"), {"kind": "interaction", "item": "amitriptyline"})
    covers = re.search(r'name="covers" value="([^"]*)"', asked.content.decode())
    assert covers
    browser.post(
        "plan-reason",
        query="?kind=interaction&item=amitriptyline",
        covers=covers.group(1),
        reason="benefit",
        text="Low dose, ECG done.",
    )
    goals: dict[str, Any] = {
        "version": 1,
        "function_words": "Walk to the shop",
        "pain_target": 4,
        "patient_id": browser.patient.pk,
        "date_0": (TODAY + dt.timedelta(days=28)).isoformat(),
        "kind_0": "review",
        "text_0": "Look at the goal",
    }
    browser.post("plan-goals", **{f"plan-{key}": value for key, value in goals.items()})
    page = browser.get("patient-plan-sign")
    assert "Benefit outweighs the risk: Low dose, ECG done." in words(page)
    assert "Walk to the shop" in page
    draft = queries.draft_of(browser.patient.pk)
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert draft
    assert seen
    browser.post("plan-sign", draft.id, seen=seen.group(1))
    assert "Signed" in words(browser.get())
    printed = words(browser.get("patient-plan-print", draft.id))
    assert "check the live record" in printed
    assert "rule release" in printed
    assert "Low dose, ECG done." in printed


def test_a_printed_plan_says_that_a_medicine_has_no_dose(browser: Browser) -> None:
    browser.add("gabapentin")
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    assert "No dose entered" not in words(browser.get("patient-plan-print", draft.id))
    browser.post("plan-item", "gabapentin", **browser.item_fields("gabapentin"))
    assert "No dose entered" in words(browser.get("patient-plan-print", draft.id))


def test_a_reason_covers_every_line_that_the_browser_sends_back() -> None:
    """Browsers end the lines of a form with CR and LF, hidden fields too."""
    patient = uuid4()
    sent = {"patient_id": str(patient), "covers": "renal\r\nhepatic", "reason": "benefit", "text": "Agreed."}
    form = forms.ReasonForm(sent, kind="excluded", patient_id=patient)
    assert form.is_valid(), form.errors
    assert form.entry("excluded").covers == {"renal", "hepatic"}


def test_a_reason_for_a_dose_is_asked_up_to_which_and_shown_with_it(browser: Browser) -> None:
    browser.add("gabapentin")
    query = "?kind=dose&item=gabapentin"
    assert "Without a reason at most 600 mg." in words(browser.get("plan-reason", kind="dose", item="gabapentin"))
    said: dict[str, Any] = {"covers": "", "reason": "benefit", "text": "Needed."}
    page = browser.post("plan-reason", query=query, status=422, **said).content.decode()
    assert "Say up to which dose of a day" in words(page)
    browser.post("plan-reason", query=query, up_to="900", **said)
    browser.post("plan-item", "gabapentin", **browser.item_fields("gabapentin", (0, 100, 1), (7, 300, 3)))
    assert "Needed. (up to 900 a day)" in words(browser.get())
    assert 'value="900"' in browser.get("plan-reason", kind="dose", item="gabapentin")
    sent = browser.item_fields("gabapentin", (0, 100, 1), (7, 400, 3), version=2)
    browser.post("plan-item", "gabapentin", status=422, **sent)


def test_a_dose_above_the_limit_comes_back_with_what_was_typed(browser: Browser) -> None:
    browser.add("gabapentin")
    sent = browser.item_fields("gabapentin", (0, "300", 3), note="as before")
    page = browser.post("plan-item", "gabapentin", status=422, **sent).content.decode()
    assert "above the limit for this patient, 600 mg" in words(page)
    assert 'value="as before"' in page
    assert 'value="300"' in page


@pytest.mark.parametrize(("dose", "expected"), [("a lot", "Enter a number"), ("-5", "greater than or equal")])
def test_a_dose_that_is_no_number_gets_a_message(browser: Browser, dose: str, expected: str) -> None:
    browser.add("gabapentin")
    page = browser.post("plan-item", "gabapentin", status=422, **browser.item_fields("gabapentin", (0, dose, 1)))
    assert expected in words(page.content.decode())


def test_a_save_by_the_page_itself_answers_with_the_new_version(browser: Browser) -> None:
    browser.add("gabapentin")
    sent = browser.item_fields("gabapentin", (0, "100,0", 1))
    response = browser.client.post(browser.href("plan-item", "gabapentin"), sent, headers={"X-Autosave": "1"})
    assert response.json()["version"] == 2
    stale = browser.client.post(browser.href("plan-item", "gabapentin"), sent, headers={"X-Autosave": "1"})
    assert stale.status_code == 409


def test_a_stale_save_shows_both_versions_and_either_can_be_kept(browser: Browser) -> None:
    browser.add("gabapentin")
    browser.post("plan-item", "gabapentin", **browser.item_fields("gabapentin", (0, 100, 1), note="theirs"))
    mine = browser.item_fields("gabapentin", (0, 50, 1), note="mine")
    page = browser.post("plan-item", "gabapentin", status=409, **mine).content.decode()
    assert "theirs" in page
    assert "mine" in page
    again = dict(re.findall(r'<input type="hidden" name="(item-[^"]+)" value="([^"]*)"', page))
    assert again["item-gabapentin-version"] == "2"
    browser.post("plan-item", "gabapentin", **again)
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    assert draft.items[0].note == "mine"


def test_a_form_of_one_patient_is_not_taken_for_another(browser: Browser, new_patient: Any, clinician: Member) -> None:
    other = new_patient(family_name="Berg")
    response = clinician.client.post(
        reverse("plan-item-add", args=[other.pk]), {"patient_id": str(browser.patient.pk), "option": "gabapentin"}
    )
    assert response.status_code == 404
    assert queries.draft_of(other.pk) is None


def test_what_will_happen_names_the_dose_of_each_day_also_of_a_course_that_goes_on(browser: Browser) -> None:
    browser.add("gabapentin")
    began, stops = TODAY - dt.timedelta(days=10), TODAY + dt.timedelta(days=10)
    fields = browser.item_fields(
        "gabapentin",
        (0, 100, 1),
        (3, 100, 2),
        (12, 100, 1),
        starts_on=began.isoformat(),
        stops_on=stops.isoformat(),
    )
    browser.post("plan-item", "gabapentin", **fields)
    page = browser.get("patient-plan-sign").partition('class="plain plan-happens"')[2].partition("</section>")[0]
    told = [words(row) for row in re.findall(r"<li>.*?</li>", page, re.DOTALL) if "Gabapentin" in row]
    doses = [row.replace("\xa0", " ").partition("release) ")[2] for row in told if "judged" not in row]
    assert doses == ["100 mg once a day", "100 mg twice a day", "100 mg once a day", "stops"]


def test_a_trainee_looks_over_and_finds_no_signature(browser: Browser, trainee: Member) -> None:
    browser.add("gabapentin")
    page = Browser(trainee, browser.patient).get("patient-plan-sign")
    assert "Propose it to somebody who signs" in words(page)
    assert "Sign the plan" not in words(page)


def test_an_address_of_a_plan_of_somebody_else_is_not_found(browser: Browser, new_patient: Any) -> None:
    browser.add("gabapentin")
    draft = queries.draft_of(browser.patient.pk)
    assert draft
    other = new_patient(family_name="Berg")
    for name in ("patient-plan-read", "patient-plan-print"):
        assert browser.client.get(reverse(name, args=[other.pk, draft.id])).status_code == 404


def test_a_plan_that_is_not_there_cannot_be_stopped_and_a_draft_goes_once(browser: Browser) -> None:
    assert browser.client.get(browser.href("plan-stop", uuid4())).status_code == 404
    browser.add("gabapentin")
    browser.post("plan-discard")
    browser.post("plan-discard", status=404)
    assert queries.open_of(browser.patient.pk) is None


def test_parts_of_the_page_are_fetched_by_themselves(browser: Browser) -> None:
    browser.add("gabapentin")
    for target, expected, absent in (
        ("why", "Excluded", "Plan being built"),
        ("checks", "No goal", "Excluded"),
        ("figure-gabapentin", "limit 600 mg a day", "Excluded"),
    ):
        headers = {"HX-Request": "true", "HX-Target": target}
        part = browser.client.get(browser.href(), {"show": "duloxetine"}, headers=headers).content.decode()
        assert expected in words(part)
        assert absent not in words(part)
        assert "<html" not in part


def test_the_proposal_as_json_is_what_a_signature_would_keep(browser: Browser) -> None:
    found = browser.client.get(browser.href("api-proposal")).json()
    assert found["as_of"] == TODAY.isoformat()
    assert {agent["id"]: agent["status"] for agent in found["agents"]}["duloxetine"] == "excluded"


# --- cost -------------------------------------------------------------------------------------------------------------


def test_the_page_costs_the_same_whatever_is_on_record(browser: Browser) -> None:
    browser.add("gabapentin", "duloxetine")  # Of which one is complete, and the form of the other stands open.

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get()
        return len(asked)

    few = cost()
    for number in range(12):
        day = TODAY - dt.timedelta(days=number + 1)
        common: dict[str, Any] = {"actor": browser.member.actor, "patient": browser.patient, "today": TODAY}
        record.record_measurement(code="weight", value=str(60 + number), unit="kg", measured_on=day, **common)
        record.record_medicine(text=f"unknown remedy {number}", **common)
    browser.add("tens", "cbt", "pregabalin", "lidocaine_plaster")
    assert cost() == few
    # With a draft: who may own an item is asked as well. One of them shows the test's organisation again.
    # And what was ordered from the plan.
    assert few == 16
    assert len(browser.get().encode()) < 260 * 1024


# --- the live check ---------------------------------------------------------------------------------------------------


def take(browser: Browser, *names: str, dose: int = 40) -> None:
    """Put medicines on the list, in mg a day."""
    shared: dict[str, Any] = {"actor": browser.member.actor, "patient": browser.patient, "today": TODAY}
    for name in names:
        record.record_medicine(text=name, daily_dose=Decimal(dose), unit="mg", **shared)
    record.review_medicines(reviewed_on=TODAY, **shared)


def strip(browser: Browser) -> str:
    """The strip of checks as it is fetched again after each save."""
    response = browser.client.get(browser.href(), headers={"HX-Request": "true", "HX-Target": "checks"})
    assert response.status_code == 200
    return response.content.decode()


def test_the_strip_has_a_line_for_each_cause_with_gauges_and_the_arithmetic(browser: Browser) -> None:
    take(browser, "oxycodone", "diazepam")
    browser.add("gabapentin")
    text = words(strip(browser))
    assert "Stop Opioid with two or more other sedatives: Gabapentin (immediate release), diazepam, oxycodone." in text
    assert text.count("Opioid with two or more other sedatives") == 1
    assert "Sedation and breathing" in text
    assert "3 of 3 CNS-active medicines" in text
    assert "What helps most" in text
    assert "oxycodone 40 mg × 1.5 = 60" in text
    # Nobody asked about falls: not settled, never low.
    assert "not settled" in text


def test_a_quiet_plan_has_a_quiet_strip(browser: Browser) -> None:
    browser.add("lidocaine_plaster")
    html = strip(browser)
    assert "tone-critical" not in html
    assert "Reason needed" not in html
    # Nothing is high, so the gauges are folded; what nobody knows is said all the same.
    assert re.search(r'<details class="more plan-gauges-fold" data-remember', html)
    assert re.search(r"\d not settled", words(html))


def test_a_promise_is_chosen_from_tests_days_and_people_and_is_read_with_the_reason(browser: Browser) -> None:
    browser.add("amitriptyline")
    page = browser.client.get(browser.href("plan-reason"), {"kind": "interaction", "item": "amitriptyline"})
    covers = re.search(r'name="covers" value="([^"]*)"', page.content.decode())
    assert covers
    assert "ECG with QTc and conduction" in words(page.content.decode())
    given: dict[str, Any] = {"covers": covers.group(1), "reason": "will_monitor", "text": "Low dose."}
    query = "?kind=interaction&item=amitriptyline"
    refused = words(browser.post("plan-reason", query=query, status=422, **given).content.decode())
    for sentence in ("Say by when it is checked", "Choose what is checked", "Choose who sees to it"):
        assert sentence in refused
    owner = str(browser.member.user.pk)
    promise: dict[str, Any] = {"monitor_test": "ecg", "monitor_on": TODAY.isoformat(), "monitor_owner": owner}
    browser.post("plan-reason", query=query, **given, **promise)
    assert "Will monitor: Low dose. (ECG with QTc and conduction on" in words(strip(browser))


def test_a_reason_that_no_longer_covers_everything_says_what_is_new(browser: Browser) -> None:
    take(browser, "oxycodone", "diazepam")
    browser.add("gabapentin")
    page = browser.client.get(browser.href("plan-reason"), {"kind": "alert", "subject": "sedation"})
    covers = re.search(r'name="covers" value="([^"]*)"', page.content.decode())
    assert covers
    assert "Sedation and breathing" in words(page.content.decode())
    given: dict[str, Any] = {"covers": covers.group(1), "reason": "benefit", "text": "Known to the team."}
    browser.post("plan-reason", query="?kind=alert&subject=sedation", **given)
    assert "Benefit outweighs the risk: Known to the team." in words(strip(browser))
    take(browser, "zopiclone", dose=7)
    text = words(strip(browser))
    assert "Changed since the reason was given:" in text
    assert "zopiclone" in text.partition("Changed since the reason was given:")[2][:200]


# --- what would change it, what if ------------------------------------------------------------------------------------


def test_a_closed_option_says_what_would_open_it_and_the_column_lists_each_change(browser: Browser) -> None:
    page = browser.get(show="duloxetine")
    line = words(page.split('id="option-duloxetine"')[1].split("</li>")[0])
    assert "With creatinine clearance from 30 mL/min, it would be" in line.replace("\xa0", " ")
    column = page.split('id="why"')[1]
    assert "What would change it" in column
    assert "f.crcl_ml_min=30" in column


def test_a_what_if_moves_the_proposal_and_stores_nothing(browser: Browser) -> None:
    before = (Measurement.objects.count(), Problem.objects.count())
    text = words(browser.get("plan-what-if", **{"f.crcl_ml_min": "60"}))
    assert "What if: nothing is saved" in text
    assert "Duloxetine Excluded" in text
    assert (Measurement.objects.count(), Problem.objects.count()) == before
    assert "Duloxetine Excluded" not in words(browser.get("plan-what-if"))


def test_a_what_if_says_why_and_offers_what_is_not_known(browser: Browser) -> None:
    shown = snapshot(browser.patient, TODAY)
    (first, *_rest) = shown.proposal.missing
    page = browser.get("plan-what-if", **{"f.qtc_ms": "520", "f.crcl_ml_min": "60"})
    moved = words(page.partition("what-if-result")[2])
    assert "Corrected QT 520 ms" in moved, "why an option is out then, with the value assumed"
    assert "unchanged" in moved
    assert f'name="add" value="{first.fact}"' in page
    assert "First medicines now" in words(browser.get("plan-what-if"))
    assert f'name="add" value="{first.fact}"' not in browser.get("plan-what-if", **{f"f.{first.fact}": ""})


def test_a_what_if_finds_a_fact_by_its_name_and_tells_a_wrong_value_at_its_field(browser: Browser) -> None:
    found = browser.get("plan-what-if", add="heart block")
    assert 'name="f.heart_block"' in found
    assert "No fact has this name." in words(browser.get("plan-what-if", add="shoe size"))
    wrong = browser.get("plan-what-if", **{"f.crcl_ml_min": "many", "f.qtc_ms": "9999"})
    assert "Enter a number." in wrong
    assert "is outside the plausible range" in wrong
    assert 'value="many"' in wrong


def test_the_next_question_and_how_firm_the_first_choice_is_are_a_part_of_the_page(browser: Browser) -> None:
    text = words(browser.get("plan-next-question"))
    assert "Ask next" in text
    assert re.search(r"(would settle|could settle|could rule out) [A-Z]", text, re.IGNORECASE), "it names the options"
    assert "of 100 plausible completions of the missing data" in text
