"""The form of what is agreed about one item at its start. It stores nothing; `entry()` is for the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from treatments.agreement_rules import AgreementRules, Case
from treatments.form_fields import AmountField, OfPatient, plain
from treatments.models import Agreement
from treatments.plan_record import AgreementRecord, ItemRecord
from treatments.services import AgreementEntry


class AgreementForm(OfPatient):
    """When the effect of an item is judged, by which relief, and what is done then.

    `options` are id and name of the treatments that a case may go to; without a week nothing is agreed.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    week = forms.IntegerField(
        label=_("Judged from week"),
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("Counted from the start. Left empty nothing is agreed."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        item: ItemRecord,
        agreed: AgreementRecord | None,
        rules: AgreementRules,
        options: Sequence[tuple[str, str]],
        is_stored: bool,
        **more: Any,
    ) -> None:
        self.item = item
        more["initial"] = _initial(agreed, is_stored=is_stored) | more.get("initial", {})
        more.setdefault("prefix", f"agree-{item.ref_id}")
        super().__init__(data, **more)
        is_agent = item.kind == "agent"
        if is_agent:
            self.fields["dose"] = AmountField(
                label=_("Dose a day to be reached"),
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "data-unit": item.unit}),
            )
            self.fields["weeks_at_dose"] = AmountField(label=_("Weeks at this dose, at least"), required=False)
        self.fields["enough_pct"] = _percent(_("Enough is at least"), rules.enough.low, rules.enough.high)
        self._add_case("little", _("If it is less"), rules, item.kind)
        self._add_next("next_id", _("With which treatment"), options, agreed.next_id if agreed else "")
        if is_agent:
            self.fields["good_pct"] = _percent(_("Good is at least"), rules.good.low, rules.good.high)
            self._add_case("partial", _("If it is between the two"), rules, item.kind)
            self._add_next("partial_id", _("With which treatment then"), options, agreed.partial_id if agreed else "")
        self._add_case("not_tolerated", _("If it is not tolerated"), rules, item.kind)
        self.fields["words"] = forms.CharField(
            label=_("In words") if is_agent else _("By what it is judged"),
            required=False,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    def _add_case(self, case: str, label: Any, rules: AgreementRules, kind: str) -> None:
        labels = dict(Agreement.Action.choices)
        offered = [(action, labels[Agreement.Action(action)]) for action in rules.choices[Case(case)][kind]]
        self.fields[f"if_{case}"] = forms.ChoiceField(label=label, required=False, choices=offered)

    def _add_next(self, name: str, label: Any, options: Sequence[tuple[str, str]], chosen: str) -> None:
        known = {key for key, _name in options}
        kept = [(chosen, chosen)] if chosen and chosen not in known else []
        self.fields[name] = forms.ChoiceField(
            label=label, required=False, choices=[("", _("to be decided then")), *kept, *options]
        )

    def entry(self) -> AgreementEntry:
        """What was entered."""
        kept = self.cleaned_data
        empty: dict[str, Any] = {
            "week": None,
            "dose": None,
            "weeks_at_dose": None,
            "enough_pct": None,
            "good_pct": None,
        }
        given = {field.name: kept.get(field.name, empty.get(field.name, "")) for field in fields(AgreementEntry)}
        return AgreementEntry(**given)


def _percent(label: Any, low: int, high: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-unit": _("% less pain")}),
        help_text=_("%(low)d to %(high)d%%") % {"low": low, "high": high},
    )


def _initial(agreed: AgreementRecord | None, *, is_stored: bool) -> dict[str, Any]:
    if agreed is None:
        return {"version": 0}
    found = {field.name: getattr(agreed, field.name) for field in fields(AgreementEntry)}
    found |= {name: plain(found[name]) for name in ("dose", "weeks_at_dose") if found[name] is not None}
    return found | {"version": agreed.version if is_stored else 0}
