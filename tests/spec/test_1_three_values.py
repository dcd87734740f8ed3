"""Three values

A condition is *yes*, *no* or *unknown*. What nobody recorded is unknown: it is never no, and never zero. A rule whose
condition is unknown has not been passed; the plan names the facts that would settle it.
"""

from __future__ import annotations

from rules.facts import FactSet
from rules.truth import Truth
from tests.spec.manual import Paragraph

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


def test_missing(spec: Paragraph) -> None:
    """A missing fact

    Every comparison with a fact that is missing is unknown, and so is its opposite.
    """
    spec.gives("crcl_ml_min < 30", {}, UNKNOWN)
    spec.gives("not crcl_ml_min < 30", {}, UNKNOWN)
    spec.gives("heart_block", {}, UNKNOWN)
    spec.gives('sex != "male"', {}, UNKNOWN)


def test_and(spec: Paragraph) -> None:
    """And

    Yes when all parts are yes; no as soon as one is no, whatever the others are.
    """
    spec.gives("heart_block and dementia", {"heart_block": True, "dementia": True}, YES)
    spec.gives("heart_block and dementia", {"heart_block": True, "dementia": False}, NO)
    spec.gives("heart_block and dementia", {"heart_block": False, "dementia": False}, NO)
    spec.gives("heart_block and dementia", {"heart_block": True}, UNKNOWN)
    spec.gives("heart_block and dementia", {"heart_block": False}, NO)
    spec.gives("heart_block and dementia", {}, UNKNOWN)


def test_or(spec: Paragraph) -> None:
    """Or

    Yes as soon as one part is yes; no only when all are no.
    """
    spec.gives("heart_block or dementia", {"heart_block": True, "dementia": True}, YES)
    spec.gives("heart_block or dementia", {"heart_block": True, "dementia": False}, YES)
    spec.gives("heart_block or dementia", {"heart_block": False, "dementia": False}, NO)
    spec.gives("heart_block or dementia", {"heart_block": True}, YES)
    spec.gives("heart_block or dementia", {"heart_block": False}, UNKNOWN)
    spec.gives("heart_block or dementia", {}, UNKNOWN)


def test_not(spec: Paragraph) -> None:
    """Not

    Turns yes and no round. What is unknown stays unknown.
    """
    spec.gives("not heart_block", {"heart_block": True}, NO)
    spec.gives("not heart_block", {"heart_block": False}, YES)
    spec.gives("not heart_block", {}, UNKNOWN)


def test_known(spec: Paragraph) -> None:
    """Known

    `known(…)` is always yes or no. A set is known when it is complete. With it a rule can say that it does not mind a
    missing fact; use it with care, because it makes silence count as an answer.
    """
    spec.gives("known(qtc_ms)", {"qtc_ms": 430}, YES)
    spec.gives("known(qtc_ms)", {}, NO)
    spec.gives("known(heart_block)", {"heart_block": False}, YES)
    spec.gives("known(qtc_ms) and qtc_ms >= 470", {}, NO)
    spec.gives("known(medication_classes)", {"medication_classes": FactSet.of("ssri")}, NO)
    spec.gives("known(medication_classes)", {"medication_classes": FactSet.of("ssri", complete=True)}, YES)
