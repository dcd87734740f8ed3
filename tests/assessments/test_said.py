"""What a patient said beside an assessment: only what is open is filled, nothing unknown becomes a no, words agree."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.audit import Actor
from assessments import patient_questions, queries, said, services
from assessments.content import KNOWLEDGE, assessment_content, read_yaml
from assessments.entries import AreaEntry, InstrumentsEntry, ScoreEntry, SeverityEntry, WishesEntry
from assessments.models import PatientReport
from assessments.record import AreaRecord, AssessmentRecord, InstrumentRecord, RedFlagRecord, SectionState
from assessments.summary import summarise
from patients import services as patient_services

CONTENT = assessment_content()
NOW = dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
AREA = AreaRecord(id=uuid4())
EMPTY = AssessmentRecord(id=uuid4(), patient_id=uuid4(), status="draft", assessed_on=TODAY, areas=(AREA,))
ANSWERS: dict[str, Any] = {
    "regions": ["heel_l", "heel_r"],
    "touch_regions": [],
    "words": {
        "burning": {"answer": "yes", "strength": 7},
        "itching": {"answer": "no"},
        "tingling": {"answer": "unknown"},
    },
    "pattern": "continuous",
    "aggravating": [],
    "nrs_average": 6,
    "peg1": 5,
    "phq9_1": 1,
    "preferences": ["avoid_sedation"],
    "medicines": "Pregabalin 75",
}


def filled_area(area: AreaRecord, answers: dict[str, Any] | None = None) -> AreaRecord:
    entry = said.fill(f"area-{area.id}", EMPTY, area, answers or ANSWERS, CONTENT)
    assert isinstance(entry, AreaEntry)
    return entry.area


# --- the questions ----------------------------------------------------------------------------------------------------


def test_every_text_stands_in_every_language_and_every_code_exists() -> None:
    languages = set(patient_questions.languages())
    data = patient_questions.content()
    for entry in data["questions"]:
        if "instrument" in entry:
            items = {item.id for item in CONTENT.instruments[entry["instrument"]].items}
            assert set(entry["items"]) <= items
            assert CONTENT.instruments[entry["instrument"]].may_show_items
            continue
        texts = [entry[key] for key in ("text", "help", "low", "high", "none") if key in entry]
        for text in [*texts, *(option["text"] for option in entry.get("options", ()))]:
            assert set(text) == languages, entry["id"]
    assert set(data["regions"]) == {region.base for region in CONTENT.body_map.regions.values()}
    assert set(data["parts"]) == {region.area for region in CONTENT.body_map.regions.values()}
    for text in [*data["regions"].values(), *data["parts"].values()]:
        assert set(text) == languages
    assert set(data["instrument_languages"]) <= languages


def test_the_answers_are_words_of_the_assessment() -> None:
    asked = {question.id: {option.value for option in question.options} for question in english()}
    words, timing = CONTENT.phenotype, {question.id: set(question.values) for question in CONTENT.phenotype.timing}
    assert asked["words"] == {descriptor.id for descriptor in words.descriptors}
    assert asked["pattern"] == timing["pattern"]
    assert asked["attacks_24h"] == timing["attacks_24h"]
    assert asked["sleep_disturbed"] == timing["sleep_disturbed"]
    assert asked["aggravating"] == set(words.aggravating)
    assert asked["relieving"] == set(words.relieving)
    assert asked["preferences"] - {"none"} <= {choice.id for choice in CONTENT.preferences}


def test_the_rest_of_phq9_is_asked_from_the_band_of_phq2_that_asks_for_it() -> None:
    (entry,) = [one for one in patient_questions.content()["questions"] if "only_from" in one]
    positive = [band.lowest for band in CONTENT.instruments["phq2"].bands if "give PHQ-9" in band.label]
    assert positive == [entry["only_from"]["total"]]


def test_a_sign_says_what_the_check_in_says_of_it_and_every_advice_stands_in_every_language() -> None:
    check_in = read_yaml(KNOWLEDGE / "followup" / "check_in.yaml")
    alerts = {row["id"] for row in read_yaml(KNOWLEDGE / "followup" / "safety_alerts.yaml")["safety_alerts"]}
    danger = {row["id"]: row for row in check_in["danger_signs"]["items"]}
    others = set(patient_questions.languages()) - {"en"}
    data = patient_questions.content()
    (entry,) = [one for one in data["questions"] if one.get("id") == "signs"]
    for sign in entry["options"]:
        assert set(sign["red_flags"]) <= set(CONTENT.red_flags), sign["value"]
        assert sign["red_flags"], "a sign that asks nobody about anything"
        if not sign["value"].startswith("sign_"):
            row = danger[sign["value"]]
            same = row["sign"], row["act"], row.get("safety_alert"), row["clinician_flags"]
            assert same == (sign["text"]["en"], sign["act"], sign.get("safety_alert"), sign["red_flags"])
    for alarming in [*data["alarms"].values(), *(sign for sign in entry["options"] if "act" in sign)]:
        assert set(data["advice"][alarming["act"]]) == others
        assert alarming["act"] in check_in["emergency_advice"]
        if "safety_alert" in alarming:
            assert set(data["alert_texts"][alarming["safety_alert"]]) == others
            assert alarming["safety_alert"] in alerts


def test_every_emergency_that_a_patient_can_tell_is_asked_about() -> None:
    """What needs an examination or a known disease to be seen is left to the clinician."""
    (entry,) = [one for one in patient_questions.content()["questions"] if one.get("id") == "signs"]
    asked = {flag for sign in entry["options"] for flag in sign["red_flags"]}
    assert set(CONTENT.red_flags) - asked == {"rf_vasculitis", "rf_secondary_tn"}


def test_the_falls_questions_are_those_of_the_instrument_in_its_order() -> None:
    falls = CONTENT.instruments["falls_screen"]
    asked = [question for question in english() if question.to.instrument == falls.id]
    assert [question.id for question in asked] == [question.to.item for question in asked]
    assert [question.id for question in asked] == [item.id for item in falls.items]
    for question in asked:
        assert [option.value for option in question.options] == [str(option.value) for option in falls.options]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ({}, ["f1", "f2", "f3"]),
        ({"f1": 0}, ["f1", "f2", "f3"]),
        ({"f1": 1}, ["f1"]),
        ({"f1": 0, "f2": 1}, ["f1", "f2"]),
        # Left out is not answered with no; what was left out can still be answered.
        ({"f2": 1}, ["f1", "f2"]),
        # What was answered stays, whatever became settled before it.
        ({"f1": 1, "f3": 0}, ["f1", "f3"]),
    ],
)
def test_the_rest_of_the_falls_questions_is_left_out_once_settled(
    answers: dict[str, Any], left: list[str], language: str
) -> None:
    asked = patient_questions.questions(language, answers)
    assert [question.id for question in asked if question.to.instrument == "falls_screen"] == left


def test_a_questionnaire_that_the_clinic_does_not_use_is_not_asked_but_the_core_ones_are() -> None:
    names = {question.to.instrument for question in patient_questions.questions("en", {}, in_use=())}
    assert names == {"", "nrs", "peg", "phq9"}


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, False),
        ({"phq9_1": 1, "phq9_2": 1}, False),
        ({"phq9_1": 2}, False),
        ({"phq9_1": 3}, True),
        ({"phq9_1": 1, "phq9_2": 2}, True),
    ],
)
def test_when_the_rest_of_phq9_is_asked(answers: dict[str, Any], *, asked: bool) -> None:
    names = {question.id for question in patient_questions.questions("en", answers)}
    assert ("phq9_9" in names) is asked
    assert "phq9_9" not in {question.id for question in patient_questions.questions("es", answers)}


def english() -> tuple[patient_questions.Question, ...]:
    return patient_questions.every_question("en")


# --- taking over ------------------------------------------------------------------------------------------------------


def test_an_empty_area_takes_what_was_said_and_leaves_unknown_what_the_patient_does_not_know() -> None:
    area = filled_area(AREA)
    assert area.regions == ("heel_l", "heel_r")
    assert (area.descriptors, area.ratings) == ({"burning": "yes", "itching": "no"}, {"burning": 7})
    assert (area.pattern, area.aggravating, area.relieving, area.touch_regions) == ("continuous", ("none",), (), ())


def test_what_the_clinician_entered_stays() -> None:
    entered = replace(
        AREA, regions=("sole_medial_l",), descriptors={"burning": "no"}, pattern="attacks_only", aggravating=("cold",)
    )
    area = filled_area(entered)
    assert (area.regions, area.pattern, area.aggravating) == (("sole_medial_l",), "attacks_only", ("cold",))
    assert area.descriptors == {"burning": "no", "itching": "no"}
    assert area.ratings == {}


def test_a_second_time_adds_nothing() -> None:
    area = filled_area(AREA)
    assert said.fill(f"area-{area.id}", EMPTY, area, ANSWERS, CONTENT) is None


def test_items_of_an_instrument_are_filled_one_by_one() -> None:
    nrs = InstrumentRecord("nrs", TODAY, answers=(4, None, None, None))
    record = replace(EMPTY, instruments={"nrs": nrs}, duration_months=18.0)
    answers = {**ANSWERS, "nrs_now": 9}
    assert said.fill("severity", record, None, answers, CONTENT) == SeverityEntry((4, None, None, 6), 18.0)
    assert said.fill("function", record, None, answers, CONTENT) == InstrumentsEntry({"peg": (5, None, None)})
    mood = said.fill("mood", record, None, answers, CONTENT)
    assert mood == InstrumentsEntry({"phq9": (1, *(None,) * 8)})


def test_the_duration_is_taken_over_in_months_where_nothing_stands() -> None:
    answers = {"duration": {"number": 3, "unit": "weeks"}}
    empty = (None,) * 4
    assert said.fill("severity", EMPTY, None, answers, CONTENT) == SeverityEntry(empty, 0.7)
    assert said.fill("severity", replace(EMPTY, duration_months=18.0), None, answers, CONTENT) is None
    years = {"duration": {"number": 1.5, "unit": "years"}, "nrs_now": 4}
    assert said.fill("severity", EMPTY, None, years, CONTENT) == SeverityEntry((4, None, None, None), 18.0)
    # A total from elsewhere is not lost for a duration.
    total = replace(EMPTY, instruments={"nrs": InstrumentRecord("nrs", TODAY, total=6)})
    assert said.fill("severity", total, None, answers, CONTENT) is None


def test_falls_are_taken_over_as_far_as_they_were_answered() -> None:
    assert said.fill("score-falls_screen", EMPTY, None, {"f1": 1}, CONTENT) == ScoreEntry(
        "falls_screen", TODAY, answers=(1, None, None)
    )
    assert said.fill("score-falls_screen", EMPTY, None, {}, CONTENT) is None
    assert said.sections() == ("areas", "severity", "function", "mood", "score-falls_screen", "wishes")


def test_a_total_that_was_entered_is_not_overwritten_by_single_answers() -> None:
    record = replace(EMPTY, instruments={"peg": InstrumentRecord("peg", TODAY, total=6.0)})
    assert said.fill("function", record, None, ANSWERS, CONTENT) is None


def test_wishes_on_record_stay_when_the_patient_adds_one() -> None:
    entry = said.fill("wishes", EMPTY, None, ANSWERS, CONTENT, on_file=("low_cost",))
    assert entry == WishesEntry({"low_cost": "yes", "avoid_sedation": "yes"}, "")
    denied = replace(EMPTY, preferences={"avoid_sedation": "no"}, sections={"wishes": SectionState(1, NOW, "x")})
    assert said.fill("wishes", denied, None, ANSWERS, CONTENT) is None


@pytest.mark.parametrize("section", ["health", "causes", "grading", "tests", "red-flags"])
def test_other_sections_are_never_filled(section: str) -> None:
    signs = {"signs": {"rf_cauda": {"answer": "yes"}, "rf_foot": {"answer": "no"}}}
    assert said.fill(section, EMPTY, None, ANSWERS | signs, CONTENT) is None


# --- signs ------------------------------------------------------------------------------------------------------------


def told(**signs: str) -> AssessmentRecord:
    return replace(EMPTY, said={"signs": {code: {"answer": answer} for code, answer in signs.items()}})


@pytest.mark.parametrize(
    ("signs", "blocking", "asked"),
    [
        ({}, set(), set()),
        ({"rf_cauda": "no", "rf_weakness": "unknown"}, set(), set()),
        ({"rf_cauda": "yes"}, {"rf_ces", "rf_cord"}, set()),
        ({"sign_cancer": "yes"}, set(), {"rf_malignancy"}),
        ({"sign_cancer": "yes", "sign_weight": "yes"}, {"rf_malignancy"}, set()),
    ],
)
def test_a_sign_asks_about_its_red_flags_and_answers_none(
    signs: dict[str, str], blocking: set[str], asked: set[str]
) -> None:
    summary = summarise(told(**signs), CONTENT)
    assert {point.what for point in summary.open if point.kind == "safety_flag"} == blocking
    assert {point.what for point in summary.open if point.kind == "red_flag_asked"} == asked
    assert {finding.flag.id for finding in summary.red_flags.asked_for} == blocking | asked
    assert len(summary.red_flags.unknown) == len(CONTENT.red_flags)
    if signs.get("rf_cauda") == "yes":
        flag = replace(told(**signs), red_flags={"rf_ces": RedFlagRecord("rf_ces", "no")})
        left = {point.what for point in summarise(flag, CONTENT).open if point.kind == "safety_flag"}
        assert left == {"rf_cord"}


def test_signs_in_words_say_first_what_is_there() -> None:
    answers = {
        "signs": {
            "rf_cauda": {"answer": "no"},
            "rf_foot": {"answer": "yes"},
            "sign_cancer": {"answer": "unknown"},
        }
    }
    (line,) = said.lines(answers, CONTENT, EMPTY, "red-flags")
    assert line.said == (
        "Yes: New foot sore, or a hot, red, swollen foot. Does not know: Cancer, now or in the past. "
        "No: New numbness between the legs, or loss of bladder or bowel control"
    )
    assert line.comparison == "open"
    for stated, comparison in (("no", "different"), ("yes", "same")):
        record = replace(EMPTY, red_flags={"rf_diabetic_foot": RedFlagRecord("rf_diabetic_foot", stated)})
        (line,) = said.lines(answers, CONTENT, record, "red-flags")
        assert (line.comparison, line.stated) == (comparison, f"Active diabetic foot: {stated}")


# --- in words ---------------------------------------------------------------------------------------------------


def test_each_answer_is_told_and_compared() -> None:
    record = replace(EMPTY, areas=(replace(AREA, pattern="attacks_only", regions=("heel_l", "heel_r")),))
    lines = {line.question: line for line in said.lines(ANSWERS, CONTENT, record)}
    assert len(lines) == len(ANSWERS)
    words = lines["Which words fit your pain?"]
    assert words.said == "Burning: yes, 7 of 10; Itching: no; Tingling: does not know"
    assert words.comparison == "open"
    pattern = lines["When do you have the pain?"]
    assert (pattern.said, pattern.stated, pattern.comparison) == ("All the time", "Only in attacks", "different")
    assert lines["Where does it hurt?"].comparison == "same"
    assert lines["Where does a light touch hurt?"].said == "nowhere"
    assert lines["What makes the pain worse?"].said == "Nothing makes it worse"
    medicines = lines["Which medicines do you take?"]
    assert (medicines.said, medicines.is_free, medicines.comparison) == ("Pregabalin 75", True, "")


def test_areas_that_differ_are_told_in_words() -> None:
    areas = (replace(AREA, pattern="attacks_only"), replace(AREA, id=uuid4(), pattern="continuous"))
    (line,) = said.lines({"pattern": ANSWERS["pattern"]}, CONTENT, replace(EMPTY, areas=areas))
    assert (line.stated, line.comparison) == ("Only in attacks; All the time", "different")


def test_what_the_patient_does_not_know_contradicts_nothing() -> None:
    answers = {"words": {"burning": {"answer": "unknown"}}}
    record = replace(EMPTY, areas=(replace(AREA, descriptors={"burning": "yes"}),))
    (line,) = said.lines(answers, CONTENT, record)
    assert line.comparison == "same"


# --- stored -----------------------------------------------------------------------------------------------------


@pytest.fixture
def by_link(clinician: Any) -> Actor:
    return Actor(organisation_id=clinician.organisation.pk, name="patient by link", job="patient-link")


@pytest.fixture
def sent(clinician: Any, patient: Any, by_link: Actor) -> PatientReport:
    report = services.ask(
        actor=clinician.actor,
        patient=patient,
        report_id=uuid4(),
        token_digest="0" * 64,
        via="link",
        visit_on=None,
        expires_at=NOW + dt.timedelta(days=7),
        attempts=5,
        now=NOW,
    )
    for question, value in ANSWERS.items():
        services.answer_report(actor=by_link, report_id=report.id, question=question, value=value)
    services.send_report(actor=by_link, report_id=report.id, via="link", now=NOW)
    return PatientReport.objects.get(pk=report.id)


def take(clinician: Any, patient: Any, sent: PatientReport, section: str | None = None) -> AssessmentRecord:
    draft = services.start(actor=clinician.actor, patient=patient, today=TODAY, now=NOW)
    services.take_over(
        actor=clinician.actor,
        patient=patient,
        assessment_id=draft,
        report_id=sent.pk,
        section=section,
        today=TODAY,
        now=NOW,
    )
    record = queries.draft_of(patient.pk)
    assert record is not None
    return record


@pytest.mark.django_db
def test_taken_over_counts_as_unconfirmed_until_it_is_saved(clinician: Any, patient: Any, sent: PatientReport) -> None:
    record = take(clinician, patient, sent)
    (area,) = record.areas
    assert {name for name, state in record.sections.items() if state.copied} == {
        f"area-{area.id}",
        "severity",
        "function",
        "mood",
        "wishes",
    }
    services.save_section(
        actor=clinician.actor,
        patient=patient,
        assessment_id=record.id,
        section="severity",
        version=record.sections["severity"].version,
        entry=SeverityEntry((None, None, None, 6), None),
        now=NOW,
    )
    after = queries.draft_of(patient.pk)
    assert after is not None
    assert not after.sections["severity"].copied


@pytest.mark.django_db
def test_a_form_opened_before_the_taking_over_does_not_overwrite_it(
    clinician: Any, patient: Any, sent: PatientReport
) -> None:
    draft = services.start(actor=clinician.actor, patient=patient, today=TODAY, now=NOW)
    save = {"actor": clinician.actor, "patient": patient, "assessment_id": draft, "section": "severity", "now": NOW}
    entry = SeverityEntry((3, None, None, None), None)
    services.save_section(**save, version=0, entry=entry)
    record = take(clinician, patient, sent, "severity")
    assert record.nrs == {"now": 3, "average": 6}
    with pytest.raises(services.StaleSave):
        services.save_section(**save, version=1, entry=entry)


@pytest.mark.django_db
def test_with_several_areas_the_pain_goes_only_where_the_clinician_says(
    clinician: Any, patient: Any, sent: PatientReport
) -> None:
    draft = services.start(actor=clinician.actor, patient=patient, today=TODAY, now=NOW)
    areas = [services.add_area(actor=clinician.actor, patient=patient, assessment_id=draft) for _ in range(2)]
    assert all(not area.regions for area in take(clinician, patient, sent).areas)
    record = take(clinician, patient, sent, f"area-{areas[1]}")
    assert [bool(area.regions) for area in record.areas] == [False, True]


@pytest.mark.django_db
def test_taking_over_withdraws_no_wish_that_is_on_record(clinician: Any, patient: Any, sent: PatientReport) -> None:
    patient_services.record_preference(actor=clinician.actor, patient=patient, code="low_cost")
    assert take(clinician, patient, sent).preferences == {"low_cost": "yes", "avoid_sedation": "yes"}


@pytest.mark.django_db
def test_what_was_said_and_what_was_signed_stay_apart(clinician: Any, patient: Any, sent: PatientReport) -> None:
    record = take(clinician, patient, sent, "severity")
    services.sign(
        actor=clinician.actor,
        patient=patient,
        assessment_id=record.id,
        revision=record.revision,
        now=NOW,
        today=TODAY,
    )
    sent.refresh_from_db()
    assert (sent.assessment_id, sent.answers) == (record.id, ANSWERS)
    changes: list[dict[str, Any]] = [{"answers": {}}, {"sent_at": NOW + dt.timedelta(days=1)}, {"language": "es"}]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            PatientReport.objects.filter(pk=sent.pk).update(**change)


@pytest.mark.django_db
def test_the_page_to_sign_says_what_of_the_answers_is_not_in_it(
    clinician: Any, patient: Any, sent: PatientReport
) -> None:
    services.start(actor=clinician.actor, patient=patient, today=TODAY, now=NOW)
    address = reverse("assessment-sign", args=[patient.pk])
    told = "in the assessment. <a href="
    page = " ".join(clinician.client.get(address).content.decode().split())
    assert told in page and reverse("patient-report", args=[patient.pk, sent.pk]) in page
    take(clinician, patient, sent)
    assert told not in " ".join(clinician.client.get(address).content.decode().split())


@pytest.mark.django_db
def test_a_report_that_nobody_took_over_belongs_to_what_is_signed_after_it(
    clinician: Any, patient: Any, sent: PatientReport
) -> None:
    draft = services.start(actor=clinician.actor, patient=patient, today=TODAY, now=NOW)
    record = queries.draft_of(patient.pk)
    assert record is not None
    services.sign(
        actor=clinician.actor, patient=patient, assessment_id=draft, revision=record.revision, now=NOW, today=TODAY
    )
    sent.refresh_from_db()
    assert sent.assessment_id == draft


@pytest.mark.django_db
def test_a_report_of_another_patient_or_one_that_is_not_sent_is_not_taken_over(
    clinician: Any, patient: Any, new_patient: Any, sent: PatientReport
) -> None:
    with pytest.raises(services.ReportNotFound):
        take(clinician, new_patient(), sent)
    with pytest.raises(services.ReportClosed):
        services.answer_report(actor=clinician.actor, report_id=sent.pk, question="goal", value="x")
