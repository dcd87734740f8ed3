"""Fields that the sections share, and the words of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"


UNKNOWN = "unknown"
YES_NO_UNKNOWN = [("yes", _("Yes")), ("no", _("No")), (UNKNOWN, _("Unknown"))]

# Labels of the answers to the timing questions and the grading; the ids are those of the conditions file.
WORDS: Mapping[str, Text] = {
    "yes": _("Yes"),
    "no": _("No"),
    "unknown": _("Unknown"),
    "not_examined": _("Not examined"),
    "not_done": _("Not done"),
    "continuous": _("All the time"),
    "continuous_with_fluctuation": _("All the time, stronger and weaker"),
    "continuous_with_attacks": _("All the time, with attacks"),
    "attacks_only": _("Attacks only"),
    "evoked_only": _("Only when something sets it off"),
    "sudden": _("Suddenly"),
    "days": _("Over days"),
    "weeks": _("Over weeks"),
    "gradual": _("Gradually"),
    "constant": _("Constant"),
    "morning": _("Morning"),
    "daytime": _("Daytime"),
    "evening": _("Evening"),
    "night": _("Night"),
    "none": _("No difference"),
    "falling_asleep": _("Falling asleep"),
    "waking": _("Waking"),
    "both": _("Both"),
    "improving": _("Getting better"),
    "stable": pgettext_lazy("course of pain", "Stable"),
    "worsening": _("Getting worse"),
    "fluctuating": _("Up and down"),
}
# What makes pain worse or eases it; the ids are those of the conditions file.
MODIFIERS: Mapping[str, Text] = {
    "touch": _("Touch"),
    "clothing": _("Clothing"),
    "cold": _("Cold"),
    "heat": _("Heat"),
    "movement": _("Movement"),
    "walking": _("Walking"),
    "standing": _("Standing"),
    "sitting": _("Sitting"),
    "cough_or_strain": _("Coughing or straining"),
    "chewing_or_talking": _("Chewing or talking"),
    "stress": _("Stress"),
    "night": _("Night"),
    "rest": _("Rest"),
    "warmth": _("Warmth"),
    "pressure": _("Pressure"),
    "leaning_forward": _("Leaning forward"),
    "lying_down": _("Lying down"),
    "distraction": _("Distraction"),
    "medicines": _("Medicines"),
    "none": _("Nothing"),
}
TIMING_LABELS: Mapping[str, Text] = {
    "onset_mode": _("How it began"),
    "latency_from_event": _("Delay after the event"),
    "continuous_hours_24h": _("Hours of pain a day"),
    "attacks_24h": _("Attacks a day"),
    "attack_duration": _("Length of an attack"),
    "refractory_period": _("Pause after an attack in which none can be set off"),
    "diurnal": _("Worst time of day"),
    "sleep_disturbed": _("Disturbs sleep"),
    "course": _("Course"),
}


def word(value: str) -> Text:
    """The label of an answer id; figures such as "1-5" stand for themselves."""
    return WORDS.get(value, value)


def modifier(code: str) -> Text:
    """The label of something that changes the pain."""
    return MODIFIERS.get(code, code)


def number_text(value: float | None) -> str:
    """A number as its field shows it; empty when it was not given."""
    return "" if value is None else f"{value:g}"


def three_way(label: Text, hint: str = "") -> forms.ChoiceField:
    """Yes, no, unknown; unknown until somebody chooses another."""
    return forms.ChoiceField(
        label=label, help_text=hint, choices=YES_NO_UNKNOWN, required=False, widget=forms.RadioSelect, initial=UNKNOWN
    )


def choice_or_unknown(label: Text, values: Iterable[str]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=[("", _("Unknown")), *((value, word(value)) for value in values)], required=False
    )


def zero_to_ten(label: Text, hint: str = "") -> forms.IntegerField:
    wrong = _("Enter a whole number from 0 to 10.")
    return forms.IntegerField(
        label=label,
        help_text=hint,
        required=False,
        min_value=0,
        max_value=10,
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "size": 4, "data-unit": gettext("of 10"), "autocomplete": "off"}
        ),
    )


def check_order(form: forms.Form, worst: str, average: str, least: str) -> None:
    """Tell at its field an intensity that contradicts another one; the arguments are names of fields of the form."""
    at_worst, on_average, at_least = (form.cleaned_data.get(name) for name in (worst, average, least))
    if at_worst is not None and any(value is not None and value > at_worst for value in (at_least, on_average)):
        form.add_error(worst, _("The worst pain is below the average or the least. Check the numbers."))
    elif at_least is not None and on_average is not None and at_least > on_average:
        form.add_error(least, _("The least pain is above the average. Check the numbers."))


def day(label: Text) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"],
        error_messages={"invalid": _("Enter a date as year-month-day, for example 2026-03-02.")},
        widget=forms.TextInput(attrs={"size": 11, "placeholder": gettext("YYYY-MM-DD"), "autocomplete": "off"}),
    )
