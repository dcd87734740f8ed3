"""Data of a case against `knowledge/case.schema.json`, with messages for people. Pure.

The schema is the one definition of the format; this module reads the part of JSON Schema that it uses and says in plain
words what does not fit. What a measurement or an instrument allows comes from their own tables. `jsonschema` must agree
on every case (tests/treatments/test_case_schema.py).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from assessments.definitions import Instrument
from patients.measurements import EDGE, Kind, readable
from treatments.case_text import Document, Place, Problem, shown

SCHEMA = Path(__file__).resolve().parent.parent / "knowledge" / "case.schema.json"
DATE = "YYYY-MM-DD"

Node: TypeAlias = Mapping[str, Any]

_NOUNS = {
    "agent": "an agent",
    "therapy": "a therapy",
    "condition": "a condition",
    "concept": "a concept",
    "descriptor": "a descriptor",
    "evoked": "an evoked pain",
    "negative": "a sign of loss",
    "region": "a region",
    "test": "a test",
    "red_flag": "a red flag",
    "instrument": "an instrument",
    "preference": "a preference",
    "alert": "an alert",
    "monitoring_test": "a monitoring test",
    "referral": "a referral",
    "education": "an education topic",
    "fact": "a fact",
    "grade": "a grade",
    "distribution": "a distribution",
    "severity": "a severity",
}
_NEAR_ENOUGH = 0.75
_KEY_NEAR_ENOUGH = 0.6
_MOST_NEAR = 3


@lru_cache(maxsize=1)
def case_schema() -> Node:
    """The schema of a case, read once."""
    schema: Node = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


@dataclass(frozen=True, slots=True)
class Tables:
    """What the schema leaves to tables: measurements, instruments, and ids that older files used."""

    measurements: Mapping[str, Kind]
    instruments: Mapping[str, Instrument]
    older_names: Mapping[str, Mapping[str, str]]


def schema_problems(document: Document, tables: Tables) -> list[Problem]:
    """Everything in the data that the format does not allow."""
    return list(_Walk(document, tables).node(case_schema(), document.data, (), None))


def listed(words: Sequence[str]) -> str:
    """ "a, b or c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def near(word: str, known: Iterable[str], enough: float = _NEAR_ENOUGH) -> list[str]:
    """The ids that the word may have meant, nearest first: those with all its parts, and those spelled much alike."""
    parts = set(word.casefold().split("_"))
    scored = [(SequenceMatcher(None, word.casefold(), other).ratio(), other) for other in known]
    kept = [
        (ratio, other)
        for ratio, other in scored
        if ratio >= enough or (len(parts) > 1 and parts <= set(other.split("_")))
    ]
    kept.sort(key=lambda pair: (-pair[0], pair[1]))
    return [other for _, other in kept[:_MOST_NEAR]]


