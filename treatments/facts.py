"""From a case to facts: the one door through which a patient's record reaches the rules. Pure.

Every fact has one definition, here or in the modules it calls, and the numbers behind it stand in `knowledge/`. What
was not said, is too old or cannot be computed is left out of the values: it is unknown, never false and never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from assessments.record import PainRecord
from patients.record import PatientRecord
from rules.evaluate import evaluate
from rules.expr import Expr
from rules.facts import FactSet, Value, freeze
from rules.truth import Truth
from treatments.case import Case
from treatments.collector import Collector
from treatments.concepts import Stated, decide
from treatments.derived import child_pugh_class
from treatments.fact_content import Evidence, FactContent, shipped_fact_content
from treatments.instrument_facts import InstrumentFacts
from treatments.measured_facts import MeasuredFacts
from treatments.medicine_facts import allergy_inputs, known_allergy, opioid_load, recent_classes, recognised
from treatments.pain_facts import PainFacts
from treatments.patient_facts import (
    Derived,
    Json,
    KnownAllergy,
    Medicine,
    Origin,
    PatientFacts,
    Provenance,
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
    dated = {name: _on_its_day(found, recorded.days) for name, found in facts.provenance.items()}
    stale = {item.fact: item for item in recorded.stale if item.fact is not None and item.fact not in facts.values}
    provenance = {name: Provenance(Origin.STATED, item.path, item.date, stale=True) for name, item in stale.items()}
    return replace(
        facts,
        stale=(*recorded.stale, *facts.stale),
        provenance=MappingProxyType({**dated, **provenance}),
        rows=MappingProxyType(dict(recorded.rows)),
    )


def _on_its_day(found: Provenance, days: Mapping[str, date]) -> Provenance:
    """Where a fact comes from, with the day of that part of the record: of the longest path that it begins with."""
    path = found.path if found.date is None else ""
    while path and path not in days:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return replace(found, date=days[path]) if path else found


class _Builder(Collector):
    """Works out the facts of one case, in the order in which one needs another."""

    def facts(self) -> PatientFacts:
        """All facts."""
        self._patient()
        MeasuredFacts(self).collect()
        InstrumentFacts(self).collect()
        PainFacts(self).collect()
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

    # --- the patient --------------------------------------------------------------------------------------------------

    def _patient(self) -> None:
        patient = self.case.patient
        self.keep("age_years", patient.age_years, "patient.age_years")
        if patient.sex != "unknown":
            self.keep("sex", patient.sex, "patient.sex")
        status = patient.pregnancy
        if status not in (None, "unknown"):
            self.keep("pregnancy_status", status, "patient.pregnancy")
        elif patient.sex == "male":
            self.keep("pregnancy_status", "not_applicable", "patient.sex", Origin.COMPUTED)

    # --- medicines and allergies --------------------------------------------------------------------------------------

    def _medicines(self) -> tuple[Medicine, ...]:
        self.keep("medications_reviewed", bool(self.case.medications and self.case.medications.reviewed), "medications")
        given = self.case.medications
        if given is None:
            return ()
        path, as_of, reviewed = "medications.items", self.case.as_of, given.reviewed
        medicines = tuple(
            recognised(item, f"{path}[{index}]", as_of, self.content) for index, item in enumerate(given.items)
        )
        for name, value in medication_values(medicines, reviewed, self.content.burdens).items():
            self.keep(name, value, path, Origin.COMPUTED)
            if isinstance(value, int):
                detail = None if reviewed else "at least: the list was not reviewed"
                self.derived[name] = Derived(value, self.unit(name), "count of current medicines", {}, detail=detail)
        self.keep("unrecognised_medicines", sum(not item.recognised for item in medicines), path, Origin.COMPUTED)
        reach = self.content.reviews["medication_list_covers_days"] if reviewed else None
        for row in self.content.inputs:
            if row["from"] == "recent_classes":
                self.inputs[row["name"]] = recent_classes(medicines, as_of, row["within_days"], reach)
            elif row["from"] == "medicine_purposes":
                purposes = frozenset(item.purpose for item in medicines if item.current and item.purpose)
                self.inputs[row["name"]] = FactSet(purposes)
        self._opioids(medicines, reviewed)
        return medicines

    def _opioids(self, medicines: Sequence[Medicine], reviewed: bool) -> None:
        load = opioid_load(medicines, reviewed, self.content.mme)
        self.keep("mme_per_day", load.total, "medications.items", Origin.COMPUTED)
        detail: dict[str, Json] = {"not_counted": list(load.not_counted)} if load.not_counted else {}
        detail |= {"unknown_because": load.why} if load.why else {}
        detail |= {"at_least": True} if load.total is not None and load.at_least else {}
        self.derived["mme_per_day"] = Derived(
            load.total, self.unit("mme_per_day"), "CDC 2022 factors", load.counted, detail=detail or None
        )

    def _allergies(self) -> tuple[KnownAllergy, ...] | None:
        given = self.case.health.allergies if self.case.health else None
        self.keep("allergy_list_given", given is not None, "health.allergies")
        if given is None:
            return None
        allergies = tuple(
            known_allergy(entry, f"health.allergies[{index}]", self.content) for index, entry in enumerate(given)
        )
        self.inputs.update(allergy_inputs(allergies, self.content))
        return allergies

    def _lists_and_setting(self) -> None:
        reviewed = bool(self.case.health and self.case.health.problem_list_reviewed)
        self.keep("problem_list_reviewed", reviewed, "health.problem_list_reviewed")
        self.keep("prescriber_setting", self.case.setting.prescriber or "non_specialist", "setting.prescriber")
        if self.case.preferences is not None:
            self.keep("preferences", FactSet(frozenset(self.case.preferences), complete=True), "preferences")

    # --- what was stated, and what follows ----------------------------------------------------------------------------

    def _stated_inputs(self) -> None:
        health = self.case.health
        present, absent = (health.present, health.absent) if health else ((), ())
        self.inputs["stated_present"] = FactSet(frozenset(present), complete=True)
        self.inputs["stated_absent"] = FactSet(frozenset(absent), complete=True)

    def _yes_no_facts(self) -> None:
        known = self.known
        for name, (present, absent) in self.content.yes_no_facts.items():
            if _holds(present, known):
                self.keep(name, True, "", Origin.COMPUTED)
            elif _holds(absent, known):
                self.keep(name, False, "", Origin.COMPUTED)

    def _red_flags(self) -> None:
        """Red flags as answered; one that nobody answered is present when the facts are its trigger."""
        health = self.case.health
        present = health.red_flags_present if health else ()
        absent = health.red_flags_absent if health else ()
        for name in present:
            self.keep(name, True, f"health.red_flags.present[{present.index(name)}]")
        for name in absent:
            self.keep(name, False, f"health.red_flags.absent[{absent.index(name)}]")
        known = self.known
        for name, trigger in self.content.red_flag_triggers.items():
            if name not in self.values and _holds(trigger, known):
                self.keep(name, True, "", Origin.COMPUTED)
        flags = self.content.assessment.red_flags
        urgencies = self.content.assessment.urgencies
        stopping = [name for name, flag in flags.items() if urgencies[flag.urgency].stops_drug_proposals]
        if any(self.values.get(name) is True for name in stopping):
            self.keep("red_flag_emergency", True, "health.red_flags", Origin.COMPUTED)
        elif all(self.values.get(name) is False for name in stopping):
            self.keep("red_flag_emergency", False, "health.red_flags", Origin.COMPUTED)

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
            self.keep("hypersensitivity_to_agent", False, "health.allergies", Origin.COMPUTED)

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
            self.keep("dialysis_type", "haemodialysis" if dialysis else "none", "", Origin.COMPUTED, None, ["dialysis"])
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
            self.keep("child_pugh_class", found, "", Origin.COMPUTED)
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
        self.keep(
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
        self.keep("therapy_phenotypes", FactSet(members, absent), "pain", Origin.COMPUTED)

    # --- past treatment -----------------------------------------------------------------------------------------------

    def _trials(self) -> tuple[Trial, ...]:
        if self.case.trials is None:
            return ()
        trials = tuple(judged(item, f"trials[{index}]", self.content) for index, item in enumerate(self.case.trials))
        for name, value in trial_values(trials).items():
            self.keep(name, value, "trials", Origin.COMPUTED)
        if "failed_classes" in self.values:
            counted: dict[str, Json] = {trial.agent: trial.outcome.value for trial in trials}
            failed = self.number("failed_classes")
            self.derived["failed_classes"] = Derived(failed, "{count}", "distinct classes that failed", counted)
        return trials


def _holds(condition: Expr | None, facts: Mapping[str, Value]) -> bool:
    return condition is not None and evaluate(condition, facts) is Truth.YES


def _places(path: str, names: Sequence[str]) -> dict[str, str]:
    return {name: f"{path}[{index}]" for index, name in enumerate(names)}
