"""Red flags and what was done about those that are present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.definitions import RedFlag
from assessments.entries import Entry, RedFlagsEntry
from assessments.forms.fields import three_way
from assessments.forms.section import SectionForm
from assessments.models import RedFlagAnswer
from assessments.record import RedFlagRecord


@dataclass(frozen=True, slots=True)
class FlagFields:
    """One red flag and its three fields."""

    flag: RedFlag
    answer: forms.BoundField
    handling: forms.BoundField
    note: forms.BoundField


class RedFlagsForm(SectionForm):
    """Fourteen red flags; a present one asks what was done."""

    HANDLING: ClassVar = [("", _("Nothing yet")), *RedFlagAnswer.Handling.choices]

    def build(self) -> None:
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

    def rows(self) -> list[FlagFields]:
        """Each flag with its fields."""
        return [
            FlagFields(flag, self[flag.id], self[f"{flag.id}-handling"], self[f"{flag.id}-note"])
            for flag in self.content.red_flags.values()
        ]

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for flag, given in self.record.red_flags.items():
            texts |= {flag: [given.answer], f"{flag}-handling": [given.handling], f"{flag}-note": [given.note]}
        return texts

    def entry(self) -> Entry:
        return RedFlagsEntry(
            {
                flag: RedFlagRecord(
                    flag, answer, self.value(f"{flag}-handling") or "", self.value(f"{flag}-note") or ""
                )
                if answer == "yes"
                else RedFlagRecord(flag, answer)
                for flag in self.content.red_flags
                if (answer := self.answer(flag))
            }
        )
