"""One questionnaire of the list: its own questions, or the figures of a form that was filled in elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.definitions import EntryField, Instrument
from assessments.entries import Entry, ScoreEntry, score_instrument
from assessments.forms.fields import UNKNOWN, Text, day, number_text, three_way
from assessments.forms.instruments import item_field, one_of, read_answers, stored_answers
from assessments.forms.section import SectionForm

TAKEN_ON = "taken_on"
# What a figure may be at most where its form names no limit (the column holds four digits and two decimals).
LARGEST = 9999


@dataclass(frozen=True, slots=True)
class GoalFields:
    """One personal goal: its words, its weights, and how far it was reached."""

    number: int
    words: forms.BoundField
    importance: forms.BoundField
    difficulty: forms.BoundField
    level: forms.BoundField


class ScoreForm(SectionForm):
    """The instrument that the section names. What the licence forbids to print is entered as figures."""

    @property
    def instrument(self) -> Instrument:
        return self.content.instruments[score_instrument(self.section) or ""]

    def build(self) -> None:
        instrument = self.instrument
        if instrument.takes_answers:
            for item in instrument.items:
                self.fields[item.id] = item_field(instrument, item)
        for entry in instrument.entry_fields:
            self.fields[entry.id] = _figure(entry, is_whole=instrument.total_is_whole)
        self._build_goals()
        self.fields[TAKEN_ON] = day(_("Filled in on"))
        self.fields[TAKEN_ON].initial = self.record.assessed_on.isoformat()

    def _build_goals(self) -> None:
        limits = self.instrument.goal_limits
        if limits is None:
            return
        weights: list[tuple[str, Text]] = [("", _("Not weighted"))]
        weights += [(str(n), str(n)) for n in range(limits.weight_from, limits.weight_to + 1)]
        levels = [(str(option.value), option.label) for option in self.instrument.options]
        for n in range(1, limits.at_most + 1):
            self.fields[f"goal-{n}"] = forms.CharField(
                label=_("Goal, in the patient's words"), required=False, max_length=300
            )
            self.fields[f"importance-{n}"] = forms.ChoiceField(label=_("Importance"), choices=weights, required=False)
            self.fields[f"difficulty-{n}"] = forms.ChoiceField(label=_("Difficulty"), choices=weights, required=False)
            self.fields[f"level-{n}"] = one_of(_("How far it was reached"), levels, _("Not rated"))

    def clean(self) -> dict[str, Any]:
        """A form that lies in the future was not filled in."""
        taken_on = self.cleaned_data.get(TAKEN_ON)
        if taken_on is not None and taken_on > self.record.assessed_on:
            self.add_error(TAKEN_ON, _("This is after the assessment."))
        return self.cleaned_data

    def questions(self) -> list[forms.BoundField]:
        """The questions of the instrument, where they may be shown."""
        return [self[item.id] for item in self.instrument.items] if self.instrument.takes_answers else []

    def figures(self) -> list[forms.BoundField]:
        """The figures to copy from the licensed form."""
        return [self[entry.id] for entry in self.instrument.entry_fields]

    def goals(self) -> list[GoalFields]:
        limits = self.instrument.goal_limits
        numbers = range(1, limits.at_most + 1) if limits else ()
        names = ("goal", "importance", "difficulty", "level")
        return [GoalFields(n, *(self[f"{name}-{n}"] for name in names)) for n in numbers]

    def stored(self) -> Mapping[str, Sequence[str]]:
        given = self.record.instruments.get(self.instrument.id)
        if given is None:
            return {}
        texts = {**stored_answers(self.instrument, given), TAKEN_ON: [given.taken_on.isoformat()]}
        texts |= {name: [text] for name, text in given.entered.items()}
        if given.total is not None and not given.entered and self.instrument.total_field:
            texts[self.instrument.total_field] = [number_text(given.total)]
        return texts

    def entry(self) -> Entry:
        taken_on = self.value(TAKEN_ON) or self.record.assessed_on
        if self.instrument.takes_answers:
            return ScoreEntry(self.instrument.id, taken_on, answers=read_answers(self, self.instrument))
        return ScoreEntry(self.instrument.id, taken_on, entered=dict(self._figures()))

    def _figures(self) -> Iterator[tuple[str, str]]:
        """What was entered, by field; what was left out is not in it."""
        for name in self.fields:
            value = self.value(name)
            if name not in ("version", TAKEN_ON) and value not in (None, "", UNKNOWN):
                yield name, number_text(value) if isinstance(value, float) else str(value)


def _figure(entry: EntryField, *, is_whole: bool) -> forms.Field:
    """The field of one figure, with the range that its form allows."""
    if entry.type == "yes_no":
        return three_way(entry.label)
    if entry.type == "text":
        return forms.CharField(
            label=entry.label, required=False, max_length=40, widget=forms.TextInput(attrs={"size": 12})
        )
    limits = {"low": entry.minimum, "high": entry.maximum}
    span = gettext("%(low)s to %(high)s") % limits if entry.maximum is not None else ""
    wrong = _("Enter a number from %(low)s to %(high)s.") % limits if span else _("Enter a number, for example 52.5.")
    shared: dict[str, Any] = {
        "label": entry.label,
        "help_text": span,
        "required": False,
        "min_value": entry.minimum if entry.minimum is not None else -LARGEST,
        "max_value": entry.maximum if entry.maximum is not None else LARGEST,
        "error_messages": {"invalid": wrong, "min_value": wrong, "max_value": wrong},
        "widget": forms.TextInput(attrs={"inputmode": "decimal", "size": 6, "autocomplete": "off"}),
    }
    return forms.IntegerField(**shared) if is_whole else forms.FloatField(**shared)
