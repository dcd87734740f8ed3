"""Figures copied from a form that was filled in elsewhere, to the total or the verdict that they amount to. Pure.

A figure that was not given stays out; what hangs on it is then unknown, never a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from assessments.definitions import EnteredCriteria, Instrument, Number
from assessments.scoring import NO, YES, Score, goal_attainment

# Figures by the id of their field, as texts.
Figures = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Amount:
    """What the figures come to; both are None when they settle nothing."""

    total: Number | None = None
    met: bool | None = None


def amount_of(instrument: Instrument, figures: Figures) -> Amount:
    """The score that the figures give, or whether the criteria are met."""
    if instrument.entered_criteria is not None:
        return Amount(met=_met(instrument.entered_criteria, figures))
    if instrument.goal_limits is not None:
        return Amount(total=_attained(instrument, figures))
    total = _number(figures, instrument.total_field)
    return Amount(total=int(total) if total is not None and instrument.total_is_whole else total)


def raise_band(instrument: Instrument, found: Score, figures: Figures) -> Score:
    """The score with its band raised where an entered answer says that it is at least so bad."""
    floor = instrument.band_floor
    if floor is None or figures.get(floor.field) != floor.answer:
        return found
    # SAFETY: behaviour outweighs a low level, also when the level is missing (test_recent_behaviour_raises_the_band).
    least = next(band for band in instrument.bands if band.lowest == floor.lowest)
    if found.band is not None and found.band.lowest >= least.lowest:
        return found
    return replace(found, band=least)


def _number(figures: Figures, name: str) -> float | None:
    text = figures.get(name, "")
    return float(text) if text else None


def _met(criteria: EnteredCriteria, figures: Figures) -> bool | None:
    """Kleene: one part that fails settles a no, one that is missing leaves the rest open."""
    regions, first, second = (_number(figures, name) for name in ("regions", "wpi", "sss"))
    duration = {YES: True, NO: False}.get(figures.get("long_enough", ""))
    widespread = None if regions is None else regions >= criteria.regions_at_least
    ways = [
        _all(
            None if first is None else one.first_from <= first and (one.first_to is None or first <= one.first_to),
            None if second is None else second >= one.second_from,
        )
        for one in criteria.alternatives
    ]
    severe = True if True in ways else (None if None in ways else False)
    return _all(widespread, severe, duration)


def _all(*parts: bool | None) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _attained(instrument: Instrument, figures: Figures) -> Number | None:
    limits, constants = instrument.goal_limits, instrument.goal_constants
    assert limits is not None and constants is not None
    numbers = range(1, limits.at_most + 1)
    levels = [_number(figures, f"level-{n}") for n in numbers]
    # Importance times difficulty; a goal that was not weighted counts once (turnerstokes2009).
    weights = [(_number(figures, f"importance-{n}") or 1) * (_number(figures, f"difficulty-{n}") or 1) for n in numbers]
    return goal_attainment(weights, levels, constants)
