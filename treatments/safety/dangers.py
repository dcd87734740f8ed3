"""Dangers of three or more medicines and burdens, as checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from treatments.safety.burdens import Gauge, Scale
from treatments.safety.groups import in_danger
from treatments.safety.model import Check
from treatments.safety.table import Danger
from treatments.safety.whole import Taken, days_of_change, on_day


def danger_checks(whole: Sequence[Taken], dangers: Sequence[Danger], today: date) -> Iterator[Check]:
    """Every danger of the table on the first day on which all of it is taken."""
    for danger in dangers:
        for day in days_of_change(whole, today):
            found = in_danger(danger, on_day(whole, day))
            if found:
                yield _danger_check(danger, found)
                break


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
        brief=f"{danger.label}: {', '.join(names)}.",
        covers=((danger.id, danger.label), *((f"{danger.theme or danger.id}:{name}", name) for name in names)),
    )


def burden_checks(found: Sequence[Gauge], whole: Sequence[Taken], scale: Scale) -> Iterator[Check]:
    """A check for each burden that reached a warning or worse; what is only to be known stands at its gauge."""
    for gauge in found:
        # Dangers are checks of their own.
        loud = [each for each in gauge.weight.reached if each.tier in ("critical", "warning") and not each.is_danger]
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
