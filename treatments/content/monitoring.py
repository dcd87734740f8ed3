"""Reads the tests that go with a medicine: what makes them in the record, and when they are repeated in days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from treatments.content.files import Files, Record
from treatments.content.records import when_text
from treatments.rulebook import Monitoring

SURVEILLANCE = "followup/surveillance.yaml"

Report = Callable[[str, str], None]
Cited = Callable[[str, Record], tuple[str, ...]]


class MonitoringReader:
    """The tests of the content. `report` takes what is wrong, `cited` reads the sources."""

    def __init__(self, files: Files, report: Report, cited: Cited) -> None:
        self._report, self._cited = report, cited
        self._tests = {row["id"]: row for row in (files.get("vocabulary.yaml") or {}).get("monitoring_tests", ())}
        self._codes = {row["code"] for row in (files.get("measurements.yaml") or {}).get("measurements", ())}
        surveillance: Any = (files.get(SURVEILLANCE) or {}).get("lab_surveillance") or {}
        self._dated = [row for row in surveillance.get("rows", ()) if "dates" in row]

    def tests(self, place: str, agent: str, rows: Iterable[Record]) -> Iterator[Monitoring]:
        """The tests of one medicine."""
        for row in rows:
            known: Record = self._tests.get(row["test"], {})
            measured_by = tuple(tuple(codes) for codes in known.get("measured_by", ()))
            for code in sorted({code for codes in measured_by for code in codes} - self._codes):
                self._report(f"vocabulary.yaml {row['test']}", f"the measurement {code} is not in measurements.yaml")
            named = known.get("in_followup_lab_surveillance", ())
            dates = [found["dates"] for found in self._dated if found["id"] in named]
            mine = [found for found in dates if agent in found["agents"]]
            every = [found["then_every_days"] for found in mine if found["then_every_days"]]
            yield Monitoring(
                row["test"],
                row["label"],
                row["baseline"],
                when_text(row),
                self._cited(place, row),
                measured_by,
                tuple(sorted((first, last) for found in mine for first, last in found["after_days"])),
                min(every, default=None),
            )
