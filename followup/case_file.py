"""The text of a next-step case to checked data, or to the list of everything that is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from rules.strict_yaml import YamlInvalid, load

MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class CaseProblem:
    """One thing that is wrong: where (`variables.mme`), what, and what would be right."""

    path: str
    problem: str
    expected: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


class CaseInvalid(ValueError):
    """The text is not a case; `problems` lists everything that was found, in the order of the paths."""

    def __init__(self, problems: Sequence[CaseProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda found: (found.path, found.problem)))
        super().__init__("; ".join(f"{found.path}: {found.problem}" for found in self.problems))


def read_case(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Read YAML or JSON text of a case and check it against `schema`. Raises CaseInvalid with every problem."""
    if len(text) > MAX_CHARACTERS:
        raise CaseInvalid([CaseProblem("", "the text is too long", f"at most {MAX_CHARACTERS} characters")])
    try:
        data = load(text)
    except YamlInvalid as error:
        raise CaseInvalid([CaseProblem("", str(error), "one YAML or JSON document, each key once")]) from None
    problems = list(case_problems(data, schema))
    if problems:
        raise CaseInvalid(problems)
    result: dict[str, Any] = data
    return result


def case_problems(data: Any, schema: Mapping[str, Any]) -> Iterator[CaseProblem]:
    """Everything that keeps `data` from being a case: the schema, real dates, and what the schema cannot say."""
    seen: set[CaseProblem] = set()
    for error in Draft202012Validator(schema).iter_errors(data):
        for problem in _explain(error):
            if problem not in seen:
                seen.add(problem)
                yield problem
    if isinstance(data, Mapping):
        yield from _kinds(data.get("treatment"))
        yield from _dates(data)


def _kinds(treatment: Any) -> Iterator[CaseProblem]:
    if isinstance(treatment, Mapping) and treatment.get("kind") in ("drug", "opioid", "nondrug"):
        strange = "agent" if treatment["kind"] == "nondrug" else "therapy"
        if strange in treatment:
            expected = "agent for drug and opioid, therapy for nondrug"
            yield CaseProblem(f"treatment.{strange}", f"does not go with kind {treatment['kind']}", expected)


def _dates(data: Mapping[str, Any]) -> Iterator[CaseProblem]:
    treatment = data.get("treatment")
    started = treatment.get("started") if isinstance(treatment, Mapping) else None
    days = {}
    for path, value in (("as_of", data.get("as_of")), ("treatment.started", started)):
        if not isinstance(value, str) or len(value) != len("2026-01-01"):
            continue
        try:
            days[path] = date.fromisoformat(value)
        except ValueError:
            yield CaseProblem(path, f"{value} is not a date", "YYYY-MM-DD")
    if len(days) == 2 and days["treatment.started"] > days["as_of"]:
        yield CaseProblem("treatment.started", f"{started} is after as_of {data['as_of']}", "a date on or before as_of")


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")


_TYPE_NAMES = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "object": "a group of keys",
    "array": "a list",
}


def _kind(value: object) -> str:
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
        case _:
            return "a group of keys"


def _explain(error: ValidationError) -> Iterator[CaseProblem]:
    """One complaint of the schema in plain words; one that holds several gives several."""
    parts = list(error.absolute_path)
    wanted: Any = error.validator_value
    value: Any = error.instance
    path = _path(parts)
    match error.validator:
        case "additionalProperties":
            known = list((error.schema or {}).get("properties", {}))  # type: ignore[union-attr]
            for key in sorted(set(map(str, value)) - set(known)):
                near = get_close_matches(key, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield CaseProblem(_path([*parts, key]), "unknown key", f"one of {', '.join(known)}{hint}")
        case "required":
            for key in wanted:
                if key not in value:
                    yield CaseProblem(_path([*parts, key]), "the key is missing", f"a value for {key}")
        case "type":
            name = _TYPE_NAMES.get(wanted, str(wanted))
            if wanted == "integer" and isinstance(value, float):
                yield CaseProblem(path, f"{value} is not a whole number", name)
            else:
                yield CaseProblem(path, f"{_kind(value)} where {name} is expected", name + _range(error.schema))
        case "enum":
            near = get_close_matches(str(value), [str(option) for option in wanted], n=2)
            shown = ", ".join(map(str, wanted)) if len(wanted) <= 8 else "an id of the vocabulary"
            hint = f"; near: {', '.join(near)}" if near else ""
            problem = (
                f"{_kind(value)} where text is expected"
                if not isinstance(value, str)
                else f"{value} is not allowed here"
            )
            yield CaseProblem(path, problem, shown + hint)
        case "minimum" | "maximum":
            yield CaseProblem(path, f"{value} is outside the range", _range(error.schema).lstrip(", "))
        case "pattern":
            if parts[-1:] in (["as_of"], ["started"]):
                yield CaseProblem(path, f"{value} is not a date", "YYYY-MM-DD")
            else:
                yield CaseProblem(path, f"{value!r} is not written like this", "lower case letters, digits, _ and -")
        case "uniqueItems":
            yield CaseProblem(path, "something is listed twice", "each once")
        case "minLength" | "maxLength":
            yield CaseProblem(path, "the text is empty or too long", f"{error.validator} {wanted}")
        case None:
            return  # The schema says "false" to a key and does not say which; _kinds does.
        case _:
            yield CaseProblem(path, error.message, "see the schema of a case")


def _range(schema: Any) -> str:
    low, high = (schema.get(key) if isinstance(schema, Mapping) else None for key in ("minimum", "maximum"))
    return f", {low} to {high}" if low is not None and high is not None else ""
