"""The same conditions as a decision table of the ZEN engine, to measure ours beside an engine written in Rust.

ZEN knows two truth values: a fact that is unknown is null there and makes no condition true. So what the two
engines say *yes* to must be the same rules, and that is checked before anything is timed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, assert_never

from rules.expr import AllOf, And, AnyOf, Between, Compare, Constant, Expr, Holds, Known, Member, Not, OneOf, Or
from rules.facts import Facts, FactSet
from rules.vocabulary import FactType, Vocabulary
from treatments.rulebook import Rule


def decision(rules: Sequence[Rule]) -> Any:
    """The rules as one decision table that collects the id of every rule whose condition holds."""
    import zen

    return zen.ZenEngine().create_decision(json.dumps(_graph(rules)))


def context(facts: Facts, vocabulary: Vocabulary) -> dict[str, Any]:
    """The facts as ZEN reads them: null for unknown, a list of the known members for a set."""
    found: dict[str, Any] = {}
    for name, fact in vocabulary.facts.items():
        value = facts.get(name)
        if fact.type is FactType.SET:
            found[name] = sorted(value.members) if isinstance(value, FactSet) else []
        else:
            found[name] = value
    return found


def fired(result: dict[str, Any]) -> set[str]:
    """The ids of the rules that a decision collected."""
    return {row["rule"] for row in result["result"] or ()}


def _graph(rules: Sequence[Rule]) -> dict[str, Any]:
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "when", "name": "when", "type": "expression", "field": ""}],
        "outputs": [{"id": "rule", "name": "rule", "type": "expression", "field": "rule"}],
        "rules": [
            {"_id": str(number), "when": expression(rule.when), "rule": json.dumps(rule.id)}
            for number, rule in enumerate(rules)
        ],
    }
    return {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "first", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "last", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }


def expression(expr: Expr) -> str:
    """A condition in ZEN's expression language."""
    match expr:
        case Constant():
            return "true" if expr.value else "false"
        case Holds():
            return f"{expr.fact} == true"
        case Known():
            return f"{expr.fact} != null"
        case Compare():
            return f"({expr.fact} != null and {expr.fact} {expr.operator} {json.dumps(expr.value)})"
        case Between():
            low = ">=" if expr.low_included else ">"
            high = "<=" if expr.high_included else "<"
            return f"({expr.fact} != null and {expr.fact} {low} {expr.low} and {expr.fact} {high} {expr.high})"
        case OneOf():
            return f"({expr.fact} != null and {expr.fact} in {json.dumps(list(expr.values))})"
        case Member():
            return f"({json.dumps(expr.value)} in {expr.fact})"
        case AnyOf():
            return "(" + " or ".join(f"{json.dumps(value)} in {expr.fact}" for value in expr.values) + ")"
        case AllOf():
            return "(" + " and ".join(f"{json.dumps(value)} in {expr.fact}" for value in expr.values) + ")"
        case Not():
            return f"not ({expression(expr.of)})"
        case And():
            return "(" + " and ".join(map(expression, expr.parts)) + ")"
        case Or():
            return "(" + " or ".join(map(expression, expr.parts)) + ")"
    assert_never(expr)
