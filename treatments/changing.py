"""What can change about a patient and what follows from a change: content of a release (rules/changes.yaml), frozen.

`fixed` facts stay as they are once they are known; `follows` never change alone. A conclusion gives a fact a value
while its condition holds; those about a concept come from `derived_from` in vocabulary.yaml, in the order in which
they decide: present, absent, unknown (`value` None).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rules.compile import Batch, compile_batch
from rules.expr import Expr, fact_names


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A fact has this value (None: nobody knows) while the condition holds."""

    fact: str
    value: bool | str | None
    when: Expr

    @property
    def reads(self) -> tuple[str, ...]:
        """The facts that it is drawn from."""
        return fact_names(self.when)


@dataclass(frozen=True)
class Changing:
    """Which facts can change, and what follows. `implies` is direct; `closed_by_problem_list` names concepts."""

    fixed: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()
    conclusions: tuple[Conclusion, ...] = ()
    implies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed_by_problem_list: frozenset[str] = frozenset()
    groups: tuple[tuple[str, Expr], ...] = ()

    @cached_property
    def by_fact(self) -> Mapping[str, tuple[Conclusion, ...]]:
        """The conclusions about each fact, in the order of the content."""
        found: dict[str, tuple[Conclusion, ...]] = {}
        for row in self.conclusions:
            found[row.fact] = (*found.get(row.fact, ()), row)
        return found

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """For each fact the facts that are concluded from it, each once."""
        found: dict[str, dict[str, None]] = {}
        for row in self.conclusions:
            for name in row.reads:
                found.setdefault(name, {})[row.fact] = None
        return {name: tuple(facts) for name, facts in found.items()}

    @cached_property
    def group_batches(self) -> tuple[tuple[str, Batch], ...]:
        """The condition of each group, compiled alone: one may depend on those before it."""
        return tuple((name, compile_batch([when])) for name, when in self.groups)

    @cached_property
    def group_reads(self) -> frozenset[str]:
        """The facts from which groups of conditions follow."""
        return frozenset(name for _, when in self.groups for name in fact_names(when))
