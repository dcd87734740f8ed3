"""What the pages of the record say: words, order and marks. No query and no decision about treatment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.access import allows
from accounts.audit import Actor
from accounts.roles import Permission
from patients import measurements, record
from patients.medicines import Normalised, Recognition, normalise
from patients.models import Entry, MedicationStatement, Patient, Problem, Sex, Source, TreatmentTrial
from patients.queries import BannerRows, author_of
from patients.terms import terms

Text = str | Promise
# What the banner shows of the measurements, in this order, with the short name it has there.
KEY_MEASUREMENTS: Mapping[str, Text] = {
    "creatinine": gettext_lazy("Creatinine"),
    "qtc": "QTc",
    "weight": gettext_lazy("Weight"),
}
SECTIONS: Mapping[str, Text] = {
    "problem": gettext_lazy("Problems"),
    "medicine": gettext_lazy("Medicines"),
    "allergy": gettext_lazy("Allergies"),
    "measurement": gettext_lazy("Measurements"),
    "trial": gettext_lazy("Treatments tried"),
    "preference": gettext_lazy("Preferences"),
    "note": gettext_lazy("Notes"),
}
ONE_OF: Mapping[str, Text] = {
    "problem": gettext_lazy("problem"),
    "problem-review": gettext_lazy("review of the problem list"),
    "medicine": gettext_lazy("medicine"),
    "medicine-review": gettext_lazy("review of medicines"),
    "allergy": gettext_lazy("allergy"),
    "measurement": gettext_lazy("measurement"),
    "trial": gettext_lazy("treatment tried"),
    "preference": gettext_lazy("preference"),
    "note": gettext_lazy("note"),
}


def display_name(person: record.Person | Patient) -> str:
    """ "JOHANSSON, Ingrid": the family name first and in capitals, so that nobody mixes the two up."""
    return f"{person.family_name.upper()}, {person.given_names}"


def day_text(day: dt.date) -> str:
    """A day in words, as everywhere but in a birth date: "8 Oct 2026"."""
    return date_format(day, "j M Y")


def age_text(person: record.Person | Patient, today: dt.date) -> str:
    """ "74 y", or "died 2 Jan 2026, 74 y"."""
    if person.died_on:
        years = record.age_on(person.birth_date, person.died_on)
        return _("died %(day)s, %(years)s y") % {"day": day_text(person.died_on), "years": years}
    return _("%(years)s y") % {"years": record.age_on(person.birth_date, today)}


def sex_text(sex: str) -> str:
    """The one letter of the banner."""
    letters = {
        "female": pgettext("sex", "F"),
        "male": pgettext("sex", "M"),
        "other": pgettext("sex", "other"),
        "unknown": _("sex unknown"),
    }
    return letters[sex]


def number_with_unit(value: object, unit: str) -> str:
    """A stored number with its unit as people write it."""
    shown = {"1": "", "Cel": "°C", "degF": "°F", "umol/L": "µmol/L"}.get(unit, unit.replace("{", "").replace("}", ""))
    return f"{value}\u00a0{shown}".strip("\u00a0")


def _value(entry: record.MeasurementEntry) -> str:
    return number_with_unit(measurements.exact(entry.value), entry.unit)


def is_stale(code: str, measured_on: dt.date, today: dt.date) -> bool:
    """Whether a value is too old to count, by the table of measurements."""
    days = measurements.kinds()[code].freshness_days
    return days is not None and (today - measured_on).days > days


Fact = tuple[Text, str, dt.date | None, str]


def banner(
    patient: Patient,
    rows: BannerRows,
    *,
    today: dt.date,
    actor: Actor | None = None,
    facts: Sequence[Fact] = (),
    stale: Collection[str] = (),
    alerts: int = 0,
) -> dict[str, Any]:
    """What the patient banner shows; see templates/components/patient_banner.html.

    `facts` come first: derived values such as the creatinine clearance, as (label, value, date or None, state). `stale`
    are codes of values that are too old for this patient though the table would let them count. `alerts` is the number
    of open ones.
    """
    roles = ", ".join(sorted(role_name(role) for role in actor.roles)) if actor else ""
    return {
        "id": patient.pk,
        "name": display_name(patient),
        "age_text": age_text(patient, today),
        "sex_text": sex_text(patient.sex),
        "born": patient.birth_date,
        "number": patient.number,
        "allergies": None if rows.allergies is None else [allergy_text(entry) for entry in rows.allergies],
        "facts": [*facts, *_key_facts(rows.measurements, today, stale)],
        "alerts": alerts,
        "team_text": _("Care team: %(number)s") % {"number": rows.team_size},
        "role_text": _("you: %(roles)s") % {"roles": roles} if roles else "",
    }


def _key_facts(
    values: Mapping[str, record.MeasurementEntry], today: dt.date, stale: Collection[str] = ()
) -> list[Fact]:
    facts: list[Fact] = []
    for code, label in KEY_MEASUREMENTS.items():
        entry = values.get(code)
        if entry is None:
            facts.append((label, "", None, "unknown"))
        else:
            state = "stale" if code in stale or is_stale(code, entry.measured_on, today) else ""
            facts.append((label, _value(entry), entry.measured_on, state))
    return facts


def role_name(role: str) -> str:
    """A role in words."""
    names = {
        "clinician": _("clinician"),
        "nurse": _("nurse"),
        "pharmacist": _("pharmacist"),
        "therapist": _("therapist"),
        "psychologist": _("psychologist"),
        "trainee": _("trainee"),
        "rule_author": _("rule author"),
        "rule_approver": _("rule approver"),
        "administrator": _("administrator"),
        "auditor": _("auditor"),
    }
    return names[role]


def allergy_text(entry: record.AllergyEntry) -> str:
    """ "carbamazepine (rash)"."""
    return f"{entry.text} ({entry.reaction})" if entry.reaction else entry.text


# --- lines of the record ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """A short word in a tint (components/badge.html)."""

    text: Text
    tone: str
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the record as a page shows it.

    `details` are short clauses after the title; `day` is the day it speaks of. `status` is empty for a line that
    counts, else corrected, withdrawn or a withdrawal.
    """

    row_id: UUID
    kind: str
    title: str
    details: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    day: dt.date | None = None
    author: str = ""
    entered_at: dt.datetime | None = None
    source: Text = ""
    status: str = ""
    change: str = ""
    may_stop: bool = False
    may_correct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the record page."""

    kind: str
    title: Text
    one: Text
    lines: list[Line]
    past: list[Line] = field(default_factory=list)
    empty: str
    reviewed_on: dt.date | None = None
    may_review: bool = False
    may_state_none: bool = False
    states_none: bool = False


def _source(value: str) -> Text:
    return Source(value).label


def problem_title(kind: str, code: str, text: str) -> str:
    """The label of the vocabulary, or the words; both when there are both."""
    term = terms().problem(kind, code)
    label = term.label if term else code
    return f"{label}: {text}" if label and text else label or text


def treatment_title(treatment: str, text: str) -> str:
    """The label of the treatment, or the words; both when there are both."""
    term = terms().treatments.get(treatment)
    label = term.label if term else treatment
    return f"{label}: {text}" if label and text else label or text


def _recognition_marks(found: Normalised) -> list[Mark]:
    if found.status is Recognition.RECOGNISED:
        return []
    text = _("Not checked: ask which product") if found.status is Recognition.AMBIGUOUS else _("Not checked")
    return [Mark(text, "unknown", "question")]


def _recognition_details(found: Normalised) -> list[str]:
    details = []
    if found.status is Recognition.AMBIGUOUS:
        details.append(_("may be %(names)s") % {"names": _(" or ").join(found.candidates)})
    elif found.status is Recognition.NOT_CHECKED and found.entries:
        known = ", ".join(entry.name for entry in found.entries)
        details.append(
            _("contains %(known)s; not recognised: %(unknown)s")
            % {"known": known, "unknown": ", ".join(found.unknown_parts)}
        )
    elif found.medicine and found.medicine.casefold() != found.text.strip().casefold():
        names = [entry.name for entry in found.ingredients]
        details.append(
            found.medicine if names == [found.medicine] or not names else f"{found.medicine} ({' + '.join(names)})"
        )
    return details


def lines_of(kind: str, rows: Iterable[Any]) -> list[Line]:
    """Rows of one table as lines, with what became of each."""
    return [line_of(kind, row) for row in rows]


def line_of(kind: str, row: Any) -> Line:
    """One row as a line."""
    title, details, marks, day = _CONTENT[kind](row)
    status, change = _fate(row)
    return Line(
        row_id=row.pk,
        kind=kind,
        title=title,
        details=details,
        marks=marks,
        day=day,
        author=author_of(row),
        entered_at=row.created_at,
        source=_source(row.source),
        status=status,
        change=change,
        may_stop=kind == "medicine" and row.stopped_on is None,
        may_correct=kind in SECTIONS and kind != "preference" and not getattr(row, "none_known", False),
    )


def _fate(row: Entry) -> tuple[str, str]:
    """What became of a line: empty while it counts; else the word and who changed it why."""
    later = getattr(row, "superseded_by", None) if "superseded_by" in row._state.fields_cache else None
    if later is not None:
        word = "withdrawn" if later.withdrawn else "corrected"
        return word, _("%(who)s: %(why)s") % {"who": author_of(later), "why": later.reason}
    if row.withdrawn:
        return "withdrawal", row.reason
    return "", row.reason if row.supersedes_id else ""  # type: ignore[attr-defined]  # of the concrete models


Content = tuple[str, list[str], list[Mark], dt.date | None]


def _problem(row: Problem) -> Content:
    tones = {"present": ("information", "check-circle"), "absent": ("quiet", "ban"), "unknown": ("unknown", "question")}
    tone, icon = tones[row.status]
    details = [_("since %(day)s") % {"day": day_text(row.onset_on)}] if row.onset_on else []
    if row.kind == Problem.Kind.PAIN_CONDITION:
        details.insert(0, _("cause of the pain"))
    return (
        problem_title(row.kind, row.code, row.text),
        details,
        [Mark(row.get_status_display(), tone, icon)],
        row.stated_on,
    )


def _medicine(row: MedicationStatement) -> Content:
    found = normalise(row.text)
    details = _recognition_details(found)
    if row.daily_dose is not None:
        details.append(_("%(dose)s a day") % {"dose": number_with_unit(measurements.exact(row.daily_dose), row.unit)})
    details += [text for text in (row.get_release_display(), row.route) if text]
    if row.as_needed:
        details.append(_("only when needed"))
    if row.purpose:
        details.append(_("for: %(purpose)s") % {"purpose": row.get_purpose_display().lower()})
    if row.started_on:
        details.append(_("from %(day)s") % {"day": day_text(row.started_on)})
    if row.stopped_on:
        details.append(_("stopped %(day)s") % {"day": day_text(row.stopped_on)})
    if row.stop_reason:
        details.append(row.stop_reason)
    return row.text, details, _recognition_marks(found), None


def _allergy(row: Any) -> Content:
    if row.none_known:
        return _("No known allergies"), [], [], row.stated_on
    found = normalise(row.text)
    details = [row.reaction] if row.reaction else []
    return row.text, details + _recognition_details(found), _recognition_marks(found), row.stated_on


def _measurement(row: Any) -> Content:
    kind = measurements.kinds().get(row.code)
    label = kind.label if kind else row.code
    details = []
    if row.unit != row.canonical_unit:
        shown = measurements.readable(row.canonical_value)
        details.append(f"= {number_with_unit(shown, row.canonical_unit)}")
    return f"{label} {number_with_unit(measurements.exact(row.value), row.unit)}", details, [], row.measured_on


def _trial(row: TreatmentTrial) -> Content:
    details = []
    if row.max_daily_dose is not None:
        dose = number_with_unit(measurements.exact(row.max_daily_dose), row.unit)
        details.append(_("up to %(dose)s a day") % {"dose": dose})
    if row.weeks_at_max is not None:
        details.append(_("%(weeks)s weeks at that dose") % {"weeks": measurements.exact(row.weeks_at_max)})
    if row.response_percent is not None:
        details.append(_("relief %(percent)s%%") % {"percent": row.response_percent})
    details.append(row.get_stopped_display())
    if row.adverse_effects:
        details.append(row.adverse_effects)
    if row.started_on or row.stopped_on:
        first, last = (day_text(day) if day else "?" for day in (row.started_on, row.stopped_on))
        details.append(_("%(first)s to %(last)s") % {"first": first, "last": last})
    return treatment_title(row.treatment, row.text), details, [], None


def _preference(row: Any) -> Content:
    term = terms().preferences.get(row.code)
    return (term.label if term else row.code), [], [], None


def _note(row: Any) -> Content:
    return row.text, [], [], None


def _review(row: Any) -> Content:
    return _("Reviewed"), [], [], row.reviewed_on


_CONTENT = {
    "problem": _problem,
    "problem-review": _review,
    "medicine": _medicine,
    "medicine-review": _review,
    "allergy": _allergy,
    "measurement": _measurement,
    "trial": _trial,
    "preference": _preference,
    "note": _note,
}


def record_sections(
    rows: Mapping[str, list[Any]],
    *,
    problems_reviewed_on: dt.date | None,
    medicines_reviewed_on: dt.date | None,
    actor: Actor,
    today: dt.date,
) -> list[Section]:
    """The record page: current lines of each table, stopped medicines apart, empty parts with what is unknown."""
    may = allows(actor, Permission.EDIT_RECORD)
    empty = {
        "problem": _("Nothing is on the problem list. What is not stated is unknown."),
        "medicine": _("No medicine is on record. Until the list was reviewed, there may be some."),
        "allergy": _("Allergies not recorded: every medicine needs this."),
        "measurement": _("No measurement is on record."),
        "trial": _("No treatment tried is on record."),
        "preference": _("No preference is on record."),
        "note": _("There is no note."),
    }
    sections = []
    for kind, title in SECTIONS.items():
        here = rows[kind]
        past = [row for row in here if kind == "medicine" and row.stopped_on and row.stopped_on <= today]
        allergies = kind == "allergy"
        states_none = allergies and any(row.none_known for row in here)
        reviewed = {"problem": problems_reviewed_on, "medicine": medicines_reviewed_on}.get(kind)
        lines = [_with_age(line, row, today) for row in here if row not in past for line in [line_of(kind, row)]]
        sections.append(
            Section(
                kind=kind,
                title=title,
                one=ONE_OF[kind],
                lines=lines,
                past=lines_of(kind, past),
                empty=empty[kind],
                reviewed_on=reviewed,
                may_review=may and kind in ("problem", "medicine"),
                may_state_none=may and allergies and not here,
                states_none=states_none,
            )
        )
    return sections


def _with_age(line: Line, row: Any, today: dt.date) -> Line:
    if line.kind == "measurement" and row.code in measurements.kinds() and is_stale(row.code, row.measured_on, today):
        line.marks.append(Mark(_("Out of date"), "unknown", "clock"))
    return line


# --- the person -------------------------------------------------------------------------------------------------------


def details_rows(person: Any, clinic_name: str) -> list[tuple[Text, str, dt.date | None, str]]:
    """The details of a patient for components/facts.html."""

    def fact(label: Text, value: Any, day: dt.date | None = None) -> tuple[Text, str, dt.date | None, str]:
        return (label, str(value), day, "") if value else (label, "", None, "unknown")

    pregnancy = "" if person.pregnancy == "unknown" else person.get_pregnancy_display()
    # Nobody was asked as long as no day is given: that is not a refusal.
    refused = _("does not agree") if person.reminder_consent_on else ""
    consent = _("agrees") if person.reminder_consent else refused
    return [
        fact(_("Number"), person.number),
        fact(_("Birth date"), person.birth_date.isoformat()),
        fact(_("Sex used in formulas"), "" if person.sex == "unknown" else Sex(person.sex).label),
        fact(_("Pregnancy and breastfeeding"), pregnancy, person.pregnancy_as_of),
        fact(_("Clinic"), clinic_name),
        fact(_("E-mail address"), person.email),
        fact(_("Telephone"), person.phone),
        fact(_("Reminders by e-mail"), consent, person.reminder_consent_on),
        *([fact(_("Died on"), day_text(person.died_on))] if person.died_on else []),
    ]


def heading(kind: str, *, correcting: bool) -> str:
    """The title of the page with the form of one line."""
    text = _("Correct this %(one)s") if correcting else _("New %(one)s")
    return capfirst(text % {"one": ONE_OF[kind]})
