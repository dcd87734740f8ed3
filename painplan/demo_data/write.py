"""The stories happen: day by day, through the services, as the people of the demo.

Everything of one organisation is one transaction, so a demo that is interrupted leaves nothing half made. Patients read
the messages that the reminder queue sends and answer by their links; staff look at answers, call those who cannot be
reached, and tick off what was due, not all of it.
"""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import connection

from accounts import queries as account_queries
from accounts.audit import Actor
from accounts.tenancy import tenant
from followup import check_in as questions
from followup import content as follow_up_content
from followup import links, plans
from followup import queries as follow_up_queries
from followup import services as follow_up
from followup.queries import why_closed
from painplan.demo_data import record
from painplan.demo_data.course import CALLS, answers, goal_answers
from painplan.demo_data.story import Course, PlanWish, Story, Visit
from patients import queries as patient_queries
from patients import services as patient_services
from treatments import plan_readiness
from treatments import queries as plan_queries
from treatments import services as plan_services
from treatments.plan_checks import Need, unanswered
from treatments.plan_record import GoalRecord, PlanRecord
from treatments.proposal.model import OptionResult, Status
from treatments.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from followup.models import CheckIn
    from patients.models import Patient

DAY: Final = timedelta(days=1)
NURSE: Final = "nurse@demo.example"
# What somebody writes who decides against the rules: a coded reason and words, of which one is taken.
REASONS: Final = {
    "interaction": (
        "will_monitor",
        ("Lowest dose, call after a week.", "Pharmacist agrees; first check early.", "ECG before the first step up."),
    ),
    "needs_data": (
        "known_elsewhere",
        ("Value seen in the letter of the practice, copy requested.", "Result read on the telephone, paper follows."),
    ),
    "not_recommended": ("patient_choice", ("Knows the alternatives and wants this one.",)),
    "excluded": ("specialist", ("Agreed with the specialist who knows the patient.",)),
    "dose": ("specialist", ("Agreed with the specialist who knows the patient.",)),
    "alert": ("handled", ("Seen today, talked through, acted on.", "Looked at with the patient; note in the record.")),
}
_NO_GOAL: Final = {"no_goal": "not_yet", "no_goal_text": "To be agreed at the first review."}
# What was done about an alert.
DONE: Final = (
    "Called the patient, dose lowered by one step, call again in a week.",
    "Called the patient, advised, wrote to the practice.",
    "Seen the same day; nothing grave found, plan unchanged.",
)
NEXT_VISIT: Final = "Review in the clinic: pain, function, and whether each treatment is still needed"
MOST_ROUNDS: Final = 200
# How many patients of an organisation have sent their answers before the next visit, and what they answered.
BEFORE_VISIT: Final = 3
SAID: Final = {
    "signs": {
        "rf_cauda": {"answer": "no"},
        "rf_weakness": {"answer": "no"},
        "rf_foot": {"answer": "no"},
        "sign_cancer": {"answer": "unknown"},
    },
    "regions": ["heel_l", "heel_r", "sole_lateral_l", "sole_lateral_r"],
    "words": {"burning": {"answer": "yes", "strength": 7}, "itching": {"answer": "no"}},
    "pattern": "continuous_with_fluctuation",
    "duration": {"number": 3, "unit": "years"},
    "relieving": ["rest", "cold"],
    "nrs_average": 6,
    "sleep_disturbed": "waking",
    "f1": 1,
    "medicines": "The tablets for the nerves, one in the morning and one at night. Paracetamol when it is bad.",
    "goal": "Walk to the shop and back without stopping.",
}
# Answers older than this many days are written in one go.
LONG_AGO: Final = 14


@dataclass(slots=True)
class _Letter:
    reference: str


@dataclass(slots=True)
class _Postman:
    """Takes the messages of the past and keeps the link of each. Nothing reaches the outbox of the demo from here."""

    letters: list[tuple[str, str]] = field(default_factory=list)
    can_be_asked: bool = True

    def send(self, message: Any, key: str) -> _Letter:
        """Take one message; the reference is the key."""
        token = message.unsubscribe.rstrip("/").split("/")[-2]
        self.letters.append((message.recipient, token))
        return _Letter(f"demo:{key}")

    def find(self, organisation_id: UUID, key: str) -> None:
        """Nothing was lost."""
        return

    def close(self) -> None:
        """Nothing is open between two messages."""


