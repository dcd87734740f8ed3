"""The forms of the record: shape and cleaning of what is typed. They store nothing; `values()` is for the service.

Every form about a patient carries the patient's id and refuses to be used for another one, so that two open tabs can
never write into the wrong record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from patients import measurements
from patients.models import (
    Entry,
    MedicationStatement,
    Patient,
    Pregnancy,
    Problem,
    Sex,
    Source,
    TreatmentTrial,
)
from patients.terms import MEDICINE_UNITS, TRIAL_UNITS, Term, terms

EMPTY = ("", "")
Choices = list[tuple[Any, Any]]
Named = Iterable[tuple[UUID, str]]


class DayField(forms.DateField):
    """A typed day, year first (2026-03-02); the browser's calendar helps where there is one."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"], **options)


def _amount(**options: Any) -> forms.DecimalField:
    return forms.DecimalField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), **options)


def _offer(form: forms.Form, name: str, options: Named, empty: Any = None) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = ([("", empty)] if empty else []) + [(str(key), label) for key, label in options]


class SearchForm(forms.Form):
    """What to look for in the list of patients."""

    q = forms.CharField(label=_("Name or number"), required=False, max_length=100)
    birth_date = DayField(label=_("Birth date"), required=False)
    mine = forms.BooleanField(label=_("Only patients whom I look after"), required=False)


class DetailsForm(forms.Form):
    """Who the patient is."""

    family_name = forms.CharField(label=_("Family name"), max_length=120)
    given_names = forms.CharField(label=_("Given names"), max_length=120)
    birth_date = DayField(label=_("Birth date"))
    number = forms.CharField(label=_("Number"), max_length=40, help_text=_("As on the hospital card; unique here."))
    clinic_id = forms.TypedChoiceField(label=_("Clinic"), coerce=UUID)
    sex = forms.ChoiceField(
        label=_("Sex used in formulas"), choices=Sex, widget=forms.RadioSelect(attrs={"data-segmented": ""})
    )
    pregnancy = forms.ChoiceField(label=_("Pregnancy and breastfeeding"), choices=Pregnancy, initial="unknown")
    pregnancy_as_of = DayField(label=_("Stated on"), required=False)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    language = forms.CharField(
        label=_("Language"), max_length=20, initial="en", help_text=_("A code such as en or de.")
    )
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=64, required=False, help_text=_("Empty: as the organisation.")
    )
    reminder_consent = forms.BooleanField(label=_("Agrees to reminders by e-mail"), required=False)
    reminder_consent_on = DayField(label=_("Agreed or declined on"), required=False)
    died_on = DayField(label=_("Date of death"), required=False)

    def __init__(self, *args: Any, clinics: Named, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self, "clinic_id", clinics, empty=_("Choose a clinic"))

    def values(self) -> dict[str, Any]:
        """The arguments of services.Details."""
        return {name: self.cleaned_data.get(name) for name in DetailsForm.base_fields}


class RegisterForm(DetailsForm):
    """Details of a new patient, with the confirmation that nobody on file is the same person."""

    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["died_on"]  # Nobody is registered as dead: this is entered with the details.


