"""Reads of the patient record. Each function issues a fixed number of queries, said in its docstring.

They take ids and return rows or frozen data; whether the reader may see them is decided in `patients.access`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from accounts.rows import Rows, kept
from patients import medicines, record
from patients.models import (
    Allergy,
    CareTeamMember,
    Entry,
    Measurement,
    MedicationReview,
    MedicationStatement,
    Note,
    Patient,
    PatientRevision,
    Preference,
    Problem,
    ProblemListReview,
    Task,
    TreatmentTrial,
)
from patients.names import after_prefix, folded, folded_number, search_keys
from patients.work import WorkItem

PAGE = 50
E_ = TypeVar("E_", bound=Entry)

# Tables of the record by the word used in addresses and in the trail.
KINDS: dict[str, type[Entry]] = {
    "problem": Problem,
    "problem-review": ProblemListReview,
    "medicine": MedicationStatement,
    "medicine-review": MedicationReview,
    "allergy": Allergy,
    "measurement": Measurement,
    "trial": TreatmentTrial,
    "preference": Preference,
    "note": Note,
}


# --- patients ---------------------------------------------------------------------------------------------------------


def patient_of(organisation_id: UUID, patient_id: UUID, *, team_of: UUID | None = None) -> Patient | None:
    """The patient with clinic, and whether `team_of` looks after them (`on_team`); None outside the organisation."""
    return patients_of(organisation_id, [patient_id], team_of=team_of).get(patient_id)


def patients_of(
    organisation_id: UUID, patient_ids: Iterable[UUID], *, team_of: UUID | None = None
) -> dict[UUID, Patient]:
    """Those of the patients who are of the organisation, by id; each like `patient_of`. One query."""
    on_team = CareTeamMember.objects.filter(patient=OuterRef("pk"), user=team_of, until__isnull=True)
    patients = (
        Patient.objects.filter(organisation_id=organisation_id, id__in=list(patient_ids))
        .select_related("clinic", "created_by")
        .annotate(on_team=Exists(on_team))
    )
    return {patient.pk: patient for patient in patients}


@dataclass(frozen=True, slots=True)
class PatientPage:
    """One page of patients; `after` continues it and is None on the last page."""

    patients: list[Patient]
    after: UUID | None


def patients_page(
    organisation_id: UUID,
    *,
    text: str = "",
    birth_date: dt.date | None = None,
    clinic_id: UUID | None = None,
    team_of: UUID | None = None,
    after: UUID | None = None,
    size: int = PAGE,
) -> PatientPage:
    """Patients by family name, from the one after `after` on; one query, two with `after`. Served by an index.

    `text` is the beginning of the family name, of the given names ("ing joh" finds both orders), or of the number.
    """
    wanted = Patient.objects.filter(organisation_id=organisation_id).select_related("clinic")
    if text:
        wanted = wanted.filter(id__in=_begins(organisation_id, text))
    if birth_date:
        wanted = wanted.filter(birth_date=birth_date)
    if clinic_id:
        wanted = wanted.filter(clinic_id=clinic_id)
    if team_of:
        mine = CareTeamMember.objects.filter(user_id=team_of, until__isnull=True).values("patient_id")
        wanted = wanted.filter(id__in=mine)
    if after:
        last = Patient.objects.filter(organisation_id=organisation_id, id=after).values_list("search_family").first()
        if last:
            # The first condition is where the index starts to read; the second drops what the page before showed.
            wanted = wanted.filter(search_family__gte=last[0]).exclude(search_family=last[0], id__lte=after)
    rows = list(wanted.order_by("search_family", "id")[: size + 1])
    return PatientPage(rows[:size], rows[size - 1].pk if len(rows) > size else None)


def _begins(organisation_id: UUID, text: str) -> QuerySet[Any, Any]:
    """The ids of the patients whose family name, given names or number begins so."""
    # Ranges instead of LIKE: comparison is leakproof, so the index is used below row-level security as well. A union
    # instead of OR: each part then reads its own index, whatever the planner thinks of the page's limit.
    everybody = Patient.objects.filter(organisation_id=organisation_id).values("id")
    name, number = folded(text), folded_number(text)
    if not name:
        return everybody.none()  # Signs only: that is nobody's name.
    parts = [
        everybody.filter(search_family__gte=name, search_family__lt=after_prefix(name)),
        everybody.filter(search_given__gte=name, search_given__lt=after_prefix(name)),
    ]
    if any(sign.isdigit() for sign in number):
        parts.append(everybody.filter(search_number__gte=number, search_number__lt=after_prefix(number)))
    return parts[0].union(*parts[1:])


def possible_duplicates(
    organisation_id: UUID, *, number: str, family_name: str, given_names: str, birth_date: dt.date
) -> list[Patient]:
    """Patients who may be the same person: same number, same name, or same birth date and a like name. One query."""
    family, given = search_keys(family_name, given_names)
    first_of_given = folded(given_names)[:1]
    same_name = Q(search_family=family) | Q(search_family=given)
    same_birth = Q(birth_date=birth_date) & (
        Q(search_family__startswith=folded(family_name)[:3]) | Q(search_given__startswith=first_of_given or "\0")
    )
    return list(
        Patient.objects.filter(organisation_id=organisation_id)
        .filter(Q(search_number=folded_number(number)) | same_name | same_birth)
        .select_related("clinic")
        .order_by("search_family", "id")[:10]
    )


def revisions_of(patient_id: UUID) -> QuerySet[PatientRevision]:
    """Earlier details of a patient, newest first. One query."""
    return (
        PatientRevision.objects.filter(patient_id=patient_id)
        .select_related("changed_by", "clinic")
        .order_by("-version")
    )


# --- lines of the record ----------------------------------------------------------------------------------------------


def current(model: type[E_], patient_id: UUID | OuterRef) -> QuerySet[E_]:
    """The lines of one table that count: superseded by none and not withdrawn; with their author. One query."""
    return (
        model._default_manager.filter(patient_id=patient_id, superseded_by__isnull=True, withdrawn=False)
        .select_related("created_by")
        .order_by("-created_at", "id")
    )


def row_of(kind: str, patient_id: UUID, row_id: UUID) -> Entry | None:
    """One line of the record of this patient by the word in the address, or None. One query."""
    model: Any = KINDS.get(kind)
    if model is None:
        return None
    return (
        model._default_manager.filter(patient_id=patient_id, id=row_id)
        .select_related("created_by", "superseded_by")
        .first()
    )


def history_of(kind: str, patient_id: UUID) -> list[Any]:
    """Every line of one table for this patient, corrected ones too, newest first. One query."""
    model: Any = KINDS[kind]
    rows = model._default_manager.filter(patient_id=patient_id)
    authors = ("created_by", "superseded_by", "superseded_by__created_by", "supersedes")
    return list(rows.select_related(*authors).order_by("-created_at", "id"))


def measurement_history(patient_id: UUID, codes: Sequence[str], size: int = 200) -> list[Measurement]:
    """Values of some codes that count, newest first. One query."""
    return list(current(Measurement, patient_id).filter(code__in=codes).order_by("-measured_on", "-created_at")[:size])


def current_problem(patient_id: UUID, kind: str, code: str) -> Problem | None:
    """The line that states this problem now, or None. One query."""
    return current(Problem, patient_id).filter(kind=kind, code=code).first()


def current_problems(patient_id: UUID, codes: Sequence[str]) -> dict[tuple[str, str], Problem]:
    """The lines that state the problems of these codes now, by kind and code. One query."""
    found: dict[tuple[str, str], Problem] = {}
    for row in current(Problem, patient_id).filter(code__in=codes):
        found.setdefault((row.kind, row.code), row)
    return found


# --- the whole record, for facts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BannerRows:
    """What the banner says beside the person: allergies (None: nobody asked), values by code, size of the care team."""

    allergies: tuple[record.AllergyEntry, ...] | None
    measurements: dict[str, record.MeasurementEntry]
    team_size: int


@dataclass(frozen=True, slots=True)
class OnFile:
    """The record of one patient and what the banner says, from the same rows."""

    record: record.PatientRecord
    banner: BannerRows


def record_of(patient: Patient, as_of: dt.date) -> record.PatientRecord:
    """Everything on record on that day as frozen data. One query; see `on_file`."""
    return on_file(patient, as_of).record


def on_file(patient: Patient, as_of: dt.date) -> OnFile:
    """The record as it stands on that day, and the banner. One query, whatever is on record.

    Lines dated after `as_of` are left out of the record; what was corrected since counts as corrected, because the
    correction says what was true then. To rebuild what was believed on a day, a signed plan keeps its facts.
    """
    found = _on_file(as_of).get(id=patient.pk)
    banner = _banner_rows(found)
    allergies = [row for row in found["allergies"] if row.stated_on <= as_of]
    return OnFile(
        record.PatientRecord(
            as_of=as_of,
            person=person_of(patient),
            problems=tuple(_problem(row) for row in found["problems"]),
            problem_list_reviewed_on=found["problems_reviewed"],
            medicines=tuple(_medicine(row) for row in found["medicines"]),
            medicines_reviewed_on=found["medicines_reviewed"],
            allergies=_allergies(allergies),
            measurements=tuple(banner.measurements.values()),
            trials=tuple(_trial(row) for row in found["trials"]),
            preferences=tuple(sorted({row.code for row in found["preferences"]})),
            region=found["clinic__organisation__region"] or None,
            prescriber_setting="specialist" if found["clinic__is_specialist"] else "non_specialist",
        ),
        banner,
    )


@kept
def _on_file(as_of: dt.date) -> QuerySet[Any]:
    begun = Q(started_on=None) | Q(started_on__lte=as_of)
    trials = _own(TreatmentTrial).filter(begun).order_by("treatment", "text", "started_on", "id")
    return Patient.objects.values("clinic__is_specialist", "clinic__organisation__region").annotate(
        problems=_lines(_own(Problem).filter(stated_on__lte=as_of).order_by("kind", "code", "text", "id")),
        medicines=_lines(_own(MedicationStatement).filter(begun).order_by("text", "id")),
        trials=_lines(trials),
        preferences=_lines(_own(Preference)),
        **_reviewed(as_of),
        **_banner(as_of),
    )


def banner_rows(patient_id: UUID, codes: Sequence[str], as_of: dt.date) -> BannerRows:
    """What the banner needs when the page has not read the whole record. One query."""
    return _banner_rows(_banner_alone(as_of, tuple(codes)).get(id=patient_id))


@kept
def _banner_alone(as_of: dt.date, codes: tuple[str, ...]) -> QuerySet[Any]:
    return Patient.objects.values("pk").annotate(**_banner(as_of, codes))


def _own(model: type[E_]) -> QuerySet[E_]:
    """The lines of one table that count, of the patient of the outer query."""
    return current(model, OuterRef("pk"))


def _lines(rows: QuerySet[Any]) -> Rows:
    return Rows(rows, "created_by")


def _reviewed(as_of: dt.date) -> dict[str, Subquery]:
    """When the problem list and the medicines were last gone through, on or before the day."""

    def last(model: type[ProblemListReview] | type[MedicationReview]) -> Subquery:
        reviews = _own(model).filter(reviewed_on__lte=as_of)
        return Subquery(reviews.order_by("-reviewed_on").values("reviewed_on")[:1])

    return {"problems_reviewed": last(ProblemListReview), "medicines_reviewed": last(MedicationReview)}


def _banner(as_of: dt.date, codes: Sequence[str] | None = None) -> dict[str, Subquery]:
    """What `_banner_rows` reads: all allergies, the newest value of each code (or of some), size of the care team.

    An allergy shows from the moment it is stored, also where the reader's day has not reached the author's.
    """
    values = current(Measurement, OuterRef(OuterRef("pk"))).filter(measured_on__lte=as_of)
    if codes is not None:
        values = values.filter(code__in=codes)
    # The newest are found first: a row is read whole for six of a thousand values.
    newest = values.order_by("code", "-measured_on", "-created_at", "id").distinct("code").values("pk")
    measured = Measurement.objects.filter(patient_id=OuterRef("pk"), pk__in=newest)
    team = CareTeamMember.objects.filter(patient_id=OuterRef("pk"), until__isnull=True).order_by()
    return {
        "allergies": _lines(_own(Allergy).order_by("text", "id")),
        "measurements": _lines(measured.order_by("code")),
        "team_size": Subquery(team.values("patient_id").annotate(size=Count("pk")).values("size")),
    }


def _banner_rows(found: Mapping[str, Any]) -> BannerRows:
    return BannerRows(
        allergies=_allergies(found["allergies"]),
        measurements={row.code: _measurement(row) for row in found["measurements"]},
        team_size=found["team_size"] or 0,
    )


def _allergies(rows: Sequence[Allergy]) -> tuple[record.AllergyEntry, ...] | None:
    """None when nobody asked, () when none is known."""
    return tuple(_allergy(row) for row in rows if not row.none_known) if rows else None


def person_of(patient: Patient) -> record.Person:
    """Who the patient is, as frozen data. No query."""
    return record.Person(
        patient_id=patient.pk,
        organisation_id=patient.organisation_id,
        clinic_id=patient.clinic_id,
        number=patient.number,
        family_name=patient.family_name,
        given_names=patient.given_names,
        birth_date=patient.birth_date,
        sex=patient.sex,
        pregnancy=patient.pregnancy,
        pregnancy_as_of=patient.pregnancy_as_of,
        died_on=patient.died_on,
    )


def author_of(row: Entry | Task | CareTeamMember | Patient) -> str:
    """Who entered the row, in words. No query when `created_by` was selected with it."""
    return str(row.created_by) if row.created_by else row.created_job


def _provenance(row: Entry) -> record.Provenance:
    return record.Provenance(row.pk, author_of(row), row.created_at, row.source)


def _problem(row: Problem) -> record.ProblemEntry:
    return record.ProblemEntry(
        kind=row.kind,
        code=row.code,
        text=row.text,
        status=row.status,
        stated_on=row.stated_on,
        onset_on=row.onset_on,
        provenance=_provenance(row),
    )


def _medicine(row: MedicationStatement) -> record.MedicineEntry:
    return record.MedicineEntry(
        text=row.text,
        normalised=medicines.normalise(row.text),
        daily_dose=row.daily_dose,
        unit=row.unit or None,
        route=row.route,
        as_needed=row.as_needed,
        release=row.release,
        purpose=row.purpose,
        started_on=row.started_on,
        stopped_on=row.stopped_on,
        stop_reason=row.stop_reason,
        provenance=_provenance(row),
    )


def _allergy(row: Allergy) -> record.AllergyEntry:
    return record.AllergyEntry(
        text=row.text,
        normalised=medicines.normalise(row.text),
        reaction=row.reaction,
        stated_on=row.stated_on,
        provenance=_provenance(row),
    )


def _measurement(row: Measurement) -> record.MeasurementEntry:
    return record.MeasurementEntry(
        code=row.code,
        value=row.value,
        unit=row.unit,
        canonical_value=row.canonical_value,
        canonical_unit=row.canonical_unit,
        measured_on=row.measured_on,
        provenance=_provenance(row),
    )


def _trial(row: TreatmentTrial) -> record.TrialEntry:
    return record.TrialEntry(
        treatment=row.treatment,
        text=row.text,
        max_daily_dose=row.max_daily_dose,
        unit=row.unit or None,
        weeks_at_max=row.weeks_at_max,
        response_percent=row.response_percent,
        stopped=row.stopped,
        adverse_effects=row.adverse_effects,
        started_on=row.started_on,
        stopped_on=row.stopped_on,
        provenance=_provenance(row),
    )


def team_size(patient_id: UUID) -> int:
    """How many people look after the patient now. One query."""
    return CareTeamMember.objects.filter(patient_id=patient_id, until__isnull=True).count()


@dataclass(frozen=True, slots=True)
class RecordRows:
    """The lines of the record page by kind, and when problem list and medicines were last gone through."""

    lines: dict[str, list[Any]]
    problems_reviewed_on: dt.date | None
    medicines_reviewed_on: dt.date | None


def record_rows(patient_id: UUID, as_of: dt.date) -> RecordRows:
    """The lines that count of every part of the record page; of measurements the newest of each code. One query."""
    measured = _own(Measurement).order_by("code", "-measured_on", "-created_at", "id")
    parts = {
        "problem": _own(Problem).order_by("kind", "status", "code", "text", "id"),
        "medicine": _own(MedicationStatement).order_by("text", "id"),
        "allergy": _own(Allergy).order_by("text", "id"),
        "measurement": measured.distinct("code"),
        "trial": _own(TreatmentTrial).order_by("-started_on", "treatment", "text", "id"),
        "preference": _own(Preference).order_by("code", "id"),
        "note": _own(Note)[:50],
    }
    columns = {f"{kind}_lines": _lines(rows) for kind, rows in parts.items()}
    found: Any = Patient.objects.filter(id=patient_id).values("pk").annotate(**columns, **_reviewed(as_of)).get()
    lines = {kind: found[f"{kind}_lines"] for kind in parts}
    order = {Problem.Status.PRESENT: 0, Problem.Status.UNKNOWN: 1, Problem.Status.ABSENT: 2}
    lines["problem"].sort(key=lambda row: (row.kind != Problem.Kind.PAIN_CONDITION, order[row.status]))
    return RecordRows(lines, found["problems_reviewed"], found["medicines_reviewed"])


# --- care team and tasks ----------------------------------------------------------------------------------------------


def looked_after_by(user_id: UUID) -> QuerySet[CareTeamMember, Any]:
    """The ids of the patients in whose care team somebody is now, as a sub-select for the lists of other apps."""
    return CareTeamMember.objects.filter(user_id=user_id, until__isnull=True).values("patient_id")


def place_in_team(patient_id: Any) -> QuerySet[CareTeamMember, Any]:
    """The users who look after the patient of an outer query now and may sign in, longest first, as a sub-select."""
    places = CareTeamMember.objects.filter(patient_id=patient_id, until__isnull=True, user__is_active=True)
    return places.order_by("since", "id").values("user_id")


def care_team(patient_id: UUID, *, with_past: bool = False) -> QuerySet[CareTeamMember]:
    """Who looks after the patient, with the user; longest first. One query."""
    team = CareTeamMember.objects.filter(patient_id=patient_id).select_related("user", "created_by")
    if not with_past:
        team = team.filter(until__isnull=True)
    return team.order_by(F("until").desc(nulls_first=True), "since", "id")


def longest_on_team(patient_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each patient the user who has been on the care team longest; who has no team is not in it. One query."""
    team = CareTeamMember.objects.filter(patient_id__in=list(patient_ids), until__isnull=True)
    first = team.order_by("patient_id", "since", "id").distinct("patient_id")
    return dict(first.values_list("patient_id", "user_id"))


