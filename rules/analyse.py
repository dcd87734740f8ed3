"""Questions about conditions whose answer is a patient: a set of facts, tried with `evaluate` before anyone sees it.

Examples are found without the solver where possible; "there is none" is said only after the solver has proved it.
"""

from __future__ import annotations

from rules.evaluate import evaluate
from rules.expr import Expr
from rules.facts import Facts, freeze
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from rules.ways import Key, Situation, Situations, facts_of, ways


def find_example(expr: Expr, vocabulary: Vocabulary, truth: Truth) -> Facts | None:
    """The smallest patient (fewest facts) for whom the condition has this truth; None when there is none.

    The condition must fit the vocabulary. A number is chosen at the edge of the condition where that is possible.
    """
    if (found := _searched(expr, vocabulary, truth)) is not None:
        return found
    return None


def _searched(expr: Expr, vocabulary: Vocabulary, truth: Truth) -> Facts | None:
    situations = Situations.of([expr], vocabulary)
    for way in ways(expr, frozenset({truth}), situations, _facts_needed):
        facts = facts_of(way, situations)
        if evaluate(expr, facts) is truth and not vocabulary.problems(facts):
            return freeze(facts)
    return None


def _facts_needed(_key: Key, allowed: tuple[Situation, ...]) -> float:
    return 0 if None in allowed else 1
