"""Facts from measurements: fresh values, kidney function, body mass index, corrected QT. Pure.

The newest value of a code counts, in its canonical unit, as long as its freshness lasts; an older one is shown as stale
and leaves its facts unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from patients.measurements import convert
from rules.evaluate import evaluate
from rules.truth import Truth
from treatments.case import Measurement
from treatments.collector import Collector
from treatments.derived import body_mass_index
from treatments.patient_facts import Derived, Json, Origin, Provenance, Stale


@dataclass(frozen=True, slots=True)
class _Measured:
    """The newest value of one measurement in its canonical unit; `limit_days` is how long it counts (None: always)."""

    code: str
    value: float
    unit: str
    date: date
    path: str
    age_days: int
    limit_days: int | None

    @property
    def fresh(self) -> bool:
        return self.limit_days is None or self.age_days <= self.limit_days


@dataclass(frozen=True, slots=True)
class _Result:
    """A computed or reported number before it is kept, with what went in."""

    value: float
    formula: str
    inputs: Mapping[str, Json]
    date: date
    path: str
    origin: Origin
    detail: str | None = None


_COMPUTED_FROM: Mapping[str, tuple[str, ...]] = {
    "creatinine": ("crcl_ml_min", "egfr"),
    "crcl": ("crcl_ml_min",),
    "egfr": ("egfr",),
    "weight": ("crcl_ml_min", "bmi"),
    "height": ("bmi",),
    "qt": ("qtc_ms",),
    "child_pugh_score": ("child_pugh_class",),
    "alcohol_units_week": ("heavy_alcohol_use",),
}


class MeasuredFacts:
    """Works out the facts that come from measurements."""

    def __init__(self, facts: Collector) -> None:
        self.facts = facts
        self.measured: dict[str, _Measured] = {}

    def collect(self) -> None:
        """Everything that measurements say."""
        self._measurements()
        self._kidney()
        self._weight()
        self._corrected_qt()
        for row in self.facts.content.inputs:
            if row["from"] == "measurement" and (found := self._fresh(row["code"])) is not None:
                self.facts.inputs[row["name"]] = found.value
                self.facts.dates[row["name"]] = found.date

    def _measurements(self) -> None:
        for code, (index, item) in self._newest(self.facts.case.measurements).items():
            self.measured[code] = self._measure(code, item, f"measurements[{index}]")
        self._shorten_freshness()
        for found in self.measured.values():
            if not found.fresh:
                self._note_stale(found)
        for name, code in self.facts.content.measured_facts.items():
            found_or_none = self._fresh(code)
            if found_or_none is not None:
                self.facts.keep(name, found_or_none.value, found_or_none.path, Origin.MEASURED, found_or_none.date)

    @staticmethod
    def _newest(items: Sequence[Measurement]) -> dict[str, tuple[int, Measurement]]:
        """The newest of each code; of two on one day the one that was written last."""
        newest: dict[str, tuple[int, Measurement]] = {}
        for index, item in enumerate(items):
            if item.code not in newest or item.date >= newest[item.code][1].date:
                newest[item.code] = (index, item)
        return newest

    def _measure(self, code: str, item: Measurement, path: str) -> _Measured:
        taken = convert(code, item.value, item.unit)
        kind = self.facts.content.measurements[code]
        age = (self.facts.case.as_of - item.date).days
        return _Measured(code, float(taken.canonical_value), kind.unit, item.date, path, age, kind.freshness_days)

    def _shorten_freshness(self) -> None:
        """Some values count for a shorter time in some patients (creatinine with weak kidneys or from age 75)."""
        for code, rows in self.facts.content.shorter_freshness.items():
            found = self.measured.get(code)
            if found is None or not found.fresh:
                continue
            provisional = dict(self.facts.values)
            if (clearance := self._clearance()) is not None:
                provisional["crcl_ml_min"] = clearance.value
            if (filtration := self._filtration()) is not None:
                provisional["egfr"] = filtration.value
            for when, days in rows:
                limit = self.measured[code].limit_days
                if evaluate(when, provisional) is Truth.YES and (limit is None or days < limit):
                    self.measured[code] = _Measured(
                        code, found.value, found.unit, found.date, found.path, found.age_days, days
                    )

    def _fresh(self, code: str) -> _Measured | None:
        found = self.measured.get(code)
        return found if found is not None and found.fresh else None

    def _note_stale(self, found: _Measured) -> None:
        """A value that is too old is shown, and the facts that would come from it say so."""
        assert found.limit_days is not None
        facts = [name for name, code in self.facts.content.measured_facts.items() if code == found.code]
        facts += _COMPUTED_FROM.get(found.code, ())
        fact = facts[0] if facts else None
        self.facts.stale.append(
            Stale(found.code, fact, found.value, found.unit, found.date, found.age_days, found.limit_days, found.path)
        )
        for name in facts:
            self.facts.provenance[name] = Provenance(Origin.MEASURED, found.path, found.date, stale=True)

    def _clearance(self) -> _Result | None:
        """A fresh measured clearance wins over the computed one."""
        if (reported := self._fresh("crcl")) is not None:
            return self._reported(reported)
        creatinine, weight, sex = self._fresh("creatinine"), self._fresh("weight"), self.facts.values.get("sex")
        if creatinine is None or weight is None or not isinstance(sex, str):
            return None
        age = self.facts.case.patient.age_years
        value = self.facts.content.formulas.cockcroft_gault.clearance(age, weight.value, creatinine.value, sex)
        inputs: dict[str, Json] = {
            "age_years": age,
            "sex": sex,
            "weight_kg": weight.value,
            "creatinine_umol_l": creatinine.value,
        }
        return self._computed(value, "Cockcroft-Gault", inputs, creatinine, weight, sex=sex)

    def _filtration(self) -> _Result | None:
        """CKD-EPI from creatinine; what the laboratory reported only where that cannot be computed."""
        creatinine, sex = self._fresh("creatinine"), self.facts.values.get("sex")
        if creatinine is None or not isinstance(sex, str):
            reported = self._fresh("egfr")
            return None if reported is None else self._reported(reported)
        age = self.facts.case.patient.age_years
        value = self.facts.content.formulas.ckd_epi_2021.egfr(age, creatinine.value, sex)
        inputs: dict[str, Json] = {"age_years": age, "sex": sex, "creatinine_umol_l": creatinine.value}
        return self._computed(value, "CKD-EPI 2021", inputs, creatinine, sex=sex)

    def _reported(self, found: _Measured) -> _Result:
        return _Result(found.value, "measured", {found.code: found.value}, found.date, found.path, Origin.MEASURED)

    def _computed(
        self, value: float, formula: str, inputs: Mapping[str, Json], *used: _Measured, sex: str | None = None
    ) -> _Result:
        detail = "lower of the results for women and men" if sex == "other" else None
        oldest = min(used, key=lambda item: item.date)
        return _Result(value, formula, inputs, oldest.date, used[0].path, Origin.COMPUTED, detail)

    def _keep(self, name: str, result: _Result | None, missing: Sequence[str]) -> None:
        if result is None:
            wanted: Json = [code for code in missing if self._fresh(code) is None]
            self.facts.derived[name] = Derived(
                None, self.facts.unit(name), "not computed", {}, detail={"missing": wanted}
            )
            return
        self.facts.keep(name, result.value, result.path, result.origin, result.date, tuple(result.inputs))
        if name in self.facts.values:
            self.facts.derived[name] = Derived(
                result.value,
                self.facts.unit(name),
                result.formula,
                result.inputs,
                detail=result.detail,
                date=result.date,
            )

    def _kidney(self) -> None:
        self._keep("crcl_ml_min", self._clearance(), ("creatinine", "weight"))
        self._keep("egfr", self._filtration(), ("creatinine",))
        if "crcl_ml_min" in self.facts.values:
            self.facts.keep("renal_metric", "crcl_ml_min", "", Origin.COMPUTED)
        elif "egfr" in self.facts.values:
            self.facts.keep("renal_metric", "egfr", "", Origin.COMPUTED)

    def _weight(self) -> None:
        weight, height = self._fresh("weight"), self._fresh("height")
        if weight is not None and height is not None:
            inputs: dict[str, Json] = {"weight_kg": weight.value, "height_cm": height.value}
            value = body_mass_index(weight.value, height.value)
            self._keep("bmi", self._computed(value, "weight / height squared", inputs, weight, height), ())

    def _corrected_qt(self) -> None:
        """QTc from an uncorrected QT and the pulse of the same day, unless a QTc of that day or later was measured."""
        qt, qtc = self._fresh("qt"), self._fresh("qtc")
        if qt is None or (qtc is not None and qtc.date >= qt.date):
            return
        pulses = [
            (index, item)
            for index, item in enumerate(self.facts.case.measurements)
            if item.code == "pulse" and item.date == qt.date
        ]
        if pulses:
            index, item = pulses[-1]
            pulse = self._measure("pulse", item, f"measurements[{index}]")
            inputs: dict[str, Json] = {"qt_ms": qt.value, "pulse_per_min": pulse.value}
            value = self.facts.content.formulas.fridericia.qtc(qt.value, pulse.value)
            self._keep("qtc_ms", self._computed(value, "Fridericia", inputs, qt, pulse), ())
