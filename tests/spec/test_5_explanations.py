"""Explanations

An answer comes with what decided it, what is still missing, and what would change it. Each change and each example has
been tried with the ordinary evaluation before it is shown.
"""

from __future__ import annotations

from rules.facts import FactSet
from rules.truth import Truth
from tests.spec.manual import Paragraph

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


def test_decided(spec: Paragraph) -> None:
    """What decided

    Of an `and` that failed, the parts that failed; of an `or` that holds, the parts that hold; otherwise all parts.
    """
    facts = {"heart_block": False, "dementia": True, "crcl_ml_min": 20}
    spec.decided("heart_block and dementia", facts, NO, "heart_block")
    spec.decided("heart_block or crcl_ml_min < 30", facts, YES, "crcl_ml_min < 30")
    spec.decided("dementia and crcl_ml_min < 30", facts, YES, "dementia", "crcl_ml_min < 30")


def test_missing(spec: Paragraph) -> None:
    """What is missing

    Only facts that can still matter, and first those that settle the most by themselves.
    """
    spec.asks("dementia or heart_block", {"heart_block": True})
    spec.asks("dementia or heart_block", {"heart_block": False}, "dementia")
    spec.asks("dementia or (heart_block and age_years >= 65)", {"heart_block": False}, "dementia")
    spec.asks("(dementia and heart_block) or qtc_ms >= 500", {}, "qtc_ms", "dementia", "heart_block")


def test_changes(spec: Paragraph) -> None:
    """What would change the answer

    The smallest sets of changes; a number moves only as far as it must, a set keeps its other members.
    """
    facts = {"heart_block": False, "crcl_ml_min": 25, "age_years": 70}
    spec.flips(
        "heart_block or (crcl_ml_min < 30 and age_years >= 65)", facts, NO, {"crcl_ml_min": 30}, {"age_years": 64}
    )
    taking = {"medication_classes": FactSet.of("ssri", "opioid", complete=True)}
    spec.flips('"ssri" in medication_classes', taking, NO, {"medication_classes": FactSet.of("opioid", complete=True)})


def test_examples(spec: Paragraph) -> None:
    """The smallest patient

    For every rule the smallest patient for yes, no and unknown is found, or it is proved that there is none.
    """
    spec.example("heart_block or crcl_ml_min < 30", YES, {"heart_block": True})
    spec.example("heart_block or crcl_ml_min < 30", NO, {"heart_block": False, "crcl_ml_min": 30})
    spec.example("heart_block or crcl_ml_min < 30", UNKNOWN, {})
    spec.example("known(qtc_ms) and qtc_ms >= 470", UNKNOWN, None)
