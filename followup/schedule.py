"""When to look again, and when a message may leave: a signed plan, the content and the clock's reading to dates. Pure.

Nothing here asks what time it is or what a table says; callers pass both in. Moments are UTC, days are local to the
patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from rules.evaluate import evaluate
from rules.facts import Facts
from rules.parse import parse
from rules.truth import Truth

DAY = timedelta(days=1)


class PlanItem(Protocol):
    """What we need of one item of a plan; `kind` is "agent" or "therapy", steps are (first day, dose per day, unit)."""

    @property
    def kind(self) -> str: ...
    @property
    def ref_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def steps(self) -> Sequence[tuple[date, float, str]]: ...
    @property
    def stop_date(self) -> date | None: ...


class Plan(Protocol):
    """What we need of a signed plan; `follow_up_dates` are the (day, kind, text, source) in it."""

    @property
    def signed_at(self) -> datetime: ...
    @property
    def follow_up_dates(self) -> Sequence[tuple[date, str, str, str]]: ...
    @property
    def items(self) -> Sequence[PlanItem]: ...


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """Something to do by the day `on`, and from `opens` on; `source` is the id of the content that asks for it."""

    on: date
    kind: str
    text: str
    opens: date
    ref_id: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """The figures of the content that the dates are made of, all in days but the weeks of a trial."""

    intervals: Mapping[str, Mapping[str, tuple[int, int]]]
    tests: tuple[Mapping[str, Any], ...]
    classes_of_agent: Mapping[str, frozenset[str]]
    opioid_classes: frozenset[str]
    trial_weeks: Mapping[str, float]
    horizon_days: int
    merge_days: int
    # The treatments that each row of the review intervals is about, by its id.
    reviewed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def timing(
    schedule: Mapping[str, Any],
    surveillance: Mapping[str, Any],
    used: Mapping[str, Any],
    classes_of_agent: Mapping[str, frozenset[str]],
    opioid_classes: frozenset[str],
    trial_weeks: Mapping[str, float],
    reviewed: Mapping[str, tuple[str, ...]] | None = None,
) -> Timing:
    """Gather the figures from the content.

    `trial_weeks` gives the weeks of a full trial or review by treatment, `reviewed` the treatments by review interval.
    """
    return Timing(
        intervals={
            row["id"]: {tier: (days[0], days[1]) for tier, days in row["days"].items()}
            for row in schedule["review_intervals"]
        },
        tests=tuple(row for row in surveillance["lab_surveillance"]["rows"] if "dates" in row),
        classes_of_agent=classes_of_agent,
        opioid_classes=opioid_classes,
        trial_weeks=trial_weeks,
        horizon_days=used["horizon_days"]["value"],
        merge_days=used["merge_check_ins_days"]["value"],
        reviewed=reviewed or {},
    )


# --- What is due ------------------------------------------------------------------------------------------------------


def risk_tier(facts: Facts, schedule: Mapping[str, Any]) -> str:
    """The highest tier that surely holds; when a tier could hold and nobody can tell, at least `unknown_tier`."""
    in_doubt = False
    for tier in schedule["risk_tiers"]:
        truths = [evaluate(parse(row["when"]), facts) for row in tier["any"] if "when" in row]
        if Truth.YES in truths:
            return str(tier["id"])
        if tier["id"] == schedule["unknown_tier"]["value"] and in_doubt:
            return str(tier["id"])
        in_doubt = in_doubt or Truth.UNKNOWN in truths
        if tier["id"] == schedule["unknown_tier"]["value"] and in_doubt:
            return str(tier["id"])
    return str(schedule["risk_tiers"][-1]["id"])


def due_dates(plan: Plan, start: date, tier: str, timing: Timing) -> tuple[Due, ...]:
    """Everything that the signed plan makes due from `start` (the local day of signing) on, in order of the days.

    The clinician's own dates stand as they are, a review once for each treatment that it is about. To these come a
    check-in after the start and each step of a medicine, a review when the trial of each treatment is complete, and
    the tests that go with each medicine.
    """
    last = start + timing.horizon_days * DAY
    found = {due for date_of_plan in plan.follow_up_dates for due in _chosen(date_of_plan, timing)}
    windows: list[tuple[date, date]] = []
    for item in plan.items:
        began = min((first for first, _, _ in item.steps), default=start)
        ends = min(last, item.stop_date or last)
        windows += _check_in_windows(item, began, tier, timing)
        review = _review(item, began, timing)
        if review and review.on <= ends:
            found.add(review)
            windows.append((review.on - timing.merge_days * DAY, review.on))
        found.update(_tests(item, began, timing, ends))
    chosen = {due.on for due in found if due.kind == "check_in"}
    inside = [(opens, closes) for opens, closes in windows if start < closes <= last]
    found |= {Due(day, "check_in", "", day, source="review_intervals") for day in cover(inside, chosen)}
    return tuple(sorted(due for due in found if due.on >= start))


def cover(windows: Iterable[tuple[date, date]], given: Iterable[date] = ()) -> tuple[date, ...]:
    """The fewest further days that, with the `given` ones, put a day inside every window (first day, last day)."""
    days = sorted(given)
    added: list[date] = []
    for opens, closes in sorted(windows, key=lambda window: window[1]):
        if not any(opens <= day <= closes for day in (*days, *added)):
            added.append(closes)
    return tuple(added)


def _check_in_windows(item: PlanItem, began: date, tier: str, timing: Timing) -> list[tuple[date, date]]:
    if item.kind != "agent":
        return []
    classes = timing.classes_of_agent.get(item.ref_id, frozenset())
    rows = ["start_or_step"]
    if classes & timing.opioid_classes:
        rows.append("methadone" if "methadone" in classes else "opioid_start")
    windows = []
    for first, _, _ in item.steps or [(began, 0.0, "")]:
        # Where several intervals apply the shortest wins.
        earliest, latest = min((timing.intervals[row][tier] for row in rows), key=lambda days: (days[1], days[0]))
        opens = min(first + earliest * DAY, first + (latest - timing.merge_days) * DAY)
        if item.stop_date is None or first < item.stop_date:
            windows.append((opens, first + latest * DAY))
    return windows


def _chosen(date_of_plan: tuple[date, str, str, str], timing: Timing) -> Iterator[Due]:
    on, kind, text, source = date_of_plan
    treatments = timing.reviewed.get(source, ()) if kind == "review" else ()
    for ref_id in treatments or ("",):
        yield Due(on, kind, text, on, ref_id, source)


def first_review(item: PlanItem, plan: Plan, timing: Timing) -> date | None:
    """The first day on which a treatment is to be judged; None when no review of it is planned."""
    began = min((first for first, _, _ in item.steps), default=plan.signed_at.date())
    own = _review(item, began, timing)
    chosen = [due for one in plan.follow_up_dates for due in _chosen(one, timing) if due.kind == "review"]
    # SAFETY: a review that names no treatment may be about this one.
    days = [due.on for due in chosen if due.ref_id in ("", item.ref_id)] + ([own.on] if own else [])
    return min(days, default=None)


def _review(item: PlanItem, began: date, timing: Timing) -> Due | None:
    weeks = timing.trial_weeks.get(item.ref_id)
    if weeks is None:
        return None
    on = began + timedelta(weeks=weeks)
    return Due(on, "review", item.name, on, item.ref_id, "adequate_trial" if item.kind == "agent" else "review_weeks")


def _tests(item: PlanItem, began: date, timing: Timing, ends: date) -> Iterable[Due]:
    for row in timing.tests:
        dates = row["dates"]
        if item.kind != "agent" or item.ref_id not in dates["agents"]:
            continue
        windows = [(began + first * DAY, began + latest * DAY) for first, latest in dates["after_days"]]
        every = dates["then_every_days"]
        while every and windows[-1][1] + every * DAY <= ends:
            windows.append((windows[-1][1] + every * DAY,) * 2)
        for opens, on in windows:
            if on <= ends:
                yield Due(on, "lab", row["test"], opens, item.ref_id, row["id"])


class State(StrEnum):
    """How a due thing stands on a day."""

    DONE = "done"
    OVERDUE = "overdue"
    DUE = "due"
    DUE_SOON = "due_soon"
    PLANNED = "planned"


def state(*, on: date, opens: date, done: bool, today: date, soon_days: int) -> State:
    """Whether something is done, overdue (its last day has passed), due (its window is open), due soon, or planned."""
    if done:
        return State.DONE
    if today > on:
        return State.OVERDUE
    if today >= min(opens, on):
        return State.DUE
    return State.DUE_SOON if (min(opens, on) - today).days <= soon_days else State.PLANNED


# --- When a message may leave -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quiet:
    """No automated message leaves from `begins` to `ends` local time, nor at weekends outside the two weekend times."""

    begins: time
    ends: time
    weekend_from: time
    weekend_until: time

    def covers(self, local: datetime) -> bool:
        """Whether this local time is quiet."""
        clock = local.time().replace(tzinfo=None, fold=0)
        if local.weekday() >= 5 and not self.weekend_from <= clock < self.weekend_until:
            return True
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


def zone(*names: str) -> ZoneInfo:
    """The first of the names that is a time zone; UTC when none is."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def local_day(moment: datetime, where: ZoneInfo) -> date:
    """The calendar day of a moment at a place."""
    return moment.astimezone(where).date()


