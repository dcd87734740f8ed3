"""What is refused

Everything that is wrong is said at once, each with its line and column. A condition that is refused cannot be saved.
"""

from __future__ import annotations

from tests.spec.manual import Paragraph


def test_names(spec: Paragraph) -> None:
    """Unknown names

    With the nearest name, if there is one.
    """
    spec.refuses("heart_blok", "line 1, column 1: there is no fact heart_blok; did you mean heart_block?")
    spec.refuses(
        'dementia and "ssr" in medication_classes',
        'line 1, column 14: "ssr" is not a value of medication_classes; did you mean "ssri"?',
    )


def test_types(spec: Paragraph) -> None:
    """Wrong types

    Each message says how the fact is used.
    """
    spec.refuses(
        "crcl_ml_min or sex < 3",
        "line 1, column 1: crcl_ml_min is a number and cannot stand alone: compare it with a number, as in "
        "crcl_ml_min < 300",
        "line 1, column 16: sex is a word from a list and has no number to compare: compare it with a word, as in "
        'sex == "female"',
    )
    spec.refuses(
        'conditions == "phn"',
        "line 1, column 1: conditions is a set and cannot be used like this: ask for a member, as in "
        '"phn" in conditions',
    )
    spec.refuses('sex < "male"', "line 1, column 1: words have no order: < needs a number")
    spec.refuses("heart_block == True", "line 1, column 1: write heart_block or not heart_block")


def test_ranges(spec: Paragraph) -> None:
    """Implausible numbers

    A number outside the plausible range of the fact is most often a wrong unit.
    """
    spec.refuses(
        "crcl_ml_min < 3000", "line 1, column 1: crcl_ml_min 3000 is outside the plausible range 0 to 300 mL/min"
    )
    spec.refuses("60 <= crcl_ml_min < 30", "line 1, column 1: nothing lies in this range: 60 to 30")


def test_constructs(spec: Paragraph) -> None:
    """Anything else of Python

    Only the constructs on this page are part of the language.
    """
    spec.refuses("age_years + 1 > 65", "line 1, column 1: compare one fact with one number or one word in quotes")
    spec.refuses("open('x')", "line 1, column 1: only known, any_of, all_of, none_of can be called")
    spec.refuses("heart_block & dementia", "line 1, column 1: arithmetic (and &, |) is not part of the rule language")
    spec.refuses("dementia # why", "line 1, column 10: a comment cannot stand in a condition")
    spec.refuses("", "the condition is empty")
