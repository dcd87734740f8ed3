"""Random conditions and random patients over a small vocabulary; the numbers are few, so that edges are hit."""

from __future__ import annotations

from hypothesis import strategies as st

from rules.expr import (
    OPERATORS,
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
)
from rules.facts import Facts, FactSet
from rules.vocabulary import FactType, Vocabulary

VOCABULARY = Vocabulary.from_data(
    {
        "facts": [
            {"name": "heart_block", "type": "bool3", "label": "Heart block"},
            {"name": "dementia", "type": "bool3", "label": "Dementia"},
            {
                "name": "crcl_ml_min",
                "type": "float",
                "label": "Creatinine clearance",
                "unit": "mL/min",
                "range": [0, 300],
            },
            {"name": "change", "type": "float", "label": "Change", "range": [-5, 5]},
            {"name": "age_years", "type": "int", "label": "Age", "unit": "a", "range": [18, 120]},
            {"name": "sex", "type": "enum", "label": "Sex", "values": ["female", "male", "other"]},
            {
                "name": "child_pugh_class",
                "type": "enum",
                "label": "Child-Pugh class",
                "values": ["none", "a", "b", "c"],
            },
            {
                "name": "medication_classes",
                "type": "set",
                "label": "Classes of current medicines",
                "values": {"ssri": "SSRI", "snri": "SNRI", "opioid": "opioid", "maoi": "MAO inhibitor"},
                "phrase": "taking a medicine of class {}",
            },
            {"name": "conditions", "type": "set", "label": "Causes", "values": ["phn", "dpn", "tn"]},
        ]
    }
)

NUMBERS: dict[str, tuple[float, ...]] = {
    "crcl_ml_min": (0, 15, 29.5, 30, 30.1, 60, 300),
    "change": (-5, -0.5, -0.1, 0, 0.1, 0.3, 5),
    "age_years": (18, 64, 65, 75, 120),
}


def _named(kind: FactType) -> st.SearchStrategy[str]:
    return st.sampled_from([fact.name for fact in VOCABULARY if fact.type is kind])


def _words(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(VOCABULARY[name].values))


def _some_words(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(_words(name), min_size=1, max_size=3, unique=True).map(tuple)


_numeric = st.sampled_from(sorted(NUMBERS))
_word_fact, _set_fact = _named(FactType.ENUM), _named(FactType.SET)


@st.composite
def _comparisons(draw: st.DrawFn) -> Expr:
    if draw(st.booleans()):
        name = draw(_word_fact)
        return Compare(name, draw(st.sampled_from(["==", "!="])), draw(_words(name)))
    name = draw(_numeric)
    return Compare(name, draw(st.sampled_from(OPERATORS)), draw(st.sampled_from(NUMBERS[name])))


@st.composite
def _ranges(draw: st.DrawFn) -> Expr:
    name = draw(_numeric)
    low, high = sorted(draw(st.lists(st.sampled_from(NUMBERS[name]), min_size=2, max_size=2, unique=True)))
    return Between(name, low, high, draw(st.booleans()), draw(st.booleans()))


atoms: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Constant, st.booleans()),
    st.builds(Holds, _named(FactType.BOOL)),
    st.builds(Known, st.sampled_from(sorted(VOCABULARY.facts))),
    _comparisons(),
    _ranges(),
    _word_fact.flatmap(lambda name: st.builds(OneOf, st.just(name), _some_words(name))),
    _set_fact.flatmap(lambda name: st.builds(Member, st.just(name), _words(name))),
    _set_fact.flatmap(lambda name: st.builds(AnyOf, st.just(name), _some_words(name))),
    _set_fact.flatmap(lambda name: st.builds(AllOf, st.just(name), _some_words(name))),
)


def _wider(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, parts), st.builds(And, several), st.builds(Or, several))


conditions: st.SearchStrategy[Expr] = st.recursive(atoms, _wider, max_leaves=8)


@st.composite
def _sets(draw: st.DrawFn, name: str) -> FactSet:
    where = {value: draw(st.sampled_from(["in", "out", "unknown"])) for value in VOCABULARY[name].values}
    members = frozenset(value for value, place in where.items() if place == "in")
    absent = frozenset(value for value, place in where.items() if place == "out")
    return FactSet(members, absent, draw(st.booleans()))


patients: st.SearchStrategy[Facts] = st.fixed_dictionaries(
    {},
    optional={fact.name: st.booleans() for fact in VOCABULARY if fact.type is FactType.BOOL}
    | {name: st.sampled_from(numbers) for name, numbers in NUMBERS.items()}
    | {fact.name: _words(fact.name) for fact in VOCABULARY if fact.type is FactType.ENUM}
    | {fact.name: _sets(fact.name) for fact in VOCABULARY if fact.type is FactType.SET},
)
