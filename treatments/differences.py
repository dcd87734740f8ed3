"""What changed between two contents, thing by thing and in sentences. Pure: two contents in, a list of changes out.

A thing is what has an id: a rule, an agent, a therapy, an interaction, a source. What belongs to no such thing is
compared under the name of its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from treatments.content import Files

Key: TypeAlias = tuple[str, str]

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
# How the lists of the content are called in the singular; a list that is not here keeps its own name.
_KINDS = {
    "therapies": "therapy",
    "rules": "rule",
    "rows": "rule",
    "tables": "table",
    "interactions": "interaction",
    "classes": "class",
    "combinations": "combination",
    "sources": "source",
    "topics": "topic",
    "caregiver_guidance": "guidance",
    "facts": "fact",
    "concepts": "concept",
    "conditions": "condition",
    "medicines": "medicine",
    "drugs": "medicine code",
}
# By what the entries of a list without ids are recognised, first match first.
_NAMES = ("id", "name", "day", "condition", "guideline", "test", "effect", "fact", "term", "text", "finding")
_LONGEST = 160


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference. `path` is empty when the whole thing is new or gone; `before` and `after` are plain data."""

    kind: str
    id: str
    change: str
    path: str = ""
    before: Any = None
    after: Any = None

    @property
    def sentence(self) -> str:
        """The change as a sentence."""
        subject = f"{self.kind.capitalize()} {self.id}"
        if not self.path:
            return f"{subject} is new{_what(self.after)}." if self.change == ADDED else f"{subject} is gone."
        where = self.path.replace("_", " ")
        match self.change:
            case "added":
                return f"{subject}: {where} is new: {_shown(self.after)}."
            case "removed":
                return f"{subject}: {where} is gone; it was {_shown(self.before)}."
            case _:
                return f"{subject}: {where} was {_shown(self.before)} and is now {_shown(self.after)}."

    def as_json(self) -> dict[str, Any]:
        """The change as plain data, with its sentence."""
        named = {"kind": self.kind, "id": self.id, "change": self.change, "path": self.path}
        return {**named, "before": self.before, "after": self.after, "sentence": self.sentence}


def differences(before: Files, after: Files) -> list[Change]:
    """Every change from one content to the other, in the order of kinds and ids."""
    old, new = _things(before), _things(after)
    found: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            found.append(Change(*key, ADDED, after=new[key]))
        elif key not in new:
            found.append(Change(*key, REMOVED, before=old[key]))
        else:
            found.extend(Change(*key, *rest) for rest in _compare(old[key], new[key], ""))
    return found


def _things(files: Files) -> dict[Key, Any]:
    things: dict[Key, Any] = {}
    for name in sorted(files):
        kind = "agent" if name.startswith("agents/") else "file"
        data = files[name]
        own = str(data["id"]) if isinstance(data, Mapping) and "id" in data and kind == "agent" else name
        things[kind, own] = _without_things(data, things)
    return things


def _without_things(data: Any, things: dict[Key, Any]) -> Any:
    """The data with everything that is a thing of its own taken out and put among the things."""
    if not isinstance(data, Mapping):
        return data
    rest: dict[str, Any] = {}
    for key, value in data.items():
        if key in _KINDS and isinstance(value, list) and value and all(_named(item) for item in value):
            for item in value:
                things[_KINDS[key], str(item.get("id", item.get("name")))] = _without_things(item, things)
        else:
            rest[key] = value
    return rest


def _named(item: object) -> bool:
    return isinstance(item, Mapping) and ("id" in item or "name" in item)


def _compare(old: Any, new: Any, path: str) -> Iterator[tuple[str, str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _compare_parts(dict(old), dict(new), path)
    elif isinstance(old, list) and isinstance(new, list):
        if all(isinstance(item, Mapping) for item in (*old, *new)) and (old or new):
            yield from _compare_parts(_by_name(old), _by_name(new), path)
        elif old != new:
            yield CHANGED, path, old, new
    # 30 and 30.0 are the same dose; true and 1 are not the same answer.
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield CHANGED, path, old, new


def _compare_parts(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, Any, Any]]:
    for key in sorted(old.keys() | new.keys()):
        place = f"{path} {key}".strip()
        if key not in old:
            yield ADDED, place, None, new[key]
        elif key not in new:
            yield REMOVED, place, old[key], None
        else:
            yield from _compare(old[key], new[key], place)


def _by_name(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for number, item in enumerate(items, start=1):
        key = next((name for name in _NAMES if name in item), "")
        name = str(item[key]) if key else str(number)
        label = f"{key} {name}" if key == "day" else name
        while label in named:
            label += " (again)"
        named[label] = item
    return named


def _what(data: Any) -> str:
    if not isinstance(data, Mapping):
        return ""
    parts = [str(data[key]) for key in ("effect", "severity", "status") if key in data]
    if "when" in data:
        parts.append(f"when {data['when']}")
    text = data.get("text") or data.get("title") or data.get("name") or data.get("management")
    if text:
        parts.append(_short(str(text)).rstrip("."))
    return ": " + "; ".join(parts) if parts else ""


def _shown(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "yes" if value else "no"
        case str():
            return f"“{_short(value)}”"
        case list() if not any(isinstance(item, Mapping | list) for item in value):
            return _short(", ".join(map(str, value))) or "empty"
        case list() | Mapping():
            return _short(_flat(value))
        case _:
            return str(value)


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')} {_flat(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(map(_flat, value))
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
