"""What is known about one patient on one day, frozen: the values that rules read and everything that explains them.

Made by `treatments.facts`; read by the proposal. A signed plan stores `to_json()` and can be rebuilt from it byte
for byte, so nothing here may depend on the clock, the database or the order of a hash table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

from rules.facts import Facts, FactSet, Value
from rules.facts import from_json as values_from_json
from rules.facts import to_json as values_to_json

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""What can be written as JSON."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A computed fact: its value, the formula and what went in. `band` is the named range it falls in."""

    value: Json
    unit: str | None
    formula: str
    inputs: Mapping[str, Json]
    band: str | None = None
    detail: Json = None
    date: date | None = None


class Origin(Enum):
    """How a fact came to have its value."""

    STATED = "stated"
    MEASURED = "measured"
    SCORED = "scored"
    COMPUTED = "computed"
    IMPLIED = "implied"
    LIST_REVIEWED = "list_reviewed"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from: the place in the record, its date when it has one, and how it was reached.

    `stale` says that the newest value is too old to count, so that the fact is unknown although one was recorded.
    `because` names the facts or concepts it was reached from.
    """

    origin: Origin
    path: str
    date: date | None = None
    stale: bool = False
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements of the record that contradict each other, in words for the clinician."""

    fact: str
    text: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stale:
    """A recorded value that is too old to count; `fact` is None when no fact reads the code directly."""

    code: str
    fact: str | None
    value: float | str
    unit: str | None
    date: date
    age_days: int
    limit_days: int
    path: str


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A substance in a medicine: normalised name and interaction classes."""

    name: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Medicine:
    """A line of the medicine list, recognised as far as it can be.

    `ingredients` is empty when the name is not recognised; `candidates` then holds what an ambiguous brand may mean.
    `names` are the entry itself and its components; `agents` the agents of the rulebook that it is a form of.
    `current` is false for a medicine that was stopped, once the wash-out of its classes is over. `by_therapy` says that
    a therapy of the plan puts it into the body: it adds to burdens and is no regular medicine.
    """

    name: str
    path: str
    names: tuple[str, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    agents: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    daily_dose: float | None = None
    unit: str | None = None
    route: str | None = None
    as_needed: bool = False
    started: date | None = None
    stopped: date | None = None
    release: str | None = None
    purpose: str | None = None
    topical: bool = False
    current: bool = True
    by_therapy: bool = False

    @property
    def recognised(self) -> bool:
        """Whether the name was found; a medicine that was not is not checked for anything."""
        return bool(self.ingredients)

    @property
    def classes(self) -> frozenset[str]:
        """The interaction classes of all ingredients."""
        return frozenset().union(*(ingredient.classes for ingredient in self.ingredients))


class Adequacy(Enum):
    """Whether a trial reached the dose and the time at which it can be judged."""

    ADEQUATE = "adequate"
    TOO_LOW = "too_low"
    TOO_SHORT = "too_short"
    UNKNOWN = "unknown"


class Outcome(Enum):
    """What a trial showed."""

    FAILED = "failed"
    NOT_TOLERATED = "not_tolerated"
    INSUFFICIENT = "insufficient"
    PARTIAL = "partial"
    RESPONDED = "responded"
    INADEQUATE = "inadequate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trial:
    """A past or ongoing trial, judged by the table of adequate trials; `drug_class` is the class it counts for."""

    agent: str
    drug_class: str
    stopped: str
    adequacy: Adequacy
    outcome: Outcome
    path: str
    max_daily_dose: float | None = None
    unit: str | None = None
    weeks_at_max: float | None = None
    response_percent: float | None = None
    note: str | None = None

    @property
    def ongoing(self) -> bool:
        """Whether the agent is still being taken."""
        return self.stopped == "ongoing"


@dataclass(frozen=True, slots=True)
class KnownAllergy:
    """An allergy entry with the substances and the groups of substances it was recognised as."""

    name: str
    path: str
    reaction: str | None = None
    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    @property
    def words(self) -> frozenset[str]:
        """The words of the entry and of the medicines that it names, in small letters."""
        return frozenset(re.findall(r"[^\W_][\w-]*", " ".join((self.name, *self.names)).casefold()))

    @property
    def recognised(self) -> bool:
        """Whether the entry says anything that can be checked."""
        return bool(self.names or self.groups)


@dataclass(frozen=True, slots=True)
class ScoreFact:
    """The newest result of an instrument, also when it is too old to be a fact (`stale`) or cannot be scored."""

    total: int | float | None
    met: bool | None
    band: str | None
    scorable: bool
    missing: tuple[str, ...]
    flags: tuple[str, ...]
    date: date
    stale: bool
    path: str


@dataclass(frozen=True)
class PatientFacts:
    """The facts of one patient on one day.

    `values` maps fact name to value; a name that is missing is unknown. `derived` explains computed facts,
    `provenance` says where each value (or stale value) comes from, and `rows` names the stored row behind a path
    (empty for a case on file). `burdens` names, for each count of medicines, the interaction classes counted. `region`
    is where the plan will be carried out (None: not said).
    """

    case: str
    as_of: date
    values: Facts
    derived: Mapping[str, Derived] = field(default_factory=dict)
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    stale: tuple[Stale, ...] = ()
    medicines: tuple[Medicine, ...] = ()
    allergies: tuple[KnownAllergy, ...] | None = None
    trials: tuple[Trial, ...] = ()
    scores: Mapping[str, ScoreFact] = field(default_factory=dict)
    burdens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None

    @property
    def not_checked(self) -> tuple[str, ...]:
        """Names on the medicine list that are not recognised, as written, each once."""
        return tuple(dict.fromkeys(item.name for item in self.medicines if not item.recognised))

    def get(self, name: str) -> Value | None:
        """The value of a fact; None when it is unknown."""
        return self.values.get(name)

    def without(
        self,
        drug_names: Iterable[str],
        *,
        agent: str | None = None,
        classes: Iterable[str] = (),
        allergens: Iterable[str] = (),
    ) -> Facts:
        """Return the facts as they stand for judging one agent.

        medication_names, medication_classes and the counts are those of the patient's OTHER medicines: every
        ingredient named in `drug_names` is left out, in whatever form it is taken. hypersensitivity_to_agent is read
        for this agent: yes when the allergy list names `agent`, one of `drug_names`, one of `allergens` or, as
        a group, one of `classes`.
        """
        values = dict(self.values)
        for name, value in self.apart(drug_names, agent=agent, classes=classes, allergens=allergens).items():
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value
        return MappingProxyType(values)

    def apart(
        self,
        drug_names: Iterable[str],
        *,
        agent: str | None = None,
        classes: Iterable[str] = (),
        allergens: Iterable[str] = (),
    ) -> dict[str, Value | None]:
        """The facts that `without` gives another value, or the same one; None: unknown."""
        names = frozenset(drug_names)
        found: dict[str, Value | None] = {}
        if self.allergies is not None:
            found["hypersensitivity_to_agent"] = self._allergic(names, agent, classes, allergens)
        elif self.values.get("hypersensitivity_to_agent") is True:
            # Stated without a list: nobody knows to which medicine.
            found["hypersensitivity_to_agent"] = None
        if not names.isdisjoint(self._taken_names):
            rest = (without_ingredients(item, names) for item in self._taken)
            found.update(medication_values(rest, self.values.get("medications_reviewed") is True, self.burdens))
        return found

    @cached_property
    def _taken(self) -> tuple[Medicine, ...]:
        """What is taken now; a long list of former medicines says nothing about it."""
        return tuple(item for item in self.medicines if item.current)

    @cached_property
    def _taken_names(self) -> frozenset[str]:
        return frozenset(part.name for item in self._taken for part in item.ingredients)

    @cached_property
    def _allergy_words(self) -> frozenset[str]:
        return frozenset().union(*(entry.words for entry in self.allergies or ()))

    @cached_property
    def _allergy_groups(self) -> frozenset[str]:
        return frozenset().union(*(entry.groups for entry in self.allergies or ()))

    def _allergic(
        self, names: frozenset[str], agent: str | None, classes: Iterable[str], allergens: Iterable[str]
    ) -> bool:
        """Whether the allergy list names the substance of an agent, in any form, an allergen or a group of it."""
        if not self.allergies:
            return False
        substances = {name.split()[0] for name in names} or ({agent.partition("_")[0]} if agent else set())
        substances.update(allergens)
        return not (substances.isdisjoint(self._allergy_words) and self._allergy_groups.isdisjoint(classes))

    def to_json(self) -> dict[str, Json]:
        """The canonical form: equal facts give equal text under `canonical_text`."""
        return {
            "case": self.case,
            "as_of": self.as_of.isoformat(),
            "region": self.region,
            "values": _plain(values_to_json(self.values)),
            "derived": {name: _record(self.derived[name]) for name in sorted(self.derived)},
            "provenance": {name: _record(self.provenance[name]) for name in sorted(self.provenance)},
            "conflicts": [_record(item) for item in self.conflicts],
            "stale": [_record(item) for item in self.stale],
            "medicines": [_record(item) for item in self.medicines],
            "allergies": None if self.allergies is None else [_record(item) for item in self.allergies],
            "trials": [_record(item) for item in self.trials],
            "rows": {path: self.rows[path] for path in sorted(self.rows)},
            "scores": {name: _record(self.scores[name]) for name in sorted(self.scores)},
            "burdens": {name: sorted(self.burdens[name]) for name in sorted(self.burdens)},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> PatientFacts:
        """Read what `to_json` wrote; raises ValueError, KeyError or TypeError when it is something else."""
        return _read_facts(data)

    def canonical_text(self) -> str:
        """The canonical form as text, the same bytes for equal facts on every machine."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def __reduce__(self) -> tuple[object, ...]:
        # Read-only mappings cannot be pickled; the canonical form can.
        return _read_facts, (self.to_json(),)


