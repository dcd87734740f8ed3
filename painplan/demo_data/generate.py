"""About two hundred invented patients from a seed and a day. Pure: the same two inputs tell the same stories.

Who they are, what they have and take, how the pain is, what was tried before, and how it went since. Values are made up
to look like a pain clinic; whether they make clinical sense together is for the proposal to say, as with real patients.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from accounts.demo import ORGANISATIONS
from painplan.demo_data.library import library, on_day
from painplan.demo_data.profiles import CLINICS, SEEN_BY, profiles
from painplan.demo_data.story import Course, Person, PlanWish, Story, Todo, Visit, birth_date_for
from patients.terms import terms
from treatments.case import (
    Allergy,
    Case,
    DiagnosticTest,
    Health,
    InstrumentResult,
    Measurement,
    Medications,
    MedicineItem,
    Pain,
    PainArea,
    PastTrial,
    Patient,
)
from treatments.plan_record import GoalRecord

SEED: Final = 40218
PATIENTS: Final = 200
T = TypeVar("T")
DAY = timedelta(days=1)

# How the patients of the demo are spread over the ways in which a record may stand.
TRAINEE: Final = "trainee@demo.example"
SITUATIONS: Final = {"new": 12, "open": 14, "assessed": 12, "draft": 9, "planned": 105}
COURSES: Final = {
    Course.IMPROVING: 36,
    Course.PARTIAL: 20,
    Course.UNCHANGED: 14,
    Course.WORSE: 6,
    Course.SIDE_EFFECTS: 10,
    Course.ALARMING: 4,
    Course.SILENT: 10,
}


def stories(today: date, seed: int = SEED, patients: int = PATIENTS) -> list[Story]:
    """The stories of the demo, the library's patients first. Numbers and names are each used once."""
    first, second = ORGANISATIONS
    found = list(_showcase(first.name, today))
    elsewhere = patients // 11
    taken = {(story.person.family_name, story.person.given_names) for story in found}
    rest = max(0, patients - len(found) - elsewhere)
    causes = _shared({row["id"]: row["weight"] for row in profiles("profiles")["causes"]}, rest)
    situations = _shared(SITUATIONS, rest)
    draw = _draw(seed, "order")
    draw.shuffle(causes)
    draw.shuffle(situations)
    for index, (cause, situation) in enumerate(zip(causes, situations, strict=True)):
        found.append(_Inventor(seed, index, first.name, today, taken).story(cause, situation))
    others = _shared({"dpn": 3, "radiculopathy_lumbosacral": 3, "phn": 2, "cipn": 2, "nerve_injury": 2}, elsewhere)
    for index, cause in enumerate(others, start=1000):
        situation = ("planned", "assessed", "planned", "open", "planned", "new")[index % 6]
        found.append(_Inventor(seed, index, second.name, today, taken).story(cause, situation))
    return found


def _showcase(organisation: str, today: date) -> Iterator[Story]:
    cases = library()
    for row in profiles("showcase")["patients"]:
        on = _weekday(today - row["days_ago"] * DAY)
        case = on_day(cases[row["case"]], on)
        wish = _wish(row["plan"], on) if "plan" in row else None
        family, given = row["name"]
        doctor = SEEN_BY[row["clinic"]]
        team = (doctor,) if doctor == SEEN_BY["pain"] else (doctor, SEEN_BY["pain"])
        number = int(row["number"])
        yield Story(
            organisation=organisation,
            person=Person(
                number=row["number"],
                family_name=family,
                given_names=given,
                birth_date=birth_date_for(case.patient.age_years, on, number % 300 + 50),
                sex=case.patient.sex,
                pregnancy=case.patient.pregnancy or "unknown",
                clinic=CLINICS[row["clinic"]],
                email=_address(given, family),
                phone=_phone(number),
            ),
            team=(*team, "nurse@demo.example"),
            since=on,
            visits=(Visit(case=case, by=doctor, plan=wish),),
            course=Course(row.get("course", "silent")),
            seen=row["case"] != "pdn-ckd4",
            seed=number,
        )


