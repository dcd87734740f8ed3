"""What facts exist: name, type, unit, plausible range, permitted values and wording. Data in, typed facts out.

The facts themselves are content (`knowledge/vocabulary.yaml`); this module only gives them a shape.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from rules.expr import is_name, is_value
from rules.facts import Facts, FactSet, Value

Domains: TypeAlias = Mapping[str, Mapping[str, str] | Sequence[str]]


class FactType(Enum):
    """The kind of value that a fact has."""

    BOOL = "bool"
    INT = "int"
    NUMBER = "number"
    ENUM = "enum"
    SET = "set"


_TYPES = {
    "bool": FactType.BOOL,
    "bool3": FactType.BOOL,
    "int": FactType.INT,
    "number": FactType.NUMBER,
    "float": FactType.NUMBER,
    "enum": FactType.ENUM,
    "set": FactType.SET,
}
_NUMERIC = (FactType.INT, FactType.NUMBER)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the vocabulary.

    `low` and `high` are the plausible range in `unit` (a UCUM code, empty for none). `values` maps each permitted
    id of an enum or set to its label. `phrase` is how a sentence says it: a noun for a number or a word, the positive
    statement for a yes-or-no fact, a text with `{}` for a set; `phrase_no` is the negated statement.
    """

    name: str
    type: FactType
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    phrase: str | None = None
    phrase_no: str | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether values are numbers."""
        return self.type in _NUMERIC

    def problem(self, value: Value) -> str | None:
        """What is wrong with `value` as a value of this fact; None when it is fine."""
        match self.type:
            case FactType.BOOL:
                return None if isinstance(value, bool) else "must be true or false"
            case FactType.INT | FactType.NUMBER:
                return self._number_problem(value)
            case FactType.ENUM:
                return None if isinstance(value, str) and value in self.values else "is not one of the permitted words"
            case FactType.SET:
                if not isinstance(value, FactSet):
                    return "must be a set"
                strange = sorted((value.members | value.absent) - self.values.keys())
                return f"holds words outside the vocabulary: {', '.join(strange)}" if strange else None

    def _number_problem(self, value: Value) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return "must be a number"
        if self.type is FactType.INT and value != int(value):
            return "must be a whole number"
        if not self.is_plausible(value):
            return f"is outside the plausible range {self.range_text()}"
        return None

    def is_plausible(self, value: float) -> bool:
        """Whether the number lies in the plausible range."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def range_text(self) -> str:
        """The plausible range with its unit, for messages."""
        low, high = ("" if end is None else f"{end:g}" for end in (self.low, self.high))
        return f"{low or 'any'} to {high or 'any'} {self.unit}".rstrip()


class VocabularyInvalid(ValueError):
    """The data does not describe a vocabulary; `problems` lists everything that was found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """All facts by name. Two vocabularies are the same only when they are one object, so one can be a key."""

    facts: Mapping[str, Fact]

    @classmethod
    def from_data(cls, data: Mapping[str, object], domains: Domains = MappingProxyType({})) -> Vocabulary:
        """Read `{"facts": [{name, type, label, unit, range, values, phrase, phrase_no}, …]}`.

        `values` is a list of ids, a mapping of id to label, or the name of an entry in `domains` (so that a long
        list is written once). Keys for people (`derived`, `used_by`, …) are left alone. Raises VocabularyInvalid
        with every problem.
        """
        problems: list[str] = []
        facts: dict[str, Fact] = {}
        rows = data.get("facts")
        if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
            raise VocabularyInvalid(["facts: a list with at least one fact is needed"])
        for number, row in enumerate(rows):
            if not isinstance(row, Mapping):
                problems.append(f"facts[{number}]: must be a mapping")
                continue
            fact = _fact(row, domains, problems, f"facts[{number}]")
            if fact.name in facts:
                problems.append(f"facts[{number}]: {fact.name} is there twice")
            facts[fact.name] = fact
        if problems:
            raise VocabularyInvalid(problems)
        return cls(MappingProxyType(facts))

    def __getitem__(self, name: str) -> Fact:
        return self.facts[name]

    def __contains__(self, name: object) -> bool:
        return name in self.facts

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts.values())

    def __len__(self) -> int:
        return len(self.facts)

    def get(self, name: str) -> Fact | None:
        """The fact, or None when there is none of that name."""
        return self.facts.get(name)

    def problems(self, facts: Facts) -> list[str]:
        """Everything in `facts` that is not a value of this vocabulary; empty when all is well."""
        found = []
        for name, value in facts.items():
            fact = self.facts.get(name)
            complaint = "is not a fact of the vocabulary" if fact is None else fact.problem(value)
            if complaint:
                found.append(f"{name} {complaint}")
        return found


def _fact(row: Mapping[str, object], domains: Domains, problems: list[str], place: str) -> Fact:
    """Read one row; what is wrong goes to `problems`, and the fact returned is then not to be used."""
    name = row.get("name")
    if not isinstance(name, str) or not is_name(name):
        problems.append(f"{place}: name {name!r} is not a lower case name")
        name = ""
    place = name or place
    kind = _TYPES.get(str(row.get("type")))
    if kind is None:
        problems.append(f"{place}: type {row.get('type')!r} is not one of {', '.join(_TYPES)}")
        kind = FactType.BOOL
    label = row.get("label")
    if not isinstance(label, str) or not label:
        problems.append(f"{place}: a label is needed")
    low, high = _range(row.get("range"), problems, place)
    if row.get("range") is not None and kind not in _NUMERIC:
        problems.append(f"{place}: only a number has a range")
    values = _values(row.get("values"), domains, problems, place)
    if (kind in (FactType.ENUM, FactType.SET)) != bool(values):
        problems.append(f"{place}: an enum or a set, and nothing else, lists its values")
    phrase, phrase_no = (_phrase(row, key, kind, problems, place) for key in ("phrase", "phrase_no"))
    return Fact(name, kind, str(label or ""), str(row.get("unit") or ""), low, high, values, phrase, phrase_no)


def _range(data: object, problems: list[str], place: str) -> tuple[float | None, float | None]:
    if data is None:
        return None, None
    ends = list(data) if isinstance(data, Sequence) and not isinstance(data, str) else []
    if len(ends) != 2 or not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
        problems.append(f"{place}: range must be two numbers")
        return None, None
    if ends[0] > ends[1]:
        problems.append(f"{place}: range must begin with the lower number")
    return ends[0], ends[1]


def _values(data: object, domains: Domains, problems: list[str], place: str) -> Mapping[str, str]:
    if isinstance(data, str):
        if data not in domains:
            problems.append(f"{place}: no list of values called {data!r}")
            return MappingProxyType({})
        data = domains[data]
    if data is None:
        return MappingProxyType({})
    if isinstance(data, Mapping):
        pairs = dict(data)
    elif isinstance(data, Sequence):
        pairs = dict.fromkeys(data, "")
    else:
        problems.append(f"{place}: values must be a list")
        return MappingProxyType({})
    strange = [value for value in pairs if not isinstance(value, str) or not is_value(value)]
    problems.extend(f"{place}: {value!r} cannot be a value" for value in strange)
    return MappingProxyType({str(value): str(label or "") for value, label in pairs.items()})


def _phrase(row: Mapping[str, object], key: str, kind: FactType, problems: list[str], place: str) -> str | None:
    text = row.get(key)
    if text is None:
        return None
    if not isinstance(text, str) or not text:
        problems.append(f"{place}: {key} must be a text")
        return None
    if kind is FactType.SET and text.count("{}") != 1:
        problems.append(f"{place}: {key} of a set needs one {{}} where the value goes")
    return text
