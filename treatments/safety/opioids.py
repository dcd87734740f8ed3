"""Morphine equivalents of a day, with the arithmetic shown line by line. What cannot be converted is never zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from treatments.fact_content import MmeTable
from treatments.medicine_facts import Equivalent, morphine_equivalent
from treatments.safety.whole import Taken, days_of_change, on_day

_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class OpioidLine:
    """One opioid of the day: `mme` None is not counted, and `text` says why."""

    key: str
    name: str
    mme: float | None
    text: str


@dataclass(frozen=True, slots=True)
class OpioidDay:
    """The opioids of one day. `total` adds up what can be converted; `open` names what cannot, so that it is more.

    `for_dependence` are opioids for opioid use disorder, which are not counted (cdc_moud_letter2018).
    """

    day: date
    lines: tuple[OpioidLine, ...] = ()
    open: tuple[OpioidLine, ...] = ()
    for_dependence: tuple[OpioidLine, ...] = ()

    @property
    def total(self) -> float:
        """Morphine milligram equivalents that are known."""
        return round(sum(line.mme or 0.0 for line in self.lines), _DECIMALS)

    @property
    def sum_text(self) -> str:
        """ "60 + 40 = 100", or nothing where there is nothing to add."""
        if len(self.lines) < 2:
            return ""
        return f"{' + '.join(f'{line.mme:g}' for line in self.lines)} = {self.total:g}"


def opioid_day(present: Iterable[Taken], day: date, table: MmeTable) -> OpioidDay:
    """The arithmetic of one day, by the factors of CDC 2022 (cdc2022)."""
    lines: list[OpioidLine] = []
    unclear: list[OpioidLine] = []
    apart: list[OpioidLine] = []
    for taken in present:
        medicine = taken.as_of(day)
        if table.opioid_class not in medicine.classes:
            continue
        if medicine.purpose == table.not_counted_purpose:
            text = f"{taken.name}: not counted, taken for opioid use disorder"
            apart.append(OpioidLine(taken.key, taken.name, None, text))
            continue
        found = morphine_equivalent(medicine, table)
        if isinstance(found, Equivalent):
            lines.append(OpioidLine(taken.key, taken.name, round(found.mme, _DECIMALS), _arithmetic(taken.name, found)))
        else:
            unclear.append(OpioidLine(taken.key, taken.name, None, f"{taken.name}: not counted, {found}"))
    return OpioidDay(day, tuple(lines), tuple(unclear), tuple(apart))


def _arithmetic(name: str, found: Equivalent) -> str:
    return f"{name} {found.dose:g} {found.unit} × {found.factor:g} = {round(found.mme, _DECIMALS):g}"


def heaviest_day(whole: Iterable[Taken], today: date, table: MmeTable) -> OpioidDay:
    """The day with the most morphine equivalents, the first of them; of equal days the one that leaves most open."""
    taken = tuple(whole)
    days = [opioid_day(on_day(taken, day), day, table) for day in days_of_change(taken, today, with_doses=True)]
    return max(
        days, key=lambda found: (found.total, len(found.open), len(found.for_dependence), -found.day.toordinal())
    )
