"""What a page draws of the body figure: which regions are marked, absent, or outlined for a root or nerve.

`draw` makes what `templates/assessments/_body_figure.html` shows; `assessments.figure_words` says the same in words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext_lazy as _

from assessments.definitions import BodyMap, Territory
from assessments.figure import Figure, Inset, Plate, Shape, Side

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"
Box: TypeAlias = tuple[float, float, float, float]

# The layers in the order in which they are told, each with the class of its hatching in static/css/bodymap.css.
LAYERS: Mapping[str, str] = {"pain": "is-pain", "touch_pain": "is-touch", "numbness": "is-numb"}
LAYER_TITLES: Mapping[str, Text] = {
    "pain": _("Pain"),
    "touch_pain": _("Pain on touch"),
    "numbness": _("Numbness"),
}
# Where there is room for one word only.
SIDE_WORDS: Mapping[Side, Text] = {"right": _("right"), "left": _("left")}
SIDE_TITLES: Mapping[Side, Text] = {"right": _("Patient's right"), "left": _("Patient's left")}
# To the patient.
OWN_SIDE_TITLES: Mapping[Side, Text] = {"right": _("Your right"), "left": _("Your left")}
TITLES: Mapping[str, Text] = {
    "front": _("Front"),
    "back": _("Back"),
    "face": _("Face"),
    "hands": _("Hands"),
    "palm": _("Palm"),
    "hand_back": _("Back of hand"),
    "feet": _("Feet"),
    "foot_top": _("Top"),
    "sole": _("Sole"),
    "foot_outer": _("Outer edge"),
    "foot_inner": _("Inner edge"),
    "pelvis": _("Pelvis"),
    "pelvis_front": _("From the front"),
    "pelvis_back": _("From the back"),
}
# Hatching is drawn in the units of a plate: small figures need a coarser one and enlarged parts a finer one.
HATCH_SCALES: Mapping[str, float] = {"": 1.25, "-small": 3.6, "-inset": 0.5}


@dataclass(frozen=True, slots=True)
class Overlay:
    """The skin of one root, nerve or trigeminal division as region ids: its own, and what counts as overlap."""

    label: str
    own: frozenset[str]
    extended: frozenset[str] = frozenset()


def territory_overlay(territory: Territory, sides: Iterable[Side] = ("right", "left")) -> Overlay:
    """The overlay of a root or nerve of the body map, on one side or both."""
    ends = [side[0] for side in sides]

    def ids(bases: Iterable[str]) -> frozenset[str]:
        return frozenset(f"{base}_{end}" for base in bases for end in ends)

    return Overlay(territory.label, own=ids(territory.own), extended=ids(territory.extended))


def division_overlay(body_map: BodyMap, division: str, sides: Collection[Side] = ("right", "left")) -> Overlay:
    """The overlay of a trigeminal division (V1, V2 or V3); its borders overlap little, so nothing is `extended`."""
    own = (r.id for r in body_map.regions.values() if r.trigeminal == division and r.side in sides)
    return Overlay(division, own=frozenset(own))


@dataclass(frozen=True, slots=True)
class Hatch:
    """One way to fill a region when more than plain pain is marked there; `id` is what bodymap.css refers to."""

    id: str
    scale: float
    pain: bool
    touch: bool
    numb: bool


HATCHES = tuple(
    Hatch(f"bodymap{'-pain' * pain}{'-touch' * touch}{'-numb' * numb}{suffix}", scale, pain, touch, numb)
    for suffix, scale in HATCH_SCALES.items()
    for pain, touch, numb in product((False, True), repeat=3)
    if touch or numb
)


@dataclass(frozen=True, slots=True)
class DrawnShape:
    """One region; `classes` says which layers are marked there. Without a path it is the one in the whole view."""

    id: str
    label: str
    path: str
    classes: str


@dataclass(frozen=True, slots=True)
class DrawnView:
    """A whole view, or an inset of one. `box` is its viewBox, `sides` the patient's sides from the viewer's left."""

    id: str
    title: Text
    plate: Plate
    box: Box
    shapes: tuple[DrawnShape, ...]
    sides: tuple[Text, ...]
    own: str
    extended: str


@dataclass(frozen=True, slots=True)
class InsetGroup:
    id: str
    title: Text
    parts: tuple[DrawnView, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend: the classes of a region or of a line, and what they mean."""

    classes: str
    title: Text
    is_line: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything the template draws; `plates` holds each plate once, and all ids of the drawing begin with `name`."""

    name: str
    is_small: bool
    views: tuple[DrawnView, ...]
    groups: tuple[InsetGroup, ...]
    plates: tuple[Plate, ...]
    legend: tuple[Key, ...]
    hatches: tuple[Hatch, ...] = HATCHES


def draw(
    figure: Figure,
    marks: Mapping[str, Collection[str]] | None = None,
    *,
    absent: Collection[str] = (),
    overlay: Overlay | None = None,
    name: str = "bodymap",
    is_small: bool = False,
    side_titles: Mapping[Side, Text] = SIDE_TITLES,
) -> Drawing:
    """Mark the figure. `marks` holds region ids by layer, `absent` those that were amputated. Two figures on
    one page need two names. A small figure shows the whole views with marked regions only.

    Raises ValueError for a layer or a region that the figure does not have: a mark that is not drawn would be lost.
    """
    marks = marks or {}
    if strange := sorted(set(marks) - set(LAYERS)):
        raise ValueError(f"no such layers: {', '.join(strange)}")
    known = frozenset().union(*(plate.ids for plate in figure.views))
    if strange := sorted(set().union(absent, *marks.values()) - known):
        raise ValueError(f"the figure has no such regions: {', '.join(strange)}")

    def drawn(shape: Shape, is_repeated: bool) -> DrawnShape:
        region = shape.region
        classes = [css for layer, css in LAYERS.items() if region.id in marks.get(layer, ())]
        if region.id in absent:
            classes.append("is-absent")
        return DrawnShape(region.id, region.label, "" if is_repeated else shape.path, " ".join(classes))

    def view(title: str, plate: Plate, box: Box, part: Inset | None = None) -> DrawnView:
        shapes = part.shapes if part else plate.shapes
        here = {shape.region.id for shape in shapes}
        return DrawnView(
            id=title,
            title=TITLES[title],
            plate=plate,
            box=box,
            shapes=tuple(drawn(shape, bool(part) and plate in figure.views) for shape in shapes),
            sides=tuple(side_titles[side] for side in ((part.side,) if part and part.side else plate.sides)),
            own=plate.outline_of(overlay.own & here) if overlay else "",
            extended=plate.outline_of(overlay.extended & here) if overlay else "",
        )

    views = tuple(view(plate.id, plate, (0, 0, plate.width, plate.height)) for plate in figure.views)
    groups = tuple(
        InsetGroup(group, TITLES[group], tuple(view(part.id, part.plate, part.box, part) for part in parts))
        for group, parts in figure.insets.items()
        if not is_small
    )
    every = [*views, *(part for group in groups for part in group.parts)]
    return Drawing(
        name=name,
        is_small=is_small,
        views=views,
        groups=groups,
        plates=tuple({part.plate.id: part.plate for part in every}.values()),
        legend=_legend(marks, absent, overlay),
    )


def _legend(marks: Mapping[str, Collection[str]], absent: Collection[str], overlay: Overlay | None) -> tuple[Key, ...]:
    keys = [Key(css, LAYER_TITLES[layer]) for layer, css in LAYERS.items() if marks.get(layer)]
    if absent:
        keys.append(Key("is-absent", _("Amputated")))
    if overlay and overlay.own:
        keys.append(Key("bodymap-own", overlay.label, is_line=True))
    if overlay and overlay.extended:
        keys.append(Key("bodymap-extended", _("Overlap"), is_line=True))
    return tuple(keys)
