"""The doses of one medicine as the patient reads them: the steps in words, and what is taken when in a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from treatments import schedules
from treatments.handouts.model import DoseRow, Intake, Piece
from treatments.handouts.wording import NO_BREAK, Wording
from treatments.schedules import Schedule

if TYPE_CHECKING:
    from treatments.plan_doses import PlannedStep
    from treatments.plan_record import ItemRecord
    from treatments.products import Product
    from treatments.rulebook import Agent

# A whole piece is two halves.
WHOLE, HALF = 2, 1
_HALF_SIGN = "½"
# What can be drawn, and as what; the rest (an application, a vial) is told in words.
_SHAPES = {"tablet": "tablet", "capsule": "capsule", "patch": "patch", "plaster": "patch", "mL": "measure"}


@dataclass(frozen=True)
class Doses:
    """The doses of one item of a plan from `today` on, in the words of one language."""

    item: ItemRecord
    agent: Agent | None
    wording: Wording
    today: date

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        """The dose that is reached today and those to come: what is over is not followed once more."""
        begun = [step for step in self.item.steps if step.begins(self.item.starts_on) <= self.today]
        return (*begun[-1:], *self.item.steps[len(begun) :])

    @cached_property
    def schedule(self) -> Schedule | None:
        """The steps in products that exist; None where they cannot be made of them, or there are none."""
        if self.agent is None or not self.item.steps:
            return None
        ends_on = (self.item.stops_on - self.item.starts_on).days if self.item.stops_on else None
        built = schedules.build(self.agent, self.item.steps, ends_on)
        return built if isinstance(built, Schedule) else None

    def intakes_on(self, day: date) -> tuple[Intake, ...]:
        """What is taken on a day, in the order of the day; nothing before the start and after the end."""
        if self.schedule is not None:
            return self._made(self.schedule.on((day - self.item.starts_on).days).intakes)
        step = self.item.dose_on(day)
        return self._intakes(step) if step else ()

    def is_worn_on(self, day: date) -> bool:
        """Whether a patch of a day before stays on."""
        return self.schedule is not None and self.schedule.on((day - self.item.starts_on).days).is_worn

    @property
    def has_calendar(self) -> bool:
        """Whether each day can be drawn: it is known for every step what is taken, when, and on which days."""
        if self.schedule is not None and any(step.every == 0 for step in self.schedule.steps):
            return False
        return bool(self.item.steps) and all(self._intakes(step) for step in self.item.steps)

    @property
    def changes(self) -> bool:
        """Whether the dose changes or ends from today on."""
        return len(self.steps) > 1 or (self.item.stops_on is not None and self.item.stops_on > self.today)

    @property
    def falls(self) -> bool:
        """Whether the doses go down, as in a taper."""
        steps = self.item.steps
        return len(steps) > 1 and steps[-1].per_day < steps[0].per_day

    @property
    def products(self) -> tuple[Product, ...]:
        """The products that are drawn."""
        return self.schedule.products if self.schedule is not None else ()

    @property
    def rows(self) -> tuple[DoseRow, ...]:
        """The steps in words."""
        return tuple(self._row(step) for step in self.steps)

    def words_of(self, step: PlannedStep) -> str:
        """ "300 mg, 3 times a day", or how the library says that it is used."""
        wording = self.wording
        if not _is_clear(step):
            total = wording.amount(step.per_day, self.item.unit)
            return wording.say("split_unknown", amount=total, times=f"{step.times_per_day:g}")
        amount = wording.amount(step.per_dose, self.item.unit)
        said = self._said(step)
        if said:
            return wording.say(said, amount=amount)
        if step.doses:
            intakes = ((each.slot, each.amount) for each in self._intakes(step))
            return ", ".join(f"{wording.say(slot).lower()} {dose}" for slot, dose in intakes) or wording.say(
                "per_day", amount=wording.amount(step.per_day, self.item.unit)
            )
        if step.times_per_day < 1:
            return wording.say("every_n_days", amount=amount, days=f"{1 / step.times_per_day:g}")
        slots = [each.slot for each in self._intakes(step)]
        if step.times_per_day == 1:
            if slots:
                return wording.say("once_at", amount=amount, time=wording.say(slots[0]).lower())
            return wording.say("once_any", amount=amount)
        return wording.say("many_any", amount=amount, times=f"{step.times_per_day:g}")

    def _row(self, step: PlannedStep) -> DoseRow:
        day = self.wording.short_day(step.begins(self.item.starts_on))
        is_daily = step.times_per_day >= 1 and not self._said(step)
        intakes = self._intakes(step) if is_daily else ()
        per_day = self.wording.say("per_day", amount=self.wording.amount(step.per_day, self.item.unit))
        return DoseRow(day, self.words_of(step), per_day if intakes else "", intakes)

    def _said(self, step: PlannedStep) -> str:
        """How the library says that so many doses are used, where that is another way than so often a day."""
        dosing = self.agent.dosing if self.agent else None
        steps = (*dosing.titration, *dosing.slow_titration) if dosing else ()
        table = self.wording.library.words["frequencies"]
        named = (each.frequency for each in steps if each.times_per_day == step.times_per_day)
        return next((str(table[name]) for name in named if name in table), "")

    def _intakes(self, step: PlannedStep) -> tuple[Intake, ...]:
        """What is taken on a day of this step. Without products each dose is one picture with its amount."""
        if self.schedule is not None:
            return self._made(next(made.intakes for made in self.schedule.steps if made.planned == step))
        if self.agent is None or not self.agent.products or self._said(step) or not _is_clear(step):
            return ()
        whole = int(step.times_per_day) if float(step.times_per_day).is_integer() else 0
        times = schedules.times_of_day(self.agent, whole) or ()
        amounts = [self.wording.amount(dose, self.item.unit) for dose in step.doses or [step.per_dose] * len(times)]
        return tuple(
            Intake(time.value, amount, amount, (Piece(amount, WHOLE, "dose"),))
            for time, amount in zip(times, amounts, strict=False)
        )

    def _made(self, taken: Iterable[schedules.Intake]) -> tuple[Intake, ...]:
        by_time: dict[str, list[schedules.Intake]] = {}
        for intake in taken:
            if intake.product.counted_in not in _SHAPES:
                return ()
            by_time.setdefault(intake.time_of_day.value, []).append(intake)
        return tuple(
            Intake(
                time,
                self.wording.amount(round(sum(each.amount for each in group), 3), self.item.unit),
                ", ".join(self._counted(each) for each in group),
                tuple(piece for each in group for piece in self._pieces(each)),
                self._short(group),
            )
            for time, group in by_time.items()
        )

    def _counted(self, intake: schedules.Intake) -> str:
        """ "2 capsules of 300 mg", "½ tablet of 10 mg", "6 mL"."""
        product, wording = intake.product, self.wording
        if product.is_liquid:
            return wording.amount(intake.count, "mL")
        whole, part = divmod(intake.count, 1)
        count = f"{whole:g}" if whole or not part else ""
        return wording.say(
            "count_of",
            count=count + (_HALF_SIGN if part else ""),
            what=wording.counted(product.counted_in, intake.count),
            strength=wording.amount(product.strength, product.unit),
        )

    def _short(self, group: list[schedules.Intake]) -> str:
        if len(group) == 1 and group[0].count == 1 and not group[0].product.is_liquid:
            return f"1{NO_BREAK}{self.wording.counted(group[0].product.counted_in, 1)}"
        return " + ".join(self._counted(each) for each in group)

    def _pieces(self, intake: schedules.Intake) -> list[Piece]:
        product = intake.product
        shape = _SHAPES[product.counted_in]
        if product.is_liquid:
            return [Piece(self.wording.amount(intake.count, "mL"), WHOLE, shape)]
        label = self.wording.number(product.strength)
        whole, part = divmod(intake.count, 1)
        halves = [Piece(label, HALF, shape, _HALF_SIGN)] if part else []
        return [Piece(label, WHOLE, shape)] * int(whole) + halves


def _is_clear(step: PlannedStep) -> bool:
    """Whether each dose can be said: of 100 mg in three equal doses it cannot, and no digits make it so."""
    return all(schedules.can_be_said(dose) for dose in step.doses or (step.per_dose,))
