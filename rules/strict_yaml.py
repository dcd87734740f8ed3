"""YAML text to plain data, strictly: one document, no anchors, no key twice, no word that turns into a truth value.

`no`, `yes`, `on` and dates stay text; only true, false, null and numbers are read as such. The libyaml parser is
used where the wheel has it, since the content is large.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as _Base
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_TEXT, _LIST, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))


class YamlInvalid(ValueError):
    """The text is not the YAML that we accept; the message says where and why."""


class _Loader(_Base):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


def _resolve(tag: str, pattern: str, first: str) -> None:
    for letter in first:
        _Loader.yaml_implicit_resolvers.setdefault(letter, []).append((tag, re.compile(pattern)))


_resolve("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf")
_resolve("tag:yaml.org,2002:null", r"^null$", "n")
_resolve("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789")
_resolve("tag:yaml.org,2002:float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$", "-0123456789")


def _data(loader: _Loader, node: yaml.Node) -> Any:
    """What a node holds. Nearly all are text, lists and mappings; going to them directly saves a third of the time."""
    if node.tag == _TEXT and isinstance(node, yaml.ScalarNode):
        return node.value
    if node.tag == _LIST and isinstance(node, yaml.SequenceNode):
        return [_data(loader, item) for item in node.value]
    if node.tag == _MAP and isinstance(node, yaml.MappingNode):
        return _mapping(loader, node)
    return loader.construct_object(node, deep=True)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _data(loader, key_node)
        if not isinstance(key, str):
            key = str(key_node.value)
        if key in result:
            raise YamlInvalid(f"{_where(key_node)}: the key {key!r} occurs twice")
        result[key] = _data(loader, value_node)
    return result


_Loader.add_constructor(_MAP, _mapping)


def _where(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}"


def _refuse_anchors(text: str) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise YamlInvalid(f"line {line}: anchors and aliases are not accepted")


def load(text: str) -> Any:
    """Read one YAML document. Raises YamlInvalid with the place for anything that we do not accept."""
    try:
        if "&" in text or "*" in text:
            _refuse_anchors(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader of our own
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise YamlInvalid(f"{place}{getattr(error, 'problem', None) or error}") from None
