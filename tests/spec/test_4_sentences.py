"""Sentences

The English sentence is made from the condition, never written beside it, so the two cannot differ. Labels, units and
wording come from the vocabulary. Brackets stay where a sentence could be read in two ways.
"""

from __future__ import annotations

from tests.spec.manual import Paragraph


def test_sentences(spec: Paragraph) -> None:
    """How conditions read"""
    spec.reads("crcl_ml_min < 30", "creatinine clearance is below 30 mL/min")
    spec.reads("30 <= crcl_ml_min < 60", "creatinine clearance is from 30 to below 60 mL/min")
    spec.reads("age_years >= 65", "age is at least 65 years")
    spec.reads("not heart_block", "no heart block")
    spec.reads("not known(qtc_ms)", "corrected QT is not known")
    spec.reads('sex in ("female", "other")', "sex is female or other")
    spec.reads('any_of(medication_classes, "ssri", "snri")', "taking a medicine of class SSRI or SNRI")
    spec.reads('"phn" not in conditions', "causes of the pain do not include postherpetic neuralgia")
    spec.reads(
        "heart_block or dementia and crcl_ml_min < 30",
        "heart block or (dementia and creatinine clearance is below 30 mL/min)",
    )
