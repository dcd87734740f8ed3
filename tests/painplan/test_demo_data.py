"""The demo's patients: a stored case gives the proposal of the case, and the stories are believable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from io import StringIO
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts import audit
from accounts.demo import ORGANISATIONS
from accounts.models import AuditEvent, Organisation
from accounts.tenancy import tenant
from assessments.models import Assessment
from followup import check_in as questions
from followup import content
from followup.models import Alert, Answer, OutboxMessage
from painplan.demo_data.course import answers, goal_answers
from painplan.demo_data.generate import PATIENTS, stories
from painplan.demo_data.library import library
from painplan.demo_data.profiles import profiles
from painplan.demo_data.story import Course, Story
from painplan.demo_data.write import tell
from painplan.management.commands import demo_patients
from patients.medicines import Recognition, normalise
from patients.models import Measurement, Patient, Problem
from patients.record import age_on
from patients.terms import terms
from tests.cast import TODAY
from treatments import queries as plan_queries
from treatments.content import shipped
from treatments.facts import facts_from_case
from treatments.goal_rules import level_reached
from treatments.models import FollowUpDate, Plan
from treatments.plan_record import GoalRecord
from treatments.proposal import propose
from treatments.proposal.model import Status
from treatments.replay import differences

GOALS = (GoalRecord("function", "a goal"),)
CLINICIAN = "clinician@demo.example"
LIBRARY = library()


# --- the stories ------------------------------------------------------------------------------------------------------

STORIES = stories(TODAY)
FIRST_CASES = [story.visits[0].case for story in STORIES if story.visits]


def test_the_same_seed_and_day_tell_the_same_stories_and_another_seed_tells_others() -> None:
    assert stories(TODAY) == STORIES
    others = stories(TODAY, seed=7)
    names = {(story.person.family_name, story.person.given_names) for story in STORIES}
    assert {(story.person.family_name, story.person.given_names) for story in others} != names


def test_there_are_two_hundred_people_in_two_organisations_and_no_name_or_number_twice() -> None:
    assert len(STORIES) == PATIENTS
    assert len({story.organisation for story in STORIES}) == 2
    assert len({story.person.number for story in STORIES}) == PATIENTS
    assert len({(story.person.family_name, story.person.given_names) for story in STORIES}) == PATIENTS


def test_every_cause_of_pain_and_every_case_of_the_library_is_among_them() -> None:
    causes = {cause for case in FIRST_CASES if case.pain for cause in case.pain.conditions or ()}
    assert causes == set(terms().conditions)
    assert {row["case"] for row in profiles("showcase")["patients"]} <= set(LIBRARY)
    assert {case.id for case in FIRST_CASES} >= {row["case"] for row in profiles("showcase")["patients"]}


def test_the_first_patient_of_the_pages_is_there() -> None:
    ingrid = next(story for story in STORIES if story.person.number == "40218")
    assert (ingrid.person.family_name, ingrid.person.given_names, ingrid.person.sex) == (
        "Johansson",
        "Ingrid",
        "female",
    )
    assert ingrid.visits[0].case.patient.age_years == 74
    assert CLINICIAN in ingrid.team


def test_nothing_that_happened_lies_in_the_future_or_before_birth() -> None:
    for story in STORIES:
        for visit in story.visits:
            days = dates_in(visit.case)
            assert max(days) <= TODAY, story.person.number
            assert min(days) > story.person.birth_date
            assert age_on(story.person.birth_date, visit.on) == visit.case.patient.age_years or visit != story.visits[0]


def dates_in(value: Any) -> list[dt.date]:
    if isinstance(value, dt.date):
        return [value]
    if isinstance(value, tuple):
        return [day for part in value for day in dates_in(part)]
    if isinstance(value, Mapping):
        return [day for part in value.values() for day in dates_in(part)]
    if is_dataclass(value) and not isinstance(value, type):
        return [day for part in fields(value) for day in dates_in(getattr(value, part.name))]
    return []


def test_invented_records_do_not_contradict_themselves_and_most_have_something_recommended() -> None:
    invented = [case for case in FIRST_CASES if case.id.startswith("demo-")]
    recommended = 0
    for case in invented:
        facts = facts_from_case(case)
        assert [item.text for item in facts.conflicts] == [], case.id
        options = propose(facts, shipped()).agents
        recommended += any(option.status is Status.RECOMMENDED for option in options)
    assert recommended > len(invented) / 2


def test_medicines_are_recognised_but_for_the_few_that_shall_not_be() -> None:
    unknown = {"Trelegy Ellipta", *profiles("profiles")["unrecognised"]}
    groups = profiles("profiles")["medicines"].values()
    names = {row[0] for group in groups for choices in group for row in choices if row}
    assert {name for name in names if normalise(name).status is not Recognition.RECOGNISED} == unknown & names
    assert all(normalise(name).status is not Recognition.RECOGNISED for name in unknown)


@given(
    course=st.sampled_from(Course),
    weeks=st.floats(0, 30),
    baseline=st.integers(0, 10),
    effects=st.lists(st.sampled_from(["sedation", "dizziness", "nausea"]), unique=True),
    seed=st.integers(0, 1000),
)
def test_every_answer_of_a_course_is_one_that_the_check_in_takes(
    course: Course, weeks: float, baseline: int, effects: list[str], seed: int
) -> None:
    given_answers = answers(course, weeks, baseline, effects, Random(seed))
    chosen = given_answers["effects"]
    asked = questions.questions(content.file("check_in"), GOALS, effects, chosen if isinstance(chosen, list) else [])
    by_id = {question.id: question for question in asked}
    for name, value in given_answers.items():
        if name == "effects" and not effects:
            continue
        values = [str(part) for part in value] if isinstance(value, list) else [str(value)]
        assert questions.read(by_id[name], values or [questions.NONE]) == value


def test_the_plans_that_are_shown_have_goals_on_a_scale_in_the_patients_words() -> None:
    wishes = [visit.plan for story in STORIES for visit in story.visits if visit.plan]
    scaled = [goal for wish in wishes for goal in wish.goals if goal.is_numeric and len(goal.levels) == 5]
    assert len(scaled) >= 2
    assert any(wish.for_patient for wish in wishes)


@given(level=st.sampled_from([-1, 0, 1]), baseline=st.integers(0, 20), amount=st.integers(21, 40))
def test_the_number_that_was_reached_has_the_level_of_the_course(level: int, baseline: int, amount: int) -> None:
    numbers = GoalRecord("function", "Walk", baseline=baseline, amount=amount)
    in_words = GoalRecord("function", "Read", position=2)
    found = goal_answers([numbers, in_words], level)
    assert set(found) == {"goal_reached", "goal:2"}
    assert found["goal:2"] == level
    reached = found["goal_reached"]
    rules = shipped().goal_rules
    assert rules
    assert isinstance(reached, float)
    assert level_reached(reached, baseline, amount, rules.bands) == level


def test_an_improving_patient_improves_and_one_who_gets_worse_does_not() -> None:
    def pain(course: Course) -> float:
        found = [answers(course, 10, 7, [], Random(seed))["nrs_average"] for seed in range(30)]
        return sum(value for value in found if isinstance(value, int)) / len(found)

    assert pain(Course.IMPROVING) < pain(Course.PARTIAL) < pain(Course.UNCHANGED) < pain(Course.WORSE)


# --- written ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo(db: None) -> UUID:
    """The first organisation of the demo with its people."""
    call_command("demo_accounts", stdout=StringIO())
    return Organisation.objects.get(name=ORGANISATIONS[0].name).pk


# Into how many parts the stories are cut, for the workers to share.
PARTS = 4


def chosen_stories() -> list[Story]:
    """One of each kind, the whole of whose course is written."""
    mine = [story for story in STORIES if story.organisation == ORGANISATIONS[0].name]
    kinds = {
        "showcase": lambda s: s.person.number == "40218",
        "new": lambda s: not s.visits,
        "open": lambda s: s.visits and not s.visits[0].signed,
        "draft": lambda s: s.visits and s.visits[0].plan and not (s.visits[0].plan.signed or s.visits[0].plan.proposed),
        "proposed": lambda s: s.person.number == "40252",
        "twice": lambda s: len(s.visits) == 2 and s.visits[1].plan,
        "alarming": lambda s: s.course is Course.ALARMING and s.visits and s.visits[0].plan,
        "no mail": lambda s: not s.person.email and s.visits and s.visits[0].plan,
    }
    return list({story.person.number: story for k in kinds.values() for story in [next(filter(k, mine))]}.values())


def test_told_stories_stand_in_the_record_once_and_the_trail_holds(demo: UUID) -> None:
    told = chosen_stories()
    now = dt.datetime.now(dt.UTC)
    assert tell(demo, told, now.date(), now) == len(told)
    assert tell(demo, told, now.date(), now) == 0
    with tenant(demo):
        assert Patient.objects.count() == len(told)
        assert Assessment.objects.filter(status="draft").count() >= 1
        signed = Plan.objects.filter(state__in=["signed", "superseded"])
        assert signed.filter(patient__number="40218").exists()
        assert not Plan.objects.filter(signed_at__gt=now).exists()
        assert Plan.objects.filter(state="draft", signed_at=None).exists()
        plan = plan_queries.signed_of(Patient.objects.get(number="40218").pk)
        assert plan
        assert "Go slowly with the capsules" in plan.for_patient
        assert [(goal.baseline, goal.amount) for goal in plan.wishes] == [(5, 20), (4, 1)]
        assert plan.wishes[0].levels[2:4] == ("To the shop and back", "To the shop, and carry my bag home")
        answer = Answer.objects.filter(patient__number="40218").first()
        assert answer
        assert {"goal_reached", "goal_reached:2"} <= set(answer.answers)
        waiting = plan_queries.draft_of(Patient.objects.get(number="40252").pk)
        assert waiting
        assert (waiting.state, waiting.proposed_by, waiting.proposed_to) == ("proposed", "Sam Okafor", "Maya Adeyemi")
        assert waiting.items
        assert Alert.objects.filter(acknowledged_at=None).exists()
        assert not OutboxMessage.objects.exists(), "the past reaches nobody's outbox"
        ingrid = next(story for story in told if story.person.number == "40218")
        rows = [*Problem.objects.filter(patient__number="40218"), *Measurement.objects.filter(patient__number="40218")]
        assert {row.created_at.date() for row in rows} == {ingrid.visits[0].on}
        assert not FollowUpDate.objects.filter(plan__state="draft", due_on__lt=now.date()).exists()
        assert not AuditEvent.objects.filter(at__lt=now).exists(), "the trail says when it was written, not the story"
        assert [list(differences(basis)) for basis in plan_queries.bases(demo)] == [[] for _plan in signed]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_plan_of_the_demo_is_made_again_byte_for_byte(
    part: int, demo: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All visits of all stories, in parts; what happens between them makes no plan and is left out."""
    for name in ("_send", "_read", "_look"):
        monkeypatch.setattr(f"painplan.demo_data.write._Clinic.{name}", lambda *_: None)
    now, wanted = dt.datetime.now(dt.UTC), 0
    for organisation in Organisation.objects.order_by("name"):
        told = [story for story in STORIES[part::PARTS] if story.organisation == organisation.name]
        tell(organisation.pk, told, now.date(), now)
        with tenant(organisation.pk):
            wanted += Plan.objects.filter(signed_at__isnull=False).count()
    out = StringIO()
    call_command("replay_plans", stdout=out)
    assert wanted > 100 // PARTS
    assert out.getvalue().splitlines() == [f"{wanted} equal, 0 different"]


