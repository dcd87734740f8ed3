"""A condition as a sentence, projected from the tree: a list of typed phrases that a page can style, link and join.

The wording of a fact comes from the vocabulary (`label`, `phrase`, `phrase_no`, labels of values, unit). Groups keep
their brackets, so that a sentence has one reading only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
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
    Operator,
    Or,
)
from rules.vocabulary import Fact, FactType, Vocabulary

# UCUM codes as clinicians write them; a code that is not here is shown as it is.
UNITS = {
    "1": "",
    "{score}": "",
    "{count}": "",
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "mg/d": "mg/day",
    "Cel": "°C",
    "umol/L": "µmol/L",
    "10*9/L": "×10⁹/L",
    "kg/m2": "kg/m²",
    "mL/min/1.73m2": "mL/min/1.73 m²",
}
_WORDS: dict[Operator, str] = {
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
    "==": "is",
    "!=": "is not",
}
_CLOSE_UP = ("%",)
_BRACKETED = re.compile(r"\([^()]*\)")
_JOINT = re.compile(r"\b(and|or|nor)\b|,")


class Kind(Enum):
    """What a phrase is, so that a page can style it."""

    FACT = "fact"
    OPERATOR = "operator"
    VALUE = "value"
    CONNECTIVE = "connective"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of the sentence; `fact` is the name of the fact that it speaks of, if any."""

    kind: Kind
    text: str
    fact: str | None = None


def phrases(expr: Expr, vocabulary: Vocabulary) -> list[Phrase]:
    """The sentence in pieces. Facts outside the vocabulary appear under their bare name."""
    return list(_condition(expr, vocabulary))


def sentence(expr: Expr, vocabulary: Vocabulary) -> str:
    """The sentence as plain text: no capital, no full stop."""
    return join(phrases(expr, vocabulary))


def join(pieces: Sequence[Phrase]) -> str:
    """Plain text of phrases, with no space inside brackets."""
    text = " ".join(piece.text for piece in pieces if piece.text)
    return text.replace("( ", "(").replace(" )", ")")


def words(value: str) -> str:
    """An id as words: `length_dependent` is length dependent."""
    return value.replace("_", " ")


def unit_text(unit: str) -> str:
    """A UCUM unit as clinicians write it."""
    return UNITS.get(unit, unit)


def _condition(expr: Expr, vocabulary: Vocabulary) -> Iterator[Phrase]:
    match expr:
        case Constant():
            yield Phrase(Kind.OPERATOR, "always" if expr.value else "never")
        case Not(of=Constant() as constant):
            yield Phrase(Kind.OPERATOR, "never" if constant.value else "always")
        case Holds():
            yield _holds(expr, vocabulary, positive=True)
        case Not(of=Holds() as holds):
            yield _holds(holds, vocabulary, positive=False)
        case Known():
            yield from _known(expr, vocabulary, positive=True)
        case Not(of=Known() as known):
            yield from _known(known, vocabulary, positive=False)
        case Compare():
            yield _subject(expr.fact, vocabulary)
            yield Phrase(Kind.OPERATOR, _WORDS[expr.operator], expr.fact)
            yield _value(expr.fact, expr.value, vocabulary)
        case Between():
            yield from _between(expr, vocabulary)
        case OneOf():
            yield from _one_of(expr, vocabulary, positive=True)
        case Not(of=OneOf() as one_of):
            yield from _one_of(one_of, vocabulary, positive=False)
        case Member() | AnyOf() | AllOf():
            yield from _membership(expr, vocabulary, positive=True)
        case Not(of=Member() | AnyOf() | AllOf() as membership):
            yield from _membership(membership, vocabulary, positive=False)
        case Not():
            yield Phrase(Kind.CONNECTIVE, "not")
            yield from _group(phrases(expr.of, vocabulary))
        case And() | Or():
            yield from _joined(expr, vocabulary)
        case _:
            assert_never(expr)


def _joined(expr: And | Or, vocabulary: Vocabulary) -> Iterator[Phrase]:
    for number, part in enumerate(expr.parts):
        if number:
            yield Phrase(Kind.CONNECTIVE, "and" if isinstance(expr, And) else "or")
        pieces = list(_condition(part, vocabulary))
        # Wording with its own "and", "or" or comma (from the tree or from a label) would run into its neighbours.
        yield from _group(pieces) if _JOINT.search(_BRACKETED.sub("", join(pieces))) else pieces


def _group(pieces: Sequence[Phrase]) -> Iterator[Phrase]:
    yield Phrase(Kind.GROUP, "(")
    yield from pieces
    yield Phrase(Kind.GROUP, ")")


