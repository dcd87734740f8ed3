"""The body figure: the regions of the body map as closed lines, read from `knowledge/bodymap_figure.yaml`. Pure.

A plate is one drawing (the body from the front, the feet from above …). It is drawn for the half on the VIEWER's right,
x counting from the midline; the other half is its mirror image. Seen from the front the viewer's right is the
PATIENT's left, seen from the back it is the patient's right: `side_of` is the only place that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from assessments.content import KNOWLEDGE, ContentInvalid, Entry, assessment_content, read_yaml
from assessments.curves import Line, area, backwards, border, mirrored, path_data, smooth
from assessments.definitions import BodyMap, Region

FILE = "bodymap_figure.yaml"
Side: TypeAlias = Literal["left", "right"]
Facing: TypeAlias = Literal["front", "back"]

_POINT = re.compile(r"(?:(?P<name>[a-z]\w*)=)?(?P<x>-?\d+(?:\.\d+)?),(?P<y>-?\d+(?:\.\d+)?)")
_STEP = re.compile(r"(?P<back>-?)(?P<curve>[a-z]\w*)(?:\[(?P<first>\w+):(?P<last>\w+)\])?")


def side_of(facing: Facing, viewers_right: bool) -> Side:
    """The patient's side that stands on one side of a plate."""
    return "left" if (facing == "front") == viewers_right else "right"


@dataclass(frozen=True, slots=True)
class Shape:
    """One region as it is drawn on a plate: `path` is the `d` of an SVG path, in the plate's coordinates."""

    region: Region
    loops: tuple[Line, ...]
    path: str


@dataclass(frozen=True)
class Plate:
    """One drawing. `lines` and `fine` orient the eye and are no regions; `fine` ones are for enlarged insets only."""

    id: str
    facing: Facing
    width: float
    height: float
    shapes: tuple[Shape, ...]
    outline: str
    lines: str
    fine: str

    @property
    def sides(self) -> tuple[Side, Side]:
        """The patient's sides in the order in which the viewer sees them, from the left."""
        return side_of(self.facing, False), side_of(self.facing, True)

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(shape.region.id for shape in self.shapes)

    def outline_of(self, ids: Iterable[str]) -> str:
        """One path around the named regions together, without the borders between them; empty when none is here."""
        wanted = frozenset(ids)
        loops = border(loop for shape in self.shapes if shape.region.id in wanted for loop in shape.loops)
        return path_data(loops, self.width / 2)


@dataclass(frozen=True, slots=True)
class Inset:
    """A part of a plate, enlarged. `box` is an SVG viewBox; `side` is None when both sides are in it."""

    id: str
    plate: Plate
    box: tuple[float, float, float, float]
    shapes: tuple[Shape, ...]
    side: Side | None


@dataclass(frozen=True, slots=True)
class Figure:
    """`views` are the whole figure and hold each region once; `insets` repeat some of them larger, by group.

    `parts` are parts of the body with the bases that make them up, for words.
    """

    views: tuple[Plate, ...]
    insets: Mapping[str, tuple[Inset, ...]]
    parts: Mapping[str, frozenset[str]]


# --- reading ------------------------------------------------------------------------------------------------------


class _Drawing:
    """The curves of one plate while it is read, cut wherever a point has a name."""

    def __init__(self, where: str, curves: Sequence[tuple[str, str]]) -> None:
        self.where = where
        self.points: dict[str, complex] = {}
        self.curves: dict[str, tuple[Line, list[str]]] = {}
        for _, text in curves:
            for token in text.split():
                if (found := _POINT.fullmatch(token.removesuffix("/"))) and (known := found["name"]):
                    if known in self.points:
                        raise ContentInvalid(f"{where}: the point {known} is drawn twice")
                    self.points[known] = complex(float(found["x"]), float(found["y"]))
        for name, text in curves:
            if name in self.curves:
                raise ContentInvalid(f"{where}: the curve {name} is drawn twice")
            self.curves[name] = self.curve(name, text)

    def curve(self, name: str, text: str) -> tuple[Line, list[str]]:
        """The line, and the name of each of its points ("" for most)."""
        points: list[complex] = []
        names: list[str] = []
        corners = [0]
        for token in text.split():
            bare = token.removesuffix("/")
            if found := _POINT.fullmatch(bare):
                point, known = complex(float(found["x"]), float(found["y"])), found["name"] or ""
            elif bare in self.points:
                point, known = self.points[bare], bare
            else:
                raise ContentInvalid(f"{self.where}, {name}: {token!r} is neither a point nor the name of one")
            if token.endswith("/"):
                corners.append(len(points))
            points.append(point)
            names.append(known)
        corners.append(len(points) - 1)
        line: Line = ()
        try:
            for first, last in pairwise(corners):
                line += smooth(points[first : last + 1])
        except ValueError as error:
            raise ContentInvalid(f"{self.where}, {name}: {error}") from error
        return line, names

    def free_line(self, text: str) -> Line:
        return self.curve("a line", text)[0]

    def loop(self, base: str, text: str) -> Line:
        """The closed line around a region, put together from whole curves and pieces of curves."""
        line: Line = ()
        for step in text.split():
            found = _STEP.fullmatch(step)
            if not found or found["curve"] not in self.curves:
                raise ContentInvalid(f"{self.where}, {base}: {step!r} is no piece of a curve")
            piece, names = self.curves[found["curve"]]
            if found["first"]:
                try:
                    first, last = names.index(found["first"]), names.index(found["last"])
                except ValueError as error:
                    raise ContentInvalid(f"{self.where}, {base}: {step!r} names a point that is not there") from error
                piece = piece[first:last] if first < last else backwards(piece[last:first])
            if found["back"]:
                piece = backwards(piece)
            if line and line[-1].end != piece[0].start:
                raise ContentInvalid(f"{self.where}, {base}: {step!r} does not begin where the line before it ends")
            line += piece
        if not line or line[-1].end != line[0].start:
            raise ContentInvalid(f"{self.where}, {base}: the line does not close")
        return line if area(line) > 0 else backwards(line)