class PatientForm(forms.Form):
    """A form that belongs to one patient."""

    patient_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, patient: Patient, **options: Any) -> None:
        self.patient = patient
        options["initial"] = {"patient_id": patient.pk} | options.get("initial", {})
        super().__init__(*args, **options)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # SAFETY: what was typed for one patient never lands in another record (tests/patients/test_views.py).
        if cleaned.get("patient_id") != self.patient.pk:
            raise forms.ValidationError(
                _("This form was opened for another patient. Nothing was stored. Open it again from this record."),
                code="other_patient",
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        """The arguments of the service, without the patient."""
        return {name: value for name, value in self.cleaned_data.items() if name != "patient_id"}


class CorrectDetailsForm(DetailsForm, PatientForm):
    """Changed details of a patient, with the version that was shown and the reason."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why do the details change?"), max_length=300)

    def values(self) -> dict[str, Any]:
        return DetailsForm.values(self)


class EntryForm(PatientForm):
    """What every line of the record has. A correction also says why; see `correcting`."""

    source = forms.ChoiceField(label=_("Source"), choices=Source, initial=Source.CLINICIAN)

    def __init__(self, *args: Any, correcting: Entry | None = None, today: dt.date, **options: Any) -> None:
        self.correcting = correcting
        start = self.initial_values(today)
        if correcting is not None:
            start |= self.values_of(correcting)
        options["initial"] = start | options.get("initial", {})
        super().__init__(*args, **options)
        if correcting is not None:
            self.fields["reason"] = forms.CharField(label=_("Why does this entry change?"), max_length=300)

    def initial_values(self, today: dt.date) -> dict[str, Any]:
        """What stands in an empty form."""
        return {}

    def values_of(self, row: Any) -> dict[str, Any]:
        """What stands in the form of a correction."""
        return {name: getattr(row, name) for name in self.base_fields if hasattr(row, name)}


def _grouped(groups: Mapping[str, Iterable[tuple[str, str]]]) -> Choices:
    return [(label, sorted(options, key=lambda option: option[1].casefold())) for label, options in groups.items()]


def problem_choices() -> Choices:
    """Causes of the pain, then other conditions and states, then "other"."""
    known = terms()
    return [
        EMPTY,
        *_grouped(
            {
                str(_("Causes of the pain")): [(f"condition:{t.id}", t.label) for t in known.conditions.values()],
                str(_("Conditions, states, history")): [(f"concept:{t.id}", t.label) for t in known.concepts.values()],
            }
        ),
        ("other:", _("Other, in words")),
    ]


def treatment_choices() -> Choices:
    """Medicines, then therapies by category, then "other"."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for term in terms().treatments.values():
        groups.setdefault(_group_label(term), []).append((term.id, term.label))
    return [("", _("Other, in words")), *_grouped(groups)]


def _group_label(term: Term) -> str:
    return term.group.replace("_", " ").capitalize() if term.group else str(_("Medicines"))


def measurement_choices() -> Choices:
    """Every measurement by its label, with the units it is taken in."""
    kinds = sorted(measurements.kinds().values(), key=lambda kind: kind.label.casefold())
    return [EMPTY, *((kind.code, f"{kind.label} ({' / '.join(_sign(u.name) for u in kind.units)})") for kind in kinds)]


def unit_choices() -> Choices:
    """Every unit that some measurement is taken in."""
    names = sorted({unit.name for kind in measurements.kinds().values() for unit in kind.units}, key=str.casefold)
    return [EMPTY, *((name, _sign(name)) for name in names)]


def _sign(unit: str) -> str:
    """How a unit is written for people: no unit, counts and scores in words, degrees with their sign."""
    return {"1": str(_("no unit")), "Cel": "°C", "degF": "°F"}.get(unit, unit.replace("{", "").replace("}", ""))


def _units(units: Sequence[str]) -> Choices:
    return [EMPTY, *((unit, unit) for unit in units)]


class ProblemForm(EntryForm):
    problem = forms.ChoiceField(label=_("Problem"), choices=lazy(problem_choices, list))
    text = forms.CharField(label=_("In words"), max_length=300, required=False)
    status = forms.ChoiceField(
        label=_("Status"),
        choices=Problem.Status,
        initial="present",
        widget=forms.RadioSelect(attrs={"data-segmented": ""}),
    )
    stated_on = DayField(label=_("As of"))
    onset_on = DayField(label=_("Since"), required=False)
    field_order = ["problem", "text", "status", "stated_on", "onset_on", "source"]

    def initial_values(self, today: dt.date) -> dict[str, Any]:
        return {"stated_on": today}

    def values_of(self, row: Problem) -> dict[str, Any]:
        return super().values_of(row) | {"problem": f"{row.kind}:{row.code}"}

    def values(self) -> dict[str, Any]:
        values = super().values()
        values["kind"], _colon, values["code"] = values.pop("problem").partition(":")
        return values


class MedicineForm(EntryForm):
    text = forms.CharField(
        label=_("Medicine"),
        max_length=200,
        help_text=_("Name, brand or combination. An unknown name is kept and marked as not checked."),
        widget=forms.TextInput(attrs={"data-combobox": reverse_lazy("medicine-suggestions"), "autocomplete": "off"}),
    )
    daily_dose = _amount(label=_("Dose per day"), required=False, max_digits=12, decimal_places=4)
    unit = forms.ChoiceField(label=_("Unit"), choices=_units(MEDICINE_UNITS), required=False)
    route = forms.CharField(label=_("Route"), max_length=40, required=False)
    as_needed = forms.BooleanField(label=_("Only when needed"), required=False)
    release = forms.ChoiceField(
        label=_("Release"), choices=[("", _("Not said")), *MedicationStatement.Release.choices], required=False
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=[("", _("Not said")), *MedicationStatement.Purpose.choices], required=False
    )
    started_on = DayField(label=_("Started"), required=False)
    stopped_on = DayField(label=_("Stopped"), required=False)
    stop_reason = forms.CharField(label=_("Why stopped"), max_length=300, required=False)
    field_order = ["text", "daily_dose", "unit", "route", "as_needed", "release", "purpose", "started_on", "stopped_on"]


class StopMedicineForm(PatientForm):
    stopped_on = DayField(label=_("Stopped on"))
    stop_reason = forms.CharField(label=_("Why was it stopped?"), max_length=300)
    source = forms.ChoiceField(label=_("Source"), choices=Source, initial=Source.CLINICIAN)


class AllergyForm(EntryForm):
    text = forms.CharField(
        label=_("Substance"),
        max_length=200,
        widget=forms.TextInput(attrs={"data-combobox": reverse_lazy("medicine-suggestions"), "autocomplete": "off"}),
    )
    reaction = forms.CharField(label=_("Reaction"), max_length=300, required=False)
    stated_on = DayField(label=_("As of"))
    field_order = ["text", "reaction", "stated_on", "source"]

    def initial_values(self, today: dt.date) -> dict[str, Any]:
        return {"stated_on": today}


class MeasurementForm(EntryForm):
    code = forms.ChoiceField(label=_("Measurement"), choices=lazy(measurement_choices, list))
    value = forms.CharField(label=_("Value"), max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    unit = forms.ChoiceField(label=_("Unit"), choices=lazy(unit_choices, list))
    measured_on = DayField(label=_("Date"))
    field_order = ["code", "value", "unit", "measured_on", "source"]

    def initial_values(self, today: dt.date) -> dict[str, Any]:
        return {"measured_on": today}

    def values_of(self, row: Any) -> dict[str, Any]:
        return super().values_of(row) | {"value": measurements.exact(row.value)}


class TrialForm(EntryForm):
    treatment = forms.ChoiceField(label=_("Treatment"), choices=lazy(treatment_choices, list), required=False)
    text = forms.CharField(label=_("In words"), max_length=200, required=False)
    max_daily_dose = _amount(label=_("Highest daily dose"), required=False, max_digits=12, decimal_places=4)
    unit = forms.ChoiceField(label=_("Unit"), choices=_units(TRIAL_UNITS), required=False)
    weeks_at_max = _amount(label=_("Weeks at that dose"), required=False, max_digits=6, decimal_places=1)
    response_percent = forms.IntegerField(
        label=_("Pain relief in percent"),
        required=False,
        help_text=_("0 no relief, 100 no pain left; below 0 worse."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    stopped = forms.ChoiceField(label=_("Why it ended"), choices=TreatmentTrial.Stopped, initial="unknown")
    adverse_effects = forms.CharField(label=_("Adverse effects"), max_length=300, required=False)
    started_on = DayField(label=_("Started"), required=False)
    stopped_on = DayField(label=_("Stopped"), required=False)
    field_order = ["treatment", "text", "max_daily_dose", "unit", "weeks_at_max", "response_percent", "stopped"]


class PreferenceForm(EntryForm):
    code = forms.ChoiceField(
        label=_("Preference"),
        choices=lazy(lambda: [EMPTY, *((t.id, t.label) for t in terms().preferences.values())], list),
    )
    field_order = ["code", "source"]

    def initial_values(self, today: dt.date) -> dict[str, Any]:
        return {"source": Source.PATIENT}


class NoteForm(EntryForm):
    text = forms.CharField(label=_("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}))
    field_order = ["text", "source"]


class WithdrawForm(PatientForm):
    reason = forms.CharField(label=_("Why should this entry not be there?"), max_length=300)


class DayForm(PatientForm):
    """Something stated for a day: a review, or that no allergy is known."""

    day = DayField(label=_("On"))


class JoinForm(PatientForm):
    user_id = forms.TypedChoiceField(label=_("Person"), coerce=UUID)

    def __init__(self, *args: Any, staff: Named, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self, "user_id", staff)


class LeaveForm(PatientForm):
    user_id = forms.UUIDField(widget=forms.HiddenInput)


class TaskForm(PatientForm):
    text = forms.CharField(label=_("What is to be done"), max_length=300)
    due_on = DayField(label=_("By"))
    owner_id = forms.TypedChoiceField(label=_("Owner"), coerce=UUID, required=False, empty_value=None)

    def __init__(self, *args: Any, staff: Named, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self, "owner_id", staff, empty=_("Nobody yet"))


class FinishTaskForm(PatientForm):
    task_id = forms.UUIDField(widget=forms.HiddenInput)
