"""Facts from questionnaires and scales: totals, verdicts and single answers, the newest of each. Pure.

What cannot be scored is unknown and says which answers are missing; what is too old is unknown and keeps its score to
read.
"""

from __future__ import annotations

from collections.abc import Mapping

from assessments.scoring import Score, item_answer, score
from rules.vocabulary import FactType
from treatments.case import InstrumentResult
from treatments.collector import Collector
from treatments.patient_facts import Derived, Json, Origin, Provenance, ScoreFact, Stale


class InstrumentFacts:
    """Works out the facts that come from instruments."""

    def __init__(self, facts: Collector) -> None:
        self.facts = facts

    def collect(self) -> None:
        """Everything that instruments say."""
        newest: dict[str, tuple[int, InstrumentResult]] = {}
        for index, item in enumerate(self.facts.case.instruments):
            if item.id not in newest or item.date >= newest[item.id][1].date:
                newest[item.id] = (index, item)
        for index, item in newest.values():
            self._instrument(item, f"instruments[{index}]")
        self._instrument_inputs(newest)

    def _instrument(self, item: InstrumentResult, path: str) -> None:
        definition = self.facts.content.assessment.instruments[item.id]
        found = score(
            item.id,
            self.facts.content.assessment.instruments,
            answers=item.answers,
            total=item.total,
            met=item.met,
            sex=self.facts.case.patient.sex,
        )
        age, limit = (self.facts.case.as_of - item.date).days, definition.freshness_days
        stale = limit is not None and age > limit
        band = found.band.label if found.band else None
        self.facts.scores[item.id] = ScoreFact(
            found.total, found.met, band, found.scorable, found.missing, found.flags, item.date, stale, path
        )
        if item.id == "nrs":
            self._nrs_items(item, found, path, stale)
            return
        name, value = self._score_fact(item.id, found)
        if name not in self.facts.content.vocabulary:
            return
        if stale and limit is not None:
            shown = "not scorable" if value is None else float(value)
            self.facts.stale.append(Stale(item.id, name, shown, self.facts.unit(name), item.date, age, limit, path))
            self.facts.provenance[name] = Provenance(Origin.SCORED, path, item.date, stale=True)
            value, band = None, None
        else:
            self.facts.keep(name, value, path, Origin.SCORED, item.date)
        detail: dict[str, Json] = {} if found.scorable else {"not_scorable": found.reason}
        detail |= {"stale_days": age} if stale else {}
        detail |= {"flags": list(found.flags)} if found.flags else {}
        given: Mapping[str, Json] = {"answers": list(item.answers)} if item.answers is not None else {"entered": True}
        self.facts.derived[name] = Derived(
            value, self.facts.unit(name), f"score of {definition.name}", given, band, detail or None, item.date
        )
        if item.id == "phq9" and item.answers is not None and not stale:
            last = item_answer(definition, item.answers, definition.items[-1].id)
            if isinstance(last, int):
                self.facts.keep(
                    "phq9_item9", last, f"{path}.answers[{len(item.answers) - 1}]", Origin.SCORED, item.date
                )

    def _score_fact(self, instrument: str, found: Score) -> tuple[str, int | float | bool | None]:
        """The fact of an instrument and its value; a total of nothing from an incomplete form settles nothing."""
        if f"{instrument}_met" in self.facts.content.vocabulary:
            return f"{instrument}_met", found.met
        name = f"{instrument}_total"
        if not found.scorable or found.total is None or (found.missing and not found.total):
            return name, None
        fact = self.facts.content.vocabulary.get(name)
        return name, int(found.total) if fact is not None and fact.type is FactType.INT else found.total

    def _nrs_items(self, item: InstrumentResult, found: Score, path: str, stale: bool) -> None:
        """A numeric rating scale fills what `pain.nrs` leaves open; a bare total is the average."""
        answers = dict(found.subscores) or ({"nrs_average": item.total} if item.total is not None else {})
        if stale:
            limit = self.facts.content.assessment.instruments["nrs"].freshness_days or 0
            age = (self.facts.case.as_of - item.date).days
            shown = "; ".join(f"{name} {value:g}" for name, value in answers.items() if value is not None)
            self.facts.stale.append(Stale("nrs", "nrs_average", shown, None, item.date, age, limit, path))
            return
        for name, value in answers.items():
            if value is not None:
                self.facts.keep(name, int(value), path, Origin.SCORED, item.date)

    def _instrument_inputs(self, newest: Mapping[str, tuple[int, InstrumentResult]]) -> None:
        for row in self.facts.content.inputs:
            if row["from"] == "answer" and row["instrument"] in newest:
                _, item = newest[row["instrument"]]
                answer = item.answers[row["item"] - 1] if item.answers is not None else None
                if isinstance(answer, int) and not self.facts.scores[item.id].stale:
                    self.facts.inputs[row["name"]] = answer
                    self.facts.dates[row["name"]] = item.date
            elif row["from"] == "later_instrument":
                later, earlier = newest.get(row["instrument"]), newest.get(row["after"])
                self.facts.inputs[row["name"]] = bool(later and earlier and later[1].date >= earlier[1].date)
