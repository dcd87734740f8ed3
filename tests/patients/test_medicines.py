"""What a name on a medicine list is recognised as."""

from __future__ import annotations

import pytest
import yaml
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from patients.medicines import MatchedBy, Recognition, dictionary, folded, normalise, suggestions

RECOGNISED = [
    # text, entry, ingredients
    ("pregabalin", "pregabalin", ["pregabalin"]),
    ("  PREGABALIN  ", "pregabalin", ["pregabalin"]),
    ("Lyrica", "pregabalin", ["pregabalin"]),
    ("LYRICA 75mg capsules", "pregabalin", ["pregabalin"]),
    ("Lyrica (pregabalin)", "pregabalin", ["pregabalin"]),
    ("gabapentin 300 mg tds", "gabapentin", ["gabapentin"]),
    ("Gabapentin (300 mg)", "gabapentin", ["gabapentin"]),
    ("sertraline hydrochloride 50mg", "sertraline", ["sertraline"]),
    ("efexor xl 75", "venlafaxine", ["venlafaxine"]),
    ("acetaminophen", "paracetamol", ["paracetamol"]),
    ("levothyroxine 100micrograms", "levothyroxine", ["levothyroxine"]),
    ("insulin glargine 100 units/ml", "insulin glargine", ["insulin glargine"]),
    ("St John’s wort", "st john's wort", ["st john's wort"]),
    ("St. Johns Wort", "st john's wort", ["st john's wort"]),
    ("3,4-diaminopyridine", "amifampridine", ["amifampridine"]),
    # combination products, by entry, brand, parts in either order and other separators
    ("co-codamol 30/500", "co-codamol", ["codeine", "paracetamol"]),
    ("Zapain", "co-codamol", ["codeine", "paracetamol"]),
    ("paracetamol/codeine", "co-codamol", ["codeine", "paracetamol"]),
    ("Codeine + Paracetamol", "co-codamol", ["codeine", "paracetamol"]),
    ("Targinact 10 mg/5 mg", "oxycodone/naloxone", ["oxycodone", "naloxone"]),
    ("duloxetine and pregabalin", "duloxetine/pregabalin", ["duloxetine", "pregabalin"]),
    # an entry for a form wins over the plain one
    ("terbinafine cream", "terbinafine cream", ["terbinafine cream"]),
    ("Voltaren gel", "diclofenac gel", ["diclofenac gel"]),
    ("capsaicin 8% patch", "capsaicin patch", ["capsaicin patch"]),
    ("lidocaine 5% medicated plaster", "lidocaine plaster", ["lidocaine plaster"]),
    # a salt with an entry of its own is not cut off
    ("potassium chloride", "potassium chloride", ["potassium chloride"]),
    ("lithium carbonate", "lithium", ["lithium"]),
    # the bracket settles an ambiguous brand
    ("Nizoral (ketoconazole)", "ketoconazole", ["ketoconazole"]),
]


@pytest.mark.parametrize(("text", "entry", "ingredients"), RECOGNISED)
def test_a_name_brand_or_combination_is_recognised_as_what_it_contains(
    text: str, entry: str, ingredients: list[str]
) -> None:
    found = normalise(text)
    assert (found.status, found.medicine) == (Recognition.RECOGNISED, entry)
    assert [part.name for part in found.ingredients] == ingredients


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("zelmotrine forte", ["zelmotrine forte"]),
        ("", [""]),
        ("300 mg", ["300 mg"]),
        ("tablets", ["tablets"]),
        ("the little white ones", ["the little white ones"]),
        ("pregabaline x-forte", ["pregabaline x-forte"]),
        ("../../etc/passwd", ["etc", "passwd"]),
    ],
)
def test_an_unknown_name_stays_not_checked_and_is_kept(text: str, unknown: list[str]) -> None:
    found = normalise(text)
    assert (found.status, found.medicine, found.ingredients) == (Recognition.NOT_CHECKED, "", ())
    assert set(unknown) <= set(found.unknown_parts) or found.unknown_parts == (text.strip(),)
    assert found.text == text


def test_a_combination_with_an_unknown_part_is_not_checked_but_its_known_part_is_named() -> None:
    found = normalise("amitriptyline + zelmotrine")
    assert found.status is Recognition.NOT_CHECKED
    assert [part.name for part in found.ingredients] == ["amitriptyline"]
    assert found.unknown_parts == ("zelmotrine",)


