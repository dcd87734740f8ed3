"""Forms of a plan's life: proposed for review, returned, its tasks ordered. They store nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from treatments.form_fields import DayField, OfPatient
from treatments.orders import Line
from treatments.services import OrderEntry


class ProposeForm(OfPatient):
    """To whom a draft is proposed for review, and with which words. `seen` is the fingerprint of what was looked at."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    to = forms.TypedChoiceField(label=_("Who signs"), coerce=UUID, required=False, empty_value=None)
    words = forms.CharField(
        label=_("For the signer"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, signers: Sequence[tuple[UUID, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Anybody who may sign")), *((str(key), name) for key, name in signers)]


class ReturnForm(OfPatient):
    """What is to be changed before a proposed plan is signed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    words = forms.CharField(label=_("What is to be changed?"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class OrderRow(NamedTuple):
    """A line with its tick, owner and day."""

    line: Line
    take: forms.BoundField
    owner: forms.BoundField
    due: forms.BoundField


class OrdersForm(OfPatient):
    """What a plan asks for: a tick, an owner and a day for each line; a tick for each order it asks for no longer."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        lines: Sequence[Line],
        stale: Sequence[tuple[UUID, str]],
        staff: Sequence[tuple[UUID, str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.lines = lines
        people = [("", _("Nobody (care team)")), *((str(key), name) for key, name in staff)]
        for line in lines:
            self.fields[f"take_{line.id}"] = forms.BooleanField(label=line.text, required=False)
            self.fields[f"owner_{line.id}"] = forms.TypedChoiceField(
                label=_("Owner"), choices=people, coerce=UUID, required=False, empty_value=None
            )
            self.fields[f"due_{line.id}"] = DayField(label=_("By"), required=False)
            self.initial[f"take_{line.id}"] = line.is_proposed
            self.initial[f"owner_{line.id}"] = str(line.owner_id or "")
            self.initial[f"due_{line.id}"] = line.due_on
        self.stale = stale
        for key, text in stale:
            self.fields[f"withdraw_{key.hex}"] = forms.BooleanField(label=text, required=False)

    def clean(self) -> None:
        """A chosen line needs its day."""
        for line in self.lines:
            name = f"due_{line.id}"
            if self.cleaned_data.get(f"take_{line.id}") and not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, _("Say by when."))

    def entries(self) -> list[OrderEntry]:
        """The lines that were chosen."""
        kept = self.cleaned_data
        return [
            OrderEntry(line, kept[f"due_{line.id}"], kept[f"owner_{line.id}"])
            for line in self.lines
            if kept[f"take_{line.id}"]
        ]

    def withdrawing(self) -> list[UUID]:
        """The orders that were chosen to be withdrawn."""
        return [key for key, _text in self.stale if self.cleaned_data[f"withdraw_{key.hex}"]]

    @property
    def asks(self) -> bool:
        """Whether the plan asks for something that is not ordered yet, or that was ordered and is asked for no more."""
        return bool(self.stale) or any(line.is_proposed for line in self.lines)

    def rows(self) -> Iterator[tuple[str, list[OrderRow], list[OrderRow]]]:
        """The lines by kind: those that are proposed or ticked, and the others, which a page may fold away."""
        for kind, lines in groupby(self.lines, key=lambda line: line.kind):
            rows = [OrderRow(line, *(self[f"{name}_{line.id}"] for name in ("take", "owner", "due"))) for line in lines]
            first = [row for row in rows if row.take.value() or row.line.is_proposed]
            yield kind, first, [row for row in rows if row not in first]

    def withdrawals(self) -> list[forms.BoundField]:
        """A tick for each order that the plan no longer asks for."""
        return [self[f"withdraw_{key.hex}"] for key, _text in self.stale]