def team_user_ids(patient_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """For each patient the users who look after them now. One query."""
    found: dict[UUID, set[UUID]] = {}
    rows = CareTeamMember.objects.filter(patient_id__in=list(patient_ids), until__isnull=True)
    for patient_id, user_id in rows.values_list("patient_id", "user_id"):
        found.setdefault(patient_id, set()).add(user_id)
    return found


def tasks_of(patient_id: UUID, *, with_done: bool = False) -> QuerySet[Task]:
    """Tasks for a patient with owner, next due first, without those that were withdrawn. One query."""
    tasks = Task.objects.filter(patient_id=patient_id, withdrawn_at__isnull=True)
    tasks = tasks.select_related("owner", "created_by", "done_by")
    if not with_done:
        tasks = tasks.filter(done_at__isnull=True)
    return tasks.order_by("due_on", "id")


def task_of(patient_id: UUID, task_id: UUID) -> Task | None:
    """One task of this patient, or None. One query."""
    return Task.objects.filter(patient_id=patient_id, id=task_id).first()


def ordered(patient_id: UUID) -> list[Task]:
    """What plans of a patient have ordered, newest first, open or done, without what was withdrawn. One query."""
    return list(tasks_of(patient_id, with_done=True).exclude(order_key="").order_by("-created_at", "due_on", "id"))


def work_items(organisation_id: UUID, user: Any, today: dt.date, limit: int = PAGE) -> list[WorkItem]:
    """Open tasks that concern the user: their own, and unowned ones of patients they look after. One query.

    `user` is a user or the id of one. Overdue ones stand first because the list is by due date.
    """
    user_id = getattr(user, "pk", user)
    mine = CareTeamMember.objects.filter(user_id=user_id, until__isnull=True, patient_id=OuterRef("patient_id"))
    tasks = (
        Task.objects.filter(organisation_id=organisation_id, done_at__isnull=True, withdrawn_at__isnull=True)
        .filter(Q(owner_id=user_id) | (Q(owner__isnull=True) & Exists(mine)))
        .select_related("patient", "owner")
        .order_by("due_on", "id")[:limit]
    )
    return [
        WorkItem(
            patient_id=task.patient_id,
            patient_name=f"{task.patient.family_name.upper()}, {task.patient.given_names}",
            patient_number=task.patient.number,
            kind="task",
            text=task.text,
            since=task.created_at,
            due=task.due_on,
            owner_name=str(task.owner) if task.owner else "",
            tier="",
            url_name="patient-team",
            url_args=(task.patient_id,),
        )
        for task in tasks
    ]


def patients_by_id(organisation_id: UUID, patient_ids: Iterable[UUID]) -> dict[UUID, Patient]:
    """Patients of the organisation by id; others are left out. One query; the caller records the listing."""
    rows = Patient.objects.filter(organisation_id=organisation_id, id__in=list(patient_ids)).select_related("clinic")
    return {row.pk: row for row in rows}
