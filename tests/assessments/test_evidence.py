"""What the assessment says about each criterion stands beside the question and never answers it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import pytest

from assessments import evidence
from assessments.certainty import grade
from assessments.content import assessment_content
from assessments.distribution import classify
from assessments.record import AreaRecord, AssessmentRecord, DiagnosticRecord

CONTENT = assessment_content()
AREA = UUID(int=1)
SOLES = ("toes_plantar_l", "toes_plantar_r", "sole_medial_l", "sole_medial_r", "sole_lateral_l", "sole_lateral_r")
CHEEK = ("cheek_upper_lip_r",)


def assessed(regions: tuple[str, ...] = (), area: dict[str, Any] | None = None, **parts: Any) -> AssessmentRecord:
    areas = (AreaRecord(AREA, regions=regions, **(area or {})),)
    return AssessmentRecord(uuid4(), uuid4(), "draft", dt.date(2026, 3, 2), areas=areas, **parts)


def found(record: AssessmentRecord) -> set[tuple[str, str, str, tuple[str, ...]]]:
    pattern = classify(record.regions, CONTENT.body_map)
    return {(e.criterion, e.kind, e.speaks, e.refs) for e in evidence.evidence_of(record, pattern, CONTENT)}


def test_nothing_said_is_no_evidence() -> None:
    assert found(assessed()) == set()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (assessed(conditions={"dpn": "yes", "cipn": "no"}), ("c1_history", "cause_stated", "for", ("dpn",))),
        (assessed(SOLES, conditions={"dpn": "yes"}), ("c2_distribution", "pattern_fits", "for", ("dpn",))),
        (
            assessed(CHEEK, conditions={"dpn": "yes"}),
            ("c2_distribution", "pattern_differs", "against", ("dpn",)),
        ),
        (
            assessed(area={"negative": {"pinprick_loss": "yes", "cold_loss": "no"}}),
            ("c3_signs", "signs_found", "for", ("pinprick_loss",)),
        ),
        (assessed(area={"evoked": {"dma": "no"}}), ("c3_signs", "signs_absent", "against", ("dma",))),
        (
            assessed(CHEEK, area={"aggravating": ("chewing_or_talking", "cold")}),
            ("c3_signs", "triggers", "for", ("chewing_or_talking",)),
        ),
        (
            assessed(tests=(DiagnosticRecord("skin_biopsy", "abnormal"),)),
            ("c4_test", "test_abnormal", "for", ("skin_biopsy",)),
        ),
        (assessed(tests=(DiagnosticRecord("ncs_emg", "normal"),)), ("c4_test", "test_normal", "open", ("ncs_emg",))),
        (assessed(tests=(DiagnosticRecord("qst", "abnormal"),)), ("c3_signs", "test_abnormal", "for", ("qst",))),
    ],
)
def test_answers_speak_for_their_criterion(record: AssessmentRecord, expected: tuple[str, ...]) -> None:
    assert expected in found(record)


def test_a_test_that_proves_no_lesion_is_no_evidence() -> None:
    assert (
        found(assessed(tests=(DiagnosticRecord("nerve_block", "abnormal"), DiagnosticRecord("ccm", "abnormal"))))
        == set()
    )


def test_triggers_are_signs_in_trigeminal_neuralgia_only() -> None:
    record = assessed(SOLES, area={"aggravating": ("touch",)}, conditions={"dpn": "yes"})
    assert not {kind for _, kind, _, _ in found(record)} & {"triggers"}


def test_evidence_never_sets_the_grade() -> None:
    record = assessed(
        SOLES,
        area={"negative": {"pinprick_loss": "yes"}},
        conditions={"dpn": "yes"},
        tests=(DiagnosticRecord("ncs_emg", "abnormal"),),
    )
    assert {criterion for criterion, _, speaks, _ in found(record) if speaks == "for"} == {
        "c1_history",
        "c2_distribution",
        "c3_signs",
        "c4_test",
    }
    assert grade(record.grading).grade == "undetermined"


def test_each_area_may_have_a_cause_of_its_own() -> None:
    feet, scar = UUID(int=1), UUID(int=2)
    areas = (AreaRecord(feet, regions=SOLES), AreaRecord(scar, regions=("chest_mid_r",)))

    def told(**conditions: str) -> set[tuple[str, tuple[str, ...], UUID | None]]:
        record = AssessmentRecord(uuid4(), uuid4(), "draft", dt.date(2026, 3, 2), areas=areas, conditions=conditions)
        patterns = {area.id: classify(area.regions, CONTENT.body_map) for area in areas}
        whole = classify(record.regions, CONTENT.body_map)
        return {
            (e.kind, e.refs, e.area)
            for e in evidence.evidence_of(record, whole, CONTENT, patterns)
            if e.kind != "cause_stated"
        }

    assert told(dpn="yes", postsurgical_np="yes") == {
        ("pattern_fits", ("dpn",), feet),
        ("pattern_fits", ("postsurgical_np",), scar),
    }
    # A cause for the feet alone leaves the scar without one.
    assert told(dpn="yes") == {("pattern_fits", ("dpn",), feet), ("pattern_differs", ("dpn",), scar)}
    assert {(kind, area) for kind, _refs, area in told()} == {("pattern_open", feet), ("pattern_open", scar)}
