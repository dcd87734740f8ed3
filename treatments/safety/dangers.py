"""Three or more medicines together that no pair shows, by the table of the rulebook; and burdens as checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from treatments.safety.burdens import Gauge, Scale
from treatments.safety.model import Check
from treatments.safety.table import Danger, Groups
from treatments.safety.whole import Taken, days_of_change, on_day


def danger_checks(whole: Sequence[Taken], dangers: Sequence[Danger], today: date) -> Iterator[Check]:
    """Every danger of the table on the first day on which all of it is taken."""
    for danger in dangers:
        for day in days_of_change(whole, today):
            found = in_danger(danger, on_day(whole, day))
            if found:
                yield _danger_check(danger, found)
                break


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


def _danger_check(danger: Danger, found: Sequence[Taken]) -> Check:
    names = sorted({taken.name for taken in found})
    items = tuple(taken.item for taken in found if taken.item)
    # What is taken already and not made worse is told; only the gravest waits for a reason.
    asks = danger.tier == "critical" or (danger.tier == "warning" and bool(items))
    return Check(
        f"danger:{danger.id}",
        "danger",
        danger.tier,
        f"{danger.text} ({', '.join(names)})",
        items,
        danger.sources,
        asks,
        medicines=frozenset(names),
        theme=danger.theme or danger.id,
        covers=((danger.id, danger.label), *((f"{danger.theme or danger.id}:{name}", name) for name in names)),
    )


def burden_checks(found: Sequence[Gauge], whole: Sequence[Taken], scale: Scale) -> Iterator[Check]:
    """A check for each burden that reached a warning or worse; what is only to be known stands at its gauge."""
    for gauge in found:
        loud = [reached for reached in gauge.weight.reached if reached.tier in ("critical", "warning")]
        if not loud:
            continue
        burden = gauge.burden
        first = min(loud, key=lambda reached: (reached.tier != "critical", reached.id))
        involved = scale.involved(burden, on_day(whole, gauge.day))
        names = sorted({taken.name for taken in involved})
        amounts = {share.key: share.amount for share in gauge.weight.shares}
        items = tuple(taken.item for taken in involved if taken.item)
        asks = first.tier == "critical" or (first.id in burden.asks and bool(items))
        if burden.is_load:
            covers = tuple(
                (f"{burden.id}:{taken.name}:{amounts.get(taken.key, 0):g}", f"{taken.name} {amounts[taken.key]:g} MME")
                if taken.key in amounts
                else (f"{burden.id}:{taken.name}:?", f"{taken.name}, not counted")
                for taken in involved
            )
        else:
            covers = tuple((f"{burden.id}:{name}", name) for name in names)
        yield Check(
            f"burden:{burden.id}",
            "burden",
            first.tier,
            f"{first.text} ({', '.join(names)})",
            items,
            first.sources,
            asks,
            medicines=frozenset(names),
            theme=burden.id,
            covers=((first.id, first.text), *covers),
        )
