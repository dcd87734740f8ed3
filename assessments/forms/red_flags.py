"""Red flags, and who does what by when about those that are present."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.definitions import RedFlag
from assessments.entries import Entry, RedFlagsEntry
from assessments.forms.fields import three_way
from assessments.forms.section import SectionForm
from assessments.models import RedFlagAnswer
from assessments.record import RedFlagRecord

TIME_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M")


@dataclass(frozen=True, slots=True)
class FlagFields:
    """One red flag and its fields."""

    flag: RedFlag
    answer: forms.BoundField
    handling: forms.BoundField
    note: forms.BoundField
    owner: forms.BoundField
    due_at: forms.BoundField


class RedFlagsForm(SectionForm):
    """Fourteen red flags; a present one asks what was done, who has it in hand, and by when."""

    HANDLING: ClassVar = [("", _("Nothing yet")), *RedFlagAnswer.Handling.choices]

    def build(self) -> None:
        people = [("", _("Nobody yet")), *self.on_file.colleagues.items()]
        wrong = _("Enter day and time, for example 2026-03-02 14:30.")
        for flag in self.content.red_flags.values():
            self.fields[flag.id] = three_way(flag.name)
            self.fields[f"{flag.id}-handling"] = forms.ChoiceField(
                label=_("What was done"),
                choices=self.HANDLING,
                required=False,
                widget=forms.RadioSelect(attrs={"data-segmented": ""}),
            )
            self.fields[f"{flag.id}-note"] = forms.CharField(
                label=_("How, or why it was dismissed"), required=False, max_length=300
            )
            self.fields[f"{flag.id}-owner"] = forms.ChoiceField(
                label=_("Who sees to it"), choices=people, required=False
            )
            self.fields[f"{flag.id}-due"] = forms.DateTimeField(
                label=_("By when"),
                required=False,
                input_formats=TIME_FORMATS,
                error_messages={"invalid": wrong},
                widget=forms.TextInput(
                    attrs={"size": 17, "placeholder": gettext("YYYY-MM-DD HH:MM"), "autocomplete": "off"}
                ),
            )

    def clean(self) -> dict[str, Any]:
        """What is still to be done cannot be due before the assessment."""
        for flag in self.content.red_flags:
            due: dt.datetime | None = self.cleaned_data.get(f"{flag}-due")
            if due is not None and timezone.localtime(due).date() < self.record.assessed_on:
                self.add_error(f"{flag}-due", _("This is before the assessment."))
        return self.cleaned_data

    def rows(self) -> list[FlagFields]:
        """Each flag with its fields."""
        return [
            FlagFields(
                flag,
                self[flag.id],
                self[f"{flag.id}-handling"],
                self[f"{flag.id}-note"],
                self[f"{flag.id}-owner"],
                self[f"{flag.id}-due"],
            )
            for flag in self.content.red_flags.values()
        ]

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for flag, given in self.record.red_flags.items():
            due = timezone.localtime(given.due_at).strftime(TIME_FORMATS[0]) if given.due_at else ""
            texts |= {
                flag: [given.answer],
                f"{flag}-handling": [given.handling],
                f"{flag}-note": [given.note],
                f"{flag}-owner": [str(given.owner_id or "")],
                f"{flag}-due": [due],
            }
        return texts

    def entry(self) -> Entry:
        return RedFlagsEntry(
            {
                flag: self._present(flag) if answer == "yes" else RedFlagRecord(flag, answer)
                for flag in self.content.red_flags
                if (answer := self.answer(flag))
            }
        )

    def _present(self, flag: str) -> RedFlagRecord:
        owner = self.value(f"{flag}-owner") or ""
        return RedFlagRecord(
            flag,
            "yes",
            self.value(f"{flag}-handling") or "",
            self.value(f"{flag}-note") or "",
            UUID(owner) if owner else None,
            str(self.on_file.colleagues.get(owner, "")),
            self.value(f"{flag}-due"),
        )
