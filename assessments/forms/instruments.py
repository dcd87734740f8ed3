"""Questionnaires and scales, and how bad the pain is and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.definitions import Answer, Instrument, Item
from assessments.entries import SECTION_INSTRUMENTS, Entry, InstrumentsEntry, SeverityEntry
from assessments.forms.fields import UNKNOWN, zero_to_ten
from assessments.forms.section import SectionForm

MOST_MONTHS = 1200


def _item_field(instrument: Instrument, item: Item) -> forms.Field:
    """One question of an instrument whose text may be shown."""
    options = item.options or instrument.options
    if options:
        choices = [*((str(option.value), option.label) for option in options), (UNKNOWN, _("Not answered"))]
        return forms.ChoiceField(
            label=item.text,
            choices=choices,
            required=False,
            initial=UNKNOWN,
            widget=forms.RadioSelect(attrs={"data-segmented": ""}),
        )
    anchors = item.anchors or instrument.anchors
    return zero_to_ten(item.text, "; ".join(f"{value} = {text}" for value, text in anchors))


class InstrumentsForm(SectionForm):
    """One or more instruments with their items, as `SECTION_INSTRUMENTS` says for the section."""

    @property
    def instruments(self) -> list[Instrument]:
        return [self.content.instruments[name] for name in SECTION_INSTRUMENTS[self.section]]

    def build(self) -> None:
        for instrument in self.instruments:
            for item in instrument.items:
                self.fields[item.id] = _item_field(instrument, item)

    def blocks(self) -> list[tuple[Instrument, list[forms.BoundField]]]:
        """Each instrument with its questions, in order."""
        return [(instrument, [self[item.id] for item in instrument.items]) for instrument in self.instruments]

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for instrument in self.instruments:
            given = self.record.instruments.get(instrument.id)
            if given is not None and given.answers is not None:
                for item, answer in zip(instrument.items, given.answers, strict=False):
                    if answer is not None:
                        texts[item.id] = [str(answer)]
        return texts

    def answers_of(self, instrument: Instrument) -> tuple[Answer, ...]:
        return tuple(self._number(item.id) for item in instrument.items)

    def _number(self, name: str) -> Answer:
        value = self.value(name)
        if isinstance(value, int):
            return value
        return int(value) if isinstance(value, str) and value.isdigit() else None

    def entry(self) -> Entry:
        return InstrumentsEntry({instrument.id: self.answers_of(instrument) for instrument in self.instruments})


class SeverityForm(InstrumentsForm):
    """How bad, and for how long."""

    def build(self) -> None:
        super().build()
        wrong = _("Enter the number of months, for example 18.")
        self.fields["duration_months"] = forms.FloatField(
            label=_("How long has this pain lasted?"),
            required=False,
            min_value=0,
            max_value=MOST_MONTHS,
            error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "size": 6, "data-unit": gettext("months"), "autocomplete": "off"}
            ),
        )

    def stored(self) -> Mapping[str, Sequence[str]]:
        months = self.record.duration_months
        return {**super().stored(), "duration_months": ["" if months is None else f"{months:g}"]}

    def entry(self) -> Entry:
        nrs = self.content.instruments["nrs"]
        return SeverityEntry(self.answers_of(nrs), self.value("duration_months"))
