"""Forms of follow-up: answers told to staff, what a review establishes, and the birth date of a link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from followup import check_in as questions
from followup.models import Answer
from followup.presenters import SHORT, VALUES
from rules.vocabulary import Fact, FactType, Vocabulary


class BirthDateForm(forms.Form):
    """Day, month and year as three numbers; the order is written on them, so no format can be got wrong."""

    day = forms.CharField(label=_("Day"), max_length=2)
    month = forms.CharField(label=_("Month"), max_length=2)
    year = forms.CharField(label=_("Year"), max_length=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs |= {"inputmode": "numeric", "autocomplete": f"bday-{name}"}

    def birth_date(self) -> dt.date | None:
        """The date, or None when the numbers are none."""
        if not self.is_valid():
            return None
        try:
            return dt.date(*(int(self.cleaned_data[name]) for name in ("year", "month", "day")))
        except ValueError:
            return None


class AskForm(forms.Form):
    """How a patient is asked before a visit, and for which day."""

    WAYS = (
        ("link", _("By link")),
        ("email", _("By e-mail")),
        ("tablet", _("On this tablet")),
        ("staff", _("By staff")),
    )

    how = forms.ChoiceField(choices=WAYS)
    visit_on = forms.DateField(
        label=_("Day of the visit"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date as year-month-day, for example 2026-03-02.")},
    )


NO_EFFECT = "no"
_NONE_AND_MORE = _("Choose either “none of these” or what applies.")


class AnswersForm(forms.Form):
    """All questions of a check-in on one page, for answers told by telephone or at a visit.

    Adverse effects have one choice each. That none was told counts only when somebody says that they were asked for.
    """

    answered_on = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    via = forms.ChoiceField(
        label=_("How"),
        choices=[(Answer.Via.TELEPHONE, Answer.Via.TELEPHONE.label), (Answer.Via.VISIT, Answer.Via.VISIT.label)],
        initial=Answer.Via.TELEPHONE,
        widget=forms.RadioSelect(attrs={"data-segmented": ""}),
    )

    def __init__(self, *args: Any, asked: Sequence[questions.Question], today: dt.date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"answered_on": today, "via": Answer.Via.TELEPHONE})
        super().__init__(*args, **kwargs)
        self.asked = tuple(one for one in asked if not one.id.startswith((questions.EFFECTS, questions.GRADE)))
        self.graded = tuple(one for one in asked if one.id.startswith(questions.GRADE))
        self.today = today
        for question in self.asked:
            self.fields[question.id] = _field(question)
        if self.graded:
            self.fields["effects_asked"] = forms.BooleanField(
                label=_("I asked about adverse effects: there was none but those chosen here"), required=False
            )
        for question in self.graded:
            options = [(option.value, option.label) for option in question.options]
            self.fields[question.id] = forms.ChoiceField(
                label=question.help, choices=[(NO_EFFECT, _("not told")), *options], required=False, initial=NO_EFFECT
            )

    def clean_answered_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["answered_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for question in self.asked:
            try:
                questions.read(question, _values(data.get(question.id)))
            except questions.AnswerInvalid:
                is_number = question.kind == "number"
                words = _("Enter a number, such as 12 or 12.5.") if is_number else _NONE_AND_MORE
                self.add_error(question.id, words)
        return data

    def answers(self) -> dict[str, questions.Answer]:
        """What was answered; a question left open has no entry."""
        found: dict[str, questions.Answer] = {}
        for question in self.asked:
            value = questions.read(question, _values(self.cleaned_data.get(question.id)))
            if value is not None:
                found[question.id] = value
        told = {
            question.id: int(self.cleaned_data[question.id])
            for question in self.graded
            if self.cleaned_data.get(question.id) not in (None, "", NO_EFFECT)
        }
        if told or self.cleaned_data.get("effects_asked"):
            found[questions.EFFECTS] = [name.removeprefix(questions.GRADE) for name in told]
        return found | told


def _values(value: object) -> list[str]:
    return value if isinstance(value, list) else [str(value)] if value else []


def _field(question: questions.Question) -> forms.Field:
    options = [(option.value, option.label) for option in question.options]
    label = question.text
    if question.kind == "many":
        return forms.MultipleChoiceField(
            label=label, choices=options, required=False, widget=forms.CheckboxSelectMultiple
        )
    if question.kind == "number":
        unit = forms.TextInput(attrs={"inputmode": "decimal", "data-unit": question.unit})
        return forms.CharField(label=label, required=False, max_length=12, help_text=question.help, widget=unit)
    return forms.ChoiceField(
        label=label,
        choices=[("", _("not asked")), *options],
        required=False,
        help_text=f"0: {question.low} · 10: {question.high}" if question.kind == "scale" else question.help,
    )


class ReviewForm(forms.Form):
    """The variables that are still missing for one treatment; what stays open stays unknown."""

    def __init__(self, *args: Any, names: Sequence[str], vocabulary: Vocabulary, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = [name for name in names if name in vocabulary]
        for name in self.names:
            self.fields[name] = _variable(vocabulary[name])

    def variables(self) -> Mapping[str, Any]:
        """What was established."""
        found: dict[str, Any] = {}
        for name in self.names:
            value = self.cleaned_data.get(name)
            if value in (None, "", "unknown"):
                continue
            found[name] = value == "yes" if isinstance(self.fields[name], _YesNoField) else value
        return found


class _YesNoField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        choices = [("yes", _("Yes")), ("no", _("No")), ("unknown", _("Unknown"))]
        super().__init__(choices=choices, initial="unknown", required=False, widget=forms.RadioSelect, **kwargs)


def _variable(fact: Fact) -> forms.Field:
    label = str(SHORT.get(fact.name, fact.label))
    match fact.type:
        case FactType.BOOL:
            return _YesNoField(label=label)
        case FactType.ENUM:
            options = [(value, VALUES.get(value, value)) for value in fact.values]
            return forms.ChoiceField(label=label, choices=[("", _("Unknown")), *options], required=False)
        case FactType.INT:
            return forms.IntegerField(label=label, required=False, min_value=_int(fact.low), max_value=_int(fact.high))
        case _:
            return forms.FloatField(label=label, required=False, min_value=fact.low, max_value=fact.high)


def _int(value: float | None) -> int | None:
    return None if value is None else int(value)
