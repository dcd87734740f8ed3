"""Words for the grading, for what a test result does, and for the sensory profiles; nothing here decides anything."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from assessments import evidence, evidence_words, presenters
from assessments.content import assessment_content
from assessments.distribution import classify
from assessments.record import AssessmentRecord, DiagnosticRecord
from tests.assessments.test_evidence import AREA, CHEEK, SOLES, assessed

CONTENT = assessment_content()
NAMES: dict[UUID | None, str] = {AREA: "Both feet"}
THREE_YES = {"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes"}


def rows(record: AssessmentRecord) -> dict[str, list[tuple[str, str]]]:
    found = evidence.evidence_of(record, classify(record.regions, CONTENT.body_map), CONTENT)
    told = evidence_words.evidence_rows(found, record, CONTENT, NAMES)
    return {criterion: [(row.text, row.tone) for row in lines] for criterion, lines in told.items() if lines}


DPN = CONTENT.conditions["dpn"].name


@pytest.mark.parametrize(
    ("record", "criterion", "text", "tone"),
    [
        (assessed(conditions={"dpn": "yes"}), "c1_history", f"Cause stated: {DPN}", "good"),
        (assessed(SOLES, conditions={"dpn": "yes"}), "c2_distribution", f"The marked skin fits {DPN}", "good"),
        (assessed(CHEEK, conditions={"dpn": "yes"}), "c2_distribution", "is not what", "warning"),
        (assessed(area={"negative": {"pinprick_loss": "yes"}}), "c3_signs", "Both feet: reduced pinprick", "good"),
        (assessed(area={"evoked": {"dma": "no"}}), "c3_signs", "Both feet: looked for, nothing found", "warning"),
        (
            assessed(tests=(DiagnosticRecord("ncs_emg", "normal", dt.date(2026, 1, 20)),)),
            "c4_test",
            "normal, which does not lower the grade, 2026-01-20",
            "quiet",
        ),
        (assessed(tests=(DiagnosticRecord("ncs_emg", "pending"),)), "c4_test", "no result yet", "quiet"),
    ],
)
def test_each_piece_of_evidence_has_its_words(record: AssessmentRecord, criterion: str, text: str, tone: str) -> None:
    ((said, shown),) = rows(record)[criterion]
    assert text in said
    assert shown == tone


def test_every_kind_of_evidence_has_words_for_every_criterion() -> None:
    full = assessed(
        SOLES,
        area={"evoked": {"dma": "yes"}, "negative": {"pinprick_loss": "no"}, "aggravating": ("touch",)},
        conditions={"dpn": "yes", "cipn": "yes"},
        tests=(DiagnosticRecord("skin_biopsy", "abnormal"), DiagnosticRecord("qst", "inconclusive")),
    )
    assert all(text and "None" not in text for lines in rows(full).values() for text, _tone in lines)


# --- what a test result does ------------------------------------------------------------------------------------------


def effects(result: str = "abnormal", test: str = "skin_biopsy", **grading: str) -> list[str]:
    record = assessed(tests=(DiagnosticRecord(test, result),), grading=grading)
    return [effect.text for effect in presenters.test_effects(record, CONTENT)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, "still open"),
        ({"c4_test": "not_done"}, "still open"),
        ({"c4_test": "no"}, "answered with no"),
        ({"c4_test": "yes"}, "The grade is Definite; without it Probable"),
    ],
)
def test_an_abnormal_result_says_which_conclusion_it_changed(answer: dict[str, str], expected: str) -> None:
    (text,) = effects(**THREE_YES | answer)
    assert "4. Test confirms a lesion" in text
    assert expected in text


def test_a_result_that_changes_nothing_says_so() -> None:
    (text,) = effects(c1_history="no", c4_test="yes")
    assert "would be" in text and "without it too" in text


@pytest.mark.parametrize("result", ["normal", "pending", "inconclusive"])
def test_only_an_abnormal_result_speaks_for_anything(result: str) -> None:
    assert effects(result, **THREE_YES, c4_test="yes") == []


# --- sensory profiles -------------------------------------------------------------------------------------------------


def profiles(**area: Any) -> dict[str, str]:
    return {row.label: str(row.likelihood) for row in evidence_words.profile_rows(assessed(area=area), CONTENT)}


def test_no_profile_while_nothing_was_looked_for() -> None:
    assert profiles() == {}


def test_a_profile_says_what_was_found_and_what_was_not_tested() -> None:
    told = evidence_words.profile_rows(assessed(area={"negative": {"pinprick_loss": "yes"}}), CONTENT)
    answers = {answer for row in told for _text, answer in row.criteria}
    assert "yes" in answers and "unknown" in answers
    assert all(row.tone != "good" for row in told), "a guess at the bedside is never shown as certain"


def test_found_in_one_area_is_found_whatever_another_says() -> None:
    one = assessed(area={"evoked": {"dma": "yes"}})
    other = assessed(area={"evoked": {"dma": "no"}})
    for areas in (one.areas + other.areas, other.areas + one.areas):
        both = AssessmentRecord(one.id, one.patient_id, "draft", one.assessed_on, areas=areas)
        assert evidence_words.profile_rows(both, CONTENT) == evidence_words.profile_rows(one, CONTENT)
