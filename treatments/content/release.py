"""The rulebook of files: built, shipped with the project, and checked by its examples."""

from __future__ import annotations

from functools import lru_cache

from rules.analyse import find_example
from rules.evaluate import evaluate
from rules.truth import Truth
from treatments.content.builder import Builder
from treatments.content.files import ContentInvalid, Files, Problem, read_folder
from treatments.rulebook import (
    Rulebook,
)

SHIPPED = "shipped"


def example_problems(rulebook: Rulebook) -> list[Problem]:
    """Rules without a patient each for yes, no and unknown, and examples that no longer have their answer.

    A rule that can never be unknown (or never be no) owes only the examples that exist.
    """
    found: list[Problem] = []
    for rule in rulebook.every_rule:
        place = f"{rule.file} {rule.id}"
        for truth in Truth:
            facts = rule.examples.get(truth.value)
            if facts is None:
                if find_example(rule.when, rulebook.vocabulary, truth) is not None:
                    found.append(Problem(place, f"no example patient for {truth.value}"))
            elif (answer := evaluate(rule.when, facts)) is not truth:
                found.append(Problem(place, f"the example for {truth.value} gives {answer.value}"))
    return found


@lru_cache(maxsize=1)
def shipped() -> Rulebook:
    """The rulebook of `knowledge/`, read once."""
    return build(read_folder())


def build(files: Files, release: str = SHIPPED) -> Rulebook:
    """Make the rulebook of this content. Raises ContentInvalid with every problem."""
    builder = Builder(files)
    rulebook = builder.rulebook(release)
    if builder.problems:
        raise ContentInvalid(sorted(builder.problems))
    return rulebook
