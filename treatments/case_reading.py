"""A case from text: the frozen `Case`, or everything that is wrong with it, in the order of the file. Pure.

Three kinds of problem are found together: in the text (a key twice), against the format (an unknown unit), and between
parts that are each right (a value dated after the day of the case).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from assessments.content import assessment_content
from assessments.scoring import AnswersInvalid, score
from patients.measurements import kinds
from patients.medicines import normalise
from rules.strict_yaml import load
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
    Setting,
    same_unit,
)
from treatments.case_schema import Tables, day, listed, schema_problems
from treatments.case_text import Document, Place, Problem, Step, read, shown
from treatments.fact_content import KNOWLEDGE

MOST_PROBLEMS = 200
_TIMING = (
    "onset_mode",
    "latency_from_event",
    "continuous_hours_24h",
    "attacks_24h",
    "attack_duration",
    "refractory_period",
    "diurnal",
    "sleep_disturbed",
    "course",
)


class CaseInvalid(ValueError):
    """The text is not a case; `problems` lists everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.path}: {p.problem} (expected: {p.expected})" for p in problems))


def load_case(text: str | bytes) -> Case | list[Problem]:
    """Read YAML or JSON: the case, or every problem in the order of the file. Never raises for bad input."""
    document = read(text)
    if document.data is None:
        return document.problems or [Problem((), "the file is empty", "a case: id, as_of and patient at least")]
    problems = [*document.problems, *schema_problems(document, _tables())]
    if isinstance(document.data, dict):
        problems += _between_parts(document.data, {problem.place for problem in problems})
    if problems:
        return _in_order(problems, document)
    return case_from_data(document.data)


def read_case(text: str | bytes) -> Case:
    """The case; raises CaseInvalid with every problem."""
    found = load_case(text)
    if isinstance(found, Case):
        return found
    raise CaseInvalid(found)


@lru_cache(maxsize=1)
def _tables() -> Tables:
    vocabulary = _vocabulary()
    aliases = {
        older: listed([*ids] if isinstance(ids, list) else [ids])
        for older, ids in vocabulary["condition_aliases"].items()
        if older != "any"
    }
    instruments = {older: name for older, name in vocabulary["instrument_aliases"].items() if name}
    return Tables(kinds(), assessment_content().instruments, {"condition": aliases, "instrument": instruments})


@lru_cache(maxsize=1)
def _vocabulary() -> Mapping[str, Any]:
    data: Mapping[str, Any] = load((KNOWLEDGE / "vocabulary.yaml").read_text(encoding="utf-8"))
    return data


def _in_order(problems: Iterable[Problem], document: Document) -> list[Problem]:
    """The problems as they stand in the file, each once; what is missing comes after what is there."""
    unique = list(dict.fromkeys(problems))
    unique.sort(key=lambda problem: _position(problem.place, document.data))
    if len(unique) > MOST_PROBLEMS:
        rest = len(unique) - MOST_PROBLEMS
        return [*unique[:MOST_PROBLEMS], Problem((), f"and {rest} more problems", "the first ones mended")]
    return unique


def _position(place: Place, data: Any) -> tuple[int, ...]:
    position: list[int] = []
    for step in place:
        if isinstance(data, dict):
            keys = list(data)
            position.append(keys.index(step) if step in data else len(keys))
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int):
            position.append(step)
            data = data[step] if step < len(data) else None
        else:
            position.append(0)
    return tuple(position)


# --- what only shows between parts ------------------------------------------------------------------------------------


def _between_parts(data: Mapping[str, Any], seen: set[Place]) -> Iterator[Problem]:
    yield from _dates(data)
    yield from _listed_elsewhere(data)
    yield from _sex(data)
    yield from _doses(data)
    yield from _results(data, seen)


def _at(data: Any, *steps: Step) -> Any:
    """What stands at a place; None where there is nothing or something else."""
    for step in steps:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def _rows(data: Any, *steps: str) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    found = _at(data, *steps)
    if isinstance(found, list):
        for index, row in enumerate(found):
            if isinstance(row, dict):
                yield (*steps, index), row


_DATED = (
    (("measurements",), ("date",)),
    (("instruments",), ("date",)),
    (("pain", "tests"), ("date",)),
    (("pain", "areas"), ("onset_date",)),
    (("medications", "items"), ("started", "stopped")),
)


