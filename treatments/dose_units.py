"""Doses in one unit: what can be compared is converted, and nothing else. Pure; the masses are content."""

from __future__ import annotations

from collections.abc import Mapping


def in_unit(amount: float, unit: str | None, wanted: str, mass_in_mg: Mapping[str, float]) -> float | None:
    """An amount in another unit of mass; None when one of the two is no mass, or nobody said the unit."""
    if unit is None:
        return None
    if unit == wanted:
        return amount
    if unit not in mass_in_mg or wanted not in mass_in_mg:
        return None
    return amount * mass_in_mg[unit] / mass_in_mg[wanted]
