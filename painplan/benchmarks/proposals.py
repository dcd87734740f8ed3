"""How long a proposal takes, and the conditions of the rulebook beside the ZEN engine fed with the same ones."""

from __future__ import annotations

from collections.abc import Iterator

from painplan.benchmarks import zen
from painplan.benchmarks.measure import Figure, figure, middle, milliseconds, p95
from rules.compile import compile_batch
from rules.truth import Truth
from treatments.case import Case
from treatments.case_files import case_files
from treatments.content import KNOWLEDGE, shipped
from treatments.facts import facts_from_case
from treatments.proposal import propose, with_changes
from treatments.proposal.completions import ask_next

_ROUNDS = 20
# What would change the options, and what to ask next, is looked at for so many patients.
_SEARCHED = 30


class EnginesDisagree(RuntimeError):
    """The two engines say yes to different rules, so their times cannot be compared."""


def figures(rounds: int = _ROUNDS, searched: int = _SEARCHED, most: int | None = None) -> Iterator[Figure]:
    """The figures, from the cases of the library.

    The engines must agree about every case; `most` limits those that are timed, for a test.
    """
    rulebook = shipped()
    cases = [file.case for file in case_files(str(KNOWLEDGE / "cases" / "valid")).files if isinstance(file.case, Case)]
    patients = [facts_from_case(case) for case in cases]
    timed = patients[:most]
    n = len(timed) * rounds

    reading = milliseconds(facts_from_case, cases[:most], rounds)
    yield figure("facts_from_case.median", middle(reading), "ms per patient", n=n)
    full = milliseconds(lambda facts: propose(facts, rulebook), timed, rounds)
    yield figure("propose.median", middle(full), "ms per patient", n=n)
    yield figure("propose.p95", p95(full), "ms per patient", n=n)
    some = patients[:searched]
    changing = milliseconds(lambda facts: with_changes(propose(facts, rulebook), facts, rulebook), some, 1)
    yield figure("propose_with_changes.p95", p95(changing), "ms per patient", n=len(some))
    asked = milliseconds(lambda facts: ask_next(propose(facts, rulebook).missing, facts, rulebook), some, 1)
    yield figure("ask_next.p95", p95(asked), "ms per patient", n=len(some))

    rules = rulebook.every_rule
    batch = compile_batch([rule.when for rule in rules])
    table = zen.decision(rules, rulebook.vocabulary)
    contexts = [zen.context(facts.values, rulebook.vocabulary) for facts in patients]
    for facts, context in zip(patients, contexts, strict=True):
        ours = {rule.id for rule, truth in zip(rules, batch(facts.values), strict=True) if truth is Truth.YES}
        if differing := ours ^ zen.fired(table.evaluate(context)):
            raise EnginesDisagree(f"{facts.case}: {', '.join(sorted(differing)[:5])}")
    theirs = milliseconds(table.evaluate, contexts[:most], rounds)
    mine = milliseconds(lambda facts: batch(facts.values), timed, rounds)
    yield figure("conditions.median", middle(mine), "ms per patient", baseline=middle(theirs), n=n)
    yield figure("conditions.p95", p95(mine), "ms per patient", baseline=p95(theirs), n=n)
    yield figure("conditions.count", len(rules), "rules")
