"""Causes, certainty and the tests that confirm them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.entries import CausesEntry, DiagnosticsEntry, Entry, GradingEntry
from assessments.forms.fields import Text, day, three_way, word
from assessments.forms.section import SectionForm, texts_of
from assessments.models import DiagnosticTest
from assessments.record import DiagnosticRecord


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


class DiagnosticsForm(SectionForm):
    """Confirmatory tests: result and date."""

    RESULTS: ClassVar = [("", _("Not done")), *DiagnosticTest.Result.choices]

    def build(self) -> None:
        for test in self.content.tests.values():
            self.fields[test.id] = forms.ChoiceField(label=test.name, choices=self.RESULTS, required=False)
            self.fields[f"{test.id}-date"] = day(_("Date"))

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for test in self.record.tests:
            texts |= {test.id: [test.result], f"{test.id}-date": [test.done_on.isoformat() if test.done_on else ""]}
        return texts

    def rows(self) -> list[tuple[Any, forms.BoundField, forms.BoundField]]:
        """Each test with its two fields."""
        return [(test, self[test.id], self[f"{test.id}-date"]) for test in self.content.tests.values()]

    def entry(self) -> Entry:
        return DiagnosticsEntry(
            tuple(
                DiagnosticRecord(test, self.value(test), self.value(f"{test}-date"))
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