def moment_of(day: date, clock: time, where: ZoneInfo) -> datetime:
    """The moment (UTC) of a local time; a time that the clock skips counts as the same distance after the skip."""
    return datetime.combine(day, clock, where).astimezone(UTC)


def next_allowed(moment: datetime, where: ZoneInfo, quiet: Quiet) -> datetime:
    """The earliest moment, not before `moment`, at which an automated message may leave."""
    local = moment.astimezone(where)
    if not quiet.covers(local):
        return moment
    # Quiet ends only at one of these times of a day, and at the latest on the Monday after.
    edges = [
        moment_of(local.date() + days * DAY, edge, where)
        for days in range(4)
        for edge in (time.min, quiet.ends, quiet.weekend_from)
    ]
    return min(edge for edge in edges if edge >= moment and not quiet.covers(edge.astimezone(where)))


def after_caps(sent: Sequence[datetime], now: datetime, per_day: int, per_week: int) -> datetime:
    """The earliest moment from `now` on at which one more message stays within the caps per 24 hours and per 7 days."""
    moment = now
    ordered = sorted(sent, reverse=True)
    for cap, span in ((per_day, DAY), (per_week, 7 * DAY)):
        if len(ordered) >= cap:
            moment = max(moment, ordered[cap - 1] + span)
    return moment


def retry_at(attempts: int, now: datetime, first_try: datetime, minutes: Sequence[int], hours: int) -> datetime | None:
    """When to try again after `attempts` failures; None when `hours` after the first try a person must take over."""
    moment = now + timedelta(minutes=minutes[min(attempts, len(minutes)) - 1])
    return moment if moment <= first_try + timedelta(hours=hours) else None


def add_working_days(day: date, days: int) -> date:
    """The day that many Mondays to Fridays later."""
    while days > 0:
        day += DAY
        days -= day.weekday() < 5
    return day
