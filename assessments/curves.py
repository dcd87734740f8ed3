"""Smooth curves through points, as cubic segments in the complex plane (x + yj, y downwards). Pure.

A drawing that people can correct says through which points a line runs; where the line leaves each point so that it
looks drawn by one stroke is computed here (J. D. Hobby, "Smooth, easy to compute interpolating splines", 1986, with
curl 1 at the ends and tension 1). Two points make a straight line.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Segment:
    """One cubic Bézier segment. Equal segments cover the same line in the same direction."""

    start: complex
    leave: complex
    arrive: complex
    end: complex

    def reversed(self) -> Segment:
        return Segment(self.end, self.arrive, self.leave, self.start)

    def at(self, t: float) -> complex:
        """The point at `t` from 0 (start) to 1 (end)."""
        s = 1 - t
        return s**3 * self.start + 3 * s * s * t * self.leave + 3 * s * t * t * self.arrive + t**3 * self.end


Line = tuple[Segment, ...]


def smooth(points: Sequence[complex]) -> Line:
    """The smooth line through two or more points, one segment between neighbours."""
    if len(points) < 2 or any(one == other for one, other in pairwise(points)):
        raise ValueError("a line needs two points, and neighbours that differ")
    chords = [other - one for one, other in pairwise(points)]
    turns = [cmath.phase(after / before) for before, after in pairwise(chords)]
    leaving = _leaving_angles([abs(chord) for chord in chords], turns)
    segments = []
    for index, (start, chord) in enumerate(zip(points, chords, strict=False)):
        leave = leaving[index]
        arrive = -leaving[index + 1] - (turns[index] if index < len(turns) else 0.0)
        segments.append(
            Segment(
                start,
                start + cmath.rect(_reach(leave, arrive), leave) * chord,
                start + chord - cmath.rect(_reach(arrive, leave), -arrive) * chord,
                points[index + 1],
            )
        )
    return tuple(segments)


def _leaving_angles(lengths: Sequence[float], turns: Sequence[float]) -> list[float]:
    """At each point the angle between its chord and the line that leaves it, radians: equal bending on both sides."""
    last = len(lengths)
    turn = [0.0, *turns, 0.0]
    diagonal, after, wanted = [1.0], [1.0], [-turn[1]]
    before = [0.0]
    for k in range(1, last):
        a, d = 1 / lengths[k - 1], 1 / lengths[k]
        before.append(a)
        diagonal.append(2 * (a + d))
        after.append(d)
        wanted.append(-2 * a * turn[k] - d * turn[k + 1])
    before.append(1.0)
    diagonal.append(1.0)
    after.append(0.0)
    wanted.append(0.0)
    if last == 1:
        return [0.0, 0.0]
    for k in range(1, last + 1):  # A tridiagonal system: eliminate downwards, then put in upwards.
        factor = before[k] / diagonal[k - 1]
        diagonal[k] -= factor * after[k - 1]
        wanted[k] -= factor * wanted[k - 1]
    angles = [0.0] * (last + 1)
    angles[last] = wanted[last] / diagonal[last]
    for k in reversed(range(last)):
        angles[k] = (wanted[k] - after[k] * angles[k + 1]) / diagonal[k]
    return angles


def _reach(here: float, there: float) -> float:
    """How far the control point stands from its end, as a share of the chord (Hobby's velocity function)."""
    bend = (
        math.sqrt(2)
        * (math.sin(here) - math.sin(there) / 16)
        * (math.sin(there) - math.sin(here) / 16)
        * (math.cos(here) - math.cos(there))
    )
    root = math.sqrt(5)
    return (2 + bend) / (3 * (1 + (root - 1) / 2 * math.cos(here) + (3 - root) / 2 * math.cos(there)))


def backwards(line: Line) -> Line:
    return tuple(segment.reversed() for segment in reversed(line))


def mirrored(line: Line) -> Line:
    """The same line on the other side of the midline x = 0."""
    return tuple(
        Segment(*(complex(-point.real, point.imag) for point in (s.start, s.leave, s.arrive, s.end))) for s in line
    )


def area(loop: Line) -> float:
    """The area inside a closed line, exact; positive when it runs clockwise on the screen."""
    total = 0.0
    for s in loop:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = ((p.real, p.imag) for p in (s.start, s.leave, s.arrive, s.end))
        total += (y3 - y0) * (x1 + x2) - (x3 - x0) * (y1 + y2) + y1 * (x0 - x2) - x1 * (y0 - y2)
        total += y3 * (x2 + x0 / 3) - x3 * (y2 + y0 / 3)
    return total * 3 / 20


def border(areas: Iterable[Line]) -> tuple[Line, ...]:
    """The loops around areas that share their borders: a segment that two of them use from both sides falls away."""
    loose: dict[complex, list[Segment]] = {}
    for area in areas:
        for segment in area:
            back = segment.reversed()
            if back in loose.get(back.start, ()):
                loose[back.start].remove(back)
            else:
                loose.setdefault(segment.start, []).append(segment)
    loops = []
    while starts := [start for start, segments in loose.items() if segments]:
        loop = [loose[starts[0]].pop()]
        while loop[-1].end != loop[0].start:
            loop.append(loose[loop[-1].end].pop())
        loops.append(tuple(loop))
    return tuple(loops)


def path_data(lines: Iterable[Line], shift: float = 0.0) -> str:
    """The lines as the `d` of an SVG path, moved to the right by `shift`; a line that ends where it began is closed.

    Rounded to a tenth. Steps are relative, which is shorter, and counted between rounded points, so that no error adds
    up and areas that share a border share it to the last digit.
    """
    parts = []
    for line in lines:
        here = _tenths(line[0].start + shift)
        parts.append(f"M{_numbers(here)}c")
        for segment in line:
            points = [_tenths(point + shift) for point in (segment.leave, segment.arrive, segment.end)]
            parts.append(_numbers(*((x - here[0], y - here[1]) for x, y in points)))
            parts.append(" ")
            here = points[-1]
        parts[-1] = "Z" if line[-1].end == line[0].start else ""
    return "".join(parts)


def _tenths(point: complex) -> tuple[int, int]:
    return round(point.real * 10), round(point.imag * 10)


def _numbers(*points: tuple[int, int]) -> str:
    """Tenths as numbers, without what SVG can do without: a space before a minus, a zero before the point."""
    text = ""
    for tenths in (value for point in points for value in point):
        whole, rest = divmod(abs(tenths), 10)
        number = ("-" if tenths < 0 else "") + (str(whole) if whole or not rest else "") + (f".{rest}" if rest else "")
        text += number if not text or number.startswith("-") else f" {number}"
    return text
