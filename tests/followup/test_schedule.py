"""Dates from a signed plan, and moments at which a message may leave: around every boundary and time zone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followup import content
from followup.schedule import (
    Due,
    Quiet,
    State,
    add_working_days,
    after_caps,
    cover,
    due_dates,
    first_review,
    local_day,
    moment_of,
    next_allowed,
    retry_at,
    risk_tier,
    state,
    timing,
    zone,
)
from rules.expr import fact_names
from rules.facts import FactSet, Value
from rules.parse import parse
from rules.strict_yaml import load

DAY = timedelta(days=1)
START = date(2026, 3, 2)
SCHEDULE = content.file("schedule")
POLICY = content.file("reminders")["reminder_policy"]
TABLE = content.decision_table()
TIMING = timing(
    SCHEDULE,
    content.file("surveillance"),
    POLICY["used_here"],
    TABLE.classes_of_agent,
    TABLE.opioid_classes,
    {"gabapentin": 8, "carbamazepine": 4, "oxycodone": 6, "tens": 4},
)
QUIET = Quiet(time(20), time(8), time(10), time(18))
ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Santiago",
)


@dataclass(frozen=True)
class Item:
    kind: str
    ref_id: str
    name: str
    steps: tuple[tuple[date, float, str], ...] = ()
    stop_date: date | None = None


@dataclass(frozen=True)
class Plan:
    items: tuple[Item, ...]
    follow_up_dates: tuple[tuple[date, str, str, str], ...] = ()
    signed_at: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)


def agent(ref_id: str, *days: int, stop: date | None = None) -> Item:
    return Item(
        "agent", ref_id, ref_id, tuple((START + day * DAY, 100.0 * (n + 1), "mg") for n, day in enumerate(days)), stop
    )


def dates(plan: Plan, tier: str = "low") -> list[Due]:
    return list(due_dates(plan, START, tier, TIMING))


def days(found: list[Due], kind: str) -> list[int]:
    return [(due.on - START).days for due in found if due.kind == kind]


# --- What is due ----------------------------------------------------------------------------------------------------


def test_a_medicine_gives_check_ins_after_each_step_and_a_review_when_the_trial_is_complete() -> None:
    found = dates(Plan((agent("gabapentin", 0, 7, 14),)))
    assert days(found, "check_in") == [14, 21, 28, 56]
    assert days(found, "review") == [56]


def test_a_higher_tier_looks_sooner_and_an_opioid_sooner_still() -> None:
    plan = Plan((agent("gabapentin", 0),))
    assert [days(dates(plan, tier), "check_in")[0] for tier in ("low", "medium", "high")] == [14, 14, 7]
    methadone = Plan((agent("methadone", 0),))
    assert days(dates(methadone, "low"), "check_in")[0] == 3


def test_steps_close_together_share_a_check_in() -> None:
    assert days(dates(Plan((agent("gabapentin", 0, 1, 2),))), "check_in") == [14, 56]


def test_tests_of_the_medicine_have_their_window() -> None:
    labs = [due for due in dates(Plan((agent("carbamazepine", 0),))) if due.kind == "lab"]
    early = [due for due in labs if due.source == "cbz_early"]
    assert [((due.opens - START).days, (due.on - START).days) for due in early] == [(14, 28), (84, 91)]
    assert [(due.on - START).days for due in labs if due.source == "cbz"] == [182, 364]


def test_nothing_is_due_after_the_medicine_stops() -> None:
    found = dates(Plan((agent("carbamazepine", 0, stop=START + 30 * DAY),)))
    assert max((due.on - START).days for due in found if due.kind == "lab") <= 30


def test_the_clinicians_dates_stand_and_spare_a_check_in() -> None:
    chosen = (START + 13 * DAY, "check_in", "how is it going", "plan")
    found = dates(Plan((agent("gabapentin", 0),), (chosen,)))
    assert days(found, "check_in") == [13, 56]
    assert next(due for due in found if due.on == chosen[0]).text == "how is it going"


def test_a_review_of_the_plan_stands_once_for_each_treatment_that_it_is_about() -> None:
    about = replace(TIMING, reviewed={"response_check": ("gabapentin", "carbamazepine")})
    asked = (START + 42 * DAY, "review", "Adequate trial complete", "response_check")
    words = (START + 42 * DAY, "review", "Bring the diary", "plan")
    plan = Plan((agent("gabapentin", 0), agent("carbamazepine", 0)), (asked, words))
    found = [due for due in due_dates(plan, START, "low", about) if due.on == START + 42 * DAY and due.kind == "review"]
    assert {(due.ref_id, due.source) for due in found} == {
        ("gabapentin", "response_check"),
        ("carbamazepine", "response_check"),
        ("", "plan"),
    }


def test_the_first_review_is_the_earliest_that_may_be_about_the_treatment() -> None:
    about = replace(TIMING, reviewed={"response_check": ("carbamazepine",)})
    item = agent("gabapentin", 0)
    others = (START + 20 * DAY, "review", "Adequate trial complete", "response_check")
    assert first_review(item, Plan((item,), (others,)), about) == START + 56 * DAY
    anybodys = (START + 30 * DAY, "review", "Look again", "plan")
    assert first_review(item, Plan((item,), (others, anybodys)), about) == START + 30 * DAY
    assert first_review(agent("unheard_of", 0), Plan(()), about) is None


def test_a_therapy_has_a_review_and_no_dose_check_ins() -> None:
    found = dates(Plan((Item("therapy", "tens", "TENS", ((START, 0, ""),)),)))
    assert days(found, "review") == [28]
    assert days(found, "check_in") == [28]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 120), min_size=1, max_size=8, unique=True).map(sorted),
    st.sampled_from(["gabapentin", "carbamazepine", "oxycodone", "methadone", "duloxetine"]),
    st.sampled_from(["low", "medium", "high"]),
)
def test_every_step_is_followed_within_the_interval_of_its_tier(steps: list[int], ref_id: str, tier: str) -> None:
    found = dates(Plan((agent(ref_id, *steps),)), tier)
    latest = TIMING.intervals["start_or_step"][tier][1]
    for step in steps:
        assert any(0 <= (due.on - START).days - step <= latest for due in found if due.kind == "check_in")
    assert found == sorted(found)
    assert all(START <= due.on <= START + TIMING.horizon_days * DAY for due in found)
    assert due_dates(Plan((agent(ref_id, *steps),)), START, tier, TIMING) == tuple(found)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 14)), max_size=12))
def test_cover_puts_a_day_inside_every_window_and_none_twice(spans: list[tuple[int, int]]) -> None:
    windows = [(START + first * DAY, START + (first + length) * DAY) for first, length in spans]
    chosen = cover(windows)
    assert all(any(opens <= day <= closes for day in chosen) for opens, closes in windows)
    assert len(set(chosen)) == len(chosen) <= len(windows)


def test_every_condition_of_a_tier_fits_the_vocabulary_of_facts() -> None:
    data = load((content.KNOWLEDGE.parent / "vocabulary.yaml").read_text(encoding="utf-8"))
    names = {row["name"]: row["type"] for row in data["facts"]}
    for tier in SCHEDULE["risk_tiers"]:
        for row in tier["any"]:
            if "when" in row:
                assert set(fact_names(parse(row["when"]))) <= set(names), row


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        ({"mme_per_day": 50}, "high"),
        ({"medication_names": FactSet.of("methadone")}, "high"),
        ({}, "medium"),
        ({"phq9_total": 12}, "medium"),
    ],
)
def test_the_risk_tier(facts: dict[str, object], tier: str) -> None:
    assert risk_tier(facts, SCHEDULE) == tier  # type: ignore[arg-type]


def test_low_risk_needs_every_answer() -> None:
    none = FactSet(complete=True)
    facts: dict[str, Value] = {
        "mme_per_day": 0,
        "medication_classes": none,
        "medication_names": none,
        "suicidality": False,
        "phq9_total": 2,
        "egfr": 90,
        "child_pugh_class": "none",
        "age_years": 50,
        "frailty": False,
        "falls_12_months": 0,
        "pregnancy_status": "no",
        "cns_depressant_count": 0,
        "hyponatraemia_inducer_count": 0,
    }
    assert risk_tier(facts, SCHEDULE) == "low"
    for name in facts:
        assert risk_tier({key: value for key, value in facts.items() if key != name}, SCHEDULE) in ("low", "medium")
    assert risk_tier({key: value for key, value in facts.items() if key != "egfr"}, SCHEDULE) == "medium"


@given(st.integers(-40, 40), st.integers(0, 20), st.integers(0, 10))
def test_the_due_engine_around_its_boundaries(offset: int, window: int, soon: int) -> None:
    on = START
    opens = on - window * DAY
    today = on + offset * DAY
    found = state(on=on, opens=opens, done=False, today=today, soon_days=soon)
    if today > on:
        assert found is State.OVERDUE
    elif today >= opens:
        assert found is State.DUE
    elif opens - today <= soon * DAY:
        assert found is State.DUE_SOON
    else:
        assert found is State.PLANNED
    assert state(on=on, opens=opens, done=True, today=today, soon_days=soon) is State.DONE


@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)), st.sampled_from(ZONES))
def test_overdue_begins_at_the_patients_midnight(naive: datetime, name: str) -> None:
    moment, where = naive.replace(tzinfo=UTC), ZoneInfo(name)
    today = local_day(moment, where)
    assert state(on=today, opens=today, done=False, today=today, soon_days=7) is State.DUE
    assert state(on=today - DAY, opens=today - DAY, done=False, today=today, soon_days=7) is State.OVERDUE


# --- When a message may leave ---------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)), st.sampled_from(ZONES))
def test_nothing_leaves_in_quiet_hours_and_nothing_waits_longer_than_it_must(naive: datetime, name: str) -> None:
    moment, where = naive.replace(tzinfo=UTC), ZoneInfo(name)
    allowed = next_allowed(moment, where, QUIET)
    local = allowed.astimezone(where)
    assert allowed >= moment
    assert not QUIET.covers(local)
    assert time(8) <= local.time() < time(20)
    if local.weekday() >= 5:
        assert time(10) <= local.time() < time(18)
    assert allowed - moment <= timedelta(hours=17)
    step = moment
    while step < allowed:
        assert QUIET.covers(step.astimezone(where))
        step += timedelta(minutes=7)


def test_a_message_that_may_leave_leaves_at_once() -> None:
    moment = datetime(2026, 3, 3, 12, 34, tzinfo=UTC)
    assert next_allowed(moment, ZoneInfo("UTC"), QUIET) == moment


@given(st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.times(), st.sampled_from(ZONES))
def test_a_local_time_becomes_a_moment_of_that_day_or_just_after_a_skip(day: date, clock: time, name: str) -> None:
    where = ZoneInfo(name)
    local = moment_of(day, clock.replace(microsecond=0, fold=0), where).astimezone(where)
    assert abs(local.replace(tzinfo=None) - datetime.combine(day, clock.replace(microsecond=0, fold=0))) <= timedelta(
        hours=24
    )


@given(st.lists(st.integers(0, 20000), max_size=12), st.integers(0, 20000))
def test_the_caps_hold(minutes: list[int], ago: int) -> None:
    base = datetime(2026, 3, 1, tzinfo=UTC)
    sent = [base + timedelta(minutes=m) for m in minutes]
    now = max([*sent, base]) + timedelta(minutes=ago)
    moment = after_caps(sent, now, 1, 3)
    assert moment >= now
    assert sum(1 for s in sent if moment - DAY < s <= moment) < 1
    assert sum(1 for s in sent if moment - 7 * DAY < s <= moment) < 3


def test_retries_come_later_and_later_and_end() -> None:
    used = POLICY["used_here"]
    minutes, hours = used["retry_after_minutes"]["value"], used["give_up_after_hours"]["value"]
    now = first = datetime(2026, 3, 1, tzinfo=UTC)
    waits = []
    for attempts in range(1, 20):
        later = retry_at(attempts, now, first, minutes, hours)
        if later is None:
            break
        waits.append((later - now).total_seconds() / 60)
        now = later
    assert waits == [1, 5, 15, 60, 240]


def test_working_days_skip_the_weekend() -> None:
    assert add_working_days(date(2026, 3, 6), 1) == date(2026, 3, 9)
    assert add_working_days(date(2026, 3, 2), 2) == date(2026, 3, 4)


def test_an_unknown_zone_falls_back() -> None:
    assert zone("Nowhere/Atall", "Europe/London").key == "Europe/London"
    assert zone("", "../etc/passwd").key == "UTC"
