"""Health as the rules ask about it, wishes and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.entries import Entry, HealthEntry, WishesEntry
from assessments.forms.fields import UNKNOWN, Text, three_way
from assessments.forms.section import SectionForm, texts_of


class HealthForm(SectionForm):
    """Conditions, states and findings that rules ask about; what the record says is chosen already."""

    problem_list_reviewed = forms.BooleanField(
        label=_("I have gone through the whole problem list with the patient"),
        help_text=_("What is not on it then counts as absent, where that may be said."),
        required=False,
    )
    KINDS: ClassVar[Sequence[tuple[str, Text]]] = (
        ("comorbidity", _("Other conditions")),
        ("state", _("State now")),
        ("history", _("History")),
        ("finding", _("Findings")),
        ("exam", _("Examination")),
        ("genetic", _("Genetics")),
        ("social", _("Life and work")),
        ("device", _("Devices and implants")),
    )

    def asked(self) -> list[str]:
        """Concepts that a person is asked about; those that the medicine or allergy list settles are not."""
        settled = {"medication_list", "allergy_list"}
        return [c.id for c in self.content.concepts.values() if not settled & set(c.closed_by)]

    def build(self) -> None:
        for code in self.asked():
            concept = self.content.concepts[code]
            self.fields[f"concept-{code}"] = three_way(concept.label, self.on_file.concept_notes.get(code, ""))

    def groups(self) -> list[tuple[str, Text, list[forms.BoundField], int]]:
        """The questions by kind: id, label, fields, how many of them are answered."""
        found = []
        for kind, label in self.KINDS:
            codes = [code for code in self.asked() if self.content.concepts[code].kind == kind]
            answered = sum(bool(self.answer(f"concept-{code}")) for code in codes)
            if codes:
                found.append((kind, label, [self[f"concept-{code}"] for code in codes], answered))
        return found

    def stored(self) -> Mapping[str, Sequence[str]]:
        answers = {**self.on_file.concepts, **self.record.concepts}
        reviewed = {"problem_list_reviewed": ["on"]} if self.record.problem_list_reviewed else {}
        return {**texts_of(answers, "concept-"), **reviewed}

    def entry(self) -> Entry:
        answers = {}
        for code in self.asked():
            answer = self.answer(f"concept-{code}")
            if answer or self.on_file.concepts.get(code) in ("yes", "no"):
                answers[code] = answer or UNKNOWN
        return HealthEntry(answers, bool(self.value("problem_list_reviewed")))


class WishesForm(SectionForm):
    """What the patient wants or avoids, and notes."""

    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 5})
    )

    def build(self) -> None:
        self.fields["wishes"] = forms.MultipleChoiceField(
            label=_("What matters to the patient"),
            required=False,
            choices=[(choice.id, choice.label) for choice in self.content.preferences],
            widget=forms.CheckboxSelectMultiple,
        )
        self.order_fields(["version", "wishes", "notes"])

    def stored(self) -> Mapping[str, Sequence[str]]:
        if self.section in self.record.sections:
            wanted: Iterable[str] = (code for code, answer in self.record.preferences.items() if answer == "yes")
        else:
            wanted = self.on_file.preferences
        return {"wishes": sorted(wanted), "notes": [self.record.notes]}

    def entry(self) -> Entry:
        return WishesEntry(dict.fromkeys(self.value("wishes") or (), "yes"), self.value("notes") or "")
