"""What was looked for about one option: every fact that its rules read, what was found, what was not, how far back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rules.expr import fact_names
from rules.facts import FactSet
from treatments.presenters.words import FactRow, fact_row, sought
from treatments.proposal.model import fact_json
from treatments.rulebook import Rulebook
from treatments.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Searched:
    """How many rules were read, and the facts that they read: not found or out of date, known in part, and found."""

    rules: int
    missing: Sequence[tuple[FactRow, str]]
    partly: Sequence[tuple[FactRow, str]]
    found: Sequence[tuple[FactRow, str]]

    @property
    def facts(self) -> int:
        """How many facts were looked up."""
        return len(self.missing) + len(self.partly) + len(self.found)


def searched(option_id: str, shown: Snapshot) -> Searched:
    """Every fact that a rule about this option reads, in the order in which the rules do, each once."""
    rulebook, facts = shown.rulebook, shown.facts
    agent = rulebook.agent_by_id.get(option_id)
    values = (
        facts.without(agent.drug_names, agent=agent.id, classes=agent.classes, allergens=agent.allergens)
        if agent
        else facts.values
    )
    missing, partly, found = [], [], []
    for name in _read_by(rulebook, option_id):
        value = values.get(name)
        row = fact_row(name, fact_json(value), facts, rulebook.vocabulary)
        line = (row, sought(name, facts))
        if row.state:
            missing.append(line)
        elif isinstance(value, FactSet) and not value.complete:
            partly.append(line)
        else:
            found.append(line)
    return Searched(len(rulebook.option_rules[option_id]), missing, partly, found)


@lru_cache(maxsize=512)
def _read_by(rulebook: Rulebook, option_id: str) -> tuple[str, ...]:
    conditions = (c for rule in rulebook.option_rules[option_id] for c in (rule.when, rule.hard_unknown_when))
    return tuple(dict.fromkeys(name for condition in conditions if condition for name in fact_names(condition)))
