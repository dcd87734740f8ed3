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

# A set is known when it is complete; a list cannot say that, so a second name does.
COMPLETE = "_complete"


def decision(rules: Sequence[Rule], vocabulary: Vocabulary) -> Any:
    """The rules as one decision table that collects the id of every rule whose condition holds."""
    import zen

    return zen.ZenEngine().create_decision(json.dumps(_graph(rules, _sets(vocabulary))))


def context(facts: Facts, vocabulary: Vocabulary) -> dict[str, Any]:
    """The facts as ZEN reads them: null for unknown, a list of the known members for a set."""
    found: dict[str, Any] = {}
    for name, fact in vocabulary.facts.items():
        value = facts.get(name)
        if fact.type is FactType.SET:
            found[name] = sorted(value.members) if isinstance(value, FactSet) else []
            found[name + COMPLETE] = isinstance(value, FactSet) and value.complete
        else:
            found[name] = value
    return found


def fired(result: dict[str, Any]) -> set[str]:
    """The ids of the rules that a decision collected."""
    return {row["rule"] for row in result["result"] or ()}


def _sets(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(name for name, fact in vocabulary.facts.items() if fact.type is FactType.SET)


def _graph(rules: Sequence[Rule], sets: frozenset[str]) -> dict[str, Any]:
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "when", "name": "when", "type": "expression", "field": ""}],
        "outputs": [{"id": "rule", "name": "rule", "type": "expression", "field": "rule"}],
        "rules": [
            {"_id": str(number), "when": expression(rule.when, sets), "rule": json.dumps(rule.id)}
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


def expression(expr: Expr, sets: frozenset[str] = frozenset()) -> str:
    """A condition in ZEN's expression language; `sets` are the facts that are sets."""
    match expr:
        case Constant():
            return "true" if expr.value else "false"
        case Holds():
            return f"{expr.fact} == true"
        case Known():
            return f"{expr.fact}{COMPLETE} == true" if expr.fact in sets else f"{expr.fact} != null"
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
            return f"not ({expression(expr.of, sets)})"
        case And():
            return "(" + " and ".join(expression(part, sets) for part in expr.parts) + ")"
        case Or():
            return "(" + " or ".join(expression(part, sets) for part in expr.parts) + ")"
    assert_never(expr)
