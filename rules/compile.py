"""A whole rulebook as one Python function: every distinct part is computed once per patient.

Inside, truth is a number whose bits read "surely" and "possibly": no 0, unknown 1, yes 3. So `and` is `&`, `or` is
`|`, and no branch is taken. The source is generated from typed nodes only: names and words enter it as string
literals written by `repr`, never as code. Meaning is that of `evaluate` (tests/rules/test_agreement.py), for facts
that fit the vocabulary; a value of a wrong type is not diagnosed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

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
    Or,
    walk,
)
from rules.facts import Facts, FactSet
from rules.truth import Truth

NO, UNKNOWN, YES = 0, 1, 3
TRUTHS: tuple[Truth, Truth, Truth, Truth] = (Truth.NO, Truth.UNKNOWN, Truth.UNKNOWN, Truth.YES)
_CODES = {Truth.NO: NO, Truth.UNKNOWN: UNKNOWN, Truth.YES: YES}
_NOT = (YES, UNKNOWN, UNKNOWN, NO)
_NO_SET = FactSet()


@dataclass(frozen=True, slots=True)
class Batch:
    """Compiled conditions. `codes(facts)` gives one of NO, UNKNOWN, YES per condition, in their order."""

    codes: Callable[[Facts], list[int]] = field(repr=False)
    size: int

    def __call__(self, facts: Facts) -> list[Truth]:
        """The truth of every condition, in their order."""
        truths = TRUTHS
        return [truths[code] for code in self.codes(facts)]


def compile_batch(exprs: Sequence[Expr]) -> Batch:
    """Turn conditions into one function.

    To ask a part of a rulebook under changed facts (the rules of one medicine while its own entry is left out of
    the medicine list), compile that part as its own batch: cost grows only with what the batch reads.
    """
    source = _Source(exprs)
    space = {**source.constants, "_NOT": _NOT, "_NO_SET": _NO_SET}
    exec(compile(source.text, "<rules>", "exec"), space)  # noqa: S102  our own text, made from checked nodes only
    codes = space["codes"]
    assert callable(codes)
    return Batch(codes, len(exprs))


def code(truth: Truth) -> int:
    """The number that stands for a truth value in `Batch.codes`."""
    return _CODES[truth]


class _Source:
    """Writes the function; a fact or a part that is needed more than once gets a local variable."""

    def __init__(self, exprs: Sequence[Expr]) -> None:
        self.lines = ["def codes(facts):", " get = facts.get"]
        self.facts: dict[str, str] = {}
        self.sets: dict[str, tuple[str, str, str]] = {}
        self.parts: dict[Expr, str] = {}
        self.constants: dict[str, object] = {}
        self.uses = Counter(_uses(exprs))
        results = [self.part(expr) for expr in exprs]
        self.text = "\n".join([*self.lines, f" return [{', '.join(results)}]", ""])

    def part(self, expr: Expr) -> str:
        """The text that stands for a part: brackets, or a variable when it is needed again."""
        if expr not in self.parts:
            text = self.formula(expr)
            self.parts[expr] = self.local(text) if self.uses[expr] > 1 else f"({text})"
        return self.parts[expr]

    def local(self, text: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f" {name} = {text}")
        return name

    def constant(self, value: object) -> str:
        name = f"_K{len(self.constants)}"
        self.constants[name] = value
        return name

    def fact(self, name: str) -> str:
        if name not in self.facts:
            self.facts[name] = self.local(f"get({name!r})")
        return self.facts[name]

    def set(self, name: str) -> tuple[str, str, str]:
        if name not in self.sets:
            value = self.local(f"{self.fact(name)} or _NO_SET")
            self.sets[name] = (
                self.local(f"{value}.members"),
                self.local(f"{value}.absent"),
                self.local(f"0 if {value}.complete else 1"),
            )
        return self.sets[name]

    def formula(self, expr: Expr) -> str:
        match expr:
            case Constant():
                return str(YES if expr.value else NO)
            case Holds():
                fact = self.fact(expr.fact)
                return f"3 if {fact} is True else 0 if {fact} is False else 1"
            case Known():
                fact = self.fact(expr.fact)
                # A set has an attribute `complete`; every other value is known by being there.
                return f"0 if {fact} is None else 3 if getattr({fact}, 'complete', True) else 0"
            case Compare():
                fact = self.fact(expr.fact)
                return f"1 if {fact} is None else 3 if {fact} {expr.operator} {expr.value!r} else 0"
            case Between():
                fact = self.fact(expr.fact)
                low, high = ("<=" if included else "<" for included in (expr.low_included, expr.high_included))
                test = f"{expr.low!r} {low} {fact} {high} {expr.high!r}"
                return f"1 if {fact} is None else 3 if {test} else 0"
            case OneOf():
                fact = self.fact(expr.fact)
                return f"1 if {fact} is None else 3 if {fact} in {expr.values!r} else 0"
            case Member():
                members, absent, otherwise = self.set(expr.fact)
                return f"3 if {expr.value!r} in {members} else 0 if {expr.value!r} in {absent} else {otherwise}"
            case AnyOf():
                members, absent, otherwise = self.set(expr.fact)
                wanted = self.constant(frozenset(expr.values))
                return f"(0 if {wanted} <= {absent} else {otherwise}) if {wanted}.isdisjoint({members}) else 3"
            case AllOf():
                members, absent, otherwise = self.set(expr.fact)
                wanted = self.constant(frozenset(expr.values))
                return f"3 if {wanted} <= {members} else {otherwise} if {wanted}.isdisjoint({absent}) else 0"
            case Not():
                return f"_NOT[{self.part(expr.of)}]"
            case And():
                return " & ".join(map(self.part, expr.parts))
            case Or():
                return " | ".join(map(self.part, expr.parts))
            case _:
                assert_never(expr)


def _uses(exprs: Iterable[Expr]) -> Iterable[Expr]:
    for expr in exprs:
        yield from walk(expr)
