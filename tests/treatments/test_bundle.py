"""The rulebook as a file: the same content gives the same bytes, and what is read back is what was written."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from treatments import bundle
from treatments.content import ContentInvalid, digest, shipped


@pytest.fixture(scope="module")
def files(shipped_files: dict[str, Any]) -> dict[str, Any]:
    return shipped_files


@pytest.fixture(scope="module")
def text(files: dict[str, Any]) -> str:
    return bundle.dump(files, "shipped")


@pytest.fixture(scope="module")
def found(text: str) -> bundle.Bundle:
    return bundle.read(text)


def test_a_bundle_read_back_is_the_same_content(files: dict[str, Any], found: bundle.Bundle) -> None:
    assert found.files == files
    assert found.digest == digest(files) == found.claimed_digest
    assert not found.is_edited


def test_equal_content_gives_equal_text_whatever_the_order_of_its_keys(files: dict[str, Any], text: str) -> None:
    backwards = {name: files[name] for name in sorted(files, reverse=True)}
    assert bundle.dump(backwards, "shipped") == text


def test_the_header_comes_first_and_carries_the_digest(files: dict[str, Any], text: str) -> None:
    assert text.splitlines()[:3] == ["bundle: 1", "release: shipped", f"digest: {digest(files)}"]


def test_the_rulebook_of_a_bundle_is_the_one_that_was_exported(found: bundle.Bundle) -> None:
    exported, rulebook = found.rulebook(), shipped()
    assert (exported.release, exported.digest) == (rulebook.release, rulebook.digest)
    assert exported.every_rule == rulebook.every_rule
    assert (exported.agents, exported.therapies) == (rulebook.agents, rulebook.therapies)
    assert (exported.interactions, exported.combinations) == (rulebook.interactions, rulebook.combinations)


def test_an_edited_bundle_is_other_content_and_says_so(text: str) -> None:
    edited = bundle.read(text.replace("Known allergy.", "Known allergy to it.", 1))
    assert edited.is_edited
    rulebook = edited.rulebook()
    assert rulebook.release == bundle.EDITED
    assert rulebook.digest != shipped().digest


def test_conditions_stand_between_quotes(text: str) -> None:
    assert 'when: "crcl_ml_min < 30"' in text
    assert "when: crcl_ml_min < 30" not in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not a rulebook bundle"),
        ("- a\n- b\n", "not a rulebook bundle"),
        ("bundle: 2\ncontent: {}\n", "not a rulebook bundle"),
        ("bundle: 1\n", "content by file name is missing"),
        ("bundle: 1\ncontent: {a.yaml: 1}\nnote: x\n", "the key note is not known"),
        ("bundle: 1\nbundle: 1\n", "occurs twice"),
        ("bundle: [1\n", "line"),
    ],
)
def test_what_is_not_a_bundle_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ContentInvalid, match=sentence):
        bundle.read(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 9999) | st.sampled_from([0.5, 12.5, 30.0, 2.25])
    | st.sampled_from(["no", "yes", "on", "null", "2026-11-21", "12:30", "1e3", "0x1f", "a: b", "# x", "- y", "’", ""])
    | st.text(st.characters(categories=("L", "N", "P", "Zs"), max_codepoint=0x2FFF), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "when", "b", "c"]), inner),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_any_value_survives_the_file(value: Any) -> None:
    files = {"a.yaml": copy.deepcopy(value)}
    assert bundle.read(bundle.dump(files, "1")).files == files


def test_other_tools_can_read_it(text: str) -> None:
    assert yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["bundle"] == 1
