"""What is known about one patient on one day: typed values by fact name.

A fact that is missing from the mapping is unknown. Where facts come from (record, units, freshness) is not
the business of this module.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from rules.truth import Truth


@dataclass(frozen=True, slots=True)
class FactSet:
    """A set of ids of which we may know only a part.

    `members` are known to be in it, `absent` are known not to be in it; `complete` says that whatever is not a
    member is not in it. Everything else is unknown. Raises ValueError when an id is both member and absent.
    """

    members: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    complete: bool = False

    def __post_init__(self) -> None:
        if both := self.members & self.absent:
            raise ValueError(f"both present and absent: {', '.join(sorted(both))}")

    @classmethod
    def of(cls, *members: str, absent: Iterable[str] = (), complete: bool = False) -> FactSet:
        """Build a set from plain words."""
        return cls(frozenset(members), frozenset(absent), complete)

    def contains(self, value: str) -> Truth:
        """Whether `value` is in the set."""
        if value in self.members:
            return Truth.YES
        if self.complete or value in self.absent:
            return Truth.NO
        return Truth.UNKNOWN


Value: TypeAlias = bool | int | float | str | FactSet
Facts: TypeAlias = Mapping[str, Value]


def freeze(facts: Mapping[str, Value]) -> Facts:
    """A read-only copy in name order, so that two equal snapshots also print alike."""
    return MappingProxyType({name: facts[name] for name in sorted(facts)})


def to_json(facts: Facts) -> dict[str, object]:
    """The canonical JSON form: names and members sorted, 30.0 written as 30.

    Equal facts give equal text. Raises ValueError for a number that is not finite.
    """
    return {name: value_to_json(facts[name]) for name in sorted(facts)}


def from_json(data: Mapping[str, object]) -> Facts:
    """Read what `to_json` wrote; raises ValueError when it is something else."""
    return freeze({name: _value_from_json(name, value) for name, value in data.items()})


def value_to_json(value: Value) -> object:
    """One value in canonical JSON form; a set becomes an object with members, absent and complete."""
    if isinstance(value, FactSet):
        return {"members": sorted(value.members), "absent": sorted(value.absent), "complete": value.complete}
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a fact cannot be {value}")
        return int(value) if value.is_integer() else value
    return value


def _value_from_json(name: str, value: object) -> Value:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping) and set(value) == {"members", "absent", "complete"}:
        return FactSet(frozenset(value["members"]), frozenset(value["absent"]), value["complete"] is True)
    raise ValueError(f"{name}: not a fact value")
