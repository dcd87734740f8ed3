"""What the pages of an assessment show of the body map: the marked figure, overlays, changes. No queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext_lazy as _

from assessments import figure_view, figure_words
from assessments.definitions import BodyMap, Territory
from assessments.figure import Side, body_figure
from assessments.figure_view import Drawing
from assessments.record import AreaRecord, AssessmentRecord

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"
# The field of each layer in the form of an area, with the layer of the figure.
LAYER_OF_FIELD: Mapping[str, str] = {"regions": "pain", "touch_regions": "touch_pain", "numb_regions": "numbness"}


@dataclass(frozen=True, slots=True)
class OverlayChoice:
    """The skin of a root, nerve or division, as bases of regions with a space between them."""

    id: str
    label: str
    own: str
    extended: str


@dataclass(frozen=True, slots=True)
class BodyMapPage:
    """The figure of a page with what can be laid over it; `classes` are those of the layers by field."""

    drawing: Drawing
    text: str
    overlays: tuple[tuple[Text, tuple[OverlayChoice, ...]], ...]
    classes: Mapping[str, str]


def marks_of(areas: Iterable[AreaRecord]) -> dict[str, frozenset[str]]:
    """The marked regions of the areas together, by layer of the figure."""
    every = tuple(areas)
    return {
        layer: frozenset(region for area in every for region in getattr(area, field))
        for field, layer in LAYER_OF_FIELD.items()
    }


def page(
    record: AssessmentRecord,
    body_map: BodyMap,
    areas: Iterable[AreaRecord] | None = None,
    *,
    is_small: bool = False,
    name: str = "bodymap",
    side_titles: Mapping[Side, Text] = figure_view.SIDE_TITLES,
) -> BodyMapPage:
    """The figure of some areas, of all when none are named, with what was amputated."""
    marks = marks_of(record.areas if areas is None else areas)
    return BodyMapPage(
        figure_view.draw(
            body_figure(), marks, absent=record.absent_regions, is_small=is_small, name=name, side_titles=side_titles
        ),
        figure_words.in_words(body_figure(), body_map, marks, record.absent_regions),
        () if is_small else overlays(body_map),
        MappingProxyType({field: figure_view.LAYERS[layer] for field, layer in LAYER_OF_FIELD.items()}),
    )


def overlays(body_map: BodyMap) -> tuple[tuple[Text, tuple[OverlayChoice, ...]], ...]:
    """Roots, nerves and divisions that can be shown over the figure, by group."""
    divisions = sorted({region.trigeminal for region in body_map.regions.values() if region.trigeminal})
    return (
        (_("Roots"), tuple(_choice("root", root) for root in body_map.roots)),
        (_("Nerves"), tuple(_choice("nerve", nerve) for nerve in body_map.nerves)),
        (
            _("Trigeminal divisions"),
            tuple(
                OverlayChoice(
                    f"division-{division}",
                    division,
                    _spaced(r.base for r in body_map.regions.values() if r.trigeminal == division),
                    "",
                )
                for division in divisions
            ),
        ),
    )


def _choice(kind: str, territory: Territory) -> OverlayChoice:
    return OverlayChoice(
        f"{kind}-{territory.id}",
        territory.label,
        _spaced(territory.own),
        _spaced(territory.extended - territory.own),
    )


def _spaced(bases: Iterable[str]) -> str:
    return " ".join(sorted(set(bases)))


@dataclass(frozen=True, slots=True)
class LayerChange:
    """What became of one layer between two assessments, in words; empty where nothing did."""

    label: Text
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    before: int
    now: int


def changes(
    before: Mapping[str, Collection[str]], now: Mapping[str, Collection[str]], body_map: BodyMap
) -> tuple[LayerChange, ...]:
    """Regions gained and lost in each layer that is marked in either, with how many there were and are."""
    found = []
    for layer, label in figure_view.LAYER_TITLES.items():
        old, new = set(before.get(layer, ())), set(now.get(layer, ()))
        if old or new:
            words = [tuple(figure_words.places(body_figure(), body_map, regions)) for regions in (new - old, old - new)]
            found.append(LayerChange(label, words[0], words[1], len(old), len(new)))
    return tuple(found)
