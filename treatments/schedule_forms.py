"""The forms about courses in time: moving an item, stepping down, switching, taking out. They store nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.terms import MEDICINE_UNITS
from treatments.courses import HandTaper, SwitchEntry, TaperEntry
from treatments.form_fields import AmountField, DayField, OfPatient, name_rows
from treatments.schedules import Pace
from treatments.services import Move

# So many steps can be written by hand at once.
HAND_ROWS = 8
PACES: Mapping[Pace, Any] = {
    Pace.USUAL: _("Usual"),
    Pace.SLOWER: _("Slower"),
    Pace.FASTER: _("Faster"),
}
_NUMBER = {"inputmode": "numeric"}
WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)


class MoveForm(OfPatient):
    """One change of an item in time; which one is said by the button."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    move = forms.ChoiceField(choices=[(name, name) for name in ("pause", "step_back", "slower", "weekday")])
    day = DayField(required=False)
    amount = forms.IntegerField(required=False, min_value=0, max_value=400)

    def entry(self, today: Any) -> Move:
        """What was chosen; without a day it is from today on."""
        kept = self.cleaned_data
        return Move(kind=kept["move"], day=kept["day"] or today, amount=kept["amount"] or 0)


class TaperForm(OfPatient):
    """From which dose, from when and how fast."""

    per_day = AmountField(label=_("Dose a day now"), min_value=0)
    times = forms.IntegerField(
        label=_("in so many doses a day"), min_value=1, max_value=4, widget=forms.TextInput(attrs=_NUMBER)
    )
    starts_on = DayField(label=_("First lower dose on"))
    used_since = DayField(
        label=_("Taken since"),
        required=False,
        help_text=_("After long use, and where this is not known, the slower pace is proposed where there is one."),
    )
    pace = forms.ChoiceField(label=_("Pace"), required=False)

    def __init__(self, *args: Any, paces: Sequence[Pace], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["pace"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("As proposed")), *((pace.value, PACES[pace]) for pace in paces)]

    def _common(self) -> dict[str, Any]:
        kept = self.cleaned_data
        since = kept["used_since"]
        return {
            "per_day": kept["per_day"],
            "times": kept["times"],
            "starts_on": kept["starts_on"],
            "pace": Pace(kept["pace"]) if kept["pace"] else None,
            "used_days": (kept["starts_on"] - since).days if since else None,
        }

    def entry(self) -> TaperEntry:
        """What was entered."""
        return TaperEntry(**self._common())


class HandTaperForm(OfPatient):
    """A way down that somebody writes, for a medicine of which the rulebook has no pace or no products."""

    per_day = AmountField(label=_("Dose a day now"), min_value=0)
    unit = forms.ChoiceField(label=_("Unit of the dose"))
    ends_on = DayField(label=_("First day without it"))

    def __init__(self, *args: Any, unit: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        units = [unit] if unit else ["", *MEDICINE_UNITS]
        field.choices = [(name, name or "–") for name in units]
        for row in range(HAND_ROWS):
            self.fields[f"day_{row}"] = DayField(label=_("From"), required=False)
            self.fields[f"dose_{row}"] = AmountField(label=_("Dose a day"), required=False, min_value=0)
            self.fields[f"times_{row}"] = forms.IntegerField(
                label=_("in so many doses"), required=False, min_value=1, max_value=4,
                widget=forms.TextInput(attrs=_NUMBER),
            )  # fmt: skip
        names = {"day": _("Step %d: day"), "dose": _("Step %d: dose a day"), "times": _("Step %d: doses a day")}
        name_rows(self, HAND_ROWS, names)

    def rows(self) -> Iterator[Any]:
        """The three fields of each step."""
        for row in range(HAND_ROWS):
            yield tuple(self[f"{name}_{row}"] for name in ("day", "dose", "times"))

    def head(self) -> list[Any]:
        """The fields before the steps."""
        return [self["per_day"], self["unit"]]

    def clean(self) -> None:
        """A step is entered whole, and no row is left out between two steps."""
        last = -1
        for row in range(HAND_ROWS):
            day, dose = (self.cleaned_data.get(f"{name}_{row}") for name in ("day", "dose"))
            if day is None and dose is None:
                continue
            for name, value in (("day", day), ("dose", dose)):
                if value is None and f"{name}_{row}" not in self.errors:
                    self.add_error(f"{name}_{row}", _("Enter day and dose of this step."))
            if row > last + 1:
                self.add_error(f"day_{last + 1}", _("A row is empty before the next step."))
            last = row

    def entry(self) -> HandTaper:
        """What was entered, row by row."""
        kept = self.cleaned_data
        steps = tuple(
            (kept[f"day_{row}"], kept[f"dose_{row}"], kept[f"times_{row}"] or 1)
            for row in range(HAND_ROWS)
            if kept.get(f"day_{row}") is not None
        )
        return HandTaper(per_day=kept["per_day"], unit=kept["unit"], steps=steps, ends_on=kept["ends_on"])


class SwitchForm(TaperForm):
    """The old medicine as for a taper, and what it is replaced by."""

    new = forms.ChoiceField(label=_("Switch to"))
    overlap_days = forms.IntegerField(
        label=_("Days on both before the old dose falls"),
        required=False,
        min_value=0,
        max_value=60,
        widget=forms.TextInput(attrs=_NUMBER),
    )
    washout_days = forms.IntegerField(
        label=_("Days without either in between"),
        required=False,
        min_value=0,
        max_value=90,
        widget=forms.TextInput(attrs=_NUMBER),
        help_text=_("Asked for where the two must not be taken together."),
    )
    field_order = ("new", "per_day", "times", "starts_on", "used_since", "pace", "overlap_days", "washout_days")

    def __init__(self, *args: Any, choices: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["starts_on"].label = _("The switch begins on")
        field = self.fields["new"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *choices]

    def entry(self) -> SwitchEntry:
        """What was entered."""
        kept = self.cleaned_data
        return SwitchEntry(
            new=kept["new"],
            overlap_days=kept["overlap_days"] or 0,
            washout_days=kept["washout_days"],
            **self._common(),
        )


class TakeOutForm(OfPatient):
    """Why a medicine that must be tapered leaves the plan without a taper."""

    code = forms.ChoiceField(
        label=_("Why it leaves the plan"),
        choices=[
            ("goes_on", _("It goes on as before, outside this plan")),
            ("never_begun", _("It was never begun")),
            ("ended", _("It has been tapered and stopped")),
            ("stop_now", _("It has to stop at once")),
        ],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(label=_("In words"), max_length=300)
