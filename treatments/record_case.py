"""The stored record of a patient as a case, so that every fact has one definition, whoever asks. Pure.

Statements that are too old to count are left out of the case and reported as stale; `rows` says which stored row each
part of the case comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from assessments.record import AreaRecord, AssessmentRecord, InstrumentRecord, PainRecord
from patients.record import MedicineEntry, PatientRecord, ProblemEntry
from treatments.case import (
    Allergy,
    Case,
    DiagnosticTest,
    Health,
    InstrumentResult,
    Measurement,
    Medications,
    MedicineItem,
    Pain,
    PainArea,
    PastTrial,
    Patient,
    Setting,
)
from treatments.fact_content import FactContent
from treatments.patient_facts import Stale

_STATUSES = ("present", "absent", "unknown")


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """A case made of the record: what was too old for it, and the stored row of each part by its path.

    `days` says by path when a part was stated or gone through last; what begins with a path has its day.
    """

    case: Case
    stale: tuple[Stale, ...]
    rows: Mapping[str, str]
    days: Mapping[str, date]


def case_of_record(patient: PatientRecord, pain: PainRecord, content: FactContent) -> RecordedCase:
    """The case of a patient on the day of the record."""
    return _Reader(patient, pain, content).read()


class _Reader:
    def __init__(self, patient: PatientRecord, pain: PainRecord, content: FactContent) -> None:
        self.patient = patient
        self.pain = pain
        self.content = content
        self.as_of = patient.as_of
        self.stale: list[Stale] = []
        self.rows: dict[str, str] = {}
        self.days: dict[str, date] = {}

    def read(self) -> RecordedCase:
        trials = self._trials()
        preferences = self.patient.preferences
        case = Case(
            id=f"patient-{self.patient.person.patient_id}",
            as_of=self.as_of,
            patient=Patient(self.patient.age_years, self.patient.person.sex, self._pregnancy()),
            pain=self._pain(),
            health=self._health(),
            medications=self._medications(),
            measurements=self._measurements(),
            instruments=tuple(_instrument(item) for item in self.pain.instruments if item.has_result),
            trials=trials or None,
            preferences=preferences or None,
            setting=Setting(self.patient.prescriber_setting, self.patient.region),
        )
        return RecordedCase(case, tuple(self.stale), self.rows, self.days)

    def _on(self, path: str, *days: date | None) -> None:
        """The newest of these days is the day of a part."""
        if known := [day for day in days if day is not None]:
            self.days[path] = max(known)

    def _age(self, day: date) -> int:
        return (self.as_of - day).days

    def _too_old(self, code: str, value: str, day: date, limit: int | None, path: str, fact: str | None = None) -> bool:
        """Whether a statement no longer counts; it is then reported as stale."""
        if limit is None or self._age(day) <= limit:
            return False
        self.stale.append(Stale(code, fact or code, value, None, day, self._age(day), limit, path))
        return True

    # --- the person and the lists -------------------------------------------------------------------------------------

    def _pregnancy(self) -> str | None:
        person = self.patient.person
        status, day = person.pregnancy or None, person.pregnancy_as_of
        if status is None or status in ("unknown", "not_applicable"):
            return status
        limit = self.content.concepts.by_id["pregnancy"].freshness_days
        if day is None:
            return None
        self._on("patient.pregnancy", day)
        stale = self._too_old("pregnancy_status", status, day, limit, "patient.pregnancy")
        return None if stale else status

    def _reviewed(self, day: date | None, limit: int) -> bool:
        return day is not None and self._age(day) <= limit

    def _health(self) -> Health:
        stated: dict[str, list[str]] = {status: [] for status in _STATUSES}
        for entry in self.patient.problems:
            if entry.kind == "concept":
                status = self._status(entry)
                path = f"health.{status}[{len(stated[status])}]"
                self.rows[path] = str(entry.provenance.row_id)
                self._on(path, self._confirmed_on(entry))
                stated[status].append(entry.code)
        flags = self._red_flags()
        allergies = self.patient.allergies
        for index, allergy in enumerate(allergies or ()):
            self.rows[f"health.allergies[{index}]"] = str(allergy.provenance.row_id)
        self._on("health.allergies", *(allergy.stated_on for allergy in allergies or ()))
        reviewed_on = self.patient.problem_list_reviewed_on
        self._on("health.problem_list_reviewed", reviewed_on)
        return Health(
            problem_list_reviewed=self._reviewed(reviewed_on, self.content.reviews["problem_list_days"]),
            present=tuple(stated["present"]),
            absent=tuple(stated["absent"]),
            unknown=tuple(stated["unknown"]),
            red_flags_present=tuple(name for name, answer in flags.items() if answer == "yes"),
            red_flags_absent=tuple(name for name, answer in flags.items() if answer == "no"),
            allergies=None
            if allergies is None
            else tuple(Allergy(entry.text, entry.reaction or None) for entry in allergies),
        )

    def _status(self, entry: ProblemEntry) -> str:
        """What a statement says today: a state that was stated too long ago is unknown until somebody asks again.

        A reviewed problem list states its entries anew.
        """
        concept = self.content.concepts.by_id.get(entry.code)
        if concept is None or entry.status == "unknown":
            return entry.status
        day = self._confirmed_on(entry)
        stale = self._too_old(entry.code, entry.status, day, concept.freshness_days, "health")
        return "unknown" if stale else entry.status

    def _confirmed_on(self, entry: ProblemEntry) -> date:
        """When it was stated, or when the list that states it anew was gone through."""
        concept, reviewed = self.content.concepts.by_id.get(entry.code), self.patient.problem_list_reviewed_on
        renewed = concept is not None and concept.closed_by_problem_list
        return max(entry.stated_on, reviewed) if renewed and reviewed is not None else entry.stated_on

    def _red_flags(self) -> dict[str, str]:
        """Answers of the newest signed assessment: a dismissed flag is absent, an old "no" is unknown."""
        assessment = self.pain.assessment
        if assessment is None:
            return {}
        found: dict[str, str] = {}
        self._on("health.red_flags", assessment.assessed_on)
        limit = self.content.reviews["red_flag_days"]
        for flag in assessment.red_flags.values():
            if flag.answer == "yes" and flag.handling != "dismissed":
                found[flag.id] = "yes"
            elif flag.answer in ("yes", "no") and not self._too_old(
                flag.id, "absent", assessment.assessed_on, limit, "health.red_flags"
            ):
                found[flag.id] = "no"
        return found

    def _medications(self) -> Medications | None:
        reviewed = self._reviewed(self.patient.medicines_reviewed_on, self.content.reviews["medication_list_days"])
        if not reviewed and not self.patient.medicines:
            return None
        self._on("medications", self.patient.medicines_reviewed_on)
        for index, entry in enumerate(self.patient.medicines):
            self.rows[f"medications.items[{index}]"] = str(entry.provenance.row_id)
        return Medications(reviewed, tuple(self._medicine(entry) for entry in self.patient.medicines))

    def _medicine(self, entry: MedicineEntry) -> MedicineItem:
        return MedicineItem(
            name=entry.text,
            daily_dose=None if entry.daily_dose is None else float(entry.daily_dose),
            unit=entry.unit or None,
            route=entry.route or None,
            as_needed=entry.as_needed,
            started=entry.started_on,
            stopped=None if entry.is_current(self.as_of) else entry.stopped_on,
            release=entry.release or None,
            purpose=entry.purpose or None,
        )

    def _measurements(self) -> tuple[Measurement, ...]:
        for index, entry in enumerate(self.patient.measurements):
            self.rows[f"measurements[{index}]"] = str(entry.provenance.row_id)
        return tuple(
            Measurement(entry.code, float(entry.value), entry.unit, entry.measured_on)
            for entry in self.patient.measurements
        )

    def _trials(self) -> tuple[PastTrial, ...]:
        """Trials of agents; therapies and treatments in free words are not judged by the table of trials."""
        found: list[PastTrial] = []
        for entry in self.patient.trials:
            if entry.treatment not in self.content.trials:
                continue
            self.rows[f"trials[{len(found)}]"] = str(entry.provenance.row_id)
            found.append(
                PastTrial(
                    agent=entry.treatment,
                    stopped=entry.stopped,
                    max_daily_dose=None if entry.max_daily_dose is None else float(entry.max_daily_dose),
                    unit=entry.unit or None,
                    weeks_at_max=None if entry.weeks_at_max is None else float(entry.weeks_at_max),
                    response_percent=entry.response_percent,
                )
            )
        return tuple(found)

    # --- the pain -----------------------------------------------------------------------------------------------------

    def _pain(self) -> Pain | None:
        conditions, undecided = self._conditions("present"), self._conditions("unknown")
        self._on("pain.conditions", *(entry.stated_on for entry in self.patient.problems if entry.kind == "condition"))
        # Causes that were only ruled out, or left open, do not say what the cause is.
        known = conditions or None
        assessment = self.pain.assessment
        if assessment is None:
            return Pain(known, open_conditions=undecided) if known else None
        self.rows["pain"] = str(assessment.id)
        self._on("pain", assessment.assessed_on)
        return Pain(
            conditions=known,
            open_conditions=undecided,
            duration_months=self._duration(assessment),
            areas=tuple(_area(area) for area in assessment.areas) or None,
            grading=dict(assessment.grading),
            tests=tuple(DiagnosticTest(test.id, test.result, test.done_on) for test in assessment.tests),
        )

    def _conditions(self, status: str) -> tuple[str, ...]:
        stated = [entry for entry in self.patient.problems if entry.kind == "condition"]
        return tuple(entry.code for entry in stated if entry.status == status)

    def _duration(self, assessment: AssessmentRecord) -> float | None:
        """The pain has gone on since the day of the assessment: completed months are added."""
        if assessment.duration_months is None:
            return None
        since, now = assessment.assessed_on, self.as_of
        months = (now.year - since.year) * 12 + now.month - since.month - (now.day < since.day)
        return assessment.duration_months + months


def _area(area: AreaRecord) -> PainArea:
    def answered(words: Mapping[str, str], answer: str) -> tuple[str, ...]:
        return tuple(word for word, given in words.items() if given == answer)

    return PainArea(
        regions=area.painted,
        descriptors=answered(area.descriptors, "yes"),
        not_descriptors=answered(area.descriptors, "no"),
        evoked=answered(area.evoked, "yes"),
        not_evoked=answered(area.evoked, "no"),
        negative=answered(area.negative, "yes"),
        not_negative=answered(area.negative, "no"),
        pattern=area.pattern or None,
        localised={"yes": True, "no": False}.get(area.localised),
        intensity=area.intensity,
        onset_date=area.onset_date,
        timing=dict(area.timing),
    )


def _instrument(item: InstrumentRecord) -> InstrumentResult:
    return InstrumentResult(item.id, item.taken_on, item.answers, item.total, item.met)
