"""Two scores of one instrument beside each other: better, worse, or not more than chance or habit explains. Pure.

What counts as a change stands in `knowledge/instruments.yaml` with its source; without a threshold no direction is
claimed, because a difference within the measurement error is not one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from assessments.definitions import ChangeThreshold, Instrument, Number

Verdict = Literal["better", "worse", "no_clear_change", "same", "no_threshold"]
_SIGN = {"higher_worse": -1, "higher_better": 1}


@dataclass(frozen=True, slots=True)
class Change:
    """How a score stands to the one before. `threshold` is what decided; None when there is none for this way."""

    before: Number
    now: Number
    verdict: Verdict
    threshold: ChangeThreshold | None = None


def compare(instrument: Instrument, before: Number, now: Number) -> Change:
    """Judge the step from one total to the next by the instrument's own threshold.

    A screening score (higher is more neuropathic) has no better or worse: it is never judged.
    """
    if before == now:
        return Change(before, now, "same")
    sign = _SIGN.get(instrument.direction)
    if sign is None:
        return Change(before, now, "no_threshold")
    gain = sign * (Fraction(str(now)) - Fraction(str(before)))
    way: Literal["better", "worse"] = "better" if gain > 0 else "worse"
    threshold = next((t for t in instrument.change if t.way in (way, "either") and _holds(t, before)), None)
    if threshold is None:
        return Change(before, now, "no_threshold")
    return Change(before, now, way if _reached(threshold, before, abs(gain)) else "no_clear_change", threshold)


def _holds(threshold: ChangeThreshold, before: Number) -> bool:
    above = threshold.before_from is None or before >= threshold.before_from
    return above and (threshold.before_below is None or before < threshold.before_below)


def _reached(threshold: ChangeThreshold, before: Number, size: Fraction) -> bool:
    if threshold.points is not None:
        return size >= threshold.points
    assert threshold.percent is not None  # A threshold has points or percent; percent begins above 0 (before_from).
    return size * 100 >= threshold.percent * Fraction(str(before))