def _lines(drawing: _Drawing, texts: Iterable[str], width: float) -> str:
    halves = [drawing.free_line(text) for text in texts]
    return path_data([*halves, *(mirrored(half) for half in halves)], width / 2)


def _plate(name: str, entry: Entry, shared: Mapping[str, Mapping[str, str]], body_map: BodyMap) -> Plate:
    drawing = _Drawing(f"{FILE}: {name}", [*shared.get(entry.get("shared", ""), {}).items(), *entry["curves"].items()])
    facing, (width, height) = entry["facing"], entry["size"]
    shapes = []
    for base, texts in entry["regions"].items():
        half = tuple(drawing.loop(base, text) for text in texts)
        for viewers_right, loops in ((True, half), (False, tuple(backwards(mirrored(loop)) for loop in half))):
            region = body_map.regions.get(f"{base}_{side_of(facing, viewers_right)[0]}")
            if region is None:
                raise ContentInvalid(f"{FILE}: {name} draws {base!r}, which is no region of the body map")
            shapes.append(Shape(region, loops, path_data(loops, width / 2)))
    return Plate(
        id=name,
        facing=facing,
        width=width,
        height=height,
        shapes=tuple(shapes),
        outline=path_data(border(loop for shape in shapes for loop in shape.loops), width / 2),
        lines=_lines(drawing, entry["lines"], width),
        fine=_lines(drawing, entry["fine"], width),
    )


def _inset(entry: Entry, plates: Mapping[str, Plate]) -> tuple[Inset, ...]:
    """One inset across the midline, or two: the box that is drawn and its mirror image."""
    plate = plates[entry["plate"]]
    x, y, width, height = entry["box"]
    shapes = {base: [s for s in plate.shapes if s.region.base == base] for base in entry["regions"]}
    if missing := sorted(base for base, found in shapes.items() if not found):
        raise ContentInvalid(f"{FILE}: the inset {entry['id']} shows regions that its plate has not: {missing}")
    every = [shape for found in shapes.values() for shape in found]
    middle = plate.width / 2
    if entry["sides"] == "together":
        return (Inset(entry["id"], plate, (middle + x, y, width, height), tuple(every), None),)
    # The viewer's left first, as the page is read.
    return tuple(
        Inset(
            entry["id"],
            plate,
            (middle + x if viewers_right else middle - x - width, y, width, height),
            tuple(shape for shape in every if shape.region.side == side_of(plate.facing, viewers_right)),
            side_of(plate.facing, viewers_right),
        )
        for viewers_right in (False, True)
    )


def load_figure(body_map: BodyMap, folder: Path = KNOWLEDGE) -> Figure:
    """Read the drawing. Raises ContentInvalid, with the plate and the region, for a line that does not close."""
    content = read_yaml(folder / FILE)
    try:
        plates = {name: _plate(name, entry, content["shared"], body_map) for name, entry in content["plates"].items()}
        figure = Figure(
            views=tuple(plates[name] for name in content["views"]),
            insets=MappingProxyType(
                {
                    group: tuple(inset for entry in entries for inset in _inset(entry, plates))
                    for group, entries in content["insets"].items()
                }
            ),
            parts=MappingProxyType({part: frozenset(bases) for part, bases in content["parts"].items()}),
        )
    except KeyError as error:
        raise ContentInvalid(f"{FILE}: {error} is missing") from error
    bases = {region.base for region in body_map.regions.values()}
    if strange := sorted(frozenset().union(*figure.parts.values()) - bases):
        raise ContentInvalid(f"{FILE}: parts name regions that do not exist: {', '.join(strange)}")
    drawn = [shape.region.id for plate in figure.views for shape in plate.shapes]
    if wrong := sorted(region for region in body_map.regions if drawn.count(region) != 1):
        raise ContentInvalid(f"{FILE}: not drawn exactly once: {', '.join(wrong)}")
    return figure


@cache
def body_figure() -> Figure:
    """The figure as shipped, read once per process."""
    return load_figure(assessment_content().body_map)
