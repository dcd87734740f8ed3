"""One pain area: where, in which words, what the examination found, when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from assessments import queries
from assessments.entries import AreaEntry, Entry
from assessments.forms import examination
from assessments.forms.fields import (
    TIMING_LABELS,
    UNKNOWN,
    Text,
    check_order,
    choice_or_unknown,
    day,
    modifier,
    number_text,
    three_way,
    word,
    zero_to_ten,
)
from assessments.forms.section import SectionForm, texts_of
from assessments.record import AreaRecord
from assessments.sensory import Signs, result_of
from assessments.summary import area_id

MOST_YEARS = 100


@dataclass(frozen=True, slots=True)
class RegionMark:
    """One side of a region: its id and whether it is marked."""

    id: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One region of the body map on both sides, the patient's right and left."""

    label: str
    view: Text
    right: RegionMark
    left: RegionMark


@dataclass(frozen=True, slots=True)
class WordRow:
    """One word for the pain: whether it fits, and how strong it is when it does."""

    answer: forms.BoundField
    rating: forms.BoundField


# The layers of the body map by the name of their field, in the order of the form.
LAYERS: Mapping[str, Text] = {
    "regions": _("Where it hurts"),
    "touch_regions": _("Where touch hurts"),
    "numb_regions": _("Where it is numb"),
}
INTENSITIES: Mapping[str, Text] = {
    "intensity_now": _("Now"),
    "intensity": _("On average"),
    "intensity_worst": _("At its worst"),
    "intensity_least": _("At its least"),
}


