"""Reading a case: the answer is a case, or a list of problems that say where, what, and what would be right."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.strict_yaml import load
from tests.treatments.cases import LIBRARY, case_of, data_of, measured, medicines
from treatments.case import Case
from treatments.case_reading import CaseInvalid, load_case, read_case
from treatments.case_schema import case_schema, near
from treatments.case_text import MAX_BYTES


def problems_of(text: str | bytes) -> list[tuple[str, str, str]]:
    found = load_case(text)
    assert isinstance(found, list), "the case was accepted"
    assert found
    return [(problem.path, problem.problem, problem.expected) for problem in found]


def problems_in(**parts: Any) -> list[tuple[str, str, str]]:
    return problems_of(json.dumps(data_of(**parts)))


# --- texts that are no case -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("  \n\n", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("~", "the file is empty"),
        ("- a\n- b\n", "a list where a case is expected"),
        ("just words", "text where a case is expected"),
        ("id: a\n---\nid: b\n", "there is more than one document"),
        (b"id: caf\xe9", "byte 8 is not UTF-8"),
        ("{" * 5000, "the nesting is too deep"),
        ("? " * 5000, "the nesting is too deep"),
        ("[" * 100_000, "the nesting is too deep"),
        ("x" * (MAX_BYTES + 1), f"the file has {MAX_BYTES + 1} bytes"),
        ('{"id": NaN}', "NaN is not a number of JSON"),
    ],
    ids=range(13),
)
def test_a_text_that_is_no_case_is_refused_in_words(text: str | bytes, problem: str) -> None:
    assert problems_of(text)[0][:2] == ("", problem)


def test_broken_yaml_is_told_its_line() -> None:
    ((path, problem, expected),) = problems_of("id: a\ntitle: [b\n")
    assert (path, expected) == ("", "YAML or JSON")
    assert problem.startswith("not YAML: line ")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    text = yaml.safe_dump(data_of()).replace("\n", "\r\n")
    assert isinstance(load_case(b"\xef\xbb\xbf" + text.encode()), Case)


def test_json_and_yaml_give_the_same_case() -> None:
    data = data_of(title="Überlauf 😀", pain={"conditions": ["dpn"], "nrs": {"average": 6}})
    assert load_case(json.dumps(data)) == load_case(yaml.safe_dump(data)) == load_case(json.dumps(data, indent=1))


def test_anchors_aliases_and_tags_are_not_read() -> None:
    text = "id: a\nas_of: 2026-03-02\npatient: &p {age_years: 50, sex: male}\ntitle: *p\nsource: !!python/tuple [a]\n"
    found = [(path, problem) for path, problem, _ in problems_of(text)]
    assert found == [
        ("patient", "an anchor (&p) is not read"),
        ("title", "an alias (*p) is not read"),
        ("title", "nothing where text is expected"),
        ("source", "a tag (tag:yaml.org,2002:python/tuple) is not read"),
    ]


def test_a_bomb_of_anchors_costs_nothing() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert len(problems_of("\n".join(lines))) > 40


def test_a_key_that_stands_twice_is_a_problem_in_json_as_well() -> None:
    text = '{"id": "a", "as_of": "2026-03-02", "patient": {"age_years": 50, "sex": "male", "sex": "female"}}'
    assert problems_of(text) == [("patient.sex", "the key occurs twice", "each key once")]


def test_thousands_of_problems_are_cut_and_counted() -> None:
    found = problems_in(preferences=[f"wish_{number}" for number in range(1000)])
    assert len(found) == 201
    assert found[-1][1] == "and 800 more problems"


def test_read_case_raises_with_every_problem() -> None:
    with pytest.raises(CaseInvalid) as error:
        read_case(json.dumps({"id": "a", "as_of": "2026-02-30", "patient": {"age_years": 50}}))
    assert [problem.path for problem in error.value.problems] == ["as_of", "patient.sex"]


# --- what each part may hold ------------------------------------------------------------------------------------------

NORWAY = "a truth value where text is expected (YAML reads a bare no as false)"
PREGNANCY = '"no", pregnant, trying, breastfeeding, unknown or not_applicable, in quotation marks'


def test_a_bare_no_is_explained() -> None:
    text = "id: a\nas_of: 2026-03-02\npatient: {age_years: 50, sex: female, pregnancy: no}\n"
    assert problems_of(text) == [("patient.pregnancy", NORWAY, PREGNANCY)]


def test_a_bare_yes_is_true_where_true_is_meant() -> None:
    found = load_case("id: a\nas_of: 2026-03-02\npatient: {age_years: 50, sex: male}\nmedications: {reviewed: yes}\n")
    assert isinstance(found, Case)
    assert found.medications is not None
    assert found.medications.reviewed is True


def test_dates_stay_text_until_they_are_checked() -> None:
    assert isinstance(load_case("id: a\nas_of: 2026-03-02\npatient: {age_years: 50, sex: male}\n"), Case)
    text = "id: a\nas_of: 20260302\npatient: {age_years: 50, sex: male}\n"
    assert problems_of(text) == [("as_of", "a number where a date is expected", "YYYY-MM-DD")]


REFUSED = load((Path(__file__).parent / "data" / "refused.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["path"])
def test_what_does_not_fit_is_named_with_its_place(row: dict[str, Any]) -> None:
    assert [(path, problem) for path, problem, _ in problems_in(**row["parts"])] == [(row["path"], row["problem"])]


def test_a_concept_that_only_women_have_does_not_go_with_a_man() -> None:
    found = problems_in(patient={"age_years": 40, "sex": "male"}, health={"present": ["breastfeeding"]})
    assert found[0][:2] == ("health.present[0]", "breastfeeding does not go with sex male")


@pytest.mark.parametrize(
    ("value", "unit", "hint"),
    [(1.9, "umol/L", "mg/dL"), (168, "mg/dL", "umol/L"), (0.168, "umol/L", "mmol/L")],
)
def test_a_value_of_another_magnitude_asks_for_its_unit(value: float, unit: str, hint: str) -> None:
    ((_path, _problem, expected),) = problems_in(measurements=[measured("creatinine", value, unit)])
    assert expected.endswith(f"; is the unit {hint}?")


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("duloxetin", ["duloxetine", "mexiletine", "relaxation"], ["duloxetine"]),
        ("toes_l", ["toes_plantar_l", "toes_plantar_r", "temple_l"], ["toes_plantar_l"]),
        ("neurontin", ["gabapentin", "gabapentin_er"], []),
    ],
)
def test_near_ids_are_proposed_and_far_ones_are_not(word: str, known: list[str], expected: list[str]) -> None:
    assert near(word, known) == expected


def test_an_older_name_is_told_its_new_one() -> None:
    found = problems_in(pain={"conditions": ["tn", "radiculopathy"]})
    assert [expected for *_, expected in found] == [
        "trigeminal_neuralgia (tn is its older name)",
        "radiculopathy_lumbosacral, radiculopathy_cervical or thoracic_radiculopathy (radiculopathy is its older name)",
    ]


def test_problems_stand_in_the_order_of_the_file() -> None:
    found = problems_in(
        preferences=["cheap"],
        patient={"age_years": 500, "sex": "x"},
        medications=medicines({"name": "morphine", "daily_dose": 3}),
        measurements=[measured("weight", 1, "kg", "2027-01-01")],
    )
    assert [path for path, *_ in found] == [
        "patient.age_years",
        "patient.sex",
        "preferences[0]",
        "medications.items[0].unit",
        "measurements[0].value",
        "measurements[0].date",
    ]


# --- every input ------------------------------------------------------------------------------------------------------


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_no_text_ends_in_a_traceback(text: str | bytes) -> None:
    found = load_case(text)
    assert isinstance(found, Case | list)


VALID = [load(path.read_text(encoding="utf-8")) for path in sorted((LIBRARY / "valid").glob("*.yaml"))]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=8),
    st.sampled_from(["yes", "no", "dpn", "mg", "2026-01-01", "2027-01-01", "gabapentin", "phq9", "weight"]),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
SEMANTIC = ("is after as_of", "is also in", "does not fit", "does not go with", "is before started")


def places(data: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [here, *(place for key, value in inner for place in places(value, (*here, key)))]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_the_schema_library_agrees_about_every_mutated_case(draw: st.DataObject) -> None:
    data = copy.deepcopy(draw.draw(st.sampled_from(VALID)))
    place = draw.draw(st.sampled_from(places(data)[1:]))
    parent = data
    for step in place[:-1]:
        parent = parent[step]
    action = draw.draw(st.sampled_from(["replace", "remove", "add"]))
    if action == "replace":
        parent[place[-1]] = draw.draw(VALUES)
    elif action == "remove":
        del parent[place[-1]]
    elif isinstance(parent, dict):
        parent[draw.draw(st.text(max_size=6))] = draw.draw(VALUES)
    else:
        parent.append(draw.draw(VALUES))
    found = load_case(json.dumps(data))
    by_library = jsonschema.Draft202012Validator(case_schema(), format_checker=jsonschema.FormatChecker())
    refused = not by_library.is_valid(data)
    ours = [] if isinstance(found, Case) else [problem.problem for problem in found]
    if refused:
        assert ours, "the schema refuses what we accept"
    elif ours:
        # What the schema cannot see: parts that are right each by itself, and scores that their own tables refuse.
        assert all(any(text in problem for text in SEMANTIC) or "instruments" in str(place) for problem in ours), ours


def test_parts_that_were_left_out_are_told_from_empty_ones() -> None:
    nothing = case_of()
    assert (nothing.pain, nothing.health, nothing.medications, nothing.trials, nothing.preferences) == (None,) * 5
    empty = case_of(health={"allergies": []}, trials=[], preferences=[], pain={"conditions": []})
    assert empty.health is not None
    assert empty.pain is not None
    assert (empty.health.allergies, empty.trials, empty.preferences, empty.pain.conditions) == ((), (), (), ())