def test_the_trail_of_told_stories_is_whole(transactional_db: None) -> None:
    call_command("demo_accounts", stdout=StringIO())
    demo = Organisation.objects.get(name=ORGANISATIONS[0].name).pk
    now = dt.datetime.now(dt.UTC)
    tell(demo, chosen_stories()[:2], now.date(), now)
    with tenant(demo):
        found = audit.verify(demo)
    assert found.rows > 50
    assert found.broken is None


def test_the_command_needs_the_accounts_first_and_runs_nowhere_but_in_the_demo(db: None, settings: Any) -> None:
    with pytest.raises(CommandError, match="demo_accounts"):
        call_command("demo_patients")
    settings.LOCAL = False
    with pytest.raises(CommandError, match="only in the demo"):
        call_command("demo_patients")


def test_two_processes_write_half_each_once_and_a_half_that_fails_is_told(transactional_db: None) -> None:
    call_command("demo_accounts", stdout=StringIO())
    demo = Organisation.objects.get(name=ORGANISATIONS[0].name).pk
    one, two = chosen_stories()[1:3]
    now = dt.datetime.now(dt.UTC)
    parts = [[(demo, [one])], [(demo, [two])]]
    assert demo_patients._in_two_processes(parts, now.date(), now)
    assert not demo_patients._in_two_processes(parts, now.date(), now)
    with tenant(demo):
        assert Patient.objects.count() == 2
    with pytest.raises(CommandError, match="Half of the patients"):
        demo_patients._in_two_processes([[], [(uuid4(), [one])]], now.date(), now)
