"""The certainty grade of neuropathic pain (finnerup2016), and the one answer that would change it. Pure.

A screening score never sets the grade, and the body-map class does not either: each of the four criteria is a
clinician's answer. "Unlikely" and "undetermined" are our own labels for "criteria for possible not met".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rules.truth import Truth

GradeName = Literal["unlikely", "undetermined", "possible", "probable", "definite"]

CRITERIA = ("c1_history", "c2_distribution", "c3_signs", "c4_test")

# From the least to the most certain; "undetermined" lies under "unlikely", because nothing is decided yet.
ORDER: tuple[GradeName, ...] = ("undetermined", "unlikely", "possible", "probable", "definite")

# What the criteria may be answered with, in the words of the case format and of results. A normal or inconclusive test
# does not confirm a lesion, and it never lowers the grade by itself.
_TRUTH_OF: Mapping[str | None, Truth] = {
    None: Truth.UNKNOWN,
    "": Truth.UNKNOWN,
    "yes": Truth.YES,
    "no": Truth.NO,
    "unknown": Truth.UNKNOWN,
    "not_examined": Truth.UNKNOWN,
    "not_done": Truth.UNKNOWN,
    "pending": Truth.UNKNOWN,
    "inconclusive": Truth.UNKNOWN,
    "abnormal": Truth.YES,
    "normal": Truth.NO,
}


class CriterionInvalid(ValueError):
    """A criterion or its answer is not one of the grading."""


@dataclass(frozen=True, slots=True)
class Change:
    """One criterion, the answer it would need, and the grade that would follow."""

    criterion: str
    answer: Literal["yes", "no"]
    becomes: GradeName


@dataclass(frozen=True, slots=True)
class Certainty:
    """The grade, whether anything was answered at all, and what would move it.

    `raised_by` and `lowered_by` are the single answers to an open criterion that change the grade; when none is open,
    `raised_by` names the negative answer that stands in the way. `open` lists the unanswered criteria in order.
    """

    grade: GradeName
    recorded: bool
    raised_by: Change | None
    lowered_by: Change | None
    open: tuple[str, ...]


def truth_of(answer: str | None) -> Truth:
    """What one answer means. Raises CriterionInvalid for a word that is not an answer."""
    try:
        return _TRUTH_OF[answer]
    except KeyError:
        raise CriterionInvalid(f"{answer!r} is not an answer to a grading criterion") from None


def _grade(truth: Mapping[str, Truth]) -> GradeName:
    first = (truth["c1_history"], truth["c2_distribution"])
    if Truth.UNKNOWN in first:
        return "undetermined"
    if Truth.NO in first:
        return "unlikely"
    signs, test = truth["c3_signs"] is Truth.YES, truth["c4_test"] is Truth.YES
    if signs and test:
        return "definite"
    # A confirmed lesion without demonstrable signs is probable as well: footnote of the flow chart (finnerup2016).
    return "probable" if signs or test else "possible"


def grade(answers: Mapping[str, str | None]) -> Certainty:
    """Grade from the answers to c1_history, c2_distribution, c3_signs and c4_test; one left out is unknown.

    Raises CriterionInvalid for a criterion or an answer that does not exist.
    """
    if stray := sorted(set(answers) - set(CRITERIA)):
        raise CriterionInvalid(f"not a criterion of the grading: {', '.join(stray)}")
    truth = {criterion: truth_of(answers.get(criterion)) for criterion in CRITERIA}
    now = _grade(truth)
    unanswered = tuple(criterion for criterion in CRITERIA if truth[criterion] is Truth.UNKNOWN)
    refused = tuple(criterion for criterion in CRITERIA if truth[criterion] is Truth.NO)
    return Certainty(
        grade=now,
        recorded=any(answers.get(criterion) for criterion in CRITERIA),
        raised_by=_raise(truth, now, unanswered) or _raise(truth, now, refused),
        lowered_by=_lower(truth, now, unanswered),
        open=unanswered,
    )


def _rank(name: GradeName) -> int:
    return ORDER.index(name)


def _with(truth: Mapping[str, Truth], criterion: str, answer: Truth) -> GradeName:
    return _grade({**truth, criterion: answer})


def _raise(truth: Mapping[str, Truth], now: GradeName, criteria: tuple[str, ...]) -> Change | None:
    """The yes that raises the grade most; among equals the earlier criterion, so the bedside comes before the test."""
    changes = [Change(criterion, "yes", _with(truth, criterion, Truth.YES)) for criterion in criteria]
    better = [change for change in changes if _rank(change.becomes) > _rank(now)]
    return max(better, key=lambda change: _rank(change.becomes), default=None)


def _lower(truth: Mapping[str, Truth], now: GradeName, criteria: tuple[str, ...]) -> Change | None:
    """The no that closes the question against neuropathic pain, while it is open."""
    changes = [Change(criterion, "no", _with(truth, criterion, Truth.NO)) for criterion in criteria]
    return next((change for change in changes if change.becomes != now), None)
