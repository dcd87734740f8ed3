"""Questionnaires beyond the core ones: filled in, read against the last time and the goal, chosen by a clinic."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import Denied
from accounts.models import AuditEvent
from assessments import queries, services
from assessments.content import assessment_content
from assessments.entries import CORE_INSTRUMENTS, InstrumentsEntry, RedFlagsEntry, ScoreEntry
from assessments.goals import ScoreGoal
from assessments.models import ClinicInstrument, InstrumentAnswers
from assessments.record import AssessmentRecord, InstrumentRecord, RedFlagRecord
from assessments.score_words import Background, score_rows
from assessments.scoring import AnswersInvalid
from assessments.summary import summarise

pytestmark = pytest.mark.django_db

CONTENT = assessment_content()
DAYS = dt.timedelta(days=1)


@pytest.fixture
def draft(clinician: Any, patient: Any) -> UUID:
    return services.start(actor=clinician.actor, patient=patient, today=timezone.localdate(), now=timezone.now())


def href(patient: Any, section: str) -> str:
    return reverse("assessment-section", args=[patient.pk, section])


def post(
    who: Any, patient: Any, draft: UUID, section: str, *, version: Any = 0, auto: Any = False, **given: str
) -> Any:
    data = {"patient_id": str(patient.pk), "assessment": str(draft), "version": str(version), **given}
    return who.client.post(href(patient, section), data, headers={"X-Autosave": "1"} if auto else {})


def record_of(patient: Any) -> AssessmentRecord:
    record = queries.draft_of(patient.pk)
    assert record is not None
    return record


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def panel(who: Any, patient: Any) -> str:
    return text_of(who.client.get(reverse("assessment-so-far", args=[patient.pk])))


def sign(who: Any, patient: Any) -> Any:
    record = record_of(patient)
    data = {"patient_id": str(patient.pk), "assessment": str(record.id), "revision": record.revision}
    return who.client.post(reverse("assessment-sign", args=[patient.pk]), data)


def choose(who: Any, clinic: Any, instrument: str, is_on: bool) -> Any:
    return who.client.post(
        reverse("instrument-choose", args=[clinic.pk, instrument]), {"on": "1" if is_on else "0"}, follow=True
    )


# --- filling in -----------------------------------------------------------------------------------------------------

LISTED = sorted(set(CONTENT.instruments) - CORE_INSTRUMENTS)


@pytest.mark.parametrize("instrument", LISTED)
def test_every_questionnaire_has_a_page_that_keeps_to_its_licence(
    instrument: str, administrator: Any, clinician: Any, clinic: Any, patient: Any, draft: UUID
) -> None:
    choose(administrator, clinic, instrument, is_on=True)
    definition = CONTENT.instruments[instrument]
    page = text_of(clinician.client.get(href(patient, f"score-{instrument}")))
    shown = [name for name in (item.id for item in definition.items) if f'name="{name}"' in page]
    assert shown == ([item.id for item in definition.items] if definition.may_show_items else [])
    assert ("Text blocked by licence" in page) is not definition.may_show_items
    # Whether the rest may be left out is said with its reason, where questions are asked.
    assert ("May stop early" in page) is definition.may_stop_early
    assert ("Always asked whole" in page) is (definition.takes_answers and not definition.may_stop_early)
    assert all(f'name="{field.id}"' in page for field in definition.entry_fields)
    if definition.link:
        assert f'href="{definition.link}"' in page


ANSWERED: list[tuple[str, dict[str, str], Any]] = [
    ("gad2", {"gad7_1": "2", "gad7_2": "1"}, (3, None)),
    ("audit_c", {"ac1": "0"}, (0, None)),
    ("mnsi_exam", {"me1": "1", "me2": "0", "me3": "1.5", "me4": "0.5"}, (3, None)),
    (
        "crps_budapest",
        {"b0": "yes", "b1": "both", "b2": "both", "b3": "symptom", "b4": "none", "b5": "yes"},
        (None, True),
    ),
    ("dn4", {"dn4_total": "6", "dn4_interview": "4"}, (6, None)),
    ("paindetect", {"total": "-1"}, (-1, None)),
    ("wpi_sss", {"wpi": "8", "sss": "6", "regions": "4", "long_enough": "yes"}, (None, True)),
    ("wpi_sss", {"wpi": "3", "sss": "12", "regions": "4", "long_enough": "yes"}, (None, False)),
    ("wpi_sss", {"wpi": "8", "sss": "6", "regions": "4"}, (None, None)),
    ("gas", {"goal-1": "Walk the dog", "importance-1": "3", "level-1": "1", "level-2": "2"}, (64.6, None)),
]


@pytest.mark.parametrize(("instrument", "given", "wanted"), ANSWERED)
def test_what_was_filled_in_comes_to_its_score(
    instrument: str, given: dict[str, str], wanted: Any, clinician: Any, patient: Any, draft: UUID
) -> None:
    assert post(clinician, patient, draft, f"score-{instrument}", **given).status_code == 302
    stored = InstrumentAnswers.objects.get(instrument=instrument)
    assert ((float(stored.total) if stored.total is not None else None), stored.met) == wanted
    page = text_of(clinician.client.get(href(patient, f"score-{instrument}")))
    assert all(f'value="{value}"' in page for value in given.values()), "what was typed stands in its field again"


def test_several_figures_of_a_form_are_kept_with_its_day(clinician: Any, patient: Any, draft: UUID) -> None:
    day = timezone.localdate() - 20 * DAYS
    post(clinician, patient, draft, "score-npsi", burning="7.5", evoked="3", taken_on=day.isoformat())
    given = record_of(patient).instruments["npsi"]
    assert (dict(given.entered), given.taken_on, given.total) == ({"burning": "7.5", "evoked": "3"}, day, None)
    said = panel(clinician, patient)
    assert "not scorable, Total missing" in said and "Burning 7.5" in said
    post(clinician, patient, draft, "score-npsi", version=1, taken_on=day.isoformat())
    assert "npsi" not in record_of(patient).instruments, "taken back is gone"


def test_a_figure_outside_its_range_is_told_at_the_field_and_kept(clinician: Any, patient: Any, draft: UUID) -> None:
    later = (timezone.localdate() + DAYS).isoformat()
    answer = post(clinician, patient, draft, "score-dn4", auto=True, dn4_total="11", taken_on=later).json()
    assert {(p["field"], p["problem"]) for p in answer["problems"]} == {
        ("dn4_total", "Enter a number from 0 to 10."),
        ("taken_on", "This is after the assessment."),
    }
    page = text_of(clinician.client.get(href(patient, "score-dn4")))
    assert 'value="11"' in page and f'value="{later}"' in page


def test_the_service_refuses_a_total_that_the_form_cannot_have(clinician: Any, patient: Any, draft: UUID) -> None:
    with pytest.raises(AnswersInvalid):
        services.save_section(
            actor=clinician.actor,
            patient=patient,
            assessment_id=draft,
            section="score-dn4",
            version=0,
            entry=ScoreEntry("dn4", timezone.localdate(), entered={"dn4_total": "11"}),
            now=timezone.now(),
        )


def test_a_second_person_sees_both_versions_of_a_questionnaire(
    clinician: Any, colleague: Any, patient: Any, draft: UUID
) -> None:
    post(clinician, patient, draft, "score-dn4", dn4_total="6")
    late = post(colleague, patient, draft, "score-dn4", dn4_total="3")
    assert late.status_code == 409 and "Total of all ten" in text_of(late)
    assert record_of(patient).instruments["dn4"].total == 6


def test_a_correction_takes_the_questionnaires_over(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "score-dn4", dn4_total="6", dn4_interview="4")
    post(clinician, patient, draft, "score-gad2", gad7_1="2", gad7_2="1")
    assert sign(clinician, patient).status_code == 302
    page = text_of(clinician.client.get(reverse("assessment-read", args=[patient.pk, draft])))
    assert "Interview part, seven items" in page and "Feeling nervous, anxious or on edge" in page
    services.correct(
        actor=clinician.actor, patient=patient, assessment_id=draft, reason="Wrong total.", now=timezone.now()
    )
    copied = record_of(patient).instruments
    assert dict(copied["dn4"].entered) == {"dn4_total": "6", "dn4_interview": "4"}
    assert copied["gad2"].answers == (2, 1)


# --- what it means ----------------------------------------------------------------------------------------------------


def earlier(who: Any, patient: Any, instrument: str, total: float, days: int = 30) -> None:
    services.record_instrument(
        actor=who.actor,
        patient=patient,
        instrument=instrument,
        taken_on=timezone.localdate() - days * DAYS,
        total=total,
    )


def test_a_score_stands_beside_the_last_one_and_is_judged_by_its_threshold(
    clinician: Any, patient: Any, draft: UUID
) -> None:
    for instrument, total in (("isi", 20), ("phq9", 10), ("peg", 4), ("dn4", 2), ("gad7", 4)):
        earlier(clinician, patient, instrument, total)
    earlier(clinician, patient, "isi", 3, days=90)  # Not the last one.
    post(clinician, patient, draft, "score-isi", total="14")
    post(clinician, patient, draft, "function", peg1="9", peg2="9", peg3="9")
    post(clinician, patient, draft, "score-dn4", dn4_total="6")
    post(
        clinician,
        patient,
        draft,
        "mood",
        **{f"phq9_{n}": "1" if n < 9 else "0" for n in range(1, 10)},
        **{f"gad7_{n}": "2" for n in range(1, 8)},
    )
    record = record_of(patient)
    rows = {
        row.name: row
        for row in score_rows(
            record, summarise(record, CONTENT), CONTENT, Background(queries.answers_before(record), {})
        )
    }
    said = {name: str(row.change.text) for name, row in rows.items() if row.change}
    assert said == {
        "ISI": "better",
        "PHQ-9": "no clear change",
        "PEG": "no published change threshold in our sources",
        "DN4": "no published change threshold in our sources",
        "GAD-7": "worse",
    }
    change = rows["ISI"].change
    assert change is not None and change.before.startswith("20 on ")


def test_a_score_of_an_unsigned_or_corrected_assessment_is_no_last_time(
    clinician: Any, patient: Any, draft: UUID
) -> None:
    post(clinician, patient, draft, "score-isi", total="20")
    assert queries.answers_before(record_of(patient)) == {}
    sign(clinician, patient)
    services.correct(
        actor=clinician.actor, patient=patient, assessment_id=draft, reason="Wrong total.", now=timezone.now()
    )
    assert queries.answers_before(record_of(patient)) == {}


@pytest.mark.parametrize(("now", "said"), [(3, "goal 3: reached"), (7, "goal 3: 4 above it")])
def test_the_pain_scale_is_read_against_the_goal(now: int, said: str) -> None:
    from uuid import uuid4

    record = AssessmentRecord(
        id=uuid4(),
        patient_id=uuid4(),
        status="draft",
        assessed_on=dt.date(2026, 3, 2),
        instruments={"nrs": InstrumentRecord("nrs", dt.date(2026, 3, 2), answers=(None, None, None, now))},
    )
    (row,) = score_rows(record, summarise(record, CONTENT), CONTENT, Background({}, {"nrs": ScoreGoal("nrs", 3)}))
    assert row.goal == said


def test_a_positive_screen_asks_for_the_longer_form(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "score-phq2", phq9_1="1", phq9_2="1")
    assert "Next: PHQ-9" not in panel(clinician, patient)
    post(clinician, patient, draft, "score-phq2", version=1, phq9_1="2", phq9_2="1")
    assert "Next: PHQ-9" in panel(clinician, patient)
    post(clinician, patient, draft, "mood", phq9_1="2")
    assert "Next: PHQ-9" not in panel(clinician, patient), "it was begun"


def test_recent_behaviour_raises_the_band(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "score-cssrs_screener", highest_level="1", behaviour_recent="yes")
    assert "high; emergency evaluation" in panel(clinician, patient)
    post(clinician, patient, draft, "score-cssrs_screener", version=1, behaviour_recent="yes")
    assert "high; emergency evaluation" in panel(clinician, patient), "also without a level"
    post(clinician, patient, draft, "score-cssrs_screener", version=2, highest_level="1", behaviour_recent="no")
    assert "low; follow-up" in panel(clinician, patient)


def test_the_list_suggests_what_the_stated_cause_asks_for(clinician: Any, patient: Any, draft: UUID) -> None:
    assert "Suggested for this patient" not in text_of(clinician.client.get(href(patient, "scores")))
    post(clinician, patient, draft, "causes", dpn="yes")
    page = text_of(clinician.client.get(href(patient, "scores")))
    suggested = page.split("Suggested for this patient")[1].split("</section>")[0]
    assert "MNSI questionnaire" in suggested and "Painful diabetic polyneuropathy" in suggested
    assert "ISI" not in suggested


def test_the_list_costs_the_same_whatever_is_on_file(clinician: Any, patient: Any, draft: UUID) -> None:
    clinician.client.get(href(patient, "scores"))
    with CaptureQueriesContext(connection) as few:
        clinician.client.get(href(patient, "scores"))
    for instrument, total in (("isi", 20), ("dn4", 4), ("lanss", 12)):
        earlier(clinician, patient, instrument, total)
        field = CONTENT.instruments[instrument].total_field
        post(clinician, patient, draft, f"score-{instrument}", **{field: str(total)})
    with CaptureQueriesContext(connection) as many:
        clinician.client.get(href(patient, "scores"))
    assert len(few.captured_queries) == len(many.captured_queries) <= 32


# --- item 9 -----------------------------------------------------------------------------------------------------------


def test_item_nine_cannot_be_signed_over(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "mood", phq9_9="1")
    page = text_of(clinician.client.get(href(patient, "mood")))
    assert 'name="si1"' in page and 'id="phq9_item9_followup"' in page
    assert "#phq9_item9_followup" in panel(clinician, patient)
    refused = sign(clinician, patient)
    said = text_of(refused)
    assert refused.status_code == 422
    assert "PHQ-9 item 9 follow-up: answer it before the visit ends" in said
    assert "Suicidal thoughts: answer it before the visit ends" in said

    post(clinician, patient, draft, "red-flags", rf_suicide="no")
    assert sign(clinician, patient).status_code == 422, "the protocol is still open"
    post(clinician, patient, draft, "mood", version=1, phq9_9="1", si1="yes")
    assert sign(clinician, patient).status_code == 422, "the risk level is still open"
    post(clinician, patient, draft, "mood", version=2, phq9_9="1", si1="yes", si5="low")
    assert sign(clinician, patient).status_code == 302
    read = text_of(clinician.client.get(reverse("assessment-read", args=[patient.pk, draft])))
    assert "Low" in read and "PHQ-9 item 9 is above 0." in read


def test_going_on_leads_to_the_follow_up_first(clinician: Any, patient: Any, draft: UUID) -> None:
    stays = post(clinician, patient, draft, "mood", phq9_9="1", next="1")
    assert stays.url == href(patient, "mood") + "#phq9_item9_followup"
    goes_on = post(clinician, patient, draft, "mood", version=1, phq9_9="1", si1="yes", si5="low", next="1")
    assert goes_on.url == href(patient, "scores")


def test_a_high_band_of_the_suicide_screener_cannot_be_signed_over(clinician: Any, patient: Any, draft: UUID) -> None:
    after = post(clinician, patient, draft, "score-cssrs_screener", highest_level="2", behaviour_recent="yes", next="1")
    assert after.url == href(patient, "mood") + "#phq9_item9_followup"
    # Also to somebody who opens the page in another way, the follow-up is there.
    assert "assess-followup is-asked" in text_of(clinician.client.get(href(patient, "mood")))
    assert "The C-SSRS screener is in its high band." in panel(clinician, patient)
    assert sign(clinician, patient).status_code == 422
    post(clinician, patient, draft, "mood", si1="yes", si5="high")
    assert sign(clinician, patient).status_code == 422, "the red flag is still open"
    post(clinician, patient, draft, "red-flags", rf_suicide="no")
    assert sign(clinician, patient).status_code == 302


def test_the_red_flag_must_be_answered_too(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "mood", phq9_9="3", si1="yes", si5="high")
    refused = text_of(sign(clinician, patient))
    assert "Suicidal thoughts: answer it before the visit ends" in refused
    assert "PHQ-9 item 9 follow-up: answer" not in refused


def test_without_the_alarming_answer_nothing_more_is_asked(clinician: Any, patient: Any, draft: UUID) -> None:
    services.save_section(
        actor=clinician.actor,
        patient=patient,
        assessment_id=draft,
        section="mood",
        version=0,
        entry=InstrumentsEntry({"phq9": (3,) * 8 + (0,)}),
        now=timezone.now(),
    )
    assert sign(clinician, patient).status_code == 302


# --- the clinic's choice ----------------------------------------------------------------------------------------------


def test_an_administrator_switches_off_and_past_scores_stay(
    administrator: Any, clinician: Any, clinic: Any, patient: Any
) -> None:
    earlier(clinician, patient, "dn4", 6)
    said = text_of(choose(administrator, clinic, "dn4", is_on=False))
    assert "DN4 is switched off. Past scores stay." in said
    draft = services.start(actor=clinician.actor, patient=patient, today=timezone.localdate(), now=timezone.now())
    page = text_of(clinician.client.get(href(patient, "scores")))
    assert href(patient, "score-dn4") not in page
    past = page.split("Earlier scores of questionnaires no longer in use")[1]
    assert "DN4" in past and "6, neuropathic pain likely" in past
    assert clinician.client.get(href(patient, "score-dn4")).status_code == 404
    with pytest.raises(services.SectionUnknown):
        services.save_section(
            actor=clinician.actor,
            patient=patient,
            assessment_id=draft,
            section="score-dn4",
            version=0,
            entry=ScoreEntry("dn4", timezone.localdate(), entered={"dn4_total": "6"}),
            now=timezone.now(),
        )
    choose(administrator, clinic, "dn4", is_on=True)
    assert clinician.client.get(href(patient, "score-dn4")).status_code == 200


def test_what_was_begun_before_the_switch_can_be_finished(
    administrator: Any, clinician: Any, clinic: Any, patient: Any, draft: UUID
) -> None:
    post(clinician, patient, draft, "score-dn4", dn4_total="6")
    choose(administrator, clinic, "dn4", is_on=False)
    assert post(clinician, patient, draft, "score-dn4", version=1, dn4_total="5").status_code == 302
    assert record_of(patient).instruments["dn4"].total == 5


def test_the_choice_leaves_one_row_in_the_trail_and_needs_the_permission(
    administrator: Any, clinician: Any, clinic: Any
) -> None:
    choose(administrator, clinic, "pcs", is_on=True)
    choose(administrator, clinic, "pcs", is_on=False)
    trail = AuditEvent.objects.filter(action="instrument.choose").order_by("at")
    assert [event.detail for event in trail] == [
        {"instrument": "pcs", "on": True},
        {"instrument": "pcs", "on": False},
    ]
    assert ClinicInstrument.objects.filter(clinic=clinic, instrument="pcs").count() == 1
    with pytest.raises(Denied):
        services.choose_instrument(
            actor=clinician.actor, clinic_id=clinic.pk, instrument="pcs", is_on=True, now=timezone.now()
        )


@pytest.mark.parametrize("instrument", ["phq9", "nrs", "phq10"])
def test_the_core_set_is_no_choice(instrument: str, administrator: Any, clinic: Any) -> None:
    assert choose(administrator, clinic, instrument, is_on=False).status_code == 404
    assert not ClinicInstrument.objects.exists()


def test_a_clinic_of_another_organisation_is_not_found(administrator: Any, other_clinic: Any) -> None:
    assert choose(administrator, other_clinic, "dn4", is_on=False).status_code == 404


def test_the_page_names_licence_and_what_it_blocks(administrator: Any, clinic: Any) -> None:
    page = text_of(administrator.client.get(reverse("instruments")))
    row = page.split(f'id="{clinic.pk}-pcs"')[1].split("</tr>")[0]
    assert "text blocked by licence" in row and "Switch on as score entry" in row and "M. J. L. Sullivan" in row
    core = page.split(f'id="{clinic.pk}-phq9"')[1].split("</tr>")[0]
    assert "Always asked" in core and "<form" not in core


def test_the_page_of_the_clinics_costs_the_same_for_many_clinics(
    administrator: Any, organisation: Any, clinic: Any
) -> None:
    from accounts.models import Clinic

    address = reverse("instruments")
    administrator.client.get(address)
    with CaptureQueriesContext(connection) as one:
        administrator.client.get(address)
    for name in ("East", "West"):
        Clinic.objects.create(organisation=organisation, name=name)
    choose(administrator, clinic, "pcs", is_on=True)
    administrator.client.get(address)
    with CaptureQueriesContext(connection) as many:
        administrator.client.get(address)
    assert len(one.captured_queries) == len(many.captured_queries)


def test_an_organisation_without_a_clinic_is_told_so(administrator: Any) -> None:
    from accounts.models import Clinic

    assert not Clinic.objects.filter(organisation=administrator.organisation).exists()
    assert "This organisation has no clinic yet." in text_of(administrator.client.get(reverse("instruments")))


def test_a_handled_red_flag_and_the_protocol_let_the_signature_pass(clinician: Any, patient: Any, draft: UUID) -> None:
    post(clinician, patient, draft, "mood", phq9_9="2", si1="yes", si5="moderate")
    services.save_section(
        actor=clinician.actor,
        patient=patient,
        assessment_id=draft,
        section="red-flags",
        version=0,
        entry=RedFlagsEntry(
            {
                "rf_suicide": RedFlagRecord(
                    "rf_suicide",
                    "yes",
                    "handled",
                    "Safety plan made.",
                    owner_id=clinician.user.pk,
                    due_at=timezone.now(),
                )
            }
        ),
        now=timezone.now(),
    )
    assert sign(clinician, patient).status_code == 302
