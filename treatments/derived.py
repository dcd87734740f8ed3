"""The formulas: creatinine clearance, estimated GFR, body mass index, corrected QT, Child-Pugh class. Pure.

Their numbers stand in `knowledge/vocabulary.yaml` (formulas) with sources; results are rounded to six decimals, which
is far finer than any measurement and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")

FEMALE, MALE = "female", "male"
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class CockcroftGault:
    """((age_from - age) x weight) / (divisor x creatinine), x female_factor for women (label_gralise_us)."""

    age_from: float
    divisor: float
    female_factor: float
    umol_l_per_mg_dl: float

    def clearance(self, age_years: int, weight_kg: float, creatinine_umol_l: float, sex: str) -> float:
        """Creatinine clearance in mL/min. Sex "other" gives the lower of the results for women and men."""
        creatinine_mg_dl = creatinine_umol_l / self.umol_l_per_mg_dl
        plain = (self.age_from - age_years) * weight_kg / (self.divisor * creatinine_mg_dl)
        return lowest(plain * factor for factor in by_sex(sex, {FEMALE: self.female_factor, MALE: 1.0}))


@dataclass(frozen=True, slots=True)
class CkdEpi2021:
    """scale x min(Scr/kappa, 1)^alpha x max(Scr/kappa, 1)^exponent x base^age, x factor for women (inker2021)."""

    scale: float
    kappa: Mapping[str, float]
    alpha: Mapping[str, float]
    exponent_above: float
    age_base: float
    female_factor: float
    umol_l_per_mg_dl: float

    def egfr(self, age_years: int, creatinine_umol_l: float, sex: str) -> float:
        """Estimated GFR in mL/min/1.73m2. Sex "other" gives the lower of the results for women and men."""
        return lowest(self._for(one, age_years, creatinine_umol_l) for one in by_sex(sex, {FEMALE: FEMALE, MALE: MALE}))

    def _for(self, sex: str, age_years: int, creatinine_umol_l: float) -> float:
        ratio = creatinine_umol_l / self.umol_l_per_mg_dl / self.kappa[sex]
        muscle: float = min(ratio, 1.0) ** self.alpha[sex] * max(ratio, 1.0) ** self.exponent_above
        ageing: float = self.age_base**age_years
        return self.scale * muscle * ageing * (self.female_factor if sex == FEMALE else 1.0)


@dataclass(frozen=True, slots=True)
class Fridericia:
    """QT / RR^(1/root), RR in seconds."""

    seconds_per_minute: float
    root: float

    def qtc(self, qt_ms: float, pulse_per_minute: float) -> float:
        """Corrected QT in ms from an uncorrected QT and the pulse of the same recording."""
        rr_seconds = self.seconds_per_minute / pulse_per_minute
        root_of_rr: float = rr_seconds ** (1 / self.root)
        return round(qt_ms / root_of_rr, DECIMALS)


def by_sex(sex: str, values: Mapping[str, _T]) -> tuple[_T, ...]:
    """The value for women or men, or both for any other sex."""
    return (values[sex],) if sex in values else tuple(values.values())


def lowest(results: Iterable[float]) -> float:
    """The lowest result, rounded."""
    return round(min(results), DECIMALS)


def body_mass_index(weight_kg: float, height_cm: float) -> float:
    """Body mass index in kg/m2."""
    height_m = height_cm / 100
    return round(weight_kg / height_m**2, DECIMALS)


def child_pugh_class(score: float, classes: Iterable[tuple[str, float, float]]) -> str | None:
    """The class of a Child-Pugh score by the table (class, from, to); None when no row holds it."""
    return next((name for name, low, high in classes if low <= score <= high), None)
