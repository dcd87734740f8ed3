"""Names as search compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.names import after_prefix, folded, folded_number, search_keys


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Johansson", "johansson"),
        ("  O’Neill-Sørensen ", "oneillsorensen"),
        ("Müller", "muller"),
        ("GROẞ", "gross"),
        ("Łukasz Đặng", "lukasz dang"),
        ("van  der Berg", "van der berg"),
        ("İpek", "ipek"),
        ("O´Neill", "oneill"),
        ("\U0001d434nna", "anna"),
    ],
)
def test_case_accents_and_hyphens_do_not_count(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_folding_twice_changes_nothing_in_any_letter() -> None:
    changed = [f"U+{point:04X}" for point in range(0x32000) if folded(folded(chr(point))) != folded(chr(point))]
    assert changed == []


def test_a_person_is_found_in_both_orders() -> None:
    assert search_keys("Johansson", "Ingrid Maria") == ("johansson ingrid maria", "ingrid maria johansson")


def test_numbers_lose_their_signs() -> None:
    assert folded_number("N-40 218/A") == "n40218a"


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(alphabet="abcdefghijz ", min_size=1, max_size=6), st.text(alphabet="abcdefghijz ", max_size=6))
def test_what_begins_with_a_prefix_lies_in_its_range(prefix: str, rest: str) -> None:
    assert prefix <= prefix + rest < after_prefix(prefix)
