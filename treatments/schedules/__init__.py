"""Doses as dated steps in products that exist. Pure: no database, no clock, no Django.

What is asked for comes back as a `Schedule` or as the tuple of every `Problem` that stands against it; nothing is
raised and nothing is rounded up. Days count from the start of the treatment (0), doses are in the unit of the medicine.

- `build(agent, steps, ends_on)`: the steps of a plan in products, exactly.
- `titration(agent, dose_plan)`: the proposed schedule of a patient in products, rising, under the ceiling.
- `first_steps(option, agent, taken, today)`: what an option begins with in a plan; of what is taken already
  `continued`, the schedule from the dose of now on, or down to the ceiling.
- `taper(agent, current)`: from a dose down to the end at the pace of the content; `ends_abruptly` judges an end,
  `falls_suddenly` a first dose, `sudden_falls` a whole schedule.
- `switch(old, current, new, dose_plan, rulebook)`: the old one down, the new one up, together or in turn.
- `way_of(agent, steps, ends_on, …)`: whether a schedule leads down from the dose of now.
- `pause`, `step_back`, `slower`: the same steps later.
- `Schedule.on(day)` is what is taken on a day, `Schedule.quantities(first, end)` what the pharmacy hands out.

For a picture of a day: `for intake in schedule.on(day).at(TimeOfDay.NIGHT)` gives `intake.count` of `intake.product`,
with `product.form`, `product.strength` and `product.counted_in`.
"""

from treatments.products import Product, Taper, TaperStep, TimeOfDay
from treatments.schedules.calendar import (
    CalendarDay,
    Intake,
    Problem,
    ProblemKind,
    Problems,
    Schedule,
    Step,
    build,
    first_weekday,
    groups,
    times_of_day,
)
from treatments.schedules.changing import Changed, pause, slower, step_back, step_back_weeks
from treatments.schedules.continuing import continued, first_steps, is_given_by_session
from treatments.schedules.counting import amounts, can_be_said, nearest, portions, split
from treatments.schedules.leading import way_of
from treatments.schedules.switching import Switch, never_together, switch, washout
from treatments.schedules.tapering import (
    Fall,
    Pace,
    ends_abruptly,
    falls_suddenly,
    pace_for,
    paces,
    sudden_falls,
    taper,
)
from treatments.schedules.titrating import titration

__all__ = [
    "CalendarDay",
    "Changed",
    "Fall",
    "Intake",
    "Pace",
    "Problem",
    "ProblemKind",
    "Problems",
    "Product",
    "Schedule",
    "Step",
    "Switch",
    "Taper",
    "TaperStep",
    "TimeOfDay",
    "amounts",
    "build",
    "can_be_said",
    "continued",
    "ends_abruptly",
    "falls_suddenly",
    "first_steps",
    "first_weekday",
    "groups",
    "is_given_by_session",
    "nearest",
    "never_together",
    "pace_for",
    "paces",
    "pause",
    "portions",
    "slower",
    "split",
    "step_back",
    "step_back_weeks",
    "sudden_falls",
    "switch",
    "taper",
    "times_of_day",
    "titration",
    "washout",
    "way_of",
]
