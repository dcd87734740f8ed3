"""Text of a case (YAML or JSON) to plain data, with everything that is wrong in the text itself. Pure.

Dates stay text, a key that stands twice is a problem with its place, and anchors, tags, oversized and deeply nested
files are refused before they can cost anything. `treatments.case_reading` checks what the data say.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as _Parser
else:
    _Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES = 512 * 1024
MAX_DEPTH = 12
_SHOWN = 80

Step: TypeAlias = str | int
Place: TypeAlias = tuple[Step, ...]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?\Z")
_TRUTHS = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
_NOTHING = ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what is wrong, and what would be right."""

    place: Place
    problem: str
    expected: str

    @property
    def path(self) -> str:
        """The place as people write it: `pain.areas[0].regions[1]`."""
        text = ""
        for step in self.place:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text

    def to_json(self) -> dict[str, str]:
        """The problem as it is reported to outside programs."""
        return {"path": self.path, "problem": self.problem, "expected": self.expected}


@dataclass(slots=True)
class Document:
    """Data of a text; `bare` keeps the words that YAML read as truth values, by place."""

    data: Any = None
    problems: list[Problem] = field(default_factory=list)
    bare: dict[Place, str] = field(default_factory=dict)


class _Unreadable(Exception):
    def __init__(self, problem: str, expected: str) -> None:
        self.problem = Problem((), problem, expected)


def shown(value: object) -> str:
    """A value as it is quoted in a message: never long, whole numbers without a fraction."""
    if isinstance(value, float) and math.isfinite(value):
        text = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    else:
        text = str(value)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def read(text: str | bytes) -> Document:
    """Read a text. `data` is None when it cannot be read at all; `problems` then says why."""
    document = Document()
    try:
        plain = _decoded(text)
        if plain.lstrip()[:1] in ("{", "["):
            try:
                document.data = _from_json(plain, document)
            except ValueError:
                document.problems.clear()
                document.data = _YamlReader(plain, document).read()
        else:
            document.data = _YamlReader(plain, document).read()
    except _Unreadable as error:
        document.data = None
        document.problems = [error.problem]
    return document


def _decoded(text: str | bytes) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise _Unreadable(f"the file has {size} bytes", f"at most {MAX_BYTES} bytes")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _Unreadable(f"byte {error.start + 1} is not UTF-8", "text in UTF-8") from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise _Unreadable("the file is empty", "a case: id, as_of and patient at least")
    return text


# --- JSON -------------------------------------------------------------------------------------------------------------


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON text before its keys are looked at."""


def _not_json(word: str) -> NoReturn:
    raise _Unreadable(f"{word} is not a number of JSON", "a finite number, or null")


def _from_json(text: str, document: Document) -> Any:
    try:
        raw = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_not_json, parse_int=_whole)
    except RecursionError:
        raise _Unreadable("the nesting is too deep", f"at most {MAX_DEPTH} levels") from None
    return _unpaired(raw, (), document)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 30 else math.inf


def _unpaired(value: Any, place: Place, document: Document) -> Any:
    if len(place) > MAX_DEPTH:
        raise _Unreadable("the nesting is too deep", f"at most {MAX_DEPTH} levels")
    if isinstance(value, _Pairs):
        found: dict[str, Any] = {}
        for key, inner in value:
            if key in found:
                document.problems.append(_twice((*place, key)))
            else:
                found[key] = _unpaired(inner, (*place, key), document)
        return found
    if isinstance(value, list):
        return [_unpaired(inner, (*place, index), document) for index, inner in enumerate(value)]
    return value


def _twice(place: Place) -> Problem:
    return Problem(place, "the key occurs twice", "each key once")


# --- YAML -------------------------------------------------------------------------------------------------------------


class _YamlReader:
    """Builds data from the events of the parser, so that places are known and nothing is expanded."""

    def __init__(self, text: str, document: Document) -> None:
        self.document = document
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_Parser))

    def read(self) -> Any:
        try:
            while not isinstance(event := next(self.events), yaml.DocumentStartEvent):
                if isinstance(event, yaml.StreamEndEvent):
                    raise _Unreadable("the file is empty", "a case: id, as_of and patient at least")
            data = self._node(next(self.events), ())
            next(self.events)
            if not isinstance(next(self.events), yaml.StreamEndEvent):
                raise _Unreadable("there is more than one document", "one case a file")
        except yaml.YAMLError as error:
            raise _Unreadable(f"not YAML: {_reason(error)}", "YAML or JSON") from None
        return data

    def _node(self, event: yaml.Event, place: Place) -> Any:
        if len(place) > MAX_DEPTH:
            raise _Unreadable("the nesting is too deep", f"at most {MAX_DEPTH} levels")
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            self._problem(place, f"an alias (*{shown(anchor)}) is not read", "the value written out")
            return None
        if anchor:
            self._problem(place, f"an anchor (&{shown(anchor)}) is not read", "the value without an anchor")
        if tag not in (None, "!"):
            self._problem(place, f"a tag ({shown(tag)}) is not read", "the value without a tag")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
                items.append(self._node(inner, (*place, len(items))))
            return items
        return self._mapping(place)

    def _mapping(self, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._problem(place, "a key that is not a word", "keys that are words")
                self._node(event, (*place, "?"))
                self._node(next(self.events), (*place, "?"))
                continue
            key = str(event.value)
            value = self._node(next(self.events), (*place, key))
            if key in found:
                self.document.problems.append(_twice((*place, key)))
            else:
                found[key] = value
        return found

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Any:
        text = str(event.value)
        if not event.implicit[0] or event.style not in (None, ""):
            return text
        word = text.casefold()
        if word in _NOTHING:
            return None
        if word in _TRUTHS:
            self.document.bare[place] = text
            return _TRUTHS[word]
        if match := _NUMBER.match(text):
            number: int | float = float(text) if match[1] or match[2] else int(text)
            return number if math.isfinite(number) else text
        return text

    def _problem(self, place: Place, problem: str, expected: str) -> None:
        self.document.problems.append(Problem(place, problem, expected))


def _reason(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    return shown(f"{where}{reason}")
