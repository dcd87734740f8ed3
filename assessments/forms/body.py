"""What holds for all pain areas: limbs that are gone, and the pattern of the skin as the clinician judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.entries import BodyEntry, Entry
from assessments.figure import body_figure
from assessments.figure_words import PAIRED, SIDES
from assessments.forms.section import SectionForm

# Parts that are amputated as a whole; a smaller loss is told in the notes.
LIMBS = ("leg", "lower_leg", "foot", "arm", "forearm", "hand")
OTHER = "other"


class BodyForm(SectionForm):
    """The page with the list of areas."""

    def build(self) -> None:
        sides = {"right": _("Right %(part)s"), "left": _("Left %(part)s")}
        self.fields["absent"] = forms.MultipleChoiceField(
            label=_("Amputated"),
            help_text=_("It is drawn with a broken outline. Pain in it is still marked."),
            required=False,
            choices=[(f"{side}-{part}", sides[side] % {"part": PAIRED[part][0]}) for part in LIMBS for side in SIDES],
            widget=forms.CheckboxSelectMultiple,
        )
        classes = [(key, label) for key, label in self.content.body_map.class_labels.items() if key != "none"]
        self.fields["confirmed_pattern"] = forms.ChoiceField(
            label=_("Your judgement of the pattern"),
            help_text=_("The computed pattern is a resemblance. Only your own answer to “distribution fits” counts."),
            required=False,
            choices=[("", _("Not judged yet")), *classes, (OTHER, _("None of these"))],
        )

    def _regions(self, limb: str) -> set[str]:
        side, part = limb.split("-")
        return {f"{base}_{side[0]}" for base in body_figure().parts[part]}

    def stored(self) -> Mapping[str, Sequence[str]]:
        gone = set(self.record.absent_regions)
        whole = [f"{side}-{part}" for part in LIMBS for side in SIDES if self._regions(f"{side}-{part}") <= gone]
        return {"absent": whole, "confirmed_pattern": [self.record.confirmed_pattern]}

    def entry(self) -> Entry:
        gone = set().union(*(self._regions(limb) for limb in self.value("absent") or ()))
        return BodyEntry(tuple(sorted(gone)), self.value("confirmed_pattern") or "")
