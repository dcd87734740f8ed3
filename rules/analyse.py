"""Questions about conditions whose answer is a patient: a set of facts, tried with `evaluate` before anyone sees it.

A patient is looked for by search; only where the search had to leave something out does the solver decide. "There is
none" is therefore proved, by one or the other. Conditions must fit the vocabulary (`typecheck`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rules.evaluate import evaluate
from rules.expr import Expr
from rules.facts import Facts, FactSet, Value, freeze
from rules.problems import ConditionInvalid
from rules.smt import Patient
from rules.truth import Truth
from rules.typecheck import problems
from rules.vocabulary import Vocabulary
from rules.ways import Key, Search, Situation, Situations, facts_of

_YES = frozenset({Truth.YES})
_NOT_YES = frozenset({Truth.NO, Truth.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the question holds, and the patient who shows it (an example or a counterexample), if there is one."""

    holds: bool
    patient: Facts | None


class SolverDisagrees(Exception):
    """The solver named a patient whom `evaluate` judges otherwise, or gave up: a fault of ours, never an answer."""


def find_example(expr: Expr, vocabulary: Vocabulary, truth: Truth) -> Facts | None:
    """The smallest patient (fewest facts) for whom the condition has this truth; None when there is none.

    A number is chosen at the edge of the condition where that is possible.
    """
    return find_patient(vocabulary, (expr, {truth}))


def can_fire(expr: Expr, vocabulary: Vocabulary) -> Answer:
    """Is there a patient for whom the condition is yes? Holds with an example."""
    patient = find_patient(vocabulary, (expr, _YES))
    return Answer(patient is not None, patient)


def always_fires(expr: Expr, vocabulary: Vocabulary) -> Answer:
    """Is the condition never no, whatever is known? Fails with a counterexample."""
    patient = find_patient(vocabulary, (expr, {Truth.NO}))
    return Answer(patient is None, patient)


def contradict(first: Expr, second: Expr, vocabulary: Vocabulary) -> Answer:
    """Can both be yes for one patient? To be asked of two rules with opposite effects; holds with an example."""
    patient = find_patient(vocabulary, (first, _YES), (second, _YES))
    return Answer(patient is not None, patient)


def hides(first: Expr, second: Expr, vocabulary: Vocabulary) -> Answer:
    """Is the first yes for everyone for whom the second is, so that the second adds nothing?

    Fails with a counterexample.
    """
    patient = find_patient(vocabulary, (second, _YES), (first, _NOT_YES))
    return Answer(patient is None, patient)


def find_patient(vocabulary: Vocabulary, *requirements: tuple[Expr, Collection[Truth]]) -> Facts | None:
    """A small patient for whom every condition has one of its wanted truths; None when there is none.

    No fact of it could be left out. Raises ConditionInvalid when a condition does not fit the vocabulary.
    """
    if found := [problem for expr, _ in requirements for problem in problems(expr, vocabulary)]:
        raise ConditionInvalid(found)
    search = Search(Situations.of([expr for expr, _ in requirements], vocabulary), _facts_needed)
    for way in search.ways(*((expr, frozenset(wanted)) for expr, wanted in requirements)):
        facts = facts_of(way, search.situations)
        if _meets(facts, vocabulary, requirements):
            return freeze(_reduced(facts, vocabulary, requirements))
        search.exhaustive = False
    return None if search.exhaustive else solve(vocabulary, *requirements)


def solve(vocabulary: Vocabulary, *requirements: tuple[Expr, Collection[Truth]]) -> Facts | None:
    """The same question put to the solver alone. Raises SolverDisagrees when its patient fails the replay."""
    import z3

    patient = Patient(vocabulary)
    solver = z3.Solver()
    for expr, wanted in requirements:
        terms = patient.terms(expr)
        by_truth = {Truth.YES: terms.yes, Truth.NO: terms.no, Truth.UNKNOWN: z3.Not(z3.Or(terms.yes, terms.no))}
        solver.add(z3.Or([by_truth[truth] for truth in wanted]))
    solver.add(*patient.axioms)
    verdict = solver.check()
    if verdict == z3.unsat:
        return None
    if verdict != z3.sat:
        raise SolverDisagrees(f"the solver gave up: {solver.reason_unknown()}")
    facts = patient.facts(solver.model())
    if not _meets(facts, vocabulary, requirements):
        raise SolverDisagrees("the solver's patient does not do what it says")
    return freeze(_reduced(facts, vocabulary, requirements))


def _meets(facts: Facts, vocabulary: Vocabulary, requirements: Collection[tuple[Expr, Collection[Truth]]]) -> bool:
    met = all(evaluate(expr, facts) in wanted for expr, wanted in requirements)
    return met and not vocabulary.problems(facts)


def _reduced(
    facts: Facts, vocabulary: Vocabulary, requirements: Collection[tuple[Expr, Collection[Truth]]]
) -> dict[str, Value]:
    """Without the facts, and the ids, that the answer does not need."""
    for name, value in facts.items():
        smaller = [{other: held for other, held in facts.items() if other != name}]
        if isinstance(value, FactSet):
            smaller += [
                {**facts, name: FactSet(value.members - {id_}, value.absent - {id_}, value.complete)}
                for id_ in sorted(value.members | value.absent)
            ]
        for fewer in smaller:
            if _meets(fewer, vocabulary, requirements):
                # Again from the start: without this one, `known` may have made another needless.
                return _reduced(fewer, vocabulary, requirements)
    return dict(facts)


def _facts_needed(_key: Key, allowed: tuple[Situation, ...]) -> float:
    return 0 if None in allowed else 1