def _wish(row: Mapping[str, Any], on: date) -> PlanWish:
    return PlanWish(
        agents=row["agents"],
        therapies=row["therapies"],
        prefer=tuple(row.get("prefer", ())),
        signed="proposed" not in row,
        by=TRAINEE if "proposed" in row else "",
        proposed=row.get("proposed", ""),
        goal=row.get("goal", ""),
        goals=tuple(_goal(place, goal, on) for place, goal in enumerate(row.get("goals", ()), start=1)),
        target=row.get("target"),
        for_patient=row.get("for_patient", ""),
    )


def _goal(place: int, row: Mapping[str, Any], on: date) -> GoalRecord:
    """A goal on a scale; its `weeks` count from the day on which it was agreed."""
    fields = {name: value for name, value in row.items() if name not in ("weeks", "levels")}
    by = on + 7 * row["weeks"] * DAY
    return GoalRecord("function", position=place, by=by, levels=tuple(row.get("levels", ())), **fields)


# --- drawing ----------------------------------------------------------------------------------------------------------


def _draw(*parts: object) -> random.Random:
    """Numbers that look random and are the same for the same parts."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - invented data wants the same numbers again


def _shared(weights: Mapping[str, int], number: int) -> list[str]:
    """So many keys, in proportion to their weights and each at least once where there is room."""
    total = sum(weights.values())
    exact = {key: weight * number / total for key, weight in weights.items()}
    counts = {key: max(1, int(value)) for key, value in exact.items()}
    order = sorted(exact, key=lambda key: (int(exact[key]) - exact[key], key))
    while sum(counts.values()) < number:
        for key in order[: number - sum(counts.values())]:
            counts[key] += 1
    found = [key for key in weights for _ in range(counts[key])]
    return sorted(found, key=list(weights).index)[:number] if len(found) > number else found


def _weekday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - max(0, day.weekday() - 4) * DAY


def _address(given: str, family: str) -> str:
    plain = unicodedata.normalize("NFKD", f"{given}.{family}".lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z.]+", "-", plain) + "@mail.example"


def _phone(number: int) -> str:
    return f"07700 900{number % 1000:03d}"


@dataclass(frozen=True, slots=True)
class _Who:
    """A person before the record: what the rest is drawn by."""

    person: Person
    age: int
    clinic: str
    on: date


class _Inventor:
    """Draws one patient; everything comes from its own stream, so that one patient more changes no other."""

    def __init__(self, seed: int, index: int, organisation: str, today: date, taken: set[tuple[str, str]]) -> None:
        self.draw = _draw(seed, index)
        self.index = index
        self.organisation = organisation
        self.today = today
        self.taken = taken
        self.data = profiles("profiles")

    def story(self, cause_id: str, situation: str) -> Story:
        """The story of one patient with this cause of pain, whose record stands so far."""
        cause = next(row for row in self.data["causes"] if row["id"] == cause_id)
        who = self._who(cause, situation)
        elsewhere = self.organisation != ORGANISATIONS[0].name
        doctor = ORGANISATIONS[1].people[0].email if elsewhere else SEEN_BY[who.clinic]
        story = Story(
            organisation=self.organisation,
            person=who.person,
            since=who.on,
            team=(doctor,) if elsewhere else self._team(who.clinic, doctor),
            course=self._one_of(COURSES),
            seen=self._chance(0.93),
            seed=self.index,
            todos=self._todos(doctor, who.on, 0.35 if situation == "new" else 0.12),
        )
        if situation == "new":
            return story
        case, words = self._case(cause, who)
        # A trainee prepares everything and signs nothing.
        junior = TRAINEE if doctor == SEEN_BY["pain"] else doctor
        by = junior if situation == "open" else doctor
        first = Visit(case=case, by=by, signed=situation != "open", words=words, note=self._note())
        if situation == "draft":
            first = replace(first, plan=replace(self._plan(cause, case), signed=False, by=junior))
        elif situation == "planned":
            first = replace(first, plan=self._plan(cause, case))
        visits: tuple[Visit, ...] = (first,)
        if situation == "planned" and (self.today - who.on).days > 75 and self._chance(0.45):
            visits = (first, self._second(first, story.course, doctor))
        return replace(story, visits=visits)

    # --- small draws --------------------------------------------------------------------------------------------------

    def _chance(self, probability: float) -> bool:
        return self.draw.random() < probability

    def _between(self, limits: Sequence[float]) -> int:
        return self.draw.randint(int(limits[0]), int(limits[1]))

    def _one_of(self, weights: Mapping[T, float]) -> T:
        return self.draw.choices(list(weights), weights=list(weights.values()))[0]

    def _some(self, items: Sequence[T], low: int, high: int) -> tuple[T, ...]:
        number = min(len(items), self.draw.randint(low, high))
        chosen = set(self.draw.sample(range(len(items)), number))
        return tuple(item for place, item in enumerate(items) if place in chosen)

    # --- the person ---------------------------------------------------------------------------------------------------

    def _who(self, cause: Mapping[str, Any], situation: str) -> _Who:
        on = _weekday(self.today - self._days_ago(situation) * DAY)
        sex = "female" if self._chance(cause["female"]) else "male"
        family, given = self._name(sex)
        low, high = cause["ages"]
        age = round(self.draw.triangular(low, high, (low + high) / 2 + (high - low) / 10))
        clinic = self._one_of(dict(zip(CLINICS, cause["clinics"], strict=True)))
        number = 41003 + self.index * 7 if self.index < 1000 else 7100 + (self.index - 1000) * 3
        has_mail = self._chance(0.9)
        fertile = sex == "female" and age < 50
        name = CLINICS[clinic] if self.index < 1000 else ORGANISATIONS[1].clinics[0].name
        person = Person(
            number=str(number),
            family_name=family,
            given_names=given,
            birth_date=birth_date_for(age, on, self.draw.randint(0, 360)),
            sex=sex,
            pregnancy="no" if fertile else "not_applicable",
            clinic=name,
            email=_address(given, family) if has_mail else "",
            phone=_phone(number),
            consents=has_mail and self._chance(0.93),
        )
        return _Who(person, age, clinic, on)

    def _days_ago(self, situation: str) -> int:
        match situation:
            case "new":
                return self._between((0, 6))
            case "open":
                return self._between((0, 9))
            case "assessed":
                return self._between((0, 21))
            case "draft":
                # The dates that a draft proposes count from its day, and none of them may have passed.
                return self._between((0, 3))
            case _:
                return round(self.draw.triangular(3, 150, 30))

    def _name(self, sex: str) -> tuple[str, str]:
        groups = self.data["names"]
        while True:
            group = self.draw.choices(groups, weights=[row["weight"] for row in groups])[0]
            name = (self.draw.choice(group["family"]), self.draw.choice(group[sex]))
            if name not in self.taken:
                self.taken.add(name)
                return name

    def _team(self, clinic: str, doctor: str) -> tuple[str, ...]:
        team = [doctor]
        if clinic == "pain":
            others = {"nurse@demo.example": 0.5, "pharmacist@demo.example": 0.15, "therapist@demo.example": 0.35}
            others |= {"psychologist@demo.example": 0.2, "trainee@demo.example": 0.2}
            team += [email for email, probability in others.items() if self._chance(probability)]
        return tuple(team)

    def _todos(self, doctor: str, since: date, probability: float) -> tuple[Todo, ...]:
        if not self._chance(probability):
            return ()
        owner = self._one_of({doctor: 3, "": 1})
        due = max(since, _weekday(self.today + self._between((-6, 16)) * DAY))
        return (Todo(self.draw.choice(self.data["todos"]), due, owner),)

    def _note(self) -> str:
        return self.draw.choice(self.data["notes"]) if self._chance(0.25) else ""

    # --- the record ---------------------------------------------------------------------------------------------------

    def _case(self, cause: Mapping[str, Any], who: _Who) -> tuple[Case, tuple[str, ...]]:
        """What is known on the day of the first visit, and the problems that have no code."""
        careful = self._chance(0.75)
        present, words, groups = self._conditions(cause, who)
        allergies = self._allergies(careful)
        medications = self._medications(groups, allergies or (), careful, who.on)
        kidney = self._one_of({"normal": 70, "mild": 17, "moderate": 9, "severe": 4} if who.age > 60 else {"normal": 1})
        nrs = self._nrs()
        states = (*self.data["asked"], *cause.get("also", ()))
        reviewed = careful or self._chance(0.6)
        # Who goes through the whole problem list need not be asked what the list settles.
        open_states = [code for code in states if not (reviewed and terms().concepts[code].closed_by_review)]
        asked = [code for code in open_states if code not in present and (careful or self._chance(0.4))]
        preferences = self._some(self.data["preferences"], 0, 2)
        scores = tuple(self._instruments(who, nrs["average"]))
        dark = any(result.id == "phq9" and result.answers and result.answers[-1] for result in scores)
        for code, speaks_against in (
            ("safety_critical_job", "drives_for_work" in preferences),
            ("seizure_history_or_risk", bool(present & {"epilepsy", "heavy_alcohol_use"}) or cause["id"] == "cpsp"),
            ("suicidality", dark),
        ):
            if speaks_against and code in asked:
                asked.remove(code)
        flags = [flag for flag in cause["asks"] if careful or self._chance(0.5)]
        case = Case(
            id=f"demo-{self.index}",
            as_of=who.on,
            patient=Patient(who.age, who.person.sex, who.person.pregnancy),
            pain=self._pain(cause, who, nrs),
            health=Health(
                problem_list_reviewed=reviewed,
                present=tuple(sorted(present)),
                absent=tuple(asked),
                unknown=("suicidality",) if "suicidality" not in asked and not dark and self._chance(0.3) else (),
                red_flags_present=("rf_suicide",) if dark and careful else (),
                red_flags_absent=tuple(flag for flag in flags if not (dark and flag == "rf_suicide")),
                allergies=allergies,
            ),
            medications=medications,
            measurements=tuple(self._measurements(who, kidney, present, careful)),
            instruments=scores,
            trials=self._trials(
                [*(item.name for item in medications.items), *(allergy.name for allergy in allergies or ())]
            ),
            preferences=preferences or None,
        )
        return case, tuple(words)

    def _conditions(self, cause: Mapping[str, Any], who: _Who) -> tuple[set[str], list[str], list[str]]:
        """Codes of the vocabulary, further ones in words, and the groups of medicines that go with both."""
        present = {code for code, probability in cause["has"].items() if self._chance(probability)}
        groups = [group for group, probability in cause["takes"].items() if self._chance(probability)]
        share = min(max((who.age - 40) / 40, 0.0), 1.2)
        for row in self.data["conditions"]:
            if row.get("sex", who.person.sex) != who.person.sex:
                continue
            chance = row["at_40"] + (row["at_80"] - row["at_40"]) * share
            if row["id"] in present or self._chance(chance):
                present.add(row["id"])
                groups += [row["takes"]] if "takes" in row else []
        words = []
        if "history" in cause:
            text, group = self.draw.choice(cause["history"][who.person.sex])
            words.append(text)
            groups.append(group)
        for row in self.data["other_words"]:
            if self._chance(row["chance"]):
                words.append(row["text"])
                groups.append(row["takes"])
        return present, words, list(dict.fromkeys(groups))

    def _medications(self, groups: Sequence[str], allergies: Sequence[Allergy], careful: bool, on: date) -> Medications:
        chosen: dict[str, MedicineItem] = {}
        for group in groups:
            for alternatives in self.data["medicines"][group]:
                row = self.draw.choice(alternatives)
                others = [*chosen, *(allergy.name for allergy in allergies)]
                if row is None or self._is_like(str(row[0]), others):
                    continue
                name, dose, unit, *needed = row
                began = on - self._between((60, 2400)) * DAY if self._chance(0.7) else None
                chosen[str(name).casefold()] = MedicineItem(
                    str(name), dose, unit, as_needed=bool(needed), started=began
                )
        if self._chance(0.06):
            name = self.draw.choice(self.data["unrecognised"])
            chosen[name] = MedicineItem(name)
        return Medications(careful or self._chance(0.5), tuple(chosen.values()))

    def _is_like(self, name: str, others: Sequence[str]) -> bool:
        """Whether a medicine is one of the others or so close that nobody takes both."""
        lines = [set(map(str.casefold, line)) for line in self.data["alike"]]
        one, rest = name.casefold(), {other.casefold() for other in others}
        return one in rest or any(one in line and line & rest for line in lines)

    def _allergies(self, careful: bool) -> tuple[Allergy, ...] | None:
        how = self._one_of({"none": 62, "one": 27, "two": 3, "silent": 3 if careful else 22})
        if how == "silent":
            return None
        number = {"none": 0, "one": 1, "two": 2}[how]
        return tuple(Allergy(name, reaction) for name, reaction in self.draw.sample(self.data["allergies"], number))

    def _measurements(self, who: _Who, kidney: str, present: set[str], careful: bool) -> Iterator[Measurement]:
        on = who.on

        def taken(low: int, high: int) -> date:
            return on - self.draw.randint(low, high) * DAY

        # Most blood results are recent; some are too old to count, and a few were never taken.
        lab = taken(400, 800) if self._chance(0.04 if careful else 0.14) else taken(2, 120)
        female = who.person.sex == "female"
        height = round(self.draw.gauss(163 if female else 176, 6))
        # Body mass index in kg/m², so that weight, height and the problem list agree.
        low, middle, high = (30.5, 34.0, 44.0) if "obesity" in present else (18.8, 25.0, 29.4)
        weight = round(min(max(self.draw.gauss(middle, 3), low), high) * (height / 100) ** 2, 1)
        if not self._chance(0.03 if careful else 0.14):
            limits = {"normal": (52, 84), "mild": (85, 104), "moderate": (110, 150), "severe": (165, 280)}[kidney]
            value = self._between(limits) + (0 if female else 10)
            if self._chance(0.12):
                yield Measurement("creatinine", round(value / 88.4, 2), "mg/dL", lab)
            else:
                yield Measurement("creatinine", value, "umol/L", lab)
            yield Measurement("sodium", self._between((134, 144)), "mmol/L", lab)
            if self._chance(0.3):
                yield Measurement("alt", self._between((12, 58)), "U/L", lab)
        if not self._chance(0.02 if careful else 0.12):
            if self._chance(0.06):
                yield Measurement("weight", round(weight * 2.2046), "lb", taken(0, 60))
            else:
                yield Measurement("weight", weight, "kg", taken(0, 60))
        if self._chance(0.45):
            yield Measurement("height", height, "cm", taken(0, 60))
        if careful or self._chance(0.5):
            day = taken(0, 40)
            systolic = self._between((108, 158))
            yield Measurement("systolic_bp", systolic, "mmHg", day)
            yield Measurement("diastolic_bp", self._between((systolic * 0.5, systolic * 0.62)), "mmHg", day)
        if self._chance(0.8 if careful else 0.25):
            yield Measurement("qtc", self._between((395, 462)), "ms", taken(5, 420))
        if "diabetes" in present:
            value = self._between((78, 108) if "uncontrolled_diabetes" in present else (46, 68))
            if self._chance(0.5):
                yield Measurement("hba1c", value, "mmol/mol", taken(5, 160))
            else:
                yield Measurement("hba1c", round(0.0915 * value + 2.15, 1), "%", taken(5, 160))
        if self._chance(0.2):
            yield Measurement("b12", self._between((150, 480)), "pmol/L", taken(5, 300))
        if "heavy_alcohol_use" in present:
            yield Measurement("alcohol_units_week", self._between((30, 70)), "{units}/wk", taken(0, 20))

    def _trials(self, others: Sequence[str]) -> tuple[PastTrial, ...] | None:
        """What was tried before: nothing that is taken still or that would be given against an allergy."""
        number = self._one_of({0: 30, 1: 36, 2: 24, 3: 10})
        rows = [row for row in self.draw.sample(self.data["trials"], number) if not self._is_like(row[0], others)]
        once = {row[0]: row for row in rows}.values()
        return (
            tuple(
                PastTrial(agent, stopped, dose, unit, weeks, relief, words or None)
                for agent, dose, unit, weeks, relief, stopped, words in once
            )
            or None
        )

    # --- the pain -----------------------------------------------------------------------------------------------------

    def _nrs(self) -> dict[str, int]:
        average = self._one_of({3: 2, 4: 6, 5: 14, 6: 24, 7: 28, 8: 18, 9: 6})
        return {
            "now": max(0, average + self.draw.choice((-2, -1, 0, 1))),
            "worst": min(10, average + self.draw.choice((1, 2, 2, 3))),
            "least": max(0, average - self.draw.choice((2, 3, 4))),
            "average": average,
        }

    def _pain(self, cause: Mapping[str, Any], who: _Who, nrs: Mapping[str, int]) -> Pain:
        shortest, longest = cause["months"]
        months = round(self.draw.triangular(shortest, longest, shortest * 2))
        shape = self.data["shapes"][self.draw.choice(cause["shapes"])]
        sides = ("l", "r") if cause["sides"] == "both" else (self.draw.choice("lr"),)
        found = self._some(cause["descriptors"], 2, 4)
        evoked = self._some(cause["evoked"], 0, len(cause["evoked"]))
        negative = self._some(cause["negative"], 1, len(cause["negative"])) if cause["negative"] else ()
        pattern = self.draw.choice([name for name in cause["patterns"] if evoked or name != "evoked_only"])
        area = PainArea(
            regions=tuple(f"{region}_{side}" for region in shape for side in sides),
            descriptors=found,
            not_descriptors=tuple(word for word in ("burning", "electric", "itching") if word not in found),
            evoked=evoked,
            not_evoked=tuple(sign for sign in ("dma", "cold_allodynia") if sign not in evoked),
            negative=negative,
            pattern=pattern,
            localised=True if cause.get("localised") else None,
            intensity=nrs["average"],
            onset_date=who.on - round(months * 30.4) * DAY,
            timing={
                "onset_mode": cause.get("onset", "gradual"),
                "sleep_disturbed": self.draw.choice(("no", "falling_asleep", "waking", "both")),
                "course": self.draw.choice(("stable", "worsening", "fluctuating")),
            },
        )
        tests = tuple(
            DiagnosticTest(
                test, "abnormal" if self._chance(0.75) else "normal", who.on - self._between((20, 300)) * DAY
            )
            for test in cause["tests"]
            if self._chance(0.55)
        )
        if cause.get("grade") == "no":
            grading = {"c1_history": "no", "c2_distribution": "no", "c3_signs": "no", "c4_test": "not_done"}
        else:
            proved = any(test.result == "abnormal" for test in tests)
            grading = {
                "c1_history": "yes",
                "c2_distribution": "yes" if self._chance(0.95) else "unknown",
                "c3_signs": "yes" if negative or evoked else "not_examined",
                "c4_test": "yes" if proved else "no" if tests else "not_done",
            }
        return Pain((cause["id"],), months, (area,), nrs, grading, tests)

    def _instruments(self, who: _Who, average: int) -> Iterator[InstrumentResult]:
        if self._chance(0.9):
            # The first question is the average pain once more.
            near = [min(10, max(0, average + self.draw.choice((-1, 0, 0, 1, 2)))) for _ in range(2)]
            yield InstrumentResult("peg", who.on, (average, *near))
        low = self._one_of({0: 50, 1: 28, 2: 16, 3: 6})
        if self._chance(0.75):
            answers = [min(3, max(0, low + self.draw.choice((-1, 0, 0, 1)))) for _ in range(8)]
            # The ninth question is about thoughts of death: a few say yes, mostly among those who are low.
            ninth = 1 if low >= 2 and self._chance(0.2) else 0
            yield InstrumentResult("phq9", who.on, (*answers, ninth))
        if self._chance(0.7):
            yield InstrumentResult(
                "gad7", who.on, tuple(min(3, max(0, low + self.draw.choice((-1, -1, 0, 1)))) for _ in range(7))
            )

    # --- the plan and what follows ------------------------------------------------------------------------------------

    def _plan(self, cause: Mapping[str, Any], case: Case) -> PlanWish:
        average = case.pain.nrs["average"] if case.pain else 6
        usual = cause.get("usual", self.data["usual"])
        return PlanWish(
            agents=self._one_of({1: 80, 2: 14, 0: 6}),
            therapies=self._one_of({1: 50, 2: 35, 0: 15}),
            prefer=tuple(self.draw.sample(usual, len(usual))) if self._chance(0.8) else (),
            goal=self.draw.choice(cause["goals"]),
            target=max(2, average - self.draw.choice((2, 3, 3, 4))),
        )

    def _second(self, first: Visit, course: Course, doctor: str) -> Visit:
        """A visit some weeks later: new scores, a new value or two, and mostly a changed plan."""
        on = _weekday(min(self.today - 4 * DAY, first.on + self._between((42, 84)) * DAY))
        before = first.case.pain or Pain()
        drop = {Course.IMPROVING: 3, Course.PARTIAL: 1, Course.WORSE: -1}.get(course, 0)
        nrs = {which: min(10, max(0, value - drop)) for which, value in before.nrs.items()}
        months = round((before.duration_months or 0) + (on - first.on).days / 30.4)
        case = replace(
            first.case,
            as_of=on,
            pain=replace(before, nrs=nrs, duration_months=months),
            health=Health(red_flags_absent=first.case.health.red_flags_absent) if first.case.health else None,
            medications=None,
            measurements=tuple(self._measured_again(first.case.measurements, on)),
            instruments=tuple(
                replace(result, date=on, answers=_eased(result.answers, drop)) for result in first.case.instruments
            ),
            trials=None,
            preferences=None,
        )
        plan = first.plan if self._chance(0.7) else None
        return Visit(case=case, by=doctor, plan=replace(plan, agents=max(1, plan.agents)) if plan else None)

    def _measured_again(self, before: Sequence[Measurement], on: date) -> Iterator[Measurement]:
        """Blood some days before the visit, the rest on its day; each value a little different."""
        blood = on - self._between((1, 9)) * DAY
        for item in before:
            match item.code:
                case "creatinine":
                    value = round(item.value * self.draw.uniform(0.94, 1.06), 2 if item.unit == "mg/dL" else None)
                    yield replace(item, date=blood, value=value)
                case "sodium":
                    yield replace(item, date=blood, value=item.value + self.draw.choice((-1, 0, 1)))
                case "weight":
                    yield replace(item, date=on, value=round(item.value * self.draw.uniform(0.98, 1.02), 1))
                case "systolic_bp" | "diastolic_bp":
                    yield replace(item, date=on, value=item.value + self.draw.choice((-4, -2, 0, 2, 4)))


def _eased(answers: Sequence[Any] | None, drop: int) -> tuple[Any, ...] | None:
    if answers is None:
        return None
    # PEG counts to ten and goes with the pain, whose rating it repeats; the others count to three.
    step = drop if len(answers) == 3 else (drop > 0) - (drop < 0)
    top = 10 if len(answers) == 3 else 3
    last = answers[-1]
    eased = tuple(min(top, max(0, int(value) - step)) for value in answers)
    # The question about thoughts of death does not follow the rest.
    return (*eased[:-1], last) if len(answers) == 9 else eased
