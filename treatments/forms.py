"""The forms of the plan: shape and cleaning of what is typed. They store nothing; `entry()` is for the service.

A gap is what the signature still waits for (plan_readiness.Gap): said at its field, and no mistake.

Every form carries the patient's id and refuses to be used for another one, so that two open tabs never write into the
wrong plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.terms import MEDICINE_UNITS
from treatments.agreement_form import AgreementForm
from treatments.form_fields import MOST_ROWS, AmountField, DayField, DosesField, OfPatient, name_rows, plain
from treatments.models import Override, OverrideReason, PlanItem
from treatments.plan_doses import DoseLimits, PlannedStep
from treatments.plan_form import PlanForm
from treatments.plan_readiness import Gap
from treatments.plan_record import ItemRecord
from treatments.rulebook import Agent
from treatments.services import ItemEntry, ReasonEntry

__all__ = ["AgreementForm", "FactForm", "ItemForm", "PlanForm", "ReasonForm", "StopForm"]

BLANK_STEPS = 2


class ItemForm(OfPatient):
    """Dates, owner, note and doses of one item: a row of fields for each step, and two empty rows.

    Without `agent.dosing` the rulebook has no dose, so unit and product are asked for. For what it leaves to
    specialists the name of who sets the dose may stand instead of the dose.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    starts_on = DayField(label=_("From"))
    stops_on = DayField(label=_("Until"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=500)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        item: ItemRecord,
        staff: Sequence[tuple[UUID, str]],
        agent: Agent | None = None,
        gaps: Iterable[Gap] = (),
        **options: Any,
    ) -> None:
        self.item = item
        options["initial"] = item_initial(item) | options.get("initial", {})
        options.setdefault("prefix", f"item-{item.ref_id}")
        super().__init__(data, **options)
        people = [(str(key), name) for key, name in staff]
        field = self.fields["owner"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Nobody yet")), *people]
        self.has_doses = item.kind == PlanItem.Kind.AGENT
        self.has_own_dose = self.has_doses and (agent is None or agent.dosing is None)
        if self.has_own_dose:
            self._ask_for_product()
        if agent is not None and (agent.is_for_specialists or item.dose_by):
            self.fields["dose_by"] = forms.CharField(
                label=_("Dose to be set by"),
                required=False,
                max_length=200,
                help_text=_("Instead of a dose: name and place of the specialist who sets it."),
            )
        self.rows = self._row_count(data) if self.has_doses else 0
        for row in range(self.rows):
            self.fields[f"day_{row}"] = forms.IntegerField(
                label=_("Day"),
                required=False,
                min_value=0,
                max_value=3650,
                widget=forms.TextInput(attrs={"inputmode": "numeric"}),
            )
            self.fields[f"dose_{row}"] = DosesField(label=_("Dose"), required=False, max_length=60)
            self.fields[f"times_{row}"] = AmountField(label=_("Times a day"), required=False, min_value=0, max_value=24)
        name_rows(self, self.rows, {"day": _("Step %d: day"), "dose": _("Step %d: dose"), "times": _("Step %d: times")})
        for row, step in enumerate(item.steps):
            doses = " + ".join(map(plain, step.doses)) if step.doses else plain(step.per_dose)
            shown = {"day": step.day, "dose": doses, "times": plain(step.times_per_day)}
            self.initial.update({f"{name}_{row}": value for name, value in shown.items()})
        if self.rows and not item.steps:
            self.initial["day_0"] = 0
        self.say_gaps(gap for gap in gaps if gap.ref_id == item.ref_id)

    def _ask_for_product(self) -> None:
        units = dict.fromkeys(("", *MEDICINE_UNITS, self.item.unit))
        self.fields["unit"] = forms.ChoiceField(
            label=_("Unit of the dose"), choices=[(unit, unit) for unit in units], required=False
        )
        self.fields["product"] = forms.CharField(
            label=_("Product"), required=False, max_length=200, help_text=_("Name, form and strength.")
        )

    def _row_count(self, data: Mapping[str, Any] | None) -> int:
        if data is None:
            return len(self.item.steps) + BLANK_STEPS
        given = 0
        while given < MOST_ROWS and self.add_prefix(f"day_{given}") in data:
            given += 1
        return given

    def step_rows(self) -> Iterator[tuple[Any, Any, Any, PlannedStep | None]]:
        """The three fields of each step, with the step as it is stored."""
        for row in range(self.rows):
            step = self.item.steps[row] if row < len(self.item.steps) else None
            yield self[f"day_{row}"], self[f"dose_{row}"], self[f"times_{row}"], step

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for row in range(self.rows):
            day, dose, times = (cleaned.get(f"{name}_{row}") for name in ("day", "dose", "times"))
            given = [value is not None for value in (day, dose, times)]
            if dose is not None and not all(given) and not self.errors.keys() & {f"day_{row}", f"times_{row}"}:
                self.add_error(f"dose_{row}", _("A step needs a day, a dose and how often a day."))
            elif dose is not None and len(dose) > 1 and len(dose) != times:
                self.add_error(f"times_{row}", _("So many doses are written: %(n)d.") % {"n": len(dose)})
        return cleaned

    def entry(self) -> ItemEntry:
        """What was entered; a row without a dose is no step."""
        kept = self.cleaned_data
        steps = [
            (_step(kept[f"day_{row}"], kept[f"dose_{row}"], kept[f"times_{row}"]), row)
            for row in range(self.rows)
            if kept.get(f"dose_{row}") is not None
        ]
        steps.sort(key=lambda entered: entered[0].day)
        return ItemEntry(
            starts_on=kept["starts_on"],
            stops_on=kept["stops_on"],
            owner_id=UUID(kept["owner"]) if kept["owner"] else None,
            steps=tuple(step for step, _row in steps),
            rows=tuple(row for _planned, row in steps),
            note=kept["note"],
            unit=kept.get("unit", ""),
            product=kept.get("product", ""),
            dose_by=kept.get("dose_by", ""),
        )


def _step(day: int, doses: tuple[float, ...], times: float) -> PlannedStep:
    return PlannedStep.of_doses(day, doses) if len(doses) > 1 else PlannedStep(day, doses[0], times)


def item_initial(item: ItemRecord) -> dict[str, Any]:
    """What stands in the form of a stored item."""
    return {
        "version": item.version,
        "starts_on": item.starts_on,
        "stops_on": item.stops_on,
        "owner": str(item.owner_id or ""),
        "note": item.note,
        "unit": item.unit,
        "product": item.product,
        "dose_by": item.dose_by,
    }


_R = OverrideReason
# What can be said about anything, and what fits one kind of need only.
_ALWAYS = (_R.BENEFIT, _R.NO_ALTERNATIVE, _R.PATIENT_CHOICE, _R.SPECIALIST, _R.WILL_MONITOR, _R.DOES_NOT_APPLY)
_ALSO: Mapping[str, Sequence[OverrideReason]] = {
    Override.Kind.EXCLUDED: (_R.TOLERATED,),
    Override.Kind.INTERACTION: (_R.TOLERATED,),
    Override.Kind.DOSE: (_R.TOLERATED,),
    Override.Kind.NOT_RECOMMENDED: (_R.TOLERATED,),
    Override.Kind.NEEDS_DATA: (_R.KNOWN_ELSEWHERE, _R.TOLERATED),
    Override.Kind.ALERT: (_R.HANDLED, _R.TOLERATED),
}
# What the record warns of whatever is chosen.
_ABOUT_ALERT = (_R.HANDLED, _R.SPECIALIST, _R.WILL_MONITOR, _R.DOES_NOT_APPLY)


class ReasonForm(OfPatient):
    """A coded reason against the rules with words; a promise to monitor names test, day and owner.

    `tests` are the tests to choose from, those of the item first; `staff` who may see to it. `is_of_record`: it is
    about an alert that the record raises whatever is chosen.
    """

    covers = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.ChoiceField(label=_("Reason"), choices=Override.Reason, widget=forms.RadioSelect)
    text = forms.CharField(label=_("In words"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    monitor_test = forms.ChoiceField(
        label=_("What is checked"),
        required=False,
        help_text=_("For “will monitor”: the signature makes a task of test, day and owner."),
    )
    monitor_on = DayField(label=_("Check on"), required=False)
    monitor_owner = forms.ChoiceField(label=_("Who sees to it"), required=False)

    def __init__(
        self,
        *args: Any,
        kind: str,
        is_of_record: bool = False,
        tests: Sequence[Any] = (),
        staff: Sequence[tuple[UUID, str]] = (),
        limits: DoseLimits | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        if limits is not None:
            self._ask_up_to_which_dose(limits)
        offered = _ABOUT_ALERT if is_of_record else (*_ALSO.get(kind, ()), *_ALWAYS)
        self._choices("reason", [(reason.value, reason.label) for reason in offered])
        self._choices("monitor_test", [("", "–"), *tests])
        self._choices("monitor_owner", [("", "–"), *((str(key), name) for key, name in staff)])

    def _ask_up_to_which_dose(self, limits: DoseLimits) -> None:
        """A reason is one for a dose, not for whatever is entered later."""
        labels = {"first_up_to": _("First dose of a day, up to"), "up_to": _("Dose of a day, up to")}
        widest = {"first_up_to": limits.start_per_day, "up_to": limits.max_per_day}
        asked = {
            name: AmountField(
                label=label,
                required=False,
                min_value=0,
                help_text=_("Without a reason at most %(most)s.") % {"most": f"{widest[name]:g} {limits.unit}"},
            )
            for name, label in labels.items()
            if widest[name] is not None
        }
        self.fields = {"patient_id": self.fields["patient_id"], **asked, **self.fields}

    def _choices(self, name: str, choices: Sequence[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def entry(self, kind: str, subject: str = "") -> ReasonEntry:
        """What was entered about this need."""
        kept = self.cleaned_data
        return ReasonEntry(
            kind=kind,
            subject=subject,
            covers=frozenset(kept["covers"].splitlines()),  # A browser sends each line end of a form as CR and LF.
            reason=kept["reason"],
            text=kept["text"],
            monitor_on=kept["monitor_on"],
            monitor_test=kept["monitor_test"],
            monitor_owner_id=UUID(kept["monitor_owner"]) if kept["monitor_owner"] else None,
            first_up_to=kept.get("first_up_to"),
            up_to=kept.get("up_to"),
        )


class StopForm(OfPatient):
    """Why a signed plan ends."""

    reason = forms.CharField(label=_("Why is the plan stopped?"), max_length=300)


class FactForm(OfPatient):
    """One missing value: what is asked for depends on the fact; see treatments.presenters.Entry."""

    answer = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no"), ("unknown", "unknown")], required=False)
    value = forms.CharField(required=False, max_length=20)
    unit = forms.CharField(required=False, max_length=20)
    code = forms.CharField(required=False, max_length=80)
    measured_on = DayField(required=False)
