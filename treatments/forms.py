"""The forms of the plan: shape and cleaning of what is typed. They store nothing; `entry()` is for the service.

A gap is what the signature still waits for (plan_readiness.Gap): said at its field, and no mistake.

Every form carries the patient's id and refuses to be used for another one, so that two open tabs never write into the
wrong plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.terms import MEDICINE_UNITS
from rules import english
from treatments.models import FollowUpDate, Goal, NoGoal, Override, PlanItem
from treatments.plan_doses import PlannedStep
from treatments.plan_readiness import Gap
from treatments.plan_record import FollowUpRecord, GoalRecord, ItemRecord, PlanRecord
from treatments.rulebook import Agent, GoalTemplate
from treatments.services import ItemEntry, PlanEntry, ReasonEntry

BLANK_STEPS = 2
BLANK_DATES = 2
MOST_ROWS = 60


class DayField(forms.DateField):
    """A typed day, year first; the browser's calendar helps where there is one."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"], **options)


class AmountField(forms.FloatField):
    """A number that may be written with a comma."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]  # the stubs take it for a whole number
        return super().to_python(str(value).replace(",", ".") if value not in self.empty_values else value)


class DosesField(forms.CharField):
    """One dose, or those of a day that differ: "75" or "75 + 150", as a tuple of numbers."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> tuple[float, ...] | None:  # type: ignore[override]  # the stubs know text only
        if value in self.empty_values:
            return None
        amount = AmountField(min_value=0)
        return tuple(dose for part in str(value).split("+") if (dose := amount.clean(part.strip())) is not None)


class OfPatient(forms.Form):
    """A form about one patient."""

    patient_id = forms.UUIDField(widget=forms.HiddenInput)
    gaps: Mapping[str, str] = MappingProxyType({})

    def __init__(self, *args: Any, patient_id: UUID, **options: Any) -> None:
        self.expected = patient_id
        options["initial"] = {"patient_id": patient_id} | options.get("initial", {})
        super().__init__(*args, **options)

    def clean_patient_id(self) -> UUID:
        given: UUID = self.cleaned_data["patient_id"]
        if given != self.expected:
            raise forms.ValidationError(_("This form belongs to another patient. Open the plan again."))
        return given

    def say_gaps(self, gaps: Iterable[Gap]) -> None:
        """Keep what is missing by field, for the page to say there, and tell readers of the screen."""
        self.gaps = {gap.field: gap.text for gap in gaps if gap.field in self.fields}
        for name in self.gaps:
            self.fields[name].widget.attrs["aria-describedby"] = self.gap_id(name)

    def gap_id(self, name: str) -> str:
        """The id of the words about what is missing in a field."""
        return f"{self[name].auto_id}_gap"

    def blame(self, problems: Iterable[tuple[str, str]]) -> None:
        """Put what the service refused beside the fields it is about."""
        for field, sentence in problems:
            self.add_error(field if field in self.fields else None, sentence)


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
        _name_rows(
            self, self.rows, {"day": _("Step %d: day"), "dose": _("Step %d: dose"), "times": _("Step %d: times")}
        )
        for row, step in enumerate(item.steps):
            doses = " + ".join(map(_plain, step.doses)) if step.doses else _plain(step.per_dose)
            shown = {"day": step.day, "dose": doses, "times": _plain(step.times_per_day)}
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


def _name_rows(form: forms.Form, rows: int, names: Mapping[str, Any]) -> None:
    """Fields in a table have no label of their own to see; they are named for readers of the screen."""
    for row in range(rows):
        for name, words in names.items():
            form.fields[f"{name}_{row}"].widget.attrs["aria-label"] = words % (row + 1)


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


