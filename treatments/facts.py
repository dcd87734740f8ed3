"""From a case to facts: the one door through which a patient's record reaches the rules. Pure.

Every fact has one definition, here or in the modules it calls, and the numbers behind it stand in `knowledge/`. What
was not said, is too old or cannot be computed is left out of the values: it is unknown, never false and never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from assessments.certainty import grade
from assessments.distribution import AreaExtent, Distribution, classify, localised
from assessments.record import PainRecord
from assessments.scoring import Score, item_answer, score
from patients.measurements import convert
from patients.record import PatientRecord
from rules.evaluate import evaluate
from rules.expr import Expr
from rules.facts import FactSet, Value, freeze
from rules.truth import Truth
from rules.vocabulary import FactType
from treatments.case import Case, InstrumentResult, Measurement, PainArea
from treatments.concepts import Stated, decide
from treatments.derived import body_mass_index, child_pugh_class
from treatments.fact_content import Evidence, FactContent, shipped_fact_content
from treatments.medicine_facts import allergy_inputs, known_allergy, opioid_load, recent_classes, recognised
from treatments.patient_facts import (
    Conflict,
    Derived,
    Json,
    KnownAllergy,
    Medicine,
    Origin,
    PatientFacts,
    Provenance,
    ScoreFact,
    Stale,
    Trial,
    medication_values,
)
from treatments.record_case import case_of_record
from treatments.trial_facts import judged, trial_values

__all__ = ["PatientFacts", "facts_from_case", "facts_from_record"]


def facts_from_case(case: Case, content: FactContent | None = None) -> PatientFacts:
    """The facts of a case, by the shipped content unless another is given.

    The case must be one that `treatments.case_reading.load_case` accepts; answers or units that do not fit raise
    ValueError.
    """
    return _Builder(case, content or shipped_fact_content()).facts()


def facts_from_record(patient: PatientRecord, pain: PainRecord, content: FactContent | None = None) -> PatientFacts:
    """The facts of a patient on record, on the day of the record: the same definitions as for a case."""
    known = content or shipped_fact_content()
    recorded = case_of_record(patient, pain, known)
    facts = _Builder(recorded.case, known).facts()
    stale = {item.fact: item for item in recorded.stale if item.fact is not None and item.fact not in facts.values}
    provenance = {name: Provenance(Origin.STATED, item.path, item.date, stale=True) for name, item in stale.items()}
    return replace(
        facts,
        stale=(*recorded.stale, *facts.stale),
        provenance=MappingProxyType({**facts.provenance, **provenance}),
        rows=MappingProxyType(dict(recorded.rows)),
    )


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


class _Builder:
    """Collects the facts of one case, each once, with where it comes from."""

    def __init__(self, case: Case, content: FactContent) -> None:
        self.case = case
        self.content = content
        self.values: dict[str, Value] = {}
        self.inputs: dict[str, Value] = {}
        self.derived: dict[str, Derived] = {}
        self.provenance: dict[str, Provenance] = {}
        self.conflicts: list[Conflict] = []
        self.stale: list[Stale] = []
        self.scores: dict[str, ScoreFact] = {}
        self.measured: dict[str, _Measured] = {}
        self.dates: dict[str, date] = {}

    def facts(self) -> PatientFacts:
        """Everything, in the order in which one fact needs another."""
        self._patient()
        self._measurements()
        self._kidney()
        self._heart_and_weight()
        self._instruments()
        self._pain()
        medicines = self._medicines()
        allergies = self._allergies()
        self._lists_and_setting()
        self._stated_inputs()
        self._yes_no_facts()
        self._red_flags()
        self._concepts()
        self._after_concepts()
        trials = self._trials()
        return PatientFacts(
            case=self.case.id,
            as_of=self.case.as_of,
            values=freeze(self.values),
            derived=MappingProxyType(self.derived),
            provenance=MappingProxyType(self.provenance),
            conflicts=tuple(self.conflicts),
            stale=tuple(self.stale),
            medicines=medicines,
            allergies=allergies,
            trials=trials,
            scores=MappingProxyType(self.scores),
            burdens=self.content.burdens,
            region=self.case.setting.region,
        )

    # --- keeping ------------------------------------------------------------------------------------------------------

    def _set(
        self,
        name: str,
        value: Value | None,
        path: str = "",
        origin: Origin = Origin.STATED,
        day: date | None = None,
        because: Iterable[str] = (),
    ) -> None:
        """Keep a fact; None leaves it unknown. A number outside the vocabulary's range is refused with a conflict."""
        if value is None:
            return
        fact = self.content.vocabulary[name]
        if fact.is_numeric and isinstance(value, int | float) and not fact.is_plausible(value):
            text = f"{fact.label}: {value:g} is outside the plausible range {fact.range_text()}; it counts as unknown."
            self.conflicts.append(Conflict(name, text, (path,) if path else ()))
            return
        self.values[name] = value
        self.provenance[name] = Provenance(origin, path, day, because=tuple(because))
        if day is not None:
            self.dates[name] = day

    def _truth(self, name: str, truth: Truth, path: str = "", origin: Origin = Origin.COMPUTED) -> None:
        if truth is not Truth.UNKNOWN:
            self._set(name, truth is Truth.YES, path, origin)

    def _number(self, name: str) -> float | None:
        value = self.values.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def _unit(self, name: str) -> str | None:
        return self.content.vocabulary[name].unit or None

    # --- the patient --------------------------------------------------------------------------------------------------

    def _patient(self) -> None:
        patient = self.case.patient
        self._set("age_years", patient.age_years, "patient.age_years")
        if patient.sex != "unknown":
            self._set("sex", patient.sex, "patient.sex")
        status = patient.pregnancy
        if status not in (None, "unknown"):
            self._set("pregnancy_status", status, "patient.pregnancy")
        elif patient.sex == "male":
            self._set("pregnancy_status", "not_applicable", "patient.sex", Origin.COMPUTED)

    # --- measurements -------------------------------------------------------------------------------------------------

    def _measurements(self) -> None:
        for code, (index, item) in self._newest(self.case.measurements).items():
            self.measured[code] = self._measure(code, item, f"measurements[{index}]")
        self._shorten_freshness()
        for found in self.measured.values():
            if not found.fresh:
                self._note_stale(found)
        for name, code in self.content.measured_facts.items():
            found_or_none = self._fresh(code)
            if found_or_none is not None:
                self._set(name, found_or_none.value, found_or_none.path, Origin.MEASURED, found_or_none.date)

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
        kind = self.content.measurements[code]
        age = (self.case.as_of - item.date).days
        return _Measured(code, float(taken.canonical_value), kind.unit, item.date, path, age, kind.freshness_days)

    def _shorten_freshness(self) -> None:
        """Some values count for a shorter time in some patients (creatinine with weak kidneys or from age 75)."""
        for code, rows in self.content.shorter_freshness.items():
            found = self.measured.get(code)
            if found is None or not found.fresh:
                continue
            provisional = dict(self.values)
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
        facts = [name for name, code in self.content.measured_facts.items() if code == found.code]
        facts += _COMPUTED_FROM.get(found.code, ())
        fact = facts[0] if facts else None
        self.stale.append(
            Stale(found.code, fact, found.value, found.unit, found.date, found.age_days, found.limit_days, found.path)
        )
        for name in facts:
            self.provenance[name] = Provenance(Origin.MEASURED, found.path, found.date, stale=True)

    # --- kidney, heart, weight ----------------------------------------------------------------------------------------

    @dataclass(frozen=True, slots=True)
    class _Result:
        value: float
        formula: str
        inputs: Mapping[str, Json]
        date: date
        path: str
        origin: Origin
        detail: str | None = None

    def _clearance(self) -> _Result | None:
        """A fresh measured clearance wins over the computed one."""
        if (reported := self._fresh("crcl")) is not None:
            return self._reported(reported)
        creatinine, weight, sex = self._fresh("creatinine"), self._fresh("weight"), self.values.get("sex")
        if creatinine is None or weight is None or not isinstance(sex, str):
            return None
        age = self.case.patient.age_years
        value = self.content.formulas.cockcroft_gault.clearance(age, weight.value, creatinine.value, sex)
        inputs: dict[str, Json] = {
            "age_years": age,
            "sex": sex,
            "weight_kg": weight.value,
            "creatinine_umol_l": creatinine.value,
        }
        return self._computed(value, "Cockcroft-Gault", inputs, creatinine, weight, sex=sex)

    def _filtration(self) -> _Result | None:
        """CKD-EPI from creatinine; what the laboratory reported only where that cannot be computed."""
        creatinine, sex = self._fresh("creatinine"), self.values.get("sex")
        if creatinine is None or not isinstance(sex, str):
            reported = self._fresh("egfr")
            return None if reported is None else self._reported(reported)
        age = self.case.patient.age_years
        value = self.content.formulas.ckd_epi_2021.egfr(age, creatinine.value, sex)
        inputs: dict[str, Json] = {"age_years": age, "sex": sex, "creatinine_umol_l": creatinine.value}
        return self._computed(value, "CKD-EPI 2021", inputs, creatinine, sex=sex)

    def _reported(self, found: _Measured) -> _Result:
        return self._Result(found.value, "measured", {found.code: found.value}, found.date, found.path, Origin.MEASURED)

    def _computed(
        self, value: float, formula: str, inputs: Mapping[str, Json], *used: _Measured, sex: str | None = None
    ) -> _Result:
        detail = "lower of the results for women and men" if sex == "other" else None
        oldest = min(used, key=lambda item: item.date)
        return self._Result(value, formula, inputs, oldest.date, used[0].path, Origin.COMPUTED, detail)

    def _keep(self, name: str, result: _Result | None, missing: Sequence[str]) -> None:
        if result is None:
            wanted: Json = [code for code in missing if self._fresh(code) is None]
            self.derived[name] = Derived(None, self._unit(name), "not computed", {}, detail={"missing": wanted})
            return
        self._set(name, result.value, result.path, result.origin, result.date, tuple(result.inputs))
        if name in self.values:
            self.derived[name] = Derived(
                result.value,
                self._unit(name),
                result.formula,
                result.inputs,
                detail=result.detail,
                date=result.date,
            )

    def _kidney(self) -> None:
        self._keep("crcl_ml_min", self._clearance(), ("creatinine", "weight"))
        self._keep("egfr", self._filtration(), ("creatinine",))
        if "crcl_ml_min" in self.values:
            self._set("renal_metric", "crcl_ml_min", "", Origin.COMPUTED)
        elif "egfr" in self.values:
            self._set("renal_metric", "egfr", "", Origin.COMPUTED)

    def _heart_and_weight(self) -> None:
        weight, height = self._fresh("weight"), self._fresh("height")
        if weight is not None and height is not None:
            inputs: dict[str, Json] = {"weight_kg": weight.value, "height_cm": height.value}
            value = body_mass_index(weight.value, height.value)
            self._keep("bmi", self._computed(value, "weight / height squared", inputs, weight, height), ())
        self._corrected_qt()

    def _corrected_qt(self) -> None:
        """QTc from an uncorrected QT and the pulse of the same day, unless a QTc of that day or later was measured."""
        qt, qtc = self._fresh("qt"), self._fresh("qtc")
        if qt is None or (qtc is not None and qtc.date >= qt.date):
            return
        pulses = [
            (index, item)
            for index, item in enumerate(self.case.measurements)
            if item.code == "pulse" and item.date == qt.date
        ]
        if pulses:
            index, item = pulses[-1]
            pulse = self._measure("pulse", item, f"measurements[{index}]")
            inputs: dict[str, Json] = {"qt_ms": qt.value, "pulse_per_min": pulse.value}
            value = self.content.formulas.fridericia.qtc(qt.value, pulse.value)
            self._keep("qtc_ms", self._computed(value, "Fridericia", inputs, qt, pulse), ())

    # --- instruments --------------------------------------------------------------------------------------------------

    def _instruments(self) -> None:
        newest: dict[str, tuple[int, InstrumentResult]] = {}
        for index, item in enumerate(self.case.instruments):
            if item.id not in newest or item.date >= newest[item.id][1].date:
                newest[item.id] = (index, item)
        for index, item in newest.values():
            self._instrument(item, f"instruments[{index}]")
        self._instrument_inputs(newest)

    def _instrument(self, item: InstrumentResult, path: str) -> None:
        definition = self.content.assessment.instruments[item.id]
        found = score(
            item.id,
            self.content.assessment.instruments,
            answers=item.answers,
            total=item.total,
            met=item.met,
            sex=self.case.patient.sex,
        )
        age, limit = (self.case.as_of - item.date).days, definition.freshness_days
        stale = limit is not None and age > limit
        band = found.band.label if found.band else None
        self.scores[item.id] = ScoreFact(
            found.total, found.met, band, found.scorable, found.missing, found.flags, item.date, stale, path
        )
        if item.id == "nrs":
            self._nrs_items(item, found, path, stale)
            return
        name, value = self._score_fact(item.id, found)
        if name not in self.content.vocabulary:
            return
        if stale and limit is not None:
            shown = "not scorable" if value is None else float(value)
            self.stale.append(Stale(item.id, name, shown, self._unit(name), item.date, age, limit, path))
            self.provenance[name] = Provenance(Origin.SCORED, path, item.date, stale=True)
            value, band = None, None
        else:
            self._set(name, value, path, Origin.SCORED, item.date)
        detail: dict[str, Json] = {} if found.scorable else {"not_scorable": found.reason}
        detail |= {"stale_days": age} if stale else {}
        detail |= {"flags": list(found.flags)} if found.flags else {}
        given: Mapping[str, Json] = {"answers": list(item.answers)} if item.answers is not None else {"entered": True}
        self.derived[name] = Derived(
            value, self._unit(name), f"score of {definition.name}", given, band, detail or None, item.date
        )
        if item.id == "phq9" and item.answers is not None and not stale:
            last = item_answer(definition, item.answers, definition.items[-1].id)
            if isinstance(last, int):
                self._set("phq9_item9", last, f"{path}.answers[{len(item.answers) - 1}]", Origin.SCORED, item.date)

    def _score_fact(self, instrument: str, found: Score) -> tuple[str, int | float | bool | None]:
        """The fact of an instrument and its value; a total of nothing from an incomplete form settles nothing."""
        if f"{instrument}_met" in self.content.vocabulary:
            return f"{instrument}_met", found.met
        name = f"{instrument}_total"
        if not found.scorable or found.total is None or (found.missing and not found.total):
            return name, None
        fact = self.content.vocabulary.get(name)
        return name, int(found.total) if fact is not None and fact.type is FactType.INT else found.total

    def _nrs_items(self, item: InstrumentResult, found: Score, path: str, stale: bool) -> None:
        """A numeric rating scale fills what `pain.nrs` leaves open; a bare total is the average."""
        answers = dict(found.subscores) or ({"nrs_average": item.total} if item.total is not None else {})
        if stale:
            limit = self.content.assessment.instruments["nrs"].freshness_days or 0
            age = (self.case.as_of - item.date).days
            shown = "; ".join(f"{name} {value:g}" for name, value in answers.items() if value is not None)
            self.stale.append(Stale("nrs", "nrs_average", shown, None, item.date, age, limit, path))
            return
        for name, value in answers.items():
            if value is not None:
                self._set(name, int(value), path, Origin.SCORED, item.date)

    def _instrument_inputs(self, newest: Mapping[str, tuple[int, InstrumentResult]]) -> None:
        for row in self.content.inputs:
            if row["from"] == "answer" and row["instrument"] in newest:
                _, item = newest[row["instrument"]]
                answer = item.answers[row["item"] - 1] if item.answers is not None else None
                if isinstance(answer, int) and not self.scores[item.id].stale:
                    self.inputs[row["name"]] = answer
                    self.dates[row["name"]] = item.date
            elif row["from"] == "later_instrument":
                later, earlier = newest.get(row["instrument"]), newest.get(row["after"])
                self.inputs[row["name"]] = bool(later and earlier and later[1].date >= earlier[1].date)
            elif row["from"] == "measurement" and (found := self._fresh(row["code"])) is not None:
                self.inputs[row["name"]] = found.value
                self.dates[row["name"]] = found.date

    # --- the pain -----------------------------------------------------------------------------------------------------

    def _pain(self) -> None:
        pain = self.case.pain
        if pain is None:
            return
        if pain.conditions is not None:
            self._set("conditions", FactSet(frozenset(pain.conditions), complete=True), "pain.conditions")
        self._set("duration_months", pain.duration_months, "pain.duration_months")
        for which, intensity in pain.nrs.items():
            self._set(f"nrs_{which}", intensity, f"pain.nrs.{which}")
        certainty = grade(pain.grading)
        self._set("certainty_grade", certainty.grade, "pain.grading", Origin.COMPUTED)
        self.derived["certainty_grade"] = Derived(
            certainty.grade,
            None,
            "NeuPSIG grading",
            dict(pain.grading),
            detail={"open": list(certainty.open)} if certainty.open else None,
        )
        if pain.areas is not None:
            self._areas(pain.areas)

    def _areas(self, areas: Sequence[PainArea]) -> None:
        if areas:
            for name, found, not_found in _signs(areas):
                self._set(name, FactSet(found, not_found), "pain.areas")
            self._pattern(areas)
        body_map = self.content.assessment.body_map
        extents = [AreaExtent(frozenset(area.regions), area.localised) for area in areas]
        narrow = localised(extents, body_map)
        self._truth("localised", narrow, "pain.areas", Origin.COMPUTED)
        if narrow is not Truth.UNKNOWN:
            stated: list[Json] = [area.localised for area in areas]
            self.derived["localised"] = Derived(
                narrow is Truth.YES, None, "stated, else one side, a focal pattern and few regions", {"stated": stated}
            )
        if all(area.regions for area in areas):
            regions = frozenset(region for area in areas for region in area.regions)
            self._set("regions", FactSet(regions, complete=True), "pain.areas")
            bases = frozenset(body_map.regions[region].base for region in regions)
            self.inputs["region_bases"] = FactSet(bases, complete=True)
            self._distribution(classify(regions, body_map), regions)

    def _pattern(self, areas: Sequence[PainArea]) -> None:
        """The time pattern of the worst area; unknown when areas differ and the worst cannot be told."""
        patterns = {area.pattern for area in areas}
        if len(patterns) == 1:
            self._set("temporal_pattern", areas[0].pattern, "pain.areas[0].pattern")
            return
        if any(area.intensity is None for area in areas):
            return
        strongest = max(area.intensity for area in areas if area.intensity is not None)
        worst = [index for index, area in enumerate(areas) if area.intensity == strongest]
        if len({areas[index].pattern for index in worst}) == 1:
            self._set("temporal_pattern", areas[worst[0]].pattern, f"pain.areas[{worst[0]}].pattern")

    def _distribution(self, found: Distribution, regions: frozenset[str]) -> None:
        self._set("distribution", found.class_id, "pain.areas", Origin.COMPUTED)
        self._set("body_map_flags", FactSet(frozenset(found.flags), complete=True), "pain.areas", Origin.COMPUTED)
        detail: dict[str, Json] = {
            "step": found.step,
            "subclass": found.subclass,
            "side": found.side,
            "best": found.best,
            "divisions": list(found.divisions),
            "level": found.level,
            "confidence": found.confidence,
            "candidates": [{"id": c.id, "kind": c.kind, "side": c.side, "score": c.score} for c in found.candidates],
            "flags": list(found.flags),
        }
        kept: dict[str, Json] = {key: value for key, value in detail.items() if value not in (None, [])}
        inputs: dict[str, Json] = {"regions": sorted(regions)}
        self.derived["distribution"] = Derived(found.class_id, None, "body map", inputs, detail=kept)

    # --- medicines and allergies --------------------------------------------------------------------------------------

    def _medicines(self) -> tuple[Medicine, ...]:
        self._set("medications_reviewed", bool(self.case.medications and self.case.medications.reviewed), "medications")
        given = self.case.medications
        if given is None:
            return ()
        path, as_of, reviewed = "medications.items", self.case.as_of, given.reviewed
        medicines = tuple(
            recognised(item, f"{path}[{index}]", as_of, self.content) for index, item in enumerate(given.items)
        )
        for name, value in medication_values(medicines, reviewed, self.content.burdens).items():
            self._set(name, value, path, Origin.COMPUTED)
            if isinstance(value, int):
                detail = None if reviewed else "at least: the list was not reviewed"
                self.derived[name] = Derived(value, self._unit(name), "count of current medicines", {}, detail=detail)
        self._set("unrecognised_medicines", sum(not item.recognised for item in medicines), path, Origin.COMPUTED)
        for row in self.content.inputs:
            if row["from"] == "recent_classes":
                self.inputs[row["name"]] = recent_classes(medicines, as_of, row["within_days"], reviewed)
            elif row["from"] == "medicine_purposes":
                purposes = frozenset(item.purpose for item in medicines if item.current and item.purpose)
                self.inputs[row["name"]] = FactSet(purposes)
        self._opioids(medicines, reviewed)
        return medicines

    def _opioids(self, medicines: Sequence[Medicine], reviewed: bool) -> None:
        load = opioid_load(medicines, reviewed, self.content.mme)
        self._set("mme_per_day", load.total, "medications.items", Origin.COMPUTED)
        detail: dict[str, Json] = {"not_counted": list(load.not_counted)} if load.not_counted else {}
        detail |= {"unknown_because": load.why} if load.why else {}
        detail |= {"at_least": True} if load.total is not None and load.at_least else {}
        self.derived["mme_per_day"] = Derived(
            load.total, self._unit("mme_per_day"), "CDC 2022 factors", load.counted, detail=detail or None
        )

    def _allergies(self) -> tuple[KnownAllergy, ...] | None:
        given = self.case.health.allergies if self.case.health else None
        self._set("allergy_list_given", given is not None, "health.allergies")
        if given is None:
            return None
        allergies = tuple(
            known_allergy(entry, f"health.allergies[{index}]", self.content) for index, entry in enumerate(given)
        )
        self.inputs.update(allergy_inputs(allergies, self.content))
        return allergies

    def _lists_and_setting(self) -> None:
        reviewed = bool(self.case.health and self.case.health.problem_list_reviewed)
        self._set("problem_list_reviewed", reviewed, "health.problem_list_reviewed")
        self._set("prescriber_setting", self.case.setting.prescriber or "non_specialist", "setting.prescriber")
        if self.case.preferences is not None:
            self._set("preferences", FactSet(frozenset(self.case.preferences), complete=True), "preferences")

    # --- what was stated, and what follows ----------------------------------------------------------------------------

    def _stated_inputs(self) -> None:
        health = self.case.health
        present, absent = (health.present, health.absent) if health else ((), ())
        self.inputs["stated_present"] = FactSet(frozenset(present), complete=True)
        self.inputs["stated_absent"] = FactSet(frozenset(absent), complete=True)

    @property
    def known(self) -> dict[str, Value]:
        """What conditions of the content may read: facts and inputs."""
        return {**self.values, **self.inputs}

    def _yes_no_facts(self) -> None:
        known = self.known
        for name, (present, absent) in self.content.yes_no_facts.items():
            if _holds(present, known):
                self._set(name, True, "", Origin.COMPUTED)
            elif _holds(absent, known):
                self._set(name, False, "", Origin.COMPUTED)

    def _red_flags(self) -> None:
        """Red flags as answered; one that nobody answered is present when the facts are its trigger."""
        health = self.case.health
        present = health.red_flags_present if health else ()
        absent = health.red_flags_absent if health else ()
        for name in present:
            self._set(name, True, f"health.red_flags.present[{present.index(name)}]")
        for name in absent:
            self._set(name, False, f"health.red_flags.absent[{absent.index(name)}]")
        known = self.known
        for name, trigger in self.content.red_flag_triggers.items():
            if name not in self.values and _holds(trigger, known):
                self._set(name, True, "", Origin.COMPUTED)
        flags = self.content.assessment.red_flags
        urgencies = self.content.assessment.urgencies
        stopping = [name for name, flag in flags.items() if urgencies[flag.urgency].stops_drug_proposals]
        if any(self.values.get(name) is True for name in stopping):
            self._set("red_flag_emergency", True, "health.red_flags", Origin.COMPUTED)
        elif all(self.values.get(name) is False for name in stopping):
            self._set("red_flag_emergency", False, "health.red_flags", Origin.COMPUTED)

    def _concepts(self) -> None:
        health = self.case.health
        stated = Stated(
            present=_places("health.present", health.present if health else ()),
            absent=_places("health.absent", health.absent if health else ()),
            unknown=_places("health.unknown", health.unknown if health else ()),
            problem_list_reviewed=bool(health and health.problem_list_reviewed),
        )
        decided = decide(self.content.concepts, stated, self.known, self._too_old)
        self.values.update(decided.values)
        self.provenance.update(decided.provenance)
        self.conflicts.extend(decided.conflicts)
        if "hypersensitivity_to_agent" not in self.values and health and health.allergies == ():
            self._set("hypersensitivity_to_agent", False, "health.allergies", Origin.COMPUTED)

    def _too_old(self, evidence: Evidence) -> bool:
        if evidence.within_days is None:
            return False
        as_of, limit = self.case.as_of, evidence.within_days
        return any((as_of - self.dates[name]).days > limit for name in evidence.reads if name in self.dates)

    def _after_concepts(self) -> None:
        self._liver()
        dialysis = self.values.get("dialysis")
        if isinstance(dialysis, bool):
            # The kind is not part of a case: the stricter row, haemodialysis, is used.
            self._set("dialysis_type", "haemodialysis" if dialysis else "none", "", Origin.COMPUTED, None, ["dialysis"])
        self._groups()
        self._phenotypes()

    def _liver(self) -> None:
        points = self.inputs.get("child_pugh_score")
        found: str | None = None
        if isinstance(points, int | float):
            found = child_pugh_class(points, self.content.formulas.child_pugh_classes)
        if self.values.get("severe_hepatic_impairment") is True:
            found = self.content.formulas.child_pugh_classes[-1][0]
        elif found is None and all(
            self.values.get(name) is False for name in ("chronic_liver_disease", "hepatic_impairment")
        ):
            found = "none"
        if found is not None:
            self._set("child_pugh_class", found, "", Origin.COMPUTED)
            inputs: dict[str, Json] = {"child_pugh_score": points} if isinstance(points, int | float) else {}
            day = self.dates.get("child_pugh_score")
            self.derived["child_pugh_class"] = Derived(found, None, "Child-Pugh score", inputs, date=day)

    def _groups(self) -> None:
        if "conditions" not in self.values:
            return
        known = self.known
        members: set[str] = set()
        absent: set[str] = set()
        for name, when in self.content.groups:
            known["condition_groups"] = FactSet(frozenset(members), frozenset(absent))
            truth = evaluate(when, known)
            if truth is Truth.YES:
                members.add(name)
            elif truth is Truth.NO:
                absent.add(name)
        whole = len(members) + len(absent) == len(self.content.groups)
        found = FactSet(frozenset(members)) if whole else FactSet(frozenset(members), frozenset(absent))
        self._set(
            "condition_groups",
            FactSet(found.members, found.absent, complete=whole),
            "pain.conditions",
            Origin.COMPUTED,
            None,
            ["conditions"],
        )

    def _phenotypes(self) -> None:
        truths = self.content.phenotype_batch(self.known)
        rows = list(zip(self.content.phenotypes, truths, strict=True))
        members = frozenset(name for name, truth in rows if truth is Truth.YES)
        absent = frozenset(name for name, truth in rows if truth is Truth.NO)
        self._set("therapy_phenotypes", FactSet(members, absent), "pain", Origin.COMPUTED)

    # --- past treatment -----------------------------------------------------------------------------------------------

    def _trials(self) -> tuple[Trial, ...]:
        if self.case.trials is None:
            return ()
        trials = tuple(judged(item, f"trials[{index}]", self.content) for index, item in enumerate(self.case.trials))
        for name, value in trial_values(trials).items():
            self._set(name, value, "trials", Origin.COMPUTED)
        if "failed_classes" in self.values:
            counted: dict[str, Json] = {trial.agent: trial.outcome.value for trial in trials}
            failed = self._number("failed_classes")
            self.derived["failed_classes"] = Derived(failed, "{count}", "distinct classes that failed", counted)
        return trials


def _holds(condition: Expr | None, facts: Mapping[str, Value]) -> bool:
    return condition is not None and evaluate(condition, facts) is Truth.YES


def _places(path: str, names: Sequence[str]) -> dict[str, str]:
    return {name: f"{path}[{index}]" for index, name in enumerate(names)}


def _signs(areas: Sequence[PainArea]) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Words and signs over all areas: found anywhere, or looked for everywhere and not found."""
    for name in ("descriptors", "evoked", "negative"):
        found = frozenset(word for area in areas for word in getattr(area, name))
        denied = [frozenset(getattr(area, f"not_{name}")) for area in areas]
        yield name, found, frozenset.intersection(*denied) - found
