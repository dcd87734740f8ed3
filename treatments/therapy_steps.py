"""The ladder of therapies for one patient, and the criteria of a referral, each with its truth. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rules.evaluate import evaluate
from rules.explain import missing_facts
from rules.expr import fact_names
from rules.facts import Facts
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from treatments.guidance import Criterion, Guidance, LadderStep


@dataclass(frozen=True, slots=True)
class Answer:
    """A criterion with its truth for this patient; None where only a person can judge it.

    `facts` are those that it read, `missing` those that would settle it.
    """

    criterion: Criterion
    truth: Truth | None
    facts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def answered(criteria: Iterable[Criterion], facts: Facts, vocabulary: Vocabulary) -> tuple[Answer, ...]:
    """Each criterion with its truth; an unknown one says what is missing."""
    found = []
    for criterion in criteria:
        if criterion.when is None:
            found.append(Answer(criterion, None))
            continue
        truth = evaluate(criterion.when, facts)
        missing = missing_facts(criterion.when, facts, vocabulary) if truth is Truth.UNKNOWN else ()
        read = tuple(dict.fromkeys(fact_names(criterion.when)))
        found.append(Answer(criterion, truth, read, tuple(item.fact for item in missing)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder for this patient; `state`: passed, here, or ahead."""

    step: LadderStep
    state: str
    entry: tuple[Answer, ...]
    advance: tuple[Answer, ...]


def ladder(guidance: Guidance, facts: Facts, vocabulary: Vocabulary) -> tuple[Rung, ...]:
    """The steps in order. A step is passed while a computable reason to go on holds for it and for all before it.

    A reason that cannot be told holds nobody: the step stays the one the patient stands on, with what is missing. The
    steps from which only a person leads on end the climb.
    """
    rungs: list[Rung] = []
    climbing = True
    for step in guidance.ladder:
        advance = answered(step.advance, facts, vocabulary)
        passed = climbing and any(answer.truth is Truth.YES for answer in advance)
        state = "passed" if passed else "here" if climbing else "ahead"
        climbing = passed
        rungs.append(Rung(step, state, answered(step.entry, facts, vocabulary), advance))
    return tuple(rungs)