class PlanForm(OfPatient):
    """Goals (or why there is none), follow-up dates and note; two empty rows for further dates.

    A goal that is chosen without words of its own gets those of the rulebook with the target filled in.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    goal_template = forms.ChoiceField(label=_("A goal to begin with"), required=False)
    function_words = forms.CharField(
        label=_("What the patient wants to do"),
        required=False,
        max_length=300,
        help_text=_("In the patient's own words: “walk to the shop without stopping”."),
    )
    goal_amount = AmountField(label=_("Target"), required=False)
    goal_unit = forms.CharField(label=_("Unit"), required=False, max_length=40)
    goal_measure = forms.CharField(
        label=_("What is counted"), required=False, max_length=200, help_text=_("“minutes of one walk without a stop”")
    )
    pain_target = forms.IntegerField(
        label=_("Average pain, at most"),
        required=False,
        min_value=0,
        max_value=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-unit": _("of 10")}),
    )
    goal_by = DayField(label=_("By"), required=False)
    no_goal = forms.ChoiceField(
        label=_("Without a goal"), required=False, choices=[("", _("There is a goal")), *NoGoal.choices]
    )
    no_goal_text = forms.CharField(label=_("Why, in words"), required=False, max_length=300)
    note = forms.CharField(label=_("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        plan: PlanRecord,
        templates: Sequence[GoalTemplate] = (),
        gaps: Iterable[Gap] = (),
        **options: Any,
    ) -> None:
        self.plan = plan
        self.templates = {template.id: template for template in templates}
        options["initial"] = plan_initial(plan) | options.get("initial", {})
        options.setdefault("prefix", "plan")
        super().__init__(data, **options)
        field = self.fields["goal_template"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _goal_choices(templates, str(self.initial["goal_template"]))
        self.rows = self._row_count(data)
        for row in range(self.rows):
            self.fields[f"date_{row}"] = DayField(label=_("Day"), required=False)
            self.fields[f"kind_{row}"] = forms.ChoiceField(
                label=_("Kind"), choices=FollowUpDate.Kind, required=False, initial=FollowUpDate.Kind.REVIEW
            )
            self.fields[f"text_{row}"] = forms.CharField(label=_("What for"), required=False, max_length=300)
        _name_rows(self, self.rows, {"date": _("Date %d"), "kind": _("Date %d: kind"), "text": _("Date %d: what for")})
        for row, due in enumerate(plan.dates):
            self.initial.update({f"date_{row}": due.due_on, f"kind_{row}": due.kind, f"text_{row}": due.text})
        self.say_gaps(gap for gap in gaps if not gap.ref_id)

    def _row_count(self, data: Mapping[str, Any] | None) -> int:
        if data is None:
            return len(self.plan.dates) + BLANK_DATES
        given = 0
        while given < MOST_ROWS and self.add_prefix(f"date_{given}") in data:
            given += 1
        return given

    def date_rows(self) -> Iterator[tuple[Any, Any, Any]]:
        """The three fields of each date."""
        for row in range(self.rows):
            yield self[f"date_{row}"], self[f"kind_{row}"], self[f"text_{row}"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        template = self.templates.get(cleaned.get("goal_template", ""))
        if template is None:
            self._refuse_goal_without_words(cleaned)
            return cleaned
        cleaned["goal_measure"] = cleaned.get("goal_measure") or template.measure
        cleaned["goal_unit"] = cleaned.get("goal_unit") or template.unit
        if not cleaned.get("function_words"):
            cleaned["function_words"] = template.filled(cleaned.get("goal_amount"))
        if "{" in cleaned["function_words"]:
            # Shown with what was chosen, so that only the places between braces are left to fill in.
            self.data = dict(self.data.items()) | {self.add_prefix("function_words"): cleaned["function_words"]}
            self.add_error("function_words", _("Put the patient's own words where the braces are."))
        return cleaned

    def _refuse_goal_without_words(self, cleaned: Mapping[str, Any]) -> None:
        """A measure or a day alone is no goal, and would be dropped."""
        is_measured = any(cleaned.get(f"goal_{part}") not in (None, "") for part in ("amount", "unit", "measure"))
        is_dated = cleaned.get("goal_by") is not None and cleaned.get("pain_target") is None
        if (is_measured or is_dated) and not cleaned.get("function_words") and not self.errors.keys() & {"pain_target"}:
            self.add_error("function_words", _("Say what the patient wants to do, or empty measure, target and day."))

    def entry(self) -> PlanEntry:
        """What was entered; a row without a day is no date. A date that was proposed keeps the source that asked."""
        kept = self.cleaned_data
        asked = {(due.kind, due.text): due.source for due in self.plan.dates}
        dates = [
            FollowUpRecord(
                kept[f"date_{row}"],
                kind := kept.get(f"kind_{row}") or FollowUpDate.Kind.REVIEW.value,
                text := kept.get(f"text_{row}") or "",
                asked.get((kind, text), "plan"),
            )
            for row in range(self.rows)
            if kept.get(f"date_{row}")
        ]
        goals = (
            GoalRecord(
                Goal.Kind.FUNCTION,
                kept["function_words"],
                None,
                kept["goal_by"],
                kept["goal_template"],
                kept["goal_measure"],
                kept["goal_amount"],
                kept["goal_unit"],
            ),
            GoalRecord(Goal.Kind.PAIN, "", kept["pain_target"], kept["goal_by"]),
        )
        return PlanEntry(
            goals=goals,
            dates=tuple(dates),
            note=kept["note"],
            no_goal=kept["no_goal"],
            no_goal_text=kept["no_goal_text"],
        )


def _goal_choices(templates: Iterable[GoalTemplate], chosen: str) -> list[Any]:
    """The goals of the rulebook by domain; one that was chosen and is gone from it stays."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for template in templates:
        groups.setdefault(english.words(template.domain).capitalize(), []).append((template.id, template.words))
    known = {key for group in groups.values() for key, _words in group}
    kept = [(chosen, chosen)] if chosen and chosen not in known else []
    return [("", _("Own words")), *kept, *groups.items()]


