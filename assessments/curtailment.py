"""What a questionnaire can still come to while answers are missing, and when the rest cannot change it. Pure.

Deterministic curtailment: the result is settled when every way of answering the rest gives the same band or verdict.
That is exact, not an estimate; nothing is assumed about an answer that was not given, and no total is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assessments.definitions import Answer, Band, Instrument, Item, Number
from assessments.scoring import NO, YES, Score, score


@dataclass(frozen=True, slots=True)
class Outlook:
    """The lowest and the highest score that are still possible.

    Of a checklist of criteria both are the same score: its verdict, which stays None while it is open.
    """

    lowest: Score
    highest: Score

    @property
    def is_settled(self) -> bool:
        """Whether every way of answering the rest comes to the same band or verdict."""
        if self.lowest.met is not None:
            return self.lowest.met == self.highest.met
        # A band that nobody can name, because it hangs on a sex that is not known, is not the same band.
        return self.lowest.band is not None and self.lowest.band == self.highest.band


@dataclass(frozen=True, slots=True)
class Settled:
    """A result that the missing answers cannot change: from `at_least` to `at_most`, with its band or verdict.

    A bound is None where the scale's own end says it; both are None for a verdict. `most` is the scale's highest total.
    """

    at_least: Number | None
    at_most: Number | None
    most: Number | None
    band: Band | None
    met: bool | None


def outlook(instrument: Instrument, answers: Sequence[Answer], sex: str | None = None) -> Outlook | None:
    """What is still possible, by the instrument's own scoring; None for one whose answers come to no single result.

    Raises scoring.AnswersInvalid as scoring does.
    """
    if instrument.kind == "criteria":
        found = _scored(instrument, answers, sex)
        return Outlook(found, found)
    if instrument.kind not in ("sum", "mean", "single", "keyed_count"):
        return None
    ends = [
        [end if answer is None else answer for answer, end in zip(answers, ends_of_scale, strict=True)]
        for ends_of_scale in zip(*(_ends(instrument, item) for item in instrument.items), strict=True)
    ]
    lowest, highest = (_scored(instrument, filled, sex) for filled in ends)
    return Outlook(lowest, highest)


def settled(instrument: Instrument, answers: Sequence[Answer] | None) -> Settled | None:
    """The result that holds whatever the missing answers are; None while they can change it, or when none is missing.

    None as well for an instrument that is always asked whole (`stop_early` in instruments.yaml).
    """
    if not instrument.may_stop_early or answers is None or None not in answers:
        return None
    found = outlook(instrument, answers)
    if found is None or not found.is_settled:
        return None
    if found.lowest.met is not None:
        return Settled(None, None, None, None, found.lowest.met)
    ends = outlook(instrument, [None] * len(instrument.items))
    assert ends is not None
    result = Settled(found.lowest.total, found.highest.total, ends.highest.total, found.lowest.band, None)
    if result.band == ends.highest.band:
        return replace(result, at_most=None)
    return replace(result, at_least=None) if result.band == ends.lowest.band else result


def _ends(instrument: Instrument, item: Item) -> tuple[Answer, Answer]:
    """The answers that make the total as low and as high as one item can."""
    if instrument.kind == "keyed_count":
        return (YES, NO) if item.point_if == NO else (NO, YES)
    rule = instrument.answer
    assert rule is not None and rule.minimum is not None and rule.maximum is not None  # The loader asks for it.
    return rule.minimum, rule.maximum


def _scored(instrument: Instrument, answers: Sequence[Answer], sex: str | None) -> Score:
    return score(instrument.id, {instrument.id: instrument}, answers=answers, sex=sex)