def _dates(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Dates after the day of the case, and medicines that ended before they began."""
    as_of = day(data.get("as_of"))
    for steps, keys in _DATED:
        for place, row in _rows(data, *steps):
            for key in keys:
                found = day(row.get(key))
                if as_of is not None and found is not None and found > as_of:
                    text = f"{found} is after as_of {as_of}"
                    yield Problem((*place, key), text, "a date on or before as_of")
    for place, row in _rows(data, "medications", "items"):
        started, stopped = day(row.get("started")), day(row.get("stopped"))
        if started is not None and stopped is not None and stopped < started:
            text = f"{stopped} is before started {started}"
            yield Problem((*place, "stopped"), text, "a date on or after started")


_EXCLUSIVE: tuple[tuple[Place, tuple[str, ...]], ...] = (
    (("health",), ("present", "absent", "unknown")),
    (("health", "red_flags"), ("present", "absent")),
)
_AREA_LISTS = (("descriptors", "not_descriptors"), ("evoked", "not_evoked"), ("negative", "not_negative"))


def _listed_elsewhere(data: Mapping[str, Any]) -> Iterator[Problem]:
    """The same id in two lists of which only one can be right."""
    for place, keys in _EXCLUSIVE:
        *first, last = keys
        expected = f"an id in only one of {', '.join(first)} and {last}"
        yield from _exclusive(data, place, keys, expected)
    for place, _row in _rows(data, "pain", "areas"):
        for keys in _AREA_LISTS:
            yield from _exclusive(data, place, keys, f"an id in only one of {keys[0]} and {keys[1]}")


def _exclusive(data: Any, place: Place, keys: Sequence[str], expected: str) -> Iterator[Problem]:
    first_in: dict[str, str] = {}
    for key in keys:
        found = _at(data, *place, key)
        names = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
        for name in dict.fromkeys(names):
            if name in first_in:
                other = Problem((*place, first_in[name]), "", "").path
                index = found.index(name)
                yield Problem((*place, key, index), f"{shown(name)} is also in {other}", expected)
        for name in names:
            first_in.setdefault(name, key)


_NOT_WITH_SEX = {"male": ("pregnancy", "breastfeeding", "childbearing_potential")}


def _sex(data: Mapping[str, Any]) -> Iterator[Problem]:
    sex = _at(data, "patient", "sex")
    present = _at(data, "health", "present")
    if isinstance(sex, str) and isinstance(present, list):
        for index, name in enumerate(present):
            if name in _NOT_WITH_SEX.get(sex, ()):
                text = f"{name} does not go with sex {sex}"
                yield Problem(("health", "present", index), text, "another sex, or the id left out")


def _doses(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Units in which the agent cannot be dosed."""
    agents = {agent["id"]: agent for agent in _vocabulary()["agents"]}
    fits: Mapping[str, list[str]] = _vocabulary()["dose_units"]["fits"]
    for place, row in _rows(data, "trials"):
        agent = agents.get(row["agent"]) if isinstance(row.get("agent"), str) else None
        unit, wanted = row.get("unit"), agent["dose_unit"] if agent else None
        if wanted is not None and isinstance(unit, str) and _is_unit(unit, fits) and not same_unit(unit, wanted):
            yield Problem((*place, "unit"), f"unit {unit} does not fit {row['agent']}", wanted)
    by_drug: dict[str, set[str]] = {}
    for agent in agents.values():
        for name in agent["drug_names"]:
            if agent["dose_unit"] is not None:
                by_drug.setdefault(name, set()).add(agent["dose_unit"])
    for place, row in _rows(data, "medications", "items"):
        name, unit = row.get("name"), row.get("unit")
        if not isinstance(name, str) or not isinstance(unit, str) or not _is_unit(unit, fits):
            continue
        entries = normalise(name).entries
        wanted_units = by_drug.get(entries[0].name, set()) if len(entries) == 1 else set()
        allowed = list(dict.fromkeys(other for wanted in sorted(wanted_units) for other in fits[wanted]))
        if allowed and unit not in allowed:
            yield Problem((*place, "unit"), f"unit {unit} does not fit {shown(name)}", listed(allowed))


def _is_unit(unit: str, fits: Mapping[str, list[str]]) -> bool:
    return any(unit in allowed for allowed in fits.values())


def _results(data: Mapping[str, Any], seen: set[Place]) -> Iterator[Problem]:
    """Instruments that the format allows but their own scoring does not."""
    definitions = assessment_content().instruments
    for place, row in _rows(data, "instruments"):
        if any(other[: len(place)] == place for other in seen):
            continue
        given = {key: row[key] for key in ("answers", "total", "met") if key in row}
        definition = definitions.get(row.get("id", ""))
        if definition is None:
            continue
        if "met" in given and f"{definition.id}_met" not in _fact_names():
            text = f"{definition.id} is scored, it is not met or unmet"
            yield Problem((*place, "met"), text, "a total" if not definition.answers_accepted else "answers or a total")
            continue
        if "total" in given and f"{definition.id}_met" in _fact_names():
            yield Problem((*place, "total"), f"{definition.id} has no total", "met: true or false")
            continue
        try:
            score(definition.id, definitions, **given)
        except AnswersInvalid as error:
            for problem in error.problems:
                yield Problem((*place, *_steps(problem.path)), problem.problem, problem.expected)


@lru_cache(maxsize=1)
def _fact_names() -> frozenset[str]:
    return frozenset(fact["name"] for fact in _vocabulary()["facts"])


def _steps(path: str) -> Place:
    name, _, index = path.partition("[")
    return (name, int(index.rstrip("]"))) if index else (name,)


# --- data to a case ---------------------------------------------------------------------------------------------------


def case_from_data(data: Mapping[str, Any]) -> Case:
    """The case that checked data describe. For data that were not checked, use `load_case`."""
    health, medications, setting = data.get("health"), data.get("medications"), data.get("setting") or {}
    expect = data.get("expect")
    return Case(
        id=data["id"],
        as_of=date.fromisoformat(data["as_of"]),
        patient=_patient(data["patient"]),
        title=data.get("title"),
        pain=None if data.get("pain") is None else _pain(data["pain"]),
        health=None if health is None else _health(health),
        medications=None if medications is None else _medications(medications),
        measurements=tuple(
            Measurement(row["code"], row["value"], row["unit"], date.fromisoformat(row["date"]))
            for row in data.get("measurements", ())
        ),
        instruments=tuple(_result(row) for row in data.get("instruments", ())),
        trials=None if data.get("trials") is None else tuple(_trial(row) for row in data["trials"]),
        preferences=None if data.get("preferences") is None else tuple(data["preferences"]),
        setting=Setting(setting.get("prescriber"), setting.get("region")),
        expect=None if expect is None else MappingProxyType(dict(expect)),
        why=tuple(data.get("why", ())),
        source=tuple(data.get("source", ())),
    )


def _patient(row: Mapping[str, Any]) -> Patient:
    return Patient(int(row["age_years"]), row["sex"], row.get("pregnancy"))


def _pain(row: Mapping[str, Any]) -> Pain:
    return Pain(
        conditions=None if row.get("conditions") is None else tuple(row["conditions"]),
        duration_months=row.get("duration_months"),
        areas=None if row.get("areas") is None else tuple(_area(area) for area in row["areas"]),
        nrs=MappingProxyType({key: int(value) for key, value in row.get("nrs", {}).items()}),
        grading=MappingProxyType(dict(row.get("grading", {}))),
        tests=tuple(DiagnosticTest(test["id"], test["result"], day(test.get("date"))) for test in row.get("tests", ())),
    )


def _area(row: Mapping[str, Any]) -> PainArea:
    lists = ("regions", *(name for pair in _AREA_LISTS for name in pair))
    return PainArea(
        **{name: tuple(row.get(name, ())) for name in lists},
        pattern=row.get("pattern"),
        localised=row.get("localised"),
        intensity=None if row.get("intensity") is None else int(row["intensity"]),
        onset_date=day(row.get("onset_date")),
        timing=MappingProxyType({name: row[name] for name in _TIMING if name in row}),
    )


def _health(row: Mapping[str, Any]) -> Health:
    flags = row.get("red_flags", {})
    allergies = row.get("allergies")
    return Health(
        problem_list_reviewed=row.get("problem_list_reviewed", False),
        present=tuple(row.get("present", ())),
        absent=tuple(row.get("absent", ())),
        unknown=tuple(row.get("unknown", ())),
        red_flags_present=tuple(flags.get("present", ())),
        red_flags_absent=tuple(flags.get("absent", ())),
        allergies=None
        if allergies is None
        else tuple(Allergy(entry["name"], entry.get("reaction")) for entry in allergies),
    )


def _medications(row: Mapping[str, Any]) -> Medications:
    return Medications(row.get("reviewed", False), tuple(_medicine(item) for item in row.get("items", ())))


def _medicine(row: Mapping[str, Any]) -> MedicineItem:
    return MedicineItem(
        name=row["name"],
        daily_dose=row.get("daily_dose"),
        unit=row.get("unit"),
        route=row.get("route"),
        as_needed=row.get("as_needed", False),
        started=day(row.get("started")),
        stopped=day(row.get("stopped")),
        release=row.get("release"),
        purpose=row.get("purpose"),
    )


def _result(row: Mapping[str, Any]) -> InstrumentResult:
    answers = row.get("answers")
    return InstrumentResult(
        id=row["id"],
        date=date.fromisoformat(row["date"]),
        answers=None if answers is None else tuple(_answer(answer) for answer in answers),
        total=row.get("total"),
        met=row.get("met"),
    )


def _answer(answer: Any) -> int | float | str | None:
    """An answer as given; 2.0 is 2."""
    return int(answer) if isinstance(answer, float) and answer.is_integer() else answer


def _trial(row: Mapping[str, Any]) -> PastTrial:
    return PastTrial(
        agent=row["agent"],
        stopped=row["stopped"],
        max_daily_dose=row.get("max_daily_dose"),
        unit=row.get("unit"),
        weeks_at_max=row.get("weeks_at_max"),
        response_percent=row.get("response_percent"),
        note=row.get("note"),
    )