@dataclass(slots=True)
class _Life:
    """One story as far as it has happened."""

    story: Story
    patient: Patient
    draw: Random
    medicines: set[str] = field(default_factory=set)


def tell(organisation_id: UUID, stories: Sequence[Story], today: date, now: datetime) -> int:
    """Write the stories of one organisation unless they are there; returns how many were written.

    `now` is the present moment; nothing is dated later.
    """
    with tenant(organisation_id):
        numbers = patient_queries.patients_page(organisation_id, text=stories[0].person.number, size=1)
        if numbers.patients:
            return 0
        with connection.cursor() as cursor:
            # The trail is chained when the transaction ends, which takes longer than any request may.
            cursor.execute("SET LOCAL statement_timeout = 0")
        _Clinic(organisation_id, stories, today, now).live()
    return len(stories)


@contextmanager
def _without_statistics() -> Iterator[None]:
    """Keep PostgreSQL from joining row by row: of tables that were filled in this transaction it knows no size yet, and
    ending the follow-up of a replaced plan would then compare every reminder with every check-in.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


class _Clinic:
    def __init__(self, organisation_id: UUID, stories: Sequence[Story], today: date, now: datetime) -> None:
        self.organisation_id = organisation_id
        self.stories = stories
        self.today = today
        self.now = now
        organisation = account_queries.organisation(organisation_id)
        self.zone = zoneinfo.ZoneInfo(organisation.time_zone)
        self.clinics = {clinic.name: clinic.pk for clinic in account_queries.clinics_of(organisation_id)}
        self.staff: dict[str, Actor] = {}
        for user in account_queries.staff_of(organisation_id):
            actor = account_queries.actor_for(user.pk, organisation_id)
            if actor is not None:
                self.staff[user.email] = actor
        self.keeper, self.sender, self.by_link = (
            Actor.for_job(name, organisation_id) for name in ("follow-up", "send-reminders", "patient-link")
        )
        self.postman: Any = _Postman()
        self.lives: dict[str, _Life] = {}
        self.by_patient: dict[UUID, _Life] = {}
        # Check-ins that will be answered on a day, and answers that will be looked at.
        self.answering: dict[date, list[tuple[_Life, CheckIn, str]]] = defaultdict(list)
        self.looking: dict[date, list[tuple[_Life, UUID]]] = defaultdict(list)

    def live(self) -> None:
        """Everything that happened, in the order of the days."""
        visits: dict[date, list[tuple[Story, Visit]]] = defaultdict(list)
        for story in self.stories:
            for visit in story.visits:
                visits[visit.on].append((story, visit))
        for number, story in enumerate(self.stories):
            self._register(story, self._at(story.since, 8, number % 20))
        day = min(visits, default=self.today)
        while day <= self.today:
            for number, (story, visit) in enumerate(visits[day]):
                self._visit(self.lives[story.person.number], visit, self._at(day, 8, 20 + 7 * number))
            if day < self.today:  # What is due today is sent by the demo itself.
                self._send(day)
                self._read(day)
                self._look(day)
            day += DAY
        for life in self.lives.values():
            self._catch_up(life)
        for life in list(self.lives.values())[:BEFORE_VISIT]:
            self._tell_before_visit(life)

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A local time of a day, never later than now."""
        moment = datetime.combine(day, time(0), self.zone) + timedelta(hours=hour, minutes=minute)
        return min(moment.astimezone(UTC), self.now)

    def _tell_before_visit(self, life: _Life) -> None:
        """The patient was asked yesterday and has answered by link."""
        asked, told = self._at(self.today - DAY, 9), self._at(self.today - DAY, 19)
        doctor, teller = replace(self.staff[life.story.team[0]], at=asked), replace(self.by_link, at=told)
        report = follow_up.ask_before_visit(
            actor=doctor, patient=life.patient, via="link", visit_on=self.today, now=asked
        )
        for question, value in SAID.items():
            follow_up.answer_before_visit(actor=teller, report=report, question=question, value=value, now=told)
        follow_up.send_before_visit(actor=teller, report=report, via="link", now=told)

    # --- in the clinic ------------------------------------------------------------------------------------------------

    def _register(self, story: Story, now: datetime) -> None:
        person, on = story.person, story.since
        first = replace(self.staff[story.team[0]], at=now)
        patient = patient_services.register_patient(
            actor=first,
            details=patient_services.Details(
                clinic_id=self.clinics[person.clinic],
                number=person.number,
                family_name=person.family_name,
                given_names=person.given_names,
                birth_date=person.birth_date,
                sex=person.sex,
                pregnancy=person.pregnancy,
                pregnancy_as_of=on,
                email=person.email,
                phone=person.phone,
                reminder_consent=person.consents,
                reminder_consent_on=on if person.email else None,
            ),
            confirmed=True,
            today=on,
        )
        life = _Life(story, patient, Random(f"{story.seed}/course"))  # noqa: S311 - invented data
        self.lives[person.number] = self.by_patient[patient.pk] = life
        for place, email in enumerate(story.team):
            user_id = self.staff[email].user_id
            assert user_id is not None
            # The first looks after the patient longest and so answers for alerts.
            since = on if place == 0 else on + DAY
            patient_services.join_care_team(actor=first, patient=patient, user_id=user_id, since=since)
        for todo in story.todos:
            owner = self.staff[todo.owner].user_id if todo.owner else None
            patient_services.add_task(actor=first, patient=patient, text=todo.text, due_on=todo.due_on, owner_id=owner)

    def _visit(self, life: _Life, visit: Visit, now: datetime) -> None:
        actor, patient, case = replace(self.staff[visit.by], at=now), life.patient, visit.case
        is_first = visit is life.story.visits[0]
        if not is_first:
            self._state_medicines(life, actor, visit.on, now)
        record.enter(actor=actor, patient=patient, case=case, assessed=True)
        for words in visit.words:
            patient_services.state_problem(
                actor=actor,
                patient=patient,
                kind="other",
                text=words,
                status="present",
                stated_on=visit.on,
                today=visit.on,
            )
        if visit.note:
            patient_services.write_note(actor=actor, patient=patient, text=visit.note)
        now = min(now + timedelta(minutes=9), self.now)
        assessor = replace(actor, at=now)
        record.assess(actor=assessor, patient=patient, case=case, now=now, sign=visit.signed, copy_newest=not is_first)
        if visit.plan is not None and visit.signed:
            self._plan(life, visit.plan, visit.by, visit.on, min(now + timedelta(minutes=11), self.now))

    def _state_medicines(self, life: _Life, actor: Actor, on: date, now: datetime | None = None) -> None:
        """What the plan started stands on the medicine list, with the dose of the day.

        Without `now` it was entered on the first working day with that dose.
        """
        plan = plan_queries.signed_of(life.patient.pk)
        for item in plan.items if plan else ():
            step = item.dose_on(on)
            if item.kind != "agent" or step is None or item.ref_id in life.medicines:
                continue
            life.medicines.add(item.ref_id)
            entered = now or self._at(min(_working_day(step.begins(item.starts_on)), on), 10)
            patient_services.record_medicine(
                actor=replace(actor, at=entered),
                patient=life.patient,
                text=item.name,
                daily_dose=record.decimal(step.per_day),
                unit=item.unit,
                purpose="pain",
                started_on=item.starts_on,
                today=on,
            )

    # --- the plan -----------------------------------------------------------------------------------------------------

    def _plan(self, life: _Life, wish: PlanWish, doctor: str, on: date, now: datetime) -> None:
        actor = replace(self.staff[wish.by or doctor], at=now)
        patient = life.patient
        shown = snapshot(patient, on)
        if shown.proposal.stop is not None:
            return
        shared: dict[str, Any] = {"actor": actor, "patient": patient, "now": now}
        plan = plan_services.start_draft(shown=shown, **shared)
        for kind, options, number in (
            ("agent", shown.proposal.agents, wish.agents),
            ("therapy", shown.proposal.therapies, wish.therapies),
        ):
            held = sum(item.kind == kind for item in plan.items)
            for option in _wanted(options, wish.prefer):
                if held >= number:
                    break
                if plan.item(option.id) is not None:
                    continue
                added = plan_services.add_item(kind=kind, ref_id=option.id, shown=shown, **shared)
                if self._stands(added, shown, life, shared):
                    plan, held = added, held + 1
                else:
                    plan = plan_services.remove_item(ref_id=option.id, **shared)
        if not plan.items:
            plan_services.discard_draft(**shared)
            return
        goals = [*wish.goals, *([GoalRecord("function", wish.goal)] if wish.goal else [])]
        if wish.target is not None:
            goals.append(GoalRecord("pain", "", wish.target, on + 84 * DAY))
        reason = {} if goals else _NO_GOAL
        entry = plan_services.PlanEntry(goals=tuple(goals), dates=plan.dates, for_patient=wish.for_patient, **reason)
        plan_services.save_plan(version=plan.version, entry=entry, **shared)
        if wish.proposed:
            plan_services.propose_plan(to=self.staff[doctor].user_id, words=wish.proposed, **shared)
        if wish.signed and plan.dates and not plan_readiness.against_signing(plan, shown):
            for need in unanswered(plan_readiness.needs_of(plan, shown), plan.given):
                plan_services.give_reason(
                    ref_id=need.ref_id, entry=_reason(need, shown, life.draw, shared["actor"]), shown=shown, **shared
                )
            with _without_statistics():
                follow_up.sign_plan(actor=replace(self.staff[doctor], at=now), plan_id=plan.id, now=now)

    def _stands(self, plan: PlanRecord, shown: Snapshot, life: _Life, shared: dict[str, Any]) -> bool:
        """Whether the newest item may stay: it needs no reason, or somebody gives one."""
        if plan_readiness.against_signing(plan, shown) or any(g.ref_id for g in plan_readiness.gaps_of(plan, shown)):
            return False
        for need in unanswered(plan_readiness.needs_of(plan, shown), plan.given):
            if need.kind != "alert" and life.draw.random() > 0.12:
                return False
            plan_services.give_reason(
                ref_id=need.ref_id, entry=_reason(need, shown, life.draw, shared["actor"]), shown=shown, **shared
            )
        return True

    # --- between the visits -------------------------------------------------------------------------------------------

    def _send(self, day: date) -> None:
        """The reminder queue of one day."""
        now = self._at(day, 12)
        sender = replace(self.sender, at=now)
        for _round in range(MOST_ROUNDS):
            claims = follow_up.claim_due(actor=sender, now=now, limit=100)
            if not claims:
                break
            follow_up.deliver(actor=sender, claims=claims, outlet=self.postman, now=now)
        follow_up.escalate_silent(actor=replace(self.keeper, at=now), now=now)

    def _read(self, day: date) -> None:
        """Patients open the messages of the day and decide when they answer; some never do. Then who answers today."""
        for _recipient, token in self.postman.letters:
            link = links.read_token(token)
            check_in = follow_up_queries.check_in_of_token(link, token) if link else None
            if check_in is None:
                continue
            life = self.by_patient[check_in.patient_id]
            if life.story.course is not Course.SILENT and life.draw.random() < 0.88:
                wait = life.draw.choice((0, 0, 0, 1, 1, 2))
                self.answering[day + wait * DAY].append((life, check_in, token))
        self.postman.letters.clear()
        for life, check_in, token in self.answering.pop(day, ()):
            self._answer(life, check_in, token, day)

    def _answer(self, life: _Life, check_in: CheckIn, token: str, day: date) -> None:
        now = self._at(day, 18, life.draw.randint(0, 59))
        link = links.read_token(token)
        current = follow_up_queries.check_in_of_token(link, token) if link else None
        if current is None or why_closed(current, now):
            return
        plan = plans.plan_of(current.due_item.schedule.plan_id)
        given = self._answers(life, plan, day)
        if (self.today - day).days > LONG_AGO:
            # One write instead of one a question: what was long ago may as well have been told by telephone.
            nurse = self.staff.get(NURSE, self.staff[life.story.team[0]])
            self._told(life, nurse, given, day, now, current.pk)
            return
        shared: dict[str, Any] = {"actor": replace(self.by_link, at=now), "check_in": current, "now": now}
        follow_up.open_link(birth_date=life.patient.birth_date, **shared)
        for question, value in given.items():
            follow_up.draft_answer(question=question, value=value, **shared)
        answer = follow_up.submit_link(on=day, **shared)
        self._will_look(life, answer.pk, day)

    def _answers(self, life: _Life, plan: plans.PlanSummary | None, day: date) -> dict[str, questions.Answer]:
        classes, _known = plans.classes_of(plan)
        content = follow_up_content.file("check_in")
        asked = (
            questions.effects_to_ask(
                content, follow_up_content.file("adverse_effects"), classes, any(i.kind != "agent" for i in plan.items)
            )
            if plan
            else ()
        )
        weeks = (day - plan.signed_at.date()).days / 7 if plan else 4.0
        baseline = round(plan.baseline_nrs) if plan and plan.baseline_nrs is not None else 6
        given = answers(life.story.course, weeks, baseline, [name for name in asked if name in MILD], life.draw)
        level = given.pop("goal")
        return given | goal_answers(plan.goals if plan else (), level if isinstance(level, int) else 0)

    def _will_look(self, life: _Life, answer_id: UUID, day: date) -> None:
        later = _working_day(day + life.draw.choice((1, 1, 2, 3)) * DAY)
        self.looking[later].append((life, answer_id))

    def _look(self, day: date) -> None:
        """Staff look at answers and act on alerts."""
        now = self._at(day, 9)
        for life, answer_id in self.looking.pop(day, ()):
            doctor = replace(self.staff[life.story.team[0]], at=now)
            if life.story.seen or (self.today - day).days > 12:
                follow_up.see_answers(actor=doctor, patient_id=life.patient.pk, answer_id=answer_id)
                self._judge(life, doctor, answer_id, day)
            self._act(life, doctor, now)

    def _judge(self, life: _Life, doctor: Actor, answer_id: UUID, day: date) -> None:
        """What only a person can establish; of late answers, because those decide the next step."""
        if (self.today - day).days > 21 or life.draw.random() > 0.75:
            return
        plan = plans.plan_for_check_in(None, life.patient.pk)
        for item in plan.items if plan else ():
            known: dict[str, Any] = {"suicide_risk": "none"}
            if item.kind == "agent":
                known["dose_room"] = life.draw.random() < 0.7
            follow_up.record_review(
                actor=doctor, patient_id=life.patient.pk, answer_id=answer_id, ref_id=item.ref_id, variables=known
            )

    def _act(self, life: _Life, doctor: Actor, now: datetime) -> None:
        """Somebody does what the open alerts ask for."""
        for alert in follow_up_queries.alerts_of(life.patient.pk, open_only=True):
            follow_up.acknowledge(
                actor=doctor,
                patient_id=life.patient.pk,
                alert_id=alert.pk,
                what_was_done=life.draw.choice(DONE),
                now=now,
            )

    # --- today --------------------------------------------------------------------------------------------------------

    def _catch_up(self, life: _Life) -> None:
        """What staff did in the last weeks beside the visits; a little of it was left."""
        doctor = self.staff[life.story.team[0]]
        caller = self.staff.get(NURSE, doctor)
        patient_id = life.patient.pk
        if any(visit.plan for visit in life.story.visits):
            self._state_medicines(life, doctor, self.today)
        items = follow_up_queries.due_items_of(patient_id)
        by_phone = [item for item in items if item.kind == "check_in" and item.due_on < self.today - 2 * DAY]
        for item in by_phone:
            check_in = item.check_in
            schedule_plan = plans.plan_for_check_in(check_in, patient_id)
            if life.story.course is not Course.SILENT and (check_in.by_person and life.draw.random() < 0.75):
                day = min(item.due_on + 2 * DAY, self.today - DAY)
                given = self._answers(life, schedule_plan, day)
                self._told(life, caller, given, day, self._at(day, 11), check_in.pk)
            elif item.due_on < self.today - 12 * DAY and (
                life.story.course is not Course.SILENT or item != by_phone[-1]
            ):
                self._done(caller, patient_id, item.pk, item.due_on)
        for item in items:
            late = (self.today - item.due_on).days
            done = 0.995 if late > 21 else 0.95 if late > 7 else 0.7
            if item.kind != "check_in" and late > 0 and life.draw.random() < done:
                self._done(doctor, patient_id, item.pk, item.due_on)
        for task in list(patient_queries.tasks_of(patient_id)):
            if task.due_on < self.today - 7 * DAY and life.draw.random() < 0.97:
                patient_services.finish_task(
                    actor=doctor, patient=life.patient, task=task, now=self._at(task.due_on, 16)
                )
        if plan_queries.signed_of(patient_id) and not follow_up_queries.due_items_of(patient_id):
            # Nobody goes without a next step.
            patient_services.add_task(
                actor=replace(doctor, at=self._at(_working_day(self.today - 2 * DAY), 16)),
                patient=life.patient,
                text=NEXT_VISIT,
                due_on=_working_day(self.today + life.draw.randint(10, 60) * DAY),
                owner_id=doctor.user_id,
            )
        if life.story.course is Course.ALARMING and any(item.kind == "check_in" for item in items):
            self._calls(life, caller)

    def _done(self, actor: Actor, patient_id: UUID, item_id: UUID, day: date) -> None:
        now = self._at(day, 15)
        follow_up.complete_item(actor=replace(actor, at=now), patient_id=patient_id, item_id=item_id, now=now)

    def _calls(self, life: _Life, nurse: Actor) -> None:
        """The patient called this morning about something that must not wait."""
        day = self.today
        plan = plans.plan_for_check_in(None, life.patient.pk)
        given = self._answers(life, plan, day) | CALLS[life.story.seed % len(CALLS)]
        self._told(life, nurse, given, day, self._at(day, 8, 40), None, act=False)

    def _told(
        self,
        life: _Life,
        nurse: Actor,
        given: dict[str, questions.Answer],
        day: date,
        now: datetime,
        check_in_id: UUID | None,
        act: bool = True,
    ) -> None:
        """The patient told a nurse, who sees to it that somebody acts; this morning nobody has had the time."""
        follow_up.record_answers(
            actor=replace(nurse, at=now),
            patient_id=life.patient.pk,
            answers=given,
            on=day,
            via="telephone",
            now=now,
            check_in_id=check_in_id,
        )
        if act:
            self._act(life, self.staff[life.story.team[0]], min(now + timedelta(hours=3), self.now))


