"""Text to tree and back. Python's own grammar reads the text; only the constructs listed here get through.

The text is never executed. Length and depth are limited, so reading always ends, with a tree or with a list of
problems that each have a place.
"""

from __future__ import annotations

import ast
import json
from typing import assert_never

from rules.expr import (
    MAX_NUMBER,
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
    is_name,
    is_value,
)
from rules.problems import ConditionInvalid, Problem, Span

MAX_LENGTH = 4000
MAX_DEPTH = 20

_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_FUNCTIONS = ("known", "any_of", "all_of", "none_of")
# Characters that Python's tokeniser would act on silently: comments, line continuation and escapes.
_FORBIDDEN = {"#": "a comment", "\\": "a backslash"}

Literal = bool | int | float | str


def parse(text: str) -> Expr:
    """Read a condition. Raises ConditionInvalid with every problem found and its place."""
    return _Reader(text).read()


def unparse(expr: Expr) -> str:
    """The canonical text of a condition: `parse(unparse(e)) == e`."""
    match expr:
        case Constant():
            return str(expr.value)
        case Holds():
            return expr.fact
        case Known():
            return f"known({expr.fact})"
        case Compare():
            return f"{expr.fact} {expr.operator} {literal(expr.value)}"
        case Between():
            low, high = ("<=" if included else "<" for included in (expr.low_included, expr.high_included))
            return f"{literal(expr.low)} {low} {expr.fact} {high} {literal(expr.high)}"
        case OneOf():
            return f"{expr.fact} in {_tuple(expr.values)}"
        case Member():
            return f"{literal(expr.value)} in {expr.fact}"
        case AnyOf():
            return f"any_of({expr.fact}, {', '.join(map(literal, expr.values))})"
        case AllOf():
            return f"all_of({expr.fact}, {', '.join(map(literal, expr.values))})"
        case Not(of=Member() as member):
            return f"{literal(member.value)} not in {member.fact}"
        case Not(of=OneOf() as one_of):
            return f"{one_of.fact} not in {_tuple(one_of.values)}"
        case Not():
            return f"not {_grouped(expr.of)}"
        case And():
            return " and ".join(map(_grouped, expr.parts))
        case Or():
            return " or ".join(map(_grouped, expr.parts))
        case _:
            assert_never(expr)


