"""The marks on the body figure in words, for those who do not see it and for text that is copied elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.definitions import BodyMap
from assessments.figure import Figure, Side
from assessments.figure_view import LAYER_TITLES, Text

SIDES: tuple[Side, Side] = ("right", "left")
# Parts of a limb: one, and two of them. Their regions are in knowledge/bodymap_figure.yaml.
PAIRED: Mapping[str, tuple[Text, Text]] = {
    "leg": (gettext_lazy("leg"), gettext_lazy("legs")),
    "foot": (gettext_lazy("foot"), gettext_lazy("feet")),
    "sole": (gettext_lazy("sole"), gettext_lazy("soles")),
    "lower_leg": (gettext_lazy("lower leg"), gettext_lazy("lower legs")),
    "thigh": (gettext_lazy("thigh"), gettext_lazy("thighs")),
    "buttock": (gettext_lazy("buttock"), gettext_lazy("buttocks")),
    "arm": (gettext_lazy("arm"), gettext_lazy("arms")),
    "hand": (gettext_lazy("hand"), gettext_lazy("hands")),
    "forearm": (gettext_lazy("forearm"), gettext_lazy("forearms")),
    "upper_arm": (gettext_lazy("upper arm"), gettext_lazy("upper arms")),
    "shoulder": (gettext_lazy("shoulder"), gettext_lazy("shoulders")),
}
# Parts across the midline: the whole, its right half, its left half.
MIDDLE: Mapping[str, tuple[Text, Text, Text]] = {
    "head": (gettext_lazy("head"), gettext_lazy("right half of the head"), gettext_lazy("left half of the head")),
    "face": (gettext_lazy("face"), gettext_lazy("right half of the face"), gettext_lazy("left half of the face")),
    "neck": (gettext_lazy("neck"), gettext_lazy("right half of the neck"), gettext_lazy("left half of the neck")),
    "chest": (gettext_lazy("chest"), gettext_lazy("right half of the chest"), gettext_lazy("left half of the chest")),
    "abdomen": (
        gettext_lazy("abdomen"),
        gettext_lazy("right half of the abdomen"),
        gettext_lazy("left half of the abdomen"),
    ),
    "back": (gettext_lazy("back"), gettext_lazy("right half of the back"), gettext_lazy("left half of the back")),
}


def in_words(
    figure: Figure, body_map: BodyMap, marks: Mapping[str, Collection[str]], absent: Collection[str] = ()
) -> str:
    """One sentence for each layer that holds a region, and one for what was amputated: "Pain: both feet."

    Every region is told, in a part of the body whose regions are all marked or by its own label. Raises KeyError for a
    region that the body map does not have.
    """
    told = [(LAYER_TITLES[layer], marks[layer]) for layer in LAYER_TITLES if marks.get(layer)]
    if absent:
        told.append((_("Amputated"), absent))
    if not told:
        return _("Nothing is marked.")
    return " ".join(
        _("%(layer)s: %(places)s.") % {"layer": layer, "places": "; ".join(places(figure, body_map, regions))}
        for layer, regions in told
    )


def places(figure: Figure, body_map: BodyMap, regions: Collection[str]) -> list[str]:
    """The regions in words, whole parts of the body before single regions, both sides before one."""
    left_over: dict[Side, set[str]] = {side: set() for side in SIDES}
    for region in regions:
        left_over[body_map.regions[region].side].add(body_map.regions[region].base)
    whole: dict[str, list[Side]] = {part: [] for part in figure.parts}
    # The largest part first: a foot is not told when the leg that it belongs to is.
    for part, bases in sorted(figure.parts.items(), key=lambda item: -len(item[1])):
        for side in SIDES:
            if bases <= left_over[side]:
                whole[part].append(side)
                left_over[side] -= bases
    return [*_paired(whole), *_middle(whole), *_single(body_map, left_over)]


def _paired(whole: Mapping[str, list[Side]]) -> list[str]:
    found = []
    both = [str(PAIRED[part][1]) for part in PAIRED if len(whole[part]) == 2]
    if both:
        found.append(_("both %(parts)s") % {"parts": _listed(both)})
    patterns: Mapping[Side, str] = {"right": _("right %(parts)s"), "left": _("left %(parts)s")}
    for side, pattern in patterns.items():
        if one := [str(PAIRED[part][0]) for part in PAIRED if whole[part] == [side]]:
            found.append(pattern % {"parts": _listed(one)})
    return found


def _middle(whole: Mapping[str, list[Side]]) -> list[str]:
    return [
        str(words[0] if len(whole[part]) == 2 else words[1 + SIDES.index(whole[part][0])])
        for part, words in MIDDLE.items()
        if whole[part]
    ]


def _single(body_map: BodyMap, left_over: Mapping[Side, set[str]]) -> list[str]:
    patterns: Mapping[tuple[Side, ...], str] = {
        ("right", "left"): _("%(region)s (both sides)"),
        ("right",): _("%(region)s (right)"),
        ("left",): _("%(region)s (left)"),
    }
    found: dict[tuple[Side, ...], list[str]] = {sides: [] for sides in patterns}
    for region in body_map.regions.values():
        sides = tuple(side for side in SIDES if region.base in left_over[side])
        if region.side == "right" and sides:
            name = region.label.removesuffix(" (right)")
            found[sides].append(patterns[sides] % {"region": name[:1].lower() + name[1:]})
    return [words for names in found.values() for words in names]


def _listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return _("%(words)s and %(last)s") % {"words": ", ".join(words[:-1]), "last": words[-1]}