def plan_initial(plan: PlanRecord) -> dict[str, Any]:
    """What stands in the form of a stored plan."""
    function, pain = plan.goals.get(Goal.Kind.FUNCTION), plan.goals.get(Goal.Kind.PAIN)
    return {
        "version": plan.version,
        "function_words": function.words if function else "",
        "goal_template": function.template if function else "",
        "goal_measure": function.measure if function else "",
        "goal_amount": _plain(function.amount) if function and function.amount is not None else None,
        "goal_unit": function.unit if function else "",
        "pain_target": pain.target if pain else None,
        "goal_by": next((goal.by for goal in (function, pain) if goal and goal.by), None),
        "no_goal": plan.no_goal,
        "no_goal_text": plan.no_goal_text,
        "note": plan.note,
    }


_R = Override.Reason
# What can be said about anything, and what fits one kind of need only.
_ALWAYS = (_R.BENEFIT, _R.NO_ALTERNATIVE, _R.PATIENT_CHOICE, _R.SPECIALIST, _R.WILL_MONITOR, _R.DOES_NOT_APPLY)
_ALSO: Mapping[str, Sequence[Override.Reason]] = {
    Override.Kind.EXCLUDED: (_R.TOLERATED,),
    Override.Kind.INTERACTION: (_R.TOLERATED,),
    Override.Kind.DOSE: (_R.TOLERATED,),
    Override.Kind.NOT_RECOMMENDED: (_R.TOLERATED,),
    Override.Kind.NEEDS_DATA: (_R.KNOWN_ELSEWHERE, _R.TOLERATED),
}
_ABOUT_ALERT = (_R.HANDLED, _R.SPECIALIST, _R.WILL_MONITOR, _R.DOES_NOT_APPLY)


class ReasonForm(OfPatient):
    """A coded reason against the rules with words; a promise to monitor names its day."""

    covers = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.ChoiceField(label=_("Reason"), choices=Override.Reason, widget=forms.RadioSelect)
    text = forms.CharField(label=_("In words"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    monitor_on = DayField(
        label=_("Check on"), required=False, help_text=_("Needed for “will monitor”: a task is made for that day.")
    )

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        offered = _ABOUT_ALERT if kind == Override.Kind.ALERT else (*_ALSO.get(kind, ()), *_ALWAYS)
        field.choices = [(reason.value, reason.label) for reason in offered]

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


def _plain(value: float) -> str:
    return f"{value:g}"