def literal(value: float | str) -> str:
    """A literal in canonical form: words in double quotes, 30.0 as 30."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value)


def _tuple(values: tuple[str, ...]) -> str:
    return f"({', '.join(map(literal, values))}{',' if len(values) == 1 else ''})"


def _grouped(expr: Expr) -> str:
    text = unparse(expr)
    return f"({text})" if isinstance(expr, And | Or) else text


class _Refused(Exception):
    """Leaves a part that cannot be read; its problem has been noted."""


class _Reader:
    """Reads one text; collects problems instead of stopping at the first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.margin = len(text) - len(text.lstrip())
        # One line for Python, so that a condition may be folded in the data file; places are found again by offset.
        self.line = "".join(" " if char in "\r\n\t\f\v" else char for char in text).strip()

    def read(self) -> Expr:
        result = self._try(self._python_tree(), MAX_DEPTH)
        if self.problems or result is None:
            raise ConditionInvalid(sorted(self.problems, key=lambda problem: problem.span or Span(0, 0, 0, 0)))
        return result

    def _python_tree(self) -> ast.expr:
        if not self.line:
            raise ConditionInvalid([Problem("the condition is empty")])
        if len(self.text) > MAX_LENGTH:
            raise ConditionInvalid([Problem(f"the condition is longer than {MAX_LENGTH} characters")])
        for offset, char in enumerate(self.line):
            if char in _FORBIDDEN or not char.isprintable():
                what = _FORBIDDEN.get(char, "a control character")
                raise ConditionInvalid([Problem(f"{what} cannot stand in a condition", self._span(offset, offset + 1))])
        try:
            return ast.parse(self.line, mode="eval").body
        except SyntaxError as error:
            # Python gives place 0 for text that breaks off.
            start = error.offset - 1 if error.offset else len(self.line)
            end = (error.end_offset or 0) - 1
            span = self._span(start, end if end > start else start + 1)
            message = error.msg if error.offset else "it breaks off"
            raise ConditionInvalid([Problem(f"not readable: {message}", span)]) from None
        except (RecursionError, MemoryError, ValueError):
            raise ConditionInvalid([Problem("the condition is nested too deeply")]) from None

    def _condition(self, node: ast.expr, depth: int) -> Expr:
        if depth == 0:
            raise self._refuse(node, f"nested more than {MAX_DEPTH} deep: split the rule")
        span = self._place(node)
        match node:
            case ast.BoolOp():
                # Each part is read even when an earlier one failed, so that all problems are listed.
                parts = [self._try(part, depth - 1) for part in node.values]
                read = tuple(part for part in parts if part is not None)
                if len(read) < len(parts):
                    raise _Refused
                return And(read, span=span) if isinstance(node.op, ast.And) else Or(read, span=span)
            case ast.UnaryOp(op=ast.Not()):
                return Not(self._condition(node.operand, depth - 1), span=span)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
            case ast.Name():
                return Holds(self._name(node), span=span)
            case ast.Constant(value=bool() as value):
                return Constant(value, span=span)
            case ast.Constant():
                raise self._refuse(node, "a value alone is no condition: compare it with a fact")
            case _:
                raise self._refuse(node, f"{_construct(node)} is not part of the rule language")

    def _try(self, node: ast.expr, depth: int) -> Expr | None:
        try:
            return self._condition(node, depth)
        except _Refused:
            return None

    def _comparison(self, node: ast.Compare) -> Expr:
        match node.ops, node.comparators:
            case [ast.In() | ast.NotIn() as operator], [right]:
                found = self._membership(node, right)
                return Not(found, span=found.span) if isinstance(operator, ast.NotIn) else found
            case [operator], [right]:
                return self._compare(node, self._operator(node, operator), right)
            case [first, second], [middle, right]:
                return self._chain(node, self._operator(node, first), middle, self._operator(node, second), right)
            case _:
                raise self._refuse(node, "a chain has at most three terms: 30 <= crcl_ml_min < 60")

    def _operator(self, node: ast.Compare, operator: ast.cmpop) -> Operator:
        known = _OPERATORS.get(type(operator))
        if known is None:
            raise self._refuse(node, "compare with <, <=, >, >=, == or !=")
        return known

    def _compare(self, node: ast.Compare, operator: Operator, right: ast.expr) -> Expr:
        left = node.left
        if isinstance(left, ast.Name) == isinstance(right, ast.Name):
            raise self._refuse(node, "compare one fact with one number or one word in quotes")
        name, other = (left, right) if isinstance(left, ast.Name) else (right, left)
        value = self._literal(other)
        if isinstance(value, bool):
            raise self._refuse(node, f"write {_text(name)} or not {_text(name)}")
        if isinstance(value, str) and operator not in ("==", "!="):
            raise self._refuse(node, f"words have no order: {operator} needs a number")
        operator = operator if name is left else _MIRRORED[operator]
        return Compare(self._name(name), operator, value, span=self._place(node))

    def _chain(self, node: ast.Compare, first: Operator, middle: ast.expr, second: Operator, right: ast.expr) -> Expr:
        rising, falling = {first, second} <= {"<", "<="}, {first, second} <= {">", ">="}
        if not isinstance(middle, ast.Name) or not (rising or falling):
            raise self._refuse(node, "a range has the fact in the middle: 30 <= crcl_ml_min < 60")
        low, high = self._literal(node.left), self._literal(right)
        for value in (low, high):
            if isinstance(value, bool | str):
                raise self._refuse(node, "both ends of a range are numbers")
        assert not isinstance(low, str) and not isinstance(high, str)
        low_included, high_included = first in ("<=", ">="), second in ("<=", ">=")
        if falling:
            low, high, low_included, high_included = high, low, high_included, low_included
        return Between(self._name(middle), low, high, low_included, high_included, span=self._place(node))

    def _membership(self, node: ast.Compare, right: ast.expr) -> OneOf | Member:
        match node.left, right:
            case ast.Name() as name, ast.Tuple() | ast.List() | ast.Set():
                return OneOf(self._name(name), self._words(node, right.elts), span=self._place(node))
            case ast.Name(), ast.Constant(value=str()):
                raise self._refuse(right, 'one word in brackets needs a comma: ("a",)')
            case ast.Constant(value=str()), ast.Name() as name:
                return Member(self._name(name), self._word(node.left), span=self._place(node))
            case ast.Tuple() | ast.List() | ast.Set(), ast.Name() as name:
                raise self._refuse(node, f"write any_of({name.id}, …) or all_of({name.id}, …)")
            case _:
                raise self._refuse(node, 'write "word" in a set, or a fact in ("word", "word")')

    def _call(self, node: ast.Call) -> Expr:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function not in _FUNCTIONS:
            raise self._refuse(node, f"only {', '.join(_FUNCTIONS)} can be called")
        if node.keywords or not node.args or not isinstance(node.args[0], ast.Name):
            raise self._refuse(node, f"{function}(…) begins with the name of a fact")
        fact, span = self._name(node.args[0]), self._place(node)
        if function == "known":
            if len(node.args) > 1:
                raise self._refuse(node, "known(…) takes one fact")
            return Known(fact, span=span)
        values = self._words(node, node.args[1:])
        if function == "all_of":
            return AllOf(fact, values, span=span)
        any_of = AnyOf(fact, values, span=span)
        return any_of if function == "any_of" else Not(any_of, span=span)

    def _words(self, node: ast.expr, items: list[ast.expr]) -> tuple[str, ...]:
        if not items:
            raise self._refuse(node, "at least one word in quotes is needed")
        return tuple(self._word(item) for item in items)

    def _word(self, node: ast.expr) -> str:
        value = self._literal(node)
        if not isinstance(value, str):
            raise self._refuse(node, "a word in quotes is needed here")
        return value

    def _literal(self, node: ast.expr) -> Literal:
        match node:
            case ast.Constant(value=str() as text):
                if not is_value(text):
                    raise self._refuse(node, "a word in quotes must be plain text and not empty")
                return text
            case ast.Constant(value=bool() | int() | float() as value):
                if abs(value) > MAX_NUMBER:
                    raise self._refuse(node, "the number is too large")
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                number = self._literal(node.operand)
                return value if isinstance(number, bool | str) else -number
            case _:
                raise self._refuse(node, "a number or a word in quotes is needed here")

    def _name(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Name) or not is_name(node.id):
            raise self._refuse(node, "a fact is named in lower case letters, digits and underscores")
        return node.id

    def _refuse(self, node: ast.expr, message: str) -> _Refused:
        self.problems.append(Problem(message, self._place(node)))
        return _Refused()

    def _place(self, node: ast.expr) -> Span:
        # Python counts columns in UTF-8 bytes.
        line = self.line.encode()
        start, end = (len(line[:column].decode()) for column in (node.col_offset, node.end_col_offset or 0))
        return self._span(start, end)

    def _span(self, start: int, end: int) -> Span:
        return Span(*self._line_and_column(start), *self._line_and_column(end))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        before = self.text[: self.margin + offset]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _text(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else "the fact"


def _construct(node: ast.expr) -> str:
    names = {
        ast.BinOp: "arithmetic (and &, |)",
        ast.UnaryOp: "arithmetic",
        ast.IfExp: "if … else",
        ast.Attribute: "a dot",
        ast.Subscript: "a square bracket",
        ast.NamedExpr: ":=",
        ast.Lambda: "lambda",
        ast.JoinedStr: "an f-string",
        ast.Tuple: "a comma between conditions",
    }
    return names.get(type(node), "this construct")
