"""Drafts, stale saves, signing, corrections, and what the database refuses whatever the code does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.access import Denied
from accounts.models import AuditEvent
from accounts.tenancy import tenant
from assessments import queries, services
from assessments.entries import (
    AreaEntry,
    BodyEntry,
    CausesEntry,
    DiagnosticsEntry,
    Entry,
    GradingEntry,
    HealthEntry,
    InstrumentsEntry,
    RedFlagsEntry,
    SeverityEntry,
    WishesEntry,
)
from assessments.models import Assessment, InstrumentAnswers, PainArea, Statement
from assessments.record import AreaRecord, DiagnosticRecord, KeptText, RedFlagRecord, SensoryRecord
from patients import queries as patient_queries
from patients import services as patient_services

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 2, 10, 42, tzinfo=dt.UTC)
TODAY = NOW.date()
NERVE_CONDUCTION = DiagnosticRecord(
    "ncs_emg", "abnormal", dt.date(2026, 1, 20), "left", 3.5, "uV", "Sural response small."
)
Save = Callable[..., Any]


@pytest.fixture
def draft(clinician: Any, patient: Any) -> UUID:
    return services.start(actor=clinician.actor, patient=patient, today=TODAY, now=NOW)


@pytest.fixture
def save(clinician: Any, patient: Any, draft: UUID) -> Save:
    def save_as(section: str, entry: Entry, version: int = 0, by: Any = clinician, **more: Any) -> Any:
        return services.save_section(
            actor=by.actor,
            patient=patient,
            assessment_id=draft,
            section=section,
            version=version,
            entry=entry,
            now=NOW,
            **more,
        )

    return save_as


def full(save: Save, area: UUID) -> None:
    """Save every section with something in it."""
    save("red-flags", RedFlagsEntry({"rf_ces": RedFlagRecord("rf_ces", "no")}))
    save(
        f"area-{area}",
        AreaEntry(
            AreaRecord(
                id=area,
                name="Feet",
                regions=("sole_medial_l", "sole_medial_r", "toes_plantar_l", "toes_plantar_r"),
                touch_regions=("toes_plantar_l",),
                numb_regions=("heel_l", "sole_medial_l"),
                descriptors={"burning": "yes", "itching": "no"},
                ratings={"burning": 8},
                evoked={"dma": "no", "hyperpathia": "no"},
                negative={"reflex_loss": "yes"},
                sensory=(
                    SensoryRecord("brush", "more", "same", rating=6, reference_rating=0),
                    SensoryRecord("pinprick", "less"),
                    SensoryRecord("strength", "same", amount=5),
                ),
                sensory_reference="proximal",
                aggravating=("touch", "walking"),
                relieving=("none",),
                intensity_worst=9,
                pattern="continuous_with_attacks",
                timing={"course": "stable", "attack_duration": "<1 s"},
                onset_date=dt.date(2024, 1, 1),
                localised="no",
                intensity=7,
            )
        ),
    )
    save("severity", SeverityEntry((6, 9, 4, 7), 26))
    save("causes", CausesEntry({"dpn": "yes", "cipn": "no"}))
    save(
        "grading",
        GradingEntry({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes", "c4_test": "not_done"}),
    )
    save("areas", BodyEntry(("toes_plantar_r",), "length_dependent"))
    save("tests", DiagnosticsEntry((NERVE_CONDUCTION,)))
    save("function", InstrumentsEntry({"peg": (6, 7, 7)}))
    save("mood", InstrumentsEntry({"phq9": (1, 1, 2, 1, 0, 1, 1, 0, None), "gad7": (None,) * 7}))
    save("health", HealthEntry({"diabetes": "yes", "falls_risk": "no"}, problem_list_reviewed=True))
    save("wishes", WishesEntry({"avoid_sedation": "yes"}, notes="Works nights."))


@pytest.fixture
def filled(save: Save, clinician: Any, patient: Any, draft: UUID) -> UUID:
    full(save, services.add_area(actor=clinician.actor, patient=patient, assessment_id=draft))
    return draft


def sign(who: Any, patient: Any, assessment: UUID) -> None:
    shown = queries.assessment_of(patient.pk, assessment)
    assert shown is not None
    services.sign(
        actor=who.actor, patient=patient, assessment_id=assessment, revision=shown.revision, now=NOW, today=TODAY
    )


# --- drafts -------------------------------------------------------------------------------------------------------


def test_everything_saved_is_read_back(filled: UUID, patient: Any) -> None:
    record = queries.draft_of(patient.pk)
    assert record is not None and record.id == filled
    (area,) = record.areas
    assert area.regions == ("sole_medial_l", "sole_medial_r", "toes_plantar_l", "toes_plantar_r")
    assert (area.touch_regions, area.numb_regions) == (("toes_plantar_l",), ("heel_l", "sole_medial_l"))
    assert area.painted == ("heel_l", "sole_medial_l", "sole_medial_r", "toes_plantar_l", "toes_plantar_r")
    assert (area.descriptors, area.ratings) == ({"burning": "yes", "itching": "no"}, {"burning": 8})
    assert area.evoked == {"dma": "yes", "hyperpathia": "no", "punctate": "no"}, "what was examined outweighs a word"
    assert area.negative == {"reflex_loss": "yes", "pinprick_loss": "yes", "weakness": "no"}
    assert area.sensory == (
        SensoryRecord("brush", "more", "same", rating=6, reference_rating=0),
        SensoryRecord("pinprick", "less"),
        SensoryRecord("strength", "same", amount=5.0),
    )
    assert (area.sensory_reference, area.aggravating, area.relieving) == ("proximal", ("touch", "walking"), ("none",))
    assert (area.intensity, area.intensity_now, area.intensity_worst, area.intensity_least) == (7, None, 9, None)
    assert area.timing == {"course": "stable", "attack_duration": "<1 s"}
    assert record.nrs == {"now": 6, "worst": 9, "least": 4, "average": 7}
    assert record.grading["c4_test"] == "not_done"
    assert (record.absent_regions, record.confirmed_pattern) == (("toes_plantar_r",), "length_dependent")
    assert record.tests == (NERVE_CONDUCTION,)
    assert record.instruments["peg"].answers == (6, 7, 7)
    assert record.instruments["phq9"].answers == (1, 1, 2, 1, 0, 1, 1, 0, None)
    assert "gad7" not in record.instruments, "answers that were never given have no row"
    assert record.concepts == {"diabetes": "yes", "falls_risk": "no"}
    assert (record.preferences, record.notes) == ({"avoid_sedation": "yes"}, "Works nights.")
    assert record.duration_months == 26


def test_a_second_start_goes_on_in_the_open_draft(draft: UUID, colleague: Any, patient: Any) -> None:
    assert services.start(actor=colleague.actor, patient=patient, today=TODAY, now=NOW) == draft
    assert Assessment.objects.count() == 1


def test_answers_taken_back_are_gone(save: Save, draft: UUID, patient: Any) -> None:
    save("causes", CausesEntry({"dpn": "yes", "cipn": "no"}))
    save("causes", CausesEntry({"cipn": "yes"}), version=1)
    record = queries.draft_of(patient.pk)
    assert record is not None and record.conditions == {"cipn": "yes"}


def test_what_cannot_be_read_is_kept_as_typed_and_blocks_nothing(save: Save, draft: UUID, patient: Any) -> None:
    kept = KeptText("severity", "nrs_worst", "11½", "Enter a whole number.")
    save("severity", SeverityEntry((6, None, None, None), None), kept=[kept])
    record = queries.draft_of(patient.pk)
    assert record is not None
    assert (record.kept, record.nrs) == ((kept,), {"now": 6})
    save("severity", SeverityEntry((6, 9, None, None), None), version=1)
    mended = queries.draft_of(patient.pk)
    assert mended is not None and mended.kept == ()


def test_stale_save_is_refused_and_changes_nothing(save: Save, draft: UUID, colleague: Any, patient: Any) -> None:
    save("severity", SeverityEntry((6, None, None, None), 12))
    save("severity", SeverityEntry((5, None, None, None), 12), version=1, by=colleague)
    with pytest.raises(services.StaleSave) as stale:
        save("severity", SeverityEntry((9, None, None, None), 12), version=1)
    assert stale.value.state.saved_by == str(colleague.user)
    record = queries.draft_of(patient.pk)
    assert record is not None and record.nrs == {"now": 5}


def test_two_people_in_two_sections_do_not_disturb_each_other(save: Save, draft: UUID, colleague: Any) -> None:
    save("severity", SeverityEntry((6, None, None, None), 12))
    assert save("causes", CausesEntry({"dpn": "yes"}), by=colleague).version == 1


def test_sections_and_areas_that_do_not_exist_are_refused(save: Save, draft: UUID) -> None:
    with pytest.raises(services.SectionUnknown):
        save("horoscope", CausesEntry({}))
    with pytest.raises(services.SectionUnknown):
        save(f"area-{uuid4()}", AreaEntry(AreaRecord(uuid4())))


def test_removed_area_takes_its_words_with_it(filled: UUID, clinician: Any, patient: Any) -> None:
    record = queries.draft_of(patient.pk)
    assert record is not None
    services.remove_area(actor=clinician.actor, patient=patient, assessment_id=filled, area=record.areas[0].id)
    after = queries.draft_of(patient.pk)
    assert after is not None and after.areas == () and not any(s.startswith("area-") for s in after.sections)


def test_discarded_draft_is_gone(filled: UUID, clinician: Any, patient: Any) -> None:
    services.discard(actor=clinician.actor, patient=patient, assessment_id=filled)
    assert queries.draft_of(patient.pk) is None


# --- signing ------------------------------------------------------------------------------------------------------


def test_signing_writes_to_the_record_what_is_news(filled: UUID, clinician: Any, patient: Any) -> None:
    patient_services.state_problem(
        actor=clinician.actor,
        patient=patient,
        kind="concept",
        code="diabetes",
        status="present",
        stated_on=TODAY,
        today=TODAY,
    )
    sign(clinician, patient, filled)
    record = patient_queries.record_of(patient, TODAY)
    assert {(p.kind, p.code, p.status) for p in record.problems} == {
        ("concept", "diabetes", "present"),
        ("concept", "falls_risk", "absent"),
        ("condition", "dpn", "present"),
        ("condition", "cipn", "absent"),
    }
    assert record.problem_list_reviewed_on == TODAY
    assert record.preferences == ("avoid_sedation",)
    assert len(patient_queries.history_of("problem", patient.pk)) == 4, "diabetes was not stated a second time"


def test_a_wish_that_is_gone_is_withdrawn(save: Save, draft: UUID, clinician: Any, patient: Any) -> None:
    patient_services.record_preference(actor=clinician.actor, patient=patient, code="low_cost")
    save("wishes", WishesEntry({"once_daily": "yes"}, ""))
    sign(clinician, patient, draft)
    assert patient_queries.record_of(patient, TODAY).preferences == ("once_daily",)


def test_wishes_stay_when_nobody_asked(draft: UUID, clinician: Any, patient: Any) -> None:
    patient_services.record_preference(actor=clinician.actor, patient=patient, code="low_cost")
    sign(clinician, patient, draft)
    assert patient_queries.record_of(patient, TODAY).preferences == ("low_cost",)


def test_only_a_signed_assessment_counts(filled: UUID, clinician: Any, patient: Any) -> None:
    before = queries.record_of(patient.pk, TODAY)
    assert (before.assessment, before.instruments) == (None, ())
    sign(clinician, patient, filled)
    after = queries.record_of(patient.pk, TODAY)
    assert after.assessment is not None and after.assessment.signed_by == str(clinician.user)
    assert {given.id for given in after.instruments} == {"nrs", "peg", "phq9"}
    assert queries.record_of(patient.pk, TODAY - dt.timedelta(days=1)).assessment is None


def test_a_present_red_flag_must_be_dealt_with(save: Save, draft: UUID, clinician: Any, patient: Any) -> None:
    save("red-flags", RedFlagsEntry({"rf_ces": RedFlagRecord("rf_ces", "yes")}))
    with pytest.raises(services.NotSignable) as refused:
        sign(clinician, patient, draft)
    assert [(point.kind, point.what) for point in refused.value.open] == [("red_flag_unhandled", "rf_ces")]
    save("red-flags", RedFlagsEntry({"rf_ces": RedFlagRecord("rf_ces", "yes", "handled", "")}), version=1)
    with pytest.raises(services.NotSignable):
        sign(clinician, patient, draft)
    save("red-flags", RedFlagsEntry({"rf_ces": RedFlagRecord("rf_ces", "yes", "handled", "Sent to A&E.")}), version=2)
    with pytest.raises(services.NotSignable):
        sign(clinician, patient, draft)
    seen_to = RedFlagRecord(
        "rf_ces", "yes", "handled", "Sent to A&E.", clinician.user.pk, str(clinician.user), NOW + dt.timedelta(hours=4)
    )
    save("red-flags", RedFlagsEntry({"rf_ces": seen_to}), version=3)
    sign(clinician, patient, draft)
    signed = queries.newest_signed(patient.pk, TODAY)
    assert signed is not None and signed.red_flags["rf_ces"] == seen_to
    (task,) = patient_queries.tasks_of(patient.pk)
    assert (task.owner, task.due_on) == (clinician.user, TODAY)
    assert "Cauda equina" in task.text and "Sent to A&E." in task.text


def test_a_red_flag_is_dismissed_with_a_reason_alone(save: Save, draft: UUID, clinician: Any, patient: Any) -> None:
    save("red-flags", RedFlagsEntry({"rf_ces": RedFlagRecord("rf_ces", "yes", "dismissed", "Old scar.")}))
    sign(clinician, patient, draft)
    assert list(patient_queries.tasks_of(patient.pk)) == []


def test_what_is_signed_is_what_was_on_the_page(filled: UUID, save: Save, clinician: Any, patient: Any) -> None:
    shown = queries.draft_of(patient.pk)
    assert shown is not None
    save("causes", CausesEntry({"phn": "yes"}), version=1)
    with pytest.raises(services.ChangedSinceShown):
        services.sign(
            actor=clinician.actor,
            patient=patient,
            assessment_id=filled,
            revision=shown.revision,
            now=NOW,
            today=TODAY,
        )


def test_unreadable_text_must_be_mended_before_the_signature(
    save: Save, draft: UUID, clinician: Any, patient: Any
) -> None:
    save("severity", SeverityEntry((None,) * 4, None), kept=[KeptText("severity", "nrs_now", "x", "Enter a number.")])
    with pytest.raises(services.NotSignable):
        sign(clinician, patient, draft)


def test_a_trainee_does_the_work_and_does_not_sign(filled: UUID, trainee: Any, patient: Any) -> None:
    with pytest.raises(Denied):
        sign(trainee, patient, filled)


def test_a_signed_assessment_takes_no_more(filled: UUID, save: Save, clinician: Any, patient: Any) -> None:
    sign(clinician, patient, filled)
    for change in (
        lambda: save("causes", CausesEntry({}), version=1),
        lambda: sign(clinician, patient, filled),
        lambda: services.discard(actor=clinician.actor, patient=patient, assessment_id=filled),
        lambda: services.add_area(actor=clinician.actor, patient=patient, assessment_id=filled),
    ):
        with pytest.raises(services.AlreadySigned):
            change()


# --- corrections ----------------------------------------------------------------------------------------------------


def test_a_correction_is_a_new_version_with_everything_in_it(filled: UUID, clinician: Any, patient: Any) -> None:
    sign(clinician, patient, filled)
    before = queries.newest_signed(patient.pk, TODAY)
    fresh = services.correct(
        actor=clinician.actor, patient=patient, assessment_id=filled, reason="Wrong side.", now=NOW
    )
    copy = queries.draft_of(patient.pk)
    assert before is not None and copy is not None
    assert [replace(area, id=before.areas[0].id) for area in copy.areas] == list(before.areas)
    for part in ("grading", "conditions", "tests", "red_flags", "instruments", "concepts", "preferences", "notes"):
        assert getattr(copy, part) == getattr(before, part), part
    assert queries.newest_signed(patient.pk, TODAY) == before, "the old one counts until the new one is signed"
    sign(clinician, patient, fresh)
    now = queries.newest_signed(patient.pk, TODAY)
    assert now is not None and (now.id, now.supersedes_id, now.correction_reason) == (fresh, filled, "Wrong side.")
    assert len(queries.record_of(patient.pk, TODAY).instruments) == 3
    old = queries.assessment_of(patient.pk, filled)
    assert old is not None and old.superseded_by_id == fresh


def test_a_correction_needs_a_reason_and_the_newest_version(filled: UUID, clinician: Any, patient: Any) -> None:
    sign(clinician, patient, filled)
    arguments = {"actor": clinician.actor, "patient": patient, "assessment_id": filled, "now": NOW}
    with pytest.raises(services.CorrectionRefused):
        services.correct(reason=" ", **arguments)
    sign(clinician, patient, services.correct(reason="Wrong side.", **arguments))
    with pytest.raises(services.CorrectionRefused):
        services.correct(reason="Again.", **arguments)


def test_a_new_assessment_may_begin_from_the_last_one_and_says_so(filled: UUID, clinician: Any, patient: Any) -> None:
    sign(clinician, patient, filled)
    services.start(actor=clinician.actor, patient=patient, today=TODAY, copy_newest=True, now=NOW)
    record = queries.draft_of(patient.pk)
    assert record is not None
    assert record.areas[0].regions and record.conditions == {"dpn": "yes", "cipn": "no"}
    assert record.instruments == {} and record.red_flags == {}, "scores and red flags are asked anew"
    assert record.sections and all(state.copied for state in record.sections.values())


# --- what stands alone ----------------------------------------------------------------------------------------------


def test_a_score_from_elsewhere_counts_when_it_is_newer(filled: UUID, clinician: Any, patient: Any) -> None:
    sign(clinician, patient, filled)
    services.record_instrument(
        actor=clinician.actor,
        patient=patient,
        instrument="peg",
        taken_on=TODAY + dt.timedelta(days=7),
        answers=(2, 3, 3),
    )
    services.record_instrument(
        actor=clinician.actor, patient=patient, instrument="dn4", taken_on=TODAY - dt.timedelta(days=7), total=5
    )
    week_later = {i.id: i for i in queries.record_of(patient.pk, TODAY + dt.timedelta(days=7)).instruments}
    assert week_later["peg"].answers == (2, 3, 3)
    assert week_later["dn4"].total == 5
    today = {i.id: i for i in queries.record_of(patient.pk, TODAY).instruments}
    assert today["peg"].answers == (6, 7, 7)
    assert [i.taken_on for i in queries.answers_over_time(patient.pk, "peg")] == [TODAY, TODAY + dt.timedelta(days=7)]


# --- what the database refuses ----------------------------------------------------------------------------------------

FORBIDDEN = [
    "UPDATE assessments_assessment SET notes = 'x'",
    "UPDATE assessments_assessment SET status = 'draft', signed_by_id = NULL, signed_at = NULL",
    "DELETE FROM assessments_assessment",
    "UPDATE assessments_painarea SET name = 'x'",
    "DELETE FROM assessments_arearegion",
    "UPDATE assessments_areafinding SET answer = 'no', rating = NULL",
    "UPDATE assessments_sensoryfinding SET result = 'same'",
    "DELETE FROM assessments_absentregion",
    "DELETE FROM assessments_statement",
    "UPDATE assessments_redflaganswer SET answer = 'yes'",
    "UPDATE assessments_diagnostictest SET result = 'normal'",
    "UPDATE assessments_instrumentanswers SET total = 0",
    "DELETE FROM assessments_instrumentanswers",
    "INSERT INTO assessments_statement (organisation_id, assessment_id, kind, code, answer)"
    " SELECT organisation_id, id, 'condition', 'phn', 'yes' FROM assessments_assessment",
    "UPDATE assessments_sectionsave SET version = 9",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_database_refuses_to_change_what_is_signed(
    statement: str, filled: UUID, clinician: Any, patient: Any
) -> None:
    sign(clinician, patient, filled)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_to_change_answers_that_stand_alone(clinician: Any, patient: Any) -> None:
    services.record_instrument(actor=clinician.actor, patient=patient, instrument="dn4", taken_on=TODAY, total=5)
    for statement in (
        "UPDATE assessments_instrumentanswers SET total = 0",
        "DELETE FROM assessments_instrumentanswers",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assessments_instrumentanswers SET patient_id = %(other)s",
        "INSERT INTO assessments_assessment (id, organisation_id, patient_id, status, assessed_on, created_by_id,"
        " supersedes_id, correction_reason, c1_history, c2_distribution, c3_signs, c4_test, confirmed_pattern,"
        " problem_list_reviewed, notes) SELECT gen_random_uuid(), organisation_id, %(other)s, 'draft', assessed_on,"
        " created_by_id, id, 'x', '', '', '', '', '', false, '' FROM assessments_assessment",
    ],
)
def test_everything_of_an_assessment_is_of_one_patient(statement: str, filled: UUID, new_patient: Any) -> None:
    with pytest.raises(IntegrityError, match="same_patient"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, {"other": str(new_patient().pk)})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_another_organisation_sees_nothing(filled: UUID, other_organisation: Any) -> None:
    with tenant(other_organisation.pk):
        for model in (Assessment, PainArea, Statement, InstrumentAnswers):
            assert not model.objects.exists()
    assert Assessment.objects.exists()


def test_another_patients_assessment_is_not_found(draft: UUID, clinician: Any, clinic: Any, patient: Any) -> None:
    assert queries.assessment_of(uuid4(), draft) is None


# --- audit ------------------------------------------------------------------------------------------------------------


def test_every_write_leaves_a_row_in_the_trail(filled: UUID, clinician: Any, patient: Any) -> None:
    sign(clinician, patient, filled)
    services.correct(actor=clinician.actor, patient=patient, assessment_id=filled, reason="Wrong side.", now=NOW)
    actions = set(AuditEvent.objects.filter(target__startswith="assessment:").values_list("action", flat=True))
    assert actions == {"assessment.start", "assessment.save", "assessment.sign", "assessment.correct"}


def test_reading_needs_the_same_number_of_queries_whatever_is_on_file(
    filled: UUID, clinician: Any, patient: Any, django_assert_num_queries: Any
) -> None:
    sign(clinician, patient, filled)
    with django_assert_num_queries(2):
        queries.record_of(patient.pk, TODAY)
    services.start(actor=clinician.actor, patient=patient, today=TODAY, copy_newest=True, now=NOW)
    with django_assert_num_queries(2):
        pain = queries.record_of(patient.pk, TODAY)
    with django_assert_num_queries(1):
        card = queries.pain_card(patient, pain, {})
    assert card is not None and card.has_draft
    assert card.sentence == (
        "Burning pain, length-dependent (glove and stocking), both sides, 7 of 10 on average, for 26 months; "
        "cause: Painful diabetic polyneuropathy."
    )
