"""Schedules in products: every medicine, every pair, and what must hold whatever is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.treatments.cases import LIBRARY
from treatments import schedules
from treatments.case_reading import read_case
from treatments.content import ContentInvalid, build, shipped
from treatments.content_checks import problems as content_problems
from treatments.facts import facts_from_case
from treatments.plan_doses import PlannedStep, Running, going_on
from treatments.proposal import propose
from treatments.proposal.model import DosePlan, DoseStep
from treatments.proposal.pairs import InteractionTable, agent_substance, duplicates
from treatments.rulebook import Agent
from treatments.schedules import Changed, Pace, Problem, ProblemKind, Product, Schedule, Switch, TimeOfDay

RULEBOOK = shipped()
DOSED = [agent for agent in RULEBOOK.agents if agent.dosing is not None]
TAPERED = [agent for agent in DOSED if agent.taper and agent.taper.usual]
CASES = sorted((LIBRARY / "valid").glob("*.yaml"))
# The first dose of the content that no product of the content makes; a clinician has to choose another one.
NOT_MADE = {("tramadol", True)}
# What the content begins in 5 mg and no product of the content makes: the first day is lowered.
LOWERED = {"baclofen"}


def name_of(agent: Agent) -> str:
    return agent.id


def dose_plan(agent: Agent, *, slow: bool = False) -> DosePlan:
    """The schedule of the content as a proposal without any limit of a patient gives it."""
    dosing = agent.dosing
    assert dosing is not None
    steps = tuple(
        DoseStep(s.day, s.per_day / s.times_per_day, s.times_per_day, s.per_day, None, s.optional)
        for s in (dosing.slow_titration if slow else dosing.titration)
    )
    ceiling = dosing.max_per_day or steps[-1].per_day
    return DosePlan(dosing.unit, steps[0].per_day, dosing.target_per_day, ceiling, steps, None, ())


def tablet(strength: float, *, smallest: float = 1, form: str = "tablet", release: str = "immediate") -> Product:
    counted = "mL" if form == "solution" else "tablet"
    return Product(f"x-{form}-{strength:g}", "x", form, counted, "mg", strength, smallest, release, ("a",))


def made_of(amount: float, *products: Product) -> list[tuple[float, float]] | None:
    found = schedules.portions(amount, products)
    return None if found is None else [(product.strength, count) for product, count in found]


def is_made(schedule: Schedule) -> bool:
    """Whether every step is what its products add up to, in whole products or parts that may be given."""
    for step in schedule.steps:
        dose = sum(intake.amount for intake in step.intakes)
        planned = step.planned
        each = planned.per_dose if planned.times_per_day < 1 else planned.per_day
        drawn = any(intake.product.drawn for intake in step.intakes)
        if not (dose >= each if drawn else dose == pytest.approx(each)):
            return False
        if any(intake.count % intake.product.smallest for intake in step.intakes):
            return False
    return True


def rises(schedule: Schedule) -> bool:
    doses = [step.per_day for step in schedule.steps]
    by_session = any(product.by_session for product in schedule.products)
    return all(low < high or (by_session and low == high) for low, high in pairwise(doses))


def falls(schedule: Schedule) -> bool:
    return all(high.per_day > low.per_day for high, low in pairwise(schedule.steps))


# --- counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "products", "expected"),
    [
        (75, [tablet(25), tablet(50), tablet(75)], [(75, 1)]),
        (300, [tablet(25), tablet(50), tablet(75)], [(75, 4)]),
        # One strength, where two strengths would not be fewer tablets.
        (1500, [tablet(300), tablet(600), tablet(750), tablet(900)], [(750, 2)]),
        (112.5, [tablet(37.5), tablet(75)], [(75, 1), (37.5, 1)]),
        (12.5, [tablet(25, smallest=0.5)], [(25, 0.5)]),
        (37.5, [tablet(25, smallest=0.5)], [(25, 1.5)]),
        # Whole tablets before halves, where both are as few.
        (25, [tablet(50, smallest=0.5), tablet(25)], [(25, 1)]),
        (12.5, [tablet(25)], None),
        (10, [tablet(20, form="solution", smallest=0.5)], [(20, 0.5)]),
        (0, [tablet(25)], None),
        (-25, [tablet(25)], None),
        (25, [], None),
    ],
)
def test_a_dose_is_the_fewest_units_that_make_it(
    amount: float, products: list[Product], expected: list[tuple[float, float]] | None
) -> None:
    assert made_of(amount, *products) == expected


@given(
    st.lists(st.sampled_from([2.5, 5, 10, 15, 25, 37.5, 50, 75, 100]), min_size=1, max_size=4, unique=True),
    st.integers(1, 80),
    st.booleans(),
)
def test_no_other_way_takes_fewer_units(strengths: list[float], tenths: int, halved: bool) -> None:
    products = tuple(tablet(strength, smallest=0.5 if halved else 1) for strength in strengths)
    amount = tenths * 1.25
    found = schedules.portions(amount, products)
    pieces = [p.strength * part for p in products for part in ((1, 0.5) if halved else (1,))]
    reached, units = {0.0}, 0
    while amount not in reached and units < 40 and reached:
        reached = {r + piece for r in reached for piece in pieces if r + piece <= amount}
        units += 1
    if found is None:
        assert amount not in reached
        return
    assert sum(p.strength * count for p, count in found) == pytest.approx(amount)
    # Two halves are never fewer than one whole, so of each strength there is at most one half.
    assert sum(int(count) + (1 if count % 1 else 0) for _p, count in found) == units
    assert schedules.portions(amount, tuple(products)) == found


@given(st.integers(1, 60), st.integers(1, 4))
def test_a_day_is_split_as_equally_as_the_products_allow_with_the_larger_doses_later(parts: int, times: int) -> None:
    products = (tablet(25), tablet(100))
    doses = schedules.split(parts * 25, times, products)
    assert doses is not None
    assert sum(doses) == parts * 25
    assert list(doses) == sorted(doses)
    assert len(doses) == min(times, parts)
    assert max(doses) - min(doses) <= 25


def test_no_single_dose_of_a_split_is_above_the_largest_one() -> None:
    assert schedules.split(100, 1, (tablet(25),), 75) is None
    assert schedules.split(100, 2, (tablet(25),), 75) == (50, 50)


# --- products of the content ------------------------------------------------------------------------------------------


def test_every_medicine_with_a_dose_has_products_with_sources() -> None:
    for agent in DOSED:
        assert agent.products, agent.id
        assert agent.dosing is not None
        assert all(product.unit == agent.dosing.unit and product.sources for product in agent.products)


def test_nothing_is_halved_that_the_content_does_not_say_may_be() -> None:
    halved = {product.id for agent in DOSED for product in agent.products if product.has_halves}
    assert halved == {"lidocaine_plaster-plaster-1"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"smallest": 0.5}, "halves need a source that was read"),
        ({"smallest": 0.25}, "this form is never divided"),
        ({"counted_in": "capsule", "smallest": 0.5, "sources": ["label_gralise_us"]}, "this form is never divided"),
        ({"release": "modified", "smallest": 0.5, "sources": ["label_gralise_us"]}, "this form is never divided"),
        ({"strengths": [0]}, "the strength 0 is not above 0"),
        ({"release": "slow"}, "'slow' is no release"),
        ({"colour": "red"}, "the key colour is not known"),
        ({"sources": ["nowhere"]}, "the source nowhere is not in sources/"),
        ({"sources": []}, "no source is given"),
    ],
)
def test_products_that_cannot_be_are_refused(
    shipped_files: dict[str, Any], change: dict[str, object], wrong: str
) -> None:
    rows = [dict(row) for row in shipped_files["products.yaml"]["products"]]
    row = next(row for row in rows if row["agent"] == "lamotrigine")
    unverified = {"sources": ["label-knowledge-unverified"]} if "sources" not in change else {}
    row["forms"] = [{**row["forms"][0], **unverified, **change}]
    with pytest.raises(ContentInvalid) as refused:
        build({**shipped_files, "products.yaml": {"products": rows}})
    assert wrong in str(refused.value)


def test_a_medicine_with_a_dose_and_no_products_is_no_release(shipped_files: dict[str, Any]) -> None:
    rows = [row for row in shipped_files["products.yaml"]["products"] if row["agent"] != "morphine"]
    found = content_problems({**shipped_files, "products.yaml": {"products": rows}})
    assert ["morphine" in problem.place for problem in found] == [True]
    rows.append({**rows[0], "agent": "nobody"})
    found = content_problems({**shipped_files, "products.yaml": {"products": rows}})
    assert any("no such medicine" in problem.message for problem in found)


# --- titration --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("agent", DOSED, ids=name_of)
def test_the_schedule_of_the_content_is_made_of_products_that_exist(agent: Agent, slow: bool) -> None:
    assert agent.dosing is not None
    if slow and not agent.dosing.slow_titration:
        return
    plan = dose_plan(agent, slow=slow)
    found = schedules.titration(agent, plan, optional=True)
    if (agent.id, slow) in NOT_MADE:
        assert not isinstance(found, Schedule)
        assert found[0].kind is ProblemKind.NOT_BUILDABLE
        assert found[0].nearest
        return
    assert isinstance(found, Schedule)
    assert is_made(found)
    assert rises(found)
    if agent.id in LOWERED:
        # Never above what is proposed, on any day.
        proposed = {step.day: step.per_day for step in plan.schedule}
        assert found.adjusted
        assert all(step.per_day <= proposed[step.day] for step in found.steps)
        return
    assert not found.adjusted
    assert [(s.day, s.per_day) for s in found.steps] == [(s.day, pytest.approx(s.per_day)) for s in plan.schedule]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_schedule_of_a_patient_rises_in_products_under_the_ceiling_of_this_patient(path: object) -> None:
    proposal = propose(facts_from_case(read_case(path.read_text())), RULEBOOK)  # type: ignore[attr-defined]
    for option in proposal.agents:
        if option.dose is None:
            continue
        agent = RULEBOOK.agent_by_id[option.id]
        found = schedules.titration(agent, option.dose, optional=True)
        if not isinstance(found, Schedule):
            # Told, with what could be given instead, and nothing made up.
            assert found[0].kind is ProblemKind.NOT_BUILDABLE, option.id
            assert found[0].wanted == option.dose.schedule[0].per_dose
            continue
        assert is_made(found), option.id
        assert rises(found), option.id
        assert all(step.per_day <= option.dose.max_per_day + 1e-6 for step in found.steps), option.id
        most = agent.dosing.max_single_dose if agent.dosing else None
        assert most is None or all(step.planned.per_dose <= most for step in found.steps)
        proposed = {step.day: step.per_day for step in option.dose.schedule}
        assert all(step.per_day <= proposed[step.day] + 1e-3 for step in found.steps), option.id


@given(st.sampled_from(DOSED), st.floats(0.05, 1.2), st.booleans())
def test_whatever_the_ceiling_a_titration_stays_under_it_or_says_why_there_is_none(
    agent: Agent, share: float, weekly: bool
) -> None:
    plan = dose_plan(agent)
    limited = replace(plan, max_per_day=plan.max_per_day * share)
    found = schedules.titration(agent, limited, optional=True, weekly=weekly)
    if not isinstance(found, Schedule):
        assert found[0].kind is ProblemKind.NOT_BUILDABLE
        return
    assert rises(found)
    assert is_made(found)
    if not any(product.drawn for product in found.products):
        assert all(step.per_day <= limited.max_per_day + 1e-6 for step in found.steps)
    if weekly:
        assert all(step.day % 7 == 0 for step in found.steps)
        assert all(step.day >= 0 for step in found.steps)


def test_a_first_dose_below_every_product_is_told_with_what_there_is_and_never_raised() -> None:
    agent = RULEBOOK.agent_by_id["tramadol"]
    found = schedules.titration(agent, dose_plan(agent, slow=True))
    assert found == (Problem(ProblemKind.NOT_BUILDABLE, "tramadol", "mg", 0, 25, (50.0,), (50.0,)),)


def test_a_dose_every_second_day_is_taken_every_second_day() -> None:
    agent = RULEBOOK.agent_by_id["lamotrigine"]
    found = schedules.build(agent, [PlannedStep(0, 25, 0.5), PlannedStep(14, 25, 1)])
    assert isinstance(found, Schedule)
    assert [len(found.on(day).intakes) for day in range(4)] == [1, 0, 1, 0]
    assert found.quantities(0, 28) == ((found.products[0], 7 + 14),)


def test_a_patch_stays_on_and_a_session_is_given_once() -> None:
    patch = schedules.build(RULEBOOK.agent_by_id["buprenorphine_td"], [PlannedStep(0, 5, 1), PlannedStep(14, 10, 1)])
    assert isinstance(patch, Schedule)
    assert [bool(patch.on(day).intakes) for day in (0, 6, 7, 13, 14, 15)] == [True, False, True, False, True, False]
    assert patch.on(6).is_worn
    assert [(product.strength, count) for product, count in patch.quantities(0, 28)] == [(5, 2), (10, 2)]
    session = schedules.build(RULEBOOK.agent_by_id["capsaicin_8_patch"], [PlannedStep(0, 4, 1)])
    assert isinstance(session, Schedule)
    assert [len(session.on(day).intakes) for day in (0, 1, 90)] == [1, 0, 0]


def test_a_dose_is_drawn_from_the_vials_that_hold_it_with_the_least_left_over() -> None:
    found = schedules.build(RULEBOOK.agent_by_id["botulinum_toxin_a_sc"], [PlannedStep(0, 75, 1)])
    assert isinstance(found, Schedule)
    assert [(i.product.strength, i.count) for i in found.steps[0].intakes] == [(100, 1)]


def test_a_dose_that_no_product_makes_is_named_with_its_step_and_the_nearest_doses() -> None:
    agent = RULEBOOK.agent_by_id["duloxetine"]
    found = schedules.build(agent, [PlannedStep(0, 30, 1), PlannedStep(7, 45, 1), PlannedStep(14, 10, 1)])
    assert not isinstance(found, Schedule)
    assert [(p.kind, p.step, p.wanted, p.nearest) for p in found] == [
        (ProblemKind.NOT_BUILDABLE, 1, 45, (40, 50)),
        (ProblemKind.NOT_BUILDABLE, 2, 10, (20,)),
    ]
    often = schedules.build(agent, [PlannedStep(0, 30, 6)])
    assert not isinstance(often, Schedule)
    assert often[0].kind is ProblemKind.TOO_OFTEN
    for odd in (0, 1.5, 0.3):
        assert not isinstance(schedules.build(agent, [PlannedStep(0, 30, odd)]), Schedule)


# --- from the dose of now on ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", [agent for agent in DOSED if agent.products], ids=name_of)
def test_what_is_taken_already_goes_on_from_the_dose_of_now_or_comes_down_to_the_ceiling(agent: Agent) -> None:
    plan = dose_plan(agent)
    for ceiling in {plan.max_per_day, plan.schedule[0].per_day}:
        limited = replace(plan, max_per_day=ceiling)
        for now in schedules.amounts(schedules.groups(agent)[0], 1.5 * plan.max_per_day)[::7]:
            made = schedules.continued(agent, limited, now)
            if isinstance(made, tuple):
                assert {problem.kind for problem in made} <= {ProblemKind.NOT_BUILDABLE}
                continue
            doses = [step.per_day for step in made.steps]
            assert made.ends_on is None
            if now <= ceiling:
                assert doses[0] == now, (agent.id, now)
                assert all(lower < higher <= ceiling for lower, higher in pairwise(doses)), (agent.id, now, doses)
                assert made.steps[0].day == 0
            else:
                assert all(higher > lower for higher, lower in pairwise([now, *doses])), (agent.id, now, doses)
                assert doses[-1] <= ceiling < [now, *doses][-2]
                assert not schedules.falls_suddenly(agent, now, made.steps[0].planned)


def test_the_next_rise_comes_after_as_long_as_the_schedule_holds_the_dose_of_now() -> None:
    steps = (DoseStep(0, 100, 1, 100), DoseStep(7, 100, 2, 200), DoseStep(21, 100, 4, 400))
    plan = DosePlan("mg", 100, (400, 400), 400, steps, None, ())

    def on_from(now: float) -> list[tuple[int, float]]:
        return [(step.day, step.per_day) for step in going_on(plan, now)]

    assert on_from(200) == [(0, 200), (14, 400)]
    assert on_from(150) == [(0, 150), (7, 200), (21, 400)]
    assert on_from(50) == [(0, 50), (7, 100), (14, 200), (28, 400)]
    assert on_from(400) == [(0, 400)]
    assert on_from(450) == [(0, 450)]
    # How long the only dose of a schedule is to wait for is not said.
    assert [step.day for step in going_on(replace(plan, schedule=steps[:1]), 50)] == [0]


def test_a_dose_of_now_that_no_product_makes_is_kept_and_told_and_never_lowered() -> None:
    agent = RULEBOOK.agent_by_id["duloxetine"]
    made = schedules.continued(agent, dose_plan(agent), 45)
    assert isinstance(made, tuple)
    assert [problem.kind for problem in made] == [ProblemKind.NOT_BUILDABLE]
    assert made[0].nearest == (40, 50)


def test_what_has_no_products_or_no_dose_is_told() -> None:
    cannabinoids = schedules.build(RULEBOOK.agent_by_id["cannabinoids"], [PlannedStep(0, 5, 1)])
    assert cannabinoids == (Problem(ProblemKind.NO_PRODUCT, "cannabinoids"),)
    assert schedules.build(DOSED[0], []) == (Problem(ProblemKind.NO_DOSE, DOSED[0].id),)


def test_what_does_not_divide_into_equal_doses_keeps_its_dose_of_a_day_and_says_no_digits() -> None:
    def begins(per_day: float, agent: Agent) -> tuple[PlannedStep, ...]:
        case = read_case((LIBRARY / "valid" / CASES[0].name).read_text(encoding="utf-8"))
        option = propose(facts_from_case(case), RULEBOOK).option(agent.id)
        return schedules.first_steps(replace(option, dose=None), agent, Running(per_day, None), date(2026, 3, 2))

    gabapentin = RULEBOOK.agent_by_id["gabapentin"]
    assert begins(900, gabapentin) == (PlannedStep(0, 300, 3),)
    # In products that exist, or as a whole that no product makes: that waits for somebody who knows the doses.
    assert begins(1000, gabapentin)[0].doses == (300, 300, 400)
    (whole,) = begins(1010, gabapentin)
    assert (whole.per_day, whole.times_per_day) == (1010, 1)
    assert not isinstance(schedules.build(gabapentin, [whole]), Schedule)
    assert begins(1000, replace(gabapentin, products=())) == ()
    for per_day in range(100, 3700, 50):
        for step in begins(per_day, gabapentin):
            assert step.per_day == per_day
            assert all(schedules.can_be_said(dose) for dose in step.doses or (step.per_dose,))


# --- calendar ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", DOSED, ids=name_of)
def test_calendar_and_plan_say_the_same_and_the_pharmacy_hands_out_what_is_taken(agent: Agent) -> None:
    found = schedules.titration(agent, dose_plan(agent), optional=True)
    assert isinstance(found, Schedule)
    again = schedules.build(agent, found.planned)
    assert isinstance(again, Schedule)
    assert again.steps == found.steps
    counts: dict[Product, float] = {}
    for day in found.days(0, 120):
        step = found.step_on(day.day)
        assert day.step is step
        for intake in day.intakes:
            counts[intake.product] = counts.get(intake.product, 0) + intake.count
        daily = step is not None and step.every == 1 and not any(i.product.drawn for i in step.intakes)
        if daily and step is not None:
            assert sum(intake.amount for intake in day.intakes) == pytest.approx(step.per_day)
    assert dict(found.quantities(0, 120)) == counts
    assert all(PlannedStep.from_json(step.to_json()) == step for step in found.planned)


def test_a_day_before_the_start_and_after_the_end_is_empty() -> None:
    found = schedules.build(RULEBOOK.agent_by_id["duloxetine"], [PlannedStep(0, 30, 1)], 14)
    assert isinstance(found, Schedule)
    assert [bool(found.on(day).intakes) for day in (-1, 0, 13, 14)] == [False, True, True, False]
    assert found.on(3).at(TimeOfDay.MORNING)[0].count == 1
    assert found.on(3).at(TimeOfDay.NIGHT) == ()


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 6))
def test_the_first_weekday_is_that_day_and_within_a_week(day: date, weekday: int) -> None:
    found = schedules.first_weekday(day, weekday)
    assert found.weekday() == weekday
    assert 0 <= (found - day).days < 7


# --- taper ------------------------------------------------------------------------------------------------------------


def doses_of(agent: Agent) -> list[PlannedStep]:
    """Every dose of the schedules of the content that products make."""
    assert agent.dosing is not None
    steps = [*agent.dosing.titration, *agent.dosing.slow_titration]
    doses = [PlannedStep(0, step.per_day / step.times_per_day, step.times_per_day) for step in steps]
    return [step for step in doses if isinstance(schedules.build(agent, [step]), Schedule)]


@pytest.mark.parametrize("agent", TAPERED, ids=name_of)
def test_every_dose_of_the_content_comes_down_in_products_and_never_suddenly(agent: Agent) -> None:
    rule = agent.taper
    assert rule is not None
    for current in doses_of(agent):
        lengths = {}
        for pace in schedules.paces(rule):
            found = schedules.taper(agent, current, pace=pace)
            assert isinstance(found, Schedule), (agent.id, current, pace)
            assert is_made(found)
            assert falls(found)
            assert found.ends_on is not None
            assert all(step.per_day <= current.per_day for step in found.steps)
            assert found.steps[-1].day < found.ends_on
            assert found.ends_on >= rule.min_weeks * 7
            assert not schedules.ends_abruptly(agent, found.planned, found.ends_on), (agent.id, current, pace)
            lengths[pace] = found.ends_on
        assert lengths.get(Pace.SLOWER, 9999) >= lengths[Pace.USUAL] >= lengths.get(Pace.FASTER, 0)


@pytest.mark.parametrize("agent", TAPERED, ids=name_of)
def test_no_step_takes_away_more_than_the_pace_allows_for_the_days_it_lasts(agent: Agent) -> None:
    rule = agent.taper
    assert rule is not None and rule.usual is not None
    for current in doses_of(agent):
        found = schedules.taper(agent, current, pace=Pace.USUAL)
        assert isinstance(found, Schedule)
        assert found.ends_on is not None
        whole = rule.usual.reduce_by or current.per_day * (rule.usual.percent or 0) / 100
        before = current.per_day
        ends = [*(step.day for step in found.steps[1:]), found.ends_on]
        for step, end in zip(found.steps, ends, strict=True):
            intervals = (end - step.day) / rule.usual.every_days
            assert before - step.per_day <= whole * intervals + 1e-6, (agent.id, current)
            before = step.per_day


@settings(max_examples=200)
@given(st.sampled_from(TAPERED), st.floats(0.5, 4000), st.integers(1, 4), st.sampled_from([None, 30, 365, 4000]))
def test_any_dose_comes_down_or_says_why_not(agent: Agent, per_day: float, times: int, used: int | None) -> None:
    assert agent.dosing is not None and agent.dosing.max_per_day is not None
    assume(per_day <= 1.5 * agent.dosing.max_per_day)
    current = PlannedStep(0, round(per_day / times, 2), times)
    found = schedules.taper(agent, current, used_days=used)
    if not isinstance(found, Schedule):
        assert found[0].kind in (ProblemKind.NOT_BUILDABLE, ProblemKind.TOO_OFTEN)
        return
    assert falls(found)
    assert is_made(found)
    assert found.steps[0].per_day <= current.per_day
    assert not schedules.ends_abruptly(agent, found.planned, found.ends_on)


def test_long_use_and_use_of_unknown_length_take_the_slower_way_where_the_content_says_so() -> None:
    duloxetine = RULEBOOK.agent_by_id["duloxetine"].taper
    pregabalin = RULEBOOK.agent_by_id["pregabalin"].taper
    assert duloxetine is not None and pregabalin is not None
    assert [schedules.pace_for(duloxetine, used) for used in (364, 365, None)] == [Pace.USUAL, Pace.SLOWER, Pace.SLOWER]
    assert [schedules.pace_for(pregabalin, used) for used in (364, 365, None)] == [Pace.USUAL] * 3


@pytest.mark.parametrize(
    ("agent_id", "current", "pace", "expected", "ends_on"),
    [
        ("pregabalin", (150, 2), Pace.USUAL, [(0, 225), (7, 150), (14, 75), (21, 50), (28, 25)], 35),
        ("gabapentin", (300, 3), Pace.USUAL, [(0, 600), (7, 300), (14, 200), (21, 100)], 28),
        ("duloxetine", (60, 1), Pace.USUAL, [(0, 30)], 14),
        ("duloxetine", (60, 1), Pace.SLOWER, [(0, 40), (28, 20)], 56),
        ("carbamazepine", (200, 2), Pace.SLOWER, [(0, 300), (28, 200), (56, 100)], 84),
        ("venlafaxine_er", (75, 1), Pace.USUAL, [(0, 37.5)], 28),
        # 5 mg is the smallest step: half of it would be the pace, so each lasts twice as long.
        ("oxycodone", (15, 2), Pace.USUAL, [(0, 25), (14, 20), (28, 15), (42, 10), (56, 5)], 70),
        ("amitriptyline", (10, 1), Pace.USUAL, [(0, 10)], 28),
    ],
)
def test_tapers_of_the_content_step_by_step(
    agent_id: str, current: tuple[float, float], pace: Pace, expected: list[tuple[int, float]], ends_on: int
) -> None:
    found = schedules.taper(RULEBOOK.agent_by_id[agent_id], PlannedStep(0, *current), pace=pace)
    assert isinstance(found, Schedule)
    assert [(step.day, step.per_day) for step in found.steps] == expected
    assert found.ends_on == ends_on


def test_what_may_stop_at_once_has_no_taper_and_what_has_none_says_so() -> None:
    def kind(agent_id: str, pace: Pace | None = None) -> ProblemKind:
        found = schedules.taper(RULEBOOK.agent_by_id[agent_id], PlannedStep(0, 1, 1), pace=pace)
        assert not isinstance(found, Schedule)
        return found[0].kind

    assert kind("lidocaine_plaster") is ProblemKind.MAY_STOP
    assert kind("levetiracetam") is ProblemKind.NO_PRODUCT
    assert kind("pregabalin", Pace.FASTER) is ProblemKind.NO_OTHER_PACE
    assert kind("pregabalin") is ProblemKind.NOT_BUILDABLE


@pytest.mark.parametrize(
    ("agent_id", "steps", "ends_on", "expected"),
    [
        ("pregabalin", [(0, 300, 2)], 14, True),
        ("pregabalin", [(0, 300, 2)], None, False),
        ("pregabalin", [(0, 75, 2), (7, 75, 1)], 14, False),
        ("pregabalin", [(0, 75, 2), (7, 75, 1)], 3, True),
        # It rises to the last day and then nothing.
        ("gabapentin", [(0, 100, 1), (7, 300, 1)], 60, True),
        ("duloxetine", [(0, 60, 1), (14, 30, 1)], 20, True),
        ("duloxetine", [(0, 30, 1), (7, 60, 1), (90, 30, 1)], 104, False),
        ("lidocaine_plaster", [(0, 3, 1)], 14, False),
        # From 3600 mg to the last step at once, however long that one is held.
        ("gabapentin", [(0, 1200, 3), (7, 300, 1)], 14, True),
        ("gabapentin", [(0, 1200, 3), (7, 300, 1)], 60, True),
        # Twice the drop in twice the time, and in half of it.
        ("gabapentin", [(0, 300, 3), (7, 300, 1)], 21, False),
        ("gabapentin", [(0, 300, 3), (7, 300, 1)], 15, True),
        # Nobody knows that what has no dose is stepped down.
        ("gabapentin", [], 60, True),
    ],
)
def test_an_end_is_abrupt_where_the_last_dose_is_high_or_the_way_down_too_short(
    agent_id: str, steps: list[tuple[int, float, float]], ends_on: int | None, expected: bool
) -> None:
    planned = [PlannedStep(*step) for step in steps]
    assert schedules.ends_abruptly(RULEBOOK.agent_by_id[agent_id], planned, ends_on) is expected


def test_a_way_down_counts_from_the_dose_that_is_taken_before_it() -> None:
    gabapentin = RULEBOOK.agent_by_id["gabapentin"]
    steps = [PlannedStep(0, 300, 1)]
    assert not schedules.ends_abruptly(gabapentin, steps, 14)
    assert not schedules.ends_abruptly(gabapentin, steps, 14, current=900)
    assert schedules.ends_abruptly(gabapentin, steps, 14, current=3600)
    assert schedules.falls_suddenly(gabapentin, 3600, PlannedStep(0, 300, 1))
    assert not schedules.falls_suddenly(gabapentin, 3600, PlannedStep(0, 3300, 1))
    assert not schedules.falls_suddenly(gabapentin, 300, PlannedStep(0, 900, 1))
    assert not schedules.falls_suddenly(RULEBOOK.agent_by_id["lidocaine_plaster"], 3, PlannedStep(0, 1, 1))


BY_SHARE = [agent for agent in RULEBOOK.agents if agent.taper and agent.taper.usual and not agent.products]


@pytest.mark.parametrize("agent", BY_SHARE, ids=name_of)
def test_without_products_a_way_down_by_a_share_is_measured_against_its_top(agent: Agent) -> None:
    doses = (750, 570, 430, 325, 245, 185, 140, 105, 80, 60)
    slow = [PlannedStep(7 * place, dose, 1) for place, dose in enumerate(doses)]
    assert not schedules.ends_abruptly(agent, slow, 70, current=1000)
    assert not schedules.sudden_falls(agent, slow, 70, current=1000)
    low = [PlannedStep(0, 80, 1), PlannedStep(7, 60, 1)]
    # Held too short, ended too high, begun too low, or all in half of the time.
    assert schedules.ends_abruptly(agent, slow, 66, current=1000)
    assert schedules.ends_abruptly(agent, slow[:3], 21, current=1000)
    assert schedules.ends_abruptly(agent, low, 21, current=1000)
    assert schedules.ends_abruptly(agent, [PlannedStep(s.day // 2, s.per_day, 1) for s in slow], 38, current=1000)
    assert [fall.day for fall in schedules.sudden_falls(agent, low, 21, current=1000)] == [0]
    # Of what is taken before nobody knows anything: the one dose of the plan is its own top.
    assert schedules.ends_abruptly(agent, [PlannedStep(0, 60, 1)], 70)


def test_by_a_share_a_medicine_with_products_still_ends_at_the_smallest_there_is() -> None:
    morphine = RULEBOOK.agent_by_id["morphine"]
    steps = [PlannedStep(7 * place, dose, 2) for place, dose in enumerate((45, 40, 35, 30, 25, 20, 15))]
    assert schedules.ends_abruptly(morphine, steps, 49, current=100)


@pytest.mark.parametrize("agent", TAPERED, ids=name_of)
def test_no_taper_of_the_content_falls_suddenly_from_the_dose_before_it(agent: Agent) -> None:
    for current in doses_of(agent):
        for pace in schedules.paces(agent.taper):
            found = schedules.taper(agent, current, pace=pace)
            assert isinstance(found, Schedule)
            before = current.per_day
            assert not schedules.ends_abruptly(agent, found.planned, found.ends_on, current=before), (current, pace)
            assert not schedules.sudden_falls(agent, found.planned, found.ends_on, current=before), (current, pace)


@pytest.mark.parametrize("agent", TAPERED, ids=name_of)
def test_no_taper_falls_suddenly_whatever_is_taken_now_and_how_often(agent: Agent) -> None:
    assert agent.dosing is not None and agent.dosing.max_per_day is not None
    usual = {step.times_per_day for step in (*agent.dosing.titration, *agent.dosing.slow_titration)} | {1, 2}
    for dose in schedules.amounts(schedules.groups(agent)[0], 1.5 * agent.dosing.max_per_day)[::-3]:
        for times in usual:
            for pace in schedules.paces(agent.taper):
                found = schedules.taper(agent, PlannedStep(0, dose / times, times), pace=pace)
                assert isinstance(found, Schedule), (dose, times, pace)
                assert is_made(found)
                assert not schedules.sudden_falls(agent, found.planned, found.ends_on, current=dose), (dose, times)
                assert not schedules.ends_abruptly(agent, found.planned, found.ends_on, current=dose), (dose, times)


@pytest.mark.parametrize(
    ("agent_id", "current", "pace", "first"),
    [
        # Above the largest single dose the day has more doses, and as many as now where it is reached again.
        ("amitriptyline", (150, 1), Pace.SLOWER, [(140, 2), (130, 2), (120, 2), (110, 2), (100, 2), (90, 2), (80, 2)]),
        ("amitriptyline", (80, 1), Pace.SLOWER, [(70, 1), (60, 1)]),
        ("gabapentin", (3600, 1), Pace.USUAL, [(3300, 3), (3000, 3), (2700, 3), (2400, 2)]),
        # Four of the largest single dose do not make it: it comes down from where it is.
        ("amitriptyline", (350, 2), Pace.USUAL, [(340, 4), (330, 4)]),
    ],
)
def test_a_dose_above_the_largest_single_one_comes_down_in_more_doses_a_day(
    agent_id: str, current: tuple[float, int], pace: Pace, first: list[tuple[float, int]]
) -> None:
    per_day, times = current
    found = schedules.taper(RULEBOOK.agent_by_id[agent_id], PlannedStep(0, per_day / times, times), pace=pace)
    assert isinstance(found, Schedule)
    assert [(step.per_day, step.planned.times_per_day) for step in found.steps][: len(first)] == first


# --- switch -----------------------------------------------------------------------------------------------------------


def highest(agent: Agent) -> PlannedStep:
    assert agent.dosing is not None
    step = [step for step in agent.dosing.titration if not step.optional][-1]
    return PlannedStep(0, step.per_day / step.times_per_day, step.times_per_day)


def test_each_day_of_every_switch_passes_the_interaction_check_and_stays_in_products_under_the_ceiling() -> None:
    table = InteractionTable(RULEBOOK)
    overlapping = apart = 0
    for old, new in permutations([a for a in DOSED if a.id != "ketamine"], 2):
        found = schedules.switch(old, highest(old), new, dose_plan(new), RULEBOOK, overlap_days=7, washout_days=3)
        if not isinstance(found, Switch):
            assert set(old.drug_names) & set(new.drug_names)
            assert found[0].kind is ProblemKind.SAME_MEDICINE
            continue
        down, up = found.old, found.new
        assert is_made(down) and is_made(up)
        assert rises(up) and falls(down)
        assert not schedules.ends_abruptly(old, down.planned, down.ends_on), (old.id, new.id)
        assert new.dosing is not None
        assert all(step.per_day <= dose_plan(new).max_per_day for step in up.steps)
        together = [d for d in range(found.old_ends) if down.on(d).step and up.on(d - found.new_starts).step]
        assert bool(together) is not bool(found.apart)
        overlapping, apart = overlapping + bool(together), apart + (not together)
        if found.apart:
            assert found.new_starts >= found.old_ends + 3
            continue
        assert {day.step.per_day for day in down.days(0, 7) if day.step} == {down.steps[0].per_day}
        substances = [agent_substance(old), agent_substance(new)]
        if not (old.is_topical or new.is_topical):
            severities = [RULEBOOK.meanings.severities[f.severity] for f in table.among(substances)]
            assert "exclude" not in severities, (old.id, new.id)
            assert not duplicates(substances, RULEBOOK.meanings.duplicate_classes)
    assert overlapping > 500
    assert apart > 30


def test_two_that_must_not_be_taken_together_wait_for_a_wash_out_that_somebody_states() -> None:
    old, new = RULEBOOK.agent_by_id["duloxetine"], RULEBOOK.agent_by_id["venlafaxine_er"]
    asked = schedules.switch(old, PlannedStep(0, 60, 1), new, dose_plan(new), RULEBOOK)
    assert not isinstance(asked, Switch)
    assert asked[0].kind is ProblemKind.WASHOUT_UNKNOWN
    assert "ix_020" in asked[0].findings
    found = schedules.switch(old, PlannedStep(0, 60, 1), new, dose_plan(new), RULEBOOK, pace=Pace.USUAL, washout_days=0)
    assert isinstance(found, Switch)
    assert (found.old_ends, found.new_starts) == (14, 14)


def test_the_wash_out_of_the_content_is_never_shortened() -> None:
    old, new = RULEBOOK.agent_by_id["duloxetine"], RULEBOOK.agent_by_id["venlafaxine_er"]
    rulebook = replace(RULEBOOK, washout_days={"snri": 5})
    for stated, expected in ((None, 19), (0, 19), (9, 23)):
        found = schedules.switch(
            old, PlannedStep(0, 60, 1), new, dose_plan(new), rulebook, pace=Pace.USUAL, washout_days=stated
        )
        assert isinstance(found, Switch)
        assert found.new_starts == expected


def test_a_new_medicine_that_another_one_forbids_is_refused() -> None:
    old, new = RULEBOOK.agent_by_id["pregabalin"], RULEBOOK.agent_by_id["tramadol"]
    taken = [agent_substance(RULEBOOK.agent_by_id["naltrexone_low_dose"])]
    found = schedules.switch(old, PlannedStep(0, 75, 2), new, dose_plan(new), RULEBOOK, others=taken)
    assert not isinstance(found, Switch)
    assert found[0].kind is ProblemKind.NOT_TOGETHER
    assert found[0].findings == ("ix_111", "ix_143")


# --- changes ----------------------------------------------------------------------------------------------------------

STEPS = [PlannedStep(0, 75, 2), PlannedStep(7, 150, 2), PlannedStep(14, 225, 2)]


def days(changed: Changed | Problem) -> list[tuple[int, float]]:
    assert isinstance(changed, Changed)
    return [(step.day, step.per_day) for step in changed.steps]


def test_a_pause_holds_the_dose_and_moves_what_comes_after_it() -> None:
    found = schedules.pause(STEPS, 40, day=9, days=10)
    assert days(found) == [(0, 150), (7, 300), (24, 450)]
    assert isinstance(found, Changed) and found.ends_on == 50
    assert schedules.pause(STEPS, 40, day=40, days=1) == Problem(ProblemKind.NO_STEP, "")


def test_a_step_back_is_the_dose_before_and_then_the_step_again_in_full() -> None:
    found = schedules.step_back(STEPS, 40, day=10, weeks=2)
    assert days(found) == [(0, 150), (7, 300), (10, 150), (24, 300), (31, 450)]
    assert isinstance(found, Changed) and found.ends_on == 57
    assert schedules.step_back(STEPS, None, day=3, weeks=1) == Problem(ProblemKind.NO_STEP_BEFORE, "")
    assert days(schedules.step_back(STEPS, None, day=7, weeks=1)) == [(0, 150), (7, 150), (14, 300), (21, 450)]


def test_slower_stretches_what_is_still_to_come() -> None:
    found = schedules.slower(STEPS, 21, day=7, times=2)
    assert days(found) == [(0, 150), (7, 300), (21, 450)]
    assert isinstance(found, Changed) and found.ends_on == 35
    assert schedules.slower(STEPS, None, day=20, times=2) == Problem(ProblemKind.NO_STEP, "")


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.integers(0, 100),
    st.integers(1, 28),
    st.one_of(st.none(), st.integers(1, 60)),
)
def test_no_change_brings_a_later_step_forward_or_loses_one(
    gaps: list[int], day: int, by: int, rest: int | None
) -> None:
    steps = [PlannedStep(0, 25, 1)]
    for place, gap in enumerate(gaps):
        steps.append(PlannedStep(steps[-1].day + gap, 25 * (place + 2), 1))
    ends_on = None if rest is None else steps[-1].day + rest
    for changed in (
        schedules.pause(steps, ends_on, day=day, days=by),
        schedules.step_back(steps, ends_on, day=day, weeks=by),
        schedules.slower(steps, ends_on, day=day, times=2),
    ):
        if isinstance(changed, Problem):
            continue
        starts = [step.day for step in changed.steps]
        assert starts == sorted(set(starts))
        assert {step.per_day for step in changed.steps} >= {step.per_day for step in steps if step.day > day}
        assert (changed.ends_on is None) == (ends_on is None)
        assert ends_on is None or (changed.ends_on or 0) >= ends_on
        for step in steps:
            last = max(kept.day for kept in changed.steps if kept.per_day == step.per_day)
            assert last >= step.day or step.day <= day
