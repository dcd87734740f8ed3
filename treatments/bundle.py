"""The rulebook as one file: the canonical form in which a release leaves, is compared, is checked and comes back.

A bundle is YAML with a short header (`bundle`, `release`, `digest`) and the content by file name. Keys stand in a fixed
order, so equal content gives equal text. The digest in the header says what was exported; what counts is the digest of
the content as it is read, so a bundle that somebody edited is simply different content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rules.strict_yaml import YamlInvalid, load
from treatments.content import ContentInvalid, Files, Problem, build, digest
from treatments.rulebook import Rulebook

if TYPE_CHECKING:
    from yaml import SafeDumper as _Base
else:
    _Base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

FORMAT = 1
EDITED = "edited"
_HEADER = ("bundle", "release", "digest", "content")
# What a reader looks for first; all other keys follow by the alphabet.
_FIRST = ("id", "name", "title", "label", "fact", "effect", "action", "line", "options", "when", "text", "condition")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Content by file name, the release that it says it is, and the digest that its header claims (None: none)."""

    files: Files
    release: str
    claimed_digest: str | None

    @property
    def digest(self) -> str:
        """The digest of the content as it stands here."""
        return digest(self.files)

    @property
    def is_edited(self) -> bool:
        """Whether the content is something else than what was exported."""
        return self.claimed_digest != self.digest

    def rulebook(self) -> Rulebook:
        """The rulebook of this content; raises ContentInvalid with every problem."""
        return build(self.files, EDITED if self.is_edited else self.release)


def canonical(files: Files) -> str:
    """The canonical JSON of content; its sha256 is the digest."""
    return json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def dump(files: Files, release: str) -> str:
    """Content as a bundle: equal content and release give equal text."""
    header = {"bundle": FORMAT, "release": release, "digest": digest(files)}
    top = yaml.dump(header, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    content = {name: _ordered(files[name]) for name in sorted(files)}
    body = yaml.dump({"content": content}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return f"{top}{body}"


def read(text: str) -> Bundle:
    """Read a bundle. Raises ContentInvalid when the text is not one; whether the content is good is not asked here."""
    try:
        data = load(text)
    except YamlInvalid as error:
        raise ContentInvalid([Problem("bundle", str(error))]) from None
    if not isinstance(data, Mapping) or data.get("bundle") != FORMAT:
        raise ContentInvalid([Problem("bundle", f"this is not a rulebook bundle: it must begin with bundle: {FORMAT}")])
    problems = [Problem("bundle", f"the key {key} is not known") for key in data if key not in _HEADER]
    content = data.get("content")
    if not isinstance(content, dict) or not content:
        problems.append(Problem("bundle content", "the content by file name is missing"))
        content = {}
    if problems:
        raise ContentInvalid(problems)
    claimed = data.get("digest")
    return Bundle(content, str(data.get("release", EDITED)), claimed if isinstance(claimed, str) else None)


def read_file(path: Path) -> Bundle:
    """Read a bundle from a file. Raises ContentInvalid when it is not one, OSError when there is no such file."""
    try:
        return read(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ContentInvalid([Problem(str(path), "the file is not text in UTF-8")]) from None


class _Condition(str):
    """The text of a condition, which always stands between quotes."""

    __slots__ = ()


class _Dumper(_Base):
    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: a bundle has no anchors."""
        return True


_Dumper.add_representer(
    _Condition, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


def _ordered(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
        return {name: _ordered(value[name], name) for name in names}
    if isinstance(value, list):
        return [_ordered(item, key) for item in value]
    if isinstance(value, str) and (key.endswith("when") or key == "only_if"):
        return _Condition(value)
    return value
