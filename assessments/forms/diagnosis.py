"""Causes, certainty and the tests that confirm them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.definitions import Laboratory, PainCondition, Test
from assessments.entries import CausesEntry, DiagnosticsEntry, Entry, GradingEntry
from assessments.forms.fields import Text, day, number_text, three_way, word
from assessments.forms.section import SectionForm, texts_of
from assessments.models import DiagnosticTest
from assessments.record import DiagnosticRecord

# A value has at most four decimals and eight digits before them.
LARGEST_VALUE = 99_999_999


class GradingForm(SectionForm):
    """The four criteria of the certainty grading."""

    LABELS: ClassVar[Mapping[str, Text]] = {
        "c1_history": _("1. History fits"),
        "c2_distribution": _("2. Distribution fits"),
        "c3_signs": _("3. Sensory signs in the same area"),
        "c4_test": _("4. Test confirms a lesion"),
    }

    def build(self) -> None:
        for criterion in self.content.grading.criteria:
            choices = [(value, word(value)) for value in criterion.values]
            self.fields[criterion.id] = forms.ChoiceField(
                label=self.LABELS[criterion.id],
                help_text=criterion.question,
                choices=choices,
                required=False,
                initial=criterion.values[-1],
                widget=forms.RadioSelect(attrs={"data-segmented": ""}),
            )

    def stored(self) -> Mapping[str, Sequence[str]]:
        return texts_of(self.record.grading)

    def entry(self) -> Entry:
        return GradingEntry({c.id: self.value(c.id) for c in self.content.grading.criteria if self.value(c.id)})


@dataclass(frozen=True, slots=True)
class TestRow:
    """One confirmatory test with its fields. `asked_by` are the stated causes that it would confirm."""

    test: Test
    result: forms.BoundField
    date: forms.BoundField
    side: forms.BoundField
    value: forms.BoundField
    unit: forms.BoundField
    finding: forms.BoundField
    asked_by: tuple[str, ...]

    @property
    def is_filled(self) -> bool:
        return bool(self.result.value())


@dataclass(frozen=True, slots=True)
class LaboratoryRow:
    """One laboratory test that a stated cause asks for, and which causes they are."""

    lab: Laboratory
    asked_by: tuple[str, ...]


class DiagnosticsForm(SectionForm):
    """Confirmatory tests: result, date, side and what it showed."""

    RESULTS: ClassVar = [("", _("Not done")), *DiagnosticTest.Result.choices]
    SIDES: ClassVar = [("", _("No side")), *DiagnosticTest.Side.choices]

    def build(self) -> None:
        wrong = _("Enter a number, for example 3.5.")
        for test in self.content.tests.values():
            self.fields[test.id] = forms.ChoiceField(label=_("Result"), choices=self.RESULTS, required=False)
            self.fields[f"{test.id}-date"] = day(_("Date"))
            self.fields[f"{test.id}-side"] = forms.ChoiceField(label=_("Side"), choices=self.SIDES, required=False)
            self.fields[f"{test.id}-value"] = forms.FloatField(
                label=_("Value"),
                required=False,
                min_value=-LARGEST_VALUE,
                max_value=LARGEST_VALUE,
                error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
                widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 7, "autocomplete": "off"}),
            )
            self.fields[f"{test.id}-unit"] = forms.CharField(
                label=_("Unit"), required=False, max_length=20, widget=forms.TextInput(attrs={"size": 7})
            )
            self.fields[f"{test.id}-finding"] = forms.CharField(
                label=_("What it showed"), required=False, max_length=500
            )

    def clean(self) -> dict[str, Any]:
        """A result is not dated after the assessment, and what was found needs its result."""
        for test in self.content.tests:
            done_on = self.cleaned_data.get(f"{test}-date")
            if done_on is not None and done_on > self.record.assessed_on:
                self.add_error(f"{test}-date", _("This is after the assessment."))
            if not self.cleaned_data.get(test) and test not in self.errors and self._is_described(test):
                self.add_error(test, _("Choose a result, or empty what stands beside it."))
        return self.cleaned_data

    def _is_described(self, test: str) -> bool:
        parts = (self.cleaned_data.get(f"{test}-{part}") for part in ("date", "side", "value", "unit", "finding"))
        return any(part not in (None, "") for part in parts)

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for test in self.record.tests:
            texts |= {
                test.id: [test.result],
                f"{test.id}-date": [test.done_on.isoformat() if test.done_on else ""],
                f"{test.id}-side": [test.side],
                f"{test.id}-value": [number_text(test.value)],
                f"{test.id}-unit": [test.unit],
                f"{test.id}-finding": [test.finding],
            }
        return texts

    def _asked(self, wanted: Callable[[PainCondition], tuple[str, ...]], of: str) -> tuple[str, ...]:
        """The stated causes that ask for a test."""
        stated = (self.content.conditions[code] for code, answer in self.record.conditions.items() if answer == "yes")
        return tuple(condition.name for condition in stated if of in wanted(condition))

    def rows(self) -> list[TestRow]:
        """Each test with its fields; those that were done or that a stated cause asks for come first."""
        found = [
            TestRow(
                test,
                self[test.id],
                self[f"{test.id}-date"],
                self[f"{test.id}-side"],
                self[f"{test.id}-value"],
                self[f"{test.id}-unit"],
                self[f"{test.id}-finding"],
                self._asked(lambda condition: condition.confirm, test.id),
            )
            for test in self.content.tests.values()
        ]
        return sorted(found, key=lambda row: not (row.is_filled or row.asked_by))

    def laboratory(self) -> list[LaboratoryRow]:
        """Laboratory tests that the stated causes ask for; their results are measurements of the record."""
        rows = [
            LaboratoryRow(lab, self._asked(lambda condition: condition.labs, lab.id))
            for lab in self.content.labs.values()
        ]
        return [row for row in rows if row.asked_by]

    def entry(self) -> Entry:
        return DiagnosticsEntry(
            tuple(
                DiagnosticRecord(
                    test,
                    self.value(test),
                    self.value(f"{test}-date"),
                    self.value(f"{test}-side") or "",
                    self.value(f"{test}-value"),
                    self.value(f"{test}-unit") or "",
                    self.value(f"{test}-finding") or "",
                )
                for test in self.content.tests
                if self.value(test)
            )
        )


class CausesForm(SectionForm):
    """Causes of the pain."""

    def questions(self) -> list[forms.BoundField]:
        return [self[code] for code in self.content.conditions]

    def build(self) -> None:
        for condition in self.content.conditions.values():
            self.fields[condition.id] = three_way(condition.name, condition.distribution_text)

    def stored(self) -> Mapping[str, Sequence[str]]:
        return texts_of(self.record.conditions)

    def entry(self) -> Entry:
        return CausesEntry({code: answer for code in self.content.conditions if (answer := self.answer(code))})