def medication_values(
    medicines: Iterable[Medicine], reviewed: bool, burdens: Mapping[str, frozenset[str]]
) -> dict[str, Value]:
    """The facts that speak of the medicines taken now, from the recognised list.

    A class or name that is not found is absent only from a reviewed list. A count is of different substances; from a
    list that was not reviewed it is "at least", and unknown instead of zero.
    """
    current = [item for item in medicines if item.current]
    ingredients = {part.name: part for item in current for part in item.ingredients}
    values: dict[str, Value] = {
        "medication_names": FactSet(
            frozenset(name for item in current if item.ingredients for name in item.names), complete=reviewed
        ),
        "medication_classes": FactSet(
            frozenset().union(*(part.classes for part in ingredients.values())), complete=reviewed
        ),
    }
    for fact, classes in burdens.items():
        count = sum(1 for part in ingredients.values() if part.classes & classes)
        if reviewed or count:
            values[fact] = count
    daily = [item for item in current if not (item.as_needed or item.by_therapy)]
    regular = len({item.names or (item.name.casefold(),) for item in daily})
    if reviewed or regular:
        values["regular_medicine_count"] = regular
    return values


def _plain(value: object) -> Json:
    """A value as canonical JSON: sets sorted, whole numbers without a fraction, dates and words as text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return int(value) if value.is_integer() else value
        case Enum():
            return str(value.value)
        case date():
            return value.isoformat()
        case Ingredient():
            return _record(value)
        case frozenset():
            return sorted(str(part) for part in value)
        case tuple() | list():
            return [_plain(part) for part in value]
        case Mapping():
            return {str(key): _plain(value[key]) for key in sorted(value)}
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _record(item: object) -> dict[str, Json]:
    """A record as a mapping of its fields; a field that has its default value is left out."""
    found: dict[str, Json] = {}
    for part in fields(item):  # type: ignore[arg-type]  # every record here is a dataclass
        value = getattr(item, part.name)
        if part.default is MISSING or value != part.default:
            found[part.name] = _plain(value)
    return found


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def _rows(data: Json) -> list[dict[str, Any]]:
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise ValueError("a list of records is expected")
    return list(data)


def _table(data: Json) -> dict[str, dict[str, Any]]:
    if not isinstance(data, dict) or not all(isinstance(row, dict) for row in data.values()):
        raise ValueError("a table of records is expected")
    return dict(data)


def _derived(row: dict[str, Any]) -> Derived:
    return Derived(**{**row, "date": _day(row.get("date")), "inputs": MappingProxyType(dict(row["inputs"]))})


def _provenance(row: dict[str, Any]) -> Provenance:
    return Provenance(
        **{
            **row,
            "origin": Origin(row["origin"]),
            "date": _day(row.get("date")),
            "because": tuple(row.get("because", ())),
        }
    )


def _medicine(row: dict[str, Any]) -> Medicine:
    tuples: dict[str, Any] = {key: tuple(row[key]) for key in ("names", "agents", "candidates") if key in row}
    days: dict[str, Any] = {key: _day(row[key]) for key in ("started", "stopped") if key in row}
    parts = tuple(Ingredient(part["name"], frozenset(part["classes"])) for part in row.get("ingredients", ()))
    return Medicine(**(row | tuples | days | {"ingredients": parts}))


def _allergy(row: dict[str, Any]) -> KnownAllergy:
    sets: dict[str, Any] = {key: frozenset(row[key]) for key in ("names", "groups") if key in row}
    return KnownAllergy(**(row | sets))


def _trial(row: dict[str, Any]) -> Trial:
    return Trial(**{**row, "adequacy": Adequacy(row["adequacy"]), "outcome": Outcome(row["outcome"])})


def _conflict(row: dict[str, Any]) -> Conflict:
    return Conflict(row["fact"], row["text"], tuple(row.get("paths", ())))


def _stale(row: dict[str, Any]) -> Stale:
    return Stale(**(row | {"date": date.fromisoformat(row["date"])}))


def _score(row: dict[str, Any]) -> ScoreFact:
    lists: dict[str, Any] = {key: tuple(row[key]) for key in ("missing", "flags")}
    return ScoreFact(**{**row, **lists, "date": date.fromisoformat(row["date"])})


def _read_facts(data: Mapping[str, Json]) -> PatientFacts:
    allergies = data["allergies"]
    return PatientFacts(
        case=str(data["case"]),
        as_of=date.fromisoformat(str(data["as_of"])),
        region=None if data["region"] is None else str(data["region"]),
        values=values_from_json(_table_of_values(data["values"])),
        derived=MappingProxyType({name: _derived(row) for name, row in _table(data["derived"]).items()}),
        provenance=MappingProxyType({name: _provenance(row) for name, row in _table(data["provenance"]).items()}),
        conflicts=tuple(_conflict(row) for row in _rows(data["conflicts"])),
        stale=tuple(_stale(row) for row in _rows(data["stale"])),
        medicines=tuple(_medicine(row) for row in _rows(data["medicines"])),
        allergies=None if allergies is None else tuple(_allergy(row) for row in _rows(allergies)),
        trials=tuple(_trial(row) for row in _rows(data["trials"])),
        rows=MappingProxyType({path: str(row) for path, row in _table_of_values(data["rows"]).items()}),
        scores=MappingProxyType({name: _score(row) for name, row in _table(data["scores"]).items()}),
        burdens=MappingProxyType(
            {name: frozenset(map(str, classes)) for name, classes in _lists(data["burdens"]).items()}
        ),
    )


def _table_of_values(data: Json) -> dict[str, object]:
    if not isinstance(data, dict):
        raise ValueError("a table is expected")
    return dict(data)


def _lists(data: Json) -> dict[str, list[Json]]:
    if not isinstance(data, dict):
        raise ValueError("burdens must be a table")
    return {name: row for name, row in data.items() if isinstance(row, list)}


def without_ingredients(item: Medicine, names: frozenset[str]) -> Medicine:
    """The rest of a combination after the named substances are taken out of it."""
    rest = tuple(part for part in item.ingredients if part.name not in names)
    return replace(item, ingredients=rest, names=tuple(part.name for part in rest), current=item.current and bool(rest))
