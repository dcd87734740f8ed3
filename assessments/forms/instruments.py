"""Questionnaires and scales, and how bad the pain is and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.definitions import Answer, Instrument, Item
from assessments.entries import SECTION_INSTRUMENTS, Entry, InstrumentsEntry, SeverityEntry
from assessments.forms.fields import UNKNOWN, Text, check_order, number_text, zero_to_ten
from assessments.forms.section import SectionForm
from assessments.record import InstrumentRecord
from assessments.scoring import NO, YES

MOST_MONTHS = 1200
# Answers whose words are longer than this together stand in a list; shorter ones in one row of buttons.
LONGEST_ROW = 70


# How a criterion was found to be there.
FOUND: Mapping[str, Text] = {
    "none": _("Neither"),
    "symptom": _("Reported"),
    "sign": _("Seen"),
    "both": _("Reported and seen"),
}


def answer_choices(instrument: Instrument, item: Item) -> list[tuple[str, Text]]:
    """The answers that one question offers, as stored and as shown; empty when it takes a number from 0 to 10."""
    if instrument.criteria is not None:
        if item.id in instrument.criteria.always:
            return [(YES, _("Yes")), (NO, _("No"))]
        return list(FOUND.items())
    rule = instrument.answer
    if rule is not None and rule.type == "step":
        first, last, step = (Fraction(str(number)) for number in (rule.minimum, rule.maximum, rule.step))
        steps = [float(first + n * step) for n in range(int((last - first) / step) + 1)]
        return [(f"{value:g}", f"{value:g}") for value in steps]
    return [(str(option.value), option.label) for option in item.options or instrument.options]


def one_of(label: Text, choices: Sequence[tuple[str, Text]], otherwise: Text) -> forms.ChoiceField:
    """A question with a few answers, and `otherwise` until somebody chooses."""
    is_short = sum(len(str(words)) for _value, words in choices) <= LONGEST_ROW
    return forms.ChoiceField(
        label=label,
        choices=[*choices, (UNKNOWN, otherwise)],
        required=False,
        initial=UNKNOWN,
        widget=forms.RadioSelect(attrs={"data-segmented": ""} if is_short else {}),
    )


def item_field(instrument: Instrument, item: Item) -> forms.Field:
    """One question of an instrument whose text may be shown."""
    choices = answer_choices(instrument, item)
    if choices:
        return one_of(item.text, choices, _("Not answered"))
    anchors = item.anchors or instrument.anchors
    return zero_to_ten(item.text, "; ".join(f"{value} = {text}" for value, text in anchors))


def stored_answers(instrument: Instrument, given: InstrumentRecord | None) -> dict[str, Sequence[str]]:
    """The stored answers as the texts that the fields of the items show."""
    if given is None or given.answers is None:
        return {}
    answered = zip(instrument.items, given.answers, strict=False)
    return {
        item.id: [number_text(answer) if isinstance(answer, float) else str(answer)]
        for item, answer in answered
        if answer is not None
    }


def read_answers(form: SectionForm, instrument: Instrument) -> tuple[Answer, ...]:
    """What was answered to the items of an instrument, in their order; None for what was not."""
    return tuple(_answer(form.value(item.id), instrument) for item in instrument.items)


def _answer(value: object, instrument: Instrument) -> Answer:
    if value in (None, "", UNKNOWN):
        return None
    assert instrument.answer is not None  # The loader refuses items without a rule for their answers.
    match instrument.answer.type:
        case "integer":
            return int(str(value))
        case "step":
            return float(str(value))
        case _:
            return str(value)


class InstrumentsForm(SectionForm):
    """One or more instruments with their items, as `SECTION_INSTRUMENTS` says for the section."""

    @property
    def instruments(self) -> list[Instrument]:
        return [self.content.instruments[name] for name in SECTION_INSTRUMENTS[self.section]]

    def build(self) -> None:
        for instrument in self.instruments:
            for item in instrument.items:
                self.fields[item.id] = item_field(instrument, item)

    def blocks(self) -> list[tuple[Instrument, list[forms.BoundField]]]:
        """Each instrument with its questions, in order."""
        return [(instrument, [self[item.id] for item in instrument.items]) for instrument in self.instruments]

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for instrument in self.instruments:
            texts |= stored_answers(instrument, self.record.instruments.get(instrument.id))
        return texts

    def entry(self) -> Entry:
        return InstrumentsEntry({instrument.id: read_answers(self, instrument) for instrument in self.instruments})


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

    def clean(self) -> dict[str, Any]:
        check_order(self, "nrs_worst", "nrs_average", "nrs_least")
        return self.cleaned_data

    def stored(self) -> Mapping[str, Sequence[str]]:
        months = self.record.duration_months
        return {**super().stored(), "duration_months": ["" if months is None else f"{months:g}"]}

    def entry(self) -> Entry:
        nrs = self.content.instruments["nrs"]
        return SeverityEntry(read_answers(self, nrs), self.value("duration_months"))
