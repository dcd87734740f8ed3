"""A condition as a pair of solver terms: "surely yes" and "surely no". What is neither is unknown.

Every fact becomes a value and a flag that says whether it is known; what the vocabulary promises about values
(ranges, words, no id both in and out of a set) becomes axioms. The solver is heavy: it is imported when first used,
and only the worker uses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, assert_never

from rules.expr import (
    AllOf,
    And,
    AnyOf,
    Between,
    Compare,
    Constant,
    Expr,
    Holds,
    Known,
    Member,
    Not,
    OneOf,
    Operator,
    Or,
)
from rules.facts import Facts, FactSet, Value
from rules.vocabulary import Fact, FactType, Vocabulary

Term: TypeAlias = Any  # z3 has no types of its own


@dataclass(frozen=True, slots=True)
class Terms:
    """`yes` is true exactly when the condition is surely yes, `no` when it is surely no; never both."""

    yes: Term
    no: Term


class Patient:
    """One arbitrary patient: the solver's variables for the facts that conditions read, with their axioms."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        import z3

        self._z3 = z3
        self._vocabulary = vocabulary
        self._values: dict[str, Term] = {}
        self._ids: dict[str, dict[str, tuple[Term, Term]]] = {}
        self.axioms: list[Term] = []

    def terms(self, expr: Expr) -> Terms:
        """The condition about this patient. Raises KeyError for a fact outside the vocabulary."""
        z3 = self._z3
        match expr:
            case Constant():
                return Terms(z3.BoolVal(expr.value), z3.BoolVal(not expr.value))
            case Holds():
                return self._when_known(expr.fact, self._value(expr.fact))
            case Known():
                known = self._known(expr.fact)
                return Terms(known, z3.Not(known))
            case Compare():
                return self._when_known(expr.fact, self._compare(expr.fact, expr.operator, expr.value))
            case Between():
                low = self._compare(expr.fact, ">=" if expr.low_included else ">", expr.low)
                high = self._compare(expr.fact, "<=" if expr.high_included else "<", expr.high)
                return self._when_known(expr.fact, z3.And(low, high))
            case OneOf():
                return self._when_known(expr.fact, z3.Or([self._compare(expr.fact, "==", v) for v in expr.values]))
            case Member():
                return self._member(expr.fact, expr.value)
            case AnyOf():
                return self._any(self._member(expr.fact, value) for value in expr.values)
            case AllOf():
                return self._all(self._member(expr.fact, value) for value in expr.values)
            case Not():
                terms = self.terms(expr.of)
                return Terms(terms.no, terms.yes)
            case And():
                return self._all(map(self.terms, expr.parts))
            case Or():
                return self._any(map(self.terms, expr.parts))
            case _:
                assert_never(expr)

    def facts(self, model: Term) -> Facts:
        """The patient of a solution, as facts; what the solution leaves open is unknown."""
        found: dict[str, Value] = {}
        for name, value in self._values.items():
            if self._is_true(model, self._known(name)):
                found[name] = self._python(self._vocabulary[name], model.eval(value, model_completion=True))
        for name, ids in self._ids.items():
            members = frozenset(value for value, (inside, _) in ids.items() if self._is_true(model, inside))
            absent = frozenset(value for value, (_, outside) in ids.items() if self._is_true(model, outside))
            held = FactSet(members, absent, self._is_true(model, self._known(name)))
            if held != FactSet():
                found[name] = held
        return found

    def holding(self, facts: Facts) -> list[Term]:
        """What pins this patient down to the given facts, as far as conditions read them."""
        z3, pins = self._z3, []
        for name, value in self._values.items():
            held = facts.get(name)
            pins.append(self._known(name) == (held is not None))
            if held is not None:
                pins.append(value == self._constant(self._vocabulary[name], held))
        for name, ids in self._ids.items():
            held = facts.get(name, FactSet())
            assert isinstance(held, FactSet)
            pins.append(self._known(name) == held.complete)
            for id_, (inside, outside) in ids.items():
                pins += [inside == (id_ in held.members), outside == (id_ in held.absent)]
        return [z3.simplify(pin) for pin in pins]

    def _all(self, parts: Iterable[Terms]) -> Terms:
        terms = list(parts)
        return Terms(self._z3.And([term.yes for term in terms]), self._z3.Or([term.no for term in terms]))

    def _any(self, parts: Iterable[Terms]) -> Terms:
        terms = list(parts)
        return Terms(self._z3.Or([term.yes for term in terms]), self._z3.And([term.no for term in terms]))

    def _when_known(self, name: str, holds: Term) -> Terms:
        known = self._known(name)
        return Terms(self._z3.And(known, holds), self._z3.And(known, self._z3.Not(holds)))

    def _known(self, name: str) -> Term:
        """The flag: known, or for a set complete."""
        if self._vocabulary[name].type is FactType.SET:
            self._ids.setdefault(name, {})
        else:
            self._value(name)
        return self._z3.Bool(f"known {name}")

    def _value(self, name: str) -> Term:
        if name not in self._values:
            self._values[name] = self._new_value(self._vocabulary[name])
        return self._values[name]

    def _new_value(self, fact: Fact) -> Term:
        z3 = self._z3
        if fact.type is FactType.BOOL:
            return z3.Bool(fact.name)
        value = z3.Real(fact.name) if fact.type is FactType.NUMBER else z3.Int(fact.name)
        low, high = (0, len(fact.values) - 1) if fact.type is FactType.ENUM else (fact.low, fact.high)
        if low is not None:
            self.axioms.append(value >= self._number(low))
        if high is not None:
            self.axioms.append(value <= self._number(high))
        return value

    def _member(self, name: str, value: str) -> Terms:
        z3, complete = self._z3, self._known(name)
        ids = self._ids[name]
        if value not in ids:
            inside, outside = z3.Bool(f"{value} in {name}"), z3.Bool(f"{value} not in {name}")
            self.axioms.append(z3.Not(z3.And(inside, outside)))
            ids[value] = inside, outside
        inside, outside = ids[value]
        return Terms(inside, z3.And(z3.Not(inside), z3.Or(complete, outside)))

    def _compare(self, name: str, operator: Operator, literal: float | str) -> Term:
        value, other = self._value(name), self._constant(self._vocabulary[name], literal)
        match operator:
            case "<":
                return value < other
            case "<=":
                return value <= other
            case ">":
                return value > other
            case ">=":
                return value >= other
            case "==":
                return value == other
            case "!=":
                return value != other

    def _constant(self, fact: Fact, value: Value) -> Term:
        if isinstance(value, bool):
            return self._z3.BoolVal(value)
        if isinstance(value, str):
            return self._z3.IntVal(list(fact.values).index(value))
        assert not isinstance(value, FactSet)
        return self._number(value)

    def _number(self, value: float) -> Term:
        # Exact: 0.1 as Python holds it, not as it prints.
        return self._z3.RealVal(str(Fraction(value)))

    def _python(self, fact: Fact, term: Term) -> Value:
        match fact.type:
            case FactType.BOOL:
                return bool(self._z3.is_true(term))
            case FactType.ENUM:
                return list(fact.values)[int(term.as_long())]
            case FactType.INT:
                return int(term.as_long())
            case FactType.NUMBER:
                exact = Fraction(term.numerator_as_long(), term.denominator_as_long())
                return int(exact) if exact.denominator == 1 else float(exact)
            case FactType.SET:
                raise AssertionError("a set is read id by id")
            case _:
                assert_never(fact.type)

    def _is_true(self, model: Term, term: Term) -> bool:
        return bool(self._z3.is_true(model.eval(term, model_completion=True)))
