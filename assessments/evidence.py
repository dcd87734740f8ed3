"""What the assessment itself says about each criterion of the grading. Pure.

It stands beside the question and never answers it: the grade is computed from the clinician's four answers alone
(finnerup2016), and no screening score is evidence here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from assessments.definitions import AssessmentContent
from assessments.distribution import Distribution
from assessments.record import AreaRecord, AssessmentRecord

Kind = Literal[
    "cause_stated",
    "pattern_fits",
    "pattern_differs",
    "pattern_open",
    "signs_found",
    "signs_absent",
    "triggers",
    "test_abnormal",
    "test_normal",
    "test_pending",
]
Speaks = Literal["for", "against", "open"]
TRIGEMINAL = "trigeminal"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something in the assessment that speaks for or against a criterion. `refs` are ids of causes, signs or tests."""

    criterion: str
    kind: Kind
    speaks: Speaks
    refs: tuple[str, ...]
    area: UUID | None = None


def evidence_of(
    record: AssessmentRecord,
    pattern: Distribution,
    content: AssessmentContent,
    patterns: Mapping[UUID, Distribution] = MappingProxyType({}),
) -> tuple[Evidence, ...]:
    """Everything that the answers say about the four criteria, in the order of the criteria.

    `pattern` is that of all marks together, `patterns` are those of the pain areas by id.
    """
    triggers: frozenset[str] = (
        content.phenotype.trigeminal_triggers if is_trigeminal(record, pattern, content) else frozenset()
    )
    return (
        *_causes(record),
        *_patterns(record, pattern, patterns, content),
        *_signs(record.areas, triggers),
        *_tests(record, content),
    )


def is_trigeminal(record: AssessmentRecord, pattern: Distribution, content: AssessmentContent) -> bool:
    """Whether the grading speaks in the words of trigeminal neuralgia (cruccu2016): a stated trigeminal cause, or,
    without any stated cause, trigeminal skin alone."""
    stated = _stated(record)
    if stated:
        return any(content.conditions[cause].distribution_class == TRIGEMINAL for cause in stated)
    return pattern.class_id == TRIGEMINAL


def _stated(record: AssessmentRecord) -> tuple[str, ...]:
    return tuple(cause for cause, answer in record.conditions.items() if answer == "yes")


def _causes(record: AssessmentRecord) -> Iterator[Evidence]:
    if stated := _stated(record):
        yield Evidence("c1_history", "cause_stated", "for", stated)


def _patterns(
    record: AssessmentRecord,
    whole: Distribution,
    patterns: Mapping[UUID, Distribution],
    content: AssessmentContent,
) -> Iterator[Evidence]:
    """The pattern of all marks, where it says something; otherwise of each area, which may have a cause of its own."""
    together = _pattern(record, whole, content)
    if together is None:
        return
    says_something = together.speaks == "for" or (together.speaks == "open" and together.refs)
    apart = [_pattern(record, pattern, content, area) for area, pattern in patterns.items()]
    if says_something or len(apart) < 2:
        yield together
    else:
        yield from (one for one in apart if one is not None)


def _pattern(
    record: AssessmentRecord, pattern: Distribution, content: AssessmentContent, area: UUID | None = None
) -> Evidence | None:
    """The pattern of marked skin against the one that each stated cause is known for; None where nothing is marked."""
    if pattern.class_id == "none":
        return None
    expected = set(content.body_map.conditions_by_class.get(pattern.class_id, ()))
    stated = _stated(record)
    fitting = tuple(
        cause
        for cause in stated
        if cause in expected or content.conditions[cause].distribution_class == pattern.class_id
    )
    if fitting:
        return Evidence("c2_distribution", "pattern_fits", "for", fitting, area)
    if stated:
        return Evidence("c2_distribution", "pattern_differs", "against", stated, area)
    causes = tuple(sorted(expected & content.conditions.keys()))
    return Evidence("c2_distribution", "pattern_open", "open", causes, area)


def _signs(areas: Iterable[AreaRecord], triggers: frozenset[str]) -> Iterator[Evidence]:
    """Signs of each area; `triggers` are what counts as one beside them, in trigeminal neuralgia."""
    for area in areas:
        answers = {**area.evoked, **area.negative}
        found = tuple(sign for sign, answer in answers.items() if answer == "yes")
        if found:
            yield Evidence("c3_signs", "signs_found", "for", found, area.id)
        elif answers:
            yield Evidence("c3_signs", "signs_absent", "against", tuple(answers), area.id)
        if set_off := tuple(sorted(triggers & set(area.aggravating))):
            yield Evidence("c3_signs", "triggers", "for", set_off, area.id)


def _tests(record: AssessmentRecord, content: AssessmentContent) -> Iterator[Evidence]:
    """Abnormal tests speak for the criterion they answer; a normal test never lowers the grade by itself."""
    kinds: dict[str, tuple[Kind, Speaks]] = {
        "abnormal": ("test_abnormal", "for"),
        "normal": ("test_normal", "open"),
        "pending": ("test_pending", "open"),
        "inconclusive": ("test_pending", "open"),
    }
    for test in record.tests:
        if criterion := content.tests[test.id].answers:
            kind, speaks = kinds[test.result]
            yield Evidence(criterion, kind, speaks, (test.id,))