def _holds(expr: Holds, vocabulary: Vocabulary, *, positive: bool) -> Phrase:
    fact = vocabulary.get(expr.fact)
    yes = _noun(expr.fact, fact)
    no = fact.phrase_no if fact and fact.phrase_no else f"no {yes}"
    return Phrase(Kind.FACT, yes if positive else no, expr.fact)


def _known(expr: Known, vocabulary: Vocabulary, *, positive: bool) -> Iterator[Phrase]:
    fact = vocabulary.get(expr.fact)
    is_set = fact is not None and fact.type is FactType.SET
    yield Phrase(Kind.FACT, f"the list “{_label(expr.fact, fact)}”" if is_set else _noun(expr.fact, fact), expr.fact)
    yield Phrase(Kind.OPERATOR, f"is {'' if positive else 'not '}{'complete' if is_set else 'known'}", expr.fact)


def _between(expr: Between, vocabulary: Vocabulary) -> Iterator[Phrase]:
    yield _subject(expr.fact, vocabulary)
    yield Phrase(Kind.OPERATOR, "is from" if expr.low_included else "is above", expr.fact)
    yield Phrase(Kind.VALUE, _number(expr.low), expr.fact)
    if expr.high_included:
        yield Phrase(Kind.OPERATOR, "to" if expr.low_included else "and at most", expr.fact)
    else:
        yield Phrase(Kind.OPERATOR, "to below" if expr.low_included else "and below", expr.fact)
    yield _value(expr.fact, expr.high, vocabulary)


def _one_of(expr: OneOf, vocabulary: Vocabulary, *, positive: bool) -> Iterator[Phrase]:
    yield _subject(expr.fact, vocabulary)
    yield Phrase(Kind.OPERATOR, "is" if positive else "is neither" if len(expr.values) > 1 else "is not", expr.fact)
    yield from _list(expr.fact, expr.values, "or" if positive else "nor", vocabulary)


def _membership(expr: Member | AnyOf | AllOf, vocabulary: Vocabulary, *, positive: bool) -> Iterator[Phrase]:
    """The wording of the set around the value: `taking a medicine of class {}`."""
    fact = vocabulary.get(expr.fact)
    label = _label(expr.fact, fact)
    if positive:
        pattern = fact.phrase if fact and fact.phrase else f"{label} include {{}}"
    elif fact and fact.phrase:
        pattern = fact.phrase_no or f"not {fact.phrase}"
    else:
        pattern = f"{label} do not include {{}}"
    before, after = pattern.split("{}")
    yield Phrase(Kind.FACT, before.strip(), expr.fact)
    match expr:
        case Member():
            yield _value(expr.fact, expr.value, vocabulary)
        case AnyOf():
            yield from _list(expr.fact, expr.values, "or", vocabulary)
        case AllOf():
            # "not taking A and B" could be read as neither; the condition fails as soon as one is missing.
            yield from _list(expr.fact, expr.values, "and" if positive else "together with", vocabulary)
    if after.strip():
        yield Phrase(Kind.FACT, after.strip(), expr.fact)


def _list(name: str, values: Sequence[str], last: str, vocabulary: Vocabulary) -> Iterator[Phrase]:
    for number, value in enumerate(values, start=1):
        phrase = _value(name, value, vocabulary)
        comma = "," if number < len(values) - 1 else ""
        yield Phrase(Kind.VALUE, phrase.text + comma, name)
        if number == len(values) - 1:
            yield Phrase(Kind.CONNECTIVE, last)


def _subject(name: str, vocabulary: Vocabulary) -> Phrase:
    return Phrase(Kind.FACT, _noun(name, vocabulary.get(name)), name)


def _value(name: str, value: float | str, vocabulary: Vocabulary) -> Phrase:
    fact = vocabulary.get(name)
    if isinstance(value, str):
        label = fact.values.get(value) if fact else None
        return Phrase(Kind.VALUE, _inside(label) if label else words(value), name)
    unit = unit_text(fact.unit) if fact else ""
    space = "" if not unit or unit in _CLOSE_UP else " "
    return Phrase(Kind.VALUE, f"{_number(value)}{space}{unit}", name)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _noun(name: str, fact: Fact | None) -> str:
    return fact.phrase if fact and fact.phrase and fact.type is not FactType.SET else _label(name, fact)


def _label(name: str, fact: Fact | None) -> str:
    return _inside(fact.label if fact else words(name))


def _inside(label: str) -> str:
    """A label inside a sentence: small first letter unless the first word is an abbreviation."""
    first = label.split(" ")[0]
    return label[:1].lower() + label[1:] if first[1:].islower() or len(first) == 1 else label
