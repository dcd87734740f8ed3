"""The doses of one medicine as the patient reads them: the steps in words, and what is taken when in a day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from treatments.handouts.model import DoseRow, Intake, Piece
from treatments.handouts.wording import Wording

if TYPE_CHECKING:
    from treatments.plan_doses import PlannedStep
    from treatments.plan_record import ItemRecord
    from treatments.rulebook import Agent

# A whole piece is two halves.
WHOLE = 2
ANY_TIME = "any"


@dataclass(frozen=True)
class Doses:
    """The doses of one item of a plan, in the words of one language."""

    item: ItemRecord
    agent: Agent | None
    wording: Wording

    def intakes_on(self, day: date) -> tuple[Intake, ...]:
        """What is taken on a day, in the order of the day; nothing before the start and after the end."""
        step = self.item.dose_on(day)
        return self._intakes(step) if step else ()

    @property
    def has_calendar(self) -> bool:
        """Whether each day can be drawn: every step is taken daily, at times that are known."""
        return bool(self.item.steps) and all(self._intakes(step) for step in self.item.steps)

    @property
    def changes(self) -> bool:
        """Whether the dose changes or ends."""
        return len(self.item.steps) > 1 or self.item.stops_on is not None

    @property
    def falls(self) -> bool:
        """Whether the doses go down, as in a taper."""
        steps = self.item.steps
        return len(steps) > 1 and steps[-1].per_day < steps[0].per_day

    @property
    def rows(self) -> tuple[DoseRow, ...]:
        """The steps in words."""
        return tuple(self._row(step) for step in self.item.steps)

    def words_of(self, step: PlannedStep) -> str:
        """ "300 mg, 3 times a day", or how the library says that it is used."""
        amount = self.wording.amount(step.per_dose, self.item.unit)
        said = [str(entry["say"]) for entry in self._frequencies(step) if "say" in entry]
        if said:
            return self.wording.say(said[0], amount=amount)
        slots = self._slots(step)
        if len(slots) == 1 and slots != (ANY_TIME,):
            return self.wording.say("once_at", amount=amount, time=self.wording.say(slots[0]).lower())
        if step.times_per_day == 1:
            return self.wording.say("once_any", amount=amount)
        return self.wording.say("many_any", amount=amount, times=f"{step.times_per_day:g}")

    def _row(self, step: PlannedStep) -> DoseRow:
        intakes = self._intakes(step)
        day = self.wording.short_day(step.begins(self.item.starts_on))
        per_day = self.wording.say("per_day", amount=self.wording.amount(step.per_day, self.item.unit))
        return DoseRow(day, self.words_of(step), per_day if intakes else "", intakes)

    def _intakes(self, step: PlannedStep) -> tuple[Intake, ...]:
        amount = self.wording.amount(step.per_dose, self.item.unit)
        return tuple(Intake(slot, amount, (Piece(amount, WHOLE, "dose"),)) for slot in self._slots(step))

    def _slots(self, step: PlannedStep) -> tuple[str, ...]:
        """The times of the day; none where the library does not say that it is taken daily, or at other times."""
        entries = self._frequencies(step)
        if any("say" in entry for entry in entries):
            return ()
        return next((tuple(entry["times"]) for entry in entries), ())

    def _frequencies(self, step: PlannedStep) -> list[Mapping[str, Any]]:
        """How the library says that so many doses a day are taken. Another number than it knows: nothing is known."""
        dosing = self.agent.dosing if self.agent else None
        if dosing is None:
            return []
        known = [each for each in (*dosing.titration, *(dosing.slow_titration or ())) if each.frequency]
        named = dict.fromkeys(str(each.frequency) for each in known if each.times_per_day == step.times_per_day)
        entries = self.wording.library.words["frequencies"]
        return [entries[name] for name in named if name in entries]
