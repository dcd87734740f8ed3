"""What every form of the plan is made of: days, numbers, and the patient whom a form is about."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from treatments.plan_readiness import Gap

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


_OVERRIDES = "\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}"


class ShortTextField(forms.CharField):
    """A few lines in somebody's own words.

    Signs that nobody sees are left out: those that no font has, and those that turn the order of letters and digits
    around against their script, for a dose must not be read backwards. All lines end alike.
    """

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        unseen = (each for each in lines if each != "\n" and unicodedata.category(each) == "Cc")
        return lines.translate(dict.fromkeys(map(ord, (*unseen, *_OVERRIDES))))


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

    def told(self) -> list[dict[str, str]]:
        """What is wrong, for a page that saves while it is filled in: the name of the field in the page, and why."""
        return [
            {"field": self[name].html_name if name in self.fields else "", "problem": " ".join(map(str, words))}
            for name, words in self.errors.items()
        ]

    def blame(self, problems: Iterable[tuple[str, str]]) -> None:
        """Put what the service refused beside the fields it is about."""
        for field, sentence in problems:
            self.add_error(field if field in self.fields else None, sentence)


def name_rows(form: forms.Form, rows: int, names: Mapping[str, Any]) -> None:
    """Fields in a table have no label of their own to see; they are named for readers of the screen."""
    for row in range(rows):
        for name, words in names.items():
            form.fields[f"{name}_{row}"].widget.attrs["aria-label"] = words % (row + 1)


def plain(value: float) -> str:
    """A number as it is typed."""
    return f"{value:g}"
