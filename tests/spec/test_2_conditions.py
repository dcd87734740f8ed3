"""Conditions

A condition compares facts with fixed values and joins the results with `and`, `or` and `not`. `not` binds tighter than
`and`, `and` tighter than `or`; brackets make it plain. There are no loops, no arithmetic and no other functions.
"""

from __future__ import annotations

from rules.facts import FactSet
from rules.truth import Truth
from tests.spec.manual import Paragraph

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


def test_yes_or_no(spec: Paragraph) -> None:
    """Yes-or-no facts

    The name alone is the condition.
    """
    spec.gives("heart_block", {"heart_block": True}, YES)
    spec.gives("heart_block", {"heart_block": False}, NO)


def test_numbers(spec: Paragraph) -> None:
    """Numbers

    With `<`, `<=`, `>`, `>=`, `==` and `!=`. The unit is the one of the vocabulary.
    """
    spec.gives("crcl_ml_min < 30", {"crcl_ml_min": 29.9}, YES)
    spec.gives("crcl_ml_min < 30", {"crcl_ml_min": 30}, NO)
    spec.gives("age_years >= 65", {"age_years": 65}, YES)


def test_ranges(spec: Paragraph) -> None:
    """Ranges

    The fact stands in the middle; each end says whether it belongs to the range.
    """
    spec.gives("30 <= crcl_ml_min < 60", {"crcl_ml_min": 30}, YES)
    spec.gives("30 <= crcl_ml_min < 60", {"crcl_ml_min": 60}, NO)
    spec.gives("30 <= crcl_ml_min <= 60", {"crcl_ml_min": 60}, YES)


def test_words(spec: Paragraph) -> None:
    """Words

    A fact that is one word of a list is compared with `==` and `!=`, or with several words at once.
    """
    spec.gives('sex == "female"', {"sex": "female"}, YES)
    spec.gives('sex != "female"', {"sex": "other"}, YES)
    spec.gives('sex in ("female", "other")', {"sex": "male"}, NO)
    spec.gives('sex not in ("female", "other")', {"sex": "male"}, YES)


def test_sets(spec: Paragraph) -> None:
    """Sets

    A set knows what is in it, what is not, and whether it is complete. What is neither in nor out is unknown until the
    set is complete. In these examples `…` marks a set that may hold more.
    """
    spec.gives('"ssri" in medication_classes', {"medication_classes": FactSet.of("ssri")}, YES)
    spec.gives('"ssri" in medication_classes', {"medication_classes": FactSet.of("opioid")}, UNKNOWN)
    spec.gives('"ssri" in medication_classes', {"medication_classes": FactSet.of("opioid", complete=True)}, NO)
    spec.gives('"ssri" in medication_classes', {"medication_classes": FactSet.of(absent=["ssri"])}, NO)
    spec.gives('"ssri" not in medication_classes', {"medication_classes": FactSet.of(absent=["ssri"])}, YES)


def test_any_and_all(spec: Paragraph) -> None:
    """Any of, all of

    `any_of` and `all_of` are an `or` and an `and` over members of one set.
    """
    spec.gives('any_of(medication_classes, "ssri", "maoi")', {"medication_classes": FactSet.of("maoi")}, YES)
    spec.gives(
        'any_of(medication_classes, "ssri", "maoi")', {"medication_classes": FactSet.of(absent=["maoi"])}, UNKNOWN
    )
    spec.gives('all_of(medication_classes, "ssri", "maoi")', {"medication_classes": FactSet.of("maoi")}, UNKNOWN)
    spec.gives('all_of(medication_classes, "ssri", "maoi")', {"medication_classes": FactSet.of(absent=["maoi"])}, NO)


def test_constants(spec: Paragraph) -> None:
    """Always and never

    A rule without a condition says `True`.
    """
    spec.gives("True", {}, YES)
    spec.gives("False", {}, NO)


def test_canonical(spec: Paragraph) -> None:
    """One canonical form

    The same condition can be written in several ways; the digest of a rulebook is taken from the canonical one. A
    condition may be folded over several lines.
    """
    spec.means("30 > crcl_ml_min", "crcl_ml_min < 30")
    spec.means("60 > crcl_ml_min >= 30.0", "30 <= crcl_ml_min < 60")
    spec.means("none_of(conditions, 'phn', 'dpn')", 'not any_of(conditions, "phn", "dpn")')
    spec.means("heart_block and dementia or not heart_block", "(heart_block and dementia) or not heart_block")
