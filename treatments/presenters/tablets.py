"""Tablets in words: "2 × 75 mg capsule at night". No query, no decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from patients.units import NO_BREAK
from treatments import schedules
from treatments.plan_doses import PlannedStep
from treatments.rulebook import Agent
from treatments.schedules import Intake, Product, Schedule, Step, TimeOfDay

_PARTS = {0.5: "½"}


def time_words(time_of_day: TimeOfDay) -> str:
    """When in the day."""
    return {
        TimeOfDay.MORNING: _("morning"),
        TimeOfDay.MIDDAY: _("midday"),
        TimeOfDay.EVENING: _("evening"),
        TimeOfDay.NIGHT: _("night"),
    }[time_of_day]


def number_words(count: float) -> str:
    """A count with halves as people write them: "1½"."""
    whole, part = divmod(count, 1)
    if part in _PARTS:
        return f"{whole:g}{_PARTS[part]}" if whole else _PARTS[part]
    return f"{count:g}"


def product_words(product: Product) -> str:
    """What stands on the box: "75 mg capsule", "oral solution 20 mg/mL"."""
    if product.is_liquid:
        return f"{product.form} {product.strength:g}{NO_BREAK}{product.unit}/mL"
    if product.unit in (product.counted_in, "application"):
        return product.form
    return f"{product.strength:g}{NO_BREAK}{product.unit} {product.form}"


def count_words(product: Product, count: float) -> str:
    """So many of a product: "2 × 75 mg", "2.5 mL", "1 application"."""
    if product.is_liquid:
        return f"{count:g}{NO_BREAK}mL"
    if product.unit in (product.counted_in, "application"):
        return f"{number_words(count)}{NO_BREAK}{product.counted_in}"
    return f"{number_words(count)}{NO_BREAK}×{NO_BREAK}{product.strength:g}{NO_BREAK}{product.unit}"


def intakes_words(intakes: Iterable[Intake]) -> str:
    """What is taken at one time: "1 × 75 mg + 1 × 25 mg"."""
    return " + ".join(count_words(intake.product, intake.count) for intake in intakes)


def step_words(step: Step) -> str:
    """What is taken on a day of a step: "1 × 75 mg morning, 2 × 75 mg night"."""
    parts = []
    for time_of_day in TimeOfDay:
        taken = [intake for intake in step.intakes if intake.time_of_day is time_of_day]
        if taken:
            parts.append(f"{intakes_words(taken)} {time_words(time_of_day)}")
    text = ", ".join(parts)
    worn = next((intake.product.worn_days for intake in step.intakes if intake.product.worn_days), None)
    if worn:
        return _("%(what)s, changed every %(n)d days") % {"what": intakes_words(step.intakes), "n": worn}
    if step.every == 0:
        return intakes_words(step.intakes)
    if step.every > 1:
        return _("%(what)s, every %(n)d days") % {"what": text, "n": step.every}
    return text


def step_tablets(agent: Agent | None, steps: Sequence[PlannedStep]) -> list[str]:
    """For each step what is taken, in words; empty where no products make all of them."""
    made = schedules.build(agent, steps) if agent is not None and agent.products and steps else ()
    return [step_words(step) for step in made.steps] if isinstance(made, Schedule) else [""] * len(steps)
