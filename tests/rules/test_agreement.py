"""Four independent readers, one meaning: random conditions over random patients must come out alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.compile import compile_batch
from rules.evaluate import evaluate
from rules.expr import Expr, walk
from rules.facts import Facts, FactSet
from rules.smt import Patient
from rules.sql import Column, SetColumns, to_sql
from rules.truth import Truth
from rules.vocabulary import Fact, FactType
from tests.rules.strategies import VOCABULARY, conditions, patients

SQL_TYPES = {
    FactType.BOOL: "boolean",
    FactType.INT: "integer",
    FactType.NUMBER: "double precision",
    FactType.ENUM: "text",
}
FROM_SQL = {True: Truth.YES, False: Truth.NO, None: Truth.UNKNOWN}
COLUMNS: dict[str, Column] = {
    fact.name: SetColumns(f"{fact.name}_members", f"{fact.name}_absent", f"{fact.name}_complete")
    if fact.type is FactType.SET
    else fact.name
    for fact in VOCABULARY
}


@settings(max_examples=400, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=6), st.lists(patients, min_size=1, max_size=4))
def test_compiled_conditions_agree(exprs: list[Expr], facts: list[Facts]) -> None:
    batch = compile_batch(exprs)
    for patient in facts:
        assert batch(patient) == [evaluate(expr, patient) for expr in exprs]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(conditions, min_size=1, max_size=4), st.lists(patients, min_size=1, max_size=4))
def test_postgresql_agrees(postgres: Any, exprs: list[Expr], facts: list[Facts]) -> None:
    assert _in_postgresql(postgres, exprs, facts) == [[evaluate(expr, patient) for expr in exprs] for patient in facts]


@settings(max_examples=150, deadline=None)
@given(conditions, patients)
def test_the_solver_agrees(expr: Expr, facts: Facts) -> None:
    patient = Patient(VOCABULARY)
    terms = patient.terms(expr)
    solver = z3.Solver()
    solver.add(*patient.axioms, *patient.holding(facts))
    assert solver.check() == z3.sat, "the axioms exclude a patient who fits the vocabulary"
    surely_yes, surely_no = solver.check(terms.yes) == z3.sat, solver.check(terms.no) == z3.sat
    assert not (surely_yes and surely_no)
    truth = Truth.YES if surely_yes else Truth.NO if surely_no else Truth.UNKNOWN
    assert truth is evaluate(expr, facts)


def test_every_kind_of_node_is_generated() -> None:
    seen: set[type] = set()

    @settings(max_examples=100, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(conditions)
    def collect(expr: Expr) -> None:
        seen.update(type(node) for node in walk(expr))

    collect()
    assert seen == set(get_args(Expr))


def test_a_fact_that_nobody_bound_is_a_fault() -> None:
    with pytest.raises(KeyError):
        to_sql(_one("dementia"), {})
    with pytest.raises(TypeError, match="needs SetColumns"):
        to_sql(_one('"phn" in conditions'), {"conditions": "c"})
    with pytest.raises(TypeError, match="cannot be compared"):
        to_sql(_one("sex == 'female'"), {"sex": SetColumns("a", "b", "c")})


def test_words_reach_postgresql_only_as_parameters() -> None:
    condition = to_sql(_one('sex == "x\' OR TRUE --"'), {"sex": "sex"})
    assert condition.text == "(sex) = %s"
    assert condition.parameters == ("x' OR TRUE --",)


def test_words_reach_the_compiled_function_only_as_literals() -> None:
    batch = compile_batch([_one('"\'); raise SystemExit  " in conditions'), _one("sex == \"'+str(get)+'\"")])
    assert batch({"conditions": FactSet(complete=True), "sex": "other"}) == [Truth.NO, Truth.NO]


def test_a_large_rulebook_compiles() -> None:
    many = [
        _one(f"age_years < {n} and any_of(conditions, {', '.join(repr(f'c{i}') for i in range(200))})")
        for n in range(500)
    ]
    assert compile_batch(many)({"age_years": 250, "conditions": FactSet.of("c7")}).count(Truth.YES) == 249
    assert compile_batch([])({}) == []


def _one(text: str) -> Expr:
    from rules.parse import parse

    return parse(text)


def _in_postgresql(cursor: Any, exprs: Sequence[Expr], facts: Sequence[Facts]) -> list[list[Truth]]:
    """Every condition for every patient in one query; the patients are the rows."""
    written = [to_sql(expr, COLUMNS) for expr in exprs]
    parameters = [parameter for condition in written for parameter in condition.parameters]
    rows = []
    for number, patient in enumerate(facts):
        columns = [column for fact in VOCABULARY for column in _columns(fact, patient)]
        rows.append(f"SELECT {number} AS number, " + ", ".join(text for text, _ in columns))
        parameters += [value for _, values in columns for value in values]
    cursor.execute(
        f"SELECT {', '.join(condition.text for condition in written)} "
        f"FROM ({' UNION ALL '.join(rows)}) AS patient ORDER BY number",
        parameters,
    )
    return [[FROM_SQL[value] for value in row] for row in cursor.fetchall()]


def _columns(fact: Fact, patient: Facts) -> list[tuple[str, list[Any]]]:
    held = patient.get(fact.name)
    if fact.type is not FactType.SET:
        return [(f"%s::{SQL_TYPES[fact.type]} AS {fact.name}", [held])]
    assert held is None or isinstance(held, FactSet)
    members, absent, complete = (list(held.members), list(held.absent), held.complete) if held else (None, None, None)
    return [
        (f"%s::text[] AS {fact.name}_members", [members]),
        (f"%s::text[] AS {fact.name}_absent", [absent]),
        (f"%s::boolean AS {fact.name}_complete", [complete]),
    ]
