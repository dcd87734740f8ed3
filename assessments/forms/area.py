"""One pain area: where, in which words, what the examination found, when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from assessments import queries
from assessments.entries import AreaEntry, Entry
from assessments.forms.fields import TIMING_LABELS, UNKNOWN, Text, choice_or_unknown, day, three_way, word, zero_to_ten
from assessments.forms.section import SectionForm, texts_of
from assessments.record import AreaRecord
from assessments.summary import area_id


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


class AreaForm(SectionForm):
    """One pain area: where, in which words, what the examination found, when."""

    name = forms.CharField(
        label=_("Name of this area"), required=False, max_length=80, help_text=_("For example: both feet.")
    )
    localised = three_way(
        _("Is the pain localised?"),
    )
    intensity = zero_to_ten(_("Strength in this area, on average"))
    onset_date = day(_("Began on"))

    def build(self) -> None:
        words = self.content.phenotype
        self.fields["regions"] = forms.MultipleChoiceField(
            label=_("Where it hurts"),
            required=False,
            choices=[(region.id, region.label) for region in self.content.body_map.regions.values()],
            widget=forms.CheckboxSelectMultiple,
        )
        for descriptor in words.descriptors:
            self.fields[f"descriptor-{descriptor.id}"] = three_way(descriptor.label.capitalize())
        for kind, signs in (("evoked", words.evoked), ("negative", words.negative)):
            for sign in signs:
                hint = "; ".join(part for part in (sign.definition, sign.bedside) if part)
                self.fields[f"{kind}-{sign.id}"] = three_way(sign.label[:1].upper() + sign.label[1:], hint)
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

    AREAS: ClassVar[Mapping[str, Text]] = {
        "head": _("Head and face"),
        "neck": _("Neck"),
        "trunk": _("Chest, belly and back"),
        "pelvis": _("Buttocks and saddle"),
        "upper_limb": _("Shoulder, arm and hand"),
        "lower_limb": _("Leg and foot"),
    }

    def region_groups(self) -> list[tuple[Text, list[RegionRow], int]]:
        """Regions by part of the body: label, rows, number of marks."""
        marked = set(cast(QueryDict, self.data).getlist("regions"))
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

    def sign_fields(self, kind: str) -> list[forms.BoundField]:
        """The questions of one kind: descriptor, evoked or negative."""
        return [self[name] for name in self.fields if name.startswith(f"{kind}-")]

    def descriptor_fields(self) -> list[forms.BoundField]:
        return self.sign_fields("descriptor")

    def evoked_fields(self) -> list[forms.BoundField]:
        return self.sign_fields("evoked")

    def negative_fields(self) -> list[forms.BoundField]:
        return self.sign_fields("negative")

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
            "regions": area.regions,
            "localised": [area.localised or UNKNOWN],
            "intensity": ["" if area.intensity is None else str(area.intensity)],
            "onset_date": [area.onset_date.isoformat() if area.onset_date else ""],
            "pattern": [area.pattern],
            **texts_of(area.timing),
            **texts_of(area.descriptors, "descriptor-"),
            **texts_of(area.evoked, "evoked-"),
            **texts_of(area.negative, "negative-"),
        }

    def _answers(self, kind: str, codes: Iterable[str]) -> Mapping[str, str]:
        return {code: answer for code in codes if (answer := self.answer(f"{kind}-{code}"))}

    def entry(self) -> Entry:
        words = self.content.phenotype
        timing = {column: self.value(column) for column in queries.TIMING_COLUMNS if self.value(column)}
        return AreaEntry(
            AreaRecord(
                id=self.area.id,
                name=self.value("name") or "",
                regions=tuple(self.value("regions") or ()),
                descriptors=self._answers("descriptor", (d.id for d in words.descriptors)),
                evoked=self._answers("evoked", (sign.id for sign in words.evoked)),
                negative=self._answers("negative", (sign.id for sign in words.negative)),
                pattern=self.value("pattern") or "",
                timing=timing,
                onset_date=self.value("onset_date"),
                localised=self.answer("localised"),
                intensity=self.value("intensity"),
            )
        )
