"""The certainty grade: published cases, the one answer that would change it, and the order of grades."""

from __future__ import annotations

from itertools import product

import pytest

from assessments.certainty import CRITERIA, ORDER, CriterionInvalid, grade
from assessments.content import assessment_content

GRADING = assessment_content().grading
ALL = [
    dict(zip(CRITERIA, answers, strict=True))
    for answers in product(*(criterion.values for criterion in GRADING.criteria))
]


@pytest.mark.parametrize("case", GRADING.test_cases, ids=lambda case: case["grade"])
def test_published_case(case: dict[str, str]) -> None:
    answers = {criterion: case[criterion] for criterion in CRITERIA}
    assert grade(answers).grade == case["grade"]


def test_criteria_are_those_of_the_file() -> None:
    assert tuple(criterion.id for criterion in GRADING.criteria) == CRITERIA
    assert set(GRADING.grades) == set(ORDER)


NEXT = [
    ({}, "undetermined", None),
    ({"c1_history": "yes"}, "undetermined", ("c2_distribution", "possible")),
    (
        {"c1_history": "yes", "c2_distribution": "unknown", "c3_signs": "yes"},
        "undetermined",
        ("c2_distribution", "probable"),
    ),
    ({"c1_history": "yes", "c2_distribution": "yes"}, "possible", ("c3_signs", "probable")),
    ({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "no"}, "possible", ("c4_test", "probable")),
    (
        {"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "no", "c4_test": "no"},
        "possible",
        ("c3_signs", "probable"),
    ),
    ({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes"}, "probable", ("c4_test", "definite")),
    ({"c1_history": "yes", "c2_distribution": "yes", "c4_test": "yes"}, "probable", ("c3_signs", "definite")),
    ({"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes", "c4_test": "yes"}, "definite", None),
    ({"c1_history": "no", "c2_distribution": "yes", "c3_signs": "yes"}, "unlikely", ("c1_history", "probable")),
    ({"c1_history": "no", "c2_distribution": "no"}, "unlikely", None),
    ({"c1_history": "no", "c2_distribution": "unknown"}, "undetermined", ("c2_distribution", "unlikely")),
]


@pytest.mark.parametrize(("answers", "now", "raised"), NEXT)
def test_the_one_answer_that_would_raise_it(answers: dict[str, str], now: str, raised: tuple[str, str] | None) -> None:
    found = grade(answers)
    assert found.grade == now
    assert (found.raised_by and (found.raised_by.criterion, found.raised_by.becomes)) == raised


def test_an_open_first_question_is_what_could_lower_it() -> None:
    found = grade({"c1_history": "yes", "c3_signs": "yes"})
    assert found.lowered_by is not None
    assert (found.lowered_by.criterion, found.lowered_by.becomes) == ("c2_distribution", "unlikely")
    assert found.open == ("c2_distribution", "c4_test")


@pytest.mark.parametrize("answers", ALL, ids=lambda answers: "-".join(answers.values()))
def test_what_is_promised_happens(answers: dict[str, str]) -> None:
    found = grade(answers)
    if found.raised_by:
        assert grade({**answers, found.raised_by.criterion: found.raised_by.answer}).grade == found.raised_by.becomes
    if found.lowered_by:
        assert grade({**answers, found.lowered_by.criterion: found.lowered_by.answer}).grade == found.lowered_by.becomes


@pytest.mark.parametrize("answers", ALL, ids=lambda answers: "-".join(answers.values()))
def test_a_yes_never_lowers_the_grade(answers: dict[str, str]) -> None:
    for criterion in CRITERIA:
        assert ORDER.index(grade({**answers, criterion: "yes"}).grade) >= ORDER.index(grade(answers).grade)


def test_a_normal_test_never_lowers_the_grade() -> None:
    for answers in ALL:
        open_, normal = {**answers, "c4_test": "not_done"}, {**answers, "c4_test": "normal"}
        assert grade(open_).grade == grade(normal).grade


def test_nothing_recorded_is_said() -> None:
    assert grade({}).recorded is False
    assert grade({"c3_signs": "not_examined"}).recorded is True


@pytest.mark.parametrize("answers", [{"c5": "yes"}, {"c1_history": "perhaps"}])
def test_what_is_not_an_answer_is_refused(answers: dict[str, str]) -> None:
    with pytest.raises(CriterionInvalid):
        grade(answers)