def kind_of(value: object) -> str:
    """What a value is, in a word."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "a mapping"


def day(text: object) -> date | None:
    """The date that a text says, or None."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class _Walk:
    def __init__(self, document: Document, tables: Tables) -> None:
        self.document = document
        self.tables = tables
        self.definitions: Node = case_schema()["$defs"]

    def node(self, node: Node, value: Any, place: Place, noun: str | None) -> Iterator[Problem]:
        """Everything wrong with one value; `noun` is the name of the definition that describes it."""
        if "$ref" in node:
            noun = str(node["$ref"]).rpartition("/")[2]
            yield from self.node(self.definitions[noun], value, place, noun)
            return
        if "oneOf" in node and "type" not in node:
            yield from self.node(self._alternative(node["oneOf"], value), value, place, noun)
            return
        if "enum" in node:
            yield from self._word(node, value, place, noun)
            return
        match node.get("type"):
            case "object":
                yield from self._object(node, value, place)
            case "array":
                yield from self._array(node, value, place)
            case "string":
                yield from self._text(node, value, place)
            case "integer" | "number":
                yield from self._number(node, value, place)
            case "boolean":
                if not isinstance(value, bool):
                    yield Problem(place, f"{kind_of(value)} where true or false is expected", "true or false")

    def _alternative(self, nodes: Sequence[Node], value: Any) -> Node:
        """The alternative whose type fits the value; the first when none does."""
        for node in nodes:
            wanted = node.get("type")
            if wanted == "array" and isinstance(value, list):
                return node
            if wanted == "object" and isinstance(value, dict):
                return node
            if wanted == "number" and isinstance(value, int | float) and not isinstance(value, bool):
                return node
            if "const" in node and isinstance(value, str):
                return {"enum": [node["const"]]}
        return nodes[0]

    # --- words, texts and numbers -------------------------------------------------------------------------------------

    def _word(self, node: Node, value: Any, place: Place, noun: str | None) -> Iterator[Problem]:
        words: list[str] = node["enum"]
        if isinstance(value, str) and value in words:
            return
        if not isinstance(value, str):
            yield Problem(place, self._not_text(value, place), self._words_expected(words, noun, quoted=True))
        elif noun == "option":
            yield Problem(
                place, f"{shown(value)} is neither an agent nor a therapy", self._id_expected(value, words, "")
            )
        elif noun in _NOUNS:
            older = self.tables.older_names.get(noun, {}).get(value)
            expected = f"{older} ({value} is its older name)" if older else self._id_expected(value, words, noun)
            yield Problem(place, f"{shown(value)} is not {_NOUNS[noun]}", expected)
        elif place[-2:-1] and place[-1] == "code":
            yield Problem(place, f"{shown(value)} is not a measurement", self._id_expected(value, words, "measurement"))
        else:
            yield Problem(place, f"{shown(value)} is not one of the words", self._words_expected(words, noun))

    def _not_text(self, value: Any, place: Place) -> str:
        problem = f"{kind_of(value)} where text is expected"
        if isinstance(value, bool) and place in self.document.bare:
            word, read_as = self.document.bare[place], str(value).lower()
            if word.casefold() != read_as:
                problem += f" (YAML reads a bare {word} as {read_as})"
        return problem

    def _id_expected(self, value: str, words: Iterable[str], noun: str) -> str:
        article = "an" if noun[:1] in ("", *"aeiou") else "a"
        name = f"{noun.replace('_', ' ')} id" if noun else "id"
        found = near(value, words)
        return f"{article} {name} of vocabulary.yaml" + (f"; near: {', '.join(found)}" if found else "")

    @staticmethod
    def _words_expected(words: Sequence[str], noun: str | None, *, quoted: bool = False) -> str:
        if noun in _NOUNS:
            article, _, name = _NOUNS[noun].partition(" ")
            return f"{article} {name} id of vocabulary.yaml"
        shown_words = [f'"{word}"' if quoted and _reads_otherwise(word) else word for word in words]
        in_marks = quoted and shown_words != list(words)
        return listed(shown_words) + (", in quotation marks" if in_marks else "")

    def _text(self, node: Node, value: Any, place: Place) -> Iterator[Problem]:
        if node.get("format") == "date":
            if not isinstance(value, str):
                yield Problem(place, f"{kind_of(value)} where a date is expected", DATE)
            elif day(value) is None:
                yield Problem(place, f"{shown(value)} is not a date", DATE)
            return
        if not isinstance(value, str):
            yield Problem(place, self._not_text(value, place), "text")
            return
        lowest, highest = node.get("minLength", 0), node.get("maxLength")
        if "pattern" in node:
            if not re.search(node["pattern"], value) or value.endswith("\n"):
                rule = "small letters, digits, _ and -, at most 80, beginning with a letter or a digit"
                yield Problem(place, f"{shown(value)} is not an id", rule)
        elif len(value) < lowest:
            yield Problem(place, "the text is empty", f"{lowest} to {highest} characters" if highest else "text")
        elif highest is not None and len(value) > highest:
            yield Problem(place, f"the text has {len(value)} characters", f"{lowest} to {highest} characters")

    def _number(self, node: Node, value: Any, place: Place) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield Problem(place, f"{kind_of(value)} where a number is expected", _number_expected(node, place))
        elif not math.isfinite(value):
            yield Problem(place, f"{value} is not a number", _number_expected(node, place))
        elif node["type"] == "integer" and value != int(value):
            yield Problem(place, f"{shown(value)} is not a whole number", _number_expected(node, place))
        elif "exclusiveMinimum" in node and value <= node["exclusiveMinimum"]:
            key = place[-1]
            yield Problem(
                place, f"{shown(value)} is not above zero", f"a dose above 0, or no {key} when it is not known"
            )
        elif value < 0 and node["type"] == "number" and node.get("minimum") == 0:
            yield Problem(place, f"{shown(value)} is below zero", "0 or more")
        elif value < node.get("minimum", value) or value > node.get("maximum", value):
            yield Problem(place, f"{shown(value)} is outside the range", _range(node))

    # --- lists and mappings -------------------------------------------------------------------------------------------

    def _array(self, node: Node, value: Any, place: Place) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(place, f"{kind_of(value)} where a list is expected", "a list, [] when it is empty")
            return
        if "prefixItems" in node:
            yield from self._tuple(node, value, place)
            return
        if len(value) < node.get("minItems", 0):
            yield Problem(place, "the list is empty", f"at least {node['minItems']}")
        if node.get("maxItems") is not None and len(value) > node["maxItems"]:
            yield Problem(place, f"{len(value)} entries", f"{node['maxItems']} entries")
        if node.get("uniqueItems"):
            words = [item for item in value if isinstance(item, str)]
            for word in dict.fromkeys(word for word in words if words.count(word) > 1):
                yield Problem(place, f"{shown(word)} is listed twice", "each id once")
        for index, item in enumerate(value):
            yield from self.node(node["items"], item, (*place, index), None)

    def _tuple(self, node: Node, value: list[Any], place: Place) -> Iterator[Problem]:
        wanted = len(node["prefixItems"])
        if len(value) != wanted:
            yield Problem(place, f"{len(value)} entries", f"{wanted} entries")
        for index, (item_node, item) in enumerate(zip(node["prefixItems"], value, strict=False)):
            yield from self.node(item_node, item, (*place, index), None)

    def _object(self, node: Node, value: Any, place: Place) -> Iterator[Problem]:
        if not isinstance(value, dict):
            wanted = "a case" if not place else "a mapping"
            keys = ", ".join(node.get("properties", ())) or "ids"
            expected = "a case: id, as_of and patient at least" if not place else f"a mapping with keys such as {keys}"
            yield Problem(place, f"{kind_of(value)} where {wanted} is expected", shown(expected))
            return
        if len(value) < node.get("minProperties", 0):
            yield Problem(
                place, "there is nothing in it", f"at least {node['minProperties']} of its keys, or no {place[-1]}"
            )
        properties: Node = node.get("properties", {})
        open_values = node.get("additionalProperties")
        for key, inner in value.items():
            here = (*place, key)
            if key in properties:
                yield from self._property(properties[key], inner, here, value)
            elif isinstance(open_values, dict):
                if "propertyNames" in node:
                    yield from self.node(node["propertyNames"], key, here, None)
                yield from self.node(open_values, inner, here, None)
            else:
                yield Problem(here, "unknown key", self._key_expected(key, properties, place))
        for key in node.get("required", ()):
            if key not in value:
                yield Problem((*place, key), "the key is missing", self._described(properties[key], key))
        for key, needed in node.get("dependentRequired", {}).items():
            for other in needed:
                if key in value and other not in value:
                    yield Problem((*place, other), *_lonely(key, other))
        yield from self._rules_of_its_own(value, place)

    def _property(self, node: Node, value: Any, place: Place, parent: Mapping[str, Any]) -> Iterator[Problem]:
        if place[:1] == ("measurements",) and place[-1] == "unit" and len(place) == 3:
            yield from self._unit(value, place, parent)
        elif place[:1] == ("instruments",) and place[-1] == "answers" and len(place) == 3:
            yield from self._answers(value, place, parent)
        else:
            yield from self.node(node, value, place, None)

    @staticmethod
    def _key_expected(key: str, properties: Iterable[str], place: Place) -> str:
        owner = next((step for step in reversed(place) if isinstance(step, str)), "a case")
        names = list(properties)
        found = near(key, names, _KEY_NEAR_ENOUGH)
        hint = f"; did you mean {found[0]}?" if found else "" if not place else f": {', '.join(names)}"
        return f"one of the keys of {owner}{hint}"

    def _described(self, node: Node, key: str) -> str:
        if "$ref" in node:
            noun = str(node["$ref"]).rpartition("/")[2]
            node = self.definitions[noun]
            if noun in _NOUNS:
                return f"{_NOUNS[noun]} id of vocabulary.yaml"
        match node.get("type"):
            case "string":
                return DATE if node.get("format") == "date" else "text"
            case "integer" | "number":
                return _number_expected(node, (key,))
            case "array":
                return "a list"
            case "object":
                return f"a mapping with {', '.join(node.get('required', ()))}"
        return listed(node["enum"]) if "enum" in node and len(node["enum"]) < 10 else "a value"

    # --- patients, measurements and instruments -----------------------------------------------------------------------

    def _rules_of_its_own(self, value: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        if place == ("patient",):
            yield from self._pregnancy(value)
        elif place[:1] == ("measurements",) and len(place) == 2:
            yield from self._plausible(value, place)
        elif place[:1] == ("instruments",) and len(place) == 2:
            yield from self._one_result(value, place)

    @staticmethod
    def _pregnancy(patient: Mapping[str, Any]) -> Iterator[Problem]:
        rule = case_schema()["properties"]["patient"]["allOf"][0]
        allowed: list[str] = rule["then"]["properties"]["pregnancy"]["enum"]
        words = case_schema()["properties"]["patient"]["properties"]["pregnancy"]["enum"]
        status = patient.get("pregnancy")
        if patient.get("sex") == rule["if"]["properties"]["sex"]["const"] and status in words and status not in allowed:
            yield Problem(("patient", "pregnancy"), f"{status} does not go with sex {patient['sex']}", listed(allowed))

    def _unit(self, unit: Any, place: Place, measurement: Mapping[str, Any]) -> Iterator[Problem]:
        kind = self._kind_named(measurement)
        if not isinstance(unit, str):
            expected = listed([item.name for item in kind.units]) if kind else "a unit"
            yield Problem(place, f"{kind_of(unit)} where text is expected", expected)
        elif kind is not None and unit not in {item.name for item in kind.units}:
            units = listed([item.name for item in kind.units])
            yield Problem(place, f"unit {shown(unit)} is not known for {kind.code}", units)

    def _kind_named(self, measurement: Mapping[str, Any]) -> Kind | None:
        code = measurement.get("code")
        return self.tables.measurements.get(code) if isinstance(code, str) else None

    def _plausible(self, measurement: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        kind, value = self._kind_named(measurement), measurement.get("value")
        if kind is None or isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return
        given = Decimal(str(value))
        fits = {
            unit.name: kind.low <= (given * unit.factor + unit.offset).quantize(EDGE) <= kind.high
            for unit in kind.units
            if abs(given) < 10**12
        }
        unit = measurement.get("unit")
        if not isinstance(unit, str) or fits.get(unit, unit not in {item.name for item in kind.units}):
            return
        known = next(item for item in kind.units if item.name == unit)
        low, high = kind.range_in(known)
        problem = f"{shown(value)} is {'below' if given < low else 'above'} the plausible range of {kind.code}"
        expected = f"{readable(low)} to {readable(high)} {unit}"
        if others := [item for item in kind.units if fits.get(item.name)]:
            likeliest = min(others, key=lambda item: _from_middle(kind, given * item.factor + item.offset))
            problem, expected = f"{problem} in {unit}", f"{expected}; is the unit {likeliest.name}?"
        yield Problem((*place, "value"), problem, expected)

    def _one_result(self, result: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        kinds = [key for key in ("answers", "total", "met") if key in result]
        if len(kinds) != 1:
            problem = "no result is given" if not kinds else f"{' and '.join(kinds)} are given together"
            yield Problem(place, problem, "exactly one of answers, total and met")
        instrument = self._instrument_named(result)
        total = result.get("total")
        if instrument is None or isinstance(total, bool) or not isinstance(total, int | float):
            return
        if instrument.total_range is not None and math.isfinite(total):
            low, high = instrument.total_range
            if not low <= total <= high:
                text = f"{shown(total)} is outside the totals of {instrument.id}"
                yield Problem((*place, "total"), text, f"{shown(low)} to {shown(high)}")

    def _instrument_named(self, result: Mapping[str, Any]) -> Instrument | None:
        name = result.get("id")
        return self.tables.instruments.get(name) if isinstance(name, str) else None

    def _answers(self, answers: Any, place: Place, result: Mapping[str, Any]) -> Iterator[Problem]:
        if not isinstance(answers, list):
            yield Problem(place, f"{kind_of(answers)} where a list is expected", "a list of answers")
            return
        instrument = self._instrument_named(result)
        if instrument is not None and not instrument.answers_accepted:
            yield Problem(place, f"{instrument.id} takes a score only, no answers", "the total of the licensed form")
            return
        if instrument is not None and len(answers) not in instrument.answer_counts:
            wanted = listed([str(count) for count in instrument.answer_counts])
            text = f"{len(answers)} answers, {instrument.id} has {wanted} items"
            yield Problem(place, text, f"{wanted} answers, null for one that was not given")
        rule = instrument.answer if instrument else None
        for index, answer in enumerate(answers):
            here = (*place, index)
            if isinstance(answer, bool | list | dict):
                problem = (
                    self._not_text(answer, here) if isinstance(answer, bool) else f"{kind_of(answer)} as an answer"
                )
                yield Problem(here, problem, "a number, text, or null")
            elif instrument is not None and rule is not None and rule.minimum is not None and rule.type == "integer":
                if answer is None:
                    continue
                expected = f"{rule.minimum} to {rule.maximum}"
                if isinstance(answer, str):
                    yield Problem(here, "text where a number is expected", expected)
                elif answer != int(answer):
                    yield Problem(here, f"{shown(answer)} is not a whole number", expected)
                elif rule.maximum is not None and not rule.minimum <= answer <= rule.maximum:
                    yield Problem(here, f"{shown(answer)} is outside the answers of {instrument.id}", expected)


def _reads_otherwise(word: str) -> bool:
    """Whether YAML would read the bare word as something else than text."""
    return word in ("yes", "no", "on", "off", "true", "false") or word.isdigit()


def _from_middle(kind: Kind, canonical: Decimal) -> float:
    """How far a value lies from the middle of its range, in powers: the likeliest unit is the nearest."""
    low = float(kind.low) or 1e-6
    return abs(math.log(max(float(canonical), 1e-9)) - (math.log(low) + math.log(float(kind.high))) / 2)


def _range(node: Node) -> str:
    return f"{shown(node['minimum'])} to {shown(node['maximum'])}" if "maximum" in node else "0 or more"


def _number_expected(node: Node, place: Place) -> str:
    words = {"age_years": "whole years", "duration_months": "a number of months", "weeks_at_max": "a number of weeks"}
    default = "a whole number" if node.get("type") == "integer" else "a number"
    what = words.get(str(place[-1]) if place else "", default)
    if "exclusiveMinimum" in node:
        return f"{what} above {shown(node['exclusiveMinimum'])}"
    return f"{what}, {_range(node)}" if "minimum" in node else what


def _lonely(key: str, missing: str) -> tuple[str, str]:
    """What to say about a dose without a unit, or a unit without a dose."""
    if missing == "unit":
        return f"{key} is given without a unit", "a unit such as mg"
    return f"{key} is given without {missing}", f"{missing}, or no {key}"
