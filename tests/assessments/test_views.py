"""The pages of an assessment: without script, saved while typing, two people at once, signed and corrected."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from assessments import queries, services
from assessments.content import assessment_content
from assessments.entries import FIXED_SECTIONS, AreaEntry, CausesEntry, RedFlagsEntry, SeverityEntry
from assessments.record import AreaRecord, AssessmentRecord, RedFlagRecord, SensoryRecord

pytestmark = pytest.mark.django_db

CONTENT = assessment_content()


@pytest.fixture
def draft(clinician: Any, patient: Any) -> UUID:
    return services.start(actor=clinician.actor, patient=patient, today=timezone.localdate(), now=timezone.now())


@pytest.fixture
def area(clinician: Any, patient: Any, draft: UUID) -> str:
    made = services.add_area(actor=clinician.actor, patient=patient, assessment_id=draft, name="Both feet")
    return f"area-{made}"


def href(patient: Any, section: str) -> str:
    return reverse("assessment-section", args=[patient.pk, section])


def post(
    who: Any, patient: Any, draft: UUID, section: str, *, version: Any = 0, auto: Any = False, **answers: Any
) -> Any:
    data = {"patient_id": str(patient.pk), "assessment": str(draft), "version": version, **answers}
    return who.client.post(href(patient, section), data, headers={"X-Autosave": "1"} if auto else {})


def record_of(patient: Any) -> AssessmentRecord:
    record = queries.draft_of(patient.pk)
    assert record is not None
    return record


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- the way through ------------------------------------------------------------------------------------------------


def test_an_assessment_begins_and_leads_to_its_first_section(clinician: Any, patient: Any) -> None:
    start = reverse("patient-assess", args=[patient.pk])
    assert "Start an assessment" in text_of(clinician.client.get(start))
    answer = clinician.client.post(start, {"patient_id": str(patient.pk)})
    assert answer.url == href(patient, FIXED_SECTIONS[0])
    assert record_of(patient).status == "draft"


def test_every_section_opens_and_names_its_patient(clinician: Any, patient: Any, draft: UUID, area: str) -> None:
    for section in (*FIXED_SECTIONS, area):
        page = clinician.client.get(href(patient, section))
        assert page.status_code == 200, section
        # The list of questionnaires has no form.
        if section != "scores":
            assert f'name="patient_id" value="{patient.pk}"' in page.content.decode(), section
    assert clinician.client.get(href(patient, "sign")).status_code == 200


def test_saving_by_hand_goes_on_to_the_next_section(clinician: Any, patient: Any, draft: UUID) -> None:
    answer = post(clinician, patient, draft, "causes", dpn="yes", cipn="no", next="1")
    assert answer.url == href(patient, "grading")
    assert record_of(patient).conditions == {"dpn": "yes", "cipn": "no"}
    last = post(clinician, patient, draft, "wishes", wishes=["avoid_sedation"], notes="Works nights.", next="1")
    assert last.url == reverse("assessment-sign", args=[patient.pk])


def test_the_whole_area_form_is_read(clinician: Any, patient: Any, draft: UUID, area: str) -> None:
    post(
        clinician,
        patient,
        draft,
        area,
        name="Both feet",
        regions=["toes_plantar_l", "toes_plantar_r"],
        **{
            "descriptor-burning": "yes",
            "descriptor-itching": "no",
            "strength-burning": "8",
            "strength-itching": "5",
            "exam-brush": "more",
            "exam-brush-rating": "6",
            "exam-brush-reference": "0",
            "exam-brush-border": "same",
            "exam-strength-amount": "4",
        },
        touch_regions=["toes_plantar_l"],
        numb_regions=["toes_plantar_r"],
        sensory_reference="proximal",
        aggravating=["touch", "night"],
        pattern="continuous",
        onset_date="2024-01-31",
        course="stable",
        localised="no",
        intensity="7",
        intensity_worst="9",
    )
    (found,) = record_of(patient).areas
    assert found.regions == ("toes_plantar_l", "toes_plantar_r")
    assert (found.descriptors, found.evoked, found.negative) == (
        {"burning": "yes", "itching": "no"},
        {"dma": "yes"},
        {},
    )
    assert found.ratings == {"burning": 8}, "a word that does not fit has no strength"
    assert found.sensory == (SensoryRecord("brush", "more", "same", rating=6, reference_rating=0),)
    assert (found.touch_regions, found.numb_regions) == (("toes_plantar_l",), ("toes_plantar_r",))
    assert (found.sensory_reference, found.aggravating) == ("proximal", ("night", "touch"))
    assert (found.intensity_worst, found.intensity_least) == (9, None)
    assert (found.pattern, found.onset_date, found.timing) == ("continuous", dt.date(2024, 1, 31), {"course": "stable"})
    assert (found.localised, found.intensity) == ("no", 7)
    page = text_of(clinician.client.get(href(patient, area)))
    assert 'value="toes_plantar_l" checked' in page
    assert "Length-dependent" in page


@pytest.mark.parametrize(
    ("answers", "field", "problem"),
    [
        ({"intensity": "11"}, "intensity", "from 0 to 10"),
        ({"strength-burning": "-1", "descriptor-burning": "yes"}, "strength-burning", "from 0 to 10"),
        ({"intensity": "7", "intensity_worst": "5"}, "intensity_worst", "below the average"),
        ({"intensity": "3", "intensity_least": "5"}, "intensity_least", "above the average"),
        ({"onset_date": "2999-01-01"}, "onset_date", "after the assessment"),
        ({"onset_date": "2026-02-30"}, "onset_date", "year-month-day"),
        ({"onset_date": "1066-10-14"}, "onset_date", "more than 100 years"),
        ({"regions": ["tail_l"]}, "regions", "tail_l is not a region"),
        ({"aggravating": ["none", "cold"]}, "aggravating", "cannot both be true"),
        ({"exam-brush": "less"}, "exam-brush", "valid choice"),
        ({"exam-strength": "same", "exam-strength-amount": "6"}, "exam-strength-amount", "from 0 to 5"),
        ({"name": "n" * 81}, "name", "80"),
        ({"latency_from_event": "später " * 700}, "latency_from_event", "500"),
    ],
)
def test_a_wrong_answer_is_told_at_its_field_and_nothing_is_lost(
    answers: dict[str, Any], field: str, problem: str, clinician: Any, patient: Any, draft: UUID, area: str
) -> None:
    answer = post(clinician, patient, draft, area, auto=True, course="stable", **answers).json()
    assert [(one["field"], problem in one["problem"]) for one in answer["problems"]] == [(field, True)]
    found = record_of(patient)
    assert found.areas[0].timing == {"course": "stable"}, "what could be read is stored"
    typed = answers[field] if isinstance(answers[field], str) else " ".join(answers[field])
    assert [(kept.field, kept.text) for kept in found.kept] == [(field, typed)]
    page = clinician.client.get(href(patient, area)).content.decode()
    assert problem in page and f"id_{field}" in page


def test_a_character_that_no_database_keeps_costs_nothing_else(
    clinician: Any, patient: Any, draft: UUID, area: str
) -> None:
    assert post(clinician, patient, draft, "wishes", auto=True, notes="pasted\x00 from a PDF").status_code == 200
    assert record_of(patient).notes == "pasted from a PDF"
    assert post(clinician, patient, draft, area, auto=True, regions=["heel_l", "he\x00el_r"]).status_code == 200
    assert record_of(patient).areas[0].regions == ("heel_l", "heel_r")
    add = reverse("assessment-area-add", args=[patient.pk])
    assert clinician.client.post(add, {"patient_id": str(patient.pk), "name": "Sc\x00ar"}).status_code == 302
    assert record_of(patient).areas[-1].name == "Scar"


def test_a_name_that_is_too_long_is_cut_and_said_so(clinician: Any, patient: Any, draft: UUID) -> None:
    add = reverse("assessment-area-add", args=[patient.pk])
    page = clinician.client.post(add, {"patient_id": str(patient.pk), "name": "é" * 5000}, follow=True)
    assert "The name was cut after 80 characters." in text_of(page)
    assert record_of(patient).areas[-1].name == "é" * 80


def test_a_wrong_choice_among_right_ones_loses_none_of_them(
    clinician: Any, patient: Any, draft: UUID, area: str
) -> None:
    post(clinician, patient, draft, area, regions=["heel_l", "tail_l"], aggravating=["none", "cold"])
    assert record_of(patient).areas[0].regions == ("heel_l",)
    page = clinician.client.get(href(patient, area)).content.decode()
    for name, value in (("regions", "heel_l"), ("aggravating", "none"), ("aggravating", "cold")):
        assert re.search(rf'name="{name}" value="{value}"[^>]* checked', page), value


def test_signs_that_no_row_can_show_survive_a_save(clinician: Any, patient: Any, draft: UUID, area: str) -> None:
    """Pinprick both reduced and painful was stated in words; the grid cannot say both, and saving it drops neither."""
    key = UUID(area.removeprefix("area-"))
    services.save_section(
        actor=clinician.actor,
        patient=patient,
        assessment_id=draft,
        section=area,
        version=0,
        entry=AreaEntry(AreaRecord(key, evoked={"punctate": "yes", "dma": "no"}, negative={"pinprick_loss": "yes"})),
        now=timezone.now(),
    )
    page = clinician.client.get(href(patient, area)).content.decode()
    assert re.search(r'name="exam-brush" value="same"[^>]* checked', page), "no pain from brushing shows as the same"
    post(clinician, patient, draft, area, version=1, **{"exam-brush": "more"})
    (found,) = record_of(patient).areas
    assert (found.evoked, found.negative) == ({"punctate": "yes", "dma": "yes"}, {"pinprick_loss": "yes"})
    post(clinician, patient, draft, area, version=2, **{"exam-brush": "more", "exam-pinprick": "less"})
    (found,) = record_of(patient).areas
    assert (found.evoked, found.negative) == ({"punctate": "no", "dma": "yes"}, {"pinprick_loss": "yes"})


def test_the_grading_shows_what_the_assessment_says(clinician: Any, patient: Any, draft: UUID, area: str) -> None:
    post(clinician, patient, draft, "causes", dpn="yes")
    post(clinician, patient, draft, area, name="Feet", regions=["toes_plantar_l"], **{"exam-pinprick": "less"})
    page = text_of(clinician.client.get(href(patient, "grading")))
    assert "Cause stated: Painful diabetic polyneuropathy" in page
    assert "Feet: reduced pinprick" in page
    assert record_of(patient).grading == {}, "evidence answers nothing by itself"
    post(clinician, patient, draft, "causes", version=1, trigeminal_neuralgia="yes")
    assert "Attacks can be set off" in text_of(clinician.client.get(href(patient, "grading")))


def test_unknown_is_chosen_at_first(clinician: Any, patient: Any, draft: UUID) -> None:
    page = clinician.client.get(href(patient, "causes")).content.decode()
    assert page.count("checked") == len(CONTENT.conditions)
    assert page.count('value="unknown"') == len(CONTENT.conditions)


def test_what_is_on_record_is_chosen_already_and_dated(clinician: Any, patient: Any, draft: UUID) -> None:
    from patients.services import state_problem

    today = timezone.localdate()
    state_problem(
        actor=clinician.actor,
        patient=patient,
        kind="concept",
        code="diabetes",
        status="present",
        stated_on=today,
        today=today,
    )
    page = text_of(clinician.client.get(href(patient, "health")))
    assert f"On record since {today.isoformat()}" in page
    post(clinician, patient, draft, "health", **{"concept-diabetes": "unknown", "concept-frailty": "no"})
    assert record_of(patient).concepts == {"diabetes": "unknown", "frailty": "no"}


# --- saved while typing ---------------------------------------------------------------------------------------------


def test_saving_while_typing_answers_with_the_time_and_the_new_version(
    clinician: Any, patient: Any, draft: UUID
) -> None:
    answer = post(clinician, patient, draft, "severity", auto=True, nrs_now="6").json()
    assert answer["version"] == 1 and answer["problems"] == [] and ":" in answer["saved_at"]
    assert post(clinician, patient, draft, "severity", version=1, auto=True, nrs_now="7").json()["version"] == 2
    assert record_of(patient).nrs == {"now": 7}


def test_what_cannot_be_read_is_kept_shown_and_marked(clinician: Any, patient: Any, draft: UUID) -> None:
    answer = post(
        clinician, patient, draft, "severity", auto=True, nrs_now="6", nrs_worst="11½", duration_months="two years"
    )
    assert {problem["field"] for problem in answer.json()["problems"]} == {"nrs_worst", "duration_months"}
    assert record_of(patient).nrs == {"now": 6}
    page = text_of(clinician.client.get(href(patient, "severity")))
    assert 'value="11½"' in page and 'value="two years"' in page
    assert "Enter a whole number from 0 to 10." in page
    assert "Enter a whole number from 0 to 10." in text_of(
        clinician.client.get(reverse("assessment-sign", args=[patient.pk]))
    )


def test_item_nine_shows_the_safety_line_at_once(clinician: Any, patient: Any, draft: UUID) -> None:
    quiet = text_of(clinician.client.get(reverse("assessment-so-far", args=[patient.pk])))
    assert "Speak with the patient" not in quiet
    post(clinician, patient, draft, "mood", auto=True, phq9_9="1")
    panel = text_of(clinician.client.get(reverse("assessment-so-far", args=[patient.pk])))
    assert "Speak with the patient" in panel
    assert "not scorable, items 1-8 missing" in panel


def test_the_column_says_what_would_change_the_certainty(clinician: Any, patient: Any, draft: UUID) -> None:
    post(
        clinician,
        patient,
        draft,
        "grading",
        c1_history="yes",
        c2_distribution="yes",
        c3_signs="yes",
        c4_test="not_done",
    )
    panel = text_of(clinician.client.get(reverse("assessment-so-far", args=[patient.pk])))
    assert "Probable" in panel and "Would be definite with: 4. Test confirms a lesion" in panel


# --- two people -----------------------------------------------------------------------------------------------------


def test_a_stale_save_shows_both_versions_by_field_and_stores_the_choice(
    clinician: Any, colleague: Any, patient: Any, draft: UUID
) -> None:
    post(clinician, patient, draft, "severity", nrs_now="5", nrs_worst="8", duration_months="12")
    post(colleague, patient, draft, "severity", version=1, nrs_now="6", nrs_worst="8", duration_months="12")
    mine = post(clinician, patient, draft, "severity", version=1, nrs_now="5", nrs_worst="9", duration_months="12")
    page = text_of(mine)
    assert mine.status_code == 409
    assert record_of(patient).nrs == {"now": 6, "worst": 8}, "nothing was stored"
    assert 'name="pick-nrs_now"' in page and 'name="pick-nrs_worst"' in page
    assert 'name="pick-duration_months"' not in page, "what is the same is not asked"
    chosen = post(
        clinician,
        patient,
        draft,
        "severity",
        version=2,
        resolve="1",
        **{
            "pick-nrs_now": "theirs",
            "pick-nrs_worst": "mine",
            "mine-nrs_now": "5",
            "mine-nrs_worst": "9",
            "mine-duration_months": "12",
        },
    )
    assert chosen.status_code == 302
    assert record_of(patient).nrs == {"now": 6, "worst": 9}
    assert record_of(patient).duration_months == 12


def test_a_stale_save_while_typing_is_refused_quietly(
    clinician: Any, colleague: Any, patient: Any, draft: UUID
) -> None:
    post(colleague, patient, draft, "causes", phn="yes")
    assert post(clinician, patient, draft, "causes", auto=True, dpn="yes").status_code == 409
    assert record_of(patient).conditions == {"phn": "yes"}


def test_a_save_leaves_one_row_in_the_trail_with_its_ground(clinician: Any, patient: Any, draft: UUID) -> None:
    def left(version: int) -> list[tuple[str, str]]:
        before = set(AuditEvent.objects.values_list("id", flat=True))
        post(clinician, patient, draft, "causes", auto=True, version=version, dpn="yes")
        return list(AuditEvent.objects.exclude(id__in=before).values_list("action", "reason"))

    assert left(0) == [("assessment.save", "care team")]
    # A save that is refused has shown that the record is there.
    assert left(0) == [("patient.read", "care team")]


def test_a_form_of_an_assessment_that_is_gone_stores_nothing(clinician: Any, patient: Any, draft: UUID) -> None:
    services.discard(actor=clinician.actor, patient=patient, assessment_id=draft)
    assert post(clinician, patient, draft, "causes", auto=True, dpn="yes").status_code == 409
    again = services.start(actor=clinician.actor, patient=patient, today=timezone.localdate(), now=timezone.now())
    assert again != draft
    assert post(clinician, patient, draft, "causes", dpn="yes").status_code == 409
    assert record_of(patient).conditions == {}


def test_a_form_of_another_patient_is_refused(clinician: Any, patient: Any, draft: UUID) -> None:
    answer = clinician.client.post(
        href(patient, "causes"), {"patient_id": str(uuid4()), "assessment": str(draft), "version": 0, "dpn": "yes"}
    )
    assert answer.status_code == 403
    assert record_of(patient).conditions == {}


# --- signing and after ------------------------------------------------------------------------------------------------


def sign(who: Any, patient: Any, **more: str) -> Any:
    record = record_of(patient)
    data = {"patient_id": str(patient.pk), "assessment": str(record.id), "revision": record.revision, **more}
    return who.client.post(reverse("assessment-sign", args=[patient.pk]), data)


def test_signing_leads_to_the_fixed_page(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "causes", dpn="yes")
    answer = sign(clinician, patient)
    assert answer.url == reverse("assessment-read", args=[patient.pk, draft])
    page = text_of(clinician.client.get(answer.url))
    assert "Painful diabetic polyneuropathy" in page
    assert str(clinician.user) in page
    assert queries.draft_of(patient.pk) is None


def test_the_list_of_areas_leads_to_each_and_says_what_is_new(
    clinician: Any, patient: Any, draft: UUID, area: str
) -> None:
    page = text_of(clinician.client.get(href(patient, "areas")))
    main = page[page.index("<h1>Pain areas") :]
    assert f'<li><a href="{href(patient, area)}">Both feet</a> <span class="quiet">nothing entered yet' in main
    assert main.index("Both feet") < main.index("Add a pain area") < main.index("Save and go on")


def test_what_stops_the_signature_stands_apart_from_what_may_stay_open(
    clinician: Any, patient: Any, draft: UUID
) -> None:
    address = reverse("assessment-sign", args=[patient.pk])
    assert "Settle before signing" not in text_of(clinician.client.get(address))
    post(clinician, patient, draft, "red-flags", rf_cord="yes")
    page = text_of(clinician.client.get(address))
    settle, may_stay, button = (page.index(words) for words in ("Settle before signing", "Still open", "Sign the asse"))
    name = CONTENT.red_flags["rf_cord"].name
    assert settle < page.index(f"{name}: say what was done", settle) < may_stay < button
    assert f"{name}: say what was done" not in page[may_stay:button]
    assert "disabled" in page[page.rindex("<button", 0, button) : button]


def test_an_unhandled_red_flag_stops_the_signature_and_says_so(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "red-flags", rf_ces="yes")
    refused = sign(clinician, patient)
    assert refused.status_code == 422
    assert "Cauda equina syndrome: say what was done" in text_of(refused)
    # What is open leads to its question, not to the beginning of fourteen.
    assert f'href="{href(patient, "red-flags")}#id_rf_ces_field"' in text_of(refused)
    assert 'id="id_rf_ces_field"' in text_of(clinician.client.get(href(patient, "red-flags")))
    post(
        clinician,
        patient,
        draft,
        "red-flags",
        version=1,
        rf_ces="yes",
        **{"rf_ces-handling": "dismissed", "rf_ces-note": "Old finding, unchanged since 2019."},
    )
    assert sign(clinician, patient).status_code == 302


def test_a_dismissed_red_flag_is_an_emergency_no_more(clinician: Any, patient: Any, draft: UUID) -> None:
    def column() -> str:
        return text_of(clinician.client.get(reverse("assessment-so-far", args=[patient.pk])))

    urgent, action = "Emergency", CONTENT.red_flags["rf_ces"].action
    post(clinician, patient, draft, "red-flags", rf_ces="yes", **{"rf_ces-handling": "dismissed"})
    assert urgent in column() and action in column(), "without a reason nothing is dismissed"
    reason = {"rf_ces-handling": "dismissed", "rf_ces-note": "Old finding, unchanged since 2019."}
    post(clinician, patient, draft, "red-flags", version=1, rf_ces="yes", **reason)
    assert "dismissed: Old finding, unchanged since 2019." in column()
    assert urgent not in column() and action not in column()


def test_intensities_that_contradict_each_other_are_told(clinician: Any, patient: Any, draft: UUID) -> None:
    given = {"nrs_worst": "5", "nrs_average": "7", "nrs_least": "2"}
    (problem,) = post(clinician, patient, draft, "severity", auto=True, **given).json()["problems"]
    assert problem["field"] == "nrs_worst" and "below the average" in problem["problem"]
    assert record_of(patient).nrs["average"] == 7
    assert 'value="5"' in text_of(clinician.client.get(href(patient, "severity")))


def test_a_page_that_is_out_of_date_is_not_signed(clinician: Any, patient: Any, draft: UUID) -> None:
    assert sign(clinician, patient, revision="0.0").status_code == 302
    services.start(actor=clinician.actor, patient=patient, today=timezone.localdate(), now=timezone.now())
    post(clinician, patient, record_of(patient).id, "causes", dpn="yes")
    late = sign(clinician, patient, revision="0.0")
    assert late.status_code == 422 and "changed after you opened this page" in text_of(late)


def test_a_trainee_fills_in_and_cannot_sign(trainee: Any, patient: Any, draft: UUID) -> None:
    assert post(trainee, patient, draft, "causes", dpn="yes").status_code == 302
    assert "Your role does not sign assessments" in text_of(
        trainee.client.get(reverse("assessment-sign", args=[patient.pk]))
    )
    assert sign(trainee, patient).status_code == 403
    assert record_of(patient).status == "draft"


def test_a_correction_begins_with_a_reason(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "causes", dpn="yes")
    sign(clinician, patient)
    address = reverse("assessment-correct", args=[patient.pk, draft])
    refused = clinician.client.post(address, {"patient_id": str(patient.pk), "reason": ""})
    assert refused.status_code == 422 and "Say why" in text_of(refused)
    refused = clinician.client.post(address, {"patient_id": str(patient.pk), "reason": "é" * 5000})
    assert (
        refused.status_code == 422 and "at most 300 characters" in text_of(refused) and "é" * 5000 in text_of(refused)
    )
    assert clinician.client.post(address, {"patient_id": str(patient.pk), "reason": "Wrong side."}).status_code == 302
    assert record_of(patient).conditions == {"dpn": "yes"}
    sign(clinician, patient)
    old = text_of(clinician.client.get(reverse("assessment-read", args=[patient.pk, draft])))
    assert "A later version replaced this one." in old


def test_pages_escape_what_people_typed(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "wishes", notes="<script>alert(1)</script>")
    sign(clinician, patient)
    page = clinician.client.get(reverse("assessment-read", args=[patient.pk, draft])).content.decode()
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_protected_questionnaires_are_not_printed(clinician: Any, patient: Any, draft: UUID) -> None:
    for section in FIXED_SECTIONS:
        asked = clinician.client.get(href(patient, section)).content.decode()
        for instrument in CONTENT.instruments.values():
            if not instrument.may_show_items:
                assert f'name="{instrument.id}' not in asked


# --- cost -------------------------------------------------------------------------------------------------------------


def test_a_page_costs_the_same_whatever_is_on_file(
    clinician: Any, patient: Any, draft: UUID, area: str, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clinician.client.get(href(patient, "severity"))
    with CaptureQueriesContext(connection) as few:
        clinician.client.get(href(patient, "severity"))
    services.save_section(
        actor=clinician.actor,
        patient=patient,
        assessment_id=draft,
        section="severity",
        version=0,
        entry=SeverityEntry((6, 9, 4, 7), 12),
        now=timezone.now(),
    )
    for section, entry in (
        ("causes", CausesEntry(dict.fromkeys(CONTENT.conditions, "no"))),
        ("red-flags", RedFlagsEntry({flag: RedFlagRecord(flag, "no") for flag in CONTENT.red_flags})),
    ):
        services.save_section(
            actor=clinician.actor,
            patient=patient,
            assessment_id=draft,
            section=section,
            version=0,
            entry=entry,
            now=timezone.now(),
        )
    with CaptureQueriesContext(connection) as many:
        clinician.client.get(href(patient, "severity"))
    assert len(few.captured_queries) == len(many.captured_queries)
    assert len(many.captured_queries) == 13


def test_two_signed_assessments_are_compared_in_words(clinician: Any, patient: Any, draft: UUID, area: str) -> None:
    compare = reverse("assessment-compare", args=[patient.pk])
    assert "There are not two signed assessments yet" in text_of(clinician.client.get(compare))

    def sign(**marks: Any) -> None:
        record = record_of(patient)
        section = f"area-{record.areas[0].id}"
        version = record.sections[section].version if section in record.sections else 0
        post(clinician, patient, record.id, section, version=version, **marks)
        services.sign(
            actor=clinician.actor,
            patient=patient,
            assessment_id=record.id,
            revision=record_of(patient).revision,
            now=timezone.now(),
            today=timezone.localdate(),
        )

    sign(regions=["heel_l", "heel_r", "toes_plantar_l"])
    services.start(
        actor=clinician.actor, patient=patient, today=timezone.localdate(), copy_newest=True, now=timezone.now()
    )
    sign(regions=["heel_l", "heel_r"], numb_regions=["calf_back_r"])
    words = text_of(clinician.client.get(compare))
    assert "toes, underside (left)" in words.lower() and "calf (right)" in words.lower()
    rows = re.findall(r'<th scope="row">([^<]*)</th><td class="number">(\d+)</td><td class="number">(\d+)</td>', words)
    assert rows == [("Pain", "3", "2"), ("Numbness", "0", "1")]