@pytest.mark.parametrize("brand", ["Voltarol", "benadryl", "Canesten", "Sudafed 60 mg", "ZANTAC"])
def test_an_ambiguous_brand_is_never_resolved_silently(brand: str) -> None:
    found = normalise(brand)
    assert found.status is Recognition.AMBIGUOUS
    assert len(found.candidates) >= 2
    assert found.reason
    assert found.ingredients == ()


def test_a_brand_that_contradicts_its_bracket_is_ambiguous() -> None:
    found = normalise("Lyrica (gabapentin)")
    assert (found.status, found.candidates) == (Recognition.AMBIGUOUS, ("pregabalin", "gabapentin"))


@pytest.mark.parametrize(
    ("text", "release"),
    [("tramadol SR 100 mg", "extended"), ("morphine MR", "extended"), ("oxycodone IR", "immediate"), ("tramadol", "")],
)
def test_the_release_is_read_from_the_text(text: str, release: str) -> None:
    assert normalise(text).release == release


def test_the_dictionary_holds_every_medicine_and_every_way_to_write_it_leads_back() -> None:
    known = dictionary()
    assert len(known.medicines) == 1548
    astray = [
        (way, known.normalise(way).medicine)
        for medicine in known.medicines.values()
        for way in (medicine.name, *medicine.synonyms, *medicine.brands)
        if known.normalise(way).medicine != medicine.name
    ]
    assert astray == []


def test_every_synonym_of_the_interaction_table_is_recognised() -> None:
    rows = yaml.safe_load((settings.BASE_DIR / "knowledge" / "interactions.yaml").read_text(encoding="utf-8"))["drugs"]
    ways = [way for row in rows for way in (row["name"], *row.get("synonyms", ()))]
    assert [way for way in ways if normalise(way).status is not Recognition.RECOGNISED] == []


def test_every_component_and_candidate_is_an_entry_and_every_entry_has_a_source() -> None:
    known = dictionary()
    for medicine in known.medicines.values():
        assert set(medicine.components) <= set(known.medicines), medicine.name
        assert medicine.sources, medicine.name
    assert sum("label-knowledge-unverified" in m.sources for m in known.medicines.values()) > 1500
    for unclear in known._ambiguous.values():
        assert set(unclear.candidates) <= set(known.medicines), unclear.brand


def test_a_combination_carries_the_classes_of_its_parts() -> None:
    found = normalise("co-codamol")
    assert "opioid" in found.classes
    assert found.classes >= set(dictionary().medicines["codeine"].classes)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("pregab", "pregabalin"),
        ("lyr", "Lyrica"),
        ("GABA", "gabapentin"),
        ("co-cod", "co-codamol"),
        ("duloxetine", "duloxetine"),
    ],
)
def test_the_typeahead_begins_with_the_name_meant(typed: str, first: str) -> None:
    assert suggestions(typed)[0].text == first


def test_the_typeahead_finds_words_inside_a_name_and_marks_ambiguous_brands() -> None:
    assert any(line.medicine == "co-codamol" for line in suggestions("paracetamol", limit=50))
    voltarol = [line for line in suggestions("voltarol") if line.text == "Voltarol"]
    assert voltarol[0].ambiguous
    assert suggestions("") == suggestions("   ") == []
    assert len(suggestions("a", limit=12)) == 12


@given(st.text(max_size=60))
def test_any_text_is_kept_and_never_claims_more_than_it_knows(text: str) -> None:
    found = normalise(text)
    assert found.text == text
    assert (found.status is Recognition.RECOGNISED) == bool(found.medicine)
    assert (found.status is Recognition.RECOGNISED) <= bool(found.ingredients)
    if found.status is not Recognition.RECOGNISED:
        assert found.unknown_parts


@given(
    st.sampled_from(sorted(dictionary().medicines)),
    st.sampled_from(["", " 10 mg", " 2.5mg tablets", " 1 g BD", " capsules"]),
)
def test_strength_form_and_frequency_do_not_hide_a_name(name: str, tail: str) -> None:
    assert normalise(name.upper() + tail).status is Recognition.RECOGNISED
    assert {part.name for part in normalise(name + tail).ingredients}


def test_matching_says_how() -> None:
    assert normalise("gabapentin").matched_by is MatchedBy.NAME
    assert normalise("acetaminophen").matched_by is MatchedBy.SYNONYM
    assert normalise("Neurontin").matched_by is MatchedBy.BRAND
    assert folded("Co-Codamol") == "co codamol"
