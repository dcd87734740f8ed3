"""Where the facts of one patient are collected while they are worked out: each once, with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rules.facts import Value
from rules.truth import Truth
from treatments.case import Case
from treatments.fact_content import FactContent
from treatments.patient_facts import Conflict, Derived, Origin, Provenance, ScoreFact, Stale


class Collector:
    """Facts so far. `inputs` are values that only conditions of the content read; `dates` are those of fresh data."""

    def __init__(self, case: Case, content: FactContent) -> None:
        self.case = case
        self.content = content
        self.values: dict[str, Value] = {}
        self.inputs: dict[str, Value] = {}
        self.derived: dict[str, Derived] = {}
        self.provenance: dict[str, Provenance] = {}
        self.conflicts: list[Conflict] = []
        self.stale: list[Stale] = []
        self.scores: dict[str, ScoreFact] = {}
        self.dates: dict[str, date] = {}

    @property
    def known(self) -> dict[str, Value]:
        """What conditions of the content may read: facts and inputs."""
        return {**self.values, **self.inputs}

    def keep(
        self,
        name: str,
        value: Value | None,
        path: str = "",
        origin: Origin = Origin.STATED,
        day: date | None = None,
        because: Iterable[str] = (),
    ) -> None:
        """Keep a fact; None leaves it unknown. A number outside the vocabulary's range is refused with a conflict."""
        if value is None:
            return
        fact = self.content.vocabulary[name]
        if fact.is_numeric and isinstance(value, int | float) and not fact.is_plausible(value):
            text = f"{fact.label}: {value:g} is outside the plausible range {fact.range_text()}; it counts as unknown."
            self.conflicts.append(Conflict(name, text, (path,) if path else ()))
            return
        self.values[name] = value
        self.provenance[name] = Provenance(origin, path, day, because=tuple(because))
        if day is not None:
            self.dates[name] = day

    def keep_truth(self, name: str, truth: Truth, path: str = "") -> None:
        """Keep a computed yes or no; unknown stays left out."""
        if truth is not Truth.UNKNOWN:
            self.keep(name, truth is Truth.YES, path, Origin.COMPUTED)

    def number(self, name: str) -> int | float | None:
        """The value of a number, or None."""
        value = self.values.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def unit(self, name: str) -> str | None:
        """The unit of a fact, or None."""
        return self.content.vocabulary[name].unit or None
