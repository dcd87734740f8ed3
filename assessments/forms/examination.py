"""The bedside examination of a pain area: one row for each stimulus, compared with a reference site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.definitions import SensoryExamination, Stimulus
from assessments.forms.fields import Text, number_text, zero_to_ten
from assessments.record import AreaRecord, SensoryRecord
from assessments.sensory import possible_results, result_of

RESULTS: Mapping[str, Text] = {"less": _("Less"), "same": _("Same"), "more": _("More")}
NOT_TESTED = ("", _("Not tested"))


@dataclass(frozen=True, slots=True)
class StimulusRow:
    """One stimulus and its fields; those that it does not ask for are None."""

    stimulus: Stimulus
    result: forms.BoundField
    border: forms.BoundField
    rating: forms.BoundField | None
    reference_rating: forms.BoundField | None
    amount: forms.BoundField | None


def fields(examination: SensoryExamination) -> dict[str, forms.Field]:
    """The fields of the whole grid by name."""
    found: dict[str, forms.Field] = {
        "sensory_reference": forms.ChoiceField(
            label=_("Compared with"),
            choices=[("", _("Not said")), *((choice.id, choice.label) for choice in examination.references)],
            required=False,
        )
    }
    for stimulus in examination.stimuli:
        results = [(result, RESULTS[result]) for result in possible_results(stimulus)]
        found[f"exam-{stimulus.id}"] = forms.ChoiceField(
            label=stimulus.label,
            help_text=stimulus.how,
            choices=[*results, NOT_TESTED],
            required=False,
            widget=forms.RadioSelect(attrs={"data-segmented": ""}),
            initial="",
        )
        found[f"exam-{stimulus.id}-border"] = forms.ChoiceField(
            label=_("At the border"), choices=[NOT_TESTED, *results], required=False
        )
        if stimulus.has_rating:
            found[f"exam-{stimulus.id}-rating"] = zero_to_ten(_("Pain in the area"))
            found[f"exam-{stimulus.id}-reference"] = zero_to_ten(_("Pain at the reference"))
        if stimulus.measure:
            found[f"exam-{stimulus.id}-amount"] = _amount(stimulus)
    return found


def _amount(stimulus: Stimulus) -> forms.FloatField:
    measure = stimulus.measure
    assert measure is not None
    wrong = _("Enter a number from %(low)s to %(high)s.") % {"low": measure.minimum, "high": measure.maximum}
    return forms.FloatField(
        label=measure.label,
        required=False,
        min_value=measure.minimum,
        max_value=measure.maximum,
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 5, "autocomplete": "off"}),
    )


def rows(form: forms.Form, examination: SensoryExamination) -> list[StimulusRow]:
    """Each stimulus with the fields of a form that has those of `fields`."""

    def field(stimulus: Stimulus, name: str) -> forms.BoundField | None:
        key = f"exam-{stimulus.id}-{name}"
        return form[key] if key in form.fields else None

    return [
        StimulusRow(
            stimulus,
            form[f"exam-{stimulus.id}"],
            form[f"exam-{stimulus.id}-border"],
            field(stimulus, "rating"),
            field(stimulus, "reference"),
            field(stimulus, "amount"),
        )
        for stimulus in examination.stimuli
    ]


def stored(area: AreaRecord, examination: SensoryExamination) -> dict[str, Sequence[str]]:
    """The stored results as the texts that the fields show.

    Signs that were stated without a result, as assessments before the grid did, show as the result they stand for.
    """
    texts: dict[str, Sequence[str]] = {"sensory_reference": [area.sensory_reference]}
    given = {found.stimulus: found for found in area.sensory}
    for stimulus in examination.stimuli:
        found = given.get(stimulus.id)
        name = f"exam-{stimulus.id}"
        if found is None:
            texts[name] = [result_of(stimulus, area.evoked, area.negative) or ""]
            continue
        texts |= {
            name: [found.result],
            f"{name}-border": [found.border],
            f"{name}-rating": [number_text(found.rating)],
            f"{name}-reference": [number_text(found.reference_rating)],
            f"{name}-amount": [number_text(found.amount)],
        }
    return texts


def read(values: Mapping[str, object], examination: SensoryExamination) -> tuple[SensoryRecord, ...]:
    """The results among cleaned values; a stimulus without one was not tested, whatever else stands beside it."""

    def number(name: str) -> float | None:
        value = values.get(name)
        return value if isinstance(value, (int, float)) else None

    def whole(name: str) -> int | None:
        value = number(name)
        return None if value is None else int(value)

    found = []
    for stimulus in examination.stimuli:
        name = f"exam-{stimulus.id}"
        if result := str(values.get(name) or ""):
            found.append(
                SensoryRecord(
                    stimulus.id,
                    result,
                    str(values.get(f"{name}-border") or ""),
                    whole(f"{name}-rating"),
                    whole(f"{name}-reference"),
                    number(f"{name}-amount"),
                )
            )
    return tuple(found)
