"""Time calls and write figures: the one form of `var/bench.json` and its like."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `ratio` is value divided by `baseline`, which was measured in the same run."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    n: int = 1

    def to_json(self) -> dict[str, str | float | int | None]:
        """The form in which figures are written."""
        return asdict(self)


def figure(name: str, value: float, unit: str, *, baseline: float | None = None, n: int = 1) -> Figure:
    """A figure with its ratio to the baseline, rounded to four significant digits."""
    ratio = _short(value / baseline) if baseline else None
    return Figure(name, _short(value), unit, None if baseline is None else _short(baseline), ratio, n)


def line(item: Figure) -> str:
    """A figure as it is printed."""
    against = f"   {item.ratio:g} of {item.baseline:g}" if item.ratio is not None else ""
    return f"{item.name:32} {item.value:>10g} {item.unit}{against}"


def write(items: Iterable[Figure], target: Path) -> None:
    """All figures into one file."""
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([item.to_json() for item in items], indent=1) + "\n", encoding="utf-8")


def milliseconds(call: Callable[[T], object], arguments: Iterable[T], rounds: int) -> list[float]:
    """How long each call took, in ms, over `rounds` passes through the arguments, the fastest first."""
    given = list(arguments)
    for argument in given:
        call(argument)
    found: list[float] = []
    for _ in range(rounds):
        for argument in given:
            start = time.perf_counter()
            call(argument)
            found.append((time.perf_counter() - start) * 1000)
    return sorted(found)


def p95(times: Sequence[float]) -> float:
    """The 95th percentile of sorted times."""
    return times[min(len(times) - 1, round(0.95 * (len(times) - 1)))]


def middle(times: Sequence[float]) -> float:
    """The median of times."""
    return median(times)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
