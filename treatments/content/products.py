"""Reads the products and the tapers of the medicines, and lists what is wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from treatments.content.files import Files, Record
from treatments.products import UNVERIFIED, Product, Taper, TaperStep, TimeOfDay

PRODUCTS = "products.yaml"
TAPERS = "followup/tapers.yaml"
_ROW_KEYS = {"agent", "once", "forms", "sources"}
_FORM_KEYS = {
    "form", "counted_in", "release", "strengths", "smallest", "worn_days", "by_session", "drawn", "at_once", "sources",
}  # fmt: skip
_COUNTED = {"tablet", "capsule", "mL", "patch", "plaster", "application", "vial", "mg"}
_RELEASES = {"immediate", "modified"}
# What may be divided at all, given a source that says so.
_DIVISIBLE = {"tablet", "plaster"}
_NO_ROW: Record = {}

Report = Callable[[str, str], None]
Cite = Callable[[str, Record], tuple[str, ...]]


class ProductReader:
    """The products and tapers of the content by agent. `report` takes what is wrong, `cite` reads the sources."""

    def __init__(self, files: Files, report: Report, cite: Cite) -> None:
        self._report, self._cite = report, cite
        self._rows: dict[str, Record] = {}
        for row in (files.get(PRODUCTS) or {}).get("products", ()):
            if row["agent"] in self._rows:
                report(self._place(row), "the medicine stands there twice")
            self._rows[row["agent"]] = row
        self._tapers: Record = (files.get(TAPERS) or {}).get("tapers") or {}
        self._taper_rows: dict[str, Record] = {}
        for row in self._tapers.get("classes", ()):
            for agent in row.get("agents", ()):
                if agent in self._taper_rows:
                    report(f"{TAPERS} {agent}", "the medicine stands in two rows")
                self._taper_rows[agent] = row

    @staticmethod
    def _place(row: Record) -> str:
        return f"{PRODUCTS} {row['agent']}"

    def check_names(self, agents: set[str]) -> None:
        """Report rows about medicines that do not exist."""
        for file, rows in ((PRODUCTS, self._rows), (TAPERS, self._taper_rows)):
            for name in sorted(rows.keys() - agents):
                self._report(f"{file} {name}", "no such medicine exists")

    # -- products

    def products(self, agent: str, unit: str) -> tuple[Product, ...]:
        """The products of one medicine whose dose is in `unit`, in the order of the content."""
        row = self._rows.get(agent)
        if row is None:
            return ()
        for key in sorted(row.keys() - _ROW_KEYS):
            self._report(self._place(row), f"the key {key} is not known")
        found = tuple(product for form in row["forms"] for product in self._form(row, form, unit))
        if len({product.id for product in found}) < len(found):
            self._report(self._place(row), "the same strength of the same form stands there twice")
        return found

    def once(self, agent: str) -> TimeOfDay:
        """When a single dose of a day is taken."""
        row = self._rows.get(agent)
        if row is None:
            return TimeOfDay.MORNING
        self._cite(self._place(row), row)
        try:
            return TimeOfDay(row["once"])
        except ValueError:
            self._report(self._place(row), f"{row['once']!r} is no time of the day")
            return TimeOfDay.MORNING

    def _form(self, row: Record, form: Record, unit: str) -> Iterator[Product]:
        place = f"{self._place(row)} {form.get('form')}"
        for key in sorted(form.keys() - _FORM_KEYS):
            self._report(place, f"the key {key} is not known")
        sources = self._cite(place, form)
        counted, smallest = form["counted_in"], form["smallest"]
        if counted not in _COUNTED:
            self._report(place, f"{counted!r} is not something that is counted")
        if form["release"] not in _RELEASES:
            self._report(place, f"{form['release']!r} is no release")
        if not smallest > 0:
            self._report(place, "the smallest part is not above 0")
        if counted != "mL" and smallest < 1:
            if smallest != 0.5 or counted not in _DIVISIBLE or (form["release"] == "modified" and counted == "tablet"):
                self._report(place, "this form is never divided")
            if UNVERIFIED in sources:
                self._report(place, "halves need a source that was read")
        for strength in form["strengths"]:
            if not strength > 0:
                self._report(place, f"the strength {strength} is not above 0")
            yield Product(
                id=f"{row['agent']}-{form['form'].replace(' ', '_')}-{strength:g}",
                agent=row["agent"],
                form=form["form"],
                counted_in=counted,
                unit=unit,
                strength=float(strength),
                smallest=float(smallest),
                release=form["release"],
                sources=sources,
                worn_days=form.get("worn_days"),
                by_session=bool(form.get("by_session", False)),
                drawn=bool(form.get("drawn", False)),
                at_once=form.get("at_once"),
            )

    # -- tapers

    def taper(self, agent: str, data: Record | None) -> Taper | None:
        """How one medicine is stopped; None where the content says nothing."""
        if not data:
            return None
        place = f"agents/{agent}.yaml {agent} taper"
        row: Record = self._taper_rows.get(agent, _NO_ROW)
        paces = [_pace(step) for step in data.get("steps", ())]
        usual = min(paces, key=lambda pace: pace.every_days, default=None)
        if data["required"] and usual is None:
            self._report(place, "it must be tapered, and no step says how")
        slower = self._row_pace(place, row, "slower_step")
        without: Any = self._tapers.get("slower_without_a_row")
        if slower is None and usual is not None and without:
            slower = TaperStep(usual.every_days * without["interval_times"], usual.reduce_by, usual.percent)
        tail: Mapping[str, float] = row.get("tail_step") or {}
        back = self._tapers.get("step_back_weeks") or {"at_least": 1, "at_most": 1}
        return Taper(
            required=data["required"],
            min_weeks=data["min_duration_weeks"],
            usual=usual,
            slower=slower,
            faster=self._row_pace(place, row, "faster_step"),
            tail_below=tail.get("below"),
            tail_by=tail.get("reduce_by"),
            slower_after_days=row.get("slower_after_days"),
            step_back_weeks=(back["at_least"], back["at_most"]),
            note=str(data.get("note") or ""),
            watch=tuple(row.get("watch", ())),
            sources=tuple(dict.fromkeys((*self._cite(place, data), *(self._cite(place, row) if row else ())))),
        )

    def _row_pace(self, place: str, row: Record, key: str) -> TaperStep | None:
        step = row.get(key)
        if not step:
            return None
        pace = TaperStep(step["every_days"], step.get("reduce_by"), step.get("reduce_by_percent"))
        if (pace.reduce_by is None) == (pace.percent is None) or pace.every_days < row["min_days_per_step"]:
            self._report(place, f"{key}: one of reduce_by and reduce_by_percent, no sooner than min_days_per_step")
        return pace


def _pace(step: Record) -> TaperStep:
    return TaperStep(step["every_days"], step.get("reduce_by"), step.get("reduce_by_percent_of_current"))
