"""Reads what stands beside the rules (treatments.guidance): topics, ladder, principles, guidelines and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rules.expr import Expr
from treatments.content.files import Files, Record
from treatments.guidance import Criterion, Disagreement, Guidance, Guideline, LadderStep, Place, Principle, Topic

Cited = Callable[[str, Record], tuple[str, ...]]
Condition = Callable[[str, object], Expr]


class BesideReader:
    """Makes the Guidance of files; `cited` and `condition` are the builder's, which collect the problems."""

    def __init__(self, files: Files, cited: Cited, condition: Condition) -> None:
        self.files, self.cited, self.condition = files, cited, condition

    def guidance(self) -> Guidance:
        data = self._file("guideline_positions.yaml")
        return Guidance(
            topics=tuple(self._topics()),
            ladder=tuple(self._ladder()),
            principles=tuple(self._principles()),
            guidelines=tuple(self._guidelines(data)),
            places={
                item["id"]: Place(item["id"], item["label"], item["side"], item.get("rank"))
                for item in data.get("places", ())
            },
            place_of={words: place for place, listed in data.get("readings", {}).items() for words in listed},
            disagreements=tuple(self._disagreements(data)),
        )

    def criteria(self, place: str, items: object) -> tuple[Criterion, ...]:
        """Sentences with the condition of those that can be computed."""
        found = items if isinstance(items, list) else []
        return tuple(
            Criterion(
                item["text"],
                self.condition(place, item["when"]) if "when" in item else None,
                self.cited(place, item),
                item.get("left", ""),
            )
            for item in found
        )

    def _file(self, name: str) -> Record:
        found: Record = self.files.get(name) or {}
        return found

    def _topics(self) -> Iterator[Topic]:
        for item in self._file("education.yaml").get("topics", ()):
            yield Topic(
                item["id"],
                item["title"],
                item["text"],
                item["audience"],
                tuple(item.get("therapies", ())),
                item.get("reading_grade"),
                self.cited(f"education.yaml {item['id']}", item),
            )

    def _ladder(self) -> Iterator[LadderStep]:
        for item in self._file("therapy_ladder.yaml").get("ladder", ()):
            place = f"therapy_ladder.yaml step {item['step']}"
            yield LadderStep(
                item["step"],
                item["title"],
                tuple(item["therapies"]),
                self.criteria(place, item.get("entry_criteria")),
                self.criteria(place, item.get("advance_when")),
                self.cited(place, item),
            )

    def _principles(self) -> Iterator[Principle]:
        for item in self._file("combinations.yaml").get("principles", ()):
            yield Principle(item["id"], item["rule"], self.cited(f"combinations.yaml {item['id']}", item))

    def _guidelines(self, data: Record) -> Iterator[Guideline]:
        labels = {item["id"]: item["label"] for item in self._file("reference.yaml").get("guidelines", ())}
        for item in data.get("scopes", ()):
            name = item["guideline"]
            yield Guideline(
                name,
                labels.get(name, name),
                tuple(item["conditions"]),
                tuple(item.get("not_conditions", ())),
                item.get("superseded_by"),
                self.cited(f"guideline_positions.yaml {name}", item),
            )

    def _disagreements(self, data: Record) -> Iterator[Disagreement]:
        for item in data.get("disagreements", ()):
            yield Disagreement(
                item["id"],
                item["topic"],
                item["about"],
                tuple(item["options"]),
                tuple(item["conditions"]),
                item["positions"],
                item["adopted"],
                item["why"],
                self.cited(f"guideline_positions.yaml {item['id']}", item),
            )