# Options that somebody chooses where the proposal only says that they are possible.
USUAL: Final = frozenset(
    {"gabapentin", "pregabalin", "duloxetine", "amitriptyline", "nortriptyline", "venlafaxine_er", "lidocaine_plaster",
     "capsaicin_cream", "carbamazepine", "oxcarbazepine", "physical_therapy", "pain_education", "cbt", "act", "tens",
     "aerobic_exercise", "self_management_program", "desensitisation", "cbt_i", "pacing", "graded_activity_exposure"}
)  # fmt: skip
# Effects that people live with; the grave ones are reported in a call.
MILD: Final = frozenset(
    {"sedation", "dizziness", "nausea", "constipation", "anticholinergic", "oedema", "weight_gain", "skin_local",
     "exercise_flare", "cognition"}
)  # fmt: skip


def _working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + (7 - day.weekday()) * DAY if day.weekday() >= 5 else day


def _wanted(options: Iterable[OptionResult], prefer: Sequence[str]) -> list[OptionResult]:
    """Options that a clinician would look at: those asked for, then the recommended ones, then usual possible ones."""
    usable = [
        option
        for option in options
        if option.status is Status.RECOMMENDED
        or (option.status is Status.POSSIBLE and (option.id in USUAL or option.id in prefer))
    ]
    places = {name: place for place, name in enumerate(prefer)}
    return sorted(
        usable,
        key=lambda option: (
            places.get(option.id, len(places)),
            option.status is not Status.RECOMMENDED,
            option.rank if option.rank is not None else 999,
        ),
    )[:8]


def _reason(need: Need, shown: Snapshot, draw: Random, actor: Actor) -> plan_services.ReasonEntry:
    reason, texts = REASONS[need.kind]
    promised = reason == "will_monitor"
    agent = shown.rulebook.agent_by_id.get(need.ref_id)
    tests = [*(test.test for test in (agent.monitoring if agent else ())), "sedation_breathing_check"]
    return plan_services.ReasonEntry(
        kind=need.kind,
        subject=need.subject,
        covers=frozenset(need.covers),
        reason=reason,
        text=draw.choice(texts),
        monitor_on=shown.record.as_of + 14 * DAY if promised else None,
        monitor_test=tests[0] if promised else "",
        monitor_owner_id=actor.user_id if promised else None,
    )
