"""Three or more medicines together that no pair shows: which of a list fill the groups of a danger."""

from __future__ import annotations

from collections.abc import Sequence

from treatments.safety.table import Danger, Groups
from treatments.safety.whole import Taken


def in_danger(danger: Danger, present: Sequence[Taken]) -> tuple[Taken, ...]:
    """The medicines of a danger that are all taken; empty when it is none. Each medicine stands for one group only."""
    classes = {part.name: part.classes for taken in present for part in taken.medicine.ingredients}
    if not _covered(danger.required, danger.of, danger.at_least, classes, frozenset()):
        return ()
    wanted = frozenset().union(*danger.required, *danger.of)
    return tuple(taken for taken in present if taken.medicine.classes & wanted)


def _covered(
    required: Groups, of: Groups, at_least: int, classes: dict[str, frozenset[str]], used: frozenset[str]
) -> bool:
    """Whether different medicines can be found for every required group and for enough of the others."""
    if required:
        first, rest = required[0], required[1:]
        return any(
            _covered(rest, of, at_least, classes, used | {name})
            for name, held in classes.items()
            if name not in used and held & first
        )
    if at_least <= 0:
        return True
    if len(of) < at_least:
        return False
    first, others = of[0], of[1:]
    with_it = any(
        _covered((), others, at_least - 1, classes, used | {name})
        for name, held in classes.items()
        if name not in used and held & first
    )
    return with_it or _covered((), others, at_least, classes, used)