class AreaForm(SectionForm):
    """One pain area: where, in which words, what the examination found, when."""

    name = forms.CharField(
        label=_("Name of this area"), required=False, max_length=80, help_text=_("For example: both feet.")
    )
    localised = three_way(
        _("Is the pain localised?"),
    )
    onset_date = day(_("Began on"))

    def build(self) -> None:
        words = self.content.phenotype
        regions = [(region.id, region.label) for region in self.content.body_map.regions.values()]
        for layer, label in LAYERS.items():
            self.fields[layer] = forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=regions,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": _("%(value)s is not a region of the body map.")},
            )
        for intensity, label in INTENSITIES.items():
            self.fields[intensity] = zero_to_ten(label)
        for descriptor in words.descriptors:
            self.fields[f"descriptor-{descriptor.id}"] = three_way(descriptor.label.capitalize())
            self.fields[f"strength-{descriptor.id}"] = zero_to_ten(
                _("%(word)s: strength") % {"word": descriptor.label.capitalize()}
            )
        for kind, label, codes in (
            ("aggravating", _("Makes it worse"), words.aggravating),
            ("relieving", _("Eases it"), words.relieving),
        ):
            self.fields[kind] = forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=[(code, modifier(code)) for code in codes],
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields |= examination.fields(self.content.examination)
        for question in words.timing:
            if question.id == "pattern":
                self.fields["pattern"] = forms.ChoiceField(
                    label=_("Pattern over time"),
                    required=False,
                    choices=[*((value, word(value)) for value in question.values), ("", _("Unknown"))],
                    widget=forms.RadioSelect,
                )
            elif question.type == "text":
                self.fields[question.id] = forms.CharField(
                    label=TIMING_LABELS[question.id], required=False, max_length=500
                )
            elif question.type == "choice":
                values = [value for value in question.values if value != UNKNOWN]
                self.fields[question.id] = choice_or_unknown(TIMING_LABELS[question.id], values)

    def clean_onset_date(self) -> dt.date | None:
        """Pain cannot have begun after it was assessed, nor more than a lifetime ago."""
        onset: dt.date | None = self.cleaned_data["onset_date"]
        if onset is not None and onset > self.record.assessed_on:
            raise forms.ValidationError(_("This is after the assessment."))
        if onset is not None and self.record.assessed_on.year - onset.year > MOST_YEARS:
            raise forms.ValidationError(_("This is more than %(years)d years ago.") % {"years": MOST_YEARS})
        return onset

    def clean(self) -> dict[str, Any]:
        """ "None" beside something else contradicts it, and the order of the intensities is checked."""
        for kind in ("aggravating", "relieving"):
            chosen = self.cleaned_data.get(kind) or []
            if "none" in chosen and len(chosen) > 1:
                self.add_error(kind, _("“Nothing” and something else cannot both be true."))
        check_order(self, "intensity_worst", "intensity", "intensity_least")
        return self.cleaned_data

    AREAS: ClassVar[Mapping[str, Text]] = {
        "head": _("Head and face"),
        "neck": _("Neck"),
        "trunk": _("Chest, belly and back"),
        "pelvis": _("Buttocks and saddle"),
        "upper_limb": _("Shoulder, arm and hand"),
        "lower_limb": _("Leg and foot"),
    }

    def layers(self) -> list[tuple[str, Text, list[tuple[Text, list[RegionRow], int]]]]:
        """Each layer of the body map: name of its field, label, regions by part of the body."""
        return [(layer, label, self.region_groups(layer)) for layer, label in LAYERS.items()]

    def layer_fields(self) -> list[forms.BoundField]:
        return [self[layer] for layer in LAYERS]

    def region_groups(self, layer: str) -> list[tuple[Text, list[RegionRow], int]]:
        """Regions by part of the body: label, rows, number of marks in the layer."""
        marked = set(cast(QueryDict, self.data).getlist(layer))
        views = {"front": _("front"), "back": _("back")}
        groups: dict[str, list[RegionRow]] = {area: [] for area in self.AREAS}
        for region in self.content.body_map.regions.values():
            if region.side == "left":
                right = f"{region.base}_r"
                groups[region.area].append(
                    RegionRow(
                        label=region.label.removesuffix(" (left)"),
                        view=views[region.view],
                        right=RegionMark(right, right in marked),
                        left=RegionMark(region.id, region.id in marked),
                    )
                )
        return [
            (self.AREAS[area], rows, sum(row.right.is_marked + row.left.is_marked for row in rows))
            for area, rows in groups.items()
        ]

    def words(self) -> list[WordRow]:
        """Each word for the pain with its strength."""
        return [
            WordRow(self[f"descriptor-{d.id}"], self[f"strength-{d.id}"]) for d in self.content.phenotype.descriptors
        ]

    def examination(self) -> list[examination.StimulusRow]:
        """Each stimulus of the bedside examination with its fields."""
        return examination.rows(self, self.content.examination)

    def intensities(self) -> list[forms.BoundField]:
        return [self[name] for name in INTENSITIES]

    def timing_fields(self) -> list[forms.BoundField]:
        return [self[column] for column in queries.TIMING_COLUMNS]

    @property
    def area(self) -> AreaRecord:
        wanted = area_id(self.section)
        return next(area for area in self.record.areas if area.id == wanted)

    def stored(self) -> Mapping[str, Sequence[str]]:
        area = self.area
        return {
            "name": [area.name],
            **{layer: getattr(area, layer) for layer in LAYERS},
            "localised": [area.localised or UNKNOWN],
            **{name: [number_text(getattr(area, name))] for name in INTENSITIES},
            "onset_date": [area.onset_date.isoformat() if area.onset_date else ""],
            "pattern": [area.pattern],
            "aggravating": area.aggravating,
            "relieving": area.relieving,
            **texts_of(area.timing),
            **texts_of(area.descriptors, "descriptor-"),
            **{f"strength-{code}": [str(rating)] for code, rating in area.ratings.items()},
            **examination.stored(area, self.content.examination),
        }

    def entry(self) -> Entry:
        words = [descriptor.id for descriptor in self.content.phenotype.descriptors]
        descriptors = {code: answer for code in words if (answer := self.answer(f"descriptor-{code}"))}
        timing = {column: self.value(column) for column in queries.TIMING_COLUMNS if self.value(column)}
        results = examination.read(self.cleaned_data, self.content.examination)
        signs = self._signs_without_a_row()
        return AreaEntry(
            AreaRecord(
                id=self.area.id,
                name=self.value("name") or "",
                descriptors=descriptors,
                ratings={
                    code: strength
                    for code, answer in descriptors.items()
                    if answer == "yes" and (strength := self.value(f"strength-{code}")) is not None
                },
                evoked=signs.evoked,
                negative=signs.negative,
                pattern=self.value("pattern") or "",
                timing=timing,
                onset_date=self.value("onset_date"),
                localised=self.answer("localised"),
                aggravating=tuple(self.value("aggravating") or ()),
                relieving=tuple(self.value("relieving") or ()),
                sensory=results,
                sensory_reference=self.value("sensory_reference") or "",
                regions=self._marked("regions"),
                touch_regions=self._marked("touch_regions"),
                numb_regions=self._marked("numb_regions"),
                intensity=self.value("intensity"),
                intensity_now=self.value("intensity_now"),
                intensity_worst=self.value("intensity_worst"),
                intensity_least=self.value("intensity_least"),
            )
        )

    def _marked(self, layer: str) -> tuple[str, ...]:
        """The marks that are on the body map; one that is not is an error of its field and costs none of the others."""
        known = self.content.body_map.regions
        return tuple(sorted(known.keys() & set(cast(QueryDict, self.data).getlist(layer))))

    def _signs_without_a_row(self) -> Signs:
        """Signs that were stated and that no row of the grid can show, so that saving the grid never drops them."""
        area, shown = self.area, self.content.examination.stimuli
        unclear = [s for s in shown if result_of(s, area.evoked, area.negative) is None]
        answered = {found.stimulus for found in examination.read(self.cleaned_data, self.content.examination)}
        kept = {sign for s in unclear if s.id not in answered for sign in (s.gain, s.loss)}
        return Signs(
            {sign: answer for sign, answer in area.evoked.items() if sign in kept},
            {sign: answer for sign, answer in area.negative.items() if sign in kept},
        )
